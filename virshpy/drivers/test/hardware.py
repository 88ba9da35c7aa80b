"""What a domain has inside: its processors, memory and devices, together."""

from __future__ import annotations

from virshpy.drivers.test.figures import Figures
from virshpy.drivers.test.limits import Limits
from virshpy.drivers.test.tuning import Tuning


class Hardware(Figures, Tuning, Limits):
    """The rows about devices, tuning and block devices."""
