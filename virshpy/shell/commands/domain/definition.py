"""Definitions: define, undefine, dumpxml, edit, domrename, autostart."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import DefineFlags, UndefineFlags, XMLFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import (
    Alias,
    Constraint,
    Exclusive,
    Requires,
    argument,
    command,
    flag,
    option,
)
from virshpy.shell.lang.types import STRING, TEXT, DomainType, File, Type
from virshpy.shell.render.results import Document, Message, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Invocation
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
_DRY_RUN = flag("dry-run", "print what would be done on the host, and do nothing")


class XPath(Type):
    """An XPath expression; of an empty one virsh says nothing."""

    empty_ok = True

    def convert(self, text: str, name: str) -> str:
        if not text:
            raise Failure(None)
        return text


@command(
    "define",
    "define a domain from a file, without starting it",
    "Make a persistent domain, or replace the definition of one.",
    (
        argument("file", File(), "file with the domain's XML"),
        flag("validate", "refuse XML that the schema does not know"),
        _DRY_RUN,
    ),
    examples=(("define web.xml", "then: start web"),),
    returns="message domain uuid | plan",
)
def define(session: Session, args: Arguments) -> Result:
    file = args.text("file")
    flags = DefineFlags.VALIDATE if "validate" in args else 0
    with failing(f"Failed to define domain from {file}"):
        if "dry-run" in args:
            return Plan(session.connection.plan_define(args["file"], flags))
        domain = session.connection.define_xml(args["file"], flags=flags)
    return Message(f"Domain '{domain.name}' defined from {file}", domain=domain.name, uuid=domain.uuid)


_UNDEFINE_FLAGS = {
    "managed-save": UndefineFlags.MANAGED_SAVE,
    "snapshots-metadata": UndefineFlags.SNAPSHOTS_METADATA,
    "checkpoints-metadata": UndefineFlags.CHECKPOINTS_METADATA,
    "nvram": UndefineFlags.NVRAM,
    "keep-nvram": UndefineFlags.KEEP_NVRAM,
    "tpm": UndefineFlags.TPM,
    "keep-tpm": UndefineFlags.KEEP_TPM,
}


class _WipesSomething(Constraint):
    """--wipe-storage says how, not what."""

    def names(self) -> tuple[str, ...]:
        return ("wipe-storage", "storage", "remove-all-storage")

    def check(self, args: Invocation) -> None:
        if "wipe-storage" in args and not any(args.given.get("storage", ())) and "remove-all-storage" not in args:
            raise Failure("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'")


@command(
    "undefine",
    "remove the definition of a domain",
    "Remove the definition of a domain; one that runs becomes transient.",
    (
        _DOMAIN,
        flag("managed-save", "remove its managed save image, too"),
        option(
            "storage",
            TEXT.offering("DISKS"),
            "remove these volumes, too: targets or sources of its disks, with commas",
        ),
        flag("remove-all-storage", "remove all its volumes, too (take care)"),
        flag("delete-storage-volume-snapshots", "remove the volumes' snapshots; needs --remove-all-storage"),
        flag("wipe-storage", "overwrite the volumes before they are removed"),
        flag("snapshots-metadata", "forget its snapshots (of a domain that does not run)"),
        flag("checkpoints-metadata", "forget its checkpoints (of a domain that does not run)"),
        flag("nvram", "remove the file with its firmware's variables"),
        flag("keep-nvram", "keep the file with its firmware's variables"),
        flag("tpm", "remove its TPM's state"),
        flag("keep-tpm", "keep its TPM's state"),
        _DRY_RUN,
    ),
    constraints=(
        Requires("delete-storage-volume-snapshots", "remove-all-storage"),
        Exclusive("nvram", "keep-nvram"),
        Exclusive("tpm", "keep-tpm"),
        _WipesSomething(),
    ),
    aliases=(Alias("delete-snapshots", "delete-storage-volume-snapshots"),),
    examples=(
        ("undefine web --nvram --managed-save", "and the files that were kept for it"),
        ("undefine web --dry-run", "see what that would remove"),
    ),
    returns="message domain uuid | plan",
)
def undefine(session: Session, args: Arguments) -> Result:
    domain: Domain = args["domain"]
    typed = args.text("domain")
    flags = sum(value for name, value in _UNDEFINE_FLAGS.items() if name in args)
    if args["storage"] or "remove-all-storage" in args:
        if domain.is_active():
            raise Failure("Storage volume deletion is supported only on stopped domains")
        raise Failure(
            f"Failed to undefine domain '{typed}'",
            errors.NoSupport(
                "virStorageVolLookupByPath",
                hint="there are no storage pools yet; undefine the domain without this option, then remove the files",
            ),
        )
    with failing(f"Failed to undefine domain '{typed}'"):
        if "dry-run" in args:
            return Plan(domain.plan("undefine", flags))
        if "managed-save" not in args and domain.has_managed_save():
            raise Failure("Refusing to undefine while domain managed save image exists")
        domain.undefine(flags=flags)
    return Message(f"Domain '{typed}' has been undefined", domain=domain.name, uuid=domain.uuid)


@command(
    "dumpxml",
    "print a domain's XML",
    "Print the XML of a domain: of the running one, or as it is defined.",
    (
        _DOMAIN,
        flag("inactive", "as it will be at its next start"),
        flag("security-info", "with passwords"),
        flag("update-cpu", "with the CPU as the host's makes it"),
        flag("migratable", "as another host could take it over"),
        option("xpath", XPath(), "print only what this XPath expression selects", named_only=True),
        flag("wrap", "put what was selected into one root element"),
    ),
    examples=(("dumpxml web --xpath //disk/source --wrap", "where its disks are, as one document"),),
    returns="xml",
)
def dumpxml(session: Session, args: Arguments) -> Document:
    domain: Domain = args["domain"]
    flags = 0
    for name, value in (
        ("inactive", XMLFlags.INACTIVE),
        ("security-info", XMLFlags.SECURE),
        ("update-cpu", XMLFlags.UPDATE_CPU),
        ("migratable", XMLFlags.MIGRATABLE),
    ):
        if name in args:
            flags |= value
    text = domain.xml_desc(flags=flags)
    if "xpath" not in args:
        return Document(text)
    from virshpy.xml.xpath import select, wrap

    if "wrap" in args:
        return Document(wrap(text, args["xpath"]))
    return Document("".join(part + "\n" for part in select(text, args["xpath"])))


@command(
    "edit",
    "change a domain's definition in an editor",
    "Open the definition of a domain in $VISUAL or $EDITOR, and define the\n"
    "result. It takes effect at the domain's next start.",
    (_DOMAIN, flag("skip-validate", "accept XML that the schema does not know")),
    examples=(("edit web", "then: diff web, to see what its next start will change"),),
    returns="message domain changed",
)
def edit(session: Session, args: Arguments) -> Message:
    from virshpy.shell.editor import edit_until_accepted

    domain: Domain = args["domain"]
    flags = 0 if "skip-validate" in args else int(DefineFlags.VALIDATE)
    before = domain.xml_desc(flags=XMLFlags.SECURE | XMLFlags.INACTIVE)

    def current() -> str:
        return domain.xml_desc(flags=XMLFlags.SECURE | XMLFlags.INACTIVE)

    def accept(text: str, relaxed: bool) -> Domain:
        return session.connection.define_xml(text, flags=0 if relaxed else flags)

    edited = edit_until_accepted(before, current, accept, validating=bool(flags))
    if edited is None:
        return Message(f"Domain '{domain.name}' XML configuration not changed.", domain=domain.name, changed=False)
    return Message(f"Domain '{edited.name}' XML configuration edited.", domain=edited.name, changed=True)


@command(
    "domrename",
    "give a domain another name",
    "Rename a domain that does not run.",
    (
        argument("domain", DomainType(states="shut off,crashed"), "name or UUID of a domain"),
        argument("new-name", STRING, "its new name"),
    ),
    examples=(("domrename web shop", "'destroy web' first: it must not run"),),
    returns="message domain uuid",
)
def domrename(session: Session, args: Arguments) -> Message:
    domain: Domain = args["domain"]
    domain.rename(args["new-name"])
    return Message("Domain successfully renamed", domain=domain.name, uuid=domain.uuid)


@command(
    "autostart",
    "start a domain with the host",
    "Have a domain started when the host starts, or no longer.",
    (_DOMAIN, flag("disable", "do not start it with the host")),
    examples=(
        ("autostart web", "it comes up with the host"),
        ("autostart web --disable", "it is started by hand again"),
    ),
    returns="message domain autostart",
)
def autostart(session: Session, args: Arguments) -> Message:
    domain: Domain = args["domain"]
    typed = args.text("domain")
    wanted = "disable" not in args
    verb = "mark" if wanted else "unmark"
    with failing(f"Failed to {verb} domain '{typed}' as autostarted"):
        domain.set_autostart(wanted)
    return Message(f"Domain '{typed}' {verb}ed as autostarted", domain=domain.name, autostart=wanted)
