"""The devices of a domain, read out of its document."""

from __future__ import annotations

from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.xml.node import Node


def devices(domain: Domain, tag: str, flags: int = 0) -> list[Node]:
    """The devices of one kind in a domain's document."""
    found = parse(domain.xml_desc(flags=flags), source="(domain_definition)").find("devices")
    return [] if found is None else [child for child in found.children if child.tag == tag]


def attribute(node: Node, path: str) -> str | None:
    """``target@dev`` of a device, or None."""
    tag, _, name = path.partition("@")
    child = node.find(tag)
    return None if child is None else child.attrs.get(name)


def source_of(disk: Node) -> str | None:
    """What a disk's data come from, as virsh shows it."""
    source = disk.find("source")
    if source is None:
        return None
    attributes = source.attrs
    if disk.attrs.get("type") == "nvme":
        address = source.find("address")
        where = address.attrs if address is not None else {}
        domain, bus, slot, function = (int(where.get(name, "0"), 16) for name in ("domain", "bus", "slot", "function"))
        return f"nvme://{domain:04x}:{bus:02x}:{slot:02x}.{function}/{attributes.get('namespace', '')}"
    for name in ("file", "dev", "dir", "name", "volume"):
        if name in attributes:
            return attributes[name]
    return None
