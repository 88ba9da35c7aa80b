"""``test:///FILE``: a host described by a document, held against libvirt's reading of it where virsh is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import virshpy
from tests.testdriver.described import HOST, NAMESPACE, OS
from virshpy import errors
from virshpy.enums import DomainState, ListDomainsFlags

OTHER = f"<domain type='test'><name>other</name>{OS}</domain>"
LINES = (
    "nodeinfo; list --all; list --all --managed-save; list --all --transient; net-list --all; pool-list --all; "
    "vol-list p; vol-dumpxml v p; iface-list --all; domstate plain --reason; domstate brief --reason; "
    "domstate kept --reason; snapshot-list kept; snapshot-current kept --name; start kept; domstate kept --reason; "
    "net-dumpxml lan | cat; pool-info p; destroy brief; list --all; uri"
)
WRONG = {
    "": "Document is empty",
    "<domain/>": "expecting root element of 'node', not 'domain'",
    "<node><domain type='test'><name>x</name></domain></node>": "an os <type> must be specified",
    "<node><network/></node>": "missing name information",
    "<node><cpu><mhz>fast</mhz></cpu></node>": "invalid node cpu mhz value",
    "<node><cpu><nodes>4294967296</nodes></cpu></node>": "invalid node cpu nodes value",
    "<node><cpu><threads>-1</threads></cpu></node>": "invalid node cpu threads value",
    "<node><memory>18446744073709551616</memory></node>": "invalid node memory value",
    f"<node><domain type='test' {NAMESPACE}><name>x</name>{OS}<test:runstate>4294967296</test:runstate></domain>"
    "</node>": "invalid runstate",
    "<node><network/><domain type='test'><name>x</name></domain></node>": "an os <type> must be specified",
    "<node><domain file='nowhere.xml'/></node>": "failed to parse xml document '%s/nowhere.xml'",
    f"<node><domain type='test' {NAMESPACE}><name>x</name>{OS}<test:runstate>5</test:runstate><test:transient/>"
    "</domain></node>": "transient domain cannot have runstate 'shutoff'",
    f"<node><domain type='test' {NAMESPACE}><name>x</name>{OS}<test:hasmanagedsave/></domain></node>":
        "domain with managedsave data can only have runstate 'shutoff'",
    f"<node><domain type='test' {NAMESPACE}><name>x</name>{OS}<test:domainsnapshot><name>s</name>"
    "</test:domainsnapshot></domain></node>": "missing creationTime from existing snapshot",
}  # fmt: skip


@pytest.fixture
def host(tmp_path: Path) -> Path:
    (tmp_path / "other.xml").write_text(OTHER)
    path = tmp_path / "host.xml"
    path.write_text(HOST)
    return path


def test_what_the_file_says_is_there(host: Path) -> None:
    with virshpy.open(f"test://{host}") as connection:
        info = connection.node_info()
        assert (info.model, info.memory, info.cpus, info.mhz) == ("mine", 1000000, 4, 2000)
        states = {domain.name: domain.state()[0] for domain in connection.list_domains()}
        running, paused, off = DomainState.RUNNING, DomainState.PAUSED, DomainState.SHUTOFF
        assert states == {"plain": running, "brief": paused, "kept": off, "other": running}
        assert [d.name for d in connection.list_domains(flags=ListDomainsFlags.TRANSIENT)] == ["brief"]
        assert [d.name for d in connection.list_domains(flags=ListDomainsFlags.MANAGEDSAVE)] == ["kept"]
        kept = connection.lookup_by_name("kept")
        assert {snapshot.name for snapshot in kept.list_snapshots()} == {"old", "new"}
        assert kept.snapshot_current().name == "new"
        assert [network.name for network in connection.list_networks()] == ["lan"]
        assert [volume.path() for pool in connection.list_storage_pools() for volume in pool.list_volumes()] == ["/p/v"]
        assert [interface.mac for interface in connection.list_interfaces()] == ["aa:bb:cc:dd:ee:00"]
        assert [device.name for device in connection.list_node_devices()] == ["box"]


@pytest.mark.parametrize("text", WRONG, ids=WRONG.values())
def test_what_is_wrong_with_a_file_is_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "host.xml"
    path.write_text(text)
    sentence = WRONG[text] % tmp_path if "%s" in WRONG[text] else WRONG[text]
    with pytest.raises(errors.Error) as caught:
        virshpy.open(f"test://{path}")
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.XMLError, match="failed to parse xml document '/nonexistent/host.xml'"):
        virshpy.open("test:///nonexistent/host.xml")


@pytest.mark.skipif(shutil.which("virsh") is None, reason="needs virsh (package libvirt-clients)")
def test_same_as_virsh(host: Path) -> None:
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": str(host.parent), "TZ": "UTC"}
    answers = [
        subprocess.run(
            [*program, "-c", f"test://{host}", LINES], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=30, env=environment,
        ).stdout
        for program in (["virsh"], [sys.executable, "-m", "virshpy"])
    ]  # fmt: skip
    assert answers[1] == answers[0]


TAINTED = (
    "<node><domain type='test'><name>a</name><memory>8192</memory><os><type>hvm</type><dtb>/d</dtb></os><devices>"
    "<disk type='block' device='cdrom'><source dev='/dev/sr0'/><target dev='hdc'/></disk>"
    "<interface type='bridge'><source bridge='b'/><script path='/x'/></interface></devices></domain>"
    "<domain type='test'><name>b</name><memory>8192</memory><iothreads>2</iothreads><os><type>hvm</type></os></domain>"
    "</node>"
)


def test_what_a_document_taints_and_its_threads(tmp_path: Path) -> None:
    path = tmp_path / "host.xml"
    path.write_text(TAINTED)
    with virshpy.open(f"test://{path}") as connection:
        assert [message.partition(" ")[2][:10] for message in connection.lookup_by_name("a").messages()] == [
            "network co", "use of hos", "custom dev",
        ]  # fmt: skip
        domain = connection.lookup_by_name("b")
        domain.del_iothread(1)
        ((_, stats),) = connection.domain_stats([domain])
        assert stats["iothread.count"] == 1 and "iothread.2.poll-grow" in stats
        assert "<iothread id='2'/>" in domain.xml_desc()


@pytest.mark.parametrize(
    ("shape", "cpus"),
    [
        ("<nodes>2147483647</nodes>", 4294967288), ("<active>5</active>", 5), ("<active>99</active>", 16),
        ("<nodes/>", 16), ("<sockets>3</sockets>", 24),
    ],
)  # fmt: skip
def test_processors_of_a_host(shape: str, cpus: int, tmp_path: Path) -> None:
    path = tmp_path / "host.xml"
    path.write_text(f"<node><cpu>{shape}</cpu></node>")
    with virshpy.open(f"test://{path}") as connection:
        assert connection.node_info().cpus == cpus
        assert "<cells num='0'>" in connection.capabilities()
