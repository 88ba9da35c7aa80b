"""Where the bytes of a disk are: the protocol of a block node, or the file name of a -drive, as <source>."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.reading import Reading, make, yes_no
from virshpy.drivers.qemu.from_native.words import Params

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_URL = re.compile(
    r"([a-z]+)(?:\+(tcp|unix|rdma))?://(?:([^@/]*)@)?(\[[^\]]*\]|[^/:?]*)(?::([0-9]+))?(/[^?]*)?(?:\?(.*))?"
)
_PROTOCOLS = ("nbd", "iscsi", "http", "https", "ftp", "ftps", "tftp", "ssh", "gluster", "nfs", "sheepdog", "rbd")


def read_path(path: str) -> tuple[str, Node]:
    """(type, <source>) of a file name as QEMU takes one: a file, a device, a directory for vvfat, a URL."""
    if path.startswith("fat:"):
        return "dir", make("source", {"dir": path.rpartition(":")[2]})
    if path.startswith("nbd:") and not path.startswith("nbd://"):
        return "network", _old_nbd(path)
    if path.startswith("rbd:"):
        return "network", _old_rbd(path)
    match = _URL.fullmatch(path)
    if match is not None and match[1] in _PROTOCOLS:
        return "network", _url(match)
    path = path.removeprefix("file:")
    if path.startswith("/dev/") and not path.startswith("/dev/shm/"):
        return "block", make("source", {"dev": path})
    return "file", make("source", {"file": path})


def _url(match: re.Match[str]) -> Node:
    protocol, transport, user, host, port, path, query = match.groups()
    name = (path or "").removeprefix("/")
    host = host.strip("[]")
    attrs = {"protocol": protocol, "name": name or None, "query": query}
    if transport == "unix":
        socket = re.search(r"(?:^|&)socket=([^&]*)", query or "")
        attrs.pop("query")
        return make("source", attrs, make("host", {"transport": "unix", "socket": socket[1] if socket else ""}))
    return make("source", attrs, make("host", {"name": host, "port": port}))


def _old_nbd(path: str) -> Node:
    parts = path.split(":")
    export = next((part.removeprefix("exportname=") for part in parts if part.startswith("exportname=")), None)
    if parts[1] == "unix":
        host = make("host", {"transport": "unix", "socket": parts[2]})
    else:
        host = make("host", {"name": parts[1], "port": parts[2] if len(parts) > 2 else None})
    return make("source", {"protocol": "nbd", "name": export}, host)


def _old_rbd(path: str) -> Node:
    """rbd:POOL/IMAGE:option=value:…, where colons of values are escaped."""
    image, *words = re.split(r"(?<!\\):", path.removeprefix("rbd:"))
    options = dict(word.partition("=")[::2] for word in words)
    hosts = []
    for monitor in filter(None, re.split(r"\\?;|,", options.get("mon_host", ""))):
        name, _, port = monitor.replace("\\:", ":").rpartition(":")
        hosts.append(make("host", {"name": name or port, "port": port if name else None}))
    return make("source", {"protocol": "rbd", "name": image}, *hosts)


def read_protocol(reading: Reading, node: Params, above: Params) -> tuple[str, Node] | None:
    """(type, <source>) of a protocol node, with what its format node says of encryption; None for what has no element.

    What is understood is taken from both.
    """
    driver = node.text("driver") or "file"
    if driver == "file":
        found = ("file", make("source", {"file": node.text("filename")}))
    elif driver in ("host_device", "host_cdrom"):
        found = ("block", make("source", {"dev": node.text("filename")}))
    elif driver == "vvfat":
        found = ("dir", make("source", {"dir": node.text("dir")}))
        node.drop("floppy", "rw")
    elif driver == "nvme":
        found = _nvme(node)
    else:
        builder = _NETWORK.get(driver) or (_web if driver in ("http", "https", "ftp", "ftps", "tftp") else None)
        source = builder(node) if builder is not None else None
        if source is None:
            return None
        _authenticate(reading, node, source, driver)
        found = ("network", source)
    helper = node.text("pr-manager")
    if helper is not None:
        found[1].children.append(_reservations(reading, helper))
    inside = above.pop("encrypt", None)
    key = above.text("key-secret") or (inside.get("key-secret") if isinstance(inside, dict) else None)
    if key:
        found[1].children.append(_encryption(reading, str(key), "luks"))
    return found


def _reservations(reading: Reading, name: str) -> Node:
    """Who asks for persistent reservations on a disk's behalf: virshpy's own helper, or one that somebody runs."""
    helper = reading.objects.claim(name)
    if helper is None or name == "pr-helper0":
        return make("reservations", {"managed": "yes"})
    source = make("source", {"type": "unix", "path": helper.text("path"), "mode": "client"})
    return make("reservations", {"managed": "no"}, source)


def _nvme(node: Params) -> tuple[str, Node]:
    address = re.fullmatch(r"([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.([0-9a-f])", node.text("device") or "")
    keys = ("domain", "bus", "slot", "function")
    place = make("address", dict(zip(keys, (f"0x{part}" for part in address.groups()), strict=True)) if address else {})
    return "nvme", make("source", {"type": "pci", "namespace": node.text("namespace")}, place)


def _encryption(reading: Reading, key: str, format: str, engine: str | None = None) -> Node:
    secret = make("secret", {"type": "passphrase", "usage": _secret(reading, key)})
    return make("encryption", {"format": format, "engine": engine}, secret)


def _secret(reading: Reading, key: str) -> str:
    """What a secret object is called: its value is encrypted, so a secret has to be defined for this use."""
    reading.objects.claim(key)
    return key


def _authenticate(reading: Reading, node: Params, source: Node, driver: str) -> None:
    user = node.text("user", "username")
    key = node.text("password-secret", "key-secret")
    if user and key:
        kind = "ceph" if driver == "rbd" else "iscsi"
        secret = make("secret", {"type": kind, "usage": _secret(reading, key)})
        source.children.append(make("auth", {"username": user}, secret))
    if isinstance(node.get("encrypt"), dict):
        inside = node.pop("encrypt")
        key = str(inside.get("key-secret", ""))
        source.children.append(_encryption(reading, key, str(inside.get("format", "luks")), "librbd"))
    credentials = node.text("tls-creds")
    if credentials is not None:
        source.attrs["tls"] = "yes"
        reading.objects.claim(credentials)


def _server(server: object) -> Node:
    keys: dict[str, Any] = server if isinstance(server, dict) else {}
    if keys.get("type") == "unix" or "path" in keys:
        return make("host", {"transport": "unix", "socket": keys.get("path")})
    return make("host", {"name": keys.get("host"), "port": keys.get("port")})


def _servers(servers: object) -> list[Node]:
    if isinstance(servers, dict):  # server.0.host=…
        servers = [servers[key] for key in sorted(servers)]
    return [_server(server) for server in servers] if isinstance(servers, list) else []


def _nbd(node: Params) -> Node:
    server = node.pop("server", None) or {"host": node.text("host"), "port": node.text("port")}
    attrs = {"protocol": "nbd", "name": node.text("export"), "tlsHostname": node.text("tls-hostname")}
    return make("source", attrs, _server(server))


def _rbd(node: Params) -> Node:
    snapshot, conf = node.text("snapshot"), node.text("conf")
    node.drop("auth-client-required")
    name = f"{node.text('pool')}/{node.text('image')}"
    return make(
        "source", {"protocol": "rbd", "name": name}, *_servers(node.pop("server", None)),
        make("snapshot", {"name": snapshot}) if snapshot else None, make("config", {"file": conf}) if conf else None,
    )  # fmt: skip


def _iscsi(node: Params) -> Node:
    host, _, port = (node.text("portal") or "").rpartition(":")
    initiator = node.text("initiator-name")
    node.drop("transport")
    return make(
        "source", {"protocol": "iscsi", "name": f"{node.text('target')}/{node.text('lun') or 0}"},
        make("host", {"name": host.strip("[]"), "port": port}),
        make("initiator", None, make("iqn", {"name": initiator})) if initiator else None,
    )  # fmt: skip


def _gluster(node: Params) -> Node:
    node.drop("debug")
    name = f"{node.text('volume')}/{(node.text('path') or '').removeprefix('/')}"
    return make("source", {"protocol": "gluster", "name": name}, *_servers(node.pop("server", None)))


def _ssh(node: Params) -> Node:
    return make("source", {"protocol": "ssh", "name": node.text("path")}, _server(node.pop("server", None)))


def _nfs(node: Params) -> Node:
    user, group = node.text("user"), node.text("group")
    identity = make("identity", {"user": f"+{user}", "group": f"+{group}"}) if user and group else None
    return make("source", {"protocol": "nfs", "name": node.text("path")}, _server(node.pop("server", None)), identity)


def _web(node: Params) -> Node | None:
    match = _URL.fullmatch(node.text("url") or "")
    if match is None:
        return None
    source = _url(match)
    verify, ahead, seconds = node.switch("sslverify"), node.text("readahead"), node.text("timeout")
    source.children += [
        child
        for child in (
            make("ssl", {"verify": yes_no(verify)}) if verify is not None else None,
            make("readahead", {"size": ahead}) if ahead else None,
            make("timeout", {"seconds": seconds}) if seconds else None,
        )
        if child is not None
    ]
    return None if "cookie-secret" in node else source


_NETWORK: dict[str, Any] = {
    "nbd": _nbd, "rbd": _rbd, "iscsi": _iscsi, "gluster": _gluster, "ssh": _ssh, "nfs": _nfs,
}  # fmt: skip
