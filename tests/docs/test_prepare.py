"""kit/prepare brings what is asked for and no more, and nothing twice.

It runs in a folder of its own, with programs that only write down how they were called in place of pip and apt-get.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PROGRAM = """\
#!/bin/sh
echo "$0 $*" >>"{log}"
if [ "$1 $2" = "-m pip" ]; then echo "WARNING: a word of pip's"; {pip}; fi
"""


class Place:
    """A checkout in which things are prepared."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        for name in ("kit/prepare", "pyproject.toml", "bin/virshpy"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name)
        self.programs = folder / "programs"
        for path in (folder / ".venv/bin/python", self.programs / "apt-get", self.programs / "sudo"):
            self.write(path)

    def write(self, path: Path, pip: str = "true") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROGRAM.format(log=self.log, pip=pip))
        path.chmod(0o755)

    def prepare(self, *words: str) -> tuple[str, list[str]]:
        """What it said, and what of ours pip was told to install."""
        self.log.write_text("")
        environment = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}"}
        argv = [str(self.folder / "kit/prepare"), *words]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert not done.stdout
        told = [line.split() for line in self.log.read_text().splitlines() if " install --editable " in line]
        return f"{done.stderr}exit status {done.returncode}", [words[-1] for words in told]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_demo_gets_no_tools(place: Place) -> None:
    said, installed = place.prepare()
    assert installed == ["."]
    assert "prepare: installing virshpy into .venv with pip\nexit status 0" in said and "WARNING" not in said
    assert place.prepare()[1] == []


@pytest.mark.parametrize("words", ["dev", "test"])
def test_from_the_demo_to_the_tools_and_back(place: Place, words: str) -> None:
    assert [place.prepare(*line)[1] for line in ((), (words,), (words,), (), (words,))] == [
        ["."],
        [".[dev]"],
        [],
        [],
        [],
    ]


def test_again_where_the_project_has_changed(place: Place) -> None:
    place.prepare("dev")
    with (place.folder / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    assert [place.prepare(*line)[1] for line in (("dev",), ())] == [[".[dev]"], []]


def test_failure_is_told_and_tried_again(place: Place) -> None:
    place.write(place.folder / ".venv/bin/python", pip='case "$*" in *install*) echo no index; exit 1;; esac')
    for _ in range(2):
        said, installed = place.prepare()
        assert installed == ["."]
        assert "no index\nprepare: pip failed; it needs the package index" in said and said.endswith("exit status 1")


def test_only_tests_want_more_than_qemu_of_the_host(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen where nothing is installed but what the script itself runs on."""
    for name in ("sh", "cat", "tr", "dirname", "cksum", "id", "env", "find", "head", "tail"):
        (place.programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(place.programs))
    told = [place.prepare(*words)[0] for words in ((), ("dev",), ("test",))]
    wanted = [text.partition("with apt-get: ")[2].split("\n")[0].split() for text in told]
    assert wanted[0][0] == wanted[1][0] == "qemu-system-x86"
    assert {"zsh", "swtpm", "jq", "genisoimage", "qemu-utils"} <= set(wanted[2])
    assert not {"zsh", "swtpm", "jq"} & {*wanted[0], *wanted[1]}


def test_another_word(place: Place) -> None:
    assert place.prepare("everything") == ("prepare: usage: kit/prepare [dev|test]\nexit status 2", [])
