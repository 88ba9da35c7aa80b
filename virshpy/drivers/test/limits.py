"""Limits on imaginary domains, each a set of named parameters: memory, NUMA, weights, rates of disks and interfaces."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.block import BlockOperations
from virshpy.driver.domain.devices import DeviceOperations
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.drivers.test.figures import find_disk, find_interface
from virshpy.drivers.test.host import Guests
from virshpy.enums import ModificationImpact, NumatuneMemMode
from virshpy.xml.domain.storage import IOTune
from virshpy.xml.domain.tuning import (
    PERF_EVENTS,
    BlkioDevice,
    Blkiotune,
    Memtune,
    Numatune,
    NumatuneMemory,
    Perf,
    PerfEvent,
)
from virshpy.xml.port import Bandwidth, Rate
from virshpy.xml.scalars import format_ranges, parse_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IMPACT = ModificationImpact.LIVE | ModificationImpact.CONFIG
_UNLIMITED = 2**53 - 1  # VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, KiB
_MEMORY = ("hard_limit", "soft_limit", "swap_hard_limit")
_RATES = ("average", "peak", "burst")
_WEIGHTS = {
    "device_weight": "weight",
    "device_read_iops_sec": "read_iops_sec",
    "device_write_iops_sec": "write_iops_sec",
    "device_read_bytes_sec": "read_bytes_sec",
    "device_write_bytes_sec": "write_bytes_sec",
}
_MODES = tuple(mode.name.lower() for mode in NumatuneMemMode)
_IOTUNE_TEXT = """
total_bytes_sec read_bytes_sec write_bytes_sec total_iops_sec read_iops_sec write_iops_sec total_bytes_sec_max
read_bytes_sec_max write_bytes_sec_max total_iops_sec_max read_iops_sec_max write_iops_sec_max size_iops_sec
group_name total_bytes_sec_max_length read_bytes_sec_max_length write_bytes_sec_max_length total_iops_sec_max_length
read_iops_sec_max_length write_iops_sec_max_length
"""
_IOTUNE = _IOTUNE_TEXT.split()
_PERF = PERF_EVENTS.split()


class Limits(Guests, BlockOperations, DeviceOperations, TuningOperations):
    """virDomain*Parameters, virDomain*BlockIoTune, virDomain*PerfEvents"""

    # memory
    @accepts(_IMPACT)
    def domain_get_memory_parameters(self, domain: DomainRef, *, flags: int = 0) -> dict[str, Any]:
        tune = self.guest(domain).looked_at(flags).memtune or Memtune()
        return {name: _or(getattr(tune, name), _UNLIMITED) for name in _MEMORY}

    @accepts(_IMPACT)
    def domain_set_memory_parameters(self, domain: DomainRef, params: dict[str, Any], *, flags: int = 0) -> None:
        _known(params, _MEMORY)
        documents = self.guest(domain).affected(flags)
        for document in documents:
            tune = document.memtune.copy() if document.memtune else Memtune()
            for name, value in params.items():
                setattr(tune, name, value if value < _UNLIMITED else None)
            if _or(tune.hard_limit, _UNLIMITED) > _or(tune.swap_hard_limit, _UNLIMITED):
                raise errors.InvalidArg(
                    "memory hard_limit tunable value must be lower than or equal to swap_hard_limit"
                )
            document.memtune = tune

    # NUMA
    @accepts(_IMPACT)
    def domain_get_numa_parameters(self, domain: DomainRef, *, flags: int = 0) -> dict[str, Any]:
        tune = self.guest(domain).looked_at(flags).numatune
        memory = tune.memory if tune and tune.memory else NumatuneMemory()
        nodes = format_ranges(memory.nodeset) if memory.nodeset else ""
        return {"numa_mode": _MODES.index(memory.mode or "strict"), "numa_nodeset": nodes}

    @accepts(_IMPACT)
    def domain_set_numa_parameters(self, domain: DomainRef, params: dict[str, Any], *, flags: int = 0) -> None:
        _known(params, ("numa_mode", "numa_nodeset"))
        mode = params.get("numa_mode")
        if mode is not None and not 0 <= mode < len(_MODES):
            raise errors.InvalidArg(f"unsupported numatune mode: '{mode}'")
        nodes = parse_ranges(params["numa_nodeset"]) if params.get("numa_nodeset") else None
        if params.get("numa_nodeset") and not nodes:
            raise errors.InvalidArg(f"Failed to parse bitmap '{params['numa_nodeset']}'")
        guest = self.guest(domain)
        for document in guest.affected(flags):
            if document is guest.live and document.numatune and mode not in (None, _mode(document.numatune)):
                raise errors.OperationInvalid("can't change numatune mode for running domain")
            old = document.numatune.memory if document.numatune and document.numatune.memory else NumatuneMemory()
            if not (nodes or old.nodeset):
                detail = "nodeset for NUMA memory tuning must be set if 'placement' is 'static'"
                raise errors.ConfigUnsupported(detail)
            word = _MODES[mode] if mode is not None else old.mode or "strict"
            document.numatune = document.numatune or Numatune()
            document.numatune.memory = NumatuneMemory(mode=word, nodeset=nodes or old.nodeset)

    # weights
    @accepts(_IMPACT)
    def domain_get_blkio_parameters(self, domain: DomainRef, *, flags: int = 0) -> dict[str, Any]:
        tune = self.guest(domain).looked_at(flags).blkiotune or Blkiotune()
        found: dict[str, Any] = {"weight": tune.weight or 0}
        for name, field in _WEIGHTS.items():
            rows = ((device.path, getattr(device, field)) for device in tune.devices)
            found[name] = ",".join(f"{path},{value}" for path, value in rows if value)
        return found

    @accepts(_IMPACT)
    def domain_set_blkio_parameters(self, domain: DomainRef, params: dict[str, Any], *, flags: int = 0) -> None:
        _known(params, ("weight", *_WEIGHTS))
        for document in self.guest(domain).affected(flags):
            tune = document.blkiotune = document.blkiotune or Blkiotune()
            if "weight" in params:
                tune.weight = params["weight"]
            refused: errors.InvalidArg | None = None
            for name, field in _WEIGHTS.items():
                if name in params:
                    try:
                        _weigh(tune, name, field, params[name])
                    except errors.InvalidArg as error:
                        refused = error  # libvirt looks at them all, and reports the last
            if refused is not None:
                raise refused

    # turns at the processor: one weight, which nothing changes
    def domain_get_scheduler_type(self, domain: DomainRef) -> tuple[str, int]:
        return "fair", 1

    def domain_get_scheduler_parameters_flags(self, domain: DomainRef, *, flags: int = 0) -> dict[str, Any]:
        self.guest(domain)
        if flags:
            # libvirt's own flag for text among the parameters is refused with the others.
            function = "testDomainGetSchedulerParametersFlags"
            raise errors.Misuse(f"unsupported flags (0x{flags | 4:x}) in function {function}")
        return {"weight": 50}

    @accepts(0)
    def domain_set_scheduler_parameters_flags(
        self, domain: DomainRef, params: dict[str, Any], *, flags: int = 0
    ) -> None:
        _known(params, ("weight",))
        self.guest(domain)

    def domain_get_launch_security_info(self, domain: DomainRef) -> dict[str, Any]:
        raise errors.Misuse("unsupported flags (0x4) in function testDomainGetLaunchSecurityInfo")

    # interfaces
    @accepts(_IMPACT)
    def domain_get_interface_parameters(self, domain: DomainRef, device: str, *, flags: int = 0) -> dict[str, Any]:
        bandwidth = find_interface(self.guest(domain).looked_at(flags), device).bandwidth or Bandwidth()
        found: dict[str, Any] = {}
        for name, rate in (("inbound", bandwidth.inbound or Rate()), ("outbound", bandwidth.outbound or Rate())):
            for part in (*_RATES, *(["floor"] if name == "inbound" else [])):
                found[f"{name}.{part}"] = getattr(rate, part) or 0
        return found

    @accepts(_IMPACT)
    def domain_set_interface_parameters(
        self, domain: DomainRef, device: str, params: dict[str, Any], *, flags: int = 0
    ) -> None:
        _known(params, [*(f"{way}.{part}" for way in ("inbound", "outbound") for part in _RATES), "inbound.floor"])
        interface = find_interface(self.guest(domain).looked_at(flags), device)
        bandwidth = interface.bandwidth.copy() if interface.bandwidth else Bandwidth()
        for way in ("inbound", "outbound"):
            given = {name.partition(".")[2]: value for name, value in params.items() if name.startswith(f"{way}.")}
            if not given:
                continue
            rate = Rate(**{part: value or None for part, value in given.items()})
            setattr(bandwidth, way, rate if rate.average or rate.floor else None)
        interface.bandwidth = bandwidth if bandwidth.inbound or bandwidth.outbound else None

    # disks
    @accepts(_IMPACT)
    def domain_get_block_io_tune(self, domain: DomainRef, disk: str | None = None, *, flags: int = 0) -> dict[str, Any]:
        found = find_disk(self.guest(domain).looked_at(flags), disk or "")
        if found is None:
            raise errors.InvalidArg(f"disk '{disk}' was not found in the domain config")
        tune = found.iotune or IOTune()
        return {name: _or(getattr(tune, name), "" if name == "group_name" else 0) for name in _IOTUNE}

    @accepts(_IMPACT)
    def domain_set_block_io_tune(self, domain: DomainRef, disk: str, params: dict[str, Any], *, flags: int = 0) -> None:
        _known(params, _IOTUNE)
        for document in self.guest(domain).affected(flags):
            found = find_disk(document, disk)
            if found is None:
                raise errors.InvalidArg(f"missing persistent configuration for disk '{disk}'")
            tune = found.iotune.copy() if found.iotune else IOTune()
            for name, value in params.items():
                setattr(tune, name, value or None)
            _check_iotune(tune)
            found.iotune = tune

    # counters
    @accepts(_IMPACT)
    def domain_get_perf_events(self, domain: DomainRef, *, flags: int = 0) -> dict[str, bool]:
        perf = self.guest(domain).looked_at(flags).perf
        on = {event.name: event.enabled for event in (perf.events if perf else [])}
        return {name: bool(on.get(name)) for name in _PERF}

    @accepts(_IMPACT)
    def domain_set_perf_events(self, domain: DomainRef, params: dict[str, bool], *, flags: int = 0) -> None:
        _known(params, _PERF)
        for document in self.guest(domain).affected(flags):
            events = document.perf.events if document.perf else []
            on = {event.name: event.enabled for event in events} | {name: bool(value) for name, value in params.items()}
            document.perf = Perf(events=[PerfEvent(name=name, enabled=on[name]) for name in _PERF if name in on])


def _known(params: dict[str, Any], names: Any) -> None:
    for name in params:
        if name not in names:
            raise errors.ArgumentUnsupported(f"parameter '{name}' not supported")


def _mode(tune: Numatune) -> int:
    return _MODES.index((tune.memory.mode if tune.memory else None) or "strict")


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _weigh(tune: Blkiotune, name: str, field: str, text: str) -> None:
    """Set one figure of the devices in ``/dev/sda,500,/dev/sdb,600``; 0 takes it away."""
    words = text.split(",")
    if len(words) % 2 or not all(word.isdigit() for word in words[1::2]):
        raise errors.InvalidArg(f"unable to parse blkio device '{name}' '{text}'")
    for path, value in zip(words[::2], words[1::2], strict=True):
        device = next((known for known in tune.devices if known.path == path), None)
        if device is None:
            device = BlkioDevice(path=path)
            tune.devices = [*tune.devices, device]
        setattr(device, field, int(value) or None)
    kept = [device for device in tune.devices if any(getattr(device, each) for each in _WEIGHTS.values())]
    tune.devices = kept


def _check_iotune(tune: IOTune) -> None:
    for kind in ("bytes", "iops"):
        for suffix in ("sec", "sec_max"):
            one = getattr(tune, f"total_{kind}_{suffix}")
            if one and (getattr(tune, f"read_{kind}_{suffix}") or getattr(tune, f"write_{kind}_{suffix}")):
                raise errors.InvalidArg(f"total and read/write of {kind}_{suffix} cannot be set at the same time")
    for kind in ("bytes", "iops"):
        for way in ("total", "read", "write"):
            name = f"{way}_{kind}_sec"
            if (getattr(tune, name) or 0) > (getattr(tune, f"{name}_max") or 0):
                raise errors.InvalidArg(f"{name} cannot be set higher than {name}_max ")
