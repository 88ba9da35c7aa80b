"""A host in memory that can do what libvirt's test driver cannot: each row that it leaves out is answered with a value
of the type that the row declares. It proves nothing about guests; it lets every command come to its end. In the test
driver itself such answers would be lies, where virsh says on the same URI that it is not supported.

    with able.reachable(): run_virshpy(["-c", able.URI, …])
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from virshpy.driver import registry
from virshpy.driver.contract import Row
from virshpy.driver.domain import ControlInfo, SecurityLabel
from virshpy.driver.domain.block import BlockJobInfo
from virshpy.driver.groups import GROUPS
from virshpy.driver.network import DHCPLease, NetworkPortRef
from virshpy.driver.nodedev import NodeDeviceRef
from virshpy.driver.nwfilter import NWFilterBindingRef, NWFilterRef
from virshpy.driver.secret import SecretRef
from virshpy.drivers.test.default import default_host
from virshpy.drivers.test.driver import TestDriver
from virshpy.enums import BlockJobType, CPUCompareResult, JobOperation, JobType, XMLFlags
from virshpy.loading import named
from virshpy.uri import URI as ParsedURI

URI = "able:///default"
UUID = "12345678-0000-0000-0000-123456789abc"
_FILTER = NWFilterRef("clean-traffic", UUID)
_BINDING = NWFilterBindingRef("vnet0", "clean-traffic")
_SECRET = SecretRef(UUID, 2, "client.admin")
# What every running domain has besides what it was given.
_DEVICES = """
    <disk type='file' device='cdrom'>
      <source file='/srv/debian.iso'/>
      <target dev='hdc' bus='ide'/>
      <alias name='ide0-1-0'/>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='hdd' bus='ide'/>
    </disk>
    <disk type='file' device='disk'>
      <source file='/srv/second.qcow2'/>
      <target dev='vdb' bus='virtio'/>
      <alias name='virtio-disk1'/>
    </disk>
    <console type='pty' tty='/dev/pts/3'>
      <source path='/dev/pts/3'/>
      <target type='serial' port='0'/>
      <alias name='serial0'/>
    </console>
    <graphics type='vnc' port='5900' listen='127.0.0.1'/>
    <graphics type='spice' port='5901' listen='127.0.0.1'/>
    <memory model='virtio-mem'>
      <target>
        <node>0</node>
        <requested unit='KiB'>0</requested>
      </target>
      <alias name='virtiomem0'/>
    </memory>
  </devices>"""
_GROUPS = (
    "  <throttlegroups>\n    <throttlegroup>\n      <group_name>slow</group_name>\n"
    "      <total_iops_sec>100</total_iops_sec>\n    </throttlegroup>\n  </throttlegroups>\n</domain>"
)
_CAPABILITIES = (
    "<domainCapabilities><cpu><mode name='custom' supported='yes'><model usable='yes'>qemu64</model>"
    "<model usable='no'>EPYC</model></mode><mode name='host-model'><model>qemu64</model></mode></cpu>"
    "</domainCapabilities>"
)
_JOB = {"operation": int(JobOperation.MIGRATION_OUT), "time_elapsed": 1200, "memory_total": 1 << 30}
_LEASES = [
    DHCPLease("virbr0", 1_700_000_000, 0, "52:54:00:00:00:01", None, "192.168.122.9", 24, "web", "01:52:54"),
    DHCPLease("virbr0", 0, 1, "52:54:00:00:00:02", "7", "fd00::9", 64, None, None),
]
# What each kind of event carries, by libvirt's numbers; those without an entry carry nothing.
CARRIED: dict[int, dict[str, Any]] = {
    0: {"event": 2, "detail": 0}, 2: {"utcoffset": 3600}, 3: {"action": 1},
    4: {"src_path": "/srv/a", "dev_alias": "virtio-disk0", "action": 1},
    5: {"phase": 0, "local": (0, "127.0.0.1", "5900"), "remote": (1, "fd00::1", "40000"), "auth_scheme": "none",
        "subject": [("x509dname", "CN=me")]},
    6: {"src_path": "/srv/a", "dev_alias": "virtio-disk0", "action": 2, "reason": "enospc"},
    8: {"disk": "/srv/a", "type": 1, "status": 0},
    9: {"old_src_path": None, "new_src_path": "/srv/a", "dev_alias": "ide0-1-0", "reason": 0},
    10: {"dev_alias": "ide0-1-0", "reason": 1}, 11: {"reason": 0}, 12: {"reason": 0}, 13: {"actual": 4096},
    14: {"reason": 0}, 15: {"dev_alias": "net0"}, 16: {"disk": "vda", "type": 4, "status": 3},
    17: {"params": {"cputune.cpu_shares": 2048}}, 18: {"state": 1, "reason": 2}, 19: {"dev_alias": "net0"},
    20: {"iteration": 3}, 21: {"params": _JOB}, 22: {"dev_alias": "net0"}, 23: {"type": 2, "nsuri": "http://x"},
    24: {"dev": "vda[1]", "path": "/srv/a", "threshold": 1 << 30, "excess": 512},
    25: {"recipient": 1, "action": 2, "flags": 3}, 26: {"alias": "virtiomem0", "size": 4096},
}  # fmt: skip


class Stream:
    """A little data, once; and a bottomless pit."""

    def __init__(self) -> None:
        self.blocks = [b"data"]

    def recv(self, count: int) -> bytes:
        return self.blocks.pop() if self.blocks else b""

    def send(self, data: bytes) -> int:
        return len(data)

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        return 4

    def write_to(self, target: int, *, bypass: bool = False) -> int:
        return os.write(target, b"data")

    def finish(self) -> None: ...
    def close(self) -> None: ...


def _happens(host: Any, about: Any, event_id: int, callback: Callable[..., None], kind: str = "domain") -> int:
    """A registration that hears of something at once: about the object that it asks for, or the first there is."""
    carried = CARRIED if kind == "domain" else {0: {"event": 0, "detail": 0}}
    callback(about or getattr(host, f"connect_list_all_{kind}s")()[0], **carried.get(event_id, {}))
    return 1


def _monitor_event(host: Any, domain: Any, event: str | None, callback: Callable[..., None], flags: int = 0) -> int:
    about = domain or host.connect_list_all_domains()[0]
    callback(about, event=event or "STOP", seconds=1_700_000_000, micros=5, details='{"guest": true}')
    return 1


def _job(host: Any, *_: Any, **__: Any) -> BlockJobInfo | None:
    """A job on a disk is half done when it is first asked for, then it has all, and then it is no more."""
    host.asked += 1
    return BlockJobInfo(BlockJobType.COPY, 0, host.asked, 2) if host.asked <= 2 else None


_KINDS = ("domain", "network", "storage_pool", "node_device", "secret")
# What rows return by its type, or functions that take what the row takes.
_OF_TYPE: dict[str, Any] = {
    "str": "<xml/>\n",
    "bytes": b"open sesame",
    "bool": True,
    "Stream": lambda *_, **__: Stream(),
    "DataStream": lambda *_, **__: Stream(),
    "SecretRef": _SECRET,
    "NWFilterRef": _FILTER,
    "NWFilterBindingRef": _BINDING,
    "DomainRef": lambda host, *_, **__: host.connect_list_all_domains()[0],
    "NodeDeviceRef": lambda host, *_, **__: host.connect_list_all_node_devices()[0],
    "NetworkPortRef": lambda host, network, *_, **__: NetworkPortRef(network, UUID),
    "list[NWFilterRef]": [_FILTER],
    "list[NWFilterBindingRef]": [_BINDING],
    "list[NetworkPortRef]": lambda host, network: [NetworkPortRef(network, UUID)],
}
# Those that are particular.
_ANSWERS: dict[str, Any] = {
    "connect_compare_cpu": int(CPUCompareResult.IDENTICAL),
    "connect_compare_hypervisor_cpu": int(CPUCompareResult.SUPERSET),
    "connect_domain_qemu_monitor_event_register": _monitor_event,
    "connect_get_domain_capabilities": _CAPABILITIES,
    "connect_get_hypervisor_cpu_model_names": ["qemu64", "EPYC"],
    "connect_list_all_secrets": [_SECRET, SecretRef("22345678-0000-0000-0000-123456789abc", 0, "")],
    "domain_authorized_ssh_keys_get": ["ssh-ed25519 AAAA someone"],
    "domain_get_block_job_info": _job,
    "domain_get_guest_info": {"os.name": "Debian", "user.count": 1},
    "domain_get_guest_vcpus": {"vcpus": "0-1", "online": "0"},
    "domain_get_job_stats": (int(JobType.UNBOUNDED), _JOB),
    "domain_lxc_open_namespace": [],
    "domain_migrate_begin3_params": (b"", "<domain/>"),
    "domain_migrate_prepare3_params": (b"", "tcp:there:49152"),
    "domain_migrate_finish3_params": lambda host, *_, **__: (host.connect_list_all_domains()[0], b""),
    "domain_migrate_get_compression_cache": 1 << 26,
    "domain_migrate_get_max_downtime": 300,
    "domain_migrate_get_max_speed": 8796093022207,
    "domain_qemu_agent_command": '{"return": {}}',
    "domain_qemu_monitor_command": '{"return": {"status": "running"}}',
    "network_get_dhcp_leases": _LEASES,
    "node_alloc_pages": 512,
    "node_get_memory_parameters": {"shm_pages_to_scan": 100, "shm_sleep_millisecs": 20},
    "node_get_memory_stats": {"total": 4096, "free": 1024, "buffers": 10, "cached": 20},
    "node_get_sev_info": {"pdh": "AAAA", "cbitpos": 47},
    # Rows that the test driver has, in a way that shows less.
    "node_device_create_xml": _OF_TYPE["NodeDeviceRef"],
    "node_device_lookup_by_name": lambda host, name: NodeDeviceRef(name),
    "domain_get_launch_security_info": {"sev-measurement": "AAAA", "sev-api-major": 1},
    "domain_get_scheduler_type": ("posix", 1),
    "domain_get_scheduler_parameters_flags": {"cpu_shares": 1024},
    "domain_set_scheduler_parameters_flags": None,
    "storage_vol_create_xml_from": lambda host, pool, xml, original, flags=0: host.storage_vol_create_xml(pool, xml),
    "interface_create": None,
    "domain_get_control_info": ControlInfo(0, 0, 0),
    "domain_get_messages": ["tainted: custom device tree"],
    "domain_get_security_label_list": [SecurityLabel("selinux", "0", "system_u:…", True)],
    **{f"connect_{kind}_event_register_any": partial(_happens, kind=kind) for kind in _KINDS},
    **{f"connect_{kind}_event_deregister_any": None for kind in _KINDS},
}


def _lenient(method: Callable[..., Any], accepted: int) -> Callable[..., Any]:
    """A row of the test driver's that takes all flags, and heeds those that it knows."""
    return lambda part, *args, flags=0, **more: method(part, *args, flags=flags & accepted, **more)


def _method(answer: Any) -> Callable[..., Any]:
    if not callable(answer):
        return lambda *_, **__: answer
    return lambda part, *args, **more: answer(part.driver, *args, **more)


def _able(group: str) -> type:
    """A part as the test driver's for this group, with a method for each row that it has nothing for, for those that
    are answered otherwise here, and for those that do not take all flags."""
    base: Any = named(TestDriver.parts.get(group) or GROUPS[group][0])
    found = {}
    for name in GROUPS[group][1].split():
        row = getattr(base, name).row
        missing = isinstance(inspect.getattr_static(base, name), Row)
        returns = row.declaration.__annotations__["return"]
        if name in _ANSWERS:
            found[name] = _method(_ANSWERS[name])
        elif missing and (returns == "None" or returns in _OF_TYPE):
            found[name] = _method(_OF_TYPE.get(returns))
        elif not missing and (accepted := getattr(getattr(base, name).__wrapped__, "accepted", None)) is not None:
            found[name] = _lenient(getattr(base, name), accepted)
    return type(f"Able{base.__name__}", (base,), found)


class _Domains(_able("domain")):  # type: ignore[misc]
    def domain_get_xml_desc(self, domain: Any, *, flags: int = 0) -> str:
        text: str = super().domain_get_xml_desc(domain, flags=flags)
        if flags & XMLFlags.INACTIVE and not flags & XMLFlags.SECURE:
            return text
        return text.replace("\n  </devices>", _DEVICES).replace("</domain>", _GROUPS)


PARTS = {group: _able(group) for group in GROUPS} | {"domain": _Domains}


class AbleDriver(TestDriver):
    """The test driver, with everything."""

    asked = 0

    def part(self, group: str) -> Any:
        if group not in self._made:
            self._made[group] = PARTS[group](self.place)
            self._made[group].driver = self
        return self._made[group]


def open_driver(uri: ParsedURI, *, readonly: bool) -> Any:
    """As the registry of drivers calls it."""
    host = default_host()
    host.uri = str(uri)
    return AbleDriver(host, readonly=readonly)


@contextmanager
def reachable() -> Iterator[None]:
    """The scheme ``able`` is known meanwhile."""
    schemes = registry._SCHEMES
    schemes["able"] = "tests.shell.able:open_driver"
    try:
        yield
    finally:
        del schemes["able"]
