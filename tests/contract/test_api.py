"""The library's methods that are rows: what Python's own tools say about them, and what they make of answers."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import virshpy
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.domain import Domain, State
from virshpy.api.network import Network
from virshpy.driver.registry import Driver
from virshpy.enums import DomainState, ListDomainsFlags, PausedReason, RunningReason


def test_signatures_are_the_rows_without_what_the_handle_gives() -> None:
    assert str(inspect.signature(Domain.destroy)) == "(self, *, flags: 'int' = 0) -> 'None'"
    assert str(inspect.signature(Network.list_ports)) == "(self) -> 'list[NetworkPort]'"
    assert str(inspect.signature(Connection.network_lookup_by_name)) == "(self, name: 'str') -> 'Network'"
    with virshpy.open("test:///default") as connection:
        assert str(inspect.signature(connection.max_vcpus)) == "(virt_type: 'str | None' = None) -> 'int'"


def test_help_has_the_c_name_and_the_rows_words() -> None:
    assert "virDomainSetMemoryFlags: KiB." in pydoc.render_doc(Domain.set_memory)
    page = pydoc.plain(pydoc.render_doc(Domain))
    assert "block_copy(self, disk: 'str', destxml: 'str'" in page and "virDomainBlockCopy" in page


def test_everything_is_listed() -> None:
    with virshpy.open("test:///default") as connection:
        assert {"list_secrets", "storage_vol_lookup_by_path", "node_cpu_stats"} <= set(dir(connection))
        assert {"pm_wakeup", "list_checkpoints", "save"} <= set(dir(connection.lookup_by_name("test")))
    assert {"domain_pm_wakeup", "nwfilter_undefine"} <= set(dir(Driver))


def test_a_state_has_names_and_is_two_numbers() -> None:
    with virshpy.open("test:///default") as connection:
        (domain,) = connection
        assert domain.state().state is DomainState.RUNNING and domain.state().reason is RunningReason.UNKNOWN
        domain.suspend()
        state, reason = domain.state()
        assert (state, reason) == (3, 1) and domain.state() == State(3, PausedReason.USER)
    assert State(99, 7) == (99, 7)  # of a later release


def test_flags_are_given_by_name() -> None:
    with virshpy.open("test:///default") as connection:
        assert [domain.name for domain in connection.list_domains(flags=ListDomainsFlags.ACTIVE)] == ["test"]
        with pytest.raises(TypeError):
            connection.list_domains(ListDomainsFlags.ACTIVE)  # type: ignore[call-arg]


def test_a_handle_becomes_what_its_row_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with virshpy.open("test:///default") as connection:
        domain = connection.lookup_by_name("test")
        domain.save("state")  # relative to where the caller is
        assert (tmp_path / "state").exists()
        domain.rename("other")
        domain.create()
        assert (domain.name, domain.id) == ("other", 2)
        domain.snapshot_create_xml("<domainsnapshot><name>first</name></domainsnapshot>")
        second = domain.snapshot_create_xml("<domainsnapshot><name>second</name></domainsnapshot>")
        assert second.parent().name == "first" and second.parent().domain is domain


def test_a_class_is_used_as_a_function() -> None:
    with virshpy.open("test:///default") as connection:
        assert Domain.is_active(connection.lookup_by_name("test")) is True  # type: ignore[call-arg]
        with pytest.raises(errors.NoDomain):
            connection.lookup_domain("nobody")


def test_a_list_loads_nothing_that_it_does_not_show() -> None:
    asked = """
import sys, virshpy
with virshpy.open("test:///default") as connection:
    connection.list_domains()
print(*(name for name in sys.modules if name.startswith("virshpy.")))
"""
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "virshpy.api.domain" in loaded
    others = ("virshpy.driver.domain.", "virshpy.api.snapshot", "virshpy.api.network", "virshpy.xml", "virshpy.host.")
    assert [name for name in loaded if name.startswith(others)] == ["virshpy.host.objects"]
