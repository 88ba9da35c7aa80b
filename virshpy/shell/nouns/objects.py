"""Types of arguments that name an object other than a domain: networks, pools, volumes, devices, snapshots, …"""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure, Spoken
from virshpy.shell.lang.types import DomainType, Named, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.api.connection import Connection
    from virshpy.api.domain import Domain
    from virshpy.api.storage import StorageVol
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.session import Session

    Given = dict[str, list[str]]
    Way = tuple[str, Callable[[str], Any]]

_UUID_LENGTH = 36


class ObjectType(Named):
    """An object found by its UUID or its name; the value is its handle. ``states`` narrows what is offered to
    ``active`` or ``inactive`` ones."""

    noun = ""
    complaint = "failed to get %s '%s'"
    traced: int | None = 1  # the level of --debug at which it is told that it is looked at

    def __init__(self, by: str = "uuid name", *, states: str = "", quiet: bool = False) -> None:
        self.by = by.split()
        self.states = states
        self.quiet = quiet  # the driver's sentence is left out

    def resolve(self, text: str, name: str, session: Session) -> Any:
        cause: errors.Error | None = None
        if self.traced is not None:
            session.trace_option(name, text, self.traced)
        for what, find in self.ways(text, session.connection):
            if what:
                session.trace_way(name, f"trying as {what}")
            try:
                return find(text)
            except errors.Error as error:
                cause = error
        raise Failure(self.complaint % (self.noun, text), cause, quiet_cause=self.quiet)

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        for handle in getattr(session.connection, f"list_{self.api}s")():
            if not self.states or handle.is_active() == (self.states == "active"):
                yield self.candidate(handle)

    def candidate(self, handle: Any) -> Candidate:
        return (handle.name, self.noun) if "name" in self.by else (handle.uuid, handle.name)

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        """How to look ``text`` up, to be tried in this order, each with what the trace calls it."""
        if "uuid" in self.by and len(text) == _UUID_LENGTH:
            yield f"{self.noun} UUID", self.lookup(connection, "uuid")
        if "name" in self.by:
            yield f"{self.noun} NAME", self.lookup(connection, "name")

    def lookup(self, connection: Connection, way: str) -> Callable[[str], Any]:
        found: Callable[[str], Any] = getattr(connection, f"{self.api}_lookup_by_{way}")
        return found


class NetworkType(ObjectType):
    """A virtual network."""

    api = noun = "network"
    gives = "Network"


class PoolType(ObjectType):
    """A storage pool."""

    api, noun = "storage_pool", "pool"
    gives = "StoragePool"


class NWFilterType(ObjectType):
    """A network filter."""

    api = noun = "nwfilter"
    gives = "NWFilter"


class BindingType(ObjectType):
    """A binding of a network filter, named by the port's device."""

    api, noun = "nwfilter_binding", "nwfilter binding"
    identity = "port_dev"

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        return (("nwfilter binding port dev", self.lookup(connection, "port_dev")),)

    def candidate(self, handle: Any) -> Candidate:
        return handle.port_dev, handle.filter_name


class SecretType(ObjectType):
    """A secret, named by its UUID."""

    api = noun = "secret"
    gives = "Secret"
    traced = 0
    identity = "uuid"

    def __init__(self, by: str = "uuid", *, states: str = "") -> None:
        super().__init__(by, states=states)

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        def find(text: str) -> Any:
            digits = text.replace("-", "").replace(" ", "")
            if len(digits) != 32 or digits.strip("0123456789abcdefABCDEF"):
                raise Spoken("uuidstr in virSecretLookupByUUIDString must be a valid UUID")
            return connection.secret_lookup_by_uuid(text)

        return (("", find),)

    def candidate(self, handle: Any) -> Candidate:
        return handle.uuid, handle.usage_id


class InterfaceType(ObjectType):
    """An interface of the host, by name or by MAC address: what looks like one is not looked up as the other."""

    api = noun = "interface"
    gives = "Interface"
    identity = "name"

    def __init__(self, by: str = "mac name", *, states: str = "") -> None:
        super().__init__(by, states=states)

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        way = "mac" if is_mac(text) else "name"
        return ((f"interface {way.upper()}", self.lookup(connection, way)),) if way in self.by else ()

    def candidate(self, handle: Any) -> Candidate:
        return (handle.mac, handle.name) if self.by == ["mac"] else (handle.name, handle.mac)


class NodeDeviceType(ObjectType):
    """A device of the host by name, or a vHBA by ``WWNN,WWPN``."""

    api = "node_device"
    complaint = "%s '%s'"
    noun = "Could not find matching device"
    traced = None
    identity = "name"

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        if "," not in text:
            return (("", self.lookup(connection, "name")),)
        pieces = text.split(",")
        if len(pieces) != 2:
            raise Failure(f"Malformed device value '{text}'")
        return (("", lambda _: connection.node_device_lookup_scsi_host_by_wwn(*pieces)),)

    def candidate(self, handle: Any) -> Candidate:
        return handle.name, ""


class VolumeType(Type):
    """A volume, by name (with its pool), key or path. It stays text: whoever runs the command knows the pool, and asks
    :func:`find_volume`."""

    def __init__(self, pool: str | None = "pool") -> None:
        self.pool = pool

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        connection = session.connection
        named = given.get(self.pool or "")
        pools = [PoolType().resolve(named[0], "pool", session)] if named else connection.list_storage_pools()
        for pool in pools:
            if pool.is_active():
                for volume in pool.list_volumes():
                    yield (volume.name if named else volume.path()), f"volume of {pool.name}"


def find_volume(
    session: Session, args: Arguments, name: str = "vol", pool: str | None = "pool", by: str = "name key path"
) -> StorageVol:
    """The volume of the option ``name``, in the pool of the option ``pool``. Raises Failure."""
    text = args.text(name)
    connection = session.connection
    home = args[pool] if pool else None
    if home is not None and pool is not None and not home.is_active():
        raise Failure(f"pool '{args.text(pool)}' is not active", kind="state")
    ways: list[tuple[str, Callable[[str], StorageVol]]] = []
    if "name" in by and home is not None:
        ways.append(("name", home.storage_vol_lookup_by_name))
    if "key" in by:
        ways.append(("key", connection.storage_vol_lookup_by_key))
    if "path" in by:
        ways.append(("path", connection.storage_vol_lookup_by_path))
    from virshpy.shell.lang.global_options import DEBUG

    cause: errors.Error | None = None
    session.trace_option(name, text, DEBUG)
    for what, find in ways:
        session.trace_way(name, f"trying as vol {what}")
        try:
            found = find(text)
        except errors.Error as error:
            cause = error
            continue
        if home is not None and found.pool.name != home.name:
            raise Failure(f"Requested volume '{text}' is not in pool '{args.text(str(pool))}'", kind="absent")
        return found
    if home is None and pool is not None:
        raise Failure(f"failed to get vol '{text}', specifying --{pool} might help", cause)
    raise Failure(f"failed to get vol '{text}'", cause)


class OfDomain(Type):
    """Something that the domain named beside it has. The value stays text."""

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        named = given.get("domain")
        if not named:
            return ()
        return self.of(DomainType().resolve(named[0], "domain", session))

    def of(self, domain: Domain) -> Iterable[Candidate]:
        raise NotImplementedError


class MomentName(OfDomain):
    """The name of one of the domain's snapshots or checkpoints."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(moment.name, self.kind) for moment in getattr(domain, f"list_{self.kind}s")()]


class _Device(OfDomain):
    """A device in the domain's document, by what its elements ``tag`` have at ``paths`` (element@attribute)."""

    tag = ""
    paths: tuple[str, ...] = ()

    def of(self, domain: Domain) -> Iterable[Candidate]:
        from virshpy.xml.parse import parse

        devices = parse(domain.xml_desc(), source="(domain_definition)").find("devices")
        for node in devices.children if devices is not None else ():
            if self.tag not in ("", node.tag):
                continue
            found = []
            for path in self.paths:
                element, _, attribute = path.partition("@")
                child = node.find(element)
                if child is not None and attribute in child.attrs:
                    found.append(child.attrs[attribute])
            if found:
                yield found[0], " ".join(found[1:]) or node.tag


class DiskName(_Device):
    """A disk's target or source."""

    tag = "disk"
    paths = ("target@dev", "source@file", "source@dev", "source@name")


class AnyDiskName(DiskName):
    """A disk, or with an empty text none or all of them."""

    empty_ok = True


class InterfaceName(_Device):
    """A network interface of the domain, by target or MAC address."""

    tag = "interface"
    paths = ("target@dev", "mac@address")


class MacAddress(_Device):
    """A network interface of the domain, by MAC address."""

    tag = "interface"
    paths = ("mac@address", "target@dev")


class DeviceAlias(_Device):
    """Any device of the domain, by its alias."""

    paths = ("alias@name",)


def is_mac(text: str) -> bool:
    """Whether a text has the form of a MAC address."""
    pieces = text.split(":")
    try:
        return len(pieces) == 6 and all(0 < len(piece) <= 2 and int(piece, 16) >= 0 for piece in pieces)
    except ValueError:
        return False
