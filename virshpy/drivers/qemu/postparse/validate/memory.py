"""Memory: huge pages, NUMA binding, modules."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.places import dimm_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import MemoryDevice


def check_memory(domain: Domain) -> None:
    cells = domain.cells
    tune = domain.numatune
    if tune is not None and tune.memnodes and tune.memory is not None and tune.memory.placement == "auto":
        raise errors.ConfigUnsupported("Per-node binding is not compatible with automatic NUMA placement.")
    for row in tune.memnodes if tune is not None else []:
        if (row.cellid or 0) >= len(cells):
            raise errors.XMLError(
                "Argument 'cellid' in memnode element must correspond to existing guest's NUMA cell",
                hint=f"the guest has cells 0 to {len(cells) - 1}",
            )
    _check_backing(domain)
    _check_sharing(domain)
    _check_pages(domain, len(cells))
    _check_limit(domain)
    for module in domain.devices.memories:
        _check_module(module, len(cells))
        check = _CHECKS.get(module.model or "")
        if check is not None:
            check(module)


def _check_limit(domain: Domain) -> None:
    """Memory can only be plugged where there is room for it, in a guest that is made of cells."""
    modules, most = domain.devices.memories, domain.max_memory
    if modules and (most is None or not most.value):
        raise errors.ConfigUnsupported(
            "cannot use/hotplug a memory device when domain 'maxMemory' is not defined",
            hint="add <maxMemory slots='…' unit='…'>…</maxMemory>",
        )
    if most is None or not most.value:
        return
    if (domain.memory and domain.memory.value or 0) > most.value:
        raise errors.XMLError("maximum memory size must be equal or greater than the actual memory size")
    if not domain.cells:
        raise errors.ConfigUnsupported(
            "At least one numa node has to be configured when enabling memory hotplug",
            hint="add <cpu><numa><cell cpus='0-…' memory='…'/></numa></cpu>",
        )
    plugged = [module for module in modules if module.model != "sgx-epc"]
    if len(plugged) > (most.slots or 0):
        raise errors.ConfigUnsupported(f"memory device count '{len(plugged)}' exceeds slots count '{most.slots or 0}'")
    used = set()
    for address in filter(None, map(dimm_of, modules)):
        slot = address.slot or 0
        if slot >= (most.slots or 0):
            raise errors.ConfigUnsupported(f"memory device slot '{slot}' exceeds slots count '{most.slots or 0}'")
        if slot in used:
            raise errors.ConfigUnsupported(
                f"memory device slot '{slot}' is already being used by another memory device"
            )
        used.add(slot)


def _check_module(module: MemoryDevice, cells: int) -> None:
    node = module.target.node if module.target else None
    if node is not None and module.model == "virtio-pmem":
        raise errors.ConfigUnsupported("virtio-pmem does not support NUMA nodes", hint="remove <node>")
    if node is None and module.model in ("dimm", "nvdimm", "virtio-mem"):
        raise errors.ConfigUnsupported(
            "target NUMA node needs to be specified for memory device", hint="add <node>0</node> to its <target>"
        )
    if node is not None and node >= cells:
        raise errors.XMLDetail(
            f"can't add memory backend for guest node '{node}' as the guest has only '{cells}' NUMA nodes configured"
        )


_LEAST_LABEL = 128


def _check_nvdimm(module: MemoryDevice) -> None:
    _need_path(module)
    if module.discard:
        raise errors.ConfigUnsupported("discard is not supported for nvdimms")
    if module.uuid is not None:
        raise errors.ConfigUnsupported("UUID is not supported for NVDIMM device")
    assert module.target is not None
    label = module.target.label.size if module.target.label else None
    if label is not None and label < _LEAST_LABEL:
        raise errors.XMLError(f"nvdimm label must be at least {_LEAST_LABEL}KiB")
    if label is not None and label >= (module.target.size or 0):
        raise errors.XMLError("label size must be smaller than NVDIMM size")


def _check_pmem(module: MemoryDevice) -> None:
    _need_path(module)
    if module.access == "private":
        raise errors.ConfigUnsupported("shared access mode required for virtio-pmem device")
    _need_pci(module)


def _check_virtio_mem(module: MemoryDevice) -> None:
    target = module.target
    assert target is not None
    block, size, requested = target.block or 0, target.size or 0, target.requested or 0
    if not block or block & (block - 1):
        raise errors.XMLDetail("block size must be a power of two", hint="add <block unit='MiB'>2</block>")
    if block < _LEAST_BLOCK:
        raise errors.XMLDetail(f"block size too small, must be at least {_LEAST_BLOCK}KiB")
    if requested % block:
        raise errors.XMLDetail("requested size must be an integer multiple of block size")
    if requested > size:
        raise errors.XMLDetail(f"requested size must be smaller than or equal to @size ({size}KiB)")
    _need_pci(module)


_LEAST_BLOCK = 2048  # KiB: a huge page


def _need_path(module: MemoryDevice) -> None:
    if module.source is None or not module.source.path:
        raise errors.XMLDetail(f"path is required for model '{module.model}'", hint="add <source><path>…")


def _need_pci(module: MemoryDevice) -> None:
    if module.address is not None and module.address.type != "pci":
        raise errors.ConfigUnsupported(f"only 'pci' addresses are supported for the {module.model} device")


def _check_enclave(module: MemoryDevice) -> None:
    raise errors.ConfigUnsupported("sgx epc isn't supported by this QEMU binary")


_CHECKS = {
    "sgx-epc": _check_enclave,
    "nvdimm": _check_nvdimm,
    "virtio-pmem": _check_pmem,
    "virtio-mem": _check_virtio_mem,
}


def _check_backing(domain: Domain) -> None:
    backing = domain.memory_backing
    if backing is None or backing.hugepages is None:
        return
    if backing.allocation is not None and backing.allocation.mode == "ondemand":
        raise errors.ConfigUnsupported("hugepages are not allowed with memory allocation ondemand")
    if backing.source is not None and backing.source.type == "anonymous":
        raise errors.ConfigUnsupported("hugepages are not allowed with anonymous memory source")


def is_shared(domain: Domain) -> bool:
    """Whether other processes can be given the guest's memory."""
    backing = domain.memory_backing
    whole = backing is not None and backing.access is not None and backing.access.mode == "shared"
    if domain.cells:
        return all(cell.memAccess == "shared" or (cell.memAccess is None and whole) for cell in domain.cells)
    return whole


def _check_sharing(domain: Domain) -> None:
    devices = domain.devices
    asking = {
        "vhostuser": any(disk.type == "vhostuser" for disk in devices.disks),
        "virtiofs": any(row.driver is not None and row.driver.type == "virtiofs" for row in devices.filesystems),
    }
    for word, asked in asking.items():
        if asked and not is_shared(domain):
            raise errors.ConfigUnsupported(
                f"'{word}' requires shared memory",
                hint="add <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
            )


def _check_pages(domain: Domain, cells: int) -> None:
    pages = domain.memory_backing.hugepages.pages if domain.memory_backing and domain.memory_backing.hugepages else []
    for page in pages:
        if page.nodeset is None:
            continue
        for node in page.nodeset:
            if node >= max(cells, 1):
                raise errors.XMLDetail(f"hugepages: node {node} not found")
    for position, page in enumerate(pages):
        for other in pages[:position]:
            if cells and set(page.nodeset or ()) & set(other.nodeset or ()):
                raise errors.XMLDetail(
                    f"nodeset attribute of hugepages of sizes {page.size} and {other.size} intersect",
                    hint="each cell is made of one kind of page",
                )
    # A guest without cells is made of one kind of page: two that claim it cannot both be right.
    masters = [page for page in pages if page.nodeset is None or (not cells and 0 in page.nodeset)]
    if len(masters) > 1:
        small, large = sorted(page.size or 0 for page in masters)[:2]
        raise errors.XMLDetail(f"two master hugepages detected: {small} and {large}")
