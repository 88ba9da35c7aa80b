"""A user's notes in an object's document: ``desc`` and ``metadata``, ``net-desc`` and ``net-metadata``."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import MetadataType, ModificationImpact
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, exclusive, flag, option, words
from virshpy.shell.lang.types import STRING, TEXT
from virshpy.shell.nouns.options import IMPACT_CLASHES, impact
from virshpy.shell.render.results import Document, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.nouns.noun import Noun
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


def declare_description(noun: Noun) -> None:
    """``net-desc NETWORK [WORDS]``"""
    name, (key, *_) = f"{noun.prefix}desc", noun.type.identity.split()
    config, live, current = impact(noun.name)

    @command(
        name,
        f"show or set {noun.what}'s description or title",
        f"Show the description of {noun.what}, or set it to the words that follow; an\nempty one removes it.",
        (
            noun.argument(),
            live,
            config,
            current,
            flag("title", "the title instead of the description"),
            flag("edit", "change it in an editor"),
            words("new-desc", TEXT, "what to set"),
        ),
        constraints=IMPACT_CLASHES,
        examples=((f"{name} {noun.example} --title For testing", "a name for people"),),
        returns=f"description | title | message {key} changed",
    )
    def describe(session: Session, args: Arguments) -> Message | Text:
        handle, flags, title = args[noun.name], args.flags, noun.name.capitalize()
        word, kind = ("title", MetadataType.TITLE) if "title" in args else ("description", MetadataType.DESCRIPTION)
        new: str | None = " ".join(args["new-desc"]) if "new-desc" in args else None
        if "edit" in args:
            from virshpy.shell.editor import edit_text

            before = _present(handle, kind, flags) or ""
            text = edit_text((new or before) + "\n", ".txt").rstrip("\n")
            if text == before:
                return Message(f"{title} {word} not changed", changed=False, **{key: handle.name})
            new = text
        # virsh reads the definition before it changes it, and that is where it fails if there is none.
        present = _present(handle, kind, flags) if new is None or "config" in args else None
        if new is None:
            absent = f"No {word} for {noun.name}: {handle.name}"
            return Text(word, present, end="") if present is not None else Text(word, absent, "", end="")
        with failing(f"Failed to set new {noun.name} {word}"):
            handle.set_metadata(kind, new or None, flags=flags)
        return Message(f"{title} {word} updated successfully", end="", changed=True, **{key: handle.name})


def declare_metadata(noun: Noun) -> None:
    """``net-metadata NETWORK URI``"""
    name, (key, *_) = f"{noun.prefix}metadata", noun.type.identity.split()
    config, live, current = impact(noun.name)
    example = f"{name} {noun.example} http://example.org/owner"

    @command(
        name,
        f"show or set {noun.what}'s own metadata",
        f"Show, set or remove the element of {noun.what}'s <metadata> that has this\nnamespace.",
        (
            noun.argument(),
            argument("uri", STRING.offering("METADATA_URIS"), "URI of the namespace"),
            live,
            config,
            current,
            flag("edit", "change it in an editor"),
            option("key", STRING, "prefix that the namespace gets in the document"),
            option("set", STRING, "the element to set"),
            flag("remove", "remove the element"),
        ),
        constraints=(*IMPACT_CLASHES, *exclusive("edit", "set"), *exclusive("remove", "set", "edit")),
        examples=(
            (f"{example} --key o --set '<owner>lab</owner>'", "whose it is"),
            (f"{example} --remove", "forget it again"),
        ),
        returns=f"metadata | message {key} uri",
    )
    def annotate(session: Session, args: Arguments) -> Result:
        handle, uri, prefix, flags = args[noun.name], args["uri"], args["key"], args.flags
        if ("set" in args or "edit" in args) and not prefix:
            raise Failure("namespace key is required when modifying metadata")
        about = {key: handle.name, "uri": uri}

        def put(text: str | None) -> bool:
            handle.set_metadata(MetadataType.ELEMENT, text, prefix, uri, flags=flags)
            return True

        if "remove" in args or "set" in args:
            put(args["set"])
            return Message(f"Metadata {'removed' if 'remove' in args else 'modified'}", **about)
        if "edit" not in args:
            return Document(handle.metadata(MetadataType.ELEMENT, uri, flags=flags), key="metadata", end="\n")
        from virshpy.shell.editor import edit_document

        if edit_document(lambda: _element(handle, uri, flags), put) is None:
            return Message("Metadata not changed", end="", **about)
        return Message("Metadata modified", **about)


def _present(handle: Any, kind: MetadataType, flags: int) -> str | None:
    if flags & ModificationImpact.CONFIG:
        flags = int(ModificationImpact.CONFIG)  # which is looked at where both are to be set
    try:
        text: str = handle.metadata(kind, flags=flags)
    except (errors.NoDomainMetadata, errors.NoNetworkMetadata):
        return None
    return text


def _element(handle: Any, uri: str, flags: int) -> str:
    try:
        text: str = handle.metadata(MetadataType.ELEMENT, uri, flags=flags)
    except (errors.NoDomainMetadata, errors.NoNetworkMetadata):
        return "\n"
    return text
