"""A line as it is typed, cut where quotes allow it: for the prompt and for the shells that ask for completion."""

from __future__ import annotations

from itertools import pairwise

from virshpy.shell.failure import ParseError
from virshpy.shell.lang.parser import Separator, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t;\n"
_QUOTED = frozenset(" \t\n;\\\"'#")
# What a POSIX shell would make something of, besides; `~` and `=` only where they stand, which is never here.
_SPECIAL = _QUOTED | frozenset("$`&|<>()*?[]{}!")


def last_command(text: str) -> tuple[list[str], str]:
    """The words of the command that is being typed, its unfinished last one included, and that one as it was typed."""
    start = _last_blank(text)
    typed = text[start:]
    try:
        words = list(split(text[:start]))
    except ParseError:
        return [""], typed
    while any(isinstance(word, Separator) for word in words):
        words = words[next(i for i, word in enumerate(words) if isinstance(word, Separator)) + 1 :]
    return [*(word for word in words if isinstance(word, str)), _bare(typed)], typed


def words_as_typed(text: str) -> Iterator[tuple[str, bool]]:
    """A line cut into words as they are typed, the blanks between them, and separators; with each, whether it is the
    last. Put together they are the line."""
    cuts, before = [], ""
    for position, character in _bare_characters(text):
        kind = "blank" if character in " \t" else "separator" if character in ";\n" else "word"
        if kind != before or kind == "separator":
            cuts.append(position)
        before = kind
    for start, end in pairwise([*cuts, len(text)]):
        yield text[start:end], end == len(text)


def quoted(word: str) -> str:
    """A word as it must be typed."""
    if not _QUOTED.intersection(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def parts(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a line, each with what the system's shell is to do with its output: ``list --all`` and ``| sort``
    of ``list --all | sort``. A pipe or an angle is one where a word begins with it."""
    start, shell, new_word = 0, None, True
    for position, character in _bare_characters(text):
        if character in ";\n":
            yield _part(text, start, shell, position)
            start, shell = position + 1, None
        elif shell is None and new_word and character in "|>" and text[position : position + 2] != "||":
            shell = position
        new_word = character in _BLANKS
    yield _part(text, start, shell, len(text))


def _part(text: str, start: int, shell: int | None, end: int) -> tuple[str, str]:
    return (text[start:end], "") if shell is None else (text[start:shell], text[shell:end])


def _last_blank(text: str) -> int:
    """Where the word at the end of a text begins."""
    blanks = (position for position, character in _bare_characters(text) if character in _BLANKS)
    return max(blanks, default=-1) + 1


def _bare_characters(text: str) -> Iterator[tuple[int, str]]:
    """The characters that no quote takes the meaning from, and where they are. One that is quoted is told as ``q``."""
    quote, position = "", 0
    while position < len(text):
        character = text[position]
        told = "q"
        if quote:
            if character == quote:
                quote = ""
            elif character == "\\" and quote == '"':
                position += 1
        elif character in "'\"":
            quote = character
        elif character == "\\":
            position += 1
        else:
            told = character
        yield position, told
        position += 1


def _bare(typed: str) -> str:
    """An unfinished word without its quotes."""
    for closing in ("", '"', "'"):
        try:
            found = [word for word in split(typed + closing) if isinstance(word, str)]
        except ParseError:
            continue
        return found[0] if found else ""
    return typed


def escaped(word: str) -> str:
    """A word with a backslash before each character that means something to a POSIX shell."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in word)


def escaped_within(word: str) -> str:
    """A word with a backslash before each character that means something to our own grammar: in quotes of a shell,
    where what is offered must go on as what was typed."""
    return "".join(f"\\{character}" if character in _QUOTED else character for character in word)


def for_bash(offers: list[str], typed: str) -> list[str]:
    """Offers as bash's COMPREPLY wants them: quoted as the word that is being typed is, and without what stands before
    the last colon or equals sign, where bash begins a new word."""
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    cut = 0 if quote else max(typed.rfind(":"), typed.rfind("=")) + 1
    return [(word if quote else escaped(word))[cut:] for word in offers]
