"""One boot of a lab: QEMU, and beside it a virtiofsd for each file system. They end together, and with their parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab.files import PORT
from tests.lab.parts import Parts

# Debian 12 has it in qemu-system-common, later releases in a package of its own.
VIRTIOFSD = next(
    (path for path in (Path("/usr/lib/qemu/virtiofsd"), Path("/usr/libexec/virtiofsd")) if path.exists()),
    Path("/usr/libexec/virtiofsd"),
)
# Whatever becomes of the tests' process, the kernel ends what it has started.
BOUND = ("setpriv", "--pdeathsig", "KILL")
LOGS = ("console", "qemu.log", "host.log", "parts.log", "own.log")
GRACE = 10.0  # seconds for an answer to come about
CMDLINE = (
    "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off audit=0 net.ifnames=0"
    " systemd.show_status=auto systemd.unified_cgroup_hierarchy=1"
)


class LabError(AssertionError):
    """A lab did not do what it was told; the message ends with what its console said."""


class Done(NamedTuple):
    """What a command in the lab said, and its exit status."""

    stdout: str
    stderr: str
    code: int


class Boot:
    """From power on to power off. ``end`` must be called, whatever happens.

    ``folder`` is for sockets and logs, ``own`` is what the lab's files and what it keeps are in.
    """

    def __init__(self, parts: Parts, own: Path, folder: Path, memory: int) -> None:
        self.folder = folder
        self._number = 0
        self._waiting = b""
        self._processes: list[subprocess.Popen[bytes]] = []
        self._channel, theirs = socket.socketpair()
        try:
            with theirs:
                # The host's files do not change for the lab, so each is asked for only once. The lab's own may.
                self._serve("host", Path("/"), "cache=always")
                self._serve("parts", parts.root, "cache=always")
                self._serve("own", own, "cache=auto", "xattr", "posix_acl")
                self._qemu = self._spawn(
                    "qemu", _qemu(parts, folder / "console", memory, theirs.fileno()), theirs.fileno()
                )
        except BaseException:
            self.end()
            raise

    def _serve(self, tag: str, source: Path, *options: str) -> None:
        """A virtiofsd, whose socket listens already: QEMU need not wait for it."""
        (self.folder / tag).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener, _short(self.folder) as folder:
            listener.bind(f"{folder}/{tag}")
            listener.listen()
            words = [str(VIRTIOFSD), f"--fd={listener.fileno()}"]
            for option in (f"source={source}", "sandbox=chroot", "log_level=warn", *options):
                words += ["-o", option]
            self._spawn(tag, words, listener.fileno())

    def _spawn(self, name: str, words: list[str], descriptor: int) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as said:
            process = subprocess.Popen(
                [*BOUND, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                pass_fds=(descriptor,), start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def run(self, command: str, timeout: float) -> Done:
        """Has the agent run a shell command, as root. Raises LabError where no answer comes in time."""
        number = self.send(command, timeout)
        answer = self._answer(number, time.monotonic() + timeout + GRACE)
        if answer is None:
            raise LabError(f"no answer to `{command}` {self.said()}")
        if answer["code"] is None:
            words = f"{answer['stdout']}{answer['stderr']}"
            raise LabError(f"`{command}` did not end in {timeout:g} s\n{words}{self.said()}")
        return Done(answer["stdout"], answer["stderr"], answer["code"])

    def send(self, command: str, timeout: float) -> int:
        """Has it run without waiting for the answer, which bears the number that is returned."""
        self._number += 1
        request = {"number": self._number, "command": command, "timeout": timeout}
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        except ConnectionError:
            raise LabError(f"nobody to tell `{command}` {self.said()}") from None
        return self._number

    def _answer(self, number: int, until: float) -> dict[str, Any] | None:
        """The answer of that number, behind those that nobody waited for. None: time is up, or QEMU gone."""
        while data := self._receive(until - time.monotonic()):
            *lines, self._waiting = (self._waiting + data).split(b"\n")
            for line in lines:
                answer: dict[str, Any] = json.loads(line)
                if answer["number"] == number:
                    return answer
        return None

    def _receive(self, seconds: float) -> bytes:
        self._channel.settimeout(max(seconds, 0.001))  # 0 would be another mode
        try:
            return self._channel.recv(65536)
        except (TimeoutError, ConnectionError):
            return b""

    def wait(self, seconds: float) -> None:
        """Until the machine is off, which a reboot is, too."""
        try:
            self._qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LabError(f"still on after {seconds:g} s; {self.said()}") from None

    def said(self) -> str:
        """What serves for the end of a message: the console's last lines, and what the processes complained of."""
        words = "".join(f"\n--- {name}\n{text[-3000:]}" for name in LOGS if (text := self._text(name).strip()))
        return f"while the lab said:{words}" if words else "and the lab said nothing"

    def console(self) -> str:
        return self._text("console")

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""

    def end(self) -> None:
        self._channel.close()
        for process in reversed(self._processes):
            process.kill()
            process.wait()


def _qemu(parts: Parts, console: Path, memory: int, channel: int) -> list[str]:
    words = [
        "qemu-system-x86_64", "-machine", "q35,accel=tcg,memory-backend=memory", "-cpu", "qemu64", "-smp", "2",
        "-m", str(memory), "-object", f"memory-backend-memfd,id=memory,size={memory}M,share=on",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", str(parts.kernel), "-initrd", str(parts.initrd), "-append", CMDLINE,
        "-serial", f"file:{console}", "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=tests,fd={channel}", "-device", f"virtserialport,chardev=tests,name={PORT}",
    ]  # fmt: skip
    for tag in ("host", "parts", "own"):
        words += ["-chardev", f"socket,id={tag},path={tag}"]
        words += ["-device", f"vhost-user-fs-pci,chardev={tag},tag={tag},queue-size=1024"]
    return words


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A name of the folder for a socket's path, which may not be longer than 107 bytes."""
    handle = os.open(folder, os.O_PATH)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
