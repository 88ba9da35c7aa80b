"""A connection without a daemon is its files: what happens where they go while they are open."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import virshpy
from tests.shell.terminals import READY, Terminal, named
from virshpy import errors

DOCUMENT = "<domain type='qemu'><name>web</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os></domain>"
JUNK = b"no database " * 1000
DISCONNECTED = "error: Disconnected from {} due to I/O error"
RECONNECTED = "error: Reconnected to the hypervisor"


@pytest.fixture
def ready(uri: str, root: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A prompt whose connection is open, with a domain on record."""
    with virshpy.open(uri) as connection:
        connection.define_xml(DOCUMENT)
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path))
    opened = Terminal([sys.executable, "-m", "virshpy", "-c", uri], environment)
    opened.expect(READY)
    opened.type("list --all\r", "web")
    opened.expect(READY)
    yield opened
    opened.send("quit\r")
    assert opened.end() == 0
    opened.close()


def test_a_removed_directory_is_noticed_before_the_next_command(ready: Terminal, root: Path, uri: str) -> None:
    shutil.rmtree(root)
    ready.send("define /dev/null\r")
    ready.expect(DISCONNECTED.format(uri))
    ready.expect("hint: ")
    ready.expect(RECONNECTED)
    ready.expect("0 running")
    ready.expect(READY)
    ready.type("list --all --name\r")
    assert (root / "lib/state.db").exists()


def test_the_toolbar_says_it_first(ready: Terminal, root: Path) -> None:
    shutil.rmtree(root)
    assert "disconnected" in ready.type("echo hi\r", READY)


def test_damaged_records_are_told_of_until_they_are_mended(ready: Terminal, root: Path, uri: str) -> None:
    before = (root / "lib/state.db").read_bytes()
    shutil.rmtree(root / "lib")
    (root / "lib").mkdir()
    (root / "lib/state.db").write_bytes(JUNK)
    ready.send("list --all\r")
    ready.expect(DISCONNECTED.format(uri))
    ready.expect("error: Failed to reconnect to the hypervisor")
    ready.expect("file is not a database")
    ready.expect("hint: restore the file")
    ready.expect(READY)
    (root / "lib/state.db").write_bytes(before)
    ready.send("list --all\r")
    ready.expect(RECONNECTED)
    ready.expect("web")
    ready.expect(READY)


def test_standard_input_goes_on_after_a_loss(uri: str, root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "virshpy", "-q", "-c", uri],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("uri\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in "12"] == ["virshpy # uri\n", f"{uri}\n"]
        shutil.rmtree(root)
        printed, complaints = process.communicate("list --name\necho done\n", timeout=30)
    assert complaints == f"{DISCONNECTED.format(uri)}\n{RECONNECTED}\n"
    assert "echo done\ndone" in printed and process.returncode == 0


def test_nothing_is_written_to_files_that_are_gone(uri: str, root: Path) -> None:
    with virshpy.open(uri) as connection:
        connection.define_xml(DOCUMENT)
        assert connection.is_alive()
        (root / "lib/state.db").rename(root / "lib/kept.db")
        assert not connection.is_alive()
        with pytest.raises(errors.SystemCallError, match="state.db was removed while it was open") as told:
            connection.define_xml(DOCUMENT.replace("web", "other"))
        assert told.value.hint
    with virshpy.open(uri) as connection:
        assert connection.list_domains() == []


def test_damage_is_an_error_of_the_connection(uri: str, root: Path) -> None:
    with virshpy.open(uri) as connection:
        connection.define_xml(DOCUMENT)
    (root / "lib/state.db").write_bytes(JUNK)
    with pytest.raises(errors.SystemCallError, match="file is not a database") as told:
        virshpy.open(uri)
    assert told.value.hint == "restore the file from a copy, or move it away and define again what was in it"
