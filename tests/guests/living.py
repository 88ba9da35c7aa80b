"""What tests of real guests share: a guest is defined, waited for, found among the processes, and leaves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kit.guest import READY
from tests.conftest import Run
from tests.processes import processes
from tests.stores import open_store
from virshpy.host.processes import start_time


def define(virshpy: Run, root: Path, text: str) -> None:
    path = root / "domain.xml"
    path.write_text(text)
    virshpy("define", str(path))


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.05)


def wait_for_end(pid: int | None, what: str = "its end") -> None:
    """Until a process is gone; its command line, by which pid_of finds it, goes before its files and its monitor."""
    wait_for(lambda: pid is None or start_time(pid) is None, what)


def wait_ready(log: Path, times: int = 1) -> None:
    def ready() -> bool:
        return log.exists() and log.read_text(errors="replace").count(READY) >= times

    wait_for(ready, f"the guest's line in {log}")


def pid_of(root: Path) -> int | None:
    found = processes(f"qemu-system.*{root}/")
    return found[0][0] if found else None


def state(virshpy: Run, name: str) -> str:
    return virshpy("domstate", name, "--reason").stdout.strip()


def _is_of_a_pool(row: tuple[object, ...]) -> bool:
    return str(row[0]).startswith("pool.") and "held" in row


def nothing_left(root: Path) -> list[str]:
    """Rows, files and directories that only a running guest may have. Active pools have a list of their own."""
    store = open_store(root)
    left = [str(path) for path in Path(store.directories.guests).iterdir()]
    left += [str(path) for path in root.rglob("*.removed-*")]
    for table in ("run.journal", "run.step", "run.active", "run.port", "main.journal", "main.step"):
        rows = [tuple(row) for row in store.all(f"SELECT * FROM {table}")]
        left += [f"{table}: {row}" for row in rows if not _is_of_a_pool(row)]
    store.close()
    return left
