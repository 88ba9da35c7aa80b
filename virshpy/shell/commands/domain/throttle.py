"""Limits of disks: of one, or of several that share them."""

from __future__ import annotations

from virshpy.shell.commands.domain.options import DOMAIN, IMPACT
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, AnyText, Size, UInt
from virshpy.shell.nouns.objects import DiskName
from virshpy.shell.render.readable import parameters
from virshpy.shell.render.results import Message, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments


class GroupName(AnyText):
    """The name of a group of disks; virsh complains twice of an empty one."""

    def convert(self, text: str, name: str) -> str:
        if not text:
            first = f"Failed to get option '{name}': Option argument is empty"
            raise Failure(first, also="Unable to parse group-name parameter")
        return text


class Throttle(Size):
    """A number for which virsh complains twice."""

    def __init__(self, scaled: bool) -> None:
        super().__init__()
        self.plain = None if scaled else UInt(64)

    def convert(self, text: str, name: str) -> int:
        try:
            return self.plain.convert(text, name) if self.plain else super().convert(text, name)
        except Failure as failure:
            hint = "digits" if self.plain else "digits, perhaps with a unit such as K or M"
            second = "Unable to parse integer parameter"
            raise Failure(failure.message, failure.cause, also=second, hint=hint) from None


_RATES = tuple(
    f"{which}-{what}-sec{more}"
    for more in ("", "-max")
    for what in ("bytes", "iops")
    for which in ("total", "read", "write")
)
_LENGTHS = tuple(f"{rate}-length" for rate in _RATES if rate.endswith("-max"))
# virsh reads bytes first, and the name of the group last.
_READ = (*sorted(_RATES, key=lambda name: "iops" in name), "size-iops-sec", *_LENGTHS, "group-name")
_WORDS = {"total": "reads and writes", "read": "reads", "write": "writes"}


def _throttle_help(name: str) -> str:
    which, what, *_ = name.split("-")
    rate = f"{_WORDS[which]}, {'bytes' if what == 'bytes' else 'operations'} per second"
    if name.endswith("-length"):
        return f"maximum length of that peak in seconds: {rate}"
    return f"peak of {rate}" if name.endswith("-max") else rate


_GROUP_NAME = GroupName().offering("THROTTLE_GROUPS")


def throttle_options(*, group: bool) -> tuple[Any, ...]:
    """The options that describe how much of a disk may be used; ``group``: with the name of a shared limit."""
    return (
        *(option(name, Throttle("bytes" in name), _throttle_help(name)) for name in _RATES),
        option("size-iops-sec", Throttle(False), "bytes that count as one operation"),
        *((option("group-name", _GROUP_NAME, "disks of one name share the limits"),) if group else ()),
        *(option(name, Throttle(False), _throttle_help(name)) for name in _LENGTHS),
    )


def throttle_values(args: Arguments) -> dict[str, Any]:
    """What those options say, by libvirt's names."""
    names = [*_RATES, "size-iops-sec", "group-name", *_LENGTHS]
    return {name.replace("-", "_"): args[name] for name in names if args[name] is not None}


@command(
    "blkdeviotune",
    "limits of a domain's disk",
    "Print or set how fast a domain may read and write one of its disks.",
    (DOMAIN, argument("device", DiskName(), "target or source of a disk"), *throttle_options(group=True), *IMPACT),
    constraints=(Reads("domain", "device", *_READ),),
    aliases=[Alias(name.replace("-", "_"), name) for name in _READ],
    examples=(("blkdeviotune test vda --total-iops-sec 500 --total-iops-sec-max 2000", "500, and 2000 at times"),),
    returns="parameters",
)
def blkdeviotune(domain: Domain, device: str, flags: int, args: Arguments) -> Text | None:
    wanted = throttle_values(args)
    if wanted:
        with failing("Unable to change block I/O throttle"):
            domain.set_block_io_tune(device, wanted, flags=flags)
        return None
    # virsh asks how many there are, which looks at nothing but the flags.
    doing = "number of block I/O throttle" if {"config", "live"} <= args.given.keys() else "block I/O throttle"
    with failing(f"Unable to get {doing} parameters"):
        return parameters(domain.block_io_tune(device, flags=flags))


_GROUP = argument("group-name", STRING.offering("THROTTLE_GROUPS"), "name of a group of disks")


@command(
    "domsetthrottlegroup",
    "limits that several of a domain's disks share",
    "Make or change a group of limits that disks of a domain share.",
    (DOMAIN, _GROUP, *throttle_options(group=False), *IMPACT),
    examples=(("domsetthrottlegroup test slow --total-iops-sec 100", "all disks of that group together"),),
    returns="message domain",
)
def domsetthrottlegroup(domain: Domain, group_name: str, flags: int, args: Arguments) -> Message:
    values = {name: value for name, value in throttle_values(args).items() if name != "group_name"}
    with failing("Unable to change throttle group"):
        domain.set_throttle_group(group_name, values, flags=flags)
    return Message(f"Throttle group '{group_name}' set", domain=domain.name)


@command(
    "domdelthrottlegroup",
    "remove limits that several of a domain's disks share",
    "Remove a group of limits that no disk uses.",
    (DOMAIN, _GROUP, *IMPACT),
    examples=(("domdelthrottlegroup test slow", "no one is slow any more"),),
    returns="message domain",
)
def domdelthrottlegroup(domain: Domain, group_name: str, flags: int) -> Message:
    with failing("Unable to delete throttle group"):
        domain.del_throttle_group(group_name, flags=flags)
    return Message(f"Throttle group '{group_name}' deleted", domain=domain.name)


def _groups(domain: Domain, inactive: bool) -> list[dict[str, str]]:
    """The groups of limits in a domain's document."""
    from virshpy.xml.parse import parse

    root = parse(domain.xml_desc(flags=2 if inactive else 0), source="(domain_definition)")
    holder = root.find("throttlegroups")
    if holder is None:
        return []
    return [
        {child.tag: child.text.strip() for child in group.children}
        for group in holder.children
        if group.tag == "throttlegroup"
    ]


@command(
    "domthrottlegrouplist",
    "list limits that a domain's disks share",
    "List the groups of limits of a domain.",
    (DOMAIN, flag("inactive", "as they will be at the next start")),
    examples=(("domthrottlegrouplist test", "their names"),),
    returns="groups[name]",
)
def domthrottlegrouplist(domain: Domain, inactive: bool) -> Table:
    rows = [(group.get("group_name"),) for group in _groups(domain, inactive)]
    return Table("groups", [("name", "Name")], rows)


@command(
    "domthrottlegroupinfo",
    "print limits that a domain's disks share",
    "Print a group of limits of a domain.",
    (DOMAIN, _GROUP, *IMPACT),
    examples=(("domthrottlegroupinfo test slow", "what it allows"),),
    returns="parameters",
)
def domthrottlegroupinfo(domain: Domain, group_name: str, config: bool) -> Text:
    for group in _groups(domain, config):
        if group.get("group_name") == group_name:
            return parameters({name: int(text) if text.isdecimal() else text for name, text in group.items()})
    raise Failure(f"throttle group '{group_name}' was not found", kind="absent")
