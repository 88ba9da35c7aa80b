"""Steps on directories, files, FIFOs and listening sockets."""

from __future__ import annotations

import os
import shlex
import socket
import stat

from virshpy import errors
from virshpy.host import files
from virshpy.host.sockets import is_heard, short_path
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class MakeDirectory(Step):
    """A directory of ours, removed with everything in it."""

    recorded: tuple[str, ...] = ("path",)

    def __init__(self, path: str, mode: int = 0o700, owner: int | None = None) -> None:
        self.path = path
        self.mode = mode
        self.owner = owner

    def do(self, note: Callable[[], None]) -> None:
        try:
            os.mkdir(self.path, self.mode)
            if self.owner is not None:
                os.chown(self.path, self.owner, self.owner)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to create directory {self.path}") from None

    def undo(self) -> None:
        from shutil import rmtree

        rmtree(self.path, ignore_errors=True)

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner} -g {self.owner}"
        return [f"install -d -m {self.mode:04o}{owner} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"rm -rf {shlex.quote(self.path)}"]


class KeptDirectory(MakeDirectory):
    """A directory that outlives what it was made for, and may have been there before."""

    recorded = ("path", "made")
    durable = True
    kept = True

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(path, mode)
        self.made = not os.path.isdir(path)

    def do(self, note: Callable[[], None]) -> None:
        if self.made:
            super().do(note)

    def undo(self) -> None:
        if self.made:
            super().undo()


class WriteFile(Step):
    """A file that was not there before. Its content is not recorded: it may be a secret."""

    recorded = ("path",)

    def __init__(self, path: str, content: bytes, mode: int = 0o600, owner: int | None = None, note: str = "") -> None:
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
        self.note = note

    def do(self, note: Callable[[], None]) -> None:
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self.mode)
            with open(fd, "wb") as file:
                if self.owner is not None:
                    os.fchown(fd, self.owner, self.owner)
                file.write(self.content)
        except FileExistsError as error:
            raise errors.from_os_error(error, f"Failed to create {self.path}") from None
        except OSError as error:
            files.remove(self.path)
            raise errors.from_os_error(error, f"Failed to create {self.path}") from None

    def undo(self) -> None:
        files.remove(self.path)

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner} -g {self.owner}"
        source = f"/dev/stdin {shlex.quote(self.path)}" + (f"   # {self.note}" if self.note else "")
        return [f"install -m {self.mode:04o}{owner} {source}"]

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]


class CopyFile(WriteFile):
    """A new file that is a copy of another (an NVRAM made from its template)."""

    durable = True
    kept = True

    def __init__(self, source: str, path: str, mode: int = 0o600) -> None:
        super().__init__(path, b"", mode)
        self.source = source

    def do(self, note: Callable[[], None]) -> None:
        try:
            with open(self.source, "rb") as file:
                self.content = file.read()
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to open file '{self.source}'") from None
        super().do(note)

    def commands(self) -> list[str]:
        return [f"install -m {self.mode:04o} {shlex.quote(self.source)} {shlex.quote(self.path)}"]


class AppendableFile(WriteFile):
    """An empty file for others to write to, which outlives its writer (the log of a serial port)."""

    durable = True
    kept = True

    def __init__(self, path: str) -> None:
        super().__init__(path, b"", 0o600)

    def commands(self) -> list[str]:
        return [f"install -m 0600 /dev/null {shlex.quote(self.path)}"]


class RemoveFile(Step):
    """A file or directory put aside under another name, back at once on undo, and gone for good only when settled."""

    recorded = ("path", "aside")
    durable = True
    kept = True

    def __init__(self, path: str) -> None:
        self.path = path
        self.aside = f"{path}.removed-{os.getpid()}-{os.urandom(4).hex()}"

    def do(self, note: Callable[[], None]) -> None:
        try:
            os.rename(self.path, self.aside)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise errors.from_os_error(error, f"failed to remove {self.path}") from None

    def undo(self) -> None:
        try:
            os.rename(self.aside, self.path)
        except FileNotFoundError:
            pass

    def settle(self) -> None:
        from shutil import rmtree

        rmtree(self.aside) if os.path.isdir(self.aside) else files.remove(self.aside)

    def commands(self) -> list[str]:
        return [f"rm -rf {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"mv {shlex.quote(self.aside)} {shlex.quote(self.path)}"]


class PrimedPipe(Step):
    """The two files of a QEMU ``pipe`` chardev.

    ``PATH.in`` is a FIFO that holds one line before QEMU opens it, ``PATH.out`` a plain file that QEMU will write.
    """

    recorded = ("path",)
    _fd = -1  # also of a step out of the journal, which has none

    def __init__(self, path: str, line: str, owner: int | None = None) -> None:
        self.path = path
        self.line = line
        self.owner = owner

    def do(self, note: Callable[[], None]) -> None:
        try:
            os.mkfifo(f"{self.path}.in", 0o600)
            os.close(os.open(f"{self.path}.out", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            if self.owner is not None:
                for end in ("in", "out"):
                    os.chown(f"{self.path}.{end}", self.owner, self.owner)
            # A FIFO forgets its content when the last descriptor closes: ours stays open until QEMU has its own.
            self._fd = os.open(f"{self.path}.in", os.O_RDWR | os.O_CLOEXEC)
            os.write(self._fd, self.line.encode() + b"\n")
        except OSError as error:
            self.undo()
            raise errors.from_os_error(error, f"Failed to create {self.path}.in") from None

    def undo(self) -> None:
        files.remove(f"{self.path}.in")
        files.remove(f"{self.path}.out")

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def commands(self) -> list[str]:
        path = shlex.quote(self.path)
        owner = [] if self.owner is None else [f"chown {self.owner}:{self.owner} {path}.in {path}.out"]
        return [
            f"mkfifo -m 0600 {path}.in && install -m 0600 /dev/null {path}.out",
            *owner,
            f"(echo {shlex.quote(self.line)}; sleep 1) 1<>{path}.in &",
        ]

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}.in {shlex.quote(self.path)}.out"]


class QemuSocket(Step):
    """A socket that QEMU makes: one that an earlier guest has left is removed first, and this one with the guest."""

    recorded = ("path",)
    durable = True

    def __init__(self, path: str) -> None:
        self.path = path

    def do(self, note: Callable[[], None]) -> None:
        clear_way(self.path)

    def undo(self) -> None:
        try:
            if stat.S_ISSOCK(os.lstat(self.path).st_mode):
                files.remove(self.path)
        except OSError:
            pass

    def commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]

    undo_commands = commands


def clear_way(path: str) -> None:
    """Remove a socket that nobody listens on any more. Raises SystemCallError where it cannot be."""
    if os.path.lexists(path) and is_heard(path) is False:
        try:
            files.remove(path)
        except OSError as error:
            raise errors.from_os_error(error, f"Unable to unlink {path}") from None


class ListeningSocket(Step):
    """A listening UNIX socket, handed to a process as a descriptor: it then needs no right to the path."""

    recorded = ("path",)
    _socket: socket.socket | None = None  # also of a step out of the journal, which has none

    def __init__(self, path: str, owner: int | None = None) -> None:
        self.path = path
        self.owner = owner

    def do(self, note: Callable[[], None]) -> None:
        clear_way(self.path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with short_path(self.path) as path:
                self._socket.bind(path)
            os.chmod(self.path, 0o600)
            if self.owner is not None:
                os.chown(self.path, self.owner, self.owner)
            self._socket.listen(16)
        except OSError as error:
            self.release()
            raise errors.from_os_error(error, f"Unable to bind to UNIX socket path '{self.path}'") from None

    def open(self) -> int:
        """A descriptor of the listening socket, for a process that is about to start."""
        assert self._socket is not None
        return os.dup(self._socket.fileno())

    def shown(self, key: str) -> str:
        return f"path={self.path}"

    def undo(self) -> None:
        files.remove(self.path)

    def release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def commands(self) -> list[str]:
        return []  # the shell has no word for it; the process is shown to listen by itself

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]
