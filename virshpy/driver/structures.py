"""More values that rows take and return: what names an object to a driver, and libvirt's structures of fewer uses."""

from __future__ import annotations

from virshpy.driver.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.types import DomainRef


class CPUMap(Record):
    """virNodeGetCPUMap: how many host processors there are, and the numbers of those online."""

    __slots__ = ("present", "online")
    present: int
    online: list[int]


class VcpuInfo(Record):
    """virVcpuInfo with its affinity: state is a VcpuState, cpu_time in nanoseconds, ``cpus`` are those it may use."""

    __slots__ = ("number", "state", "cpu_time", "cpu", "cpus")
    number: int
    state: int
    cpu_time: int
    cpu: int
    cpus: list[int]


class IOThreadInfo(Record):
    """virDomainIOThreadInfo: its id and the host processors that it may use."""

    __slots__ = ("iothread_id", "cpus")
    iothread_id: int
    cpus: list[int]


class BlockInfo(Record):
    """virDomainBlockInfo, in bytes."""

    __slots__ = ("capacity", "allocation", "physical")
    capacity: int
    allocation: int
    physical: int


class BlockJobInfo(Record):
    """virDomainBlockJobInfo: type (BlockJobType), bandwidth in MiB/s (or bytes), and how far it is."""

    __slots__ = ("type", "bandwidth", "cur", "end")
    type: int
    bandwidth: int
    cur: int
    end: int


class InterfaceStats(Record):
    """virDomainInterfaceStats; None for a figure that the driver has not."""

    __slots__ = ("rx_bytes", "rx_packets", "rx_errs", "rx_drop", "tx_bytes", "tx_packets", "tx_errs", "tx_drop")
    rx_bytes: int | None
    rx_packets: int | None
    rx_errs: int | None
    rx_drop: int | None
    tx_bytes: int | None
    tx_packets: int | None
    tx_errs: int | None
    tx_drop: int | None


class IPAddress(Record):
    """virDomainIPAddress: type (IPAddrType), address, prefix length."""

    __slots__ = ("type", "addr", "prefix")
    type: int
    addr: str
    prefix: int


class InterfaceAddresses(Record):
    """virDomainInterface: an interface of the guest with its addresses."""

    __slots__ = ("name", "hwaddr", "addrs")
    name: str
    hwaddr: str | None
    addrs: list[IPAddress]


class FSInfo(Record):
    """virDomainFSInfo: a file system of the guest, and the disks' targets beneath it."""

    __slots__ = ("mountpoint", "name", "fstype", "dev_alias")
    mountpoint: str
    name: str
    fstype: str
    dev_alias: list[str]


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
    type: int
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


class SnapshotRef(Record):
    """remote_nonnull_domain_snapshot: what names a snapshot to a driver."""

    __slots__ = ("name", "domain")
    name: str
    domain: DomainRef


class CheckpointRef(Record):
    """remote_nonnull_domain_checkpoint: what names a checkpoint to a driver."""

    __slots__ = ("name", "domain")
    name: str
    domain: DomainRef


class NetworkRef(Record):
    """remote_nonnull_network: what names a network to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class NetworkPortRef(Record):
    """remote_nonnull_network_port: what names a port of a network to a driver."""

    __slots__ = ("network", "uuid")
    network: NetworkRef
    uuid: str


class DHCPLease(Record):
    """virNetworkDHCPLease: expiry_time in seconds since 1970 (0: never), type is an IPAddrType."""

    __slots__ = ("iface", "expiry_time", "type", "mac", "iaid", "ipaddr", "prefix", "hostname", "clientid")
    iface: str
    expiry_time: int
    type: int
    mac: str | None
    iaid: str | None
    ipaddr: str
    prefix: int
    hostname: str | None
    clientid: str | None


class PoolRef(Record):
    """remote_nonnull_storage_pool: what names a pool to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class VolRef(Record):
    """remote_nonnull_storage_vol: the name of its pool, its own, and its key."""

    __slots__ = ("pool", "name", "key")
    pool: str
    name: str
    key: str


class PoolInfo(Record):
    """virStoragePoolInfo: state (StoragePoolState), bytes."""

    __slots__ = ("state", "capacity", "allocation", "available")
    state: int
    capacity: int
    allocation: int
    available: int


class VolInfo(Record):
    """virStorageVolInfo: type (StorageVolType), bytes."""

    __slots__ = ("type", "capacity", "allocation")
    type: int
    capacity: int
    allocation: int


class InterfaceRef(Record):
    """remote_nonnull_interface: what names an interface of the host to a driver."""

    __slots__ = ("name", "mac")
    name: str
    mac: str


class NodeDeviceRef(Record):
    """remote_nonnull_node_device: what names a device of the host to a driver."""

    __slots__ = ("name",)
    name: str


class SecretRef(Record):
    """remote_nonnull_secret: what names a secret to a driver; usage_type is a SecretUsageType."""

    __slots__ = ("uuid", "usage_type", "usage_id")
    uuid: str
    usage_type: int
    usage_id: str


class NWFilterRef(Record):
    """remote_nonnull_nwfilter: what names a filter to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class NWFilterBindingRef(Record):
    """remote_nonnull_nwfilter_binding: what names a binding to a driver."""

    __slots__ = ("port_dev", "filter_name")
    port_dev: str
    filter_name: str
