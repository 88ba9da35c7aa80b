"""Rows about a connection and its host (virConnect*, virNode*)."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.driver.types import DomainRef, NodeInfo, SecurityModel


class ConnectionOperations(Contract):
    """The host behind a connection. All strings are text, XML documents included."""

    def close(self) -> None:
        """Let go of everything that only this connection holds (virConnectClose); autodestroy guests end here."""

    def on_warning(self, hear: Callable[[str], None]) -> None:
        """Hand sentences about documents (what was kept and not understood) to ``hear``; virshpy's own, not a row."""

    @operation("virConnectGetType")
    def connect_get_type(self) -> str:
        """The driver's name as libvirt has it: ``QEMU``, ``Test``."""

    @operation("virConnectGetVersion")
    def connect_get_version(self) -> int:
        """The hypervisor's version as major * 1,000,000 + minor * 1,000 + release."""

    @operation("virConnectGetLibVersion")
    def connect_get_lib_version(self) -> int:
        """virshpy's own version in the same form."""

    @operation("virConnectGetHostname")
    def connect_get_hostname(self) -> str: ...

    @operation("virConnectGetURI")
    def connect_get_uri(self) -> str:
        """The URI in its canonical form."""

    @operation("virConnectGetMaxVcpus")
    def connect_get_max_vcpus(self, virt_type: str | None) -> int: ...

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
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None, *, flags: int = 0
    ) -> str: ...

    @operation("virConnectDomainXMLToNative", writes=True)
    def connect_domain_xml_to_native(self, native_format: str, xml: str) -> str: ...

    @operation("virConnectDomainXMLFromNative", writes=True)
    def connect_domain_xml_from_native(self, native_format: str, config: str) -> str: ...

    @operation("virNodeGetInfo")
    def node_get_info(self) -> NodeInfo: ...

    @operation("virNodeGetSecurityModel")
    def node_get_security_model(self) -> SecurityModel: ...

    @operation("virNodeGetFreeMemory")
    def node_get_free_memory(self) -> int:
        """Free memory of the host in bytes."""

    @operation("virConnectListAllDomains", flags="ListDomainsFlags")
    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        """Domains that match; flags of one group are alternatives, groups narrow each other."""

    @operation("virConnectGetAllDomainStats", flags="GetAllDomainStatsFlags")
    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, dict[str, Any]]]:
        """Per domain the typed parameters of virsh domstats, keyed ``state.state`` and so on; one call for all."""
