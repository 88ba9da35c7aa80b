"""The administrator's hook scripts around a guest's run, as steps of its start (libvirt's hooks/qemu).

``prepare`` comes before anything is done and ``release`` when all of it has been taken back; ``start`` before QEMU runs
and ``stopped`` when it has ended; ``started`` when the guest runs.
"""

from __future__ import annotations

from virshpy.host import hooks
from virshpy.host.steps.hook import RunHooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.xml.domain import Domain

_POINTS = (("prepare", "release"), ("start", "stopped"), ("started", ""))


def hook_steps(domains: Domains, domain: Domain, id: int) -> list[RunHooks]:
    """The steps for ``prepare``, ``start`` and ``started``, in that order; none where there are no scripts."""
    scripts = hooks.scripts(domains.site, "qemu")
    if not scripts:
        return []
    assert domain.name
    shown = domain.copy()
    shown.id = id
    document, log, timeout = shown.format(), domains.log(domain.name), domains.site.config.hook_timeout

    def words(what: str, when: str) -> list[str]:
        return [domain.name or "", what, when, "-"] if what else []

    return [
        RunHooks(scripts, words(begin, "begin"), words(end, "end"), document, log=log, timeout=timeout)
        for begin, end in _POINTS
    ]


def are_there(domains: Domains) -> bool:
    """Whether somebody is to be told at once when a guest ends."""
    return bool(hooks.scripts(domains.site, "qemu"))
