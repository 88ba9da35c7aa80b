"""The one tree of errors that virshpy raises, with libvirt's codes, domains and messages.

    Error                     everything below, nothing else crosses the public API
    ├── NoSupport             a driver has no such operation (VIR_ERR_NO_SUPPORT)
    ├── OperationInvalid      right request, wrong moment (domain is not running, …)
    ├── OperationDenied       read-only connection
    ├── XMLError, XMLDetail   documents that cannot be read
    ├── ConfigUnsupported     documents that are readable and impossible
    ├── NoDomain, DomainExist lookups and name clashes
    └── …                     one class for each of libvirt's codes, in the order of their numbers

A class's docstring is libvirt's bare message; ``detailed`` is its form with a detail. An instance adds ``hint``: one
sentence on what to do about it, which libvirt does not have.
"""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum


class ErrorDomain(IntEnum):
    """virErrorDomain: which part of the program speaks (VIR_FROM_*)."""

    NONE = 0
    XML = 5
    DOM = 6
    RPC = 7
    CONF = 9
    QEMU = 10
    NET = 11
    TEST = 12
    REMOTE = 13
    STORAGE = 18
    NETWORK = 19
    DOMAIN = 20
    NODEDEV = 22
    SECURITY = 24
    INTERFACE = 26
    SECRET = 30
    CPU = 31
    NWFILTER = 33
    HOOK = 34
    DOMAIN_SNAPSHOT = 35
    SYSINFO = 37
    STREAMS = 38
    EVENT = 40
    LOCKING = 42
    CAPABILITIES = 44
    URI = 45
    AUTH = 46
    DEVICE = 49
    SSH = 50
    CGROUP = 54
    FIREWALL = 59
    POLKIT = 60
    THREAD = 61
    ADMIN = 62
    LOGGING = 63
    PERF = 65
    RESCTRL = 67
    DOMAIN_CHECKPOINT = 69
    TPM = 70


class Error(Exception):
    """unknown error

    ``code`` (int, virErrorNumber), ``name`` (the C constant), ``domain`` (:class:`ErrorDomain`), ``message`` (libvirt's
    sentence with its detail), ``hint`` (str or None: what to do).
    """

    code = 1
    name = "VIR_ERR_INTERNAL_ERROR"
    detailed: str | None = None

    def __init__(self, detail: str | None = None, *, hint: str | None = None, domain: ErrorDomain = ErrorDomain.NONE):
        self.detail = detail
        self.hint = hint
        self.domain = domain
        super().__init__(self.message)

    @property
    def message(self) -> str:
        bare = (type(self).__doc__ or "").partition("\n")[0]
        if self.detail is None:
            return bare
        return self.detailed.replace("%s", self.detail) if self.detailed else f"{bare}: {self.detail}"

    def __str__(self) -> str:
        return self.message


class InternalError(Error):
    """internal error"""

    code = 1
    name = "VIR_ERR_INTERNAL_ERROR"
    detailed = "internal error: %s"


class NoMemory(Error):
    """out of memory"""

    code = 2
    name = "VIR_ERR_NO_MEMORY"
    detailed = "out of memory: %s"


class NoSupport(Error):
    """this function is not supported by the connection driver"""

    code = 3
    name = "VIR_ERR_NO_SUPPORT"
    detailed = "this function is not supported by the connection driver: %s"


class UnknownHost(Error):
    """unknown host"""

    code = 4
    name = "VIR_ERR_UNKNOWN_HOST"
    detailed = "unknown host %s"


class NoConnect(Error):
    """no connection driver available"""

    code = 5
    name = "VIR_ERR_NO_CONNECT"
    detailed = "no connection driver available for %s"


class InvalidConn(Error):
    """invalid connection pointer in"""

    code = 6
    name = "VIR_ERR_INVALID_CONN"
    detailed = "invalid connection pointer in %s"


class InvalidDomain(Error):
    """invalid domain pointer in"""

    code = 7
    name = "VIR_ERR_INVALID_DOMAIN"
    detailed = "invalid domain pointer in %s"


class InvalidArg(Error):
    """invalid argument"""

    code = 8
    name = "VIR_ERR_INVALID_ARG"
    detailed = "invalid argument: %s"


class OperationFailed(Error):
    """operation failed"""

    code = 9
    name = "VIR_ERR_OPERATION_FAILED"
    detailed = "operation failed: %s"


class OSType(Error):
    """unknown OS type"""

    code = 16
    name = "VIR_ERR_OS_TYPE"
    detailed = "unknown OS type %s"


class NoKernel(Error):
    """missing kernel information"""

    code = 17
    name = "VIR_ERR_NO_KERNEL"
    detailed = "missing kernel information: %s"


class NoSource(Error):
    """missing source information for device"""

    code = 19
    name = "VIR_ERR_NO_SOURCE"
    detailed = "missing source information for device %s"


class NoTarget(Error):
    """missing target information for device"""

    code = 20
    name = "VIR_ERR_NO_TARGET"
    detailed = "missing target information for device %s"


class NoName(Error):
    """missing name information"""

    code = 21
    name = "VIR_ERR_NO_NAME"
    detailed = "missing name information in %s"


class NoOS(Error):
    """missing operating system information"""

    code = 22
    name = "VIR_ERR_NO_OS"
    detailed = "missing operating system information for %s"


class NoDevice(Error):
    """missing devices information"""

    code = 23
    name = "VIR_ERR_NO_DEVICE"
    detailed = "missing devices information for %s"


class XMLError(Error):
    """XML description is invalid or not well formed"""

    code = 27
    name = "VIR_ERR_XML_ERROR"
    detailed = "XML error: %s"


class DomainExist(Error):
    """this domain exists already"""

    code = 28
    name = "VIR_ERR_DOM_EXIST"
    detailed = "domain %s exists already"


class OperationDenied(Error):
    """operation forbidden for read only access"""

    code = 29
    name = "VIR_ERR_OPERATION_DENIED"
    detailed = "operation forbidden: %s"


class OpenFailed(Error):
    """failed to open configuration file"""

    code = 30
    name = "VIR_ERR_OPEN_FAILED"
    detailed = "failed to open configuration file %s"


class ReadFailed(Error):
    """failed to read configuration file"""

    code = 31
    name = "VIR_ERR_READ_FAILED"
    detailed = "failed to read configuration file %s"


class ParseFailed(Error):
    """failed to parse configuration file"""

    code = 32
    name = "VIR_ERR_PARSE_FAILED"
    detailed = "failed to parse configuration file %s"


class ConfSyntax(Error):
    """configuration file syntax error"""

    code = 33
    name = "VIR_ERR_CONF_SYNTAX"
    detailed = "configuration file syntax error: %s"


class WriteFailed(Error):
    """failed to write configuration file"""

    code = 34
    name = "VIR_ERR_WRITE_FAILED"
    detailed = "failed to write configuration file: %s"


class XMLDetail(Error):
    """parser error"""

    code = 35
    name = "VIR_ERR_XML_DETAIL"
    detailed = "%s"


class InvalidNetwork(Error):
    """invalid network pointer in"""

    code = 36
    name = "VIR_ERR_INVALID_NETWORK"
    detailed = "invalid network pointer in %s"


class NetworkExist(Error):
    """this network exists already"""

    code = 37
    name = "VIR_ERR_NETWORK_EXIST"
    detailed = "network %s exists already"


class SystemCallError(Error):
    """system call error"""

    code = 38
    name = "VIR_ERR_SYSTEM_ERROR"
    detailed = "%s"


class RPCError(Error):
    """RPC error"""

    code = 39
    name = "VIR_ERR_RPC"
    detailed = "%s"


class GnuTLSError(Error):
    """GNUTLS call error"""

    code = 40
    name = "VIR_ERR_GNUTLS_ERROR"
    detailed = "%s"


class NoDomain(Error):
    """Domain not found"""

    code = 42
    name = "VIR_ERR_NO_DOMAIN"
    detailed = "Domain not found: %s"


class NoNetwork(Error):
    """Network not found"""

    code = 43
    name = "VIR_ERR_NO_NETWORK"
    detailed = "Network not found: %s"


class InvalidMAC(Error):
    """invalid MAC address"""

    code = 44
    name = "VIR_ERR_INVALID_MAC"
    detailed = "invalid MAC address: %s"


class AuthFailed(Error):
    """authentication failed"""

    code = 45
    name = "VIR_ERR_AUTH_FAILED"
    detailed = "authentication failed: %s"


class InvalidStoragePool(Error):
    """invalid storage pool pointer in"""

    code = 46
    name = "VIR_ERR_INVALID_STORAGE_POOL"
    detailed = "invalid storage pool pointer in %s"


class InvalidStorageVol(Error):
    """invalid storage volume pointer in"""

    code = 47
    name = "VIR_ERR_INVALID_STORAGE_VOL"
    detailed = "invalid storage volume pointer in %s"


class NoStoragePool(Error):
    """Storage pool not found"""

    code = 49
    name = "VIR_ERR_NO_STORAGE_POOL"
    detailed = "Storage pool not found: %s"


class NoStorageVol(Error):
    """Storage volume not found"""

    code = 50
    name = "VIR_ERR_NO_STORAGE_VOL"
    detailed = "Storage volume not found: %s"


class InvalidNodeDevice(Error):
    """invalid node device pointer"""

    code = 52
    name = "VIR_ERR_INVALID_NODE_DEVICE"
    detailed = "invalid node device pointer in %s"


class NoNodeDevice(Error):
    """Node device not found"""

    code = 53
    name = "VIR_ERR_NO_NODE_DEVICE"
    detailed = "Node device not found: %s"


class NoSecurityModel(Error):
    """Security model not found"""

    code = 54
    name = "VIR_ERR_NO_SECURITY_MODEL"
    detailed = "Security model not found: %s"


class OperationInvalid(Error):
    """Requested operation is not valid"""

    code = 55
    name = "VIR_ERR_OPERATION_INVALID"
    detailed = "Requested operation is not valid: %s"


class NoInterface(Error):
    """Interface not found"""

    code = 57
    name = "VIR_ERR_NO_INTERFACE"
    detailed = "Interface not found: %s"


class InvalidInterface(Error):
    """invalid interface pointer in"""

    code = 58
    name = "VIR_ERR_INVALID_INTERFACE"
    detailed = "invalid interface pointer in %s"


class MultipleInterfaces(Error):
    """multiple matching interfaces found"""

    code = 59
    name = "VIR_ERR_MULTIPLE_INTERFACES"
    detailed = "multiple matching interfaces found: %s"


class InvalidNWFilter(Error):
    """Invalid network filter"""

    code = 61
    name = "VIR_ERR_INVALID_NWFILTER"
    detailed = "Invalid network filter: %s"


class NoNWFilter(Error):
    """Network filter not found"""

    code = 62
    name = "VIR_ERR_NO_NWFILTER"
    detailed = "Network filter not found: %s"


class BuildFirewall(Error):
    """Error while building firewall"""

    code = 63
    name = "VIR_ERR_BUILD_FIREWALL"
    detailed = "Error while building firewall: %s"


class InvalidSecret(Error):
    """Invalid secret"""

    code = 65
    name = "VIR_ERR_INVALID_SECRET"
    detailed = "Invalid secret: %s"


class NoSecret(Error):
    """Secret not found"""

    code = 66
    name = "VIR_ERR_NO_SECRET"
    detailed = "Secret not found: %s"


class ConfigUnsupported(Error):
    """unsupported configuration"""

    code = 67
    name = "VIR_ERR_CONFIG_UNSUPPORTED"
    detailed = "unsupported configuration: %s"


class OperationTimeout(Error):
    """Timed out during operation"""

    code = 68
    name = "VIR_ERR_OPERATION_TIMEOUT"
    detailed = "Timed out during operation: %s"


class MigratePersistFailed(Error):
    """Failed to make domain persistent after migration"""

    code = 69
    name = "VIR_ERR_MIGRATE_PERSIST_FAILED"
    detailed = "Failed to make domain persistent after migration: %s"


class HookScriptFailed(Error):
    """Hook script execution failed"""

    code = 70
    name = "VIR_ERR_HOOK_SCRIPT_FAILED"
    detailed = "Hook script execution failed: %s"


class InvalidDomainSnapshot(Error):
    """Invalid domain snapshot"""

    code = 71
    name = "VIR_ERR_INVALID_DOMAIN_SNAPSHOT"
    detailed = "Invalid domain snapshot: %s"


class NoDomainSnapshot(Error):
    """Domain snapshot not found"""

    code = 72
    name = "VIR_ERR_NO_DOMAIN_SNAPSHOT"
    detailed = "Domain snapshot not found: %s"


class InvalidStream(Error):
    """invalid stream pointer"""

    code = 73
    name = "VIR_ERR_INVALID_STREAM"
    detailed = "invalid stream pointer in %s"


class ArgumentUnsupported(Error):
    """argument unsupported"""

    code = 74
    name = "VIR_ERR_ARGUMENT_UNSUPPORTED"
    detailed = "argument unsupported: %s"


class StorageProbeFailed(Error):
    """Storage pool probe failed"""

    code = 75
    name = "VIR_ERR_STORAGE_PROBE_FAILED"
    detailed = "Storage pool probe failed: %s"


class StoragePoolBuilt(Error):
    """Storage pool already built"""

    code = 76
    name = "VIR_ERR_STORAGE_POOL_BUILT"
    detailed = "Storage pool already built: %s"


class SnapshotRevertRisky(Error):
    """revert requires force"""

    code = 77
    name = "VIR_ERR_SNAPSHOT_REVERT_RISKY"
    detailed = "revert requires force: %s"


class OperationAborted(Error):
    """operation aborted"""

    code = 78
    name = "VIR_ERR_OPERATION_ABORTED"
    detailed = "operation aborted: %s"


class AuthCancelled(Error):
    """authentication cancelled"""

    code = 79
    name = "VIR_ERR_AUTH_CANCELLED"
    detailed = "authentication cancelled: %s"


class NoDomainMetadata(Error):
    """metadata not found"""

    code = 80
    name = "VIR_ERR_NO_DOMAIN_METADATA"
    detailed = "metadata not found: %s"


class MigrateUnsafe(Error):
    """Unsafe migration"""

    code = 81
    name = "VIR_ERR_MIGRATE_UNSAFE"
    detailed = "Unsafe migration: %s"


class Overflow(Error):
    """numerical overflow"""

    code = 82
    name = "VIR_ERR_OVERFLOW"
    detailed = "numerical overflow: %s"


class BlockCopyActive(Error):
    """block copy still active"""

    code = 83
    name = "VIR_ERR_BLOCK_COPY_ACTIVE"
    detailed = "block copy still active: %s"


class OperationUnsupported(Error):
    """Operation not supported"""

    code = 84
    name = "VIR_ERR_OPERATION_UNSUPPORTED"
    detailed = "Operation not supported: %s"


class SSHError(Error):
    """SSH transport error"""

    code = 85
    name = "VIR_ERR_SSH"
    detailed = "SSH transport error: %s"


class AgentUnresponsive(Error):
    """Guest agent is not responding"""

    code = 86
    name = "VIR_ERR_AGENT_UNRESPONSIVE"
    detailed = "Guest agent is not responding: %s"


class ResourceBusy(Error):
    """resource busy"""

    code = 87
    name = "VIR_ERR_RESOURCE_BUSY"
    detailed = "resource busy: %s"


class AccessDenied(Error):
    """access denied"""

    code = 88
    name = "VIR_ERR_ACCESS_DENIED"
    detailed = "access denied: %s"


class DBusService(Error):
    """error from service"""

    code = 89
    name = "VIR_ERR_DBUS_SERVICE"
    detailed = "error from service: %s"


class StorageVolExist(Error):
    """this storage volume exists already"""

    code = 90
    name = "VIR_ERR_STORAGE_VOL_EXIST"
    detailed = "storage volume %s exists already"


class CPUIncompatible(Error):
    """the CPU is incompatible with host CPU"""

    code = 91
    name = "VIR_ERR_CPU_INCOMPATIBLE"
    detailed = "the CPU is incompatible with host CPU: %s"


class XMLInvalidSchema(Error):
    """XML document failed to validate against schema"""

    code = 92
    name = "VIR_ERR_XML_INVALID_SCHEMA"
    detailed = "XML document failed to validate against schema: %s"


class MigrateFinishOk(Error):
    """migration successfully aborted"""

    code = 93
    name = "VIR_ERR_MIGRATE_FINISH_OK"
    detailed = "migration successfully aborted: %s"


class AuthUnavailable(Error):
    """authentication unavailable"""

    code = 94
    name = "VIR_ERR_AUTH_UNAVAILABLE"
    detailed = "authentication unavailable: %s"


class NoServer(Error):
    """Server not found"""

    code = 95
    name = "VIR_ERR_NO_SERVER"
    detailed = "Server not found: %s"


class NoClient(Error):
    """Client not found"""

    code = 96
    name = "VIR_ERR_NO_CLIENT"
    detailed = "Client not found: %s"


class AgentUnsynced(Error):
    """guest agent replied with wrong id to guest-sync command"""

    code = 97
    name = "VIR_ERR_AGENT_UNSYNCED"
    detailed = "guest agent replied with wrong id to guest-sync command: %s"


class LibSSHError(Error):
    """libssh transport error"""

    code = 98
    name = "VIR_ERR_LIBSSH"
    detailed = "libssh transport error: %s"


class DeviceMissing(Error):
    """device not found"""

    code = 99
    name = "VIR_ERR_DEVICE_MISSING"
    detailed = "device not found: %s"


class InvalidNWFilterBinding(Error):
    """Invalid network filter binding"""

    code = 100
    name = "VIR_ERR_INVALID_NWFILTER_BINDING"
    detailed = "Invalid network filter binding: %s"


class NoNWFilterBinding(Error):
    """Network filter binding not found"""

    code = 101
    name = "VIR_ERR_NO_NWFILTER_BINDING"
    detailed = "Network filter binding not found: %s"


class InvalidDomainCheckpoint(Error):
    """Invalid domain checkpoint"""

    code = 102
    name = "VIR_ERR_INVALID_DOMAIN_CHECKPOINT"
    detailed = "Invalid domain checkpoint: %s"


class NoDomainCheckpoint(Error):
    """Domain checkpoint not found"""

    code = 103
    name = "VIR_ERR_NO_DOMAIN_CHECKPOINT"
    detailed = "Domain checkpoint not found: %s"


class NoDomainBackup(Error):
    """Domain backup job id not found"""

    code = 104
    name = "VIR_ERR_NO_DOMAIN_BACKUP"
    detailed = "Domain backup job id not found: %s"


class InvalidNetworkPort(Error):
    """Invalid network port pointer"""

    code = 105
    name = "VIR_ERR_INVALID_NETWORK_PORT"
    detailed = "Invalid network port pointer: %s"


class NetworkPortExist(Error):
    """this network port exists already"""

    code = 106
    name = "VIR_ERR_NETWORK_PORT_EXIST"
    detailed = "network port %s exists already"


class NoNetworkPort(Error):
    """network port not found"""

    code = 107
    name = "VIR_ERR_NO_NETWORK_PORT"
    detailed = "network port not found: %s"


class NoHostname(Error):
    """no hostname found"""

    code = 108
    name = "VIR_ERR_NO_HOSTNAME"
    detailed = "no hostname found: %s"


class CheckpointInconsistent(Error):
    """checkpoint inconsistent"""

    code = 109
    name = "VIR_ERR_CHECKPOINT_INCONSISTENT"
    detailed = "checkpoint inconsistent: %s"


class MultipleDomains(Error):
    """multiple matching domains found"""

    code = 110
    name = "VIR_ERR_MULTIPLE_DOMAINS"
    detailed = "multiple matching domains found: %s"


class NoNetworkMetadata(Error):
    """metadata not found"""

    code = 111
    name = "VIR_ERR_NO_NETWORK_METADATA"
    detailed = "metadata not found: %s"


def from_os_error(error: OSError, doing: str, *, hint: str | None = None) -> SystemCallError:
    """A failed system call as libvirt words it: what was attempted, then the kernel's reason."""
    return SystemCallError(f"{doing}: {error.strerror or error}", hint=hint)
