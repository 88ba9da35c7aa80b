"""A hand-written command line and the guest that virshpy makes of it, both before the same QEMU: the same hardware."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests import needs
from virshpy import open as connect
from virshpy.enums import CreateFlags

pytestmark = needs.qemu

LINES = [
    "-m 64 -hda {image} -net nic -net user",
    "-M q35 -m 64 -nodefaults -vga std -device qemu-xhci -device usb-tablet -device virtio-rng-pci"
    " -drive if=none,id=d,file={image},format=raw -device virtio-scsi-pci -device scsi-hd,drive=d"
    " -netdev user,id=n -device e1000e,netdev=n -device pci-testdev -display none",
]


# What QEMU adds to a PC by itself and a document has only if it says so; and the ports that a q35 has for later.
_UNASKED = {"isa-parallel", "floppy", "ide-cd", "pcie-root-port"}


def devices(tree: str) -> Counter[str]:
    """The devices of `info qtree`, by their kind."""
    return Counter(kind for kind in re.findall(r"dev: ([^,\s]+)", tree) if kind not in _UNASKED)


def asked_directly(line: str) -> Counter[str]:
    """The devices of QEMU started by hand."""
    tree = {"execute": "human-monitor-command", "arguments": {"command-line": "info qtree"}}
    commands = [{"execute": "qmp_capabilities"}, tree, {"execute": "quit"}]
    done = subprocess.run(
        ["qemu-system-x86_64", "-S", "-display", "none", "-qmp", "stdio", *shlex.split(line)],
        input="".join(f"{json.dumps(command)}\n" for command in commands),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answers = [json.loads(row)["return"] for row in done.stdout.splitlines() if '"return"' in row]
    return devices(answers[1])


@pytest.mark.parametrize("line", LINES)
def test_the_same_hardware(uri: str, root: Path, line: str) -> None:
    image = root / "disk.img"
    image.write_bytes(bytes(1 << 20))
    image.chmod(0o666)
    line = line.format(image=image)
    with connect(uri) as connection:
        xml = connection.domain_xml_from_native("qemu-argv", f"qemu-system-x86_64 {line}")
        domain = connection.create_xml(xml, flags=CreateFlags.START_PAUSED)
        ours = devices(domain.qemu_monitor_command("info qtree", True))
        domain.destroy()
    assert ours == asked_directly(line)
