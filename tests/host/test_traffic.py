"""Limits of links: their words, and frames that are counted on both sides of a real one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests import links, needs
from virshpy import errors
from virshpy.host import traffic
from virshpy.host.steps import Step
from virshpy.host.steps.kinds import restore
from virshpy.host.steps.link import Macvtap, Tap
from virshpy.host.steps.traffic import Limit, Share, kernel_has

KIB = 1000  # tc's kilobyte


def nothing() -> None:
    pass


def recorded(step: Step) -> Step:
    return restore(step.kind, json.loads(json.dumps(step.data())))


def test_what_is_not_limited_is_left_out() -> None:
    assert traffic.limits({"average": 5, "peak": 0}, {"peak": 7}) == {"sent": {"average": 5}}
    assert traffic.limits(None, None) == {}


def test_a_helper_has_a_name_that_a_link_can_have() -> None:
    assert traffic.helper_of("vnet0") == "ifb-vnet0"
    assert traffic.helper_of("fifteen-letters") == "ifb-een-letters"


def test_a_link_that_is_shared_has_a_class_for_the_whole() -> None:
    rate = {"average": 100, "peak": 200, "burst": 8}
    lines = [" ".join(words) for words in traffic.sending("br0", rate, fair=True, shared=True)]
    assert lines == [
        "tc qdisc add dev br0 root handle 1: htb default 2",
        "tc class add dev br0 parent 1: classid 1:1 htb rate 100kbps ceil 200kbps",
        "tc class add dev br0 parent 1:1 classid 1:2 htb rate 100kbps ceil 200kbps burst 8kb",
        "tc qdisc add dev br0 parent 1:2 handle 2: sfq perturb 10",
    ]


def test_what_is_received_is_dropped_where_the_kernel_can() -> None:
    lines = [" ".join(words) for words in traffic.policing("vnet0", {"average": 100})]
    assert lines[1].endswith("police rate 100kbps burst 100kb mtu 64kb drop flowid :1")


@pytest.fixture
def line() -> Iterator[tuple[str, int, str]]:
    """A tap on a bridge as a guest has it, its queue, and a link behind another port."""
    with links.bridge() as bridge, links.pair() as (port, far):
        links.ip("link", "set", port, "master", bridge)
        tap = Tap(links.name("vpt"), bridge=bridge)
        tap.do(nothing)
        queue = tap.open()
        os.set_blocking(queue, False)
        try:
            yield tap.name, queue, far
        finally:
            os.close(queue)
            tap.undo()
            Limit(tap.name, None).undo()  # what a test that has failed leaves


@needs.root
@needs.program("tc", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_limits_hold_within_a_fifth(line: tuple[str, int, str]) -> None:
    tap, queue, far = line
    limit = Limit(tap, {"sent": {"average": 1000, "burst": 16}, "received": {"average": 500, "burst": 16}})
    limit.do(nothing)
    assert links.rate_out_of(queue, far) == pytest.approx(1000 * KIB, rel=0.2)
    assert links.rate_into(queue, far) == pytest.approx(500 * KIB, rel=0.2)
    other = Limit(tap, {"received": {"average": 2000}}, limit.limits)
    other.do(nothing)
    assert links.rate_into(queue, far) == pytest.approx(2000 * KIB, rel=0.2)
    assert links.rate_out_of(queue, far) > 4000 * KIB
    recorded(other).undo()
    assert links.rate_out_of(queue, far) == pytest.approx(1000 * KIB, rel=0.2)
    for _ in range(2):
        recorded(limit).undo()
    assert links.rate_into(queue, far) > 4000 * KIB
    assert not links.exists(traffic.helper_of(tap))


@needs.root
@needs.program("tc", "iproute2")
def test_limits_hold_on_a_macvtap() -> None:
    """Which sends what a guest sends."""
    with links.pair() as (lower, far):
        macvtap = Macvtap(links.name("vpm"), lower, "bridge", "52:54:00:00:00:43")
        macvtap.do(nothing)
        queue = macvtap.open()
        os.set_blocking(queue, False)
        limit = Limit(macvtap.name, {"sent": {"average": 1000, "burst": 16}, "received": {"average": 500}})
        try:
            limit.do(nothing)
            assert links.rate_into(queue, far) == pytest.approx(1000 * KIB, rel=0.2)
            assert links.rate_out_of(queue, far) == pytest.approx(500 * KIB, rel=0.2)
        finally:
            os.close(queue)
            recorded(limit).undo()
            recorded(macvtap).undo()
        assert not links.exists(macvtap.name)


@needs.root
@needs.program("tc", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_what_somebody_else_has_set_stays(line: tuple[str, int, str]) -> None:
    tap, _, _ = line
    theirs = ["tc", "qdisc", "add", "dev", tap, "root", "handle", "7:", "tbf", "rate", "9mbit", "burst", "9k", "limit"]
    subprocess.run([*theirs, "90k"], check=True)
    with pytest.raises(errors.InternalError, match="Child process"):
        Limit(tap, {"sent": {"average": 1000}}).do(nothing)
    shown = subprocess.run(["tc", "qdisc", "show", "dev", tap], capture_output=True, text=True, check=True).stdout
    assert "tbf 7:" in shown


@needs.root
@needs.program("tc", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_a_helper_goes_also_after_its_link(line: tuple[str, int, str]) -> None:
    tap, _, _ = line
    limit = Limit(tap, {"received": {"average": 500}})
    limit.do(nothing)
    assert links.exists(traffic.helper_of(tap)) is not kernel_has("police")
    links.ip("link", "delete", tap)
    recorded(limit).undo()
    assert not links.exists(traffic.helper_of(tap))


@needs.root
@needs.program("tc", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_a_share_is_a_class_below_the_whole_and_goes_again(line: tuple[str, int, str]) -> None:
    tap, _, _ = line
    limit = Limit(tap, {"sent": {"average": 1000}}, shared=True)
    limit.do(nothing)
    share = Share(tap, 3, "52:54:00:00:00:07", floor=800, ceiling=1000)
    share.do(nothing)

    def classes() -> str:
        return subprocess.run(["tc", "class", "show", "dev", tap], capture_output=True, text=True, check=True).stdout

    assert "class htb 1:3 parent 1:1" in classes()
    for _ in range(2):
        recorded(share).undo()
    assert "1:3 " not in classes()
    limit.undo()
    assert "htb" not in classes()
