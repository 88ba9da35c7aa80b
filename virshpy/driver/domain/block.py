"""Rows: disks of a domain while it runs: figures, limits, jobs, backup."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.enums import BlockJobType
    from virshpy.enums.parameters import Parameters


class BlockInfo(Record):
    """virDomainBlockInfo, in bytes."""

    __slots__ = ("capacity", "allocation", "physical")
    capacity: int
    allocation: int
    physical: int


class BlockJobInfo(Record):
    """virDomainBlockJobInfo: type (BlockJobType), bandwidth in MiB/s (or bytes), and how far it is."""

    __slots__ = ("type", "bandwidth", "cur", "end")
    type: BlockJobType | int
    bandwidth: int
    cur: int
    end: int


class BlockOperations(Contract):
    """Disks of a domain while it runs: figures, limits, jobs, backup."""

    @operation("virDomainBlockStatsFlags", plain="virDomainBlockStats", params="BlockStats")
    def domain_block_stats_flags(self, domain: DomainRef, disk: str) -> dict[str, int]:
        """``disk`` is a target or a path; an empty text means all disks together."""

    @operation("virDomainGetBlockInfo")
    def domain_get_block_info(self, domain: DomainRef, disk: str) -> BlockInfo: ...

    @operation("virDomainBlockResize", writes=True, flags="BlockResizeFlags")
    def domain_block_resize(self, domain: DomainRef, disk: str, size: int, *, flags: int = 0) -> None:
        """KiB, or bytes with the flag."""

    @operation("virDomainBlockPeek", writes=True)
    def domain_block_peek(self, domain: DomainRef, disk: str, offset: int, size: int) -> bytes: ...

    @operation("virDomainGetDiskErrors")
    def domain_get_disk_errors(self, domain: DomainRef) -> dict[str, int]:
        """DiskErrorCode by target."""

    @operation("virDomainGetBlockIoTune", flags="ModificationImpact", params="BlockIoTune")
    def domain_get_block_io_tune(self, domain: DomainRef, disk: str | None = None, *, flags: int = 0) -> Parameters: ...

    @operation("virDomainSetBlockIoTune", writes=True, flags="ModificationImpact", params="BlockIoTune")
    def domain_set_block_io_tune(self, domain: DomainRef, disk: str, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virDomainSetThrottleGroup", writes=True, flags="ModificationImpact", params="BlockIoTune")
    def domain_set_throttle_group(self, domain: DomainRef, group: str, params: Parameters, *, flags: int = 0) -> None:
        """Since libvirt 11.2."""

    @operation("virDomainDelThrottleGroup", writes=True, flags="ModificationImpact")
    def domain_del_throttle_group(self, domain: DomainRef, group: str, *, flags: int = 0) -> None:
        """Since libvirt 11.2."""

    @operation("virDomainSetBlockThreshold", writes=True)
    def domain_set_block_threshold(self, domain: DomainRef, dev: str, threshold: int) -> None: ...

    @operation("virDomainBlockPull", writes=True, flags="BlockPullFlags")
    def domain_block_pull(self, domain: DomainRef, disk: str, bandwidth: int, *, flags: int = 0) -> None:
        """Bandwidth in MiB/s, or bytes with the flag."""

    @operation("virDomainBlockRebase", writes=True, flags="BlockRebaseFlags")
    def domain_block_rebase(
        self, domain: DomainRef, disk: str, base: str | None, bandwidth: int, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainBlockCommit", writes=True, flags="BlockCommitFlags")
    def domain_block_commit(
        self, domain: DomainRef, disk: str, base: str | None, top: str | None, bandwidth: int, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainBlockCopy", writes=True, flags="BlockCopyFlags", params="BlockCopy")
    def domain_block_copy(
        self, domain: DomainRef, disk: str, destxml: str, params: Parameters, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainGetBlockJobInfo", flags="BlockJobInfoFlags")
    def domain_get_block_job_info(self, domain: DomainRef, disk: str, *, flags: int = 0) -> BlockJobInfo | None:
        """None where there is no job."""

    @operation("virDomainBlockJobAbort", writes=True, flags="BlockJobAbortFlags")
    def domain_block_job_abort(self, domain: DomainRef, disk: str, *, flags: int = 0) -> None: ...

    @operation("virDomainBlockJobSetSpeed", writes=True, flags="BlockJobSetSpeedFlags")
    def domain_block_job_set_speed(self, domain: DomainRef, disk: str, bandwidth: int, *, flags: int = 0) -> None: ...

    @operation("virDomainBackupBegin", writes=True, flags="BackupBeginFlags")
    def domain_backup_begin(
        self, domain: DomainRef, backup_xml: str, checkpoint_xml: str | None = None, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainBackupGetXMLDesc")
    def domain_backup_get_xml_desc(self, domain: DomainRef) -> str: ...
