"""Networking: what a user notes about a network in its document."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import MetadataType, NetworkUpdateFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, argument, command, flag, option, words
from virshpy.shell.lang.types import STRING, TEXT
from virshpy.shell.nouns.families import given_flags
from virshpy.shell.nouns.objects import NetworkType
from virshpy.shell.render.results import Document, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.network import Network
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_NETWORK = argument("network", NetworkType(), "name or UUID of a network")
_IMPACT = (
    flag("live", "of the running network"),
    flag("config", "of the definition"),
    flag("current", "of the running network if it runs, else of the definition"),
)
_CLASHES = (Exclusive("current", "live"), Exclusive("current", "config"))


def _impact(args: Arguments) -> int:
    return given_flags(args, {"live": NetworkUpdateFlags.LIVE, "config": NetworkUpdateFlags.CONFIG})


def _present(network: Network, kind: int, flags: int) -> str | None:
    try:
        return network.metadata(kind, None, flags=flags)
    except errors.NoNetworkMetadata:
        return None


@command(
    "net-desc",
    "show or set a network's description or title",
    "Show the description of a network, or set it to the words that follow; an\nempty one removes it.",
    (
        _NETWORK,
        *_IMPACT,
        flag("title", "the title instead of the description"),
        flag("edit", "change it in an editor"),
        words("new-desc", TEXT, "what to set"),
    ),
    constraints=_CLASHES,
    examples=(("net-desc default --title The lab", "a name for people"),),
    returns="description | title | message name changed",
)
def net_desc(session: Session, args: Arguments) -> Message | Text:
    network: Network = args["network"]
    flags = _impact(args)
    kind = MetadataType.TITLE if "title" in args else MetadataType.DESCRIPTION
    word = "title" if "title" in args else "description"
    new: str | None = " ".join(args["new-desc"]) if "new-desc" in args else None
    if "edit" in args:
        from virshpy.shell.editor import edit_text

        before = new or _present(network, kind, flags) or ""
        new = edit_text(before + "\n", ".txt").rstrip("\n")
        if new == before:
            return Message(f"Network {word} not changed", name=network.name, changed=False)
    if new is None:
        present = _present(network, kind, flags)
        if present is None:
            return Text(word, f"No {word} for network: {network.name}", "", end="")
        return Text(word, present, end="")
    with failing(f"Failed to set new network {word}"):
        network.set_metadata(kind, new or None, None, None, flags=flags)
    return Message(f"Network {word} updated successfully", end="", name=network.name, changed=True)


@command(
    "net-metadata",
    "show or set a network's own metadata",
    "Show, set or remove the element of a network's <metadata> that has this\nnamespace.",
    (
        _NETWORK,
        argument("uri", STRING.offering("NETWORK_METADATA_URIS"), "URI of the namespace"),
        *_IMPACT,
        flag("edit", "change it in an editor"),
        option("key", STRING, "prefix that the namespace gets in the document"),
        option("set", STRING, "the element to set"),
        flag("remove", "remove the element"),
    ),
    constraints=(Exclusive("edit", "set"), Exclusive("remove", "set"), Exclusive("remove", "edit"), *_CLASHES),
    examples=(("net-metadata default http://example.org/owner --key o --set '<owner>lab</owner>'", "whose it is"),),
    returns="metadata | message name uri",
)
def net_metadata(session: Session, args: Arguments) -> Result:
    network: Network = args["network"]
    uri, key, flags = args["uri"], args["key"], _impact(args)
    if ("set" in args or "edit" in args) and not key:
        raise Failure("namespace key is required when modifying metadata")
    if "remove" in args or "set" in args:
        network.set_metadata(MetadataType.ELEMENT, args["set"], key, uri, flags=flags)
        what = "removed" if "remove" in args else "modified"
        return Message(f"Metadata {what}", name=network.name, uri=uri)
    if "edit" not in args:
        return Document(network.metadata(MetadataType.ELEMENT, uri, flags=flags), key="metadata", end="\n")
    from virshpy.shell.nouns.families import edit_document

    def current() -> str:
        try:
            return network.metadata(MetadataType.ELEMENT, uri, flags=flags)
        except errors.NoNetworkMetadata:
            return "\n"

    def accept(text: str) -> bool:
        network.set_metadata(MetadataType.ELEMENT, text, key, uri, flags=flags)
        return True

    changed = edit_document(current, accept) is not None
    return Message("Metadata modified" if changed else "Metadata not changed", name=network.name, uri=uri)
