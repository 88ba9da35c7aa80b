"""Lines made of pieces of the grammar, at random: quotes, escapes, comments, separators, where they belong or not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

WORDS = (
    "echo", "list", "uri", "domstate", "domname", "test", "1", "bogus", "--", "---", "--=", "-", "-1", "=", "--all",
    "--all=1", "--str", "--shell", "--xml", "--err", "--string", "--string=x", "--domain", "--domain=test", "--reason",
    "--name", "#", "#c", "\\#", "'#'", '"#"', "#;", "; #", "x#y", "echo #", "\\\\", "\\", "'", '"', "\\'", '\\"',
    "\"'\"", "'\"'", "''", '""', "'a b'", '"a b"', "a\\ b", ";", ";;", " ", "  ", "$x", "!", "!!", "?", "*", "~",
)  # fmt: skip
# What only an argument can hold: where virsh reads lines, Tab completes, and a line ends at its end.
ONLY_IN_ARGUMENTS = ("\n", "\\\n", "\t", "\\\t", "\r", "é", "\\é", "--é", "\u202e", "\x01")


def lines(count: int, seed: int = 1, *, arguments: bool = False) -> Iterator[str]:
    random = Random(seed)
    pieces = (*WORDS, *ONLY_IN_ARGUMENTS) if arguments else WORDS
    blanks = (" ", " ", " ", ";", "\n", "\t") if arguments else (" ", " ", " ", ";")
    while count:
        line = "".join(
            random.choice(pieces) + (random.choice(blanks) if random.random() < 0.6 else "")
            for _ in range(random.choice((1, 2, 3, 4, 5, 6, 8, 12)))
        )
        if line.strip() and not line.startswith("-"):
            count -= 1
            yield line
