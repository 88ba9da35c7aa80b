"""The prompt: history, completion narrowed by what may come next, a toolbar that says where one is and what runs there.

A document is typed or pasted where a command reads /dev/stdin; ``!`` hands the rest of a line to the system's shell.
"""

from __future__ import annotations

import os
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings

from virshpy import errors
from virshpy.enums import ListDomainsFlags
from virshpy.shell.lang.complete import candidates
from virshpy.shell.lang.help import welcome
from virshpy.shell.lang.partial_line import last_command, quoted
from virshpy.shell.streams import leave_in_order
from virshpy.shell.userfiles import history_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

    from virshpy.shell.session import Session


def run_prompt(session: Session) -> None:
    """Read and run lines until ``quit`` or Ctrl-D. Ctrl-C cancels what is being typed, or the running command."""
    leave_in_order()
    if not session.settings.quiet:
        session.renderer.write(welcome())
    editor: PromptSession[str] = PromptSession(
        history=_history(),
        completer=LineCompleter(session),
        complete_while_typing=False,
        enable_history_search=True,
        reserve_space_for_menu=6,
        enable_suspend=True,
        key_bindings=_line_keys(),
    )
    session.read_document = typed_document
    while not session.stopping:
        # Counted once for a line, not at each key.
        status = _status(session)
        try:
            line = editor.prompt(session.prompt, bottom_toolbar=partial(_toolbar, status))
            if line.strip():
                _run(line, session)
        except KeyboardInterrupt:
            continue
        except EOFError:
            session.renderer.write("\n")
            return


def _line_keys() -> KeyBindings:
    """Enter on a word of the menu takes that word; it runs the line when no menu is open."""
    keys = KeyBindings()

    @keys.add("enter", filter=completion_is_selected)
    def choose(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    return keys


def _run(line: str, session: Session) -> None:
    """Run what was typed; the lines of a paste that follow a command that reads a document are that document."""
    if line.lstrip().startswith("!"):
        # A line's end is the end of what goes to the shell, and its exit code is the user's business.
        os.system(line.lstrip()[1:])
        return
    first, newline, rest = line.partition("\n")
    if newline and rest.strip() and "/dev/stdin" in first.split():
        session.read_document = lambda: rest
        try:
            session.run_line(first)
        finally:
            session.read_document = typed_document
        return
    session.run_line(line)


def typed_document() -> str:
    """A document typed or pasted by the user, ended by Ctrl-D. Ctrl-C raises KeyboardInterrupt."""
    keys = KeyBindings()

    @keys.add("c-d")
    def end(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    reader: PromptSession[str] = PromptSession(
        multiline=True, key_bindings=keys, bottom_toolbar=" Type or paste the document; Ctrl-D ends it, Ctrl-C cancels"
    )
    return reader.prompt("")


class LineCompleter(Completer):
    """Completion of a line with quotes and several commands."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        words, typed = last_command(text)
        for word, meaning in candidates(words, self.session):
            yield Completion(quoted(word), start_position=-len(typed), display=word, display_meta=meaning)


def _history() -> History:
    path = history_file()
    return FileHistory(path) if path else InMemoryHistory()


_KEYS = ("Tab completes, Ctrl-R searches, Ctrl-D quits", "Tab completes, Ctrl-D quits", "Ctrl-D quits", "")


def _toolbar(status: str) -> str:
    """As many of the keys as there is room for: drawn anew when the terminal changes its size."""
    room = get_app().output.get_size().columns - len(status) - 3
    return f"{status}   {next((keys for keys in _KEYS if len(keys) <= room), '')}"


def _status(session: Session) -> str:
    mode = "  read-only" if session.readonly else ""
    return f" {session.shown_uri()}{mode}{_running(session)}"


def _running(session: Session) -> str:
    """How many domains run or are paused, where that is known without opening a connection for it."""
    if not session.connected:
        return ""
    if session.lost():
        return "  disconnected"
    try:
        running, paused = (
            len(session.connection.list_domains(flags=flag))
            for flag in (ListDomainsFlags.RUNNING, ListDomainsFlags.PAUSED)
        )
    except errors.Error:
        return "  no answer"
    return f"  {running} running" + (f", {paused} paused" if paused else "")
