"""Generated lines: each command as virsh answers it, byte for byte. ``python -m tests.transcripts.differential`` shows
what differs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.transcripts import described, grammar
from tests.transcripts.differential import (
    ALLOWED,
    OTHER_CODES,
    compared,
    differences,
    from_standard_input,
    is_allowed,
    lines,
)
from tests.transcripts.generated import commands
from tests.transcripts.transcripts import URI, VIRSH, equalised, run_virsh, run_virshpy

pytestmark = pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")


@pytest.mark.parametrize("name", commands())
def test_as_virsh(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = lines(name)
    if not chosen:
        pytest.skip("virsh 9.0 does not have it, or its answer differs by design")
    found = compared(chosen, tmp_path)
    assert not found, "\n".join(map(str, found[:20]))


@pytest.mark.parametrize("name", [name for name in commands() if name.endswith("event")])
def test_times_that_no_command_can_wait(name: str, tmp_path: Path) -> None:
    what = {"event": " --all", "qemu-monitor-event": ""}.get(name, " --event lifecycle")
    wrong = [f"{name}{what} --timeout {value}" for value in ("0", "-1", "1k", "1.5", "''", "2147484", "4294968")]
    assert not list(from_standard_input(wrong, tmp_path))


@pytest.mark.parametrize("name", described.commands())
def test_documents_described_by_options(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = [line for line in described.lines(name, 200) if not is_allowed(line)]
    found = list(from_standard_input(chosen, tmp_path))
    assert not found, "\n".join(map(str, found[:20]))


def test_grammar(tmp_path: Path) -> None:
    assert not list(from_standard_input(list(grammar.lines(400)), tmp_path))
    for line in grammar.lines(150, arguments=True):
        argv = ["-c", URI, line]
        assert equalised(run_virshpy(argv)) == equalised(run_virsh(argv)), line


def test_there_are_enough() -> None:
    assert sum(len(lines(name)) for name in commands()) >= 1500


def test_a_difference_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from virshpy.shell import states

    monkeypatch.setattr(states, "_STATES", ("no state", "runs"))
    assert len(differences(["domstate test"], tmp_path)) == 1
    assert {difference.way for difference in from_standard_input(["domstate test", "uri"], tmp_path)} == {
        "standard input"
    }


def test_allowances_have_reasons_and_are_of_use() -> None:
    from tests.transcripts.generated import lines as generated
    from virshpy.shell import registry

    every = [shlex.join(words) for name in commands() for words in generated(registry.find_known(name))]
    for pattern, reason in ALLOWED + OTHER_CODES:
        assert reason and any(re.fullmatch(pattern, line) for line in every), pattern
