"""A domain's methods about saving, jobs and migration."""

from __future__ import annotations

from os.path import abspath

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.connection import Connection
    from virshpy.api.domain import Domain
    from virshpy.driver.structures import JobInfo


class SavingMethods(DomainHandle):
    """A domain's methods about saving, jobs and migration."""

    def save(self, to: str, dxml: str | None = None, flags: int = 0) -> None:
        """virDomainSaveFlags"""
        self._driver.domain_save_flags(self.ref, abspath(to), dxml, flags=flags)

    def save_params(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSaveParams"""
        self._driver.domain_save_params(self.ref, params, flags=flags)

    def managed_save(self, flags: int = 0) -> None:
        """virDomainManagedSave"""
        self._driver.domain_managed_save(self.ref, flags=flags)

    def managed_save_remove(self) -> None:
        """virDomainManagedSaveRemove"""
        self._driver.domain_managed_save_remove(self.ref)

    def managed_save_xml_desc(self, flags: int = 0) -> str:
        """virDomainManagedSaveGetXMLDesc"""
        return self._driver.domain_managed_save_get_xml_desc(self.ref, flags=flags)

    def managed_save_define_xml(self, dxml: str | None = None, flags: int = 0) -> None:
        """virDomainManagedSaveDefineXML"""
        self._driver.domain_managed_save_define_xml(self.ref, dxml, flags=flags)

    def core_dump_with_format(self, to: str, dump_format: int, flags: int = 0) -> None:
        """virDomainCoreDumpWithFormat: ``dump_format`` is a CoreDumpFormat."""
        self._driver.domain_core_dump_with_format(self.ref, abspath(to), dump_format, flags=flags)

    def pm_suspend_for_duration(self, target: int, duration: int) -> None:
        """virDomainPMSuspendForDuration"""
        self._driver.domain_pm_suspend_for_duration(self.ref, target, duration)

    def pm_wakeup(self) -> None:
        """virDomainPMWakeup"""
        self._driver.domain_pm_wakeup(self.ref)

    def job_info(self) -> JobInfo:
        """virDomainGetJobInfo"""
        return self._driver.domain_get_job_info(self.ref)

    def job_stats(self, flags: int = 0) -> tuple[int, dict[str, Any]]:
        """virDomainGetJobStats: (JobType, figures)."""
        return self._driver.domain_get_job_stats(self.ref, flags=flags)

    def abort_job(self, flags: int = 0) -> None:
        """virDomainAbortJobFlags"""
        self._driver.domain_abort_job_flags(self.ref, flags=flags)

    def migrate3(self, destination: Connection, params: dict[str, Any], flags: int = 0) -> Domain:
        """virDomainMigrate3: ``destination`` is the driver of the other connection."""
        from virshpy.api.domain import Domain

        return Domain(self.connection, self._driver.domain_migrate3(self.ref, destination.driver, params, flags=flags))

    def migrate_to_uri3(self, dconnuri: str | None, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainMigrateToURI3"""
        self._driver.domain_migrate_to_uri3(self.ref, dconnuri, params, flags=flags)

    def migrate_max_downtime(self) -> int:
        """virDomainMigrateGetMaxDowntime: milliseconds."""
        return self._driver.domain_migrate_get_max_downtime(self.ref)

    def migrate_set_max_downtime(self, downtime: int) -> None:
        """virDomainMigrateSetMaxDowntime"""
        self._driver.domain_migrate_set_max_downtime(self.ref, downtime)

    def migrate_max_speed(self, flags: int = 0) -> int:
        """virDomainMigrateGetMaxSpeed: miB/s."""
        return self._driver.domain_migrate_get_max_speed(self.ref, flags=flags)

    def migrate_set_max_speed(self, bandwidth: int, flags: int = 0) -> None:
        """virDomainMigrateSetMaxSpeed"""
        self._driver.domain_migrate_set_max_speed(self.ref, bandwidth, flags=flags)

    def migrate_compression_cache(self) -> int:
        """virDomainMigrateGetCompressionCache: bytes."""
        return self._driver.domain_migrate_get_compression_cache(self.ref)

    def migrate_set_compression_cache(self, cache_size: int) -> None:
        """virDomainMigrateSetCompressionCache"""
        self._driver.domain_migrate_set_compression_cache(self.ref, cache_size)

    def migrate_start_post_copy(self) -> None:
        """virDomainMigrateStartPostCopy"""
        self._driver.domain_migrate_start_post_copy(self.ref)
