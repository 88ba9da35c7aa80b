"""Files of the host: the one home of writing, renaming and removing them."""

from __future__ import annotations

import os

from virshpy import errors


def write_atomic(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a whole file or none of it: readers see the old content or the new. Raises SystemCallError."""
    temporary = f"{path}.{os.getpid()}.new"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with open(fd, "wb") as file:
                os.fchmod(fd, mode)
                file.write(content)
            os.rename(temporary, path)
        except BaseException:
            remove(temporary)
            raise
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to write {path}") from None


def remove(path: str) -> None:
    """Remove a file; one that is gone already is as good."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def create(path: str, mode: int = 0o600) -> int:
    """A descriptor of a new or emptied file, for another process to write to. Raises SystemCallError."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to create {path}") from None


def make_directories(path: str, mode: int = 0o700) -> None:
    """Make a directory and the missing ones above it, all with ``mode``. Raises SystemCallError."""
    try:
        if os.path.isdir(path):
            return
        parent = os.path.dirname(path)
        if parent and parent != path:
            make_directories(parent, mode)
        os.mkdir(path, mode)
        os.chmod(path, mode)
    except FileExistsError:
        if not os.path.isdir(path):
            raise errors.SystemCallError(f"Failed to create directory {path}: a file is in the way") from None
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to create directory {path}") from None


def punch_hole(path: str, length: int) -> None:
    """Free the space of the first ``length`` bytes of a file, whose size and later content stay as they are."""
    import ctypes

    keep_size, punch = 1, 2
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.fallocate(fd, keep_size | punch, ctypes.c_long(0), ctypes.c_long(length))
    finally:
        os.close(fd)  # a file system that cannot do it keeps the space, which is no error


def append_line(path: str, text: str) -> None:
    """Add a line with the time to a log, as one write."""
    import time

    stamp = time.strftime("%Y-%m-%d %H:%M:%S+0000", time.gmtime())
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, f"{stamp}: {text}\n".encode())
    finally:
        os.close(fd)


def rotate(path: str, limit: int, keep: int = 3) -> None:
    """Put a log aside as PATH.0 (and PATH.0 as PATH.1, …) where it has grown beyond ``limit`` bytes."""
    try:
        if os.stat(path).st_size <= limit:
            return
    except FileNotFoundError:
        return
    for number in range(keep - 1, 0, -1):
        if os.path.exists(f"{path}.{number - 1}"):
            os.rename(f"{path}.{number - 1}", f"{path}.{number}")
    os.rename(path, f"{path}.0")


def write_whole(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a file of the user's own choosing, in place of its content. Raises OSError: the caller has the words."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(fd, "wb") as file:
        file.write(content)


def set_kernel_value(path: str, text: str) -> None:
    """Write to a file of /proc or /sys that is a setting. Raises OSError: the caller has the words."""
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
