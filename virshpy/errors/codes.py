"""The errors by their codes: one class for each of libvirt's, in the order of their numbers."""

from __future__ import annotations

from virshpy.errors import Error


class InternalError(Error, code=1, name="VIR_ERR_INTERNAL_ERROR"):
    """internal error"""


class NoMemory(Error, code=2, name="VIR_ERR_NO_MEMORY"):
    """out of memory"""


class NoSupport(Error, code=3, name="VIR_ERR_NO_SUPPORT"):
    """this function is not supported by the connection driver"""


class UnknownHost(Error, code=4, name="VIR_ERR_UNKNOWN_HOST", detailed="unknown host %s"):
    """unknown host"""


class NoConnect(Error, code=5, name="VIR_ERR_NO_CONNECT", detailed="no connection driver available for %s"):
    """no connection driver available"""


class InvalidConn(Error, code=6, name="VIR_ERR_INVALID_CONN", detailed="invalid connection pointer in %s"):
    """invalid connection pointer in"""


class InvalidDomain(Error, code=7, name="VIR_ERR_INVALID_DOMAIN", detailed="invalid domain pointer in %s"):
    """invalid domain pointer in"""


class InvalidArg(Error, code=8, name="VIR_ERR_INVALID_ARG"):
    """invalid argument"""


class Misuse(InvalidArg, detailed="%s"):  # libvirt says this one without the words of its code
    """invalid argument"""


class OperationFailed(Error, code=9, name="VIR_ERR_OPERATION_FAILED"):
    """operation failed"""


class OSType(Error, code=16, name="VIR_ERR_OS_TYPE", detailed="unknown OS type %s"):
    """unknown OS type"""


class NoKernel(Error, code=17, name="VIR_ERR_NO_KERNEL"):
    """missing kernel information"""


class NoSource(Error, code=19, name="VIR_ERR_NO_SOURCE", detailed="missing source information for device %s"):
    """missing source information for device"""


class NoTarget(Error, code=20, name="VIR_ERR_NO_TARGET", detailed="missing target information for device %s"):
    """missing target information for device"""


class NoName(Error, code=21, name="VIR_ERR_NO_NAME", detailed="missing name information in %s"):
    """missing name information"""


class NoOS(Error, code=22, name="VIR_ERR_NO_OS", detailed="missing operating system information for %s"):
    """missing operating system information"""


class NoDevice(Error, code=23, name="VIR_ERR_NO_DEVICE", detailed="missing devices information for %s"):
    """missing devices information"""


class XMLError(Error, code=27, name="VIR_ERR_XML_ERROR", detailed="XML error: %s"):
    """XML description is invalid or not well formed"""


class DomainExist(Error, code=28, name="VIR_ERR_DOM_EXIST", detailed="domain %s exists already"):
    """this domain exists already"""


class OperationDenied(Error, code=29, name="VIR_ERR_OPERATION_DENIED", detailed="operation forbidden: %s"):
    """operation forbidden for read only access"""


class OpenFailed(Error, code=30, name="VIR_ERR_OPEN_FAILED", detailed="failed to open configuration file %s"):
    """failed to open configuration file"""


class ReadFailed(Error, code=31, name="VIR_ERR_READ_FAILED", detailed="failed to read configuration file %s"):
    """failed to read configuration file"""


class ParseFailed(Error, code=32, name="VIR_ERR_PARSE_FAILED", detailed="failed to parse configuration file %s"):
    """failed to parse configuration file"""


class ConfSyntax(Error, code=33, name="VIR_ERR_CONF_SYNTAX"):
    """configuration file syntax error"""


class WriteFailed(Error, code=34, name="VIR_ERR_WRITE_FAILED"):
    """failed to write configuration file"""


class XMLDetail(Error, code=35, name="VIR_ERR_XML_DETAIL", detailed="%s"):
    """parser error"""


class InvalidNetwork(Error, code=36, name="VIR_ERR_INVALID_NETWORK", detailed="invalid network pointer in %s"):
    """invalid network pointer in"""


class NetworkExist(Error, code=37, name="VIR_ERR_NETWORK_EXIST", detailed="network %s exists already"):
    """this network exists already"""


class SystemCallError(Error, code=38, name="VIR_ERR_SYSTEM_ERROR", detailed="%s"):
    """system call error"""


class RPCError(Error, code=39, name="VIR_ERR_RPC", detailed="%s"):
    """RPC error"""


class GnuTLSError(Error, code=40, name="VIR_ERR_GNUTLS_ERROR", detailed="%s"):
    """GNUTLS call error"""


class NoDomain(Error, code=42, name="VIR_ERR_NO_DOMAIN"):
    """Domain not found"""


class NoNetwork(Error, code=43, name="VIR_ERR_NO_NETWORK"):
    """Network not found"""


class InvalidMAC(Error, code=44, name="VIR_ERR_INVALID_MAC"):
    """invalid MAC address"""


class AuthFailed(Error, code=45, name="VIR_ERR_AUTH_FAILED"):
    """authentication failed"""


class InvalidStoragePool(Error, code=46, name="VIR_ERR_INVALID_STORAGE_POOL"):
    """invalid storage pool pointer in"""

    detailed = "invalid storage pool pointer in %s"


class InvalidStorageVol(Error, code=47, name="VIR_ERR_INVALID_STORAGE_VOL"):
    """invalid storage volume pointer in"""

    detailed = "invalid storage volume pointer in %s"


class NoStoragePool(Error, code=49, name="VIR_ERR_NO_STORAGE_POOL"):
    """Storage pool not found"""


class NoStorageVol(Error, code=50, name="VIR_ERR_NO_STORAGE_VOL"):
    """Storage volume not found"""


class InvalidNodeDevice(Error, code=52, name="VIR_ERR_INVALID_NODE_DEVICE"):
    """invalid node device pointer"""

    detailed = "invalid node device pointer in %s"


class NoNodeDevice(Error, code=53, name="VIR_ERR_NO_NODE_DEVICE"):
    """Node device not found"""


class NoSecurityModel(Error, code=54, name="VIR_ERR_NO_SECURITY_MODEL"):
    """Security model not found"""


class OperationInvalid(Error, code=55, name="VIR_ERR_OPERATION_INVALID"):
    """Requested operation is not valid"""


class NoInterface(Error, code=57, name="VIR_ERR_NO_INTERFACE"):
    """Interface not found"""


class InvalidInterface(Error, code=58, name="VIR_ERR_INVALID_INTERFACE", detailed="invalid interface pointer in %s"):
    """invalid interface pointer in"""


class MultipleInterfaces(Error, code=59, name="VIR_ERR_MULTIPLE_INTERFACES"):
    """multiple matching interfaces found"""


class InvalidNWFilter(Error, code=61, name="VIR_ERR_INVALID_NWFILTER"):
    """Invalid network filter"""


class NoNWFilter(Error, code=62, name="VIR_ERR_NO_NWFILTER"):
    """Network filter not found"""


class BuildFirewall(Error, code=63, name="VIR_ERR_BUILD_FIREWALL"):
    """Error while building firewall"""


class InvalidSecret(Error, code=65, name="VIR_ERR_INVALID_SECRET"):
    """Invalid secret"""


class NoSecret(Error, code=66, name="VIR_ERR_NO_SECRET"):
    """Secret not found"""


class ConfigUnsupported(Error, code=67, name="VIR_ERR_CONFIG_UNSUPPORTED"):
    """unsupported configuration"""


class OperationTimeout(Error, code=68, name="VIR_ERR_OPERATION_TIMEOUT"):
    """Timed out during operation"""


class MigratePersistFailed(Error, code=69, name="VIR_ERR_MIGRATE_PERSIST_FAILED"):
    """Failed to make domain persistent after migration"""


class HookScriptFailed(Error, code=70, name="VIR_ERR_HOOK_SCRIPT_FAILED"):
    """Hook script execution failed"""


class InvalidDomainSnapshot(Error, code=71, name="VIR_ERR_INVALID_DOMAIN_SNAPSHOT"):
    """Invalid domain snapshot"""


class NoDomainSnapshot(Error, code=72, name="VIR_ERR_NO_DOMAIN_SNAPSHOT"):
    """Domain snapshot not found"""


class InvalidStream(Error, code=73, name="VIR_ERR_INVALID_STREAM", detailed="invalid stream pointer in %s"):
    """invalid stream pointer"""


class ArgumentUnsupported(Error, code=74, name="VIR_ERR_ARGUMENT_UNSUPPORTED"):
    """argument unsupported"""


class StorageProbeFailed(Error, code=75, name="VIR_ERR_STORAGE_PROBE_FAILED"):
    """Storage pool probe failed"""


class StoragePoolBuilt(Error, code=76, name="VIR_ERR_STORAGE_POOL_BUILT"):
    """Storage pool already built"""


class SnapshotRevertRisky(Error, code=77, name="VIR_ERR_SNAPSHOT_REVERT_RISKY"):
    """revert requires force"""


class OperationAborted(Error, code=78, name="VIR_ERR_OPERATION_ABORTED"):
    """operation aborted"""


class AuthCancelled(Error, code=79, name="VIR_ERR_AUTH_CANCELLED"):
    """authentication cancelled"""


class NoDomainMetadata(Error, code=80, name="VIR_ERR_NO_DOMAIN_METADATA"):
    """metadata not found"""


class MigrateUnsafe(Error, code=81, name="VIR_ERR_MIGRATE_UNSAFE"):
    """Unsafe migration"""


class Overflow(Error, code=82, name="VIR_ERR_OVERFLOW"):
    """numerical overflow"""


class BlockCopyActive(Error, code=83, name="VIR_ERR_BLOCK_COPY_ACTIVE"):
    """block copy still active"""


class OperationUnsupported(Error, code=84, name="VIR_ERR_OPERATION_UNSUPPORTED"):
    """Operation not supported"""


class SSHError(Error, code=85, name="VIR_ERR_SSH"):
    """SSH transport error"""


class AgentUnresponsive(Error, code=86, name="VIR_ERR_AGENT_UNRESPONSIVE"):
    """Guest agent is not responding"""


class ResourceBusy(Error, code=87, name="VIR_ERR_RESOURCE_BUSY"):
    """resource busy"""


class AccessDenied(Error, code=88, name="VIR_ERR_ACCESS_DENIED"):
    """access denied"""


class DBusService(Error, code=89, name="VIR_ERR_DBUS_SERVICE"):
    """error from service"""


class StorageVolExist(Error, code=90, name="VIR_ERR_STORAGE_VOL_EXIST", detailed="storage volume %s exists already"):
    """this storage volume exists already"""


class CPUIncompatible(Error, code=91, name="VIR_ERR_CPU_INCOMPATIBLE"):
    """the CPU is incompatible with host CPU"""


class XMLInvalidSchema(Error, code=92, name="VIR_ERR_XML_INVALID_SCHEMA"):
    """XML document failed to validate against schema"""


class MigrateFinishOk(Error, code=93, name="VIR_ERR_MIGRATE_FINISH_OK"):
    """migration successfully aborted"""


class AuthUnavailable(Error, code=94, name="VIR_ERR_AUTH_UNAVAILABLE"):
    """authentication unavailable"""


class NoServer(Error, code=95, name="VIR_ERR_NO_SERVER"):
    """Server not found"""


class NoClient(Error, code=96, name="VIR_ERR_NO_CLIENT"):
    """Client not found"""


class AgentUnsynced(Error, code=97, name="VIR_ERR_AGENT_UNSYNCED"):
    """guest agent replied with wrong id to guest-sync command"""


class LibSSHError(Error, code=98, name="VIR_ERR_LIBSSH"):
    """libssh transport error"""


class DeviceMissing(Error, code=99, name="VIR_ERR_DEVICE_MISSING"):
    """device not found"""


class InvalidNWFilterBinding(Error, code=100, name="VIR_ERR_INVALID_NWFILTER_BINDING"):
    """Invalid network filter binding"""


class NoNWFilterBinding(Error, code=101, name="VIR_ERR_NO_NWFILTER_BINDING"):
    """Network filter binding not found"""


class InvalidDomainCheckpoint(Error, code=102, name="VIR_ERR_INVALID_DOMAIN_CHECKPOINT"):
    """Invalid domain checkpoint"""


class NoDomainCheckpoint(Error, code=103, name="VIR_ERR_NO_DOMAIN_CHECKPOINT"):
    """Domain checkpoint not found"""


class NoDomainBackup(Error, code=104, name="VIR_ERR_NO_DOMAIN_BACKUP"):
    """Domain backup job id not found"""


class InvalidNetworkPort(Error, code=105, name="VIR_ERR_INVALID_NETWORK_PORT"):
    """Invalid network port pointer"""


class NetworkPortExist(Error, code=106, name="VIR_ERR_NETWORK_PORT_EXIST", detailed="network port %s exists already"):
    """this network port exists already"""


class NoNetworkPort(Error, code=107, name="VIR_ERR_NO_NETWORK_PORT"):
    """network port not found"""


class NoHostname(Error, code=108, name="VIR_ERR_NO_HOSTNAME"):
    """no hostname found"""


class CheckpointInconsistent(Error, code=109, name="VIR_ERR_CHECKPOINT_INCONSISTENT"):
    """checkpoint inconsistent"""


class MultipleDomains(Error, code=110, name="VIR_ERR_MULTIPLE_DOMAINS"):
    """multiple matching domains found"""


class NoNetworkMetadata(Error, code=111, name="VIR_ERR_NO_NETWORK_METADATA"):
    """metadata not found"""


def from_os_error(error: OSError, doing: str, *, hint: str | None = None) -> SystemCallError:
    """A failed system call as libvirt words it: what was attempted, then the kernel's reason."""
    return SystemCallError(f"{doing}: {error.strerror or error}", hint=hint)
