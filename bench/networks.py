"""Networks: started and stopped, and a guest with an interface on one; beside the bare tools and beside virsh.

They are the host's own: bridges have names that nobody else gives, and are gone afterwards.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.domains import DOMAIN, PREFIX
from bench.measure import Row, Shell, run, side_by_side, timed

TIMES = 9
IN_SESSION = 20
GOAL = "virsh ratio at most 0.5, bare ratio at most 2"
_NAME = f"{PREFIX}-net"

Add = Callable[[Row], None]


def measure(folder: Path, shells: list[Shell], add: Add) -> None:
    """The rows; ``shells`` are virshpy, and virsh where libvirt is here. Nothing where the host lacks a part."""
    if os.geteuid() or not all(shutil.which(name, path=_PATH) for name in ("ip", "nft", "dnsmasq")):
        return
    bare = _Bare(folder)
    papers = [_paper(folder, number) for number, _ in enumerate(shells)]
    for shell, paper in zip(shells, papers, strict=True):
        shell("net-define", str(paper))
    try:
        _single(shells, bare, add)
        _session(folder, shells, add)
        _guest(folder, shells, add)
    finally:
        for shell in shells:
            shell("net-undefine", _NAME)


_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _paper(folder: Path, program: int, number: int = 0) -> Path:
    """A network of one program: no two may have a bridge or addresses in common."""
    path = folder / f"net{program}-{number}.xml"
    subnet = f"10.25{program}.{number}"
    bridge = f"<forward mode='nat'/><bridge name='vpb{program}-{number}' stp='off'/>"
    dhcp = f"<dhcp><range start='{subnet}.10' end='{subnet}.99'/></dhcp>"
    address = f"<ip address='{subnet}.1' prefix='24'>{dhcp}</ip>"
    path.write_text(f"<network><name>{_NAME}{number or ''}</name>{bridge}{address}</network>")
    return path


class _Bare:
    """The same by hand: a bridge with an address, a table of rules, dnsmasq."""

    def __init__(self, folder: Path, number: int = 0) -> None:
        pid, conf, rules = (folder / f"bare{number}.{name}" for name in ("pid", "conf", "rules"))
        link, subnet = f"vpbx-{number}", f"10.252.{number}"
        conf.write_text(
            f"interface={link}\nbind-dynamic\nexcept-interface=lo\nno-ping\n"
            f"dhcp-range={subnet}.10,{subnet}.99\npid-file={pid}\ndhcp-leasefile={folder}/bare{number}.leases\n"
        )
        rules.write_text(
            f"table inet {link} {{\nchain f {{\ntype filter hook forward priority filter;\n"
            f'iifname "{link}" oifname "{link}" accept\noifname "{link}" ct state established,related accept\n'
            f'oifname "{link}" reject\n}}\nchain p {{\ntype nat hook postrouting priority srcnat;\n'
            f"ip saddr {subnet}.0/24 ip daddr != {subnet}.0/24 masquerade\n}}\n}}\n"
        )
        self.up = (
            f"ip link add {link} type bridge stp_state 0 && ip address add {subnet}.1/24 dev {link} && "
            f"ip link set {link} up && nft -f {rules} && dnsmasq --conf-file={conf}"
        )
        # One that has ended may stay in /proc until process 1 takes notice.
        self.down = (
            f"pid=$(cat {pid}); kill $pid; while grep -q '^State:.[RSD]' /proc/$pid/status 2>/dev/null; do :; done; "
            f"nft delete table inet {link}; ip link delete {link}"
        )


def _single(shells: list[Shell], bare: _Bare, add: Add) -> None:
    works: list[Callable[[], object]] = [partial(run, ["sh", "-c", words]) for words in (bare.up, bare.down)]
    for shell in shells:
        works += [partial(shell, "net-start", _NAME), partial(shell, "net-destroy", _NAME)]
    start, stop, ours, ours_stop, *theirs = side_by_side(TIMES, *works)
    virsh: list[float | None] = [*theirs] or [None, None]
    add(Row("net-start", ours, start, "ip, nft, dnsmasq", virsh[0], GOAL))
    add(Row("net-destroy", ours_stop, stop, "kill, nft, ip", virsh[1]))


def _session(folder: Path, shells: list[Shell], add: Add) -> None:
    """Many in one process, beside the bare tools run by one shell. One after another: what nft takes for a table grows
    with the tables that there are."""
    numbers = range(1, IN_SESSION + 1)
    bare = [_Bare(folder, number) for number in numbers]
    for program, shell in enumerate(shells):
        shell.script([f"net-define {_paper(folder, program, number)}" for number in numbers])

    def each(work: Callable[[], object]) -> float:
        return timed(work) / IN_SESSION

    def by_hand(lines: list[str]) -> float:
        return each(partial(run, ["sh", "-c", "\n".join(lines)]))

    def by(shell: Shell, verb: str) -> float:
        return each(partial(shell.script, [f"net-{verb} {_NAME}{number}" for number in numbers]))

    try:
        alone = by_hand([one.up for one in bare]), by_hand([one.down for one in bare])
        ours, *theirs = [(by(shell, "start"), by(shell, "destroy")) for shell in shells]
    finally:
        for shell in shells:
            shell.script([f"net-undefine {_NAME}{number}" for number in numbers])
    start, destroy = zip(ours, alone, theirs[0] if theirs else (None, None), strict=True)
    add(_row("start", start, GOAL))
    add(_row("destroy", destroy, ""))


def _row(verb: str, taken: tuple[float, float, float | None], goal: str) -> Row:
    ours, bare, virsh = taken
    return Row(f"net-{verb}, each of {IN_SESSION} in one process", ours, bare, "the same", virsh, goal)


def _guest(folder: Path, shells: list[Shell], add: Add) -> None:
    """The start of a guest with an interface on the network."""
    name = f"{PREFIX}-0"
    on_network = f"<interface type='network'><source network='{_NAME}'/>"
    path = folder / "on-network.xml"
    path.write_text(DOMAIN.format(name=name, mac="00:00:00").replace("<interface type='user'>", on_network))
    works: list[Callable[[], object]] = []
    for shell in shells:
        shell("net-start", _NAME)
        shell("define", str(path))
        works += [partial(shell, "start", name), partial(shell, "destroy", name)]
    try:
        start, _, *theirs = side_by_side(TIMES, *works)
    finally:
        for shell in shells:
            shell("undefine", name)
            shell("net-destroy", _NAME)
    add(Row("start of a guest on a network", start, virsh=theirs[0] if theirs else None, goal="virsh ratio at most 1"))
