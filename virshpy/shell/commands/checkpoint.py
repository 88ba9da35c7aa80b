"""Checkpoint: points in time that incremental backups count from."""

from __future__ import annotations

from virshpy.enums import CheckpointCreateFlags, CheckpointDeleteFlags, CheckpointListFlags, CheckpointXMLFlags
from virshpy.shell.failure import Spoken
from virshpy.shell.lang.command import Requires, flag
from virshpy.shell.nouns.moments import Moment, settings
from virshpy.shell.nouns.options import XPATH_FIRST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.markup import Writer

_NEW = CheckpointCreateFlags
_QUIESCE = flag("quiesce", "have the guest agent freeze file systems", adds=_NEW.QUIESCE)


def _check(flags: int) -> None:
    """Refuse flags that cannot be together. Raises Error."""
    if flags & _NEW.REDEFINE and flags & _NEW.QUIESCE:
        first, second = (f"VIR_DOMAIN_CHECKPOINT_CREATE_{name}" for name in ("REDEFINE", "QUIESCE"))
        raise Spoken(f"Flags '{first}' and '{second}' are mutually exclusive")


def _disk(write: Writer, spec: str) -> None:
    name, found = settings(spec, "checkpoint", "bitmap")
    write.empty("disk", name=name, checkpoint=found.get("checkpoint"), bitmap=found.get("bitmap"))


checkpoint = Moment(
    "checkpoint", create=_NEW, delete=CheckpointDeleteFlags, listing=CheckpointListFlags, xml=CheckpointXMLFlags
)
checkpoint.create(
    "make a checkpoint, from a file",
    "Make a checkpoint of a domain's disks, as the XML in a file says; without\na file, of all disks.",
    flag("redefine-validate", "with --redefine: check it against the disks", adds=_NEW.REDEFINE_VALIDATE),
    _QUIESCE,
    check=_check,
    constraints=(Requires("redefine-validate", "redefine"),),
    example=("test", "changes are tracked from now on"),
)
checkpoint.create_as(
    "make a checkpoint, from options",
    "Make a checkpoint of a domain's disks as the options say.",
    _QUIESCE,
    diskspec="DISK[,checkpoint=KIND][,bitmap=NAME]",
    disk=_disk,
    example=("test monday", "by name"),
)
checkpoint.edit(renamed="Cannot rename checkpoint {old} to {new}", example=("test monday", "a better description"))
checkpoint.delete(
    "Delete a checkpoint; its parent tracks the changes from then on.",
    metadata="delete its record only, not its bitmaps",
    example=("test monday", "when its backup is no longer needed"),
)
checkpoint.dumpxml(
    "Print the XML of a checkpoint.",
    checkpoint.name,
    flag("no-domain", "without the domain's XML", adds=CheckpointXMLFlags.NO_DOMAIN),
    flag("size", "with the size of the changes since then", adds=CheckpointXMLFlags.SIZE),
    XPATH_FIRST,
    example=("test monday --no-domain --size", "how big a backup would be"),
)
checkpoint.parent(example=("test monday", "where the backup before it began"))
checkpoint.info(
    example=("test monday", "its parent and its children"), returns="name domain parent children descendants"
)
checkpoint.list(example=("test --tree", "what follows what"))
