"""The step that tells an administrator's scripts of what happens to an object, and of the opposite when it is over."""

from __future__ import annotations

from shlex import join

from virshpy import errors
from virshpy.host import files, processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RunHooks(Step, kind="hook/1"):
    """Scripts that are run with ``begin``, and with ``end`` when this is taken back; words are libvirt's, such as
    ``web prepare begin -``, and either may be empty. ``document`` is what they read, ``log`` where the complaints of
    those go that nobody waits for, ``timeout`` how many seconds each has.

    A script that fails when something begins stops it, after those for the end have been run; what a script says when
    something ends changes nothing. Whoever is killed meanwhile leaves scripts that may be run once more.
    """

    recorded = ("scripts", "end", "document", "log", "timeout")

    def __init__(
        self,
        scripts: Sequence[str],
        begin: Sequence[str],
        end: Sequence[str],
        document: str,
        *,
        log: str,
        timeout: float,
    ) -> None:
        self.scripts = list(scripts)
        self.begin = list(begin)
        self.end = list(end)
        self.document = document
        self.log = log
        self.timeout = timeout

    def do(self, note: Callable[[], None]) -> None:
        try:
            for script in self.scripts if self.begin else ():
                self._run(script, self.begin)
        except BaseException as error:
            self.undo()
            if not isinstance(error, errors.Error):
                raise
            raise errors.HookScriptFailed(error.message, hint="a script of the administrator's refuses it") from None

    def undo(self) -> None:
        for script in self.scripts if self.end else ():
            try:
                self._run(script, self.end)
            except errors.Error as error:
                files.append_line(self.log, f"hook script: {error}")

    def _run(self, script: str, words: Sequence[str]) -> None:
        processes.run([script, *words], input=self.document, timeout=self.timeout, together=True)

    def commands(self) -> list[str]:
        return [self._line(script, self.begin) for script in self.scripts if self.begin]

    def undo_commands(self) -> list[str]:
        return [self._line(script, self.end) for script in self.scripts if self.end]

    def _line(self, script: str, words: Sequence[str]) -> str:
        return f"{join([script, *words])}  # with the XML of '{words[0]}' on its standard input"
