"""The host's devices."""

from __future__ import annotations

from virshpy.api.calls import calls
from virshpy.api.handle import Named
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.nodedev import NodeDeviceRef


class NodeDevice(Named):
    """A device of the host (virNodeDevicePtr)."""

    ref: NodeDeviceRef

    create = calls(Driver.node_device_create)
    destroy = calls(Driver.node_device_destroy)
    undefine = calls(Driver.node_device_undefine)
    update = calls(Driver.node_device_update)
    detach = calls(Driver.node_device_detach_flags)
    re_attach = calls(Driver.node_device_re_attach)
    reset = calls(Driver.node_device_reset)
    xml_desc = calls(Driver.node_device_get_xml_desc)
    parent = calls(Driver.node_device_get_parent)
    list_caps = calls(Driver.node_device_list_caps)
    autostart = calls(Driver.node_device_get_autostart)
    set_autostart = calls(Driver.node_device_set_autostart)
    is_active = calls(Driver.node_device_is_active)
    is_persistent = calls(Driver.node_device_is_persistent)
