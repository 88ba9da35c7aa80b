"""Where links are: the host itself, or a user and network namespace that an ordinary user has to himself.

In a namespace of his own a user may do what is root's on the host: make bridges and taps, translate addresses, serve
names. It lasts as long as a process is in it, its *keeper*, by whose pid it is entered. What is in it ends with it.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import files, links, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from virshpy.host.processes import Completed

_SETTINGS = "/proc/sys/net"
_SECONDS = 10  # for a child that enters a namespace, and opens something there
# Each pair of words is a setting and its value. What is not there (a kernel without IPv6) needs no value.
_SET = 'while [ $# -gt 0 ]; do [ ! -e "$1" ] || printf %s "$2" >"$1" || exit 1; shift 2; done'


class Host:
    """The host's own network. ``recorded`` is what a step puts down to find the place again: nothing for this one."""

    @property
    def recorded(self) -> list[int] | None:
        return None

    @property
    def gone(self) -> bool:
        """Whether it has ended, and all that was in it."""
        return False

    @property
    def is_own(self) -> bool:
        """Whether it is a namespace of this connection's own."""
        return self.recorded is not None

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        """:func:`processes.run` there."""
        return processes.run(list(argv), **options)

    def shown(self, line: str) -> str:
        """A command line for a shell of the host's that does there what ``line`` says."""
        return line

    def has(self, link: str) -> bool:
        return links.exists(link)

    def mac_of(self, link: str) -> str | None:
        return links.mac_of(link)

    def mtu_of(self, link: str) -> int | None:
        return links.mtu_of(link)

    def counters(self) -> dict[str, tuple[list[int], list[int]]]:
        """As :func:`links.counters`."""
        return links.counters()

    def neighbours(self) -> dict[str, list[str]]:
        """As :func:`links.neighbours`."""
        return links.neighbours()

    def ways(self) -> Iterator[links.Way]:
        """As :func:`links.ways`."""
        return links.ways()

    def set(self, values: Mapping[str, str]) -> None:
        """Write settings below /proc/sys/net; what is not there (a kernel without IPv6) needs none.

        Raises SystemCallError.
        """
        for key, value in values.items():
            try:
                files.set_kernel_value(f"{_SETTINGS}/{key}", value)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise errors.from_os_error(error, f"cannot write to {_SETTINGS}/{key}") from None

    def is_set(self, key: str) -> bool:
        """Whether a setting below /proc/sys/net is 1; one that the kernel does not have need not be set."""
        try:
            with open(f"{_SETTINGS}/{key}") as file:
                return file.read().strip() == "1"
        except FileNotFoundError:
            return True

    def filters(self, bridge: str) -> bool:
        """Have a bridge tell VLANs apart; False where this kernel has none that do."""
        try:
            files.set_kernel_value(f"/sys/class/net/{bridge}/bridge/vlan_filtering", "1")
        except OSError:
            return False
        return True

    def opened(self, opening: Callable[[], int]) -> int:
        """The descriptor that a function opens there. Raises what it raises."""
        return opening()


HOST = Host()


class Namespace(Host):
    """The namespaces of a process that keeps them, by its pid and start time; (0, 0): of one that is not there yet.

    Its methods raise OperationFailed where the keeper has ended.
    """

    def __init__(self, pid: int, started: int) -> None:
        self.pid = pid
        self.started = started

    @property
    def recorded(self) -> list[int]:
        return [self.pid, self.started]

    @property
    def gone(self) -> bool:
        return not processes.is_running(self.pid, self.started)

    @property
    def _prefix(self) -> tuple[str, ...]:
        return ("nsenter", "--preserve-credentials", "--user", "--net", "--target", str(self.pid), "--")

    def _require(self) -> None:
        if self.gone:
            raise errors.OperationFailed(
                "the namespace of this connection's networks has ended",
                hint="its first process was ended by somebody; start the networks again",
            )

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        self._require()
        return processes.run([*self._prefix, *argv], **options)

    def shown(self, line: str) -> str:
        words = [*self._prefix[:-2], str(self.pid) if self.pid else '"$keeper"', "--"]
        return f"{' '.join(words)} {line}"

    @property
    def _proc(self) -> str:
        self._require()
        return f"/proc/{self.pid}/net"

    def has(self, link: str) -> bool:
        return link in self.counters()

    def mac_of(self, link: str) -> str | None:
        return links.told(link, self.run).get("address") if self.has(link) else None

    def mtu_of(self, link: str) -> int | None:
        return links.told(link, self.run).get("mtu") if self.has(link) else None

    def counters(self) -> dict[str, tuple[list[int], list[int]]]:
        return links.counters(self._proc)

    def neighbours(self) -> dict[str, list[str]]:
        return links.neighbours(self.run)

    def ways(self) -> Iterator[links.Way]:
        return links.ways(self._proc)

    def set(self, values: Mapping[str, str]) -> None:
        pairs = [word for key, value in values.items() for word in (f"{_SETTINGS}/{key}", value)]
        done = self.run(["sh", "-c", _SET, "sh", *pairs], check=False)
        if done.returncode:
            raise errors.SystemCallError(f"cannot write to {_SETTINGS}: {done.stderr.strip()}")

    def is_set(self, key: str) -> bool:
        done = self.run(["cat", f"{_SETTINGS}/{key}"], check=False)
        return bool(done.returncode) or done.stdout.strip() == "1"

    def filters(self, bridge: str) -> bool:
        # Its links are not in the host's /sys; and a kernel that cannot do it passes over what ip(8) says.
        self.run(["ip", "link", "set", "dev", bridge, "type", "bridge", "vlan_filtering", "1"], check=False)
        told = links.told(bridge, self.run).get("linkinfo", {}).get("info_data", {})
        return bool(told.get("vlan_filtering"))

    def opened(self, opening: Callable[[], int]) -> int:
        """A process that has threads cannot enter a user namespace: a child does, and hands the descriptor over."""
        import ctypes  # noqa: F401 - loaded before there is a child
        import socket

        from virshpy.host import framing

        ends = self._ends()
        ours, theirs = socket.socketpair()

        def child() -> None:
            try:
                for end in ends:
                    _enter(end)
                framing.hand_over(theirs, opening())
            except Exception as error:
                framing.hand_over(theirs, None, getattr(error, "detail", None) or str(error))

        try:
            with ours, theirs:
                pid = processes.in_child(child)
                found, words = framing.take_over(ours, _SECONDS)
                processes.await_child(pid)
        except TimeoutError:
            raise errors.OperationTimeout(f"nothing could be opened within {_SECONDS} seconds") from None
        finally:
            for end in ends:
                os.close(end)
        if found is None:
            raise errors.SystemCallError(words)
        return found

    def _ends(self) -> list[int]:
        """Descriptors of both namespaces, in the order in which they are entered."""
        ends: list[int] = []
        try:
            for kind in ("user", "net"):
                ends.append(os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC))
            self._require()  # they are its own, and not of a later process of that number
        except BaseException as error:
            for end in ends:
                os.close(end)
            if isinstance(error, OSError):
                raise errors.from_os_error(error, f"Unable to enter the namespace of process {self.pid}") from None
            raise
        return ends


def _enter(end: int) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(end, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def place(recorded: Sequence[int] | None) -> Host:
    """The place that a step has put down."""
    return HOST if recorded is None else Namespace(*recorded)
