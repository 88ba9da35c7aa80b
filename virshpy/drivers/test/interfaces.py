"""Network interfaces of the imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.interface import InterfaceOperations, InterfaceRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.host import ObjectPart
from virshpy.drivers.test.objects import Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Objects
    from virshpy.xml import interface as xml


class Interfaces(ObjectPart, InterfaceOperations):
    """virInterface*, with changes that can be taken back."""

    _before: list[tuple[str, xml.Interface]] | None = None  # while a change is tried

    @property
    def objects(self) -> Objects[Interface]:
        return self.host.interfaces

    connect_list_all_interfaces = ObjectRows.list_all
    interface_lookup_by_name = ObjectRows.lookup_by_name
    interface_is_active = ObjectRows.is_active

    def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef:
        found = [one for one in self.objects.values() if one.document.address.lower() == mac.lower()]
        if not found:
            raise self.absent("mac", mac)
        if len(found) > 1:
            raise errors.MultipleInterfaces()
        return found[0].ref

    def interface_define_xml(self, xml: str, *, flags: int = 0) -> InterfaceRef:
        document = self.read(xml, validate=bool(flags))
        name = str(document.name)
        one = self.objects.by_name(name) or self.objects.add(Interface(name, ""))
        one.take(document, live=False)
        return one.ref

    def interface_undefine(self, interface: InterfaceRef) -> None:
        del self.objects[self.objects.find(interface).name]

    def interface_create(self, interface: InterfaceRef) -> None:
        one = self.objects.find(interface)
        if one.active:
            raise errors.OperationInvalid()
        one.active = True

    def interface_destroy(self, interface: InterfaceRef) -> None:
        one = self.objects.find(interface)
        if not one.active:
            raise errors.OperationInvalid()
        one.active = False

    @accepts(0)
    def interface_get_xml_desc(self, interface: InterfaceRef, *, flags: int = 0) -> str:
        return self.objects.text(self.objects.find(interface))

    def interface_change_begin(self) -> None:
        """What a rollback brings back is down, as libvirt has it."""
        if self._before is not None:
            raise errors.OperationInvalid("there is another transaction running.")
        self._before = [(one.name, one.document) for one in self.objects.values()]

    def interface_change_commit(self) -> None:
        if self._before is None:
            raise errors.OperationInvalid("no transaction running, nothing to be committed.")
        self._before = None

    def interface_change_rollback(self) -> None:
        if self._before is None:
            raise errors.OperationInvalid("no transaction running, nothing to rollback.")
        self.objects.clear()
        for name, document in self._before:
            self.objects.add(Interface(name, "")).take(document, live=False)
        self._before = None
