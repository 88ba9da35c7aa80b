"""The QMP commands that follow a command line, and that QEMU takes them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests import needs
from tests.argv.documents import complete, guest, qemu
from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.runtime import Runtime
from virshpy.drivers.qemu.argv.settings import settings
from virshpy.drivers.qemu.capabilities.probe import default_emulator
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.xml.domain import Domain


def disk(path: str, target: str, tune: str) -> str:
    return (
        f"<disk type='file'><driver type='raw'/><source file='{path}'/><target {target}/><iotune>{tune}</iotune></disk>"
    )


def throttled(folder: str) -> Domain:
    text = guest(
        disk(f"{folder}/a", "dev='vda'", "<total_bytes_sec>1000000</total_bytes_sec>")
        + disk(f"{folder}/b", "dev='sda' bus='scsi'", "<read_iops_sec>50</read_iops_sec>"
                                                       "<read_iops_sec_max>80</read_iops_sec_max>")
        + disk(f"{folder}/c", "dev='hda'", "<write_bytes_sec>4096</write_bytes_sec>")
        + disk(f"{folder}/d", "dev='sdb' bus='usb'", "<total_iops_sec>7</total_iops_sec>")
        + "<controller type='scsi' model='virtio-scsi'/>"
        "<interface type='user'><link state='down'/></interface>"
        "<memballoon model='virtio'><stats period='5'/></memballoon>",
        before="<currentMemory>32768</currentMemory>",
    )  # fmt: skip
    domain = complete(text)
    assign_aliases(domain)
    return domain


def test_commands() -> None:
    commands = settings(throttled("/images"))
    nothing = {"bps": 0, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0}
    assert commands == [
        ("block_set_io_throttle",
         {"id": "/machine/peripheral/virtio-disk0/virtio-backend", **nothing, "bps": 1000000}),
        ("block_set_io_throttle", {"id": "ide0-0-0", **nothing, "bps_wr": 4096}),
        ("block_set_io_throttle", {"id": "scsi0-0-0-0", **nothing, "iops_rd": 50, "iops_rd_max": 80}),
        ("block_set_io_throttle",
         {"id": "/machine/peripheral/usb-disk1/usb-disk1.0/legacy[0]", **nothing, "iops": 7}),
        ("set_link", {"name": "net0", "up": False}),
        ("qom-set", {"path": "/machine/peripheral/balloon0", "property": "guest-stats-polling-interval", "value": 5}),
        ("balloon", {"value": 32768 * 1024}),
    ]  # fmt: skip


def test_an_ordinary_guest_needs_none() -> None:
    domain = complete(guest("<disk type='file'><source file='/a'/><target dev='vda'/></disk>"))
    assign_aliases(domain)
    assert settings(domain) == []


@needs.qemu
def test_qemu_takes_them(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / name).write_bytes(bytes(1 << 20))
    domain = throttled(str(tmp_path))
    words = command_line(domain, qemu(), Runtime(run_dir=str(tmp_path), monitor_words=["-qmp", "stdio"])).argv
    binary = default_emulator("x86_64")
    assert binary is not None
    asked = [("qmp_capabilities", {}), *settings(domain), ("quit", {})]
    talk = "".join(json.dumps({"execute": command, "arguments": how}) + "\n" for command, how in asked)
    done = subprocess.run([binary, *words[1:]], input=talk, capture_output=True, text=True, timeout=30, cwd=tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["error"] for a in answers if "error" in a] == []
    assert sum("return" in a for a in answers) == len(asked)
