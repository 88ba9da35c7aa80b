"""The prompt: history, completion narrowed by what may come next, a toolbar that says where one is."""

from __future__ import annotations

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from virshpy.shell.complete import candidates
from virshpy.shell.help import welcome
from virshpy.shell.main import prompt
from virshpy.shell.parser import ParseError, Separator, split
from virshpy.shell.userfiles import history_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from virshpy.shell.session import Session

_QUOTED = frozenset(" \t\n;\\\"'#")


def run_prompt(session: Session) -> None:
    """Read and run lines until ``quit`` or Ctrl-D. Ctrl-C cancels what is being typed, or the running command."""
    if not session.settings.quiet:
        session.renderer.write(welcome())
    editor: PromptSession[str] = PromptSession(
        history=_history(),
        completer=LineCompleter(session),
        complete_while_typing=False,
        enable_history_search=True,
        bottom_toolbar=lambda: _toolbar(session),
    )
    while not session.stopping:
        try:
            line = editor.prompt(prompt(session))
            if line.strip():
                session.run_line(line)
        except KeyboardInterrupt:
            continue
        except EOFError:
            session.renderer.write("\n")
            return


class LineCompleter(Completer):
    """Completion of a line with quotes and several commands."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        words, typed = last_command(text)
        for word, meaning in candidates(words, self.session):
            yield Completion(quoted(word), start_position=-len(typed), display=word, display_meta=meaning)


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


def _history() -> History:
    path = history_file()
    return FileHistory(path) if path else InMemoryHistory()


def _toolbar(session: Session) -> ANSI:
    where = session.shown_uri()
    mode = "  read-only" if session.readonly else ""
    return ANSI(f" {where}{mode}   Tab completes, Ctrl-D quits")
