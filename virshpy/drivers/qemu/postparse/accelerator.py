"""What only KVM gives, refused where a guest is to start without it."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def require_accelerator(domain: Domain, caps: QemuCaps) -> None:
    """At start: refuse a guest of type kvm where it would not run, with the reason, and what only KVM has in a guest of
    another type. Raises ConfigUnsupported."""
    if domain.type == "kvm" and not caps.kvm_usable:
        raise errors.ConfigUnsupported(
            "Domain requires KVM, but it is not available. Check that virtualization is enabled in the host BIOS,"
            " and host configuration is setup to load the kvm modules.",
            hint=f"{caps.kvm_reason}; <domain type='qemu'> runs without KVM, slower",
        )
    spinlocks = domain.features.pvspinlock if domain.features else None
    if spinlocks is not None and spinlocks.state and domain.type != "kvm":
        raise errors.ConfigUnsupported(
            "host doesn't support paravirtual spinlocks", hint="they are KVM's: take <pvspinlock state='on'/> out"
        )
