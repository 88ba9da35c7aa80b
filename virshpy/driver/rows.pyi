from typing import Any

from virshpy.driver.connection import ConnectionOperations
from virshpy.driver.domain import DomainOperations
from virshpy.driver.domain.agent import AgentOperations
from virshpy.driver.domain.block import BlockOperations
from virshpy.driver.domain.checkpoint import CheckpointOperations
from virshpy.driver.domain.devices import DeviceOperations
from virshpy.driver.domain.hypervisor import HypervisorOperations
from virshpy.driver.domain.life import LifeOperations
from virshpy.driver.domain.saving import SavingOperations
from virshpy.driver.domain.snapshot import SnapshotOperations
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.driver.events import EventOperations
from virshpy.driver.interface import InterfaceOperations
from virshpy.driver.network import NetworkOperations
from virshpy.driver.node import NodeOperations
from virshpy.driver.nodedev import NodeDeviceOperations
from virshpy.driver.nwfilter import NWFilterOperations
from virshpy.driver.processors import ProcessorOperations
from virshpy.driver.secret import SecretOperations
from virshpy.driver.storage import StorageOperations

class AllRows(
    ConnectionOperations,
    EventOperations,
    NodeOperations,
    ProcessorOperations,
    NetworkOperations,
    StorageOperations,
    InterfaceOperations,
    NodeDeviceOperations,
    SecretOperations,
    NWFilterOperations,
    DomainOperations,
    LifeOperations,
    DeviceOperations,
    TuningOperations,
    BlockOperations,
    SavingOperations,
    AgentOperations,
    SnapshotOperations,
    CheckpointOperations,
    HypervisorOperations,
): ...

def load(home: str) -> Any: ...
