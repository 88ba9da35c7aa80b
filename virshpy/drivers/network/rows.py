"""The contract's rows about virtual networks: what is on record of them, and their life."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.network import DHCPLease, NetworkOperations, NetworkPortRef, NetworkRef
from virshpy.drivers.network import surroundings
from virshpy.drivers.network.records import Networks
from virshpy.drivers.objects import ObjectRows, checked_uuid
from virshpy.enums import NetworkPortCreateFlags, NetworkUpdateFlags, NetworkXMLFlags
from virshpy.host.namespaces import HOST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site
    from virshpy.xml.network import Network
    from virshpy.xml.node import Warning

_CHANGES = NetworkUpdateFlags.LIVE | NetworkUpdateFlags.CONFIG
UNSPECIFIED = ("0.0.0.0", "::")  # the address of a network that is to be given one


class NetworkRows(ObjectRows, NetworkOperations):
    """virNetwork*."""

    error_domain = errors.ErrorDomain.NETWORK

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.networks = Networks(site)
        if self.networks.served() or self.networks.due() or surroundings.is_there(site):
            from virshpy.drivers.network import upkeep

            upkeep.look_after(self.networks)

    @property
    def objects(self) -> Networks:
        return self.networks

    @property
    def site(self) -> Site:
        return self.networks.site

    def read(self, text: str, *, validate: bool = False) -> Network:
        """A document as it is kept: no name is made up for it."""
        from virshpy.xml.network import Network

        warnings: list[Warning] = []
        document = Network.parse(text, inactive=True, validate=validate, warnings=warnings)
        for warning in warnings:
            self.place.warn(str(warning))
        return document

    def _complete(self, text: str, *, validate: bool) -> Network:
        """A user's document, with all that a network has."""
        from virshpy.drivers.network.complete import complete

        document = self.read(text, validate=validate)
        if "\n" in str(document.name):
            raise errors.XMLDetail("invalid char in name: \n", hint="a name is one line")
        if any(ip.address in UNSPECIFIED for ip in document.ips):
            from virshpy.drivers.network import room

            room.settle(document, self.networks.addresses(document))
        complete(document, lambda name: self._is_taken(name, document))
        return document

    def _is_taken(self, bridge: str, document: Network) -> bool:
        """Whether a bridge's name is another network's, or where it would be made another link's."""
        if self.networks.with_bridge(bridge, document) is not None:
            return True
        return not surroundings.are_own() and HOST.has(bridge)

    # finding
    connect_list_all_networks = ObjectRows.list_all
    network_lookup_by_name = ObjectRows.lookup_by_name
    network_lookup_by_uuid_string = ObjectRows.lookup_by_uuid
    network_is_active = ObjectRows.is_active
    network_is_persistent = ObjectRows.is_persistent
    network_get_autostart = ObjectRows.get_autostart
    network_set_autostart = ObjectRows.set_autostart
    network_get_metadata = ObjectRows.get_metadata
    network_set_metadata = ObjectRows.set_metadata

    @accepts(NetworkXMLFlags.INACTIVE)
    def network_get_xml_desc(self, network: NetworkRef, *, flags: int = 0) -> str:
        row = self.networks.find(network)
        if not row.active or (flags and row.persistent):
            return self.networks.text(row, inactive=bool(flags))
        document = self.networks.document(row)
        self.networks.count_connections(row, document)
        return document.format(secure=True)

    def network_get_bridge_name(self, network: NetworkRef) -> str:
        row = self.networks.find(network)
        if not row.bridge:
            raise errors.InternalError(f"network '{row.name}' does not have a bridge name.")
        return row.bridge

    def network_get_dhcp_leases(self, network: NetworkRef, mac: str | None = None) -> list[DHCPLease]:
        from virshpy.drivers.network import leases, life

        row = self.networks.find(network)
        if not row.active:
            return []
        document = self.networks.document(row)
        return leases.read(document, life.place(self.networks, row.uuid), mac)

    # definitions
    def network_define_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        return self.networks.define(self._complete(xml, validate=bool(flags))).ref

    def network_undefine(self, network: NetworkRef) -> None:
        if not self.networks.find(network).persistent:
            raise errors.OperationInvalid(
                "can't undefine transient network", hint="it has no definition, and is gone when it stops"
            )
        self.undefine(network)

    @accepts(_CHANGES)
    def network_update(
        self, network: NetworkRef, command: int, section: int, parent_index: int, xml: str, *, flags: int = 0
    ) -> None:
        from virshpy.drivers.network import life
        from virshpy.xml.network.update import update

        row = self.networks.find(network)
        live, _ = self.networks.kind.affected(row, flags)

        def edit(document: Network) -> None:
            update(document, command, section, parent_index, xml)
            self.read(document.format(secure=True))  # what it has become must be a network still
            if live:
                life.require_possible(self.networks, row, document)

        self.networks.modify("net-update", network, flags, self.read, edit, self.networks.fall_due if live else None)
        if live:
            with self.networks.lock(row.uuid, "net-update"):
                life.converge(self.networks, row.uuid)

    # life
    def network_create(self, network: NetworkRef) -> None:
        from virshpy.drivers.network import life, upkeep

        upkeep.look_after(self.networks)  # a program may have had its connection for long
        life.start_defined(self.networks, network)

    def network_create_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        from virshpy.drivers.network import life, upkeep

        upkeep.look_after(self.networks)
        document = self._complete(xml, validate=bool(flags))
        with self.networks.lock(str(document.uuid), "net-create"):
            self.networks.admit(document)
            row = self.networks.by_uuid(str(document.uuid))
            if row is not None and row.active:
                raise errors.OperationInvalid(f"network is already active as '{row.name}'")
            life.start(self.networks, "net-create", document)
        return NetworkRef(str(document.name), str(document.uuid))

    def network_destroy(self, network: NetworkRef) -> None:
        from virshpy.drivers.network import life

        life.stop(self.networks, network)

    # ports
    def network_list_all_ports(self, network: NetworkRef) -> list[NetworkPortRef]:
        row = self.networks.require_active(network)
        return [NetworkPortRef(row.ref, uuid) for uuid in self.networks.ports(row.uuid)]

    def network_port_lookup_by_uuid_string(self, network: NetworkRef, uuid: str) -> NetworkPortRef:
        row = self.networks.require_active(network)
        ref = NetworkPortRef(row.ref, checked_uuid(uuid, "virNetworkPortLookupByUUIDString"))
        self.networks.port(ref)
        return ref

    def network_port_create_xml(self, network: NetworkRef, xml: str, *, flags: int = 0) -> NetworkPortRef:
        from virshpy.xml.port import NetworkPort
        from virshpy.xml.uuids import new_uuid

        reclaims = bool(flags & NetworkPortCreateFlags.RECLAIM)
        with self.networks.lock(network.uuid, "net-port-create"):
            row = self.networks.require_active(network)
            port = NetworkPort.parse(xml, validate=bool(flags & NetworkPortCreateFlags.VALIDATE))
            if reclaims != (port.plug is not None):
                said = "but plug type is none" if reclaims else "not requested but plug type is not none"
                raise errors.InvalidArg(f"Port reclaim {'requested ' if reclaims else ''}{said}")
            port.uuid = port.uuid or new_uuid()
            with self.networks.change("net-port-create", row.uuid) as entry:
                entry.finish(
                    lambda: self.networks.plug_in(self.networks.document(row), port, None),
                    f"make a port of network '{row.name}'",
                )
        return NetworkPortRef(row.ref, port.uuid)

    def network_port_get_xml_desc(self, port: NetworkPortRef) -> str:
        self.networks.require_active(port.network)
        return str(self.networks.port(port)["xml"])

    def network_port_delete(self, port: NetworkPortRef) -> None:
        with self.networks.lock(port.network.uuid, "net-port-delete"):
            row = self.networks.require_active(port.network)
            self.networks.port(port)
            with self.networks.change("net-port-delete", row.uuid) as entry:
                entry.finish(
                    lambda: self.networks.unplug(row.uuid, port.uuid), f"remove a port of network '{row.name}'"
                )
