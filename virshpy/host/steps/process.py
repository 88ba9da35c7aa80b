"""The steps that run a program to its end or start a long-lived process, and what either is handed open."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import contextmanager

from virshpy import errors
from virshpy.host import files, processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Protocol

    class Descriptor(Protocol):
        """What a process is handed open: a listening socket, a tap device, …"""

        def open(self) -> int: ...

        def release(self) -> None:
            """Let go of our own copy: from then on the process alone has it, and its end is seen at the other side."""

        def shown(self, key: str) -> str:
            """What a command line says in place of ``{key:NAME}`` where nobody hands descriptors over."""


_PLACEHOLDER = re.compile(r"\{(fd|listen):([^}]+)\}")


@contextmanager
def _opened(argv: Sequence[str], descriptors: Mapping[str, Descriptor]) -> Iterator[tuple[list[str], list[int]]]:
    """The words with the numbers of their descriptors put in, and the numbers; open for as long as this lasts."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"{'fd=' if match[1] == 'listen' else ''}{numbers[match[2]]}"

    try:
        for name, descriptor in descriptors.items():
            numbers[name] = descriptor.open()
        yield [_PLACEHOLDER.sub(number, word) for word in argv], list(numbers.values())
    finally:
        for fd in numbers.values():
            os.close(fd)


def _shown(argv: Sequence[str], descriptors: Mapping[str, Descriptor]) -> str:
    return shlex.join([_PLACEHOLDER.sub(lambda m: descriptors[m[2]].shown(m[1]), word) for word in argv])


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


class RunOnce(Step, kind="command/1"):
    """A program that is run to its end. What it leaves behind is in an earlier step's directory, and goes with it.

    ``{fd:NAME}`` in its words is as in :class:`Spawn`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        uid: int | None = None,
        timeout: float = 60,
        descriptors: Mapping[str, Descriptor] | None = None,
    ) -> None:
        self.argv = list(argv)
        self.uid = uid
        self.timeout = timeout
        self.descriptors = dict(descriptors or {})

    def do(self, note: Callable[[], None]) -> None:
        with _opened(self.argv, self.descriptors) as (argv, numbers):
            processes.run(argv, uid=self.uid, timeout=self.timeout, descriptors=numbers)

    def undo(self) -> None:
        pass

    def commands(self) -> list[str]:
        user = "" if self.uid is None else f"setpriv --reuid {self.uid} --regid {self.uid} --clear-groups "
        return [f"{user}{_shown(self.argv, self.descriptors)}"]

    def undo_commands(self) -> list[str]:
        return []


class Terminate(Step):
    """The end of a process by SIGTERM alone. Raises OperationFailed where that is not enough within ``patience``."""

    def __init__(self, pid: int, started: int, patience: float) -> None:
        self.target = pid, started
        self.patience = patience

    def do(self, note: Callable[[], None]) -> None:
        processes.kill(*self.target, patience=self.patience, force=False)

    def commands(self) -> list[str]:
        return [f"kill {self.target[0]}"]


class Spawn(Step, kind="process/1"):
    """A process in a session of its own, its output at the end of ``log``.

    ``{fd:NAME}`` in a word of ``argv`` becomes the number of ``descriptors[NAME]``, ``{listen:NAME}`` becomes ``fd=``
    and the number (or, shown to a person, ``path=`` and the path). ``uid`` None keeps our own user; otherwise the
    process has uid, an equal gid, and ``groups``, from its first instruction. ``said_from`` is where in the log the
    process's own words begin.
    """

    recorded = ("pid", "started", "patience")

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: str,
        cwd: str = "/",
        env: Mapping[str, str] | None = None,
        uid: int | None = None,
        groups: Sequence[int] = (),
        descriptors: Mapping[str, Descriptor] | None = None,
        patience: float = 10,
    ) -> None:
        self.argv = list(argv)
        self.log = log
        self.cwd = cwd
        self.env = dict(env or {})
        self.uid = uid
        self.groups = list(groups)
        self.descriptors = dict(descriptors or {})
        self.patience = patience
        self.pid = 0
        self.started = 0
        self.said_from = 0

    def do(self, note: Callable[[], None]) -> None:
        try:
            with _opened(self.argv, self.descriptors) as (argv, numbers):
                process = processes.start_gated(
                    argv,
                    log=self.log,
                    cwd=self.cwd,
                    env=self.env,
                    uid=self.uid,
                    groups=self.groups,
                    descriptors=numbers,
                )
        except OSError as error:
            raise errors.from_os_error(error, f"Cannot run {self.argv[0]}") from None
        with process:
            self.pid, self.started, self.said_from = process.pid, process.started, process.said_from
            note()
            process.go()
        for descriptor in self.descriptors.values():
            descriptor.release()

    def said(self) -> str:
        """What the process itself has written to its log, up to a limit that is more than anybody reads."""
        with open(self.log, "rb") as file:
            file.seek(self.said_from)
            return file.read(65536).decode(errors="replace")

    def undo(self) -> None:
        if self.pid:
            processes.kill(self.pid, self.started, patience=self.patience, again=self.again)

    def commands(self) -> list[str]:
        words = _shown(self.argv, self.descriptors)
        env = "".join(f"{name}={shlex.quote(value)} " for name, value in self.env.items())
        user = ""
        if self.uid is not None:
            groups = f"--groups {','.join(map(str, self.groups))}" if self.groups else "--clear-groups"
            user = f"setpriv --reuid {self.uid} --regid {self.uid} {groups} "
        return [f"cd {shlex.quote(self.cwd)} && {env}setsid {user}{words} >>{shlex.quote(self.log)} 2>&1 &"]

    def undo_commands(self) -> list[str]:
        return [f"kill {self.pid or '$!'}"]
