"""The document of `virsh domcapabilities`: what a guest of one machine type can be made of here."""

from __future__ import annotations

from virshpy.drivers.cpu.models import vendor_of
from virshpy.drivers.qemu.node.kernel import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import Machine, QemuCaps
    from virshpy.drivers.qemu.capabilities.choice import Choice

_VIRTIO = ("virtio", "virtio-transitional", "virtio-non-transitional")
_VIDEO = (
    ("vga", "VGA"), ("cirrus", "cirrus-vga"), ("vmvga", "vmware-svga"), ("qxl", "qxl"), ("virtio", "virtio-gpu-pci"),
    ("none", ""), ("bochs", "bochs-display"), ("ramfb", "ramfb"),
)  # fmt: skip


def domain_capabilities_xml(choice: Choice) -> str:
    """The whole document (virConnectGetDomainCapabilities)."""
    caps, machine, kind = choice.caps, choice.machine, choice.kind
    lines = ["<domainCapabilities>"]
    if kind != "kvm" and not caps.kvm_usable:
        lines.append(f"  <!-- no KVM: {caps.kvm_reason.replace('--', '- -')} -->")
    lines += [
        f"  <path>{caps.binary}</path>",
        f"  <domain>{kind}</domain>",
        f"  <machine>{machine.name}</machine>",
        f"  <arch>{choice.arch}</arch>",
        f"  <vcpu max='{machine.max_cpus}'/>",
        "  <iothreads supported='yes'/>",
    ]
    lines += _os(choice.arch, machine) + _cpu(choice) + _memory() + _devices(caps, machine) + _features(caps)
    return "\n".join([*lines, "</domainCapabilities>", ""])


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


def _cpu(choice: Choice) -> list[str]:
    lines = ["  <cpu>"]
    if choice.kind == "kvm":
        lines += ["    <mode name='host-passthrough' supported='yes'>"]
        lines += [*_enum("hostPassthroughMigratable", ("on", "off"), 6), "    </mode>"]
    else:
        lines.append("    <mode name='host-passthrough' supported='no'/>")
    lines += ["    <mode name='maximum' supported='yes'>", *_enum("maximumMigratable", ("on", "off"), 6), "    </mode>"]
    return [*lines, *_host_model(choice), *_models(choice), "  </cpu>"]


def _host_model(choice: Choice) -> list[str]:
    offer = choice.caps.processors(choice.accelerator)
    found = offer.host_model()
    if found is None:
        return ["    <mode name='host-model' supported='no'/>"]
    lines = ["    <mode name='host-model' supported='yes'>"]
    lines.append(f"      <model fallback='forbid'>{found.model.name}</model>")
    if offer.vendor:
        lines.append(f"      <vendor>{offer.vendor}</vendor>")
    lines += [f"      <feature policy='{policy}' name='{name}'/>" for name, policy in found.policies]
    return [*lines, "    </mode>"]


def _models(choice: Choice) -> list[str]:
    lines = ["    <mode name='custom' supported='yes'>"]
    for name, usable, deprecated in choice.caps.processors(choice.accelerator).offered:
        mark = " deprecated='yes'" if deprecated else ""
        vendor = vendor_of(name) or "unknown"
        lines.append(f"      <model usable='{'yes' if usable else 'no'}' vendor='{vendor}'{mark}>{name}</model>")
    return [*lines, "    </mode>"]


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


def _devices(caps: QemuCaps, machine: Machine) -> list[str]:
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
        ("pciBackend", ("vfio",) if names("/sys/kernel/iommu_groups") else ()),
    ])  # fmt: skip
    lines += _section("rng", [("model", _VIRTIO), ("backendModel", ("random", "egd", "builtin"))])
    lines += _section("filesystem", [("driverType", ("path", "handle", "virtiofs"))])
    lines += _section("tpm", [
        ("model", tpms), ("backendModel", ("passthrough", "emulator", "external")), ("backendVersion", ("1.2", "2.0")),
    ])  # fmt: skip
    lines += _section("redirdev", [("bus", ("usb",))])
    lines += _section("channel", [("type", ["pty", "unix", *(["spicevmc"] if spice else [])])])
    return [*lines, "  </devices>"]


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
