"""What a new kind of object has at once: networks on a site's store, through the library and through the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

import virshpy
from tests.drivers.networks import Networks
from tests.transcripts.transcripts import run_virshpy
from virshpy import errors
from virshpy.driver import registry
from virshpy.enums import ListNetworksFlags, MetadataType
from virshpy.host.site import Site
from virshpy.uri import URI
from virshpy.xml.network import Network

UUID = "6c1f9e8e-0000-4000-8000-000000000001"
LAB = f"<network><name>lab</name><uuid>{UUID}</uuid><bridge name='br-lab'/></network>"


@pytest.fixture(autouse=True)
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._SCHEMES, "qemu", "tests.drivers.networks:open_driver")


def test_networks_through_the_library(uri: str) -> None:
    with virshpy.open(uri) as connection:
        network = connection.network_define_xml(LAB)
        assert (network.name, network.uuid, network.bridge_name()) == ("lab", UUID, "br-lab")
        network.set_autostart(True)
        network.set_metadata(MetadataType.TITLE, "For testing")
        with pytest.raises(errors.OperationFailed, match="network 'lab' already exists with uuid"):
            connection.network_define_xml("<network><name>lab</name></network>")
        with pytest.raises(errors.OperationInvalid, match="network is not running"):
            network.set_metadata(MetadataType.TITLE, "x", flags=1)
        with pytest.raises(errors.NoNetworkMetadata):
            network.metadata(MetadataType.DESCRIPTION)
        with pytest.raises(errors.InvalidArg, match="uuidstr in virNetworkLookupByUUIDString must be a valid UUID"):
            connection.network_lookup_by_uuid("lab")
        with pytest.raises(errors.InvalidArg, match="uuidstr in virDomainLookupByUUIDString must be a valid UUID"):
            connection.lookup_by_uuid("lab")
    with virshpy.open(uri, readonly=True) as again:
        flags = ListNetworksFlags
        (found,) = again.list_networks(flags=flags.INACTIVE | flags.PERSISTENT | flags.AUTOSTART)
        assert found.name == "lab" and found.autostart() and not found.is_active() and found.is_persistent()
        assert "<title>For testing</title>" in found.xml_desc() == again.network_lookup_by_uuid(UUID).xml_desc()
        assert again.list_networks(flags=flags.ACTIVE) == []
        with pytest.raises(errors.OperationDenied):
            found.undefine()


def test_an_active_one_has_two_documents(root: Path) -> None:
    networks = Networks(Site(URI(f"qemu:///embed?root={root}")))
    ref = networks.define(Network.parse(LAB)).ref
    with networks.change("start", UUID) as entry:
        entry.write()
        sql = "INSERT INTO run.network_active (uuid, name, journal, xml) VALUES (?, 'lab', ?, ?)"
        entry.hold(lambda: networks.store.execute(sql, UUID, entry.id, LAB.replace("br-lab", "br-live")))
    networks.modify("metadata", ref, 3, Network.parse, lambda document: setattr(document, "title", "both"))
    texts = [networks.text(networks.find(ref), inactive=inactive) for inactive in (False, True)]
    assert ["br-live" in text for text in texts] == [True, False]
    assert all("<title>both</title>" in text for text in texts)
    networks.undefine(ref)
    assert "br-live" in networks.text(networks.find(ref), inactive=True)
    with pytest.raises(errors.OperationInvalid, match="transient networks do not have any persistent config"):
        networks.modify("metadata", ref, 2, Network.parse, print)
    with pytest.raises(errors.OperationInvalid, match="cannot undefine transient network"):
        networks.undefine(ref)
    networks.site.close()


def test_networks_through_the_shell(uri: str, tmp_path: Path) -> None:
    file = tmp_path / "lab.xml"
    file.write_text(LAB)

    def says(*words: str, status: int = 0) -> str:
        outcome = run_virshpy(["-c", uri, *words])
        assert outcome.code == status, outcome
        return (outcome.stdout + outcome.stderr).strip()

    assert says("net-define", str(file)) == f"Network lab defined from {file}"
    assert says("net-autostart", "lab") == "Network lab marked as autostarted"
    assert says("net-desc", "lab", "a", "network") == "Network description updated successfully"
    assert says("net-desc", "lab") == "a network"
    assert says("net-list", "--all").split()[-4:] == ["lab", "inactive", "yes", "yes"]
    assert says("net-uuid", "lab") == UUID
    told = says("--dry-run", "net-undefine", "lab")
    assert told.startswith("# forget the definition of network 'lab' in ")
    assert "<bridge name='br-lab'" in says("net-dumpxml", "lab")
    metadata = ("net-metadata", "lab", "http://x/y")
    assert says(*metadata, "--key", "o", "--set", "<owner>me</owner>") == "Metadata modified"
    assert says(*metadata) == "<owner>me</owner>"
    assert says("net-undefine", "lab") == "Network lab has been undefined"
    assert "no network with matching name 'lab'" in says("net-info", "lab", status=1)
