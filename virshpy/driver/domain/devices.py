"""Rows: devices and what is plugged into a domain."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.driver.stream import Stream
    from virshpy.enums import IPAddrType
    from virshpy.enums.parameters import Parameters


class IOThreadInfo(Record):
    """virDomainIOThreadInfo: its id and the host processors that it may use."""

    __slots__ = ("iothread_id", "cpus")
    iothread_id: int
    cpus: list[int]


class InterfaceStats(Record):
    """virDomainInterfaceStats; None for a figure that the driver has not."""

    __slots__ = ("rx_bytes", "rx_packets", "rx_errs", "rx_drop", "tx_bytes", "tx_packets", "tx_errs", "tx_drop")
    rx_bytes: int | None
    rx_packets: int | None
    rx_errs: int | None
    rx_drop: int | None
    tx_bytes: int | None
    tx_packets: int | None
    tx_errs: int | None
    tx_drop: int | None


class IPAddress(Record):
    """virDomainIPAddress: type (IPAddrType), address, prefix length."""

    __slots__ = ("type", "addr", "prefix")
    type: IPAddrType | int
    addr: str
    prefix: int


class InterfaceAddresses(Record):
    """virDomainInterface: an interface of the guest with its addresses."""

    __slots__ = ("name", "hwaddr", "addrs")
    name: str
    hwaddr: str | None
    addrs: list[IPAddress]


class DeviceOperations(Contract):
    """Devices and what is plugged into a domain."""

    @operation(
        "virDomainAttachDeviceFlags",
        writes=True,
        flags="DeviceModifyFlags",
        plain="virDomainAttachDevice",
        plainly="LIVE",
    )
    def domain_attach_device_flags(self, domain: DomainRef, xml: str, *, flags: int = 0) -> None: ...

    @operation(
        "virDomainDetachDeviceFlags",
        writes=True,
        flags="DeviceModifyFlags",
        plain="virDomainDetachDevice",
        plainly="LIVE",
    )
    def domain_detach_device_flags(self, domain: DomainRef, xml: str, *, flags: int = 0) -> None: ...

    @operation("virDomainDetachDeviceAlias", writes=True, flags="DeviceModifyFlags")
    def domain_detach_device_alias(self, domain: DomainRef, alias: str, *, flags: int = 0) -> None: ...

    @operation("virDomainUpdateDeviceFlags", writes=True, flags="DeviceModifyFlags")
    def domain_update_device_flags(self, domain: DomainRef, xml: str, *, flags: int = 0) -> None: ...

    @operation("virDomainInterfaceStats")
    def domain_interface_stats(self, domain: DomainRef, device: str) -> InterfaceStats:
        """``device`` is the target's name or the MAC address."""

    @operation("virDomainInterfaceAddresses", writes=True)
    def domain_interface_addresses(self, domain: DomainRef, source: int) -> list[InterfaceAddresses]:
        """``source`` is an InterfaceAddressesSource."""

    @operation("virDomainGetInterfaceParameters", flags="ModificationImpact", params="Bandwidth")
    def domain_get_interface_parameters(self, domain: DomainRef, device: str, *, flags: int = 0) -> Parameters: ...

    @operation("virDomainSetInterfaceParameters", writes=True, flags="ModificationImpact", params="Bandwidth")
    def domain_set_interface_parameters(
        self, domain: DomainRef, device: str, params: Parameters, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainAddIOThread", writes=True, flags="ModificationImpact")
    def domain_add_iothread(self, domain: DomainRef, iothread_id: int, *, flags: int = 0) -> None: ...

    @operation("virDomainDelIOThread", writes=True, flags="ModificationImpact")
    def domain_del_iothread(self, domain: DomainRef, iothread_id: int, *, flags: int = 0) -> None: ...

    @operation("virDomainGetIOThreadInfo", flags="ModificationImpact")
    def domain_get_iothread_info(self, domain: DomainRef, *, flags: int = 0) -> list[IOThreadInfo]: ...

    @operation("virDomainSetIOThreadParams", writes=True, flags="ModificationImpact", params="IOThread")
    def domain_set_iothread_params(
        self, domain: DomainRef, iothread_id: int, params: Parameters, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainPinIOThread", writes=True, flags="ModificationImpact")
    def domain_pin_iothread(self, domain: DomainRef, iothread_id: int, cpus: list[int], *, flags: int = 0) -> None: ...

    @operation("virDomainOpenChannel", writes=True, flags="ChannelFlags", carries="stream")
    def domain_open_channel(self, domain: DomainRef, name: str | None = None, *, flags: int = 0) -> Stream: ...

    @operation("virDomainOpenGraphics", writes=True, flags="OpenGraphicsFlags", carries="descriptors")
    def domain_open_graphics(self, domain: DomainRef, index: int, fd: int, *, flags: int = 0) -> None:
        """``fd`` is a connected socket that becomes the display's client."""

    @operation("virDomainOpenGraphicsFD", writes=True, flags="OpenGraphicsFlags", carries="descriptors")
    def domain_open_graphics_fd(self, domain: DomainRef, index: int, *, flags: int = 0) -> int:
        """The client's end of a fresh connection to the display."""

    @operation("virDomainGraphicsReload", writes=True)
    def domain_graphics_reload(self, domain: DomainRef, type: int) -> None:
        """Since libvirt 10.2: reload the display's certificates."""

    @operation("virDomainFDAssociate", writes=True, flags="FDAssociateFlags", carries="descriptors")
    def domain_fd_associate(self, domain: DomainRef, name: str, fds: list[int], *, flags: int = 0) -> None: ...

    @operation("virDomainScreenshot", writes=True, carries="stream")
    def domain_screenshot(self, domain: DomainRef, screen: int) -> tuple[str, bytes]:
        """(MIME type, picture)."""

    @operation("virDomainSendKey", writes=True)
    def domain_send_key(self, domain: DomainRef, codeset: int, holdtime: int, keycodes: list[int]) -> None:
        """``codeset`` is a KeycodeSet; ``holdtime`` in milliseconds."""

    @operation("virDomainSendProcessSignal", writes=True)
    def domain_send_process_signal(self, domain: DomainRef, pid_value: int, signum: int) -> None: ...

    @operation("virDomainInjectNMI", writes=True)
    def domain_inject_nmi(self, domain: DomainRef) -> None: ...
