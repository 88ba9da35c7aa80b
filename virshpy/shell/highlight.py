"""Colours in the line that is being typed: commands, options, quoted words, what goes to the system's shell."""

from __future__ import annotations

from prompt_toolkit.lexers import Lexer

from virshpy.shell.lang import registry
from virshpy.shell.lang.partial_line import words_as_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples

COMMAND, UNKNOWN, OPTION, QUOTED, MARK, COMMENT = (
    "bold", "fg:ansired", "fg:ansicyan", "fg:ansiyellow", "fg:ansimagenta", "fg:ansibrightblack",
)  # fmt: skip


class LineLexer(Lexer):
    """A word is coloured when it is whole: the command that is being typed is not wrong before its end."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = document.lines

        def coloured(number: int) -> StyleAndTextTuples:
            return list(pieces(lines[number])) if number < len(lines) else []

        return coloured


def pieces(line: str) -> Iterator[tuple[str, str]]:
    """Pieces of a line, each with its style; together they are the line."""
    if line.lstrip().startswith("!"):
        yield "", line
        return
    known, is_first, to_shell, comment = frozenset(registry.names()), True, False, ""
    for piece, is_last in words_as_typed(line):
        if comment or (piece.startswith("#") and not to_shell):
            comment += piece  # up to the line's end
        elif piece in ";\n":
            is_first, to_shell = True, False
            yield MARK, piece
        elif piece.isspace():
            yield "", piece
        elif is_first:
            is_first = False
            yield COMMAND if piece in known else "" if is_last else UNKNOWN, piece
        elif to_shell or piece[0] in "|>":
            to_shell = True
            yield MARK, piece
        else:
            yield OPTION if piece.startswith("-") else QUOTED if piece[0] in "'\"" else "", piece
    if comment:
        yield COMMENT, comment
