"""``--explain``: what a command line would do, in words. Out of the declaration, and of what the connection says of the
domain that the line is about; nothing is run."""

from __future__ import annotations

import virshpy
from virshpy import errors
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import FLAG
from virshpy.shell.lang.types import DomainType
from virshpy.shell.render.results import Explanation
from virshpy.shell.render.states import state_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
    refusal = _refusal(invocation)
    states: list[str] = []
    if command.connects and refusal is None:
        try:
            states = list(_states(invocation, session))
        except (Failure, errors.Error) as error:
            refusal = error.message
    return Explanation(
        command.name,
        command.summary,
        " ".join(command.description.split()),
        options,
        _where(session) if command.connects else None,
        refusal,
        states,
    )


def _where(session: Session) -> str:
    how = " (read-only)" if session.readonly else ""
    return (session.uri or virshpy.default_uri()) + how


def _states(invocation: Invocation, session: Session) -> Iterator[str]:
    """How the domains stand that the line names. Raises Failure, errors.Error where it could not be carried out."""
    _ = session.connection
    for option in invocation.command.options:
        if isinstance(option.type, DomainType) and option.name in invocation.given:
            text = invocation.text(option.name)
            domain = option.type.resolve(text, option.name, session)
            yield f"{domain.name} is {state_label(domain.state().state)}"


def _refusal(invocation: Invocation) -> str | None:
    """Why the line would be refused before anything is done, as far as the declaration tells."""
    for constraint in invocation.command.constraints:
        try:
            constraint.check(invocation)
        except Failure as failure:
            return failure.message
    return None
