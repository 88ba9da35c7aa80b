"""``python -m tests.transcripts.record``: write recorded.txt anew from what virshpy prints now.

Read the diff before it is committed: where virsh is installed, test_transcripts.py holds the same rows against it.

    $ list --all              the row of cases.txt
    > …                       a line of standard output
    ! …                       a line of standard error (>~ and !~: one without a newline at its end)
    = 0                       the exit code
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.transcripts.transcripts import Outcome, cases, equalised, run_virshpy, words, write_documents

RECORDED = Path(__file__).with_name("recorded.txt")
# What differs from host to host.
UNRECORDED = frozenset({"hostname"})


def outcome(case: str, directory: Path) -> Outcome:
    """What virshpy does with a row, without what differs from run to run."""
    found = equalised(run_virshpy(words(case, directory)))
    here = f"{Path.cwd()}\n"
    stdout, stderr = (
        text.replace(str(directory), "$DIR").replace(here, "$CWD\n") for text in (found.stdout, found.stderr)
    )
    return Outcome(stdout, stderr, found.code)


def block(case: str, found: Outcome) -> str:
    lines = [f"$ {case}"]
    for mark, text in ((">", found.stdout), ("!", found.stderr)):
        for line in text.splitlines(keepends=True):
            lines.append(f"{mark} {line[:-1]}" if line.endswith("\n") else f"{mark}~ {line}")
    return "\n".join([*lines, f"= {found.code}", ""])


def recorded() -> dict[str, str]:
    """The blocks of recorded.txt by their row."""
    blocks: dict[str, str] = {}
    case = ""
    for line in RECORDED.read_text().splitlines(keepends=True):
        if line.startswith("$ "):
            case = line[2:-1]
            blocks[case] = ""
        blocks[case] += line
    return blocks


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        write_documents(Path(name))
        chosen = [case for case in cases() if case not in UNRECORDED]
        RECORDED.write_text("".join(block(case, outcome(case, Path(name))) for case in chosen))
