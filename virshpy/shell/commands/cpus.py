"""Host and Hypervisor: processor models, and how they compare."""

from __future__ import annotations

from virshpy.enums import BaselineCPUFlags, CompareCPUFlags, CPUCompareResult
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Option, argument, command, flag, option
from virshpy.shell.lang.types import STRING, File, Path
from virshpy.shell.nouns.options import validate
from virshpy.shell.render.results import Document, Lines, Message, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node

_HYPERVISOR = (
    option("virttype", STRING.offering("VIRT_TYPES"), "virtualization type (/domain/@type)"),
    option("emulator", STRING.offering("EMULATORS"), "path of the emulator (/domain/devices/emulator)"),
    option("arch", STRING.offering("ARCHES"), "architecture (/domain/os/type/@arch)"),
    option("machine", STRING.offering("MACHINES"), "machine type (/domain/os/type/@machine)"),
)
_COMPARING = (
    flag("error", "report a missing feature as an error", adds=CompareCPUFlags.FAIL_INCOMPATIBLE),
    validate(CompareCPUFlags.VALIDATE_XML),
)
_BASELINE = (
    flag("features", "list the features of the model, too", adds=BaselineCPUFlags.EXPAND_FEATURES),
    flag("migratable", "leave out features that prevent migration", adds=BaselineCPUFlags.MIGRATABLE),
)
_FILE: Option = argument("file", Path(), "file with XML: of a processor, of a domain, or of capabilities")


def processors(session: Session, file: str) -> list[str]:
    """The ``<cpu>`` elements in a file with a document of any kind that holds some, each as a document. Raises
    Failure."""
    from virshpy.shell.edit_tree import printed

    text = File().resolve(file, "file", session)  # virsh reads it after all options
    root = parse(f"<container>{_without_declaration(text)}</container>", source=file,
                 verbatim=frozenset(("cpu", "mode")))  # fmt: skip
    found = [printed(_as_cpu(node)) for node in _find(root)]
    if not found:
        raise Failure(
            f"File '{file}' does not contain any <cpu> element or valid domain XML, host capabilities XML, "
            "or domain capabilities XML"
        )
    return found


def _without_declaration(text: str) -> str:
    """A document that begins with ``<?xml …?>`` cannot stand inside another."""
    start = text.lstrip()
    return start.partition("?>")[2] if start.startswith("<?xml") else text


def _find(root: Node) -> list[Node]:
    found: list[Node] = []
    for top in root.children:
        if top.tag == "cpu":
            found.append(top)
        elif top.tag == "domain":
            found += [child for child in top.children if child.tag == "cpu"]
        elif top.tag == "capabilities":
            host = top.find("host")
            found += [child for child in host.children if child.tag == "cpu"] if host is not None else []
        elif top.tag == "domainCapabilities":
            cpu = top.find("cpu")
            modes = cpu.children if cpu is not None else []
            found += [mode for mode in modes if mode.attrs.get("name") == "host-model"]
    return found


def _as_cpu(node: Node) -> Node:
    """The host model of domain capabilities is a processor under another name."""
    if node.tag == "mode":
        node.tag, node.attrs = "cpu", {}
    return node


def _compared(result: int, file: str, hypervisor: bool) -> Iterator[Message]:
    """The sentence; and a failure without one where the processor will not do."""
    if hypervisor:
        which, whole = "the CPU provided by hypervisor on the host", "The CPU provided by hypervisor on the host"
    else:
        which, whole = "host CPU", "Host CPU"
    sentences = {
        CPUCompareResult.INCOMPATIBLE: f"CPU described in {file} is incompatible with {which}",
        CPUCompareResult.IDENTICAL: f"CPU described in {file} is identical to {which}",
        CPUCompareResult.SUPERSET: f"{whole} is a superset of CPU described in {file}",
    }
    name = CPUCompareResult(result).name.lower()
    yield Message(sentences[CPUCompareResult(result)], file=file, result=name)
    if result == CPUCompareResult.INCOMPATIBLE:
        raise Failure(None)


@command(
    "cpu-compare",
    "compare the host's CPU with one in a file",
    "Print whether the host's CPU has all features of another CPU.",
    (_FILE, *_COMPARING),
    examples=(("cpu-compare cpu.xml", "could a guest that has this processor run here?"),),
    returns="message file result",
)
def cpu_compare(session: Session, flags: int, args: Arguments) -> Iterator[Message]:
    file = args.text("file")
    described = processors(session, file)[0]
    with failing(f"Failed to compare host CPU with {file}"):
        result = session.connection.compare_cpu(described, flags=flags)
    return _compared(result, file, hypervisor=False)


@command(
    "hypervisor-cpu-compare",
    "compare a hypervisor's CPU with one in a file",
    "Print whether guests of a hypervisor on this host can have a CPU.",
    (_FILE, *_HYPERVISOR, *_COMPARING),
    examples=(("hypervisor-cpu-compare cpu.xml --virttype kvm", "with what KVM gives to guests"),),
    returns="message file result",
)
def hypervisor_cpu_compare(session: Session, flags: int, args: Arguments) -> Iterator[Message]:
    file = args.text("file")
    described = processors(session, file)[0]
    with failing(f"Failed to compare hypervisor CPU with {file}"):
        result = session.connection.compare_hypervisor_cpu(
            args["emulator"], args["arch"], args["machine"], args["virttype"], described,
            flags=flags,
        )  # fmt: skip
    return _compared(result, file, hypervisor=True)


@command(
    "cpu-baseline",
    "CPU model common to several hosts",
    "Print a processor that guests can have on all hosts whose processors are\nin the file.",
    (_FILE, *_BASELINE),
    examples=(("cpu-baseline both-hosts.xml --migratable", "for guests that move between the two"),),
    returns="xml",
)
def cpu_baseline(session: Session, file: str, flags: int) -> Document:
    found = processors(session, file)
    return Document(session.connection.baseline_cpu(found, flags=flags))


@command(
    "hypervisor-cpu-baseline",
    "CPU model common to several hosts, for a hypervisor",
    "Print a processor that guests of a hypervisor can have on all hosts whose\nprocessors are in the file.",
    (
        option("file", Path(), "file with XML of processors"),
        *_HYPERVISOR,
        *_BASELINE,
        option("model", STRING.offering("CPU_MODELS"), "a model by its name, instead of a file"),
    ),
    examples=(("hypervisor-cpu-baseline --model Skylake-Client --features", "all features of a model"),),
    returns="xml",
)
def hypervisor_cpu_baseline(session: Session, flags: int, args: Arguments) -> Document:
    from virshpy.xml.write import escape

    if args["file"] is not None and args["model"]:
        raise Failure("Options --file and --model are mutually exclusive")
    if args["file"] is None and not args["model"]:
        raise Failure("Either --file or --model must be provided")
    if args["model"]:
        found = [f"<cpu><model>{escape(args['model'])}</model></cpu>"]
    else:
        found = processors(session, args["file"])
    return Document(
        session.connection.baseline_hypervisor_cpu(
            args["emulator"], args["arch"], args["machine"], args["virttype"], found, flags=flags
        )
    )


@command(
    "cpu-models",
    "list CPU models",
    "Print the names of the CPU models of an architecture.",
    (argument("arch", STRING.offering("CPU_ARCHES"), "an architecture"),),
    examples=(("cpu-models x86_64", "what <cpu><model> may name"),),
    returns="models[name]",
)
def cpu_models(session: Session, arch: str) -> Lines | Text:
    with failing("failed to get CPU model names"):
        names = session.connection.cpu_model_names(arch)
    if not names:
        return Text("models", "all CPU models are accepted", [])
    return Lines("models", ["name"], [(name,) for name in names])


@command(
    "hypervisor-cpu-models",
    "list CPU models of a hypervisor",
    "Print the names of the processor models that guests of a hypervisor may\nhave.",
    (*_HYPERVISOR, flag("all", "include models that do not run on this host")),
    examples=(("hypervisor-cpu-models --virttype qemu --arch x86_64", "those that emulation can offer"),),
    returns="models[name]",
)
def hypervisor_cpu_models(session: Session, args: Arguments) -> Lines:
    connection = session.connection
    where = (args["emulator"], args["arch"], args["machine"], args["virttype"])
    if "all" in args:
        with failing("failed to get hypervisor CPU model names"):
            names = connection.hypervisor_cpu_model_names(*where)
        return Lines("models", ["name"], [(name,) for name in names])
    with failing("failed to get hypervisor CPU model names"):
        root = parse(connection.domain_capabilities(*where), source="(domain_capabilities)")
    cpu = root.find("cpu")
    usable = [
        model.text
        for mode in (cpu.children if cpu is not None else [])
        if mode.attrs.get("name") == "custom"
        for model in mode.children
        if model.tag == "model" and model.attrs.get("usable") == "yes"
    ]
    return Lines("models", ["name"], [(name,) for name in usable])
