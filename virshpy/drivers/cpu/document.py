"""A processor in XML, as commands are given it: a host's (from capabilities) or a guest's (from a domain)."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.cpu.models import ARCHITECTURES
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.xml.node import Node
    from virshpy.xml.schema import Found

VENDORS = ("Intel", "AMD", "Hygon")
_ATTRIBUTES = ("mode", "match", "check", "migratable")
_ELEMENTS = (
    "arch", "model", "vendor", "microcode", "signature", "counter", "topology", "cache", "maxphysaddr", "feature",
    "numa", "pages",
)  # fmt: skip
_MODES = ("custom", "host-model", "host-passthrough", "maximum")
_MATCHES = ("minimum", "exact", "strict")
_POLICIES = ("force", "require", "optional", "disable", "forbid")


class CPUDocument:
    """``guests`` whether it is a guest's, ``mode``, ``match``, ``arch``, ``model``, ``vendor``, ``features`` as
    (name, policy); what is not said is None. A host has what it lists: its policies are all ``require``."""

    __slots__ = ("guests", "mode", "match", "arch", "model", "vendor", "features")

    def __init__(self) -> None:
        self.guests = True
        self.mode = "custom"
        self.match: str | None = None
        self.arch: str | None = None
        self.model: str | None = None
        self.vendor: str | None = None
        self.features: list[tuple[str, str]] = []

    def named(self, *policies: str) -> frozenset[str]:
        """Features that are listed with one of these policies."""
        return frozenset(name for name, policy in self.features if policy in policies)


def read_cpu(text: str, *, host: bool = False, validate: bool = False) -> CPUDocument:
    """Read ``<cpu>``. ``host`` insists on a host's; otherwise an ``<arch>`` says which it is. ``validate`` refuses what
    no processor has.

    Raises XMLError, ConfigUnsupported, XMLInvalidSchema.
    """
    root = parse(text, source="(CPU_definition)")
    if root.tag != "cpu":
        raise errors.XMLError("XML does not contain expected 'cpu' element")
    if validate:
        _validate(root)
    cpu = CPUDocument()
    arch = root.find("arch")
    cpu.guests = not host and arch is None
    if not host and arch is not None and "match" in root.attrs:
        raise errors.XMLError("'arch' element cannot be used inside 'cpu' element with 'match' attribute'")
    _read_attributes(cpu, root)
    if not cpu.guests:
        if arch is None:
            raise errors.XMLError("Missing CPU architecture")
        cpu.arch = arch.text.strip()
        if cpu.arch not in ARCHITECTURES:
            raise errors.ConfigUnsupported(f"Unknown architecture {cpu.arch}")
    model = root.find("model")
    cpu.model = (model.text.strip() or None) if model is not None else None
    if cpu.model is None and not cpu.guests:
        raise errors.XMLError("Missing CPU model name")
    vendor = root.find("vendor")
    if vendor is not None:
        cpu.vendor = vendor.text.strip()
        if not cpu.vendor:
            raise errors.XMLError("CPU vendor specified without CPU model")
    _read_features(cpu, [child for child in root.children if child.tag == "feature"])
    return cpu


def _validate(root: Node) -> None:
    from virshpy.xml.schema import refuse

    unknown: list[Found] = [
        (child, "element", child.tag, _ELEMENTS, False) for child in root.children if child.tag not in _ELEMENTS
    ]
    unknown += [(root, "attribute", name, _ATTRIBUTES, False) for name in root.attrs if name not in _ATTRIBUTES]
    if unknown:
        refuse(root, unknown)


def _read_attributes(cpu: CPUDocument, root: Node) -> None:
    for name, known in (("mode", _MODES), ("match", _MATCHES)):
        value = root.attrs.get(name)
        if value is None:
            continue
        if not cpu.guests:
            if name == "mode":
                raise errors.ConfigUnsupported("Attribute mode is only allowed for guest CPU")
            continue
        if value not in known:
            if name == "mode":
                raise errors.XMLError(f"Invalid mode attribute '{value}'")
            raise errors.XMLError(f"Invalid value for attribute 'match' in element 'cpu': '{value}'.")
        setattr(cpu, name, value)


def _read_features(cpu: CPUDocument, nodes: Sequence[Node]) -> None:
    if nodes and cpu.model is None and cpu.mode == "custom":
        raise errors.XMLError("Non-empty feature list specified without CPU model")
    seen = set()
    for node in nodes:
        name = node.attrs.get("name")
        policy = node.attrs.get("policy", "require") if cpu.guests else "require"
        if policy not in _POLICIES:
            raise errors.ConfigUnsupported("Invalid CPU feature policy", hint=f"one of {', '.join(_POLICIES)}")
        if not name:
            raise errors.XMLError("Invalid CPU feature name")
        if name in seen:
            raise errors.XMLError(f"CPU feature '{name}' specified more than once")
        seen.add(name)
        cpu.features.append((name, policy))


def cpu_xml(model: str, fallback: str, vendor: str | None, features: Sequence[tuple[str, str]]) -> str:
    """A guest's processor in libvirt's form; ``features`` as (name, policy)."""
    lines = ["<cpu mode='custom' match='exact'>", f"  <model fallback='{fallback}'>{_escaped(model)}</model>"]
    if vendor:
        lines.append(f"  <vendor>{vendor}</vendor>")
    lines += [f"  <feature policy='{policy}' name='{name}'/>" for name, policy in features]
    return "\n".join([*lines, "</cpu>", ""])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
