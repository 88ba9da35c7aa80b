"""What the quick commands load: their time is mostly that of importing."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Milliseconds each, and none is needed to print a list.
DEAR = {
    "asyncio", "click", "dataclasses", "inspect", "lxml", "prompt_toolkit", "subprocess", "typing", "xml.etree",
    "email", "http", "urllib.request", "logging", "argparse", "tempfile", "shutil", "uuid", "socket", "pathlib",
}  # fmt: skip


def loaded(*argv: str) -> set[str]:
    """Every module that a run of virshpy loads beyond those of a bare Python."""
    return _names("import sys; from virshpy.shell.main import entry; entry()", *argv) - _names("import sys")


def _names(program: str, *argv: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; sys.stderr.write(' '.join(sys.modules))", *argv],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["list"], ["list", "--all"]], ids=" ".join)
def test_list_loads_nothing_dear(uri: str, words: list[str]) -> None:
    assert not loaded("-c", uri, *words) & DEAR


@pytest.mark.parametrize("format", ["plain", "rich"])
def test_a_list_of_the_imaginary_host_loads_what_is_ours_alone(format: str) -> None:
    strange = {name.partition(".")[0] for name in loaded("-c", "test:///default", "-o", format, "list")}
    assert strange <= {"virshpy", "__future__", "gc"}


def test_a_list_on_qemu_loads_no_more_than_its_records_need(uri: str) -> None:
    """Dates, signals, threads and JSON are for those who act."""
    strange = {"enum", "re", "signal", "threading", "json", "datetime", "virshpy.errors.codes"}
    assert not loaded("-c", uri, "list") & strange


def test_a_command_without_an_error_makes_no_classes_of_them() -> None:
    assert "virshpy.errors.codes" not in loaded("-c", "test:///default", "list")
    names = _names("import sys; from virshpy import errors; errors.NoDomain")
    assert "virshpy.errors.codes" in names


def test_tab_in_bash_loads_no_command_to_offer_it() -> None:
    commands = {name for name in loaded("-q", "complete", "--bash", "virshpy dom") if ".commands." in name}
    assert commands == {"virshpy.shell.commands.itself"}


def test_library_loads_nothing_of_the_terminal() -> None:
    names = _names("import sys, virshpy")
    assert not {name for name in names if name.partition(".")[0] in ("click", "prompt_toolkit")}
    assert "virshpy.shell" not in names
