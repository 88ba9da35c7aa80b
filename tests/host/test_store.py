"""The two files: how their tables come to be what this release knows, whoever made them, and what a reboot leaves."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import earlier
from tests.stores import open_store, written_journal
from virshpy import errors
from virshpy.host import journal
from virshpy.host.processes import boot_id
from virshpy.host.site import Site
from virshpy.host.store import Store
from virshpy.uri import URI

SOURCE = str(Path(__file__).parents[2])


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(root)


def shape(store: Store, table: str) -> list[tuple[object, ...]]:
    db, _, name = table.partition(".")
    return [tuple(row) for row in store.all(f"PRAGMA {db}.table_info({name})")]


@pytest.mark.parametrize("release", earlier.STATE)
def test_files_of_an_earlier_release_are_brought_up_to_date(root: Path, uri: str, release: str, tmp_path: Path) -> None:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.drivers.secret.records import Secrets

    earlier.write(root, release)
    domains = Domains(Site(URI(uri)))
    (record,) = domains.query()
    assert (record.uuid, record.name, record.id, record.pid, record.journal) == ("d", "vm", 7, 1, "d.1")
    fresh = Domains(Site(URI(f"qemu:///embed?root={tmp_path}")))
    for one in (domains, fresh):
        Secrets(one.site)
    tables = [
        f"{db}.{row[0]}" for db in ("main", "run") for row in fresh.store.all(f"SELECT name FROM {db}.sqlite_master")
    ]
    assert len(tables) > 12
    for table in tables:
        assert shape(domains.store, table) == shape(fresh.store, table), table
    domains.store.close()
    assert Domains(Site(URI(uri))).by_name("vm") is not None


def asked(store: Store, act: object) -> list[str]:
    """The statements that SQLite is given meanwhile."""
    told: list[str] = []
    store._db.set_trace_callback(told.append)
    assert callable(act)
    act()
    store._db.set_trace_callback(None)
    return told


_FIRST = "CREATE TABLE {0}.thing (name TEXT); CREATE TABLE {0}.thing_more (n)"
_SECOND = "ALTER TABLE {0}.thing ADD COLUMN colour TEXT DEFAULT 'red'"


def scripts(count: int, db: str) -> Sequence[str]:
    return [script.format(db) for script in (_FIRST, _SECOND)[:count]]


@pytest.mark.parametrize("db", ["main", "run"])
def test_a_part_runs_the_scripts_that_its_file_has_not_seen(root: Path, store: Store, db: str) -> None:
    where = {"main": "state", "run": "run"}[db]
    store.include("thing", **{where: scripts(1, db)})
    store.execute(f"INSERT INTO {db}.thing VALUES ('apple')")
    store.close()
    store = open_store(root)
    store.include("thing", **{where: scripts(2, db)})
    assert [tuple(row) for row in store.all(f"SELECT * FROM {db}.thing")] == [("apple", "red")]
    assert asked(store, lambda: store.include("thing", **{where: scripts(2, db)})) == []
    store.close()
    store = open_store(root)
    assert asked(store, lambda: store.include("thing", **{where: scripts(2, db)})) == []
    with pytest.raises(errors.InternalError, match="written by a newer virshpy"):
        store.include("thing", **{where: scripts(1, db)})


@pytest.mark.parametrize("db", ["main", "run"])
def test_a_part_that_another_has_brought_up_to_date_meanwhile_is_not_newer(root: Path, store: Store, db: str) -> None:
    where = {"main": "state", "run": "run"}[db]
    store.include("thing", **{where: scripts(1, db)})
    others = [open_store(root), open_store(root)]  # both know the first of its scripts
    for other in others:
        other.include("thing", **{where: scripts(2, db)})
    assert [tuple(row) for row in others[1].all(f"SELECT * FROM {db}.thing")] == []


def test_a_script_that_fails_leaves_the_part_as_it_was(store: Store) -> None:
    store.include("thing", state=scripts(1, "main"))
    with pytest.raises(errors.SystemCallError):
        store.include("thing", state=[*scripts(2, "main"), "CREATE TABLE main.thing (again)"])
    store.include("thing", state=scripts(1, "main"))
    store.include("thing", state=scripts(2, "main"))


def test_the_stores_own_part_of_a_newer_release_is_refused(root: Path, store: Store) -> None:
    for db in ("main", "run"):
        store.execute(f"UPDATE {db}.part SET version = version + 1 WHERE name = 'store'")
        with pytest.raises(errors.InternalError, match="written by a newer virshpy"):
            open_store(root)
        store.execute(f"UPDATE {db}.part SET version = version - 1 WHERE name = 'store'")
    open_store(root)


def test_the_release_before_versions_refuses_what_they_are_in(store: Store) -> None:
    assert [store.one(f"PRAGMA {db}.user_version")[0] for db in ("main", "run")] == [2, 2]  # it knew 1


def test_opening_writes_nothing_where_all_is_there(root: Path, store: Store) -> None:
    store.include("thing", state=scripts(2, "main"), run=scripts(2, "run"))
    store.close()
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    store = open_store(root)
    store.include("thing", state=scripts(2, "main"), run=scripts(2, "run"))
    assert store._db.total_changes == 0
    store.close()
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths] == before


def test_a_reboot_empties_the_parts_of_run_db_and_nothing_else(root: Path, store: Store) -> None:
    def include() -> None:
        store.include("thing", state=scripts(1, "main"), run=scripts(2, "run"))

    include()
    for db in ("main", "run"):
        store.execute(f"INSERT INTO {db}.thing_more VALUES (1)")
    written_journal(store, "start", "subject", lasting=False).hold(lambda: None)
    number = store.next("domain")
    store.execute("UPDATE run.boot SET id = 'another'")
    store.close()
    store = open_store(root)
    assert [row[0] for row in store.all("SELECT phase FROM run.journal")] == ["undoing"]
    include()
    assert [len(store.all(f"SELECT * FROM {db}.thing_more")) for db in ("main", "run")] == [1, 0]
    assert store.next("domain") == number + 1


_OPENING = """
import sys
sys.path.insert(0, {source!r})
from pathlib import Path
from tests import earlier
from tests.stores import open_store
from virshpy.host.site import Site
from virshpy.host.store import Store

def transaction(store, plain=Store.transaction):
    print("at the door", flush=True)
    return plain(store)

Store.transaction = transaction
store = open_store(Path(sys.argv[1]))
"""


def beside(script: str, root: Path) -> subprocess.Popen[str]:
    """Another process; it has said so when it comes to its first transaction."""
    words = [sys.executable, "-c", _OPENING.format(source=SOURCE) + script, str(root)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "at the door\n"
    return process


def ended_well(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_two_that_see_a_reboot_at_once_do_not_undo_each_others_work(root: Path, store: Store) -> None:
    store.execute("UPDATE run.boot SET id = 'another'")
    with store.transaction():
        other = beside("", root)
        store.execute("UPDATE run.boot SET id = ?", boot_id())
        written_journal(store, "start", "subject", lasting=False)
    ended_well(other)
    assert store.one("SELECT phase FROM run.journal")[0] == "doing"


def test_two_that_include_a_part_at_once_make_it_once(root: Path, store: Store) -> None:
    with store.transaction():
        other = beside(f"store.include('thing', state={scripts(2, 'main')!r})", root)
        store.include("thing", state=scripts(1, "main"))
        store.execute("INSERT INTO main.thing VALUES ('apple')")
    ended_well(other)
    assert tuple(store.one("SELECT * FROM main.thing")) == ("apple", "red")


def test_recovery_of_an_earlier_releases_journal(root: Path) -> None:
    earlier.write(root, "0.1.0")
    made = root / "run/guests/7"
    with sqlite3.connect(root / "run/run.db") as run:
        run.execute("UPDATE journal SET phase = 'doing'")
        step = "INSERT INTO step VALUES ('d.1', 1, 'filesystem.MakeDirectory', json_object('path', ?))"
        run.execute(step, (str(made),))
    run.close()
    made.mkdir()
    store = open_store(root)
    assert journal.recover(store) == [] and not made.exists()
    assert not store.all("SELECT * FROM run.active") and not os.listdir(made.parent)


def test_one_state_db_has_one_run_db(root: Path, store: Store) -> None:
    place = tuple(store.one("SELECT run, boot, lost FROM main.place"))
    assert place == (f"{root}/run", boot_id(), None)
    store.execute("UPDATE main.place SET boot = 'another', run = '/elsewhere'")
    store.close()
    store = open_store(root)
    assert [tuple(row) for row in store.all("SELECT * FROM main.place")] == [place] and store.lost_run is None
    store.close()
    (root / "run/run.db").unlink()
    store = open_store(root)
    assert store.lost_run == f"{root}/run"
    store.close()
    store = open_store(root)
    assert store.lost_run == f"{root}/run"  # nobody has looked what is left of it
    store.found_again()
    store.close()
    assert open_store(root).lost_run is None


def test_an_emptied_run_db_is_a_lost_one_and_an_emptied_state_db_is_damaged(root: Path, store: Store) -> None:
    store.close()
    (root / "run/run.db").write_bytes(b"")
    store = open_store(root)
    assert store.lost_run == f"{root}/run"
    store.close()
    (root / "lib/state.db").write_bytes(b"")
    with pytest.raises(errors.SystemCallError, match="state.db: it is empty"):
        open_store(root)


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        store.next("a")
        with store.transaction():
            store.next("a")
        raise KeyError
    assert store.next("a") == 1
    with store.transaction():
        store.next("a")
    assert store.next("a") == 3


def test_a_store_whose_file_was_replaced_takes_no_change(root: Path, store: Store) -> None:
    assert store.is_whole()
    (root / "run/run.db").rename(root / "run/kept.db")
    assert not store.is_whole()
    with pytest.raises(errors.SystemCallError, match="run.db was removed while it was open"), store.transaction():
        raise AssertionError
    (root / "run/run.db").write_bytes(b"another")
    with pytest.raises(errors.SystemCallError, match="run.db was replaced while it was open"), store.transaction():
        raise AssertionError
    (root / "run/kept.db").rename(root / "run/run.db")
    with store.transaction():
        store.next("a")
