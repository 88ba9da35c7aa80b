"""``--explain``: what a command line would do, in words, out of the declaration. Nothing is opened, nothing is run."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import FLAG
from virshpy.shell.render.results import Explanation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session


def explained(arguments: Arguments, session: Session) -> Explanation:
    """What this one command would do."""
    command = arguments.command
    options = []
    for option in command.options:
        texts = arguments.given.get(option.name)
        if texts is not None:
            options.append((option.name, None if option.kind == FLAG else " ".join(texts), option.help))
    return Explanation(
        command.name,
        command.summary,
        " ".join(command.description.split()),
        options,
        _where(session) if command.connects else None,
        _refusal(arguments),
    )


def _where(session: Session) -> str:
    how = " (read-only)" if session.readonly else ""
    return (session.uri or "the default connection") + how


def _refusal(arguments: Arguments) -> str | None:
    """Why the line would be refused before anything is done, as far as the declaration tells."""
    for constraint in arguments.command.constraints:
        try:
            constraint.check(arguments)
        except Failure as failure:
            return failure.message
    return None
