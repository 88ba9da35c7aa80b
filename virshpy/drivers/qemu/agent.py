"""The guest agent: a program inside the guest, reached through a virtio channel's socket."""

from __future__ import annotations

import json
import os
from shlex import quote

from virshpy import errors
from virshpy.host import framing, untrusted
from virshpy.host.framing import Conversation, Hung, Malformed
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.chardev import Channel

_CHANNEL = "org.qemu.guest_agent.0"
_PATIENCE = 5.0
_ANSWER = 64 << 10


def socket_of(document: Domain) -> str | None:
    """The path of the agent's socket in a running guest's document, or None without an agent channel."""
    channel = _channel(document)
    return channel.source.path if channel is not None and channel.source else None


def is_there(document: Domain, open_ports: Sequence[str]) -> bool:
    """Whether a program in the guest has opened the agent's port, by the aliases of the ports that are open."""
    channel = _channel(document)
    return channel is not None and channel.alias is not None and channel.alias.name in open_ports


def _channel(document: Domain) -> Channel | None:
    for channel in document.devices.channels:
        if channel.target and channel.target.name == _CHANNEL and channel.source and channel.source.path:
            return channel
    return None


def ask(path: str, command: str, arguments: dict[str, Any], *, pids: Collection[int], answers: bool = True) -> Any:
    """One command, of which the whole conversation has five seconds.

    Raises AgentUnresponsive where nobody answers, or what answers makes no sense; InternalError with the agent's own
    refusal. ``pids``: the QEMU behind the socket. ``answers`` False is for commands that end the guest before they
    could be answered.
    """
    number = int.from_bytes(os.urandom(4), "big")
    try:
        conversation = Conversation(untrusted.connect(path, _PATIENCE, pids=pids), _ANSWER)
    except OSError:
        raise absent() from None
    try:
        conversation.allow(_PATIENCE)
        # The agent may still have half a line of somebody else's in its buffer: 0xFF makes it drop that.
        conversation.send(b"\xff" + _line("guest-sync", {"id": number}))
        while conversation.answer().get("return") != number:
            continue
        conversation.send(_line(command, arguments))
        if not answers:
            return None
        answer = conversation.answer()
        if "error" in answer:
            words = framing.words(framing.inner(answer, "error"), "desc")
            raise errors.InternalError(f"unable to execute QEMU agent command '{command}': {words}")
        return answer["return"]
    except Hung:
        raise _unresponsive("Guest agent not available for now") from None
    except (Malformed, KeyError):
        raise _unresponsive("its answer makes no sense") from None
    except (OSError, EOFError):
        raise absent() from None
    finally:
        conversation.close()


class AgentTold(Step):
    """A command to the agent that ends the guest before it could be answered."""

    def __init__(self, path: str, command: str, arguments: dict[str, Any], *, pids: Collection[int]) -> None:
        self.path = path
        self.command = command
        self.arguments = arguments
        self.pids = pids

    def do(self, note: Callable[[], None]) -> None:
        ask(self.path, self.command, self.arguments, pids=self.pids, answers=False)

    def commands(self) -> list[str]:
        said = _line(self.command, self.arguments).decode().strip()
        return [f"printf '%s\\n' {quote(said)} | socat -t 2 - UNIX-CONNECT:{quote(self.path)}"]


def _line(command: str, arguments: dict[str, Any]) -> bytes:
    return json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n"


def absent() -> errors.Error:
    """What is said where no agent has opened its port."""
    return _unresponsive("QEMU guest agent is not connected")


def _unresponsive(words: str) -> errors.Error:
    return errors.AgentUnresponsive(words, hint="is qemu-guest-agent installed and running in the guest?")
