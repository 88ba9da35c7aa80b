"""Jobs on a domain's disks: copies, commits, pulls; sizes and thresholds."""

from __future__ import annotations

from virshpy.enums import (
    BlockCommitFlags,
    BlockCopyFlags,
    BlockJobAbortFlags,
    BlockJobInfoFlags,
    BlockJobSetSpeedFlags,
    BlockPullFlags,
    BlockRebaseFlags,
    BlockResizeFlags,
)
from virshpy.shell.blockjobs import ReadsBandwidth, bandwidth, bandwidth_option, follow, timeout_option, waiters_only
from virshpy.shell.commands.domain.options import DOMAIN, RUNNING
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import Alias, Exclusive, OneOf, Reads, Requires, argument, command, flag, option
from virshpy.shell.lang.types import STRING, Choice, File, Path, Size, UInt
from virshpy.shell.nouns.objects import DiskName
from virshpy.shell.nouns.options import PRINT_XML
from virshpy.shell.render.results import Document, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Option
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_PATH = argument("path", DiskName(), "target or source of a disk")
_WAIT = flag("wait", "wait until it is done")
_VERBOSE = flag("verbose", "with --wait: show progress")
_TIMEOUT = timeout_option()
_ASYNC = flag("async", "with --wait: do not wait for a cancelled job to end")


def _bytes(adds: int = 0) -> Option:
    return flag("bytes", "the bandwidth is in bytes per second", adds=adds)


def _relative(adds: int) -> Option:
    return flag("keep-relative", "keep the names of backing files relative", adds=adds)


@command(
    "blockpull",
    "copy the backing files of a disk into its image",
    "Copy data from backing files into a disk's image, until it no longer needs\nthem.",
    (
        DOMAIN,
        _PATH,
        bandwidth_option(),
        option("base", STRING.offering("DISK"), "backing file to keep (default: none)"),
        _WAIT,
        _VERBOSE,
        _TIMEOUT,
        _ASYNC,
        _relative(BlockRebaseFlags.RELATIVE),
        _bytes(BlockPullFlags.BANDWIDTH_BYTES),
    ),
    constraints=(
        Requires("verbose", "wait"),
        Requires("async", "wait"),
        Reads("path", "base"),
        ReadsBandwidth(),
        Reads("timeout"),
    ),
    examples=(("blockpull test vda --wait --verbose", "make it stand alone"),),
    returns="message domain outcome",
)
def blockpull(domain: Domain, path: str, base: str | None, flags: int, args: Arguments) -> Iterable[Result]:
    limit = bandwidth(args)
    if base or "keep-relative" in args:
        domain.block_rebase(path, base, limit, flags=flags)
    else:
        domain.block_pull(path, limit, flags=flags)
    return follow(domain, args, "Block Pull", waits="wait" in args)


@command(
    "blockcommit",
    "merge a disk's overlay into its backing file",
    "Copy data from an image down into a backing file, so that the chain\nbecomes shorter.",
    (
        DOMAIN,
        _PATH,
        bandwidth_option(),
        option("base", STRING.offering("DISK"), "the backing file to copy into (default: the last)"),
        flag("shallow", "copy into the next backing file only", adds=BlockCommitFlags.SHALLOW),
        option("top", STRING.offering("DISK"), "the image to copy from (default: the first)"),
        flag("active", "commit the active image"),
        flag("delete", "delete images that are no longer used", adds=BlockCommitFlags.DELETE),
        _WAIT,
        _VERBOSE,
        _TIMEOUT,
        flag("pivot", "wait, then use the backing file instead of the image"),
        flag("keep-overlay", "wait, then go on with the overlay"),
        _ASYNC,
        _relative(BlockCommitFlags.RELATIVE),
        _bytes(BlockCommitFlags.BANDWIDTH_BYTES),
    ),
    constraints=(
        Reads("path", "base", "top"),
        Exclusive("pivot", "keep-overlay"),
        *waiters_only("timeout", "wait", "pivot", "keep-overlay"),
        ReadsBandwidth(),
        Reads("timeout"),
    ),
    examples=(("blockcommit test vda --active --pivot --verbose", "fold the active overlay into its backing file"),),
    returns="message domain outcome",
)
def blockcommit(domain: Domain, path: str, flags: int, args: Arguments) -> Iterable[Result]:
    limit = bandwidth(args)
    ends = "pivot" in args or "keep-overlay" in args
    active = "active" in args or ends
    flags |= BlockCommitFlags.ACTIVE if active else 0
    domain.block_commit(path, args["base"], args["top"], limit, flags=flags)
    label = "Active Block Commit" if active else "Block Commit"
    waits = ends or "wait" in args or "timeout" in args
    kept = "Commit complete, overlay image kept"
    return follow(domain, args, label, waits=waits, ends=ends, phase="synchronized", kept=kept)


@command(
    "blockcopy",
    "copy a disk to another place while the domain runs",
    "Copy a disk of a running domain, and keep the copy in sync until it is used\nor given up.",
    (
        DOMAIN,
        _PATH,
        option("dest", Path(), "where the copy goes"),
        bandwidth_option(),
        flag("shallow", "copy only the overlay; the copy has the same backing file", adds=BlockCopyFlags.SHALLOW),
        flag("reuse-external", "write into an existing file", adds=BlockCopyFlags.REUSE_EXT),
        flag("blockdev", "the copy goes to a device of the host"),
        _WAIT,
        _VERBOSE,
        _TIMEOUT,
        flag("pivot", "wait, then use the copy"),
        flag("finish", "wait, then go on without the copy"),
        _ASYNC,
        option("xml", Path(), "file with XML that says where the copy goes"),
        option("format", Choice("raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "luks"), "format of the copy"),
        option("granularity", UInt(), "size of the pieces to copy in bytes, a power of two"),
        option("buf-size", UInt(64), "maximum data in flight, in bytes"),
        _bytes(),
        flag("transient-job", "the job is lost when the domain stops", adds=BlockCopyFlags.TRANSIENT_JOB),
        flag(
            "synchronous-writes",
            "the guest waits for its writes to reach the copy",
            adds=BlockCopyFlags.SYNCHRONOUS_WRITES,
        ),
        PRINT_XML,
    ),
    constraints=(
        Reads("path", "dest", "xml", "format"),
        ReadsBandwidth(),
        Reads("granularity", "buf-size", "timeout"),
        Exclusive("dest", "xml"),
        Exclusive("format", "xml"),
        Exclusive("blockdev", "xml"),
        Exclusive("pivot", "finish"),
        OneOf("dest", "xml", complaint="need either --dest or --xml"),
        *waiters_only("timeout", "wait", "pivot", "finish"),
    ),
    aliases=(Alias("raw", "format", "raw"),),
    examples=(("blockcopy test vda /srv/new.qcow2 --pivot --verbose", "move a disk without a pause"),),
    returns="message domain outcome | xml",
)
def blockcopy(session: Session, domain: Domain, path: str, flags: int, args: Arguments) -> Iterable[Result]:
    limit = bandwidth(args)
    if "print-xml" in args:
        return [Document(_copy_xml(session, args))]
    params: dict[str, Any] = {}
    if limit:
        params["bandwidth"] = limit if "bytes" in args else limit << 20
    if args["granularity"]:
        params["granularity"] = args["granularity"]
    if args["buf-size"]:
        params["buf-size"] = args["buf-size"]
    if any(name in args for name in _OF_COPY) or args["format"] not in (None, "raw"):
        domain.block_copy(path, _copy_xml(session, args), params, flags=flags)
    else:
        flags |= BlockRebaseFlags.COPY  # --shallow and --reuse-external are the same numbers there
        flags |= BlockRebaseFlags.COPY_DEV if "blockdev" in args else 0
        flags |= BlockRebaseFlags.COPY_RAW if args["format"] else 0
        domain.block_rebase(path, args["dest"], limit, flags=flags)
    ends = "pivot" in args or "finish" in args
    waits = ends or "wait" in args or "timeout" in args
    return follow(domain, args, "Block Copy", waits=waits, ends=ends, phase="mirroring", kept="Successfully copied")


# What an older call, which is made where it is enough, cannot say.
_OF_COPY = ("xml", "granularity", "buf-size", "transient-job", "synchronous-writes", "bytes")


def _copy_xml(session: Session, args: Arguments) -> str:
    from virshpy.shell.markup import Writer

    if args["xml"] is not None:
        return str(File().resolve(args["xml"], "xml", session))

    block = "blockdev" in args
    write = Writer()
    with write.element("disk", type="block" if block else "file"):
        write.empty("source", **{"dev" if block else "file": args["dest"]})
        if args["format"]:
            write.empty("driver", type=args["format"])
    return write.result()


_KINDS = ("Unknown job", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup")


@command(
    "blockjob",
    "query or control a job on a domain's disk",
    "Print the progress of a job on a disk, change its bandwidth, or end it.",
    (
        DOMAIN,
        _PATH,
        flag("abort", "cancel it"),
        flag("async", "do not wait until it has ended", adds=BlockJobAbortFlags.ASYNC),
        flag("pivot", "end a copy or commit, and switch to the copy", adds=BlockJobAbortFlags.PIVOT),
        flag("info", "print the progress (this is the default)"),
        flag("bytes", "bandwidths are in bytes per second"),
        flag("raw", "print libvirt's own numbers"),
        bandwidth_option(),
    ),
    constraints=(
        *(Exclusive(one, other) for one in ("raw", "info") for other in ("abort", "pivot", "async", "bandwidth")),
        *(Exclusive("bytes", other) for other in ("abort", "pivot", "async")),
    ),
    examples=(("blockjob test vda", "its progress"), ("blockjob test vda --pivot", "use the copy")),
    returns="type bandwidth_bytes done total",
)
def blockjob(domain: Domain, path: str, flags: int, args: Arguments) -> Iterable[Result]:
    in_bytes = "bytes" in args
    if "bandwidth" in args:
        limit = bandwidth(args)
        domain.block_job_set_speed(path, limit, flags=BlockJobSetSpeedFlags.BANDWIDTH_BYTES if in_bytes else 0)
        return
    if any(name in args for name in ("abort", "async", "pivot")):
        domain.block_job_abort(path, flags=flags)
        return
    raw = "raw" in args
    wanted = BlockJobInfoFlags.BANDWIDTH_BYTES if in_bytes or not raw else 0
    info = domain.block_job_info(path, flags=wanted)
    if info is None:
        if not raw:
            yield Text("type", f"No current block job for {path}", None, bandwidth_bytes=None, done=None, total=None)
        return
    label = _KINDS[info.type] if 0 <= info.type < len(_KINDS) else _KINDS[0]
    per_second = info.bandwidth if wanted else info.bandwidth << 20
    figures: dict[str, Any] = {"bandwidth_bytes": per_second, "done": info.cur, "total": info.end}
    if raw:
        text = f" type={label}\n bandwidth={info.bandwidth}\n cur={info.cur}\n end={info.end}\n"
        yield Text("type", text, label.lower(), end="", **figures)
        return
    from virshpy.shell.blockjobs import progress

    text = f"{label}: {progress(info.cur, info.end)}"
    if info.bandwidth:
        from virshpy.shell.render.readable import scaled

        text += f"    Bandwidth limit: {info.bandwidth} bytes/s ({scaled(info.bandwidth, 3)}/s)"
    yield Text("type", text, label.lower(), **figures)


@command(
    "blockresize",
    "change the size of a running domain's disk",
    "Change the size of a disk while its domain runs.",
    (RUNNING, _PATH, argument("size", Size(1024), "in KiB, or with a unit")),
    constraints=(Reads("path", "size"),),
    examples=(("blockresize test vda 40G", "the guest sees it at once"),),
    returns="message domain",
)
def blockresize(domain: Domain, path: str, size: int) -> Message:
    # Bytes are asked for only where KiB cannot say it: older drivers know nothing else.
    in_bytes = bool(size % 1024)
    with failing(f"Failed to resize block device '{path}'"):
        domain.block_resize(path, size if in_bytes else size // 1024, flags=BlockResizeFlags.BYTES if in_bytes else 0)
    return Message(f"Block device '{path}' is resized", end="", domain=domain.name)


@command(
    "domblkthreshold",
    "have an event sent when a domain's disk is nearly full",
    "Have an event sent when a guest writes beyond a threshold of an image.",
    (
        RUNNING,
        argument("dev", DiskName(), "target of a disk, or of a part of its chain: vda[1]"),
        argument("threshold", Size(1), "threshold, in bytes or with a unit"),
    ),
    constraints=(Reads("dev", "threshold"),),
    examples=(("domblkthreshold test vda 18G", "then: event test block-threshold"),),
    returns="",
)
def domblkthreshold(domain: Domain, dev: str, threshold: int) -> None:
    domain.set_block_threshold(dev, threshold)
