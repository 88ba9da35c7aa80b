"""The step that starts a dnsmasq."""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.host import processes
from virshpy.host.programs import program
from virshpy.host.steps.placed import Placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Dnsmasq(Placed, kind="dnsmasq/1"):
    """A dnsmasq that reads ``directory``/dnsmasq.conf, and writes its pid there.

    It goes into the background when it serves, and not before: until then it tells what is wrong. Between that and our
    note of its pid it is known by its command line, which no other process has.
    """

    recorded = ("pid", "started", "directory")
    _PATIENCE = 2  # seconds between SIGTERM and SIGKILL

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.pid = 0
        self.started = 0

    @property
    def _argv(self) -> list[str]:
        return [program("dnsmasq"), f"--conf-file={self.directory}/dnsmasq.conf"]

    def do(self, note: Callable[[], None]) -> None:
        require_dnsmasq()
        done = self.where.run(self._argv, check=False)
        if done.returncode:
            said = done.stderr.strip()
            raise errors.InternalError(
                f"Child process ({' '.join(self._argv)}) unexpected exit status {done.returncode}: \n{said}",
                hint=self._hint(said),
            )
        self.pid = self._written_pid()
        self.started = processes.start_time(self.pid) or 0
        note()

    def _written_pid(self) -> int:
        with open(f"{self.directory}/dnsmasq.pid") as file:
            return int(file.read())

    @staticmethod
    def _hint(said: str) -> str | None:
        if "Address already in use" in said:
            from virshpy.host.sockets import holder_of_port

            holder = holder_of_port(53)
            who = f"'{holder}' listens" if holder else "another name server listens"
            return f"{who} on port 53 of all addresses: let it listen on its own alone, or say <dns enable='no'/>"
        if "TFTP directory" in said:
            return "make the directory of <tftp root='…'/>, and let others read it"
        return None

    def undo(self) -> None:
        if self.pid:
            processes.kill(self.pid, self.started, patience=self._PATIENCE, again=self.again)
            return
        word = self._argv[1]
        for pid, _, words in processes.command_lines():
            # Killed very early, it may not be itself yet, but the program that takes it into its namespace.
            if word in words[1:] and os.path.basename(words[0]) in ("dnsmasq", "nsenter"):
                processes.kill(pid, processes.start_time(pid) or 0, patience=self._PATIENCE)

    def commands(self) -> list[str]:
        return self.shown_all([shlex.join(["dnsmasq", *self._argv[1:]])])

    def undo_commands(self) -> list[str]:
        return [f"kill {self.pid or f'$(cat {shlex.quote(self.directory)}/dnsmasq.pid)'}"]


def require_dnsmasq() -> None:
    if program("dnsmasq") == "dnsmasq":
        raise errors.SystemCallError(
            "Cannot find 'dnsmasq' in path: No such file or directory", hint="install the package dnsmasq-base"
        )
