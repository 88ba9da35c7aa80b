"""What define refuses, with libvirt's class and sentence; each document differs from a good one in one thing."""

from __future__ import annotations

import pytest

from tests.argv.documents import complete, guest, qemu
from virshpy import errors
from virshpy.drivers.qemu.postparse.accelerator import require_accelerator


def disk(target: str, source: str = "/a", more: str = "") -> str:
    return f"<disk type='file'><source file='{source}'/><target {target}/>{more}</disk>"


ROWS = [
    ("vcpus", guest(before="<vcpu>10000</vcpu>"), errors.ConfigUnsupported,
     "Maximum CPUs greater than specified machine type limit 255"),
    ("topology", guest().replace("<devices>", "<cpu><topology sockets='1' cores='3' threads='1'/></cpu><devices>"),
     errors.ConfigUnsupported, "CPU topology doesn't match maximum vcpu count"),
    ("machine", guest(machine="nope"), errors.XMLError, "No PCI buses available"),
    ("arch", guest().replace("x86_64", "aarch64"), errors.ConfigUnsupported,
     "Emulator '/usr/bin/qemu-system-x86_64' does not support arch 'aarch64'"),
    ("virt type", guest(type="xen"), errors.ConfigUnsupported,
     "Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'xen'"),
    ("os type", guest().replace("hvm", "linux"), errors.ConfigUnsupported,
     "Emulator '/usr/bin/qemu-system-x86_64' does not support os type 'linux'"),
    ("two targets", guest(disk("dev='vda'") + disk("dev='vda'", "/b")), errors.XMLError,
     "target 'vda' duplicated for disk sources '/a' and '/b'"),
    ("no source", guest("<disk type='file'><target dev='vda'/></disk>"), errors.NoSource, "vda"),
    ("no target", guest("<disk type='file'><source file='/a'/></disk>"), errors.NoTarget, "/a"),
    ("pci twice", guest(disk("dev='vda'", more="<address type='pci' slot='7'/>")
                        + disk("dev='vdb'", more="<address type='pci' slot='7'/>")), errors.XMLError,
     "Attempted double use of PCI Address 0000:00:07.0"),
    ("pci chipset", guest(disk("dev='vda'", more="<address type='pci' slot='1'/>")), errors.XMLError,
     "Attempted double use of PCI Address 0000:00:01.0"),
    ("drive twice", guest(disk("dev='hda'") + disk("dev='hdb'", more="<address type='drive' unit='0'/>")),
     errors.ConfigUnsupported, "Found duplicate drive address for disk with target name 'hda' controller='0' bus='0' "
     "target='0' unit='0'"),
    ("fifth ide", guest(disk("dev='hde'")), errors.InternalError, "Only 1 IDE controller is supported"),
    ("ide on q35", guest(disk("dev='hda' bus='ide'"), machine="q35"), errors.ConfigUnsupported,
     "IDE controllers are unsupported for this QEMU binary or machine type"),
    ("partition", guest(disk("dev='vda1'")), errors.ConfigUnsupported,
     "invalid disk target 'vda1', partitions can't appear in disk targets"),
    ("boot order", guest(disk("dev='vda'", more="<boot order='1'/>") + disk("dev='vdb'", more="<boot order='1'/>")),
     errors.ConfigUnsupported, "boot order '1' used for more than one device"),
    ("two ways to boot", guest(disk("dev='vda'", more="<boot order='1'/>")).replace("</os>", "<boot dev='hd'/></os>"),
     errors.ConfigUnsupported, "per-device boot elements cannot be used together with os/boot elements"),
    ("iothread", guest("<disk type='file'><driver iothread='3'/><source file='/a'/><target dev='vda'/></disk>"),
     errors.ConfigUnsupported, "Disk iothread '3' not defined in iothreadid"),
    ("alias", guest(disk("dev='vda'", more="<alias name='ua-x'/>") + disk("dev='vdb'", more="<alias name='ua-x'/>")),
     errors.ConfigUnsupported, "non unique alias detected: ua-x"),
    ("usb port", guest("<input type='tablet' bus='usb'><address type='usb' bus='0' port='9'/></input>"),
     errors.XMLError, "requested USB port 9 not present on USB bus 0"),
    ("usb twice", guest("<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>" * 2),
     errors.XMLError, "Duplicate USB address bus 0 port 1"),
    ("wrong root", guest("<controller type='pci' index='0' model='pci-root'/>", machine="q35"), errors.XMLError,
     "The PCI controller with index='0' must be model='pcie-root' for this machine type, but model='pci-root' was "
     "found instead"),
    ("vnc password", guest("<graphics type='vnc' passwd='ninechars'/>"), errors.ConfigUnsupported,
     "VNC password is 9 characters long, only 8 permitted"),
    ("shared qcow2", guest("<disk type='file'><driver type='qcow2'/><source file='/a'/><target dev='vda'/><shareable/>"
                           "</disk>"), errors.ConfigUnsupported,
     "shared access for disk 'vda' requires use of supported storage format"),
    ("ejectable virtio", guest("<disk device='cdrom'><target dev='vda'/></disk>"), errors.ConfigUnsupported,
     "disk type of 'vda' does not support ejectable media"),
    ("readonly sata", guest(disk("dev='sda' bus='sata'", more="<readonly/>")), errors.ConfigUnsupported,
     "readonly sata disks are not supported"),
    ("second serial console", guest("<console type='pty'/><console type='pty'><target type='serial'/></console>"),
     errors.ConfigUnsupported, "Only the first console can be a serial port"),
    ("spicevmc alone", guest("<channel type='spicevmc'><target type='virtio' name='a'/></channel>"),
     errors.ConfigUnsupported, "chardev 'spicevmc' not supported without spice graphics"),
    ("second vga", guest("<video><model type='qxl'/></video><video><model type='vga'/></video>"),
     errors.ConfigUnsupported, "video type 'vga' is only valid as primary video device"),
    ("tablet on ps2", guest("<input type='tablet' bus='ps2'/>"), errors.InternalError,
     "ps2 bus does not support tablet input device"),
    ("usb device without usb", guest("<controller type='usb' model='none'/><hub type='usb'/>"),
     errors.ConfigUnsupported, "Can't add USB hub: USB is disabled for this domain"),
    ("bridge behind itself", guest("<controller type='pci' index='1' model='pci-bridge'/>", machine="q35"),
     errors.ConfigUnsupported, "PCI controller at index 1 (0x01) has bus='0x01', but index must be larger than bus"),
    ("port without express", guest("<controller type='pci' index='1' model='pcie-root-port'/>"),
     errors.InternalError, "a PCI slot is needed to connect a PCI controller model='pcie-root-port', but none is "
     "available, and it cannot be automatically added"),
    ("two tpms", guest("<tpm><backend type='emulator'/></tpm>" * 2), errors.ConfigUnsupported,
     "only a single TPM non-proxy device is supported"),
    ("bios without serial", guest().replace("</os>", "<bios useserial='yes'/></os>"), errors.XMLError,
     "need at least one serial port to use BIOS serial output"),
    ("uefi without acpi", guest().replace("<os>", "<os firmware='efi'>").replace("<acpi/>", ""),
     errors.ConfigUnsupported, "UEFI requires ACPI on this architecture"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "detail"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_refused(text: str, kind: type[errors.Error], detail: str) -> None:
    with pytest.raises(errors.Error) as caught:
        complete(text)
    assert (type(caught.value), caught.value.detail) == (kind, detail)


def test_the_document_that_the_refused_ones_start_from_is_good() -> None:
    complete(guest(disk("dev='vda'") + disk("dev='hda'")))
    complete(guest(disk("dev='vda'"), machine="q35"))


def test_an_unknown_machine_type_is_named_in_the_hint() -> None:
    with pytest.raises(errors.XMLError) as caught:
        complete(guest(machine="nope"))
    assert "'nope'" in (caught.value.hint or "")


def test_kvm_can_be_defined_where_its_device_opens_and_not_started_where_a_guest_would_hang() -> None:
    caps = qemu()
    domain = complete(guest(type="kvm"), caps)
    with pytest.raises(errors.ConfigUnsupported) as caught:
        require_accelerator(domain, caps)
    assert "vmx" in (caught.value.hint or "")
    caps.kvm_usable = True
    require_accelerator(domain, caps)


def test_kvm_cannot_be_defined_without_its_device() -> None:
    caps = qemu()
    caps.kvm_present = False
    with pytest.raises(errors.ConfigUnsupported, match="does not support virt type 'kvm'") as caught:
        complete(guest(type="kvm"), caps)
    assert caught.value.hint == caps.kvm_reason
