"""Network filters."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import NWFilterBindingRef, NWFilterRef


class NWFilter(Handle):
    """A network filter (virNWFilterPtr)."""

    ref: NWFilterRef

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    def undefine(self) -> None:
        """virNWFilterUndefine"""
        self._driver.nwfilter_undefine(self.ref)

    def xml_desc(self) -> str:
        """virNWFilterGetXMLDesc"""
        return self._driver.nwfilter_get_xml_desc(self.ref)


class NWFilterBinding(Handle):
    """A filter bound to a port (virNWFilterBindingPtr)."""

    ref: NWFilterBindingRef

    @property
    def port_dev(self) -> str:
        return self.ref.port_dev

    @property
    def filter_name(self) -> str:
        return self.ref.filter_name

    def delete(self) -> None:
        """virNWFilterBindingDelete"""
        self._driver.nwfilter_binding_delete(self.ref)

    def xml_desc(self) -> str:
        """virNWFilterBindingGetXMLDesc"""
        return self._driver.nwfilter_binding_get_xml_desc(self.ref)


class NWFilterMethods(ConnectionHandle):
    """A connection's methods about network filters."""

    def list_nwfilters(self) -> list[NWFilter]:
        """virConnectListAllNWFilters"""
        return [NWFilter(self, ref) for ref in self.driver.connect_list_all_nwfilters()]

    def nwfilter_lookup_by_name(self, name: str) -> NWFilter:
        """virNWFilterLookupByName"""
        return NWFilter(self, self.driver.nwfilter_lookup_by_name(name))

    def nwfilter_lookup_by_uuid(self, uuid: str) -> NWFilter:
        """virNWFilterLookupByUUIDString"""
        return NWFilter(self, self.driver.nwfilter_lookup_by_uuid_string(uuid))

    def nwfilter_define_xml(self, xml: str, flags: int = 0) -> NWFilter:
        """virNWFilterDefineXMLFlags"""
        return NWFilter(self, self.driver.nwfilter_define_xml_flags(xml, flags=flags))

    def list_nwfilter_bindings(self) -> list[NWFilterBinding]:
        """virConnectListAllNWFilterBindings"""
        return [NWFilterBinding(self, ref) for ref in self.driver.connect_list_all_nwfilter_bindings()]

    def nwfilter_binding_lookup_by_port_dev(self, port_dev: str) -> NWFilterBinding:
        """virNWFilterBindingLookupByPortDev"""
        return NWFilterBinding(self, self.driver.nwfilter_binding_lookup_by_port_dev(port_dev))

    def nwfilter_binding_create_xml(self, xml: str, flags: int = 0) -> NWFilterBinding:
        """virNWFilterBindingCreateXML"""
        return NWFilterBinding(self, self.driver.nwfilter_binding_create_xml(xml, flags=flags))
