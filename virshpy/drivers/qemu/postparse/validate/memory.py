"""Memory: huge pages, NUMA binding, modules."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


def check_memory(domain: Domain) -> None:
    cells = domain.cpu.numa.cells if domain.cpu and domain.cpu.numa else []
    tune = domain.numatune
    if tune is not None and tune.memnodes and tune.memory is not None and tune.memory.placement == "auto":
        raise errors.ConfigUnsupported("Per-node binding is not compatible with automatic NUMA placement.")
    _check_pages(domain, len(cells))
    modules = domain.devices.memories
    if not modules:
        return
    most = domain.max_memory
    plugged = [module for module in modules if module.model != "sgx-epc"]
    if plugged and (most is None or not most.value or not most.slots):
        raise errors.XMLError(
            "both maximum memory size and memory slot count must be specified",
            hint="add <maxMemory slots='…' unit='…'>…</maxMemory>",
        )
    if most is not None and len(plugged) > (most.slots or 0):
        raise errors.ConfigUnsupported(f"memory device count '{len(plugged)}' exceeds slots count '{most.slots or 0}'")
    for module in modules:
        node = module.target.node if module.target else None
        if node is not None and cells and node >= len(cells):
            raise errors.XMLDetail(
                f"can't add memory backend for guest node '{node}' as the guest has only '{len(cells)}' NUMA nodes "
                "configured"
            )


def _check_pages(domain: Domain, cells: int) -> None:
    pages = domain.memory_backing.hugepages.pages if domain.memory_backing and domain.memory_backing.hugepages else []
    for page in pages:
        if page.nodeset is None:
            continue
        for node in page.nodeset:
            if node >= max(cells, 1):
                raise errors.XMLDetail(f"hugepages: node {node} not found")
    # A guest without cells is made of one kind of page: two that claim it cannot both be right.
    masters = [page for page in pages if page.nodeset is None or (not cells and 0 in page.nodeset)]
    if len(masters) > 1:
        small, large = sorted(page.size or 0 for page in masters)[:2]
        raise errors.XMLDetail(f"two master hugepages detected: {small} and {large}")
