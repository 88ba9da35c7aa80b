"""Rows: network filters and what they are bound to."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record


class NWFilterRef(Record):
    """remote_nonnull_nwfilter: what names a filter to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class NWFilterBindingRef(Record):
    """remote_nonnull_nwfilter_binding: what names a binding to a driver."""

    __slots__ = ("port_dev", "filter_name")
    port_dev: str
    filter_name: str


class NWFilterOperations(Contract):
    """Network filters and what they are bound to."""

    @operation("virConnectListAllNWFilters", plain="virConnectNumOfNWFilters")
    def connect_list_all_nwfilters(self) -> list[NWFilterRef]: ...

    @operation("virNWFilterLookupByName")
    def nwfilter_lookup_by_name(self, name: str) -> NWFilterRef: ...

    @operation("virNWFilterLookupByUUIDString", plain="virNWFilterLookupByUUID")
    def nwfilter_lookup_by_uuid_string(self, uuid: str) -> NWFilterRef: ...

    @operation("virNWFilterDefineXMLFlags", writes=True, flags="NWFilterDefineFlags", plain="virNWFilterDefineXML")
    def nwfilter_define_xml_flags(self, xml: str, *, flags: int = 0) -> NWFilterRef: ...

    @operation("virNWFilterUndefine", writes=True)
    def nwfilter_undefine(self, nwfilter: NWFilterRef) -> None: ...

    @operation("virNWFilterGetXMLDesc")
    def nwfilter_get_xml_desc(self, nwfilter: NWFilterRef) -> str: ...

    @operation("virConnectListAllNWFilterBindings")
    def connect_list_all_nwfilter_bindings(self) -> list[NWFilterBindingRef]: ...

    @operation("virNWFilterBindingLookupByPortDev")
    def nwfilter_binding_lookup_by_port_dev(self, port_dev: str) -> NWFilterBindingRef: ...

    @operation("virNWFilterBindingCreateXML", writes=True, flags="NWFilterBindingCreateFlags")
    def nwfilter_binding_create_xml(self, xml: str, *, flags: int = 0) -> NWFilterBindingRef: ...

    @operation("virNWFilterBindingDelete", writes=True)
    def nwfilter_binding_delete(self, binding: NWFilterBindingRef) -> None: ...

    @operation("virNWFilterBindingGetXMLDesc")
    def nwfilter_binding_get_xml_desc(self, binding: NWFilterBindingRef) -> str: ...
