"""The paths that QEMU opens: who makes each kind of them, what is said where one is not there, and how a guest's own
user gets at it."""

from __future__ import annotations

import os
import shlex
import stat

from virshpy import errors
from virshpy.host import access
from virshpy.host.sockets import is_heard
from virshpy.host.steps.access import GrantAccess
from virshpy.host.steps.filesystem import AppendableFile, MakeDirectory, QemuSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from virshpy.drivers.qemu.argv.runtime import FileUse
    from virshpy.drivers.qemu.identity import Identity
    from virshpy.host.steps import Step

# Who makes a path. What is somebody else's must be there, and is opened to the guest's user while the guest runs. What
# is ours is made empty where it is not there, stays ours, and outlives the guest: another user can be let in next time.
# What QEMU makes is the guest user's, and goes with the guest.
THEIRS, OURS, QEMUS = "theirs", "ours", "QEMU's"


class Kind:
    """``missing`` are libvirt's words for a path that is not there, ``hint`` what to do about it; ``is_image`` whether
    QEMU opens it as a file with content."""

    def __init__(self, maker: str, missing: str, hint: str | None = None, *, is_image: bool = False) -> None:
        self.maker = maker
        self.missing = missing
        self.hint = hint
        self.is_image = is_image


def _image(noun: str, missing: str = "Cannot access storage file '{}'") -> Kind:
    hint = f"the guest's {noun} is to be read from there; create it, or name another"
    return Kind(THEIRS, missing, hint, is_image=True)


def _device(hint: str, missing: str = "Path '{}' is not accessible") -> Kind:
    return Kind(THEIRS, missing, f"this host has no such device; {hint}")


OTHER_FIRMWARE = (
    "that firmware is not on this host: leave out <loader> and <nvram>, and say <os firmware='efi'> for one that is"
)
_UNSEEN = "unable to stat: {}"
KINDS = {
    "disk": _image("disk"),
    "firmware": _image("firmware"),
    "ROM": _image("ROM", _UNSEEN),
    "kernel": _image("kernel", _UNSEEN),
    "initrd": _image("initrd", _UNSEEN),
    "dtb": _image("device tree", _UNSEEN),
    "acpi": _image("ACPI table", _UNSEEN),
    "fw_cfg": _image("fw_cfg file", _UNSEEN),
    "memory": _image("memory", _UNSEEN),
    "share": Kind(THEIRS, "Cannot access storage file '{}'", "the directory is to be shared with the guest: make it"),
    "block device": _device("lsblk shows those that there are", "Cannot access storage file '{}'"),
    "character device": _device("is it plugged in? its name in /dev/serial/by-id stays the same"),
    "input": _device("is it plugged in? its name in /dev/input/by-id stays the same"),
    "rng": _device("<backend model='random'>/dev/urandom</backend> is always there"),
    "tpm": _device("<backend type='emulator'/> needs none", "Could not open TPM device {}"),
    "hostdev": _device("is it plugged in?"),
    "vdpa": _device("'vdpa dev show' shows those that there are"),
    "pipe": Kind(THEIRS, _UNSEEN, "make it first: mkfifo {0}.in {0}.out"),
    "peer": Kind(THEIRS, _UNSEEN, "the program that listens there must be running before the guest starts"),
    "awaited peer": Kind(THEIRS, _UNSEEN),  # QEMU tries again and again: it need not be there yet
    "file": Kind(OURS, "Unable to open file: {}"),
    "shared memory": Kind(OURS, "Unable to open file: {}"),
    "socket": Kind(QEMUS, "Unable to bind to UNIX socket path '{}'"),
}


class Opening:
    """``directory`` is the guest's own; ``made`` are paths that other steps make; ``holder`` names the running guest
    whose document has a path; ``locks`` is where the connection's locks are."""

    def __init__(
        self,
        identity: Identity,
        directory: str,
        made: Container[str],
        holder: Callable[[str], str | None],
        locks: str,
    ) -> None:
        self.identity = identity
        self.directory = directory
        self.made = made
        self.holder = holder
        self.locks = locks

    def steps(self, uses: Sequence[FileUse]) -> Iterator[Step]:
        """What opens all of them to the guest's user. Raises SystemCallError for files missing or out of reach."""
        for use in uses:
            if use.kind == "nvram" or use.path in self.made or use.path.startswith(f"{self.directory}/"):
                continue
            if use.kind in ("hugepages", "ram"):
                yield MakeDirectory(use.path, owner=self.identity.uid)
                continue
            yield from self._one(use)

    def require_free(self, path: str) -> None:
        """Raises SystemCallError where no socket can be made: its directory is missing, or something is in its place.

        A socket that nobody listens on any more is nothing: whoever makes the new one removes it.
        """
        if path.startswith(f"{self.directory}/"):
            return
        words = KINDS["socket"].missing
        _require_directory(path, words)
        heard = is_heard(path)
        if heard is False:
            return
        other = self.holder(path)
        hint = f"domain '{other}' is running with it; name another path" if other else "another program listens there"
        if heard is None:
            hint = "a file that is no socket is in its place: move it away, or name another path"
        raise errors.SystemCallError(f"{words.format(path)}: Address already in use", hint=hint)

    def _one(self, use: FileUse) -> Iterator[Step]:
        kind = KINDS[use.kind]
        if not os.path.isabs(use.path):
            raise errors.SystemCallError(
                f"{kind.missing.format(use.path)}: No such file or directory",
                hint="a path in a document begins with /: nobody knows from which directory it was meant",
            )
        if kind.maker == QEMUS:
            yield self._socket(use.path)
        elif use.kind == "pipe" and os.path.exists(f"{use.path}.in") and os.path.exists(f"{use.path}.out"):
            for end in (f"{use.path}.in", f"{use.path}.out"):
                yield from self._open(end, access.READ | access.WRITE)
        elif os.path.exists(use.path):
            if kind.is_image and _blocks(use.path):
                raise errors.SystemCallError(
                    f"{kind.missing.format(use.path)}: it is a FIFO or a socket",
                    hint="QEMU would wait for ever for somebody to write to it: name an image",
                )
            folder = access.SEARCH if os.path.isdir(use.path) else 0
            yield from self._open(use.path, folder | access.READ | (access.WRITE if "w" in use.mode else 0))
        elif kind.maker == OURS:
            yield from self._make(use.path, kind)
        elif use.kind != "awaited peer":
            raise _missing(use, kind)

    def _make(self, path: str, kind: Kind) -> Iterator[Step]:
        _require_directory(path, kind.missing)
        if blocked := self.identity.obstacle(path):
            raise _closed(path, blocked)
        # QEMU could make it itself where it runs as us, and nobody would take it away again.
        yield AppendableFile(path)
        if self.identity.uid is not None:
            yield GrantAccess(path, self.identity.uid, access.READ | access.WRITE, self.locks)

    def _socket(self, path: str) -> Step:
        self.require_free(path)
        folder = os.path.dirname(path)
        if blocked := self.identity.obstacle(path):
            raise _closed(path, blocked)
        if not self.identity.may(folder, access.WRITE | access.SEARCH):
            raise errors.SystemCallError(
                f"Unable to bind to UNIX socket path '{path}': Permission denied",
                hint=f"QEMU's user must be able to write to {folder}; or leave the path out:"
                " <listen type='socket'/> is in a directory of the guest's own",
            )
        return QemuSocket(path)

    def _open(self, path: str, wanted: int) -> Iterator[Step]:
        if blocked := self.identity.obstacle(path):
            raise _closed(path, blocked)
        if self.identity.may(path, wanted):
            return
        if self.identity.uid is None:
            uid, letters = os.geteuid(), "rw" if wanted & access.WRITE else "r"
            raise errors.SystemCallError(
                f"Cannot access storage file '{path}' (as uid:{uid}, gid:{os.getegid()}): Permission denied",
                hint=f"have it opened to you: setfacl -m u:{uid}:{letters} {shlex.quote(path)}",
            )
        yield GrantAccess(path, self.identity.uid, wanted, self.locks)


def _blocks(path: str) -> bool:
    mode = os.stat(path).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _require_directory(path: str, words: str) -> None:
    """Raises SystemCallError where the directory is missing in which a file is to be made."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise errors.SystemCallError(
            f"{words.format(path)}: No such file or directory",
            hint=f"its directory is not there: mkdir -p {shlex.quote(folder)}",
        )


def _missing(use: FileUse, kind: Kind) -> errors.Error:
    words, hint = kind.missing.format(use.path), kind.hint and kind.hint.format(shlex.quote(use.path))
    if use.above is not None:
        words = f"Cannot access backing file '{use.path}' of storage file '{use.above}'"
        hint = f"'{use.above}' is an overlay, and says that the rest of its content is there"
    elif use.kind == "firmware":
        hint = OTHER_FIRMWARE
    return errors.SystemCallError(f"{words}: No such file or directory", hint=hint)


def _closed(path: str, blocked: str) -> errors.Error:
    return errors.SystemCallError(
        f"Cannot access storage file '{path}': Permission denied",
        hint=f"guests run under users of their own, which may not enter {blocked}: chmod o+x {shlex.quote(blocked)}",
    )
