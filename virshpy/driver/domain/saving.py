"""Rows: a domain's memory in files, jobs, and migration."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.driver.stream import Stream
    from virshpy.enums import JobType
    from virshpy.enums.parameters import Parameters


class JobInfo(Record):
    """virDomainJobInfo: type (JobType), milliseconds, bytes."""

    __slots__ = (
        "type",
        "time_elapsed",
        "time_remaining",
        "data_total",
        "data_processed",
        "data_remaining",
        "mem_total",
        "mem_processed",
        "mem_remaining",
        "file_total",
        "file_processed",
        "file_remaining",
    )
    type: JobType | int
    time_elapsed: int
    time_remaining: int
    data_total: int
    data_processed: int
    data_remaining: int
    mem_total: int
    mem_processed: int
    mem_remaining: int
    file_total: int
    file_processed: int
    file_remaining: int


class SavingOperations(Contract):
    """A domain's memory in files, jobs, and migration."""

    @operation("virDomainSaveFlags", writes=True, flags="SaveRestoreFlags", plain="virDomainSave", newer="dxml flags")
    def domain_save_flags(self, domain: DomainRef, to: str, dxml: str | None = None, *, flags: int = 0) -> None: ...

    @operation("virDomainSaveParams", writes=True, flags="SaveRestoreFlags", params="SaveRestore")
    def domain_save_params(self, domain: DomainRef, params: Parameters, *, flags: int = 0) -> None: ...

    @operation(
        "virDomainRestoreFlags", writes=True, flags="SaveRestoreFlags", plain="virDomainRestore", newer="dxml flags"
    )
    def domain_restore_flags(self, path: str, dxml: str | None = None, *, flags: int = 0) -> None: ...

    @operation("virDomainRestoreParams", writes=True, flags="SaveRestoreFlags", params="SaveRestore")
    def domain_restore_params(self, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virDomainSaveImageGetXMLDesc", writes=True, flags="SaveImageXMLFlags")
    def domain_save_image_get_xml_desc(self, path: str, *, flags: int = 0) -> str: ...

    @operation("virDomainSaveImageDefineXML", writes=True, flags="SaveRestoreFlags")
    def domain_save_image_define_xml(self, path: str, dxml: str, *, flags: int = 0) -> None: ...

    @operation("virDomainManagedSave", writes=True, flags="SaveRestoreFlags")
    def domain_managed_save(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    @operation("virDomainManagedSaveRemove", writes=True)
    def domain_managed_save_remove(self, domain: DomainRef) -> None: ...

    @operation("virDomainManagedSaveGetXMLDesc", flags="SaveImageXMLFlags")
    def domain_managed_save_get_xml_desc(self, domain: DomainRef, *, flags: int = 0) -> str: ...

    @operation("virDomainManagedSaveDefineXML", writes=True, flags="SaveRestoreFlags")
    def domain_managed_save_define_xml(self, domain: DomainRef, dxml: str | None = None, *, flags: int = 0) -> None: ...

    @operation(
        "virDomainCoreDumpWithFormat",
        writes=True,
        flags="CoreDumpFlags",
        plain="virDomainCoreDump",
        newer="dump_format",
    )
    def domain_core_dump_with_format(self, domain: DomainRef, to: str, dump_format: int, *, flags: int = 0) -> None:
        """``dump_format`` is a CoreDumpFormat."""

    @operation("virDomainPMSuspendForDuration", writes=True)
    def domain_pm_suspend_for_duration(self, domain: DomainRef, target: int, duration: int) -> None: ...

    @operation("virDomainPMWakeup", writes=True)
    def domain_pm_wakeup(self, domain: DomainRef) -> None: ...

    @operation("virDomainGetJobInfo")
    def domain_get_job_info(self, domain: DomainRef) -> JobInfo: ...

    @operation("virDomainGetJobStats", flags="JobStatsFlags", params="JobStats")
    def domain_get_job_stats(self, domain: DomainRef, *, flags: int = 0) -> tuple[int, Parameters]:
        """(JobType, figures)."""

    @operation("virDomainAbortJobFlags", writes=True, flags="AbortJobFlags", plain="virDomainAbortJob")
    def domain_abort_job_flags(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    # The phases of a migration, which the client makes of two connections (api/migration.py). What one end has to tell
    # the other goes in cookies, which only drivers understand.
    @operation("virDomainMigrateBegin3Params", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_begin3_params(
        self, domain: DomainRef, params: Parameters, *, flags: int = 0
    ) -> tuple[bytes, str]:
        """On the source: (cookie, the document that the destination gets)."""

    @operation("virDomainMigratePrepare3Params", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_prepare3_params(
        self, params: Parameters, cookie: bytes, *, flags: int = 0
    ) -> tuple[bytes, str | None]:
        """On the destination, which waits from then on: (cookie, where the source shall send the guest)."""

    @operation(
        "virDomainMigratePrepareTunnel3Params", writes=True, flags="MigrateFlags", params="Migrate", carries="stream"
    )
    def domain_migrate_prepare_tunnel3_params(
        self, stream: Stream, params: Parameters, cookie: bytes, *, flags: int = 0
    ) -> bytes:
        """The same where the guest comes through ``stream``: the cookie."""

    @operation("virDomainMigratePerform3Params", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_perform3_params(
        self, domain: DomainRef, dconnuri: str | None, params: Parameters, cookie: bytes, *, flags: int = 0
    ) -> bytes:
        """On the source: send the guest; the cookie."""

    @operation("virDomainMigrateFinish3Params", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_finish3_params(
        self, params: Parameters, cookie: bytes, cancelled: bool, *, flags: int = 0
    ) -> tuple[DomainRef, bytes]:
        """On the destination: let the guest run there, or forget it: (the domain, cookie)."""

    @operation("virDomainMigrateConfirm3Params", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_confirm3_params(
        self, domain: DomainRef, params: Parameters, cookie: bytes, cancelled: bool, *, flags: int = 0
    ) -> None:
        """On the source: forget the guest, or go on with it."""

    @operation("virDomainMigrateToURI3", writes=True, flags="MigrateFlags", params="Migrate")
    def domain_migrate_to_uri3(
        self, domain: DomainRef, dconnuri: str | None, params: Parameters, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainMigrateGetMaxDowntime")
    def domain_migrate_get_max_downtime(self, domain: DomainRef) -> int:
        """Milliseconds."""

    @operation("virDomainMigrateSetMaxDowntime", writes=True)
    def domain_migrate_set_max_downtime(self, domain: DomainRef, downtime: int) -> None: ...

    @operation("virDomainMigrateGetMaxSpeed", writes=True, flags="MigrateMaxSpeedFlags")
    def domain_migrate_get_max_speed(self, domain: DomainRef, *, flags: int = 0) -> int:
        """MiB/s."""

    @operation("virDomainMigrateSetMaxSpeed", writes=True, flags="MigrateMaxSpeedFlags")
    def domain_migrate_set_max_speed(self, domain: DomainRef, bandwidth: int, *, flags: int = 0) -> None: ...

    @operation("virDomainMigrateGetCompressionCache")
    def domain_migrate_get_compression_cache(self, domain: DomainRef) -> int:
        """Bytes."""

    @operation("virDomainMigrateSetCompressionCache", writes=True)
    def domain_migrate_set_compression_cache(self, domain: DomainRef, cache_size: int) -> None: ...

    @operation("virDomainMigrateStartPostCopy", writes=True)
    def domain_migrate_start_post_copy(self, domain: DomainRef) -> None: ...
