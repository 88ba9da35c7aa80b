"""The test guest does under plain QEMU what kit/guest.init says, so that a test that fails with it means virshpy."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kit.guest import READY, Guest


class Bare:
    """A QEMU that was started by hand."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self.process = process
        self.root = root

    def wait_serial(self, word: str, seconds: float = 60) -> str:
        until = time.monotonic() + seconds
        log = self.root / "serial"
        while time.monotonic() < until:
            text = log.read_text(errors="replace") if log.exists() else ""
            if word in text:
                return text
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{word} never came: {text[-500:]}")

    def qmp(self, *commands: str, until: str | None = None) -> list[dict[str, Any]]:
        """Sends the commands and gives what came before the event ``until``, that event included."""
        seen: list[dict[str, Any]] = []
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(str(self.root / "qmp"))
            with link.makefile("rw") as stream:
                stream.readline()
                for command in ("qmp_capabilities", *commands):
                    stream.write(json.dumps({"execute": command}) + "\n")
                stream.flush()
                for line in stream:
                    seen.append(json.loads(line))
                    if seen[-1].get("event") == until:
                        break
        return seen


@contextmanager
def bare(guest: Guest, root: Path, machine: str, *words: str, devices: tuple[str, ...] = ()) -> Iterator[Bare]:
    argv = [
        "qemu-system-x86_64", "-machine", f"{machine},accel=tcg", "-m", "128",
        "-nodefaults", "-display", "none", "-no-reboot",
        "-kernel", str(guest.kernel), "-initrd", str(guest.initrd), "-append", guest.cmdline(*words),
        "-serial", f"file:{root}/serial", "-qmp", f"unix:{root}/qmp,server=on,wait=off",
    ]  # fmt: skip
    for device in devices:
        argv += ["-device", *device.split(" ")]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        yield Bare(process, root)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_powers_off_at_the_button(guest: Guest, root: Path, machine: str) -> None:
    with bare(guest, root, machine) as vm:
        vm.wait_serial(READY)
        events = vm.qmp("system_powerdown", until="SHUTDOWN")
        assert events[-1]["data"]["reason"] == "guest-shutdown"
        assert vm.process.wait(10) == 0


@pytest.mark.parametrize(("word", "reason"), [("poweroff", "guest-shutdown"), ("reboot", "guest-reset")])
def test_goes_by_itself(guest: Guest, root: Path, word: str, reason: str) -> None:
    with bare(guest, root, "q35", f"guest={word}", "delay=1") as vm:
        vm.wait_serial(READY)
        assert vm.qmp(until="SHUTDOWN")[-1]["data"]["reason"] == reason


def test_panics(guest: Guest, root: Path) -> None:
    with bare(guest, root, "q35", "guest=panic", "delay=1", devices=("pvpanic",)) as vm:
        vm.wait_serial(READY)
        assert vm.qmp(until="GUEST_PANICKED")[-1]["data"]["action"] in ("pause", "poweroff")


def test_says_what_it_was_given(guest: Guest, root: Path) -> None:
    (root / "disk").write_bytes(bytes(1024 * 1024))
    devices = (
        f"virtio-blk-pci,drive=disk -blockdev raw,node-name=disk,file.driver=file,file.filename={root}/disk",
        "virtio-net-pci,netdev=net,mac=52:54:00:00:00:01 -netdev user,id=net,restrict=on",
        "virtio-serial-pci",
        "virtserialport,chardev=port,name=some.port -chardev null,id=port",
    )
    with bare(guest, root, "q35", "guest=idle", devices=devices) as vm:
        text = vm.wait_serial(READY)
    assert "disks=[vda:2048] links=[eth0:52:54:00:00:00:01] ports=[some.port]" in text
