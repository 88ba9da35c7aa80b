"""Paths that QEMU opens: what must be there is not made, what QEMU makes is not asked for, and a second start works."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import nothing_left
from virshpy import errors
from virshpy import open as connect
from virshpy.drivers.qemu.argv.runtime import FileUse
from virshpy.drivers.qemu.identity import Identity
from virshpy.drivers.qemu.start.paths import KINDS, Opening
from virshpy.host import usb
from virshpy.host.steps.filesystem import AppendableFile

pytestmark = needs.qemu


def _unix(mode: str, path: object, more: str = "") -> str:
    return f"<serial type='unix'><source mode='{mode}' path='{path}'>{more}</source></serial>"


def _open_folder(root: Path) -> Path:
    folder = root / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


MISSING = {
    "a serial port": ("<serial type='dev'><source path='{}'/></serial>", "Path '{}' is not accessible"),
    "a parallel port": ("<parallel type='dev'><source path='{}'/></parallel>", "Path '{}' is not accessible"),
    "a console": (
        "<console type='dev'><source path='{}'/><target type='virtio'/></console>",
        "Path '{}' is not accessible",
    ),
    "an event device": ("<input type='evdev'><source dev='{}'/></input>", "Path '{}' is not accessible"),
    "a source of chance": (
        "<rng model='virtio'><backend model='random'>{}</backend></rng>",
        "Path '{}' is not accessible",
    ),
    "a TPM": (
        "<tpm><backend type='passthrough'><device path='{}'/></backend></tpm>",
        "Could not open TPM device {}",
    ),
    "a pipe": ("<serial type='pipe'><source path='{}'/></serial>", "unable to stat: {}"),
    "a peer": (_unix("connect", "{}"), "unable to stat: {}"),
    "a block device": (
        "<disk type='block'><source dev='{}'/><target dev='vda'/></disk>",
        "Cannot access storage file '{}'",
    ),
    "a file in no directory": (
        "<serial type='file'><source path='{}/log'/></serial>",
        "Unable to open file: {}/log",
    ),
    "a log in no directory": ("<serial type='pty'><log file='{}/log'/></serial>", "Unable to open file: {}/log"),
    "a socket in no directory": (_unix("bind", "{}/sock"), "Unable to bind to UNIX socket path '{}/sock'"),
    "a display in no directory": (
        "<graphics type='vnc' socket='{}/sock'/>",
        "Unable to bind to UNIX socket path '{}/sock'",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_must_be_there_is_not_made(uri: str, root: Path, case: str) -> None:
    folder = _open_folder(root)
    devices, words = MISSING[case]
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", devices.replace("{}", f"{folder}/none")))
        with pytest.raises(errors.SystemCallError) as told:
            domain.create()
    sentence = f"{words.replace('{}', f'{folder}/none')}: No such file or directory"
    assert told.value.message == sentence
    assert told.value.hint
    assert list(folder.iterdir()) == []
    assert nothing_left(root) == []


OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"
IN_NO_DIRECTORY = {
    "socket": document("vm", _unix("bind", "{}/a b/sock")),
    "log": document("vm", "<serial type='pty'><log file='{}/a b/log'/></serial>"),
    "variables": document("vm").replace(
        "</os>", f"<loader type='pflash' readonly='yes'>{OVMF}</loader><nvram>{{}}/a b/nvram</nvram></os>"
    ),
}


@needs.file(OVMF, "ovmf")
@pytest.mark.parametrize("case", IN_NO_DIRECTORY)
def test_a_missing_directory_is_made_as_the_hint_says(uri: str, root: Path, case: str) -> None:
    with connect(uri) as connection:
        domain = connection.define_xml(IN_NO_DIRECTORY[case].replace("{}", str(_open_folder(root))))
        with pytest.raises(errors.SystemCallError) as told:
            domain.create()
        subprocess.run(str(told.value.hint).partition(": ")[2], shell=True, check=True)
        domain.create()
        domain.destroy()


MADE = {
    "VNC": "<graphics type='vnc' socket='{}/sock'/>",
    "SPICE": "<graphics type='spice'><listen type='socket' socket='{}/sock'/></graphics>",
    "a port": _unix("bind", "{}/sock"),
}


@pytest.mark.parametrize("case", MADE)
def test_a_socket_is_made_and_goes_and_one_that_was_left_is_in_nobodys_way(uri: str, root: Path, case: str) -> None:
    folder = _open_folder(root)
    path = folder / "sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", MADE[case].replace("{}", str(folder))))
        for _ in range(2):
            domain.create()
            assert path.is_socket()
            domain.destroy()
            assert not path.exists()
    assert nothing_left(root) == []


@pytest.mark.parametrize("case", MADE)
def test_a_socket_in_use_is_left_alone_and_its_guest_named(uri: str, root: Path, case: str) -> None:
    devices = MADE[case].replace("{}", str(_open_folder(root)))
    with connect(uri) as connection:
        first = connection.create_xml(document("first", devices))
        with pytest.raises(errors.SystemCallError, match="sock': Address already in use") as told:
            connection.create_xml(document("second", devices))
        assert "domain 'first'" in str(told.value.hint)
        assert (root / "open/sock").is_socket()
        first.destroy()


def test_a_file_in_the_place_of_a_socket_is_kept(uri: str, root: Path) -> None:
    path = _open_folder(root) / "sock"
    path.write_text("precious")
    with connect(uri) as connection:
        for case in MADE.values():
            with pytest.raises(errors.SystemCallError, match="Address already in use") as told:
                connection.create_xml(document("vm", case.replace("{}", str(path.parent))))
            assert "no socket" in str(told.value.hint)
    assert path.read_text() == "precious"


@needs.root
def test_a_display_in_a_directory_of_roots_alone_is_refused_and_without_a_path_it_starts(uri: str, root: Path) -> None:
    with connect(uri) as connection:
        with pytest.raises(errors.SystemCallError, match="Permission denied") as told:
            connection.create_xml(document("vm", f"<graphics type='vnc' socket='{root}/sock'/>"))
        assert "<listen type='socket'/>" in str(told.value.hint)
        domain = connection.create_xml(document("vm", "<graphics type='vnc'><listen type='socket'/></graphics>"))
        domain.destroy()


def test_shared_memory_is_made_and_shared_with_the_next_guest(uri: str, root: Path) -> None:
    memory = Path("/dev/shm") / root.name
    devices = f"<shmem name='{root.name}'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"
    try:
        with connect(uri) as connection:
            both = [connection.create_xml(document(name, devices)) for name in ("first", "second")]
            for domain in both:
                domain.destroy()
            assert memory.stat().st_size == 1 << 20
            assert memory.stat().st_uid == os.geteuid()
            connection.create_xml(document("third", devices)).destroy()
    finally:
        memory.unlink(missing_ok=True)


def test_who_waits_for_a_peer_starts_before_it(uri: str, root: Path) -> None:
    peer = _unix("connect", f"{_open_folder(root)}/none", "<reconnect enabled='yes' timeout='10'/>")
    with connect(uri) as connection:
        connection.create_xml(document("vm", peer)).destroy()
    assert not (root / "open/none").exists()


def test_pipes_are_two_fifos(virshpy: Run, uri: str, root: Path) -> None:
    folder = _open_folder(root)
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", f"<serial type='pipe'><source path='{folder}/pipe'/></serial>"))
        with pytest.raises(errors.SystemCallError) as told:
            domain.create()
        subprocess.run(str(told.value.hint).partition(": ")[2], shell=True, check=True)
        domain.create()
        domain.destroy()


def test_a_missing_backing_file_is_told_with_its_overlay(uri: str, root: Path) -> None:
    base, top = root / "base.qcow2", root / "top.qcow2"
    create = ["qemu-img", "create", "-q", "-f", "qcow2"]
    subprocess.run([*create, base, "4M"], check=True)
    subprocess.run([*create, "-F", "qcow2", "-b", base, top], check=True)
    base.unlink()
    disk = f"<disk type='file'><driver type='qcow2'/><source file='{top}'/><target dev='vda'/></disk>"
    with connect(uri) as connection, pytest.raises(errors.SystemCallError) as told:
        connection.create_xml(document("vm", disk))
    assert (
        told.value.message == f"Cannot access backing file '{base}' of storage file '{top}': No such file or directory"
    )


def test_a_path_that_is_not_absolute_is_nobodys(uri: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "rel.img").write_bytes(b"\0" * 4096)
    monkeypatch.chdir(root)
    with connect(uri) as connection:
        with pytest.raises(errors.SystemCallError, match="'rel.img': No such file or directory") as told:
            connection.create_xml(
                document("vm", "<disk type='file'><source file='rel.img'/><target dev='vda'/></disk>")
            )
        assert "begins with /" in str(told.value.hint)


def test_every_kind_of_path_is_in_the_table(root: Path) -> None:
    """A kind that is no row would be a KeyError at a start."""
    from tests.argv.documents import GOLDEN, start

    kinds = {use.kind for path in GOLDEN.glob("*.xml") for use in start(path.read_text()).files}
    assert kinds <= {*KINDS, "nvram", "hugepages", "ram"}
    for kind in KINDS:
        opening = Opening(Identity(None), str(root), (), lambda path: None, f"{root}/lock")
        try:
            list(opening.steps([FileUse(f"{root.parent}/vp.nothing/there", "rw", kind)]))
        except errors.SystemCallError as error:
            assert error.hint


@pytest.mark.parametrize("uid", [None, 64123], ids=["as us", "as a user of its own"])
def test_a_file_that_is_not_there_is_made_by_a_step(root: Path, uid: int | None) -> None:
    """What QEMU itself makes would stay behind where the start is broken off."""
    opening = Opening(Identity(uid), str(root / "own"), (), lambda path: None, f"{root}/lock")
    made = list(opening.steps([FileUse(f"{root}/serial.log", "w", "file")]))
    assert isinstance(made[0], AppendableFile) and len(made) == (1 if uid is None else 2)


def test_what_may_be_missing_is_left_out(uri: str, root: Path) -> None:
    devices = (
        "<disk type='file' device='cdrom'>"
        f"<source file='{root}/no.iso' startupPolicy='optional'/><target dev='sda'/></disk>"
        f"<disk type='file'><source file='{root}/no.img' startupPolicy='optional'/><target dev='vda'/></disk>"
        "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>"
        "<vendor id='0x1234'/><product id='0x5678'/></source></hostdev>"
    )
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", devices))
        domain.create()
        live = domain.xml_desc()
        assert "<disk type='file' device='cdrom'>\n      <driver name='qemu'/>\n      <target" in live
        assert "no.img" not in live and "missing='yes'" in live
        domain.destroy()
        assert "no.iso" in domain.xml_desc() and "no.img" in domain.xml_desc()


@pytest.mark.skipif(os.path.isdir(usb.DEVICES), reason="needs a host without USB")
def test_a_usb_device_of_a_host_without_any(uri: str) -> None:
    device = "<source><vendor id='0x1234'/><product id='0x5678'/></source>"
    with connect(uri) as connection, pytest.raises(errors.SystemCallError, match="cannot open directory"):
        connection.create_xml(document("vm", f"<hostdev mode='subsystem' type='usb'>{device}</hostdev>"))


def test_usb_devices_are_found_by_their_numbers(root: Path) -> None:
    for name, numbers in {
        "1-1": ("046d", "c52b", 1, 4),
        "1-2": ("046d", "c52b", 1, 5),
        "2-1": ("8087", "0029", 2, 2),
    }.items():
        device = root / name
        device.mkdir()
        for key, value in zip(("idVendor", "idProduct", "busnum", "devnum"), numbers, strict=True):
            (device / key).write_text(f"{value}\n")
    (root / "1-1:1.0").mkdir()
    assert usb.find(0x8087, 0x29, None, None, str(root)) == (2, 2)
    assert usb.find(None, None, 1, 5, str(root)) == (1, 5)
    with pytest.raises(errors.OperationFailed, match="Multiple USB devices for 46d:c52b, use <address>") as told:
        usb.find(0x46D, 0xC52B, None, None, str(root))
    assert told.value.hint == "<address bus='1' device='4'/>, <address bus='1' device='5'/>"
    with pytest.raises(errors.InternalError, match="Did not find USB device 1234:5678"):
        usb.find(0x1234, 0x5678, None, None, str(root))
    with pytest.raises(errors.InternalError, match="Did not find USB device bus:9 device:1"):
        usb.find(None, None, 9, 1, str(root))


@pytest.mark.skipif(bool(os.path.isdir("/dev/vfio")), reason="needs a host without VFIO")
def test_a_pci_device_of_a_host_without_an_iommu(uri: str) -> None:
    pci = "<source><address domain='0' bus='0xfe' slot='0x1e' function='0'/></source>"
    mdev = "<source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source>"
    with connect(uri) as connection:
        with pytest.raises(errors.ConfigUnsupported, match="host doesn't support passthrough of host PCI") as told:
            connection.create_xml(document("vm", f"<hostdev mode='subsystem' type='pci'>{pci}</hostdev>"))
        assert "iommu" in str(told.value.hint) and "no" in str(told.value.hint)
        with pytest.raises(errors.ConfigUnsupported, match="requires VFIO support"):
            connection.create_xml(
                document("vm", f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'>{mdev}</hostdev>")
            )


@needs.root
def test_firmware_of_another_distribution(uri: str) -> None:
    with connect(uri) as connection:
        for loader in (
            "<loader readonly='yes' type='pflash'>/usr/share/none/CODE.fd</loader>",
            "<loader>/usr/share/none/bios</loader>",
        ):
            with pytest.raises(errors.Error, match="/usr/share/none/") as told:
                connection.create_xml(document("vm").replace("</os>", f"{loader}</os>"))
            assert "<os firmware='efi'>" in str(told.value.hint)
