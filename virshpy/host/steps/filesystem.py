"""Steps on directories, files, FIFOs and listening sockets.

A file may be made in a directory of somebody else's. The directory is therefore opened once and known again by its
``parent`` identity; names are only used within it (untrusted.py).
"""

from __future__ import annotations

import os
import shlex
import stat
from _socket import AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM, socket  # `socket` itself makes enums of them, 1.5 ms

from virshpy import errors
from virshpy.host import files, untrusted
from virshpy.host.sockets import is_heard
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.untrusted import Opened


class Entry(Step):
    """Something that has a name in a directory."""

    recorded: tuple[str, ...] = ("path", "parent")
    path: str
    parent: list[int] | None = None  # also of a step that an earlier release recorded

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            with untrusted.directory(path) as folder:
                self.parent = folder.identity
        except OSError:
            pass  # an earlier step of the same plan makes it, or the attempt will say what is wrong

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    def _folder(self, note: Callable[[], None]) -> Opened:
        """The directory that was seen, or made since; on record before anything is put into it. Raises OSError."""
        folder = untrusted.directory(self.path)
        try:
            if self.parent is None:
                self.parent = folder.identity
                note()
            return folder.require(identity=self.parent)
        except BaseException:
            folder.close()
            raise

    def _known_folder(self) -> Opened | None:
        """The same directory once more; None where it is gone, or another one has its name."""
        try:
            folder = untrusted.directory(self.path)
        except OSError:
            return None
        try:
            return folder.require(identity=self.parent)
        except OSError:
            folder.close()
            return None

    def _remove(self, *names: str) -> None:
        if (folder := self._known_folder()) is not None:
            with folder:
                for name in names:
                    try:
                        files.remove(name, within=folder.fd)
                    except IsADirectoryError:
                        continue  # not ours: whoever owns the directory has put it there


class MakeDirectory(Step, kind="directory/1"):
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
        try:
            files.remove_tree(self.path)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to remove directory {self.path}") from None

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner} -g {self.owner}"
        return [f"install -d -m {self.mode:04o}{owner} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"rm -rf {shlex.quote(self.path)}"]


class BoundedDirectory(MakeDirectory, kind="bounded-directory/1"):
    """A directory of ours with a bound to what can be put into it: where that can be had, a file system of its own.

    What is in it may grow without our doing (a guest's event log), and all guests need the file system that it is on.
    """

    SIZE = 8 << 20
    FILES = 1024

    def do(self, note: Callable[[], None]) -> None:
        super().do(note)
        from virshpy.host.mounts import mount_tmpfs

        mount_tmpfs(self.path, size=self.SIZE, files=self.FILES, mode=self.mode)

    def undo(self) -> None:
        from virshpy.host.mounts import unmount

        unmount(self.path)
        super().undo()

    def commands(self) -> list[str]:
        options = f"size={self.SIZE},nr_inodes={self.FILES},mode={self.mode:04o},nosuid,nodev,noexec"
        mount = [f"mount -t tmpfs -o {options} virshpy {shlex.quote(self.path)}"] if os.geteuid() == 0 else []
        return [*super().commands(), *mount]

    def undo_commands(self) -> list[str]:
        from virshpy.host.mounts import is_mount_point

        unmount = [f"umount -l {shlex.quote(self.path)}"] if is_mount_point(self.path) else []
        return [*unmount, *super().undo_commands()]


class KeptDirectory(MakeDirectory, kind="kept-directory/1"):
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


class WriteFile(Entry, kind="file/1"):
    """A file that was not there before. Its content is not recorded: it may be a secret."""

    def __init__(
        self,
        path: str,
        content: bytes,
        mode: int = 0o600,
        owner: int | None = None,
        group: int | None = None,
        note: str = "",
    ) -> None:
        super().__init__(path)
        self.content = content
        self.mode = mode
        self.owner = owner
        self.group = owner if group is None else group
        self.note = note

    def do(self, note: Callable[[], None]) -> None:
        made = False
        try:
            with self._folder(note) as folder:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                fd = os.open(self.name, flags, self.mode, dir_fd=folder.fd)
                made = True
                with open(fd, "wb") as file:
                    os.fchown(fd, -1 if self.owner is None else self.owner, -1 if self.group is None else self.group)
                    os.fchmod(fd, self.mode)
                    file.write(self.content)
        except FileNotFoundError as error:
            hint = f"its directory is not there: mkdir -p {shlex.quote(os.path.dirname(self.path))}"
            raise errors.from_os_error(error, f"Failed to create {self.path}", hint=hint) from None
        except OSError as error:
            if made:
                self.undo()
            raise errors.from_os_error(error, f"Failed to create {self.path}") from None

    def undo(self) -> None:
        self._remove(self.name)

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner}"
        owner += "" if self.group is None else f" -g {self.group}"
        source = f"/dev/stdin {shlex.quote(self.path)}" + (f"   # {self.note}" if self.note else "")
        return [f"install -m {self.mode:04o}{owner} {source}"]

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]


class CopyFile(WriteFile, kind="copied-file/1"):
    """A new file that is a copy of another (an NVRAM made from its template)."""

    durable = True
    kept = True

    def __init__(self, source: str, path: str, mode: int = 0o600) -> None:
        super().__init__(path, b"", mode)
        self.source = source

    def do(self, note: Callable[[], None]) -> None:
        try:
            with untrusted.read(self.source, links=True) as source, open(source.name, "rb") as file:
                self.content = file.read()
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to open file '{self.source}'") from None
        super().do(note)

    def commands(self) -> list[str]:
        return [f"install -m {self.mode:04o} {shlex.quote(self.source)} {shlex.quote(self.path)}"]


class AppendableFile(WriteFile, kind="appended-file/1"):
    """An empty file for others to write to, which outlives its writer (the log of a serial port)."""

    durable = True
    kept = True

    def __init__(self, path: str) -> None:
        super().__init__(path, b"", 0o600)

    def commands(self) -> list[str]:
        return [f"install -m 0600 /dev/null {shlex.quote(self.path)}"]


class RemoveFile(Entry, kind="removed-file/1"):
    """A file or directory put aside under another name, back at once on undo, and gone for good only when settled."""

    recorded = ("path", "parent", "aside")
    durable = True
    kept = True

    def __init__(self, path: str, *, aside: str | None = None) -> None:
        super().__init__(path)
        self.aside = aside or f"{path}.removed-{os.getpid()}-{os.urandom(4).hex()}"

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                self._rename(folder, self.path, self.aside)
        except OSError as error:
            raise errors.from_os_error(error, f"failed to remove {self.path}") from None

    def undo(self) -> None:
        if (folder := self._known_folder()) is not None:
            with folder:
                self._rename(folder, self.aside, self.path)

    def _rename(self, folder: Opened, old: str, new: str) -> None:
        try:
            os.rename(os.path.basename(old), os.path.basename(new), src_dir_fd=folder.fd, dst_dir_fd=folder.fd)
        except FileNotFoundError:
            pass

    def settle(self) -> None:
        if (folder := self._known_folder()) is not None:
            with folder:
                aside = os.path.basename(self.aside)
                if os.path.isdir(f"{folder.name}/{aside}"):
                    files.remove_tree(f"{folder.name}/{aside}")
                else:
                    files.remove(aside, within=folder.fd)

    def commands(self) -> list[str]:
        return [f"rm -rf {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"mv {shlex.quote(self.aside)} {shlex.quote(self.path)}"]


class PrimedPipe(Entry, kind="pipe/1"):
    """The two files of a QEMU ``pipe`` chardev.

    ``PATH.in`` is a FIFO that holds one line before QEMU opens it, ``PATH.out`` a plain file that QEMU will write.
    """

    _fd = -1  # also of a step out of the journal, which has none

    def __init__(self, path: str, line: str, owner: int | None = None) -> None:
        super().__init__(path)
        self.line = line
        self.owner = owner

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                self._make(folder)
        except OSError as error:
            if not isinstance(error, FileExistsError):  # which is somebody else's
                self.undo()
            raise errors.from_os_error(error, f"Failed to create {self.path}.in") from None

    def _make(self, folder: Opened) -> None:
        os.mkfifo(f"{self.name}.in", 0o600, dir_fd=folder.fd)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(f"{self.name}.out", flags, 0o600, dir_fd=folder.fd))
        except FileExistsError:
            files.remove(f"{self.name}.in", within=folder.fd)
            raise
        # A FIFO forgets its content when the last descriptor closes: ours stays open until QEMU has its own.
        self._fd = os.open(f"{self.name}.in", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder.fd)
        os.write(self._fd, self.line.encode() + b"\n")
        if self.owner is not None:
            for end in ("in", "out"):
                os.chown(f"{self.name}.{end}", self.owner, self.owner, dir_fd=folder.fd, follow_symlinks=False)

    def undo(self) -> None:
        self._remove(f"{self.name}.in", f"{self.name}.out")

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


class SocketName(Entry):
    """The name of a UNIX socket: one that nobody listens on any more is removed, to make way for the next."""

    def _clear_way(self, folder: Opened) -> None:
        self._remove_socket(folder, lambda found: is_heard(found.name) is False)

    def _remove_socket(self, folder: Opened, wanted: Callable[[Opened], bool]) -> None:
        try:
            with untrusted.look(self.name, within=folder.fd) as found:
                if stat.S_ISSOCK(found.status.st_mode) and wanted(found):
                    files.remove(self.name, within=folder.fd)
        except OSError:
            pass  # it is gone, or something else by now


class QemuSocket(SocketName, kind="qemu-socket/1"):
    """A socket that QEMU makes: one that an earlier guest has left is removed first, and this one with the guest."""

    durable = True

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                self._clear_way(folder)
        except OSError as error:
            raise errors.from_os_error(error, f"Unable to unlink {self.path}") from None

    def undo(self) -> None:
        if (folder := self._known_folder()) is not None:
            with folder:
                # QEMU has ended; that its socket may be heard for a moment more (by io_uring) says nothing.
                self._remove_socket(folder, lambda found: True)

    def commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]

    undo_commands = commands


class ListeningSocket(SocketName, kind="listening-socket/1"):
    """A listening UNIX socket, handed to a process as a descriptor: it then needs no right to the path.

    ``by_hand`` is where the process could make the socket itself, for those who have no descriptor to hand it.
    """

    _socket: socket | None = None  # also of a step out of the journal, which has none

    def __init__(self, path: str, owner: int | None = None, by_hand: str | None = None) -> None:
        super().__init__(path)
        self.owner = owner
        self.by_hand = by_hand or path

    def do(self, note: Callable[[], None]) -> None:
        self._socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)
        try:
            os.fchmod(self._socket.fileno(), 0o600)  # which its name in the file system takes over
            with self._folder(note) as folder:
                self._clear_way(folder)
                self._socket.bind(self._address(folder))
                if self.owner is not None:
                    os.chown(self.name, self.owner, self.owner, dir_fd=folder.fd, follow_symlinks=False)
            self._socket.listen(16)
        except OSError as error:
            self.release()
            raise errors.from_os_error(error, f"Unable to bind to UNIX socket path '{self.path}'") from None

    def _address(self, folder: Opened) -> str:
        """The path, which is what others are shown; by way of the directory where it is too long or may change."""
        theirs = folder.status.st_uid not in (0, os.geteuid()) or folder.status.st_mode & 0o022
        return f"{folder.name}/{self.name}" if theirs or len(os.fsencode(self.path)) > 107 else self.path

    def open(self) -> int:
        """A descriptor of the listening socket, for a process that is about to start."""
        assert self._socket is not None
        return os.dup(self._socket.fileno())

    def shown(self, key: str) -> str:
        return f"path={self.by_hand}"

    def undo(self) -> None:
        self._remove(self.name)

    def release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def commands(self) -> list[str]:
        return []  # the shell has no word for it; the process is shown to listen by itself

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]


class RotateLog(Step):
    """A log that has grown beyond ``limit`` bytes is put aside, before somebody writes to it."""

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self.limit = limit

    def do(self, note: Callable[[], None]) -> None:
        files.rotate(self.path, self.limit)

    def commands(self) -> list[str]:
        too_long = os.path.exists(self.path) and os.path.getsize(self.path) > self.limit
        return [f"mv {shlex.quote(self.path)} {shlex.quote(self.path)}.0"] if too_long else []
