"""Network interfaces: the host's end (-netdev), then the card."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.disks import boot_indexes
from virshpy.drivers.qemu.argv.guest import Guest, virtio_name, virtio_options
from virshpy.drivers.qemu.argv.words import as_json
from virshpy.drivers.qemu.postparse.aliases import alias_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.interface import Interface

# Those that have a link of the host's own: it can be limited, counted, and opened for QEMU.
LINKED = ("ethernet", "bridge", "direct", "network")
_OFFLOADS = {
    "host": (("csum", "csum"), ("gso", "gso"), ("tso4", "host_tso4"), ("tso6", "host_tso6"), ("ecn", "host_ecn"),
             ("ufo", "host_ufo"), ("mrg_rxbuf", "mrg_rxbuf")),
    "guest": (("csum", "guest_csum"), ("tso4", "guest_tso4"), ("tso6", "guest_tso6"), ("ecn", "guest_ecn"),
              ("ufo", "guest_ufo")),
}  # fmt: skip


def add_interfaces(guest: Guest) -> None:
    indexes = boot_indexes(guest)
    for interface in guest.domain.devices.interfaces:
        if interface.type == "hostdev":
            guest.device(_hostdev(guest, interface, indexes.get(id(interface))))
            continue
        name = f"host{alias_of(interface)}"
        # Nothing of the host is set up for a text: every card hangs on a tap that somebody would hand over.
        backend = {"type": "tap", "fd": "{fd:tap}"} if guest.runtime.native else _backend(guest, interface)
        guest.add("-netdev", as_json({**backend, "id": name}))
        guest.device(device_properties(guest, interface, name, indexes.get(id(interface))))


def is_virtio(interface: Interface) -> bool:
    model = interface.model.type if interface.model else None
    return model in ("virtio", "virtio-transitional", "virtio-non-transitional")


def is_macvtap(interface: Interface) -> bool:
    """Whether the host's end is a macvtap, also as a running guest on a network of such has it: then it counts, sends
    and receives as the guest does."""
    source = interface.source
    return interface.type == "direct" or (interface.type == "network" and source is not None and source.dev is not None)


_MOST_QUEUES = 256  # of the kernel's taps


def queues_of(interface: Interface) -> int:
    """How many an interface has at its host's end."""
    driver = interface.driver
    return (driver.queues or 1) if driver is not None and is_virtio(interface) else 1


def _backend(guest: Guest, interface: Interface) -> Properties:
    """The netdev without its id."""
    kind = interface.type or "user"
    if kind in LINKED:
        return _tap(guest, interface)
    if kind == "user":
        return _passt(guest, interface) if has_passt(interface) else _user(interface)
    if kind in ("server", "client", "mcast", "udp"):
        return _socket(interface)
    if kind == "vhostuser":
        return _vhost_user(guest, interface)
    if kind == "vdpa":
        path = interface.source.dev if interface.source else None
        guest.out.file(path or "", "rw", "vdpa")
        queues = queues_of(interface)
        return {"type": "vhost-vdpa", "vhostdev": path, "queues": queues if queues > 1 else None}
    if kind == "null":
        return {"type": "socket", "udp": "127.0.0.1:1", "localaddr": "127.0.0.1:0"}
    raise errors.ConfigUnsupported(
        f"interface type '{kind}' is not supported yet", hint="use type='bridge' with a bridge, or type='user'"
    )


def _tap(guest: Guest, interface: Interface) -> Properties:
    alias = alias_of(interface)
    queues = queues_of(interface)
    what: dict[str, Any] = {"kind": "tap", "interface": alias}
    if queues > _MOST_QUEUES:
        raise errors.SystemCallError("Unable to create tap device: Argument list too long", hint="256 queues at most")
    names = [f"{alias}-tap{n}" if queues > 1 else f"{alias}-tap" for n in range(queues)]
    numbers = [guest.out.descriptor(name, what) for name in names]
    properties: Properties = {"type": "tap", "fd" if queues == 1 else "fds": ":".join(numbers)}
    driver = interface.driver.name if interface.driver else None
    vhost = is_virtio(interface) and guest.kvm and driver != "qemu" and guest.runtime.vhost_net
    if vhost or (is_virtio(interface) and driver == "vhost"):
        handles = [
            guest.out.descriptor(f"{alias}-vhost{n}" if queues > 1 else f"{alias}-vhost", {"kind": "vhost-net"})
            for n in range(queues)
        ]
        properties |= {"vhost": True, "vhostfd" if queues == 1 else "vhostfds": ":".join(handles)}
    if interface.tune is not None and interface.tune.sndbuf is not None:
        properties["sndbuf"] = interface.tune.sndbuf
    return properties


def has_passt(interface: Interface) -> bool:
    return interface.backend is not None and interface.backend.type == "passt"


def passt_socket(directory: str, interface: Interface) -> str:
    """Where passt listens for QEMU."""
    return f"{directory}/{alias_of(interface)}-passt.sock"


def _passt(guest: Guest, interface: Interface) -> Properties:
    if guest.caps.version < (7, 2, 0):
        raise errors.ConfigUnsupported("the passt network backend is not supported with this QEMU binary")
    address = {"type": "unix", "path": passt_socket(guest.runtime.home_dir, interface)}
    return {"type": "stream", "addr": address, "server": False}


def _user(interface: Interface) -> Properties:
    properties: Properties = {"type": "user"}
    for ip in interface.ips:
        if ip.family in (None, "ipv4"):
            properties["net"] = f"{ip.address}/{ip.prefix}" if ip.prefix else ip.address
        else:
            properties |= {"ipv6-prefix": ip.address, "ipv6-prefixlen": ip.prefix}
    return properties


def _socket(interface: Interface) -> Properties:
    source = interface.source
    assert source is not None
    address = f"{source.address_text or ''}:{source.port}"
    if interface.type == "udp":
        local = source.local
        return {
            "type": "socket",
            "udp": address,
            "localaddr": f"{local.address or ''}:{local.port}" if local else None,
        }
    return {"type": "socket", {"server": "listen", "client": "connect"}.get(interface.type or "", "mcast"): address}


def _vhost_user(guest: Guest, interface: Interface) -> Properties:
    source = interface.source
    assert source is not None
    alias = alias_of(interface)
    words = ["socket", f"id=char{alias}", f"path={source.path}"]
    if source.mode == "server":
        words.append("server=on")
        guest.out.file(source.path or "", "rw", "socket")
    else:
        if source.reconnect is not None and source.reconnect.timeout is not None:
            words.append(f"reconnect={source.reconnect.timeout}")
        guest.out.peer(source.path or "", source.reconnect)
    guest.add("-chardev", ",".join(words))
    queues = queues_of(interface)
    return {"type": "vhost-user", "chardev": f"char{alias}", "queues": queues if queues > 1 else None}


def device_properties(guest: Guest, interface: Interface, netdev: str, bootindex: int | None) -> Properties:
    model = (interface.model.type if interface.model else None) or "rtl8139"
    properties: Properties = {"driver": virtio_name("virtio-net", model) if is_virtio(interface) else model}
    if is_virtio(interface) and not guest.runtime.native:
        properties |= _virtio_card(interface)
    properties |= {
        "netdev": netdev,
        "id": alias_of(interface),
        "mac": interface.mac.address if interface.mac else None,
        "bootindex": bootindex,
        **guest.place(interface),
    }
    if interface.rom is not None and not guest.runtime.native:
        if interface.rom.file and interface.rom.file.startswith("/"):
            guest.out.file(interface.rom.file, "r", "ROM", shared=True)
        properties |= {
            "rombar": None if interface.rom.bar is None else int(interface.rom.bar),
            "romfile": "" if interface.rom.enabled is False else interface.rom.file,
        }
    return properties


def _virtio_card(interface: Interface) -> Properties:
    driver = interface.driver
    properties: Properties = {}
    if driver is not None:
        if driver.txmode is not None:
            properties["tx"] = "bh" if driver.txmode == "iothread" else "timer"
        properties |= {"ioeventfd": driver.ioeventfd, "event_idx": driver.event_idx}
        for side, rows in _OFFLOADS.items():
            offloads = getattr(driver, side)
            if offloads is not None:
                properties |= {word: getattr(offloads, name) for name, word in rows}
        queues = queues_of(interface)
        if queues > 1:
            properties |= {"mq": True, "vectors": 2 * queues + 2}
        properties |= {
            "rx_queue_size": driver.rx_queue_size,
            "tx_queue_size": driver.tx_queue_size,
            "rss": driver.rss,
            "hash": driver.rss_hash_report,
        }
    properties["host_mtu"] = interface.mtu.size if interface.mtu else None
    if interface.teaming is not None and interface.teaming.type == "persistent":
        properties["failover"] = True
    return properties | virtio_options(interface)


def _hostdev(guest: Guest, interface: Interface, bootindex: int | None) -> Properties:
    address = interface.source.address if interface.source else None
    if address is None or address.type != "pci":
        raise errors.ConfigUnsupported("interface type 'hostdev' needs a PCI address in its <source>")
    teaming = interface.teaming
    return {
        "driver": "vfio-pci",
        "host": str(address),
        "id": alias_of(interface),
        "failover_pair_id": teaming.persistent if teaming else None,
        "bootindex": bootindex,
        **guest.place(interface),
    }
