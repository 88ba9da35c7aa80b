"""A line about several objects: ``start web db``, ``destroy 'test-*'``, ``shutdown --all``.

virsh's commands are about one object. Where a line names more, its command is run for each of them, one after another;
one that fails does not keep the others.
"""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import PATTERN, Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.shell.lang.command import Option
    from virshpy.shell.session import Session


def each(invocation: Invocation, session: Session) -> Iterator[Invocation]:
    """The line for each object that it is about. Raises Failure where it names none, or breaks a rule."""
    option = invocation.command.several
    assert option is not None
    for constraint in invocation.command.constraints:
        constraint.check(invocation)
    for text in dict.fromkeys(_names(invocation, option, session)):
        yield Invocation(invocation.command, {**invocation.given, option.name: [text]}, invocation.everywhere)


def _names(invocation: Invocation, option: Option, session: Session) -> Iterator[str]:
    texts = invocation.given.get(option.name, [])
    for flag, find in option.instead.items():
        if flag in invocation:
            if texts:
                raise Failure(
                    f"Options --{option.name} and --{flag} are mutually exclusive",
                    hint=f"leave the names or --{flag} out",
                )
            yield from find(session)
    for text in texts:
        yield from [text] if PATTERN.isdisjoint(text) else _matching(text, option, session)


def _matching(pattern: str, option: Option, session: Session) -> list[str]:
    """The names that a pattern stands for, of objects in a state that suits the command; or the pattern, if one has it
    for its name."""
    from fnmatch import fnmatchcase

    names = [name for name, _ in option.type.complete("", session)]
    if pattern in names:
        return [pattern]
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise Failure(
            f"failed to get {option.name} '{pattern}'",
            kind="absent",
            hint=f"no {option.name} in a state that suits the command has such a name",
        )
    return sorted(found)
