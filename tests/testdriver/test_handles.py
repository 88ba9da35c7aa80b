"""The library on the imaginary host: handles of all kinds, and what one connection keeps from the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import virshpy
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.enums import (
    DomainState,
    EventType,
    MetadataType,
    NetworkEventLifecycleType,
    NetworkUpdateCommand,
    NetworkUpdateSection,
    SnapshotDeleteFlags,
    StoragePoolState,
    VcpuFlags,
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with virshpy.open("test:///default") as opened:
        yield opened


def test_a_domain_can_be_tuned(connection: Connection) -> None:
    domain = connection.lookup_by_name("test")
    domain.set_vcpus(1)
    assert (domain.vcpus_flags(), domain.vcpus_flags(flags=VcpuFlags.MAXIMUM)) == (1, 2)
    domain.pin_vcpu(0, [0, 3])
    assert domain.vcpu_pin_info()[0] == [0, 3]
    domain.set_memory_parameters({"hard_limit": 4096})
    assert domain.memory_parameters()["hard_limit"] == 4096
    with pytest.raises(errors.ArgumentUnsupported, match="parameter 'colour' not supported"):
        domain.set_memory_parameters({"colour": 1})
    assert "<vcpupin vcpu='0' cpuset='0,3'/>" in domain.xml_desc()


def test_the_running_document_is_not_the_definition(connection: Connection) -> None:
    domain = connection.lookup_by_name("test")
    domain.set_blkio_parameters({"weight": 300})
    assert "<weight>300</weight>" in domain.xml_desc()
    assert "<weight>" not in domain.xml_desc(flags=2)
    domain.destroy()
    assert "<weight>" not in domain.xml_desc()


def test_snapshots_are_a_tree(connection: Connection) -> None:
    domain = connection.lookup_by_name("test")
    first, second, third = (
        domain.snapshot_create_xml(f"<domainsnapshot><name>{name}</name></domainsnapshot>") for name in "abc"
    )
    assert third.parent().name == "b"
    assert [child.name for child in first.list_children()] == ["b"]
    domain.destroy()
    first.revert()
    assert domain.state()[0] == DomainState.RUNNING
    assert first.is_current()
    first.delete(flags=SnapshotDeleteFlags.CHILDREN_ONLY)
    assert [snapshot.name for snapshot in domain.list_snapshots()] == ["a"]
    with pytest.raises(errors.NoDomainSnapshot):
        second.xml_desc()


def test_a_network_can_be_changed(connection: Connection) -> None:
    network = connection.network_lookup_by_name("default")
    assert network.bridge_name() == "virbr0"
    host = "<host mac='52:54:00:00:00:01' ip='192.168.122.9'/>"
    network.update(NetworkUpdateCommand.ADD_LAST, NetworkUpdateSection.IP_DHCP_HOST, -1, host)
    assert host in network.xml_desc()
    network.destroy()
    network.undefine()
    assert connection.list_networks() == []
    with pytest.raises(errors.NoNetwork):
        network.is_active()


def test_a_network_keeps_notes(connection: Connection) -> None:
    network = connection.network_lookup_by_name("default")
    network.set_metadata(MetadataType.TITLE, "a title", flags=2)
    network.set_metadata(MetadataType.ELEMENT, "<owner>me</owner>", "o", "http://x/y")
    assert network.metadata(MetadataType.TITLE) == "a title"
    assert network.metadata(MetadataType.ELEMENT, "http://x/y") == "<owner>me</owner>"
    with pytest.raises(errors.NoNetworkMetadata):
        network.metadata(MetadataType.DESCRIPTION)
    network.destroy()
    with pytest.raises(errors.OperationInvalid, match="network is not running"):
        network.set_metadata(MetadataType.TITLE, None, flags=1)


def test_a_pool_has_room_for_volumes(connection: Connection) -> None:
    pool = connection.storage_pool_lookup_by_name("default-pool")
    volume = pool.storage_vol_create_xml("<volume><name>v</name><capacity unit='GiB'>60</capacity></volume>")
    assert volume.path() == "/default-pool/v"
    assert volume.pool.uuid == pool.uuid
    info = pool.info()
    assert (info.state, info.allocation, info.available) == (StoragePoolState.RUNNING, 60 << 30, 40 << 30)
    with pytest.raises(errors.InternalError, match="Not enough free space"):
        pool.storage_vol_create_xml("<volume><name>w</name><capacity unit='GiB'>60</capacity></volume>")
    volume.delete()
    assert pool.info().allocation == 0


def test_saved_images_are_files_that_come_back(connection: Connection, tmp_path: Path) -> None:
    domain = connection.lookup_by_name("test")
    path = str(tmp_path / "image")
    domain.save(path)
    assert "<name>test</name>" in connection.save_image_xml_desc(path)
    connection.restore(path)
    assert connection.lookup_by_name("test").is_active()
    (tmp_path / "image").write_bytes(b"something else entirely")
    with pytest.raises(errors.InternalError, match="mismatched header magic"):
        connection.restore(path)


def test_a_read_only_connection_changes_nothing() -> None:
    with virshpy.open("test:///default", readonly=True) as connection:
        assert connection.network_lookup_by_name("default").is_active()
        for change in (
            connection.network_lookup_by_name("default").destroy,
            connection.storage_pool_lookup_by_name("default-pool").refresh,
            connection.interface_change_begin,
            lambda: connection.lookup_by_name("test").snapshot_create_xml("<domainsnapshot/>"),
        ):
            with pytest.raises(errors.OperationDenied, match="read only access prevents vir"):
                change()


def test_connections_do_not_share_a_host() -> None:
    with virshpy.open("test:///default") as one, virshpy.open("test:///default") as other:
        one.network_lookup_by_name("default").destroy()
        assert other.network_lookup_by_name("default").is_active()


def test_a_refused_change_leaves_everything_as_it_was(connection: Connection) -> None:
    domain = connection.lookup_by_name("test")
    before = domain.xml_desc()
    with pytest.raises(errors.InvalidArg):
        domain.set_block_io_tune("vda", {"read_bytes_sec": 9})
    with pytest.raises(errors.InvalidArg):
        domain.set_memory_parameters({"hard_limit": 9, "swap_hard_limit": 5})
    with pytest.raises(errors.ConfigUnsupported):
        domain.set_numa_parameters({"numa_mode": 1})
    assert domain.xml_desc() == before


def test_listeners_hear_what_they_asked_for(connection: Connection) -> None:
    heard: list[tuple[str, int]] = []
    domain = connection.lookup_by_name("test")
    every = connection.domain_event_register_any(None, 0, lambda ref, event, detail: heard.append((ref.name, event)))
    connection.domain_event_register_any(domain, 1, lambda ref, **_: heard.append((ref.name, -1)))
    connection.network_event_register_any(None, 0, lambda ref, event, detail: heard.append((ref.name, event)))
    domain.suspend()
    domain.resume()
    connection.network_lookup_by_name("default").destroy()
    domain.destroy()
    domain.create()
    connection.domain_event_deregister_any(every)
    domain.destroy()
    suspended, resumed, stopped, started = EventType.SUSPENDED, EventType.RESUMED, EventType.STOPPED, EventType.STARTED
    network_stopped = NetworkEventLifecycleType.STOPPED
    assert heard == [
        ("test", suspended), ("test", resumed), ("default", network_stopped), ("test", stopped), ("test", started),
    ]  # fmt: skip
    with pytest.raises(errors.InvalidArg, match=f"could not find event callback {every} for deletion"):
        connection.domain_event_deregister_any(every)
