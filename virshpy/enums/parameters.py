"""Typed parameters (virTypedParameter): which names a call takes or gives, and the type that each has on the wire.

    parameters("MemoryTune")["hard_limit"]     'ullong'

A ``*`` in a name stands for a number. A row of the contract names its table.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Parameter: TypeAlias = "int | float | bool | str | list[str]"
    Parameters: TypeAlias = "dict[str, Parameter]"

_RATES = """
    total_bytes_sec read_bytes_sec write_bytes_sec total_iops_sec read_iops_sec write_iops_sec size_iops_sec
    total_bytes_sec_max read_bytes_sec_max write_bytes_sec_max total_iops_sec_max read_iops_sec_max write_iops_sec_max
    total_bytes_sec_max_length read_bytes_sec_max_length write_bytes_sec_max_length total_iops_sec_max_length
    read_iops_sec_max_length write_iops_sec_max_length
"""
_PERF = """
    cmt mbmt mbml cpu_cycles instructions cache_references cache_misses branch_instructions branch_misses bus_cycles
    stalled_cycles_frontend stalled_cycles_backend ref_cpu_cycles cpu_clock task_clock page_faults context_switches
    cpu_migrations page_faults_min page_faults_maj alignment_faults emulation_faults
"""

TABLES: dict[str, dict[str, str]] = {
    "Bandwidth": {
        "uint": "inbound.average inbound.peak inbound.burst inbound.floor outbound.average outbound.peak outbound.burst"
    },
    "BlkioTune": {
        "uint": "weight",
        "string": (
            "device_weight device_read_iops_sec device_write_iops_sec device_read_bytes_sec device_write_bytes_sec"
        ),
    },
    "BlockCopy": {"ullong": "bandwidth buf-size", "uint": "granularity"},
    "BlockIoTune": {"ullong": _RATES, "string": "group_name"},
    "BlockStats": {
        "llong": (
            "rd_bytes rd_operations rd_total_times wr_bytes wr_operations wr_total_times flush_operations "
            "flush_total_times errs"
        )
    },
    "CPUStats": {"ullong": "cpu_time user_time system_time vcpu_time"},
    "DomainStats": {
        "int": "state.state state.reason vcpu.*.state dirtyrate.calc_status dirtyrate.calc_period",
        "uint": (
            "vcpu.current vcpu.maximum net.count block.count block.*.backingIndex iothread.count "
            "iothread.*.poll-grow iothread.*.poll-shrink cpu.cache.monitor.count cpu.cache.monitor.*.bank.count "
            "cpu.cache.monitor.*.bank.*.id cpu.cache.monitor.*.bank.*.bytes memory.bandwidth.monitor.count "
            "memory.bandwidth.monitor.*.node.count memory.bandwidth.monitor.*.node.*.id"
        ),
        "llong": "dirtyrate.calc_start_time dirtyrate.megabytes_per_second",
        "ullong": (
            "cpu.time cpu.user cpu.system cpu.haltpoll.success.time cpu.haltpoll.fail.time balloon.current "
            "balloon.maximum balloon.swap_in balloon.swap_out balloon.major_fault balloon.minor_fault balloon.unused "
            "balloon.available balloon.rss balloon.usable balloon.last-update balloon.disk_caches "
            "balloon.hugetlb_pgalloc balloon.hugetlb_pgfail vcpu.*.time vcpu.*.wait vcpu.*.delay net.*.rx.bytes "
            "net.*.rx.pkts net.*.rx.errs net.*.rx.drop net.*.tx.bytes net.*.tx.pkts net.*.tx.errs net.*.tx.drop "
            "block.*.rd.reqs block.*.rd.bytes block.*.rd.times block.*.wr.reqs block.*.wr.bytes block.*.wr.times "
            "block.*.fl.reqs block.*.fl.times block.*.errors block.*.allocation block.*.capacity block.*.physical "
            "block.*.threshold iothread.*.poll-max-ns memory.bandwidth.monitor.*.node.*.bytes.local "
            "memory.bandwidth.monitor.*.node.*.bytes.total dirtyrate.vcpu.*.megabytes_per_second "
        )
        + " ".join(f"perf.{name}" for name in _PERF.split()),
        "boolean": "vcpu.*.halted",
        "string": (
            "net.*.name block.*.name block.*.path cpu.cache.monitor.*.name cpu.cache.monitor.*.vcpus "
            "memory.bandwidth.monitor.*.name memory.bandwidth.monitor.*.vcpus dirtyrate.calc_mode"
        ),
    },
    "GuestInfo": {
        "int": "timezone.offset",
        "uint": (
            "user.count fs.count fs.*.disk.count disk.count disk.*.dependency.count if.count if.*.addr.count "
            "if.*.addr.*.prefix"
        ),
        "ullong": "user.*.login-time fs.*.total-bytes fs.*.used-bytes",
        "boolean": "disk.*.partition",
        "string": (
            "user.*.name user.*.domain os.id os.name os.pretty-name os.version os.version-id os.kernel-release "
            "os.kernel-version os.machine os.variant os.variant-id timezone.name hostname fs.*.mountpoint fs.*.name "
            "fs.*.fstype fs.*.disk.*.alias fs.*.disk.*.serial fs.*.disk.*.device disk.*.name disk.*.dependency.*.name "
            "disk.*.serial disk.*.alias disk.*.guest_alias if.*.name if.*.hwaddr if.*.addr.*.type "
            "if.*.addr.*.addr"
        ),
    },
    "GuestVcpus": {"string": "vcpus online offlinable"},
    "IOThread": {"uint": "poll_grow poll_shrink", "ullong": "poll_max_ns", "int": "thread_pool_min thread_pool_max"},
    "Identity": {
        "string": "user-name group-name sasl-user-name x509-distinguished-name selinux-context",
        "ullong": "unix-user-id unix-group-id process-time",
        "llong": "process-id",
    },
    "JobStats": {
        "int": "operation auto_converge_throttle",
        "ullong": (
            "time_elapsed time_elapsed_net time_remaining downtime downtime_net setup_time data_total data_processed "
            "data_remaining memory_total memory_processed memory_remaining memory_constant memory_normal "
            "memory_normal_bytes memory_bps memory_dirty_rate memory_page_size memory_iteration "
            "memory_postcopy_requests disk_total disk_processed disk_remaining disk_bps compression_cache "
            "compression_bytes compression_pages compression_cache_misses compression_overflow disk_temp_used "
            "disk_temp_total"
        ),
        "boolean": "success",
        "string": "errmsg",
    },
    "LaunchSecurity": {
        "string": "sev-measurement sev-secret-header sev-secret",
        "uint": "sev-api-major sev-api-minor sev-build-id sev-policy",
        "ullong": "sev-secret-set-address",
    },
    "MemoryTune": {"ullong": "hard_limit soft_limit min_guarantee swap_hard_limit"},
    "Migrate": {
        # Of migrate_disks and compression there may be several.
        "string": (
            "migrate_uri destination_name destination_xml persistent_xml graphics_uri listen_address migrate_disks "
            "disks_uri compression tls.destination"
        ),
        "ullong": "bandwidth bandwidth.postcopy compression.xbzrle.cache",
        "int": (
            "disks_port compression.mt.level compression.mt.threads compression.mt.dthreads auto_converge.initial "
            "auto_converge.increment parallel.connections"
        ),
    },
    "NodeMemory": {
        "uint": "shm_pages_to_scan shm_sleep_millisecs shm_merge_across_nodes",
        "ullong": "shm_pages_shared shm_pages_sharing shm_pages_unshared shm_pages_volatile shm_full_scans",
    },
    "NumaTune": {"string": "numa_nodeset", "int": "numa_mode"},
    "PerfEvents": {"boolean": _PERF},
    "SEV": {
        "string": "pdh cert-chain cpu0-id",
        "uint": "cbitpos reduced-phys-bits max-guests max-es-guests",
    },
    "SaveRestore": {"string": "file dxml"},
    "Scheduler": {
        "ullong": "cpu_shares global_period vcpu_period emulator_period iothread_period",
        "llong": "global_quota vcpu_quota emulator_quota iothread_quota reservation limit",
        "uint": "weight cap",
        "int": "shares",
    },
}


def parameters(table: str) -> dict[str, str]:
    """The wire type of each name: int, uint, llong, ullong, double, boolean, string."""
    return {name: kind for kind, names in TABLES[table].items() for name in names.split()}
