"""The documents that the benchmark defines, and libvirt beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.measure import Failed, Shell

PREFIX = "virshpy-bench"

# No disk and no kernel: what is measured is bringing QEMU up and down, not the guest. The machine's usual parts are
# in it, so that the command line of QEMU has its usual length.
DOMAIN = """\
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <features>
    <acpi/>
  </features>
  <devices>
    <disk type='file' device='cdrom'>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
    <interface type='user'>
      <mac address='52:54:00:{mac}'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
  </devices>
</domain>
"""

# The same machine by hand.
BARE = (
    "qemu-system-x86_64", "-name", PREFIX, "-machine", "q35,accel=tcg", "-m", "64", "-smp", "1", "-nodefaults",
    "-no-user-config", "-display", "none", "-sandbox", "on,obsolete=deny",
    "-device", "pcie-root-port,id=p1,chassis=1", "-device", "pcie-root-port,id=p2,chassis=2",
    "-device", "pcie-root-port,id=p3,chassis=3", "-device", "ide-cd,bus=ide.0",
    "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,bus=p1",
    "-chardev", "pty,id=s", "-device", "isa-serial,chardev=s",
    "-object", "rng-random,id=r,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=r,bus=p2",
    "-device", "virtio-balloon-pci,bus=p3",
)  # fmt: skip


def documents(folder: Path, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        path = folder / f"{number}.xml"
        mac = ":".join(f"{number >> shift & 255:02x}" for shift in (16, 8, 0))
        path.write_text(DOMAIN.format(name=f"{PREFIX}-{number}", mac=mac))
        paths.append(path)
    return paths


def names(count: int) -> list[str]:
    return [f"{PREFIX}-{number}" for number in range(count)]


def libvirt() -> Shell | None:
    """virsh, where it and a libvirtd that answers are here."""
    if shutil.which("virsh") is None:
        return None
    virsh = Shell("virsh", "-c", "qemu:///system")
    try:
        virsh("list")
    except Failed:
        return None
    return virsh


def clear(shell: Shell) -> None:
    """Removes what an interrupted run left; touches nothing that does not bear the prefix."""
    ours = [name for name in shell("list", "--all", "--name").split() if name.startswith(PREFIX)]
    running = [name for name in shell("list", "--name").split() if name.startswith(PREFIX)]
    if ours:
        shell.script([f"destroy {name}" for name in running] + [f"undefine {name}" for name in ours])
