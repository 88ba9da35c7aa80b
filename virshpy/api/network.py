"""Virtual networks and their ports."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.structures import DHCPLease, NetworkPortRef, NetworkRef


class Network(Handle):
    """A virtual network (virNetworkPtr)."""

    ref: NetworkRef

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    def undefine(self) -> None:
        """virNetworkUndefine"""
        self._driver.network_undefine(self.ref)

    def create(self) -> None:
        """virNetworkCreate"""
        self._driver.network_create(self.ref)

    def destroy(self) -> None:
        """virNetworkDestroy"""
        self._driver.network_destroy(self.ref)

    def update(self, command: int, section: int, parent_index: int, xml: str, flags: int = 0) -> None:
        """virNetworkUpdate: ``command`` is a NetworkUpdateCommand, ``section`` a NetworkUpdateSection."""
        self._driver.network_update(self.ref, command, section, parent_index, xml, flags=flags)

    def xml_desc(self, flags: int = 0) -> str:
        """virNetworkGetXMLDesc"""
        return self._driver.network_get_xml_desc(self.ref, flags=flags)

    def bridge_name(self) -> str:
        """virNetworkGetBridgeName"""
        return self._driver.network_get_bridge_name(self.ref)

    def autostart(self) -> bool:
        """virNetworkGetAutostart"""
        return self._driver.network_get_autostart(self.ref)

    def set_autostart(self, autostart: bool) -> None:
        """virNetworkSetAutostart"""
        self._driver.network_set_autostart(self.ref, autostart)

    def is_active(self) -> bool:
        """virNetworkIsActive"""
        return self._driver.network_is_active(self.ref)

    def is_persistent(self) -> bool:
        """virNetworkIsPersistent"""
        return self._driver.network_is_persistent(self.ref)

    def dhcp_leases(self, mac: str | None = None) -> list[DHCPLease]:
        """virNetworkGetDHCPLeases"""
        return self._driver.network_get_dhcp_leases(self.ref, mac)

    def set_metadata(
        self, kind: int, text: str | None = None, key: str | None = None, uri: str | None = None, flags: int = 0
    ) -> None:
        """virNetworkSetMetadata: since libvirt 9.7; ``kind`` is a MetadataType."""
        self._driver.network_set_metadata(self.ref, kind, text, key, uri, flags=flags)

    def metadata(self, kind: int, uri: str | None = None, flags: int = 0) -> str:
        """virNetworkGetMetadata: since libvirt 9.7. Raises NoNetworkMetadata where there is none."""
        return self._driver.network_get_metadata(self.ref, kind, uri, flags=flags)

    def list_ports(self) -> list[NetworkPort]:
        """virNetworkListAllPorts"""
        return [NetworkPort(self.connection, ref) for ref in self._driver.network_list_all_ports(self.ref)]

    def port_lookup_by_uuid(self, uuid: str) -> NetworkPort:
        """virNetworkPortLookupByUUIDString"""
        return NetworkPort(self.connection, self._driver.network_port_lookup_by_uuid_string(self.ref, uuid))

    def port_create_xml(self, xml: str, flags: int = 0) -> NetworkPort:
        """virNetworkPortCreateXML"""
        return NetworkPort(self.connection, self._driver.network_port_create_xml(self.ref, xml, flags=flags))


class NetworkPort(Handle):
    """A port of a virtual network (virNetworkPortPtr)."""

    ref: NetworkPortRef

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    def delete(self) -> None:
        """virNetworkPortDelete"""
        self._driver.network_port_delete(self.ref)

    def xml_desc(self) -> str:
        """virNetworkPortGetXMLDesc"""
        return self._driver.network_port_get_xml_desc(self.ref)

    def parameters(self) -> dict[str, Any]:
        """virNetworkPortGetParameters"""
        return self._driver.network_port_get_parameters(self.ref)

    def set_parameters(self, params: dict[str, Any]) -> None:
        """virNetworkPortSetParameters"""
        self._driver.network_port_set_parameters(self.ref, params)


class NetworkMethods(ConnectionHandle):
    """A connection's methods about virtual networks and their ports."""

    def list_networks(self, flags: int = 0) -> list[Network]:
        """virConnectListAllNetworks"""
        return [Network(self, ref) for ref in self.driver.connect_list_all_networks(flags=flags)]

    def network_lookup_by_name(self, name: str) -> Network:
        """virNetworkLookupByName"""
        return Network(self, self.driver.network_lookup_by_name(name))

    def network_lookup_by_uuid(self, uuid: str) -> Network:
        """virNetworkLookupByUUIDString"""
        return Network(self, self.driver.network_lookup_by_uuid_string(uuid))

    def network_define_xml(self, xml: str, flags: int = 0) -> Network:
        """virNetworkDefineXMLFlags"""
        return Network(self, self.driver.network_define_xml_flags(xml, flags=flags))

    def network_create_xml(self, xml: str, flags: int = 0) -> Network:
        """virNetworkCreateXMLFlags"""
        return Network(self, self.driver.network_create_xml_flags(xml, flags=flags))
