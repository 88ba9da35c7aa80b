"""Zones of firewalld, where it runs: it lets through what is in a zone that does."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import processes
from virshpy.host.programs import program
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_COMMAND = "firewall-cmd"
_PATIENCE = 10  # seconds for firewalld to answer


def is_active() -> bool:
    """Whether firewalld runs."""
    path = program(_COMMAND)
    return path != _COMMAND and not processes.run([path, "--state"], check=False, timeout=_PATIENCE).returncode


class InZone(Step, kind="firewalld-zone/1"):
    """A link is in a zone, until this is undone, or firewalld reads its own settings again."""

    recorded = ("zone", "link")

    def __init__(self, zone: str, link: str, network: str) -> None:
        self.zone = zone
        self.link = link
        self.network = network

    def _argv(self, verb: str) -> list[str]:
        return [program(_COMMAND), f"--zone={self.zone}", f"--{verb}-interface={self.link}"]

    def do(self, note: Callable[[], None]) -> None:
        if not is_active():
            raise errors.InternalError(
                f"zone {self.zone} requested for network {self.network} but firewalld is not active",
                hint="start firewalld, or leave zone= out of <bridge>",
            )
        processes.run(self._argv("change"), timeout=_PATIENCE)

    def undo(self) -> None:
        if is_active():
            processes.run(self._argv("remove"), check=False, timeout=_PATIENCE)

    def commands(self) -> list[str]:
        return [shlex.join([_COMMAND, *self._argv("change")[1:]])]

    def undo_commands(self) -> list[str]:
        return [shlex.join([_COMMAND, *self._argv("remove")[1:]])]
