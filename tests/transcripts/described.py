"""Documents described by options: lines with many options at once, right values and odd ones, at random. Each command
that can print its document is tried, since there is nothing else to see of most of what its options say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from random import Random

from tests.transcripts.generated import GOOD
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS, Option
from virshpy.shell.lang.types import Choice

ODD = (
    "", "x", "a b", "é", "0", "-1", "1024", "1M", "1,2", "a,b=c", ":", "a:b", "a:", ":1", "a:b:c", "::1", "[::1]:80",
    "name=x", "/p", "../x", "%s", "none", "internal", "external", "off",
)  # fmt: skip
# Those that virsh puts into a document as they are do not make a document of it.
MARKUP = ("<&>'\"", "]]>", "&amp;")
ESCAPED = ("source-protocol", "source-host-name", "source-host-transport", "source-host-socket", "driver", "subdriver",
           "iothread", "cache", "io", "description")  # fmt: skip
NUMBERS = ("0 0 5 0", "0000 00 05 0", "fe 0 2", "1 2", "1 2 3 4 5", "0xfe 0 0x1f", "ff 1 ffff", "100 4 10000",
           " 1  2  3", "-1 0 0", "+1 0 0", "4294967296 0 0", "010 09 08", "0 0 g", "0 0 5 0x", "0", "")  # fmt: skip
ADDRESSES = tuple(
    f"{kind}{between.join(numbers.split(' '))}"
    for kind in ("pci:", "ccw:", "scsi:", "ide:", "sata:", "usb:", "usb2:", "")
    for numbers in NUMBERS
    for between in ".:"
)
RATES = ("1", "1,2", "1,2,3", "1,2,3,4", "0", "a", "1,", "1,,3", ",", "1,2,3,4,5", "-1", "+1", "4294967296",
         "18446744073709551616", "1k", "0,0,0,7", " 1", "1 ", ",,,5", "0,2")  # fmt: skip
DISKS = ("vda", "vda,snapshot=no", "vda,file=/a,,b", "vda,driver=qcow2", "vda,stype=block,file=/x", "vda,stype=x",
         "vda,checkpoint=no", "vda,bitmap=b", "vda,x=y", "vda,", ",", "vda,file=", "vda,file=/a,file=/b")  # fmt: skip
VALUES = {
    "address": ADDRESSES,
    "inbound": RATES,
    "outbound": RATES,
    "diskspec": DISKS,
    "memspec": ("file=/a", "/a", "file=/a,snapshot=external", "snapshot=no", "no", "x=y", "/a,,b", ",", "internal"),
    "target": ("vda", "vdb", "sda", "hda", "hdc", "fda", "xvda", "sd", "sdaaaaaaaa"),
    "wwn": ("5000c50015ea71ac", "0x5000c50015ea71ac", "5000C50015EA71AC", "5000", "x" * 16, "5000c50015ea71ad0"),
    "mac": ("aa:bb:cc:dd:ee:ff", "01:00:00:00:00:00", "x", "aa-bb"),
    "source-host-name": ("h", "h:1", "h:", ":1", "h:p", "::1", "a b:2", "h:1:2"),
    "sourcetype": ("file", "block", "network", "dir", "x"),
    "source-protocol": ("nbd", "rbd", "gluster", "x", "NBD"),
    "source-host-transport": ("tcp", "unix", "rdma", "x", ""),
}
# virshpy has it, and virsh 9.0 has not.
NEWER = "vdpa"


def commands() -> list[str]:
    return [name for name in registry.names() if registry.find_known(name).find("print-xml")]


def lines(name: str, count: int, seed: int = 1) -> Iterator[str]:
    command = registry.find_known(name)
    random = Random(f"{name} {seed}")
    for _ in range(count):
        words = [name, "--print-xml"]
        for option in command.options:
            if option.name != "print-xml" and random.random() < (0.97 if option.required else 0.22):
                words += _given(option, name, random)
        yield shlex.join(words)


def _given(option: Option, name: str, random: Random) -> list[str]:
    if option.kind == FLAG:
        return [f"--{option.name}"]
    times = random.randint(1, 3) if option.kind == WORDS else 1
    return [word for _ in range(times) for word in (f"--{option.name}", _value(option, name, random))]


def _value(option: Option, name: str, random: Random) -> str:
    odd = (*ODD, *MARKUP) if option.name in ESCAPED else ODD
    if random.random() < 0.25:
        return random.choice(odd)
    if option.name in VALUES:
        return random.choice(VALUES[option.name])
    if (name, option.name) == ("attach-interface", "source"):
        return random.choice(ADDRESSES)
    if isinstance(option.type, Choice):
        return random.choice([choice for choice in option.type.choices if choice != NEWER] + ["x", "user"])
    return GOOD.get(option.name) or random.choice(odd)
