"""Devices with one default each: balloon, random numbers, watchdog, panic, TPM, shared memory, file systems, …"""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.chardevs import complete_backend
from virshpy.drivers.qemu.postparse.scsi import place_hostdevs
from virshpy.xml.domain.address import SpaprVIOAddress
from virshpy.xml.domain.chardev import CharSource
from virshpy.xml.domain.devices import CID, RngBackend, ShmemModel, ShmemMSI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


def complete_peripherals(domain: Domain) -> None:
    from virshpy.xml.domain.devices import MemBalloon

    devices = domain.devices
    if devices.memballoon is None:
        devices.memballoon = MemBalloon(model="virtio")
    for rng in devices.rngs:
        if rng.backend is None:
            rng.backend = RngBackend(model="random")
        if rng.backend.model == "random" and not rng.backend.value:
            rng.backend.value = "/dev/random"
    for watchdog in devices.watchdogs:
        watchdog.action = watchdog.action or "reset"
    for panic in devices.panics:
        if panic.model in (None, "default"):
            panic.model = "isa"
    for tpm in devices.tpms:
        if tpm.model in (None, "default"):
            tpm.model = "tpm-tis"
        if tpm.backend and tpm.backend.type == "emulator" and tpm.backend.version in (None, "default"):
            # A TIS interface is what the older standard knows.
            tpm.backend.version = "1.2" if tpm.model == "tpm-tis" else "2.0"
    for filesystem in devices.filesystems:
        filesystem.type = filesystem.type or "mount"
        if filesystem.multidevs == "default":
            filesystem.multidevs = None
        if filesystem.accessmode is None and not (filesystem.source and filesystem.source.socket):
            filesystem.accessmode = "passthrough"
    for module in devices.memories:
        if module.model == "virtio-pmem" and module.access is None:
            module.access = "shared"
    _shmems(domain)
    _hostdevs(domain)
    place_hostdevs(domain)
    for controller in devices.controllers:
        if controller.model == "ibmvscsi" and controller.address is None:
            controller.address = SpaprVIOAddress(type="spapr-vio", reg=0x2000)
    for redirdev in devices.redirdevs:
        redirdev.bus = redirdev.bus or "usb"
        if redirdev.type == "dbus" and not redirdev.sources:
            redirdev.sources = [CharSource(channel="org.qemu.usbredir")]
    for device in [*devices.redirdevs, *devices.smartcards, *(rng.backend for rng in devices.rngs)]:
        if device is not None:
            complete_backend(device)
    if devices.vsock is not None and devices.vsock.model is None:
        devices.vsock.model = "virtio"
    if devices.vsock is not None and devices.vsock.cid is None:
        devices.vsock.cid = CID(auto=True)
    if devices.vsock is not None and devices.vsock.cid is not None and devices.vsock.cid.auto is None:
        devices.vsock.cid.auto = devices.vsock.cid.address is None
    domain.seclabels = [label for label in domain.seclabels if label.type is not None]
    for label in domain.seclabels:
        if label.model is None:
            # The host has no mandatory access control for guests: its first model is none, and so is the label.
            label.type = label.model = "none"
            label.relabel = None


def _shmems(domain: Domain) -> None:
    for shmem in domain.devices.shmems:
        if shmem.model is None or shmem.model.type is None:
            shmem.model = ShmemModel(type="ivshmem")
        if shmem.model.type == "ivshmem-doorbell" and shmem.msi is None and shmem.server is not None:
            shmem.msi = ShmemMSI()
        if shmem.msi is not None and shmem.msi.ioeventfd is None:
            shmem.msi.ioeventfd = True
        if shmem.model.type == "ivshmem-plain" and shmem.size is None:
            shmem.size = 4


def _hostdevs(domain: Domain) -> None:
    for hostdev in domain.devices.hostdevs:
        if hostdev.managed is None and hostdev.mode == "subsystem":
            hostdev.managed = False
        if hostdev.type == "mdev" and hostdev.model == "vfio-pci" and hostdev.display is None:
            hostdev.display = False
