"""Headers of images, damaged: a guest writes its own images, whose headers name other files."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from struct import pack, unpack_from

from tests.argv.documents import guest
from tests.fuzz.kind import Fault, Kind, fault, refused
from tests.fuzz.way import again
from virshpy import errors
from virshpy.drivers.qemu.images import complete_chain, format_of
from virshpy.xml.domain import Domain

_FORMATS = ("qcow2", "raw", "qed", "vmdk", "vdi", "vpc")
_CREATED = (
    *[f"-f {format}" for format in _FORMATS],
    "-f qcow2 -o compat=0.10 -F raw -b base.raw",
    "-f qcow2 -F qcow2 -b base.qcow2",
    "-f qcow2 -o extended_l2=on,cluster_size=64k -F qed -b ./base.qed",
    "-f qcow2 -o data_file=data.raw,data_file_raw=on",
    "-f qcow2 -u -F raw -b nbd://localhost/x",
    "-f qed -F raw -b base.raw",
)
_HEADER = 1024
_NAMES = (
    b"base.qcow2", b"damaged", b"./damaged", b"", b"/", b"..", b"/dev/zero", b"/dev/tty", b"pipe", b"a\0b", b"\0",
    b"\xff\xfe", b"a\nb", b"a\tb", b"\x1b[2J", b"\xef\xbf\xbe", b"json:{}", b'json:{"file":{}}', b"nbd:x", b"fat:/etc",
    b"x" * 900, b"a/" * 400, b"\xed\xa0\x80", b"'\"<&>", b"  ", "é".encode(),
)  # fmt: skip
_WORDS = (b"qcow2", b"raw", b"qed", b"", b"QCOW2", b"foo", b"\xff", b"a\0", b"host_device", b"x" * 300, b"vmdk")
_EXTENSIONS = (0xE2792ACA, 0, 0x6803F857, 0x44415441, 0xFFFFFFFF, 0x0537BE77)
_SIZES = (0, 1, 7, 8, 72, 100, 104, 112, 1023, 1024, 65535, 65536, 1 << 31, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1)
STAGES = {"refused": "refused", "end": "named no other file", "chain": "named another file"}
_folder = Path()


@cache
def _headers() -> list[bytes]:
    """What qemu-img writes at the beginning of images of each format that it makes."""
    found = []
    with tempfile.TemporaryDirectory(prefix="vp.") as folder:
        for format in _FORMATS:
            _create(f"-f {format} base.{format} 1M", folder)
        for number, words in enumerate(_CREATED):
            _create(f"{words} {number} 1M", folder)
            found.append((Path(folder) / str(number)).read_bytes()[:_HEADER])
    return found


def _create(words: str, folder: str) -> None:
    subprocess.run(["qemu-img", "create", "-q", *words.split()], cwd=folder, check=True)


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    random = Random(seed)
    headers = _headers()
    while True:
        # An image of qcow2's is the only one that is asked for what is beneath it.
        header = bytearray(random.choice([header for header in headers if header[:4] == b"QFI\xfb"] * 2 + headers))
        for _ in range(random.choice((1, 1, 2, 4))):
            _damage(header, headers, random)
        yield bytes(header)


def _damage(header: bytearray, headers: Sequence[bytes], random: Random) -> None:
    at = 4 * random.randrange(30)
    match random.randrange(10):
        case 0:
            header[at : at + 4] = pack(">I", random.choice(_SIZES) & 0xFFFFFFFF)
        case 1:
            header[at : at + 8] = pack(">Q", random.choice(_SIZES))
        case 2:
            del header[random.choice((*_SIZES[:9], random.randrange(len(header) + 1))) :]
        case 3 | 4:
            _name(header, random.choice(_NAMES))
        case 5 | 6:
            _extend(header, random.choice(_EXTENSIONS), random.choice(_WORDS), random)
        case 7:
            start = random.randrange(len(header) + 1)
            header[start : start + 8] = random.randbytes(8)
        case 8:
            start = 8 * random.randrange(32)
            header[start : start + 32] = random.choice(headers)[start : start + 32]
        case _ if header:
            header[random.randrange(len(header))] ^= 1 << random.randrange(8)


def _name(header: bytearray, name: bytes) -> None:
    """Give a header another name of what is beneath it, where none was or the old one stands."""
    if len(header) >= 20:
        offset = unpack_from(">Q", header, 8)[0]
        offset = offset if 104 <= offset < 900 else 600
        header[8:20] = pack(">QI", offset, len(name))
        header[offset : offset + len(name)] = name


def _extend(header: bytearray, kind: int, word: bytes, random: Random) -> None:
    """Put an extension before all others, of a length that is mostly its own."""
    if len(header) >= 104:
        begin = unpack_from(">I", header, 100)[0]
        begin = begin if 72 <= begin < 600 and header[4:8] == b"\0\0\0\3" else 72
        length = len(word) if random.random() < 0.8 else random.choice(_SIZES) & 0xFFFFFFFF
        padded = word + bytes(-len(word) % 8)
        header[begin : begin + 8 + len(padded)] = pack(">II", kind, length) + padded


def _open() -> Callable[[], None]:
    global _folder
    holder = tempfile.TemporaryDirectory(prefix="vp.")
    _folder = Path(holder.name)
    _create("-f raw base.raw 1M", holder.name)
    _create("-f qcow2 -F raw -b base.raw base.qcow2", holder.name)
    subprocess.run(["mkfifo", "pipe"], cwd=holder.name, check=True)
    return holder.cleanup


def take(data: bytes) -> str:
    """How much the image says of what is beneath it. Raises Fault, also for what no document can hold."""
    image = _folder / "damaged"
    image.write_bytes(data)
    if format_of(str(image)) not in _FORMATS:
        raise Fault("a format that there is not")
    domain = Domain.parse(guest(f"<disk><driver type='qcow2'/><source file='{image}'/><target dev='vda'/></disk>"))
    disk = domain.devices.disks[0]
    try:
        complete_chain(disk)
    except errors.Error as error:
        refused(error)
        str(error).encode()
        return "refused"
    except Exception as error:
        raise fault(error) from error
    again(domain.format(secure=True), inactive=False)
    below = disk.backing_store
    assert below is not None
    if below.type is None:
        return "end"
    assert below.source is not None and below.source.file is not None
    return "chain"


IMAGES = Kind("images", "damaged headers of images", 5_000, _inputs, take, STAGES, ".qcow2", _open)
