"""Ports of networks: what a guest's interface is plugged into. Which link of the host that is, is decided here.

The rules are pure: they are given a live network, a port and how often each link of the network's pool is in use.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.pci import PCIPlace
from virshpy.xml.port import (
    Plug,
    PlugDriver,
    PortBandwidth,
    PortOptions,
    ReceiveFilters,
    VirtualPort,
    VirtualPortParameters,
)
from virshpy.xml.uuids import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from virshpy.xml.element import Element
    from virshpy.xml.network import Network, PortGroup
    from virshpy.xml.port import NetworkPort

FIRST_CLASS = 3
"""The first class of a bridge's queue that is a port's; those before are the network's own."""
_MACVTAP_SWITCHES = (None, "802.1Qbg", "802.1Qbh")
_MADE = {
    "openvswitch": ("interfaceid",),
    "midonet": (),
    "802.1Qbg": ("instanceid",),
    None: ("interfaceid", "instanceid"),
}


def allocate(network: Network, port: NetworkPort, used: Mapping[str, int], floors: int = 0) -> None:
    """Plug a port into an active network, in place: it gets what the network and its group say of all their ports.

    ``used`` says how many ports each link or PCI function of the network's pool has; ``floors`` is what its ports have
    at least, together, in KiB a second. Raises ConfigUnsupported, OperationUnsupported, InternalError, XMLError,
    OperationInvalid.
    """
    group = group_of(network, port.group)
    _inherit(network, group, port)
    port.plug = _plug(network, port, used)
    _check_bandwidth(network, port, floors)


def group_of(network: Network, name: str | None) -> PortGroup | None:
    """The group of that name; where none is named the default one, if any."""
    groups = network.portgroups
    return next((group for group in groups if (group.name == name if name is not None else group.default)), None)


def _inherit(network: Network, group: PortGroup | None, port: NetworkPort) -> None:
    if port.bandwidth is None and group is not None and group.bandwidth is not None:
        port.bandwidth = PortBandwidth(inbound=group.bandwidth.inbound, outbound=group.bandwidth.outbound)
    port.vlan = port.vlan or (group.vlan if group is not None else None) or network.vlan
    for holder in (group, network):
        if port.rxfilters is None and holder is not None and holder.trustGuestRxFilters is not None:
            port.rxfilters = ReceiveFilters(trustGuest=holder.trustGuestRxFilters)
    if port.port is None and network.port is not None:
        port.port = PortOptions(isolated=network.port.isolated)
    port.virtualport = _merged(port.virtualport, network.virtualport, group.virtualport if group is not None else None)


def _merged(*profiles: VirtualPort | None) -> VirtualPort | None:
    """One profile of what an interface, its network and its group say. Raises XMLError where they disagree."""
    said = [profile for profile in profiles if profile is not None]
    if not said:
        return None
    result = VirtualPort(parameters=VirtualPortParameters())
    for profile in said:
        _agree(result, profile)
        _agree(result.parameters, profile.parameters)
    if result.parameters is not None and not result.parameters._state():
        result.parameters = None
    return result


def _agree(ours: Element | None, theirs: Element | None) -> None:
    """Add what one more profile says to what is said already."""
    if ours is None or theirs is None:
        return
    for name, value in theirs._state().items():
        mine = getattr(ours, name)
        if name == "parameters":
            continue
        if mine not in (None, value):
            raise errors.XMLError(
                f"attempt to modify interface's virtualport: mismatched {name} ('{mine}' and '{value}')",
                hint="say it in one place alone: the interface, its network, or its <portgroup>",
            )
        setattr(ours, name, value)


def _plug(network: Network, port: NetworkPort, used: Mapping[str, int]) -> Plug:
    mode, bridge = network.mode, network.bridge
    switch = port.virtualport.type if port.virtualport is not None else None
    if bridge is not None and network.makes_bridge:
        if switch is not None:
            raise _no_switch(network, switch, "IP forwarding")
        return Plug(type="network", bridge=bridge.name, macTableManager=bridge.macTableManager)
    if mode == "hostdev":
        if switch not in (None, "802.1Qbh"):
            raise _no_switch(network, switch, "an SR-IOV Virtual Function via PCI passthrough")
        return _function(network, used)
    if mode == "bridge" and bridge is not None and bridge.name:
        if switch not in (None, "openvswitch", "midonet"):
            raise _no_switch(network, switch, "a bridge device")
        if port.virtualport is not None:
            _name_port(port.virtualport)
        return Plug(type="bridge", bridge=bridge.name, macTableManager=bridge.macTableManager)
    if switch not in _MACVTAP_SWITCHES:
        raise _no_switch(network, switch, "a macvtap device")
    # Two guests on one link with 802.1Qbh would be one to the switch.
    alone = mode == "passthrough" or (mode == "private" and switch == "802.1Qbh")
    return Plug(type="direct", dev=_link(network, used, alone=alone), mode=mode)


def _no_switch(network: Network, switch: str | None, what: str) -> errors.Error:
    return errors.ConfigUnsupported(
        f"<virtualport type='{switch}'> not supported for network '{network.name}' which uses {what}"
    )


def _name_port(profile: VirtualPort) -> None:
    profile.parameters = profile.parameters or VirtualPortParameters()
    for name in _MADE.get(profile.type, ()):
        if getattr(profile.parameters, name) is None:
            setattr(profile.parameters, name, new_uuid())


def _link(network: Network, used: Mapping[str, int], *, alone: bool) -> str:
    """The link of the pool with the fewest guests; ``alone``: one that has none."""
    links = [str(link.dev) for link in network.forward.interfaces] if network.forward is not None else []
    if not links:
        raise errors.InternalError(
            f"network '{network.name}' uses a direct mode, but has no forward dev and no interface pool",
            hint="name a link of the host: <forward dev='…'/>, or a bridge: <bridge name='…'/>",
        )
    best = min(links, key=lambda link: used.get(link, 0))
    if alone and used.get(best):
        raise _none_left(network)
    return best


def _none_left(network: Network) -> errors.Error:
    return errors.InternalError(
        f"network '{network.name}' requires exclusive access to interfaces, but none are available",
        hint="stop a guest that has one, or add another to its <forward>",
    )


def _function(network: Network, used: Mapping[str, int]) -> Plug:
    forward = network.forward
    places = [PCIPlace(**address.numbers) for address in forward.addresses] if forward is not None else []
    if forward is None or not places:
        raise errors.InternalError(
            f"network '{network.name}' uses a hostdev mode, but has no forward dev and no interface pool",
            hint="name a card: <pf dev='…'/>, or its functions: <address type='pci' …/>",
        )
    free = next((place for place in places if not used.get(str(place))), None)
    if free is None:
        raise _none_left(network)
    driver = PlugDriver(name=forward.driver.name) if forward.driver is not None else None
    return Plug(type="hostdev-pci", managed=bool(forward.managed), driver=driver, address=free)


def plug_name(plug: Plug | None) -> str | None:
    """What a port takes of a pool: the name of a link, or the place of a PCI function; None of a bridge."""
    if plug is None:
        return None
    return plug.dev if plug.type == "direct" else str(plug.address) if plug.address is not None else None


def _check_bandwidth(network: Network, port: NetworkPort, floors: int) -> None:
    """Refuse a guest what its network cannot promise it."""
    inbound = port.bandwidth.inbound if port.bandwidth is not None else None
    floor = inbound.floor if inbound is not None else None
    if not floor:
        return
    mac = port.mac.address if port.mac is not None else None
    use = f"Invalid use of 'floor' on interface with MAC address {mac} - "
    if not network.makes_bridge:
        raise errors.OperationUnsupported(
            f"{use}'floor' is only supported for interface type 'network' with forward type 'nat', 'route', 'open' or "
            "none"
        )
    shared = network.bandwidth.inbound if network.bandwidth is not None else None
    if shared is None:
        raise errors.OperationUnsupported(
            f"{use}network '{network.name}' has no inbound QoS set",
            hint="give the network a <bandwidth> with <inbound>, of which the floor is a part",
        )
    for word in ("peak", "average"):
        limit = getattr(shared, word)
        if limit:
            if floors + floor > limit:
                raise errors.OperationInvalid(
                    f"Cannot plug '{mac}' interface into '{network.bridge and network.bridge.name}' because new "
                    f"combined inbound floor={floors + floor} would overcommit {word}={limit} on network "
                    f"'{network.name}'"
                )
            break
