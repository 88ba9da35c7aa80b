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
