"""Which running guest of this connection has what another one cannot have as well: an image, a socket, a port."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.xml.domain import Domain


def guest_with(domains: Domains, domain: Domain, value: str) -> str | None:
    """The name of another running guest in whose document an attribute has this value."""
    from virshpy.xml.write import escape

    row = domains.store.one(
        "SELECT name FROM run.active WHERE pid IS NOT NULL AND uuid <> ? AND instr(xml, ?)",
        domain.uuid, f"'{escape(value)}'",
    )  # fmt: skip
    return None if row is None else str(row[0])


def writer_of_an_image(domains: Domains, domain: Domain) -> str | None:
    """A hint that names the running guest with which this one shares an image that only one may write."""
    mine = {disk.source.file for disk in domain.devices.disks if disk.source and disk.source.file}
    for path in sorted(mine):
        if name := guest_with(domains, domain, path):
            return (
                f"domain '{name}' is running and writes '{path}'; shut it down first,"
                " or mark the disk <readonly/> or <shareable/> in both"
            )
    return None
