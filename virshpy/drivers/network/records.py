"""What is on record about virtual networks; their ports are in port_records."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.network import NetworkRef
from virshpy.drivers.network.port_records import ADDRESSES, PORTS, PortRecords
from virshpy.enums import NetworkEventID, NetworkEventLifecycleType
from virshpy.host.namespaces import Host, place
from virshpy.host.objects import Kind, Objects, Row
from virshpy.host.outbox import Outbox
from virshpy.xml.uuids import new_mac, new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.site import Site
    from virshpy.xml.network import Network
    from virshpy.xml.network.addresses import NetworkIP

# Active networks whose document has changed, and the host not yet (life.py).
_DUE = "CREATE TABLE run.network_due (uuid TEXT PRIMARY KEY) WITHOUT ROWID"
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


class Networks(PortRecords, Objects[NetworkRow]):
    """The networks of a site."""

    row = NetworkRow
    more_columns = ("coalesce(a.xml, d.xml) AS now",)

    def __init__(self, site: Site) -> None:
        self._outbox = Outbox(site)
        super().__init__(site, Kind("network", "Network"), columns=("bridge",))

    def include(self) -> None:
        super().include()
        self.store.include("network_port", run=[PORTS, _DUE, ADDRESSES])
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
        from virshpy.xml.network import Network

        return Network.parse(self.text(row, inactive=True) if inactive else row.now)

    def with_bridge(self, bridge: str, but: Network) -> NetworkRow | None:
        """The network, other than one, that a bridge of this name belongs to."""
        for row in self.query("d.bridge = ? OR a.bridge = ?", bridge, bridge, live="a.bridge = ? OR a.bridge = ?"):
            if row.name != but.name and self.document(row).makes_bridge:
                return row
        return None

    def addresses(self, but: Network) -> list[NetworkIP]:
        """The addresses of all networks but one, active or not."""
        return [ip for row in self.query() if row.name != but.name for ip in self.document(row).ips]

    def admit(self, document: Any) -> None:
        """Beside clashes of names, refuse a bridge that is another network's, and a name that no file could have."""
        bridge = document.bridge and document.bridge.name
        if bridge and document.makes_bridge and (other := self.with_bridge(bridge, document)) is not None:
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

    def require_active(self, ref: NetworkRef) -> NetworkRow:
        """Raises NoNetwork, OperationInvalid."""
        row = self.find(ref)
        if not row.active:
            raise errors.OperationInvalid(
                f"network '{row.name}' is not active", hint="start it first", action=("network_create", row.name)
            )
        return row
