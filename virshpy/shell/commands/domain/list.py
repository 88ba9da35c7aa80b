"""``list``: the domains of a connection, filtered, in virsh's order and forms."""

from __future__ import annotations

from virshpy.enums import GetAllDomainStatsFlags, ListDomainsFlags, StatsTypes
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import Exclusive, command, exclusive, flag, option
from virshpy.shell.lang.types import TEXT
from virshpy.shell.nouns.domains import title_of
from virshpy.shell.render.results import Lines, Table
from virshpy.shell.render.states import state_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

    Row = tuple[Domain, int]

L = ListDomainsFlags
# What virConnectGetAllDomainStats can filter by itself; the numbers are the same.
_STATS_FILTERS = sum(int(member) for member in GetAllDomainStatsFlags if member <= L.OTHER)
_SHUT_OFF = "shut off"


_FIELDS_HELP = "columns, separated by commas: name, state, ip, memory, …"
_FIELD_KEYS = (
    "name? id? uuid? state? reason? title? memory_kib? max_memory_kib? vcpu_count? cpu_time_ns? autostart? persistent? "
    "ip? mac?"
)


@command(
    "list",
    "list domains",
    "List active domains, or those that the options select. Options about one\n"
    "property are alternatives; options about several narrow each other.",
    (
        flag("inactive", "domains that are inactive"),
        flag("all", "active and inactive domains"),
        flag("transient", "domains without a persistent definition", adds=L.TRANSIENT),
        flag("persistent", "domains with a persistent definition", adds=L.PERSISTENT),
        flag("with-snapshot", "domains that have snapshots", adds=L.HAS_SNAPSHOT),
        flag("without-snapshot", "domains that have no snapshot", adds=L.NO_SNAPSHOT),
        flag("with-checkpoint", "domains that have checkpoints", adds=L.HAS_CHECKPOINT),
        flag("without-checkpoint", "domains that have no checkpoint", adds=L.NO_CHECKPOINT),
        flag("state-running", "domains that are running", adds=L.RUNNING),
        flag("state-paused", "domains that are paused", adds=L.PAUSED),
        flag("state-shutoff", "domains that are shut off", adds=L.SHUTOFF),
        flag("state-other", "domains in any other state", adds=L.OTHER),
        flag("autostart", "domains that start with the host", adds=L.AUTOSTART),
        flag("no-autostart", "domains that do not start with the host", adds=L.NO_AUTOSTART),
        flag("with-managed-save", "domains that have a managed save image", adds=L.MANAGEDSAVE),
        flag("without-managed-save", "domains that have no managed save image", adds=L.NO_MANAGEDSAVE),
        flag("uuid", "print UUIDs instead of a table"),
        flag("name", "print names instead of a table"),
        flag("id", "print ids instead of a table"),
        flag("table", "print a table (this is the default)"),
        flag("managed-save", "show which inactive domains have a managed save image"),
        flag("title", "show titles, too"),
        option("fields", TEXT.offering("LIST_FIELDS"), _FIELDS_HELP, named_only=True),
    ),
    constraints=(
        Exclusive("table", "name"),
        Exclusive("table", "uuid"),
        Exclusive("table", "id"),
        *exclusive("fields", "name", "uuid", "id", "title", "managed-save"),
    ),
    examples=(
        ("list --all", "every domain, with its state"),
        ("list --name --state-running --autostart", "names of running domains that start with the host"),
        ("list --fields name,state,ip,memory", "the columns that you want"),
    ),
    returns=f"domains[id name state uuid title?] | domains[uuid? id? name?] | domains[{_FIELD_KEYS}]",
)
def list_(session: Session, args: Arguments) -> Result:
    flags = _selection(args)
    with failing("Failed to list domains"):
        rows = _ordered(_states(session, flags))
        plain = [name for name in ("id", "uuid", "name") if name in args]
        if plain:
            return _lines(rows, plain)
        if args["fields"] is not None:
            from virshpy.shell.commands.domain.fields import shown

            return shown([domain for domain, _ in rows], args["fields"])
        return _table(session, rows, args)


def _selection(args: Arguments) -> int:
    if "all" in args:
        return args.flags
    return args.flags | (L.INACTIVE if "inactive" in args or "state-shutoff" in args else L.ACTIVE)


def _states(session: Session, flags: int) -> list[Row]:
    """Domains that match, with their states, by one call where its filters suffice, else by two."""
    connection = session.connection
    if not flags & ~_STATS_FILTERS:
        answer = connection.domain_stats(stats=StatsTypes.STATE, flags=flags)
    else:
        domains = connection.list_domains(flags=flags)
        answer = connection.domain_stats(domains, stats=StatsTypes.STATE) if domains else []
    return [(domain, int(stats.get("state.state", 0))) for domain, stats in answer]


def _ordered(rows: list[Row]) -> list[Row]:
    """Active domains by id, then the others by name without regard to case."""
    return sorted(rows, key=lambda row: (row[0].id is None, row[0].id or 0, row[0].name.lower()))


def _lines(rows: list[Row], plain: list[str]) -> Lines:
    # virsh prints the id, if it is the only thing asked for, of active domains only.
    if plain == ["id"]:
        return Lines("domains", ["id"], [(domain.id,) for domain, _ in rows if domain.id is not None])
    order = [name for name in ("uuid", "id", "name") if name in plain]
    return Lines("domains", order, [[getattr(domain, name) for name in order] for domain, _ in rows])


def _table(session: Session, rows: list[Row], args: Arguments) -> Table:
    columns: list[tuple[str, str | None]] = [("id", "Id"), ("name", "Name"), ("state", "State"), ("uuid", None)]
    with_title = "title" in args
    if with_title:
        columns.insert(3, ("title", "Title"))
    saved: set[str] = set()
    if "managed-save" in args:
        saved = {domain.uuid for domain in session.connection.list_domains(flags=L.INACTIVE | L.MANAGEDSAVE)}
    table: list[list[Any]] = []
    for domain, state in rows:
        label = state_label(state)
        if label == _SHUT_OFF and domain.uuid in saved:
            label = "saved"
        row: list[Any] = [domain.id, domain.name, label, domain.uuid]
        if with_title:
            row.insert(3, title_of(domain))
        table.append(row)
    return Table("domains", columns, table)
