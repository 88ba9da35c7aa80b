"""The test driver's rows that few commands use, together; loaded when one of them is asked for."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver import everything
from virshpy.drivers.test.agent import Agent
from virshpy.drivers.test.checkpoints import Checkpoints
from virshpy.drivers.test.descriptors import Descriptors
from virshpy.drivers.test.events import Events
from virshpy.drivers.test.figures import Figures
from virshpy.drivers.test.interfaces import Interfaces
from virshpy.drivers.test.limits import Limits
from virshpy.drivers.test.networks import Networks
from virshpy.drivers.test.node import NodeFigures
from virshpy.drivers.test.nodedevs import NodeDevices
from virshpy.drivers.test.saving import Saving
from virshpy.drivers.test.snapshots import Snapshots
from virshpy.drivers.test.tuning import Tuning
from virshpy.drivers.test.volumes import Volumes


class Everything(
    Networks,
    Volumes,
    Interfaces,
    NodeDevices,
    Snapshots,
    Checkpoints,
    Figures,
    Tuning,
    Limits,
    Agent,
    Saving,
    NodeFigures,
    Events,
    Descriptors,
    everything.Everything,
):
    """As TestDriver has them: it lends itself to these methods."""

    error_domain = errors.ErrorDomain.TEST
    function_prefix = "test"
