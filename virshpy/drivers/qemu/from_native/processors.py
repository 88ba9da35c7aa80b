"""Processors: how many, their model and features, NUMA cells, I/O threads."""

from __future__ import annotations

from virshpy.drivers.cpu.features import from_qemu_name
from virshpy.drivers.qemu.from_native.memory import bind, memory_of
from virshpy.drivers.qemu.from_native.reading import Reading, element, make, yes_no
from virshpy.drivers.qemu.from_native.words import Params, as_number, as_size, is_on, read_keys, split_commas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_LEVELS = ("sockets", "dies", "cores", "threads")


def read_processors(reading: Reading) -> None:
    keys = read_keys(reading.last("smp") or "1", "cpus")
    sizes = {name: as_number(str(keys[name])) for name in _LEVELS if name in keys}
    product = 1
    for size in sizes.values():
        product *= size or 1
    now = as_number(str(keys["cpus"])) if "cpus" in keys else product
    most = as_number(str(keys["maxcpus"])) if "maxcpus" in keys else max(now, product)
    current = {"current": now} if now != most else {}
    reading.put(make("vcpu", {"placement": "static", **current}, text=most))
    cpu = _read_model(reading)
    # One socket for each processor is what there is anyway.
    plain = sizes.get("cores", 1) == sizes.get("threads", 1) == sizes.get("dies", 1) == 1
    if "dies" in sizes or sizes and not (plain and sizes.get("sockets", most) == most):
        whole = {"sockets": 1, "cores": 1, "threads": 1} | sizes
        unsaid = next((name for name in ("sockets", "cores", "threads") if name not in sizes), None)
        if unsaid is not None and product and most % product == 0:
            whole[unsaid] = most // product
        cpu.children.append(make("topology", {name: whole.get(name) for name in _LEVELS}))
    _read_numa(reading, cpu)
    if cpu.attrs or cpu.children:
        order = ("model", "topology", "cache", "maxphysaddr", "feature", "numa")
        cpu.children.sort(key=lambda node: order.index(node.tag))
        reading.put(cpu)
    threads = [name for name, params in reading.objects.items() if params.get("qom-type") == "iothread"]
    ids = [as_number(name.removeprefix("iothread")) for name in threads]
    if threads and all(ids):
        for name in threads:
            reading.objects[name].option.used = True
        reading.put(make("iothreads", text=len(threads)))
        if sorted(ids) != list(range(1, len(ids) + 1)):
            reading.put(make("iothreadids", None, *(make("iothread", {"id": number}) for number in ids)))


_HYPERV = {
    "relaxed": "relaxed", "vapic": "vapic", "spinlocks": "spinlocks", "vpindex": "vpindex", "runtime": "runtime",
    "synic": "synic", "stimer": "stimer", "reset": "reset", "vendor-id": "vendor_id", "frequencies": "frequencies",
    "reenlightenment": "reenlightenment", "tlbflush": "tlbflush", "ipi": "ipi", "evmcs": "evmcs", "avic": "avic",
}  # fmt: skip
_KVM = {"kvm-hint-dedicated": "hint-dedicated", "kvm-poll-control": "poll-control"}


def _read_model(reading: Reading) -> Node:
    """<cpu> with its model and features; the rest of -cpu is in <features> and <clock>."""
    text = reading.last("cpu")
    cpu = make("cpu")
    if text is None:
        return cpu
    model, *words = split_commas(text)
    model_node: Node | None = None
    if model == "host":
        cpu.attrs |= {"mode": "host-passthrough", "check": "none"}
    elif model == "max":
        cpu.attrs |= {"mode": "maximum", "check": "none"}
    else:
        cpu.attrs |= {"mode": "custom", "match": "exact", "check": "none"}
        model_node = make("model", {"fallback": "allow"}, text=model)
        cpu.children.append(model_node)
    for word in words:
        name, equals, value = word.partition("=")
        if name.startswith(("+", "-")):
            name, value = name[1:], "on" if name[0] == "+" else "off"
        elif not equals:
            value = "on"
        name = name.replace("_", "-") if name.startswith("hv_") else name
        if _read_switch(reading, cpu, name, value):
            continue
        if name == "vendor" and model_node is not None:
            model_node.attrs["vendor_id"] = value
        elif name == "migratable" and model in ("host", "max"):
            cpu.attrs["migratable"] = value
        else:
            policy = {"on": "require", "off": "disable"}.get(value, "require")
            cpu.children.append(make("feature", {"policy": policy, "name": from_qemu_name(name)}))
    return cpu


def _read_switch(reading: Reading, cpu: Node, name: str, value: str) -> bool:
    """A word of -cpu that is said elsewhere than as a feature; False where it is none."""
    features, state = reading.put(make("features")), {"state": "on" if is_on(value) else "off"}
    if name in ("hv-time", "kvmclock"):
        timer = "hypervclock" if name == "hv-time" else "kvmclock"
        clock = reading.put(make("clock", {"offset": "utc"}))
        clock.children.append(make("timer", {"name": timer, "present": yes_no(is_on(value))}))
    elif name == "tsc-frequency":
        clock = reading.put(make("clock", {"offset": "utc"}))
        clock.children.append(make("timer", {"name": "tsc", "frequency": value}))
    elif name == "hv-passthrough":
        element(features, "hyperv").attrs["mode"] = "passthrough"
    elif name == "hv-crash":
        reading.add(make("panic", {"model": "hyperv"}))
    elif name == "hv-stimer-direct":
        element(element(features, "hyperv"), "stimer").children.append(make("direct", state))
    elif name.startswith("hv-") and name[3:] in _HYPERV:
        node = element(element(features, "hyperv"), _HYPERV[name[3:]])
        node.attrs["state"] = "on"
        if name == "hv-spinlocks":
            node.attrs["retries"] = str(as_number(value))
        elif name == "hv-vendor-id":
            node.attrs["value"] = value
        else:
            node.attrs |= state
    elif name == "kvm":
        element(element(features, "kvm"), "hidden").attrs["state"] = "off" if is_on(value) else "on"
    elif name in _KVM:
        element(element(features, "kvm"), _KVM[name]).attrs |= state
    elif name == "kvm-pv-ipi":
        element(element(features, "kvm"), "pv-ipi").attrs["state"] = "off" if is_on(value) else "on"
    elif name == "pmu":
        element(features, "pmu").attrs |= state
    elif name == "kvm-pv-eoi":
        element(features, "apic").attrs["eoi"] = state["state"]
    elif name == "kvm-pv-unhalt":
        element(features, "pvspinlock").attrs |= state
    elif name in ("l3-cache", "host-cache-info"):
        _read_cache(cpu, name, is_on(value))
    elif name == "host-phys-bits":
        cpu.children.append(make("maxphysaddr", {"mode": "passthrough"}))
    elif name == "phys-bits":
        cpu.children.append(make("maxphysaddr", {"mode": "emulate", "bits": value}))
    else:
        return False
    return True


def _read_cache(cpu: Node, name: str, on: bool) -> None:
    cache = element(cpu, "cache")
    if on:
        cache.attrs |= {"mode": "emulate", "level": "3"} if name == "l3-cache" else {"mode": "passthrough"}
    else:
        cache.attrs.setdefault("mode", "disable")


def _read_numa(reading: Reading, cpu: Node) -> None:
    options = reading.all("numa")
    rows = [Params.of(option, "type") for option in options]
    if not rows or any(row.get("type") not in ("node", "dist") for row in rows):
        return
    cells: dict[int, Node] = {}
    for option, row in zip(options, rows, strict=True):
        option.used = True
        if row["type"] == "node":
            number = row.number("nodeid")
            number = len(cells) if number is None else number
            parts = [part[5:] for part in split_commas(option.value or "") if part.startswith("cpus=")]
            attrs = {"id": number, "cpus": ",".join(parts) or None, **_cell_memory(reading, row, number)}
            cells[number] = make("cell", attrs)
        else:
            cell = cells.get(row.number("src") or 0)
            if cell is not None:
                sibling = make("sibling", {"id": row.text("dst"), "value": row.text("val")})
                element(cell, "distances").children.append(sibling)
    cpu.children.append(make("numa", None, *cells.values()))


def _cell_memory(reading: Reading, row: Params, number: int) -> dict[str, Any]:
    backend = reading.objects.get(row.text("memdev") or "")
    if backend is None:
        size = as_size(row.text("mem") or "0", "m")
        return {"memory": size >> 10, "unit": "KiB"}
    bind(reading, backend, number)
    size = as_size(backend.text("size") or "0")
    found: dict[str, Any] = {"memory": size >> 10, "unit": "KiB"}
    share = backend.switch("share")
    if share is not None:
        found["memAccess"] = "shared" if share else "private"
    for node in memory_of(backend):
        # Whether a cell is shared is said by the cell, and a file is what shared memory is in anyway.
        implied = node is None or node.tag == "access" or (share is not None and node.attrs.get("type") == "file")
        if node is not None and not implied:
            element(reading.put(make("memoryBacking")), node.tag).attrs |= node.attrs
    return found
