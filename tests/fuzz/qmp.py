"""Answers of QEMU's monitor, damaged: what a QEMU that a guest has taken over may tell a client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.argv.documents import guest
from tests.fuzz.events import GREETING, LINES
from tests.fuzz.jsonlines import Damage
from tests.fuzz.kind import Fault, Kind, fault, refused
from tests.fuzz.peer import SILENT, Peer, read_by_a_person
from tests.fuzz.way import again
from virshpy import errors
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.qmp import Closed, MonitorSession, Nonsense
from virshpy.drivers.qemu.start.bringup import learn_terminals
from virshpy.drivers.qemu.start.pins import pin_threads
from virshpy.drivers.qemu.start.vcpus import plug_processors
from virshpy.xml.domain import Domain

_DOCUMENT = guest(
    "<serial type='pty'/><channel type='pty'><target type='virtio' name='a'/></channel>",
    before="<vcpu cpuset='0' current='2'>3</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
    "<vcpu id='1' enabled='yes' hotpluggable='yes' order='2'/><vcpu id='2' enabled='no' hotpluggable='yes'/></vcpus>",
)
_SLOT = (
    b'{"props":{"core-id":0,"thread-id":0,"node-id":0,"socket-id":%d},"vcpus-count":1,"qom-path":"/machine/unattached/'
    b'device[%d]","type":"qemu64-x86_64-cpu"}'
)
# In the order in which `take` asks.
_ANSWERS = (
    *GREETING,
    b'{"return":{"status":"prelaunch","singlestep":false,"running":false}}',
    b'{"return":[%s,%s,%s]}' % (_SLOT % (2, 1), _SLOT % (1, 2), _SLOT % (0, 3)),
    b'{"return":{}}',
    b'{"return":[{"cpu-index":0,"qom-path":"/machine/unattached/device[0]","thread-id":7,"target":"x86_64","props":{}}]}',
    b'{"return":[{"id":"iothread1","thread-id":8,"poll-max-ns":32768,"aio-max-batch":0}]}',
    b'{"return":[{"frontend-open":true,"filename":"pty:/dev/pts/3","label":"charserial0"},{"frontend-open":false,'
    b'"filename":"pty:/dev/pts/4","label":"charchannel0"},{"filename":"unix:/run/monitor.sock,server=on","label":"mon"}]}',
    b'{"return":"VM status: paused (prelaunch)\\r\\n"}',
    b'{"return":{"name":"small"}}',
)  # fmt: skip
_ERROR = b'{"error":{"class":"GenericError","desc":"Bus \'pci.7\' not found"}}'
STAGES = {
    "silent": "said nothing in time", "nonsense": "made no sense", "closed": "ended too early", "refused": "refused",
    "answered": "answered everything",
}  # fmt: skip
_TIMEOUT = 0.05
_NOBODY = 0  # a process without threads: none is pinned
_peer: Peer | None = None


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    random = Random(seed)
    damage = Damage([*_ANSWERS, _ERROR, *LINES], random)
    while True:
        lines = list(_ANSWERS)
        if random.random() < 0.2:
            lines.insert(random.randrange(1, len(lines)), random.choice((_ERROR, *LINES)))
        if random.random() < 0.01:
            yield b"".join(line + b"\n" for line in lines[: random.randrange(len(lines))]) + SILENT
        yield damage.stream(lines)


def _open() -> Callable[[], None]:
    global _peer
    _peer = Peer()
    return _peer.close


def take(data: bytes) -> str:
    """What came of a session that asks for everything that is asked of a monitor. Raises Fault."""
    assert _peer is not None
    _peer.says = data
    domain = Domain.parse(_DOCUMENT)
    assign_aliases(domain)
    try:
        with MonitorSession(_peer.path, _TIMEOUT) as session:
            session.status()
            plug_processors(domain, session)
            pin_threads(domain, session, _NOBODY)
            learn_terminals(domain, session)
            paths = [source.path for source in domain.devices.serials[0].sources if source.path]
            if not all(path.startswith("/dev/pts/") for path in paths):
                raise Fault("a terminal that is none")
            read_by_a_person(session.human("info status"))
            json.dumps(session.raw({"execute": "query-name"}), ensure_ascii=False, allow_nan=False).encode()
    except errors.Error as error:
        refused(error)
        read_by_a_person(str(error))
        outcomes: tuple[tuple[type[errors.Error], str], ...] = (
            (errors.OperationTimeout, "silent"), (Nonsense, "nonsense"), (Closed, "closed"), (errors.Error, "refused"),
        )  # fmt: skip
        return next(word for kind, word in outcomes if isinstance(error, kind))
    except Fault:
        raise
    except Exception as error:
        raise fault(error) from error
    finally:
        again(domain.format(secure=True), inactive=False)
    return "answered"


QMP = Kind("qmp", "damaged answers of QEMU's monitor", 20_000, _inputs, take, STAGES, ".qmp", _open)
