"""Virtual networks and their ports."""

from __future__ import annotations

from virshpy.api import kinds
from virshpy.api.calls import calls, gives, lists
from virshpy.api.handle import Handle, Identified
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.network import NetworkPortRef, NetworkRef


class Network(Identified):
    """A virtual network (virNetworkPtr)."""

    ref: NetworkRef

    create = calls(Driver.network_create)
    destroy = calls(Driver.network_destroy)
    undefine = calls(Driver.network_undefine)
    update = calls(Driver.network_update)
    xml_desc = calls(Driver.network_get_xml_desc)
    metadata = calls(Driver.network_get_metadata)
    set_metadata = calls(Driver.network_set_metadata)
    autostart = calls(Driver.network_get_autostart)
    set_autostart = calls(Driver.network_set_autostart)
    is_active = calls(Driver.network_is_active)
    is_persistent = calls(Driver.network_is_persistent)
    bridge_name = calls(Driver.network_get_bridge_name)
    dhcp_leases = calls(Driver.network_get_dhcp_leases)
    list_ports = lists(Driver.network_list_all_ports, kinds.network_port)
    port_lookup_by_uuid = gives(Driver.network_port_lookup_by_uuid_string, kinds.network_port)
    port_create_xml = gives(Driver.network_port_create_xml, kinds.network_port)


class NetworkPort(Handle):
    """A port of a virtual network (virNetworkPortPtr)."""

    ref: NetworkPortRef

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    delete = calls(Driver.network_port_delete)
    xml_desc = calls(Driver.network_port_get_xml_desc)
    parameters = calls(Driver.network_port_get_parameters)
    set_parameters = calls(Driver.network_port_set_parameters)
