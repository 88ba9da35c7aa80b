"""One run of the program: its connection, its settings, and the loop that runs commands and reports on them."""

from __future__ import annotations

import sys
import time

import virshpy
from virshpy import errors
from virshpy.shell import environment
from virshpy.shell.failure import Failure, ParseError
from virshpy.shell.lang.command import Arguments
from virshpy.shell.lang.global_options import INFO, Settings
from virshpy.shell.lang.parser import parse_line
from virshpy.shell.render.output import Renderer
from virshpy.shell.render.results import Result
from virshpy.shell.reporting import Reporting
from virshpy.shell.streams import OutputLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from virshpy.api.connection import Connection
    from virshpy.shell.lang.command import Command, Finale, Invocation
    from virshpy.shell.preferences import Preferences

    T = TypeVar("T")

INTERRUPTED = 130
_NOT_CONNECTED = "failed to connect to the hypervisor"
_LOST = "its files were removed, replaced or damaged; the next command connects again"


class Session(Reporting):
    """Settings, the connection (opened when first needed), and whether a prompt is in use."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self.settings = settings
        self.renderer = renderer
        self.uri = settings.uri
        self.readonly = settings.readonly
        self.stopping = False
        # At the prompt, what /dev/stdin stands for.
        self.read_document: Callable[[], str] | None = None
        self._preferences: Preferences | None = None
        self._connection: Connection | None = None
        self._lost = False  # it was open, and went without our doing

    @property
    def connection(self) -> Connection:
        """The connection; opened now if there is none, or anew if it was lost. Raises Failure."""
        if self._connection is None:
            complaint = "Failed to reconnect to the hypervisor" if self._lost else _NOT_CONNECTED
            self._connection = self._open(self.uri, self.readonly, complaint)
            if self._lost:
                self._lost = False
                self.report(Failure("Reconnected to the hypervisor"), None)
        return self._connection

    @property
    def preferences(self) -> Preferences:
        """What the user prefers at the prompt; read when first asked for."""
        if self._preferences is None:
            from virshpy.shell.preferences import Preferences

            self._preferences = Preferences()
        return self._preferences

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def shown_uri(self) -> str:
        """Where commands go, for a person; a connection is not opened for it."""
        if self._connection is None:
            return self.uri or "not connected yet"
        try:
            return self._connection.uri
        except errors.Error:
            return self.uri or "connected"

    def missing(self) -> frozenset[str]:
        """The commands that the connection cannot do; none where it is not open, or cannot be opened at the prompt."""
        try:
            connection = self.connection if self.interactive else self._connection
            if connection is None:
                return frozenset()
            from virshpy.shell.lang.operations import NEEDED

            supports = connection.supports
            return frozenset(name for name, rows in NEEDED.items() if not all(map(supports, rows.split())))
        except (Failure, errors.Error):
            return frozenset()

    @property
    def prompt(self) -> str:
        return f"{environment.program()} {'>' if self.readonly else '#'} "

    def reconnect(self, uri: str | None, readonly: bool) -> None:
        """Open another connection; the present one is kept where that fails."""
        opened = self._open(uri, readonly)
        self.close()
        self._lost = False
        self._connection = opened
        self.uri = uri
        self.readonly = readonly

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except errors.Error as error:
                self.report(Failure(None, error), None)

    def _open(self, uri: str | None, readonly: bool, complaint: str = _NOT_CONNECTED) -> Connection:
        try:
            connection = virshpy.open(uri or None, readonly=readonly)
        except errors.Error as error:
            raise Failure(complaint, error) from error
        connection.on_warning(self.renderer.warning)
        self.trace(INFO, "Failed to setup keepalive on connection")  # there is nobody to keep it alive with
        return connection

    # running
    def run_line(self, line: str) -> bool:
        """Parse and run what was typed at the prompt, or one argument; False where its last command failed."""
        try:
            parsed = parse_line(line, self.trace_word)
        except ParseError as error:
            self.report_syntax(error, line.split())
            return False
        return self.run(parsed)

    def run(self, invocations: list[Invocation]) -> bool:
        """Run parsed commands one after another; the answer is that of the last one, as virsh's exit code is."""
        succeeded = True
        for invocation in invocations:
            succeeded = self._run_as_asked(invocation)
            if self.stopping:
                break
        return succeeded

    def _run_as_asked(self, invocation: Invocation) -> bool:
        """Run one command in the format that it asks for, through a pager or only explained where it asks for that."""
        asked = invocation.everywhere
        renderer = self.renderer
        kept = renderer.format
        renderer.format = asked.get("output") or self._preferred_format() or kept
        without = self.settings.no_pager or "no-pager" in asked or self._prefers("pager", "off")
        pages, renderer.pages = renderer.pages, renderer.pages and not without
        if (self.settings.pager or "pager" in asked) and not without and environment.is_capable(sys.stdout):
            renderer.page = []
        began = time.perf_counter()
        try:
            if self.settings.explain or "explain" in asked:
                return self._explain(invocation)
            return self.run_one(invocation)
        finally:
            if renderer.page is not None:
                renderer.show_page()
            if not self.stopping:
                renderer.finish_command((time.perf_counter() - began) * 1000)
            renderer.format, renderer.pages = kept, pages

    def _prefers(self, name: str, value: str) -> bool:
        return self.interactive and self.preferences[name] == value

    def _preferred_format(self) -> str | None:
        """What the user has set for the prompt, where the program was not told otherwise."""
        if not self.interactive or self.settings.output is not None or environment.as_virsh():
            return None
        preferred = self.preferences["output"]
        return None if preferred == "auto" else preferred

    def _explain(self, invocation: Invocation) -> bool:
        from virshpy.shell.lang.explain import explained

        self.renderer.render(invocation.command.name, explained(invocation, self))
        return True

    def run_one(self, invocation: Invocation) -> bool:
        """Run a command for every object that its line names; False where one of them has failed. Ctrl-C ends it for
        all of them."""
        try:
            return self._run_each(invocation)
        except KeyboardInterrupt:
            if not self.interactive:
                raise
            self.renderer.interrupted()
            return False

    def _run_each(self, invocation: Invocation) -> bool:
        lines = self._attempt(invocation, self._each) if invocation.is_about_several else [invocation]
        if lines is None:
            return False
        tried = [self._attempt(line, self._carry_out) for line in lines]
        done, finale = [one for one in tried if one is not None], invocation.command.finale
        if finale is not None and done and not self._is_rehearsal(invocation):
            tried.append(self._attempt(invocation, lambda line: self._finish(line, finale, done)))
        return None not in tried

    def _each(self, invocation: Invocation) -> list[Invocation]:
        from virshpy.shell.several import each

        return list(each(invocation, self))

    def _carry_out(self, invocation: Invocation) -> Arguments:
        command = invocation.command
        if command.connects:
            self._drop_what_is_dead()
            _ = self.connection
        arguments = Arguments(invocation, self)
        arguments.read_all()
        run = self._rehearsed if self._is_rehearsal(invocation) else self._results
        self._render(command, run(command, arguments))
        return arguments

    def _finish(self, invocation: Invocation, finale: Finale, done: list[Arguments]) -> Arguments:
        self._render(invocation.command, finale(self, done))
        return done[0]

    def _render(self, command: Command, results: Iterable[Result]) -> None:
        for result in results:
            self.renderer.render(command.name, result)

    def _is_rehearsal(self, invocation: Invocation) -> bool:
        return self.settings.dry_run or "dry-run" in invocation.everywhere

    def _attempt(self, invocation: Invocation, act: Callable[[Invocation], T]) -> T | None:
        """What something gives that is done for a line, or None: what goes wrong is reported."""
        name = invocation.command.name
        try:
            return act(invocation)
        except (Failure, errors.Error) as error:
            failure = error if isinstance(error, Failure) else Failure(None, error)
            failure.arguments = invocation
            self.report(failure, name)
            self._drop_what_is_dead()
        except OutputLost:
            raise
        except Exception as error:
            if isinstance(error.__cause__, KeyboardInterrupt):  # while a class was made, in an import
                raise KeyboardInterrupt from None
            self.report_unexpected(error, name)
        return None

    def _results(self, command: Command, arguments: Arguments) -> Iterable[Result]:
        outcome = command.run(self, arguments)
        return [outcome] if isinstance(outcome, Result) else outcome or ()

    def _rehearsed(self, command: Command, arguments: Arguments) -> Iterable[Result]:
        """What a command would do on the host; of one that only asks, its answer."""
        from virshpy.shell.render.results import Plan

        if not command.connects:
            return [Plan([f"# {command.name} changes nothing on the host"])]
        with self.connection.rehearsal() as told:
            return list(self._results(command, arguments))
        return [Plan(told.lines or [])]

    def _drop_what_is_dead(self) -> None:
        """At the prompt a loss is noticed before a command, or when one has failed; the next command connects again."""
        if self.interactive and self.lost():
            shown = self.shown_uri()
            self._connection = None
            self._lost = True
            self.report(Failure(f"Disconnected from {shown} due to I/O error", hint=_LOST, kind="failed"), None)

    def lost(self) -> bool:
        """Whether the connection that is open has ceased to be one."""
        try:
            return self._connection is not None and not self._connection.is_alive()
        except errors.Error:
            return False  # a driver that cannot tell
