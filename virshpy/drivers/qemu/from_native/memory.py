"""Memory: how much, and of what the host makes it."""

from __future__ import annotations

from virshpy.drivers.qemu.from_native.reading import Reading, make
from virshpy.drivers.qemu.from_native.words import Params, as_number, as_size, as_text, is_on, read_keys
from virshpy.xml.scalars import format_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.node import Node


def read_memory(reading: Reading) -> None:
    size = 128 << 20
    for option in reading.take("m"):
        keys = read_keys(option.value or "", "size")
        size = as_size(keys["size"], "m") if "size" in keys else size
        if "maxmem" in keys:
            most = as_size(keys["maxmem"], "m") >> 10
            attrs = {"slots": keys.get("slots"), "unit": "KiB"}
            reading.put(make("maxMemory", attrs, text=most))
    reading.put(make("memory", {"unit": "KiB"}, text=size >> 10))
    _read_backing(reading)


def _read_backing(reading: Reading) -> None:
    backing: list[Node | None] = []
    for option in reading.take("overcommit", "realtime"):
        keys = read_keys(option.value or "")
        if is_on(str(keys.get("mem-lock", keys.get("mlock", "off")))):
            backing.append(make("locked"))
    machine = [read_keys(option.value or "", "type") for option in reading.all("machine", "M")]
    names = {str(keys["memory-backend"]) for keys in machine if "memory-backend" in keys}
    for name in names:
        if name in reading.objects:
            bind(reading, reading.objects[name])
            backing += memory_of(reading.objects[name])
    path = reading.last("mem-path")
    if path is not None:
        backing.append(make("hugepages") if "hugepages" in path else make("source", {"type": "file"}))
    if reading.flag("mem-prealloc"):
        backing.append(make("allocation", {"mode": "immediate"}))
    if backing:
        reading.put(make("memoryBacking", None, *_once(backing)))


def _once(nodes: list[Node | None]) -> list[Node]:
    return list({node.tag: node for node in nodes if node is not None}.values())


def memory_of(params: Params) -> list[Node | None]:
    """<memoryBacking> of the object that the guest's memory is."""
    params.option.used = True
    kind, share = params.text("qom-type"), params.switch("share")
    found: list[Node | None] = []
    huge = "hugepages" in (params.text("mem-path") or "") or params.switch("hugetlb")
    if huge:
        found.append(make("hugepages"))
    elif kind == "memory-backend-file":
        found.append(make("source", {"type": "file"}))
    if kind == "memory-backend-memfd":
        found.append(make("source", {"type": "memfd"}))
    if share is not None:
        found.append(make("access", {"mode": "shared" if share else "private"}))
    threads = params.text("prealloc-threads")
    immediate = params.switch("prealloc") and not huge
    if immediate or threads:
        found.append(make("allocation", {"mode": "immediate" if immediate else None, "threads": threads}))
    return found


def bind(reading: Reading, params: Params, cell: int | None = None) -> None:
    """<numatune>, where a backend says which nodes of the host its memory is from."""
    nodes, policy = params.get("host-nodes"), params.text("policy")
    if not isinstance(nodes, list) or policy is None:
        return
    nodeset = format_ranges(as_number(as_text(node)) for node in nodes)
    attrs = {"mode": {"bind": "strict"}.get(policy, policy), "nodeset": nodeset}
    tag, where = ("memory", {}) if cell is None else ("memnode", {"cellid": cell})
    reading.put(make("numatune")).children.append(make(tag, {**where, **attrs}))
