"""The steps that run a program to its end, or start or end a long-lived process."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import processes
from virshpy.host.steps import Step
from virshpy.host.steps.descriptors import opened, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from virshpy.host.steps.descriptors import Descriptor
    from virshpy.host.systemd import Scope


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
        with opened(self.argv, self.descriptors) as (argv, numbers):
            processes.run(argv, uid=self.uid, timeout=self.timeout, descriptors=numbers)

    def undo(self) -> None:
        pass

    def commands(self) -> list[str]:
        return [shown([*processes.as_user(self.uid, ()), *self.argv], self.descriptors)]

    def undo_commands(self) -> list[str]:
        return []


class Terminate(Step):
    """The end of a process by SIGTERM alone. Raises SystemCallError where that is not enough within ``patience``."""

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
    process's own words begin. ``scope`` is the control group that it belongs to, if it is to leave ours.
    """

    recorded: tuple[str, ...] = ("pid", "started", "patience")

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
        scope: Scope | None = None,
    ) -> None:
        self.argv = list(argv)
        self.log = log
        self.scope = scope
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
            with opened(self.argv, self.descriptors) as (argv, numbers):
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
            if self.scope is not None:
                self.scope.take(process.pid)
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
        words = shown([*processes.as_user(self.uid, self.groups), *self.argv], self.descriptors)
        env = "".join(f"{name}={shlex.quote(value)} " for name, value in self.env.items())
        command = f"setsid {words}"
        if self.scope is not None:
            command = self.scope.shown(command)
        return [f"cd {shlex.quote(self.cwd)} && {env}{command} >>{shlex.quote(self.log)} 2>&1 &"]

    def undo_commands(self) -> list[str]:
        return [f"kill {self.pid or '$!'}"]
