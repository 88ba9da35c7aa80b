"""The host's end of a guest's interface: a link that is made for it, what it is plugged into, and how QEMU opens it.

What it is plugged into is a :class:`~virshpy.xml.port.Plug`: a bridge, or a link that a macvtap is put on. An interface
of type bridge, direct or ethernet has it in its own document (:func:`plug_of`); one on a virtual network has that of
the network's port, which whoever has made the port hands to :func:`host_end`.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host import links, traffic
from virshpy.host.namespaces import HOST, Host
from virshpy.host.steps.link import ExistingTap, LinkScripts, LinkSetting, Macvtap, SwitchPort, Tap
from virshpy.host.steps.traffic import Limit
from virshpy.xml.port import Plug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from virshpy.host.steps import Step
    from virshpy.host.steps.descriptors import Descriptor
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface, InterfaceSource
    from virshpy.xml.port import Bandwidth


class HostEnd:
    """``steps`` make it, in their order; ``opener`` gives a queue of it to QEMU each time that it is asked."""

    def __init__(self, steps: list[Step], opener: Descriptor) -> None:
        self.steps = steps
        self.opener = opener


def plug_of(interface: Interface) -> Plug:
    """What an interface that is on no virtual network says that it is plugged into."""
    source = interface.source
    if interface.type in ("bridge", "network") and source is not None:
        return Plug(type="bridge", bridge=source.bridge)
    if interface.type == "direct" and source is not None:
        return Plug(type="direct", dev=source.dev, mode=source.mode or "vepa")
    return Plug(type="none")


def host_end(
    domain: Domain,
    interface: Interface,
    plug: Plug,
    queues: int = 1,
    more: Sequence[Step] = (),
    where: Host = HOST,
) -> HostEnd:
    """The host's end of an interface that has a name (``<target dev=…/>``) and an address; ``more`` is done last.

    ``where`` it is made: on the host, or in the namespace of its network.
    """
    assert interface.target is not None and interface.target.dev is not None
    name = interface.target.dev
    steps: list[Step] = []
    opener: Descriptor
    if interface.type == "ethernet" and interface.target.managed is False:
        opener = ExistingTap(name, queues=queues)
    elif plug.type == "direct":
        steps += _passed_through(interface, plug)
        macvtap = _macvtap(interface, plug, name, queues)
        steps.append(macvtap)
        opener = macvtap
    else:
        tap = _tap(interface, plug, name, queues, where)
        steps.append(tap)
        opener = tap
        if is_switched(interface) and plug.bridge:
            steps.append(SwitchPort(name, switch_words(domain, interface, plug.bridge)))
    steps += _of_the_host(interface, name)
    if found := limits_of(interface.bandwidth, macvtap=plug.type == "direct"):
        steps.append(Limit(name, found).at(where))
    return HostEnd([*steps, *more], opener)


def is_switched(interface: Interface) -> bool:
    """Whether it is a port of Open vSwitch, and not of a bridge of the kernel's."""
    return interface.virtualport is not None and interface.virtualport.type == "openvswitch"


def _tap(interface: Interface, plug: Plug, name: str, queues: int, where: Host) -> Tap:
    """A bridge takes the lowest address of its ports for its own: fe:… never is."""
    mac = interface.mac.address if interface.mac else None
    switched = is_switched(interface)
    return Tap(
        name,
        mac=mac and f"fe{mac[2:]}",
        bridge=None if switched else plug.bridge,
        mtu=(interface.mtu.size if interface.mtu else None) or (where.mtu_of(plug.bridge) if plug.bridge else None),
        queues=queues,
        isolated=bool(interface.port and interface.port.isolated),
        behind=mac if plug.macTableManager == "libvirt" else None,
    ).at(where)


def _macvtap(interface: Interface, plug: Plug, name: str, queues: int) -> Macvtap:
    assert interface.mac is not None and interface.mac.address is not None and plug.dev is not None
    trusted = bool(interface.trustGuestRxFilters)
    return Macvtap(name, plug.dev, plug.mode or "vepa", interface.mac.address, queues=queues, trusted=trusted)


def _passed_through(interface: Interface, plug: Plug) -> Iterator[Step]:
    """In mode passthrough the link below has the guest's address while the guest runs, and must be up."""
    if plug.mode == "passthrough" and plug.dev is not None and interface.mac is not None and interface.mac.address:
        before = links.mac_of(plug.dev)
        back = [["link", "set", "dev", plug.dev, "address", before]] if before else []
        words = ["link", "set", "dev", plug.dev, "address", interface.mac.address]
        yield LinkSetting(plug.dev, [words], back)


def _of_the_host(interface: Interface, name: str) -> Iterator[Step]:
    """Addresses and routes that the host has on its end, and the user's programs for it."""
    if interface.source is not None and (interface.source.ips or interface.source.routes):
        lines, back = _address_words(interface.source, name)
        yield LinkSetting(name, lines, back)
    up = interface.script.path if interface.script else None
    down = interface.downscript.path if interface.downscript else None
    if up or down:
        yield LinkScripts(name, up, down)


def _address_words(source: InterfaceSource, name: str) -> tuple[list[list[str]], list[list[str]]]:
    """Lines for ip(8) that give and take them."""
    lines, back = [], []
    for ip in source.ips:
        prefix = ip.prefix if ip.prefix is not None else _class_prefix(ip.address or "")
        own = [f"{ip.address}", "peer", f"{ip.peer}/{prefix}"] if ip.peer else [f"{ip.address}/{prefix}"]
        nodad = ["nodad"] if ip.family == "ipv6" else []
        lines.append(["address", "add", *own, "dev", name, *nodad])
        back.append(["address", "delete", *own, "dev", name])
    for route in source.routes:
        prefix = route.prefix if route.prefix is not None else _mask_prefix(route.netmask)
        words = [f"{route.address}/{prefix}", "via", f"{route.gateway}", "dev", name, "metric", str(route.metric or 1)]
        family = ["-6"] if route.family == "ipv6" else []
        lines.append([*family, "route", "add", *words])
        back.append([*family, "route", "delete", *words])
    return lines, back[::-1]


def _class_prefix(address: str) -> int:
    """What an address without a prefix was once taken to have."""
    if ":" in address:
        return 64
    first = int(address.partition(".")[0])
    return 8 if first < 128 else 16 if first < 192 else 24


def _mask_prefix(mask: str | None) -> int:
    return 0 if mask is None else sum(int(part).bit_count() for part in mask.split("."))


def limits_of(bandwidth: Bandwidth | None, *, macvtap: bool) -> dict[str, dict[str, int]]:
    """A guest's limits as those of the host's end: a tap sends what the guest receives, a macvtap what it sends."""
    if bandwidth is None:
        return {}
    inbound, outbound = bandwidth.limits
    return traffic.limits(outbound, inbound) if macvtap else traffic.limits(inbound, outbound)


def switch_words(domain: Domain, interface: Interface, bridge: str) -> list[str]:
    """What ovs-vsctl is told of a port."""
    assert interface.target is not None and interface.mac is not None and interface.virtualport is not None
    name, parameters = interface.target.dev or "", interface.virtualport.parameters
    words = ["--", "--if-exists", "del-port", name, "--", "add-port", bridge, name, *_vlan_words(interface)]
    ids = {
        "attached-mac": interface.mac.address,
        "iface-id": parameters.interfaceid if parameters else None,
        "vm-id": domain.uuid,
        "iface-status": "active",
    }
    words += ["--", "set", "Interface", name]
    words += [f'external-ids:{key}="{value}"' for key, value in ids.items() if value]
    if parameters is not None and parameters.profileid:
        words += ["--", "set", "Interface", name, f'external-ids:port-profile="{parameters.profileid}"']
    return words


def _vlan_words(interface: Interface) -> list[str]:
    """The columns of a port about VLANs: one tag, or a trunk of several, of which one may be native."""
    vlan = interface.vlan
    if vlan is None or not vlan.tags:
        return []
    native = next((tag for tag in vlan.tags if tag.nativeMode), None)
    words = []
    if native is not None:
        words = [f"vlan_mode=native-{native.nativeMode}", f"tag={native.id}"]
    if vlan.trunk:
        return [*words, f"trunks={','.join(str(tag.id) for tag in vlan.tags)}"]
    return [*words, f"tag={vlan.tags[0].id}"]


def vlan_words(interface: Interface) -> list[str]:
    """What ovs-vsctl is told of a port that is there, to have the interface's VLANs and no other."""
    port = ["Port", str(interface.target and interface.target.dev)]
    words = ["--", "--if-exists", "clear", *port, "tag", "trunks", "vlan_mode"]
    wanted = _vlan_words(interface)
    return [*words, "--", "--if-exists", "set", *port, *wanted] if wanted else words


def check(interface: Interface, plug: Plug, where: Host = HOST) -> None:
    """Refuse what cannot be made of it there, in libvirt's words. Raises ConfigUnsupported, SystemCallError."""
    mac = interface.mac.address if interface.mac else None
    _check_target(interface)
    _check_there(interface, plug, where)
    port = interface.virtualport.type if interface.virtualport else None
    if port in ("802.1Qbg", "802.1Qbh", "midonet"):
        raise errors.ConfigUnsupported(
            f"interface {mac} - virtualport type='{port}' is not supported",
            hint="it needs a daemon of the switch's maker; <virtualport type='openvswitch'/> works with a bridge",
        )
    check_vlan(interface, plug)
    if (interface.script or interface.downscript) and interface.type != "ethernet":
        raise errors.ConfigUnsupported(f"scripts are not supported on interfaces of type {interface.type}")


def check_vlan(interface: Interface, plug: Plug) -> None:
    """Refuse VLANs where nobody would keep them. Raises ConfigUnsupported."""
    if interface.vlan is not None and not is_switched(interface):
        if plug.type == "direct" and plug.mode == "passthrough":
            raise errors.ConfigUnsupported(f"vlan can only be set for SR-IOV VFs, but {plug.dev} is not a VF")
        raise errors.ConfigUnsupported(
            f"interface {interface.mac and interface.mac.address} - vlan tag not supported for this connection type",
            hint="use a bridge of Open vSwitch (<virtualport type='openvswitch'/>), or a bridge on a link of the VLAN",
        )


def _check_there(interface: Interface, plug: Plug, where: Host) -> None:
    if plug.type == "direct" and not links.exists(plug.dev or ""):
        raise errors.SystemCallError(
            f"Unable to get index for interface {plug.dev}: No such device",
            hint="`ip -br link` lists the links of this host",
        )
    if plug.bridge and not is_switched(interface) and not where.has(plug.bridge):
        raise errors.SystemCallError(
            f"Cannot get interface MTU on '{plug.bridge}': No such device",
            hint=f"make it first: ip link add {plug.bridge} type bridge && ip link set {plug.bridge} up",
        )


def _check_target(interface: Interface) -> None:
    target = interface.target
    if interface.type != "ethernet" or target is None or target.managed is not False:
        return
    if not target.dev:
        raise errors.InternalError("target dev must be supplied when managed='no'", hint="add dev='…' to <target>")
    if not links.exists(target.dev):
        raise errors.InternalError(
            "target managed='no' but specified dev doesn't exist",
            hint=f"make it first: ip tuntap add dev {target.dev} mode tap vnet_hdr && ip link set {target.dev} up",
        )
