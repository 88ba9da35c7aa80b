"""Of several mistakes in a document the first one told is that which libvirt 9.0 tells, however they are ordered."""

from __future__ import annotations

import pytest

from virshpy import errors
from virshpy.xml.domain import Domain

# Where it stands, the mistake, what libvirt says of it: in the order in which libvirt finds them.
MISTAKES = [
    ("dom", "<uuid>x</uuid>",
     "internal error: malformed uuid element"),
    ("dom", "<genid>y</genid>",
     "internal error: malformed genid element"),
    ("dom", "<title>a\nb</title>",
     "XML error: Domain title can't contain newlines"),
    ("dom", "<seclabel type='bad13'/>",
     "XML error: Invalid value for attribute 'type' in element 'seclabel': 'bad13'."),
    ("dom", "<currentMemory unit='ww'>1</currentMemory>",
     "invalid argument: unknown suffix 'ww'"),
    ("dom", "<memoryBacking><source type='bad1'/></memoryBacking>",
     "unsupported configuration: unknown memoryBacking/source/type 'bad1'"),
    ("dom", "<memtune><hard_limit unit='vv'>1</hard_limit></memtune>",
     "invalid argument: unknown suffix 'vv'"),
    ("dom", "<vcpu>x</vcpu>",
     "XML error: maximum vcpus count must be an integer"),
    ("dom", "<vcpus><vcpu id='x'/></vcpus>",
     "XML error: Invalid value for attribute 'id' in element 'vcpu': 'x'. Expected non-negative integer value"),
    ("dom", "<iothreads>x</iothreads>",
     "XML error: invalid iothreads count 'x'"),
    ("dom", "<iothreadids><iothread id='x'/></iothreadids>",
     "XML error: Invalid value for attribute 'id' in element 'iothread': 'x'. Expected non-negative integer value"),
    ("dom", "<cputune><shares>x</shares></cputune>",
     "XML error: can't parse cputune shares value"),
    ("dom", "<cpu mode='bad5'/>",
     "unsupported configuration: Invalid mode attribute 'bad5'"),
    ("dom", "<numatune><memory mode='bad2'/></numatune>",
     "unsupported configuration: Unsupported NUMA memory tuning mode 'bad2'"),
    ("dom", "<features><bad4/></features>",
     "unsupported configuration: unexpected feature 'bad4'"),
    ("dom", "<on_reboot>bad8</on_reboot>",
     "unsupported configuration: unknown on_reboot action: bad8"),
    ("dom", "<on_poweroff>bad7</on_poweroff>",
     "unsupported configuration: unknown on_poweroff action: bad7"),
    ("dom", "<on_crash>bad9</on_crash>",
     "unsupported configuration: unknown on_crash action: bad9"),
    ("dom", "<on_lockfailure>bad10</on_lockfailure>",
     "unsupported configuration: unknown on_lockfailure action: bad10"),
    ("dom", "<pm><suspend-to-mem enabled='bad11'/></pm>",
     "XML error: Invalid value for attribute 'enabled' in element 'suspend-to-mem': 'bad11'."),
    ("dom", "<perf><event name='bad12' enabled='yes'/></perf>",
     "XML error: Invalid value for attribute 'name' in element 'event': 'bad12'."),
    ("dom", "<clock offset='bad6'/>",
     "unsupported configuration: unknown clock offset 'bad6'"),
    ("osin", "<loader type='bad18'>/a</loader>",
     "XML error: Invalid value for attribute 'type' in element 'loader': 'bad18'."),
    ("osin", "<acpi><table type='bad21'>/a</table></acpi>",
     "XML error: Unknown acpi table type: bad21"),
    ("osin", "<boot dev='bad17'/>",
     "XML error: Invalid value for attribute 'dev' in element 'boot': 'bad17'."),
    ("osin", "<bootmenu enable='bad19'/>",
     "XML error: Invalid value for attribute 'enable' in element 'bootmenu': 'bad19'."),
    ("dev", "<disk device='bad30'/>",
     "XML error: Invalid value for attribute 'device' in element 'disk': 'bad30'."),
    ("dev", "<controller type='bad31'/>",
     "XML error: Invalid value for attribute 'type' in element 'controller': 'bad31'."),
    ("dev", "<lease><lockspace>x</lockspace></lease>",
     "XML error: Missing 'key' element for lease"),
    ("dev", "<filesystem type='bad32'/>",
     "XML error: Invalid value for attribute 'type' in element 'filesystem': 'bad32'."),
    ("dev", "<interface type='bad33'/>",
     "XML error: Invalid value for attribute 'type' in element 'interface': 'bad33'."),
    ("dev", "<smartcard mode='bad34'/>",
     "XML error: Invalid value for attribute 'mode' in element 'smartcard': 'bad34'."),
    ("dev", "<parallel type='bad36'/>",
     "unsupported configuration: unknown type presented to host for character device: bad36"),
    ("dev", "<serial type='bad35'/>",
     "unsupported configuration: unknown type presented to host for character device: bad35"),
    ("dev", "<console type='bad37'/>",
     "unsupported configuration: unknown type presented to host for character device: bad37"),
    ("dev", "<channel type='bad38'/>",
     "unsupported configuration: unknown type presented to host for character device: bad38"),
    ("dev", "<input type='bad39'/>",
     "unsupported configuration: unknown input device type 'bad39'"),
    ("dev", "<graphics type='bad40'/>",
     "XML error: Invalid value for attribute 'type' in element 'graphics': 'bad40'."),
    ("dev", "<sound model='bad41'/>",
     "XML error: Invalid value for attribute 'model' in element 'sound': 'bad41'."),
    ("dev", "<audio id='1' type='bad42'/>",
     "XML error: Invalid value for attribute 'type' in element 'audio': 'bad42'."),
    ("dev", "<video><model type='bad43'/></video>",
     "unsupported configuration: unknown video model 'bad43'"),
    ("dev", "<hostdev mode='bad44'/>",
     "unsupported configuration: unknown hostdev mode 'bad44'"),
    ("dev", "<watchdog model='bad45'/>",
     "unsupported configuration: unknown watchdog model 'bad45'"),
    ("dev", "<memballoon model='bad46'/>",
     "XML error: Invalid value for attribute 'model' in element 'memballoon': 'bad46'."),
    ("dev", "<rng model='bad47'/>",
     "unsupported configuration: unknown RNG model 'bad47'"),
    ("dev", "<tpm model='bad48'/>",
     "XML error: Invalid value for attribute 'model' in element 'tpm': 'bad48'."),
    ("dev", "<nvram><address type='bad49'/></nvram>",
     "unsupported configuration: unknown address type 'bad49'"),
    ("dev", "<hub type='bad50'/>",
     "unsupported configuration: unknown hub device type 'bad50'"),
    ("dev", "<redirdev bus='bad51'/>",
     "unsupported configuration: unknown redirdev bus 'bad51'"),
    ("dev", "<redirfilter><usbdev class='x' allow='yes'/></redirfilter>",
     "XML error: Invalid value for attribute 'class' in element 'usbdev': 'x'. Expected integer value"),
    ("dev", "<panic model='bad52'/>",
     "unsupported configuration: unknown panic model 'bad52'"),
    ("dev", "<shmem name='a'><model type='bad53'/></shmem>",
     "XML error: Invalid value for attribute 'type' in element 'model': 'bad53'."),
    ("dev", "<memory model='bad54'/>",
     "XML error: Invalid value for attribute 'model' in element 'memory': 'bad54'."),
    ("dev", "<iommu model='bad55'/>",
     "XML error: Invalid value for attribute 'model' in element 'iommu': 'bad55'."),
    ("dev", "<vsock model='bad56'/>",
     "XML error: Invalid value for attribute 'model' in element 'vsock': 'bad56'."),
    ("dom", "<idmap><uid start='x' target='0' count='1'/></idmap>",
     "XML error: invalid idmap start/target/count settings"),
    ("dom", "<sysinfo type='bad3'/>",
     "XML error: Invalid value for attribute 'type' in element 'sysinfo': 'bad3'."),
    ("dom", "<keywrap><cipher name='bad14' state='on'/></keywrap>",
     "XML error: Invalid value for attribute 'name' in element 'cipher': 'bad14'."),
    ("dom", "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg/></q:commandline>",
     "internal error: No qemu command-line argument specified"),
]  # fmt: skip


def document(mistakes: list[tuple[str, str, str]]) -> str:
    """All of them in one guest, the last that libvirt finds first."""
    parts = {where: "".join(text for place, text, _ in reversed(mistakes) if place == where)
             for where in ("dom", "osin", "dev")}  # fmt: skip
    return (
        f"<domain type='qemu'><devices>{parts['dev']}</devices>{parts['dom']}"
        f"<os>{parts['osin']}<type>hvm</type></os><memory>65536</memory><name>o</name></domain>"
    )


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[text for _, text, _ in MISTAKES])
def test_the_first_is_libvirts(number: int) -> None:
    with pytest.raises(errors.Error) as caught:
        Domain.parse(document(MISTAKES[number:]))
    assert caught.value.message == MISTAKES[number][2]
