"""What a wire has to know of each row: the types of parameters, and what goes over besides values."""

from __future__ import annotations

import inspect
from fnmatch import fnmatchcase

import pytest

from kit import libvirt_facts
from tests.contract import reference
from tests.contract.declared import ROWS
from virshpy.driver.contract import Row
from virshpy.enums.parameters import TABLES, parameters

TYPES = {"int", "uint", "llong", "ullong", "double", "boolean", "string"}
# Where the names of a table come from: the beginning of their macros, or the function whose text has them.
MACROS = {
    "Bandwidth": "VIR_DOMAIN_BANDWIDTH_* VIR_NETWORK_PORT_BANDWIDTH_*", "BlkioTune": "VIR_DOMAIN_BLKIO_*",
    "BlockCopy": "VIR_DOMAIN_BLOCK_COPY_*", "BlockIoTune": "VIR_DOMAIN_BLOCK_IOTUNE_*",
    "BlockStats": "VIR_DOMAIN_BLOCK_STATS_*", "CPUStats": "VIR_DOMAIN_CPU_STATS_*",
    "IOThread": "VIR_DOMAIN_IOTHREAD_*", "Identity": "VIR_CONNECT_IDENTITY_*", "JobStats": "VIR_DOMAIN_JOB_*",
    "LaunchSecurity": "VIR_DOMAIN_LAUNCH_SECURITY_*", "MemoryTune": "VIR_DOMAIN_MEMORY_*",
    "Migrate": "VIR_MIGRATE_PARAM_*", "NodeMemory": "VIR_NODE_MEMORY_SHARED_*", "NumaTune": "VIR_DOMAIN_NUMA_*",
    "PerfEvents": "VIR_PERF_PARAM_*", "SEV": "VIR_NODE_SEV_*", "SaveRestore": "VIR_DOMAIN_SAVE_PARAM_*",
    "Scheduler": "VIR_DOMAIN_SCHEDULER_*",
}  # fmt: skip
TEXTS = {"DomainStats": "virConnectGetAllDomainStats", "GuestInfo": "virDomainGetGuestInfo"}
# Names that libvirt's text lacks, and a type that its text has otherwise than its code.
UNTOLD = {"hostname", "if.*.addr.count", "perf.stalled_cycles_backend"}
SAID_WRONGLY = {("shm_merge_across_nodes", "int")}


@pytest.mark.parametrize("table", MACROS)
def test_names_and_types_of_parameters_are_libvirts(table: str) -> None:
    patterns = MACROS[table].split()
    told = [fact for macro, fact in reference.names().items() if any(fnmatchcase(macro, p) for p in patterns)]
    ours = parameters(table)
    assert {name for name, _ in told} == ours.keys()
    assert not [(name, kind) for name, kind in told if kind and kind != ours[name] and (name, kind) not in SAID_WRONGLY]


@pytest.mark.parametrize("table", TEXTS)
def test_names_that_only_a_text_has_are_libvirts(table: str) -> None:
    told, ours = reference.keys(TEXTS[table]), parameters(table)
    assert told.keys() - ours.keys() == set() and ours.keys() - told.keys() <= UNTOLD
    assert not [(name, kind) for name, kind in told.items() if kind and kind != ours[name]]


def test_tables_hold_types_of_the_wire_and_are_used() -> None:
    assert all(kinds.keys() <= TYPES for kinds in TABLES.values())
    assert {row.params for row in ROWS.values() if row.params} == TABLES.keys()
    assert TABLES.keys() == {*MACROS, *TEXTS, "GuestVcpus"}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.c_name)
def test_signatures_say_what_a_row_carries(row: Row) -> None:
    declared = inspect.signature(row.declaration)
    told = " ".join(f"{p.name}: {p.annotation}," for p in declared.parameters.values())
    told += f" returns: {declared.return_annotation}"
    fds = any(word in told for word in ("fd:", "fds:", "files:"))
    assert "Any" not in told
    assert ("Parameters" in told) == (row.params is not None) or row.params in ("BlockStats", "PerfEvents")
    sent = {
        "stream": "Stream" in told or row.c_name == "virDomainScreenshot",
        "callback": "Callable" in told,
        "descriptors": fds or row.c_name in ("virDomainOpenGraphicsFD", "virDomainLxcOpenNamespace"),
    }
    assert [kind for kind, true in sent.items() if true] == ([row.carries] if row.carries else [])


@pytest.mark.skipif(not libvirt_facts.present(), reason="needs libvirt's API in XML (libvirt-dev)")
def test_the_facts_in_the_tree_are_libvirts() -> None:
    assert [*libvirt_facts.facts()] == reference.FACTS.read_text().splitlines()
