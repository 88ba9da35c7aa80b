"""Which driver serves a URI: found by scheme, imported only when a URI asks for it."""

from __future__ import annotations

from importlib import import_module

from virshpy import errors
from virshpy.driver.connection import ConnectionOperations
from virshpy.driver.domain import DomainOperations
from virshpy.uri import URI


class Driver(ConnectionOperations, DomainOperations):
    """All rows together: what a driver class derives from."""


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
    driver: Driver = getattr(import_module(module), name)(uri, readonly=readonly)
    return driver
