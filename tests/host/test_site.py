"""A site and the objects on it: one way to change something, and the rules that hold for every kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virshpy import errors
from virshpy.enums import ListNetworksFlags as L
from virshpy.host.objects import Kind, Objects, Row
from virshpy.host.site import Site
from virshpy.host.steps.filesystem import MakeDirectory, WriteFile
from virshpy.uri import URI

A, B = "11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000"


class Thing:
    """A document with a name, a UUID and one column of its kind."""

    def __init__(self, name: str, uuid: str, bridge: str | None = None) -> None:
        self.name: str | None = name
        self.uuid: str | None = uuid
        self.bridge = bridge


class Ref:
    def __init__(self, name: str, uuid: str) -> None:
        self.name = name
        self.uuid = uuid


def things(site: Site, *columns: str) -> Objects[Row]:
    return Objects(site, Kind("network", "Network"), columns=columns)


@pytest.fixture
def site(root: Path) -> Site:
    return Site(URI(f"qemu:///embed?root={root}"))


def journals(site: Site) -> int:
    return sum(int(site.store.one(f"SELECT count(*) FROM {db}.journal")[0]) for db in ("run", "main"))


def test_a_change_that_is_not_committed_is_taken_back(site: Site, root: Path) -> None:
    with site.change("start", "network", A) as entry:
        entry.do(WriteFile(f"{root}/file", b"x"))
    assert not (root / "file").exists()
    with pytest.raises(errors.NoNetwork), site.change("start", "network", A) as entry:
        entry.do(WriteFile(f"{root}/file", b"x"))
        raise errors.NoNetwork("why")
    assert not (root / "file").exists() and journals(site) == 0


def test_what_is_committed_stays_whatever_comes_then(site: Site, root: Path) -> None:
    with pytest.raises(KeyboardInterrupt), site.change("start", "network", A) as entry:
        entry.do(MakeDirectory(f"{root}/directory"))
        entry.hold(lambda: None)
        raise KeyboardInterrupt
    assert (root / "directory").exists() and journals(site) == 1
    site.held(entry.id).undo()
    assert not (root / "directory").exists() and journals(site) == 0


def test_what_could_not_be_taken_back_is_said_beside_the_error(site: Site, root: Path) -> None:
    class Stuck(MakeDirectory, kind="stuck/1"):
        def undo(self) -> None:
            raise errors.SystemCallError("it is stuck")

    said: list[str] = []
    site.on_warning(said.append)
    with pytest.raises(errors.NoNetwork, match="why"), site.change("start", "network", A) as entry:
        entry.do(Stuck(f"{root}/directory"))
        raise errors.NoNetwork("why")
    assert len(said) == 1 and "it is stuck" in said[0]


def test_a_change_without_steps_is_one_transaction(site: Site) -> None:
    with site.change("define", "network", A, lasting=True) as entry:
        assert journals(site) == 0
        entry.finish(lambda: None)
    assert journals(site) == 0


def test_a_rehearsal_tells_and_changes_nothing(site: Site, root: Path) -> None:
    networks = things(site)
    before = sorted(os.walk(root))
    site.rehearse(True)
    with pytest.raises(errors.Rehearsed) as told:
        networks.define(Thing("lab", A), "<network/>")
    assert told.value.lines == [f"# write the definition of network 'lab' in {root}/lib/state.db"]
    site.rehearse(True)
    with pytest.raises(errors.Rehearsed) as told, site.change("start", "network", A) as entry:
        entry.write()
        entry.do(MakeDirectory(f"{root}/directory"))
        entry.hold(lambda: None, "say that it runs")
    assert told.value.lines == [f"install -d -m 0700 {root}/directory", "# say that it runs"]
    site.rehearse(False)
    assert networks.query() == [] and journals(site) == 0 and sorted(os.walk(root)) == before


def test_a_rehearsal_that_cannot_begin_holds_no_lock(site: Site, root: Path) -> None:
    networks = things(site)
    site.rehearse(True)
    (root / "lib/state.db").rename(root / "lib/aside")
    with pytest.raises(errors.SystemCallError, match=r"state\.db was removed"):
        networks.define(Thing("lab", A), "<network/>")
    lock = networks.try_lock(A, "look")
    assert lock is not None
    lock.release()


def test_a_rehearsal_refuses_what_the_verb_would_refuse(site: Site) -> None:
    networks = things(site)
    networks.define(Thing("lab", A), "<network/>")
    site.rehearse(True)
    with pytest.raises(errors.OperationFailed, match=f"network 'lab' already exists with uuid {A}"):
        networks.define(Thing("lab", B), "<network/>")


def test_names_and_uuids_are_of_one_object(site: Site) -> None:
    networks = things(site)
    networks.define(Thing("lab", A), "<network/>")
    networks.define(Thing("lab", A), "<network>new</network>")
    assert networks.definition(A) == "<network>new</network>"
    with pytest.raises(errors.OperationFailed, match=f"network 'lab' is already defined with uuid {A}"):
        networks.define(Thing("other", A), "<network/>")
    with pytest.raises(errors.OperationFailed, match=f"network 'lab' already exists with uuid {A}"):
        networks.define(Thing("lab", B), "<network/>")
    networks.forget(networks.find(Ref("lab", A)))
    with pytest.raises(errors.NoNetwork, match=rf"no network with matching uuid '{A}' \(lab\)"):
        networks.find(Ref("lab", A))


def test_list_flags(site: Site) -> None:
    networks = things(site)
    for name, uuid in (("a", A), ("b", B)):
        networks.define(Thing(name, uuid), "<network/>")
    networks.set_autostart(Ref("a", A), True)
    with site.change("start", "network", B) as entry:
        entry.write()
        sql = "INSERT INTO run.network_active (uuid, name, journal, xml) VALUES (?, 'b', ?, '')"
        entry.hold(lambda: site.store.execute(sql, B, entry.id))
    asked = [L(0), L.ACTIVE, L.INACTIVE, L.ACTIVE | L.INACTIVE, L.PERSISTENT, L.TRANSIENT, L.AUTOSTART, L.NO_AUTOSTART]
    found = ["".join(row.name for row in networks.select(flags)) for flags in asked]
    assert found == ["ab", "b", "a", "ab", "ab", "", "a", "b"]
    networks.forget(networks.find(Ref("b", B)))
    assert [row.name for row in networks.select(L.TRANSIENT)] == ["b"]
    with pytest.raises(errors.OperationInvalid, match="cannot set autostart for transient network"):
        networks.set_autostart(Ref("b", B), True)


def test_a_column_is_a_migration(site: Site, root: Path) -> None:
    things(site).define(Thing("old", A), "<network/>")
    site.close()
    again = things(Site(URI(f"qemu:///embed?root={root}")), "bridge")
    again.define(Thing("new", B, "br0"), "<network/>")
    assert {(row.name, vars(row)["bridge"]) for row in again.query()} == {("old", None), ("new", "br0")}
    assert again.live_document(A) is None


def test_a_lock_finishes_what_the_dead_left(site: Site, root: Path) -> None:
    entry = site.change("start", "network", A).__enter__()
    entry.do(MakeDirectory(f"{root}/left"))
    with site.lock("network", A, "destroy"):
        assert not (root / "left").exists()
    with site.lock("network", A, "start"):
        assert site.try_lock("network", A, "start") is None
        held = site.try_lock("domain", A, "start")
        assert held is not None
        held.release()


def test_a_lock_is_not_held_by_who_could_not_finish_what_was_left_under_it(site: Site) -> None:
    entry = site.change("start", "network", A).__enter__()
    entry.write()
    site.store.execute("INSERT INTO run.step VALUES (?, 1, 'future/1', '{}')", entry.id)
    with pytest.raises(errors.InternalError, match="unknown kind of step 'future/1'"):
        site.lock("network", A, "start")
    lock = site.try_lock("network", A, "start")
    assert lock is not None
    lock.release()
