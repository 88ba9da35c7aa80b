"""The test driver's rows that few commands use, together; loaded when one of them is asked for."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver import everything
from virshpy.drivers.test.checkpoints import Checkpoints
from virshpy.drivers.test.interfaces import Interfaces
from virshpy.drivers.test.networks import Networks
from virshpy.drivers.test.nodedevs import NodeDevices
from virshpy.drivers.test.snapshots import Snapshots
from virshpy.drivers.test.volumes import Volumes


class Everything(
    Networks,
    Volumes,
    Interfaces,
    NodeDevices,
    Snapshots,
    Checkpoints,
    everything.Everything,
):
    """As TestDriver has them: it lends itself to these methods."""

    error_domain = errors.ErrorDomain.TEST
    function_prefix = "test"
