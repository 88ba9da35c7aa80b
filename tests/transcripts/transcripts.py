"""Command lines run by virshpy (in this process) and by virsh (where it is installed), and what differs on purpose."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple
from unittest.mock import patch

from virshpy.shell.main import main

CASES = Path(__file__).with_name("cases.txt")
URI = "test:///default"
VIRSH = shutil.which("virsh")
# Commands of virsh that show progress.
WATCHES = re.compile(r"\b(save|dump|managedsave|migrate|blockcopy|blockpull|blockcommit)\b")


def _domain(name: str, more: str = "", kind: str = "test") -> str:
    named = f"<name>{name}</name>" if name else ""
    return (
        f"<domain type='{kind}'>{named}<memory>8388608</memory><vcpu>2</vcpu><os><type>hvm</type></os>{more}</domain>\n"
    )


DOCUMENTS = {
    "fc.xml": _domain("fc", "<uuid>00000000-0000-0000-0000-0000000000fc</uuid>"),
    "b.xml": _domain("b", "<uuid>00000000-0000-0000-0000-00000000000b</uuid>"),
    "C.xml": _domain("C", "<uuid>00000000-0000-0000-0000-00000000000c</uuid>"),
    "wide.xml": _domain("rather-long-name", "<title>A title, with some words</title>"),
    "noname.xml": _domain(""),
    "slash.xml": _domain("a/b"),
    "disks.xml": _domain(
        "disks",
        "<devices>"
        "<disk type='file'><source file='/no/disk.img'/><target dev='vda' bus='virtio'/></disk>"
        "<disk type='file' device='cdrom'><source file='/no/cd.iso'/><target dev='hda' bus='ide'/></disk>"
        "<disk type='file' device='cdrom'><target dev='hdb' bus='ide'/></disk>"
        "<disk type='file'><source file='/default-pool/v.img'/><target dev='vdb' bus='virtio'/></disk>"
        "<disk type='volume'><source pool='nowhere' volume='v'/><target dev='vdc' bus='virtio'/></disk></devices>",
    ),
    "wrongtype.xml": _domain("fc", kind="qemu"),
    "truncated.xml": "<domain type='test'>\n  <name>fc</name>\n",
    "mismatch.xml": "<domain type='test'>\n  <name>fc</nome>\n</domain>\n",
    "empty.xml": "",
}


class Outcome(NamedTuple):
    stdout: str
    stderr: str
    code: int


def cases() -> list[str]:
    """The rows of cases.txt."""
    lines = CASES.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def words(case: str, directory: Path) -> list[str]:
    """A row as the words that the programs get."""
    return ["-c", URI, *(word.replace("$DIR", str(directory)) for word in shlex.split(case))]


def write_documents(directory: Path) -> None:
    for name, text in DOCUMENTS.items():
        (directory / name).write_text(text)


def run_as_virsh(argv: list[str], stdin: str = "") -> Outcome:
    """Run the program in this process, called as virsh."""
    with patch.dict(os.environ, VIRSHPY_AS="virsh"):
        return run_virshpy(argv, stdin)


def run_virshpy(argv: list[str], stdin: str = "") -> Outcome:
    """Run the program in this process."""
    kept = sys.stdin, sys.stdout, sys.stderr
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with _stdin(stdin) as source, patch.dict(os.environ, VIRSHPY_DEFAULT_URI=URI):
        sys.stdin, sys.stdout, sys.stderr = source, out, err
        try:
            code = main(argv)
        finally:
            sys.stdin, sys.stdout, sys.stderr = kept
    return Outcome(_content(out), _content(err), code)


def _stdin(text: str) -> IO[str]:
    # A real descriptor: `console` asks it whether it is a terminal. Not a pipe, which would hold so much and no more.
    file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by the caller
    file.write(text)
    file.seek(0)
    return file


def _content(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    text = buffer.getvalue().decode(errors="surrogateescape")
    stream.close()
    return text


def run_virsh(argv: list[str], stdin: str = "") -> Outcome:
    """Run the reference."""
    assert VIRSH is not None
    # Its line editor breaks the lines that it echoes at the width of the terminal.
    terminal = {"TERM": "dumb", "COLUMNS": "10000"}
    environment = {**os.environ, "LC_ALL": "C", "LIBVIRT_DEFAULT_URI": URI, **terminal}
    done = _patiently([VIRSH, *argv], stdin, environment)
    stderr = done.stderr
    if bogus := re.search(r"bogus:///\w*", f"{' '.join(argv)} {stdin}"):
        stderr = unknown_scheme(stderr, bogus[0])
    return Outcome(done.stdout, stderr, done.returncode)


# A scheme that libvirt's library does not know it asks the daemon for. What it says where no daemon listens, or, to a
# user who is not root, before it has found one.
_NO_DAEMON = r"^error: (internal error: Unable to get system bus connection|Failed to connect socket to '[^']*'): .*$"


def unknown_scheme(text: str, uri: str) -> str:
    """What virsh printed, with the answer of a daemon about an unknown scheme where none was there to give it."""
    return re.sub(_NO_DAEMON, f"error: no connection driver available for {uri}", text, flags=re.M)


def _patiently(argv: list[str], stdin: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run virsh. Where it shows progress it waits for ever if its work is done before it begins to watch: try again."""
    watching = WATCHES.search(" ".join(argv)) is not None
    for _ in range(20 if watching else 0):
        try:
            return _run(argv, stdin, environment, 1)
        except subprocess.TimeoutExpired:
            continue
    return _run(argv, stdin, environment, 20)


def _run(argv: list[str], stdin: str, environment: dict[str, str], timeout: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, input=stdin.encode(), capture_output=True, env=environment, timeout=timeout)
    # Decoded here: reading it as text would make newlines of the carriage returns.
    stdout, stderr = (stream.decode(errors="surrogateescape") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(argv, done.returncode, stdout, stderr)


# What is made equal before comparing, on both sides: clocks, and what docs/differences.md explains.
_EQUALISED = (
    (r"CPU time: +[\d.]+s", "CPU time: …"),
    (r"\(Time: [\d.]+ ms\)", "(Time: …)"),
    (r"^Domain (snapshot|checkpoint) \d{10} created", r"Domain \1 … created"),  # named after the clock
    (r"-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d\.(png|ppm)", r"-….\1"),
    (r"(failed to validate against schema): .*\n(?:(?!error: |\n).*\n)*\n?", "\\1: …\n"),
)


def equalised(outcome: Outcome) -> Outcome:
    def plain(text: str) -> str:
        for pattern, replacement in _EQUALISED:
            text = re.sub(pattern, replacement, text, flags=re.M)
        return text

    return Outcome(plain(outcome.stdout), plain(outcome.stderr), outcome.code)
