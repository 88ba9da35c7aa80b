"""iscsi: the logical units of an iSCSI target to which the host has logged in, as disks of its own."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.storage.backend import Traits
from virshpy.drivers.storage.backends.iscsi_direct import credentials, portal_of, wanted_source
from virshpy.drivers.storage.backends.scsi import BehindAdapter
from virshpy.enums import StorageVolType
from virshpy.host import disks, initiator, iscsi, processes
from virshpy.host.steps import Act
from virshpy.host.steps.iscsi import Interface, LogIn, Record
from virshpy.xml.storage import PoolSource, PoolSources, SourceDevice, SourceHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.host.initiator import Portal
    from virshpy.host.iscsi import Session
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Pool

_APPEARING = 5  # seconds from the end of a login to a session in /sys


class Iscsi(BehindAdapter):
    traits = Traits("iscsi", StorageVolType.BLOCK, tools=(("iscsiadm", "open-iscsi"),))

    @property
    def _source(self) -> PoolSource:
        assert self.pool.source is not None
        return self.pool.source

    @property
    def portal(self) -> Portal:
        return portal_of(self._source)

    @property
    def iqn(self) -> str:
        """Raises ConfigUnsupported where there is not one target."""
        if len(self._source.devices) != 1:
            raise errors.ConfigUnsupported(
                "missing source device", hint="a pool has one target; another is another pool"
            )
        return str(self._source.devices[0].path)

    @property
    def _initiator(self) -> str | None:
        return _initiator(self._source)

    def session(self) -> Session | None:
        return iscsi.session_with(self.portal, self.iqn, self._initiator)

    def host(self) -> int:
        session = self.session()
        if session is None:
            raise errors.InternalError(
                f"cannot find session with target '{self.iqn}'",
                hint="somebody has logged out: stop the pool and start it again",
            )
        return session.host

    # the pool
    def start_steps(self) -> Sequence[Step]:
        portal, iqn = iscsi.portal_word(self.portal), self.iqn
        session = self.session()
        if session is None or not session.is_up:
            initiator.require_answer(self.portal)
        if session is not None:
            return [Act(self.refresh, "iscsiadm --mode session --rescan")]
        who = credentials(self._source, self.site)
        steps: list[Step] = []
        interface = None
        if (name := self._initiator) is not None and (interface := iscsi.interface_of(name)) is None:
            interface = f"virshpy-iface-{os.urandom(4).hex()}"
            steps.append(Interface(interface, name))
        steps += [Record(portal, iqn, interface, *who), LogIn(portal, iqn, interface)]
        return [*steps, Act(self._appear, f"iscsiadm --mode node --targetname {iqn} --rescan")]

    def _appear(self) -> None:
        processes.wait_for(lambda: self.session() is not None, _APPEARING)
        self.refresh()

    def is_reachable(self) -> bool:
        session = self.session()
        return session is not None and session.is_up

    def refresh(self) -> None:
        session = self.session()
        if session is not None:
            iscsi.run(["--mode", "session", "-r", str(session.number), "-R"])
            disks.wait_for_blocks(session.host)

    def complete(self, pool: Pool) -> None:
        if pool.source is not None and pool.source.hosts:
            pool.source.hosts[0].port = self.portal.port

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        source = wanted_source(spec)
        portal, name = portal_of(source), _initiator(source)
        interface = None
        if name is not None and (interface := iscsi.interface_of(name)) is None:
            raise errors.OperationFailed(
                f"no iSCSI interface defined for IQN {name}", hint="see iscsiadm --mode iface; or leave it out"
            )
        cls.require_tools()
        initiator.require_answer(portal)
        found = iscsi.targets_in(iscsi.run(iscsi.discovery_words(iscsi.portal_word(portal), interface)).stdout)
        return PoolSources(
            sources=[
                PoolSource(
                    hosts=[SourceHost(name=portal.host, port=portal.port)],
                    devices=[SourceDevice(path=iqn)],
                    initiator=source.initiator,
                )
                for iqn in found
            ]
        )


def _initiator(source: PoolSource) -> str | None:
    return (source.initiator and source.initiator.iqn and source.initiator.iqn.name) or None
