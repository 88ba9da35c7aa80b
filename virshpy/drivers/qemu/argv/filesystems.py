"""Host directories in the guest: 9p, and virtiofs through its daemon's socket."""

from __future__ import annotations

from virshpy.drivers.qemu.argv.guest import Guest, virtio_name, virtio_options
from virshpy.drivers.qemu.argv.words import comma, pairs
from virshpy.drivers.qemu.postparse.aliases import alias_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain.filesystem import Filesystem


def add_filesystems(guest: Guest) -> None:
    for filesystem in guest.domain.devices.filesystems:
        if filesystem.driver is not None and filesystem.driver.type == "virtiofs":
            _virtiofs(guest, filesystem)
        else:
            _ninep(guest, filesystem)


def _virtiofs(guest: Guest, filesystem: Filesystem) -> None:
    alias = alias_of(filesystem)
    source = filesystem.source.socket if filesystem.source else None
    path = source or f"{guest.runtime.home_dir}/{alias}-fs.sock"
    guest.add("-chardev", f"socket,id=chr-vu-{alias},path={comma(path)}")
    if source:
        guest.out.peer(source)
    guest.device(
        {
            "driver": "vhost-user-fs-pci",
            **virtio_options(filesystem),
            "id": alias,
            "chardev": f"chr-vu-{alias}",
            "queue-size": (filesystem.driver.queue if filesystem.driver else None) or None,
            "tag": filesystem.target.dir if filesystem.target else None,
            "bootindex": filesystem.boot.order if filesystem.boot else None,
            **guest.place(filesystem),
        }
    )


def _ninep(guest: Guest, filesystem: Filesystem) -> None:
    alias = alias_of(filesystem)
    model = {"mapped": "mapped", "squash": "none"}.get(filesystem.accessmode or "", "passthrough")
    path = (filesystem.source.dir if filesystem.source else None) or ""
    fmode, dmode, driver = filesystem.fmode, filesystem.dmode, filesystem.driver
    words = {
        "security_model": model,
        "multidevs": filesystem.multidevs if filesystem.multidevs != "default" else None,
        "fmode": f"{fmode:04o}" if fmode is not None else None,
        "dmode": f"{dmode:04o}" if dmode is not None else None,
        "writeout": "immediate" if driver and driver.wrpolicy == "immediate" else None,
        "id": f"fsdev-{alias}",
        "path": path,
        "readonly": filesystem.readonly or None,
    }
    guest.out.file(path, "r" if filesystem.readonly else "rw", "share", shared=True)
    guest.add("-fsdev", ",".join(["local", *pairs(words)]))
    guest.device(
        {
            "driver": virtio_name("virtio-9p", filesystem.model),
            **virtio_options(filesystem),
            "id": alias,
            "fsdev": f"fsdev-{alias}",
            "mount_tag": filesystem.target.dir if filesystem.target else None,
            **guest.place(filesystem),
        }
    )
