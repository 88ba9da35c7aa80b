"""Host and Hypervisor: what the host is and what guests it could run."""

from __future__ import annotations

from virshpy import __version__
from virshpy.enums import DomainCapabilitiesFlags
from virshpy.enums.version import dotted
from virshpy.shell.environment import as_virsh
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import command, flag, option
from virshpy.shell.lang.types import STRING
from virshpy.shell.nouns.options import WRAP, XPATH, selected
from virshpy.shell.render.results import Document, Field, Fields, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_VIRT_TYPES = STRING.offering("VIRT_TYPES")
_ARCHES = STRING.offering("ARCHES")


@command(
    "uri",
    "print the URI of the connection",
    "Print the URI of the connection in its canonical form.",
    examples=(("uri", "such as: qemu:///system"),),
    returns="uri",
)
def uri(session: Session) -> Text:
    with failing("failed to get URI"):
        return Text("uri", session.connection.uri)


@command(
    "hostname",
    "print the host's name",
    "Print the name of the host that the connection leads to.",
    examples=(("hostname", "which host a connection leads to"),),
    returns="hostname",
)
def hostname(session: Session) -> Text:
    with failing("failed to get hostname"):
        return Text("hostname", session.connection.hostname())


@command(
    "version",
    "versions of virshpy and of the hypervisor",
    "Print the version of libvirt whose API is followed, that of the hypervisor,\nand virshpy's own.",
    (flag("daemon", "also the version of what serves the connection"),),
    examples=(("version", "which QEMU runs the guests"), ("version --daemon", "and what serves the connection")),
    returns="library_compiled library api{type version} hypervisor{type version} daemon? virshpy",
)
def version(session: Session, daemon: bool) -> Fields:
    connection = session.connection
    with failing("failed to get hypervisor type"):
        shown = connection.type().upper()
    with failing("failed to get the library version"):
        library = dotted(connection.lib_version())
    fields = [
        Field("library_compiled", "Compiled against library", library, f"libvirt {library}"),
        Field("library", "Using library", library, f"libvirt {library}"),
        Field("api", "Using API", {"type": shown, "version": library}, f"{shown} {library}"),
    ]
    with failing("failed to get the hypervisor version"):
        number = connection.version()
    running = dotted(number)
    fields.append(
        Field("hypervisor", "Running hypervisor", {"type": shown, "version": running}, f"{shown} {running}")
        if number
        else Field(
            "hypervisor", "Cannot extract running", {"type": shown, "version": None}, f"{shown} hypervisor version"
        )
    )
    if daemon:
        fields.append(Field("daemon", "Running against daemon", library))
    fields.append(Field("virshpy", None if as_virsh() else "Using program", __version__, f"virshpy {__version__}"))
    return Fields(fields, 0)


@command(
    "nodeinfo",
    "basic facts about the host",
    "Print the host's processors and memory.",
    examples=(("nodeinfo", "before a guest is given its processors"),),
    returns="model cpus mhz sockets cores threads nodes memory_kib",
)
def nodeinfo(session: Session) -> Fields:
    with failing("failed to get node information"):
        info = session.connection.node_info()
    fields = [Field("model", "CPU model", info.model), Field("cpus", "CPU(s)", info.cpus)]
    fields += [
        Field("mhz", "CPU frequency" if info.mhz else None, info.mhz or None, f"{info.mhz} MHz"),
        Field("sockets", "CPU socket(s)", info.sockets),
        Field("cores", "Core(s) per socket", info.cores),
        Field("threads", "Thread(s) per core", info.threads),
        Field("nodes", "NUMA cell(s)", info.nodes),
        Field("memory_kib", "Memory size", info.memory, f"{info.memory} KiB"),
    ]
    return Fields(fields, 21)


@command(
    "capabilities",
    "print the capabilities of the host and its hypervisors",
    "Print the capabilities document.",
    (XPATH, WRAP),
    examples=(
        ("capabilities", "host, NUMA nodes, and the guests that it could run"),
        ("capabilities --xpath /capabilities/host/cpu", "the host's processor, as cpu-compare takes it"),
    ),
    returns="xml",
)
def capabilities(session: Session, args: Arguments) -> Document:
    with failing("failed to get capabilities"):
        text = session.connection.capabilities()
    return _whole_or_selected(text, args)


def _whole_or_selected(text: str, args: Arguments) -> Document:
    return selected(text, args) if "xpath" in args else Document(text, end="\n")


@command(
    "domcapabilities",
    "print the domain capabilities",
    "Print what an emulator offers to domains: machine types, CPUs, devices.",
    (
        option("virttype", _VIRT_TYPES, "virtualization type (/domain/@type)"),
        option("emulatorbin", STRING.offering("EMULATORS"), "path of the emulator (/domain/devices/emulator)"),
        option("arch", _ARCHES, "architecture (/domain/os/type/@arch)"),
        option("machine", STRING.offering("MACHINES"), "machine type (/domain/os/type/@machine)"),
        XPATH,
        WRAP,
        flag(
            "disable-deprecated-features",
            "a host model without features that are deprecated",
            adds=DomainCapabilitiesFlags.DISABLE_DEPRECATED_FEATURES,
        ),
    ),
    examples=(("domcapabilities --machine q35", "what a guest with that machine may have"),),
    returns="xml",
)
def domcapabilities(session: Session, flags: int, args: Arguments) -> Document:
    with failing("failed to get emulator capabilities"):
        text = session.connection.domain_capabilities(
            args["emulatorbin"], args["arch"], args["machine"], args["virttype"], flags=flags
        )
    return _whole_or_selected(text, args)


@command(
    "maxvcpus",
    "maximum number of virtual CPUs",
    "Print the maximum number of virtual CPUs of a domain on this connection.",
    (option("type", _VIRT_TYPES, "virtualization type"),),
    examples=(("maxvcpus", "what <vcpu> may say"), ("maxvcpus --type kvm", "with KVM")),
    returns="max_vcpus",
)
def maxvcpus(session: Session, type: str | None) -> Text:
    number = session.connection.max_vcpus(type)
    return Text("max_vcpus", str(number), number)


@command(
    "sysinfo",
    "the host's SMBIOS data",
    "Print the host's SMBIOS data as XML, where it has any.",
    examples=(("sysinfo", "maker, model and serial number of the host"),),
    returns="xml",
)
def sysinfo(session: Session) -> Document:
    with failing("failed to get sysinfo"):
        return Document(session.connection.sysinfo(), end="")
