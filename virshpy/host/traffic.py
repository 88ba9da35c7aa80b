"""Limits on what a link sends and receives, as words for tc(8) and ip(8). Nothing is done here.

A rate is ``{"average": …, "peak": …, "burst": …}``: kilobytes a second, a burst in kilobytes; what is 0 or missing is
not limited. What a link *sends* waits in a queue (htb). What it *receives* has no queue: it is dropped above the rate
(police), or where the kernel has no police it is sent through a helper link (ifb), whose queue limits it.

The queue of a link that is shared has a class for the whole (1:1), one for those without a class of their own (1:2),
and one below the first for each who has a share of its own (:func:`share`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Rate = Mapping[str, int]
    Limits = Mapping[str, Rate]
    Words = list[str]

SENT, RECEIVED = "sent", "received"
_ALL = ["protocol", "all", "u32", "match", "u32", "0", "0"]
_NAME = 15  # characters that a link's name may have


def limits(sent: Rate | None, received: Rate | None) -> dict[str, dict[str, int]]:
    """What is limited of a link, without what is not."""
    wanted = {SENT: sent, RECEIVED: received}
    return {
        way: {name: value for name, value in rate.items() if value}
        for way, rate in wanted.items()
        if rate and rate.get("average")
    }


def helper_of(device: str) -> str:
    """The name of the link through which another one receives."""
    return f"ifb-{device}" if len(device) + 4 <= _NAME else f"ifb-{device[4 - _NAME :]}"


def sending(device: str, rate: Rate, *, fair: bool, shared: bool = False) -> list[Words]:
    """A queue for what a link sends. ``fair``: the kernel can serve its connections by turns (sfq)."""
    tc = ["tc", "class", "add", "dev", device]
    lines = [["tc", "qdisc", "add", "dev", device, "root", "handle", "1:", "htb", "default", "2" if shared else "1"]]
    if shared:
        lines.append([*tc, "parent", "1:", "classid", "1:1", "htb", *_rate(rate, burst=False)])
    parent, own = ("1:1", "1:2") if shared else ("1:", "1:1")
    lines.append([*tc, "parent", parent, "classid", own, "htb", *_rate(rate)])
    return lines + (_turns(device, own, "2:") if fair else [])


def policing(device: str, rate: Rate) -> list[Words]:
    """What a link receives above a rate is dropped."""
    burst = rate.get("burst") or rate["average"]
    police = ["police", "rate", f"{rate['average']}kbps", "burst", f"{burst}kb", "mtu", "64kb", "drop", "flowid", ":1"]
    return [_ingress(device), [*_filter(device), *_ALL, *police]]


def redirecting(device: str, rate: Rate, *, fair: bool) -> list[Words]:
    """What a link receives waits in the queue of a helper link."""
    helper = helper_of(device)
    through = ["action", "mirred", "egress", "redirect", "dev", helper]
    return [
        ["ip", "link", "add", "name", helper, "type", "ifb"],
        ["ip", "link", "set", "dev", helper, "up"],
        *sending(helper, rate, fair=fair),
        _ingress(device),
        [*_filter(device), *_ALL, *through],
    ]


def unlimited(device: str) -> list[Words]:
    """What takes all limits of a link away; each of these fails where there is nothing to take."""
    return [
        ["tc", "qdisc", "del", "dev", device, "root"],
        ["tc", "qdisc", "del", "dev", device, "ingress"],
        ["ip", "link", "delete", "dev", helper_of(device)],
    ]


def share(device: str, number: int, mac: str, floor: int, ceiling: int, *, fair: bool) -> list[Words]:
    """A class of its own, number 3 or higher, for what a shared link sends to one address.

    ``floor`` is what it always gets, ``ceiling`` what it gets where others leave it.
    """
    own = f"1:{number:x}"
    rate = _rate({"average": floor, "peak": ceiling})
    return [
        ["tc", "class", "add", "dev", device, "parent", "1:1", "classid", own, "htb", *rate],
        *(_turns(device, own, f"{number:x}:") if fair else []),
        [*_share_filter("add", device, number), *_to(mac), "flowid", own],
    ]


def no_share(device: str, number: int) -> list[Words]:
    """The end of such a class."""
    return [
        _share_filter("del", device, number),
        ["tc", "class", "del", "dev", device, "classid", f"1:{number:x}"],
    ]


def _share_filter(verb: str, device: str, number: int) -> Words:
    """Filters are removed by their priority, so each class has its own."""
    return ["tc", "filter", verb, "dev", device, "parent", "1:", "protocol", "all", "prio", str(number), "u32"]


def _to(mac: str) -> Words:
    """The first six bytes of a frame, which are 14 before the packet that it carries."""
    first, second, third = (mac.replace(":", "")[n : n + 4] for n in (0, 4, 8))
    return [
        *("match", "u16", f"0x{first}", "0xffff", "at", "-14"),
        *("match", "u16", f"0x{second}", "0xffff", "at", "-12"),
        *("match", "u16", f"0x{third}", "0xffff", "at", "-10"),
    ]


def _rate(rate: Rate, *, burst: bool = True) -> Words:
    words = ["rate", f"{rate['average']}kbps"]
    if rate.get("peak"):
        words += ["ceil", f"{rate['peak']}kbps"]
    if burst and rate.get("burst"):
        words += ["burst", f"{rate['burst']}kb"]
    return words


def _turns(device: str, parent: str, handle: str) -> list[Words]:
    return [["tc", "qdisc", "add", "dev", device, "parent", parent, "handle", handle, "sfq", "perturb", "10"]]


def _ingress(device: str) -> Words:
    return ["tc", "qdisc", "add", "dev", device, "ingress"]


def _filter(device: str) -> Words:
    return ["tc", "filter", "add", "dev", device, "parent", "ffff:"]
