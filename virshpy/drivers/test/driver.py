"""``test:///default`` and ``test:///FILE``: an imaginary host. Nothing outlives the connection."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.uri import URI


def open_driver(uri: URI, *, readonly: bool) -> TestDriver:
    """Connect. Raises InvalidArg without a path, XMLError and its like for a file that describes no host."""
    if uri.path in ("", "/"):
        raise errors.InvalidArg("testOpen: supply a path or use test:///default")
    if uri.path == "/default":
        from virshpy.drivers.test.default import default_host

        host = default_host()
    else:
        from virshpy.drivers.test.file import read_host

        host = read_host(uri.path)
    host.uri = str(uri)
    return TestDriver(host, readonly=readonly)


class TestDriver(Driver):
    """The contract, answered from memory as libvirt's test driver answers it."""

    __test__ = False
    error_domain = errors.ErrorDomain.TEST
    function_prefix = "test"
    parts = {
        "domain": "virshpy.drivers.test.domains:Domains",
        "life": "virshpy.drivers.test.life:Life",
        "devices": "virshpy.drivers.test.hardware:Hardware",
        "tuning": "virshpy.drivers.test.hardware:Hardware",
        "block": "virshpy.drivers.test.hardware:Hardware",
        "saving": "virshpy.drivers.test.saving:Saving",
        "agent": "virshpy.drivers.test.agent:Agent",
        "snapshot": "virshpy.drivers.test.snapshots:Snapshots",
        "checkpoint": "virshpy.drivers.test.checkpoints:Checkpoints",
        "connection": "virshpy.drivers.test.connection:Connection",
        "events": "virshpy.drivers.test.events:Events",
        "node": "virshpy.drivers.test.node:Node",
        "processors": "virshpy.drivers.test.node:Processors",
        "network": "virshpy.drivers.test.networks:Networks",
        "storage": "virshpy.drivers.test.volumes:Volumes",
        "interface": "virshpy.drivers.test.interfaces:Interfaces",
        "nodedev": "virshpy.drivers.test.nodedevs:NodeDevices",
    }
