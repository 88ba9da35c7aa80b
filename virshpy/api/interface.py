"""The host's network interfaces."""

from __future__ import annotations

from virshpy.api.calls import calls
from virshpy.api.handle import Named
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.interface import InterfaceRef


class Interface(Named):
    """A network interface of the host (virInterfacePtr)."""

    ref: InterfaceRef

    @property
    def mac(self) -> str:
        return self.ref.mac

    create = calls(Driver.interface_create)
    destroy = calls(Driver.interface_destroy)
    undefine = calls(Driver.interface_undefine)
    xml_desc = calls(Driver.interface_get_xml_desc)
    is_active = calls(Driver.interface_is_active)
