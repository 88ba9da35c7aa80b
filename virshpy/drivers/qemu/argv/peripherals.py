"""Devices that take a line or two each: input, balloon, random numbers, watchdog, panic, TPM, shared memory, …"""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.character import add_chardev
from virshpy.drivers.qemu.argv.guest import Guest, virtio_name, virtio_options
from virshpy.drivers.qemu.argv.words import comma
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.postparse.places import isa_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.devices import TPM
    from virshpy.xml.domain.display import Input


def add_hubs(guest: Guest) -> None:
    for hub in guest.domain.devices.hubs:
        guest.device({"driver": "usb-hub", "id": alias_of(hub), **guest.place(hub)})


def add_inputs(guest: Guest) -> None:
    for device in guest.domain.devices.inputs:
        if device.type == "evdev":
            _evdev(guest, device)
        elif device.bus == "usb":
            name = {"mouse": "usb-mouse", "tablet": "usb-tablet", "keyboard": "usb-kbd"}[device.type or "mouse"]
            guest.device({"driver": name, "id": alias_of(device), **guest.place(device)})
        elif device.bus == "virtio":
            _virtio_input(guest, device)


def _virtio_input(guest: Guest, device: Input) -> None:
    kind = "input-host" if device.type == "passthrough" else device.type
    evdev = device.source.evdev if device.source and device.type == "passthrough" else None
    if evdev:
        guest.out.file(evdev, "rw", "input")
    guest.device(
        {
            "driver": virtio_name(f"virtio-{kind}", device.model),
            **virtio_options(device),
            "id": alias_of(device),
            "evdev": evdev,
            **guest.place(device),
        }
    )


def _evdev(guest: Guest, device: Input) -> None:
    source = device.source
    if source is None:
        return
    guest.out.file(source.dev or "", "rw", "input")
    guest.object(
        "input-linux", alias_of(device), evdev=source.dev, repeat=source.repeat,
        grab_all=True if source.grab == "all" else None, **{"grab-toggle": source.grabToggle},
    )  # fmt: skip


def add_memballoon(guest: Guest) -> None:
    balloon = guest.domain.devices.memballoon
    if balloon is None or balloon.model == "none":
        return
    guest.device(
        {
            "driver": virtio_name("virtio-balloon", balloon.model),
            **(virtio_options(balloon) if hasattr(balloon, "driver") else {}),
            "id": alias_of(balloon),
            "deflate-on-oom": balloon.autodeflate,
            "free-page-reporting": balloon.freePageReporting,
            **guest.place(balloon),
        }
    )


def add_rngs(guest: Guest) -> None:
    for rng in guest.domain.devices.rngs:
        alias, backend = alias_of(rng), rng.backend
        if backend is None:
            continue
        if backend.model == "egd":
            name = add_chardev(guest, backend, alias)
            guest.object("rng-egd", f"obj{alias}", chardev=name)
        elif backend.model == "builtin":
            guest.object("rng-builtin", f"obj{alias}")
        else:
            guest.object("rng-random", f"obj{alias}", filename=backend.value)
            guest.out.file(backend.value or "", "r", "rng", shared=True)
        rate = rng.rate
        guest.device(
            {
                "driver": virtio_name("virtio-rng", rng.model),
                **virtio_options(rng),
                "rng": f"obj{alias}",
                "id": alias,
                "max-bytes": rate.bytes if rate else None,
                "period": (rate.period or 1000) if rate else None,
                **guest.place(rng),
            }
        )


def add_watchdogs(guest: Guest) -> None:
    watchdogs = guest.domain.devices.watchdogs
    for watchdog in watchdogs:
        guest.device({"driver": watchdog.model, "id": alias_of(watchdog), **guest.place(watchdog)})
    if watchdogs:
        action = watchdogs[0].action or "reset"
        guest.add("-watchdog-action", {"dump": "pause"}.get(action, action))


def add_panics(guest: Guest) -> None:
    for panic in guest.domain.devices.panics:
        if panic.model == "isa":
            address = isa_of(panic)
            guest.device({"driver": "pvpanic", "ioport": (address.iobase or 0) if address else None})


def add_vmcoreinfo(guest: Guest) -> None:
    features = guest.domain.features
    if features is not None and features.vmcoreinfo is not None and features.vmcoreinfo.state:
        guest.device({"driver": "vmcoreinfo"})


def add_tpms(guest: Guest) -> None:
    for tpm in guest.domain.devices.tpms:
        _tpm(guest, tpm)


def _tpm(guest: Guest, tpm: TPM) -> None:
    alias, backend = alias_of(tpm), tpm.backend
    if backend is None:
        return
    name = f"tpm-{alias}"
    if backend.type == "passthrough":
        path = (backend.device.path if backend.device else None) or "/dev/tpm0"
        guest.out.file(path, "rw", "tpm")
        guest.add("-tpmdev", f"passthrough,id={name},path={comma(path)},cancel-path=/dev/null")
    elif backend.type in ("emulator", "external"):
        path = (backend.source.path if backend.source else None) or f"{guest.runtime.home_dir}/swtpm.sock"
        if backend.type == "external":
            guest.out.peer(path)
        # Its socket is there once swtpm runs: not yet, where only a text is wanted.
        unborn = guest.runtime.native and backend.type == "emulator"
        guest.add("-chardev", "null,id=chrtpm" if unborn else f"socket,id=chrtpm,path={comma(path)}")
        guest.add("-tpmdev", f"emulator,id={name},chardev=chrtpm")
    else:
        raise errors.ConfigUnsupported(f"TPM backend '{backend.type}' is not supported yet")
    guest.device({"driver": tpm.model, "tpmdev": name, "id": alias, **guest.place(tpm)})


def add_shmems(guest: Guest) -> None:
    for shmem in guest.domain.devices.shmems:
        alias = alias_of(shmem)
        model = shmem.model.type if shmem.model else None
        if model == "ivshmem-plain":
            size = (shmem.size or 0) << 20
            if not size:
                raise errors.XMLError("shmem size must be at least 1 MiB (1024 KiB)")
            if size & (size - 1):
                raise errors.XMLError("shmem size must be a power of two")
            guest.object(
                "memory-backend-file", f"shmmem-{alias}", size=size, share=True,
                **{"mem-path": f"/dev/shm/{shmem.name}"},
            )  # fmt: skip
            guest.out.file(f"/dev/shm/{shmem.name}", "rw", "shared memory", shared=True)
            properties: Properties = {"driver": "ivshmem-plain", "id": alias, "memdev": f"shmmem-{alias}"}
            if shmem.role is not None:
                properties["master"] = "on" if shmem.role == "master" else "off"
            guest.device(properties | guest.place(shmem))
            continue
        path = (shmem.server.path if shmem.server else None) or f"/var/lib/libvirt/shmem-{shmem.name}-sock"
        properties = {"driver": "ivshmem-doorbell", "id": alias, "chardev": f"char{alias}"}
        if shmem.msi is not None:
            properties |= {"vectors": shmem.msi.vectors, "ioeventfd": shmem.msi.ioeventfd}
        guest.device(properties | guest.place(shmem))
        guest.add("-chardev", f"socket,id=char{alias},path={comma(path)}")
        guest.out.peer(path)


def add_vsock(guest: Guest) -> None:
    vsock = guest.domain.devices.vsock
    if vsock is None:
        return
    handle = "{fd:vsock}" if guest.runtime.native else guest.out.descriptor("vsock", {"kind": "vhost-vsock"})
    cid = vsock.cid.address if vsock.cid else None
    if cid is None and guest.runtime.native:
        cid = 0  # chosen at start
    guest.device(
        {
            "driver": virtio_name("vhost-vsock", vsock.model),
            **virtio_options(vsock),
            "id": alias_of(vsock),
            "guest-cid": cid,
            "vhostfd": handle,
            **guest.place(vsock),
        }
    )


def add_iommu(guest: Guest) -> None:
    iommu = guest.domain.devices.iommu
    if iommu is None:
        return
    driver = iommu.driver
    if iommu.model == "virtio":
        guest.device({"driver": "virtio-iommu", "id": alias_of(iommu), **guest.place(iommu)})
        return
    properties: Properties = {"driver": "intel-iommu", "id": alias_of(iommu)}
    if driver is not None:
        properties |= {
            "intremap": None if driver.intremap is None else ("on" if driver.intremap else "off"),
            "caching-mode": driver.caching_mode,
            "eim": None if driver.eim is None else ("on" if driver.eim else "off"),
            "device-iotlb": driver.iotlb,
            "aw-bits": driver.aw_bits,
        }
    guest.device(properties)
