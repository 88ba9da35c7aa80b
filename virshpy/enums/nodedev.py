"""Numbers about the host's devices."""

from __future__ import annotations

from virshpy.enums.numbers import IntFlag


class ListNodeDevicesFlags(IntFlag):
    """virConnectListAllNodeDeviceFlags"""

    CAP_SYSTEM = 1
    CAP_PCI_DEV = 2
    CAP_USB_DEV = 4
    CAP_USB_INTERFACE = 8
    CAP_NET = 16
    CAP_SCSI_HOST = 32
    CAP_SCSI_TARGET = 64
    CAP_SCSI = 128
    CAP_STORAGE = 256
    CAP_FC_HOST = 512
    CAP_VPORTS = 1024
    CAP_SCSI_GENERIC = 2048
    CAP_DRM = 4096
    CAP_MDEV_TYPES = 8192
    CAP_MDEV = 16384
    CAP_CCW_DEV = 32768
    CAP_CSS_DEV = 65536
    CAP_VDPA = 131072
    CAP_AP_CARD = 262144
    CAP_AP_QUEUE = 524288
    CAP_AP_MATRIX = 1048576
    CAP_VPD = 2097152
    INACTIVE = 1073741824
    ACTIVE = 2147483648


class NodeDeviceCreateXMLFlags(IntFlag):
    """virNodeDeviceCreateXMLFlags"""

    VALIDATE = 1


class NodeDeviceDefineXMLFlags(IntFlag):
    """virNodeDeviceDefineXMLFlags"""

    VALIDATE = 1


class NodeDeviceXMLFlags(IntFlag):
    """virNodeDeviceXMLFlags (since libvirt 10.1)"""

    INACTIVE = 1


class NodeDeviceUpdateFlags(IntFlag):
    """virNodeDeviceUpdateFlags (since libvirt 10.1)"""

    AFFECT_CURRENT = 0
    AFFECT_LIVE = 1
    AFFECT_CONFIG = 2
