"""<domainsnapshot> and <domaincheckpoint>: points in a domain's life, each with the domain as it was."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.cpu import CPU
from virshpy.xml.domain.storage import MetadataCache, StorageSource
from virshpy.xml.element import Element, attr, flag, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import LONG, PATH, TARGET, ULONG, Blank, Enum, Plain, xml

TYPE_CHECKING = False
_MODES = "default no internal external manual"
_STATES = "nostate running blocked paused shutdown shutoff crashed pmsuspended disk-snapshot"


class Parent(Element, tag="parent"):
    name: str | None = leaf()


class SnapshotMemory(Element, tag="memory"):
    snapshot: str | None = attr(Enum(_MODES, xml("unknown memory snapshot setting '%s'")))
    file: str | None = attr()


class SnapshotDiskDriver(Element, tag="driver"):
    type: str | None = attr()
    metadata_cache: MetadataCache | None = one(MetadataCache)


class SnapshotDisk(Element, tag="disk"):
    """How one disk takes part; ``source`` is the new file of an external snapshot."""

    name: str | None = attr(required=xml("missing name from disk snapshot element"))
    snapshot: str | None = attr(Enum(_MODES, xml("unknown disk snapshot setting '%s'")))
    type: str | None = attr()
    driver: SnapshotDiskDriver | None = one(SnapshotDiskDriver)
    source: StorageSource | None = one(StorageSource)


class SnapshotDisks(Element, tag="disks"):
    disks: list[SnapshotDisk] = many(SnapshotDisk)


class CheckpointDisk(Element, tag="disk"):
    """``size`` in bytes: what has changed since."""

    name: str | None = attr(
        Plain(rf"{TARGET.pattern}|{PATH.pattern}", "a disk's target or a path"),
        required=xml("missing name from disk checkpoint element"),
    )
    checkpoint: str | None = attr(Plain("no|bitmap", "no or bitmap"))
    bitmap: str | None = attr()
    size: int | None = attr(ULONG)


class CheckpointDisks(Element, tag="disks"):
    disks: list[CheckpointDisk] = many(CheckpointDisk)


class Cookie(Element, tag="cookie"):
    """What a guest's memory was saved under: the processor that it saw, and what served its networks."""

    cpu: CPU | None = one(CPU)
    slirp_helper: bool = flag("slirpHelper")


class Moment(Element):
    """What both have. ``creation_time`` in seconds since 1970."""

    _namespaces = Domain._namespaces
    _verbatim = Domain._verbatim

    if TYPE_CHECKING:  # each declares them in its own place
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
    """Of a running guest there are two documents: ``domain`` as it ran, ``inactive_domain`` as it is defined.

    ``active`` is only in the files of old and of test hosts: whether it is the current one.
    """

    _source = "(domain_snapshot)"

    name: str | None = leaf()
    description: str | None = leaf()
    state: str | None = leaf(Blank(Enum(_STATES, xml("Invalid state '%s' in domain snapshot XML"))))
    parent: Parent | None = one(Parent)
    creation_time: int | None = leaf(LONG, "creationTime")
    memory: SnapshotMemory | None = one(SnapshotMemory)
    disks: SnapshotDisks | None = one(SnapshotDisks)
    domain: Domain | None = one(Domain)
    inactive_domain: Domain | None = one(Domain, "inactiveDomain")
    cookie: Cookie | None = one(Cookie)
    active: int | None = leaf(LONG)


class Checkpoint(Moment, tag="domaincheckpoint"):
    """The domain is left out where it is not wanted."""

    _source = "(domain_checkpoint)"
    _always_valid = True

    name: str | None = leaf(Plain(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*", "letters, digits, _, - and ."))
    description: str | None = leaf()
    parent: Parent | None = one(Parent)
    creation_time: int | None = leaf(LONG, "creationTime")
    disks: CheckpointDisks | None = one(CheckpointDisks)
    domain: Domain | None = one(Domain)
