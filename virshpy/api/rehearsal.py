"""What an operation would do on the host, asked beforehand."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.registry import Driver


class Rehearsal:
    """See :meth:`virshpy.api.connection.Connection.rehearsal`."""

    def __init__(self, driver: Driver) -> None:
        self.lines: list[str] | None = None
        self._driver = driver

    def __enter__(self) -> Rehearsal:
        self._driver.rehearse(True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self._driver.rehearse(False)
        if isinstance(error, errors.Rehearsed):
            self.lines = error.lines
        return isinstance(error, errors.Rehearsed)
