"""Refusals that come before addresses are given out."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_i440fx, is_q35
from virshpy.drivers.qemu.postparse.places import is_x86

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

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


def check_given(domain: Domain) -> None:
    """What is refused of the document's own controllers, before any is added."""
    usb = [controller.model for controller in domain.devices.controllers if controller.type == "usb"]
    if "none" in usb and len(usb) > 1:
        raise errors.XMLDetail(
            "Can't add another USB controller: USB is disabled for this domain",
            hint="remove <controller type='usb' model='none'/>, or the others",
        )
    if "none" in usb:
        _check_without_usb(domain)


def _check_without_usb(domain: Domain) -> None:
    devices = domain.devices
    refused = (
        ("Can't add USB input device. USB bus is disabled", any(device.bus == "usb" for device in devices.inputs)),
        ("Can't add host USB device: USB is disabled in this host", any(row.type == "usb" for row in devices.hostdevs)),
        ("Can't add USB hub: USB is disabled for this domain", bool(devices.hubs)),
    )
    for sentence, found in refused:
        if found:
            raise errors.ConfigUnsupported(sentence, hint="remove <controller type='usb' model='none'/>")


def check_early(domain: Domain) -> None:
    """Boot order, consoles, and controllers that clash or that the machine cannot have."""
    _check_boot(domain)
    for console in domain.devices.consoles[1:]:
        if console.target is not None and console.target.type == "serial":
            raise errors.ConfigUnsupported(
                "Only the first console can be a serial port", hint="<target type='virtio'/> makes another kind"
            )
    _check_root(domain)
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
    for disk in domain.devices.disks:
        on_usb = disk.target is not None and disk.target.bus == "usb"
        if on_usb and disk.address is not None and disk.address.type != "usb":
            raise errors.InternalError("unexpected address type for usb disk", hint="leave out its <address>")
    for hostdev in domain.devices.hostdevs:
        if hostdev.type == "usb" and hostdev.address is not None and hostdev.address.type != "usb":
            raise errors.ConfigUnsupported("USB host device must use 'usb' address type")
    _check_usb(domain)


def _check_usb(domain: Domain) -> None:
    usb = [c for c in domain.devices.controllers if c.type == "usb"]
    for controller in usb:
        if controller.model in _COMPANIONS and not any(
            c.index == controller.index and c.model not in _COMPANIONS for c in usb
        ):
            raise errors.XMLDetail(
                "No master USB controller specified",
                hint=f"add <controller type='usb' index='{controller.index}' model='ich9-ehci1'/>",
            )
    if any(controller.model in ("qusb1", "qusb2") for controller in usb):
        raise errors.ConfigUnsupported(
            "USB controller model type 'qusb1' or 'qusb2' is not supported in qemu", hint="say model='qemu-xhci'"
        )


def _check_root(domain: Domain) -> None:
    if not is_x86(domain):
        return
    wanted = "pcie-root" if is_q35(domain) else "pci-root" if is_i440fx(domain) else None
    for controller in domain.devices.controllers:
        if controller.type == "pci" and controller.index == 0 and wanted and controller.model != wanted:
            raise errors.XMLError(
                f"The PCI controller with index='0' must be model='{wanted}' for this machine type, "
                f"but model='{controller.model or '(null)'}' was found instead",
                hint="leave it out: it is added by itself",
            )
        if controller.model == "pcie-expander-bus" and not is_q35(domain):
            raise errors.ConfigUnsupported("pcie-expander-bus controllers are not supported with this machine type")
        if controller.model == "pci-expander-bus" and not is_i440fx(domain):
            raise errors.ConfigUnsupported(
                "pci-expander-bus controllers are only supported on 440fx-based machinetypes"
            )


def _bootable(domain: Domain) -> Iterator[Any]:
    devices = domain.devices
    yield from devices.disks
    yield from devices.interfaces
    yield from devices.hostdevs
    yield from devices.redirdevs
    yield from devices.filesystems


def _check_boot(domain: Domain) -> None:
    assert domain.os is not None
    seen: set[int] = set()
    for device in _bootable(domain):
        order = device.boot.order if device.boot is not None else None
        if order is None:
            continue
        if domain.os.boots:
            raise errors.ConfigUnsupported(
                "per-device boot elements cannot be used together with os/boot elements",
                hint="remove either <boot dev=…/> from <os> or <boot order=…/> from the devices",
            )
        if order in seen:
            raise errors.ConfigUnsupported(f"boot order '{order}' used for more than one device")
        seen.add(order)
