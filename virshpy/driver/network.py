"""Rows: virtual networks and their ports."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.enums import IPAddrType
    from virshpy.enums.parameters import Parameters


class NetworkRef(Record):
    """remote_nonnull_network: what names a network to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class NetworkPortRef(Record):
    """remote_nonnull_network_port: what names a port of a network to a driver."""

    __slots__ = ("network", "uuid")
    network: NetworkRef
    uuid: str


class DHCPLease(Record):
    """virNetworkDHCPLease: expiry_time in seconds since 1970 (0: never), type is an IPAddrType."""

    __slots__ = ("iface", "expiry_time", "type", "mac", "iaid", "ipaddr", "prefix", "hostname", "clientid")
    iface: str
    expiry_time: int
    type: IPAddrType | int
    mac: str | None
    iaid: str | None
    ipaddr: str
    prefix: int
    hostname: str | None
    clientid: str | None


class NetworkOperations(Contract):
    """Virtual networks and their ports."""

    @operation("virConnectListAllNetworks", flags="ListNetworksFlags", plain="virConnectNumOfNetworks")
    def connect_list_all_networks(self, *, flags: int = 0) -> list[NetworkRef]: ...

    @operation("virNetworkLookupByName")
    def network_lookup_by_name(self, name: str) -> NetworkRef: ...

    @operation("virNetworkLookupByUUIDString", plain="virNetworkLookupByUUID")
    def network_lookup_by_uuid_string(self, uuid: str) -> NetworkRef: ...

    @operation("virNetworkDefineXMLFlags", writes=True, flags="NetworkDefineFlags", plain="virNetworkDefineXML")
    def network_define_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef: ...

    @operation("virNetworkCreateXMLFlags", writes=True, flags="NetworkCreateFlags", plain="virNetworkCreateXML")
    def network_create_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef: ...

    @operation("virNetworkUndefine", writes=True)
    def network_undefine(self, network: NetworkRef) -> None: ...

    @operation("virNetworkCreate", writes=True)
    def network_create(self, network: NetworkRef) -> None: ...

    @operation("virNetworkDestroy", writes=True)
    def network_destroy(self, network: NetworkRef) -> None: ...

    @operation("virNetworkUpdate", writes=True, flags="NetworkUpdateFlags")
    def network_update(
        self, network: NetworkRef, command: int, section: int, parent_index: int, xml: str, *, flags: int = 0
    ) -> None:
        """``command`` is a NetworkUpdateCommand, ``section`` a NetworkUpdateSection."""

    @operation("virNetworkGetXMLDesc", flags="NetworkXMLFlags")
    def network_get_xml_desc(self, network: NetworkRef, *, flags: int = 0) -> str: ...

    @operation("virNetworkGetBridgeName")
    def network_get_bridge_name(self, network: NetworkRef) -> str: ...

    @operation("virNetworkGetAutostart")
    def network_get_autostart(self, network: NetworkRef) -> bool: ...

    @operation("virNetworkSetAutostart", writes=True)
    def network_set_autostart(self, network: NetworkRef, autostart: bool) -> None: ...

    @operation("virNetworkIsActive")
    def network_is_active(self, network: NetworkRef) -> bool: ...

    @operation("virNetworkIsPersistent")
    def network_is_persistent(self, network: NetworkRef) -> bool: ...

    @operation("virNetworkGetDHCPLeases")
    def network_get_dhcp_leases(self, network: NetworkRef, mac: str | None = None) -> list[DHCPLease]: ...

    @operation("virNetworkSetMetadata", writes=True, flags="NetworkUpdateFlags")
    def network_set_metadata(
        self,
        network: NetworkRef,
        kind: int,
        text: str | None = None,
        key: str | None = None,
        uri: str | None = None,
        *,
        flags: int = 0,
    ) -> None:
        """Since libvirt 9.7; ``kind`` is a MetadataType."""

    @operation("virNetworkGetMetadata", flags="NetworkUpdateFlags")
    def network_get_metadata(self, network: NetworkRef, kind: int, uri: str | None = None, *, flags: int = 0) -> str:
        """Since libvirt 9.7. Raises NoNetworkMetadata where there is none."""

    @operation("virNetworkListAllPorts")
    def network_list_all_ports(self, network: NetworkRef) -> list[NetworkPortRef]: ...

    @operation("virNetworkPortLookupByUUIDString", plain="virNetworkPortLookupByUUID")
    def network_port_lookup_by_uuid_string(self, network: NetworkRef, uuid: str) -> NetworkPortRef: ...

    @operation("virNetworkPortCreateXML", writes=True, flags="NetworkPortCreateFlags")
    def network_port_create_xml(self, network: NetworkRef, xml: str, *, flags: int = 0) -> NetworkPortRef: ...

    @operation("virNetworkPortDelete", writes=True)
    def network_port_delete(self, port: NetworkPortRef) -> None: ...

    @operation("virNetworkPortGetXMLDesc")
    def network_port_get_xml_desc(self, port: NetworkPortRef) -> str: ...

    @operation("virNetworkPortGetParameters", params="Bandwidth")
    def network_port_get_parameters(self, port: NetworkPortRef) -> Parameters: ...

    @operation("virNetworkPortSetParameters", writes=True, params="Bandwidth")
    def network_port_set_parameters(self, port: NetworkPortRef, params: Parameters) -> None: ...
