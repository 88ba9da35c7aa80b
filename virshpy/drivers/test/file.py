"""``test:///FILE``: a host as a document describes it, with elements in a namespace of their own for what is running.

    <node>
      <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
        …
        <test:transient/> <test:hasmanagedsave/> <test:runstate>5</test:runstate>
        <test:domainsnapshot>…</test:domainsnapshot>
      </domain>
      <network>…</network> <interface>…</interface> <pool>… <volume>…</volume></pool> <device>…</device>
      <cpu><mhz>…</mhz> <model>…</model> <active>…</active> <nodes>…</nodes> <sockets>…</sockets> …</cpu>
      <memory>…</memory>
    </node>

Each may be elsewhere: ``<domain file='other.xml'/>``, relative to this file.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.node import NodeInfo
from virshpy.drivers.test.host import Host
from virshpy.drivers.test.node import NODE
from virshpy.drivers.test.objects import Device, Interface, Pool
from virshpy.drivers.test.postparse import complete, iothreads_of
from virshpy.drivers.test.volumes import put
from virshpy.enums import DomainState
from virshpy.xml import interface, network, storage
from virshpy.xml.domain import Domain
from virshpy.xml.node import Node
from virshpy.xml.nodedev import NodeDevice
from virshpy.xml.parse import parse
from virshpy.xml.scalars import strtol
from virshpy.xml.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.test.guest import Guest

NAMESPACE = "http://libvirt.org/schemas/domain/test/1.0"
_ACTIVE = (DomainState.RUNNING, DomainState.BLOCKED, DomainState.PAUSED, DomainState.SHUTDOWN, DomainState.PMSUSPENDED)


def read_host(path: str) -> Host:
    """The host of a file. Raises XMLError and its like."""
    root = _load(path, {NAMESPACE: "test"})
    if root.tag != "node":
        raise errors.XMLError(f"expecting root element of 'node', not '{root.tag}'", hint="a test host is a <node>")
    host = Host()
    host.cells = []
    host.node = _node_info(NODE, root)
    # Of two mistakes the first one told is libvirt's: it takes one kind after the other.
    for node in _all(root, "domain", path):
        _add_domain(host, node)
    for node in _all(root, "network", path):
        host.networks.define(network.Network.from_node(node, inactive=True)).active = True
    for node in _all(root, "interface", path):
        document = interface.Interface.from_node(node, inactive=True)
        host.interfaces.add(Interface(str(document.name), "", document))
    for node in _all(root, "pool", path):
        pool = host.pools.define(Pool.sized(storage.Pool.from_node(node, inactive=True)))
        pool.active = True
        for volume in _all(node, "volume", path):
            _add_volume(pool, volume)
    for node in _all(root, "device", path):
        device = NodeDevice.from_node(node, inactive=True)
        host.devices.add(Device(str(device.name), "", device))
    if root.find("auth") is not None:
        raise errors.AuthFailed("authentication failed: this connection has nobody to ask for a name and a password")
    return host


def _load(path: str, namespaces: dict[str, str]) -> Node:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise errors.XMLError(f"failed to parse xml document '{path}'", hint=str(error.strerror)) from None
    return parse(text, source=path, namespaces=namespaces, verbatim=frozenset(["metadata"]))


def _all(parent: Node, tag: str, path: str) -> Iterator[Node]:
    return (_elsewhere(child, path) for child in parent.children if child.tag == tag)


def _elsewhere(node: Node, path: str) -> Node:
    named = node.attrs.get("file")
    if named is None:
        return node
    return _load(os.path.join(os.path.dirname(path), named), {NAMESPACE: "test"})


def _node_info(default: NodeInfo, root: Node) -> NodeInfo:
    """What <cpu> and <memory> say. A host that a file describes has no NUMA cells, only a number of them."""
    cpu = root.find("cpu") or Node("cpu")
    numbers = {
        word: _number(cpu.find(word), f"node cpu {word}", getattr(default, word), 32)
        for word in ("nodes", "sockets", "cores", "threads", "mhz")
    }
    all_of_them = numbers["nodes"] * numbers["sockets"] * numbers["cores"] * numbers["threads"] & 0xFFFFFFFF
    active = min(_number(cpu.find("active"), "node cpu active", all_of_them, 32), all_of_them)
    model = cpu.find("model")
    memory = _number(root.find("memory"), "node memory", default.memory, 64)
    return NodeInfo(
        default.model if model is None else model.text, memory, active, numbers["mhz"], numbers["nodes"],
        numbers["sockets"], numbers["cores"], numbers["threads"],
    )  # fmt: skip


def _number(node: Node | None, what: str, default: int, bits: int) -> int:
    """A number that is not negative and fits into so many bits; ``default`` where none is given."""
    if node is None or not node.text:
        return default
    value = strtol(node.text)
    if value is None or not 0 <= value < 1 << bits:
        raise errors.XMLError(f"invalid {what} value", hint=f"line {node.line}: expected a number, got '{node.text}'")
    return value


def _add_domain(host: Host, node: Node) -> None:
    own = [child for child in node.children if child.tag.startswith("test:")]
    node.children = [child for child in node.children if child not in own]
    facts = {child.tag: child for child in own}
    state = _run_state(facts.get("test:runstate"))
    transient, saved = "test:transient" in facts, "test:hasmanagedsave" in facts
    off = state == DomainState.SHUTOFF
    if transient and off:
        raise errors.XMLError("transient domain cannot have runstate 'shutoff'")
    if saved and not off:
        raise errors.XMLError("domain with managedsave data can only have runstate 'shutoff'")
    document = Domain.from_node(node, inactive=True)
    complete(document)
    guest = host.guests.define(document)
    guest.taints = [f"tainted: {sentence}" for sentence in _taints(document)]
    for thread in iothreads_of(document):
        guest.poll(thread.id or 0)
    if not off:
        guest.run(host, 0)
        guest.state = (state, 0)
    if transient:
        guest.config = None
    if saved:
        guest.managed_save = document.copy()
    _add_snapshots(guest, [child for child in own if child.tag == "test:domainsnapshot"])


def _taints(document: Domain) -> Iterator[str]:
    """What libvirt would not vouch for, in its order; of a document that is defined later, nothing is said."""
    if any(interface.script for interface in document.devices.interfaces):
        yield "network configuration using opaque shell scripts"
    if any(disk.type == "block" and disk.device == "cdrom" and disk.source for disk in document.devices.disks):
        yield "use of host cdrom passthrough"
    if document.os and document.os.dtb:
        yield "custom device tree blob used"


def _run_state(node: Node | None) -> int:
    if node is None or not node.text:
        return DomainState.RUNNING
    state = strtol(node.text)
    if state is None or not 0 <= state < 1 << 32:
        raise errors.XMLError("invalid runstate", hint=f"line {node.line}: 1 runs, 3 is paused, 5 is shut off")
    if state > DomainState.PMSUSPENDED:
        raise errors.XMLError(f"runstate '{state}' out of range'")
    return state


def _add_snapshots(guest: Guest, nodes: list[Node]) -> None:
    from virshpy.drivers.test.moments import Moments
    from virshpy.xml.moment import Snapshot

    if not nodes:
        return
    guest.snapshots = Moments("snapshot")
    for node in nodes:
        node.tag = "domainsnapshot"
        snapshot = Snapshot.from_node(node)
        if snapshot.creation_time is None:
            raise errors.InternalError("missing creationTime from existing snapshot")
        if snapshot.active is None:
            raise errors.InternalError("Could not find 'active' element")
        active, snapshot.active = snapshot.active, None
        guest.snapshots.add(snapshot, current=bool(active))


def _add_volume(pool: Pool, node: Node) -> None:
    volume = Volume.from_node(node, inactive=True)
    volume.settle(str(pool.document.type))
    put(pool, volume)
