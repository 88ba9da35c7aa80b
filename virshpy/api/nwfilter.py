"""Network filters and what they are bound to."""

from __future__ import annotations

from virshpy.api.calls import calls
from virshpy.api.handle import Handle, Identified
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.nwfilter import NWFilterBindingRef, NWFilterRef


class NWFilter(Identified):
    """A network filter (virNWFilterPtr)."""

    ref: NWFilterRef

    undefine = calls(Driver.nwfilter_undefine)
    xml_desc = calls(Driver.nwfilter_get_xml_desc)


class NWFilterBinding(Handle):
    """What binds a network filter to a port (virNWFilterBindingPtr)."""

    ref: NWFilterBindingRef

    @property
    def port_dev(self) -> str:
        return self.ref.port_dev

    @property
    def filter_name(self) -> str:
        return self.ref.filter_name

    delete = calls(Driver.nwfilter_binding_delete)
    xml_desc = calls(Driver.nwfilter_binding_get_xml_desc)
