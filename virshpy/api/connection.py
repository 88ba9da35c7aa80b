"""Connection: the handle that everything else comes from (virConnectPtr)."""

from __future__ import annotations

from virshpy import errors
from virshpy.api.domain import Domain
from virshpy.driver.registry import open_driver
from virshpy.uri import URI, default_uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from virshpy.api.everything import ConnectionMethods
    from virshpy.driver.registry import Driver
    from virshpy.driver.types import NodeInfo, SecurityModel
else:
    from virshpy.api.handle import FarConnection as ConnectionMethods


class Connection(ConnectionMethods):
    """An open connection. Usable as a context manager; every method may raise :class:`virshpy.errors.Error`.

    Here is what most commands need; networks, storage, events and the rest are in the modules of their names.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    @classmethod
    def open(cls, uri: str | None = None, *, readonly: bool = False) -> Connection:
        """See :func:`virshpy.open`."""
        return cls(open_driver(URI(uri or default_uri()), readonly=readonly))

    def close(self) -> None:
        """virConnectClose: guests started with autodestroy by this connection are destroyed."""
        self.driver.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def on_warning(self, hear: Callable[[str], None]) -> None:
        """Have warnings handed to ``hear``: what a document holds that is kept but not understood, and where."""
        self.driver.on_warning(hear)

    # the host
    @property
    def readonly(self) -> bool:
        return self.driver.readonly

    @property
    def uri(self) -> str:
        """virConnectGetURI"""
        return self.driver.connect_get_uri()

    def type(self) -> str:
        """virConnectGetType"""
        return self.driver.connect_get_type()

    def version(self) -> int:
        """virConnectGetVersion: major * 1,000,000 + minor * 1,000 + release of the hypervisor."""
        return self.driver.connect_get_version()

    def lib_version(self) -> int:
        """virConnectGetLibVersion: virshpy's own version in the same form."""
        return self.driver.connect_get_lib_version()

    def hostname(self) -> str:
        """virConnectGetHostname"""
        return self.driver.connect_get_hostname()

    def is_alive(self) -> bool:
        """virConnectIsAlive"""
        return self.driver.connect_is_alive()

    def is_encrypted(self) -> bool:
        """virConnectIsEncrypted"""
        return self.driver.connect_is_encrypted()

    def is_secure(self) -> bool:
        """virConnectIsSecure"""
        return self.driver.connect_is_secure()

    def max_vcpus(self, virt_type: str | None = None) -> int:
        """virConnectGetMaxVcpus"""
        return self.driver.connect_get_max_vcpus(virt_type)

    def sysinfo(self) -> str:
        """virConnectGetSysinfo: the host's SMBIOS data as XML."""
        return self.driver.connect_get_sysinfo()

    def capabilities(self) -> str:
        """virConnectGetCapabilities: XML."""
        return self.driver.connect_get_capabilities()

    def domain_capabilities(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virt_type: str | None = None,
        flags: int = 0,
    ) -> str:
        """virConnectGetDomainCapabilities: XML."""
        return self.driver.connect_get_domain_capabilities(emulator, arch, machine, virt_type, flags=flags)

    def domain_xml_to_native(self, native_format: str, xml: str) -> str:
        """virConnectDomainXMLToNative: a document as a command line (``qemu-argv``)."""
        return self.driver.connect_domain_xml_to_native(native_format, xml)

    def domain_xml_from_native(self, native_format: str, config: str) -> str:
        """virConnectDomainXMLFromNative"""
        return self.driver.connect_domain_xml_from_native(native_format, config)

    def node_info(self) -> NodeInfo:
        """virNodeGetInfo"""
        return self.driver.node_get_info()

    def node_security_model(self) -> SecurityModel:
        """virNodeGetSecurityModel"""
        return self.driver.node_get_security_model()

    def node_free_memory(self) -> int:
        """virNodeGetFreeMemory: bytes."""
        return self.driver.node_get_free_memory()

    # domains
    def list_domains(self, flags: int = 0) -> list[Domain]:
        """virConnectListAllDomains: flags are ListDomainsFlags; none means all."""
        return [Domain(self, ref) for ref in self.driver.connect_list_all_domains(flags=flags)]

    def domain_stats(
        self, domains: Sequence[Domain] | None = None, stats: int = 0, flags: int = 0
    ) -> list[tuple[Domain, dict[str, Any]]]:
        """virConnectGetAllDomainStats, virDomainListGetStats: one call for the state and figures of many domains."""
        refs = None if domains is None else [domain.ref for domain in domains]
        answer = self.driver.connect_get_all_domain_stats(refs, stats, flags=flags)
        return [(Domain(self, ref), parameters) for ref, parameters in answer]

    def lookup_by_name(self, name: str) -> Domain:
        """virDomainLookupByName. Raises NoDomain."""
        return Domain(self, self.driver.domain_lookup_by_name(name))

    def lookup_by_uuid(self, uuid: str) -> Domain:
        """virDomainLookupByUUIDString. Raises NoDomain, InvalidArg for what is no UUID."""
        return Domain(self, self.driver.domain_lookup_by_uuid_string(uuid))

    def lookup_by_id(self, id: int) -> Domain:
        """virDomainLookupByID. Raises NoDomain."""
        return Domain(self, self.driver.domain_lookup_by_id(id))

    def lookup_domain(self, key: str) -> Domain:
        """A domain by id, UUID or name, tried in this order as virsh does. Raises NoDomain."""
        if key.isdecimal():
            try:
                return self.lookup_by_id(int(key))
            except errors.NoDomain:
                pass
        if len(key) == 36:
            try:
                return self.lookup_by_uuid(key)
            except (errors.NoDomain, errors.InvalidArg):
                pass
        return self.lookup_by_name(key)

    def define_xml(self, xml: str, flags: int = 0) -> Domain:
        """virDomainDefineXMLFlags: make or replace a persistent domain."""
        return Domain(self, self.driver.domain_define_xml_flags(xml, flags=flags))

    def create_xml(self, xml: str, flags: int = 0) -> Domain:
        """virDomainCreateXML: start a transient domain."""
        return Domain(self, self.driver.domain_create_xml(xml, flags=flags))

    def plan_define(self, xml: str, flags: int = 0) -> list[str]:
        """What define_xml would do on the host, as shell commands; nothing is done."""
        return self.driver.domain_plan("define", xml, options=flags)
