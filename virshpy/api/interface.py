"""The host's network interfaces."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import InterfaceRef


class Interface(Handle):
    """A network interface of the host (virInterfacePtr)."""

    ref: InterfaceRef

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def mac(self) -> str:
        return self.ref.mac

    def undefine(self) -> None:
        """virInterfaceUndefine"""
        self._driver.interface_undefine(self.ref)

    def create(self) -> None:
        """virInterfaceCreate"""
        self._driver.interface_create(self.ref)

    def destroy(self) -> None:
        """virInterfaceDestroy"""
        self._driver.interface_destroy(self.ref)

    def xml_desc(self, flags: int = 0) -> str:
        """virInterfaceGetXMLDesc"""
        return self._driver.interface_get_xml_desc(self.ref, flags=flags)

    def is_active(self) -> bool:
        """virInterfaceIsActive"""
        return self._driver.interface_is_active(self.ref)


class InterfaceMethods(ConnectionHandle):
    """A connection's methods about the host's network interfaces."""

    def list_interfaces(self, flags: int = 0) -> list[Interface]:
        """virConnectListAllInterfaces"""
        return [Interface(self, ref) for ref in self.driver.connect_list_all_interfaces(flags=flags)]

    def interface_lookup_by_name(self, name: str) -> Interface:
        """virInterfaceLookupByName"""
        return Interface(self, self.driver.interface_lookup_by_name(name))

    def interface_lookup_by_mac(self, mac: str) -> Interface:
        """virInterfaceLookupByMACString"""
        return Interface(self, self.driver.interface_lookup_by_mac_string(mac))

    def interface_define_xml(self, xml: str, flags: int = 0) -> Interface:
        """virInterfaceDefineXML"""
        return Interface(self, self.driver.interface_define_xml(xml, flags=flags))

    def interface_change_begin(self) -> None:
        """virInterfaceChangeBegin"""
        self.driver.interface_change_begin()

    def interface_change_commit(self) -> None:
        """virInterfaceChangeCommit"""
        self.driver.interface_change_commit()

    def interface_change_rollback(self) -> None:
        """virInterfaceChangeRollback"""
        self.driver.interface_change_rollback()
