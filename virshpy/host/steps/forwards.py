"""The step that forwards ports of the host to guests in a namespace: its slirp4netns is told, and takes them back."""

from __future__ import annotations

import errno
import json

from virshpy import errors
from virshpy.host import framing, sockets, untrusted
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = tuple[str, str, int, str, int]

_LIMIT = 1 << 20  # bytes of an answer: a list of forwarded ports
_SECONDS = 10


class PortForwards(Step, kind="port-forwards/1"):
    """Ports of the host that lead to a guest. ``socket`` is that of the slirp4netns; ``rows`` are (proto, address of
    the host, port, address of the guest, its port). One that does not run has forgotten them.
    """

    recorded = ("socket", "rows")

    def __init__(self, socket: str, rows: Sequence[Row]) -> None:
        self.socket = socket
        self.rows = list(rows)

    def do(self, note: Callable[[], None]) -> None:
        try:
            for row in self.rows:
                _add(self.socket, *row)
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        for number in self._there().values():
            _ask(self.socket, "remove_hostfwd", {"id": number})

    def _there(self) -> dict[tuple[Any, ...], int]:
        """The numbers of those that are forwarded, by their rows."""
        if not sockets.is_heard(self.socket):
            return {}
        entries = _ask(self.socket, "list_hostfwd", None)
        found = entries.get("entries", framing.inner(entries, "return").get("entries", []))
        keys = ("proto", "host_addr", "host_port", "guest_addr", "guest_port")
        there = {tuple(entry.get(key) for key in keys): entry["id"] for entry in found}
        wanted = {tuple(row) for row in self.rows}
        return {row: number for row, number in there.items() if row in wanted}

    def repeat(self) -> None:
        """Tell a slirp4netns that was started anew what its forerunner knew. Raises what :meth:`do` does."""
        there = self._there()
        for row in self.rows:
            if tuple(row) not in there:
                _add(self.socket, *row)

    def commands(self) -> list[str]:
        return [_command(self.socket, "add_hostfwd", _arguments(*row)) for row in self.rows]

    def undo_commands(self) -> list[str]:
        return [
            f"# forward port {port} of {address} no more ({proto}), over {self.socket}"
            for proto, address, port, _, _ in self.rows
        ]


def _arguments(proto: str, address: str, port: int, guest: str, inner: int) -> dict[str, Any]:
    return {"proto": proto, "host_addr": address, "host_port": port, "guest_addr": guest, "guest_port": inner}


def _command(path: str, execute: str, arguments: dict[str, Any]) -> str:
    return f"printf %s '{json.dumps({'execute': execute, 'arguments': arguments})}' | nc -NU {path}"


def _add(path: str, proto: str, address: str, port: int, guest: str, inner: int) -> None:
    """Raises InternalError for a port that is taken, SystemCallError for one that is not for us."""
    if (refusal := sockets.refusal(proto, address, port)) is not None:
        raise _refused(proto, address, port, refusal)
    _ask(path, "add_hostfwd", _arguments(proto, address, port, guest, inner))


def _refused(proto: str, address: str, port: int, refusal: OSError) -> errors.Error:
    if refusal.errno == errno.EADDRINUSE:
        return errors.InternalError(
            f"Failed to reserve port {port}",
            hint=f"another program listens at {address}:{port} ({proto}): ss -ln{proto[0]}p shows which; "
            "name another one in <range start='…'/>",
        )
    hint = None
    if refusal.errno == errno.EACCES:
        hint = (
            "lower ports than net.ipv4.ip_unprivileged_port_start are root's: name a higher one in <range start='…'/>"
        )
    elif refusal.errno == errno.EADDRNOTAVAIL:
        hint = "it is no address of this host: see ip -br address"
    return errors.from_os_error(refusal, f"Failed to listen at {address}:{port}", hint=hint)


def _ask(path: str, execute: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """What slirp4netns answers. Raises OperationFailed, where it says no or does not answer."""
    request = {"execute": execute, **({"arguments": arguments} if arguments is not None else {})}
    try:
        conversation = framing.Conversation(untrusted.connect(path, _SECONDS), _LIMIT)
        try:
            conversation.allow(_SECONDS)
            conversation.send(json.dumps(request).encode())
            answer = conversation.finish()
        finally:
            conversation.close()
    except (OSError, framing.Hung, framing.Malformed) as error:
        raise errors.OperationFailed(
            f"slirp4netns does not answer at {path}: {error or 'it has hung'}", hint="it is started again by net-list"
        ) from None
    if "error" in answer:
        words = framing.words(framing.inner(answer, "error"), "desc")
        raise errors.OperationFailed(f"slirp4netns could not {execute.replace('_', ' ')}: {words}")
    return answer
