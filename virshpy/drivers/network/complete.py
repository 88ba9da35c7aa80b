"""What a network's document gets when it comes in, and what is refused then. Of the host nothing is touched.

The parser has read the document (xml/network); here are the rules that depend on other networks, or that libvirt's
driver has and its parser has not.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host.pci import is_virtual_function
from virshpy.xml.network import Bridge, NetworkMAC
from virshpy.xml.uuids import new_mac, new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.xml.network import Network

_MOST = 256  # bridges whose names are made up


def complete(network: Network, taken: Callable[[str], bool]) -> None:
    """Give it what it lacks: a UUID, and where the bridge is its own a name for it (``virbr3``) and a MAC address.

    ``taken``: whether a name is another network's, or a link's of the host. Raises what :func:`check` raises, and
    InternalError where no name is free.
    """
    network.uuid = network.uuid or new_uuid()
    check(network)
    if network.makes_bridge:
        network.bridge = network.bridge or Bridge()
        name = network.bridge.name
        if name is None or "%d" in name:
            network.bridge.name = _free_name(name or "virbr%d", taken)
        if network.mac is None:
            network.mac = NetworkMAC(address=new_mac())


def _free_name(template: str, taken: Callable[[str], bool]) -> str:
    for number in range(_MOST + 1):
        name = template.replace("%d", str(number), 1)
        if not taken(name):
            return name
    raise errors.InternalError(f"Bridge generation exceeded max id {_MOST}", hint="name one: <bridge name='…'/>")


def check(network: Network) -> None:
    """Refuse what a network of its mode cannot have. Raises ConfigUnsupported, XMLError."""
    bridged = network.makes_bridge or bool(network.bridge is not None and network.bridge.name)
    if not network.makes_bridge:
        _refuse_what_a_bridge_has(network, bandwidth=bridged)
    _check_pool(network)
    _check_dhcp(network)
    _check_portgroups(network, bandwidth=bridged)


def _unsupported(detail: str, hint: str | None = None) -> errors.ConfigUnsupported:
    return errors.ConfigUnsupported(detail, hint=hint)


def _refuse_what_a_bridge_has(network: Network, *, bandwidth: bool) -> None:
    """A network of links that are the host's has no link of its own to put these on."""
    dns = network.dns
    found = {
        "<mac>": network.mac,
        "<ip>": network.ips,
        "<dns>": dns is not None and (dns.txts or dns.hosts or dns.srvs),
        "<domain>": network.domain,
        "network-wide <bandwidth>": network.bandwidth is not None and not bandwidth,
    }
    for element, there in found.items():
        if there:
            raise _unsupported(
                f"Unsupported {element} element in network {network.name} with forward mode='{network.mode}'"
            )


def _check_pool(network: Network) -> None:
    forward = network.forward
    if forward is None:
        return
    kinds = (forward.pfs, forward.interfaces, forward.addresses)
    if sum(bool(kind) for kind in kinds) > 1:
        raise _unsupported(
            f"<address>, <interface>, and <pf> elements of <forward> in network {network.name} are mutually exclusive"
        )
    if forward.mode == "hostdev" and forward.interfaces:
        raise _unsupported(
            f"hostdev network '{network.name}' lists '{forward.interfaces[0].dev}' in the device pool, but hostdev "
            "networks require all devices to be listed by PCI address, not network device name"
        )
    for address in forward.addresses if forward.mode == "hostdev" else ():
        if not is_virtual_function(str(address)):
            raise _unsupported(
                f"device '/sys/bus/pci/devices/{address}' in network '{network.name}' is not an SR-IOV Virtual "
                "Function",
                hint="list those of one card: <pf dev='…'/>",
            )
    if forward.mode != "hostdev" and forward.addresses:
        raise _unsupported(
            f"network '{network.name}' has forward mode '{forward.mode}'  but lists a device by PCI address in the "
            "device pool. This is only supported for networks with forward mode 'hostdev'"
        )


def _check_dhcp(network: Network) -> None:
    for version in (4, 6):
        served = [ip for ip in network.ips if ip.version == version and ip.dhcp and (ip.dhcp.ranges or ip.dhcp.hosts)]
        if len(served) > 1:
            raise _unsupported(
                f"Multiple IPv{version} dhcp sections found -- dhcp is supported only for a single IPv{version} "
                "address on each network"
            )


def _check_portgroups(network: Network, *, bandwidth: bool) -> None:
    mode, switch = network.mode, network.virtualport and network.virtualport.type
    vlan_allowed = mode in ("hostdev", "passthrough") or (mode == "bridge" and switch == "openvswitch")
    bad_use = False
    chosen: str | None = None
    for number, group in enumerate(network.portgroups):
        if group.vlan is not None or network.vlan is not None:
            own = group.virtualport  # in the place of the network's
            switched = mode == "bridge" and own is not None and own.type == "openvswitch"
            bad_use = bad_use or not (switched if own is not None else vlan_allowed)
        if group.default:
            if chosen is not None:
                raise _unsupported(
                    f"network '{network.name}' has multiple default <portgroup> elements ({chosen} and {group.name}), "
                    "but only one default is allowed"
                )
            chosen = str(group.name)
        if any(group.name == other.name for other in network.portgroups[number + 1 :]):
            raise _unsupported(
                f"multiple <portgroup> elements with the same name ({group.name}) in network '{network.name}'"
            )
        if group.bandwidth is not None and not bandwidth:
            raise _unsupported(
                f"Unsupported <bandwidth> element in network '{network.name}' in portgroup '{group.name}' with forward "
                f"mode='{mode}'"
            )
    if bad_use or (network.vlan is not None and not vlan_allowed and chosen is None):
        raise _unsupported(
            f"<vlan> element specified for network {network.name}, whose type doesn't support vlan configuration"
        )
