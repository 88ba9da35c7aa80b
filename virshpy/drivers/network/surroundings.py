"""Where a connection's networks are: root's on the host, an ordinary user's in a namespace that the connection has.

The namespace is made with the first network that starts, and ends when nothing is in it any more: no network, and no
guest's link. What is in it is on record with the steps that have put it there.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import processes
from virshpy.host.namespaces import HOST, Host, Namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from virshpy.host.journal import Journal
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.host.steps.namespace import Keeper, WayOut
    from virshpy.xml.network.addresses import NetworkIP

KIND, ID = "namespace", "networks"  # of its journal and its lock: there is one for each connection
_HELD = f"SELECT id FROM run.journal WHERE subject = '{KIND}.{ID}' AND phase = 'held'"
# A network that is being started, and what was done inside: by networks, and by guests.
_USED = """
SELECT 1 FROM run.journal WHERE subject GLOB 'network.*' AND phase <> 'held'
UNION ALL SELECT 1 FROM run.step WHERE json_extract(data, '$.namespace[0]') = ? AND journal <> ?
"""
_PATIENCE = 2  # seconds between SIGTERM and SIGKILL


class Surroundings:
    """``where`` links are made; ``out`` is the link that leads out of there, and ``resolver`` who knows names there:
    None for the host, which has its own."""

    def __init__(self, where: Host, out: str | None = None, resolver: str | None = None) -> None:
        self.where = where
        self.out = out
        self.resolver = resolver


ON_HOST = Surroundings(HOST)


def are_own() -> bool:
    """Whether networks are in a namespace of their connection's: where its user may not change the host's."""
    return os.geteuid() != 0


class Own:
    """The namespace that a connection has: its journal, and the two processes of it."""

    def __init__(self, entry: Journal, keeper: Keeper, seq: int, way_out: WayOut) -> None:
        self.entry = entry
        self.keeper = keeper
        self.seq = seq
        self.way_out = way_out

    @property
    def surroundings(self) -> Surroundings:
        return _around(self.keeper.namespace, self.way_out)


def _around(namespace: Namespace, way_out: WayOut) -> Surroundings:
    from virshpy.host.steps.namespace import OUT

    return Surroundings(namespace, OUT, f"{way_out.network.rpartition('.')[0]}.3")


def is_there(site: Site) -> bool:
    """Whether a connection has a namespace at the moment."""
    return are_own() and site.store.one(_HELD) is not None


def find(site: Site) -> Own | None:
    """The namespace that there is; None also where somebody is about to end it."""
    row = site.store.one(_HELD) if are_own() else None
    if row is None:
        return None
    from virshpy.host.journal import Journal
    from virshpy.host.steps.namespace import Keeper, WayOut

    try:
        entry = Journal.load(site.store, row[0])
    except errors.InternalError:
        return None
    keeper = next((step for step in entry.steps.values() if isinstance(step, Keeper)), None)
    seq, way_out = next(((seq, step) for seq, step in entry.steps.items() if isinstance(step, WayOut)), (0, None))
    return None if keeper is None or way_out is None else Own(entry, keeper, seq, way_out)


def current(site: Site) -> Surroundings:
    """Where the networks that run are. Raises OperationFailed where an ordinary user has none that do."""
    if not are_own():
        return ON_HOST
    found = find(site)
    if found is None:
        raise errors.OperationFailed("this connection has no namespace for its networks", hint="start a network first")
    return found.surroundings


def prepare(site: Site, entry: Journal, others: Callable[[], Iterable[NetworkIP]]) -> Surroundings:
    """Where a network is to start whose journal, already written, is ``entry``; the namespace is made if need be.

    ``others`` gives the addresses of all networks, which the way out is to leave alone. Raises what its steps raise.
    """
    if not are_own():
        return ON_HOST
    return _told(site, entry, others()) if site.rehearsing else _ensured(site, others())


def _ensured(site: Site, others: Iterable[NetworkIP]) -> Surroundings:
    with site.lock(KIND, ID, "net-start"):
        found = find(site)
        if found is not None:
            return found.surroundings
        *before, keeper = _begin(site)
        with site.change("net-start", KIND, ID) as entry:
            for step in (*before, keeper):
                entry.do(step)
            way_out = _way_out(site, keeper, others)
            entry.do(way_out)
            entry.hold(lambda: None)
        return _around(keeper.namespace, way_out)


def _told(site: Site, entry: Journal, others: Iterable[NetworkIP]) -> Surroundings:
    found = find(site)
    if found is not None:
        return found.surroundings
    *before, keeper = _begin(site)
    way_out = _way_out(site, keeper, others)
    for step in (*before, keeper, way_out):
        entry.told += step.commands()
    return _around(keeper.namespace, way_out)


def _begin(site: Site) -> tuple[Step, Step, Keeper]:
    """The steps that make it, but for its way out."""
    from virshpy.host import systemd
    from virshpy.host.steps.filesystem import MakeDirectory, RotateLog
    from virshpy.host.steps.namespace import Keeper, require_slirp

    require_slirp()
    scope = systemd.scope(ID, site.config.slice, site.warn, "Virtual")
    keeper = Keeper(directory(site), f"{site.directories.log}/namespace.log", scope)
    return RotateLog(_log(site), site.config.log_size), MakeDirectory(directory(site)), keeper


def _log(site: Site) -> str:
    return f"{site.directories.log}/slirp4netns.log"


def directory(site: Site) -> str:
    """Where the files of the namespace's processes are."""
    return f"{site.directories.run}/namespace"


def _way_out(site: Site, keeper: Keeper, others: Iterable[NetworkIP]) -> WayOut:
    from virshpy.host.steps.namespace import WayOut

    network = free_network(others, HOST)
    return WayOut(keeper.namespace.recorded, network, directory(site), _log(site), keeper.scope)


def free_network(others: Iterable[NetworkIP], host: Host) -> str:
    """The addresses of the way out: slirp4netns's own, unless a network or the host has them."""
    from virshpy.drivers.network.room import first_free

    free = first_free((f"10.0.{third}.0" for third in range(2, 255)), others, host.ways())
    if free is None:
        raise errors.InternalError(
            "no network of addresses is free for the way out", hint="give the networks fewer addresses of 10.0.0.0/16"
        )
    return free


# its end
def is_used(site: Site, own: Own, but: str = "") -> bool:
    """Whether something is in it, other than what a journal has put there."""
    return site.store.one(_USED, own.keeper.pid, but) is not None


def ending_with(site: Site, journal: str) -> dict[int, Step]:
    """The steps that are undone after those of a journal, where that is the last with something in the namespace."""
    own = find(site)
    if own is None or is_used(site, own, journal):
        return {}
    return {seq - len(own.entry.steps) - 1: step for seq, step in own.entry.steps.items()}


def end_unused(site: Site) -> None:
    """End the namespace where nothing is in it any more. What cannot be ended stays on record, and is a warning."""
    own = None if site.readonly or site.rehearsing else find(site)
    if own is None or is_used(site, own):
        return
    lock = site.try_lock(KIND, ID, "net-destroy")
    if lock is None:
        return  # whoever has it makes use of it, or ends it
    with lock:
        own = find(site)
        if own is not None and not is_used(site, own):
            end(site, own)


def end(site: Site, own: Own) -> None:
    """End it, under its lock."""
    try:
        own.entry.undo()
    except errors.Error as error:
        site.warn(f"something is left of the namespace of this connection's networks: {error}")


def end_lost(place: str) -> None:
    """End the processes of a namespace, and of the networks in it, whose record in the directory ``place`` is lost."""
    for pid, uid, words in processes.command_lines():
        if uid == os.geteuid() and _is_of(place, pid, words):
            try:
                processes.kill(pid, processes.start_time(pid) or 0, patience=_PATIENCE)
            except errors.Error:
                continue  # it is somebody's by now, or waits in the kernel


def _is_of(place: str, pid: int, words: list[str]) -> bool:
    """Whether a process is one of those, by its command line; slirp4netns by the directory that it works in."""
    name = os.path.basename(words[0])
    if name == "cat":
        return words[1:2] == [f"{place}/namespace/keeper"]
    if name == "dnsmasq":
        return words[1].startswith(f"--conf-file={place}/networks/") if len(words) > 1 else False
    return name == "slirp4netns" and processes.folder_of(pid).startswith(f"{place}/namespace")
