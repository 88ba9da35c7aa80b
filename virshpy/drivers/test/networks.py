"""Networks of the imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.network import NetworkOperations, NetworkRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.host import ObjectPart
from virshpy.enums import NetworkEventLifecycleType, NetworkUpdateFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Network, Objects

E = NetworkEventLifecycleType


class Networks(ObjectPart, NetworkOperations):
    """virNetwork*, without leases and ports, as libvirt's test driver is."""

    @property
    def objects(self) -> Objects[Network]:
        return self.host.networks

    connect_list_all_networks = ObjectRows.list_all
    network_lookup_by_name = ObjectRows.lookup_by_name
    network_lookup_by_uuid_string = ObjectRows.lookup_by_uuid
    network_get_autostart = ObjectRows.get_autostart
    network_set_autostart = ObjectRows.set_autostart
    network_get_metadata = ObjectRows.get_metadata
    network_set_metadata = ObjectRows.set_metadata
    network_is_active = ObjectRows.is_active
    network_is_persistent = ObjectRows.is_persistent

    def network_define_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        ref: NetworkRef = self.define_xml(xml, flags=flags)
        return self._tell(ref, E.DEFINED)

    def network_create_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        document = self.read(xml, validate=bool(flags))
        return self._tell(self.objects.admit(document, live=True).ref, E.STARTED)

    def network_undefine(self, network: NetworkRef) -> None:
        if self.objects.find(network).active:
            raise errors.OperationInvalid(f"Network '{network.name}' is still running")
        self.undefine(network)
        self._tell(network, E.UNDEFINED)

    def network_create(self, network: NetworkRef) -> None:
        one = self.objects.find(network)
        if one.active:
            raise errors.OperationInvalid(f"Network '{network.name}' is already running")
        one.active = True
        self._tell(network, E.STARTED)

    def network_destroy(self, network: NetworkRef) -> None:
        self.objects.stop(self.objects.find(network))
        self._tell(network, E.STOPPED)

    def _tell(self, ref: NetworkRef, event: int) -> NetworkRef:
        self.host.tell("network", ref, 0, event=event, detail=0)
        return ref

    @accepts(NetworkUpdateFlags.LIVE | NetworkUpdateFlags.CONFIG)
    def network_update(
        self, network: NetworkRef, command: int, section: int, parent_index: int, xml: str, *, flags: int = 0
    ) -> None:
        from virshpy.xml.network.update import update

        one = self.objects.find(network)
        if flags & NetworkUpdateFlags.LIVE and not one.active:
            raise errors.OperationInvalid("network is not running")
        if flags & NetworkUpdateFlags.CONFIG and not one.persistent:
            raise errors.OperationInvalid("cannot change persistent config of a transient network")
        changed = one.document.copy()
        update(changed, command, section, parent_index, xml)
        one.document = changed

    @accepts(0)
    def network_get_xml_desc(self, network: NetworkRef, *, flags: int = 0) -> str:
        return self.objects.text(self.objects.find(network))

    def network_get_bridge_name(self, network: NetworkRef) -> str:
        bridge = self.objects.find(network).document.bridge
        if bridge is None or not bridge.name:
            raise errors.InternalError(f"network '{network.name}' does not have a bridge name.")
        return bridge.name
