"""libvirt's numbers: enumerations and flag sets, named and valued as in libvirt's public API.

The member is the C constant without its prefix: ``VIR_DOMAIN_PAUSED_IOERROR`` is ``PausedReason.IOERROR``. A class
costs tens of microseconds to make and all together 4.6 ms: a module is loaded when a name of it is first asked for.
"""

from __future__ import annotations

from virshpy.loading import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.enums.domain import *  # noqa: F403
    from virshpy.enums.domain_agent import *  # noqa: F403
    from virshpy.enums.domain_block import *  # noqa: F403
    from virshpy.enums.domain_devices import *  # noqa: F403
    from virshpy.enums.domain_life import *  # noqa: F403
    from virshpy.enums.domain_saving import *  # noqa: F403
    from virshpy.enums.domain_tuning import *  # noqa: F403
    from virshpy.enums.events import *  # noqa: F403
    from virshpy.enums.host import *  # noqa: F403
    from virshpy.enums.interface import *  # noqa: F403
    from virshpy.enums.network import *  # noqa: F403
    from virshpy.enums.nodedev import *  # noqa: F403
    from virshpy.enums.nwfilter import *  # noqa: F403
    from virshpy.enums.secret import *  # noqa: F403
    from virshpy.enums.snapshot import *  # noqa: F403
    from virshpy.enums.storage import *  # noqa: F403

HOMES = {
    "domain": (
        "ConnectFlags ListDomainsFlags DomainState RunningReason BlockedReason PausedReason ShutdownReason "
        "ShutoffReason CrashedReason PMSuspendedReason"
    ),
    "domain_agent": (
        "AgentResponseTimeout AuthorizedSSHKeysSetFlags GuestInfoTypes GetHostnameFlags SetTimeFlags "
        "SetUserPasswordFlags"
    ),
    "domain_block": (
        "BlockResizeFlags BlockPullFlags BlockRebaseFlags BlockCommitFlags BlockCopyFlags BlockJobInfoFlags "
        "BlockJobAbortFlags BlockJobSetSpeedFlags BlockJobType BlockJobStatus BackupBeginFlags DiskErrorCode "
    ),
    "domain_devices": (
        "DeviceModifyFlags InterfaceAddressesSource IPAddrType ChannelFlags OpenGraphicsFlags FDAssociateFlags "
        "KeycodeSet ProcessSignal GraphicsReloadType"
    ),
    "domain_life": (
        "ControlState ControlErrorReason CreateFlags DefineFlags UndefineFlags DestroyFlags ShutdownFlags "
        "RebootFlags XMLFlags ModificationImpact MetadataType ConsoleFlags StatsTypes GetAllDomainStatsFlags "
        "EventType"
    ),
    "domain_saving": (
        "SaveRestoreFlags SaveImageXMLFlags CoreDumpFlags CoreDumpFormat JobType JobOperation JobStatsFlags "
        "AbortJobFlags MigrateFlags MigrateMaxSpeedFlags"
    ),
    "domain_tuning": (
        "MemoryModFlags MemoryFlags MemoryStatTags VcpuFlags VcpuState VcpuHostCpuState Lifecycle LifecycleAction "
        "DirtyRateCalcFlags DirtyRateStatus NumatuneMemMode"
    ),
    "events": (
        "DomainEventID EventDefinedDetail EventUndefinedDetail EventStartedDetail EventSuspendedDetail "
        "EventResumedDetail EventStoppedDetail EventShutdownDetail EventPMSuspendedDetail EventCrashedDetail "
        "EventWatchdogAction EventIOErrorAction EventGraphicsPhase EventGraphicsAddressType EventDiskChangeReason "
        "EventTrayChangeReason EventAgentLifecycleState EventAgentLifecycleReason EventMemoryFailureRecipient "
        "EventMemoryFailureAction EventMemoryFailureFlags NetworkEventID NetworkEventLifecycleType "
        "StoragePoolEventID StoragePoolEventLifecycleType NodeDeviceEventID NodeDeviceEventLifecycleType "
        "SecretEventID SecretEventLifecycleType QemuMonitorEventRegisterFlags "
    ),
    "host": (
        "BaselineCPUFlags CompareCPUFlags CPUCompareResult NodeSuspendTarget ConnectCloseReason "
        "NodeAllocPagesFlags DomainCapabilitiesFlags"
    ),
    "interface": "ListInterfacesFlags InterfaceDefineFlags InterfaceXMLFlags",
    "network": (
        "ListNetworksFlags NetworkDefineFlags NetworkCreateFlags NetworkUpdateCommand NetworkUpdateSection "
        "NetworkUpdateFlags NetworkXMLFlags NetworkPortCreateFlags"
    ),
    "nodedev": (
        "ListNodeDevicesFlags NodeDeviceCreateXMLFlags NodeDeviceDefineXMLFlags NodeDeviceXMLFlags "
        "NodeDeviceUpdateFlags"
    ),
    "nwfilter": "NWFilterDefineFlags NWFilterBindingCreateFlags",
    "secret": "ListSecretsFlags SecretUsageType SecretDefineFlags",
    "snapshot": (
        "SnapshotCreateFlags SnapshotListFlags SnapshotXMLFlags SnapshotRevertFlags SnapshotDeleteFlags "
        "CheckpointCreateFlags CheckpointListFlags CheckpointXMLFlags CheckpointDeleteFlags "
    ),
    "storage": (
        "ListStoragePoolsFlags StoragePoolState StoragePoolDefineFlags StoragePoolCreateFlags "
        "StoragePoolBuildFlags StoragePoolDeleteFlags StorageXMLFlags StorageVolType StorageVolCreateFlags "
        "StorageVolDeleteFlags StorageVolWipeAlgorithm StorageVolResizeFlags StorageVolUploadFlags "
        "StorageVolDownloadFlags StorageVolInfoFlags"
    ),
}
_HOME = {name: module for module, names in HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = named(f"{__name__}.{home}:{name}")
    return value
