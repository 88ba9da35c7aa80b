"""The kinds of handles, each loaded when the first of it is made."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.checkpoint import DomainCheckpoint
    from virshpy.api.domain import Domain
    from virshpy.api.interface import Interface
    from virshpy.api.network import Network, NetworkPort
    from virshpy.api.nodedev import NodeDevice
    from virshpy.api.nwfilter import NWFilter, NWFilterBinding
    from virshpy.api.secret import Secret
    from virshpy.api.snapshot import DomainSnapshot
    from virshpy.api.storage import StoragePool, StorageVol


def domain() -> type[Domain]:
    from virshpy.api.domain import Domain

    return Domain


def snapshot() -> type[DomainSnapshot]:
    from virshpy.api.snapshot import DomainSnapshot

    return DomainSnapshot


def checkpoint() -> type[DomainCheckpoint]:
    from virshpy.api.checkpoint import DomainCheckpoint

    return DomainCheckpoint


def network() -> type[Network]:
    from virshpy.api.network import Network

    return Network


def network_port() -> type[NetworkPort]:
    from virshpy.api.network import NetworkPort

    return NetworkPort


def pool() -> type[StoragePool]:
    from virshpy.api.storage import StoragePool

    return StoragePool


def volume() -> type[StorageVol]:
    from virshpy.api.storage import StorageVol

    return StorageVol


def interface() -> type[Interface]:
    from virshpy.api.interface import Interface

    return Interface


def node_device() -> type[NodeDevice]:
    from virshpy.api.nodedev import NodeDevice

    return NodeDevice


def secret() -> type[Secret]:
    from virshpy.api.secret import Secret

    return Secret


def nwfilter() -> type[NWFilter]:
    from virshpy.api.nwfilter import NWFilter

    return NWFilter


def nwfilter_binding() -> type[NWFilterBinding]:
    from virshpy.api.nwfilter import NWFilterBinding

    return NWFilterBinding
