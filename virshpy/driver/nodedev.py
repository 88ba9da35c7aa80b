"""Rows: the host's devices."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record


class NodeDeviceRef(Record):
    """remote_nonnull_node_device: what names a device of the host to a driver."""

    __slots__ = ("name",)
    name: str


class NodeDeviceOperations(Contract):
    """The host's devices."""

    @operation("virConnectListAllNodeDevices", flags="ListNodeDevicesFlags", plain="virNodeNumOfDevices")
    def connect_list_all_node_devices(self, *, flags: int = 0) -> list[NodeDeviceRef]: ...

    @operation("virNodeNumOfDevices")
    def node_num_of_devices(self, cap: str | None = None) -> int: ...

    @operation("virNodeDeviceLookupByName")
    def node_device_lookup_by_name(self, name: str) -> NodeDeviceRef: ...

    @operation("virNodeDeviceLookupSCSIHostByWWN")
    def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str) -> NodeDeviceRef: ...

    @operation("virNodeDeviceGetXMLDesc", flags="NodeDeviceXMLFlags")
    def node_device_get_xml_desc(self, device: NodeDeviceRef, *, flags: int = 0) -> str: ...

    @operation("virNodeDeviceGetParent")
    def node_device_get_parent(self, device: NodeDeviceRef) -> str | None: ...

    @operation("virNodeDeviceListCaps")
    def node_device_list_caps(self, device: NodeDeviceRef) -> list[str]: ...

    @operation("virNodeDeviceCreateXML", writes=True, flags="NodeDeviceCreateXMLFlags")
    def node_device_create_xml(self, xml: str, *, flags: int = 0) -> NodeDeviceRef: ...

    @operation("virNodeDeviceDefineXML", writes=True, flags="NodeDeviceDefineXMLFlags")
    def node_device_define_xml(self, xml: str, *, flags: int = 0) -> NodeDeviceRef: ...

    @operation("virNodeDeviceUpdate", writes=True, flags="NodeDeviceUpdateFlags")
    def node_device_update(self, device: NodeDeviceRef, xml: str, *, flags: int = 0) -> None:
        """Since libvirt 10.1."""

    @operation("virNodeDeviceCreate", writes=True)
    def node_device_create(self, device: NodeDeviceRef) -> None: ...

    @operation("virNodeDeviceDestroy", writes=True)
    def node_device_destroy(self, device: NodeDeviceRef) -> None: ...

    @operation("virNodeDeviceUndefine", writes=True)
    def node_device_undefine(self, device: NodeDeviceRef) -> None: ...

    @operation("virNodeDeviceDetachFlags", writes=True, plain="virNodeDeviceDettach", newer="driver_name")
    def node_device_detach_flags(self, device: NodeDeviceRef, driver_name: str | None = None) -> None: ...

    @operation("virNodeDeviceReAttach", writes=True)
    def node_device_re_attach(self, device: NodeDeviceRef) -> None: ...

    @operation("virNodeDeviceReset", writes=True)
    def node_device_reset(self, device: NodeDeviceRef) -> None: ...

    @operation("virNodeDeviceGetAutostart", writes=True)
    def node_device_get_autostart(self, device: NodeDeviceRef) -> bool: ...

    @operation("virNodeDeviceSetAutostart", writes=True)
    def node_device_set_autostart(self, device: NodeDeviceRef, autostart: bool) -> None: ...

    @operation("virNodeDeviceIsActive")
    def node_device_is_active(self, device: NodeDeviceRef) -> bool: ...

    @operation("virNodeDeviceIsPersistent")
    def node_device_is_persistent(self, device: NodeDeviceRef) -> bool: ...
