"""Name, machine, accelerator, processor and its topology."""

from __future__ import annotations

from virshpy.drivers.qemu.argv import processor
from virshpy.drivers.qemu.argv.words import as_json, comma, on_off, pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.guest import Guest
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.cpu import CPU

_HYPERV = (
    ("relaxed", "hv-relaxed"), ("vapic", "hv-vapic"), ("spinlocks", "hv-spinlocks"), ("vpindex", "hv-vpindex"),
    ("runtime", "hv-runtime"), ("synic", "hv-synic"), ("stimer", "hv-stimer"), ("reset", "hv-reset"),
    ("vendor_id", "hv-vendor-id"), ("frequencies", "hv-frequencies"), ("reenlightenment", "hv-reenlightenment"),
    ("tlbflush", "hv-tlbflush"), ("ipi", "hv-ipi"), ("evmcs", "hv-evmcs"), ("avic", "hv-avic"),
)  # fmt: skip
_KVM = (
    ("hint_dedicated", True, "kvm-hint-dedicated=on"), ("poll_control", True, "kvm-poll-control=on"),
    ("pv_ipi", False, "kvm-pv-ipi=off"),
)  # fmt: skip


def add_name(guest: Guest) -> None:
    guest.add("-name", f"guest={comma(guest.domain.name or '')},debug-threads=on")
    deprecation = guest.domain.qemu_deprecation
    if deprecation is not None and deprecation.behavior in _DEPRECATION:
        output, input_ = _DEPRECATION[deprecation.behavior]
        guest.add("-compat", as_json({"deprecated-output": output, "deprecated-input": input_}))
    guest.add("-S")
    key = guest.runtime.master_key
    if key:
        guest.object("secret", "masterKey0", format="raw", file=key)


_DEPRECATION = {"omit": ("hide", None), "reject": ("hide", "reject"), "crash": ("hide", "crash")}


def add_machine(guest: Guest) -> None:
    from virshpy.drivers.qemu.argv import firmware, memory

    domain, features = guest.domain, guest.domain.features
    firmware.add_flash(guest)
    ioapic = features.ioapic.driver if features and features.ioapic else None
    bios = domain.os.bios if domain.os else None
    found = guest.caps.machine(guest.machine) if not domain.cells else None
    words: Properties = {
        "usb": False,
        "vmport": features.vmport.state if features and features.vmport else None,
        "smm": features.smm.state if features and features.smm else None,
        "kernel_irqchip": {"qemu": "split", None: None}.get(ioapic, "on"),
        "dump-guest-core": bool(domain.memory and domain.memory.dumpCore),
        "mem-merge": False if domain.memory_backing and domain.memory_backing.nosharepages else None,
        "nvdimm": any(device.model == "nvdimm" for device in domain.devices.memories) or None,
        "hmat": memory.has_hmat(domain) or None,
        "graphics": False if bios and bios.useserial else None,
        "memory-backend": found.ram_id or None if found else None,
    }
    guest.add("-machine", ",".join([guest.machine, *pairs(words), *firmware.flash_words(guest)]))
    guest.add("-accel", _accelerator(guest))
    if features is not None and features.smm is not None and features.smm.tseg is not None and guest.q35:
        guest.add("-global", f"mch.extended-tseg-mbytes={features.smm.tseg.size >> 20}")


def _accelerator(guest: Guest) -> str:
    features = guest.domain.features
    ring = features.kvm.dirty_ring if features and features.kvm else None
    cache = features.tcg.tb_cache if features and features.tcg else None
    if guest.kvm:
        return f"kvm,dirty-ring-size={ring.size}" if ring and ring.state else "kvm"
    return f"tcg,tb-size={(cache.value or 0) >> 10}" if cache else "tcg"


def add_cpu(guest: Guest) -> None:
    words = cpu_words(guest)
    if words:
        guest.add("-cpu", ",".join(words))


def cpu_words(guest: Guest) -> list[str]:
    """The words of -cpu: model, then everything that is switched."""
    words = _model_words(guest)
    domain, features = guest.domain, guest.domain.features
    extra: list[str] = []
    for timer in domain.clock.timers if domain.clock else []:
        if timer.name == "kvmclock" and timer.present is not None:
            extra.append(f"kvmclock={on_off(timer.present)}")
        elif timer.name == "hypervclock" and timer.present:
            extra.append("hv-time=on")
        elif timer.name == "tsc" and timer.frequency:
            extra.append(f"tsc-frequency={timer.frequency}")
    if features is not None:
        if features.apic is not None and features.apic.eoi is not None:
            extra.append(f"kvm-pv-eoi={on_off(features.apic.eoi)}")
        if features.pvspinlock is not None:
            extra.append(f"kvm-pv-unhalt={on_off(features.pvspinlock.state)}")
        extra += _hyperv_words(guest)
    if any(panic.model == "hyperv" for panic in domain.devices.panics):
        extra.append("hv-crash")
    if features is not None:
        kvm = features.kvm
        if kvm is not None:
            if kvm.hidden is not None and kvm.hidden.state:
                extra.append("kvm=off")
            for name, state, word in _KVM:
                toggle = getattr(kvm, name)
                if toggle is not None and toggle.state is state:
                    extra.append(word)
        if features.pmu is not None:
            extra.append(f"pmu={on_off(features.pmu.state)}")
    words += extra
    words += _cache_words(guest)
    words += _address_words(guest)
    return words


def _model_words(guest: Guest) -> list[str]:
    cpu = processor.asked_cpu(guest.domain, guest.caps, to_run=not guest.runtime.native)
    if cpu.model is None and cpu.mode == "custom":
        found = guest.caps.machine(guest.machine)
        return [found.default_cpu] if found and found.default_cpu else []
    if cpu.mode == "host-passthrough":
        words = ["host", *_migratable(guest, cpu)]
    elif cpu.mode == "maximum":
        words = ["max", *_migratable(guest, cpu)]
    else:
        assert cpu.model is not None
        words = [cpu.model.value or ""]
        if cpu.model.vendor_id:
            words.append(f"vendor={comma(cpu.model.vendor_id)}")
    if not cpu.features:
        return words
    from virshpy.drivers.cpu.features import qemu_name

    for feature in cpu.features:
        name = qemu_name(feature.name or "")
        if feature.name in ("osxsave", "ospke"):
            continue
        if feature.policy in ("force", "require") or (feature.policy == "optional" and cpu.mode == "custom"):
            words.append(f"{name}=on")
        elif feature.policy in ("disable", "forbid"):
            words.append(f"{name}=off")
    return words


def _migratable(guest: Guest, cpu: CPU) -> list[str]:
    """libvirt knows of this property from the 64-bit binary only."""
    known = cpu.migratable is not None and guest.caps.arch == "x86_64"
    return [f"migratable={on_off(cpu.migratable)}"] if known else []


def _hyperv_words(guest: Guest) -> list[str]:
    hyperv = guest.domain.features.hyperv if guest.domain.features else None
    if hyperv is None:
        return []
    words = ["hv-passthrough=on"] if hyperv.mode == "passthrough" else []
    for name, word in _HYPERV:
        toggle = getattr(hyperv, name)
        if toggle is None or not toggle.state:
            continue
        if name == "spinlocks":
            words.append(f"{word}=0x{toggle.retries or 0:x}")
        elif name == "vendor_id":
            words.append(f"{word}={comma(toggle.value or '')}")
        else:
            words.append(f"{word}=on")
            if name == "stimer" and toggle.direct is not None and toggle.direct.state:
                words.append("hv-stimer-direct=on")
    return words


def _cache_words(guest: Guest) -> list[str]:
    cpu = guest.domain.cpu
    if cpu is None:
        return []
    if cpu.cache is None:
        return []
    if cpu.cache.mode == "emulate":
        l3, passthrough = True, False
    elif cpu.cache.mode == "passthrough":
        l3, passthrough = False, True
    else:
        l3, passthrough = False, False
    host = cpu.mode in ("host-passthrough", "maximum")
    words = [f"l3-cache={on_off(l3)}"]
    if host:
        words.insert(0 if cpu.cache.mode != "emulate" else 1, f"host-cache-info={on_off(passthrough)}")
    return words


def _address_words(guest: Guest) -> list[str]:
    cpu = guest.domain.cpu
    if cpu is None or cpu.maxphysaddr is None:
        return []
    if cpu.maxphysaddr.mode == "passthrough":
        return ["host-phys-bits=on"]
    return [f"phys-bits={cpu.maxphysaddr.bits}"] if cpu.maxphysaddr.bits else []


def add_smp(guest: Guest) -> None:
    domain = guest.domain
    most = domain.max_vcpus
    now = boot_vcpus(guest)
    words = [str(now)]
    if now != most:
        words.append(f"maxcpus={most}")
    topology = domain.cpu.topology if domain.cpu else None
    if topology is not None:
        words += [f"sockets={topology.sockets}", f"dies={topology.dies or 1}"]
        words += [f"cores={topology.cores}", f"threads={topology.threads}"]
    else:
        words += [f"sockets={most}", "cores=1", "threads=1"]
    guest.add("-smp", ",".join(words))


def boot_vcpus(guest: Guest) -> int:
    """How many CPUs are there before any is plugged: those that are enabled and cannot be unplugged."""
    domain = guest.domain
    if domain.vcpus is not None and domain.vcpus.vcpus:
        return sum(1 for vcpu in domain.vcpus.vcpus if vcpu.enabled is not False and not vcpu.hotpluggable)
    return domain.current_vcpus


def add_iothreads(guest: Guest) -> None:
    ids = guest.domain.iothreadids
    listed = {thread.id: thread for thread in ids.iothreads} if ids else {}
    for number in iothread_ids(guest):
        thread = listed.get(number)
        options = {} if thread is None else {
            "thread-pool-min": thread.thread_pool_min,
            "thread-pool-max": thread.thread_pool_max,
        }  # fmt: skip
        guest.object("iothread", f"iothread{number}", **options)
    default = guest.domain.defaultiothread
    if default is not None and default._state():
        pool = {"thread-pool-min": default.thread_pool_min, "thread-pool-max": default.thread_pool_max}
        guest.object("main-loop", "main-loop", **pool)


def iothread_ids(guest: Guest) -> list[int]:
    """The ids of all I/O threads: the listed ones, then the lowest that are free."""
    domain = guest.domain
    given = [t.id or 0 for t in domain.iothreadids.iothreads] if domain.iothreadids else []
    taken = set(given)
    number = 1
    while len(given) < (domain.iothreads or 0):
        if number not in taken:
            given.append(number)
        number += 1
    return given
