"""README: every line that is typed there is typed here, and says what the page shows.

What a user types is followed in a home of its own (tour.py), what root types in a lab (tests/lab).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.guest import Guest
from tests import needs
from tests.docs.tour import CHECKOUT, LEFT_OUT, NEEDS, README, Tour, is_left_out
from tests.docs.transcript import Names, fenced, follow, lines
from tests.guests.documents import document
from tests.lab.machine import NEEDS as LAB_NEEDS
from tests.lab.machine import Lab
from tests.shell.programs import installed

EXAMPLES = CHECKOUT / "examples"
TYPED = list(lines(README.read_text()))


class TestTour:
    """What a user types."""

    pytestmark = NEEDS

    def test_lines_of_a_user(self, root: Path, tmp_path: Path, guest: Guest) -> None:
        programs = installed(tmp_path / "bin").parent
        tour = Tour(root, programs, EXAMPLES, guest, python=sys.executable, library=str(CHECKOUT))
        assert tour.follow() > 25


@pytest.mark.parametrize(
    "command", [line.command for line in TYPED if line.prompt == "$" and is_left_out(line.command)]
)
def test_line_that_is_not_typed_here(command: str) -> None:
    pytest.skip(next(reason for start, reason in LEFT_OUT.items() if command.startswith(start)))


def test_each_reason_is_for_a_line() -> None:
    typed = [line.command for line in TYPED]
    assert not [start for start in LEFT_OUT if not any(command.startswith(start) for command in typed)]


def test_files_that_are_shown_are_the_examples() -> None:
    assert fenced(README.read_text(), "xml") == [(EXAMPLES / "small.xml").read_text()]


def test_each_example_is_used() -> None:
    networks = (CHECKOUT / "docs/session-networks.md").read_text()
    typed = "\n".join(line.command for line in (*TYPED, *lines(networks)))
    for path in EXAMPLES.iterdir():
        assert f"examples/{path.name}" in typed
    for path in (EXAMPLES / "cloud-image").iterdir():
        assert path.name in typed


@needs.program("apt-cache", "apt")
def test_packages_that_are_named_are_the_distributions() -> None:
    table = README.read_text().partition("| Package | For |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert {"qemu-system-x86", "swtpm-tools", "iproute2"} <= named
    shown = set(subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout.split())
    if "apt" not in shown:
        pytest.skip("needs the lists of packages: apt-get update")
    # What Debian 12 has in qemu-system-common, and what has another name from Debian 13 on.
    assert named - shown <= {"virtiofsd", "libssl3"}


class TestLinesOfRoot:
    """What root types, on a host with systemd."""

    pytestmark = LAB_NEEDS

    @pytest.fixture
    def lab(self) -> Iterator[Lab]:
        with tempfile.TemporaryDirectory(prefix="vp.lab.") as folder, Lab(Path(folder)) as lab:
            for name in ("web", "db"):
                (lab.persist / f"{name}.xml").write_text(document(name, memory=16))
                lab.run(f"virshpy define /persist/{name}.xml")
            yield lab

    def test_lines(self, lab: Lab) -> None:
        names = Names()
        for line in TYPED:
            if line.prompt == "#":
                said = lab.run(f"cd {CHECKOUT}\n{{ {line.command}\n}} 2>&1", check=False).stdout
                follow(README.name, line, said.strip("\n"), names)
        assert lab.run("virshpy list --name").stdout.split() == ["db", "web"]
        assert lab.run("systemctl is-enabled virshpy-guests").stdout == "enabled\n"
        assert lab.run("man --where virshpy-domain").stdout.endswith("/man1/virshpy-domain.1\n")
