"""Network interfaces of the imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.interface import InterfaceOperations, InterfaceRef
from virshpy.drivers.test.host import Part
from virshpy.drivers.test.resources import InterfaceState, Resources
from virshpy.enums import ListInterfacesFlags
from virshpy.xml.interface import Interface

L = ListInterfacesFlags


class Interfaces(Part, InterfaceOperations):
    """virInterface*, with changes that can be taken back."""

    @property
    def _there(self) -> Resources:
        return self.host.resources

    def connect_list_all_interfaces(self, *, flags: int = 0) -> list[InterfaceRef]:
        wanted = flags or L.ACTIVE | L.INACTIVE
        states = self._there.interfaces.values()
        return [state.ref for state in states if wanted & (L.ACTIVE if state.active else L.INACTIVE)]

    def interface_lookup_by_name(self, name: str) -> InterfaceRef:
        return self._interface(InterfaceRef(name, "")).ref

    def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef:
        found = [state for state in self._there.interfaces.values() if state.document.address.lower() == mac.lower()]
        if not found:
            raise errors.NoInterface(f"no interface with matching mac '{mac}'")
        if len(found) > 1:
            raise errors.MultipleInterfaces()
        return found[0].ref

    def interface_define_xml(self, xml: str, *, flags: int = 0) -> InterfaceRef:
        document = Interface.parse(xml, validate=bool(flags))
        old = self._there.interfaces.get(str(document.name))
        state = self._there.interfaces[str(document.name)] = InterfaceState(document, bool(old and old.active))
        return state.ref

    def interface_undefine(self, interface: InterfaceRef) -> None:
        self._interface(interface)
        del self._there.interfaces[interface.name]

    def interface_create(self, interface: InterfaceRef) -> None:
        state = self._interface(interface)
        if state.active:
            raise errors.OperationInvalid()
        state.active = True

    def interface_destroy(self, interface: InterfaceRef) -> None:
        state = self._interface(interface)
        if not state.active:
            raise errors.OperationInvalid()
        state.active = False

    @accepts(0)
    def interface_get_xml_desc(self, interface: InterfaceRef, *, flags: int = 0) -> str:
        return self._interface(interface).document.format()

    def interface_is_active(self, interface: InterfaceRef) -> bool:
        return self._interface(interface).active

    def interface_change_begin(self) -> None:
        """What a rollback brings back is down, as libvirt has it."""
        if self._there.interfaces_before is not None:
            raise errors.OperationInvalid("there is another transaction running.")
        before = self._there.interfaces.items()
        self._there.interfaces_before = {name: InterfaceState(state.document, False) for name, state in before}

    def interface_change_commit(self) -> None:
        if self._there.interfaces_before is None:
            raise errors.OperationInvalid("no transaction running, nothing to be committed.")
        self._there.interfaces_before = None

    def interface_change_rollback(self) -> None:
        if self._there.interfaces_before is None:
            raise errors.OperationInvalid("no transaction running, nothing to rollback.")
        self._there.interfaces, self._there.interfaces_before = self._there.interfaces_before, None

    def _interface(self, ref: InterfaceRef) -> InterfaceState:
        state = self._there.interfaces.get(ref.name)
        if state is None:
            raise errors.NoInterface(f"no interface with matching name '{ref.name}'")
        return state
