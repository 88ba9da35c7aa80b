"""Start and stop of networks: one is active when its journal is held, and inactive when that list has been undone."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.network import firewall, plan, room, surroundings
from virshpy.drivers.network.dnsmasq import is_served
from virshpy.enums import NetworkEventLifecycleType
from virshpy.host import processes
from virshpy.host.files import write_atomic
from virshpy.host.processes import is_running, signal_process
from virshpy.host.programs import program
from virshpy.host.signals import SIGHUP
from virshpy.host.steps.dnsmasq import Dnsmasq
from virshpy.host.steps.network import Forwarding, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.network import NetworkRef
    from virshpy.drivers.network.records import NetworkRow, Networks
    from virshpy.drivers.network.surroundings import Surroundings
    from virshpy.host.journal import Journal
    from virshpy.xml.network import Network

_EVENT = NetworkEventLifecycleType


def start_defined(networks: Networks, ref: NetworkRef) -> None:
    """Start a network by its definition (virNetworkCreate)."""
    with networks.lock(ref.uuid, "net-start"):
        row = networks.find(ref)
        if row.active:
            raise errors.OperationInvalid("network is already active")
        start(networks, "net-start", networks.document(row, inactive=True))


def start(networks: Networks, verb: str, definition: Network) -> None:
    """Start a complete document under its lock. After any failure the host is as it was before."""
    document = plan.live(definition)
    room.fill_pool(document)
    try:
        chains = _start(networks, verb, document)
    except BaseException:
        surroundings.end_unused(networks.site)
        raise
    _tell_of_others(networks, document, chains)


def _start(networks: Networks, verb: str, document: Network) -> str:
    """What nft says of all chains that there are then."""
    site, uuid = networks.site, str(document.uuid)
    with networks.change(verb, uuid) as entry:
        entry.write()
        around = surroundings.ON_HOST
        if document.makes_bridge:
            around = surroundings.prepare(site, entry, lambda: [*networks.addresses(document), *document.ips])
        if not around.where.gone:
            room.refuse_taken(document, site.warn, around.where)
        ports, reserved = networks.plugged(uuid), networks.reserved(uuid)
        steps = plan.start_steps(document, place(networks, uuid), ports, around, reserved)
        for step in steps:
            entry.do(step)
        entry.hold(lambda: _activate(networks, document, entry), f"say that network '{document.name}' is active")
    return "".join(step.chains for step in steps if isinstance(step, Table))


def _tell_of_others(networks: Networks, document: Network, chains: str) -> None:
    """Say which other firewall of the host drops what this network's own lets through."""
    if document.mode not in ("nat", "route") or surroundings.are_own():
        return
    from virshpy.host.firewalls import stopping

    bridge = str(document.bridge and document.bridge.name)
    for table in stopping(bridge, chains):
        networks.site.warn(
            f"table '{table}' of nft drops what network '{document.name}' sends on, as it does not know {bridge}: "
            + _REMEDIES.get(table, f"let {bridge} through in it, both ways").format(bridge=bridge)
        )


_REMEDIES = {
    "inet firewalld": "firewall-cmd --zone=trusted --add-interface={bridge}",
    "ip filter": "iptables -I FORWARD -i {bridge} -j ACCEPT; iptables -I FORWARD -o {bridge} -j ACCEPT",
    "ip6 filter": "ip6tables -I FORWARD -i {bridge} -j ACCEPT; ip6tables -I FORWARD -o {bridge} -j ACCEPT",
}


def place(networks: Networks, uuid: str) -> str:
    """Where the files of a network's dnsmasq are."""
    return f"{networks.site.directories.networks}/{uuid}"


def _activate(networks: Networks, document: Network, entry: Journal) -> None:
    networks.admit(document)
    networks.write(
        networks.live,
        document.uuid,
        name=document.name,
        journal=entry.id,
        xml=document.format(secure=True),
        **networks.columns_of(document),
    )
    networks.tell(document, _EVENT.STARTED)


def _deactivate(networks: Networks, row: NetworkRow) -> None:
    networks.unplug_others(row.uuid)
    networks.tell(row, _EVENT.STOPPED)


def stop(networks: Networks, ref: NetworkRef) -> None:
    """Take back what the start did (virNetworkDestroy)."""
    with networks.lock(ref.uuid, "net-destroy"):
        row = networks.require_active(ref)
        entry = networks.site.held(row.journal)
        guests, switched = networks.guests_on(row.uuid), _switched(entry)
        end(networks, row, entry)
    surroundings.end_unused(networks.site)
    if guests:
        networks.site.warn(f"{', '.join(guests)}: on network '{row.name}', and without it until it is started again")
    if switched:
        names = " and ".join(f"net.{key.replace('/', '.')}" for key in switched)
        networks.site.warn(f"{names} stays on, as others may have come to rely on it")


def end(networks: Networks, row: NetworkRow, entry: Journal) -> None:
    """Make an active network inactive, under its lock; ``entry`` is its list."""
    entry.told.append(f"# say that network '{row.name}' is inactive")
    if networks.site.rehearsing:
        entry.steps |= surroundings.ending_with(networks.site, row.journal)
    entry.undo(lambda: _deactivate(networks, row))


def _switched(entry: Journal) -> list[str]:
    """The settings of the host that a network's start has changed."""
    steps = [step for step in entry.steps.values() if isinstance(step, Forwarding) and not step.where.is_own]
    return [key for step in steps for key in step.switched]


# looking after those that run
def look_after(networks: Networks) -> None:
    """Bring active networks to what is on record of them: a dnsmasq that has ended is started again, and that is told;
    a change that somebody had no time to carry out is carried out."""
    if networks.site.readonly or networks.site.rehearsing:
        return
    for uuid in {*networks.due(), *(uuid for uuid, pid, started in networks.served() if not is_running(pid, started))}:
        lock = networks.try_lock(uuid, "net-repair")
        if lock is not None:  # whoever has it looks himself
            with lock:
                converge(networks, uuid)


def converge(networks: Networks, uuid: str) -> None:
    """Have the host do what an active network's document says now, under its lock."""
    row = networks.by_uuid(uuid)
    if row is not None and row.active:
        document = networks.document(row)
        around = _around(networks, row)
        if (table := firewall.table(document, around)) is not None:
            table.replace()
        if is_served(document):
            _converge_dnsmasq(networks, row, document, around)
    networks.done(uuid)


def _around(networks: Networks, row: NetworkRow) -> Surroundings:
    return surroundings.current(networks.site) if networks.where(row).is_own else surroundings.ON_HOST


def _converge_dnsmasq(networks: Networks, row: NetworkRow, document: Network, around: Surroundings) -> None:
    directory = place(networks, row.uuid)
    entry = networks.site.held(row.journal)
    seq, dnsmasq = next((seq, step) for seq, step in entry.steps.items() if isinstance(step, Dnsmasq))
    ended = not is_running(dnsmasq.pid, dnsmasq.started)
    written = plan.told(document, directory, around, networks.reserved(row.uuid)).files(directory)
    changed = [path for path, text in written.items() if _differs(path, text)]
    for path in changed:
        write_atomic(path, written[path].encode(errors="surrogateescape"), 0o644)
    if ended or f"{directory}/dnsmasq.conf" in changed:
        entry.renew(seq, Dnsmasq(directory).at(around.where))
    elif changed:
        signal_process(dnsmasq.pid, dnsmasq.started, SIGHUP)
    if ended:
        networks.site.warn(f"the dnsmasq of network '{row.name}' had ended; it was started again")


def _differs(path: str, text: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read() != text
    except FileNotFoundError:
        return True


def require_possible(networks: Networks, row: NetworkRow, document: Network) -> None:
    """Refuse a live document that the host would not carry out. Raises InternalError with the tools' own words."""
    around = _around(networks, row)
    if (table := firewall.table(document, around)) is not None:
        table.replace(check=True)
    if is_served(document):
        text = plan.told(document, "/", around).configuration
        processes.run([program("dnsmasq"), "--test", "--conf-file=-"], input=text)
