"""A page's console blocks, as somebody follows them: each line is typed in one shell, in order, and what it says is
compared with what the page shows.

A block is indented by four spaces. A line that begins with ``$`` or ``#`` is typed, by a user or by root, with ``web#``
in the guest of that name; what stands below it is what it says. There ``…`` stands for anything within a line, and
alone on a line for any number of lines. A number of five digits or more, such as a pid, is another one each time: the
first one that is shown stands for the one that is said, and is that one wherever the page names it again.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"    (\$|[a-z0-9]*#) (.*)")
VARYING = re.compile(r"\b\d{5,}\b")
END = "end-of-what-was-said"


class Line(NamedTuple):
    """One that is typed: where it stands, its prompt (``$``, ``#``, ``web#``), the command, what is shown below it."""

    number: int
    prompt: str
    command: str
    shown: str


def lines(text: str) -> Iterator[Line]:
    """The lines of a page that are typed. Raises ValueError where a block shows words without a command."""
    typed: Line | None = None
    for number, line in enumerate(_without_fenced(text).split("\n"), 1):
        indented, prompt = line.startswith("    "), PROMPT.match(line)
        if typed is not None and (prompt or (line.strip() and not indented)):
            yield typed._replace(shown=typed.shown.strip("\n"))
            typed = None
        if prompt:
            typed = Line(number, prompt[1], prompt[2], "")
        elif typed is not None:
            typed = typed._replace(shown=f"{typed.shown}{line[4:]}\n")
        elif indented:
            raise ValueError(f"line {number}: {line!r} is said by no command")
    if typed is not None:
        yield typed._replace(shown=typed.shown.strip("\n"))


def fenced(text: str, language: str) -> list[str]:
    """The blocks of one language that are set off by fences."""
    return [block[2] for block in FENCED.finditer(text) if block[1] == language]


def _without_fenced(text: str) -> str:
    return FENCED.sub(lambda block: "\n" * block[0].count("\n"), text)


class Names:
    """What stands here for what the page shows: numbers that it has met, and texts that are given."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._here = dict(given or {})

    def put_in(self, text: str) -> str:
        """A text of the page as it is here."""
        if not self._here:
            return text
        shown = "|".join(re.escape(name) for name in self._here)
        return re.sub(rf"(?<!\w)(?:{shown})(?!\w)", lambda found: self._here[found[0]], text)

    def agree(self, shown: str, said: str) -> bool:
        """Whether what was said is what the page shows. Numbers that are new are remembered if it is."""
        new = {number for number in VARYING.findall(shown) if number not in self._here}
        pattern = "".join(map(_pattern, self.put_in(shown).split("\n")))
        for number in new:
            pattern = pattern.replace(number, rf"(?P<n{number}>\d+)", 1).replace(f" {number}", f" (?P=n{number})")
        found = re.fullmatch(pattern, f"{said}\n")
        if found is not None:
            self._here |= {number: found[f"n{number}"] for number in new}
        return found is not None


def _pattern(line: str) -> str:
    """The expression for a line that is shown, and the end of that line."""
    return r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*?") + "\n"


class Shell:
    """One `sh` in which lines are typed: what they change, such as its directory, is there for the next. ``before``:
    the words that make it another user's."""

    def __init__(self, folder: Path, environment: Mapping[str, str], before: Sequence[str] = ()) -> None:
        self._sh = subprocess.Popen(
            [*before, "sh"], cwd=folder, env=environment, text=True, bufsize=1, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._sh.kill()
        self._sh.communicate(timeout=30)

    def type(self, command: str) -> str:
        """What the command says, on both of its streams, without empty lines at its end."""
        assert self._sh.stdin is not None and self._sh.stdout is not None
        self._sh.stdin.write(f"{{ {command}\n}} </dev/null\necho; echo {END}\n")
        said = ""
        for line in self._sh.stdout:
            if line == f"{END}\n":
                return said.strip("\n")
            said += line
        raise AssertionError(f"the shell ended at: {command}\n{said}")


def follow(page: str, typed: Line, said: str, names: Names) -> None:
    """Compare what a line said with what the page shows."""
    assert names.agree(typed.shown, said), (
        f"{page}:{typed.number}: {typed.prompt} {typed.command}\n--- shown:\n{typed.shown}\n--- said:\n{said}"
    )
