"""The life of real guests, from define to undefine; what happened while nobody looked is read from QEMU's event log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.guest import Guest
from tests import needs
from tests.conftest import Run
from tests.guests.documents import document, serial_to
from tests.guests.living import define, pid_of, state, wait_for, wait_for_end, wait_ready
from virshpy import open as connect

pytestmark = needs.qemu


@pytest.fixture
def log(root: Path) -> Path:
    return root / "serial.log"


def test_a_guest_boots_and_every_state_of_it_is_told(virshpy: Run, root: Path, log: Path, guest: Guest) -> None:
    define(virshpy, root, document("vm", serial_to(log), guest=guest))
    assert state(virshpy, "vm") == "shut off (unknown)"
    virshpy("start", "vm")
    assert state(virshpy, "vm") == "running (booted)"
    wait_ready(log)
    virshpy("suspend", "vm")
    assert state(virshpy, "vm") == "paused (user)"
    virshpy("suspend", "vm")
    virshpy("resume", "vm")
    assert state(virshpy, "vm") == "running (unpaused)"
    virshpy("reset", "vm")
    wait_ready(log, 2)
    pid = pid_of(root)
    virshpy("shutdown", "vm", "--mode", "acpi")
    wait_for_end(pid, "power-off")
    assert state(virshpy, "vm") == "shut off (shutdown)"
    virshpy("undefine", "vm")
    assert virshpy("list", "--all", "--name").stdout.strip() == ""


def test_reboot_by_acpi_starts_the_same_qemu_again(virshpy: Run, root: Path, log: Path, guest: Guest) -> None:
    define(virshpy, root, document("vm", serial_to(log), guest=guest))
    virshpy("start", "vm")
    wait_ready(log)
    before = pid_of(root)
    virshpy("reboot", "vm", "--mode", "acpi")
    wait_ready(log, 2)
    assert pid_of(root) == before
    assert state(virshpy, "vm") == "running (booted)"
    # The next power-off is an ordinary one again.
    virshpy("shutdown", "vm", "--mode", "acpi")
    wait_for_end(before, "power-off")
    assert state(virshpy, "vm") == "shut off (shutdown)"


@pytest.mark.parametrize("word", ["poweroff", "reboot", "panic"])
def test_a_guest_acts_with_nobody_watching(virshpy: Run, root: Path, log: Path, guest: Guest, word: str) -> None:
    devices = serial_to(log) + "<panic model='isa'/>"
    define(virshpy, root, document("vm", devices, guest=guest, words=(f"guest={word}",), machine="pc"))
    virshpy("start", "vm")
    pid = pid_of(root)
    if word == "reboot":
        wait_ready(log, 2)
        assert state(virshpy, "vm") == "running (booted)"
        virshpy("destroy", "vm")
        assert state(virshpy, "vm") == "shut off (destroyed)"
        return
    wait_for_end(pid, word)
    listed = virshpy("list", "--all").stdout
    assert listed.split()[-3:] == ["vm", "shut", "off"]
    assert state(virshpy, "vm") == {"poweroff": "shut off (shutdown)", "panic": "shut off (crashed)"}[word]
    assert "shutting down, reason=" in (root / "log/vm.log").read_text()


@pytest.mark.parametrize(
    ("policy", "word", "boots", "then"),
    [
        ("<on_poweroff>restart</on_poweroff>", "poweroff", 2, "running"),
        ("<on_reboot>destroy</on_reboot>", "reboot", 1, "shut off (shutdown)"),
        ("<on_crash>restart</on_crash>", "panic", 2, "running"),
        ("<on_crash>preserve</on_crash>", "panic", 1, "crashed (panicked)"),
        ("<on_crash>coredump-destroy</on_crash>", "panic", 1, "shut off (crashed)"),
    ],
)
def test_policies(
    virshpy: Run, root: Path, log: Path, guest: Guest, policy: str, word: str, boots: int, then: str
) -> None:
    devices = serial_to(log) + "<panic model='isa'/>"
    text = document("vm", devices, guest=guest, words=(f"guest={word}",), machine="pc", policies=policy)
    define(virshpy, root, text)
    virshpy("start", "vm")
    wait_ready(log, boots)
    wait_for(lambda: state(virshpy, "vm").startswith(then), then)
    if "coredump" in policy:
        (core,) = (root / "lib/dump").iterdir()
        assert core.read_bytes()[:4] == b"\x7fELF"
    if then != "shut off (shutdown)" and then != "shut off (crashed)":
        virshpy("destroy", "vm")
        assert state(virshpy, "vm") == "shut off (destroyed)"


@pytest.mark.parametrize(("number", "reason"), [(signal.SIGKILL, "crashed"), (signal.SIGTERM, "shutdown")])
def test_qemu_ended_from_outside(virshpy: Run, root: Path, number: int, reason: str) -> None:
    define(virshpy, root, document("vm"))
    virshpy("start", "vm")
    pid = pid_of(root)
    assert pid
    os.kill(pid, number)
    wait_for_end(pid)
    assert state(virshpy, "vm") == f"shut off ({reason})"
    assert list((root / "run/guests").iterdir()) == []
    virshpy("start", "vm")
    virshpy("destroy", "vm")


def test_a_started_paused_guest_waits(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm"))
    virshpy("start", "vm", "--paused")
    assert state(virshpy, "vm") == "paused (user)"
    status = json.loads(virshpy("qemu-monitor-command", "vm", '{"execute":"query-status"}').stdout)
    assert status["return"]["status"] == "prelaunch"
    virshpy("resume", "vm")
    assert state(virshpy, "vm") == "running (unpaused)"
    virshpy("destroy", "vm", "--graceful")
    assert state(virshpy, "vm") == "shut off (destroyed)"


_OWNER = """
import sys, time, virshpy
from virshpy.enums import CreateFlags
connection = virshpy.open(sys.argv[1])
domain = connection.lookup_by_name("vm")
domain.create(flags=CreateFlags.START_AUTODESTROY)
print("up", flush=True)
sys.stdin.read()
connection.close()
"""


@pytest.mark.parametrize("end", ["close", "kill"])
def test_autodestroy_ends_the_guest_with_its_owner(virshpy: Run, root: Path, uri: str, end: str) -> None:
    define(virshpy, root, document("vm"))
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout and owner.stdin
    assert owner.stdout.readline() == "up\n"
    pid = pid_of(root)
    assert pid
    if end == "kill":
        owner.kill()
    owner.stdin.close()
    owner.wait(30)
    owner.stdout.close()
    # Nobody runs virshpy meanwhile: the watcher beside the guest sees to it.
    wait_for_end(pid, "destroy")
    assert state(virshpy, "vm") == "shut off (destroyed)"


def test_a_transient_guest_leaves_nothing(virshpy: Run, root: Path) -> None:
    (root / "domain.xml").write_text(document("vm"))
    virshpy("create", str(root / "domain.xml"))
    assert "Persistent:     no" in virshpy("dominfo", "vm").stdout
    virshpy("destroy", "vm")
    assert virshpy("list", "--all", "--name").stdout.strip() == ""


def test_undefine_of_a_running_guest_makes_it_transient(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm"))
    virshpy("start", "vm")
    virshpy("undefine", "vm")
    assert "Persistent:     no" in virshpy("dominfo", "vm").stdout
    virshpy("destroy", "vm")
    assert virshpy("list", "--all", "--name").stdout.strip() == ""


def test_twenty_guests_from_one_command_line(virshpy: Run, root: Path) -> None:
    names = [f"vm{number}" for number in range(20)]
    for name in names:
        define(virshpy, root, document(name, memory=16))
    virshpy("; ".join(f"start {name} --paused" for name in names), timeout=300)
    assert virshpy("list", "--name").stdout.split() == names
    virshpy("; ".join(f"destroy {name}" for name in names), timeout=300)
    assert virshpy("list", "--name").stdout.split() == []
    assert list((root / "run/guests").iterdir()) == []


def test_a_thousand_domains_are_listed_right(virshpy: Run, root: Path, uri: str) -> None:
    with connect(uri) as connection:
        for number in range(1000):
            connection.define_xml(document(f"d{number:04}"))
        connection.lookup_by_name("d0500").create()
        listed = virshpy("list", "--all").stdout.splitlines()[2:]
        rows = [line.split(None, 2) for line in listed if line.strip()]
        assert rows[0] == ["1", "d0500", "running"]
        assert [row[1] for row in rows[1:]] == [f"d{n:04}" for n in range(1000) if n != 500]
        assert {(row[0], row[2]) for row in rows[1:]} == {("-", "shut off")}
        assert len(virshpy("list", "--all", "--uuid").stdout.split()) == 1000
        connection.lookup_by_name("d0500").destroy()


def test_diff_tells_what_waits_for_the_next_start(virshpy: Run, root: Path) -> None:
    uid = "3f1c4a5e-0004-4000-8000-00000000c0de"
    disk = f"<disk type='file'><source file='{root}/one.img'/><target dev='vda'/></disk>"
    (root / "one.img").write_bytes(b"\0" * 512)
    devices = "<graphics type='vnc' autoport='yes'/><console type='pty'/><interface type='user'/>" + disk
    define(virshpy, root, document("vm", devices, uid=uid))
    virshpy("start", "vm")
    assert "runs as it is defined" in virshpy("diff", "vm").stdout
    saved = virshpy("dumpxml", "vm", "--inactive").stdout
    changed = saved.replace("131072</memory>", "262144</memory>").replace("one.img", "two.img")
    define(
        virshpy, root, changed.replace("</devices>", "<rng model='virtio'><backend model='random'/></rng></devices>")
    )
    rows = json.loads(virshpy("-o", "json", "diff", "vm").stdout)["result"]["differences"]
    places = {row["place"]: (row["now"], row["next_start"]) for row in rows}
    assert places["memory"] == ("131072", "262144")
    assert places["disk[vda]/source/@file"] == (f"{root}/one.img", f"{root}/two.img")
    assert places["rng"][0] is None and "random" in places["rng"][1]
    assert len(places) <= 4, places
    virshpy("destroy", "vm")


def test_the_security_model_is_told_of_guests_that_are_off_too(virshpy: Run, root: Path) -> None:
    model = "dac" if os.geteuid() == 0 else "none"
    define(virshpy, root, document("vm"))
    told = f"Security model: {model}\nSecurity DOI:   0\n"
    assert told in virshpy("dominfo", "vm").stdout and "Security label" not in virshpy("dominfo", "vm").stdout
    virshpy("start", "vm")
    assert told in virshpy("dominfo", "vm").stdout
    assert ("Security label: +" in virshpy("dominfo", "vm").stdout) is (model == "dac")
    virshpy("destroy", "vm")
