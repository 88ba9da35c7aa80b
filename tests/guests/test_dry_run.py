"""``--dry-run`` over every verb that changes something: the host stays the same, and what is printed works."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.living import pid_of, wait_for, wait_for_end
from tests.guests.matrix import LINK, ROWS, SECRET, Ground, Row
from tests.processes import processes
from tests.stores import open_store
from virshpy import open as connect
from virshpy.drivers.qemu.qmp import MonitorSession
from virshpy.enums import DomainState

pytestmark = needs.qemu


@pytest.fixture
def ground(root: Path) -> Iterator[Ground]:
    made = Ground(root)
    yield made
    made.clear()


def host(root: Path) -> dict[str, Any]:
    """All of the host that a verb might touch. What a QEMU binary can do is remembered, and is no state."""
    found: dict[str, Any] = {"rows": rows(root), "processes": processes(f"{root}[/ ]")}
    for path in sorted(root.rglob("*")):
        # A guest's actor may be opening the store, which has its own files meanwhile.
        if path.is_relative_to(root / "cache") or path.name.endswith((".db-wal", ".db-shm")):
            continue
        status = path.lstat()
        content = b""
        if path.is_file() and not path.name.endswith((".db", ".db-journal", "lock")):
            content = path.read_bytes()
        found[str(path)] = (status.st_mode, status.st_uid, status.st_gid, hashlib.sha256(content).hexdigest())
    found["links"] = sorted(path.name for path in Path("/sys/class/net").glob(f"*{LINK}"))
    found["mounts"] = [line for line in Path("/proc/mounts").read_text().splitlines() if str(root) in line]
    found["access"] = acls(root)
    return found


def rows(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    store = open_store(root)
    try:
        tables = [
            f"{db}.{row[0]}" for db in ("main", "run") for row in store.all(f"SELECT name FROM {db}.sqlite_master")
        ]
        return {
            table: [tuple(row) for row in store.all(f"SELECT * FROM {table}")]
            for table in tables
            if "auto" not in table
        }
    finally:
        store.close()


def acls(root: Path) -> dict[str, bytes]:
    found = {}
    for path in (root, *root.rglob("*")):
        try:
            found[str(path)] = os.getxattr(path, "system.posix_acl_access", follow_symlinks=False)
        except OSError:
            continue
    return found


MORE = (
    Row("suspend crash", "domain_suspend", lambda ground: ground.start(ground.small())),
    Row("reset crash", "domain_reset", lambda ground: ground.start(ground.small())),
    Row("shutdown crash", "domain_shutdown_flags", lambda ground: ground.start(ground.small())),
    Row("start crash --autodestroy", "domain_create_with_flags", lambda ground: ground.define(ground.full())),
)


@pytest.mark.parametrize("row", (*ROWS, *MORE), ids=lambda row: row.verb.split(" {")[0])
def test_it_changes_nothing_and_says_something(ground: Ground, row: Row, virshpy: Run) -> None:
    ground.clear()
    row.prepare(ground)
    words = row.verb.format(root=ground.root, secret=SECRET).split()
    before = host(ground.root)
    told = without_chance(virshpy(*words, "--dry-run").stdout)
    assert host(ground.root) == before
    assert told.strip(), "it would do something"
    assert without_chance(virshpy(*words, "--dry-run").stdout) == told
    virshpy(*words)  # what was only told about has not been in its way
    assert host(ground.root) != before or "monitor" in row.operation or row in MORE


def without_chance(told: str) -> str:
    """Without the number of the display, which another program may have taken meanwhile, and without passing names."""
    told = re.sub(r"(?<=\.virshpy-)[0-9a-f]{16}", "N", told)
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", "N", told)


def by_hand(script: str) -> None:
    script = script.replace("/dev/stdin ", "<(head -c 32 /dev/urandom) ")
    subprocess.run(["bash", "-e", "-c", script], check=True, timeout=60, stdin=subprocess.DEVNULL)


def events(root: Path) -> str:
    return next((root / "run/guests").glob("*/events.out")).read_text()


def is_paused(virshpy: Run) -> bool:
    return "paused" in virshpy("qemu-monitor-command", "crash", "--hmp", "info status").stdout


def is_suspended(ground: Ground, virshpy: Run) -> None:
    ground.start(ground.small())
    virshpy("suspend", "crash")


Effect = Callable[[Ground, Run], object]
TYPED: tuple[tuple[str, Effect, Effect], ...] = (
    ("suspend crash", lambda g, v: g.start(g.small()), lambda g, v: is_paused(v)),
    ("resume crash", is_suspended, lambda g, v: not is_paused(v)),
    ("reset crash", lambda g, v: g.start(g.small()), lambda g, v: '"RESET"' in events(g.root)),
    ("shutdown crash", lambda g, v: g.start(g.small()), lambda g, v: '"POWERDOWN"' in events(g.root)),
    ("reboot crash --mode acpi", lambda g, v: g.start(g.small()), lambda g, v: '"POWERDOWN"' in events(g.root)),
    (
        'qemu-monitor-command crash {"execute":"stop"}',
        lambda g, v: g.start(g.small()),
        lambda g, v: is_paused(v),
    ),
    (
        "destroy crash",
        lambda g, v: g.start(g.full()),
        lambda g, v: not g.seen()["processes"] and v("domstate", "crash").stdout.strip() == "shut off",
    ),
    ("destroy crash --graceful", lambda g, v: g.start(g.small()), lambda g, v: not g.seen()["processes"]),
    ("undefine crash --nvram", lambda g, v: has_variables(g), lambda g, v: not g.nvram.exists()),
)


def has_variables(ground: Ground) -> None:
    ground.define(ground.full())
    ground.nvram.write_bytes(b"variables")


@needs.program("socat", "socat")
@pytest.mark.parametrize(("verb", "prepare", "effect"), TYPED, ids=[verb.split(" {")[0] for verb, _, _ in TYPED])
def test_what_is_printed_has_that_effect(
    ground: Ground, virshpy: Run, verb: str, prepare: Effect, effect: Effect
) -> None:
    """The lines, typed into a shell. A start is typed in test_devices.py."""
    if "nvram" in verb and not Path("/usr/share/OVMF/OVMF_CODE_4M.fd").exists():
        pytest.skip("no UEFI firmware here (package ovmf)")
    ground.clear()
    prepare(ground, virshpy)
    script = virshpy(*verb.split(" ", 2 if "{" in verb else -1), "--dry-run").stdout
    assert not effect(ground, virshpy)
    by_hand(script)
    wait_for(lambda: effect(ground, virshpy), "its effect", 20)


def test_a_look_within_a_rehearsal_cuts_no_event_log(ground: Ground, virshpy: Run) -> None:
    """What is put down about the log is rolled back, so the log itself has to stay whole."""
    ground.clear()
    ground.start(ground.small())
    with MonitorSession(next((ground.root / "run/guests").glob("*/monitor.sock")).as_posix()) as session:
        while len(events(ground.root)) < 1 << 17:
            session.execute("stop")
            session.execute("cont")
    before = host(ground.root)
    assert "stop" in virshpy("suspend", "crash", "--dry-run").stdout
    assert virshpy("domstate", "crash", "--reason", "--dry-run").stdout.strip() == "running (unpaused)"
    assert host(ground.root) == before
    assert virshpy("domstate", "crash", "--reason").stdout.strip() == "running (unpaused)"
    assert host(ground.root) != before


def test_a_guest_that_died_is_not_looked_after_within_a_rehearsal(ground: Ground) -> None:
    ground.clear()
    ground.start(ground.small())
    said: list[str] = []
    with connect(ground.uri) as connection:
        connection.on_warning(said.append)
        domain = connection.lookup_by_name("crash")
        pid = pid_of(ground.root)
        assert pid
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)
        before = host(ground.root)
        with connection.rehearsal():
            assert domain.state().state == DomainState.SHUTDOWN
        assert said == [] and host(ground.root) == before
        assert domain.state().state == DomainState.SHUTOFF
