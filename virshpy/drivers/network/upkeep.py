"""Looking after what runs: networks, each with its dnsmasq, and the namespace that an ordinary user's are in."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.network import life, surroundings
from virshpy.host.processes import is_running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.network.records import NetworkRow, Networks
    from virshpy.drivers.network.surroundings import Own

_WAY_OUT = "the way out of this connection's networks (slirp4netns)"


def look_after(networks: Networks) -> None:
    """Bring what is active to what is on record of it, and tell what had to be done for that."""
    if networks.site.readonly or networks.site.rehearsing:
        return
    own = surroundings.find(networks.site)
    if own is not None:
        if not is_running(own.keeper.pid, own.keeper.started):
            _lost(networks, own)
        elif not is_running(own.way_out.pid, own.way_out.started):
            _reopen(networks)
    life.look_after(networks)
    surroundings.end_unused(networks.site)


def _lost(networks: Networks, own: Own) -> None:
    """The keeper has ended, and with it every network: they are inactive from now on."""
    for row in networks.within(own.keeper.pid):
        lock = networks.try_lock(row.uuid, "net-repair")
        if lock is None:
            continue  # whoever has it finds out himself
        with lock:
            again = networks.by_uuid(row.uuid)
            if again is not None and again.active and again.journal == row.journal:
                _end_lost(networks, again)
    lock = networks.site.try_lock(surroundings.KIND, surroundings.ID, "net-repair")
    if lock is not None:
        with lock:
            found = surroundings.find(networks.site)
            if found is not None and found.entry.id == own.entry.id and not networks.within(own.keeper.pid):
                surroundings.end(networks.site, found)


def _end_lost(networks: Networks, row: NetworkRow) -> None:
    guests = networks.guests_on(row.uuid)
    said = f"; {', '.join(guests)}: without a network until started again" if guests else ""
    networks.site.warn(f"network '{row.name}' has ended: somebody has ended the namespace that it was in{said}")
    try:
        life.end(networks, row, networks.site.held(row.journal))
    except errors.Error as error:
        networks.site.warn(f"something is left of network '{row.name}': {error}")


def _reopen(networks: Networks) -> None:
    """The way out has ended: it is started again, and forwards the ports that it did."""
    from virshpy.host.journal import steps_of
    from virshpy.host.steps.forwards import PortForwards
    from virshpy.host.systemd import scope_of

    site = networks.site
    lock = site.try_lock(surroundings.KIND, surroundings.ID, "net-repair")
    if lock is None:
        return  # whoever has it looks himself
    with lock:
        own = surroundings.find(site)
        if own is None or is_running(own.way_out.pid, own.way_out.started):
            return
        try:
            own.entry.renew(own.seq, own.way_out.anew(scope_of(own.keeper.pid, surroundings.ID, site.warn)))
        except errors.Error as error:
            site.warn(f"{_WAY_OUT} has ended, and could not be started again: {error}")
            return
        for step in steps_of(site.store, PortForwards.kind):
            assert isinstance(step, PortForwards)
            try:
                step.repeat()
            except errors.Error as error:
                site.warn(f"ports are forwarded no more: {error}")
    site.warn(f"{_WAY_OUT} had ended; it was started again")
