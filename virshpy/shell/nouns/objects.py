"""Types of arguments that name an object other than a domain: networks, pools, volumes, devices, snapshots, …"""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure
from virshpy.shell.lang.types import DomainType, Named, Type
from virshpy.shell.nouns.families import Spoken, named_as

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
    """An object found by its UUID or its name; the value is its handle."""

    noun = ""
    complaint = "failed to get %s '%s'"
    traced: int | None = 1  # the level of --debug at which it is told that it is looked at

    def __init__(self, by: str = "uuid name", active: bool | None = None, *, quiet: bool = False) -> None:
        self.by = by.split()
        self.active = active
        self.quiet = quiet  # the driver's sentence is left out

    def convert(self, text: str, name: str, session: Session) -> Any:
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
        for handle in self.all(session.connection):
            if self.active is None or handle.is_active() == self.active:
                yield (handle.name, self.noun) if "name" in self.by else (handle.uuid, handle.name)

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        """How to look ``text`` up, to be tried in this order, each with what the trace calls it."""
        by_uuid, by_name = self.lookups(connection)
        if "uuid" in self.by and len(text) == _UUID_LENGTH:
            yield f"{self.noun} UUID", by_uuid
        if "name" in self.by:
            yield f"{self.noun} NAME", by_name

    def lookups(self, connection: Connection) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
        """By UUID, by name."""
        raise NotImplementedError

    def all(self, connection: Connection) -> Iterable[Any]:
        raise NotImplementedError


class NetworkType(ObjectType):
    """A virtual network."""

    noun = "network"

    def lookups(self, connection: Connection) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
        return connection.network_lookup_by_uuid, connection.network_lookup_by_name

    def all(self, connection: Connection) -> Iterable[Any]:
        return connection.list_networks()


class PoolType(ObjectType):
    """A storage pool."""

    noun = "pool"

    def lookups(self, connection: Connection) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
        return connection.storage_pool_lookup_by_uuid, connection.storage_pool_lookup_by_name

    def all(self, connection: Connection) -> Iterable[Any]:
        return connection.list_storage_pools()


class NWFilterType(ObjectType):
    """A network filter."""

    noun = "nwfilter"

    def lookups(self, connection: Connection) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
        return connection.nwfilter_lookup_by_uuid, connection.nwfilter_lookup_by_name

    def all(self, connection: Connection) -> Iterable[Any]:
        return connection.list_nwfilters()


class BindingType(ObjectType):
    """A binding of a network filter, named by the port's device."""

    noun = "nwfilter binding"
    identity = "port_dev"

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        return (("nwfilter binding port dev", connection.nwfilter_binding_lookup_by_port_dev),)

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(binding.port_dev, binding.filter_name) for binding in session.connection.list_nwfilter_bindings()]


class SecretType(ObjectType):
    """A secret, named by its UUID."""

    noun = "secret"
    traced = 0
    identity = "uuid"

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        def find(text: str) -> Any:
            digits = text.replace("-", "").replace(" ", "")
            if len(digits) != 32 or digits.strip("0123456789abcdefABCDEF"):
                raise Spoken("uuidstr in virSecretLookupByUUIDString must be a valid UUID")
            with named_as("virSecretLookupByUUID"):
                return connection.secret_lookup_by_uuid(text)

        return (("", find),)

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(secret.uuid, secret.usage_id) for secret in session.connection.list_secrets()]


class InterfaceType(ObjectType):
    """An interface of the host, by name or by MAC address: what looks like one is not looked up as the other."""

    noun = "interface"
    identity = "name"

    def __init__(self, by: str = "mac name", active: bool | None = None) -> None:
        super().__init__(by, active)

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        if is_mac(text):
            return (("interface MAC", connection.interface_lookup_by_mac),) if "mac" in self.by else ()
        return (("interface NAME", connection.interface_lookup_by_name),) if "name" in self.by else ()

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        for interface in session.connection.list_interfaces():
            if self.active is None or interface.is_active() == self.active:
                yield (interface.mac, interface.name) if self.by == ["mac"] else (interface.name, interface.mac)


class NodeDeviceType(ObjectType):
    """A device of the host by name, or a vHBA by ``WWNN,WWPN``."""

    complaint = "%s '%s'"
    noun = "Could not find matching device"
    traced = None
    identity = "name"

    def ways(self, text: str, connection: Connection) -> Iterable[Way]:
        if "," not in text:
            return (("", connection.node_device_lookup_by_name),)
        pieces = text.split(",")
        if len(pieces) != 2:
            raise Failure(f"Malformed device value '{text}'")
        return (("", lambda _: connection.node_device_lookup_scsi_host_by_wwn(*pieces)),)

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(device.name, "") for device in session.connection.list_node_devices()]


class VolumeType(Type):
    """A volume, by name (with its pool), key or path. It stays text: whoever runs the command knows the pool, and asks
    :func:`find_volume`."""

    def __init__(self, pool: str | None = "pool") -> None:
        self.pool = pool

    def complete_beside(self, given: Given, prefix: str, session: Session) -> Iterable[Candidate]:
        connection = session.connection
        named = given.get(self.pool or "")
        pools = [PoolType().convert(named[0], "pool", session)] if named else connection.list_storage_pools()
        for pool in pools:
            if pool.is_active():
                for volume in pool.list_volumes():
                    yield (volume.name if named else volume.path()), f"volume of {pool.name}"


def find_volume(
    session: Session, args: Arguments, name: str = "vol", pool: str | None = "pool", by: str = "name key path"
) -> StorageVol:
    """The volume that the option ``name`` means, in the pool that the option ``pool`` names. Raises Failure."""
    text = args.text(name)
    connection = session.connection
    home = args[pool] if pool else None
    if home is not None and pool is not None and not home.is_active():
        raise Failure(f"pool '{args.text(pool)}' is not active")
    ways: list[tuple[str, Callable[[str], StorageVol]]] = []
    if "name" in by and home is not None:
        ways.append(("name", home.storage_vol_lookup_by_name))
    if "key" in by:
        ways.append(("key", connection.storage_vol_lookup_by_key))
    if "path" in by:
        ways.append(("path", connection.storage_vol_lookup_by_path))
    from virshpy.shell.session import DEBUG

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
            raise Failure(f"Requested volume '{text}' is not in pool '{args.text(str(pool))}'")
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
        return self.of(DomainType().convert(named[0], "domain", session))

    def of(self, domain: Domain) -> Iterable[Candidate]:
        raise NotImplementedError


class SnapshotName(OfDomain):
    """The name of one of the domain's snapshots."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(snapshot.name, "snapshot") for snapshot in domain.list_snapshots()]


class CheckpointName(OfDomain):
    """The name of one of the domain's checkpoints."""

    def of(self, domain: Domain) -> Iterable[Candidate]:
        return [(checkpoint.name, "checkpoint") for checkpoint in domain.list_checkpoints()]


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
