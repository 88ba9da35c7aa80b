"""<domainsnapshot> and <domaincheckpoint>: points in a domain's life, each with the domain as it was."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.storage import StorageSource
from virshpy.xml.element import Element, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import LONG, ULONG, Blank, Enum, Scalar, xml
from virshpy.xml.schema import SCHEMA

_MODES = "default no internal external manual"
_STATES = "nostate running blocked paused shutdown shutoff crashed pmsuspended disk-snapshot"


class Parent(Element, tag="parent"):
    name: str | None = leaf()


class SnapshotMemory(Element, tag="memory"):
    snapshot: str | None = attr(Enum(_MODES, xml("unknown memory snapshot setting '%s'")))
    file: str | None = attr()


class SnapshotDiskDriver(Element, tag="driver"):
    type: str | None = attr()


class SnapshotDisk(Element, tag="disk"):
    """How one disk takes part; ``source`` is the new file of an external snapshot."""

    name: str | None = attr(required=xml("missing name from disk snapshot element"))
    snapshot: str | None = attr(Enum(_MODES, xml("unknown disk snapshot setting '%s'")))
    type: str | None = attr()
    driver: SnapshotDiskDriver | None = one(SnapshotDiskDriver)
    source: StorageSource | None = one(StorageSource)


class SnapshotDisks(Element, tag="disks"):
    disks: list[SnapshotDisk] = many(SnapshotDisk)


class _ByTheSchema(Scalar):
    """Text that libvirt's schema has a pattern for. Of checkpoints, no document gets past the schema."""

    def __init__(self, pattern: str, expected: str) -> None:
        self.pattern, self.expected = pattern, expected

    def read(self, text: str, node: Node, name: str | None) -> str:
        if not re.fullmatch(self.pattern, text):
            what = f"found {text!r} in <{node.tag}>: expected {self.expected}"
            detail = f"Unable to validate doc against {SCHEMA}\n{what}"
            raise Refusal(errors.XMLInvalidSchema, detail, node, f"expected {self.expected}")
        return text


class CheckpointDisk(Element, tag="disk"):
    """``size`` in bytes: what has changed since."""

    name: str | None = attr(
        _ByTheSchema(r"(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+|/.+", "a disk's target or a path"),
        required=xml("missing name from disk checkpoint element"),
    )
    checkpoint: str | None = attr(_ByTheSchema("no|bitmap", "no or bitmap"))
    bitmap: str | None = attr()
    size: int | None = attr(ULONG)


class CheckpointDisks(Element, tag="disks"):
    disks: list[CheckpointDisk] = many(CheckpointDisk)


class Moment(Element):
    """What both have. ``creation_time`` in seconds since 1970."""

    name: str | None = leaf()
    description: str | None = leaf()
    parent: Parent | None = one(Parent)

    def _check(self, node: Node) -> None:
        if self.name is not None and "/" in self.name:
            raise Refusal(errors.XMLDetail, f"name {self.name} cannot contain '/'", node)
        if self.name is not None and self.name.startswith("."):
            raise Refusal(errors.XMLDetail, f"name {self.name} cannot start with '.'", node)

    @property
    def parent_name(self) -> str | None:
        return self.parent.name if self.parent else None


class Snapshot(Moment, tag="domainsnapshot"):
    """``active`` is only in the files of old and of test hosts: whether it is the current one."""

    _source = "(domain_snapshot)"

    name: str | None = leaf()
    description: str | None = leaf()
    state: str | None = leaf(Blank(Enum(_STATES, xml("Invalid state '%s' in domain snapshot XML"))))
    parent: Parent | None = one(Parent)
    creation_time: int | None = leaf(LONG, "creationTime")
    memory: SnapshotMemory | None = one(SnapshotMemory)
    disks: SnapshotDisks | None = one(SnapshotDisks)
    domain: Domain | None = one(lambda: Domain)
    active: int | None = leaf(LONG)


class Checkpoint(Moment, tag="domaincheckpoint"):
    """The domain is left out where it is not wanted."""

    _source = "(domain_checkpoint)"
    _always_valid = True

    name: str | None = leaf(_ByTheSchema(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*", "letters, digits, _, - and ."))
    description: str | None = leaf()
    parent: Parent | None = one(Parent)
    creation_time: int | None = leaf(LONG, "creationTime")
    disks: CheckpointDisks | None = one(CheckpointDisks)
    domain: Domain | None = one(lambda: Domain)
