"""Which driver serves a URI: found by scheme, imported only when a URI asks for it."""

from __future__ import annotations

from importlib import import_module

from virshpy import errors
from virshpy.driver.connection import ConnectionOperations
from virshpy.driver.contract import no_text
from virshpy.driver.domain import DomainOperations
from virshpy.uri import URI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.everything import Everything
else:
    Everything = object


class Driver(ConnectionOperations, DomainOperations, Everything):
    """All rows together: what a driver class derives from, after the groups of rows that it has.

    What is in neither is in ``far``, which is loaded when it is asked for: rows that a driver has and few commands
    use, or, for a driver that has no more, those that say that they are not supported.
    """

    far = "virshpy.driver.everything:Everything"

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        module, _, group = self.far.partition(":")
        operations = getattr(import_module(module), group)
        row = getattr(operations, name, None)
        if row is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return row.__get__(self, operations)


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
    module, _, name = target.partition(":")
    try:
        driver: Driver = getattr(import_module(module), name)(uri, readonly=readonly)
    except UnicodeEncodeError as error:
        raise no_text(error) from None
    return driver
