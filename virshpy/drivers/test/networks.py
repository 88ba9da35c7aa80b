"""Networks of the imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.network import NetworkOperations, NetworkRef
from virshpy.drivers.test.host import Part, checked_uuid
from virshpy.drivers.test.resources import NetworkState
from virshpy.enums import ListNetworksFlags, NetworkEventLifecycleType, NetworkUpdateFlags
from virshpy.xml.network import Network

L, E = ListNetworksFlags, NetworkEventLifecycleType


class Networks(Part, NetworkOperations):
    """virNetwork*, without leases and ports, as libvirt's test driver is."""

    def connect_list_all_networks(self, *, flags: int = 0) -> list[NetworkRef]:
        return [state.ref for state in self.host.resources.networks.values() if _matches(state, flags)]

    def network_lookup_by_name(self, name: str) -> NetworkRef:
        for state in self.host.resources.networks.values():
            if state.document.name == name:
                return state.ref
        raise errors.NoNetwork(f"no network with matching name '{name}'")

    def network_lookup_by_uuid_string(self, uuid: str) -> NetworkRef:
        state = self.host.resources.networks.get(checked_uuid(uuid, "virNetworkLookupByUUIDString"))
        if state is None:
            raise errors.NoNetwork(f"no network with matching uuid '{uuid}'")
        return state.ref

    def network_define_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        document = Network.parse(xml, inactive=True, validate=bool(flags & 1))
        state = self.host.resources.admit_network(document, live=False)
        state.persistent = True
        self.host.tell("network", state.ref, 0, event=E.DEFINED, detail=0)
        return state.ref

    def network_create_xml_flags(self, xml: str, *, flags: int = 0) -> NetworkRef:
        document = Network.parse(xml, inactive=True, validate=bool(flags & 1))
        state = self.host.resources.admit_network(document, live=True)
        state.active = True
        self.host.tell("network", state.ref, 0, event=E.STARTED, detail=0)
        return state.ref

    def network_undefine(self, network: NetworkRef) -> None:
        state = self._network(network)
        if state.active:
            raise errors.OperationInvalid(f"Network '{network.name}' is still running")
        del self.host.resources.networks[network.uuid]
        self.host.tell("network", state.ref, 0, event=E.UNDEFINED, detail=0)

    def network_create(self, network: NetworkRef) -> None:
        state = self._network(network)
        if state.active:
            raise errors.OperationInvalid(f"Network '{network.name}' is already running")
        state.active = True
        self.host.tell("network", state.ref, 0, event=E.STARTED, detail=0)

    def network_destroy(self, network: NetworkRef) -> None:
        state = self._network(network)
        state.active = False
        if not state.persistent:
            del self.host.resources.networks[network.uuid]
        self.host.tell("network", state.ref, 0, event=E.STOPPED, detail=0)

    @accepts(NetworkUpdateFlags.LIVE | NetworkUpdateFlags.CONFIG)
    def network_update(
        self, network: NetworkRef, command: int, section: int, parent_index: int, xml: str, *, flags: int = 0
    ) -> None:
        from virshpy.xml.network.update import update

        state = self._network(network)
        if flags & NetworkUpdateFlags.LIVE and not state.active:
            raise errors.OperationInvalid("network is not running")
        if flags & NetworkUpdateFlags.CONFIG and not state.persistent:
            raise errors.OperationInvalid("cannot change persistent config of a transient network")
        changed = state.document.copy()
        update(changed, command, section, parent_index, xml)
        state.document = changed

    @accepts(0)
    def network_get_xml_desc(self, network: NetworkRef, *, flags: int = 0) -> str:
        return self._network(network).document.format()

    def network_get_bridge_name(self, network: NetworkRef) -> str:
        bridge = self._network(network).document.bridge
        if bridge is None or not bridge.name:
            raise errors.InternalError(f"network '{network.name}' does not have a bridge name.")
        return bridge.name

    def network_get_autostart(self, network: NetworkRef) -> bool:
        return self._network(network).autostart

    def network_set_autostart(self, network: NetworkRef, autostart: bool) -> None:
        self._network(network).autostart = autostart

    def network_is_active(self, network: NetworkRef) -> bool:
        return self._network(network).active

    def network_is_persistent(self, network: NetworkRef) -> bool:
        return self._network(network).persistent

    def _network(self, ref: NetworkRef) -> NetworkState:
        state = self.host.resources.networks.get(ref.uuid)
        if state is None:
            raise errors.NoNetwork(f"no network with matching name '{ref.name}'")
        return state


def _matches(state: NetworkState, flags: int) -> bool:
    questions = (
        (L.ACTIVE, L.INACTIVE, state.active),
        (L.PERSISTENT, L.TRANSIENT, state.persistent),
        (L.AUTOSTART, L.NO_AUTOSTART, state.autostart),
    )
    return all(not flags & (yes | no) or flags & (yes if fact else no) for yes, no, fact in questions)
