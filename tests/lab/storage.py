"""Storage in a lab: what pools are made of, each as real as the kernel has it, and gone when its ``with`` ends.

    @pytest.fixture(scope="module")
    def machine() -> Iterator[Lab]:
        with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, storage_lab(Path(root)) as lab:
            yield lab

    with volume_group(lab, "guests") as group:
        lab.run(f"lvcreate -y -L 16M -n one {group.name}")

udevd runs in such a lab from the start, but is told of nothing that was there before. So it costs a second at boot, and
the links below /dev/disk come for every disk that appears: by-id for all, by-path where there is one, as for iSCSI.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.lab.machine import Lab
from tests.storage.tgt import Chap, configuration

__all__ = [
    "Chap", "Map", "ScsiHost", "Share", "Target", "VolumeGroup",
    "iscsi_target", "loops", "multipath", "nfs_server", "scsi_hosts", "storage_lab", "volume_group",
]  # fmt: skip

PACKAGES = (
    "udev", "lvm2", "thin-provisioning-tools", "multipath-tools", "open-iscsi", "tgt", "nfs-kernel-server",
    "parted", "fdisk", "dosfstools", "xfsprogs", "scrub",
)  # fmt: skip
# Where these programs look for what to do, and note what they did. A lab begins without any of it.
KEPT = ("/etc/exports.d", "/etc/iscsi", "/etc/lvm", "/etc/multipath", "/etc/nfs.conf.d", "/etc/udev", "/var/lib/nfs")
EXPORTS = "/srv/nfs"
FILES = {
    "/etc/exports": "",
    # The root of a lab is an overlay, which nfsd cannot export; and version 4 shows everything below one root.
    "/etc/nfs.conf": f"[exports]\nrootdir={EXPORTS}\n",
    "/etc/iscsi/initiatorname.iscsi": "InitiatorName=iqn.2030-01.lab:initiator\n",
    "/etc/iscsi/iscsid.conf": "iscsid.startup = /bin/systemctl start iscsid.socket\nnode.startup = manual\n",
    # A daemon that watches snapshots and thin pools fill up would be started, and stay.
    "/etc/lvm/lvm.conf": "activation {\n\tmonitoring = 0\n}\n",
    "/etc/multipath.conf": "defaults {\n\tfind_multipaths no\n\tuser_friendly_names yes\n}\n",
    # Nobody has locks of before that a server would have to wait for, as it does for a minute and a half.
    "/etc/modprobe.d/lab.conf": "options lockd nlm_grace_period=1 nlm_timeout=3\noptions loop max_loop=0\n",
    # Where the host has it, it would cost a second for each disk.
    "/etc/udev/rules.d/85-hdparm.rules": "",
}
# With the modules come the nodes by which programs ask for a device; udev would have made them on a whole boot.
UNITS = {
    "lab-storage.target": """\
[Unit]
Wants=systemd-udevd.service modprobe@loop.service modprobe@dm_mod.service
[Install]
WantedBy=sysinit.target
"""
}


class VolumeGroup(NamedTuple):
    """``path`` is where its volumes are once they are active; ``devices`` are its physical volumes."""

    name: str
    path: str
    devices: tuple[str, ...]


class Share(NamedTuple):
    """What a server exports: ``path`` is the name that clients use, ``folder`` where it really is."""

    host: str
    path: str
    folder: str


class Target(NamedTuple):
    """An iSCSI target; ``disks`` are the names that its LUNs will have on an initiator that has logged in.

    ``folder`` has a file for each LUN, named after it. ``tgtadm -C PORT`` speaks to its daemon, to which it is ``tid``.
    """

    host: str
    port: int
    iqn: str
    disks: tuple[str, ...]
    chap: Chap | None
    folder: str
    tid: int

    @property
    def portal(self) -> str:
        return f"{self.host}:{self.port}"


class ScsiHost(NamedTuple):
    """An adapter, such as host0, and its disks."""

    name: str
    disks: tuple[str, ...]


class Map(NamedTuple):
    """A multipath map, such as /dev/mapper/mpatha, and the disks that are the ways to it."""

    name: str
    path: str
    disks: tuple[str, ...]


def storage_lab(
    root: Path, *, units: Mapping[str, str] | None = None, files: Mapping[str, str] | None = None, memory: int = 1024
) -> Lab:
    """A lab in which all that this module has can be started. What its virtual disks hold is in its memory (MiB)."""
    return Lab(
        root, units={**UNITS, **(units or {})}, files={**FILES, **(files or {})}, packages=PACKAGES, kept=KEPT,
        memory=memory,
    )  # fmt: skip


@contextmanager
def loops(lab: Lab, *sizes: int) -> Iterator[tuple[str, ...]]:
    """Loop devices of so many MiB. The kernel makes the nodes of their partitions, too."""
    devices: list[str] = []
    folder = lab.run("mktemp -d /var/tmp/lab.loops.XXXX").stdout.strip()
    try:
        for number, size in enumerate(sizes):
            file = f"{folder}/{number}"
            made = lab.run(f"truncate -s {size}M {file} && losetup --find --show --partscan {file}")
            devices.append(made.stdout.strip())
        yield tuple(devices)
    finally:
        lab.run(f"losetup --detach {' '.join(devices)}; rm -r {folder}; udevadm settle")


@contextmanager
def volume_group(lab: Lab, name: str, *sizes: int) -> Iterator[VolumeGroup]:
    """A volume group on loop devices of so many MiB, or on one of 64. Where it is wanted empty, ``loops`` is enough."""
    with loops(lab, *(sizes or (64,))) as devices:
        lab.run(f"vgcreate --quiet {name} {' '.join(devices)}")
        try:
            yield VolumeGroup(name, f"/dev/{name}", devices)
        finally:
            # A test may have removed it, which is why its name may be unknown.
            lab.run(f"! vgs {name} 2>/dev/null || vgremove --quiet --force --force --yes {name}")


NFS_START = f"""
set -e
mkdir -p {EXPORTS} /run/rpcbind /var/lib/nfs/v4recovery
mount -t tmpfs -o mode=755 exports {EXPORTS}
install -d -o statd /var/lib/nfs/sm /var/lib/nfs/sm.bak
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
modprobe nfsd
mount -t nfsd nfsd /proc/fs/nfsd
rpcbind -w
rpc.statd --no-notify
rpc.nfsd 2
echo Y >/proc/fs/nfsd/v4_end_grace
rpc.mountd
"""
NFS_STOP = f"""
while read -r _ place type _; do
  case $type in nfs | nfs4) umount "$place" || umount --force --lazy "$place" ;; esac
done </proc/mounts
exportfs -au
rpc.nfsd 0
exportfs -f
kill $(pgrep --exact 'rpcbind|rpc.statd|rpc.mountd')
: >/etc/exports
umount /proc/fs/nfsd {EXPORTS}
"""
OPTIONS = "rw,no_root_squash,insecure,no_subtree_check"


@contextmanager
def nfs_server(lab: Lab, *names: str, options: str = OPTIONS) -> Iterator[tuple[Share, ...]]:
    """A server of versions 3 and 4 with an export of each name; they have the same path in both.

    A lock over version 3 is given only some seconds after the start. What clients have mounted is unmounted at the end.
    """
    shares = tuple(Share("127.0.0.1", f"/{name}", f"{EXPORTS}/{name}") for name in names)
    lines = "".join(f"{share.path} *({options},fsid={number})\n" for number, share in enumerate(shares, 1))
    folders = " ".join(share.folder for share in shares)
    try:
        lab.run(f"{NFS_START} mkdir {folders}; printf %s {shlex.quote(lines)} >/etc/exports; exportfs -ra")
        yield shares
    finally:
        lab.run(NFS_STOP, check=False)


@contextmanager
def iscsi_target(lab: Lab, iqn: str, *luns: int, chap: Chap | None = None, port: int = 3260) -> Iterator[Target]:
    """A target with a disk of so many MiB for each LUN, from 1 on. A second one beside it has another port.

    Initiators of the lab itself may log in; at the end they are logged out.
    """
    unit, folder = f"lab-tgt-{port}", f"/var/tmp/tgt-{port}"
    target = Target("127.0.0.1", port, iqn, _by_path(iqn, port, len(luns)), chap, folder, port - 3259)
    files = {f"{folder}/{lun}": size for lun, size in enumerate(luns, 1)}
    # SIGTERM it does not hear.
    words = f"--property=Type=notify --property=KillSignal=KILL tgtd -f -C {port} --iscsi portal={target.portal}"
    steps = [f"mkdir {folder}", f"systemd-run --quiet --collect --unit={unit} {words}"]
    steps += [f"truncate --size {size}M {file}" for file, size in files.items()]
    steps += [f"tgtadm -C {port} {shlex.join(said)}" for said in configuration(target.tid, iqn, list(files), chap)]
    try:
        lab.run(" && ".join(steps))
        yield target
    finally:
        node = f"iscsiadm --mode node --targetname {iqn} --portal {target.portal}"
        lab.run(f"{node} --logout; {node} --op delete; systemctl stop {unit}; rm -r {folder}; udevadm settle")


def _by_path(iqn: str, port: int, luns: int) -> tuple[str, ...]:
    start = f"/dev/disk/by-path/ip-127.0.0.1:{port}-iscsi-{iqn}-lun-"
    return tuple(f"{start}{lun}" for lun in range(1, luns + 1))


@contextmanager
def scsi_hosts(lab: Lab, hosts: int = 2, luns: int = 1, size: int = 8) -> Iterator[tuple[ScsiHost, ...]]:
    """Adapters with a disk of ``size`` MiB for each LUN, from 0 on. All disks of one adapter share their content."""
    with _scsi_debug(lab, f"add_host={hosts} max_luns={luns} dev_size_mb={size} per_host_store=1") as found:
        yield found


@contextmanager
def multipath(lab: Lab, size: int = 16) -> Iterator[Map]:
    """A disk of ``size`` MiB that two adapters lead to, and multipathd, which has made one map of both."""
    with _scsi_debug(lab, f"add_host=2 max_luns=1 dev_size_mb={size} vpd_use_hostno=0") as hosts:
        try:
            lab.run("systemctl start multipathd.service && udevadm settle")
            name = lab.run("dmsetup ls --target multipath | cut -f 1").stdout.strip()
            yield Map(name, f"/dev/mapper/{name}", tuple(disk for host in hosts for disk in host.disks))
        finally:
            lab.run("systemctl stop multipathd.socket multipathd.service; multipath -F; udevadm settle")


@contextmanager
def _scsi_debug(lab: Lab, options: str) -> Iterator[tuple[ScsiHost, ...]]:
    """The kernel's simulated adapters: disks in memory, which know most of what a real disk is asked."""
    try:
        lab.run(f"modprobe -a sd_mod && modprobe scsi_debug {options} && udevadm settle")
        places = lab.run(
            "cd /sys/bus/pseudo/drivers/scsi_debug && echo adapter*/host*/target*/*/block/*"
        ).stdout.split()
        found: dict[str, list[str]] = {}
        for place in places:
            found.setdefault(place.split("/")[1], []).append(f"/dev/{place.split('/')[-1]}")
        yield tuple(ScsiHost(name, tuple(disks)) for name, disks in found.items())
    finally:
        lab.run("udevadm settle; modprobe -r scsi_debug && udevadm settle")
