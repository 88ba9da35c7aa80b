"""Devices whose start needs more than an argv: UEFI variables, backing chains, taps, passwords, consoles, the agent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from kit.guest import READY, Guest
from tests import needs
from tests.conftest import Run, mounts_below
from tests.guests.documents import document, serial_to
from tests.guests.living import define, nothing_left, pid_of, state, wait_for, wait_for_end, wait_ready
from virshpy import errors
from virshpy import open as connect
from virshpy.enums import CreateFlags

pytestmark = needs.qemu

OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"


@needs.file(OVMF, "ovmf")
def test_uefi_variables_are_made_once_and_kept(virshpy: Run, root: Path) -> None:
    firmware = f"<loader readonly='yes' type='pflash'>{OVMF}</loader></os>"
    define(virshpy, root, document("vm").replace("</os>", firmware))
    (nvram,) = [line for line in virshpy("dumpxml", "vm").stdout.splitlines() if "<nvram" in line]
    path = Path(nvram.partition(">")[2].partition("<")[0])
    assert path.parent == root / "lib/nvram"
    assert not path.exists()
    virshpy("start", "vm")
    assert path.stat().st_size > 100_000
    virshpy("destroy", "vm")
    assert path.stat().st_uid == os.geteuid()
    content = path.read_bytes()[:-1] + b"\x01"
    path.write_bytes(content)
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    assert path.read_bytes()[-1:] == b"\x01"
    refused = virshpy("undefine", "vm", check=False)
    assert "cannot undefine domain with nvram" in refused.stderr
    virshpy("undefine", "vm", "--nvram")
    assert not path.exists()
    assert nothing_left(root) == []


@needs.program("qemu-img", "qemu-utils")
def test_a_backing_chain_is_opened_whole_and_shown(virshpy: Run, root: Path) -> None:
    base, middle, top = (root / f"{name}.qcow2" for name in ("base", "middle", "top"))
    create = ["qemu-img", "create", "-q", "-f", "qcow2"]
    subprocess.run([*create, base, "8M"], check=True)
    subprocess.run([*create, "-F", "qcow2", "-b", "base.qcow2", middle], check=True, cwd=root)
    subprocess.run([*create, "-F", "qcow2", "-b", middle, top], check=True)
    for path in (base, middle, top):
        path.chmod(0o600)
    disk = f"<disk type='file'><driver name='qemu' type='qcow2'/><source file='{top}'/><target dev='vda'/></disk>"
    define(virshpy, root, document("vm", disk))
    virshpy("start", "vm")
    xml = virshpy("dumpxml", "vm").stdout
    assert xml.index(str(top)) < xml.index(str(middle)) < xml.index(str(base))
    assert "<backingStore/>" in xml
    answer = json.loads(virshpy("qemu-monitor-command", "vm", '{"execute":"query-named-block-nodes"}').stdout)
    layers = {row["node-name"]: row for row in answer["return"]}
    readonly = {row["file"]: layers[name.replace("storage", "format")]["ro"] for name, row in layers.items()}
    assert [readonly[str(path)] for path in (top, middle, base)] == [False, True, True]
    virshpy("destroy", "vm")
    assert [os.listxattr(path) for path in (base, middle, top)] == [[], [], []]
    assert "backingStore" not in virshpy("dumpxml", "vm").stdout


@needs.program("qemu-img", "qemu-utils")
def test_what_is_written_to_a_transient_disk_goes_with_the_guest(virshpy: Run, root: Path) -> None:
    image, overlay = root / "disk.raw", root / "disk.raw.TRANSIENT-vm"
    image.write_bytes(b"\0" * 65536)
    disk = f"<disk type='file'><source file='{image}'/><target dev='vda'/><transient/></disk>"
    define(virshpy, root, document("vm", disk))
    virshpy("start", "vm")
    virshpy("qemu-monitor-command", "vm", "--hmp", 'qemu-io virtio-disk0 "write -P 7 0 512"')
    assert overlay.exists()
    assert str(overlay) in virshpy("domblklist", "vm").stdout
    virshpy("destroy", "vm")
    assert not overlay.exists()
    assert image.read_bytes() == b"\0" * 65536
    overlay.write_bytes(b"")
    assert "already exists" in virshpy("start", "vm", check=False).stderr
    assert overlay.exists()


def test_vcpus_that_can_be_unplugged_are_there_at_start(virshpy: Run, root: Path) -> None:
    states = "<vcpu id='0' enabled='yes'/><vcpu id='5' enabled='yes' hotpluggable='yes'/>"
    topology = "<cpu><topology sockets='2' cores='2' threads='2'/></cpu>"
    text = document("vm").replace("<devices>", f"<vcpu>8</vcpu><vcpus>{states}</vcpus>{topology}<devices>", 1)
    define(virshpy, root, text)
    virshpy("start", "vm")
    answer = json.loads(virshpy("qemu-monitor-command", "vm", '{"execute":"query-cpus-fast"}').stdout)
    places = [row["props"] for row in answer["return"]]
    assert [(p["socket-id"], p["core-id"], p["thread-id"]) for p in places] == [(0, 0, 0), (1, 0, 1)]
    virshpy("destroy", "vm")


@needs.program("qemu-img", "qemu-utils")
def test_a_backing_file_without_a_format_is_refused(uri: str, root: Path) -> None:
    base, top = root / "base.raw", root / "top.qcow2"
    base.write_bytes(b"\0" * 65536)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, top], check=True)
    subprocess.run(["qemu-img", "amend", "-q", "-f", "qcow2", "-o", "compat=0.10", top], check=False)
    data = bytearray(top.read_bytes())
    position = data.index(b"\xe2\x79\x2a\xca")
    data[position : position + 4] = b"\x11\x22\x33\x44"  # an extension that nobody knows
    top.write_bytes(data)
    disk = f"<disk type='file'><driver name='qemu' type='qcow2'/><source file='{top}'/><target dev='vda'/></disk>"
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", disk))
        with pytest.raises(errors.OperationInvalid, match="format of backing image .* was not specified") as told:
            domain.create()
        assert "qemu-img rebase" in str(told.value.hint)
    assert nothing_left(root) == []


@needs.root
@needs.program("ip", "iproute2")
def test_a_bridged_guest_is_on_the_bridge_and_its_tap_goes_with_it(virshpy: Run, root: Path, guest: Guest) -> None:
    bridge, log = f"vpbr{os.getpid() % 100000}", root / "serial.log"
    subprocess.run(["ip", "link", "add", bridge, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "link", "set", bridge, "up"], check=True)
        mac = "52:54:00:00:be:ef"
        devices = (
            f"<interface type='bridge'><mac address='{mac}'/><source bridge='{bridge}'/>"
            "<model type='virtio'/></interface>" + serial_to(log)
        )
        define(virshpy, root, document("vm", devices, guest=guest))
        virshpy("start", "vm")
        ports = [path.name for path in Path(f"/sys/class/net/{bridge}/brif").iterdir()]
        assert len(ports) == 1 and ports[0].startswith("vnet")
        assert f"<target dev='{ports[0]}'/>" in virshpy("dumpxml", "vm").stdout
        wait_ready(log)
        assert mac in log.read_text(errors="replace")

        # The guest brings its link up, and with it comes IPv6's own chatter: the bridge learns where the guest is.
        def learnt() -> bool:
            table = subprocess.run(["bridge", "fdb", "show", "br", bridge], capture_output=True, text=True).stdout
            return f"{mac} dev {ports[0]}" in table and "permanent" not in table.partition(mac)[2].partition("\n")[0]

        wait_for(learnt, "a packet of the guest's on the bridge")
        # A second guest with this address on this bridge is refused.
        define(virshpy, root, document("twin", devices))
        refused = virshpy("start", "twin", check=False)
        assert f"network device with mac {mac} already exists" in refused.stderr
        virshpy("destroy", "vm")
        assert not Path(f"/sys/class/net/{ports[0]}").exists()
        assert nothing_left(root) == []
    finally:
        subprocess.run(["ip", "link", "delete", bridge], check=True)


def test_a_display_password_is_nowhere_but_in_the_document(virshpy: Run, root: Path, uri: str) -> None:
    until = "passwdValidTo='2099-12-31T23:59:59' connected='keep'"
    graphics = f"<graphics type='vnc' autoport='yes' passwd='s3cr3t' {until}/>"
    define(virshpy, root, document("vm", graphics))
    virshpy("start", "vm")
    words = Path(f"/proc/{pid_of(root)}/cmdline").read_bytes()
    assert b"s3cr3t" not in words and b"password=on" in words
    assert "s3cr3t" not in (root / "log/vm.log").read_text()
    assert "s3cr3t" not in virshpy("dumpxml", "vm").stdout
    assert "passwd='s3cr3t'" in virshpy("dumpxml", "vm", "--security-info").stdout
    display = virshpy("vncdisplay", "vm").stdout.strip()
    with socket.create_connection(("127.0.0.1", 5900 + int(display.rpartition(":")[2]))) as vnc:
        assert vnc.recv(12) == b"RFB 003.008\n"
        vnc.sendall(b"RFB 003.008\n")
        count = vnc.recv(1)[0]
        assert vnc.recv(count) == b"\x02"  # VNC authentication, and nothing weaker
    with connect(uri, readonly=True) as connection:
        with pytest.raises(errors.OperationDenied):
            connection.lookup_by_name("vm").xml_desc(flags=1)
        with pytest.raises(errors.OperationDenied, match="read only access prevents virDomainDestroy"):
            connection.lookup_by_name("vm").destroy()
    virshpy("destroy", "vm")


def test_two_guests_get_two_display_ports(virshpy: Run, root: Path) -> None:
    for name in "ab":
        define(virshpy, root, document(name, "<graphics type='vnc' autoport='yes'/>", memory=16))
        virshpy("start", name)
    assert virshpy("vncdisplay", "a").stdout != virshpy("vncdisplay", "b").stdout
    for name in "ab":
        virshpy("destroy", name)


def test_the_console_is_a_stream_for_one_at_a_time(uri: str, root: Path, guest: Guest) -> None:
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", "<console type='pty'/>", guest=guest))
        domain.create(flags=CreateFlags.START_PAUSED)
        stream = domain.open_console()
        domain.resume()
        seen = b""
        until = time.monotonic() + 60
        while READY.encode() not in seen:
            assert time.monotonic() < until, seen
            seen += stream.recv(4096)
        stream.send(b"echo $((6 * 7))-from-inside\n")
        while b"42-from-inside" not in seen:
            assert time.monotonic() < until, seen
            seen += stream.recv(4096)
        with pytest.raises(errors.OperationFailed, match="Active console session exists for this domain"):
            domain.open_console()
        stream.close()
        domain.open_console("serial0").close()
        with pytest.raises(errors.InvalidArg):
            domain.open_console("serial7")
        domain.destroy()


def test_a_silent_agent_is_said_to_be_silent(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("bare"))
    virshpy("start", "bare")
    failed = virshpy("shutdown", "bare", "--mode", "agent", check=False)
    assert "QEMU guest agent is not configured" in failed.stderr
    virshpy("destroy", "bare")
    channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    define(virshpy, root, document("vm", channel))
    virshpy("start", "vm")
    failed = virshpy("shutdown", "vm", "--mode", "agent", check=False)
    assert "QEMU guest agent is not connected" in failed.stderr
    assert state(virshpy, "vm") == "running (booted)"
    virshpy("destroy", "vm")


@needs.program("socat", "socat")
def test_a_dry_run_does_nothing_and_says_what_works(virshpy: Run, root: Path) -> None:
    """The printed lines, typed into a shell, start the same guest."""
    image = root / "disk.img"
    image.write_bytes(b"\0" * 4096)
    disk = f"<disk type='file'><source file='{image}'/><target dev='vda'/></disk>"
    path = root / "domain.xml"
    path.write_text(document("vm", disk))
    virshpy("define", str(path), "--dry-run")
    assert virshpy("list", "--all", "--name").stdout.strip() == ""
    virshpy("define", str(path))
    script = virshpy("start", "vm", "--dry-run").stdout
    assert nothing_left(root) == [] and state(virshpy, "vm") == "shut off (unknown)"
    assert virshpy("start", "vm", "--dry-run").stdout == script
    if os.geteuid() == 0 and "setfacl" in script and not Path("/usr/bin/setfacl").exists():
        pytest.skip("needs setfacl (package acl)")
    script = script.replace("/dev/stdin ", "<(head -c 32 /dev/urandom) ")
    subprocess.run(["bash", "-e", "-c", script], check=True, timeout=30, stdin=subprocess.DEVNULL)
    pid = pid_of(root)
    assert pid is not None
    monitor = next((root / "run/guests").glob("*")) / "own/monitor.sock"
    with socket.socket(socket.AF_UNIX) as visit:
        visit.connect(str(monitor))
        visit.sendall(b'{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n{"execute":"quit"}\n')
        wait_for_end(pid)
        assert b'"status": "running"' in visit.recv(65536)
    for mounted in mounts_below(root):
        subprocess.run(["umount", "-l", mounted], check=True)


def test_what_cannot_be_plugged_in_is_named(virshpy: Run, root: Path) -> None:
    for source, words in (
        ("<interface type='network'><source network='nope'/></interface>", "no network with matching name 'nope'"),
        ("<interface type='bridge'><source bridge='nobr'/></interface>", "'nobr': No such device"),
    ):
        define(virshpy, root, document("vm", source, uid="3f1c4a5e-0003-4000-8000-00000000c0de"))
        refused = virshpy("--hints", "start", "vm", check=False)
        assert words in refused.stderr and "hint: " in refused.stderr
    assert nothing_left(root) == []


def test_taints_are_told(virshpy: Run, root: Path) -> None:
    argument = (
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<qemu:arg value='-msg'/><qemu:arg value='timestamp=on'/></qemu:commandline>"
    )
    define(virshpy, root, document("vm", more=argument))
    virshpy("start", "vm")
    virshpy("qemu-monitor-command", "vm", "--hmp", "info status")
    virshpy("qemu-monitor-command", "vm", "--hmp", "info status")
    told = virshpy("dominfo", "vm").stdout
    assert "Messages:       tainted: custom configuration parameters specified\n" in told
    assert told.count("tainted: custom monitor control commands issued\n") == 1
    virshpy("destroy", "vm")
