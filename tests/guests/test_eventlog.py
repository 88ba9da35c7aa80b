"""What events mean, and a diary that is trimmed while QEMU writes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from virshpy.drivers.qemu.eventlog import GuestState, events, follow, reduce, starting, trim
from virshpy.enums import CrashedReason, DomainState, PausedReason, PMSuspendedReason, RunningReason, ShutoffReason

BOOTED = (DomainState.RUNNING, RunningReason.BOOTED)

# name -> (events, state and reason, the reason if QEMU ended now)
STORIES: dict[str, tuple[list[object], tuple[int, int], int]] = {
    "born": ([], (DomainState.PAUSED, PausedReason.STARTING_UP), ShutoffReason.CRASHED),
    "boot": (["RESUME"], BOOTED, ShutoffReason.CRASHED),
    "suspend": (["RESUME", "STOP"], (DomainState.PAUSED, PausedReason.USER), ShutoffReason.CRASHED),
    "resume": (["RESUME", "STOP", "RESUME"], (DomainState.RUNNING, RunningReason.UNPAUSED), ShutoffReason.CRASHED),
    "reset": (["RESUME", ("RESET", {"guest": False})], BOOTED, ShutoffReason.CRASHED),
    "full disk": (
        ["RESUME", ("BLOCK_IO_ERROR", {"action": "stop"}), "STOP"],
        (DomainState.PAUSED, PausedReason.IOERROR),
        ShutoffReason.CRASHED,
    ),
    "reported disk error": (["RESUME", ("BLOCK_IO_ERROR", {"action": "report"})], BOOTED, ShutoffReason.CRASHED),
    "suspended after a disk error was mended": (
        ["RESUME", ("BLOCK_IO_ERROR", {"action": "stop"}), "STOP", "RESUME", "STOP"],
        (DomainState.PAUSED, PausedReason.USER),
        ShutoffReason.CRASHED,
    ),
    "watchdog": (
        ["RESUME", ("WATCHDOG", {"action": "pause"}), "STOP"],
        (DomainState.PAUSED, PausedReason.WATCHDOG),
        ShutoffReason.CRASHED,
    ),
    "power-off": (
        ["RESUME", ("SHUTDOWN", {"guest": True, "reason": "guest-shutdown"})],
        (DomainState.SHUTDOWN, 0),
        ShutoffReason.SHUTDOWN,
    ),
    "power-off, held": (
        ["RESUME", ("SHUTDOWN", {"guest": True}), "STOP"],
        (DomainState.SHUTDOWN, 0),
        ShutoffReason.SHUTDOWN,
    ),
    "reboot by power-off": (
        ["RESUME", ("SHUTDOWN", {}), "STOP", ("RESET", {}), "RESUME"],
        BOOTED,
        ShutoffReason.CRASHED,
    ),
    "panic": (
        ["RESUME", ("GUEST_PANICKED", {"action": "pause"}), "STOP"],
        (DomainState.CRASHED, CrashedReason.PANICKED),
        ShutoffReason.CRASHED,
    ),
    "panic and exit": (
        ["RESUME", ("GUEST_PANICKED", {"action": "poweroff"}), "STOP", ("SHUTDOWN", {"reason": "guest-panic"})],
        (DomainState.SHUTDOWN, 0),
        ShutoffReason.CRASHED,
    ),
    "panic and restart": (
        ["RESUME", ("GUEST_PANICKED", {"action": "pause"}), "STOP", ("RESET", {}), "RESUME"],
        (DomainState.RUNNING, RunningReason.CRASHED),
        ShutoffReason.CRASHED,
    ),
    "sleep": (["RESUME", "SUSPEND"], (DomainState.PMSUSPENDED, PMSuspendedReason.UNKNOWN), ShutoffReason.CRASHED),
    "waking": (["RESUME", "SUSPEND", "WAKEUP"], (DomainState.RUNNING, RunningReason.WAKEUP), ShutoffReason.CRASHED),
    "unknown": (["RESUME", ("SOMETHING_NEW", {"x": 1})], BOOTED, ShutoffReason.CRASHED),
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    story, state, ending = STORIES[name]
    guest = starting(paused=False)
    for row in story:
        event, data = row if isinstance(row, tuple) else (row, {})
        reduce(guest, event, data)
        # A mark may be put anywhere.
        guest = GuestState.load(guest.dump())
    assert (guest.state, guest.reason) == state
    assert guest.ending == ending


def test_a_start_that_was_asked_to_pause() -> None:
    guest = starting(paused=True)
    assert (guest.state, guest.reason) == (DomainState.PAUSED, PausedReason.USER)
    reduce(guest, "RESUME", {})
    assert (guest.state, guest.reason) == (DomainState.RUNNING, RunningReason.UNPAUSED)


def line(event: str, **data: object) -> bytes:
    record = {"timestamp": {"seconds": 1, "microseconds": 2}, "event": event, "data": data}
    return json.dumps(record).encode() + b"\r\n"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "events.out"
    whole = b'{"QMP": {}}\r\n{"return": {}}\r\n' + line("RESUME")
    path.write_bytes(whole + line("STOP")[:-5])
    guest = follow(starting(paused=False), str(path))
    assert (guest.state, guest.reason) == BOOTED
    assert guest.position == len(whole)
    path.write_bytes(whole + line("STOP"))
    assert follow(guest, str(path)).state == DomainState.PAUSED


def test_a_missing_diary_says_nothing(tmp_path: Path) -> None:
    assert list(events(str(tmp_path / "none"), 0)) == []


def test_a_trimmed_diary_keeps_its_offsets(tmp_path: Path) -> None:
    path = tmp_path / "events.out"
    with path.open("wb") as qemu:
        for number in range(40_000):
            qemu.write(line("RTC_CHANGE", offset=number, padding="x" * 20))
        qemu.flush()
        guest = follow(starting(paused=False), str(path))
        before = path.stat()
        trim(str(path), guest.position)
        after = path.stat()
        assert after.st_size == before.st_size
        if after.st_blocks == before.st_blocks:
            pytest.skip("needs a file system that can punch holes")
        assert after.st_blocks * 512 < 65536 < before.st_blocks * 512
        # QEMU writes on where it was, and the reader goes on where it was.
        qemu.write(line("RESUME"))
    assert (follow(guest, str(path)).state, guest.position) == (DomainState.RUNNING, os.path.getsize(path))
