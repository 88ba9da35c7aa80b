"""The host's devices."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import NodeDeviceRef


class NodeDevice(Handle):
    """A device of the host (virNodeDevicePtr)."""

    ref: NodeDeviceRef

    @property
    def name(self) -> str:
        return self.ref.name

    def xml_desc(self, flags: int = 0) -> str:
        """virNodeDeviceGetXMLDesc"""
        return self._driver.node_device_get_xml_desc(self.ref, flags=flags)

    def parent(self) -> str | None:
        """virNodeDeviceGetParent"""
        return self._driver.node_device_get_parent(self.ref)

    def list_caps(self) -> list[str]:
        """virNodeDeviceListCaps"""
        return self._driver.node_device_list_caps(self.ref)

    def update(self, xml: str, flags: int = 0) -> None:
        """virNodeDeviceUpdate: since libvirt 10.1."""
        self._driver.node_device_update(self.ref, xml, flags=flags)

    def create(self) -> None:
        """virNodeDeviceCreate"""
        self._driver.node_device_create(self.ref)

    def destroy(self) -> None:
        """virNodeDeviceDestroy"""
        self._driver.node_device_destroy(self.ref)

    def undefine(self) -> None:
        """virNodeDeviceUndefine"""
        self._driver.node_device_undefine(self.ref)

    def detach(self, driver_name: str | None = None) -> None:
        """virNodeDeviceDetachFlags"""
        self._driver.node_device_detach_flags(self.ref, driver_name)

    def re_attach(self) -> None:
        """virNodeDeviceReAttach"""
        self._driver.node_device_re_attach(self.ref)

    def reset(self) -> None:
        """virNodeDeviceReset"""
        self._driver.node_device_reset(self.ref)

    def autostart(self) -> bool:
        """virNodeDeviceGetAutostart"""
        return self._driver.node_device_get_autostart(self.ref)

    def set_autostart(self, autostart: bool) -> None:
        """virNodeDeviceSetAutostart"""
        self._driver.node_device_set_autostart(self.ref, autostart)

    def is_active(self) -> bool:
        """virNodeDeviceIsActive"""
        return self._driver.node_device_is_active(self.ref)

    def is_persistent(self) -> bool:
        """virNodeDeviceIsPersistent"""
        return self._driver.node_device_is_persistent(self.ref)


class NodeDeviceMethods(ConnectionHandle):
    """A connection's methods about the host's devices."""

    def list_node_devices(self, flags: int = 0) -> list[NodeDevice]:
        """virConnectListAllNodeDevices"""
        return [NodeDevice(self, ref) for ref in self.driver.connect_list_all_node_devices(flags=flags)]

    def node_num_of_devices(self, cap: str | None = None) -> int:
        """virNodeNumOfDevices"""
        return self.driver.node_num_of_devices(cap)

    def node_device_lookup_by_name(self, name: str) -> NodeDevice:
        """virNodeDeviceLookupByName"""
        return NodeDevice(self, self.driver.node_device_lookup_by_name(name))

    def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str) -> NodeDevice:
        """virNodeDeviceLookupSCSIHostByWWN"""
        return NodeDevice(self, self.driver.node_device_lookup_scsi_host_by_wwn(wwnn, wwpn))

    def node_device_create_xml(self, xml: str, flags: int = 0) -> NodeDevice:
        """virNodeDeviceCreateXML"""
        return NodeDevice(self, self.driver.node_device_create_xml(xml, flags=flags))

    def node_device_define_xml(self, xml: str, flags: int = 0) -> NodeDevice:
        """virNodeDeviceDefineXML"""
        return NodeDevice(self, self.driver.node_device_define_xml(xml, flags=flags))
