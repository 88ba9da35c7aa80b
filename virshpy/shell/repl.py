"""The prompt: history, completion narrowed by what may come next, a toolbar that says where one is and what runs there.

What a line means is in :mod:`virshpy.shell.typed`.
"""

from __future__ import annotations

from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory, DynamicAutoSuggest
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.lexers import DynamicLexer

from virshpy import errors
from virshpy.enums import ListDomainsFlags
from virshpy.shell.failure import Failure
from virshpy.shell.highlight import LineLexer
from virshpy.shell.lang.complete import candidates
from virshpy.shell.lang.help import welcome
from virshpy.shell.lang.partial_line import last_command, quoted
from virshpy.shell.streams import leave_in_order
from virshpy.shell.typed import run_typed
from virshpy.shell.userfiles import history_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

    from virshpy.shell.session import Session


_SUGGESTIONS, _COLOURS = AutoSuggestFromHistory(), LineLexer()


def run_prompt(session: Session) -> None:
    """Read and run lines until ``quit`` or Ctrl-D. Ctrl-C cancels what is being typed, or the running command."""
    leave_in_order()
    if not session.settings.quiet:
        session.renderer.write(welcome())
    prefers = session.preferences
    editor: PromptSession[str] = PromptSession(
        history=_history(),
        completer=LineCompleter(session),
        complete_while_typing=Condition(lambda: prefers["menu"] == "typing"),
        auto_suggest=DynamicAutoSuggest(lambda: _SUGGESTIONS if prefers["suggestions"] == "on" else None),
        lexer=DynamicLexer(lambda: _COLOURS if prefers["colours"] == "on" else None),
        # With a menu while one types, the arrows are for the menu.
        enable_history_search=Condition(lambda: prefers["menu"] == "tab"),
        reserve_space_for_menu=6,
        enable_suspend=True,
        key_bindings=_line_keys(),
    )
    session.read_document = typed_document
    _connect(session)
    while not session.stopping:
        # Counted once for a line, not at each key.
        status = _status(session)
        editor.editing_mode = EditingMode.VI if prefers["editing"] == "vi" else EditingMode.EMACS
        try:
            line = editor.prompt(session.prompt, bottom_toolbar=partial(_toolbar, status))
            if line.strip():
                run_typed(line, session)
        except KeyboardInterrupt:
            continue
        except EOFError:
            session.renderer.write("\n")
            return


def _connect(session: Session) -> None:
    """Connect while the user reads: what is offered and what runs is known then. A failure is told, and tried again."""
    try:
        _ = session.connection
    except Failure as failure:
        session.report(failure, None)


def _line_keys() -> KeyBindings:
    """Enter on a word of the menu takes that word; it runs the line when no menu is open."""
    keys = KeyBindings()

    @keys.add("enter", filter=completion_is_selected)
    def choose(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    return keys


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
        missing = self.session.missing() if len(words) == 1 else ()
        for word, meaning in candidates(words, self.session):
            if word in missing:
                meaning = f"(not on this connection) {meaning}"
            yield Completion(quoted(word), -len(typed), display=word, display_meta=meaning)


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
