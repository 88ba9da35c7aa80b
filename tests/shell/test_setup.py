"""What is shipped beside the program: printed, installed, and fit for what reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.shell.programs import installed
from tests.transcripts.transcripts import run_as_virsh, run_virshpy
from virshpy.shell import shipped

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("shell", shipped.COMPLETIONS)
def test_completion_is_the_file(shell: str) -> None:
    text = (ROOT / "completions" / shipped.COMPLETIONS[shell]).read_text()
    assert run_virshpy(["completion", shell]).stdout == f"{text}\n"
    assert (
        "virsh\n" in run_as_virsh(["completion", shell]).stdout
        or "-c virsh " in run_as_virsh(["completion", shell]).stdout
    )


def test_completion_of_another_shell() -> None:
    assert run_virshpy(["completion", "tcsh"]).stderr == "error: there is no completion for 'tcsh'\n"


@pytest.mark.parametrize(("options", "folder"), [((), "etc"), (("--user",), "home/.config")])
@needs.program("systemd-analyze", "systemd")
def test_unit_runs_this_program(options: tuple[str, ...], folder: str, tmp_path: Path) -> None:
    program = installed(tmp_path / "bin")
    text = subprocess.run([program, "unit", *options], capture_output=True, text=True, check=True).stdout
    assert f"ExecStart=-{program} -q -c qemu:///{'session' if options else 'system'} start --autostart\n" in text
    assert "/usr/bin" not in text
    if options:
        return  # needs a manager of the user's; the lab has one
    unit = tmp_path / "virshpy-guests.service"
    unit.write_text(text)
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (checked.stdout, checked.stderr) == ("", "")


def test_unit_is_installed_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = run_virshpy(["unit", "--user", "--install"])
    path = tmp_path / "systemd/user/virshpy-guests.service"
    assert done.stdout.startswith(f"{path} is installed; now: systemctl --user daemon-reload && ")
    assert path.read_text() == shipped.unit(user=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/proc/nowhere")
    refused = run_virshpy(["unit", "--user", "--install"])
    assert refused.code == 1 and refused.stderr.startswith("error: cannot write /proc/nowhere/systemd/user/")
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@needs.program("make", "make")
def test_make_install(tmp_path: Path) -> None:
    subprocess.run(
        ["make", "-s", "-C", ROOT, "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"], check=True, capture_output=True
    )
    for path in (
        "usr/lib/systemd/system/virshpy-guests.service", "usr/lib/systemd/user/virshpy-guests.service",
        "usr/share/bash-completion/completions/virshpy", "usr/share/man/man1/virshpy.1", "etc/virshpy/hooks",
    ):  # fmt: skip
        assert (tmp_path / path).exists()
    assert "ExecStart=-/usr/bin/virshpy " in (tmp_path / "usr/lib/systemd/system/virshpy-guests.service").read_text()
