"""All groups of rows that a driver may leave out; what it leaves out is loaded when somebody asks for it."""

from __future__ import annotations

from virshpy.driver.domain.agent import AgentOperations
from virshpy.driver.domain.block import BlockOperations
from virshpy.driver.domain.checkpoint import CheckpointOperations
from virshpy.driver.domain.devices import DeviceOperations
from virshpy.driver.domain.other import OtherDomainOperations
from virshpy.driver.domain.saving import SavingOperations
from virshpy.driver.domain.snapshot import SnapshotOperations
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.driver.events import EventOperations
from virshpy.driver.host import HostOperations
from virshpy.driver.interface import InterfaceOperations
from virshpy.driver.network import NetworkOperations
from virshpy.driver.nodedev import NodeDeviceOperations
from virshpy.driver.nwfilter import NWFilterOperations
from virshpy.driver.secret import SecretOperations
from virshpy.driver.storage import StorageOperations


class Everything(
    AgentOperations,
    BlockOperations,
    CheckpointOperations,
    DeviceOperations,
    OtherDomainOperations,
    SavingOperations,
    SnapshotOperations,
    TuningOperations,
    EventOperations,
    HostOperations,
    InterfaceOperations,
    NetworkOperations,
    NodeDeviceOperations,
    NWFilterOperations,
    SecretOperations,
    StorageOperations,
):
    """The groups together."""
