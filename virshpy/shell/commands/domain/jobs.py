"""Jobs of a domain, and its migration to another host."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import AbortJobFlags, DirtyRateCalcFlags, JobStatsFlags, JobType, MigrateFlags, MigrateMaxSpeedFlags
from virshpy.shell.commands.domain.options import DOMAIN, RUNNING
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Alias, Exclusive, Requires, argument, command, flag, option
from virshpy.shell.lang.types import STRING, Choice, File, Int, UInt, Wrapping
from virshpy.shell.nouns.options import call
from virshpy.shell.render.readable import scaled
from virshpy.shell.render.results import Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result

_KINDS = ("None", "Bounded", "Unbounded", "Completed", "Failed", "Cancelled")
_OPERATIONS = (
    "Unknown", "Start", "Save", "Restore", "Incoming migration", "Outgoing migration", "Snapshot", "Snapshot revert",
    "Dump", "Backup", "Snapshot delete",
)  # fmt: skip
# libvirt's names of a job's figures, virsh's words for them, and what they count.
_FIGURES = (
    ("time_elapsed", "Time elapsed:", "ms"),
    ("time_elapsed_net", "Time elapsed w/o network:", "ms"),
    ("time_remaining", "Time remaining:", "ms"),
    ("downtime", "Total downtime:", "ms"),
    ("downtime_net", "Downtime w/o network:", "ms"),
    ("data_processed", "Data processed:", "size"),
    ("data_remaining", "Data remaining:", "size"),
    ("data_total", "Data total:", "size"),
    ("memory_processed", "Memory processed:", "size"),
    ("memory_remaining", "Memory remaining:", "size"),
    ("memory_total", "Memory total:", "size"),
    ("memory_bps", "Memory bandwidth:", "rate"),
    ("memory_dirty_rate", "Dirty rate:", "pages/s"),
    ("memory_page_size", "Page size:", "bytes"),
    ("memory_iteration", "Iteration:", ""),
    ("memory_postcopy_requests", "Postcopy requests:", ""),
    ("disk_processed", "File processed:", "size"),
    ("disk_remaining", "File remaining:", "size"),
    ("disk_total", "File total:", "size"),
    ("disk_bps", "File bandwidth:", "rate"),
    ("memory_constant", "Constant pages:", ""),
    ("memory_normal", "Normal pages:", ""),
    ("memory_normal_bytes", "Normal data:", "size"),
    ("setup_time", "Setup time:", "ms"),
    ("compression_cache", "Compression cache:", "size"),
    ("compression_bytes", "Compressed data:", "size"),
    ("compression_pages", "Compressed pages:", "count"),
    ("compression_cache_misses", "Compression cache misses:", "count"),
    ("compression_overflow", "Compression overflows:", "count"),
    ("auto_converge_throttle", "Auto converge throttle:", "count"),
    ("disk_temp_used", "Temporary disk space use:", "size"),
    ("disk_temp_total", "Temporary disk space total:", "size"),
    ("errmsg", "Error message:", "text"),
)


def _figure(label: str, value: Any, counts: str) -> str:
    if counts in ("size", "rate"):
        return f"{label:<17} {scaled(value, 3)}{'/s' if counts == 'rate' else ''}"
    if counts == "text":
        return f"{label:<17} {value}"
    if counts == "count":
        return f"{label:<17} {value:<13}"
    return f"{label:<17} {value:<12}" + (f" {counts}" if counts else "")


@command(
    "domjobinfo",
    "progress of a domain's job",
    "Print the job of a domain and its progress.",
    (
        DOMAIN,
        flag("completed", "figures of the last completed job", adds=JobStatsFlags.COMPLETED),
        flag("keep-completed", "keep the figures of the completed job", adds=JobStatsFlags.KEEP_COMPLETED),
        flag("anystats", "figures of jobs that failed, too"),
        flag("rawstats", "print libvirt's own names and numbers"),
    ),
    constraints=(Requires("keep-completed", "completed"),),
    examples=(("domjobinfo test", "during a migration, a backup, a dump"),),
    returns="type operation stats",
)
def domjobinfo(domain: Domain, anystats: bool, rawstats: bool, flags: int) -> Text:
    try:
        kind, found = domain.job_stats(flags=flags)
    except errors.NoSupport as error:
        if flags or rawstats:
            raise Failure("Optional flags or --rawstats are not supported by the daemon", error) from error
        kind, found = _from_older(domain)
    if rawstats:
        text = f"Job type: {kind}\n\n" + "".join(f"{name:<15}: {value}\n" for name, value in found.items())
        return _job(text, kind, found)
    label = _KINDS[kind] if 0 <= kind < len(_KINDS) else "unknown"
    lines = [f"{'Job type:':<17} {label:<12}"]
    ended = kind in (JobType.COMPLETED, JobType.FAILED, JobType.CANCELLED)
    if kind == JobType.NONE or (ended and not flags and not anystats):
        return _job("".join(line + "\n" for line in lines), kind, found)
    operation = found.get("operation")
    if isinstance(operation, int):
        lines.append(f"{'Operation:':<17} {_OPERATIONS[operation] if operation < len(_OPERATIONS) else 'unknown':<12}")
    for name, words, counts in _FIGURES:
        if name in found and not (name.startswith("data_") and not found[name]):
            lines.append(_figure(words, found[name], counts))
    return _job("".join(line + "\n" for line in lines), kind, found)


def _job(text: str, kind: int, found: dict[str, Any]) -> Text:
    """The words for the two numbers; programs get all figures, people those that virsh shows."""
    words = [
        names[number].lower() if isinstance(number, int) and 0 <= number < len(names) else None
        for names, number in ((_KINDS, kind), (_OPERATIONS, found.get("operation")))
    ]
    return Text("type", text, words[0], end="", operation=words[1], stats=found)


def _from_older(domain: Domain) -> tuple[int, dict[str, Any]]:
    """A job's figures from the older call, under their newer names."""
    info = domain.job_info()
    names = {"mem": "memory", "file": "disk"}
    found = {}
    for slot in info.__slots__:
        if slot != "type":
            group, _, rest = slot.partition("_")
            found[f"{names.get(group, group)}_{rest}"] = getattr(info, slot)
    return info.type, found


@command(
    "domjobabort",
    "cancel the job of a domain",
    "Cancel the job of a domain: a migration, a save, a dump, a backup.",
    (RUNNING, flag("postcopy", "interrupt a migration that is past the point of no return")),
    examples=(("domjobabort test", "it takes too long"),),
    returns="",
)
def domjobabort(domain: Domain, postcopy: bool) -> None:
    flags = AbortJobFlags.POSTCOPY if postcopy else 0
    call(domain.abort_job, flags=flags)


_MODES = {
    "page-sampling": DirtyRateCalcFlags.PAGE_SAMPLING,
    "dirty-bitmap": DirtyRateCalcFlags.DIRTY_BITMAP,
    "dirty-ring": DirtyRateCalcFlags.DIRTY_RING,
}


@command(
    "domdirtyrate-calc",
    "measure how fast a domain writes to its memory",
    "Begin to measure how much memory a domain writes per second;\n'domstats --dirtyrate' shows the result.",
    (
        RUNNING,
        option("seconds", Int(), "duration of the measurement in seconds, 1 to 60"),
        option("mode", Choice(*_MODES), "how: page-sampling, dirty-bitmap or dirty-ring"),
    ),
    examples=(("domdirtyrate-calc test --seconds 5", "could it be migrated while it runs?"),),
    returns="message domain",
)
def domdirtyrate_calc(domain: Domain, seconds: int | None, mode: str | None) -> Message:
    if mode and mode not in _MODES:
        raise Failure(f"Unknown calculation mode '{mode}'")
    domain.start_dirty_rate_calc(1 if seconds is None else seconds, flags=_MODES[mode] if mode else 0)
    return Message("Start to calculate domain's memory dirty rate successfully.", domain=domain.name)


# migration
_M = MigrateFlags
_SWITCHES: tuple[tuple[str, int, str], ...] = (
    ("live", _M.LIVE, "migrate the domain while it runs"),
    ("offline", _M.OFFLINE, "migrate the definition of a domain that does not run"),
    ("p2p", _M.PEER2PEER, "peer-to-peer: the source host controls the migration"),
    ("direct", 0, "the hypervisor controls the migration"),
    ("tunnelled", _M.TUNNELLED, "send the data through the connection of the two hosts"),
    ("persistent", _M.PERSIST_DEST, "define the domain there"),
    ("undefinesource", _M.UNDEFINE_SOURCE, "undefine the domain here"),
    ("suspend", _M.PAUSED, "leave the domain paused there"),
    ("copy-storage-all", _M.NON_SHARED_DISK, "copy disks that the hosts do not share"),
    ("copy-storage-inc", _M.NON_SHARED_INC, "copy only the overlays of disks that the hosts do not share"),
    ("copy-storage-synchronous-writes", _M.NON_SHARED_SYNCHRONOUS_WRITES,
     "a write of the guest completes only when the copy has it"),
    ("change-protection", _M.CHANGE_PROTECTION, "refuse changes of the domain during the migration"),
    ("unsafe", _M.UNSAFE, "migrate even if that may damage its disks"),
    ("verbose", 0, "show progress"),
    ("compressed", _M.COMPRESSED, "compress memory on the way"),
    ("auto-converge", _M.AUTO_CONVERGE, "slow the guest down until the migration converges"),
    ("rdma-pin-all", _M.RDMA_PIN_ALL, "pin all memory before an RDMA transfer"),
    ("abort-on-error", _M.ABORT_ON_ERROR, "give up at I/O errors of the guest"),
    ("postcopy", _M.POSTCOPY, "allow post-copy; migrate-postcopy begins it"),
    ("postcopy-after-precopy", 0, "switch to post-copy after the first pass over memory"),
    ("postcopy-resume", _M.POSTCOPY_RESUME, "resume a post-copy migration whose connection broke"),
    ("zerocopy", _M.ZEROCOPY, "send memory without copying it first"),
)  # fmt: skip
_DISKS = STRING.offering("DISKS")
_METHODS = STRING.offering("COMPRESSIONS")
# Options whose value becomes a parameter: libvirt's name of it, the type, the help.
_VALUES = {
    "migrateuri": ("migrate_uri", STRING, "URI that the hypervisor sends the domain to"),
    "graphicsuri": ("graphics_uri", STRING, "URI of the display after the migration"),
    "listen-address": ("listen_address", STRING, "address at which the other host listens"),
    "dname": ("destination_name", STRING, "the domain's name there"),
    "xml": ("destination_xml", File(), "file with the XML that it gets there"),
    "migrate-disks": ("migrate_disks", _DISKS, "targets of the disks to copy, separated by commas"),
    "disks-port": ("disks_port", Int(), "port of the other host for disks"),
    "disks-uri": ("disks_uri", STRING, "URI that disks are sent to"),
    "comp-methods": ("compression", _METHODS, "methods of compression, separated by commas"),
    "comp-mt-level": ("compression.mt.level", Int(), "level of compression by threads"),
    "comp-mt-threads": ("compression.mt.threads", Int(), "threads that compress"),
    "comp-mt-dthreads": ("compression.mt.dthreads", Int(), "threads that decompress"),
    "comp-xbzrle-cache": ("compression.xbzrle.cache", UInt(64), "bytes of cache for XBZRLE"),
    "auto-converge-initial": ("auto_converge.initial", Int(), "initial slowdown of the guest, in percent"),
    "auto-converge-increment": ("auto_converge.increment", Int(), "additional slowdown at each step, in percent"),
    "persistent-xml": ("persistent_xml", File(), "file with the XML that is defined there"),
    "postcopy-bandwidth": ("bandwidth.postcopy", UInt(64), "maximum bandwidth of the post-copy phase, in MiB/s"),
    "parallel-connections": ("parallel.connections", Int(), "number of connections"),
    "bandwidth": ("bandwidth", UInt(64), "maximum bandwidth, in MiB/s"),
    "tls-destination": ("tls.destination", STRING, "the other host's name as its certificate has it"),
}
_LISTS = ("migrate-disks", "comp-methods")


def _value(name: str) -> Any:
    return option(name, _VALUES[name][1], _VALUES[name][2], late=True)


@command(
    "migrate",
    "move a domain to another host",
    "Move a domain to another host, while it runs with --live.",
    (
        DOMAIN,
        argument("desturi", STRING.offering("URIS"), "URI of the other host"),
        *(flag(name, help, adds=value) for name, value, help in _SWITCHES),
        *(_value(name) for name in ("migrateuri", "graphicsuri", "listen-address", "dname")),
        option("timeout", UInt(), "act after N seconds (see --timeout-suspend, --timeout-postcopy)"),
        flag("timeout-suspend", "after the timeout, suspend the domain (this is the default)"),
        flag("timeout-postcopy", "after the timeout, switch to post-copy"),
        *(_value(name) for name in (
            "xml", "migrate-disks", "disks-port", "disks-uri", "comp-methods", "comp-mt-level", "comp-mt-threads",
            "comp-mt-dthreads", "comp-xbzrle-cache", "auto-converge-initial", "auto-converge-increment",
            "persistent-xml",
        )),
        flag("tls", "encrypt what is sent", adds=_M.TLS),
        _value("postcopy-bandwidth"),
        flag("parallel", "use several connections", adds=_M.PARALLEL),
        *(_value(name) for name in ("parallel-connections", "bandwidth", "tls-destination")),
    ),
    constraints=(
        Exclusive("live", "offline"),
        Exclusive("timeout-suspend", "timeout-postcopy"),
        Requires("postcopy-after-precopy", "postcopy"),
        Requires("postcopy-resume", "postcopy"),
        Requires("timeout-postcopy", "postcopy"),
        Requires("persistent-xml", "persistent"),
        Requires("tls-destination", "tls"),
    ),
    aliases=(Alias("tunneled", "tunnelled"),),
    examples=(("migrate test qemu+ssh://other/system --live --verbose", "without a pause that anyone notices"),),
    returns="message domain",
)  # fmt: skip
def migrate(domain: Domain, desturi: str, timeout: int | None, flags: int, args: Arguments) -> Iterable[Result]:
    if timeout:
        if "live" not in args:
            raise Failure("migrate: Unexpected timeout for offline migration")
    elif "timeout-suspend" in args or "timeout-postcopy" in args:
        raise Failure("migrate: Unexpected --timeout-* option without --timeout")
    later = (timeout, lambda: _when_it_takes_long(domain, args)) if timeout else None
    if "p2p" in args or "direct" in args:
        params = _parameters(args)
        yield from _moving(domain, args, lambda: _by_itself(domain, args, params, flags), later)
    else:
        import virshpy

        with virshpy.open(desturi) as destination:
            params = _parameters(args)
            yield from _moving(domain, args, lambda: domain.migrate3(destination, params, flags=flags), later)
    yield Message("", end="", domain=domain.name)


def _parameters(args: Arguments) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, (key, _, _) in _VALUES.items():
        if (value := args[name]) is not None:
            params[key] = value.split(",") if name in _LISTS else value
    return params


def _by_itself(domain: Domain, args: Arguments, params: dict[str, Any], flags: int) -> None:
    try:
        domain.migrate_to_uri3(args["desturi"], params, flags=flags)
    except errors.NoSupport as error:
        how = "p2p" if "p2p" in args else "direct"
        raise errors.ArgumentUnsupported(f"{how} migration is not supported by the source host") from error


def _moving(
    domain: Domain, args: Arguments, move: Callable[[], object], later: tuple[int, Callable[[], None]] | None
) -> Iterable[Result]:
    from virshpy.shell.progress import domain_job

    return domain_job("Migration", domain, move, asked="verbose" in args, later=later)


def _when_it_takes_long(domain: Domain, args: Arguments) -> None:
    if "timeout-postcopy" in args:
        domain.migrate_start_post_copy()
    else:
        domain.suspend()


@command(
    "migrate-postcopy",
    "switch a migration to post-copy",
    "Have a domain that is being migrated go on at the other host at once. The\n"
    "migration must have been started with --postcopy.",
    (RUNNING,),
    examples=(("migrate-postcopy test", "it writes faster than can be sent"),),
    returns="",
)  # fmt: skip
def migrate_postcopy(domain: Domain) -> None:
    domain.migrate_start_post_copy()


@command(
    "migrate-setmaxdowntime",
    "set the maximum downtime of a migration",
    "Set how long a domain may be paused at the end of its migration.",
    (RUNNING, argument("downtime", UInt(64), "maximum downtime, in milliseconds")),
    examples=(("migrate-setmaxdowntime test 500", "half a second"),),
    returns="",
)
def migrate_setmaxdowntime(domain: Domain, downtime: int) -> None:
    if downtime < 1:
        raise Failure("migrate: Invalid downtime")
    domain.migrate_set_max_downtime(downtime)


@command(
    "migrate-getmaxdowntime",
    "print the maximum downtime of a migration",
    "Print for how many milliseconds a domain may stand still when it changes\nhosts.",
    (RUNNING,),
    examples=(("migrate-getmaxdowntime test", "in milliseconds"),),
    returns="downtime_ms",
)
def migrate_getmaxdowntime(domain: Domain) -> Text:
    number = domain.migrate_max_downtime()
    return Text("downtime_ms", str(number), number, end="")


_POSTCOPY = flag("postcopy", "limit of the post-copy phase")


@command(
    "migrate-setspeed",
    "set the maximum bandwidth of a migration",
    "Set the maximum bandwidth of a migration.",
    (RUNNING, argument("bandwidth", Wrapping(), "maximum bandwidth, in MiB/s"), _POSTCOPY),
    examples=(("migrate-setspeed test 100", "leave something for others"),),
    returns="",
)
def migrate_setspeed(domain: Domain, bandwidth: int, postcopy: bool) -> None:
    flags = MigrateMaxSpeedFlags.POSTCOPY if postcopy else 0
    domain.migrate_set_max_speed(bandwidth, flags=flags)


@command(
    "migrate-getspeed",
    "print the maximum bandwidth of a migration",
    "Print the maximum bandwidth of a migration, in MiB/s.",
    (RUNNING, _POSTCOPY),
    examples=(("migrate-getspeed test", "in MiB/s"),),
    returns="bandwidth_bytes",
)
def migrate_getspeed(domain: Domain, postcopy: bool) -> Text:
    number = domain.migrate_max_speed(flags=MigrateMaxSpeedFlags.POSTCOPY if postcopy else 0)
    return Text("bandwidth_bytes", str(number), number << 20)


@command(
    "migrate-compcache",
    "cache of a compressed migration",
    "Print or set the size of the cache that a compressed migration uses.",
    (RUNNING, option("size", UInt(64), "bytes", named_only=True)),
    examples=(("migrate-compcache test --size 67108864", "64 MiB"),),
    returns="cache_bytes",
)
def migrate_compcache(domain: Domain, size: int | None) -> Text:
    if size is not None:
        domain.migrate_set_compression_cache(size)
    used = domain.migrate_compression_cache()
    return Text("cache_bytes", f"Compression cache: {scaled(used, 3)}", used, end="")
