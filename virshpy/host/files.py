"""Files of the host: the one home of writing, renaming and removing them."""

from __future__ import annotations

import errno
import os

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def write_atomic(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a whole file or none of it: readers see the old content or the new. Raises SystemCallError.

    Killed between giving the new file a name and giving it the old one's, it leaves ``PATH.PID.….new``, which the next
    writer takes away.
    """

    def take_its_place(written: str) -> None:
        new = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.new"
        _link(written, new)
        try:
            os.rename(new, path)
        except OSError:
            remove(new)
            raise
        _remove_what_the_dead_left(path)

    try:
        _written(path, content, mode, take_its_place)
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to write {path}") from None


def _remove_what_the_dead_left(path: str) -> None:
    folder, name = os.path.split(path)
    for entry in os.listdir(folder):
        pid = entry.removeprefix(f"{name}.").partition(".")[0]
        new = entry.startswith(f"{name}.") and entry.endswith(".new") and pid.isdecimal()
        if new and not os.path.exists(f"/proc/{pid}"):
            remove(f"{folder}/{entry}")


def write_new(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a file that is complete when it has its name; nothing where there is one of that name. Raises OSError."""

    def take_its_place(written: str) -> None:
        try:
            _link(written, path)
        except FileExistsError:
            pass

    _written(path, content, mode, take_its_place)


def _link(written: str, name: str) -> None:
    """Give a file a name: the file that ``written`` leads to, by a link of /proc's if it is one."""
    here = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        os.link(written, name, src_dir_fd=here, follow_symlinks=True)  # without a descriptor it would call link(2)
    finally:
        os.close(here)


def _written(path: str, content: bytes, mode: int, place: Callable[[str], None]) -> None:
    """Write a file without a name (with a passing one where it must have one); ``place`` gets what to link it by."""
    temporary = None
    try:
        fd = os.open(os.path.dirname(path) or ".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR):
            raise
        temporary = f"{path}.{os.getpid()}.new"
        remove(temporary)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(fd, "wb") as file:
            os.fchmod(fd, mode)
            file.write(content)
            file.flush()
            place(temporary or f"/proc/self/fd/{fd}")
    finally:
        if temporary:
            remove(temporary)


def set_aside(path: str, size: int) -> None:
    """A file that takes up ``size`` bytes. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, size)
    finally:
        os.close(fd)


def remove(path: str, *, within: int | None = None) -> None:
    """Remove a file; one that is gone already is as good. ``within``: a descriptor of the directory that it is in."""
    try:
        os.unlink(path, dir_fd=within)
    except FileNotFoundError:
        pass


def create(path: str, mode: int = 0o600) -> int:
    """A descriptor of a new or emptied file, for another process to write to. Raises SystemCallError."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to create {path}") from None


def make_pipe(path: str) -> None:
    """A FIFO of ours. Raises SystemCallError."""
    try:
        os.mkfifo(path, 0o600)
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


def remove_tree(path: str) -> None:
    """Remove a directory and all that is in it; one that is gone already is as good. Raises OSError.

    What a guest has put there may be deeper than any recursion and longer than any path: a directory that is found in
    another one is moved up to the top, and no link is followed.
    """
    try:
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        moved = 0
        while names := os.listdir(top):
            for name in names:
                if _unlinked(name, top):
                    continue
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
                try:
                    for deeper in os.listdir(inner):
                        if not _unlinked(deeper, inner):
                            moved += 1
                            os.rename(deeper, f".moved-{os.getpid()}-{moved}", src_dir_fd=inner, dst_dir_fd=top)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(path)


def _unlinked(name: str, directory: int) -> bool:
    """Whether an entry of a directory is gone; False where it is a directory itself."""
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        if not os.path.isdir(f"/proc/self/fd/{directory}/{name}"):
            raise
        return False
    return True


def punch_hole(fd: int, length: int) -> None:
    """Free the space of the first ``length`` bytes of a file, whose size and later content stay as they are."""
    import ctypes

    keep_size, punch = 1, 2
    # A file system that cannot do it keeps the space, which is no error.
    ctypes.CDLL(None).fallocate(fd, keep_size | punch, ctypes.c_long(0), ctypes.c_long(length))


def allocate(fd: int, start: int, length: int) -> None:
    """Set space aside for a stretch of a file, which ends there at the earliest. Raises OSError, OverflowError."""
    if length > 0:
        os.posix_fallocate(fd, start, length)


def exchange(one: str, other: str, *, within: int) -> bool:
    """Let two files of a directory (a descriptor) change names, in one moment. False where the file system cannot.

    Raises OSError (renameat2(2)).
    """
    import ctypes

    exchanging = 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(within, os.fsencode(one), within, os.fsencode(other), exchanging) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), other)


def birth(path: str) -> int:
    """When a file was made, in nanoseconds since 1970; 0 where its file system does not say (statx(2))."""
    import ctypes
    from struct import unpack_from

    here, born, found = -100, 0x800, ctypes.create_string_buffer(256)
    if ctypes.CDLL(None).statx(here, os.fsencode(path), 0, born, found):
        return 0
    told, seconds, nanoseconds = *unpack_from("I", found), *unpack_from("qI", found, 80)
    return int(seconds * 1_000_000_000 + nanoseconds) if told & born else 0


def set_length(fd: int, length: int) -> None:
    """Let a file end there. Raises OSError, OverflowError."""
    os.ftruncate(fd, length)


def name(old: str, new: str, *, within: int) -> None:
    """Give a file of a directory (a descriptor) a further name there, which must be free; instead of its old one where
    the file system knows no second names. Raises FileExistsError, OSError."""
    try:
        os.link(old, new, src_dir_fd=within, dst_dir_fd=within, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        try:
            os.stat(new, dir_fd=within, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(old, new, src_dir_fd=within, dst_dir_fd=within)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new) from None


def set_no_copy_on_write(fd: int) -> None:
    """Have a new file written in place (btrfs): the flag that chattr calls C. Other file systems have no such flag."""
    import fcntl
    from struct import pack, unpack

    get_flags, set_flags, no_copy = 0x80086601, 0x40086602, 0x00800000
    try:
        (flags,) = unpack("l", fcntl.ioctl(fd, get_flags, bytes(8)))
        fcntl.ioctl(fd, set_flags, pack("l", flags | no_copy))
    except OSError:
        pass


def append_line(path: str, text: str) -> int:
    """Add a line with the time to a log, as one write; how long the log is now. What cannot be written is left out."""
    fd = open_log(path)
    try:
        return note_in(fd, text)
    finally:
        os.close(fd)


def note_in(fd: int, text: str) -> int:
    """:func:`append_line` on the descriptor of an open log."""
    import time

    stamp = time.strftime("%Y-%m-%d %H:%M:%S+0000", time.gmtime())
    try:
        os.write(fd, f"{stamp}: {text}\n".encode(errors="surrogateescape"))
    except OSError:
        pass  # a full file system; who logs has more to do
    return os.fstat(fd).st_size


def rotate(path: str, limit: int, keep: int = 3, *, in_use: bool = False) -> None:
    """Put a log aside as PATH.0 (and PATH.0 as PATH.1, …) where it has grown beyond ``limit`` bytes.

    Of one that is ``in_use`` the last ``limit`` bytes are copied and the file is emptied: its writer appends to it.
    What cannot be done is left for the next time.
    """
    try:
        if os.stat(path).st_size <= limit:
            return
        for number in range(keep - 1, 0, -1):
            if os.path.exists(f"{path}.{number - 1}"):
                os.rename(f"{path}.{number - 1}", f"{path}.{number}")
        if not in_use:
            os.rename(path, f"{path}.0")
            return
        with open(path, "r+b") as file:
            file.seek(-limit, os.SEEK_END)
            write_atomic(f"{path}.0", file.read(limit))
            file.truncate(0)
    except (OSError, errors.Error):
        pass


def open_log(path: str) -> int:
    """A descriptor at the end of a log; of /dev/null where the log cannot be opened, which stops nobody."""
    for name in (path, os.devnull):
        try:
            return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            refused = error
    raise refused


def write_whole(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a file of the user's own choosing, in place of its content. Raises OSError: the caller has the words."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(fd, "wb") as file:
        file.write(content)


def in_memory(content: bytes) -> int:
    """A descriptor to read these bytes from: all of them are there at once, and nowhere else."""
    fd = os.memfd_create("virshpy")
    with open(fd, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def set_kernel_value(path: str, text: str) -> None:
    """Write to a file of /proc or /sys that is a setting. Raises OSError: the caller has the words."""
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
