"""Refusals that come before addresses are given out."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_i440fx, is_q35
from virshpy.drivers.qemu.postparse.places import is_x86

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain

_COMPANIONS = ("ich9-uhci1", "ich9-uhci2", "ich9-uhci3")


def check_emulator(domain: Domain, caps: QemuCaps) -> None:
    """Whether this QEMU runs guests of that architecture, kind of system and type at all."""
    assert domain.os is not None and domain.os.type is not None
    arch, kind = domain.os.type.arch, domain.os.type.value
    arches = {"x86_64": ("x86_64", "i686"), "i386": ("i686",)}.get(caps.arch, (caps.arch,))
    if kind == "exe":
        raise errors.XMLError("init binary must be specified", hint="an emulated machine is <type>hvm</type>")
    if kind != "hvm":
        raise errors.ConfigUnsupported(
            f"Emulator '{caps.binary}' does not support os type '{kind}'", hint="QEMU runs <type>hvm</type>"
        )
    if arch is not None and arch not in arches:
        raise errors.ConfigUnsupported(
            f"Emulator '{caps.binary}' does not support arch '{arch}'", hint=f"it runs {' and '.join(arches)}"
        )
    if domain.type not in ("qemu", "kvm") or (domain.type == "kvm" and not caps.kvm_present):
        hint = caps.kvm_reason if domain.type == "kvm" else "use type='qemu', or type='kvm' where KVM works"
        raise errors.ConfigUnsupported(
            f"Emulator '{caps.binary}' does not support virt type '{domain.type}'", hint=hint
        )


def check_controllers(domain: Domain) -> None:
    """Controllers that clash or that the machine cannot have."""
    seen = set()
    controllers = domain.devices.controllers
    for controller in controllers:
        key = (controller.type, controller.index)
        if key in seen and controller.type != "usb":
            raise errors.XMLError(
                f"Multiple '{controller.type}' controllers with index '{controller.index}'",
                hint="give each controller of a type an index of its own",
            )
        seen.add(key)
    _check_usb(domain)
    _check_root(domain)
    _check_ide(domain)
    _check_iommu(domain)


def _check_usb(domain: Domain) -> None:
    usb = [c for c in domain.devices.controllers if c.type == "usb"]
    none = any(c.model == "none" for c in usb)
    if none and any(c.model != "none" for c in usb):
        raise errors.XMLDetail(
            "Can't add another USB controller: USB is disabled for this domain",
            hint="remove <controller type='usb' model='none'/>, or the others",
        )
    for controller in usb:
        if controller.model in _COMPANIONS and not any(
            c.index == controller.index and c.model not in _COMPANIONS for c in usb
        ):
            raise errors.XMLDetail(
                "No master USB controller specified",
                hint=f"add <controller type='usb' index='{controller.index}' model='ich9-ehci1'/>",
            )
    if none and any(device.bus == "usb" for device in domain.devices.inputs):
        raise errors.ConfigUnsupported(
            "Can't add USB input device. USB bus is disabled", hint="remove <controller type='usb' model='none'/>"
        )


def _check_root(domain: Domain) -> None:
    if not is_x86(domain):
        return
    wanted = "pcie-root" if is_q35(domain) else "pci-root" if is_i440fx(domain) else None
    for controller in domain.devices.controllers:
        if controller.type == "pci" and controller.index == 0 and wanted and controller.model != wanted:
            raise errors.XMLError(
                f"The PCI controller with index='0' must be model='{wanted}' for this machine type, "
                f"but model='{controller.model}' was found instead",
                hint="leave it out: it is added by itself",
            )


def _check_ide(domain: Domain) -> None:
    for controller in domain.devices.controllers:
        if controller.type != "ide":
            continue
        if is_i440fx(domain):
            if controller.index:
                raise errors.InternalError(
                    "Only 1 IDE controller is supported", hint="it takes four disks, hda to hdd; use bus='virtio'"
                )
        else:
            raise errors.ConfigUnsupported(
                "IDE controllers are unsupported for this QEMU binary or machine type",
                hint="q35 machines have bus='sata'; bus='virtio' works on all",
            )


def _check_iommu(domain: Domain) -> None:
    iommu = domain.devices.iommu
    if iommu is None:
        return
    if iommu.model == "intel" and not is_q35(domain):
        raise errors.ConfigUnsupported("IOMMU device: 'intel' is only supported with Q35 machines")
    if iommu.model == "virtio":
        if domain.features is None or not domain.features.acpi:
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' requires ACPI", hint="add <acpi/> to <features>")
        if iommu.address is not None and iommu.address.type != "pci":
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' needs a PCI address")
