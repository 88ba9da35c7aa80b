"""Devices with a rule or two each: IOMMU, shared memory, TPM, watchdog, panic, host devices, …"""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35
from virshpy.drivers.qemu.postparse.pci.needs import not_on_pci
from virshpy.drivers.qemu.postparse.places import drive_of
from virshpy.drivers.qemu.postparse.scsi import shown, unit_of
from virshpy.drivers.qemu.postparse.validate.disks import check_scsi_place
from virshpy.xml.scalars import again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.scsi import DriveAddressParts
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import TPM, Panic, Shmem, Watchdog
    from virshpy.xml.domain.hostdev import Hostdev


def check_peripherals(domain: Domain, caps: QemuCaps) -> None:
    """Raises what libvirt raises (ConfigUnsupported, XMLError)."""
    devices = domain.devices
    if devices.memballoon is not None and devices.memballoon.model == "xen":
        raise not_on_pci("say model='virtio'")
    for shmem in devices.shmems:
        _check_shmem(shmem)
    _check_iommu(domain)
    _check_hostdevs(domain)
    for tpm in devices.tpms:
        _check_tpm(tpm, caps)
    if len([tpm for tpm in devices.tpms if tpm.model != "spapr-tpm-proxy"]) > 1:
        raise errors.ConfigUnsupported("only a single TPM non-proxy device is supported")
    for watchdog in devices.watchdogs:
        _check_watchdog(watchdog)
    for panic in devices.panics:
        _check_panic(panic)
    for model in again(panic.model for panic in devices.panics):
        raise errors.XMLError(f"Multiple panic devices with model '{model}'")
    if devices.nvram is not None:
        raise errors.ConfigUnsupported(
            "nvram device is only supported for PPC64", hint="the variables of UEFI are in <os><nvram>"
        )
    if len(devices.smartcards) > 1:
        raise errors.ConfigUnsupported("this QEMU binary lacks multiple smartcard support")


def _check_shmem(shmem: Shmem) -> None:
    model = shmem.model.type if shmem.model else None
    if shmem.msi is not None and shmem.server is None:
        raise errors.XMLError("msi option is only supported with a server")
    if model == "ivshmem":
        raise errors.ConfigUnsupported(
            "ivshmem device is not supported with this QEMU binary",
            hint="use <model type='ivshmem-plain'/> or <model type='ivshmem-doorbell'/>",
        )
    if model == "ivshmem-plain" and shmem.server is not None:
        raise errors.ConfigUnsupported(
            "shmem model 'ivshmem-plain' is supported only with server option disabled",
            hint="<model type='ivshmem-doorbell'/> has a server",
        )
    if model == "ivshmem-doorbell" and shmem.size is not None:
        raise errors.ConfigUnsupported(
            "shmem model 'ivshmem-doorbell' does not support size setting", hint="its server says how much there is"
        )


def _check_iommu(domain: Domain) -> None:
    iommu = domain.devices.iommu
    if iommu is None:
        return
    driver = iommu.driver
    if iommu.model == "smmuv3":
        raise errors.ConfigUnsupported("IOMMU device: 'smmuv3' is only supported with ARM Virt machines")
    if not is_q35(domain):
        where = "Q35 machines" if iommu.model == "intel" else "Q35 and ARM Virt machines"
        raise errors.ConfigUnsupported(f"IOMMU device: '{iommu.model}' is only supported with {where}")
    split = (
        domain.features is not None and domain.features.ioapic is not None and (domain.features.ioapic.driver == "qemu")
    )
    if driver is not None and driver.intremap and not split:
        raise errors.ConfigUnsupported(
            "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')",
            hint="add <ioapic driver='qemu'/> to <features>",
        )
    if iommu.model == "intel":
        if iommu.address is not None:
            raise errors.XMLError("iommu model 'intel' can't have address")
        if driver is not None and driver.eim and not driver.intremap:
            raise errors.ConfigUnsupported(
                "IOMMU eim requires interrupt remapping to be enabled", hint="add intremap='on'"
            )
    else:
        if driver is not None and driver._state():
            raise errors.XMLError("iommu model 'virtio' doesn't support additional attributes")
        if iommu.address is not None and iommu.address.type != "pci":
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' needs a PCI address")
        if domain.features is None or not domain.features.acpi:
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' requires ACPI", hint="add <acpi/> to <features>")


_MEDIATED = {"vfio-ccw": "CCW", "vfio-ap": "AP"}


def _check_hostdevs(domain: Domain) -> None:
    seen: list[object] = []
    places: set[DriveAddressParts] = set()
    for hostdev in domain.devices.hostdevs:
        _check_hostdev(hostdev, domain)
        if hostdev.type == "scsi":
            _check_scsi_hostdev(hostdev, domain, places)
        key = (hostdev.mode, hostdev.type, hostdev.source)
        if hostdev.source is not None and key in seen:
            raise errors.XMLError("Hostdev already exists in the domain configuration")
        seen.append(key)
    for interface in domain.devices.interfaces:
        if interface.type == "hostdev" and interface.source is not None:
            if interface.source.address in seen:
                raise errors.XMLError("Hostdev already exists in the domain configuration")
            seen.append(interface.source.address)


def _check_scsi_hostdev(hostdev: Hostdev, domain: Domain, places: set[DriveAddressParts]) -> None:
    address = drive_of(hostdev)
    if address is None:
        return
    check_scsi_place(address, domain)
    if unit_of(address) in places:
        raise errors.ConfigUnsupported(
            f"SCSI host address {shown(address)} in use by another SCSI host device",
            hint="give one of the two another <address>, or none",
        )
    places.add(unit_of(address))


def _check_hostdev(hostdev: Hostdev, domain: Domain) -> None:
    if hostdev.mode == "capabilities":
        raise errors.ConfigUnsupported("hostdev mode 'capabilities' is not supported in qemu")
    if hostdev.type == "mdev":
        if hostdev.address is not None and hostdev.address.type not in ("pci", "unassigned"):
            raise errors.XMLError(
                f"Unsupported address type '{hostdev.address.type}' with mediated device model '{hostdev.model}'"
            )
        if hostdev.display and not domain.devices.graphics:
            raise errors.ConfigUnsupported("graphics device is needed for attribute value 'display=on' in <hostdev>")
        if hostdev.ramfb and sum(1 for other in domain.devices.hostdevs if other.ramfb) > 1:
            raise errors.ConfigUnsupported("Only one vgpu device can have 'ramfb' enabled")
        if hostdev.model in _MEDIATED:
            raise errors.ConfigUnsupported(
                f"VFIO {_MEDIATED[hostdev.model]} device assignment is not supported by this version of QEMU",
                hint="it is for s390x",
            )
    kind = hostdev.address.type if hostdev.address is not None else None
    if hostdev.type == "pci" and kind not in (None, "pci", "unassigned"):
        raise errors.InternalError("PCI host devices must use 'pci' or 'unassigned' address type")
    if hostdev.type == "pci" and hostdev.source is not None and hostdev.source.writeFiltering is False:
        raise errors.ConfigUnsupported("Write filtering of PCI device configuration space is not supported by qemu")
    if hostdev.sgio == "unfiltered":
        raise errors.ConfigUnsupported("unfiltered sgio is no longer supported")
    if hostdev.teaming is not None and hostdev.type != "pci":
        raise errors.ConfigUnsupported("teaming is only supported for pci hostdev devices")
    if hostdev.teaming is not None and hostdev.teaming.type != "transient":
        raise errors.ConfigUnsupported("teaming hostdev devices must have type='transient'")


def _check_tpm(tpm: TPM, caps: QemuCaps) -> None:
    backend, model = tpm.backend, tpm.model or ""
    assert backend is not None
    if backend.type == "emulator" and backend.version == "1.2":
        if model == "tpm-crb":
            raise errors.ConfigUnsupported(
                "Unsupported interface 'tpm-crb' for TPM 1.2", hint="say version='2.0', or model='tpm-tis'"
            )
        if backend.active_pcr_banks is not None and backend.active_pcr_banks._state():
            raise errors.XMLError("<active_pcr_banks/> requires TPM version '2.0'")
    if backend.type == "external" and backend.source is not None and backend.source.mode not in (None, "connect"):
        raise errors.XMLError("only 'client' mode is supported for external TPM device", hint="say mode='connect'")
    if not caps.has_device(model):
        raise errors.ConfigUnsupported(
            f"The QEMU executable {caps.binary} does not support TPM model {model}", hint="tpm-tis and tpm-crb it does"
        )


def _check_watchdog(watchdog: Watchdog) -> None:
    if watchdog.model == "diag288":
        raise errors.ConfigUnsupported("diag288 model of watchdog is allowed for s390 and s390x only")
    if watchdog.model == "ib700" and watchdog.address is not None:
        raise errors.ConfigUnsupported("ib700 model of watchdog does not support configuring the address")


_FOREIGN_PANICS = {"pseries": "pSeries", "s390": "S390"}


def _check_panic(panic: Panic) -> None:
    if panic.model in _FOREIGN_PANICS:
        raise errors.ConfigUnsupported(
            f"only {_FOREIGN_PANICS[panic.model]} guests support panic device of model '{panic.model}'",
            hint="a PC has isa and hyperv",
        )
    if panic.model == "hyperv" and panic.address is not None:
        raise errors.ConfigUnsupported("setting the panic device address is not supported for model 'hyperv'")
    if panic.model == "isa" and panic.address is not None and panic.address.type != "isa":
        raise errors.ConfigUnsupported("panic is supported only with ISA address type")
