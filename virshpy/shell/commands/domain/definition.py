"""Definitions: define, undefine, dumpxml, edit, domrename, autostart."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import DefineFlags, UndefineFlags, XMLFlags
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Alias, Constraint, Exclusive, Requires, argument, command, flag, option
from virshpy.shell.lang.types import STRING, TEXT
from virshpy.shell.nouns.domains import domain
from virshpy.shell.nouns.options import inactive, security_info, validate
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Invocation


class _WipesSomething(Constraint):
    """--wipe-storage says how, not what."""

    def names(self) -> tuple[str, ...]:
        return ("wipe-storage", "storage", "remove-all-storage")

    def check(self, args: Invocation) -> None:
        if "wipe-storage" in args and not any(args.given.get("storage", ())) and "remove-all-storage" not in args:
            raise Failure("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'")


def _may_be_undefined(domain: Domain, args: Arguments) -> None:
    """Refuse what would leave something behind. Raises Failure."""
    if args["storage"] or "remove-all-storage" in args:
        if domain.is_active():
            raise Failure("Storage volume deletion is supported only on stopped domains")
        hint = "there are no storage pools yet; undefine the domain without this option, then remove the files"
        raise errors.NoSupport("virStorageVolLookupByPath", hint=hint)
    if "managed-save" not in args and domain.has_managed_save():
        raise Failure("Refusing to undefine while domain managed save image exists")


domain.from_file("define", validate(DefineFlags.VALIDATE), example="web.xml", why="then: start web")
domain.verb(
    "undefine",
    "has been undefined",
    "remove the definition of a domain",
    flag("managed-save", "remove its managed save image, too", adds=UndefineFlags.MANAGED_SAVE),
    option("storage", TEXT.offering("DISKS"), "remove the volumes of these disks, separated by commas"),
    flag("remove-all-storage", "remove all its volumes, too"),
    flag("delete-storage-volume-snapshots", "remove the volumes' snapshots; needs --remove-all-storage"),
    flag("wipe-storage", "overwrite the volumes before they are removed"),
    flag(
        "snapshots-metadata",
        "forget the snapshots of an inactive domain",
        adds=UndefineFlags.SNAPSHOTS_METADATA,
    ),
    flag(
        "checkpoints-metadata",
        "forget the checkpoints of an inactive domain",
        adds=UndefineFlags.CHECKPOINTS_METADATA,
    ),
    flag("nvram", "remove its NVRAM file", adds=UndefineFlags.NVRAM),
    flag("keep-nvram", "keep its NVRAM file", adds=UndefineFlags.KEEP_NVRAM),
    flag("tpm", "remove the state of its TPM", adds=UndefineFlags.TPM),
    flag("keep-tpm", "keep the state of its TPM", adds=UndefineFlags.KEEP_TPM),
    description="Remove the definition of a domain; one that runs becomes transient.",
    check=_may_be_undefined,
    newest=True,
    constraints=(
        Requires("delete-storage-volume-snapshots", "remove-all-storage"),
        Exclusive("nvram", "keep-nvram"),
        Exclusive("tpm", "keep-tpm"),
        _WipesSomething(),
    ),
    aliases=(Alias("delete-snapshots", "delete-storage-volume-snapshots"),),
    examples=(
        ("undefine web --nvram --managed-save", "and the files that belong to it"),
        ("undefine web --dry-run", "see what that would remove"),
    ),
)
domain.dumpxml(
    inactive(XMLFlags.INACTIVE),
    security_info(XMLFlags.SECURE),
    flag("update-cpu", "with the CPU that this host gives it", adds=XMLFlags.UPDATE_CPU),
    flag("migratable", "in the form that a migration sends", adds=XMLFlags.MIGRATABLE),
    description="Print the XML of a domain: of the running one, or as it is defined.",
    examples=(("dumpxml web --xpath //disk/source --wrap", "where its disks are, as one document"),),
)
domain.edit(
    XMLFlags.SECURE | XMLFlags.INACTIVE,
    validate=DefineFlags.VALIDATE,
    identity="domain",
    description="Open the definition of a domain in $VISUAL or $EDITOR, and define the\n"
    "result. It takes effect at the domain's next start.",
    why="then: diff web, to see what its next start will change",
)
domain.autostart(failed="Failed to", identity="domain")


@command(
    "domrename",
    "give a domain another name",
    "Rename an inactive domain.",
    (
        domain.argument(on="shut off,crashed"),
        argument("new-name", STRING, "its new name"),
    ),
    examples=(("domrename web shop", "'destroy web' first: it must not run"),),
    returns="message domain uuid",
)
def domrename(domain: Domain, new_name: str) -> Message:
    domain.rename(new_name)
    return Message("Domain successfully renamed", domain=domain.name, uuid=domain.uuid)
