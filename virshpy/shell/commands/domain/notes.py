"""What a user notes about a domain in its document: desc, metadata."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import MetadataType, ModificationImpact
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, argument, command, flag, option, words
from virshpy.shell.lang.types import STRING, TEXT, DomainType
from virshpy.shell.render.results import Document, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
_IMPACT = (
    flag("live", "of the running domain"),
    flag("config", "of the definition"),
    flag("current", "of the running domain if it runs, else of the definition"),
)
_IMPACT_CLASHES = (Exclusive("current", "live"), Exclusive("current", "config"))


def _impact(args: Arguments) -> int:
    flags = ModificationImpact.LIVE if "live" in args else 0
    return flags | (ModificationImpact.CONFIG if "config" in args else 0)


@command(
    "desc",
    "show or set a domain's description or title",
    "Show the description of a domain, or set it to the words that follow; an\nempty one removes it.",
    (
        _DOMAIN,
        *_IMPACT,
        flag("title", "the title instead of the description"),
        flag("edit", "change it in an editor"),
        words("new-desc", TEXT, "what to set"),
    ),
    constraints=_IMPACT_CLASHES,
    examples=(("desc web --title Shop, front end", "shown by: list --title"),),
    returns="description | title | message domain changed",
)
def desc(session: Session, args: Arguments) -> Message | Text:
    domain: Domain = args["domain"]
    flags = _impact(args)
    kind = MetadataType.TITLE if "title" in args else MetadataType.DESCRIPTION
    word = "title" if "title" in args else "description"
    new: str | None = " ".join(args["new-desc"]) if "new-desc" in args else None
    if "edit" in args:
        before = _present(domain, kind, flags) or ""
        edited = _edited((new or before) + "\n")
        if edited == before:
            return Message(f"Domain {word} not changed", domain=domain.name, changed=False)
        new = edited
    # virsh reads the definition before it changes it, and that is where it fails if there is none.
    present = _present(domain, kind, flags) if new is None or "config" in args else None
    if new is None:
        if present is None:
            return Text(word, f"No {word} for domain: {domain.name}", "", end="")
        return Text(word, present, end="")
    with failing(f"Failed to set new domain {word}"):
        domain.set_metadata(kind, new or None, flags=flags)
    return Message(f"Domain {word} updated successfully", end="", domain=domain.name, changed=True)


def _edited(text: str) -> str:
    from virshpy.shell.editor import edit_text

    return edit_text(text, ".txt").rstrip("\n")


def _present(domain: Domain, kind: MetadataType, flags: int) -> str | None:
    if flags & ModificationImpact.CONFIG:
        flags = int(ModificationImpact.CONFIG)  # which is looked at where both are to be set
    try:
        return domain.metadata(kind, flags=flags)
    except errors.NoDomainMetadata:
        return None


@command(
    "metadata",
    "show or set a domain's own metadata",
    "Show, set or remove the element of a domain's <metadata> that has this\nnamespace.",
    (
        _DOMAIN,
        argument("uri", STRING.offering("METADATA_URIS"), "URI of the namespace"),
        *_IMPACT,
        flag("edit", "change it in an editor"),
        option("key", STRING, "prefix that the namespace gets in the document"),
        option("set", STRING, "the element to set"),
        flag("remove", "remove the element"),
    ),
    constraints=(*_IMPACT_CLASHES, Exclusive("edit", "set"), Exclusive("remove", "set"), Exclusive("remove", "edit")),
    examples=(
        ("metadata web http://example.org/owner --key o --set '<owner>lab</owner>'", "note whose it is"),
        ("metadata web http://example.org/owner --remove", "forget it again"),
    ),
    returns="metadata | message domain uri",
)
def metadata(session: Session, args: Arguments) -> Iterable[Result]:
    domain: Domain = args["domain"]
    uri, key = args["uri"], args["key"]
    flags = _impact(args)
    if ("set" in args or "edit" in args) and not key:
        raise Failure("namespace key is required when modifying metadata")
    if "remove" in args or "set" in args:
        domain.set_metadata(MetadataType.ELEMENT, args["set"], key, uri, flags=flags)
        what = "removed" if "remove" in args else "modified"
        return [Message(f"Metadata {what}", domain=domain.name, uri=uri)]
    if "edit" in args:
        from virshpy.shell.editor import edit_until_accepted

        def current() -> str:
            try:
                return domain.metadata(MetadataType.ELEMENT, uri, flags=flags)
            except errors.NoDomainMetadata:
                return "\n"

        def accept(text: str, relaxed: bool) -> bool:
            domain.set_metadata(MetadataType.ELEMENT, text, key, uri, flags=flags)
            return True

        if edit_until_accepted(current(), current, accept, validating=False) is None:
            return [Message("Metadata not changed", end="", domain=domain.name, uri=uri)]
        return [Message("Metadata modified", domain=domain.name, uri=uri)]
    return [Document(domain.metadata(MetadataType.ELEMENT, uri, flags=flags), key="metadata", end="\n")]
