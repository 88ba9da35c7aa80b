"""A store, and a running guest, of the first layout of the databases: this version lists, stops and starts it.

What its start left is recorded in ``earlier/``: both databases as SQL and the words of QEMU's command line. The test
makes the rest as that version did: directories, a small file system, sockets, access, and a QEMU of the guest's user.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest

from tests import needs
from tests.conftest import Run, mounts_below
from tests.guests.living import nothing_left, pid_of, state, wait_for, wait_for_end
from virshpy.host import processes

pytestmark = [needs.root, needs.qemu, needs.program("setfacl", "acl")]

RECORDED = Path(__file__).parent / "earlier"
UID = 1879143106
SECRET = "3f1c4a5e-0002-4000-8000-00000000c0de"


def identity(path: Path) -> str:
    return f"{path.stat().st_dev}, {path.stat().st_ino}"


class Earlier:
    """What the version before left below a root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.guest = root / "run/guests/1"
        self.port = _free_port()
        self.words = {
            "root": str(root),
            "emulator": shutil.which("qemu-system-x86_64") or "",
            "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            "port": str(self.port),
            "display": str(self.port - 5900),
        }
        self._make_files()
        self._start_qemu()
        self._make_database("run/run.db", "run.sql")
        self._make_database("lib/state.db", "state.sql")

    def _make_files(self) -> None:
        for name in ("cache", "log", "lib/nvram", "run/guests/1"):
            (self.root / name).mkdir(parents=True)
        for name in ("lib", "lib/nvram", "run", "run/guests"):
            (self.root / name).chmod(0o711)
        options = "nosuid,nodev,noexec,size=8192k,nr_inodes=1024,mode=711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "virshpy", self.guest], check=True)
        for name in ("own", "events.out", "master-key.aes"):
            path = self.guest / name
            path.mkdir(0o700) if name == "own" else path.write_bytes(b"\1" * 32 if "key" in name else b"")
            os.chown(path, UID, UID)
        for name in ("disk.img", "serial.log"):
            path = self.root / name
            path.write_bytes(b"\0" * 4096 if name == "disk.img" else b"")
            path.chmod(0o600)
            subprocess.run(["setfacl", "-m", f"u:{UID}:rw", path], check=True)
        self.words |= {"disk": identity(self.root / "disk.img"), "serial": identity(self.root / "serial.log")}
        self.words["guest"] = identity(self.guest)

    def _start_qemu(self) -> None:
        """As another user, with the sockets that were made for it, and a pipe in which its first lines wait."""
        pipe = self.guest / "events.in"
        os.mkfifo(pipe, 0o600)
        os.chown(pipe, UID, UID)
        end = os.open(pipe, os.O_RDWR)
        os.write(end, b'{"execute":"qmp_capabilities"}\n{"execute":"cont"}\n')
        with socket.socket(socket.AF_UNIX) as monitor, socket.socket(socket.AF_UNIX) as agent:
            for one, name in ((monitor, "monitor.sock"), (agent, "org.qemu.guest_agent.0")):
                one.bind(str(self.guest / name))
                one.listen()
            descriptors = {"monitor": monitor.fileno(), "agent": agent.fileno()}
            lines = Template((RECORDED / "argv").read_text()).substitute(self.words, **descriptors)
            argv = ["setsid", "--fork", *lines.splitlines()]
            subprocess.run(
                argv, user=UID, group=UID, extra_groups=[], cwd=self.guest, pass_fds=descriptors.values(), check=True
            )
        wait_for(lambda: '"RESUME"' in (self.guest / "events.out").read_text(), "the guest's first event")
        os.close(end)
        self.pid = pid_of(self.root) or 0
        self.words |= {"pid": str(self.pid), "started": str(processes.start_time(self.pid))}

    def _make_database(self, name: str, script: str) -> None:
        path = self.root / name
        db = sqlite3.connect(path)
        if name == "lib/state.db":
            db.execute("PRAGMA journal_mode = WAL")
        db.executescript(Template((RECORDED / script).read_text()).substitute(self.words))
        db.execute("PRAGMA user_version = 1")
        db.commit()
        db.close()
        path.chmod(0o600)

    def change(self, sql: str) -> None:
        db = sqlite3.connect(self.root / "run/run.db")
        db.execute(sql)
        db.commit()
        db.close()


def _free_port() -> int:
    for port in range(5950, 6000):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


@pytest.fixture
def earlier(root: Path) -> Iterator[Earlier]:
    made = Earlier(root)
    yield made
    if processes.is_running(made.pid, int(made.words["started"])):
        os.kill(made.pid, signal.SIGKILL)


def left(root: Path) -> list[str]:
    """What is there of a start besides the files that stay: rows, directories, mounts, entries of access lists."""
    entries = subprocess.run(["getfacl", "-c", "disk.img", "serial.log"], cwd=root, capture_output=True, text=True)
    return nothing_left(root) + mounts_below(root) + [line for line in entries.stdout.split() if str(UID) in line]


def test_it_is_listed_stopped_and_started(virshpy: Run, root: Path, earlier: Earlier) -> None:
    assert virshpy("list", "--all", "--title").stdout.split()[-4:] == ["elder", "running", "of", "old"]
    assert state(virshpy, "elder") == "running (booted)"
    info = virshpy("dominfo", "elder").stdout
    assert "Autostart:      enable" in info and f"+{UID}:+{UID}" in info
    assert f"port='{earlier.port}'" in virshpy("dumpxml", "elder").stdout
    assert virshpy("secret-get-value", SECRET).stdout.strip() == "YmJi"
    virshpy("suspend", "elder")
    assert state(virshpy, "elder") == "paused (user)"
    virshpy("destroy", "elder")
    assert state(virshpy, "elder") == "shut off (destroyed)"
    assert left(root) == [] and (root / "serial.log").exists()
    virshpy("start", "elder")
    assert virshpy("list", "--name").stdout.split() == ["elder"]
    virshpy("destroy", "elder")
    virshpy("undefine", "elder")
    assert left(root) == []


def test_its_end_is_noticed(virshpy: Run, root: Path, earlier: Earlier) -> None:
    os.kill(earlier.pid, signal.SIGKILL)
    wait_for_end(earlier.pid)
    assert state(virshpy, "elder") == "shut off (crashed)"
    assert left(root) == []


def test_a_start_that_was_killed_is_undone(virshpy: Run, root: Path, earlier: Earlier) -> None:
    earlier.change("UPDATE journal SET phase = 'doing'")
    earlier.change("UPDATE active SET pid = NULL, started = NULL, xml = NULL, mark = NULL")
    assert virshpy("list", "--all").stdout.split()[-3:] == ["elder", "shut", "off"]
    assert pid_of(root) is None and left(root) == []


def test_after_a_reboot_lasting_changes_are_taken_back(virshpy: Run, root: Path, earlier: Earlier) -> None:
    os.kill(earlier.pid, signal.SIGKILL)
    wait_for_end(earlier.pid)
    subprocess.run(["umount", earlier.guest], check=True)
    earlier.change("UPDATE boot SET id = 'another'")
    assert state(virshpy, "elder") == "shut off (unknown)"
    assert left(root) == []
    virshpy("start", "elder")
    virshpy("destroy", "elder")
