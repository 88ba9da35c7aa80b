"""Rows: the host's network interfaces."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record


class InterfaceRef(Record):
    """remote_nonnull_interface: what names an interface of the host to a driver."""

    __slots__ = ("name", "mac")
    name: str
    mac: str


class InterfaceOperations(Contract):
    """The host's network interfaces."""

    @operation("virConnectListAllInterfaces", flags="ListInterfacesFlags", plain="virConnectNumOfInterfaces")
    def connect_list_all_interfaces(self, *, flags: int = 0) -> list[InterfaceRef]: ...

    @operation("virInterfaceLookupByName")
    def interface_lookup_by_name(self, name: str) -> InterfaceRef: ...

    @operation("virInterfaceLookupByMACString")
    def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef: ...

    @operation("virInterfaceDefineXML", writes=True, flags="InterfaceDefineFlags")
    def interface_define_xml(self, xml: str, *, flags: int = 0) -> InterfaceRef: ...

    @operation("virInterfaceUndefine", writes=True)
    def interface_undefine(self, interface: InterfaceRef) -> None: ...

    @operation("virInterfaceCreate", writes=True)
    def interface_create(self, interface: InterfaceRef) -> None: ...

    @operation("virInterfaceDestroy", writes=True)
    def interface_destroy(self, interface: InterfaceRef) -> None: ...

    @operation("virInterfaceGetXMLDesc", flags="InterfaceXMLFlags")
    def interface_get_xml_desc(self, interface: InterfaceRef, *, flags: int = 0) -> str: ...

    @operation("virInterfaceIsActive")
    def interface_is_active(self, interface: InterfaceRef) -> bool: ...

    @operation("virInterfaceChangeBegin", writes=True)
    def interface_change_begin(self) -> None: ...

    @operation("virInterfaceChangeCommit", writes=True)
    def interface_change_commit(self) -> None: ...

    @operation("virInterfaceChangeRollback", writes=True)
    def interface_change_rollback(self) -> None: ...
