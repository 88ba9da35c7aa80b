"""vCPUs: which are there at start, and whether a placement is chosen for the guest (``placement='auto'``)."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.tuning import VCPU, Numatune, NumatuneMemory, VCPUState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


def complete_vcpus(domain: Domain) -> None:
    """Count, states and placement. Raises ConfigUnsupported where the states cannot be."""
    if domain.vcpu is None:
        domain.vcpu = VCPU(value=1)
    _place(domain, domain.vcpu)
    if domain.vcpus is not None and domain.vcpus.vcpus:
        _list(domain, domain.vcpu)
    if domain.vcpu.current == domain.vcpu.value:
        domain.vcpu.current = None


def _list(domain: Domain, vcpu: VCPU) -> None:
    """Where some vCPUs are listed, all are, and those that are on are as many as ``current`` says."""
    assert domain.vcpus is not None
    given = {state.id: state for state in domain.vcpus.vcpus}
    states = [given.get(number) or VCPUState(id=number, enabled=False) for number in range(vcpu.value or 1)]
    online = [state for state in states if state.enabled]
    if not states[0].enabled:
        raise errors.ConfigUnsupported("vcpu 0 can't be offline", hint="add <vcpu id='0' enabled='yes'/>")
    if states[0].hotpluggable:
        raise errors.ConfigUnsupported("vcpu0 can't be hotpluggable")
    if any(state.order for state in online) and not all(state.order for state in online):
        raise errors.ConfigUnsupported("all vcpus must have either set or unset order")
    if (states[0].order or 1) > 1:
        raise errors.ConfigUnsupported("vcpu0 must be enabled first", hint="<vcpu id='0'> has order='1'")
    for state in states:
        if state.hotpluggable is None:
            state.hotpluggable = not state.enabled
        if not state.enabled and not state.hotpluggable:
            raise errors.ConfigUnsupported(
                f"vcpu '{state.id}' is both offline and not hotpluggable", hint="one of the two must be yes"
            )
    domain.vcpus.vcpus = states
    vcpu.current = len(online)


def _place(domain: Domain, vcpu: VCPU) -> None:
    """An automatic placement of memory is one of vCPUs too, and the other way round."""
    memory = domain.numatune.memory if domain.numatune else None
    if vcpu.placement == "auto":
        vcpu.cpuset = None
        if memory is None:
            domain.numatune = domain.numatune or Numatune()
            memory = domain.numatune.memory = NumatuneMemory()
        if memory.nodeset is None:
            memory.placement = "auto"
    if memory is not None:
        _settle_memory(memory)
    tune = domain.cputune
    pinned = vcpu.cpuset or (tune and (tune.vcpupins or tune.emulatorpin or tune.iothreadpins))
    if not pinned and memory is not None and memory.placement == "auto":
        vcpu.placement = "auto"
    vcpu.placement = vcpu.placement or "static"


def _settle_memory(memory: NumatuneMemory) -> None:
    memory.mode = memory.mode or "strict"
    if memory.placement == "auto":
        memory.nodeset = None
    elif not memory.nodeset:
        raise errors.ConfigUnsupported(
            "nodeset for NUMA memory tuning must be set if 'placement' is 'static'",
            hint="add nodeset='…' or say placement='auto'",
        )
    else:
        memory.placement = None
