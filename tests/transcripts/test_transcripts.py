"""Every row of cases.txt: as recorded, and byte for byte as virsh has it where virsh is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.record import UNRECORDED, block, outcome, recorded
from tests.transcripts.transcripts import (
    URI,
    VIRSH,
    cases,
    equalised,
    run_as_virsh,
    run_virsh,
    words,
    write_documents,
)

needs_virsh = pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    write_documents(tmp_path)
    return tmp_path


def test_as_recorded(documents: Path) -> None:
    expected = recorded()
    rows = [case for case in cases() if case not in UNRECORDED]
    assert rows == list(expected), "cases.txt and recorded.txt differ: python -m tests.transcripts.record"
    changed = [block(case, outcome(case, documents)) for case in rows]
    assert changed == list(expected.values())


@needs_virsh
def test_as_virsh(documents: Path) -> None:
    differing = []
    for case in cases():
        argv = words(case, documents)
        ours, theirs = equalised(run_as_virsh(argv)), equalised(run_virsh(argv))
        if ours != theirs:
            differing.append(f"{case}\nvirsh   {theirs}\nvirshpy {ours}")
    assert not differing, f"{len(differing)} of {len(cases())} differ\n" + "\n".join(differing)


LINES = [
    "list\nbogus\necho c; echo d\n\n#x\nquit\necho e\n",
    "echo hi",
    "echo a\\\nb\n",
    "uri\ncd /\npwd\nconnect bogus:///\nuri\nlist\ndestroy test\nlist --all\nsuspend test\n",
    "connect --name test:///default --readonly\nsuspend test\nlist",
    "\n\n",
    "",
]


@needs_virsh
@pytest.mark.parametrize("options", [[], ["-q"], ["-t"]], ids=" ".join)
@pytest.mark.parametrize("text", LINES)
def test_standard_input_as_virsh(text: str, options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(".")
    argv = ["-c", URI, *options]
    assert equalised(run_as_virsh(argv, text)) == equalised(run_virsh(argv, text))
