"""What is on record about virtual networks and their ports."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.network import NetworkPortRef, NetworkRef
from virshpy.enums import NetworkEventID, NetworkEventLifecycleType
from virshpy.host.namespaces import Host, place
from virshpy.host.objects import Kind, Objects, Row
from virshpy.host.outbox import Outbox
from virshpy.xml.network import BRIDGED, Network
from virshpy.xml.uuids import new_mac, new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.site import Site
    from virshpy.xml.network.addresses import NetworkIP
    from virshpy.xml.port import NetworkPort

# A port goes with the journal of the guest that it was made for; ``device`` is the link that is plugged in there,
# ``plug`` what it takes of the network's pool, ``floor`` what it has at least, in ``class`` of the bridge's queue.
_PORTS = """
CREATE TABLE run.network_port (
    uuid TEXT NOT NULL, network TEXT NOT NULL, journal TEXT REFERENCES journal(id) ON DELETE CASCADE, device TEXT,
    plug TEXT, floor INTEGER NOT NULL DEFAULT 0, class INTEGER, xml TEXT NOT NULL,
    PRIMARY KEY (network, uuid)) WITHOUT ROWID
"""
# The address that a guest is always given on its port, where ports of the host lead to it.
_ADDRESSES = "ALTER TABLE run.network_port ADD COLUMN address TEXT"
# Active networks whose document has changed, and the host not yet (life.py).
_DUE = "CREATE TABLE run.network_due (uuid TEXT PRIMARY KEY) WITHOUT ROWID"
_TAKEN = """
SELECT plug, count(*) AS number, sum(floor) AS floors FROM run.network_port WHERE network = ? GROUP BY plug
"""
_SERVED = """
SELECT a.uuid, json_extract(s.data, '$.pid'), json_extract(s.data, '$.started')
FROM run.network_active a JOIN run.step s ON s.journal = a.journal WHERE s.kind = 'dnsmasq/1'
"""
# The networks in a namespace, which have a bridge there, and where a network's bridge is.
_WITHIN = """
SELECT a.uuid FROM run.network_active a JOIN run.step s ON s.journal = a.journal
WHERE s.kind = 'bridge/1' AND json_extract(s.data, '$.namespace[0]') = ?
"""
_WHERE = """
SELECT json_extract(data, '$.namespace[0]'), json_extract(data, '$.namespace[1]') FROM run.step
WHERE journal = ? AND kind = 'bridge/1'
"""
# The network that a system connection has from the beginning, as libvirt's packages bring it. Whoever undefines it has
# removed it: this is run once.
_DEFAULT = """
INSERT OR IGNORE INTO main.network (uuid, name, bridge, xml) VALUES ('{uuid}', 'default', 'virbr0', '<network>
  <name>default</name>
  <uuid>{uuid}</uuid>
  <forward mode="nat"/>
  <bridge name="virbr0" stp="on" delay="0"/>
  <mac address="{mac}"/>
  <ip address="192.168.122.1" netmask="255.255.255.0">
    <dhcp>
      <range start="192.168.122.2" end="192.168.122.254"/>
    </dhcp>
  </ip>
</network>')
"""


_LONGEST = 255  # bytes of a file's name, which libvirt makes of a network's


class NetworkRow(Row):
    """One network; ``bridge`` is the name of its link, ``now`` its document: the live one while it is active."""

    bridge: str | None
    now: str

    @property
    def ref(self) -> NetworkRef:
        return NetworkRef(self.name, self.uuid)


class Networks(Objects[NetworkRow]):
    """The networks of a site."""

    row = NetworkRow
    more_columns = ("coalesce(a.xml, d.xml) AS now",)

    def __init__(self, site: Site) -> None:
        self._outbox = Outbox(site)
        super().__init__(site, Kind("network", "Network"), columns=("bridge",))

    def include(self) -> None:
        super().include()
        self.store.include("network_port", run=[_PORTS, _DUE, _ADDRESSES])
        if self.site.uri.path == "/system":
            self.store.include("network_default", state=[_DEFAULT.format(uuid=new_uuid(), mac=new_mac())])

    def columns_of(self, document: Network) -> dict[str, Any]:
        return {"bridge": document.bridge and document.bridge.name}

    def tell(self, one: Row | Network, event: int) -> None:
        """Say what has become of a network (NetworkEventLifecycleType), in the transaction by which it has."""
        self._outbox.tell("network", str(one.uuid), str(one.name), NetworkEventID.LIFECYCLE, event)

    def save(self, document: Any, text: str) -> None:
        super().save(document, text)
        self.tell(document, NetworkEventLifecycleType.DEFINED)

    def forget(self, row: Any) -> None:
        super().forget(row)
        self.tell(row, NetworkEventLifecycleType.UNDEFINED)

    def document(self, row: NetworkRow, *, inactive: bool = False) -> Network:
        return Network.parse(self.text(row, inactive=True) if inactive else row.now)

    def with_bridge(self, bridge: str, but: Network) -> NetworkRow | None:
        """The network, other than one, that a bridge of this name belongs to."""
        for row in self.query("d.bridge = ? OR a.bridge = ?", bridge, bridge, live="a.bridge = ? OR a.bridge = ?"):
            if row.name != but.name and self.document(row).mode in BRIDGED:
                return row
        return None

    def addresses(self, but: Network) -> list[NetworkIP]:
        """The addresses of all networks but one, active or not."""
        return [ip for row in self.query() if row.name != but.name for ip in self.document(row).ips]

    def admit(self, document: Any) -> None:
        """Beside clashes of names, refuse a bridge that is another network's, and a name that no file could have."""
        bridge = document.bridge and document.bridge.name
        if bridge and document.mode in BRIDGED and (other := self.with_bridge(bridge, document)) is not None:
            raise errors.InternalError(
                f"bridge name '{bridge}' already in use.",
                hint=f"network '{other.name}' has it; leave out the name to have one made up",
            )
        super().admit(document)
        if len(f"{document.name}.xml".encode(errors="surrogateescape")) > _LONGEST:
            raise errors.SystemCallError(
                f"Failed to create file '{document.name}.xml': File name too long", hint="choose a shorter <name>"
            )

    # what an active network is on the host
    def served(self) -> list[tuple[str, int, int]]:
        """(UUID, pid, start time) of the dnsmasq of each active network that has one."""
        return [(uuid, pid, started) for uuid, pid, started in self.store.all(_SERVED)]

    def within(self, keeper: int) -> list[NetworkRow]:
        """The active networks that are in the namespace of a keeper."""
        found = [self.by_uuid(row[0]) for row in self.store.all(_WITHIN, keeper)]
        return [row for row in found if row is not None and row.active]

    def where(self, row: NetworkRow) -> Host:
        """Where the bridge of an active network is; the host for one that has none of its own."""
        found = self.store.one(_WHERE, row.journal)
        return place(None if found is None or found[0] is None else tuple(found))

    def due(self) -> list[str]:
        """The UUIDs of networks of which the host is not yet what their documents say."""
        return [row[0] for row in self.store.all("SELECT uuid FROM run.network_due")]

    def fall_due(self, uuid: str) -> None:
        """Say that one is such, in the transaction that changes its document."""
        self.store.execute("INSERT OR IGNORE INTO run.network_due VALUES (?)", uuid)

    def done(self, uuid: str) -> None:
        self.store.execute("DELETE FROM run.network_due WHERE uuid = ?", uuid)

    def plugged(self, uuid: str) -> list[tuple[str, bool]]:
        """(link, isolated) of each that is plugged into a network's bridge, for its ports."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT device, xml FROM run.network_port WHERE network = ? AND device IS NOT NULL ORDER BY device"
        found = [(row[0], NetworkPort.parse(row[1]).port) for row in self.store.all(query, uuid)]
        return [(device, bool(options is not None and options.isolated)) for device, options in found]

    # ports
    def ports(self, uuid: str) -> list[str]:
        """The UUIDs of a network's ports."""
        return [row[0] for row in self.store.all("SELECT uuid FROM run.network_port WHERE network = ?", uuid)]

    def port(self, ref: NetworkPortRef) -> Any:
        """The row of a port. Raises NoNetworkPort."""
        query = "SELECT * FROM run.network_port WHERE network = ? AND uuid = ?"
        row = self.store.one(query, ref.network.uuid, ref.uuid)
        if row is None:
            raise errors.NoNetworkPort(f"Network port with UUID {ref.uuid} does not exist")
        return row

    def plug_in(self, row: NetworkRow, port: NetworkPort, journal: str | None) -> None:
        """Make a port of an active network, in the transaction of whoever wants it: two never get the same link.

        Raises what ports.allocate raises, and NetworkPortExist.
        """
        from virshpy.drivers.network import ports

        if self.store.one("SELECT 1 FROM run.network_port WHERE network = ? AND uuid = ?", row.uuid, port.uuid):
            raise errors.NetworkPortExist(f"Network port with UUID {port.uuid} already exists")
        found = self.store.all(_TAKEN, row.uuid)
        used = {one["plug"]: one["number"] for one in found if one["plug"] is not None}
        ports.allocate(self.document(row), port, used, sum(one["floors"] for one in found))
        inbound = port.bandwidth.inbound if port.bandwidth is not None else None
        floor = (inbound.floor if inbound is not None else None) or 0
        if floor:
            assert port.bandwidth is not None
            taken = {one[0] for one in self.store.all("SELECT class FROM run.network_port WHERE network = ?", row.uuid)}
            port.bandwidth.classID = next(n for n in range(ports.FIRST_CLASS, 1 << 15) if n not in taken)
        self.store.execute(
            "INSERT INTO run.network_port VALUES (?, ?, ?, NULL, ?, ?, ?, ?, NULL)",
            port.uuid, row.uuid, journal, ports.plug_name(port.plug), floor,
            port.bandwidth and port.bandwidth.classID, port.format(),
        )  # fmt: skip

    def name_device(self, network: str, uuid: str, device: str) -> None:
        """Put down which link is plugged into a port."""
        query = "UPDATE run.network_port SET device = ? WHERE network = ? AND uuid = ?"
        self.store.execute(query, device, network, uuid)

    def reserved(self, uuid: str) -> list[tuple[str, str]]:
        """(MAC address, IP address) of each guest that is always given the same address on its port."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT xml, address FROM run.network_port WHERE network = ? AND address IS NOT NULL ORDER BY address"
        found = [(NetworkPort.parse(row[0]).mac, row[1]) for row in self.store.all(query, uuid)]
        return [(str(mac.address), address) for mac, address in found if mac is not None]

    def address(self, network: str, uuid: str) -> str:
        """The address of a port that has one."""
        row = self.store.one("SELECT address FROM run.network_port WHERE network = ? AND uuid = ?", network, uuid)
        return str(row[0])

    def reserve(self, network: str, uuid: str, address: str) -> None:
        """Put down the address of a port."""
        query = "UPDATE run.network_port SET address = ? WHERE network = ? AND uuid = ?"
        self.store.execute(query, address, network, uuid)

    def guests_on(self, uuid: str) -> list[str]:
        """The names of the guests that have ports of a network."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT xml FROM run.network_port WHERE network = ? AND journal IS NOT NULL"
        owners = [NetworkPort.parse(row[0]).owner for row in self.store.all(query, uuid)]
        return sorted({str(owner.name) for owner in owners if owner is not None})

    def unplug(self, network: str, uuid: str) -> None:
        self.store.execute("DELETE FROM run.network_port WHERE network = ? AND uuid = ?", network, uuid)

    def unplug_others(self, network: str) -> None:
        """Remove the ports that are no guest's: those of guests come back with the network."""
        self.store.execute("DELETE FROM run.network_port WHERE network = ? AND journal IS NULL", network)

    def count_connections(self, row: NetworkRow, document: Network) -> None:
        """Say in a live document how many ports the network has, and each link of its pool."""
        used = {one["plug"]: one["number"] for one in self.store.all(_TAKEN, row.uuid)}
        document.connections = sum(used.values()) or None
        forward = document.forward
        for device in (*forward.pfs, *forward.interfaces) if forward is not None else ():
            device.connections = used.get(device.dev)
        for address in forward.addresses if forward is not None else ():
            address.connections = used.get(str(address))

    def require_active(self, ref: NetworkRef) -> NetworkRow:
        """Raises NoNetwork, OperationInvalid."""
        row = self.find(ref)
        if not row.active:
            raise errors.OperationInvalid(
                f"network '{row.name}' is not active", hint="start it first", action=("network_create", row.name)
            )
        return row
