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


TRACED = (
    "domstate test --reason; domid 1", "domuuid 6695eb01-f6a4-8304-79aa-97f2502e193f", "domstate nope; bogus", "domid",
    "net-uuid default", "net-name 00000000-0000-0000-0000-000000000000", "pool-start default-pool", "vol-pool v",
    "vol-path v default-pool", "iface-mac eth1", "iface-name aa:bb:cc:dd:ee:ff", "nodedev-dumpxml computer",
    "secret-dumpxml x", "nwfilter-binding-dumpxml x", "domstats test", "echo --str a b", "setmem test --kilobytes 1024",
    "send-key test KEY_A KEY_B", "domstate test x", "domstate test --bogus", "", "#x", "connect test:///default; uri",
)  # fmt: skip


@pytest.mark.parametrize("level", ["0", "1", "2", "4"])
def test_trace(level: str, tmp_path: Path) -> None:
    for line in TRACED:
        argv = ["-d", level, "-c", URI, line]
        assert run_virshpy(argv) == run_virsh(argv), line
    logs = [tmp_path / "ours", tmp_path / "theirs"]
    for log, run in zip(logs, (run_virshpy, run_virsh), strict=True):
        run(["-d", level, "-l", str(log), "-c", URI, "domid test; domid; bogus"])
    ours, theirs = ([line.partition("] ")[2] for line in log.read_text().splitlines() if line] for log in logs)
    assert ours == theirs


@pytest.mark.parametrize("value", ["0", "1", " 1", "4"])
def test_trace_by_the_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRSH_DEBUG", value)
    assert run_virshpy(["-c", URI, "domid test"]) == run_virsh(["-c", URI, "domid test"])


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
