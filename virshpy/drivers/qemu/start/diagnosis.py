"""Why a QEMU left while it was being started: its own words and what helps, or those of a process beside it."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.start import lastwords
from virshpy.drivers.qemu.start.holders import writer_of_an_image
from virshpy.host import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.drivers.qemu.start.steps import StartPlan
    from virshpy.xml.domain import Domain


def explained(domains: Domains, domain: Domain, plan: StartPlan) -> errors.Error:
    """The error to tell. Call before what it wrote is taken back."""
    row = domains.store.one("SELECT expect FROM run.active WHERE uuid = ?", domain.uuid)
    if row is not None and row[0] == endings.DESTROY:
        return errors.OperationFailed(
            "domain is no longer running", hint="another command destroyed it while it was being started"
        )
    processes.wait_gone(plan.spawn.pid, plan.spawn.started, timeout=domains.site.config.stop_patience)
    said = lastwords.complaint(plan.spawn.said())
    for spawn in plan.helpers:
        socket = spawn.descriptors["socket"].shown("socket").removeprefix("path=")
        if not lastwords.may_be_about(said, socket, plan.spawn.argv):
            continue
        ending = processes.ending(spawn.pid, spawn.started, processes.CLOSING)
        # One that ended well may have done so after QEMU.
        if ending is not None and (socket in said or ending != "exit status 0"):
            return lastwords.of_helper(spawn.argv[0], ending, spawn.said(), spawn.log)
    hint, action = lastwords.help_with(said, domain)
    if 'Failed to get "write" lock' in said or 'Failed to get shared "write" lock' in said:
        hint, action = writer_of_an_image(domains, domain), None
    hint = hint or f"the whole story is in {plan.spawn.log}"
    return errors.InternalError(f"qemu unexpectedly closed the monitor: {said}", hint=hint, action=action)
