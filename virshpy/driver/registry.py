"""A driver: all rows, each answered by a part. Which driver serves a URI is found by its scheme."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.groups import GROUPS
from virshpy.driver.rows import AllRows
from virshpy.loading import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

    from virshpy.driver.contract import Contract, Row
    from virshpy.uri import URI


class Driver(AllRows):
    """One connection. ``parts`` says who answers a group of rows (``module:class``); a group without one is not
    supported. A part is made when it is first asked, of ``place``, and only its module is loaded."""

    parts: ClassVar[dict[str, str]] = {}
    error_domain = errors.ErrorDomain.NONE
    function_prefix = "vir"  # how libvirt's driver of this kind names its functions

    def __init__(self, place: Any, *, readonly: bool) -> None:
        self.place = place
        self.readonly = readonly
        self._made: dict[str, Contract] = {}
        self.rehearsing = False

    def part(self, group: str) -> Contract:
        """What answers a group of rows."""
        made = self._made.get(group)
        if made is None:
            made = self._made[group] = named(self.parts.get(group) or GROUPS[group][0])(self.place)
            made.driver = self
        return made

    def supports(self, row: str) -> bool:
        """Whether it does an operation at all, by its name."""
        from virshpy.driver.contract import Unsupported

        return not isinstance(getattr(self, row), Unsupported)

    # rehearsal
    def rehearse(self, on: bool) -> None:
        """Whether operations that change something only tell what they would do on the host, and raise Rehearsed."""
        self.rehearsing = on

    def rehearsed(self, row: Row) -> None:
        """What such an operation begins with. A driver whose changes of the host are journalled has nothing to do."""
        raise errors.Rehearsed([f"# {row.c_name}: nothing on this host would change"])

    def close(self) -> None:
        """Let go of everything that only this connection holds (virConnectClose); autodestroy guests end here."""
        for part in self._made.values():
            part.close()

    def progress(self) -> tuple[int, int] | None:
        """(done, total) bytes of the operation under way, for another thread; None where that is not known."""
        return None

    def cancel(self) -> None:
        """Have the operation under way end with OperationAborted, where it moves data."""

    def on_warning(self, hear: Callable[[str], None]) -> None:
        """Hand sentences about documents (what was kept and not understood) to ``hear``; virshpy's own, not a row."""


_SCHEMES = {
    "qemu": "virshpy.drivers.qemu.driver:open_driver",
    "test": "virshpy.drivers.test.driver:open_driver",
}


def open_driver(uri: URI, *, readonly: bool) -> Driver:
    """The driver behind a URI, connected. Raises NoConnect where no driver has that scheme."""
    target = _SCHEMES.get(uri.scheme) if not uri.transport and not uri.host else None
    if target is None:
        hint = f"known schemes: {', '.join(_SCHEMES)}"
        if uri.scheme in _SCHEMES:
            hint = "remote hosts are not reachable yet; use qemu:///system or qemu:///session on the host itself"
        raise errors.NoConnect(str(uri), hint=hint)
    try:
        driver: Driver = named(target)(uri, readonly=readonly)
    except UnicodeEncodeError as error:
        from virshpy.driver.contract import no_text

        raise no_text(error) from None
    return driver
