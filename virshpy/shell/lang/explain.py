"""``--explain``: what a command line would do, in words, out of the declaration. Nothing is opened, nothing is run."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import FLAG
from virshpy.shell.render.results import Explanation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Invocation
    from virshpy.shell.session import Session


def explained(invocation: Invocation, session: Session) -> Explanation:
    """What this one command would do."""
    command = invocation.command
    options = []
    for option in command.options:
        texts = invocation.given.get(option.name)
        if texts is not None:
            options.append((option.name, None if option.kind == FLAG else " ".join(texts), option.help))
    return Explanation(
        command.name,
        command.summary,
        " ".join(command.description.split()),
        options,
        _where(session) if command.connects else None,
        _refusal(invocation),
    )


def _where(session: Session) -> str:
    how = " (read-only)" if session.readonly else ""
    return (session.uri or "the default connection") + how


def _refusal(invocation: Invocation) -> str | None:
    """Why the line would be refused before anything is done, as far as the declaration tells."""
    for constraint in invocation.command.constraints:
        try:
            constraint.check(invocation)
        except Failure as failure:
            return failure.message
    return None
