"""Network interfaces of all types."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.address import ADDRESSES, Address, AnyAddress, Device, VirtioDriver
from virshpy.xml.domain.storage import BackendDomain, Reconnect
from virshpy.xml.element import Element, Plan, Reading, attr, leaf, many, one, variant
from virshpy.xml.inet import ip_version
from virshpy.xml.node import Node, Refusal
from virshpy.xml.port import Bandwidth, FilterRef, PortOptions, VirtualPort, Vlan
from virshpy.xml.scalars import (
    DEVICE,
    FILE,
    INT,
    LONG,
    MAC,
    ONOFF,
    POSITIVE,
    STR,
    UINT,
    UUID,
    YESNO,
    Blank,
    Enum,
    Int,
    Lenient,
    xml,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from virshpy.xml.schema import Found

INTERFACE_TYPES = "user ethernet vhostuser server client mcast network bridge internal direct hostdev udp vdpa null vds"


class InterfaceMAC(Element, tag="mac"):
    _needed = ("address",)

    address: str | None = attr(MAC())
    type: str | None = attr(
        Enum("generated static", 'invalid mac address type value: \'%s\'. Valid values are "generated" and "static".')
    )
    check: bool | None = attr(YESNO)


class IP(Element, tag="ip"):
    address: str | None = attr()
    family: str | None = attr()
    prefix: int | None = attr(Int(sentence=xml("Invalid prefix value '%s' in <ip>")))
    peer: str | None = attr()

    def _check(self, node: Node) -> None:
        if not self.address:
            raise Refusal(errors.XMLError, "Missing required address in <ip>", node)
        version = ip_version(self.address)
        if version is None or (self.family == "ipv6" and version == 4) or (self.family == "ipv4" and version == 6):
            raise Refusal(errors.XMLError, f"Invalid address '{self.address}' in <ip>", node)
        self.family = f"ipv{version}"
        if self.prefix is not None and self.prefix > (32 if version == 4 else 128):
            raise Refusal(errors.XMLError, f"Invalid prefix value '{self.prefix}' in <ip>", node)
        if self.peer is not None and ip_version(self.peer) is None:
            raise Refusal(errors.InvalidArg, f"Invalid peer '{self.peer}' in <ip>", node)


class Route(Element, tag="route"):
    family: str | None = attr(Enum("ipv4 ipv6", xml("interface host IP: Unrecognized family '%s' in route definition")))
    address: str | None = attr()
    netmask: str | None = attr()
    prefix: int | None = attr(UINT)
    gateway: str | None = attr()
    metric: int | None = attr(POSITIVE)


class LocalEnd(Element, tag="local"):
    address: str | None = attr()
    port: int | None = attr(INT)


class InterfaceSource(Element, tag="source", drop_empty=True):
    """The host's side; which fields apply is said by the interface's type."""

    address_text: str | None = attr(STR, "address")
    network: str | None = attr()
    portgroup: str | None = attr(DEVICE)
    portid: str | None = attr(runtime=True)
    bridge: str | None = attr(DEVICE)
    name: str | None = attr()
    type: str | None = attr()
    path: str | None = attr()
    dev: str | None = attr(DEVICE)
    mode: str | None = attr()
    port: int | None = attr(INT)
    reconnect: Reconnect | None = one(Reconnect)
    local: LocalEnd | None = one(LocalEnd)
    address: AnyAddress | None = variant("type", ADDRESSES, Address, "address")
    ips: list[IP] = many(IP)
    routes: list[Route] = many(Route)


_COMMON = frozenset({"ips", "routes"})
_NETWORK = frozenset({"network", "portgroup"})
_SOCKET = frozenset({"address_text", "port"})
_SOURCES = {
    "network": _NETWORK | {"portid", "bridge", "dev", "mode"},  # but for the first two, of a running guest
    "bridge": frozenset({"bridge", "portid"}),
    "direct": frozenset({"dev", "mode"}),
    "vdpa": frozenset({"dev"}),
    "internal": frozenset({"name"}),
    "hostdev": frozenset({"address"}),
    "vhostuser": frozenset({"type", "path", "mode", "reconnect"}),
    "udp": _SOCKET | {"local"},
    **dict.fromkeys(("server", "client", "mcast"), _SOCKET),
    **dict.fromkeys(("user", "ethernet", "null"), frozenset()),
}


class SwitchSource(InterfaceSource):
    """A port of a distributed switch."""

    switchid: str | None = attr(UUID(), required=True)
    portid: int | None = attr(LONG, required=True)  # type: ignore[assignment]
    portgroupid: str | None = attr(required=True)
    connectionid: int | None = attr(LONG, required=True)


class ScriptPath(Element):
    path: str | None = attr(FILE)


class InterfaceTarget(Element, tag="target", drop_empty=True):
    dev: str | None = attr(DEVICE)
    managed: bool | None = attr(YESNO)


def named_by_itself(target: InterfaceTarget) -> bool:
    """Whether a device has a name of those that are given out at start, and is not the user's own."""
    return target.managed is not False and (target.dev or "").startswith(("vnet", "macvtap", "macvlan"))


class GuestDevice(Element, tag="guest"):
    dev: str | None = attr(DEVICE)
    actual: str | None = attr(runtime=True)


class InterfaceModel(Element, tag="model"):
    _needed = ("type",)

    type: str | None = attr()


class HostOffload(Element, tag="host", drop_empty=True):
    csum: bool | None = attr(ONOFF)
    gso: bool | None = attr(ONOFF)
    tso4: bool | None = attr(ONOFF)
    tso6: bool | None = attr(ONOFF)
    ecn: bool | None = attr(ONOFF)
    ufo: bool | None = attr(ONOFF)
    mrg_rxbuf: bool | None = attr(ONOFF)


class GuestOffload(Element, tag="guest", drop_empty=True):
    csum: bool | None = attr(ONOFF)
    tso4: bool | None = attr(ONOFF)
    tso6: bool | None = attr(ONOFF)
    ecn: bool | None = attr(ONOFF)
    ufo: bool | None = attr(ONOFF)


class InterfaceDriver(VirtioDriver):
    name: str | None = attr(Enum("qemu vhost vfio kvm xen"))
    txmode: str | None = attr(Enum("iothread timer"))
    ioeventfd: bool | None = attr(ONOFF)
    event_idx: bool | None = attr(ONOFF)
    queues: int | None = attr(UINT)
    rx_queue_size: int | None = attr(UINT)
    tx_queue_size: int | None = attr(UINT)
    rss: bool | None = attr(ONOFF)
    rss_hash_report: bool | None = attr(ONOFF)
    host: HostOffload | None = one(HostOffload)
    guest: GuestOffload | None = one(GuestOffload)


class InterfaceBackend(Element, tag="backend", drop_empty=True):
    type: str | None = attr(Enum("passt"))  # QEMU's own is what there is without one
    tap: str | None = attr()
    vhost: str | None = attr()
    logFile: str | None = attr(FILE)


class Tune(Element, tag="tune"):
    sndbuf: int | None = leaf(UINT)


class Link(Element, tag="link"):
    state: str | None = attr(Blank(Enum("up down", "unknown interface link state '%s'")))


class MTU(Element, tag="mtu"):
    size: int | None = attr(Blank(Int(sentence=xml("malformed mtu size"))))


class Teaming(Element, tag="teaming"):
    type: str | None = attr(Blank(Enum("persistent transient", "unknown teaming type '%s'")))
    persistent: str | None = attr()

    def _check(self, node: Node) -> None:
        if self.type == "transient" and self.persistent is None:
            detail = "teaming persistent attribute must be set if teaming type is 'transient'"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.type == "persistent" and self.persistent is not None:
            detail = "teaming persistent attribute not allowed if teaming type is 'persistent'"
            raise Refusal(errors.ConfigUnsupported, detail, node)


class CoalesceFrames(Element, tag="frames"):
    max: int | None = attr(UINT)


class CoalesceRx(Element, tag="rx"):
    frames: CoalesceFrames | None = one(CoalesceFrames)


class Coalesce(Element, tag="coalesce"):
    rx: CoalesceRx | None = one(CoalesceRx)


class ForwardRange(Element, tag="range"):
    start: int | None = attr(POSITIVE, required=True)
    end: int | None = attr(POSITIVE)
    to: int | None = attr(POSITIVE)
    exclude: bool | None = attr(YESNO)


class PortForward(Element, tag="portForward"):
    proto: str | None = attr(Enum("tcp udp"), required=True)
    address: str | None = attr()
    dev: str | None = attr(DEVICE)
    ranges: list[ForwardRange] = many(ForwardRange)

    def _check(self, node: Node) -> None:
        if self.address is not None and ip_version(self.address) is None:
            raise Refusal(errors.XMLError, f"Invalid address '{self.address}' in <portForward>", node)


_DIRECT = ("vepa", "private", "bridge", "passthrough")
_VIRTIO_OPTIONS = frozenset({"iommu", "ats", "packed", "page_per_vq"})


def _needs(above: Node, node: Node | None, missing: str, names: list[str]) -> Node:
    if node is None:
        raise Refusal(errors.XMLError, missing, above)
    for name in names:
        if name not in node.attrs:
            raise Refusal(errors.XMLError, f"Missing required attribute '{name}' in element '{node.tag}'", node)
    return node


def _is_port(source: Node | None) -> bool:
    """Whether a source is a port of a network, as only a run writes it."""
    return source is not None and {"network", "portid"} <= source.attrs.keys()


class Interface(Device, tag="interface"):
    """``source.address`` is the host's device for ``type='hostdev'``."""

    _driver_first: Plan | None = None
    _needed = ("type",)

    type: str | None = attr(Enum(INTERFACE_TYPES))
    managed: bool | None = attr(Lenient(YESNO))
    trustGuestRxFilters: bool | None = attr(YESNO)
    mac: InterfaceMAC | None = one(InterfaceMAC)
    source: InterfaceSource | None = variant(
        lambda node: "vds" if "switchid" in node.attrs else "", {"vds": SwitchSource}, InterfaceSource, "source"
    )
    vlan: Vlan | None = one(Vlan)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: Bandwidth | None = one(Bandwidth)
    port: PortOptions | None = one(PortOptions)
    ips: list[IP] = many(IP)
    routes: list[Route] = many(Route)
    port_forwards: list[PortForward] = many(PortForward)
    script: ScriptPath | None = one(ScriptPath, "script")
    downscript: ScriptPath | None = one(ScriptPath, "downscript")
    backenddomain: BackendDomain | None = one(BackendDomain)
    target: InterfaceTarget | None = one(InterfaceTarget, runtime=named_by_itself)
    guest: GuestDevice | None = one(GuestDevice)
    model: InterfaceModel | None = one(InterfaceModel)
    driver: InterfaceDriver | None = one(InterfaceDriver)
    backend: InterfaceBackend | None = one(InterfaceBackend)
    filterref: FilterRef | None = one(FilterRef)
    tune: Tune | None = one(Tune)
    teaming: Teaming | None = one(Teaming)
    link: Link | None = one(Link)
    mtu: MTU | None = one(MTU)
    coalesce: Coalesce | None = one(Coalesce)

    @classmethod
    def _faults(cls, node: Node) -> Iterable[Found]:
        from virshpy.xml.values import missing, strangers

        kind, source = node.attrs.get("type", ""), node.find("source")
        if source is not None and kind in _SOURCES:
            names = frozenset(name.removesuffix("_text") for name in _SOURCES[kind])
            names |= {"dev"} if kind == "user" else set()  # of a backend that libvirt knew when this schema was written
            yield from strangers(source, names, frozenset().union(*_SOURCES.values()))
            if kind in ("network", "bridge"):
                yield from missing(source, kind)

    def _check(self, node: Node) -> None:
        self.type = self.type or "user"
        source = self.source
        wanted = {"network": "network", "bridge": "bridge", "direct": "dev", "internal": "name", "vdpa": "dev"}
        word = wanted.get(self.type)
        if word and source is None:
            detail = f"interface type='{self.type}' requires a 'source' element"
            raise Refusal(errors.XMLError, detail, node, f"add <source {word}='…'/>")
        if word and getattr(source, word) is None:
            if word == "network":
                detail = "No <source> 'network' attribute specified with <interface type='network'/>"
            else:
                detail = f"No <source> '{word}' attribute specified with <interface type='{self.type}'/>"
            raise Refusal(errors.XMLError, detail, node, f"add <source {word}='…'/>")
        if self.type in ("bridge", "direct") and self.virtualport is not None and self.virtualport.type is None:
            raise Refusal(errors.XMLError, "missing required virtualport type", node, "expected <virtualport type='…'>")
        if self.type == "vds" and source is None:
            raise Refusal(errors.XMLError, "interface type='vds' requires a 'source' element", node)
        if self.type == "hostdev" and (source is None or source.address is None):
            raise Refusal(errors.XMLError, "missing source address type", node, "add <source><address type='pci' …/>")
        if self.type == "direct" and source is not None and source.mode not in (None, *_DIRECT):
            detail = f"Invalid value for attribute 'mode' in element 'source': '{source.mode}'."
            raise Refusal(errors.XMLError, detail, node, f"expected one of {', '.join(_DIRECT)}")
        if self.type in ("server", "client", "mcast", "udp"):
            self._check_socket(node)
        elif self.type == "vhostuser":
            detail = "interface type='vhostuser' requires a 'source' element"
            place = _needs(node, node.find("source"), detail, ["type", "path", "mode"])
            if self.source is not None and self.source.type != "unix":
                detail = f"Type='{self.source.type}' unsupported for <interface type='vhostuser'>"
                raise Refusal(errors.ConfigUnsupported, detail, place, "expected type='unix'")
            if self.source is not None and self.source.mode not in ("server", "client"):
                detail = f"Invalid value for attribute 'mode' in element 'source': '{self.source.mode}'."
                raise Refusal(errors.XMLError, detail, place, "expected server or client")
        if self.type == "vds" and not isinstance(source, SwitchSource):
            raise Refusal(errors.XMLError, "Missing required attribute 'switchid' in element 'source'", node)
        self._settle()

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        """The driver of a device that is not virtio has no attributes but those that are refused there."""
        model, driver = node.find("model"), node.find("driver")
        virtio = model is not None and model.attrs.get("type", "").startswith("virtio")
        virtio = virtio or (model is None and node.attrs.get("type") == "vdpa")  # the only model that it has
        if driver is not None and not virtio and node.attrs.get("type") != "hostdev":
            for name in _VIRTIO_OPTIONS & driver.attrs.keys():
                ONOFF.read(driver.attrs[name], driver, name)
                detail = f"{name} driver option is only supported for virtio devices"
                raise Refusal(errors.ConfigUnsupported, detail, driver)
            node = node.without(driver)
        made = super()._read(node, reading)
        port = made.type in ("bridge", "direct") and _is_port(node.find("source"))
        if reading.inactive and port:
            made.type = "network"  # a run has put in its place what the network's port was plugged into
        names = _SOURCES.get(made.type or "")
        if made.source is not None and names is not None:
            names = _NETWORK if made.type == "network" and reading.inactive else names
            names = names | _NETWORK | {"portid"} if port else names
            if made.type == "user" and made.backend is not None and made.backend.type == "passt":
                names = names | {"dev"}
            for name in made.source._fields.keys() - names - _COMMON:
                made.source.__dict__.pop(name, None)
        return made

    def _check_socket(self, node: Node) -> None:
        detail = f"interface type='{self.type}' requires a 'source' element"
        place = _needs(node, node.find("source"), detail, ["port"] if self.type == "server" else ["port", "address"])
        if self.type == "udp":
            detail = "'<local>' element missing for 'udp' socket interface"
            _needs(place, place.find("local"), detail, ["address", "port"])

    def _settle(self) -> None:
        """Leave out what libvirt's parser leaves out, because a device of this kind has no use for it."""
        virtio = self.model is not None and (self.model.type or "").startswith("virtio")
        if self.driver is not None:
            useful = {"name"} if self.type == "hostdev" else InterfaceDriver._fields if virtio else _VIRTIO_OPTIONS
            for word in InterfaceDriver._fields.keys() - useful:
                setattr(self.driver, word, None)
            if self.driver.queues is not None and self.driver.queues <= 1:
                self.driver.queues = None
        self.managed = self.managed or None
        if self.backend is not None and not virtio:
            self.backend.vhost = None
        if self.type not in ("ethernet", "network", "bridge") or (self.filterref and not self.filterref.filter):
            self.filterref = None
        if self.type == "direct" and self.source is not None and self.source.mode is None:
            self.source.mode = "vepa"

    def _write_children(self, plan: Plan, out: list[str], indent: str, how: tuple[bool, bool, bool]) -> None:
        """libvirt prints a host device's driver before its source."""
        if self.type == "hostdev" and self.driver is not None:
            if Interface._driver_first is None:
                Interface._driver_first = changed = Plan(Interface)
                rows = changed.out_kids
                rows.insert(1, rows.pop(next(n for n, row in enumerate(rows) if row[2] == "driver")))
            plan = Interface._driver_first
        super()._write_children(plan, out, indent, how)
