"""<domain>: the document that describes a guest, one class for each element, in libvirt's order and with its names.

    domain = Domain.parse(text)
    domain.devices.disks[0].target.dev        'vda'
    domain.format(inactive=True)              libvirt's text, byte for byte

Sizes are in KiB where a class does not say otherwise. Nothing here depends on a host: defaults and addresses are the
driver's. What libvirt's parser itself fills in, whatever the host (``type='file'`` of a disk, ``offset='utc'``), is.
"""

from __future__ import annotations

from itertools import islice

from virshpy import errors
from virshpy.xml.domain.clock import Clock
from virshpy.xml.domain.cpu import CPU, NumaCell
from virshpy.xml.domain.devices import Devices
from virshpy.xml.domain.features import Features
from virshpy.xml.domain.osboot import OS, IDMap, OSType, Sysinfo
from virshpy.xml.domain.resctrl import settle
from virshpy.xml.domain.security import (
    QEMU_NAMESPACE,
    KeyWrap,
    LaunchSecurity,
    QemuCapabilities,
    QemuCommandline,
    QemuDeprecation,
    QemuOverride,
    Seclabel,
)
from virshpy.xml.domain.tuning import (
    PM,
    VCPU,
    Blkiotune,
    Cputune,
    DefaultIOThread,
    IOThreadIDs,
    MaxMemory,
    Memory,
    MemoryBacking,
    Memtune,
    Numatune,
    Perf,
    Resource,
    VCPUs,
)
from virshpy.xml.element import Element, Reading, always, attr, leaf, many, one, verbatim
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import KIB, UUID, Enum, Int, Scalar, Sentence, again, xml
from virshpy.xml.uuids import read_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from virshpy.xml.element import Plan
    from virshpy.xml.schema import Found

VIRT_TYPES = Enum(
    "none qemu kqemu kvm xen lxc uml openvz test vmware hyperv vbox phyp parallels bhyve vz hvf",
    "invalid domain type %s",
)
_ACTIONS = "destroy restart rename-restart preserve coredump-destroy coredump-restart"


MAX_IOTHREADS = 16384  # more than any QEMU has; libvirt names no limit, and runs out of memory


class Line(Scalar):
    """A title."""

    def read(self, text: str, node: Node, name: str | None) -> str:
        if "\n" in text:
            raise Refusal(errors.XMLError, "Domain title can't contain newlines", node, "expected one line")
        return text


class Domain(Element, tag="domain"):
    """The whole document. ``id`` is that of a running guest."""

    _source = "(domain_definition)"
    _namespaces = {QEMU_NAMESPACE: "qemu"}
    _needed = ("type",)
    _order = (
        "name uuid genid title description seclabel memory currentMemory maxMemory memoryBacking blkiotune memtune vcpu"
        " vcpus iothreads iothreadids cputune cpu numatune resource features on_reboot on_poweroff on_crash"
        " on_lockfailure pm perf clock os devices launchSecurity idmap sysinfo keywrap"
    )

    type: str | None = attr()
    id: int | None = attr(Int(0, 2**31 - 1), runtime=True)
    name: str | None = leaf()
    uuid: str | None = leaf(UUID(Sentence("malformed uuid element", errors.InternalError)))
    genid: str | None = leaf(UUID(Sentence("malformed genid element", errors.InternalError)))
    title: str | None = leaf(Line())
    description: str | None = leaf()
    metadata: Node | None = verbatim()
    max_memory: MaxMemory | None = one(MaxMemory)
    memory: Memory | None = one(Memory)
    current_memory: int | None = leaf(KIB, "currentMemory")
    blkiotune: Blkiotune | None = one(Blkiotune)
    memtune: Memtune | None = one(Memtune)
    memory_backing: MemoryBacking | None = one(MemoryBacking)
    vcpu: VCPU | None = one(VCPU)
    vcpus: VCPUs | None = one(VCPUs)
    iothreads: int | None = leaf(Int(0, MAX_IOTHREADS, sentence=xml("invalid iothreads count '%s'")))
    iothreadids: IOThreadIDs | None = one(IOThreadIDs)
    defaultiothread: DefaultIOThread | None = one(DefaultIOThread)
    cputune: Cputune | None = one(Cputune)
    numatune: Numatune | None = one(Numatune)
    resource: Resource | None = one(Resource)
    sysinfos: list[Sysinfo] = many(Sysinfo)
    bootloader: str | None = leaf()
    bootloader_args: str | None = leaf()
    os: OS | None = one(OS)
    idmap: IDMap | None = one(IDMap)
    features: Features | None = one(Features)
    cpu: CPU | None = one(CPU)
    clock: Clock | None = one(Clock)
    on_poweroff: str | None = leaf(Enum(_ACTIONS, "unknown on_poweroff action: %s"))
    on_reboot: str | None = leaf(Enum(_ACTIONS, "unknown on_reboot action: %s"))
    on_crash: str | None = leaf(Enum(_ACTIONS, "unknown on_crash action: %s"))
    on_lockfailure: str | None = leaf(
        Enum("default poweroff restart pause ignore", "unknown on_lockfailure action: %s")
    )
    pm: PM | None = one(PM)
    perf: Perf | None = one(Perf)
    devices: Devices = always(Devices)
    seclabels: list[Seclabel] = many(Seclabel)
    keywrap: KeyWrap | None = one(KeyWrap)
    launch_security: LaunchSecurity | None = one(LaunchSecurity)
    qemu_commandline: QemuCommandline | None = one(QemuCommandline)
    qemu_capabilities: QemuCapabilities | None = one(QemuCapabilities)
    qemu_override: QemuOverride | None = one(QemuOverride)
    qemu_deprecation: QemuDeprecation | None = one(QemuDeprecation)

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        made = super()._read(node, reading)
        if made.metadata is not None and len(made.metadata.children) > 1:
            from virshpy.xml.metadata import repeated

            holder = made.metadata
            reading.unknown += [
                (holder, "second element of a namespace", child.tag, (), False) for child in repeated(holder)
            ]
        return made

    def _read_children(self, node: Node, plan: Plan, values: dict[str, Any], reading: Reading) -> None:
        try:
            super()._read_children(node, plan, values, reading)
        except (Refusal, errors.Error):
            within = node.find("os")
            kind = within.find("type") if within is not None else None
            if kind is not None:
                OSType._read(kind, Reading(False))  # libvirt reads it first, and the rest of <os> late
            raise

    @classmethod
    def _faults(cls, node: Node) -> Iterable[Found]:
        from virshpy.xml.values import not_among

        yield from not_among(node, "type", VIRT_TYPES.words)

    @property
    def cells(self) -> list[NumaCell]:
        """The NUMA cells of the guest, none for a guest of one piece."""
        return self.cpu.numa.cells if self.cpu and self.cpu.numa else []

    @property
    def max_vcpus(self) -> int:
        """The vCPUs that the guest may have."""
        return (self.vcpu and self.vcpu.value) or 1

    @property
    def current_vcpus(self) -> int:
        """The vCPUs that the guest has, the others not being plugged."""
        return (self.vcpu and self.vcpu.current) or self.max_vcpus

    def _check(self, node: Node) -> None:
        self.devices.emulator  # noqa: B018 - made if there was none: it is always printed
        if not self.name:
            raise Refusal(errors.NoName, None, node, "expected <name>…</name>")
        if self.uuid is None:
            systems = (info.system.get("uuid") for info in self.sysinfos if info.system is not None)
            self.uuid = next((read_uuid(word) for word in systems if word), None)
        if self.genid is None and any(child.tag == "genid" for child in node.children):
            self.genid = ""  # asked for, and made when the document is defined
        if "/" in self.name:
            raise Refusal(errors.XMLError, f"name {self.name} cannot contain '/'", node)
        if "\n" in self.name:
            raise Refusal(errors.XMLDetail, "invalid char in name: \n", node, "a name is one line")
        if not self.type:
            raise Refusal(errors.InternalError, "missing domain type attribute", node, "expected <domain type='qemu'>")
        VIRT_TYPES.read(self.type, node, "type")  # here because libvirt asks for the name first
        if self.os is None or self.os.type is None or not self.os.type.value:
            raise Refusal(errors.XMLError, "an os <type> must be specified", node, "expected <os><type>hvm</type></os>")
        cells = self.cells
        if not (self.memory and self.memory.value) and not any(cell.memory for cell in cells):
            detail = "Memory size must be specified via <memory> or in the <numa> configuration"
            raise Refusal(errors.XMLError, detail, node, "expected <memory unit='MiB'>…</memory>, more than 0")
        if self.numatune and self.numatune.memnodes and not cells:
            raise Refusal(errors.XMLError, "Element 'memnode' is invalid without any guest NUMA cells", node)
        self._check_iothreads(node)
        self._check_many(node)

    def _check_many(self, node: Node) -> None:
        """What goes together, and what may be said once."""
        limit = self.max_memory
        if limit is not None and bool(limit.slots) != bool(limit.value):
            detail = "both maximum memory size and memory slot count must be specified"
            raise Refusal(errors.XMLError, detail, node, "expected <maxMemory slots='…' unit='GiB'>…")
        count = self.vcpu.value if self.vcpu and self.vcpu.value is not None else 1
        for vcpu in self.vcpus.vcpus if self.vcpus else []:
            if (vcpu.id or 0) >= count:
                detail = f"vcpu id '{vcpu.id}' is out of range of maximum vcpu count"
                raise Refusal(errors.XMLError, detail, node)
        if self.cputune is not None and self.cputune.vcpupins:
            self.cputune.vcpupins = [pin for pin in self.cputune.vcpupins if (pin.vcpu or 0) < count]
        if self.cputune is not None:
            self._check_schedulers(self.cputune, count, node)
        for word in ("poweroff", "reboot"):
            action = getattr(self, f"on_{word}") or ""
            if action.startswith("coredump"):
                detail = f"Lifecycle event '{word}' doesn't support '{action}' action"
                raise Refusal(errors.ConfigUnsupported, detail, node)
        models = [label.model for label in self.seclabels]
        for model in again(models):
            raise Refusal(errors.XMLDetail, f"seclabel for model {model or '(null)'} is already provided", node)
        if len(models) > 1 and None in models:
            raise Refusal(errors.XMLError, "missing security model when using multiple labels", node, "add model='…'")

    def _check_schedulers(self, tune: Cputune, count: int, node: Node) -> None:
        """Every vCPU and every I/O thread has a line of its own."""
        for number in (number for row in tune.vcpuscheds for number in row.vcpus or ()):
            if number >= count:
                detail = f"vCPU '{number}' is not present in domain definition"
                raise Refusal(errors.ConfigUnsupported, detail, node)
        tune.split_schedulers()
        settle(tune.cachetunes, tune.memorytunes, count, node)

    def _check_iothreads(self, node: Node) -> None:
        """What is pinned or scheduled must exist: named in <iothreadids>, or among the first ``iothreads``."""
        if self.cputune is None:
            return
        known = {thread.id for thread in (self.iothreadids.iothreads if self.iothreadids else [])}
        free = (number for number in range(1, (self.iothreads or 0) + len(known) + 1) if number not in known)
        known |= set(islice(free, max(0, (self.iothreads or 0) - len(known))))
        wanted = [pin.iothread for pin in self.cputune.iothreadpins]
        for number in again(wanted):
            detail = f"duplicate iothreadpin for same iothread '{number}'"
            raise Refusal(errors.InternalError, detail, node)
        wanted += [number for row in self.cputune.iothreadscheds for number in row.iothreads or ()]
        for number in wanted:
            if number not in known:
                raise Refusal(errors.ConfigUnsupported, f"Cannot find 'iothread' : {number}", node)
