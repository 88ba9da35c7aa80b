"""Text in the user's editor, and the question what to do when the result is refused."""

from __future__ import annotations

import os
import re
import sys

from virshpy import errors
from virshpy.shell import userfiles
from virshpy.shell.failure import Failure
from virshpy.shell.streams import complain, flush, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

_ANSWERS = """\
y - yes, start editor again
n - no, throw away my changes
{relax}f - force, try to redefine again
? - print this help
"""
_RELAX = "i - turn off validation and try to redefine again\n"


_USUAL = ("sensible-editor", "editor", "vim", "nano")
# Whoever calls a program so has no shell in mind, and virsh needs none either; its complaint shows which it was.
_PLAIN = re.compile(r"[A-Za-z0-9/_.:@-]+").fullmatch


def edit_text(text: str, suffix: str = ".xml") -> str:
    """What the user made of a text. Raises Failure where the editor fails; what it has written is kept then."""
    path = userfiles.begin_draft(text, suffix)
    try:
        _run_editor(path)
        edited = userfiles.read_draft(path)
    except FileNotFoundError as error:
        raise Failure(
            f"{path}: failed to read temporary file: {error.strerror}",
            hint="the editor has removed the file instead of writing to it; nothing is changed",
            kind="failed",
        ) from None
    except (Failure, UnicodeDecodeError) as error:
        kept = userfiles.end_draft(path, unless=text)
        if isinstance(error, UnicodeDecodeError):
            hint = f"what was written is kept: iconv -f LATIN1 -t UTF-8 {kept}"
            raise Failure(f"{path}: what the editor has written is not UTF-8", hint=hint, kind="failed") from None
        if kept and error.cause is not None:
            error.hint = f"nothing is changed; what was written is kept in {kept}"
        raise
    userfiles.end_draft(path)
    return edited


def _run_editor(path: str) -> None:
    """VISUAL and EDITOR are command lines for a shell, as for virsh."""
    import subprocess
    from shutil import which
    from signal import SIGINT, signal

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or next(filter(which, _USUAL), "vi")
    flush()
    # Ctrl-C is the editor's while it runs.
    before = signal(SIGINT, lambda *_: None)
    try:
        status = subprocess.run(["sh", "-c", f"{editor} {path}"]).returncode
    finally:
        signal(SIGINT, before)
    if status:
        shown = f"{editor} {path}" if _PLAIN(editor) else f"sh -c '{editor} {path}'"
        ending = f"fatal signal {-status}" if status < 0 else f"exit status {status}"
        hint = "VISUAL or EDITOR names a program that is not there" if status == 127 else "nothing is changed"
        raise Failure(None, errors.InternalError(f"Child process ({shown}) unexpected {ending}", hint=hint))


def edit_document(
    current: Callable[[], str], define: Callable[[str], T], unvalidated: Callable[[str], T] | None = None
) -> T | None:
    """Let the user edit a document until ``define`` takes it; its answer, or None where nothing was changed.

    ``unvalidated`` defines it where the user turns validation off. ``current`` is asked again before each try: a
    definition that someone else has changed meanwhile is not overwritten without asking. Off a terminal a refusal is
    final.
    """
    before = current()
    text, relaxed, forced = before, False, False
    while True:
        if not forced:
            text = edit_text(text)
            if text.rstrip() == before.rstrip():
                return None
        try:
            if not forced and current() != before:
                raise Failure("the XML configuration was changed by another user", kind="state")
            return unvalidated(text) if relaxed and unvalidated is not None else define(text)
        except (errors.Error, Failure) as error:
            message = error.message
            if not sys.stdin.isatty() or message is None:
                raise
            complain(f"error: {message}\n")
        answer = _ask(unvalidated is not None and not relaxed)
        if answer == "n":
            raise Failure(None)
        relaxed = relaxed or answer == "i"
        forced = answer in ("f", "i")
        if answer == "f":
            before = current()


def _ask(may_relax: bool) -> str:
    choices = ["y", "n", *(["i"] if may_relax else []), "f", "?"]
    while True:
        put(f"Failed. Try again? [{','.join(choices)}]: ")
        flush()
        answer = sys.stdin.readline()
        if not answer:
            return "n"
        answer = answer.strip().lower()[:1]
        if answer == "?":
            put(_ANSWERS.format(relax=_RELAX if may_relax else ""))
        elif answer in choices:
            return answer
