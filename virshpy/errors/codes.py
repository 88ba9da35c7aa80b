"""The errors by their codes: one class for each of libvirt's, in the order of their numbers."""

from __future__ import annotations

from virshpy.errors import Error


class InternalError(Error, code=1, name="VIR_ERR_INTERNAL_ERROR"):
    """internal error"""


class NoMemory(Error, code=2, name="VIR_ERR_NO_MEMORY"):
    """out of memory"""


class NoSupport(Error, code=3, name="VIR_ERR_NO_SUPPORT", kind="unsupported"):
    """this function is not supported by the connection driver"""


class UnknownHost(Error, code=4, name="VIR_ERR_UNKNOWN_HOST", detailed="unknown host %s", kind="absent"):
    """unknown host"""


class NoConnect(
    Error, code=5, name="VIR_ERR_NO_CONNECT", detailed="no connection driver available for %s", kind="unsupported"
):
    """no connection driver available"""


class InvalidConn(
    Error, code=6, name="VIR_ERR_INVALID_CONN", detailed="invalid connection pointer in %s", kind="usage"
):
    """invalid connection pointer in"""


class InvalidDomain(
    Error, code=7, name="VIR_ERR_INVALID_DOMAIN", detailed="invalid domain pointer in %s", kind="usage"
):
    """invalid domain pointer in"""


class InvalidArg(Error, code=8, name="VIR_ERR_INVALID_ARG", kind="usage"):
    """invalid argument"""


class Misuse(InvalidArg, detailed="%s"):  # libvirt says this one without the words of its code
    """invalid argument"""


class OperationFailed(Error, code=9, name="VIR_ERR_OPERATION_FAILED"):
    """operation failed"""


class OSType(Error, code=16, name="VIR_ERR_OS_TYPE", detailed="unknown OS type %s", kind="unsupported"):
    """unknown OS type"""


class NoKernel(Error, code=17, name="VIR_ERR_NO_KERNEL", kind="absent"):
    """missing kernel information"""


class NoSource(
    Error, code=19, name="VIR_ERR_NO_SOURCE", detailed="missing source information for device %s", kind="usage"
):
    """missing source information for device"""


class NoTarget(
    Error, code=20, name="VIR_ERR_NO_TARGET", detailed="missing target information for device %s", kind="usage"
):
    """missing target information for device"""


class NoName(Error, code=21, name="VIR_ERR_NO_NAME", detailed="missing name information in %s", kind="usage"):
    """missing name information"""


class NoOS(Error, code=22, name="VIR_ERR_NO_OS", detailed="missing operating system information for %s", kind="usage"):
    """missing operating system information"""


class NoDevice(Error, code=23, name="VIR_ERR_NO_DEVICE", detailed="missing devices information for %s", kind="usage"):
    """missing devices information"""


class XMLError(Error, code=27, name="VIR_ERR_XML_ERROR", detailed="XML error: %s", kind="usage"):
    """XML description is invalid or not well formed"""


class DomainExist(Error, code=28, name="VIR_ERR_DOM_EXIST", detailed="domain %s exists already", kind="state"):
    """this domain exists already"""


class OperationDenied(
    Error, code=29, name="VIR_ERR_OPERATION_DENIED", detailed="operation forbidden: %s", kind="denied"
):
    """operation forbidden for read only access"""


class OpenFailed(Error, code=30, name="VIR_ERR_OPEN_FAILED", detailed="failed to open configuration file %s"):
    """failed to open configuration file"""


class ReadFailed(Error, code=31, name="VIR_ERR_READ_FAILED", detailed="failed to read configuration file %s"):
    """failed to read configuration file"""


class ParseFailed(Error, code=32, name="VIR_ERR_PARSE_FAILED", detailed="failed to parse configuration file %s"):
    """failed to parse configuration file"""


class ConfSyntax(Error, code=33, name="VIR_ERR_CONF_SYNTAX", kind="usage"):
    """configuration file syntax error"""


class WriteFailed(Error, code=34, name="VIR_ERR_WRITE_FAILED"):
    """failed to write configuration file"""


class XMLDetail(Error, code=35, name="VIR_ERR_XML_DETAIL", detailed="%s", kind="usage"):
    """parser error"""


class InvalidNetwork(
    Error, code=36, name="VIR_ERR_INVALID_NETWORK", detailed="invalid network pointer in %s", kind="usage"
):
    """invalid network pointer in"""


class NetworkExist(Error, code=37, name="VIR_ERR_NETWORK_EXIST", detailed="network %s exists already", kind="state"):
    """this network exists already"""


class SystemCallError(Error, code=38, name="VIR_ERR_SYSTEM_ERROR", detailed="%s"):
    """system call error"""


class RPCError(Error, code=39, name="VIR_ERR_RPC", detailed="%s"):
    """RPC error"""


class GnuTLSError(Error, code=40, name="VIR_ERR_GNUTLS_ERROR", detailed="%s"):
    """GNUTLS call error"""


class NoDomain(Error, code=42, name="VIR_ERR_NO_DOMAIN", kind="absent"):
    """Domain not found"""


class NoNetwork(Error, code=43, name="VIR_ERR_NO_NETWORK", kind="absent"):
    """Network not found"""


class InvalidMAC(Error, code=44, name="VIR_ERR_INVALID_MAC", kind="usage"):
    """invalid MAC address"""


class AuthFailed(Error, code=45, name="VIR_ERR_AUTH_FAILED", kind="denied"):
    """authentication failed"""


class InvalidStoragePool(Error, code=46, name="VIR_ERR_INVALID_STORAGE_POOL", kind="usage"):
    """invalid storage pool pointer in"""

    detailed = "invalid storage pool pointer in %s"


class InvalidStorageVol(Error, code=47, name="VIR_ERR_INVALID_STORAGE_VOL", kind="usage"):
    """invalid storage volume pointer in"""

    detailed = "invalid storage volume pointer in %s"


class NoStoragePool(Error, code=49, name="VIR_ERR_NO_STORAGE_POOL", kind="absent"):
    """Storage pool not found"""


class NoStorageVol(Error, code=50, name="VIR_ERR_NO_STORAGE_VOL", kind="absent"):
    """Storage volume not found"""


class InvalidNodeDevice(Error, code=52, name="VIR_ERR_INVALID_NODE_DEVICE", kind="usage"):
    """invalid node device pointer"""

    detailed = "invalid node device pointer in %s"


class NoNodeDevice(Error, code=53, name="VIR_ERR_NO_NODE_DEVICE", kind="absent"):
    """Node device not found"""


class NoSecurityModel(Error, code=54, name="VIR_ERR_NO_SECURITY_MODEL", kind="absent"):
    """Security model not found"""


class OperationInvalid(Error, code=55, name="VIR_ERR_OPERATION_INVALID", kind="state"):
    """Requested operation is not valid"""


class NoInterface(Error, code=57, name="VIR_ERR_NO_INTERFACE", kind="absent"):
    """Interface not found"""


class InvalidInterface(
    Error, code=58, name="VIR_ERR_INVALID_INTERFACE", detailed="invalid interface pointer in %s", kind="usage"
):
    """invalid interface pointer in"""


class MultipleInterfaces(Error, code=59, name="VIR_ERR_MULTIPLE_INTERFACES", kind="usage"):
    """multiple matching interfaces found"""


class InvalidNWFilter(Error, code=61, name="VIR_ERR_INVALID_NWFILTER", kind="usage"):
    """Invalid network filter"""


class NoNWFilter(Error, code=62, name="VIR_ERR_NO_NWFILTER", kind="absent"):
    """Network filter not found"""


class BuildFirewall(Error, code=63, name="VIR_ERR_BUILD_FIREWALL"):
    """Error while building firewall"""


class InvalidSecret(Error, code=65, name="VIR_ERR_INVALID_SECRET", kind="usage"):
    """Invalid secret"""


class NoSecret(Error, code=66, name="VIR_ERR_NO_SECRET", kind="absent"):
    """Secret not found"""


class ConfigUnsupported(Error, code=67, name="VIR_ERR_CONFIG_UNSUPPORTED", kind="unsupported"):
    """unsupported configuration"""


class OperationTimeout(Error, code=68, name="VIR_ERR_OPERATION_TIMEOUT", kind="state"):
    """Timed out during operation"""


class MigratePersistFailed(Error, code=69, name="VIR_ERR_MIGRATE_PERSIST_FAILED"):
    """Failed to make domain persistent after migration"""


class HookScriptFailed(Error, code=70, name="VIR_ERR_HOOK_SCRIPT_FAILED"):
    """Hook script execution failed"""


class InvalidDomainSnapshot(Error, code=71, name="VIR_ERR_INVALID_DOMAIN_SNAPSHOT", kind="usage"):
    """Invalid domain snapshot"""


class NoDomainSnapshot(Error, code=72, name="VIR_ERR_NO_DOMAIN_SNAPSHOT", kind="absent"):
    """Domain snapshot not found"""


class InvalidStream(
    Error, code=73, name="VIR_ERR_INVALID_STREAM", detailed="invalid stream pointer in %s", kind="usage"
):
    """invalid stream pointer"""


class ArgumentUnsupported(Error, code=74, name="VIR_ERR_ARGUMENT_UNSUPPORTED", kind="unsupported"):
    """argument unsupported"""


class StorageProbeFailed(Error, code=75, name="VIR_ERR_STORAGE_PROBE_FAILED"):
    """Storage pool probe failed"""


class StoragePoolBuilt(Error, code=76, name="VIR_ERR_STORAGE_POOL_BUILT", kind="state"):
    """Storage pool already built"""


class SnapshotRevertRisky(Error, code=77, name="VIR_ERR_SNAPSHOT_REVERT_RISKY", kind="state"):
    """revert requires force"""


class OperationAborted(Error, code=78, name="VIR_ERR_OPERATION_ABORTED"):
    """operation aborted"""


class AuthCancelled(Error, code=79, name="VIR_ERR_AUTH_CANCELLED", kind="denied"):
    """authentication cancelled"""


class NoDomainMetadata(Error, code=80, name="VIR_ERR_NO_DOMAIN_METADATA", kind="absent"):
    """metadata not found"""


class MigrateUnsafe(Error, code=81, name="VIR_ERR_MIGRATE_UNSAFE", kind="state"):
    """Unsafe migration"""


class Overflow(Error, code=82, name="VIR_ERR_OVERFLOW", kind="usage"):
    """numerical overflow"""


class BlockCopyActive(Error, code=83, name="VIR_ERR_BLOCK_COPY_ACTIVE", kind="state"):
    """block copy still active"""


class OperationUnsupported(Error, code=84, name="VIR_ERR_OPERATION_UNSUPPORTED", kind="unsupported"):
    """Operation not supported"""


class SSHError(Error, code=85, name="VIR_ERR_SSH"):
    """SSH transport error"""


class AgentUnresponsive(Error, code=86, name="VIR_ERR_AGENT_UNRESPONSIVE", kind="state"):
    """Guest agent is not responding"""


class ResourceBusy(Error, code=87, name="VIR_ERR_RESOURCE_BUSY", kind="state"):
    """resource busy"""


class AccessDenied(Error, code=88, name="VIR_ERR_ACCESS_DENIED", kind="denied"):
    """access denied"""


class DBusService(Error, code=89, name="VIR_ERR_DBUS_SERVICE"):
    """error from service"""


class StorageVolExist(
    Error, code=90, name="VIR_ERR_STORAGE_VOL_EXIST", detailed="storage volume %s exists already", kind="state"
):
    """this storage volume exists already"""


class CPUIncompatible(Error, code=91, name="VIR_ERR_CPU_INCOMPATIBLE", kind="unsupported"):
    """the CPU is incompatible with host CPU"""


class XMLInvalidSchema(Error, code=92, name="VIR_ERR_XML_INVALID_SCHEMA", kind="usage"):
    """XML document failed to validate against schema"""


class MigrateFinishOk(Error, code=93, name="VIR_ERR_MIGRATE_FINISH_OK"):
    """migration successfully aborted"""


class AuthUnavailable(Error, code=94, name="VIR_ERR_AUTH_UNAVAILABLE", kind="denied"):
    """authentication unavailable"""


class NoServer(Error, code=95, name="VIR_ERR_NO_SERVER", kind="absent"):
    """Server not found"""


class NoClient(Error, code=96, name="VIR_ERR_NO_CLIENT", kind="absent"):
    """Client not found"""


class AgentUnsynced(Error, code=97, name="VIR_ERR_AGENT_UNSYNCED", kind="state"):
    """guest agent replied with wrong id to guest-sync command"""


class LibSSHError(Error, code=98, name="VIR_ERR_LIBSSH"):
    """libssh transport error"""


class DeviceMissing(Error, code=99, name="VIR_ERR_DEVICE_MISSING", kind="absent"):
    """device not found"""


class InvalidNWFilterBinding(Error, code=100, name="VIR_ERR_INVALID_NWFILTER_BINDING", kind="usage"):
    """Invalid network filter binding"""


class NoNWFilterBinding(Error, code=101, name="VIR_ERR_NO_NWFILTER_BINDING", kind="absent"):
    """Network filter binding not found"""


class InvalidDomainCheckpoint(Error, code=102, name="VIR_ERR_INVALID_DOMAIN_CHECKPOINT", kind="usage"):
    """Invalid domain checkpoint"""


class NoDomainCheckpoint(Error, code=103, name="VIR_ERR_NO_DOMAIN_CHECKPOINT", kind="absent"):
    """Domain checkpoint not found"""


class NoDomainBackup(Error, code=104, name="VIR_ERR_NO_DOMAIN_BACKUP", kind="absent"):
    """Domain backup job id not found"""


class InvalidNetworkPort(Error, code=105, name="VIR_ERR_INVALID_NETWORK_PORT", kind="usage"):
    """Invalid network port pointer"""


class NetworkPortExist(
    Error, code=106, name="VIR_ERR_NETWORK_PORT_EXIST", detailed="network port %s exists already", kind="state"
):
    """this network port exists already"""


class NoNetworkPort(Error, code=107, name="VIR_ERR_NO_NETWORK_PORT", kind="absent"):
    """network port not found"""


class NoHostname(Error, code=108, name="VIR_ERR_NO_HOSTNAME", kind="absent"):
    """no hostname found"""


class CheckpointInconsistent(Error, code=109, name="VIR_ERR_CHECKPOINT_INCONSISTENT", kind="state"):
    """checkpoint inconsistent"""


class MultipleDomains(Error, code=110, name="VIR_ERR_MULTIPLE_DOMAINS", kind="usage"):
    """multiple matching domains found"""


class NoNetworkMetadata(Error, code=111, name="VIR_ERR_NO_NETWORK_METADATA", kind="absent"):
    """metadata not found"""


def from_os_error(error: OSError, doing: str, *, hint: str | None = None) -> SystemCallError:
    """A failed system call as libvirt words it: what was attempted, then the kernel's reason."""
    told = SystemCallError(f"{doing}: {error.strerror or error}", hint=hint)
    told.kind = kind_of(error)
    return told


def kind_of(error: OSError | ValueError) -> str:
    """The kind of error that a failed system call is."""
    if isinstance(error, FileNotFoundError):
        return "absent"
    return "denied" if isinstance(error, PermissionError) else "failed"
