"""Details of command lines: secrets, descriptors, backing chains, firmware, the text of domxml-to-native."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.argv.documents import complete, counting, guest, qemu, start
from virshpy import errors
from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.native import domxml_to_native
from virshpy.drivers.qemu.argv.runtime import Runtime
from virshpy.drivers.qemu.capabilities.probe import default_emulator
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.complete import postparse
from virshpy.drivers.qemu.postparse.context import Context
from virshpy.drivers.qemu.postparse.firmware import resolve_firmware
from virshpy.xml.domain import Domain


def values(argv: list[str], option: str) -> list[str]:
    return [argv[n + 1] for n, word in enumerate(argv) if word == option]


def devices(argv: list[str], driver: str) -> list[dict[str, object]]:
    found = [json.loads(value) for value in values(argv, "-device")]
    return [device for device in found if device["driver"] == driver]


def test_passwords_are_never_in_the_words() -> None:
    command = start(guest("<graphics type='vnc' port='5901' passwd='hunter2'/>"))
    assert "hunter2" not in " ".join(command.argv) + str(command.env)
    assert "password=on" in values(command.argv, "-vnc")[0]


def test_a_bridge_is_a_tap_that_somebody_hands_over() -> None:
    command = start(
        guest("<interface type='bridge'><mac address='52:54:00:00:00:07'/><source bridge='br0'/>"
              "<target dev='tap3'/><model type='virtio'/><mtu size='9000'/></interface>")
    )  # fmt: skip
    netdev = json.loads(values(command.argv, "-netdev")[0])
    assert netdev == {"type": "tap", "fd": "{fd:net0-tap}", "id": "hostnet0"}
    assert command.descriptors["net0-tap"] == {"kind": "tap", "interface": "net0"}
    assert devices(command.argv, "virtio-net-pci")[0]["host_mtu"] == 9000


def test_layers_are_shared_below_the_one_that_is_written() -> None:
    command = start(
        guest("<disk type='file'><driver type='qcow2'/><source file='/top'/><backingStore type='file'>"
              "<format type='raw'/><source file='/base'/><backingStore/></backingStore><target dev='vda'/></disk>")
    )  # fmt: skip
    uses = {use.path: (use.mode, use.shared) for use in command.files}
    assert uses == {"/top": ("rw", False), "/base": ("r", True)}
    nodes = [json.loads(value) for value in values(command.argv, "-blockdev")]
    top = next(node for node in nodes if node["node-name"] == "libvirt-1-format")
    assert top["backing"] == "libvirt-2-format"
    assert devices(command.argv, "virtio-blk-pci")[0]["drive"] == "libvirt-1-format"


def test_the_first_of_each_kind_boots_in_the_order_of_the_document() -> None:
    text = guest(
        "<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
        "<disk type='file'><source file='/b'/><target dev='vdb'/></disk>"
        "<disk type='file' device='cdrom'><source file='/c'/><target dev='hdc'/></disk>"
        "<interface type='user'/>"
    ).replace("</os>", "<boot dev='network'/><boot dev='cdrom'/><boot dev='hd'/></os>")
    argv = start(text).argv
    assert [device.get("bootindex") for device in devices(argv, "virtio-blk-pci")] == [3, None]
    assert devices(argv, "ide-cd")[0]["bootindex"] == 2
    assert devices(argv, "rtl8139")[0]["bootindex"] == 1


def test_no_word_says_what_a_shutdown_does_unless_the_start_says_so() -> None:
    domain = complete(guest())
    assign_aliases(domain)
    plain = command_line(domain, qemu(), Runtime(run_dir="/run/guest"))
    assert "-no-shutdown" not in plain.argv
    told = command_line(domain, qemu(), Runtime(run_dir="/run/guest", lifecycle_words=["-no-reboot"]))
    assert "-no-reboot" in told.argv


def test_native_text_is_one_line_that_a_shell_reads() -> None:
    domain = complete(guest("<interface type='user'/>").replace("small", "it's, small"))
    text = domxml_to_native(domain, qemu())
    words = shlex.split(text)
    assert "\n" not in text
    assert "guest=it's,, small,debug-threads=on" in words
    assert json.loads(values(words, "-netdev")[0])["fd"].isdigit()
    assert domain.devices.interfaces[0].alias is None, "the document itself is left as it was"


FIRMWARE = [
    {
        "interface-types": ["uefi"],
        "mapping": {
            "device": "flash",
            "executable": {"filename": f"/fw/{name}.fd", "format": "raw"},
            "nvram-template": {"filename": f"/fw/{name}.vars", "format": "raw"},
        },
        "targets": [{"architecture": "x86_64", "machines": machines}],
        "features": features,
    }
    for name, machines, features in (
        ("enrolled", ["pc-q35-*"], ["secure-boot", "enrolled-keys", "requires-smm"]),
        ("secure", ["pc-q35-*"], ["secure-boot", "requires-smm"]),
        ("plain", ["pc-i440fx-*", "pc-q35-*"], []),
    )
]


@pytest.mark.parametrize(
    ("machine", "asked", "image"),
    [
        ("q35", "", "enrolled"),
        ("pc", "", "plain"),
        ("q35", "<feature enabled='no' name='secure-boot'/>", "plain"),
        ("q35", "<feature enabled='yes' name='secure-boot'/><feature enabled='no' name='enrolled-keys'/>", "secure"),
    ],
)
def test_firmware_is_chosen_by_its_descriptors(machine: str, asked: str, image: str) -> None:
    text = guest(machine=machine).replace("<os>", "<os firmware='efi'>")
    text = text.replace("</os>", f"<firmware>{asked}</firmware></os>" if asked else "</os>")
    domain = complete(text)
    context = Context(nvram_dir="/nv", firmware=FIRMWARE)
    resolve_firmware(domain, context)
    assert domain.os is not None and domain.os.loader is not None and domain.os.nvram is not None
    assert domain.os.loader.value == f"/fw/{image}.fd"
    assert (domain.os.nvram.template, domain.os.nvram.value) == (f"/fw/{image}.vars", "/nv/small_VARS.fd")
    assert bool(domain.os.loader.secure) is (image != "plain")


def test_no_firmware_fits() -> None:
    domain = complete(guest().replace("<os>", "<os firmware='efi'>"))
    with pytest.raises(errors.OperationFailed, match="Unable to find any firmware to satisfy 'efi'"):
        resolve_firmware(domain, Context(firmware=[]))


def test_uuid_is_made_from_the_context() -> None:
    domain = Domain.parse(guest().replace("<uuid>3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6aff</uuid>", ""), inactive=True)
    postparse(domain, qemu(), context=counting())
    assert domain.uuid == "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_qemu_takes_every_word(machine: str, tmp_path: Path) -> None:
    """A guest with one of each device that needs no file of the host, loaded by the QEMU that is here."""
    binary = default_emulator("x86_64")
    if binary is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    everything = (
        "<disk device='cdrom'><target dev='sda' bus='sata'/></disk>"
        "<disk type='file' device='disk'><driver type='raw'/><source file='DISK'/><target dev='vda'/></disk>"
        "<disk type='file' device='disk'><source file='DISK2'/><target dev='sdb' bus='scsi'/></disk>"
        "<controller type='scsi' model='virtio-scsi'/><interface type='user'><model type='virtio'/></interface>"
        "<interface type='user'><model type='e1000'/></interface><serial type='null'/><parallel type='null'/>"
        "<console type='null'><target type='virtio'/></console><channel type='null'><target type='virtio' name='a'/>"
        "</channel><input type='tablet'/><input type='keyboard' bus='virtio'/><sound model='ich9'/>"
        "<video><model type='vga'/></video><video><model type='virtio'/></video><watchdog model='i6300esb'/>"
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng><panic model='isa'/>"
        "<hub type='usb'/><memballoon model='virtio'/>"
    )
    for name in ("DISK", "DISK2"):
        path = tmp_path / name
        path.write_bytes(bytes(1 << 20))
        everything = everything.replace(f"'{name}'", f"'{path}'")
    domain = complete(guest(everything, machine=machine))
    assign_aliases(domain)
    runtime = Runtime(run_dir=str(tmp_path), monitor_words=["-qmp", "stdio"])
    argv = command_line(domain, qemu(), runtime).argv
    talk = '{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n{"execute":"quit"}\n'
    done = subprocess.run([binary, *argv[1:]], input=talk, capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"status": "prelaunch"' in done.stdout
