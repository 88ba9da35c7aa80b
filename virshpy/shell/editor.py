"""Text in the user's editor, and the question what to do when the result is refused. The editor is run by click."""

from __future__ import annotations

import sys

from virshpy import errors
from virshpy.shell.command import Failure
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


def edit_text(text: str, suffix: str = ".xml") -> str:
    """What the user made of a text. Raises Failure where the editor fails."""
    from click import ClickException, edit

    try:
        edited = edit(text, extension=suffix, require_save=False)
    except ClickException as error:
        raise Failure(f"editing failed: {error.message}") from None
    return text if edited is None else edited


def edit_until_accepted(
    before: str, current: Callable[[], str], accept: Callable[[str, bool], T], *, validating: bool
) -> T | None:
    """Let the user edit ``before`` until ``accept(text, relaxed)`` takes it; its answer, or None for no change.

    ``current`` is asked again before each try: a definition that someone else has changed meanwhile is not overwritten
    without asking. Off a terminal a refusal is final.
    """
    text, relaxed, forced = before, False, False
    while True:
        if not forced:
            text = edit_text(text)
            if text.rstrip() == before.rstrip():
                return None
        try:
            if not forced and current() != before:
                raise Failure("the XML configuration was changed by another user")
            return accept(text, relaxed)
        except (errors.Error, Failure) as error:
            message = error.message
            if not sys.stdin.isatty() or message is None:
                raise
            complain(f"error: {message}\n")
        answer = _ask(validating and not relaxed)
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
