"""virsh's words for the states of a domain and their reasons, by libvirt's numbers."""

from __future__ import annotations

_STATES = ("no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended")
_PAUSED = (
    "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog", "from snapshot", "shutting down",
    "creating snapshot", "crashed", "starting up", "post-copy", "post-copy failed",
)  # fmt: skip
_RUNNING = (
    "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled", "save canceled",
    "event wakeup", "crashed", "post-copy", "post-copy failed",
)  # fmt: skip
_SHUTOFF = (
    "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon",
)  # fmt: skip
_UNKNOWN = ("unknown",)
_REASONS = (_UNKNOWN, _RUNNING, _UNKNOWN, _PAUSED, ("unknown", "user"), _SHUTOFF, ("unknown", "panicked"), _UNKNOWN)


def state_label(state: int) -> str:
    return _STATES[state] if 0 <= state < len(_STATES) else "no state"


def reason_label(state: int, reason: int) -> str:
    reasons = _REASONS[state] if 0 <= state < len(_REASONS) else _UNKNOWN
    return reasons[reason] if 0 <= reason < len(reasons) else "unknown"
