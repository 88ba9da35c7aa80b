"""Encrypted guests: their measurement, and their secret."""

from __future__ import annotations

from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import command, option
from virshpy.shell.lang.types import AnyText, Bytes, Path, UInt
from virshpy.shell.render.readable import parameters
from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session


@command(
    "domlaunchsecinfo",
    "how an encrypted guest was started",
    "Print the measurement of an encrypted guest, for its owner to check.",
    (RUNNING,),
    examples=(("domlaunchsecinfo test", "before a secret is given to it"),),
    returns="parameters",
)
def domlaunchsecinfo(domain: Domain) -> Text:
    with failing("Unable to get launch security parameters"):
        return parameters(domain.launch_security_info())


class Address(AnyText):
    """A number, read by the handler when the files have been."""

    word = "number"


@command(
    "domsetlaunchsecstate",
    "give an encrypted guest its secret",
    "Put a secret into the memory of an encrypted guest that waits for it.",
    (
        RUNNING,
        option("secrethdr", Path(), "file with the secret's header"),
        option("secret", Path(), "file with the secret"),
        option("set-address", Address(), "address in the guest's memory"),
    ),
    examples=(("domsetlaunchsecstate test --secrethdr header --secret secret", "it goes on to boot"),),
    returns="",
)
def domsetlaunchsecstate(session: Session, domain: Domain, args: Arguments) -> None:
    if args["secrethdr"] is None or args["secret"] is None:
        raise Failure("Both secret and the secret header are required")
    values: dict[str, Any] = {}
    for key, name in (("sev-secret-header", "secrethdr"), ("sev-secret", "secret")):
        values[key] = Bytes().resolve(args[name], name, session).decode(errors="surrogateescape")
    if args["set-address"] is not None:
        values["sev-secret-set-address"] = UInt(64).convert(args["set-address"], "set-address")
    with failing("Unable to set launch security state"):
        domain.set_launch_security_state(values)
