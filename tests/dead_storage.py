"""Storage that stops answering: a file system of one file, served by this process until it is told to fall silent.

Who waits for a request of it then waits in the kernel, where no signal reaches: as on an NFS server that is gone.
"""

from __future__ import annotations

import ctypes
import os
import select
import stat
import struct
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType

_SIZE = 1 << 20
_ROOT, _FILE = 1, 2  # node numbers
_LOOKUP, _GETATTR, _SETATTR, _OPEN, _READ, _RELEASE, _FLUSH, _INIT, _ACCESS = 1, 3, 4, 14, 15, 18, 25, 26, 34
_FORGET, _INTERRUPT, _BATCH_FORGET = 2, 36, 42  # are not answered
_ENOSYS = 38


class DeadStorage:
    """``file`` below a directory, until :meth:`fall_silent`; ``asked`` is set when somebody waits since then.

    A context manager; in it, this process itself must not touch the directory any more: it would wait, too, until all
    are let go after a minute.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "disk.img"
        self.asked = threading.Event()
        self._silent_until = 0.0
        self._owner = os.getuid()

    def __enter__(self) -> DeadStorage:
        self.directory.mkdir()
        self._fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._fd},rootmode=40755,user_id=0,group_id=0,allow_other"
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"dead-storage", bytes(self.directory), b"fuse", 6, options.encode()):
            raise OSError(ctypes.get_errno(), "cannot mount")
        self._server = threading.Thread(target=self._serve, daemon=True)
        self._server.start()
        return self

    def fall_silent(self) -> None:
        """Answer no more."""
        self._silent_until = time.monotonic() + 60

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()
        self._server.join(5)
        os.close(self._fd)

    def _let_go(self) -> None:
        """Of all who wait: their requests fail."""
        subprocess.run(["umount", "-f", "-l", self.directory], stderr=subprocess.DEVNULL)

    def _serve(self) -> None:
        while not self._silent_until or time.monotonic() < self._silent_until:
            if not select.select([self._fd], [], [], 1)[0]:
                continue
            try:
                request = os.read(self._fd, _SIZE + (64 << 10))
            except OSError:
                return
            _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
            if opcode in (_FORGET, _INTERRUPT, _BATCH_FORGET):
                continue
            if self._silent_until:
                self.asked.set()
                continue
            answer = self._answer(opcode, node, request[40:])
            error = -_ENOSYS if answer is None else 0
            content = answer or b""
            try:
                os.write(self._fd, struct.pack("<IiQ", 16 + len(content), error, unique) + content)
            except OSError:
                return
        self._let_go()

    def _answer(self, opcode: int, node: int, words: bytes) -> bytes | None:
        if opcode == _INIT:
            return struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 16, 12, _SIZE, 1, 0, 0, 0)
        if opcode == _LOOKUP:
            return struct.pack("<QQQQII", _FILE, 0, 0, 0, 0, 0) + self._attributes(_FILE)
        if opcode == _SETATTR:
            valid, uid = struct.unpack_from("<I", words)[0], struct.unpack_from("<I", words, 76)[0]
            if valid & 2:
                self._owner = uid
        if opcode in (_GETATTR, _SETATTR):
            return struct.pack("<QII", 0, 0, 0) + self._attributes(node)
        if opcode == _OPEN:
            return struct.pack("<QII", 1, 1, 0)  # past the page cache
        if opcode == _READ:
            _, offset, size = struct.unpack_from("<QQI", words)
            return bytes(max(0, min(size, _SIZE - offset)))
        return b"" if opcode in (_RELEASE, _FLUSH, _ACCESS) else None

    def _attributes(self, node: int) -> bytes:
        mode = stat.S_IFDIR | 0o755 if node == _ROOT else stat.S_IFREG | 0o600
        owner = 0 if node == _ROOT else self._owner
        return struct.pack("<QQQQQQIIIIIIIIII", node, _SIZE, 8, 0, 0, 0, 0, 0, 0, mode, 1, owner, 0, 0, 4096, 0)
