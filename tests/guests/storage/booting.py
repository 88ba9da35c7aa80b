"""A guest that says by itself that it has booted from a volume."""

from __future__ import annotations

from pathlib import Path

from tests.guests.documents import document, serial_to
from tests.guests.living import wait_for
from tests.lab import sector
from virshpy.api.connection import Connection
from virshpy.api.domain import Domain


def boots(connection: Connection, root: Path, devices: str) -> Domain:
    """Start a guest, and wait until it has said what the first sector of its disk makes it say."""
    log = root / "serial.log"
    log.unlink(missing_ok=True)
    started = connection.create_xml(document("vm", devices + serial_to(log)))
    wait_for(lambda: sector.READY in log.read_text(errors="replace"), "the boot sector's greeting")
    return started
