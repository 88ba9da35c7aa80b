"""Who listens hears of pools, whichever process changes them: what has happened, in its order, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import virshpy
from tests.conftest import Run
from tests.storage.conftest import pool_xml
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.drivers.events import EventRows
from virshpy.enums import StoragePoolEventID, StoragePoolEventLifecycleType
from virshpy.host.outbox import Outbox
from virshpy.host.site import Site
from virshpy.uri import URI

LIFE = ("define", "build", "start", "destroy", "delete", "undefine")
E = StoragePoolEventLifecycleType


def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not seen() and time.monotonic() < end:
        time.sleep(0.02)
    assert seen()


def live(virshpy: Run, folder: Path, root: Path) -> None:
    (root / "pool.xml").write_text(pool_xml(folder / "new"))
    virshpy(f"pool-define {root}/pool.xml; pool-build pool; pool-start pool; pool-refresh pool; pool-destroy pool")
    virshpy("pool-delete pool; pool-undefine pool")


def test_other_processes_are_heard(connection: Connection, virshpy: Run, folder: Path, root: Path) -> None:
    heard: list[tuple[str, int]] = []
    refreshed: list[str] = []
    driver = connection.driver
    lifecycle = driver.connect_storage_pool_event_register_any(
        None, StoragePoolEventID.LIFECYCLE, lambda pool, event, detail: heard.append((pool.name, event))
    )
    refresh = driver.connect_storage_pool_event_register_any(
        None, StoragePoolEventID.REFRESH, lambda pool: refreshed.append(pool.name)
    )
    live(virshpy, folder, root)
    until(lambda: len(heard) == 6 and refreshed == ["pool"])
    order = (E.DEFINED, E.CREATED, E.STARTED, E.STOPPED, E.DELETED, E.UNDEFINED)
    assert heard == [("pool", event) for event in order]
    for number in (lifecycle, refresh):
        driver.connect_storage_pool_event_deregister_any(number)
    with pytest.raises(errors.InvalidArg, match="could not find event callback"):
        driver.connect_storage_pool_event_deregister_any(refresh)
    live(virshpy, folder, root)
    time.sleep(0.7)
    assert len(heard) == 6


def test_one_pool_alone(connection: Connection, folder: Path, uri: str) -> None:
    pools = [connection.storage_pool_define_xml(pool_xml(folder / name, name)) for name in ("one", "other")]
    heard: list[str] = []
    connection.driver.connect_storage_pool_event_register_any(
        pools[0].ref, StoragePoolEventID.LIFECYCLE, lambda pool, **_: heard.append(pool.name)
    )
    for pool in reversed(pools):
        pool.undefine()
    until(lambda: heard == ["one"])


def test_what_was_taken_back_is_not_told(connection: Connection, folder: Path) -> None:
    heard: list[int] = []
    pool = connection.storage_pool_define_xml(pool_xml(folder / "none"))
    connection.driver.connect_storage_pool_event_register_any(
        None, StoragePoolEventID.LIFECYCLE, lambda pool, event, detail: heard.append(event)
    )
    with pytest.raises(errors.SystemCallError):
        pool.create()  # its directory is not there
    with connection.rehearsal():
        pool.build()
    pool.undefine()
    until(lambda: heard == [E.UNDEFINED])


def test_a_thousand_are_kept(uri: str) -> None:
    site = Site(URI(uri))
    outbox = Outbox(site)
    with site.store.transaction():
        for number in range(1200):
            outbox.tell("pool", "uuid", f"pool{number}", 0, 0)
    assert outbox.last() == 1200
    assert [row["name"] for row in outbox.since(1198)] == ["pool1198", "pool1199"]
    assert len(outbox.since(0)) == 1000
    site.close()


def test_nobody_listens_any_more_when_the_connection_is_closed(uri: str) -> None:
    with virshpy.open(uri) as opened:
        opened.driver.connect_storage_pool_event_register_any(None, 0, lambda *_, **__: None)
        rows = opened.driver.part("events")
        assert isinstance(rows, EventRows)
    until(lambda: not rows.listeners._runs)
