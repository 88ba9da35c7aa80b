"""All methods of Connection and Domain together: what most commands never ask for, loaded when one does (handle.py)."""

from __future__ import annotations

from virshpy.api.checkpoint import CheckpointMethods
from virshpy.api.domain_agent import AgentMethods
from virshpy.api.domain_block import BlockMethods
from virshpy.api.domain_devices import DeviceMethods
from virshpy.api.domain_other import OtherMethods
from virshpy.api.domain_saving import SavingMethods
from virshpy.api.domain_tuning import TuningMethods
from virshpy.api.events import EventMethods
from virshpy.api.host import HostMethods
from virshpy.api.interface import InterfaceMethods
from virshpy.api.network import NetworkMethods
from virshpy.api.nodedev import NodeDeviceMethods
from virshpy.api.nwfilter import NWFilterMethods
from virshpy.api.restoring import RestoringMethods
from virshpy.api.secret import SecretMethods
from virshpy.api.snapshot import SnapshotMethods
from virshpy.api.storage import StorageMethods


class ConnectionMethods(
    NetworkMethods,
    StorageMethods,
    InterfaceMethods,
    NodeDeviceMethods,
    SecretMethods,
    NWFilterMethods,
    HostMethods,
    EventMethods,
    RestoringMethods,
):
    """What Connection can do beyond its own module."""


class DomainMethods(
    DeviceMethods,
    TuningMethods,
    BlockMethods,
    SavingMethods,
    AgentMethods,
    OtherMethods,
    SnapshotMethods,
    CheckpointMethods,
):
    """What Domain can do beyond its own module."""
