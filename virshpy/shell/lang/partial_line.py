"""A line that is still being typed, cut into words: for the prompt and for the shells that ask for completion."""

from __future__ import annotations

from virshpy.shell.failure import ParseError
from virshpy.shell.lang.parser import Separator, split

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


def quoted(word: str) -> str:
    """A word as it must be typed."""
    if not _QUOTED.intersection(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _last_blank(text: str) -> int:
    """Where the word at the end of a text begins."""
    quote, start, position = "", 0, 0
    while position < len(text):
        character = text[position]
        if quote:
            if character == quote:
                quote = ""
            elif character == "\\" and quote == '"':
                position += 1
        elif character in "'\"":
            quote = character
        elif character == "\\":
            position += 1
        elif character in " \t;\n":
            start = position + 1
        position += 1
    return start


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
