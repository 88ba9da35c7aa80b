"""``python -m tests.transcripts.differential [COMMAND…]``: the generated lines that virsh answers otherwise.

Every line is read from standard input, and of each command some are given as arguments, too; ``--all`` gives them all
as arguments, which takes many minutes. ``--count`` prints how many lines there are and how many are equal.
What may differ for good is in ALLOWED, with its reason.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.transcripts import generated
from tests.transcripts.transcripts import (
    URI,
    VIRSH,
    WATCHES,
    Outcome,
    equalised,
    run_as_virsh,
    run_virsh,
    write_documents,
)
from virshpy.shell.lang import registry

SEPARATION = "=-=-="

# (pattern of the whole line, why its answer is not virsh's)
ALLOWED = (
    (r".* --help.*|help .+|help", "help has virsh's form and words of its own"),
    (r"(\w+-)*event\b.* (--event|--all|--domain|--network|--pool|--device|--secret|--timestamp|--loop)\b.*",
     "waits until something happens"),
    (r"qemu-monitor-event.*", "waits until something happens"),
    (r"complete.*", "virsh closes standard input, from which the lines come"),
    (r"self-test.*", "each program checks its own table"),
    (r"(quit|exit)( \S.*)?", "ends the session that reads the lines"),
    (r"connect (--name )?''( .*)?|connect --name=|connect( --readonly)?", "another default connection"),
    (r"cd (--dir )?''|cd --dir=", "virsh fails without a word"),
    (r".* --xpath [^/ ]+", "libxml2's own complaint about an expression goes past its error handling, exit code 0"),
    (r"qemu-monitor-command .* x( --pretty)?", "the complaint of libvirt's JSON library is not repeated"),
    (r"schedinfo .*(--current|--config --live)( \S*)?", "libvirt adds a flag that its own imaginary host refuses"),
    (r"undefine .*--(nvram|checkpoints-metadata) --(nvram|tpm|keep-tpm)",
     "names, among flags that it refuses, some that it takes alone"),
    (r"(snapshot|checkpoint)-create-as .* --diskspec( ''|=)( .*)?", "virsh writes half an element"),
    (r"(setvcpus|vcpupin) .*--(count|vcpu) (2147483648|4294967295)", "libvirt shows the number as a negative one"),
)  # fmt: skip
# (pattern, why virsh ends otherwise): everything but the exit code is compared.
OTHER_CODES = (
    (r"net-port-(delete|dumpxml) .*", "virsh succeeds where there is no such port or network"),
    (r"iface-destroy .*", "virsh fails where it has stopped the interface"),
)


@cache
def known_to_virsh() -> frozenset[str]:
    """The commands of the virsh that is installed."""
    assert VIRSH is not None
    done = subprocess.run([VIRSH, "help"], capture_output=True, text=True, check=True, env={"LC_ALL": "C"})
    return frozenset(re.findall(r"^    (\S+)", done.stdout, re.M)) | {"self-test", "complete"}


@cache
def options_known_to_virsh(name: str) -> frozenset[str]:
    """The options of one of its commands."""
    assert VIRSH is not None
    done = subprocess.run([VIRSH, "help", name], capture_output=True, text=True, env={"LC_ALL": "C"})
    return frozenset(re.findall(r"--([a-z0-9-]+)", done.stdout))


def lines(name: str) -> list[str]:
    """The lines of a command that are compared, quoted as both programs and a POSIX shell read them."""
    if name not in known_to_virsh():
        return []
    found = [shlex.join(words) for words in generated.lines(registry.find_known(name)) if not _is_ours(words)]
    return [line for line in found if not is_allowed(line)]


def is_allowed(line: str) -> bool:
    return any(re.fullmatch(pattern, line) for pattern, _ in ALLOWED)


def _is_ours(words: Sequence[str]) -> bool:
    """Whether a line has an option that virsh's command of that name does not have."""
    command = registry.find_known(words[0])
    ours = {option.name for option in command.options} - options_known_to_virsh(command.name)
    return any(word[2:].partition("=")[0] in ours for word in words if word.startswith("--"))


def waits(line: str) -> bool:
    """Whether a line goes on until something happens, or somebody interrupts it."""
    return any(re.fullmatch(pattern, line) for pattern, reason in ALLOWED if reason.startswith("waits"))


class Difference:
    """One line, how it was given, and both answers."""

    def __init__(self, line: str, way: str, theirs: object, ours: object) -> None:
        self.line, self.way, self.theirs, self.ours = line, way, theirs, ours

    def __str__(self) -> str:
        return f"{self.line}   [{self.way}]\n  virsh    {_shown(self.theirs)}\n  virshpy  {_shown(self.ours)}"


def _shown(answer: object) -> str:
    return repr(tuple(answer)) if isinstance(answer, tuple) else repr(answer)


AS_ARGUMENTS = 12


def compared(chosen: Sequence[str], directory: Path, *, every: bool = False) -> list[Difference]:
    """Where the answers differ: all lines from standard input, and ``every`` one or some as arguments."""
    write_documents(directory)
    found = list(from_standard_input(chosen, directory))
    known = {difference.line for difference in found}
    step = 1 if every else max(1, len(chosen) // AS_ARGUMENTS)
    return found + [d for d in differences(chosen[::step], directory) if d.line not in known]


def differences(chosen: Sequence[str], directory: Path) -> list[Difference]:
    """Where the answers differ, each line as the arguments of a run of its own."""
    os.environ["VISUAL"] = "true"  # an editor that changes nothing
    found = []
    for line in chosen:
        argv = ["-c", URI, *shlex.split(line.replace("$DIR", str(directory)))]
        write_documents(directory)
        theirs = equalised(run_virsh(argv))
        write_documents(directory)
        ours = equalised(run_as_virsh(argv))
        if any(re.fullmatch(pattern, line) for pattern, _ in OTHER_CODES):
            theirs = theirs._replace(code=ours.code)
        if theirs != ours:
            found.append(Difference(line, "arguments", theirs, ours))
    return found


def from_standard_input(chosen: Sequence[str], directory: Path) -> Iterator[Difference]:
    """The same, read from standard input by one process; a marker and a fresh connection stand before each line."""
    chosen = [line for line in chosen if not WATCHES.match(line)]
    text = "".join(f"{_RESET}{line.replace('$DIR', str(directory))}\n" for line in chosen)
    try:
        theirs = list(_parts(equalised(run_virsh(["-c", URI], text))))
    except subprocess.TimeoutExpired:
        yield Difference("", "standard input", "does not come to an end", "")
        return
    ours = list(_parts(equalised(run_as_virsh(["-c", URI], text))))
    for line, one, other in zip(chosen, theirs[1:], ours[1:], strict=True):
        if one != other:
            yield Difference(line, "standard input", one, other)


_RESET = f"connect --name {URI}\necho --err {SEPARATION}\necho {SEPARATION}\n"
_RESET_SHOWN = rf"^virsh [#>] connect --name {URI}\n\n.*\n\n.*\n{SEPARATION}\n"


def _parts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    stdout = re.split(_RESET_SHOWN, outcome.stdout, flags=re.M)
    stderr = re.split(rf"^error: {SEPARATION}\n", outcome.stderr, flags=re.M)
    yield from zip(stdout, stderr, strict=True)


def main(words: Sequence[str]) -> None:
    names = [word for word in words if not word.startswith("--")] or generated.commands()
    total, unequal, rows = 0, 0, []
    for name in sorted(names):
        chosen = lines(name)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # some commands write a file of the name that they are given
            found = compared(chosen, Path(folder), every="--all" in words)
            total, unequal = total + len(chosen), unequal + len({difference.line for difference in found})
            if found:
                rows.append(f"{name} {len({difference.line for difference in found})}/{len(chosen)}\n")
            if "--count" not in words:
                for difference in found:
                    sys.stdout.write(f"{difference}\n".replace(folder, "$DIR"))
    sys.stdout.write(f"{total} lines of {len(names)} commands, {unequal} differ\n")
    if "--count" in words:
        sys.stdout.write("".join(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
