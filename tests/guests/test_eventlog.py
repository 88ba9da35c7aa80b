"""What events mean, and an event log that is trimmed while QEMU writes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from virshpy.drivers.qemu.eventlog import GuestState, follow, reduce, starting, trim
from virshpy.enums import CrashedReason, DomainState, PausedReason, PMSuspendedReason, RunningReason, ShutoffReason
from virshpy.host.framing import Malformed

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
    guest = follow(starting(paused=False), str(path), None)
    assert (guest.state, guest.reason) == BOOTED
    assert guest.position == len(whole)
    path.write_bytes(whole + line("STOP"))
    assert follow(guest, str(path), None).state == DomainState.PAUSED


def test_a_missing_event_log_says_nothing(tmp_path: Path) -> None:
    guest = follow(starting(paused=False), str(tmp_path / "none"), None)
    assert (guest.state, guest.position) == (DomainState.PAUSED, 0)


@pytest.mark.parametrize(
    "nonsense",
    [
        b'["event"]', b'"event"', b'{"event": 1}', b'{"event": "STOP", "data": null}', b'{"event": "STOP", "data": []}',
        b'{"event": "SHUTDOWN", "data": {"reason": {}}}',
        b'{"event": "VSERPORT_CHANGE", "data": {}}', b'{"event": "VSERPORT_CHANGE", "data": {"id": 1, "open": true}}',
        b'{"event": "BALLOON_CHANGE", "data": {}}', b'{"event": "BALLOON_CHANGE", "data": {"actual": "x"}}',
        b'{"event": "BALLOON_CHANGE", "data": {"actual": 1e999}}',
        b'{"event": "BALLOON_CHANGE", "data": {"actual": ' + b"9" * 5000 + b"}}",
        b'{"event"' + b"[" * 100_000, b'{"event": "\\ud800"}', b'{"event": "STOP", "x": NaN}', b"\xff\xfe event",
        b'{"event": "STOP"' + b" " * 70_000 + b"}", b'"event"' + b"x" * 300_000,
    ],
    ids=lambda line: repr(line[:40]),
)  # fmt: skip
def test_a_line_that_is_no_event_is_passed_over(tmp_path: Path, nonsense: bytes) -> None:
    path = tmp_path / "events.out"
    path.write_bytes(line("RESUME") + nonsense + b"\n" + line("BALLOON_CHANGE", actual=1 << 20))
    guest = follow(starting(paused=False), str(path), None)
    assert (guest.state, guest.reason, guest.balloon) == (*BOOTED, 1024)
    assert guest.position == path.stat().st_size
    assert GuestState.load(guest.dump()).balloon == 1024


def test_an_event_after_one_that_was_cut_short_is_read(tmp_path: Path) -> None:
    """For want of space QEMU writes half a line, and goes on with the next event when there is space again."""
    path = tmp_path / "events.out"
    path.write_bytes(line("RESUME") + line("RTC_CHANGE", offset=1)[:30] + line("STOP"))
    assert follow(starting(paused=False), str(path), None).state == DomainState.PAUSED


def fifo(path: Path) -> None:
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.mkdir()


def link(path: Path) -> None:
    target = path.parent / "target"
    target.write_bytes(line("STOP"))
    path.symlink_to(target)


def ring(path: Path) -> None:
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [fifo, directory, link, ring, endless])
def test_an_event_log_that_is_no_plain_file_says_nothing(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "events.out"
    make(path)
    assert follow(starting(paused=False), str(path), None).state == DomainState.PAUSED
    assert trim(str(path), None, 1 << 21) is False


@needs.root
def test_an_event_log_of_another_user_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.out"
    path.write_bytes(line("RESUME"))
    assert follow(starting(paused=False), str(path), 1879114001).state == DomainState.PAUSED
    os.chown(path, 1879114001, 1879114001)
    assert follow(starting(paused=False), str(path), 1879114001).state == DomainState.RUNNING


def test_ports_that_open_without_end_are_not_all_remembered() -> None:
    guest = starting(paused=False)
    for number in range(5000):
        reduce(guest, "VSERPORT_CHANGE", {"id": f"port{number}", "open": True})
    assert len(guest.open_ports) <= 1025
    with pytest.raises(Malformed):
        reduce(guest, "VSERPORT_CHANGE", {"id": "x" * 60_000, "open": True})


def test_a_trimmed_event_log_keeps_its_offsets(tmp_path: Path) -> None:
    path = tmp_path / "events.out"
    with path.open("wb") as qemu:
        for number in range(40_000):
            qemu.write(line("RTC_CHANGE", offset=number, padding="x" * 20))
        qemu.flush()
        guest = follow(starting(paused=False), str(path), None)
        before = path.stat()
        assert not trim(str(path), None, guest.position)
        after = path.stat()
        assert after.st_size == before.st_size
        if after.st_blocks == before.st_blocks:
            pytest.skip("needs a file system that can punch holes")
        assert after.st_blocks * 512 < 65536 < before.st_blocks * 512
        # QEMU writes on where it was, and the reader goes on where it was.
        qemu.write(line("RESUME"))
    assert (follow(guest, str(path), None).state, guest.position) == (DomainState.RUNNING, os.path.getsize(path))
