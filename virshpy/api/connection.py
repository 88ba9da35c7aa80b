"""Connection: the handle that everything else comes from (virConnectPtr)."""

from __future__ import annotations

from virshpy import enums, errors
from virshpy.api import kinds
from virshpy.api.calls import asks, asks_and_makes, finds, finds_all, hears, reads_from
from virshpy.driver.registry import Driver, open_driver
from virshpy.enums.numbers import known
from virshpy.uri import URI, default_uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.api.rehearsal import Rehearsal


class Connection:
    """An open connection. Usable as a context manager; every method may raise :class:`virshpy.errors.Error`."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    @classmethod
    def open(cls, uri: str | None = None, *, readonly: bool = False) -> Connection:
        """See :func:`virshpy.open`."""
        return cls(open_driver(URI(uri or default_uri()), readonly=readonly))

    default_uri = staticmethod(default_uri)

    def close(self) -> None:
        """virConnectClose: guests started with autodestroy by this connection are destroyed."""
        self.driver.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Domain]:
        """Its domains."""
        return iter(self.list_domains())

    @property
    def connection(self) -> Connection:
        """Itself, as its handles have it too."""
        return self

    def on_warning(self, hear: Callable[[str], None]) -> None:
        """Have warnings handed to ``hear``: what a document holds that is kept but not understood, and where."""
        self.driver.on_warning(hear)

    def progress(self) -> tuple[int, int] | None:
        """(done, total) bytes of the operation that another thread has under way here: a copy, a transfer, a wipe."""
        return self.driver.progress()

    def cancel(self) -> None:
        """Have that operation end with OperationAborted; what it has done is taken back."""
        self.driver.cancel()

    def supports(self, operation: str) -> bool:
        """Whether its driver does an operation at all, by the contract's name: ``"domain_managed_save"``."""
        return self.driver.supports(operation)

    @property
    def readonly(self) -> bool:
        return self.driver.readonly

    # the connection
    @property
    def uri(self) -> str:
        """virConnectGetURI"""
        return self.driver.connect_get_uri()

    type = asks(Driver.connect_get_type)
    version = asks(Driver.connect_get_version)
    lib_version = asks(Driver.connect_get_lib_version)
    hostname = asks(Driver.connect_get_hostname)
    is_alive = asks(Driver.connect_is_alive)
    is_encrypted = asks(Driver.connect_is_encrypted)
    is_secure = asks(Driver.connect_is_secure)
    max_vcpus = asks(Driver.connect_get_max_vcpus)
    sysinfo = asks(Driver.connect_get_sysinfo)
    capabilities = asks(Driver.connect_get_capabilities)
    domain_capabilities = asks(Driver.connect_get_domain_capabilities)
    domain_xml_to_native = asks(Driver.connect_domain_xml_to_native)
    domain_xml_from_native = asks(Driver.connect_domain_xml_from_native)
    set_keep_alive = asks(Driver.connect_set_keep_alive)
    set_identity = asks(Driver.connect_set_identity)
    register_close_callback = asks(Driver.connect_register_close_callback)
    unregister_close_callback = asks(Driver.connect_unregister_close_callback)

    # the host
    node_info = asks(Driver.node_get_info)
    node_security_model = asks(Driver.node_get_security_model)
    node_free_memory = asks(Driver.node_get_free_memory)
    node_cells_free_memory = asks(Driver.node_get_cells_free_memory)
    node_free_pages = asks(Driver.node_get_free_pages)
    node_alloc_pages = asks(Driver.node_alloc_pages)
    node_cpu_map = asks(Driver.node_get_cpu_map)
    node_memory_parameters = asks(Driver.node_get_memory_parameters)
    node_set_memory_parameters = asks(Driver.node_set_memory_parameters)
    node_sev_info = asks(Driver.node_get_sev_info)
    node_suspend_for_duration = asks(Driver.node_suspend_for_duration)

    def node_cpu_stats(self, cpu_num: int) -> dict[str, int]:
        """virNodeGetCPUStats: nanoseconds by kind for one processor, or all with -1."""
        _check_negative(cpu_num, "cpuNum in virNodeGetCPUStats")
        return self.driver.node_get_cpu_stats(cpu_num)

    def node_memory_stats(self, cell_num: int) -> dict[str, int]:
        """virNodeGetMemoryStats: KiB by kind for one cell, or all with -1."""
        _check_negative(cell_num, "cellNum in virNodeGetMemoryStats")
        return self.driver.node_get_memory_stats(cell_num)

    cpu_model_names = asks(Driver.connect_get_cpu_model_names)
    compare_cpu = asks_and_makes(
        Driver.connect_compare_cpu, lambda number: known(enums.CPUCompareResult, number), "CPUCompareResult"
    )
    compare_hypervisor_cpu = asks_and_makes(
        Driver.connect_compare_hypervisor_cpu, lambda number: known(enums.CPUCompareResult, number), "CPUCompareResult"
    )
    baseline_cpu = asks(Driver.connect_baseline_cpu)
    baseline_hypervisor_cpu = asks(Driver.connect_baseline_hypervisor_cpu)
    hypervisor_cpu_model_names = asks(Driver.connect_get_hypervisor_cpu_model_names)

    # domains
    list_domains = finds_all(Driver.connect_list_all_domains, kinds.domain)
    lookup_by_name = finds(Driver.domain_lookup_by_name, kinds.domain)
    lookup_by_uuid = finds(Driver.domain_lookup_by_uuid_string, kinds.domain)
    lookup_by_id = finds(Driver.domain_lookup_by_id, kinds.domain)
    define_xml = finds(Driver.domain_define_xml_flags, kinds.domain)
    create_xml = finds(Driver.domain_create_xml, kinds.domain)
    create_xml_with_files = finds(Driver.domain_create_xml_with_files, kinds.domain)
    qemu_attach = finds(Driver.domain_qemu_attach, kinds.domain)
    restore = reads_from(Driver.domain_restore_flags)
    restore_params = asks(Driver.domain_restore_params)
    save_image_xml_desc = reads_from(Driver.domain_save_image_get_xml_desc)
    save_image_define_xml = reads_from(Driver.domain_save_image_define_xml)

    def domain_stats(
        self, domains: Sequence[Domain] | None = None, stats: int = 0, *, flags: int = 0
    ) -> list[tuple[Domain, dict[str, Any]]]:
        """virConnectGetAllDomainStats, virDomainListGetStats: one call for the state and figures of many domains."""
        refs = None if domains is None else [domain.ref for domain in domains]
        answer = self.driver.connect_get_all_domain_stats(refs, stats, flags=flags)
        domain = kinds.domain()
        return [(domain(self, ref), parameters) for ref, parameters in answer]

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

    def rehearsal(self) -> Rehearsal:
        """A context in which the first operation that changes something only tells what it would do on this host.

        ``with connection.rehearsal() as told: domain.create()`` leaves the command lines in ``told.lines``; where
        nothing was to be changed they are None. It raises what the operation would raise before its first step.
        """
        from virshpy.api.rehearsal import Rehearsal

        return Rehearsal(self.driver)

    # networks
    list_networks = finds_all(Driver.connect_list_all_networks, kinds.network)
    network_lookup_by_name = finds(Driver.network_lookup_by_name, kinds.network)
    network_lookup_by_uuid = finds(Driver.network_lookup_by_uuid_string, kinds.network)
    network_define_xml = finds(Driver.network_define_xml_flags, kinds.network)
    network_create_xml = finds(Driver.network_create_xml_flags, kinds.network)

    # storage
    list_storage_pools = finds_all(Driver.connect_list_all_storage_pools, kinds.pool)
    find_storage_pool_sources = asks(Driver.connect_find_storage_pool_sources)
    storage_pool_capabilities = asks(Driver.connect_get_storage_pool_capabilities)
    storage_pool_lookup_by_name = finds(Driver.storage_pool_lookup_by_name, kinds.pool)
    storage_pool_lookup_by_uuid = finds(Driver.storage_pool_lookup_by_uuid_string, kinds.pool)
    storage_pool_lookup_by_target_path = finds(Driver.storage_pool_lookup_by_target_path, kinds.pool)
    storage_pool_define_xml = finds(Driver.storage_pool_define_xml, kinds.pool)
    storage_pool_create_xml = finds(Driver.storage_pool_create_xml, kinds.pool)
    storage_vol_lookup_by_key = finds(Driver.storage_vol_lookup_by_key, kinds.volume)
    storage_vol_lookup_by_path = finds(Driver.storage_vol_lookup_by_path, kinds.volume)

    # interfaces
    list_interfaces = finds_all(Driver.connect_list_all_interfaces, kinds.interface)
    interface_lookup_by_name = finds(Driver.interface_lookup_by_name, kinds.interface)
    interface_lookup_by_mac = finds(Driver.interface_lookup_by_mac_string, kinds.interface)
    interface_define_xml = finds(Driver.interface_define_xml, kinds.interface)
    interface_change_begin = asks(Driver.interface_change_begin)
    interface_change_commit = asks(Driver.interface_change_commit)
    interface_change_rollback = asks(Driver.interface_change_rollback)

    # devices of the host
    list_node_devices = finds_all(Driver.connect_list_all_node_devices, kinds.node_device)
    node_num_of_devices = asks(Driver.node_num_of_devices)
    node_device_lookup_by_name = finds(Driver.node_device_lookup_by_name, kinds.node_device)
    node_device_lookup_scsi_host_by_wwn = finds(Driver.node_device_lookup_scsi_host_by_wwn, kinds.node_device)
    node_device_create_xml = finds(Driver.node_device_create_xml, kinds.node_device)
    node_device_define_xml = finds(Driver.node_device_define_xml, kinds.node_device)

    # secrets
    list_secrets = finds_all(Driver.connect_list_all_secrets, kinds.secret)
    secret_lookup_by_uuid = finds(Driver.secret_lookup_by_uuid_string, kinds.secret)
    secret_lookup_by_usage = finds(Driver.secret_lookup_by_usage, kinds.secret)
    secret_define_xml = finds(Driver.secret_define_xml, kinds.secret)

    # network filters
    list_nwfilters = finds_all(Driver.connect_list_all_nwfilters, kinds.nwfilter)
    nwfilter_lookup_by_name = finds(Driver.nwfilter_lookup_by_name, kinds.nwfilter)
    nwfilter_lookup_by_uuid = finds(Driver.nwfilter_lookup_by_uuid_string, kinds.nwfilter)
    nwfilter_define_xml = finds(Driver.nwfilter_define_xml_flags, kinds.nwfilter)
    list_nwfilter_bindings = finds_all(Driver.connect_list_all_nwfilter_bindings, kinds.nwfilter_binding)
    nwfilter_binding_lookup_by_port_dev = finds(Driver.nwfilter_binding_lookup_by_port_dev, kinds.nwfilter_binding)
    nwfilter_binding_create_xml = finds(Driver.nwfilter_binding_create_xml, kinds.nwfilter_binding)

    # events: each registration has a number that ends it
    domain_event_register_any = hears(Driver.connect_domain_event_register_any, kinds.domain)
    domain_event_deregister_any = asks(Driver.connect_domain_event_deregister_any)
    network_event_register_any = hears(Driver.connect_network_event_register_any, kinds.network)
    network_event_deregister_any = asks(Driver.connect_network_event_deregister_any)
    storage_pool_event_register_any = hears(Driver.connect_storage_pool_event_register_any, kinds.pool)
    storage_pool_event_deregister_any = asks(Driver.connect_storage_pool_event_deregister_any)
    node_device_event_register_any = hears(Driver.connect_node_device_event_register_any, kinds.node_device)
    node_device_event_deregister_any = asks(Driver.connect_node_device_event_deregister_any)
    secret_event_register_any = hears(Driver.connect_secret_event_register_any, kinds.secret)
    secret_event_deregister_any = asks(Driver.connect_secret_event_deregister_any)
    domain_qemu_monitor_event_register = hears(Driver.connect_domain_qemu_monitor_event_register, kinds.domain)
    domain_qemu_monitor_event_deregister = asks(Driver.connect_domain_qemu_monitor_event_deregister)


def _check_negative(number: int, what: str) -> None:
    if number < -1:
        raise errors.Misuse(f"{what} only accepts -1 as a negative value")
