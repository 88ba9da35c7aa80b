"""How a guest is asked to power off or to restart: what shutdown and reboot share."""

from __future__ import annotations

from virshpy.enums import ShutdownFlags
from virshpy.shell.lang.command import Option, option
from virshpy.shell.lang.types import Flags

_MODES: dict[str, int] = {
    "acpi": ShutdownFlags.ACPI_POWER_BTN,
    "agent": ShutdownFlags.GUEST_AGENT,
    "initctl": ShutdownFlags.INITCTL,
    "signal": ShutdownFlags.SIGNAL,
    "paravirt": ShutdownFlags.PARAVIRT,
}  # RebootFlags has the same numbers
_HELP = "how to ask: acpi|agent|initctl|signal|paravirt, several separated by commas"
ASKABLE = "running,paused,idle,in shutdown"


def mode(last: str) -> Option:
    """--mode; ``last`` is how the complaint goes on before the last mode."""
    complaint = f"Unknown mode %s value, expecting 'acpi', 'agent', 'initctl', 'signal'{last} 'paravirt'"
    return option("mode", Flags(_MODES, complaint), _HELP)
