"""A whole Debian in a guest, for what a test cannot do to the host: systemd as PID 1, logins, reboots, cgroups v2.

    pytestmark = NEEDS

    with Lab(root, units={"some.service": text}) as lab:
        lab.run("virshpy list --all")
        lab.reboot()

The root file system is the host's own, copy-on-write, so every program of the host and the checkout under test are at
their places, as they were when the lab first looked at them. What is written is lost at the end, and at a reboot unless
it lies in one of ``files.KEPT``, in what this lab keeps beside, or in /persist, which is the folder ``lab.persist``
of the host and can be written from both sides.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pytest

from kit.guest import GuestError
from tests import needs
from tests.lab.boot import VIRTIOFSD, Boot, Done, LabError
from tests.lab.files import USER, lay_out
from tests.lab.parts import Parts, parts

__all__ = ["NEEDS", "USER", "Done", "Lab", "LabError", "Off"]

# The pytestmark of tests with a lab. Root, since virtiofsd serves / from within a chroot; and time, since the first of
# them may have to fetch the parts, and one that does not come up has its own say about it.
NEEDS = [
    needs.root,
    needs.qemu,
    needs.file(str(VIRTIOFSD), "virtiofsd; Debian 12 has one in qemu-system-common"),
    pytest.mark.timeout(300),
]

SSH = (
    "ssh -F none -i /etc/ssh/lab_key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    " -o LogLevel=ERROR"
)
TROUBLE = "systemctl --no-pager list-jobs; systemctl --no-pager --failed; journalctl --no-pager -b -p warning -n 30"


class Off(NamedTuple):
    """How a lab went down: seconds from the order until the machine was off, and all that its console said."""

    seconds: float
    console: str


class Lab:
    """A lab is up within its ``with``; one that does not come up raises LabError.

    ``units``: texts of units by their names, in /etc/systemd/system, enabled where they say WantedBy=.
    ``files``: further files, by absolute paths; a text that begins with #! can be run.
    ``packages``: Debian's, beside the host's own and a login's; nothing of them starts by itself.
    ``kept``: folders that outlast a reboot, beside those of ``files.KEPT``, and in which nothing of the host is seen.
    ``memory``: in MiB.
    """

    def __init__(
        self,
        root: Path,
        *,
        units: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        packages: Sequence[str] = (),
        kept: Sequence[str] = (),
        memory: int = 1024,
    ) -> None:
        self.root = root
        self.persist = root / "persist"
        self._parts = _parts(packages)
        self._memory = memory
        self._boot: Boot | None = None
        self._ssh = False
        lay_out(root, self._parts, units or {}, files or {}, kept)
        (root / "run").mkdir()

    def __enter__(self) -> Lab:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def is_on(self) -> bool:
        return self._boot is not None

    def start(self, timeout: float = 90) -> None:
        """Power it on, and wait until systemd has started what it had to. ``with`` does so; call it once off."""
        assert self._boot is None, "the lab is on"
        self._boot = Boot(self._parts, self.root, self.root / "run", self._memory)
        try:
            self._wait_for_systemd(timeout)
        except BaseException:
            self._end()
            raise

    def _wait_for_systemd(self, timeout: float) -> None:
        boot = self._on()
        try:
            state = boot.run("systemctl is-system-running --wait", timeout).stdout.strip()
        except LabError as error:
            raise LabError(f"{error}\n{_trouble(boot)}") from None
        if state not in ("running", "degraded"):
            raise LabError(f"systemd is {state!r}\n{_trouble(boot)}\n{boot.said()}")

    def run(self, command: str, *, timeout: float = 60, check: bool = True) -> Done:
        """Run a shell command as root, outside of any login. With ``check`` it may not fail."""
        done = self._on().run(command, timeout)
        if check and done.code:
            raise LabError(f"`{command}`: exit status {done.code}\n{done.stdout}{done.stderr}")
        return done

    def ssh(self, command: str, *, user: str = "root", timeout: float = 60, check: bool = True) -> Done:
        """Run a shell command in a login of its own, over ssh from the lab to itself. ``user`` may also be USER."""
        if not self._ssh:
            self.run("systemctl start ssh.service")
            self._ssh = True
        return self.run(f"{SSH} {user}@127.0.0.1 -- {shlex.quote(command)}", timeout=timeout, check=check)

    def reboot(self, timeout: float = 120) -> Off:
        """Have systemd reboot, and wait until it is up again. The machine has the same disks and no memory."""
        off = self._go_down("systemctl reboot", "reboot: Restarting system", timeout)
        self.start()
        return off

    def poweroff(self, timeout: float = 120) -> Off:
        """Have systemd power off; ``start`` is the power button."""
        return self._go_down("systemctl poweroff", "reboot: Power down", timeout)

    def _go_down(self, order: str, last_words: str, timeout: float) -> Off:
        boot = self._on()
        begun = time.monotonic()
        boot.send(order, timeout)
        boot.wait(timeout)
        off = Off(time.monotonic() - begun, boot.console())
        self._end()
        if last_words not in off.console:
            raise LabError(f"`{order}` did not end with {last_words!r}; {boot.said()}")
        return off

    def _on(self) -> Boot:
        assert self._boot is not None, "the lab is off"
        return self._boot

    def _end(self) -> None:
        boot, self._boot, self._ssh = self._boot, None, False
        if boot is not None:
            boot.end()


def _trouble(boot: Boot) -> str:
    """What holds systemd up, from itself, as far as anybody answers."""
    try:
        return boot.run(TROUBLE, 20).stdout
    except (LabError, OSError):
        return ""


def _parts(packages: Sequence[str]) -> Parts:
    try:
        return parts(packages)
    except GuestError as error:
        pytest.skip(f"needs the lab's kernel and packages: {error}")
