"""Steps that make, name, resize and remove what is in a directory pool: image files and directories.

A new image has a passing name of ours until it is complete; under its own name there is never half of one. Such names
are told by :func:`is_passing`, so that a listing leaves them out.
"""

from __future__ import annotations

import errno
import os
import re
import shlex

from virshpy import errors
from virshpy.host import files, untrusted
from virshpy.host.steps import Step
from virshpy.host.steps.filesystem import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.untrusted import Opened


def passing_name(path: str) -> str:
    """A name beside a volume for what is not yet complete, or is about to go. It is short, whatever the volume's is."""
    return f"{os.path.dirname(path)}/.virshpy-{os.urandom(8).hex()}"


def is_passing(name: str) -> bool:
    return name.startswith(".virshpy-") and re.fullmatch(r"\.virshpy-[0-9a-f]{16}", name) is not None


class NewImage(Entry, kind="new-image/1"):
    """An empty file under a passing name, of ``size`` bytes, ``allocation`` of which have their space.

    Whoever fills it finds its owner and mode as they shall be. Its passing name goes when it is complete.
    """

    durable = True

    def __init__(
        self, path: str, final: str, *, mode: int, owner: int | None, group: int | None, size: int = 0,
        allocation: int = 0, nocow: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(path)
        self.final = final
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.allocation = allocation
        self.nocow = nocow

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
                fd = os.open(self.name, flags, 0o600, dir_fd=folder.fd)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to create file '{self.final}'") from None
        try:
            self._shape(fd)
        except BaseException:
            self.undo()
            raise
        finally:
            os.close(fd)

    def _shape(self, fd: int) -> None:
        if self.nocow:
            files.set_no_copy_on_write(fd)
        try:
            os.fchown(fd, -1 if self.owner is None else self.owner, -1 if self.group is None else self.group)
            os.fchmod(fd, self.mode)
        except OSError as error:
            owner = f"{'' if self.owner is None else self.owner}:{'' if self.group is None else self.group}"
            raise errors.from_os_error(error, f"unable to give file '{self.final}' to {owner}") from None
        try:
            os.ftruncate(fd, self.size)
        except (OSError, OverflowError) as error:
            raise self._refused(error, f"cannot extend file '{self.final}'") from None
        try:
            files.allocate(fd, 0, self.allocation)
        except (OSError, OverflowError) as error:
            raise self._refused(error, f"cannot allocate {self.allocation} bytes in file '{self.final}'") from None

    def _refused(self, error: OSError | OverflowError, what: str) -> errors.Error:
        if isinstance(error, OverflowError):
            error = OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        hint = (
            f"see what is free: df {shlex.quote(os.path.dirname(self.final))}" if error.errno == errno.ENOSPC else None
        )
        return errors.from_os_error(error, what, hint=hint)

    def undo(self) -> None:
        self._remove(self.name)

    settle = undo  # its own name it has from another step

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner}"
        owner += "" if self.group is None else f" -g {self.group}"
        path = shlex.quote(self.path)
        size = [f"truncate -s {self.size} {path}"] if self.size else []
        space = [f"fallocate -l {self.allocation} {path}"] if self.allocation else []
        return [f"install -m {self.mode:04o}{owner} /dev/null {path}", *size, *space]

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]


class _Complete(Entry):
    """A complete file, which has a passing name beside the one that it is to have. It is told by its identity: in a
    rehearsal there is no file, and that is like no other."""

    durable = True

    def __init__(self, passing: str, path: str) -> None:
        super().__init__(path)
        self.passing = os.path.basename(passing)
        self.identity: list[int] = []
        try:
            with untrusted.look(passing) as file:
                self.identity = file.identity
        except OSError:
            pass

    def _require(self, folder: Opened) -> None:
        """Raise OSError where it is another one by now, or none."""
        with untrusted.look(self.passing, within=folder.fd) as file:
            file.require(identity=self.identity)

    def _has_name(self, folder: Opened) -> bool:
        """Whether it is known by the name that it was to have."""
        try:
            with untrusted.look(self.name, within=folder.fd) as file:
                return file.identity == self.identity
        except OSError:
            return False

    def _beside(self, name: str) -> str:
        """A word for a file of the same directory."""
        return shlex.quote(f"{os.path.dirname(self.path)}/{name}")


class NameImage(_Complete, kind="named-image/1"):
    """A complete file gets the name that it is known by, which must be free. Raises StorageVolExist where it is not."""

    recorded = ("path", "parent", "identity")

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                self._require(folder)
                files.name(self.passing, self.name, within=folder.fd)
        except FileExistsError:
            raise errors.StorageVolExist(f"'{self.name}'", hint="somebody else has just made it") from None
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to create file '{self.path}'") from None

    def undo(self) -> None:
        if (folder := self._known_folder()) is None:
            return
        with folder:
            if self._has_name(folder):
                files.remove(self.name, within=folder.fd)

    def commands(self) -> list[str]:
        return [f"mv -n {self._beside(self.passing)} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"rm -f {shlex.quote(self.path)}"]


class ReplaceImage(_Complete, kind="replaced-image/1"):
    """A complete file takes the name of another one, which is kept until there is no way back.

    The two change places: a name that a file is moved onto has ext4 write all of that file to the disk at once.
    """

    recorded = ("path", "parent", "passing", "aside", "identity")

    def __init__(self, passing: str, path: str) -> None:
        super().__init__(passing, path)
        self.aside = os.path.basename(passing_name(path))

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._folder(note) as folder:
                self._require(folder)
                if files.exchange(self.passing, self.name, within=folder.fd):
                    self._rename(folder, self.passing, self.aside)
                else:
                    files.name(self.name, self.aside, within=folder.fd)
                    self._rename(folder, self.passing, self.name)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to replace file '{self.path}'") from None

    def _rename(self, folder: Opened, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=folder.fd, dst_dir_fd=folder.fd)

    def undo(self) -> None:
        if (folder := self._known_folder()) is None:
            return
        with folder:
            for kept in (self.aside, self.passing):
                if kept == self.passing and not self._has_name(folder):
                    break
                try:
                    self._rename(folder, kept, self.name)
                    break
                except FileNotFoundError:
                    continue  # it was not put aside yet
        self.settle()  # two names of one file are no rename: the kernel leaves both

    def settle(self) -> None:
        self._remove(self.aside)

    def commands(self) -> list[str]:
        return [f"mv {self._beside(self.passing)} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"mv {self._beside(self.aside)} {shlex.quote(self.path)}"]


class ResizeFile(Entry, kind="resized-file/1"):
    """A file becomes longer, with space for all of it set aside if ``allocate``; or shorter, for good."""

    recorded = ("path", "parent", "identity", "before", "size")
    durable = True
    identity: list[int] | None = None
    before = 0

    def __init__(self, path: str, size: int, *, allocate: bool) -> None:
        super().__init__(path)
        self.size = size
        self.allocate = allocate
        try:
            with untrusted.look(path, links=True) as file:
                self.identity, self.before = file.identity, file.status.st_size
        except OSError:
            pass  # the attempt will say what is wrong

    def do(self, note: Callable[[], None]) -> None:
        try:
            with untrusted.read(self.path, writable=True, links=True) as file:
                file.require(identity=self.identity)
                try:
                    if self.allocate and self.size > self.before:
                        files.allocate(file.fd, 0, self.size)
                    os.ftruncate(file.fd, self.size)
                except BaseException:
                    self._back(file)
                    raise
        except OSError as error:
            what = f"Failed to pre-allocate space for file '{self.path}'" if self.allocate else ""
            raise errors.from_os_error(error, what or f"Failed to truncate file '{self.path}'") from None
        except OverflowError:
            refused = OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            raise errors.from_os_error(refused, f"Failed to truncate file '{self.path}'") from None

    def undo(self) -> None:
        if self.identity is None:
            return
        try:
            with untrusted.read(self.path, writable=True, links=True) as file:
                self._back(file.require(identity=self.identity))
        except OSError:
            pass  # it is gone

    def _back(self, file: Opened) -> None:
        if self.size > self.before and os.fstat(file.fd).st_size >= self.before:
            os.ftruncate(file.fd, self.before)

    def commands(self) -> list[str]:
        path = shlex.quote(self.path)
        return [f"fallocate -l {self.size} {path}" if self.allocate else f"truncate -s {self.size} {path}"]

    def undo_commands(self) -> list[str]:
        return [f"truncate -s {self.before} {shlex.quote(self.path)}"]


class NewDirectory(Entry, kind="new-directory/1"):
    """A directory that was not there before. What somebody has put into it keeps it from being taken back."""

    durable = True
    kept = True  # that of a pool stays when the pool stops

    def __init__(self, path: str, *, mode: int, owner: int | None = None, group: int | None = None) -> None:
        super().__init__(path)
        self.mode = mode
        self.owner = owner
        self.group = group

    def do(self, note: Callable[[], None]) -> None:
        made = False
        try:
            with self._folder(note) as folder:
                os.mkdir(self.name, 0o700, dir_fd=folder.fd)
                made = True
                with untrusted.directory(f"{self.path}/") as ours:
                    ours.chown(-1 if self.owner is None else self.owner, -1 if self.group is None else self.group)
                    os.chmod(ours.name, self.mode)
        except OSError as error:
            if made:
                self.undo()
            raise errors.from_os_error(error, f"failed to create directory '{self.path}'") from None

    def undo(self) -> None:
        if (folder := self._known_folder()) is not None:
            with folder:
                try:
                    os.rmdir(self.name, dir_fd=folder.fd)
                except OSError:
                    pass  # it was not made, or is in use by now

    def commands(self) -> list[str]:
        owner = "" if self.owner is None else f" -o {self.owner}"
        owner += "" if self.group is None else f" -g {self.group}"
        return [f"install -d -m {self.mode:04o}{owner} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"rmdir {shlex.quote(self.path)}"]


class RemoveDirectory(Step):
    """An empty directory goes. ``complaint`` is what its failure is called."""

    def __init__(self, path: str, complaint: str) -> None:
        self.path = path
        self.complaint = complaint

    def do(self, note: Callable[[], None]) -> None:
        try:
            with untrusted.directory(self.path) as folder:
                os.rmdir(os.path.basename(self.path), dir_fd=folder.fd)
        except OSError as error:
            raise errors.from_os_error(error, f"{self.complaint} '{self.path}'") from None

    def commands(self) -> list[str]:
        return [f"rmdir {shlex.quote(self.path)}"]
