"""iface-bridge and iface-unbridge as changes of a document: an interface moves into a bridge, and out of it again."""

from __future__ import annotations

from virshpy.shell.edit_tree import appended, parsed, printed, removed
from virshpy.shell.failure import Failure
from virshpy.xml.node import Node

# What stays with the port while everything else goes to the bridge.
_OF_THE_PORT = ("mac", "bond", "vlan")


def bridged(xml: str, name: str, bridge: str, *, stp: bool, delay: int) -> str:
    """The document of a bridge with the interface in it. Raises Failure."""
    root = parsed(xml, "(interface definition)", "interface")
    kind = root.attrs.get("type")
    if kind is None:
        raise Failure(f"Existing device {name} has no type")
    if kind == "bridge":
        raise Failure(f"Existing device {name} is already a bridge")
    own_name = root.attrs.get("name", "")
    if own_name != name:
        raise Failure(f"Interface name from config {own_name} doesn't match given supplied name {name}")
    attributes = {"stp": "on" if stp else "off"}
    if stp:
        attributes["delay"] = str(delay)
    port = Node("interface", {"type": kind, "name": own_name})
    for child in [child for child in root.children if child.tag in _OF_THE_PORT]:
        removed(root, child)
        appended(port, child)
    holder = Node("bridge", attributes)
    appended(holder, port)
    appended(root, holder)
    root.attrs.update(type="bridge", name=bridge)
    return printed(root)


def unbridged(xml: str, bridge: str) -> tuple[str, str]:
    """The document of the only interface in a bridge, and its name. Raises Failure."""
    root = parsed(xml, "(bridge interface definition)", "interface")
    if root.attrs.get("type") is None:
        raise Failure(f"Existing device {bridge} has no type")
    if root.attrs["type"] != "bridge":
        raise Failure(f"Device {bridge} is not a bridge")
    own_name = root.attrs.get("name", "")
    if own_name != bridge:
        raise Failure(f"Interface name from config {own_name} doesn't match given supplied name {bridge}")
    holder = root.find("bridge")
    if holder is None:
        raise Failure("No bridge node in xml document")
    ports = [child for child in holder.children if child.tag == "interface"]
    if len(ports) > 1:
        raise Failure("Multiple interfaces attached to bridge")
    if not ports:
        raise Failure("No interface attached to bridge")
    name, kind = ports[0].attrs.get("name"), ports[0].attrs.get("type")
    if name is None:
        raise Failure(f"Device attached to bridge {bridge} has no name")
    if kind is None:
        raise Failure(f"Attached device {name} has no type")
    removed(root, holder)
    for child in [child for child in ports[0].children if child.tag in _OF_THE_PORT]:
        appended(root, child)
    root.attrs.update(type=kind, name=name)
    return printed(root), name
