"""A virtual adapter of Fibre Channel, which exists while a pool is active."""

from __future__ import annotations

from virshpy import errors
from virshpy.host import disks, fibre, files, processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_APPEARING = 10  # seconds for the fabric to let it in


class VirtualPort(Step, kind="vport/1"):
    """An adapter with the names ``node`` and ``port``, beside the real one that is its parent."""

    recorded = ("parent", "node", "port")

    def __init__(self, parent: int, node: str, port: str) -> None:
        self.parent = parent
        self.node = fibre.digits(node)
        self.port = fibre.digits(port)

    def do(self, note: Callable[[], None]) -> None:
        self._tell("create")
        if not processes.wait_for(lambda: fibre.by_names(self.node, self.port) is not None, _APPEARING):
            self.undo()
            raise errors.InternalError(
                f"Failed to find SCSI host with wwnn='{self.node}', wwpn='{self.port}'",
                hint="the fabric did not let it in: see what the switch says of these names",
            )

    def undo(self) -> None:
        if fibre.by_names(self.node, self.port) is not None:
            self._tell("delete")

    def _tell(self, verb: str) -> None:
        path = self._path(verb)
        try:
            files.set_kernel_value(path, f"{self.port}:{self.node}")
        except OSError as error:
            raise errors.from_os_error(
                error, f"Write of '{self.port}:{self.node}' to '{path}' during vport {verb} failed"
            ) from None

    def _path(self, verb: str) -> str:
        return f"{disks.SYS}/class/fc_host/host{self.parent}/vport_{verb}"

    def commands(self) -> list[str]:
        return [f"echo {self.port}:{self.node} >{self._path('create')}"]

    def undo_commands(self) -> list[str]:
        return [f"echo {self.port}:{self.node} >{self._path('delete')}"]
