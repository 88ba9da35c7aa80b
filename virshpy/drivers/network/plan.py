"""The plan of a network's start: what it becomes on the host, as steps in their order. Nothing is done here."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.network import firewall
from virshpy.drivers.network.dnsmasq import is_served, serving
from virshpy.drivers.network.surroundings import ON_HOST
from virshpy.host.steps.dnsmasq import Dnsmasq
from virshpy.host.steps.filesystem import MakeDirectory, WriteFile
from virshpy.host.steps.network import Bridge, Forwarding
from virshpy.xml.inet import as_number, leading_ones
from virshpy.xml.network import NAT, PortRange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from virshpy.drivers.network.dnsmasq import Serving
    from virshpy.drivers.network.surroundings import Surroundings
    from virshpy.host.steps import Step
    from virshpy.xml.network import Network

_LONGEST = 15  # bytes of a link's name
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def live(network: Network) -> Network:
    """The document of a network while it is active, made of its definition."""
    network = network.copy()
    if network.forward is not None and any(firewall.is_translated(network, ip.version) for ip in network.ips):
        network.forward.nat = network.forward.nat or NAT()
        if network.forward.nat.port is None:
            network.forward.nat.port = PortRange(start=1024, end=65535)
    return network


def start_steps(
    network: Network,
    directory: str,
    ports: Sequence[tuple[str, bool]] = (),
    around: Surroundings = ON_HOST,
    reserved: Sequence[tuple[str, str]] = (),
) -> list[Step]:
    """The steps for an active network's document. ``directory`` is to hold its dnsmasq's files,
    ``ports`` are links that were plugged in before, and whether each is isolated from the others; ``reserved`` are
    (MAC address, address) of guests that are always given the same.

    Networks on links that the host has already need none: their guests are plugged in there.
    """
    if not network.makes_bridge:
        return []
    _refuse_impossible(network)
    bridge, where = _checked_name(network), around.where
    if where.is_own:
        _refuse_of_the_host(network)
    steps: list[Step] = [_bridge(network, bridge, ports).at(where)]
    if network.bridge is not None and network.bridge.zone:
        from virshpy.host.steps.firewalld import InZone

        steps.append(InZone(network.bridge.zone, bridge, str(network.name)))
    if keys := _forwarding(network):
        steps.append(Forwarding(keys).at(where))
    if (table := firewall.table(network, around)) is not None:
        steps.append(table)
    if limits := _limits(network):
        from virshpy.host.steps.traffic import Limit

        steps.append(Limit(bridge, limits, shared=True).at(where))
    if is_served(network):
        steps += _served_steps(told(network, directory, around, reserved), directory, around)
    return steps


def _limits(network: Network) -> dict[str, dict[str, int]]:
    """What all guests together may receive by way of the host, and send: the bridge sends what they receive."""
    if network.bandwidth is None:
        return {}
    from virshpy.host import traffic

    return traffic.limits(*network.bandwidth.limits)


def told(network: Network, directory: str, around: Surroundings, reserved: Sequence[tuple[str, str]] = ()) -> Serving:
    """What the dnsmasq of a network is told there."""
    user = service_user()
    return serving(network, directory, user=user, resolver=around.resolver, reserved=reserved)


def _served_steps(serving: Serving, directory: str, around: Surroundings) -> Iterator[Step]:
    # dnsmasq reads its files again as another user than the one who started it.
    yield MakeDirectory(directory, 0o755)
    for path, text in serving.files(directory).items():
        yield WriteFile(path, text.encode(errors="surrogateescape"), 0o644)
    yield Dnsmasq(directory).at(around.where)


def service_user() -> str | None:
    """Whom dnsmasq becomes: the user that Debian's package makes for it, else whom it chooses itself. An ordinary
    user's stays what it is: in his namespace there is nobody else."""
    from pwd import getpwnam

    if os.geteuid() != 0:
        return ""
    try:
        return getpwnam("dnsmasq").pw_name
    except KeyError:
        return None


def _refuse_impossible(network: Network) -> None:
    bridge = network.bridge
    for ip in network.ips:
        if ip.netmask is not None and leading_ones(as_number(ip.netmask), 32) is None:
            raise errors.InternalError(
                f"bridge '{bridge and bridge.name}' has an invalid netmask or IP address",
                hint=f"netmask {ip.netmask} has a hole",
            )


def _refuse_of_the_host(network: Network) -> None:
    """What names something of the host's that is not in a namespace."""
    bridge, forward = network.bridge, network.forward
    if bridge is not None and bridge.zone:
        raise errors.ConfigUnsupported(
            f"zone '{bridge.zone}' of network '{network.name}' requested, but firewalld knows nothing of an ordinary "
            "user's networks",
            hint="leave out zone=",
        )
    if forward is not None and forward.interfaces:
        raise errors.ConfigUnsupported(
            f"network '{network.name}' is to reach others by '{forward.interfaces[0].dev}', a link of the host's, and "
            "an ordinary user's networks reach none of those",
            hint="leave out dev= and <interface> of <forward>: there is one way out",
        )


def _checked_name(network: Network) -> str:
    name = str(network.bridge and network.bridge.name)
    if len(name.encode(errors="surrogateescape")) > _LONGEST:
        raise errors.SystemCallError(
            f"error creating bridge interface {name}: Numerical result out of range",
            hint=f"the name of a link has {_LONGEST} bytes at most",
        )
    if set(name) - _NAME or name in (".", ".."):
        raise errors.ConfigUnsupported(
            f"bridge name '{name}' of network '{network.name}' cannot be used", hint="letters, digits, . _ -"
        )
    return name


def _bridge(network: Network, name: str, ports: Sequence[tuple[str, bool]]) -> Bridge:
    bridge = network.bridge
    assert bridge is not None
    options = []
    if network.mtu is not None and network.mtu.size:
        options += ["mtu", str(network.mtu.size)]
    # The delay comes first: with spanning tree it may not be under two seconds, and the kernel then makes it so.
    options += ["type", "bridge", "forward_delay", str((bridge.delay or 0) * 100)]
    options += ["stp_state", str(int(bridge.stp is not False))]
    lines = [
        *(_address_words(ip.address, ip.length, ip.version, name) for ip in network.ips),
        ["link", "set", "dev", name, "up"],
    ]
    for route in network.routes:
        length = route.length
        words = ["route", "add", f"{route.address}/{length}", "via", str(route.gateway), "dev", name]
        words += ["proto", "static", "metric", str(route.metric or 1)]
        if words not in lines:  # said twice, it is one
            lines.append(words)
    mac = str(network.mac and network.mac.address).lower()
    return Bridge(
        name,
        mac,
        options,
        settings=_settings(network, name),
        lines=lines,
        ports=ports,
        filtering=bridge.macTableManager == "libvirt",
    )


def _address_words(address: str | None, length: int, version: int, name: str) -> list[str]:
    words = ["address", "add", f"{address}/{length}", "dev", name]
    # Nobody else can have the address of a network that begins to exist: it need not be looked for.
    return [*words, "broadcast", "+"] if version == 4 else [*words, "nodad"]


def _settings(network: Network, name: str) -> dict[str, str]:
    six = any(ip.version == 6 for ip in network.ips)
    # A guest is not to send the host addresses and routes.
    values = {"disable_ipv6": str(int(not six)), "accept_ra": "0", "autoconf": "0"}
    return {f"ipv6/conf/{name}/{key}": value for key, value in values.items()}


def _forwarding(network: Network) -> list[str]:
    """The settings that let the host pass packets on from this network."""
    if network.mode == "none":
        return []
    keys = {4: "ipv4/ip_forward", 6: "ipv6/conf/all/forwarding"}
    return [key for version, key in keys.items() if any(ip.version == version for ip in network.ips)]
