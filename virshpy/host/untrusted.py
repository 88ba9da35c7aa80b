"""The one way to what lies in a place that a guest or another user owns.

Whoever owns a directory may put anything under any name in it, at any moment: a link to a file of root's, a FIFO that
nobody writes to, another guest's socket. So nothing there is named twice. It is opened once, without following a link
and without waiting; the descriptor is asked what it is; and everything after that is done to the descriptor.
"""

from __future__ import annotations

import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Collection
    from types import TracebackType


class Changed(OSError):
    """What is under a name is not what was there, or not of the kind that belongs there."""


class Opened:
    """A descriptor, and what it was opened on; a context manager that closes it.

    ``identity`` names the file for as long as it exists, under whatever name: its device and inode numbers.
    """

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd
        self.status = os.fstat(fd)

    @property
    def identity(self) -> list[int]:
        return [self.status.st_dev, self.status.st_ino]

    @property
    def name(self) -> str:
        """A name that leads to this very file and nowhere else, for as long as it is open."""
        return f"/proc/self/fd/{self.fd}"

    def require(self, *, owner: int | None = None, identity: list[int] | None = None) -> Opened:
        """Raise Changed where it belongs to somebody else, or is another file."""
        if owner is not None and self.status.st_uid != owner:
            raise self._changed(f"it belongs to user {self.status.st_uid}")
        if identity is not None and self.identity != identity:
            raise self._changed("it is another file by now")
        return self

    def chown(self, uid: int, gid: int) -> None:
        os.chown(self.name, uid, gid)
        self.status = os.fstat(self.fd)

    def close(self) -> None:
        os.close(self.fd)

    def _changed(self, why: str) -> Changed:
        return Changed(0, why, self.path)

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def look(path: str, *, within: int | None = None, links: bool = False) -> Opened:
    """What is under a name, unopened (O_PATH): to be asked about, to change its owner and its access list.

    ``within`` is the descriptor of the directory that the name is in. ``links`` is as for :func:`read`. Raises Changed
    for a link, OSError.
    """
    follow = 0 if links else os.O_NOFOLLOW
    opened = Opened(path, os.open(path, os.O_PATH | os.O_CLOEXEC | follow, dir_fd=within))
    if stat.S_ISLNK(opened.status.st_mode):
        opened.close()
        raise opened._changed("it is a link")
    return opened


def directory(path: str) -> Opened:
    """The directory that a file is in, for what is made, renamed and removed there (``dir_fd``)."""
    folder = os.path.dirname(path) or "."
    return Opened(folder, os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))


def read(path: str, *, writable: bool = False, links: bool = False) -> Opened:
    """A regular file or a block device, open for reading (and writing). Raises Changed for anything else, OSError.

    ``links``: the user of this connection has named the path, and may have meant a link.
    """
    access = os.O_RDWR if writable else os.O_RDONLY
    follow = 0 if links else os.O_NOFOLLOW
    opened = Opened(path, os.open(path, access | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | follow))
    if not (stat.S_ISREG(opened.status.st_mode) or stat.S_ISBLK(opened.status.st_mode)):
        opened.close()
        raise opened._changed("it is neither a file nor a block device")
    return opened


def connect(path: str, timeout: float, *, pids: Collection[int] = ()) -> socket.socket:
    """A connection to the UNIX socket of one of the processes ``pids``. Raises Changed where it is another's; OSError.

    A socket with as many visitors waiting as it allows answers after ``timeout`` seconds at the latest (TimeoutError).
    """
    import socket
    from struct import unpack

    with look(path) as found:
        if not stat.S_ISSOCK(found.status.st_mode):
            raise found._changed("it is no socket")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            _connect(connection, found.name, timeout)
            if pids:
                # Whoever called listen(2) last.
                listener, _, _ = unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
                if listener not in pids:
                    raise found._changed(f"process {listener} listens on it")
        except BaseException:
            connection.close()
            raise
    return connection


def _connect(connection: socket.socket, name: str, timeout: float) -> None:
    """Where as many wait as the listener allows, the kernel says so at once: try again until the time is over."""
    until = time.monotonic() + timeout
    connection.settimeout(timeout)
    while True:
        try:
            return connection.connect(name)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError("too many others wait for it") from None
            time.sleep(0.01)
