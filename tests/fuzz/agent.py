"""Answers of the guest agent, damaged: what any program in a guest may say through the agent's channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.fuzz.jsonlines import Damage
from tests.fuzz.kind import Kind, fault, refused
from tests.fuzz.peer import NUMBER, SILENT, Peer, read_by_a_person
from virshpy import errors
from virshpy.drivers.qemu import agent

_ANSWERS = (b'{"return":%s}' % NUMBER, b'{"return":{}}')
_OTHERS = (
    b'\xff{"return":1}',
    b'{"error":{"class":"CommandNotFound","desc":"The command guest-shutdown has not been found"}}',
    b'{"return":{"version":"7.2.22","supported_commands":[{"enabled":true,"name":"guest-ping","success-response":true}]}}',
    b'{"return":[{"ip-addresses":[{"ip-address-type":"ipv4","ip-address":"127.0.0.1","prefix":8}],"name":"lo"}]}',
)
STAGES = {"unresponsive": "made no sense, or nothing came", "refused": "refused", "answered": "answered"}
_peer: Peer | None = None


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    random = Random(seed)
    damage = Damage([*_ANSWERS, *_OTHERS], random)
    while True:
        lines = [*_ANSWERS[:1], random.choice((*_ANSWERS[1:], *_OTHERS))]
        if random.random() < 0.3:
            lines.insert(random.randrange(len(lines) + 1), random.choice(_OTHERS))
        if random.random() < 0.01:
            yield b"".join(line + b"\n" for line in lines[: random.randrange(len(lines))]) + SILENT
        yield damage.stream(lines)


def _open() -> Callable[[], None]:
    global _peer
    peer = _peer = Peer()
    patience, agent._PATIENCE = agent._PATIENCE, 0.05

    def close() -> None:
        agent._PATIENCE = patience
        peer.close()

    return close


def take(data: bytes) -> str:
    """What came of one command. Raises Fault."""
    assert _peer is not None
    _peer.says = data
    try:
        agent.ask(_peer.path, "guest-info", {}, pids=())
    except errors.AgentUnresponsive as error:
        refused(error)
        read_by_a_person(str(error))
        return "unresponsive"
    except errors.Error as error:
        refused(error)
        read_by_a_person(str(error))
        return "refused"
    except Exception as error:
        raise fault(error) from error
    return "answered"


AGENT = Kind("agent", "damaged answers of guest agents", 20_000, _inputs, take, STAGES, ".qmp", _open)
