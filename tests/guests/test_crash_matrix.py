"""kill -9 at every moment of start, destroy, define and undefine; one more command finds all of it or none of it.

The moments are those that the store and the journal announce: before and after every transaction and every step. At the
same moments Ctrl-C, SIGTERM and SIGHUP leave nothing even without that command, and another command changes nothing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import nothing_left

pytestmark = needs.qemu

UUID = "3f1c4a5e-0001-4000-8000-00000000c0de"

_DISTURBED = """
import os, subprocess, sys
from virshpy.host import store
count, number = int(sys.argv.pop(1)), int(sys.argv.pop(1))
other = [sys.executable, "-m", "virshpy", *sys.argv[1:3], "list", "--all"]
def observe(name):
    global count
    count -= 1
    if number == 0:
        subprocess.run(other, stdout=subprocess.DEVNULL, check=True)
    elif count == 0:
        sys.stderr.write("died at: " + name + "\\n")
        sys.stderr.flush()
        os.kill(os.getpid(), number)
store.observers.append(observe)
from virshpy.shell.main import entry
sys.exit(entry())
"""


def disturbed(uri: str, moment: int, number: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that gets a signal at its ``moment``-th moment; for signal 0 another command runs at each."""
    argv = [sys.executable, "-c", _DISTURBED, str(moment), str(int(number)), "-c", uri, *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=110, stdin=subprocess.DEVNULL)


def die_in(uri: str, moment: int, *words: str, number: int = signal.SIGKILL) -> str | None:
    """Run a command that ends by a signal at its ``moment``-th moment; where it did, or None where it had fewer."""
    done = disturbed(uri, moment, number, *words)
    where = done.stderr.partition("died at: ")[2].partition("\n")[0]
    if number == signal.SIGKILL:
        assert done.returncode == (-9 if where else 0), done.stderr
    elif where:
        # What was no more to be taken back is done, and then the signal arrives.
        assert done.returncode in (-number, 128 + number), (where, done.returncode, done.stderr)
        assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    else:
        assert done.returncode == 0, done.stderr
    return where or None


def every_moment(verb: Callable[[int], str | None], check: Callable[[str], None]) -> int:
    """Let the verb die at its first, second, … moment until it survives; how many there were."""
    for moment in range(1, 500):
        where = verb(moment)
        if where is None:
            return moment - 1
        check(where)
    raise AssertionError("it has no end")


@pytest.fixture
def defined(virshpy: Run, root: Path) -> Path:
    disk = root / "disk.img"
    disk.write_bytes(b"\0" * 4096)
    disk.chmod(0o600)
    path = root / "domain.xml"
    devices = (
        f"<disk type='file'><source file='{disk}'/><target dev='vda'/></disk>"
        "<graphics type='vnc' autoport='yes'/><serial type='pty'/>"
    )
    path.write_text(document("crash", devices, uid=UUID))
    virshpy("define", str(path))
    return path


def test_start(virshpy: Run, uri: str, root: Path, defined: Path) -> None:
    def check(where: str) -> None:
        state = virshpy("domstate", "crash").stdout.strip()
        if state == "running":
            virshpy("destroy", "crash")
        else:
            assert state == "shut off", where
        assert nothing_left(root) == [], where
        assert (root / "disk.img").stat().st_mode & 0o777 == 0o600, where

    moments = every_moment(lambda moment: die_in(uri, moment, "start", "crash"), check)
    assert moments > 20
    virshpy("destroy", "crash")
    assert nothing_left(root) == []


def test_destroy(virshpy: Run, uri: str, root: Path, defined: Path) -> None:
    def verb(moment: int) -> str | None:
        if virshpy("domstate", "crash").stdout.strip() != "running":
            virshpy("start", "crash")
        return die_in(uri, moment, "destroy", "crash")

    def check(where: str) -> None:
        state = virshpy("domstate", "crash").stdout.strip()
        if state == "running":
            assert virshpy("qemu-monitor-command", "crash", '{"execute":"query-status"}').stdout, where
        else:
            assert state == "shut off", where
            assert nothing_left(root) == [], where

    assert every_moment(verb, check) > 15
    assert nothing_left(root) == []


def test_define(virshpy: Run, uri: str, root: Path) -> None:
    path = root / "domain.xml"
    path.write_text(document("crash", uid=UUID))

    def check(where: str) -> None:
        names = virshpy("list", "--all", "--name").stdout.split()
        assert names in ([], ["crash"]), where
        if names:
            assert "</domain>" in virshpy("dumpxml", "crash").stdout, where
            virshpy("undefine", "crash")
        assert nothing_left(root) == [], where

    assert every_moment(lambda moment: die_in(uri, moment, "define", str(path)), check) >= 2


@pytest.mark.parametrize("words", [["undefine", "--nvram"]], ids=["nvram"])
def test_undefine(virshpy: Run, uri: str, root: Path, words: list[str]) -> None:
    nvram = root / "lib/nvram/crash_VARS.fd"
    path = root / "domain.xml"
    loader = "/usr/share/OVMF/OVMF_CODE_4M.fd"
    if not Path(loader).exists():
        pytest.skip("needs /usr/share/OVMF/OVMF_CODE_4M.fd (package ovmf)")
    text = document("crash", uid=UUID)
    firmware = f"<loader readonly='yes' type='pflash'>{loader}</loader><nvram>{nvram}</nvram></os>"
    path.write_text(text.replace("</os>", firmware))

    def verb(moment: int) -> str | None:
        if not virshpy("list", "--all", "--name").stdout.split():
            virshpy("define", str(path))
        nvram.write_bytes(b"variables")
        return die_in(uri, moment, *words, "crash")

    def check(where: str) -> None:
        names = virshpy("list", "--all", "--name").stdout.split()
        assert nvram.exists() == bool(names), where
        assert nothing_left(root) == [], where

    assert every_moment(verb, check) >= 5
    assert nothing_left(root) == []
    assert not nvram.exists()


SERIAL = "<serial type='file'><source path='{}/serial.log'/></serial>"


def with_kept_files(root: Path) -> str:
    """A guest whose start makes what stays: an NVRAM, and the log of a serial port."""
    loader = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
    firmware = ""
    if loader.exists():
        template = loader.with_name("OVMF_VARS_4M.fd")
        nvram = f"<nvram template='{template}'>{root}/lib/nvram/crash_VARS.fd</nvram>"
        firmware = f"<loader readonly='yes' type='pflash'>{loader}</loader>{nvram}"
    return document("crash", SERIAL.format(root), uid=UUID).replace("</os>", f"{firmware}</os>")


def kept_files(root: Path) -> set[str]:
    return {path.name for path in (root / "serial.log", root / "lib/nvram/crash_VARS.fd") if path.exists()}


@pytest.fixture
def keeping(virshpy: Run, root: Path) -> set[str]:
    """It is defined; the names of what its start makes."""
    path = root / "domain.xml"
    path.write_text(with_kept_files(root))
    virshpy("define", str(path))
    return {"serial.log"} | ({"crash_VARS.fd"} if "nvram" in path.read_text() else set())


def test_a_start_beside_which_others_look(virshpy: Run, uri: str, root: Path, keeping: set[str]) -> None:
    """In each gap of what it writes down another command opens the same files, and recovers what is nobody's."""
    done = disturbed(uri, 0, 0, "start", "crash")
    assert done.returncode == 0, done.stderr
    assert virshpy("domstate", "crash").stdout.strip() == "running"
    assert kept_files(root) == keeping
    done = disturbed(uri, 0, 0, "destroy", "crash")
    assert done.returncode == 0, done.stderr
    assert kept_files(root) == keeping and nothing_left(root) == []
    done = disturbed(uri, 0, 0, "undefine", "crash", "--nvram")
    assert done.returncode == 0, done.stderr
    assert nothing_left(root) == [] and virshpy("list", "--all", "--name").stdout.split() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("verb", ["start", "destroy"])
def test_a_signal_leaves_nothing(
    virshpy: Run, uri: str, root: Path, keeping: set[str], number: signal.Signals, verb: str
) -> None:
    """Ctrl-C at each moment; the other two go the same way, and are tried at one in six."""
    step = 1 if number == signal.SIGINT else 6
    ended = 0
    for moment in range(1, 500, step):
        before = kept_files(root)
        if verb == "destroy":
            virshpy("start", "crash")
            before = keeping
        where = die_in(uri, moment, verb, "crash", number=number)
        if where is None:
            break
        ended += 1
        if nothing_left(root) == []:
            assert kept_files(root) == before or verb == "start" and "settled" in where, where
        else:  # it was complete, or not begun
            assert virshpy("domstate", "crash").stdout.strip() == "running", where
            assert kept_files(root) == keeping, where
            virshpy("destroy", "crash")
        assert nothing_left(root) == [], where
    assert ended >= (15 if step == 1 else 3)
    virshpy("destroy", "crash", check=False)


def test_a_signal_leaves_a_definition_or_none(virshpy: Run, uri: str, root: Path, keeping: set[str]) -> None:
    nvram = root / "lib/nvram/crash_VARS.fd"

    def defined() -> bool:
        return virshpy("list", "--all", "--name").stdout.split() == ["crash"]

    for verb in (["undefine", "crash", "--nvram"], ["define", f"{root}/domain.xml"]):
        for moment in range(1, 500):
            virshpy("define", f"{root}/domain.xml")
            nvram.write_bytes(b"variables")
            if verb[0] == "define":
                virshpy("undefine", "crash", "--nvram")
            where = die_in(uri, moment, *verb, number=signal.SIGINT)
            if where is None:
                break
            assert nothing_left(root) == [], where
            assert verb[0] == "define" or nvram.exists() == defined(), where
        assert moment >= 3
