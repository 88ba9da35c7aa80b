"""Starts that fail: QEMU's words without its chatter, whose fault it was, and what helps, tried on this host."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left
from virshpy import errors
from virshpy import open as connect
from virshpy.drivers.qemu.capabilities.kvm import kvm_usable
from virshpy.drivers.qemu.start import lastwords

pytestmark = needs.qemu


def _disk(path: object, kind: str = "qcow2", type: str = "file") -> str:
    name = "dev" if type == "block" else "file"
    return f"<disk type='{type}'><driver type='{kind}'/><source {name}='{path}'/><target dev='vda'/></disk>"


def _words(*words: str) -> str:
    arguments = "".join(f"<qemu:arg value='{word}'/>" for word in words)
    return f"<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>{arguments}</qemu:commandline>"


def _tcp(mode: str, port: int) -> str:
    source = f"<source mode='{mode}' host='127.0.0.1' service='{port}'/>"
    return f"<serial type='tcp'>{source}<protocol type='raw'/></serial>"


_NBD = (
    "<disk type='network'><source protocol='nbd' name='x'><host name='nosuch.invalid'/></source>"
    "<target dev='vda'/></disk>"
)
HYPERV = "<features><acpi/><hyperv><vpindex state='on'/></hyperv></features>"
without_kvm = pytest.mark.skipif(kvm_usable()[0], reason="needs a host where KVM is not usable")

# A document, with {} for a folder; what of QEMU's words must be in the message; what the hint must hold.
FAULTS: dict[str, tuple[str, str, str]] = {
    "raw called qcow2": (
        document("vm", _disk("{}/raw.img")),
        "Image is not in qcow2 format",
        "<driver name='qemu' type='raw'/>",
    ),
    "raw called vmdk": (document("vm", _disk("{}/raw.img", "vmdk")), "invalid VMDK", "qemu-img info {}/raw.img"),
    "corrupt": (
        document("vm", _disk("{}/corrupt.qcow2")),
        "Image is corrupt",
        "qemu-img check -r all {}/corrupt.qcow2",
    ),
    "device called file": (document("vm", _disk("/dev/null", "raw")), "regular file", "<source dev='/dev/null'/>"),
    "file called device": (
        document("vm", _disk("{}/raw.img", "raw", "block")),
        "block device",
        "<source file='{}/raw.img'/>",
    ),
    "no BIOS": (
        document("vm").replace("</os>", "<loader>{}/junk</loader></os>"),
        "could not load PC BIOS",
        "type='pflash'",
    ),
    "no firmware": (
        document("vm").replace(
            "</os>",
            "<loader type='pflash' readonly='yes'>{}/junk</loader><nvram template='{}/junk'>{}/nvram</nvram></os>",
        ),
        "has invalid size",
        "no firmware image",
    ),
    "no option": (document("vm", more=_words("-nosuch")), "invalid option", "<qemu:commandline>"),
    "no device": (document("vm", more=_words("-device", "nosuch")), "not a valid device model", "-device help"),
    "no property": (
        document("vm", more=_words("-device", "pvpanic,x=1")),
        "Property 'pvpanic.x' not found",
        "<qemu:override>",
    ),
    "not there": (
        document("vm", more=_words("-drive", "file={}/none,format=raw")),
        "No such file",
        "{}/none is not there",
    ),
    "too much memory": (document("vm", memory=900_000_000), "Cannot allocate memory", "lower <memory>"),
    "no such node": (
        document("vm", policies="<numatune><memory mode='strict' nodeset='60'/></numatune>"),
        "cannot bind memory",
        "the capabilities list its nodes",
    ),
    "no such address": (
        document("vm", "<graphics type='vnc' listen='192.0.2.1'/>"),
        "Cannot assign requested",
        "ip address",
    ),
    "SPICE's address": (
        document("vm", "<graphics type='spice' autoport='yes' listen='192.0.2.1'/>"),
        "SPICE sockets",
        "none of this host's",
    ),
    "nobody listens": (document("vm", _tcp("connect", 1)), "Connection refused", "127.0.0.1:1"),
    "no such name": (
        document("vm", _NBD),
        "address resolution failed",
        "nosuch.invalid",
    ),
    "no event device": (
        document("vm", "<input type='evdev'><source dev='/dev/null'/></input>"),
        "not an evdev device",
        "/dev/null",
    ),
}


@pytest.fixture
def folder(root: Path) -> Path:
    folder = root / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "raw.img").write_bytes(bytes(1 << 20))
    (folder / "junk").write_bytes(b"\x5a" * 100_000)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", folder / "corrupt.qcow2", "1M"], check=True)
    with (folder / "corrupt.qcow2").open("r+b") as image:
        image.seek(79)
        image.write(b"\x02")  # the mark that an earlier QEMU has set on finding it so
    return folder


@pytest.mark.parametrize("case", FAULTS)
def test_well_known_words_have_a_hint(uri: str, root: Path, folder: Path, case: str) -> None:
    text, words, hint = FAULTS[case]
    with connect(uri) as connection:
        with pytest.raises(errors.InternalError) as told:
            connection.create_xml(text.replace("{}", str(folder)))
        assert words in told.value.message
        assert hint.replace("{}", str(folder)) in str(told.value.hint)
    assert nothing_left(root) == []


@without_kvm
@pytest.mark.parametrize("devices", ["", "<serial type='pty'/>"])
def test_what_needs_kvm_is_told_without_chatter(uri: str, devices: str) -> None:
    with connect(uri) as connection:
        with pytest.raises(errors.InternalError) as told:
            connection.create_xml(document("vm", devices).replace("<features><acpi/></features>", HYPERV))
        assert re.fullmatch(r".*: [^\n]*HyperV VP_INDEX", told.value.message)
        assert "<vpindex> must be off" in str(told.value.hint)


def test_what_else_needs_kvm_is_no_obstacle(uri: str) -> None:
    others = ("relaxed", "vapic", "runtime", "synic", "stimer", "reset", "frequencies", "tlbflush", "ipi", "evmcs")
    elements = "".join(f"<{name} state='on'/>" for name in others)
    hyperv = HYPERV.replace("state='on'/>", f"state='off'/>{elements}")
    with connect(uri) as connection:
        guest = connection.create_xml(document("vm").replace("<features><acpi/></features>", hyperv))
        guest.destroy()


@pytest.mark.skipif(os.path.exists("/usr/lib/x86_64-linux-gnu/qemu/block-rbd.so"), reason="needs a QEMU without rbd")
def test_a_module_that_is_not_installed_is_named(uri: str) -> None:
    source = "<source protocol='rbd' name='p/x'><host name='127.0.0.1'/></source>"
    with connect(uri) as connection, pytest.raises(errors.InternalError) as told:
        connection.create_xml(document("vm", f"<disk type='network'>{source}<target dev='vda'/></disk>"))
    if "do you want to install" not in told.value.message:
        pytest.skip("needs a QEMU that says where its modules are")
    assert "apt install qemu-block-extra" in str(told.value.hint)


@needs.root
@needs.program("qemu-img", "qemu-utils")
def test_hints_that_are_pasted_help(virshpy: Run, root: Path, folder: Path) -> None:
    """Each of these is refused; its hint's command is run as it stands; then it starts."""
    (folder / "secret").write_bytes(bytes(4096))
    (folder / "secret").chmod(0o600)
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", folder / "base", "1M"], check=True)
    top = folder / "top.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", folder / "base", top], check=True)
    content = top.read_bytes()
    top.write_bytes(content.replace(b"\xe2\x79\x2a\xca", b"\x00\x00\x00\x00", 1))  # as before formats were written down
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    (closed / "raw.img").write_bytes(bytes(4096))
    faults = {
        "private": document("private", more=_words("-drive", f"file={folder}/secret,format=raw")),
        "formless": document("formless", _disk(top)),
        "closed": document("closed", _disk(f"{closed}/raw.img", "raw")),
        "nowhere": document("nowhere", f"<serial type='file'><source path='{folder}/a/b c/log'/></serial>"),
    }
    for name, text in faults.items():
        define(virshpy, root, text)
        refused = virshpy("--hints", "start", name, check=False)
        assert refused.returncode == 1
        hint = re.search(r"hint: .*?: ([a-z-]+ .*)", refused.stderr)
        assert hint, refused.stderr
        subprocess.run(hint[1], shell=True, check=True, timeout=30)
        virshpy("start", name)
        virshpy("destroy", name)


def test_commands_of_ours_in_hints_go_to_the_same_connection(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("a b"))
    told = virshpy("--hints", "suspend", "a b", check=False).stderr
    command = told.partition("start it first: ")[2].strip()
    assert f"-c 'qemu:///embed?root={root}' start 'a b'" in command
    assert command.startswith("virshpy ")
    subprocess.run(f"{sys.executable} -m {command}", shell=True, check=True)
    virshpy("destroy", "a b")


def _program(folder: Path, script: str) -> Path:
    path = folder / "server"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path


def _shared(folder: Path, program: object, features: str = "<features><acpi/></features>") -> str:
    memory = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
    binary = f"<binary path='{program}'/>" if program else ""
    served = f"<driver type='virtiofs'/>{binary}<source dir='{folder}'/><target dir='t'/>"
    text = document("vm", f"<filesystem type='mount'>{served}</filesystem>", policies=memory)
    return text.replace("<features><acpi/></features>", features)


SERVERS = {
    "ends at once": ("echo first; echo 'no, thank you' >&2; exit 3", "ended with exit status 3: no, thank you"),
    "ends well, too early": ("exit 0", "ended with exit status 0"),
    "is killed": ("sleep 0.2; kill -9 $$", "ended with fatal signal 9"),
    # A process that ends closes its files before it is gone; here so long before that QEMU is certainly gone first.
    "closes, then is killed": (
        f"sleep 0.2; exec {sys.executable} -c"
        " 'import os, time; os.closerange(3, 1000); time.sleep(0.5); os.kill(os.getpid(), 9)'",
        "ended with fatal signal 9",
    ),
}


@needs.root
@pytest.mark.parametrize("case", SERVERS)
def test_a_file_server_that_ends_is_to_blame(uri: str, root: Path, folder: Path, case: str) -> None:
    script, words = SERVERS[case]
    program = _program(folder, script)
    with connect(uri) as connection, pytest.raises(errors.InternalError) as told:
        connection.create_xml(_shared(folder, program))
    assert told.value.message == f"internal error: {program} {words}"
    assert f"{root}/log/vm-fs0-virtiofsd.log" in str(told.value.hint)
    assert nothing_left(root) == []


@needs.root
@needs.file("/usr/lib/qemu/virtiofsd", "qemu-system-common")
def test_a_file_server_that_qemu_does_not_complain_of_is_not_to_blame(uri: str, root: Path, folder: Path) -> None:
    """The second ends QEMU, and QEMU's end is that of the first, which ends badly too."""
    served = {}
    for name, script in {"first": '/usr/lib/qemu/virtiofsd "$@"; exit 3', "second": "exit 4"}.items():
        (folder / name).mkdir()
        served[name] = _shared(folder / name, _program(folder / name, script)).replace("dir='t'", f"dir='{name}'")
    _, start, rest = served["second"].partition("<filesystem")
    element = start + rest.partition("</filesystem>")[0] + "</filesystem>"
    text = served["first"].replace("</filesystem>", f"</filesystem>{element}")
    with connect(uri) as connection, pytest.raises(errors.InternalError) as told:
        connection.create_xml(text)
    assert told.value.message == f"internal error: {folder}/second/server ended with exit status 4"
    assert nothing_left(root) == []


def test_which_process_qemu_complains_of() -> None:
    """A comma in a path is doubled in QEMU's arguments; a name that only begins like another one is another's."""
    argv = ["-chardev", "socket,id=chr-vu-ua-a,path=/a,,b/1.sock", "-chardev", "socket,id=chrtpm,path=/a,,b/tpm.sock"]
    for said, socket, answer in (
        ('-device {"chardev":"chr-vu-ua-a"}: Read -1', "/a,b/1.sock", True),
        ('-device {"chardev":"chr-vu-ua-a-b"}: Read -1', "/a,b/1.sock", False),
        ("Failed to connect to '/a,b/1.sock'", "/a,b/1.sock", True),
        ('-device {"chardev":"chr-vu-ua-a"}: Read -1', "/a,b/tpm.sock", False),
        ("tpm-emulator: TPM result for CMD_INIT: 0x9", "/a,b/tpm.sock", True),
        ("tpm-emulator: TPM result for CMD_INIT: 0x9", "/a,b/1.sock", False),
    ):
        assert lastwords.may_be_about(said, socket, argv) is answer, (said, socket)


@needs.root
def test_a_file_server_that_cannot_run(uri: str, folder: Path) -> None:
    with connect(uri) as connection:
        for program in ("/nonexistent/server", folder / "raw.img", folder):
            with pytest.raises(errors.InternalError) as told:
                connection.create_xml(_shared(folder, program))
            assert told.value.message == f"internal error: virtiofsd binary '{program}' is not executable"


@needs.program("swtpm", "swtpm")
def test_a_tpm_emulator_that_ends_is_to_blame(virshpy: Run, root: Path, folder: Path) -> None:
    define(virshpy, root, document("vm", "<tpm><backend type='emulator'/></tpm>"))
    virshpy("start", "vm")  # its state is made by the real one
    virshpy("destroy", "vm")
    program = _program(folder, "echo 'the state is locked' >&2; exit 5").rename(folder / "swtpm")
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    told = virshpy("start", "vm", check=False, env=environment).stderr
    assert f"error: internal error: {program} ended with exit status 5: the state is locked\n" in told
    virshpy("undefine", "vm", "--tpm", check=False)


@needs.root
@needs.file("/usr/lib/qemu/virtiofsd", "qemu-system-common")
@needs.program("swtpm", "swtpm")
@without_kvm
def test_helpers_that_only_follow_qemu_are_not_to_blame(uri: str, folder: Path) -> None:
    tpm = "<tpm><backend type='emulator'/></tpm></devices>"
    with connect(uri) as connection, pytest.raises(errors.InternalError, match="HyperV VP_INDEX"):
        connection.create_xml(_shared(folder, None, HYPERV).replace("</devices>", tpm))
