"""kill -9 at every moment of start, destroy, define and undefine; one more command finds all of it or none of it.

The moments are those that the store and the journal announce: before and after every transaction and every step.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from virshpy.host.directories import directories
from virshpy.host.store import Store
from virshpy.uri import URI

pytestmark = needs.qemu

UUID = "3f1c4a5e-0001-4000-8000-00000000c0de"

_DYING = """
import os, sys
from virshpy.host import store
count = int(sys.argv.pop(1))
def observe(name):
    global count
    count -= 1
    if count == 0:
        sys.stderr.write("died at: " + name + "\\n")
        sys.stderr.flush()
        os.kill(os.getpid(), 9)
store.observers.append(observe)
from virshpy.shell.main import entry
sys.exit(entry())
"""


def die_in(uri: str, moment: int, *words: str) -> str | None:
    """Run a command that is killed at its ``moment``-th moment; where it died, or None where it had fewer."""
    argv = [sys.executable, "-c", _DYING, str(moment), "-c", uri, *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode == -9:
        return done.stderr.partition("died at: ")[2].strip()
    assert done.returncode == 0, done.stderr
    return None


def nothing_left(root: Path) -> list[str]:
    """Rows, files and directories that only a running guest may have."""
    places = directories(URI(f"qemu:///embed?root={root}"))
    left = [str(path) for path in Path(places.guests).iterdir()]
    left += [str(path) for path in root.rglob("*.removed-*")]
    store = Store(places, state_schema="", run_schema="", version=1)
    for table in ("run.journal", "run.step", "run.active", "run.port", "main.journal", "main.step"):
        left += [f"{table}: {tuple(row)}" for row in store.all(f"SELECT * FROM {table}")]
    store.close()
    return left


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
