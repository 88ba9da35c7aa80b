"""The document of `virsh domcapabilities`: what a guest of one machine type can be made of here."""

from __future__ import annotations

import re

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import Machine, QemuCaps

_VIRTIO = ("virtio", "virtio-transitional", "virtio-non-transitional")
# Who makes the processors that QEMU's models are named after.
_AMD = ("phenom", "Opteron", "EPYC", "athlon")
_UNKNOWN = ("qemu", "kvm", "pentium", "486")
# Models that libvirt does not know: versions of others, and what is not one processor.
_HIDDEN = re.compile(r".*-v\d+$|max$|host$|base$|Denverton|KnightsMill").match
_VIDEO = (
    ("vga", "VGA"), ("cirrus", "cirrus-vga"), ("vmvga", "vmware-svga"), ("qxl", "qxl"), ("virtio", "virtio-gpu-pci"),
    ("none", ""), ("bochs", "bochs-display"), ("ramfb", "ramfb"),
)  # fmt: skip


def domain_capabilities_xml(
    caps: QemuCaps, arch: str | None = None, machine: str | None = None, virt_type: str | None = None
) -> str:
    """The whole document (virConnectGetDomainCapabilities); what is None gets the default that a guest would get.

    Raises InvalidArg for a machine, architecture or type that this QEMU does not do.
    """
    own = "i686" if caps.arch == "i386" else caps.arch
    if arch is not None and arch != own:
        raise errors.InvalidArg(f"architecture from emulator '{own}' doesn't match given architecture '{arch}'")
    kind = _virt_type(caps, virt_type)
    found = caps.machine(machine or caps.default_machine)
    if found is None:
        raise errors.InvalidArg(
            f"the machine '{machine}' is not supported by emulator '{caps.binary}'",
            hint="virshpy capabilities lists the machine types",
        )
    lines = ["<domainCapabilities>"]
    if kind != "kvm" and not caps.kvm_usable:
        lines.append(f"  <!-- no KVM: {caps.kvm_reason.replace('--', '- -')} -->")
    lines += [
        f"  <path>{caps.binary}</path>",
        f"  <domain>{kind}</domain>",
        f"  <machine>{found.name}</machine>",
        f"  <arch>{own}</arch>",
        f"  <vcpu max='{found.max_cpus}'/>",
        "  <iothreads supported='yes'/>",
    ]
    lines += _os(own, found) + _cpu(caps, kind) + _memory() + _devices(caps, found, kind) + _features(caps)
    return "\n".join([*lines, "</domainCapabilities>", ""])


def _virt_type(caps: QemuCaps, wanted: str | None) -> str:
    if wanted is None:
        return "kvm" if caps.kvm_usable else "qemu"
    if wanted not in ("qemu", "kvm"):
        from virshpy.xml.domain import VIRT_TYPES

        if wanted not in VIRT_TYPES.words:
            raise errors.InvalidArg(f"unknown virttype: {wanted}", hint="QEMU runs qemu and kvm")
        raise errors.InvalidArg(f"Emulator '{caps.binary}' does not support virt type '{wanted}'")
    if wanted == "kvm" and not caps.kvm_usable:
        raise errors.InvalidArg(f"KVM is not supported by '{caps.binary}' on this host", hint=caps.kvm_reason)
    return wanted


def _enum(name: str, values: list[str] | tuple[str, ...], indent: int) -> list[str]:
    pad = " " * indent
    if not values:
        return [f"{pad}<enum name='{name}'/>"]
    return [f"{pad}<enum name='{name}'>", *(f"{pad}  <value>{value}</value>" for value in values), f"{pad}</enum>"]


def _os(arch: str, machine: Machine) -> list[str]:
    from fnmatch import fnmatchcase

    from virshpy.drivers.qemu.capabilities.firmware import load_descriptors

    images, secure = [], False
    for descriptor in load_descriptors():
        mapping = descriptor.get("mapping", {})
        targets = [t for t in descriptor.get("targets", []) if t.get("architecture") == arch]
        patterns = [pattern for target in targets for pattern in target.get("machines", [])]
        if mapping.get("device") == "flash" and any(fnmatchcase(machine.name, pattern) for pattern in patterns):
            images.append(mapping["executable"]["filename"])
            secure = secure or "requires-smm" in descriptor.get("features", [])
    return [
        "  <os supported='yes'>",
        *_enum("firmware", ["efi"] if images else [], 4),
        "    <loader supported='yes'>",
        *(f"      <value>{image}</value>" for image in images),
        *_enum("type", ("rom", "pflash"), 6),
        *_enum("readonly", ("yes", "no"), 6),
        *_enum("secure", ("yes", "no") if secure else ("no",), 6),
        "    </loader>",
        "  </os>",
    ]


def _cpu(caps: QemuCaps, kind: str) -> list[str]:
    lines = ["  <cpu>"]
    if kind == "kvm":
        lines += ["    <mode name='host-passthrough' supported='yes'>"]
        lines += [*_enum("hostPassthroughMigratable", ("on", "off"), 6), "    </mode>"]
    else:
        lines.append("    <mode name='host-passthrough' supported='no'/>")
    lines += ["    <mode name='maximum' supported='yes'>", *_enum("maximumMigratable", ("on", "off"), 6), "    </mode>"]
    lines += [
        "    <mode name='host-model' supported='yes'>",
        f"      <model fallback='forbid'>{'host' if kind == 'kvm' else 'max'}</model>",
        "    </mode>",
        "    <mode name='custom' supported='yes'>",
    ]
    for definition in caps.cpu_definitions("kvm" if kind == "kvm" else "tcg"):
        name = definition["name"]
        if not _HIDDEN(name):
            usable = "no" if definition.get("unavailable-features") else "yes"
            deprecated = " deprecated='yes'" if definition.get("deprecated") else ""
            lines.append(f"      <model usable='{usable}' vendor='{_vendor(name)}'{deprecated}>{name}</model>")
    return [*lines, "    </mode>", "  </cpu>"]


def _vendor(model: str) -> str:
    if model.startswith(_UNKNOWN):
        return "unknown"
    if model.startswith("Dhyana"):
        return "Hygon"
    return "AMD" if model.startswith(_AMD) else "Intel"


def _memory() -> list[str]:
    return [
        "  <memoryBacking supported='yes'>",
        *_enum("sourceType", ("file", "anonymous", "memfd"), 4),
        "  </memoryBacking>",
    ]


def _section(name: str, enums: list[tuple[str, list[str] | tuple[str, ...]]]) -> list[str]:
    lines = [f"    <{name} supported='yes'>"]
    for title, values in enums:
        lines += _enum(title, values, 6)
    return [*lines, f"    </{name}>"]


def _devices(caps: QemuCaps, machine: Machine, kind: str) -> list[str]:
    spice = caps.has_device("qxl")
    ide = machine.name.startswith(("pc-i440fx", "pc-1", "pc-0"))
    buses = [*(["ide"] if ide else []), "fdc", "scsi", "virtio", "usb", "sata"]
    graphics = ["sdl", "vnc", *(["spice"] if spice else []), "egl-headless"]
    graphics += ["dbus"] if caps.has_object("dbus-vmstate") and caps.version >= (7, 0) else []
    video = [name for name, device in _VIDEO if not device or caps.has_device(device)]
    hostdev = ["usb", "pci", "scsi"]
    policies = ("default", "mandatory", "requisite", "optional")
    tpms = [name for name in ("tpm-tis", "tpm-crb") if caps.has_device(name) or name == "tpm-tis"]
    lines = ["  <devices>"]
    lines += _section("disk", [("diskDevice", ("disk", "cdrom", "floppy", "lun")), ("bus", buses), ("model", _VIRTIO)])
    lines += _section("graphics", [("type", graphics)])
    lines += _section("video", [("modelType", video)])
    lines += _section("hostdev", [
        ("mode", ("subsystem",)), ("startupPolicy", policies), ("subsysType", hostdev), ("capsType", ()),
        ("pciBackend", ("vfio",) if _vfio() else ()),
    ])  # fmt: skip
    lines += _section("rng", [("model", _VIRTIO), ("backendModel", ("random", "egd", "builtin"))])
    lines += _section("filesystem", [("driverType", ("path", "handle", "virtiofs"))])
    lines += _section("tpm", [
        ("model", tpms), ("backendModel", ("passthrough", "emulator", "external")), ("backendVersion", ("1.2", "2.0")),
    ])  # fmt: skip
    lines += _section("redirdev", [("bus", ("usb",))])
    lines += _section("channel", [("type", ["pty", "unix", *(["spicevmc"] if spice else [])])])
    return [*lines, "  </devices>"]


def _vfio() -> bool:
    import os

    try:
        return bool(os.listdir("/sys/kernel/iommu_groups"))
    except OSError:
        return False


def _features(caps: QemuCaps) -> list[str]:
    return [
        "  <features>",
        "    <gic supported='no'/>",
        f"    <vmcoreinfo supported='{'yes' if caps.has_device('vmcoreinfo') else 'no'}'/>",
        f"    <genid supported='{'yes' if caps.has_device('vmgenid') else 'no'}'/>",
        "    <backingStoreInput supported='yes'/>",
        "    <backup supported='yes'/>",
        "    <sev supported='no'/>",
        "    <sgx supported='no'/>",
        "    <hyperv supported='yes'>",
        *_enum("features", ("spinlocks", "vendor_id"), 6),
        "    </hyperv>",
        "  </features>",
    ]
