"""What a document says beside its devices: life cycle, clock, features, limits, protection of memory."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35
from virshpy.drivers.qemu.postparse.places import arch_of, machine_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.clock import Clock, Timer


def check_settings(domain: Domain) -> None:
    """Raises ConfigUnsupported, mostly, for what QEMU or this machine does not have."""
    if domain.bootloader is not None or domain.bootloader_args is not None:
        raise errors.ConfigUnsupported("bootloader is not supported by QEMU", hint="remove <bootloader>")
    _check_lifecycle(domain)
    _check_sysinfo(domain)
    if domain.memtune is not None and domain.memtune.min_guarantee is not None:
        raise errors.ConfigUnsupported("Parameter 'min_guarantee' not supported by QEMU.")
    _check_features(domain)
    if domain.clock is not None:
        _check_clock(domain.clock, domain)
    tune = domain.cputune
    if tune is not None and domain.type != "kvm" and (tune.cachetunes or tune.memorytunes):
        raise errors.ConfigUnsupported("cachetune is only supported for KVM domains")
    _check_launch_security(domain)


_LAST_SECOND = 253402300799  # of the year 9999


def _check_clock(clock: Clock, domain: Domain) -> None:
    if clock.start is not None and clock.start > _LAST_SECOND:
        raise errors.ConfigUnsupported(
            f"The maximum 'start' value for <clock offset='absolute'> is {_LAST_SECOND}",
            hint="start= is a number of seconds since 1970",
        )
    for timer in clock.timers:
        _check_timer(timer, domain)


_NOT_BOTH = "qemu driver doesn't support 'onReboot' set to 'destroy and 'onPoweroff' set to 'reboot'"


def _check_lifecycle(domain: Domain) -> None:
    actions = (domain.on_poweroff, domain.on_reboot, domain.on_crash)
    if "preserve" in actions[:2]:
        raise errors.ConfigUnsupported(
            "qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'",
            hint="it is there for on_crash",
        )
    if "rename-restart" in actions:
        raise errors.ConfigUnsupported(
            "qemu driver doesn't support the 'rename-restart' action for 'on_reboot'/'on_poweroff'/'on_crash'",
            hint="say restart",
        )
    if actions[:2] == ("restart", "destroy"):
        raise errors.ConfigUnsupported(_NOT_BOTH, hint="change either <on_poweroff> or <on_reboot>")


def _check_sysinfo(domain: Domain) -> None:
    for info in domain.sysinfos:
        uuid = info.system.get("uuid") if info.system else None
        if uuid is not None and uuid.lower().replace("-", "") != (domain.uuid or "").replace("-", ""):
            raise errors.XMLDetail(
                "UUID mismatch between <uuid> and <sysinfo>", hint=f"<uuid> is {domain.uuid}: leave one of the two out"
            )


# Features of other architectures, in the words of the document.
_FOREIGN = {
    "gic": ("aarch64", "armv6l", "armv7l"),
    "hpt": ("ppc64", "ppc64le"), "htm": ("ppc64", "ppc64le"), "nested-hv": ("ppc64", "ppc64le"),
    "ccf-assist": ("ppc64", "ppc64le"), "cfpc": ("ppc64", "ppc64le"), "sbbc": ("ppc64", "ppc64le"),
    "ibs": ("ppc64", "ppc64le"),
}  # fmt: skip


def _check_features(domain: Domain) -> None:
    features = domain.features
    if features is None:
        return
    for word, arches in _FOREIGN.items():
        given = getattr(features, word.replace("-", "_"))
        if given is not None and arch_of(domain) not in arches:
            raise errors.ConfigUnsupported(
                f"The '{word}' feature is not supported for architecture '{arch_of(domain)}' or machine type "
                f"'{machine_of(domain)}'"
            )
    if features.tcg is not None and domain.type == "kvm":
        raise errors.ConfigUnsupported("TCG features are incompatible with domain type 'kvm'")
    tseg = features.smm.tseg if features.smm else None
    if tseg is not None:
        if not is_q35(domain):
            raise errors.ConfigUnsupported("SMM TSEG is only supported with q35 machine type")
        if tseg.size % (1 << 20):
            raise errors.ConfigUnsupported("SMM TSEG size must be divisible by 1 MiB")


_CATCHUP = "setting of timer catchup policies is only supported with tickpolicy='catchup'"


def _check_timer(timer: Timer, domain: Domain) -> None:
    name, policy = timer.name, timer.tickpolicy
    if timer.catchup is not None and timer.catchup._state() and policy != "catchup":
        raise errors.XMLError(_CATCHUP, hint="say tickpolicy='catchup', or remove <catchup>")
    if name == "platform":
        raise errors.ConfigUnsupported(f"unsupported timer type (name) '{name}'")
    if name == "rtc":
        if timer.track == "boot":
            raise errors.ConfigUnsupported(f"unsupported rtc timer track '{timer.track}'")
        if policy in ("merge", "discard"):
            raise errors.ConfigUnsupported(f"unsupported rtc timer tickpolicy '{policy}'")
    elif name == "pit" and policy == "merge":
        raise errors.ConfigUnsupported(f"unsupported pit tickpolicy '{policy}'")
    elif name == "armvtimer" and arch_of(domain) != "aarch64":
        raise errors.ConfigUnsupported(
            f"Configuring the 'armvtimer' timer is not supported for virtType={domain.type} arch={arch_of(domain)} "
            f"machine={machine_of(domain)} guests"
        )


_PROTECTION = {"sev": "SEV", "s390-pv": "S390 PV"}


def _check_launch_security(domain: Domain) -> None:
    if domain.launch_security is not None:
        raise errors.ConfigUnsupported(
            f"{_PROTECTION[domain.launch_security.type or '']} launch security is not supported with this QEMU binary",
            hint="virshpy does not start encrypted guests: remove <launchSecurity>",
        )
