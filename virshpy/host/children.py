"""Programs as children of ours: started by posix_spawn(3), heard while they run, and given up.

Python's own subprocess does more than is needed here, and alone takes longer to load than many a command takes.
"""

from __future__ import annotations

import os

from virshpy.host.signals import SIGKILL, SIGPIPE, SIGXFSZ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

OUT, ERR = 1, 2
_IGNORED = SIGPIPE, SIGXFSZ  # by Python, and not to be by what it starts
_MOMENT, _AFTER_KILLING = 200, 2000  # milliseconds to wait: for words, and for a child to be gone


def start(
    argv: Sequence[str],
    *,
    stdin: int | None,
    stdout: int,
    stderr: int,
    env: Mapping[str, str],
    descriptors: Sequence[int] = (),
    session: bool = False,
) -> int:
    """Start a program with these descriptors; its pid. ``stdin`` None is /dev/null, and ``descriptors`` stay open under
    their numbers; ``session``: it leads one of its own. It has no others, not even those that we were started with: a
    guest would keep the lock that a script has taken. Raises OSError where it cannot be run.
    """
    given = {number: _above_standard(fd) for number, fd in ((0, stdin), (1, stdout), (2, stderr)) if fd is not None}
    try:
        actions: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in given.items()]
        actions += [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in descriptors]  # which lets it stay open
        actions += [(os.POSIX_SPAWN_CLOSE, fd) for fd in _inherited() if fd not in descriptors]
        if stdin is None:
            actions.append((os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0))
        return os.posix_spawnp(argv[0], list(argv), env, file_actions=actions, setsigdef=_IGNORED, setsid=session)
    finally:
        for fd in given.values():
            os.close(fd)


def _inherited() -> list[int]:
    """The descriptors that what we start would have of us, beside the standard streams."""
    found = []
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if fd > ERR and os.get_inheritable(fd):
                found.append(fd)
        except OSError:
            pass  # the one by which they were listed
    return found


def _above_standard(fd: int) -> int:
    """The same file under a number that no standard stream has, for who began with one of them closed."""
    copy = os.dup(fd)
    if copy > ERR:
        return copy
    try:
        return _above_standard(copy)
    finally:
        os.close(copy)


def ends(process: int, milliseconds: float) -> bool:
    """Whether a process, whose descriptor this is, ends within that time; the descriptor is closed."""
    from select import POLLIN, poll

    try:
        poller = poll()
        poller.register(process, POLLIN)
        return bool(poller.poll(milliseconds))
    finally:
        os.close(process)


class Heard:
    """A program that is run to its end while its words are heard; left as a context before that, it is given up.

    ``together``: what it has started is given up with it. ``returncode`` is then how it ended: the negative number of
    a signal, or its exit status. Raises OSError where it cannot be run.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        stdin: int | None,
        env: Mapping[str, str],
        descriptors: Sequence[int] = (),
        together: bool = False,
    ) -> None:
        self.returncode = 0
        self._runs = True
        self._together = together
        (out, stdout), (err, stderr) = os.pipe(), os.pipe()
        self._ends = {out: OUT, err: ERR}
        try:
            self.pid = start(
                argv, stdin=stdin, stdout=stdout, stderr=stderr, env=env, descriptors=descriptors, session=together
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(stdout)
            os.close(stderr)

    def words(self) -> Iterator[tuple[int, bytes]]:
        """(OUT or ERR, what comes there) until it has ended and nobody else has those streams; (OUT, nothing) where
        nothing has come for a moment."""
        from select import POLLIN, poll

        poller = poll()
        for fd in self._ends:
            poller.register(fd, POLLIN)
        left = len(self._ends)
        while left:
            ready = poller.poll(_MOMENT)
            if not ready:
                yield OUT, b""
            for fd, _ in ready:
                word = os.read(fd, 65536)
                if word:
                    yield self._ends[fd], word
                else:
                    poller.unregister(fd)
                    left -= 1
        while not self._has_ended(_MOMENT):
            yield OUT, b""

    def _has_ended(self, milliseconds: int) -> bool:
        """Whether it has within that time; then it is collected."""
        try:
            if not ends(os.pidfd_open(self.pid), milliseconds):
                return False
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except (ProcessLookupError, ChildProcessError):
            pass  # who ignores SIGCHLD does not learn how a child ended
        self._runs = False
        return True

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._runs:
            (os.killpg if self._together else os.kill)(self.pid, SIGKILL)  # not collected yet: the number is its own
            self._has_ended(_AFTER_KILLING)  # one that storage holds fast ends when the storage lets it
        self._close()

    def _close(self) -> None:
        for fd in self._ends:
            os.close(fd)
