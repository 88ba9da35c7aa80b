"""What a process is handed open, by names in its words: ``{fd:NAME}`` becomes a number when it is started."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import contextmanager

from virshpy import errors
from virshpy.host import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    class Descriptor(Protocol):
        """What a process is handed open: a listening socket, a tap device, …"""

        def open(self) -> int: ...

        def release(self) -> None:
            """Let go of our own copy: from then on the process alone has it, and its end is seen at the other side."""

        def shown(self, key: str) -> str:
            """What a command line says in place of ``{key:NAME}`` where nobody hands descriptors over."""


_PLACEHOLDER = r"\{(fd|listen):([^}]+)\}"


@contextmanager
def opened(argv: Sequence[str], descriptors: Mapping[str, Descriptor]) -> Iterator[tuple[list[str], list[int]]]:
    """The words with the numbers of their descriptors put in, and the numbers; open for as long as this lasts."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"{'fd=' if match[1] == 'listen' else ''}{numbers[match[2]]}"

    try:
        for name, descriptor in descriptors.items():
            numbers[name] = descriptor.open()
        yield [re.sub(_PLACEHOLDER, number, word) for word in argv], list(numbers.values())
    finally:
        for fd in numbers.values():
            os.close(fd)


def shown(argv: Sequence[str], descriptors: Mapping[str, Descriptor]) -> str:
    return shlex.join([re.sub(_PLACEHOLDER, lambda m: descriptors[m[2]].shown(m[1]), word) for word in argv])


class SecretPipe:
    """Bytes that a process reads from a descriptor, and that are nowhere else: a password."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def open(self) -> int:
        return files.in_memory(self.content)

    def release(self) -> None:
        self.content = b""

    def shown(self, key: str) -> str:
        return "<descriptor of a password>"


class OpenFile:
    """A file that is opened here and handed to a process: a device that the guest's user may not open."""

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise errors.from_os_error(error, f"Unable to open {self.path}") from None

    def release(self) -> None:
        pass

    def shown(self, key: str) -> str:
        return f"<descriptor of {self.path}>"
