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
from virshpy.driver.types import NodeInfo
from virshpy.drivers.test.guest import Guest, admit
from virshpy.drivers.test.host import Cell, Host
from virshpy.drivers.test.postparse import complete
from virshpy.drivers.test.resources import PoolState
from virshpy.enums import DomainState
from virshpy.xml.domain import Domain
from virshpy.xml.node import Node
from virshpy.xml.parse import parse
from virshpy.xml.scalars import strtol
from virshpy.xml.storage import Volume

NAMESPACE = "http://libvirt.org/schemas/domain/test/1.0"
_ACTIVE = (DomainState.RUNNING, DomainState.BLOCKED, DomainState.PAUSED, DomainState.SHUTDOWN, DomainState.PMSUSPENDED)


def read_host(path: str) -> Host:
    """The host of a file. Raises XMLError and its like."""
    root = _load(path, {NAMESPACE: "test"})
    if root.tag != "node":
        raise errors.XMLError(f"expecting root element of 'node', not '{root.tag}'", hint="a test host is a <node>")
    host = Host()
    _read_node(host, root)
    for child in root.children:
        node = _elsewhere(child, path)
        if child.tag == "domain":
            _add_domain(host, node)
        elif child.tag == "network":
            host.resources.add_network(node)
        elif child.tag == "interface":
            host.resources.add_interface(node)
        elif child.tag == "pool":
            state = host.resources.add_pool(node)
            for volume in node.children:
                if volume.tag == "volume":
                    _add_volume(state, _elsewhere(volume, path))
        elif child.tag == "device":
            host.resources.add_device(node)
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


def _elsewhere(node: Node, path: str) -> Node:
    named = node.attrs.get("file")
    if named is None:
        return node
    return _load(os.path.join(os.path.dirname(path), named), {NAMESPACE: "test"})


def _read_node(host: Host, root: Node) -> None:
    node = host.node
    cpu = root.find("cpu")
    words = {"nodes": node.nodes, "sockets": node.sockets, "cores": node.cores, "threads": node.threads}
    words |= {"active": node.cpus, "mhz": node.mhz}
    model = node.model
    if cpu is not None:
        for word in words:
            words[word] = _number(cpu.find(word), f"node cpu {_WORDS.get(word, word)}", words[word])
        named = cpu.find("model")
        model = named.text if named is not None else model
    memory = _number(root.find("memory"), "node memory", node.memory)
    host.node = NodeInfo(
        model, memory, words["active"], words["mhz"], words["nodes"], words["sockets"], words["cores"], words["threads"]
    )
    if cpu is not None and cpu.find("nodes") is not None:
        host.cells = [Cell(number, memory // words["nodes"], ()) for number in range(words["nodes"])]


_WORDS = {"nodes": "numa nodes", "sockets": "sockets", "active": "active", "mhz": "mhz"}


def _number(node: Node | None, what: str, default: int) -> int:
    if node is None:
        return default
    value = strtol(node.text)
    if value is None or value < 0:
        raise errors.XMLError(f"invalid {what} value", hint=f"line {node.line}: expected a number, got '{node.text}'")
    return value


def _add_domain(host: Host, node: Node) -> None:
    own = [child for child in node.children if child.tag.startswith("test:")]
    node.children = [child for child in node.children if child not in own]
    facts = {child.tag: child for child in own}
    state = _number(facts.get("test:runstate"), "runstate", DomainState.RUNNING)
    if not 0 < state <= DomainState.PMSUSPENDED:
        raise errors.XMLError(f"runstate '{state}' out of range'")
    transient, saved = "test:transient" in facts, "test:hasmanagedsave" in facts
    off = state == DomainState.SHUTOFF
    if transient and off:
        raise errors.XMLError("transient domain cannot have runstate 'shutoff'")
    if saved and not off:
        raise errors.XMLError("domain with managedsave data can only have runstate 'shutoff'")
    document = Domain.from_node(node, inactive=True)
    complete(document)
    guest = admit(host, document, live=False)
    if not off:
        guest.run(host, 0)
        guest.state = (state, 0)
    if transient:
        guest.config = None
    if saved:
        guest.saved = document.copy()
    _add_snapshots(guest, [child for child in own if child.tag == "test:domainsnapshot"])


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


def _add_volume(pool: PoolState, node: Node) -> None:
    volume = Volume.from_node(node)
    volume.settle(str(pool.document.type))
    pool.add(volume)
