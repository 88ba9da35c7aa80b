"""<domainbackup>: what of a guest's disks is to be copied, or served, while it runs; libvirt validates it always."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.credentials import Encryption
from virshpy.xml.domain.address import DeviceSeclabel
from virshpy.xml.domain.storage import FORMATS
from virshpy.xml.element import Element, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import HOST, PATH, TARGET, UINT, YESNO, Enum, Noted
from virshpy.xml.schema import SCHEMA


class BackupServer(Element, tag="server"):
    """Where a backup that is pulled is served, by NBD."""

    transport: str | None = attr(Enum("tcp unix"))
    tls: bool | None = attr(YESNO)
    name: str | None = attr(HOST)
    port: int | None = attr(UINT)
    socket: str | None = attr(PATH)

    def _check(self, node: Node) -> None:
        self.transport = self.transport or "tcp"


class BackupFile(Element):
    """Where a disk's copy goes; or, while it is pulled, what the guest overwrites."""

    file: str | None = attr(PATH)
    dev: str | None = attr(PATH)
    encryption: Encryption | None = one(Encryption)
    seclabels: list[DeviceSeclabel] = many(DeviceSeclabel)


class BackupDriver(Element, tag="driver"):
    type: str | None = attr(Enum(FORMATS))


class BackupDisk(Element, tag="disk"):
    """One disk. ``index`` is the number of its copy in a running backup."""

    _needed = ("name",)

    name: str | None = attr(TARGET)
    backup: bool | None = attr(YESNO)
    type: str | None = attr(Enum("file block"))
    backupmode: str | None = attr(Enum("full incremental"))
    incremental: str | None = attr()
    exportname: str | None = attr()
    exportbitmap: str | None = attr()
    index: int | None = attr(Noted(UINT), runtime=True)
    driver: BackupDriver | None = one(BackupDriver)
    target: BackupFile | None = one(BackupFile, "target")
    scratch: BackupFile | None = one(BackupFile, "scratch")


class BackupDisks(Element, tag="disks"):
    disks: list[BackupDisk] = many(BackupDisk)


class Backup(Element, tag="domainbackup"):
    """The whole document. ``incremental`` names the checkpoint since which changes count."""

    _source = "(domain_backup)"
    _always_valid = True

    mode: str | None = attr(Enum("push pull"))
    incremental: str | None = leaf()
    server: BackupServer | None = one(BackupServer)
    disks: BackupDisks | None = one(BackupDisks)

    def _check(self, node: Node) -> None:
        self.mode = self.mode or "push"
        if (self.mode == "pull") != (self.server is not None):
            what = "is missing, and mode is pull" if self.mode == "pull" else "is there, and mode is push"
            detail = f"Unable to validate doc against {SCHEMA}\n/domainbackup, line {node.line}: <server> {what}"
            raise Refusal(errors.XMLInvalidSchema, detail, node)
