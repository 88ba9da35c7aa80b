"""Event logs of guests, damaged: what a QEMU that a guest has taken over may write into its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.fuzz.jsonlines import Damage
from tests.fuzz.kind import Fault, Kind, fault
from virshpy.drivers.qemu.eventlog import GuestState, follow, starting
from virshpy.enums import DomainState

_DATA = (
    b'"event":"RESUME"',
    b'"event":"STOP"',
    b'"event":"NIC_RX_FILTER_CHANGED","data":{"name":"net0","path":"/machine/peripheral/net0/virtio-backend"}',
    b'"event":"RTC_CHANGE","data":{"offset":-1,"qom-path":"/machine/unattached/device[9]/rtc"}',
    b'"event":"VSERPORT_CHANGE","data":{"open":true,"id":"channel0"}',
    b'"event":"VSERPORT_CHANGE","data":{"open":false,"id":"channel0"}',
    b'"event":"BALLOON_CHANGE","data":{"actual":536870912}',
    b'"event":"BLOCK_IO_ERROR","data":{"device":"","nospace":true,"node-name":"libvirt-1-format","reason":"No space'
    b' left on device","operation":"write","action":"stop"}',
    b'"event":"WATCHDOG","data":{"action":"pause"}',
    b'"event":"GUEST_PANICKED","data":{"action":"pause","info":{"type":"hyper-v","arg1":0,"arg2":18446744073709551615}}',
    b'"event":"RESET","data":{"guest":true,"reason":"guest-reset"}',
    b'"event":"SUSPEND"',
    b'"event":"WAKEUP"',
    b'"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}',
    b'"event":"DEVICE_DELETED","data":{"device":"net0","path":"/machine/peripheral/net0"}',
)  # fmt: skip
GREETING = (
    b'{"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7},"package":"Debian"},"capabilities":["oob"]}}',
    b'{"return":{}}',
)  # fmt: skip
LINES = [
    b'{"timestamp":{"seconds":%d,"microseconds":%d},%s}' % (1760000000 + number, 7919 * number, data)
    for number, data in enumerate(_DATA)
]
STAGES = {"unmoved": "said nothing", "moved": "said something"}
_MARK = 1 << 16
_path = Path()


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    random = Random(seed)
    damage = Damage(LINES, random)
    while True:
        yield damage.stream([*GREETING, *random.choices(LINES, k=random.randint(1, 8))])


def _open() -> Callable[[], None]:
    global _path
    holder = tempfile.TemporaryDirectory(prefix="vp.")
    _path = Path(holder.name) / "events.out"
    return holder.cleanup


def take(data: bytes) -> str:
    """``moved`` where the guest is in another state then. Raises Fault, also where the state cannot be kept."""
    _path.write_bytes(data)
    guest, before = starting(paused=False), starting(paused=False)
    try:
        follow(guest, str(_path), None)
        kept = GuestState.load(guest.dump())
        again = follow(GuestState.load(guest.dump()), str(_path), None)
        DomainState(guest.state)
    except Exception as error:
        raise fault(error) from error
    if not kept.dump() == guest.dump() == again.dump():
        raise Fault("a state that is kept is another, or what was read is read again")
    if guest.position > len(data) or (data.endswith(b"\n") and guest.position != len(data)):
        raise Fault(f"read to {guest.position} of {len(data)}")
    if len(guest.dump()) > _MARK:
        raise Fault("a state of more than 64 KiB")
    before.position = guest.position
    return "unmoved" if before.dump() == guest.dump() else "moved"


EVENTS = Kind("events", "damaged event logs of guests", 20_000, _inputs, take, STAGES, ".out", _open)
