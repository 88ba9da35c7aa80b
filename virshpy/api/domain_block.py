"""A domain's methods about disks."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.structures import BlockInfo, BlockJobInfo


class BlockMethods(DomainHandle):
    """A domain's methods about disks."""

    def block_stats(self, disk: str) -> dict[str, int]:
        """virDomainBlockStatsFlags: ``disk`` is a target or a path; an empty text means all disks together."""
        return self._driver.domain_block_stats_flags(self.ref, disk)

    def block_info(self, disk: str) -> BlockInfo:
        """virDomainGetBlockInfo"""
        return self._driver.domain_get_block_info(self.ref, disk)

    def block_resize(self, disk: str, size: int, flags: int = 0) -> None:
        """virDomainBlockResize: kiB, or bytes with the flag."""
        self._driver.domain_block_resize(self.ref, disk, size, flags=flags)

    def block_peek(self, disk: str, offset: int, size: int) -> bytes:
        """virDomainBlockPeek"""
        return self._driver.domain_block_peek(self.ref, disk, offset, size)

    def disk_errors(self) -> dict[str, int]:
        """virDomainGetDiskErrors: diskErrorCode by target."""
        return self._driver.domain_get_disk_errors(self.ref)

    def block_io_tune(self, disk: str | None = None, flags: int = 0) -> dict[str, Any]:
        """virDomainGetBlockIoTune"""
        return self._driver.domain_get_block_io_tune(self.ref, disk, flags=flags)

    def set_block_io_tune(self, disk: str, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetBlockIoTune"""
        self._driver.domain_set_block_io_tune(self.ref, disk, params, flags=flags)

    def set_throttle_group(self, group: str, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetThrottleGroup: since libvirt 11.2."""
        self._driver.domain_set_throttle_group(self.ref, group, params, flags=flags)

    def del_throttle_group(self, group: str, flags: int = 0) -> None:
        """virDomainDelThrottleGroup: since libvirt 11.2."""
        self._driver.domain_del_throttle_group(self.ref, group, flags=flags)

    def set_block_threshold(self, dev: str, threshold: int) -> None:
        """virDomainSetBlockThreshold"""
        self._driver.domain_set_block_threshold(self.ref, dev, threshold)

    def block_pull(self, disk: str, bandwidth: int, flags: int = 0) -> None:
        """virDomainBlockPull: bandwidth in MiB/s, or bytes with the flag."""
        self._driver.domain_block_pull(self.ref, disk, bandwidth, flags=flags)

    def block_rebase(self, disk: str, base: str | None, bandwidth: int, flags: int = 0) -> None:
        """virDomainBlockRebase"""
        self._driver.domain_block_rebase(self.ref, disk, base, bandwidth, flags=flags)

    def block_commit(self, disk: str, base: str | None, top: str | None, bandwidth: int, flags: int = 0) -> None:
        """virDomainBlockCommit"""
        self._driver.domain_block_commit(self.ref, disk, base, top, bandwidth, flags=flags)

    def block_copy(self, disk: str, destxml: str, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainBlockCopy"""
        self._driver.domain_block_copy(self.ref, disk, destxml, params, flags=flags)

    def block_job_info(self, disk: str, flags: int = 0) -> BlockJobInfo | None:
        """virDomainGetBlockJobInfo: none where there is no job."""
        return self._driver.domain_get_block_job_info(self.ref, disk, flags=flags)

    def block_job_abort(self, disk: str, flags: int = 0) -> None:
        """virDomainBlockJobAbort"""
        self._driver.domain_block_job_abort(self.ref, disk, flags=flags)

    def block_job_set_speed(self, disk: str, bandwidth: int, flags: int = 0) -> None:
        """virDomainBlockJobSetSpeed"""
        self._driver.domain_block_job_set_speed(self.ref, disk, bandwidth, flags=flags)

    def backup_begin(self, backup_xml: str, checkpoint_xml: str | None = None, flags: int = 0) -> None:
        """virDomainBackupBegin"""
        self._driver.domain_backup_begin(self.ref, backup_xml, checkpoint_xml, flags=flags)

    def backup_xml_desc(self) -> str:
        """virDomainBackupGetXMLDesc"""
        return self._driver.domain_backup_get_xml_desc(self.ref)
