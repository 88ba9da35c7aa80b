"""What libvirt refuses when it reads a guest's document: the same class of error, and the same sentence."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain

DISK = "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/>%s</disk>"
NIC = "<interface type='user'>%s</interface>"

REFUSED: list[tuple[str, type[errors.Error], str]] = [
    ("<domain/>", errors.NoName, "missing name information"),
    ("<domain type='qemu'><name></name></domain>", errors.NoName, "missing name information"),
    ("<domain><name>a</name></domain>", errors.InternalError, "internal error: missing domain type attribute"),
    ("<domain type='x'><name>a</name></domain>", errors.ConfigUnsupported,
     "unsupported configuration: invalid domain type x"),
    ("<domain type='qemu'><name>a</name></domain>", errors.XMLError, "XML error: an os <type> must be specified"),
    (guest(memory="0"), errors.XMLError,
     "XML error: Memory size must be specified via <memory> or in the <numa> configuration"),
    (guest(memory="1x"), errors.XMLError, "XML error: Invalid value '1x' for element or attribute './memory[1]'"),
    (guest(name="a/b"), errors.XMLError, "XML error: name a/b cannot contain '/'"),
    (guest(name="a\nb"), errors.XMLDetail, "invalid char in name: \n"),
    (guest("<title>a\nb</title>"), errors.XMLError, "XML error: Domain title can't contain newlines"),
    (guest("<uuid>123</uuid>"), errors.InternalError, "internal error: malformed uuid element"),
    (guest("<vcpu>many</vcpu>"), errors.XMLError, "XML error: maximum vcpus count must be an integer"),
    (guest("<vcpu current='3'>2</vcpu>"), errors.ConfigUnsupported,
     "unsupported configuration: maximum vCPU count must not be less than current vCPU count"),
    (guest("<vcpu cpuset='x'>2</vcpu>"), errors.InvalidArg, "invalid argument: Failed to parse bitmap 'x'"),
    (guest("<on_crash>sing</on_crash>"), errors.ConfigUnsupported,
     "unsupported configuration: unknown on_crash action: sing"),
    (guest("<features><wings/></features>"), errors.ConfigUnsupported,
     "unsupported configuration: unexpected feature 'wings'"),
    (guest("<cpu mode='fast'/>"), errors.ConfigUnsupported, "unsupported configuration: Invalid mode attribute 'fast'"),
    (guest("<cpu><topology sockets='1' cores='0' threads='1'/></cpu>"), errors.XMLError,
     "XML error: Invalid value for attribute 'cores' in element 'topology': Zero is not permitted"),
    (guest("<cpu><numa><cell id='1' cpus='0' memory='1024'/></numa></cpu>"), errors.XMLError,
     "XML error: Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not starting "
     "from 0 are not allowed"),
    (guest("<cpu><numa><cell cpus='0' memory='1024'/><cell cpus='0' memory='1024'/></numa></cpu>"),
     errors.ConfigUnsupported, "unsupported configuration: NUMA cells 1 and 0 have overlapping vCPU ids"),
    (guest("<numatune><memnode cellid='0' nodeset='0'/></numatune>"), errors.XMLError,
     "XML error: Element 'memnode' is invalid without any guest NUMA cells"),
    (guest("<iothreads>1</iothreads><cputune><iothreadpin iothread='2' cpuset='0'/></cputune>"),
     errors.ConfigUnsupported, "unsupported configuration: Cannot find 'iothread' : 2"),
    (guest("<cputune><vcpusched vcpus='0-1' scheduler='idle'/><vcpusched vcpus='1' scheduler='batch'/></cputune>"),
     errors.XMLDetail, "'vcpusched' attributes 'vcpus' must not overlap"),
    (guest("<sysinfo type='smbios'><bios><entry name='date'>1.2.2020</entry></bios></sysinfo>"), errors.XMLDetail,
     "Invalid BIOS 'date' format"),
    (guest("<vcpu cpuset='0-16384'>1</vcpu>"), errors.InvalidArg,
     "invalid argument: Failed to parse bitmap '0-16384'"),
    (guest("<cputune><shares>x</shares></cputune>"), errors.XMLError,
     "XML error: can't parse cputune shares value"),
    (guest(devices=DISK.replace("virtio", "pigeon") % ""), errors.XMLError,
     "XML error: Invalid value for attribute 'bus' in element 'target': 'pigeon'."),
    (guest(devices=DISK % "<address type='cloud'/>"), errors.ConfigUnsupported,
     "unsupported configuration: unknown address type 'cloud'"),
    (guest(devices=DISK % "<address type='pci' slot='0x20'/>"), errors.XMLError,
     "XML error: Invalid PCI address slot='0x20', must be <= 0x1F"),
    (guest(devices=DISK % "<wwn>12</wwn>"), errors.InternalError, "internal error: Malformed wwn: 12"),
    (guest(devices=DISK % "<boot order='0'/>"), errors.XMLError,
     "XML error: Invalid value for attribute 'order' in element 'boot': Zero is not permitted"),
    (guest(devices=NIC % "<mac address='zz'/>"), errors.XMLError, "XML error: unable to parse mac address 'zz'"),
    (guest(devices=NIC % "<mac address='01:00:5e:00:00:01'/>"), errors.XMLError,
     "XML error: expected unicast mac address, found multicast '01:00:5e:00:00:01'"),
    (guest(devices="<interface type='network'><source/></interface>"), errors.XMLError,
     "XML error: No <source> 'network' attribute specified with <interface type='network'/>"),
    (guest(devices="<serial type='smoke'/>"), errors.ConfigUnsupported,
     "unsupported configuration: unknown type presented to host for character device: smoke"),
    (guest(devices="<video><model type='crt'/></video>"), errors.ConfigUnsupported,
     "unsupported configuration: unknown video model 'crt'"),
    (guest(devices="<tpm model='tpm-tis'/>"), errors.XMLError, "XML error: missing TPM device backend"),
    (guest(devices="<controller type='usb' model='x'/>"), errors.ConfigUnsupported,
     "unsupported configuration: Unknown model type 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "message"), REFUSED, ids=[message[:60] for _, _, message in REFUSED])
def test_refused_with_libvirts_words(text: str, kind: type[errors.Error], message: str) -> None:
    with pytest.raises(errors.Error) as caught:
        Domain.parse(text)
    assert type(caught.value) is kind
    assert caught.value.message == message
    assert "line" in (caught.value.hint or "")


BROKEN = [
    ("<domain type='qemu'>\n<name>a</nam>\n</domain>\n",
     "(domain_definition):2: Opening and ending tag mismatch: name line 2 and nam\n<name>a</nam>\n-------------^"),
    ("<domain>\n<name>a</name>\n", "(domain_definition):3: Premature end of data in tag domain line 1\n(null)\n^"),
    ("", "(domain_definition):1: Document is empty\n(null)\n^"),
    ("hello", "(domain_definition):1: Start tag expected, '<' not found\nhello\n^"),
    ("<domain a='1' a='2'/>",
     "(domain_definition):1: Attribute a redefined\n<domain a='1' a='2'/>\n-------------------^"),
    ("<domain><name>&foo;</name></domain>",
     "(domain_definition):1: Entity 'foo' not defined\n<domain><name>&foo;</name></domain>\n-------------------^"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[message[:50] for _, message in BROKEN])
def test_broken_documents_are_explained_as_libxml2_does(text: str, message: str) -> None:
    with pytest.raises(errors.XMLDetail) as caught:
        Domain.parse(text)
    assert caught.value.message == message


def test_what_libvirt_passes_over_is_passed_over() -> None:
    domain = Domain.parse(guest("<clock offset=''/>", "<graphics type='vnc' autoport='perhaps'/>"))
    assert domain.clock is not None
    assert domain.clock.offset == "utc"
    assert domain.devices.graphics[0].autoport is None


def test_what_is_left_out_of_an_element_is_filled_in_where_no_host_is_needed() -> None:
    domain = Domain.parse(guest("<features><pmu/></features>", DISK % "<address type='pci' slot='3'/>"))
    disk = domain.devices.disks[0]
    assert (disk.type, disk.device) == ("file", "disk")
    assert "<pmu state='on'/>" in domain.format()
    assert "<address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>" in domain.format()


def test_what_a_device_has_no_use_for_is_left_out() -> None:
    plain = "<model type='e1000'/><driver name='vhost'/><backend tap='/t' vhost='/v'/><filterref filter='f'/>"
    virtio = "<model type='virtio'/><driver queues='1'/>"
    one, other = Domain.parse(guest(devices=NIC % plain + NIC % virtio)).devices.interfaces
    assert (one.driver, one.filterref) == (None, None)
    assert one.backend is not None and (one.backend.tap, one.backend.vhost) == ("/t", None)
    assert other.driver is not None and other.driver.queues is None


def test_the_largest_memory_limit_means_none() -> None:
    text = guest("<memtune><hard_limit unit='KiB'>9007199254740991</hard_limit></memtune>")
    assert "memtune" not in Domain.parse(text).format()
