"""A new kind of object, as cheap as it should be: networks that can be defined on this host, and not started.

This is all that define, undefine, list, autostart, dumpxml, desc and metadata take beside the document, the contract
and what virshpy/shell/commands/network.py says to its Noun.
"""

from __future__ import annotations

from typing import Any

from virshpy import errors
from virshpy.driver.network import NetworkOperations, NetworkRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.qemu.driver import QemuDriver
from virshpy.host.objects import Kind, Objects, Row
from virshpy.host.site import Site
from virshpy.uri import URI
from virshpy.xml.network import Network


class NetworkRow(Row):
    bridge: str | None

    @property
    def ref(self) -> NetworkRef:
        return NetworkRef(self.name, self.uuid)


class Networks(Objects[NetworkRow]):
    row = NetworkRow

    def __init__(self, site: Site) -> None:
        super().__init__(site, Kind("network", "Network"), columns=("bridge",))

    def columns_of(self, document: Network) -> dict[str, Any]:
        return {"bridge": document.bridge and document.bridge.name}


class NetworkRows(ObjectRows, NetworkOperations):
    error_domain = errors.ErrorDomain.NETWORK

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.networks = Networks(site)

    @property
    def objects(self) -> Networks:
        return self.networks

    def read(self, text: str, *, validate: bool = False) -> Network:
        return Network.parse(text, inactive=True, validate=validate)

    connect_list_all_networks = ObjectRows.list_all
    network_lookup_by_name = ObjectRows.lookup_by_name
    network_lookup_by_uuid_string = ObjectRows.lookup_by_uuid
    network_define_xml_flags = ObjectRows.define_xml
    network_undefine = ObjectRows.undefine
    network_get_xml_desc = ObjectRows.get_xml_desc
    network_get_autostart = ObjectRows.get_autostart
    network_set_autostart = ObjectRows.set_autostart
    network_get_metadata = ObjectRows.get_metadata
    network_set_metadata = ObjectRows.set_metadata
    network_is_active = ObjectRows.is_active
    network_is_persistent = ObjectRows.is_persistent

    def network_get_bridge_name(self, network: NetworkRef) -> str:
        return self.networks.find(network).bridge or ""


class Driver(QemuDriver):
    parts = QemuDriver.parts | {"network": "tests.drivers.networks:NetworkRows"}


def open_driver(uri: URI, *, readonly: bool) -> Driver:
    return Driver(uri, readonly=readonly)
