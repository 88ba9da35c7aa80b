"""The QEMU driver.

A look at the records (``list``, ``domstate``) needs a tenth of this package; what reads documents, plans starts and
talks to QEMU is imported when it is first named: ``qemu.lifecycle`` is that module, loaded now.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from virshpy.drivers.qemu import adoption as adoption
    from virshpy.drivers.qemu import agent as agent
    from virshpy.drivers.qemu import documents as documents
    from virshpy.drivers.qemu import hostdevs as hostdevs
    from virshpy.drivers.qemu import images as images
    from virshpy.drivers.qemu import lifecycle as lifecycle
    from virshpy.drivers.qemu import node as node
    from virshpy.drivers.qemu import pins as pins
    from virshpy.drivers.qemu import planning as planning
    from virshpy.drivers.qemu import vault as vault
    from virshpy.drivers.qemu import watch as watch


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(name) from None
