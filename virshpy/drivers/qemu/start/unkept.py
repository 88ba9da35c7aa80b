"""What a document asks of the host and a start does not do yet: told once, so that nobody takes it for done."""

from __future__ import annotations

import os

from virshpy.drivers.qemu.argv.interfaces import LINKED, has_passt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface


def unkept(domain: Domain) -> list[str]:
    """The elements of a complete document that have no effect, as a person would name them, each once."""
    return list(dict.fromkeys([*_of_processors(domain), *_of_memory(domain), *_of_devices(domain)]))


def _of_processors(domain: Domain) -> Iterator[str]:
    if domain.vcpu is not None and domain.vcpu.placement == "auto":
        yield "<vcpu placement='auto'>"
    for name, value in vars(domain.cputune).items() if domain.cputune is not None else ():
        tag = name.removesuffix("s") if isinstance(value, list) else name
        if value not in (None, []) and not tag.endswith("pin") and not tag.startswith("_"):
            yield f"<{tag}>"
    if domain.perf is not None and any(event.enabled for event in domain.perf.events):
        yield "<perf>"


def _of_memory(domain: Domain) -> Iterator[str]:
    for tune in filter(None, (domain.blkiotune, domain.memtune)):
        yield f"<{tune._tag}>"
    numa = domain.numatune
    for row in (*((numa.memory,) if numa and numa.memory else ()), *(numa.memnodes if numa else ())):
        if row.mode == "restrictive":
            yield f"<{row._tag} mode='restrictive'> of <numatune>"
    if numa is not None and numa.memory is not None and numa.memory.placement == "auto":
        yield "<memory placement='auto'> of <numatune>"
    if domain.resource is not None:
        yield "<resource>"


def _of_devices(domain: Domain) -> Iterator[str]:
    devices = domain.devices
    for interface in devices.interfaces:
        yield from _of_interface(interface)
    if any(disk.rawio for disk in devices.disks) or any(hostdev.rawio for hostdev in devices.hostdevs):
        yield "rawio='yes'"
    if any(tpm.backend and tpm.backend.active_pcr_banks for tpm in devices.tpms):
        yield "<active_pcr_banks>"
    if devices.leases:
        yield "<lease>"


_OF_INTERFACES = {
    "filterref": "<filterref>", "coalesce": "<coalesce>",
}  # fmt: skip


def _of_interface(interface: Interface) -> Iterator[str]:
    if interface.type not in LINKED and interface.bandwidth is not None:
        yield f"<bandwidth> of <interface type='{interface.type}'>"
    if interface.type != "direct" and interface.trustGuestRxFilters:
        yield f"trustGuestRxFilters='yes' of <interface type='{interface.type}'>"
    # An ordinary user's networks forward ports (drivers/network/forwards.py).
    on_network = interface.source is not None and interface.source.portid is not None and os.geteuid() != 0
    if interface.port_forwards and not has_passt(interface) and not on_network:
        yield "<portForward> of <interface> without <backend type='passt'/>"
    for name, words in _OF_INTERFACES.items():
        if getattr(interface, name):
            yield f"{words} of <interface>"
