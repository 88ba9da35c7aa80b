"""Block nodes: where bytes are (storage) and how they are to be read (format), layer by layer."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.drivers.qemu.argv.words import NULL, as_json
from virshpy.xml.domain.storage import StorageSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.argv.guest import Guest
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.storage import DiskDriver, Host

# Cache modes as (direct, no-flush, write-cache of the device).
CACHE = {
    "none": (True, False, True),
    "writethrough": (False, False, False),
    "writeback": (False, False, True),
    "directsync": (True, False, False),
    "unsafe": (False, True, True),
}
_FORMATS = {"fat": "vvfat", "dir": "vvfat", "iso": "raw", "vhd": "vpc", "ploop": "parallels"}
CHAINED = frozenset({"cow", "qcow", "qcow2", "qed", "vmdk"})  # formats whose images may be on top of others
MANAGED_RESERVATIONS = "pr-helper0"
_URL_PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 990, "tftp": 69}


class Layer:
    """One image of a chain: ``type`` (file, block, network, …), ``source``, ``name`` (libvirt-1), ``format``,
    ``readonly``, ``backing`` (a node name, None for the end of a chain, "" where nothing is said)."""

    __slots__ = ("type", "source", "name", "format", "readonly", "backing", "driver", "floppy", "cache_size")

    def __init__(
        self, type: str, source: StorageSource, name: str, *, format: str = "raw", readonly: bool = False,
        backing: str | None = "", driver: DiskDriver | None = None, floppy: bool = False,
        cache_size: int | None = None,
    ) -> None:  # fmt: skip
        self.type = type
        self.source = source
        self.name = name
        self.format = format
        self.readonly = readonly
        self.backing = backing
        self.driver = driver
        self.floppy = floppy
        self.cache_size = cache_size

    @classmethod
    def of_file(cls, path: str, name: str, *, format: str = "raw", readonly: bool = False) -> Layer:
        return cls("file", StorageSource(file=path), name, format=format, readonly=readonly)


def add_layer(guest: Guest, layer: Layer) -> None:
    """-blockdev for storage and format, with the secrets they need before them."""
    add_secrets(guest, layer)
    add = guest.add
    add("-blockdev", as_json(storage_node(guest, layer)))
    slice_ = _slice(layer)
    node = format_node(layer, "storage")
    if slice_ is not None and node["driver"] == "raw":
        node |= {"offset": slice_["offset"], "size": slice_["size"]}
    elif slice_ is not None:
        add("-blockdev", as_json(slice_))
        node["file"] = slice_["node-name"]
    add("-blockdev", as_json(node))


def storage_node(guest: Guest, layer: Layer) -> Properties:
    """The protocol layer."""
    properties = _protocol(guest, layer)
    driver = layer.driver
    properties |= {
        "aio": driver.io if driver is not None and layer.type in ("file", "block") else None,
        "node-name": f"{layer.name}-storage",
        "cache": _cache(driver),
        "auto-read-only": True,
        "discard": "unmap",
    }
    return properties


def format_node(layer: Layer, below: str) -> Properties:
    driver = layer.driver
    kind = _FORMATS.get(layer.format, layer.format)
    if kind == "vvfat" or layer.type == "dir":
        kind = "raw"
    properties: Properties = {"node-name": f"{layer.name}-format", "read-only": layer.readonly}
    if driver is not None:
        properties["discard"] = driver.discard
        properties["detect-zeroes"] = driver.detect_zeroes
        if driver.detect_zeroes == "unmap" and driver.discard != "unmap":
            properties["detect-zeroes"] = "on"
    properties["cache"] = _cache(driver)
    encryption = layer.source.encryption
    if encryption is not None and encryption.engine != "librbd" and kind in ("raw", "luks", "qcow2"):
        if not encryption.secrets:
            raise errors.InternalError(
                f"missing secret info for '{'qcow2' if kind == 'qcow2' else 'luks'}' driver",
                hint="name one: <encryption format='luks'><secret type='passphrase' uuid='…'/></encryption>",
            )
        key = _key(layer)
        if kind == "qcow2":
            properties |= {"driver": "qcow2", "encrypt": {"format": "luks", "key-secret": key}}
        else:
            properties |= {"driver": "luks", "key-secret": key}
    else:
        properties["driver"] = kind
    if kind == "qcow2":
        properties["cache-size"] = layer.cache_size
    properties["file"] = f"{layer.name}-{below}"
    if layer.backing != "" and layer.format in CHAINED:
        properties["backing"] = layer.backing or NULL
    return properties


def _key(layer: Layer) -> str:
    """The secret object that opens an encrypted image."""
    return f"{layer.name}-format-encryption-secret0"


def _password(layer: Layer) -> str | None:
    """The secret object with which a server is asked for an image."""
    return f"{layer.name}-storage-auth-secret0" if layer.source.auth else None


def _user(layer: Layer) -> str | None:
    return layer.source.auth.username if layer.source.auth else None


def _cache(driver: DiskDriver | None) -> Properties | None:
    found = CACHE.get(driver.cache or "") if driver is not None else None
    return {"direct": found[0], "no-flush": found[1]} if found else None


def _slice(layer: Layer) -> Properties | None:
    slices = layer.source.slices.slices if layer.source.slices else []
    if not slices:
        return None
    first = slices[0]
    return {
        "driver": "raw", "node-name": f"{layer.name}-slice-sto", "offset": first.offset, "size": first.size,
        "file": f"{layer.name}-storage", "auto-read-only": True, "discard": "unmap",
    }  # fmt: skip


def _protocol(guest: Guest, layer: Layer) -> Properties:
    source = layer.source
    if layer.type == "block":
        return {"driver": "host_device", "filename": source.dev, "pr-manager": _reservations(guest, layer)}
    if layer.type == "dir" or layer.format in ("fat",):
        return {"driver": "vvfat", "dir": source.dir or source.file, "floppy": layer.floppy, "rw": False}
    if layer.type == "nvme":
        address = source.address
        return {"driver": "nvme", "device": str(address), "namespace": source.namespace}
    if layer.type == "network":
        return _network(layer)
    if layer.type in ("file", "none"):
        return {"driver": "file", "filename": source.file}
    if layer.type == "volume":
        raise errors.NoStoragePool(
            f"no storage pool with matching name '{source.pool}'",
            hint=f"what volume '{source.volume}' is, is only known when the guest starts",
        )
    raise errors.ConfigUnsupported(f"disk type '{layer.type}' is not supported yet")


def _reservations(guest: Guest, layer: Layer) -> str | None:
    """Who reserves a disk on a shared bus for the guest: a helper of the host's, or one that a document names."""
    wanted = layer.source.reservations
    if wanted is None:
        return None
    if wanted.managed:
        return MANAGED_RESERVATIONS
    name, path = f"pr-helper-{layer.name}-storage", (wanted.source and wanted.source.path) or ""
    guest.object("pr-manager-helper", name, path=path)
    return name


def _server(host: Any, default: str | None) -> Properties:
    if host.transport == "rdma":
        raise errors.InternalError("transport protocol 'rdma' is not yet supported")
    if host.transport == "unix" or host.socket:
        return {"type": "unix", "path": host.socket}
    return {"type": "inet", "host": host.name, "port": host.port or default}


def _network(layer: Layer) -> Properties:
    source = layer.source
    protocol = source.protocol or ""
    if protocol == "vxhs":
        raise errors.ConfigUnsupported("VxHS protocol is not supported with this QEMU binary")
    if protocol in _ONE_HOST and len(source.hosts) != 1:
        raise errors.InternalError(f"{protocol} protocol accepts only one host", hint=f"source {source.name}")
    if protocol in _URL_PORTS:
        if len(source.hosts) != 1:
            raise errors.InternalError(f"protocol '{protocol}' accepts only one host", hint=f"source {source.name}")
        return _url(layer)
    builder = _NETWORK.get(protocol)
    if builder is None:
        raise errors.ConfigUnsupported(f"'{protocol}' protocol is not yet supported")
    found: Properties = builder(layer)
    return found


def _url(layer: Layer) -> Properties:
    source = layer.source
    protocol = source.protocol or ""
    host = source.hosts[0]
    port = host.port or _URL_PORTS[protocol]
    name = host.name or ""
    name = f"[{name}]" if ":" in name else name
    path = source.name or ""
    path = path if path.startswith("/") else f"/{path}"
    query = f"?{source.query}" if source.query else ""
    return {
        "driver": protocol,
        "url": f"{protocol}://{name}:{port}{path}{query}",
        "username": _user(layer),
        "password-secret": _password(layer),
        "sslverify": source.ssl.verify if source.ssl else None,
        "cookie-secret": f"{layer.name}-storage-httpcookie-secret0" if source.cookies else None,
        "readahead": source.readahead.size if source.readahead else None,
        "timeout": source.timeout.seconds if source.timeout else None,
    }


def _nbd(layer: Layer) -> Properties:
    source = layer.source
    return {
        "driver": "nbd",
        "server": _drop(_server(source.hosts[0], "10809")),
        "export": source.name,
        "tls-creds": f"obj{layer.name}-storage_tls0" if source.tls else None,
        "tls-hostname": source.tlsHostname,
    }


def _rbd(layer: Layer) -> Properties:
    source = layer.source
    pool, _, image = (source.name or "").partition("/")
    servers = [{"host": host.name, "port": host.port or "0"} for host in source.hosts]
    encryption = source.encryption
    inside = encryption if encryption is not None and encryption.engine == "librbd" else None
    return {
        "driver": "rbd",
        "pool": pool,
        "image": image,
        "snapshot": source.snapshot.name if source.snapshot else None,
        "conf": source.config.file if source.config else None,
        "server": servers or None,
        "encrypt": {"format": inside.format_name, "key-secret": _key(layer)} if inside else None,
        "user": _user(layer),
        "auth-client-required": ["cephx", "none"] if source.auth else None,
        "key-secret": _password(layer),
    }


def _gluster(layer: Layer) -> Properties:
    source = layer.source
    volume, _, path = (source.name or "").partition("/")
    servers = [_drop(_server(host, "24007")) for host in source.hosts]
    return {"driver": "gluster", "volume": volume, "path": path, "server": servers, "debug": 4}


def _sheepdog(layer: Layer) -> Properties:
    source = layer.source
    return {"driver": "sheepdog", "server": _drop(_server(source.hosts[0], "7000")), "vdi": source.name}


def _ssh(layer: Layer) -> Properties:
    source = layer.source
    host = source.hosts[0]
    server = {"host": host.name, "port": host.port or "22"}
    return {"driver": "ssh", "path": source.name, "server": server, "user": _user(layer)}


def _iscsi(layer: Layer) -> Properties:
    source = layer.source
    if not source.hosts:
        raise errors.XMLError("missing host for iscsi disk source", hint="add <host name='…'/> to the <source>")
    initiator = source.initiator.iqn.name if source.initiator and source.initiator.iqn else None
    return {
        **iscsi_unit(source.name or "", source.hosts[0]),
        "user": _user(layer),
        "password-secret": _password(layer),
        "initiator-name": initiator,
    }


def iscsi_unit(name: str, host: Host) -> Properties:
    """A unit of an iSCSI target, by a name of the form TARGET/NUMBER. Raises InternalError for another form."""
    target, _, lun = name.partition("/")
    if lun and not re.fullmatch("-?[0-9]{1,10}", lun):
        raise errors.InternalError(f"cannot parse target for lunStr '{target}'", hint="expected name='TARGET/NUMBER'")
    address = f"[{host.name}]" if ":" in (host.name or "") else host.name
    portal = f"{address}:{host.port or 3260}"
    return {"driver": "iscsi", "portal": portal, "target": target, "lun": int(lun or 0), "transport": "tcp"}


def _nfs(layer: Layer) -> Properties:
    source = layer.source
    identity = source.identity
    return {
        "driver": "nfs",
        "server": {"type": "inet", "host": source.hosts[0].name},
        "path": source.name,
        "user": _number(identity.user, "user") if identity else None,
        "group": _number(identity.group, "group") if identity else None,
    }


def _number(text: str | None, what: str) -> int | None:
    if text is None:
        return None
    if text.removeprefix("+").isdigit():
        return int(text.removeprefix("+"))
    import grp
    import pwd

    try:
        return pwd.getpwnam(text).pw_uid if what == "user" else grp.getgrnam(text).gr_gid
    except KeyError:
        raise errors.InvalidArg(f"Failed to parse {what} '{text}'", hint="give its number on the server: +0") from None


_ONE_HOST = frozenset({"nbd", "sheepdog", "ssh"})
_NETWORK: dict[str, Any] = {
    "nbd": _nbd, "rbd": _rbd, "gluster": _gluster, "sheepdog": _sheepdog, "ssh": _ssh, "iscsi": _iscsi, "nfs": _nfs,
}  # fmt: skip


def _drop(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if value is not None}


def add_secrets(guest: Guest, layer: Layer) -> None:
    """The objects that a layer refers to: secrets, encrypted, and certificates."""
    source = layer.source
    if source.auth is not None and source.auth.secret is not None and layer.type == "network":
        usage_type = "ceph" if source.protocol == "rbd" else "iscsi"
        guest.secret(f"{layer.name}-storage-auth-secret0", usage_type, source.auth.secret)
    if source.encryption is not None and source.encryption.secrets:
        guest.secret(_key(layer), "volume", source.encryption.secrets[0])
    if source.cookies is not None:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in source.cookies.cookies)
        guest.hidden(f"{layer.name}-storage-httpcookie-secret0", cookies)
    if source.tls:
        guest.object(
            "tls-creds-x509", f"obj{layer.name}-storage_tls0", dir="/etc/pki/qemu", endpoint="client",
            **{"verify-peer": True},
        )  # fmt: skip
