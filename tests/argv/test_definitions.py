"""What define makes of documents that are odd, or come from a running guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.argv.documents import GOLDEN, complete, counting, guest, start
from tests.argv.live import running
from virshpy import errors
from virshpy.drivers.qemu.postparse.firmware import resolve_firmware
from virshpy.drivers.qemu.reading import parse, saved
from virshpy.xml.domain import Domain
from virshpy.xml.domain.security import QEMU_NAMESPACE

CASES = sorted(GOLDEN.glob("*.xml"), key=lambda path: path.name)
SHARED = """<graphics type='vnc' autoport='yes' websocket='-1'/><graphics type='spice' autoport='yes'/>
<graphics type='vnc'><listen type='socket'/></graphics>
<graphics type='vnc'><listen type='network' network='default'/></graphics>
<graphics type='spice'><listen type='socket'/></graphics>
<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default' portgroup='a'/></interface>
<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/></interface>
<serial type='pty'/><console type='pty'><target type='virtio'/></console>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='pty'><target type='virtio' name='mine'/></channel>"""


def test_a_number_beside_something_unknown_is_kept() -> None:
    text = saved(complete(guest(before="<vcpu>2<strange>3</strange></vcpu>")))
    assert "<vcpu placement='static'>2<strange>3</strange></vcpu>" in text
    domain = parse(text)
    assert domain.vcpu is not None and domain.vcpu.value == 2


def test_what_would_read_as_something_else_is_not_stored() -> None:
    domain = complete(guest(before="<description>of\ntwo lines</description>"))
    domain.title = ""  # no document has one
    with pytest.raises(errors.XMLDetail, match="would read as something else: '<title></title>' becomes '<desc"):
        saved(domain)


def test_white_space_is_stored_as_it_was_given() -> None:
    disk = "<disk type='file'><source file='/a&#10;b&#9;c'/><target dev='vda'/><strange name='&#13;'/></disk>"
    text = saved(complete(guest(disk, before="<description>a&#13;\nb</description>")))
    assert "<source file='/a&#10;b&#9;c'/>" in text and "<strange name='&#13;'/>" in text
    assert "<description>a&#13;\nb</description>" in text


def test_a_cdrom_is_in_no_snapshot_without_saying_so() -> None:
    disk = "<disk type='block' device='cdrom' snapshot='no'><source dev='/a'/><target dev='hda'/></disk>"
    text = complete(guest(disk)).format(inactive=True)
    assert "snapshot" not in text and Domain.parse(text).format(inactive=True) == text


def test_an_unknown_element_of_a_known_namespace_keeps_it() -> None:
    strange = f"<strange xmlns='{QEMU_NAMESPACE}'><deep/></strange>"
    text = saved(complete(guest(f"<memballoon model='none'>{strange}</memballoon>")))
    assert f"<qemu:strange xmlns='{QEMU_NAMESPACE}' xmlns:qemu='{QEMU_NAMESPACE}'>" in text and "<qemu:deep/>" in text


def test_a_prefix_means_what_the_element_that_is_written_with_it_means() -> None:
    strange = f"<strange xmlns='{QEMU_NAMESPACE}'><deep xmlns:qemu='urn:x'/></strange>"
    text = complete(guest(f"<memballoon model='none'>{strange}</memballoon>")).format(inactive=True)
    assert "urn:x" not in text and Domain.parse(text).format(inactive=True) == text


def test_an_element_of_no_namespace_within_one_stays_so() -> None:
    strange = "<qemu:strange xmlns:qemu='urn:x'><qemu:a><none/></qemu:a><none/></qemu:strange>"
    text = complete(guest(f"<memballoon model='none'>{strange}</memballoon>")).format(inactive=True)
    assert text.count("<none xmlns=''/>") == 2
    assert Domain.parse(text).format(inactive=True) == text


def test_a_unit_of_an_iscsi_target_is_a_number_wherever_it_is_named() -> None:
    source = "<host name='fd00::1'/><initiator><iqn name='iqn.2020-01.org:a'/></initiator>"
    source = f"<source protocol='iscsi' name='iqn.2020-01.org:b/%s'>{source}</source>"
    device = f"<hostdev mode='subsystem' type='scsi'>{source}</hostdev>"
    assert '"portal":"[fd00::1]:3260","target":"iqn.2020-01.org:b","lun":3' in " ".join(start(guest(device % 3)).argv)
    for wrong in ("x", "9" * 5000):
        with pytest.raises(errors.InternalError, match="cannot parse target for lunStr"):
            start(guest(device % wrong))


def comes_back(definition: Domain) -> None:
    """A running guest's document defines the same guest again; the label says that it was one of ours."""
    live = running(definition).format(secure=True)
    before = definition.format(inactive=True, secure=True)
    again = complete(live)
    again.seclabels = definition.seclabels
    # Which console number a virtio console has is counted before the one that is a serial port is there.
    for console, first in zip(again.devices.consoles, definition.devices.consoles, strict=True):
        console.target = first.target
    assert sorted(again.format(inactive=True, secure=True).splitlines()) == sorted(before.splitlines())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_running_guest_defines_itself_again(case: Path) -> None:
    comes_back(complete(case.read_text()))


def test_what_a_start_chose_is_chosen_again() -> None:
    comes_back(complete(guest(SHARED, machine="q35")))


def test_a_running_guest_has_images_and_no_wish_for_firmware() -> None:
    descriptor = {
        "interface-types": ["uefi"], "features": [], "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
        "mapping": {"device": "flash", "executable": {"filename": "/fw/CODE.fd"},
                    "nvram-template": {"filename": "/fw/VARS.fd"}},
    }  # fmt: skip
    domain = complete(guest(machine="q35").replace("<os>", "<os firmware='efi'>"))
    context = counting()
    context.firmware = [descriptor]
    resolve_firmware(domain, context)
    again = complete(domain.format(secure=True))
    assert again.os is not None and domain.os is not None and again.os.firmware is None
    assert (again.os.loader, again.os.nvram) == (domain.os.loader, domain.os.nvram)


DROPPED = [  # what a document says of a display, and what is kept of it: libvirt 9.0's answers
    ("<graphics type='vnc' port='5901' autoport='yes'/>", "type='vnc' port='-1' autoport='yes'"),
    ("<graphics type='vnc' port='-1' autoport='no'/>", "type='vnc' autoport='no'"),
    ("<graphics type='vnc' port='5901' socket='/s' websocket='5700' listen='1.2.3.4'/>", "type='vnc' socket='/s'"),
    ("<graphics type='vnc' passwdValidTo='2030-01-01T00:00:00'/>", "type='vnc' port='-1' autoport='yes'"),
    ("<graphics type='vnc' display=':0' port='1' fullscreen='x'/>", "type='vnc' port='1' autoport='no'"),
    ("<graphics type='vnc'><listen type='socket' socket='/var/lib/libvirt/qemu/domain-3-x/vnc.sock'/></graphics>",
     "type='vnc' port='-1' autoport='yes'"),
    ("<graphics type='spice' port='5900' tlsPort='5901' autoport='yes'/>", "type='spice' autoport='yes'"),
    ("<graphics type='spice' port='5900' tlsPort='5901'><listen type='none'/></graphics>", "type='spice'"),
    ("<graphics type='spice' port='-1'/>", "type='spice' port='-1' autoport='no'"),
    ("<graphics type='spice' port='-1' tlsPort='-1' sharePolicy='x'/>", "type='spice' autoport='yes'"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), DROPPED)
def test_displays(given: str, kept: str) -> None:
    (display,) = complete(guest(given)).devices.graphics
    assert f"<graphics {kept}>" in display.format(inactive=True)


@pytest.mark.parametrize(("kind", "kept"), [
    ("dynamic", "<seclabel type='dynamic' model='dac' relabel='yes'/>"),
    ("none", "<seclabel type='none' model='dac' relabel='yes'/>"),
    ("static", "<seclabel type='static' model='dac' relabel='yes'>\n    <label>+1:+1</label>\n  </seclabel>"),
])  # fmt: skip
def test_labels(kind: str, kept: str) -> None:
    label = "<label>+1:+1</label><imagelabel>+1:+1</imagelabel>"
    given = f"<seclabel type='{kind}' model='dac' relabel='yes'>{label}</seclabel>"
    assert f"  {kept}\n" in saved(complete(guest(before=given)))


def test_a_source_has_what_its_kind_of_interface_has() -> None:
    everything = "network='n' bridge='b' dev='d' name='m' path='/p' portgroup='g'"
    for kind, kept in (("network", "network='n' portgroup='g'"), ("bridge", "bridge='b'"), ("internal", "name='m'")):
        text = saved(complete(guest(f"<interface type='{kind}'><source {everything}/></interface>")))
        assert f"<source {kept}/>" in text


def test_the_uuid_of_the_firmware_tables_is_the_guests() -> None:
    uuid = "0B1C2D3E-4f50-4162-8374-95a6b7c8d9e0"
    info = f"<sysinfo type='smbios'><system><entry name='uuid'>{uuid}</entry></system></sysinfo>"
    document = guest(before=info)
    with pytest.raises(errors.Error, match="UUID mismatch between <uuid> and <sysinfo>"):
        complete(document)
    without = document.replace("<uuid>3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6aff</uuid>", "")
    assert complete(without).uuid == uuid.lower()


def test_elements_that_say_nothing_are_left_out() -> None:
    info = "<sysinfo type='smbios'><bios/><baseBoard/><chassis/><oemStrings/><entry name='opt/x'>a</entry></sysinfo>"
    hyperv = "<hyperv><vendor_id state='off' value='x'/><spinlocks state='off' retries='5'/></hyperv>"
    document = guest(before=info).replace("<acpi/>", f"<acpi/>{hyperv}")
    text = saved(complete(document))
    assert "  <sysinfo type='smbios'/>\n" in text
    assert "<vendor_id state='off'/>" in text and "<spinlocks state='off'/>" in text
    smbios = document.replace("hvm</type>", "hvm</type><smbios mode='sysinfo'/>")
    assert not [word for word in start(smbios).argv if word.startswith("type=2")]


@pytest.mark.parametrize(("readonly", "nvram", "flash"), [
    ("", "<nvram template='/v'/>", "pflash0=libvirt-pflash0-format"),
    (" readonly='no'", "<nvram>/store</nvram>", "pflash0=libvirt-pflash0-format,pflash1=libvirt-pflash1-format"),
    (" readonly='yes'", "<nvram template='/v'/>", "pflash0=libvirt-pflash0-format,pflash1=libvirt-pflash1-format"),
])  # fmt: skip
def test_flash_is_written_unless_it_is_read_only(readonly: str, nvram: str, flash: str) -> None:
    loader = f"hvm</type><loader type='pflash'{readonly}>/CODE.fd</loader>{nvram}"
    argv = start(guest(machine="q35").replace("hvm</type>", loader)).argv
    assert argv[argv.index("-machine") + 1].endswith(f",{flash}")
    (node,) = [word for word in argv if word.startswith('{"node-name":"libvirt-pflash0-format"')]
    assert f'"read-only":{"true" if "yes" in readonly else "false"}' in node


@pytest.mark.parametrize("letter", ["n", "é"])
def test_a_name_is_short_enough_for_a_file(letter: str) -> None:
    longest = letter * (247 // len(letter.encode()))
    assert longest in saved(complete(guest().replace("small", longest)))
    with pytest.raises(errors.SystemCallError, match="File name too long") as caught:
        saved(complete(guest().replace("small", longest + letter)))
    assert "has at most 247 bytes" in (caught.value.hint or "")


def test_a_clock_that_no_calendar_has() -> None:
    clock = f"<clock offset='variable' adjustment='{2**63 - 1}'/>"
    with pytest.raises(errors.ConfigUnsupported, match="no calendar"):
        start(guest(before=clock))


def hostdev(number: int, address: str = "") -> str:
    return (
        f"<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host{number}'/>"
        f"<address bus='0' target='0' unit='0'/></source>{address}</hostdev>"
    )


def test_scsi_host_devices_have_the_units_that_disks_left() -> None:
    disks = "".join(f"<disk type='file'><source file='/{n}'/><target dev='sd{n}'/></disk>" for n in "abcdef")
    controller = "<controller type='scsi' model='virtio-scsi' index='0'/>"
    devices = complete(guest(controller + disks + "".join(map(hostdev, range(3))))).devices
    units = [(device.address.controller, device.address.unit) for device in devices.hostdevs]  # type: ignore[union-attr]
    assert units == [(0, 6), (1, 0), (1, 1)]
    assert [c.model for c in devices.controllers if c.type == "scsi"] == ["virtio-scsi"] * 2
    last = complete(guest("".join(map(hostdev, range(7 * 300))))).devices.hostdevs[-1]
    assert last.address.controller == 299  # type: ignore[union-attr]


def test_what_no_kind_of_host_device_reads_is_left_out() -> None:
    usb = "<source><vendor id='0x1234'/><product id='0xbeef'/></source><readonly/><shareable/>"
    text = saved(complete(guest(f"<hostdev mode='subsystem' type='usb'><driver name='vfio'/>{usb}</hostdev>")))
    assert "<readonly/>" not in text and "<shareable/>" not in text and "<driver name='vfio'/>" not in text


def test_a_network_may_be_one_of_host_devices() -> None:
    interface = "<interface type='network'><source network='n'/><model type='virtio'/>{}</interface>"
    complete(guest(interface.format("<teaming type='persistent'/><alias name='ua-x'/>")
                   + interface.format("<teaming type='transient' persistent='ua-x'/>")))  # fmt: skip


def test_names_of_disks_come_round_as_numbers_of_c_do() -> None:
    disk = "<disk type='file'><source file='/a'/><target dev='vd{}' bus='virtio'/></disk>"
    assert "virtio-disk1247863766" in " ".join(start(guest(disk.format("a" * 14))).argv)


def test_a_machine_without_pci_has_the_usb_that_it_has() -> None:
    argv = start(guest("<memballoon model='none'/>", machine="isapc")).argv
    assert "-usb" in argv
    assert "-usb" not in start(guest(machine="pc")).argv + start(guest(machine="q35")).argv
