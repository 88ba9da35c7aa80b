"""Backup: copies of a running domain's disks."""

from __future__ import annotations

from virshpy.enums import BackupBeginFlags
from virshpy.shell.lang.command import command, flag, option
from virshpy.shell.lang.types import File
from virshpy.shell.nouns.domains import domain
from virshpy.shell.nouns.options import WRAP, XPATH_FIRST, selected
from virshpy.shell.render.results import Document, Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments


@command(
    "backup-begin",
    "start a backup of a domain's disks",
    "Start to copy the disks of a running domain, as the XML in a file says;\nwithout a file, all of them.",
    (
        domain.argument(on="running,paused"),
        option("backupxml", File(), "file with the backup's XML"),
        option("checkpointxml", File(), "file with the XML of a checkpoint to make with it"),
        flag("reuse-external", "write into files that exist already", adds=BackupBeginFlags.REUSE_EXTERNAL),
    ),
    examples=(("backup-begin test", "domjobinfo says how far it is"),),
    returns="message domain",
)
def backup_begin(domain: Domain, backupxml: str | None, checkpointxml: str | None, flags: int) -> Message:
    domain.backup_begin("<domainbackup/>" if backupxml is None else backupxml, checkpointxml, flags=flags)
    return Message("Backup started", domain=domain.name)


@command(
    "backup-dumpxml",
    "print a running backup's XML",
    "Print the XML of a running backup.",
    (domain.argument(), XPATH_FIRST, WRAP),
    examples=(("backup-dumpxml web", "a domain, by its name"),),
    returns="xml",
)
def backup_dumpxml(domain: Domain, args: Arguments) -> Document:
    return selected(domain.backup_xml_desc(), args)
