"""Domain: a handle to one virtual machine (virDomainPtr)."""

from __future__ import annotations

from virshpy import enums
from virshpy.api import kinds
from virshpy.api.calls import becomes, calls, gives, lists, makes, writes_to
from virshpy.api.handle import Identified
from virshpy.driver.registry import Driver
from virshpy.enums import DomainState
from virshpy.enums.numbers import known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.connection import Connection
    from virshpy.driver.domain import DomainRef
    from virshpy.enums.numbers import IntEnum
    from virshpy.enums.parameters import Parameters

_REASONS: dict[int, str] = {
    DomainState.RUNNING: "RunningReason",
    DomainState.BLOCKED: "BlockedReason",
    DomainState.PAUSED: "PausedReason",
    DomainState.SHUTDOWN: "ShutdownReason",
    DomainState.SHUTOFF: "ShutoffReason",
    DomainState.CRASHED: "CrashedReason",
    DomainState.PMSUSPENDED: "PMSuspendedReason",
}


class State(tuple["DomainState | int", "IntEnum | int"]):
    """What a domain does and why: ``state``, ``reason``, and also the two of them."""

    __slots__ = ()

    def __new__(cls, state: int, reason: int) -> State:
        reasons = _REASONS.get(state)
        return super().__new__(
            cls, (known(DomainState, state), known(getattr(enums, reasons), reason) if reasons else reason)
        )

    @property
    def state(self) -> DomainState | int:
        return self[0]

    @property
    def reason(self) -> IntEnum | int:
        """One of the reasons of that state: RunningReason, PausedReason, …"""
        return self[1]

    def __repr__(self) -> str:
        return f"State({self[0]!r}, {self[1]!r})"


class Domain(Identified):
    """A named domain on a connection; it stays usable while the domain changes. Methods may raise errors.Error."""

    ref: DomainRef

    def __repr__(self) -> str:
        return f"<Domain {self.ref.name!r} {self.ref.uuid}>"

    @property
    def id(self) -> int | None:
        """The id at the time of the lookup or start; None for a domain that was inactive then."""
        return self.ref.id

    # life
    create = becomes(Driver.domain_create_with_flags)
    create_with_files = gives(Driver.domain_create_with_files, kinds.domain)
    destroy = calls(Driver.domain_destroy_flags)
    suspend = calls(Driver.domain_suspend)
    resume = calls(Driver.domain_resume)
    shutdown = calls(Driver.domain_shutdown_flags)
    reboot = calls(Driver.domain_reboot)
    reset = calls(Driver.domain_reset)
    inject_nmi = calls(Driver.domain_inject_nmi)

    # definition
    undefine = calls(Driver.domain_undefine_flags)
    rename = becomes(Driver.domain_rename)
    autostart = calls(Driver.domain_get_autostart)
    set_autostart = calls(Driver.domain_set_autostart)
    autostart_once = calls(Driver.domain_get_autostart_once)
    set_autostart_once = calls(Driver.domain_set_autostart_once)
    metadata = calls(Driver.domain_get_metadata)
    set_metadata = calls(Driver.domain_set_metadata)

    # asking
    state = makes(Driver.domain_get_state, lambda answer: State(*answer), "State")
    info = calls(Driver.domain_get_info)
    xml_desc = calls(Driver.domain_get_xml_desc)
    os_type = calls(Driver.domain_get_os_type)
    is_active = calls(Driver.domain_is_active)
    is_persistent = calls(Driver.domain_is_persistent)
    is_updated = calls(Driver.domain_is_updated)
    has_managed_save = calls(Driver.domain_has_managed_save_image)
    control_info = calls(Driver.domain_get_control_info)
    messages = calls(Driver.domain_get_messages)
    security_labels = calls(Driver.domain_get_security_label_list)
    launch_security_info = calls(Driver.domain_get_launch_security_info)
    set_launch_security_state = calls(Driver.domain_set_launch_security_state)

    # processors
    max_vcpus = calls(Driver.domain_get_max_vcpus)
    vcpus = calls(Driver.domain_get_vcpus)
    vcpus_flags = calls(Driver.domain_get_vcpus_flags)
    set_vcpus = calls(Driver.domain_set_vcpus_flags)
    set_vcpu = calls(Driver.domain_set_vcpu)
    vcpu_pin_info = calls(Driver.domain_get_vcpu_pin_info)
    pin_vcpu = calls(Driver.domain_pin_vcpu_flags)
    emulator_pin_info = calls(Driver.domain_get_emulator_pin_info)
    pin_emulator = calls(Driver.domain_pin_emulator)
    cpu_stats = calls(Driver.domain_get_cpu_stats)
    perf_events = calls(Driver.domain_get_perf_events)
    set_perf_events = calls(Driver.domain_set_perf_events)
    scheduler_type = calls(Driver.domain_get_scheduler_type)
    scheduler_parameters = calls(Driver.domain_get_scheduler_parameters_flags)
    set_scheduler_parameters = calls(Driver.domain_set_scheduler_parameters_flags)
    add_iothread = calls(Driver.domain_add_iothread)
    del_iothread = calls(Driver.domain_del_iothread)
    iothread_info = calls(Driver.domain_get_iothread_info)
    set_iothread_params = calls(Driver.domain_set_iothread_params)
    pin_iothread = calls(Driver.domain_pin_iothread)

    # memory
    max_memory = calls(Driver.domain_get_max_memory)
    set_max_memory = calls(Driver.domain_set_max_memory)
    set_memory = calls(Driver.domain_set_memory_flags)
    set_memory_stats_period = calls(Driver.domain_set_memory_stats_period)
    memory_stats = makes(
        Driver.domain_memory_stats,
        lambda found: {known(enums.MemoryStatTags, tag): value for tag, value in found.items()},
    )
    memory_peek = calls(Driver.domain_memory_peek)
    memory_parameters = calls(Driver.domain_get_memory_parameters)
    set_memory_parameters = calls(Driver.domain_set_memory_parameters)
    numa_parameters = calls(Driver.domain_get_numa_parameters)
    set_numa_parameters = calls(Driver.domain_set_numa_parameters)
    start_dirty_rate_calc = calls(Driver.domain_start_dirty_rate_calc)
    set_lifecycle_action = calls(Driver.domain_set_lifecycle_action)

    # devices
    attach_device = calls(Driver.domain_attach_device_flags)
    detach_device = calls(Driver.domain_detach_device_flags)
    detach_device_alias = calls(Driver.domain_detach_device_alias)
    update_device = calls(Driver.domain_update_device_flags)
    interface_stats = calls(Driver.domain_interface_stats)
    interface_addresses = calls(Driver.domain_interface_addresses)
    interface_parameters = calls(Driver.domain_get_interface_parameters)
    set_interface_parameters = calls(Driver.domain_set_interface_parameters)

    # disks
    block_stats = calls(Driver.domain_block_stats_flags)
    block_info = calls(Driver.domain_get_block_info)
    block_resize = calls(Driver.domain_block_resize)
    block_peek = calls(Driver.domain_block_peek)
    disk_errors = makes(
        Driver.domain_get_disk_errors,
        lambda found: {disk: known(enums.DiskErrorCode, code) for disk, code in found.items()},
    )
    blkio_parameters = calls(Driver.domain_get_blkio_parameters)
    set_blkio_parameters = calls(Driver.domain_set_blkio_parameters)
    block_io_tune = calls(Driver.domain_get_block_io_tune)
    set_block_io_tune = calls(Driver.domain_set_block_io_tune)
    set_throttle_group = calls(Driver.domain_set_throttle_group)
    del_throttle_group = calls(Driver.domain_del_throttle_group)
    set_block_threshold = calls(Driver.domain_set_block_threshold)
    block_pull = calls(Driver.domain_block_pull)
    block_rebase = calls(Driver.domain_block_rebase)
    block_commit = calls(Driver.domain_block_commit)
    block_copy = calls(Driver.domain_block_copy)
    block_job_info = calls(Driver.domain_get_block_job_info)
    block_job_abort = calls(Driver.domain_block_job_abort)
    block_job_set_speed = calls(Driver.domain_block_job_set_speed)
    backup_begin = calls(Driver.domain_backup_begin)
    backup_xml_desc = calls(Driver.domain_backup_get_xml_desc)

    # its memory in files, and jobs
    save = writes_to(Driver.domain_save_flags)
    save_params = calls(Driver.domain_save_params)
    managed_save = calls(Driver.domain_managed_save)
    managed_save_remove = calls(Driver.domain_managed_save_remove)
    managed_save_xml_desc = calls(Driver.domain_managed_save_get_xml_desc)
    managed_save_define_xml = calls(Driver.domain_managed_save_define_xml)
    core_dump_with_format = writes_to(Driver.domain_core_dump_with_format)
    pm_suspend_for_duration = calls(Driver.domain_pm_suspend_for_duration)
    pm_wakeup = calls(Driver.domain_pm_wakeup)
    job_info = calls(Driver.domain_get_job_info)
    job_stats = makes(Driver.domain_get_job_stats, lambda answer: (known(enums.JobType, answer[0]), answer[1]))
    abort_job = calls(Driver.domain_abort_job_flags)

    # migration
    def migrate3(self, destination: Connection, params: Parameters, *, flags: int = 0) -> Domain:
        """virDomainMigrate3: move to the host behind another connection; the domain there."""
        from virshpy.api.migration import migrate

        return migrate(self, destination, params, flags)

    migrate_to_uri3 = calls(Driver.domain_migrate_to_uri3)
    migrate_max_downtime = calls(Driver.domain_migrate_get_max_downtime)
    migrate_set_max_downtime = calls(Driver.domain_migrate_set_max_downtime)
    migrate_max_speed = calls(Driver.domain_migrate_get_max_speed)
    migrate_set_max_speed = calls(Driver.domain_migrate_set_max_speed)
    migrate_compression_cache = calls(Driver.domain_migrate_get_compression_cache)
    migrate_set_compression_cache = calls(Driver.domain_migrate_set_compression_cache)
    migrate_start_post_copy = calls(Driver.domain_migrate_start_post_copy)

    # snapshots and checkpoints
    snapshot_create_xml = gives(Driver.domain_snapshot_create_xml, kinds.snapshot)
    snapshot_lookup_by_name = gives(Driver.domain_snapshot_lookup_by_name, kinds.snapshot)
    snapshot_current = gives(Driver.domain_snapshot_current, kinds.snapshot)
    has_current_snapshot = calls(Driver.domain_has_current_snapshot)
    list_snapshots = lists(Driver.domain_list_all_snapshots, kinds.snapshot)
    checkpoint_create_xml = gives(Driver.domain_checkpoint_create_xml, kinds.checkpoint)
    checkpoint_lookup_by_name = gives(Driver.domain_checkpoint_lookup_by_name, kinds.checkpoint)
    list_checkpoints = lists(Driver.domain_list_all_checkpoints, kinds.checkpoint)

    # reaching in
    open_console = calls(Driver.domain_open_console)
    open_channel = calls(Driver.domain_open_channel)
    open_graphics = calls(Driver.domain_open_graphics)
    open_graphics_fd = calls(Driver.domain_open_graphics_fd)
    graphics_reload = calls(Driver.domain_graphics_reload)
    fd_associate = calls(Driver.domain_fd_associate)
    screenshot = calls(Driver.domain_screenshot)
    send_key = calls(Driver.domain_send_key)
    send_process_signal = calls(Driver.domain_send_process_signal)
    qemu_monitor_command = calls(Driver.domain_qemu_monitor_command)
    qemu_monitor_command_with_files = calls(Driver.domain_qemu_monitor_command_with_files)
    lxc_open_namespace = calls(Driver.domain_lxc_open_namespace)
    lxc_enter_namespace = calls(Driver.domain_lxc_enter_namespace)

    # its agent
    agent_set_response_timeout = calls(Driver.domain_agent_set_response_timeout)
    authorized_ssh_keys_get = calls(Driver.domain_authorized_ssh_keys_get)
    authorized_ssh_keys_set = calls(Driver.domain_authorized_ssh_keys_set)
    fs_freeze = calls(Driver.domain_fs_freeze)
    fs_thaw = calls(Driver.domain_fs_thaw)
    fs_trim = calls(Driver.domain_fs_trim)
    fs_info = calls(Driver.domain_get_fs_info)
    guest_info = calls(Driver.domain_get_guest_info)
    guest_vcpus = calls(Driver.domain_get_guest_vcpus)
    set_guest_vcpus = calls(Driver.domain_set_guest_vcpus)
    hostname = calls(Driver.domain_get_hostname)
    time = calls(Driver.domain_get_time)
    set_time = calls(Driver.domain_set_time)
    set_user_password = calls(Driver.domain_set_user_password)
    qemu_agent_command = calls(Driver.domain_qemu_agent_command)
