"""Block devices of this host: who has one, when its node is there, and whose it is."""

from __future__ import annotations

import errno
import os
import shlex
import stat

from virshpy import errors
from virshpy.host import locks, mounts, processes, untrusted
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASS = "/sys/class/block"
_UDEV = "/run/udev/control"
_PATIENCE = 10  # seconds for a node to appear


def require_block(path: str) -> None:
    """Raise InvalidArg where a path leads to no block device."""
    try:
        status = os.stat(path)
    except OSError:
        raise errors.InvalidArg(f"device path '{path}' doesn't exist", hint="see what is there: lsblk") from None
    if not stat.S_ISBLK(status.st_mode):
        raise errors.InvalidArg(
            f"'{path}' is not a block device", hint="of a file one is made by: losetup --find --show FILE"
        )


def require_free(path: str) -> None:
    """Raise OperationInvalid where somebody has a device, or one of its partitions: to be asked before it is lost."""
    if (use := user_of(path)) is not None:
        raise errors.OperationInvalid(f"device '{path}' is {use}", hint=_hint(use))


def _hint(use: str) -> str:
    where = use.partition("mounted on ")[2]
    return f"umount {where}" if where else "see what has it: lsblk, fuser -v"


def user_of(path: str) -> str | None:
    """In words, who has a device or one of its partitions; None where nobody does. Raises SystemCallError.

    Whoever mounts a device, or makes another of it, has it exclusively, and the kernel tells who asks for the same.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise errors.from_os_error(
                error, f"cannot open device '{path}'", hint="see what is there, and whose it is: lsblk, ls -l /dev"
            ) from None
        return _named_user(path) or "in use"
    os.close(fd)
    return "in use by a running guest" if any(_has_guest(node) for node in nodes(path)) else None


def _has_guest(node: str) -> bool:
    try:
        with untrusted.read(node, links=True) as device:
            return locks.is_used_by_qemu(device.fd)
    except OSError:
        return False


def _named_user(path: str) -> str | None:
    """What the tables of mounts, of swap and of devices say of a device that somebody has."""
    ours = set(nodes(path))
    for mounted in mounts.table():
        if mounted.source.startswith("/") and os.path.realpath(mounted.source) in ours:
            return f"mounted on '{mounted.point}'"
    if any(os.path.realpath(swap) in ours for swap in _swaps()):
        return "used as swap"
    for node in ours:
        folder = f"{_CLASS}/{os.path.basename(node)}/holders"
        for holder in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            return f"part of '{_known_as(holder)}'"
    return None


def _swaps() -> list[str]:
    try:
        with open("/proc/swaps") as lines:
            return [line.split()[0] for line in lines.readlines()[1:]]
    except OSError:
        return []


def _known_as(name: str) -> str:
    """A device by the name that its maker has given it."""
    try:
        with open(f"{_CLASS}/{name}/dm/name") as file:
            return file.read().strip()
    except OSError:
        return name


def nodes(path: str) -> Iterator[str]:
    """The node of a device, and those of the partitions that the kernel knows of."""
    real = os.path.realpath(path)
    yield real
    folder = f"{_CLASS}/{os.path.basename(real)}"
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in sorted(names):
        if os.path.exists(f"{folder}/{name}/partition"):
            yield os.path.join(os.path.dirname(real), name)


def size(path: str) -> int:
    """Bytes of a device. Raises SystemCallError."""
    try:
        with untrusted.read(path, links=True) as device:
            return os.lseek(device.fd, 0, os.SEEK_END)
    except OSError as error:
        raise errors.from_os_error(error, f"cannot open device '{path}'", hint="see what is there: lsblk") from None


def settle() -> None:
    """Wait until udev has done what it does about changes of before; where there is no udev, nothing is waited for."""
    if os.path.exists(_UDEV):
        words = [program("udevadm"), "settle", f"--timeout={_PATIENCE}"]
        processes.run(words, timeout=2 * _PATIENCE, check=False, together=True)


def require_node(path: str) -> None:
    """Wait for a node that is about to appear. Raises SystemCallError where it does not."""
    settle()
    if not processes.wait_for(lambda: _is_block(path), _PATIENCE):
        missing = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        raise errors.from_os_error(
            missing, f"device '{path}' has not appeared", hint="is udevd at work? It makes the names of devices"
        )


def _is_block(path: str) -> bool:
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)
    except OSError:
        return False


def shape(path: str, mode: int | None, owner: int | None, group: int | None) -> None:
    """Give a node its mode and owner; None leaves each as it came. Raises SystemCallError."""
    try:
        with untrusted.look(path, links=True) as node:
            node.chown(-1 if owner is None else owner, -1 if group is None else group)
            if mode is not None:
                os.chmod(node.name, mode)
    except OSError as error:
        whom = f"{'' if owner is None else owner}:{'' if group is None else group}"
        raise errors.from_os_error(
            error, f"unable to give device '{path}' to {whom}", hint="name users and groups that this host has"
        ) from None


def shaping(path: str, mode: int | None, owner: int | None, group: int | None) -> list[str]:
    """The same as lines for a shell."""
    whom = f"{'' if owner is None else owner}:{'' if group is None else group}"
    lines = [f"chown {whom} {shlex.quote(path)}"] if whom != ":" else []
    return [*lines, *([f"chmod {mode:04o} {shlex.quote(path)}"] if mode is not None else [])]
