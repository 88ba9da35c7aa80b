"""Devices of the imaginary host: a computer with two Fibre Channel adapters, and virtual ones that come and go."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.nodedev import NodeDeviceOperations, NodeDeviceRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.host import ObjectPart
from virshpy.drivers.test.objects import Device
from virshpy.enums import ListNodeDevicesFlags, NodeDeviceEventLifecycleType
from virshpy.xml.nodedev import FCHost, NodeDevice, VportOps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Objects

L = ListNodeDevicesFlags
_CAPS = sum(int(flag) for flag in L if flag.name and flag.name.startswith("CAP_"))
_FLAGS = {"pci": L.CAP_PCI_DEV, "usb_device": L.CAP_USB_DEV, "usb": L.CAP_USB_INTERFACE, "ccw": L.CAP_CCW_DEV}
_CREATED = "scsi_host12"
_PATTERN = "scsi_host11"


class NodeDevices(ObjectPart, NodeDeviceOperations):
    """virNodeDevice* for devices that are not attached to anything."""

    @property
    def objects(self) -> Objects[Device]:
        return self.host.devices

    @accepts(_CAPS)
    def connect_list_all_node_devices(self, *, flags: int = 0) -> list[NodeDeviceRef]:
        found = self.objects.values()
        return [one.ref for one in found if not flags or any(flags & _flag(kind) for kind in one.document.kinds)]

    def node_num_of_devices(self, cap: str | None = None) -> int:
        return sum(cap is None or cap in one.document.kinds for one in self.objects.values())

    node_device_lookup_by_name = ObjectRows.lookup_by_name
    node_device_get_xml_desc = ObjectRows.get_xml_desc

    def node_device_get_parent(self, device: NodeDeviceRef) -> str | None:
        parent = self.objects.find(device).document.parent
        if parent is None:
            raise errors.InternalError("no parent for this device")
        return parent

    def node_device_list_caps(self, device: NodeDeviceRef) -> list[str]:
        return self.objects.find(device).document.kinds

    def node_device_create_xml(self, xml: str, *, flags: int = 0) -> NodeDeviceRef:
        document = NodeDevice.parse(xml)
        wanted = document.capability(FCHost)
        if wanted is None:
            raise errors.InternalError("Device is not a fibre channel HBA")
        if not wanted.wwnn or not wanted.wwpn:
            raise errors.XMLError("no WWNN/WWPN is supplied for 'new device'")
        if document.parent and document.parent not in self.objects:
            raise errors.InternalError(f"Could not find parent device for '{document.name or 'new device'}'")
        created = self.objects[_PATTERN].document.copy()
        created.name = _CREATED
        created.parent = document.parent or created.parent
        adapter = created.capability(FCHost)
        assert adapter is not None
        adapter.wwnn, adapter.wwpn = wanted.wwnn, wanted.wwpn
        self.objects.add(Device(_CREATED, "", created))
        self.host.tell("device", NodeDeviceRef(_CREATED), 0, event=NodeDeviceEventLifecycleType.CREATED, detail=0)
        return NodeDeviceRef(_CREATED)

    def node_device_destroy(self, device: NodeDeviceRef) -> None:
        """Only virtual adapters go; what is asked of others is passed over, as libvirt does."""
        document = self.objects.find(device).document
        if document.capability(FCHost) is not None and document.capability(VportOps) is None:
            del self.objects[device.name]
            self.host.tell("device", device, 0, event=NodeDeviceEventLifecycleType.DELETED, detail=0)


def _flag(kind: str) -> int:
    if kind in _FLAGS:
        return _FLAGS[kind]
    name = f"CAP_{kind.upper()}"
    return ListNodeDevicesFlags[name] if name in ListNodeDevicesFlags.__members__ else 0
