"""What guests and networks say of a port: VLANs, its profile, bandwidth, filter; and <networkport>, a port in use.

Rates are in kilobytes a second.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace
from virshpy.xml.scalars import DEVICE, UINT, UUID, YESNO, AnyMAC, Enum, Int, Plain, Sentence, internal, xml


class VlanTag(Element, tag="tag"):
    id: int | None = attr(UINT, required=True)
    nativeMode: str | None = attr(Enum("tagged untagged"))


class Vlan(Element, tag="vlan"):
    trunk: bool | None = attr(YESNO)
    tags: list[VlanTag] = many(VlanTag)

    def _check(self, node: Node) -> None:
        if self.trunk is None and (len(self.tags) > 1 or any(tag.nativeMode for tag in self.tags)):
            self.trunk = True
        if not self.tags:
            detail = "missing tag id - each <vlan> must have at least one <tag id='n'/> subelement"
            raise Refusal(errors.XMLError, detail, node)
        for tag in self.tags:
            if (tag.id or 0) > 4095:
                raise Refusal(errors.XMLError, f"vlan tag id {tag.id} too large (maximum 4095)", node)
        if self.trunk is False and len(self.tags) > 1:
            detail = "invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag"
            raise Refusal(errors.XMLError, detail, node)
        if self.trunk is False and any(tag.nativeMode for tag in self.tags):
            detail = "invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a native vlan id"
            raise Refusal(errors.XMLError, detail, node)


class VirtualPortParameters(Element, tag="parameters", drop_empty=True):
    managerid: str | None = attr()
    typeid: str | None = attr()
    typeidversion: str | None = attr()
    instanceid: str | None = attr()
    interfaceid: str | None = attr()
    profileid: str | None = attr()


_PORT_NEEDS = {
    "802.1Qbg": ("managerid", "typeid", "typeidversion"), "802.1Qbh": ("profileid",), "midonet": ("interfaceid",),
}  # fmt: skip


class VirtualPort(Element, tag="virtualport", drop_empty=True):
    type: str | None = attr(Enum("802.1Qbg 802.1Qbh openvswitch midonet", "unknown virtualport type %s"))
    parameters: VirtualPortParameters | None = one(VirtualPortParameters)

    def _check(self, node: Node) -> None:
        for name in _PORT_NEEDS.get(self.type or "", ()):
            if self.parameters is None or not getattr(self.parameters, name):
                raise Refusal(errors.XMLError, f"missing {name} in <virtualport type='{self.type}'>", node)


class Rate(Element):
    """Kilobytes a second; ``burst`` in kilobytes."""

    average: int | None = attr(Int(0, 2**64 - 1, sentence=Sentence("could not convert bandwidth average value '%s'")))
    peak: int | None = attr(Int(0, 2**64 - 1, sentence=Sentence("could not convert bandwidth peak value '%s'")))
    floor: int | None = attr(Int(0, 2**64 - 1, sentence=Sentence("could not convert bandwidth floor value '%s'")))
    burst: int | None = attr(Int(0, 2**64 - 1, sentence=Sentence("could not convert bandwidth burst value '%s'")))

    @property
    def limits(self) -> dict[str, int]:
        """What may not be exceeded, by the names of the numbers; 0 is no limit."""
        return {"average": self.average or 0, "peak": self.peak or 0, "burst": self.burst or 0}


class Bandwidth(Element, tag="bandwidth", drop_empty=True):
    inbound: Rate | None = one(Rate, "inbound")
    outbound: Rate | None = one(Rate, "outbound")

    @property
    def limits(self) -> tuple[dict[str, int], dict[str, int]]:
        """Those of what comes in, and those of what goes out."""
        inbound, outbound = (rate.limits if rate is not None else {} for rate in (self.inbound, self.outbound))
        return inbound, outbound

    def _check(self, node: Node) -> None:
        if "classID" in node.attrs.keys() - self._plan_for(node).attrs.keys():
            detail = "classID attribute not supported on <bandwidth> in this usage context"
            raise Refusal(errors.XMLDetail, detail, node)
        for tag in ("inbound", "outbound"):
            if sum(child.tag == tag for child in node.children) > 1:
                raise Refusal(errors.XMLDetail, f"Only one child <{tag}> element allowed", node)
        for rate in (self.inbound, self.outbound):
            if rate is not None and not rate.average and rate.floor is None:
                detail = "Missing mandatory average or floor attributes"
                raise Refusal(errors.XMLDetail, detail, node, "expected average='…', in KiB a second")
        if self.outbound is not None and self.outbound.floor is not None:
            raise Refusal(errors.ConfigUnsupported, "'floor' attribute allowed only in <inbound> element", node)


_VARIABLE = Plain("[a-zA-Z0-9_]*", "letters, digits, _")


_VARIABLES_VALUE = Plain("[a-zA-Z0-9_.:]+", "letters, digits, _ . :")


class FilterParameter(Element, tag="parameter"):
    name: str | None = attr(_VARIABLE)
    value: str | None = attr(_VARIABLES_VALUE)

    @property
    def possible(self) -> bool:
        """Whether a variable can be called so, and have this value."""
        parts = ((_VARIABLE, self.name), (_VARIABLES_VALUE, self.value))
        return all(word is not None and type.allows(word) for type, word in parts)


class FilterRef(Element, tag="filterref"):
    """A filter with the values of its variables; what no variable can be called or have is passed over."""

    filter: str | None = attr()
    parameters: list[FilterParameter] = many(FilterParameter)

    def _check(self, node: Node) -> None:
        self.parameters = sorted((each for each in self.parameters if each.possible), key=lambda each: str(each.name))


class PortOptions(Element, tag="port"):
    isolated: bool | None = attr(YESNO)


class PortBandwidth(Bandwidth):
    """``classID``: the class of the host's queue that the port has."""

    classID: int | None = attr(UINT)


class Owner(Element, tag="owner"):
    """The guest that a port belongs to."""

    name: str | None = leaf()
    uuid: str | None = leaf(UUID(internal("Unable to parse UUID '%s'")))


class PortMAC(Element, tag="mac"):
    address: str | None = attr(AnyMAC(internal("Unable to parse MAC '%s'")))


class ReceiveFilters(Element, tag="rxfilters", drop_empty=True):
    trustGuest: bool | None = attr(YESNO)


class PlugDriver(Element, tag="driver"):
    name: str | None = attr(Enum("kvm vfio", xml("Missing network port driver name")))


class Plug(Element, tag="plug"):
    """What the port is connected to: a bridge of libvirt's or of the host's, a link of the host's, a PCI function."""

    _kinds = {
        "network": "type bridge macTableManager",
        "bridge": "type bridge macTableManager",
        "direct": "type dev mode",
        "hostdev-pci": "type managed driver address",
    }

    type: str | None = attr(Enum(("none", *_kinds)))
    bridge: str | None = attr(DEVICE)
    macTableManager: str | None = attr(
        Enum("kernel libvirt", xml("Invalid macTableManager setting '%s' in network port"))
    )
    dev: str | None = attr(DEVICE)
    mode: str | None = attr(Enum("vepa private bridge passthrough", xml("Invalid mode setting '%s' in network port")))
    managed: bool | None = attr(YESNO)
    driver: PlugDriver | None = one(PlugDriver)
    address: PCIPlace | None = one(PCIPlace)

    def _check(self, node: Node) -> None:
        if self.type in ("network", "bridge") and not self.bridge:
            raise Refusal(errors.XMLError, "Missing network port bridge name", node, "add bridge='…'")
        if self.type == "direct" and not self.dev:
            raise Refusal(errors.XMLError, "Missing network port link device name", node, "add dev='…'")
        if self.type == "hostdev-pci" and self.address is None:
            raise Refusal(errors.XMLError, "Missing network port PCI address", node, "add <address bus='…' slot='…'/>")


class NetworkPort(Element, tag="networkport"):
    """The whole document of a port: what a guest's interface holds of a network while it runs."""

    _source = "(networkport_definition)"

    uuid: str | None = leaf(UUID(internal("Unable to parse UUID '%s'")))
    owner: Owner | None = one(Owner)
    group: str | None = leaf()
    mac: PortMAC | None = one(PortMAC)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: PortBandwidth | None = one(PortBandwidth)
    vlan: Vlan | None = one(Vlan)
    port: PortOptions | None = one(PortOptions)
    rxfilters: ReceiveFilters | None = one(ReceiveFilters)
    plug: Plug | None = one(Plug)

    def _check(self, node: Node) -> None:
        owner = self.owner or Owner()
        found = {
            "uuid": self.uuid,
            "mac": self.mac and self.mac.address,
            "owner name": owner.name,
            "owner UUID": owner.uuid,
        }
        for part, said in found.items():
            if not said:
                raise Refusal(errors.InternalError, f"network port has no {part}", node)
        if self.plug is not None and self.plug.type in (None, "none"):
            self.plug = None
