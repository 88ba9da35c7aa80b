"""Rows about a connection and what is behind it (virConnect*)."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.enums.parameters import Parameters


class ConnectionOperations(Contract):
    """The host behind a connection. All strings are text, XML documents included."""

    @operation("virConnectGetType")
    def connect_get_type(self) -> str:
        """The driver's name as libvirt has it: ``QEMU``, ``Test``."""

    @operation("virConnectGetVersion")
    def connect_get_version(self) -> int:
        """The hypervisor's version as major * 1,000,000 + minor * 1,000 + release."""

    @operation("virConnectGetLibVersion")
    def connect_get_lib_version(self) -> int:
        """The version of libvirt that the connection is like, in the same form. Clients ask it what they may use;
        virshpy's own is ``virshpy.__version__``."""

    @operation("virConnectGetHostname")
    def connect_get_hostname(self) -> str: ...

    @operation("virConnectGetURI")
    def connect_get_uri(self) -> str:
        """The URI in its canonical form."""

    @operation("virConnectGetMaxVcpus")
    def connect_get_max_vcpus(self, virt_type: str | None = None) -> int: ...

    @operation("virConnectGetSysinfo")
    def connect_get_sysinfo(self) -> str: ...

    @operation("virConnectIsAlive")
    def connect_is_alive(self) -> bool: ...

    @operation("virConnectIsEncrypted")
    def connect_is_encrypted(self) -> bool: ...

    @operation("virConnectIsSecure")
    def connect_is_secure(self) -> bool: ...

    @operation("virConnectGetCapabilities")
    def connect_get_capabilities(self) -> str: ...

    @operation("virConnectGetDomainCapabilities", flags="DomainCapabilitiesFlags")
    def connect_get_domain_capabilities(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virt_type: str | None = None,
        *,
        flags: int = 0,
    ) -> str: ...

    @operation("virConnectDomainXMLToNative", writes=True)
    def connect_domain_xml_to_native(self, native_format: str, xml: str) -> str: ...

    @operation("virConnectDomainXMLFromNative", writes=True)
    def connect_domain_xml_from_native(self, native_format: str, config: str) -> str: ...

    @operation("virConnectSetKeepAlive")
    def connect_set_keep_alive(self, interval: int, count: int) -> int:
        """0 where it is on, 1 where the peer has none."""

    @operation("virConnectSetIdentity", params="Identity")
    def connect_set_identity(self, params: Parameters) -> None: ...

    @operation("virConnectRegisterCloseCallback", carries="callback")
    def connect_register_close_callback(self, callback: Callable[[int], None]) -> None: ...

    @operation("virConnectUnregisterCloseCallback", carries="callback")
    def connect_unregister_close_callback(self, callback: Callable[[int], None]) -> None: ...
