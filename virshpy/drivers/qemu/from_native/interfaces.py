"""Network cards and what they are plugged into: -netdev and -device, -nic, -net."""

from __future__ import annotations

from virshpy.drivers.qemu.from_native.reading import Reading, make
from virshpy.drivers.qemu.from_native.words import Option, Params

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node


def read_interfaces(reading: Reading) -> None:
    for card in reading.unused(reading.cards):
        if "netdev" in card:
            _card(reading, card)
    _read_nics(reading)
    _read_old(reading)
    _read_default(reading)


def _model(driver: str) -> str:
    """<model type=…>: a driver's own name, but for virtio."""
    if driver.startswith("virtio-net"):
        kind = driver.removeprefix("virtio-net").removeprefix("-pci").removeprefix("-device")
        return f"virtio{kind}"
    return driver


def _card(reading: Reading, original: Params) -> None:
    card = original.fork()
    backend = reading.netdevs.get(card.text("netdev") or "")
    host = reading.attempt(_backend, backend) if backend is not None else None
    if backend is None or host is None:
        return
    backend.option.used = True
    model = _model(card.text("driver") or "")
    order = card.text("bootindex")
    driver = reading.virtio(card)
    if card.switch("mq"):
        card.drop("vectors")
    children = [
        make("mac", {"address": card.text("mac")}) if "mac" in card else None,
        make("model", {"type": model}),
        make("boot", {"order": order}) if order else None,
        make("driver", driver) if driver else None,
        reading.place(card),
    ]
    host.children = [*host.children, *(child for child in children if child is not None)]
    if order:
        reading.top["os"].children = [node for node in reading.top["os"].children if node.tag != "boot"]
    reading.add(host, card)


def _backend(reading: Reading, original: Params) -> Node | None:
    """<interface> with what is on the host's side; None where something is said that no element says."""
    backend = original.fork()
    kind = backend.text("type")
    backend.drop("id", "hubport")
    builder = _KINDS.get(kind or "")
    if builder is None:
        return None
    node: Node | None = builder(reading, backend)
    return node if node is not None and not backend else None


def _user(reading: Reading, backend: Params) -> Node:
    node = make("interface", {"type": "user"})
    net = backend.text("net")
    if net:
        address, _, prefix = net.partition("/")
        node.children.append(make("ip", {"family": "ipv4", "address": address, "prefix": prefix or None}))
    if "ipv6-prefix" in backend:
        attrs = {"family": "ipv6", "address": backend.text("ipv6-prefix"), "prefix": backend.text("ipv6-prefixlen")}
        node.children.append(make("ip", attrs))
    return node


def _tap(reading: Reading, backend: Params) -> Node:
    """A tap that is there already (ifname), one that QEMU makes, or one that was handed over and is unknown."""
    name, script = backend.text("ifname"), backend.text("script")
    bridge = backend.text("br")
    backend.drop("fd", "fds", "vhostfd", "vhostfds", "vhostforce", "helper", "queues")
    down = backend.text("downscript")
    vhost = backend.switch("vhost")
    if bridge:
        node = make("interface", {"type": "bridge"}, make("source", {"bridge": bridge}))
    else:
        node = make("interface", {"type": "ethernet"})
        if script not in (None, "no", ""):
            node.children.append(make("script", {"path": script}))
        if down not in (None, "no", ""):
            node.children.append(make("downscript", {"path": down}))
    if name:
        node.children.append(make("target", {"dev": name, "managed": "no" if script == "no" and not bridge else None}))
    if vhost is not None:
        node.children.append(make("driver", {"name": "vhost" if vhost else "qemu"}))
    if "sndbuf" in backend:
        node.children.append(make("tune", None, make("sndbuf", text=backend.text("sndbuf"))))
    return node


def _bridge(reading: Reading, backend: Params) -> Node:
    backend.drop("helper")
    return make("interface", {"type": "bridge"}, make("source", {"bridge": backend.text("br") or "br0"}))


def _socket(reading: Reading, backend: Params) -> Node | None:
    kinds = {"listen": "server", "connect": "client", "mcast": "mcast", "udp": "udp"}
    found = next((word for word in kinds if word in backend), None)
    if found is None:
        return None
    host, _, port = (backend.text(found) or "").rpartition(":")
    source = make("source", {"address": host.strip("[]") or "127.0.0.1", "port": port})
    local = backend.text("localaddr") if found == "udp" else None
    if local:
        near, _, number = local.rpartition(":")
        source.children.append(make("local", {"address": near.strip("[]"), "port": number}))
    return make("interface", {"type": kinds[found]}, source)


def _vhost_user(reading: Reading, backend: Params) -> Node | None:
    chardev = reading.chardevs.claim(backend.text("chardev"))
    if chardev is None or "path" not in chardev:
        return None
    server = chardev.switch("server")
    source = {"type": "unix", "path": chardev.text("path"), "mode": "server" if server else "client"}
    queues = backend.text("queues")
    return make(
        "interface", {"type": "vhostuser"}, make("source", source),
        make("driver", {"queues": queues}) if queues else None,
    )  # fmt: skip


def _vdpa(reading: Reading, backend: Params) -> Node:
    return make("interface", {"type": "vdpa"}, make("source", {"dev": backend.text("vhostdev")}))


_KINDS: dict[str, Any] = {
    "user": _user, "tap": _tap, "bridge": _bridge, "socket": _socket, "vhost-user": _vhost_user, "vhost-vdpa": _vdpa,
}  # fmt: skip


def _plugged(reading: Reading, host: Params, model: str | None, mac: str | None) -> bool:
    node = reading.attempt(_backend, host)
    if node is None:
        return False
    if mac:
        node.children.append(make("mac", {"address": mac}))
    # What QEMU takes where nothing is said.
    default = "e1000e" if reading.q35 else "e1000"
    node.children.append(make("model", {"type": _model(model or default)}))
    reading.add(node)
    return True


def _read_nics(reading: Reading) -> None:
    for option in reading.all("nic"):
        if option.value == "none":
            option.used = True
            continue
        nic = Params.of(option, "type")
        model, mac = nic.text("model"), nic.text("mac", "macaddr")
        nic.drop("id")
        option.used = _plugged(reading, nic, {"virtio": "virtio-net-pci"}.get(model or "", model), mac)


def _read_old(reading: Reading) -> None:
    """-net nic and -net BACKEND: each card is on one hub with each backend; one of each is what has a meaning here."""
    options = [(option, Params.of(option, "type")) for option in reading.all("net")]
    cards = [(option, params) for option, params in options if params.get("type") == "nic"]
    hosts = [(option, params) for option, params in options if params.get("type") not in ("nic", "none")]
    for option, params in options:
        option.used = params.get("type") == "none"
    if len(cards) > 1 and len(hosts) == 1:
        hosts *= len(cards)
    if len(hosts) == 1 and not cards:
        cards = [(hosts[0][0], Params(hosts[0][0], {}))]
    for (first, card), (second, host) in zip(cards, hosts, strict=False):
        host = host.fork()
        host.drop("vlan", "name")
        model = card.get("model")
        model = "virtio-net-pci" if model == "virtio" else model
        done = _plugged(reading, host, model, card.text("macaddr", "mac"))
        first.used = second.used = done


def _read_default(reading: Reading) -> None:
    """A guest for which no network is spoken of gets a card on QEMU's own."""
    if reading.defaults and not reading.has("net", "nic", "netdev"):
        _plugged(reading, Params(Option("nic", None), {"type": "user"}), None, None)
