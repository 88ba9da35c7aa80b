"""A domain's methods about devices."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.structures import InterfaceAddresses, InterfaceStats, IOThreadInfo
    from virshpy.driver.types import Stream


class DeviceMethods(DomainHandle):
    """A domain's methods about devices."""

    def attach_device(self, xml: str, flags: int = 0) -> None:
        """virDomainAttachDeviceFlags"""
        self._driver.domain_attach_device_flags(self.ref, xml, flags=flags)

    def detach_device(self, xml: str, flags: int = 0) -> None:
        """virDomainDetachDeviceFlags"""
        self._driver.domain_detach_device_flags(self.ref, xml, flags=flags)

    def detach_device_alias(self, alias: str, flags: int = 0) -> None:
        """virDomainDetachDeviceAlias"""
        self._driver.domain_detach_device_alias(self.ref, alias, flags=flags)

    def update_device(self, xml: str, flags: int = 0) -> None:
        """virDomainUpdateDeviceFlags"""
        self._driver.domain_update_device_flags(self.ref, xml, flags=flags)

    def interface_stats(self, device: str) -> InterfaceStats:
        """virDomainInterfaceStats: ``device`` is the target's name or the MAC address."""
        return self._driver.domain_interface_stats(self.ref, device)

    def interface_addresses(self, source: int) -> list[InterfaceAddresses]:
        """virDomainInterfaceAddresses: ``source`` is an InterfaceAddressesSource."""
        return self._driver.domain_interface_addresses(self.ref, source)

    def interface_parameters(self, device: str, flags: int = 0) -> dict[str, Any]:
        """virDomainGetInterfaceParameters"""
        return self._driver.domain_get_interface_parameters(self.ref, device, flags=flags)

    def set_interface_parameters(self, device: str, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetInterfaceParameters"""
        self._driver.domain_set_interface_parameters(self.ref, device, params, flags=flags)

    def add_iothread(self, iothread_id: int, flags: int = 0) -> None:
        """virDomainAddIOThread"""
        self._driver.domain_add_iothread(self.ref, iothread_id, flags=flags)

    def del_iothread(self, iothread_id: int, flags: int = 0) -> None:
        """virDomainDelIOThread"""
        self._driver.domain_del_iothread(self.ref, iothread_id, flags=flags)

    def iothread_info(self, flags: int = 0) -> list[IOThreadInfo]:
        """virDomainGetIOThreadInfo"""
        return self._driver.domain_get_iothread_info(self.ref, flags=flags)

    def set_iothread_params(self, iothread_id: int, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetIOThreadParams"""
        self._driver.domain_set_iothread_params(self.ref, iothread_id, params, flags=flags)

    def pin_iothread(self, iothread_id: int, cpus: list[int], flags: int = 0) -> None:
        """virDomainPinIOThread"""
        self._driver.domain_pin_iothread(self.ref, iothread_id, cpus, flags=flags)

    def open_channel(self, name: str | None = None, flags: int = 0) -> Stream:
        """virDomainOpenChannel"""
        return self._driver.domain_open_channel(self.ref, name, flags=flags)

    def open_graphics(self, index: int, fd: int, flags: int = 0) -> None:
        """virDomainOpenGraphics: ``fd`` is a connected socket that becomes the display's client."""
        self._driver.domain_open_graphics(self.ref, index, fd, flags=flags)

    def open_graphics_fd(self, index: int, flags: int = 0) -> int:
        """virDomainOpenGraphicsFD: the client's end of a fresh connection to the display."""
        return self._driver.domain_open_graphics_fd(self.ref, index, flags=flags)

    def graphics_reload(self, type: int) -> None:
        """virDomainGraphicsReload: since libvirt 10.2: reload the display's certificates."""
        self._driver.domain_graphics_reload(self.ref, type)

    def fd_associate(self, name: str, fds: list[int], flags: int = 0) -> None:
        """virDomainFDAssociate"""
        self._driver.domain_fd_associate(self.ref, name, fds, flags=flags)

    def screenshot(self, screen: int) -> tuple[str, bytes]:
        """virDomainScreenshot: (MIME type, picture)."""
        return self._driver.domain_screenshot(self.ref, screen)

    def send_key(self, codeset: int, holdtime: int, keycodes: list[int]) -> None:
        """virDomainSendKey: ``codeset`` is a KeycodeSet; ``holdtime`` in milliseconds."""
        self._driver.domain_send_key(self.ref, codeset, holdtime, keycodes)

    def send_process_signal(self, pid_value: int, signum: int) -> None:
        """virDomainSendProcessSignal"""
        self._driver.domain_send_process_signal(self.ref, pid_value, signum)

    def inject_nmi(self) -> None:
        """virDomainInjectNMI"""
        self._driver.domain_inject_nmi(self.ref)
