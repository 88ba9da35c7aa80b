"""shutdown: of one domain as virsh has it, and of several, until they are off."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.enums import ListDomainsFlags
from virshpy.shell.commands.domain.asking import ASKABLE, mode
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, Requires, command, flag, option
from virshpy.shell.lang.types import UInt
from virshpy.shell.nouns.domains import domain
from virshpy.shell.nouns.options import call
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_BETWEEN = 0.1  # seconds between two looks at the guests that are waited for


def _active(session: Session) -> list[str]:
    return sorted(one.name for one in session.connection.list_domains(flags=ListDomainsFlags.ACTIVE))


def _wait(session: Session, asked: list[Arguments]) -> Iterator[Message]:
    """Wait for the guests that were asked, all at once. Raises Failure where some are not off in time."""
    args = asked[0]
    if "wait" not in args:
        return
    waiting: list[Domain] = [one["domain"] for one in asked]
    patience = args["timeout"]
    until = None if patience is None else time.monotonic() + patience
    while waiting and (until is None or time.monotonic() < until):
        for guest in [guest for guest in waiting if not _is_on(guest)]:
            waiting.remove(guest)
            yield Message(f"Domain '{guest.name}' is off", domain=guest.name, uuid=guest.uuid)
        if waiting:
            time.sleep(_BETWEEN)
    if waiting and "destroy" not in args:
        names = ", ".join(f"'{guest.name}'" for guest in waiting)
        hint = "--destroy pulls the plug of those that do not stop in time"
        raise Failure(f"not off after {patience} seconds: {names}", hint=hint, kind="state")
    for guest in waiting:
        with failing(f"Failed to destroy domain '{guest.name}'"):
            call(guest.destroy, flags=0)
        yield Message(f"Domain '{guest.name}' did not stop in time: destroyed", domain=guest.name, uuid=guest.uuid)


def _is_on(guest: Domain) -> bool:
    try:
        return guest.is_active()
    except errors.NoDomain:
        return False  # a transient one is forgotten when it stops


@command(
    "shutdown",
    "ask a guest to power off",
    "Ask a guest to power off. The command does not wait for it, unless --wait is\n"
    "given: then it ends when all that were asked are off, or fails where some are\n"
    "not within --timeout, or pulls their plugs with --destroy.",
    (
        domain.argument(on=ASKABLE, instead={"all": _active}),
        mode(", or"),
        Reads("mode"),
        flag("all", "every domain that runs"),
        flag("wait", "wait until they are off"),
        option("timeout", UInt(32), "seconds to wait", named_only=True),
        flag("destroy", "pull the plug of those that are not off in time"),
        Requires("timeout", "wait"),
        Requires("destroy", "timeout"),
    ),
    examples=(
        ("shutdown web --mode agent,acpi", "ask the guest's agent, then press the power button"),
        ("shutdown --all --wait --timeout 90 --destroy", "before the host is powered off"),
    ),
    returns="message domain uuid",
    finale=_wait,
)
def shutdown(domain: Domain, flags: int, args: Arguments) -> Message:
    name = args.text("domain")
    with failing(f"Failed to shutdown domain '{name}'"):
        call(domain.shutdown, flags=flags)
    return Message(f"Domain '{name}' is being shutdown", domain=domain.name, uuid=domain.uuid)
