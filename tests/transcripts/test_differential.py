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
from tests.transcripts.transcripts import URI, VIRSH, equalised, run_as_virsh, run_virsh

pytestmark = pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")


@pytest.mark.parametrize("name", commands())
def test_as_virsh(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VISUAL", "true")  # an editor that changes nothing
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
    monkeypatch.setenv("VISUAL", "true")  # an editor that changes nothing
    chosen = [line for line in described.lines(name, 200) if not is_allowed(line)]
    found = list(from_standard_input(chosen, tmp_path))
    assert not found, "\n".join(map(str, found[:20]))


# What shows a domain, and changes of it: each is seen by all.
SHOWS = (
    "dominfo test", "domstate test --reason", "dumpxml test", "dumpxml test --inactive", "domstats test",
    "vcpucount test", "vcpuinfo test", "vcpupin test", "vcpupin test --config", "emulatorpin test", "iothreadinfo test",
    "iothreadinfo test --config", "memtune test", "memtune test --config", "blkiotune test --live", "numatune test",
    "schedinfo test", "perf test", "domblklist test", "domiflist test --inactive", "domiftune test testnet0",
    "blkdeviotune test vda", "desc test", "desc test --title --config", "metadata test http://x", "domcontrol test",
    "list --all --title", "list --all --managed-save", "list --all --autostart", "list --all --with-snapshot --name",
    "snapshot-list test --name", "domfsinfo test", "guestvcpus test", "domif-getlink test testnet0", "domtime test",
)  # fmt: skip
CHANGES = (
    "destroy test", "suspend test", "managedsave test", "undefine test", "autostart test", "setmem test 1M",
    "setmem test 1M --config", "setvcpus test 1", "setvcpus test 1 --config", "vcpupin test 0 1", "emulatorpin test 2",
    "iothreadadd test 3", "iothreadadd test 3 --config", "iothreadadd test 3 --config --live",
    "iothreadadd test 3; iothreadset test 3 --poll-grow 4; iothreadpin test 3 1",
    "iothreadadd test 3; iothreaddel test 3", "domtime test --time 5",
    "memtune test --hard-limit 9", "blkiotune test --weight 200 --config", "numatune test --nodeset 0",
    "perf test --enable cmt", "domiftune test testnet0 --inbound 1,2,3", "domiftune test testnet0 --inbound 1 --config",
    "domiftune test testnet0 --outbound 1,2 --config --live", "blkdeviotune test vda --total-iops-sec-max 7 --config",
    "desc test words of mine", "desc test --title mine --config", "metadata test http://x --key k --set '<a/>'",
    "domif-setlink test testnet0 down", "domtime test --time 30001", "domtime test --sync", "domfsfreeze test",
    "snapshot-create-as test s; snapshot-create-as test t; setmem test 1M; snapshot-revert test s",
    "set-lifecycle-action test crash preserve", "domrename test x", "reboot test", "reset test",
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_by_every_command(change: str, tmp_path: Path) -> None:
    found = list(from_standard_input([f"{change}; {'; '.join(SHOWS)}"], tmp_path))
    assert not found, "\n".join(map(str, found))


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
        assert run_as_virsh(argv) == run_virsh(argv), line
    logs = [tmp_path / "ours", tmp_path / "theirs"]
    for log, run in zip(logs, (run_as_virsh, run_virsh), strict=True):
        run(["-d", level, "-l", str(log), "-c", URI, "domid test; domid; bogus"])
    ours, theirs = ([line.partition("] ")[2] for line in log.read_text().splitlines() if line] for log in logs)
    assert ours == theirs


@pytest.mark.parametrize("value", ["0", "1", " 1", "4"])
def test_trace_by_the_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRSH_DEBUG", value)
    assert run_as_virsh(["-c", URI, "domid test"]) == run_virsh(["-c", URI, "domid test"])


def test_grammar(tmp_path: Path) -> None:
    assert not list(from_standard_input(list(grammar.lines(400)), tmp_path))
    for line in grammar.lines(150, arguments=True):
        argv = ["-c", URI, line]
        assert equalised(run_as_virsh(argv)) == equalised(run_virsh(argv)), line


def test_there_are_enough() -> None:
    assert sum(len(lines(name)) for name in commands()) >= 1500


def test_a_difference_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from virshpy.shell.render import states

    monkeypatch.setattr(states, "_STATES", ("no state", "runs"))
    assert len(differences(["domstate test"], tmp_path)) == 1
    assert {difference.way for difference in from_standard_input(["domstate test", "uri"], tmp_path)} == {
        "standard input"
    }


def test_allowances_have_reasons_and_are_of_use() -> None:
    from tests.transcripts.generated import lines as generated
    from virshpy.shell.lang import registry

    every = [shlex.join(words) for name in commands() for words in generated(registry.find_known(name))]
    for pattern, reason in ALLOWED + OTHER_CODES:
        assert reason and any(re.fullmatch(pattern, line) for line in every), pattern
