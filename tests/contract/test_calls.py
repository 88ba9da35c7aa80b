"""What every call through the contract obeys, whatever the driver."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import virshpy
from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.checkpoint import CheckpointOperations, CheckpointRef
from virshpy.driver.nwfilter import NWFilterRef
from virshpy.driver.registry import Driver
from virshpy.driver.secret import SecretOperations, SecretRef
from virshpy.enums import CheckpointCreateFlags, CheckpointXMLFlags, ListSecretsFlags

DOMAIN = DomainRef("web", "12345678-0000-0000-0000-123456789abc", None)


class Checkpoints(CheckpointOperations):
    """A part that has two rows of its group, and no domain of errors."""

    @accepts(CheckpointCreateFlags.QUIESCE)
    def domain_checkpoint_create_xml(self, domain: DomainRef, xml: str, *, flags: int = 0) -> CheckpointRef:
        if not xml:
            raise errors.InvalidArg("no document")
        return CheckpointRef(f"{xml} {flags}", domain)

    def domain_checkpoint_get_xml_desc(self, checkpoint: CheckpointRef, *, flags: int = 0) -> str:
        return f"{checkpoint.name} of {self.place}"


class Secrets(SecretOperations):
    error_domain = errors.ErrorDomain.SECRET

    def secret_set_value(self, secret: SecretRef, value: bytes) -> None:
        raise errors.InvalidArg("no value")


class Some(Driver):
    error_domain = errors.ErrorDomain.STORAGE
    function_prefix = "some"
    parts = {"checkpoint": f"{__name__}:Checkpoints", "secret": f"{__name__}:Secrets"}

    def __init__(self, readonly: bool = False) -> None:
        super().__init__("here", readonly=readonly)


REF = CheckpointRef("first", DOMAIN)


def test_a_part_is_made_once_of_what_all_parts_share() -> None:
    some = Some()
    assert some.domain_checkpoint_get_xml_desc(REF) == "first of here"
    assert some.part("checkpoint") is some.part("checkpoint")


def test_what_a_driver_has_not_says_its_c_name() -> None:
    for call in (
        lambda: Some().domain_checkpoint_delete(REF),
        lambda: Some().nwfilter_get_xml_desc(NWFilterRef("", "")),
    ):
        with pytest.raises(
            errors.NoSupport, match="connection driver: vir(DomainCheckpointDelete|NWFilterGetXMLDesc)$"
        ) as caught:
            call()
        assert caught.value.domain is errors.ErrorDomain.STORAGE


def test_read_only_refuses_what_writes_whether_it_is_there_or_not() -> None:
    some = Some(readonly=True)
    for call in (lambda: some.domain_checkpoint_create_xml(DOMAIN, "x"), lambda: some.domain_checkpoint_delete(REF)):
        with pytest.raises(errors.OperationDenied, match="read only access prevents virDomainCheckpoint"):
            call()


def test_read_only_shows_no_secrets() -> None:
    assert Some(readonly=True).domain_checkpoint_get_xml_desc(REF)
    with pytest.raises(errors.OperationDenied, match="virDomainCheckpointGetXMLDesc with secure flag"):
        Some(readonly=True).domain_checkpoint_get_xml_desc(REF, flags=CheckpointXMLFlags.SECURE)


def test_flags_that_a_driver_does_not_honour_are_named() -> None:
    F = CheckpointCreateFlags
    assert Some().domain_checkpoint_create_xml(DOMAIN, "x", flags=F.QUIESCE).name == "x 2"
    with pytest.raises(
        errors.InvalidArg, match=r"^unsupported flags \(0x1\) in function someDomainCheckpointCreateXML$"
    ):
        Some().domain_checkpoint_create_xml(DOMAIN, "x", flags=F.REDEFINE | F.QUIESCE)
    with pytest.raises(errors.InvalidArg, match=r"\(0x40000000\) in function someDomainCheckpointGetXMLDesc$"):
        Some().domain_checkpoint_get_xml_desc(REF, flags=1 << 30)


def test_an_error_carries_the_drivers_domain_or_the_parts_own() -> None:
    with pytest.raises(errors.InvalidArg) as caught:
        Some().domain_checkpoint_create_xml(DOMAIN, "")
    assert caught.value.domain is errors.ErrorDomain.STORAGE
    with pytest.raises(errors.InvalidArg) as caught:
        Some().secret_set_value(SecretRef("", 0, ""), b"")
    assert caught.value.domain is errors.ErrorDomain.SECRET


def test_only_the_part_that_is_asked_is_loaded() -> None:
    asked = """
import sys, virshpy
with virshpy.open("test:///default") as connection:
    connection.list_networks()
print(*(name for name in sys.modules if name.startswith(("virshpy.driver.", "virshpy.drivers.test."))))
"""
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "virshpy.drivers.test.networks" in loaded
    assert not [name for name in loaded if re.search(r"test\.(domains|hardware|saving|volumes)|driver\.domain\.", name)]


def test_methods_are_found_and_unknown_ones_are_not() -> None:
    with virshpy.open("test:///default") as connection:
        with pytest.raises(errors.NoSupport, match="virConnectListAllSecrets$"):
            connection.list_secrets(flags=ListSecretsFlags.PRIVATE)
        with pytest.raises(AttributeError, match="no attribute 'list_penguins'"):
            connection.list_penguins()  # type: ignore[attr-defined]
        domain = connection.lookup_by_name("test")
        with pytest.raises(errors.NoSupport, match="virDomainPMWakeup$"):
            domain.pm_wakeup()
        with pytest.raises(AttributeError):
            domain.penguin()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda c, d: c.list_nwfilters(), "virConnectNumOfNWFilters"),
        (lambda c, d: c.secret_lookup_by_uuid("x"), "virSecretLookupByUUID"),
        (lambda c, d: d.attach_device("<disk/>"), "virDomainAttachDevice"),
        (lambda c, d: d.attach_device("<disk/>", flags=0), "virDomainAttachDeviceFlags"),
        (lambda c, d: d.abort_job(), "virDomainAbortJob"),
    ],
)
def test_a_call_without_flags_is_the_older_one(call: Callable[[Any, Any], object], name: str) -> None:
    with virshpy.open("test:///default") as connection, pytest.raises(errors.NoSupport, match=f": {name}$"):
        call(connection, connection.lookup_by_name("test"))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda d: d.save("/x"), "virDomainSave"),
        (lambda d: d.save("/x", "<domain/>"), "virDomainSaveFlags"),
        (lambda d: d.core_dump_with_format("/x", 0, flags=1), "virDomainCoreDump"),
        (lambda d: d.core_dump_with_format("/x", 1), "virDomainCoreDumpWithFormat"),
    ],
)
def test_a_call_is_the_newer_one_where_the_older_lacks_what_is_given(call: Callable[[Any], object], name: str) -> None:
    with virshpy.open("test:///default", readonly=True) as connection:
        domain = connection.lookup_by_name("test")
        with pytest.raises(errors.OperationDenied, match=f" {name}$"):
            call(domain)


def test_an_older_call_may_stand_for_flags() -> None:
    """libvirt's virDomainSetMemory is about the domain as it runs."""
    with virshpy.open("test:///default") as connection:
        domain = connection.lookup_by_name("test")
        domain.destroy()
        with pytest.raises(errors.OperationInvalid, match="domain is not running"):
            domain.set_memory(1 << 20)
        domain.set_memory(1 << 20, flags=0)
        assert domain.info().memory == 1 << 20
