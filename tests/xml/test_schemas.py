"""What libvirt's schemas allow in a document of each kind is declared, or here is why it is not."""

from __future__ import annotations

import pytest

from tests.schemas import SCHEMAS
from tests.xml.grammar import undeclared
from virshpy.xml.backup import Backup
from virshpy.xml.element import Element, attr, one
from virshpy.xml.interface import Interface
from virshpy.xml.moment import Checkpoint, Snapshot
from virshpy.xml.network import Network
from virshpy.xml.nodedev import NodeDevice
from virshpy.xml.nwfilter import Filter, FilterBinding
from virshpy.xml.port import NetworkPort
from virshpy.xml.secret import Secret
from virshpy.xml.storage import Pool, PoolCapabilities
from virshpy.xml.volume import Volume

KINDS: dict[str, type[Element]] = {
    "nwfilter": Filter,
    "nwfilterbinding": FilterBinding,
    "network": Network,
    "networkport": NetworkPort,
    "storagepool": Pool,
    "storagepoolcaps": PoolCapabilities,
    "storagevol": Volume,
    "interface": Interface,
    "secret": Secret,
    "nodedev": NodeDevice,
    "domainsnapshot": Snapshot,
    "domaincheckpoint": Checkpoint,
    "domainbackup": Backup,
}
NOT_DECLARED = {
    "network/bandwidth@classID": "libvirt refuses it, but in a port",
    "network/portgroup/bandwidth@classID": "the same",
    "network/forward/address@multifunction": "libvirt neither reads nor prints it here",
    "networkport/plug/address@multifunction": "libvirt neither reads nor prints it here",
    "pool/source/adapter/parentaddr/address@multifunction": "libvirt neither reads nor prints it here",
    "domainsnapshot/disks/disk/source/privateData": "libvirt's own files only",
    "pool/source/format/product": "libvirt reads it beside <format>",
    "pool/source/format/vendor": "libvirt reads it beside <format>",
}

needs_schemas = pytest.mark.skipif(not SCHEMAS.exists(), reason=f"needs {SCHEMAS} (package libvirt0)")


@needs_schemas
@pytest.mark.parametrize("name", KINDS)
def test_declared(name: str) -> None:
    missing = undeclared(f"{name}.rng", KINDS[name])
    assert missing - NOT_DECLARED.keys() == set()
    assert {place for place in NOT_DECLARED if place.startswith(f"{KINDS[name]._tag}/")} <= missing


@needs_schemas
def test_what_is_missing_is_found() -> None:
    class Port(Element):
        name: str | None = attr()

    class Binding(Element, tag="filterbinding"):
        portdev: Port | None = one(Port, "portdev")

    everything = {"owner", "linkdev", "mac", "filterref"}
    assert undeclared("nwfilterbinding.rng", Binding) == {f"filterbinding/{tag}" for tag in everything}
