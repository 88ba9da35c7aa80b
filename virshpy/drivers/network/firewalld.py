"""Zones of firewalld, where it runs: what is in a zone is what firewalld lets through."""

from __future__ import annotations

from virshpy import errors
from virshpy.host import processes
from virshpy.host.programs import program


def is_active() -> bool:
    """Whether firewalld runs."""
    path = program("firewall-cmd")
    return path != "firewall-cmd" and not processes.run([path, "--state"], check=False, timeout=10).returncode


def require(zone: str, name: str) -> None:
    """Raises InternalError where a network wants a zone and there is nobody who has any."""
    if not is_active():
        raise errors.InternalError(
            f"zone {zone} requested for network {name} but firewalld is not active",
            hint="start firewalld, or leave zone= out of <bridge>",
        )
