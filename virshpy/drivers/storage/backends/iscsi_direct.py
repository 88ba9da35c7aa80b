"""iscsi-direct: the logical units of an iSCSI target, which QEMU reaches by itself: the host logs in to nothing.

What units there are is asked in a short session of our own; their data moves by qemu-img.
"""

from __future__ import annotations

from functools import cached_property

from virshpy import errors
from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage.backend import Backend, Found, Space, Traits
from virshpy.drivers.storage.remote import RemoteContents
from virshpy.enums import SecretUsageType, StorageVolType
from virshpy.host import initiator
from virshpy.host.initiator import Login, Portal, Unit, Unreachable
from virshpy.xml.credentials import IQN, Initiator
from virshpy.xml.storage import PoolSource, PoolSources, SourceDevice, SourceHost
from virshpy.xml.volume import Volume, VolumeTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.site import Site


class IscsiDirect(Backend):
    traits = Traits("iscsi-direct", StorageVolType.NETWORK, tools=(("qemu-img", "qemu-utils"),))

    # the pool
    def require_ready(self) -> None:
        self.units()

    def is_reachable(self) -> bool:
        try:
            self.units()
        except Unreachable:
            return False
        except errors.Error:
            pass  # somebody answers, and will say the same again
        return True

    def units(self) -> list[Unit]:
        return self._units

    @cached_property
    def _units(self) -> list[Unit]:
        return initiator.units(self.portal, self.login, self.iqn)

    @property
    def portal(self) -> Portal:
        return portal_of(self._source)

    @property
    def iqn(self) -> str:
        return str(self._source.devices[0].path)

    @cached_property
    def login(self) -> Login:
        source = self._source
        return Login(initiator_of(source), *credentials(source, self.site))

    @property
    def _source(self) -> PoolSource:
        assert self.pool.source is not None
        return self.pool.source

    def space(self) -> Space:
        try:
            size = sum(unit.size for unit in self.units())
        except errors.InternalError as error:
            raise errors.SystemCallError(error.detail, hint=error.hint) from None  # the target does not let us in
        return Space(size, size, 0)

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        source = wanted_source(spec)
        portal, name = portal_of(source), initiator_of(source)
        found = initiator.targets(portal, Login(name))
        return PoolSources(
            sources=[
                PoolSource(
                    hosts=[SourceHost(name=portal.host, port=portal.port)],
                    devices=[SourceDevice(path=iqn)],
                    initiator=Initiator(iqn=IQN(name=name)),
                )
                for iqn in found
            ]
        )

    # what there is
    def volumes(self) -> Iterator[Found]:
        return (self._found(unit) for unit in self.units())

    def _found(self, unit: Unit) -> Found:
        path = f"ip-{self.portal}-iscsi-{self.iqn}-lun-{unit.number}"
        return Found(f"unit:0:0:{unit.number}", path, path, self.traits.volume_type, detail=unit)

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        size = _unit(found).size
        return VolInfo(found.type, size, 0 if physical else size)

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        size = _unit(found).size
        target = VolumeTarget(path=found.path)
        return Volume(type="network", name=found.name, key=found.key, capacity=size, allocation=size, target=target)

    # data
    def contents(self, found: Found, volume: Volume) -> Contents:
        return UnitContents(found.name, found.path, self.portal, self.iqn, self.login, _unit(found))


def _unit(found: Found) -> Unit:
    unit: Unit = found.detail
    return unit


class UnitContents(RemoteContents):
    """Of a logical unit."""

    def __init__(self, name: str, path: str, portal: Portal, iqn: str, login: Login, unit: Unit) -> None:
        super().__init__(name, path, unit.size, login.password)
        self.portal = portal
        self.iqn = iqn
        self.login = login
        self.unit = unit

    def node(self, descriptor: str) -> dict[str, str]:
        node = {
            "driver": "iscsi", "transport": "tcp", "portal": str(self.portal), "target": self.iqn,
            "lun": str(self.unit.number), "initiator-name": self.login.initiator,
        }  # fmt: skip
        return node if self.login.user is None else {**node, "user": self.login.user, "password-secret": descriptor}

    def objects(self, descriptor: str) -> list[str]:
        if self.login.user is None:
            return []
        return ["--object", f"secret,id={descriptor},file=/dev/fd/{{fd:{descriptor}}}"]


# what the two kinds of pools of iSCSI share
def wanted_source(spec: str | None) -> PoolSource:
    """What is looked for: one server. Raises InvalidArg, ConfigUnsupported."""
    if spec is None:
        raise errors.InvalidArg("hostname must be specified for iscsi sources", hint="name the server: --host NAME")
    source = PoolSource.parse(spec, source="(storage_source_specification)")
    portal_of(source)
    return source


def portal_of(source: PoolSource) -> Portal:
    """Raises ConfigUnsupported where there is not one host, but none or several."""
    if len(source.hosts) != 1:
        raise errors.ConfigUnsupported(
            "Expected exactly 1 host for the storage pool", hint="a pool has one portal; another one is another pool"
        )
    (host,) = source.hosts
    return Portal(str(host.name), host.port or initiator.PORT)


def initiator_of(source: PoolSource) -> str:
    """Raises ConfigUnsupported where it is not said."""
    name = source.initiator and source.initiator.iqn and source.initiator.iqn.name
    if not name:
        raise errors.ConfigUnsupported("missing initiator IQN", hint="say who asks: <initiator><iqn name='iqn.…'/>")
    return name


def credentials(source: PoolSource, site: Site) -> tuple[str, bytes] | tuple[()]:
    """(user, password) of CHAP, if that is wanted. Raises NoSecret, InvalidArg."""
    if source.auth is None:
        return ()
    from virshpy.drivers.secret.records import Secrets

    secret = source.auth.secret
    return str(source.auth.username), Secrets(site).wanted(SecretUsageType.ISCSI, secret.uuid, secret.usage)
