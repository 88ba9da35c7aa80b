"""What of an interface can be changed while its guest runs, and its limits as parameters. Documents only."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.interfaces import LINKED, is_virtio
from virshpy.xml.port import Bandwidth, Rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface

_PARTS = ("average", "peak", "burst")
# What is compared as it stands, with what libvirt calls it. Both may lack the whole element.
_FIXED: tuple[tuple[str, Callable[[Interface], Any]], ...] = (
    ("network device rom bar setting", lambda one: one.rom and one.rom.bar),
    ("network rom file", lambda one: one.rom and one.rom.file),
    ("network device rom enabled setting", lambda one: one.rom and one.rom.enabled),
    ("network device boot index setting", lambda one: one.boot and one.boot.order),
    ("MTU", lambda one: one.mtu and one.mtu.size),
    ("forwarded ports", lambda one: one.port_forwards or None),
)


def find_interface(document: Domain, device: str) -> Interface:
    """An interface by the name of its target or by its MAC address. Raises InvalidArg."""
    for interface in document.devices.interfaces:
        mac = (interface.mac and interface.mac.address) or ""
        if (interface.target and interface.target.dev == device) or mac.lower() == device.lower():
            return interface
    known = [one.target.dev if one.target and one.target.dev else mac_of(one) for one in document.devices.interfaces]
    raise errors.InvalidArg(
        f"'{device}' is not a known interface", hint=f"there are: {', '.join(known)}" if known else None
    )


def mac_of(interface: Interface) -> str:
    return (interface.mac and interface.mac.address) or ""


def matching(document: Domain, wanted: Interface) -> int:
    """The place of the interface that a user's document means: by its MAC address, and the place and alias that it
    names. Raises DeviceMissing, OperationFailed."""
    place = str(wanted.address) if wanted.address is not None else "(<null>)"
    alias = (wanted.alias and wanted.alias.name) or "(<null>)"

    def means(one: Interface) -> bool:
        return (
            mac_of(one).lower() == mac_of(wanted).lower()
            and (wanted.address is None or str(one.address) == place)
            and (wanted.alias is None or one.alias == wanted.alias)
        )

    found = [number for number, one in enumerate(document.devices.interfaces) if means(one)]
    if not found:
        what = f"no device found at address '{place}' matching MAC address '{mac_of(wanted)}' and alias '{alias}'"
        raise errors.DeviceMissing(what, hint="dumpxml shows the interfaces of the domain")
    if len(found) > 1:
        raise errors.OperationFailed(
            f"multiple devices matched MAC address {mac_of(wanted)}, use <address> or <alias> to specify one"
        )
    return found[0]


# limits
def rates(interface: Interface) -> dict[str, int]:
    """The limits of an interface by the names of virDomainGetInterfaceParameters."""
    bandwidth = interface.bandwidth or Bandwidth()
    found: dict[str, int] = {}
    for way, rate in (("inbound", bandwidth.inbound or Rate()), ("outbound", bandwidth.outbound or Rate())):
        for part in (*_PARTS, *(["floor"] if way == "inbound" else [])):
            found[f"{way}.{part}"] = getattr(rate, part) or 0
    return found


def set_rates(interface: Interface, params: Mapping[str, Any]) -> None:
    """Other limits for an interface: each direction that is named is replaced, and no average is no limit.

    Raises InvalidArg, OperationUnsupported.
    """
    for name in params:
        if name not in rates(interface):
            raise errors.InvalidArg(f"parameter '{name}' not supported")
    bandwidth = interface.bandwidth.copy() if interface.bandwidth else Bandwidth()
    for way in ("inbound", "outbound"):
        given = {name.partition(".")[2]: value for name, value in params.items() if name.startswith(f"{way}.")}
        if given:
            rate = Rate(**{part: value or None for part, value in given.items()})
            setattr(bandwidth, way, rate if rate.average or rate.floor else None)
    if bandwidth.inbound is not None and bandwidth.inbound.floor is not None and interface.type != "network":
        raise errors.OperationUnsupported(
            f"Invalid use of 'floor' on interface with MAC address {mac_of(interface)} - 'floor' is only supported for"
            " interface type 'network' with forward type 'nat', 'route', 'open' or none"
        )
    interface.bandwidth = bandwidth if bandwidth.inbound or bandwidth.outbound else None


def require_limitable(interface: Interface) -> None:
    if interface.type not in LINKED:
        raise errors.ConfigUnsupported(
            f"setting bandwidth on interfaces of type '{interface.type}' is not implemented yet",
            hint="it has no link of the host's that could be limited",
        )


# changes
def changed(old: Interface, new: Interface) -> Interface:
    """An interface of a running guest as a user wants it: ``old`` with what can be changed.

    Raises OperationUnsupported for what cannot be.
    """
    _refuse(old, new)
    made = old.copy()
    given_by_port = old.source is not None and old.source.network
    for name in ("link", "bandwidth", "port", "trustGuestRxFilters", "vlan"):
        if getattr(new, name) is not None or not given_by_port:
            setattr(made, name, getattr(new, name))
    made.link = new.link
    if old.type == "bridge" and made.source is not None and new.source is not None:
        made.source.bridge = new.source.bridge
    if made.bandwidth != old.bandwidth:
        require_limitable(made)
    return made


def _refuse(old: Interface, new: Interface) -> None:
    if is_virtio(old) and (new.driver or None) != (old.driver or None):
        raise _fixed("virtio network device driver attributes")
    if new.target is not None and new.target.dev is not None and old.target and new.target.dev != old.target.dev:
        raise _fixed("network device tap name")
    models = [(one.model and one.model.type) or "(default)" for one in (old, new)]
    if models[0] != models[1]:
        raise _fixed(f"network device model from {models[0]} to {models[1]}")
    for words, part in _FIXED:
        if part(old) != part(new):
            raise _fixed(words)
    if _connection(old) != _connection(new):
        raise errors.OperationUnsupported(
            f"unable to change config on '{new.type}' network type",
            hint="detach the interface, and attach it as it is to be; or change it with --config for the next start",
        )


def _fixed(what: str) -> errors.OperationUnsupported:
    return errors.OperationUnsupported(
        f"cannot modify {what}", hint="--config changes it for the time after the next start"
    )


def _connection(interface: Interface) -> tuple[Any, ...]:
    """What cannot be changed of an interface's connection while it is in use. Of one on a network that is only which
    network: the rest its port has given."""
    if interface.source is not None and interface.source.network:
        return interface.source.network, interface.source.portgroup
    source = interface.source.copy() if interface.source is not None else None
    if source is not None and interface.type == "bridge":
        source.bridge = None
    if source is not None:
        source.portid = None
    tune = interface.tune.sndbuf if interface.tune else None
    return interface.type, source or None, interface.virtualport, tune, interface.ips, interface.script
