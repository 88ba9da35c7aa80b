"""A guest that has taken over its QEMU: what it can do as the user it runs as, in the directory of its run."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.attacks.parties import PYTHON, qemu_of, run_as
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, wait_for_end
from virshpy import errors
from virshpy import open as connect
from virshpy.enums import DomainState
from virshpy.host.steps.filesystem import BoundedDirectory

pytestmark = [needs.qemu, needs.root]


@pytest.fixture
def two(virshpy: Run, root: Path) -> None:
    """Two running guests, a and b; a is the bad one."""
    for name in "ab":
        define(virshpy, root, document(name, memory=16))
        virshpy("start", name)


def end(virshpy: Run, root: Path, *names: str) -> None:
    for name in names:
        virshpy("destroy", name)
    assert nothing_left(root) == []


_MAY_WRITE = """
import os, sys
for folder, folders, files in os.walk(sys.argv[1]):
    for name in (".", *folders, *files):
        if os.access(f"{folder}/{name}", os.W_OK):
            print(os.path.normpath(f"{folder}/{name}"))
"""


def test_what_qemu_must_write_is_all_that_its_user_may_write(virshpy: Run, root: Path, two: None) -> None:
    _, uid, folder = qemu_of(root, "a")
    folder.chmod(0o755)  # so that it may look for itself
    may_write = set(run_as(uid, _MAY_WRITE, folder).stdout.splitlines())
    folder.chmod(0o711)
    assert may_write == {f"{folder}/{name}" for name in ("own", "events.in", "events.out")}
    end(virshpy, root, "a", "b")


_SWAP = """
import os, sys
folder, target = sys.argv[1:]
for name in ("events.out", "monitor.sock"):
    for act in (lambda: os.rename(f"{folder}/{name}", f"{folder}/own/{name}"), lambda: os.unlink(f"{folder}/{name}"),
                lambda: os.symlink(target, f"{folder}/{name}.new"), lambda: os.rename(f"{folder}/own", f"{folder}/x")):
        try:
            act()
            print("done", name)
        except PermissionError:
            pass
"""


def test_no_name_in_a_guests_directory_is_its_own(virshpy: Run, root: Path, two: None) -> None:
    _, uid, folder = qemu_of(root, "a")
    assert run_as(uid, _SWAP, folder, root / "lib/state.db").stdout == ""
    end(virshpy, root, "a", "b")


_EVENTS = """
import sys
line = b'{"event": "RTC_CHANGE", "data": {}, "pad": "' + b"x" * 60 + b'"}\\n'
with open(sys.argv[1], "ab") as file:
    file.write(line * 60000)
"""
_RACE = """
import ctypes, os, sys
# Watches its event log, and puts a link in its place as soon as somebody opens it.
log, victim, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
libc = ctypes.CDLL(None)
fd = libc.inotify_init1(0)
libc.inotify_add_watch(fd, log.encode(), 0x20)
print("ready", flush=True)
for number in range(tries):
    os.read(fd, 4096)
    for act in (lambda: os.rename(log, log + ".old"), lambda: os.symlink(victim, log)):
        try:
            act()
            print("swapped", flush=True)
        except OSError:
            pass
"""


def test_a_log_that_is_trimmed_is_the_guests_own(virshpy: Run, root: Path, two: None) -> None:
    victim = root / "victim"
    victim.write_bytes(b"precious" * (1 << 20))
    _, uid, folder = qemu_of(root, "a")
    words = [PYTHON, "-I", "-c", _RACE, str(folder / "events.out"), str(victim), "20"]
    with subprocess.Popen(words, user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE, text=True) as racer:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
        run_as(uid, _EVENTS, folder / "events.out")
        for _ in range(5):
            virshpy("domstate", "a")
        racer.kill()
    assert victim.read_bytes() == b"precious" * (1 << 20)
    assert (folder / "events.out").stat().st_blocks * 512 < 1 << 20, "it was trimmed"
    end(virshpy, root, "a", "b")


_APPEND = "import sys; open(sys.argv[1], 'ab').write(bytes.fromhex(sys.argv[2]) + b'\\n')"
LINES = [
    b'["event"]', b'{"event":"VSERPORT_CHANGE","data":{}}', b'{"event":"SHUTDOWN","data":null}', b'{"event":{}}',
    b'"event"' + b"[" * 9000, b'{"event":"BALLOON_CHANGE","data":{"actual":[]}}', b'\xff event "event"',
    b'{"event":"\\ud800"}',
]  # fmt: skip


def test_lines_that_are_no_events_stop_nobody(virshpy: Run, root: Path, two: None) -> None:
    pid, uid, folder = qemu_of(root, "a")
    for line in LINES:
        run_as(uid, _APPEND, folder / "events.out", line.hex())
        assert virshpy("list", "--name").stdout.split() == ["a", "b"]
        assert virshpy("domstate", "a").stdout.strip() == "running"
    assert "State:          running" in virshpy("dominfo", "a").stdout
    virshpy("suspend", "a")
    assert virshpy("domstate", "a").stdout.strip() == "paused"
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    assert virshpy("domstate", "a", "--reason").stdout.strip() == "shut off (crashed)"
    end(virshpy, root, "b")


_FILL = """
import os, sys
names = 0
try:
    for names in range(1 << 16):
        os.close(os.open(f"{sys.argv[1]}/{names}", os.O_CREAT | os.O_WRONLY))
except OSError:
    pass
os.unlink(f"{sys.argv[1]}/0")
size = 0
try:
    with open(f"{sys.argv[1]}/fill", "wb", buffering=0) as file:
        while True:
            size += file.write(bytes(1 << 16))
except OSError as error:
    print(error.errno, names, size)
"""


def test_what_a_guest_can_fill_is_its_own_and_has_a_bound(virshpy: Run, root: Path, two: None) -> None:
    _, uid, folder = qemu_of(root, "a")
    free = os.statvfs(root).f_bfree
    number, names, size = map(int, run_as(uid, _FILL, folder / "own").stdout.split())
    assert os.strerror(number) == "No space left on device" and names < 1024 and size < 8 << 20
    assert free - os.statvfs(root).f_bfree < (64 << 20) / os.statvfs(root).f_frsize
    virshpy("suspend", "b")
    assert virshpy("domstate", "b").stdout.strip() == "paused"
    assert virshpy("list", "--name").stdout.split() == ["a", "b"]
    end(virshpy, root, "a", "b")


def test_an_event_log_that_was_full_goes_on(uri: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest makes events without end and nobody looks; what QEMU had no space for is asked of it."""
    monkeypatch.setattr(BoundedDirectory, "SIZE", 2 << 20)
    with connect(uri) as connection:
        domain = connection.create_xml(document("a", memory=16))
        _, _, folder = qemu_of(root, "a")
        flood(folder / "monitor.sock", 16_000)
        assert (folder / "events.out").stat().st_blocks * 512 > 1 << 20
        assert os.statvfs(folder).f_bfree == 0
        assert domain.state()[0] == DomainState.PAUSED
        assert os.statvfs(folder).f_bfree > 100
        domain.resume()
        assert domain.state()[0] == DomainState.RUNNING
        domain.destroy()
    assert nothing_left(root) == []


def flood(monitor: Path, times: int) -> None:
    """Pause and resume a guest many times, which makes an event each time; it is paused in the end."""
    with socket.socket(socket.AF_UNIX) as visit:
        visit.connect(str(monitor))
        stream = visit.makefile("rwb")
        stream.readline()
        stream.write(b'{"execute":"qmp_capabilities"}\n')
        for number in range(times):
            stream.write(b'{"execute":"cont"}\n{"execute":"stop","id":%d}\n' % number)
            if number % 50 == 49:
                stream.flush()
                while json.loads(stream.readline()).get("id") != number:
                    continue


_DEEP = """
import os, sys
os.chdir(sys.argv[1])
for _ in range(600):
    os.mkdir("d")
    os.symlink("/etc/passwd", "link")
    os.chdir("d")
"""


def test_a_tree_without_end_goes_with_the_guest(virshpy: Run, root: Path, two: None) -> None:
    _, uid, folder = qemu_of(root, "a")
    run_as(uid, _DEEP, folder / "own", check=False)
    assert sum(1 for _ in os.walk(folder / "own")) > 300
    end(virshpy, root, "a", "b")
    assert os.path.exists("/etc/passwd")


def test_a_guest_cannot_reach_anothers_monitor(virshpy: Run, root: Path, two: None) -> None:
    _, uid, _ = qemu_of(root, "a")
    _, _, other = qemu_of(root, "b")
    reach = "import socket, sys; s = socket.socket(socket.AF_UNIX); print(s.connect_ex(sys.argv[1]))"
    assert int(run_as(uid, reach, other / "monitor.sock").stdout) != 0
    assert stat.S_IMODE((other / "monitor.sock").stat().st_mode) == 0o600
    answer = json.loads(virshpy("qemu-monitor-command", "b", '{"execute":"query-name"}').stdout)
    assert answer["return"] == {"name": "b"}
    end(virshpy, root, "a", "b")


def test_a_console_is_a_terminal_of_the_guests(uri: str, root: Path) -> None:
    """What QEMU calls the terminal of its serial port may be another's, or no terminal."""
    (root / "file").write_text("")
    other, theirs = os.openpty()
    try:
        with connect(uri) as connection:
            domain = connection.create_xml(document("a", "<serial type='pty'/>", memory=16))
            console = domain.open_console()
            console.close()
            for path in (os.ttyname(theirs), str(root / "file")):
                connection.driver.place.store.execute(
                    "UPDATE run.active SET xml = replace(xml, ?, ?)", console_path(domain.xml_desc()), path
                )
                with pytest.raises(errors.InternalError, match="is no terminal of the guest's"):
                    domain.open_console()
            domain.destroy()
    finally:
        os.close(other)
        os.close(theirs)


def console_path(document: str) -> str:
    return document.partition("<source path='")[2].partition("'")[0]
