"""domxml-from-native: our own command lines give the same guest again, hand-written ones what they say."""

from __future__ import annotations

import json
import random
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from tests.argv.documents import GOLDEN, complete, qemu
from virshpy import errors
from virshpy.drivers.qemu.argv.native import domxml_to_native
from virshpy.drivers.qemu.from_native import from_native
from virshpy.xml.domain import Domain

CASES = sorted(GOLDEN.glob("*.xml"))


def options(text: str) -> Counter[str]:
    """What a command line says, each option with its value."""
    found: list[str] = []
    for word in shlex.split(text):
        if word.startswith("-") or not found:
            found.append(word)
        else:
            found[-1] += f" {word}"
    # Block nodes are numbered from the last disk of a document, and disks of one bus may have changed places.
    return Counter(re.sub(r"libvirt-[0-9]+-", "libvirt-N-", option) for option in found)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_our_own_command_line_gives_the_same_guest(case: Path) -> None:
    first = domxml_to_native(complete(case.read_text()), qemu())
    document = from_native(first).format(secure=True)
    again = domxml_to_native(complete(document), qemu())
    assert options(again) - options(first) == Counter(), "said now and not before"
    assert options(first) - options(again) == Counter(), "said before and not now"


def read(line: str, program: str = "qemu-system-x86_64") -> Domain:
    return from_native(f"{program} {line}")


def text(line: str) -> str:
    """The document on one line, without spaces between elements."""
    return re.sub(r">\s+<", "><", read(line).format(secure=True))


SAYS = [
    ("-m 2G", "<memory unit='KiB'>2097152</memory>"),
    ("-m size=512,slots=2,maxmem=1G", "<maxMemory slots='2' unit='KiB'>1048576</maxMemory>"),
    ("-smp 8,sockets=2", "<topology sockets='2' dies='1' cores='4' threads='1'/>"),
    ("-smp 2,maxcpus=4", "<vcpu placement='static' current='2'>4</vcpu>"),
    ("-cpu Nehalem,+avx,-vmx,hv_relaxed,kvm=off", "<hidden state='on'/>"),
    ("-cpu Nehalem,+avx,-vmx", "<feature policy='disable' name='vmx'/>"),
    ("-cpu qemu64,pclmulqdq=on", "<feature policy='require' name='pclmuldq'/>"),
    ("-name guest=web,debug-threads=on", "<name>web</name>"),
    ("-machine q35,accel=kvm", "<domain type='kvm'>"),
    ("-enable-kvm", "<domain type='kvm'>"),
    ("-hda /images/a.img", "<target dev='hda' bus='ide'/>"),
    ("/images/a.img", "<source file='/images/a.img'/>"),
    ("-cdrom /images/a.iso", "<target dev='hdc' bus='ide'/><readonly/>"),
    ("-M q35 -cdrom /images/a.iso", "<target dev='sdc' bus='sata'/>"),
    ("-fda /images/a.img", "<target dev='fda' bus='fdc'/>"),
    ("-drive file=/a,if=virtio,format=qcow2,cache=none,aio=native",
     "<driver name='qemu' type='qcow2' cache='none' io='native'/>"),
    ("-drive file=/dev/vg/lv,if=virtio", "<disk type='block' device='disk'>"),
    ("-drive file=nbd://host:1234/export,if=virtio,format=raw",
     "<source protocol='nbd' name='export'><host name='host' port='1234'/></source>"),
    ("-drive file=fat:rw:/srv/floppy,if=virtio,format=raw",
     "<driver name='qemu' type='fat'/><source dir='/srv/floppy'/>"),
    ("-device qemu-xhci -device usb-storage,removable=on", "<disk type='file' device='cdrom'>"),
    ("-drive file=/a,,b.img,if=virtio,serial=X1", "<source file='/a,b.img'/>"),
    ("-drive file=/a,if=virtio,media=cdrom,readonly=on", "<disk type='file' device='cdrom'>"),
    ("-drive if=none,id=d,file=/a,format=raw -device virtio-blk-pci,drive=d,addr=7",
     "<address type='pci' domain='0x0000' bus='0x00' slot='0x07' function='0x0'/>"),
    ("-blockdev driver=qcow2,node-name=n,file.driver=file,file.filename=/a -device virtio-blk-pci,drive=n",
     "<driver name='qemu' type='qcow2'/><source file='/a'/>"),
    ("-drive if=pflash,file=/ovmf/CODE.fd,readonly=on,format=raw -drive if=pflash,file=/ovmf/VARS.fd,format=raw",
     "<loader readonly='yes' type='pflash'>/ovmf/CODE.fd</loader><nvram>/ovmf/VARS.fd</nvram>"),
    ("-bios /seabios.bin", "<loader type='rom'>/seabios.bin</loader>"),
    ("-net nic,model=virtio,macaddr=52:54:00:00:00:01 -net user",
     "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"),
    ("-nic bridge,br=br7,model=e1000", "<interface type='bridge'><source bridge='br7'/><model type='e1000'/>"),
    ("-nic user", "<interface type='user'><model type='e1000'/></interface>"),
    ("-netdev tap,id=n,ifname=tap3,script=no,downscript=no -device virtio-net,netdev=n,mac=52:54:00:00:00:02",
     "<target dev='tap3' managed='no'/><model type='virtio'/>"),
    ("-netdev socket,id=n,listen=127.0.0.1:5558 -device e1000,netdev=n",
     "<interface type='server'><source address='127.0.0.1' port='5558'/>"),
    ("-kernel /k -initrd /i -append 'console=ttyS0 quiet'", "<cmdline>console=ttyS0 quiet</cmdline>"),
    ("-vnc :5", "<graphics type='vnc' port='5905' autoport='no'>"),
    ("-vnc unix:/run/v.sock", "<listen type='socket' socket='/run/v.sock'/>"),
    ("-spice port=5901,disable-ticketing=on", "<graphics type='spice' port='5901' autoport='no'>"),
    ("-vga none", "<video><model type='none'/></video>"),
    ("-vga qxl", "<model type='qxl' "),
    ("-nographic", "<serial type='pty'>"),
    ("-serial mon:stdio", "<serial type='pty'>"),
    ("-serial file:/var/log/guest.log", "<serial type='file'><source path='/var/log/guest.log'/>"),
    ("-serial tcp:127.0.0.1:4444,server,nowait",
     "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='4444'/><protocol type='raw'/>"),
    ("-serial unix:/run/s.sock,server=on,wait=off", "<serial type='unix'><source mode='bind' path='/run/s.sock'/>"),
    ("-chardev pty,id=c -device isa-serial,chardev=c", "<serial type='pty'>"),
    ("-usb -device usb-tablet", "<input type='tablet' bus='usb'/>"),
    ("-device qemu-xhci -device usb-kbd", "<controller type='usb' index='0' model='qemu-xhci'/>"),
    ("-usb -usbdevice tablet", "<controller type='usb' index='0' model='piix3-uhci'/>"),
    ("-m 64", "<controller type='usb' index='0' model='none'/>"),
    ("-boot order=dcn,menu=on,splash-time=3000",
     "<boot dev='cdrom'/><boot dev='hd'/><boot dev='network'/><bootmenu enable='yes' timeout='3000'/>"),
    ("-uuid 6f0c3d8e-4c1b-4a58-9b54-2e8f5a3d7c10", "<uuid>6f0c3d8e-4c1b-4a58-9b54-2e8f5a3d7c10</uuid>"),
    ("-rtc base=localtime,driftfix=slew", "<clock offset='localtime'><timer name='rtc' tickpolicy='catchup'/></clock>"),
    ("-no-reboot", "<on_reboot>destroy</on_reboot>"),
    ("-device virtio-balloon-pci", "<memballoon model='virtio'/>"),
    ("-m 64", "<memballoon model='none'/>"),
    ("-object rng-random,id=r,filename=/dev/urandom -device virtio-rng-pci,rng=r",
     "<backend model='random'>/dev/urandom</backend>"),
    ("-fsdev local,id=f,path=/srv,security_model=mapped-xattr -device virtio-9p-pci,fsdev=f,mount_tag=t",
     "<filesystem type='mount' accessmode='mapped'>"),
    ("-virtfs local,path=/srv,mount_tag=t,security_model=none,readonly=on", "<target dir='t'/><readonly/>"),
    ("-soundhw hda", "<sound model='ich6'/>"),
    ("-device intel-hda -device hda-micro", "<sound model='ich6'><codec type='micro'/>"),
    ("-watchdog i6300esb -watchdog-action pause", "<watchdog model='i6300esb' action='pause'/>"),
    ("-device vfio-pci,host=01:00.0", "<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>"),
    ("-device usb-host,vendorid=0x1234,productid=0xbeef", "<vendor id='0x1234'/><product id='0xbeef'/>"),
    ("-smbios type=1,manufacturer=ACME -smbios type=11,value=a,value=b", "<entry>a</entry><entry>b</entry>"),
    ("-fw_cfg name=opt/com.example/k,string=v", "<sysinfo type='fwcfg'><entry name='opt/com.example/k'>v</entry>"),
    ("-global ICH9-LPC.disable_s3=1 -M q35", "<suspend-to-mem enabled='no'/>"),
    ("-M q35 -device pcie-root-port,id=rp1,chassis=1 -netdev user,id=n -device e1000e,netdev=n,bus=rp1",
     "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>"),
    ("-object memory-backend-ram,id=m0,size=128M -numa node,cpus=0,memdev=m0 -smp 1",
     "<cell id='0' cpus='0' memory='131072' unit='KiB'/>"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "element"), SAYS)
def test_what_an_option_says(line: str, element: str) -> None:
    found = text(line)
    assert element in found
    assert "qemu:" not in found


KEPT = [
    "-device pci-testdev",
    "-netdev user,id=n,hostfwd=tcp::2222-:22 -device virtio-net-pci,netdev=n",
    "-drive file=/a,if=virtio,snapshot=on",
    "-vnc :1,tls-creds=t",
    "-snapshot",
    "-device spapr-vscsi,id=v -drive if=none,id=d,file=/a -device scsi-hd,drive=d,bus=v.0",
    "-d int",
    "-global virtio-net.romfile=",
    "-blockdev driver=null-co,node-name=n -device virtio-blk-pci,drive=n",
    "-chardev socket,id=c,host=h,port=1,tls-creds=t -device isa-serial,chardev=c",
]


@pytest.mark.parametrize("line", KEPT)
def test_what_no_element_says_is_kept_word_for_word(line: str) -> None:
    """But for devices, which become JSON: QEMU would plug them in before the controllers that they need."""
    kept = read(line).qemu_commandline
    assert kept is not None
    words = [argument.value or "" for argument in kept.args]
    cards = [json.loads(word) for word in words if word.startswith("{")]
    shown = ["driver=" + ",".join(f"{key}={value}" for key, value in card.items())[7:] for card in cards]
    plain = [word for word in words if not word.startswith("{")]
    given = shlex.split(line)
    assert Counter([*plain, *(word.replace("driver=", "", 1) for word in shown)]) == Counter(given)
    assert "<disk" not in text(line)


def test_a_device_that_is_kept_has_values_of_the_kind_that_qemu_wants() -> None:
    kept = read("-device edu,dma_mask=0x10,id=5 -device nvme,serial=123,use-intel-id=on").qemu_commandline
    assert kept is not None
    assert [json.loads(argument.value or "") for argument in kept.args if argument.value != "-device"] == [
        {"driver": "edu", "dma_mask": 16, "id": "5"},
        {"driver": "nvme", "serial": "123", "use-intel-id": True},
    ]


def test_what_is_left_of_a_device_overrides_it() -> None:
    found = text("-object rng-builtin,id=r -device virtio-rng-pci,rng=r,id=here,romfile=,event_idx=off")
    assert "<rng model='virtio'><backend model='builtin'/><alias name='ua-here'/></rng>" in found
    assert "<qemu:device alias='ua-here'>" in found
    assert "<qemu:property name='event_idx' type='bool' value='false'/>" in found


def test_how_qemu_is_run_is_nobodys_but_ours() -> None:
    line = (
        "-S -no-user-config -nodefaults -daemonize -pidfile /p -monitor stdio -qmp unix:/q,server -sandbox on"
        " -chardev socket,id=mon0,path=/m,server=on,wait=off -mon chardev=mon0,mode=control -msg timestamp=on"
        " -no-shutdown"
    )
    document = read(line)
    assert document.qemu_commandline is None
    assert document.devices.serials == []


def test_without_nodefaults_there_is_what_qemu_puts_in() -> None:
    """A card on QEMU's own network, a screen and a serial port; and none of them where they are switched off."""
    devices = read("-m 64").devices
    assert [len(group) for group in (devices.interfaces, devices.videos, devices.serials, devices.graphics)] == [1] * 4
    devices = read("-nodefaults -display none").devices
    assert [len(group) for group in (devices.interfaces, devices.serials, devices.graphics)] == [0] * 3


def test_a_password_of_a_display_does_not_leave_it_open() -> None:
    assert "passwd=''" in text("-vnc :1,password=on")
    assert "passwd='geheim'" in text("-spice port=5900,password=geheim")


def test_a_secret_is_asked_for_by_the_name_of_its_object() -> None:
    line = (
        "-object secret,id=sec0,data=AAAA,keyid=k,iv=BBBB,format=base64 -blockdev driver=file,filename=/a,node-name=s"
        " -blockdev driver=luks,file=s,key-secret=sec0,node-name=f -device virtio-blk-pci,drive=f"
    )
    assert "<encryption format='luks'><secret type='passphrase' usage='sec0'/></encryption>" in text(line)


def test_shell_words() -> None:
    """Line continuation, what runs QEMU, variables before it, quotes."""
    line = "# a guest\nFOO=1 LC_ALL=C exec \\\n  /usr/bin/qemu-system-i386 \\\n -name 'two words' -m 64 &\n"
    document = from_native(line)
    assert document.name == "two words"
    assert document.os and document.os.type and document.os.type.arch == "i686"
    assert document.devices.emulator == "/usr/bin/qemu-system-i386"
    assert document.qemu_commandline is not None
    assert [(env.name, env.value) for env in document.qemu_commandline.envs] == [("FOO", "1")]
    assert from_native("kvm -m 64").type == "kvm"


def test_images_of_which_nothing_is_said_are_looked_at() -> None:
    asked = []

    def format_of(path: str) -> str:
        asked.append(path)
        return "qcow2"

    document = from_native("qemu-system-x86_64 -hda /a.img -drive file=/b,if=virtio,format=raw", format_of)
    assert asked == ["/a.img"]
    formats = {disk.target.dev: disk.driver.type for disk in document.devices.disks if disk.target and disk.driver}
    assert formats == {"hda": "qcow2", "vda": "raw"}


def test_whatever_is_written_is_read_or_refused() -> None:
    """Our own command lines with words left out, doubled, cut and mixed up: a document or an error, nothing else."""
    chance = random.Random(1)
    lines = [domxml_to_native(complete(case.read_text()), qemu()).split(" ") for case in CASES]
    every = [word for line in lines for word in line]
    for _ in range(300):
        words = list(chance.choice(lines))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(words))
            change = chance.choice(["drop", "add", "cut", "put"])
            if change == "drop" and len(words) > 1:
                del words[place]
            elif change == "add":
                words.insert(place, chance.choice(every))
            elif words[place]:
                cut = chance.randrange(len(words[place]))
                mark = "" if change == "cut" else chance.choice(["-1", "{", ",", "=", "null", "9" * 20, '"'])
                words[place] = words[place][:cut] + mark + words[place][cut + (change == "cut") :]
        try:
            from_native(" ".join(words)).format()
        except errors.Error:
            continue


@pytest.mark.parametrize("line", ["", "ls -l", "qemu-system-x86_64 -m", "qemu-system-x86_64 -hda 'a", "-m 64",
                                  "qemu-system-x86_64 -m much", "qemu-system-x86_64 -device {"])  # fmt: skip
def test_what_is_no_command_line(line: str) -> None:
    with pytest.raises(errors.InvalidArg):
        from_native(line)
