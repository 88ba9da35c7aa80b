"""Network interfaces: what each kind of connection and each card can be told."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.interfaces import has_passt
from virshpy.drivers.qemu.postparse.pci.needs import not_on_pci
from virshpy.drivers.qemu.postparse.places import pci_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface

_VIRTIO = ("virtio", "virtio-transitional", "virtio-non-transitional")
_WITH_PORT = ("bridge", "direct", "network", "hostdev")
_WITH_MTU = ("network", "bridge", "ethernet", "vhostuser")
_WITH_ISOLATION = ("network", "bridge")
_WITH_COALESCE = ("network", "bridge", "ethernet", "direct")


def check_interfaces(domain: Domain) -> None:
    """Raises ConfigUnsupported, mostly, with libvirt's words."""
    for interface in domain.devices.interfaces:
        _check_model(interface)
        _check_connection(interface)
        _check_host_side(interface)
        _check_guest_side(interface)
        _check_teaming(interface)
        rom = interface.rom
        if rom is not None and rom.enabled is False and (rom.bar is not None or rom.file):
            raise errors.ConfigUnsupported("ROM tuning is not supported when ROM is disabled")
        if interface.acpi is not None and interface.acpi.index and pci_of(interface) is None:
            raise errors.ConfigUnsupported("ACPI index is only supported for PCI devices")


def model_of(interface: Interface) -> str | None:
    return interface.model.type if interface.model else None


_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def _check_model(interface: Interface) -> None:
    model, kind = model_of(interface), interface.type
    if model == "usb-net" and interface.address is None:
        raise not_on_pci("it sits on USB, where libvirt gives no addresses")
    if model is not None and not set(model) <= _NAME:
        raise errors.InvalidArg("Model name contains invalid characters", hint=f"it is '{model}'")
    if kind == "vhostuser" and model not in _VIRTIO:
        raise errors.InternalError(
            "Wrong or no <model> 'type' attribute specified with <interface type='vhostuser'/>. "
            "vhostuser requires the virtio-net* frontend",
            hint="add <model type='virtio'/>",
        )
    if kind == "vdpa" and model != "virtio":
        raise errors.ConfigUnsupported(f"invalid model for interface of type 'vdpa': '{model}'")
    for word in ("rx_queue_size", "tx_queue_size"):
        size = getattr(interface.driver, word) if interface.driver else None
        if size and size & (size - 1):
            raise errors.ConfigUnsupported(f"{word} has to be a power of two")


def _check_connection(interface: Interface) -> None:
    kind = interface.type
    inbound = interface.bandwidth.inbound if interface.bandwidth else None
    if inbound is not None and inbound.floor is not None and kind != "network":
        raise errors.ConfigUnsupported("floor attribute is not supported for this config")
    if interface.virtualport is not None and kind not in _WITH_PORT:
        raise errors.ConfigUnsupported(f"<virtualport> element unsupported for <interface type='{kind}'>")
    if interface.mtu is not None and kind not in _WITH_MTU:
        raise errors.ConfigUnsupported(f"setting MTU on interface type {kind} is not supported yet")
    if interface.coalesce is not None and kind not in _WITH_COALESCE:
        raise errors.ConfigUnsupported(f"coalesce settings on interface type {kind} are not supported")
    if interface.port is not None and interface.port.isolated and kind not in _WITH_ISOLATION:
        mac = interface.mac.address if interface.mac else None
        raise errors.ConfigUnsupported(
            f"interface {mac} - <port isolated='yes'/> is not supported for network interfaces with type='{kind}'"
        )
    port = interface.virtualport.type if interface.virtualport else None
    if interface.port is not None and interface.port.isolated and port is not None:
        mac = interface.mac.address if interface.mac else None
        raise errors.ConfigUnsupported(
            f"interface {mac} - <port isolated='yes'/> is not supported for network interfaces with virtualport "
            f"type='{port}'"
        )
    if has_passt(interface) and kind != "user":
        raise errors.ConfigUnsupported(
            f"The 'passt' backend can only be used with <interface type='user'>, not type='{kind}'"
        )
    if interface.target is not None and interface.target.managed is False and kind != "ethernet":
        raise errors.ConfigUnsupported(f"unmanaged target dev is not supported on interfaces of type '{kind}'")


def _check_host_side(interface: Interface) -> None:
    source = interface.source
    if source is not None and (source.ips or source.routes) and interface.type != "ethernet":
        raise errors.ConfigUnsupported(
            "Invalid attempt to set network interface host-side IP route and/or address info on interface of type "
            f"'{interface.type}'. This is only supported on interfaces of type 'ethernet'"
        )


_PREFIXES = range(4, 28)


def _check_guest_side(interface: Interface) -> None:
    """Addresses that QEMU's own network gives to the guest; of others nothing is known here."""
    if interface.type != "user":
        if interface.ips or interface.routes:
            raise errors.ConfigUnsupported(
                "Invalid attempt to set network interface guest-side IP route and/or address info, "
                "not supported by QEMU"
            )
        return
    if interface.routes:
        raise errors.ConfigUnsupported(
            "Invalid attempt to set network interface guest-side IP route, not supported by QEMU"
        )
    seen = set()
    for row in interface.ips:
        if row.peer is not None:
            raise errors.ConfigUnsupported("Invalid attempt to set peer IP for guest")
        if row.family in seen:
            raise errors.ConfigUnsupported(
                f"Only one {(row.family or '').replace('ip', 'IP')} address per interface is allowed"
            )
        seen.add(row.family)
        if has_passt(interface):
            continue  # which gives the guest whatever prefix it is told
        if row.prefix and row.family == "ipv4" and row.prefix not in _PREFIXES:
            raise errors.XMLError("invalid prefix, must be in range of 4-27")
        if row.prefix and row.family == "ipv6" and row.prefix != 64:
            raise errors.ConfigUnsupported(f"unsupported IPv6 address prefix='{row.prefix}' - must be 64")


def _check_teaming(interface: Interface) -> None:
    kind = interface.teaming.type if interface.teaming else None
    if kind == "transient" and interface.type not in ("hostdev", "network"):  # a network may be one of host devices
        raise errors.ConfigUnsupported(
            f"virtio-net teaming transient interface must be type='hostdev', not '{interface.type}'"
        )
    if kind == "persistent" and model_of(interface) != "virtio":
        raise errors.ConfigUnsupported(
            "virtio-net teaming persistent interface must be <model type='virtio'/>, not "
            f"'{model_of(interface) or '(null)'}'"
        )
