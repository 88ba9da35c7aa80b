"""virshpy: QEMU virtual machines with libvirt's object model, virsh's command line and no daemon.

import virshpy

with virshpy.open("qemu:///session") as connection:
    for domain in connection.list_domains():
        print(domain.name, domain.state())
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.connection import Connection


def default_uri() -> str:
    """The URI that :func:`open` takes where none is given: the environment's, then the system's for root and the user's
    own for others."""
    from virshpy.api.connection import Connection

    return Connection.default_uri()


def open(uri: str | None = None, *, readonly: bool = False) -> Connection:
    """Connect (virConnectOpen, virConnectOpenReadOnly). Without a URI, the environment's or the user's default one.

    Raises errors.NoConnect for a URI that no driver serves, and what the driver raises where it cannot start.
    """
    from virshpy.api.connection import Connection

    return Connection.open(uri, readonly=readonly)
