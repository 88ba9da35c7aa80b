"""Completion candidates for values that are not objects: processors, NUMA cells, formats, devices of a guest.

A type takes one up by its name: ``Int().offering("CELLS")``. Pressing Tab changes nothing, so what is asked here may be
asked on a read-only connection, too."""

from __future__ import annotations

from virshpy.enums.parameters import parameters
from virshpy.shell.lang.types import Choice, DomainType, Path, Type, Uri
from virshpy.shell.nouns.objects import DiskName, InterfaceName, InterfaceType, NetworkType, OfDomain, SecretType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.nouns.objects import Given
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node


class Preferences(Type):
    """What one may prefer at the prompt."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.shell.preferences import KNOWN

        return [(name, known.help) for name, known in KNOWN.items()]


class ListFields(Type):
    """Columns of ``list --fields``."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.shell.commands.domain.fields import FIELDS

        return [(name, field.help) for name, field in FIELDS.items()]


class PreferredValues(Type):
    """How one may want it."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.shell.preferences import KNOWN

        known = KNOWN.get(given.get("name", [""])[0])
        return [(value, "") for value in known.values] if known else ()


class Commas(Type):
    """Several words of another source, with commas between them."""

    def __init__(self, source: Type) -> None:
        self.words = source

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        before, comma, last = prefix.rpartition(",")
        used = before.split(",")
        for word, meaning in self.words.complete_beside(given, last, session):
            if word not in used:
                yield before + comma + word, meaning


# the host
class HostCpus(Type):
    """Numbers of the host's processors, or of those that are on."""

    def __init__(self, *, online: bool = False) -> None:
        self.online = online

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        found = session.connection.node_cpu_map()
        return [(str(cpu), "processor") for cpu in (found.online if self.online else range(found.present))]


class InCapabilities(Type):
    """What ``find`` makes of the capabilities of the host."""

    def __init__(self, find: Callable[[Node], Iterable[Candidate]]) -> None:
        self.find = find

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.xml.parse import parse

        found = self.find(parse(session.connection.capabilities(), source="(capabilities)"))
        return dict(found).items()


def _below(root: Node, *tags: str) -> Iterator[Node]:
    """Elements at a path of tags."""
    if not tags:
        yield root
        return
    for child in root.children:
        if child.tag == tags[0]:
            yield from _below(child, *tags[1:])


def _cells(root: Node) -> Iterator[Candidate]:
    for cell in _below(root, "host", "topology", "cells", "cell"):
        yield cell.attrs.get("id", "0"), "NUMA cell"


def _page_sizes(root: Node) -> Iterator[Candidate]:
    for page in _below(root, "host", "cpu", "pages"):
        size, units = int(page.attrs["size"]), ["KiB", "MiB", "GiB"]
        while size % 1024 == 0 and len(units) > 1:
            size, units = size // 1024, units[1:]
        yield f"{size}{units[0]}", "size of a page"


def _arches(root: Node) -> Iterator[Candidate]:
    for arch in _below(root, "guest", "arch"):
        yield arch.attrs.get("name", ""), "architecture of guests"


def _virt_types(root: Node) -> Iterator[Candidate]:
    for domain in _below(root, "guest", "arch", "domain"):
        yield domain.attrs.get("type", ""), "type of guests"


def _emulators(root: Node) -> Iterator[Candidate]:
    for emulator in _below(root, "guest", "arch", "emulator"):
        yield emulator.text.strip(), "emulator"


def _machines(root: Node) -> Iterator[Candidate]:
    for machine in _below(root, "guest", "arch", "machine"):
        yield machine.text.strip(), "machine type"


class CpuModels(Type):
    """Models of processors, of the architecture that is named beside or of this host's."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        (arch,) = given.get("arch") or ["x86_64"]
        return [(name, "model") for name in session.connection.cpu_model_names(arch)]


class Devices(Type):
    """Devices of the host of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.enums import ListNodeDevicesFlags

        flags = ListNodeDevicesFlags[self.kind] | ListNodeDevicesFlags.ACTIVE
        return [(device.name, "device") for device in session.connection.list_node_devices(flags=flags)]


class SecretUsages(Type):
    """Secrets by what they are for."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(secret.usage_id, secret.uuid) for secret in session.connection.list_secrets() if secret.usage_id]


class NetworkSources(Type):
    """What an interface of the type that is named beside is connected to."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        kind = next(iter(given.get("type", ())), "network")
        if kind == "network":
            return NetworkType().complete(prefix, session)
        if kind == "hostdev":
            return Devices("CAP_PCI_DEV").complete(prefix, session)
        return InterfaceType("name").complete(prefix, session) if kind in ("bridge", "direct") else ()


class LeasedMacs(Type):
    """MAC addresses that the network named beside has given an address."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        if "network" not in given:
            return ()
        network = NetworkType().resolve(given["network"][0], "network", session)
        return [(lease.mac, lease.hostname or lease.ipaddr) for lease in network.dhcp_leases(None) if lease.mac]


class PoolFormats(Type):
    """Formats of storage for a pool of the type that is named beside."""

    formats = {
        "fs": "auto ext2 ext3 ext4 ufs iso9660 udf gfs gfs2 vfat hfs+ xfs ocfs2 vmfs",
        "netfs": "auto nfs glusterfs cifs",
        "disk": "dos dvh gpt mac bsd pc98 sun lvm2",
        "logical": "lvm2",
    }

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        words = self.formats.get(next(iter(given.get("type", ())), ""), "")
        return [(word, "format") for word in words.split()]


# the domain that is named beside
class Vcpus(OfDomain):
    """Numbers of the domain's processors."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(str(number), "processor of the domain") for number in range(domain.info().vcpus)]


class IOThreads(OfDomain):
    """Numbers of the domain's I/O threads."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(str(one.iothread_id), "I/O thread") for one in domain.iothread_info(flags=0)]


class FreeIOThread(OfDomain):
    """The first number that no I/O thread of the domain has."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        used = {one.iothread_id for one in domain.iothread_info(flags=0)}
        return [(str(next(number for number in range(1, len(used) + 2) if number not in used)), "free number")]


class MountPoints(OfDomain):
    """Where the guest has mounted file systems."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(one.mountpoint, one.fstype) for one in domain.fs_info()]


class SchedulerSettings(OfDomain):
    """Parameters of the scheduler, as they are."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(f"{name}={value}", "as it is") for name, value in domain.scheduler_parameters(flags=0).items()]


class MetadataUris(Type):
    """Namespaces of the own metadata of the domain or the network that is named beside."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        for name, kind in (("domain", DomainType()), ("network", NetworkType())):
            if name in given:
                return _namespaces(kind.resolve(given[name][0], name, session).xml_desc())
        return ()


def _namespaces(document: str) -> Iterable[Candidate]:
    import re

    held = document.partition("<metadata>")[2].partition("</metadata>")[0]
    found = re.findall(r"xmlns(?::[\w.-]+)?=[\"']([^\"']+)[\"']", held)
    return [(uri, "namespace") for uri in dict.fromkeys(found)]


class InDocument(OfDomain):
    """What ``find`` makes of the domain's document."""

    def __init__(self, find: Callable[[Node], Iterable[Candidate]]) -> None:
        self.find = find

    def of(self, domain: Domain) -> Iterable[Candidate]:
        from virshpy.xml.parse import parse

        return dict(self.find(parse(domain.xml_desc(), source="(domain_definition)"))).items()


def _attribute(node: Node, tag: str, name: str) -> str:
    child = node.find(tag)
    return "" if child is None else child.attrs.get(name, "")


def _consoles(root: Node) -> Iterator[Candidate]:
    for tag in ("console", "serial", "parallel", "channel"):
        for device in _below(root, "devices", tag):
            if alias := _attribute(device, "alias", "name"):
                yield alias, tag


def _memory_nodes(root: Node) -> Iterator[Candidate]:
    for node in _below(root, "devices", "memory", "target", "node"):
        yield node.text.strip(), "NUMA node of the guest"


def _throttle_groups(root: Node) -> Iterator[Candidate]:
    for name in _below(root, "throttlegroups", "throttlegroup", "group_name"):
        yield name.text.strip(), "group"


def _drives(root: Node) -> Iterator[Candidate]:
    for disk in _below(root, "devices", "disk"):
        if disk.attrs.get("device") in ("cdrom", "floppy"):
            yield _attribute(disk, "target", "dev"), _attribute(disk, "source", "file") or "empty"


def _free_targets(root: Node) -> Iterator[Candidate]:
    used = {_attribute(disk, "target", "dev") for disk in _below(root, "devices", "disk")}
    for start, bus in (("vd", "virtio"), ("sd", "scsi, sata or usb"), ("hd", "ide")):
        yield next(name for letter in "abcdefghijklmnopqrstuvwxyz" if (name := start + letter) not in used), bus


# What options name.
HOST_CPUS = HostCpus()
ONLINE_CPUS = HostCpus(online=True)
CELLS = InCapabilities(_cells)
PAGE_SIZES = InCapabilities(_page_sizes)
ARCHES = InCapabilities(_arches)
VIRT_TYPES = InCapabilities(_virt_types)
EMULATORS = InCapabilities(_emulators)
MACHINES = InCapabilities(_machines)
LIST_FIELDS = Commas(ListFields())
PREFERENCES = Preferences()
PREFERRED = PreferredValues()
CPU_ARCHES = Choice("x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x")
CPU_LIST = Commas(HOST_CPUS)
CELL_LIST = Commas(CELLS)
CPU_MODELS = CpuModels()
HOST_INTERFACES = InterfaceType()
SCSI_HOSTS = Devices("CAP_SCSI_HOST")
SECRETS = SecretType()
SECRET_USAGES = SecretUsages()
NETWORK_SOURCES = NetworkSources()
LEASED_MACS = LeasedMacs()
POOL_FORMATS = PoolFormats()
PATHS = Path()
URIS = Uri()

DISK = DiskName()
DISKS = Commas(DISK)
INTERFACE_NAMES = InterfaceName()
VCPUS = Vcpus()
VCPU_LIST = Commas(VCPUS)
IOTHREADS = IOThreads()
FREE_IOTHREAD = FreeIOThread()
MOUNT_POINTS = MountPoints()
SCHEDULER_SETTINGS = SchedulerSettings()
METADATA_URIS = MetadataUris()
CONSOLES = InDocument(_consoles)
MEMORY_NODES = InDocument(_memory_nodes)
THROTTLE_GROUPS = InDocument(_throttle_groups)
DRIVES = InDocument(_drives)
FREE_TARGETS = InDocument(_free_targets)

AUTH_TYPES = Choice("chap", "ceph")
NFS_VERSIONS = Choice("3", "4", "4.1", "4.2")
SOURCE_MODES = Choice("server", "client")
IMAGE_FORMATS = Choice("raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "dir")
COMPRESSIONS = Commas(Choice("mt", "xbzrle", "zlib", "zstd"))
NETWORK_PROTOCOLS = Choice(
    "nbd", "rbd", "sheepdog", "gluster", "iscsi", "http", "https", "ftp", "ftps", "tftp", "ssh", "nfs"
)
PERF_EVENTS = Commas(Choice(*parameters("PerfEvents")))
QMP_EVENTS = Choice(
    "ACPI_DEVICE_OST", "BALLOON_CHANGE", "BLOCK_IO_ERROR", "BLOCK_JOB_CANCELLED", "BLOCK_JOB_COMPLETED",
    "BLOCK_JOB_ERROR", "BLOCK_JOB_PENDING", "BLOCK_JOB_READY", "BLOCK_WRITE_THRESHOLD", "DEVICE_DELETED",
    "DEVICE_TRAY_MOVED", "DEVICE_UNPLUG_GUEST_ERROR", "GUEST_CRASHLOADED", "GUEST_PANICKED", "JOB_STATUS_CHANGE",
    "MEMORY_DEVICE_SIZE_CHANGE", "MEMORY_FAILURE", "MIGRATION", "MIGRATION_PASS", "NIC_RX_FILTER_CHANGED",
    "POWERDOWN", "RESET", "RESUME", "RTC_CHANGE", "SHUTDOWN", "SPICE_CONNECTED", "SPICE_DISCONNECTED",
    "SPICE_INITIALIZED", "STOP", "SUSPEND", "SUSPEND_DISK", "UNPLUG_PRIMARY", "VNC_CONNECTED", "VNC_DISCONNECTED",
    "VNC_INITIALIZED", "VSERPORT_CHANGE", "WAKEUP", "WATCHDOG",
)  # fmt: skip
# To ask QEMU or the agent what they know would mark the guest as one that others have had their hands in.
MONITOR_COMMANDS = Choice(
    "block_resize", "cont", "device_add", "device_del", "human-monitor-command", "inject-nmi", "object-add",
    "object-del", "qom-get", "qom-list", "qom-set", "query-acpi-ospm-status", "query-balloon", "query-block",
    "query-block-jobs", "query-blockstats", "query-chardev", "query-commands", "query-cpu-definitions",
    "query-cpus-fast", "query-events", "query-hotpluggable-cpus", "query-iothreads", "query-jobs", "query-kvm",
    "query-machines", "query-memdev", "query-memory-devices", "query-memory-size-summary", "query-migrate",
    "query-mice", "query-name", "query-named-block-nodes", "query-pci", "query-rx-filter", "query-spice",
    "query-status", "query-target", "query-tpm", "query-uuid", "query-version", "query-vnc", "rtc-reset-reinjection",
    "screendump", "send-key", "set_link", "stop", "system_powerdown", "system_reset", "system_wakeup",
)  # fmt: skip
_AGENT = (
    "ping", "info", "get-time", "get-host-name", "get-osinfo", "get-timezone", "get-users", "get-vcpus",
    "get-memory-blocks", "get-disks", "get-diskstats", "get-cpustats", "get-fsinfo", "fsfreeze-status",
    "fsfreeze-freeze", "fsfreeze-thaw", "fstrim", "network-get-interfaces", "sync", "shutdown", "suspend-disk",
    "suspend-ram", "suspend-hybrid",
)  # fmt: skip
AGENT_COMMANDS = Choice(*(f'{{"execute": "guest-{name}"}}' for name in _AGENT))
USERS = Choice("root")
