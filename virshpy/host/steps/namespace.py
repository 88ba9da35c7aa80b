"""Steps that make a namespace for the networks of an ordinary user: its keeper, and its way out.

The way out is slirp4netns: to the namespace it is a link with a router behind it, to the host an ordinary process that
opens connections. passt's pasta does the same, but has no words for a port that is opened while it runs.
"""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.host import files, processes
from virshpy.host.namespaces import Namespace
from virshpy.host.programs import program
from virshpy.host.sockets import is_heard
from virshpy.host.steps.process import Spawn
from virshpy.host.usernamespaces import forbidden

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from virshpy.host.systemd import Scope

OUT = "slirp0"
"""The link by which the namespace reaches others."""
SOCKET = "slirp.sock"
_UNKNOWN = "$keeper"  # in a rehearsal, the pid of one that is not there yet
_SECONDS = 10.0  # for a process to be ready
_PATIENCE = 2  # seconds between SIGTERM and SIGKILL


class Keeper(Spawn, kind="namespace-keeper/1"):
    """The first process of a namespace: it waits until somebody writes to a pipe in ``directory``, which nobody does.

    The pipe's name says in its command line whose it is.
    """

    def __init__(self, directory: str, log: str, scope: Scope | None = None) -> None:
        self._pipe = f"{directory}/keeper"
        argv = ["unshare", "--user", "--map-root-user", "--net", "cat", self._pipe]
        super().__init__(argv, log=log, patience=_PATIENCE, scope=scope)

    @property
    def namespace(self) -> Namespace:
        return Namespace(self.pid, self.started)

    def do(self, note: Callable[[], None]) -> None:
        files.make_pipe(self._pipe)
        super().do(note)
        try:
            # unshare becomes the program that waits when it has made the namespaces.
            await_process(self, lambda: processes.words_of(self.pid)[:1] == ["cat"])
            self.namespace.run([program("ip"), "link", "set", "lo", "up"])
        except (Ended, errors.InternalError) as problem:
            self.undo()
            raise forbidden(str(problem)) from None
        except BaseException:
            self.undo()
            raise

    def commands(self) -> list[str]:
        return [f"mkfifo {shlex.quote(self._pipe)}", *super().commands(), "keeper=$!"]


class WayOut(Spawn, kind="slirp4netns/1"):
    """The slirp4netns of a namespace. ``network`` is what it has on its link, as 10.0.2.0/24: .2 is the router, .3
    answers for names. It hears in ``directory`` which ports it is to forward (:class:`PortForwards`)."""

    recorded = (*Spawn.recorded, "network", "directory", "keeper", "log")

    def __init__(
        self, keeper: Sequence[int], network: str, directory: str, log: str, scope: Scope | None = None
    ) -> None:
        words = ["--configure", "--mtu=65520", f"--cidr={network}", "--disable-host-loopback"]
        # A name within its own directory: the path of a socket may not be long.
        words += [f"--api-socket={SOCKET}", str(keeper[0]) if keeper[0] else _UNKNOWN, OUT]
        super().__init__([program("slirp4netns"), *words], log=log, cwd=directory, patience=_PATIENCE, scope=scope)
        self.network = network
        self.directory = directory
        self.keeper = list(keeper)

    @property
    def namespace(self) -> Namespace:
        return Namespace(*self.keeper)

    def anew(self, scope: Scope | None) -> WayOut:
        """The same once more, in place of one that has ended."""
        return WayOut(self.keeper, self.network, self.directory, self.log, scope)

    def do(self, note: Callable[[], None]) -> None:
        require_slirp()
        path = f"{self.directory}/{SOCKET}"
        files.remove(path)  # of one that has ended
        super().do(note)
        try:
            await_process(self, lambda: bool(is_heard(path)))
            # Who comes in by a forwarded port reaches guests on the networks behind this link.
            self.namespace.set({f"ipv4/conf/{OUT}/proxy_arp": "1"})
        except Ended as ended:
            raise errors.OperationFailed(f"Could not start 'slirp4netns': {ended}", hint=_advice(str(ended))) from None
        except BaseException:
            self.undo()
            raise

    def commands(self) -> list[str]:
        return [line.replace(f"'{_UNKNOWN}'", f'"{_UNKNOWN}"') for line in super().commands()]


class Ended(Exception):
    """A process has ended before it was ready; its own last words."""


def await_process(spawn: Spawn, ready: Callable[[], bool]) -> None:
    """Wait for a process to be ready. Raises Ended, OperationTimeout."""

    def runs() -> bool:
        return processes.is_running(spawn.pid, spawn.started)

    if not processes.wait_for(lambda: ready() or not runs(), _SECONDS):
        raise errors.OperationTimeout(f"'{spawn.argv[0]}' was not ready within {_SECONDS:g} seconds")
    if not runs():
        processes.reap(spawn.pid)
        said = [line for line in spawn.said().splitlines() if line.strip()]
        raise Ended(said[-1] if said else "it has said nothing")


def require_slirp() -> None:
    if not os.path.isabs(program("slirp4netns")):
        raise errors.SystemCallError(
            "Cannot find 'slirp4netns' in path: No such file or directory", hint="install the package slirp4netns"
        )


def _advice(words: str) -> str | None:
    if "/dev/net/tun" in words:
        return "it makes a link of /dev/net/tun, which must be there and open to all: modprobe tun"
    return None
