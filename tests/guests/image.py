"""The test guest, as tests import it: see kit/guest.py for what it obeys on its kernel command line."""

from __future__ import annotations

from kit.guest import READY, Guest, GuestError, build

__all__ = ["READY", "Guest", "GuestError", "build"]
