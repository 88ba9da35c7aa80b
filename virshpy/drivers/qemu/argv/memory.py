"""Memory: size, backends, NUMA cells, modules."""

from __future__ import annotations

from virshpy.drivers.qemu.argv.guest import virtio_options
from virshpy.drivers.qemu.argv.words import as_json
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.postparse.machine import initial_memory
from virshpy.xml.scalars import format_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.guest import Guest
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.cpu import NumaCell
    from virshpy.xml.domain.devices import MemoryDevice

_STEP = 1024  # memory is given to a PC in whole MiB
_MODULE_STEP = 2048  # and modules in pieces of 2 MiB


def has_hmat(domain: Domain) -> bool:
    numa = domain.cpu.numa if domain.cpu else None
    if numa is None:
        return False
    return numa.interconnects is not None or any(cell.caches for cell in numa.cells)


def _aligned(size: int) -> int:
    return -(-size // _STEP) * _STEP


def total_memory(domain: Domain) -> int:
    """Memory at power-on in KiB, as the guest gets it."""
    cells = domain.cells
    if cells and any(cell.memory for cell in cells):
        return sum(_aligned(cell.memory or 0) for cell in cells)
    return _aligned(initial_memory(domain))


def add_memory(guest: Guest) -> None:
    domain = guest.domain
    size = total_memory(domain)
    most = domain.max_memory
    if most is not None and most.value:
        guest.add("-m", f"size={size}k,slots={most.slots or 0},maxmem={_aligned(most.value)}k")
    else:
        guest.add("-m", str(size >> 10))
    backing = domain.memory_backing
    if not domain.cells:
        machine = guest.caps.machine(guest.machine)
        ram = machine.ram_id if machine else None
        if (
            backing is not None
            and backing.allocation is not None
            and backing.allocation.mode == "immediate"
            and not ram
        ):
            guest.add("-mem-prealloc")
        if ram:
            add_backend(guest, ram, size, cell=None, system=True)
    locked = backing is not None and backing.locked
    guest.add("-overcommit", f"mem-lock={'on' if locked else 'off'}")


def add_backend(
    guest: Guest, name: str, size: int, *, cell: int | None, access: str | None = None,
    nodemask: tuple[int, ...] | None = None, pagesize: int | None = None, system: bool = False,
    discard: bool | None = None, module: MemoryDevice | None = None,
) -> None:  # fmt: skip
    """A memory-backend object of ``size`` KiB, of the kind that <memoryBacking> and the caller ask for."""
    kind, properties = backend(
        guest, name, size, cell=cell, access=access, nodemask=nodemask, pagesize=pagesize, discard=discard,
        module=module, system=system,
    )  # fmt: skip
    if properties.get("prealloc") and "host-nodes" in properties and guest.caps.has_object("thread-context"):
        # The threads that touch the memory run where it is to come from.
        context = f"tc-{name}"
        guest.object("thread-context", context, **{"node-affinity": properties["host-nodes"]})
        properties["prealloc-context"] = context
    guest.add("-object", as_json({"qom-type": kind, "id": name, **properties}))


_PAGE = 4  # KiB, of ordinary memory


def backend(
    guest: Guest, name: str, size: int, *, cell: int | None, access: str | None, nodemask: tuple[int, ...] | None,
    pagesize: int | None, discard: bool | None, module: MemoryDevice | None, system: bool,
) -> tuple[str, Properties]:  # fmt: skip
    backing = guest.domain.memory_backing
    source = backing.source.type if backing and backing.source else None
    if access is None and backing is not None and backing.access is not None:
        access = backing.access.mode
    share = {"shared": True, "private": False}.get(access or "")
    discard = discard if discard is not None else (True if backing is not None and backing.discard else None)
    prealloc = backing is not None and backing.allocation is not None and backing.allocation.mode == "immediate"
    threads = backing.allocation.threads if backing is not None and backing.allocation is not None else None
    path: str | None = None
    page = (pagesize if pagesize != _PAGE else None) if pagesize else _huge_page(guest, cell)
    nvdimm = module.source.path if module is not None and module.source is not None else None
    if nvdimm:
        kind, path, prealloc = "memory-backend-file", nvdimm, prealloc or _written_ahead(module)
        guest.out.file(nvdimm, "rw", "memory")
    elif page and source != "memfd":
        kind, path, prealloc = "memory-backend-file", guest.runtime.huge_pages(page), True
        guest.out.file(path, "rw", "hugepages")
    elif source == "memfd":
        kind = "memory-backend-memfd"
        if page:
            prealloc = True
    elif source == "file" or share is not None:
        file = name if module is None else name.removeprefix("mem")
        kind, path = "memory-backend-file", f"{guest.runtime.memory_dir}/{file}"
        guest.out.file(guest.runtime.memory_dir, "rw", "ram")
    else:
        kind = "memory-backend-ram"
    properties: Properties = {}
    if kind == "memory-backend-memfd" and page:
        properties |= {"hugetlb": True, "hugetlbsize": page * 1024}
    if path is not None:
        properties["mem-path"] = path
    if discard is not None and path is not None and not nvdimm:
        properties["discard-data"] = discard
    properties |= {"share": share}
    plugged = module is not None and module.model == "virtio-mem"
    if prealloc and not plugged:
        properties["prealloc"] = True
    properties["prealloc-threads"] = threads
    if module is not None and nvdimm:
        properties |= {
            "align": module.source.alignsize * 1024 if module.source and module.source.alignsize else None,
            "pmem": True if module.source and module.source.pmem else None,
        }
    if system and kind in ("memory-backend-file", "memory-backend-memfd"):
        properties["x-use-canonical-path-for-ramblock-id"] = False
    if plugged:
        properties["reserve"] = False  # what is not plugged costs nothing
    properties["size"] = size * 1024
    properties |= _binding(guest, cell, nodemask)
    return kind, properties


def _written_ahead(module: MemoryDevice | None) -> bool:
    """A file that stands for an NVDIMM is filled before the guest runs; persistent memory itself is there already."""
    return module is not None and module.model == "nvdimm" and not (module.source and module.source.pmem)


def _touched(guest: Guest, module: MemoryDevice) -> bool:
    """Whether memory that is plugged bit by bit is to be there for certain once it is plugged."""
    backing = guest.domain.memory_backing
    immediate = backing is not None and backing.allocation is not None and backing.allocation.mode == "immediate"
    pages = module.source.pagesize if module.source else None
    return immediate or bool(pages or _huge_page(guest, module.target.node if module.target else None))


def _huge_page(guest: Guest, cell: int | None) -> int | None:
    """The page size in KiB that a cell's memory is to be made of; None for ordinary pages."""
    pages = guest.domain.memory_backing.hugepages if guest.domain.memory_backing else None
    if pages is None:
        return None
    default = None
    for page in pages.pages:
        if page.nodeset is None:
            default = page.size
        elif cell is not None and cell in page.nodeset or cell is None and 0 in page.nodeset:
            return page.size if page.size != _PAGE else None
    if not pages.pages:
        return 2048
    return default if default != _PAGE else None


def _binding(guest: Guest, cell: int | None, nodemask: tuple[int, ...] | None) -> Properties:
    """Where on the host memory comes from."""
    tune = guest.domain.numatune
    mode = tune.memory.mode if tune is not None and tune.memory is not None else None
    nodes = tune.memory.nodeset if tune is not None and tune.memory is not None else None
    if tune is not None and cell is not None:
        for node in tune.memnodes:
            if node.cellid == cell:
                mode, nodes = node.mode or "strict", node.nodeset
    if nodemask:
        nodes = nodemask
        mode = mode or "strict"
    if nodes is None or mode == "restrictive":
        return {}
    policy = {"strict": "bind", "preferred": "preferred", "interleave": "interleave", None: "bind"}[mode]
    return {"host-nodes": list(nodes), "policy": policy}


def add_numa(guest: Guest) -> None:
    domain = guest.domain
    cells = domain.cells
    if not cells:
        return
    machine = guest.caps.machine(guest.machine)
    backends = machine is None or not machine.numa_mem or any(_needs_backend(guest, cell) for cell in cells)
    allocation = domain.memory_backing.allocation if domain.memory_backing else None
    if not backends and allocation is not None and allocation.mode == "immediate":
        guest.add("-mem-prealloc")
    hmat = has_hmat(domain)
    for number, cell in enumerate(cells):
        index = cell.id if cell.id is not None else number
        words = ["node", f"nodeid={index}"]
        if cell.cpus:
            words += [f"cpus={part}" for part in format_ranges(cell.cpus).split(",")]
        if hmat:
            words.append(f"initiator={_initiator(cells, index)}")
        if cell.memory:
            if backends:
                name = f"ram-node{index}"
                add_backend(guest, name, _aligned(cell.memory), cell=index, access=cell.memAccess, discard=cell.discard)
                words.append(f"memdev={name}")
            else:
                words.append(f"mem={_aligned(cell.memory) >> 10}")
        guest.add("-numa", ",".join(words))
    for number, cell in enumerate(cells):
        if cell.distances is not None:
            index = cell.id if cell.id is not None else number
            for sibling in cell.distances.siblings:
                if sibling.value is not None:
                    guest.add("-numa", f"dist,src={index},dst={sibling.id},val={sibling.value}")
    if hmat:
        _add_hmat(guest)


def _needs_backend(guest: Guest, cell: NumaCell) -> bool:
    """Whether a cell's memory is anything but ordinary."""
    kind, properties = backend(
        guest, "", 0, cell=cell.id, access=cell.memAccess, nodemask=None, pagesize=None, discard=cell.discard,
        module=None, system=False,
    )  # fmt: skip
    return kind != "memory-backend-ram" or "host-nodes" in properties


def _initiator(cells: list[NumaCell], index: int) -> int:
    """A cell with processors is its own initiator; one without has the first that has."""
    for number, cell in enumerate(cells):
        here = cell.id if cell.id is not None else number
        if here == index and cell.cpus:
            return index
    return next((cell.id if cell.id is not None else n for n, cell in enumerate(cells) if cell.cpus), 0)


_LEVELS = ("memory", "first-level", "second-level", "third-level")
_POLICIES = {"writeback": "write-back", "writethrough": "write-through", "none": "none"}
_ASSOCIATIVITY = {"full": "complex", "direct": "direct", "none": "none"}


def _add_hmat(guest: Guest) -> None:
    numa = guest.domain.cpu.numa if guest.domain.cpu else None
    assert numa is not None
    if numa.interconnects is not None:
        for kind, rows in (("latency", numa.interconnects.latencies), ("bandwidth", numa.interconnects.bandwidths)):
            for row in rows:
                value = f"latency={row.value}" if kind == "latency" else f"bandwidth={row.value}K"
                guest.add(
                    "-numa",
                    f"hmat-lb,initiator={row.initiator},target={row.target},hierarchy={_LEVELS[row.cache or 0]},"
                    f"data-type={row.type}-{kind},{value}",
                )
    for number, cell in enumerate(numa.cells):
        for cache in cell.caches:
            index = cell.id if cell.id is not None else number
            size = cache.size.value if cache.size else 0
            line = cache.line.value if cache.line else 0
            guest.add(
                "-numa",
                f"hmat-cache,node-id={index},size={size}K,level={cache.level},"
                f"associativity={_ASSOCIATIVITY[cache.associativity or 'none']},"
                f"policy={_POLICIES[cache.policy or 'none']},line={line}",
            )


_MODULES = {"dimm": "pc-dimm", "nvdimm": "nvdimm", "virtio-pmem": "virtio-pmem-pci", "virtio-mem": "virtio-mem-pci"}


def add_devices(guest: Guest) -> None:
    """Memory modules: a backend and a device each."""
    for module in guest.domain.devices.memories:
        driver = _MODULES.get(module.model or "")
        if driver is None or module.target is None:
            continue
        name = f"mem{alias_of(module)}"
        size = -(-(module.target.size or 0) // _MODULE_STEP) * _MODULE_STEP
        label = module.target.label.size if module.target.label else None
        source = module.source
        cells = {cell.id: cell.memAccess for cell in guest.domain.cells}
        access = module.access or cells.get(module.target.node)
        add_backend(
            guest, name, size, cell=module.target.node, access=access, discard=module.discard,
            nodemask=source.nodemask if source else None, pagesize=source.pagesize if source else None, module=module,
        )  # fmt: skip
        guest.device(
            {
                "driver": driver,
                **(virtio_options(module) if hasattr(module, "driver") else {}),
                "node": module.target.node,
                "label-size": label * 1024 if label else None,
                "block-size": module.target.block * 1024 if module.target.block else None,
                "requested-size": module.target.requested * 1024 if module.target.requested else None,
                "uuid": module.uuid,
                "unarmed": True if module.target.readonly and module.model == "nvdimm" else None,
                "memdev": name,
                "prealloc": True if module.model == "virtio-mem" and _touched(guest, module) else None,
                "id": alias_of(module),
                **guest.place(module),
            }
        )
