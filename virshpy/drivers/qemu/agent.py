"""The guest agent: a program inside the guest, reached through a virtio channel's socket."""

from __future__ import annotations

import json
import os
import socket

from virshpy import errors
from virshpy.host.sockets import short_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain

_CHANNEL = "org.qemu.guest_agent.0"
_PATIENCE = 5


def socket_of(document: Domain) -> str | None:
    """The path of the agent's socket in a running guest's document, or None without an agent channel."""
    for channel in document.devices.channels:
        if channel.target and channel.target.name == _CHANNEL and channel.source and channel.source.path:
            return channel.source.path
    return None


def ask(path: str, command: str, arguments: dict[str, Any], *, answers: bool = True) -> Any:
    """One command. Raises AgentUnresponsive where nobody answers; InternalError with the agent's own refusal.

    ``answers`` False is for commands that end the guest before they could be answered.
    """
    number = int.from_bytes(os.urandom(4), "big")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(_PATIENCE)
    try:
        with connection, short_path(path) as address:
            connection.connect(address)
            # The agent may still have half a line of somebody else's in its buffer: 0xFF makes it drop that.
            connection.sendall(b"\xff" + _line("guest-sync", {"id": number}))
            while _answer(connection).get("return") != number:
                pass
            connection.sendall(_line(command, arguments))
            if not answers:
                return None
            answer = _answer(connection)
    except OSError:
        raise errors.AgentUnresponsive(
            "QEMU guest agent is not connected", hint="is qemu-guest-agent installed and running in the guest?"
        ) from None
    if "error" in answer:
        raise errors.InternalError(f"unable to execute QEMU agent command '{command}': {answer['error']['desc']}")
    return answer["return"]


def _line(command: str, arguments: dict[str, Any]) -> bytes:
    return json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n"


def _answer(connection: socket.socket) -> dict[str, Any]:
    buffer = b""
    while not buffer.endswith(b"\n"):
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionResetError
        buffer += chunk
    answer: dict[str, Any] = json.loads(buffer.lstrip(b"\xff").splitlines()[-1])
    return answer
