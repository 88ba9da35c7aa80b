"""Hook scripts: what they are told and when, and what comes of one that refuses, hangs or is no program."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, pid_of, wait_for
from tests.processes import processes

pytestmark = needs.qemu

# Writes down its arguments and what its XML begins with, and then does what it is asked to.
SCRIPT = """#!/bin/sh
read -r first
echo "$(basename "$0") $* $first" >> {notes}
{more}
"""


def install(root: Path, more: str = "", name: str = "qemu", folder: str = "etc/hooks") -> Path:
    script = root / folder / name
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(SCRIPT.format(notes=root / "notes", more=more))
    script.chmod(0o755)
    return script


def notes(root: Path) -> list[str]:
    path = root / "notes"
    return path.read_text().splitlines() if path.exists() else []


def told(root: Path) -> list[str]:
    """What happened, by the scripts' own arguments."""
    return [" ".join(line.split()[:5]) for line in notes(root)]


@pytest.fixture
def guest(root: Path, virshpy: Run) -> str:
    define(virshpy, root, document("web"))
    return "web"


LIFE = ["prepare begin", "start begin", "started begin"]
END = ["stopped end", "release end"]


def test_a_life_in_libvirts_words(guest: str, root: Path, virshpy: Run) -> None:
    install(root)
    virshpy("start", guest)
    assert told(root) == [f"qemu web {point} -" for point in LIFE]
    assert all("<domain type='qemu' id='1'>" in line for line in notes(root))
    virshpy("destroy", guest)
    assert told(root) == [f"qemu web {point} -" for point in LIFE + END]


def test_a_folder_of_scripts_in_order(guest: str, root: Path, virshpy: Run) -> None:
    """As for the passthrough of a graphics card: one program, and a folder of further ones by guest and moment."""
    dispatch = 'for one in $(dirname "$0")/qemu.d/$1/$2/$3/*; do [ -x "$one" ] && "$one" "$@" </dev/null; done; true'
    install(root, dispatch)
    for place in (
        "web/prepare/begin/20-unbind.sh",
        "web/prepare/begin/10-stop-display.sh",
        "web/release/end/10-bind.sh",
    ):
        install(root, name=f"qemu.d/{place}")
    install(root, name="qemu.d/50-log")
    install(root, name="qemu.d/10-log")
    virshpy("start", guest)
    virshpy("destroy", guest)
    names = [line.split()[0] for line in told(root)]
    in_order = ["qemu", "10-stop-display.sh", "20-unbind.sh", "10-log", "50-log"]
    assert names[:5] == in_order and names[-4:] == ["qemu", "10-bind.sh", "10-log", "50-log"]


@pytest.mark.parametrize("when", ["prepare", "start", "started"])
def test_one_that_refuses_stops_the_start(when: str, guest: str, root: Path, virshpy: Run) -> None:
    install(root, f'[ "$2" != {when} ] || {{ echo "the card is busy" >&2; exit 3; }}')
    refused = virshpy("--hints", "start", guest, check=False)
    script = f"{root}/etc/hooks/qemu"
    assert refused.returncode == 1 and refused.stderr.splitlines() == [
        "error: Failed to start domain 'web'",
        f"error: Hook script execution failed: internal error: Child process ({script} web {when} begin -) "
        "unexpected exit status 3: the card is busy",
        "hint: a script of the administrator's refuses it",
    ]
    assert told(root)[-1] == "qemu web release end -"
    assert virshpy("domstate", guest, "--reason").stdout == "shut off (failed)\n\n"
    assert not nothing_left(root)
    (root / "etc/hooks/qemu").unlink()
    virshpy("start", guest)
    virshpy("destroy", guest)


def test_one_that_hangs_is_ended_with_what_it_has_started(guest: str, root: Path, virshpy: Run) -> None:
    mark = "7331.25"
    install(root, f'[ "$2" != prepare ] || {{ sleep {mark}; true; }}')
    (root / "etc/virshpy.toml").write_text("[qemu]\nhook_timeout = 0.5\n")
    refused = virshpy("start", guest, check=False)
    assert f"{root}/etc/hooks/qemu did not end within 0.5 seconds" in refused.stderr
    assert not processes(f"sleep {mark}")
    assert not nothing_left(root)


def test_what_is_said_at_the_end_changes_nothing(guest: str, root: Path, virshpy: Run) -> None:
    install(root, '[ "$3" != end ] || { echo "cannot bind" >&2; exit 1; }')
    virshpy("start", guest)
    virshpy("destroy", guest)
    assert told(root)[-2:] == ["qemu web stopped end -", "qemu web release end -"]
    assert "cannot bind" in (root / "log/web.log").read_text()
    assert not nothing_left(root)


def test_a_guest_that_ends_by_itself_is_told_of_at_once(guest: str, root: Path, virshpy: Run) -> None:
    install(root)
    virshpy("start", guest)
    pid = pid_of(root)
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: told(root)[-1] == "qemu web release end -", "the last script")
    wait_for(lambda: not nothing_left(root), "nothing to be left")


def test_other_folders_and_what_is_no_program(guest: str, root: Path, virshpy: Run) -> None:
    install(root, folder="libvirt/hooks")
    install(root).chmod(0o644)
    (root / "etc/virshpy.toml").write_text(f'[qemu]\nhooks = ["{root}/libvirt/hooks", "{root}/nowhere"]\n')
    started = virshpy("--hints", "start", guest)
    assert started.stderr == f"warning: the hook script {root}/etc/hooks/qemu is not executable, and is not run\n"
    assert told(root) == [f"qemu web {point} -" for point in LIFE]
    virshpy("destroy", guest)


def test_dry_run_names_them_and_runs_none(guest: str, root: Path, virshpy: Run) -> None:
    install(root)
    plan = virshpy("start", guest, "--dry-run").stdout.splitlines()
    first, second, third = (
        f"{root}/etc/hooks/qemu web {point} -  # with the XML of 'web' on its standard input" for point in LIFE
    )
    assert plan[0] == first
    place = plan.index(second)
    assert "qemu-system" in plan[place + 1] and third in plan[place + 2 :]
    assert not notes(root)
