"""What every call through the contract obeys, whatever the driver."""

from __future__ import annotations

import pytest

import virshpy
from virshpy import errors
from virshpy.driver.contract import Contract, accepts, operation
from virshpy.enums import UndefineFlags


class Operations(Contract):
    @operation("virThingDo", writes=True, flags="UndefineFlags")
    def thing_do(self, name: str, *, flags: int = 0) -> str: ...  # type: ignore[empty-body]

    @operation("virThingShow", flags="XMLFlags", secure="SECURE")
    def thing_show(self, *, flags: int = 0) -> str: ...  # type: ignore[empty-body]

    @operation("virThingHide", writes=True)
    def thing_hide(self) -> None: ...


class Some(Operations):
    error_domain = errors.ErrorDomain.STORAGE
    function_prefix = "some"

    def __init__(self, readonly: bool = False) -> None:
        self.readonly = readonly

    @accepts(UndefineFlags.NVRAM)
    def thing_do(self, name: str, *, flags: int = 0) -> str:
        if not name:
            raise errors.InvalidArg("no name")
        return f"{name} {flags}"

    def thing_show(self, *, flags: int = 0) -> str:
        return "shown"


def test_what_a_driver_has_not_says_its_c_name() -> None:
    with pytest.raises(errors.NoSupport, match="connection driver: virThingHide$") as caught:
        Some().thing_hide()
    assert caught.value.domain is errors.ErrorDomain.STORAGE


def test_read_only_refuses_what_writes_whether_it_is_there_or_not() -> None:
    for call in (lambda: Some(readonly=True).thing_do("x"), lambda: Some(readonly=True).thing_hide()):
        with pytest.raises(errors.OperationDenied, match="read only access prevents virThing"):
            call()


def test_read_only_shows_no_secrets() -> None:
    assert Some(readonly=True).thing_show() == "shown"
    with pytest.raises(errors.OperationDenied, match="virThingShow with secure flag"):
        Some(readonly=True).thing_show(flags=1)


def test_flags_that_a_driver_does_not_honour_are_named() -> None:
    assert Some().thing_do("x", flags=UndefineFlags.NVRAM) == "x 4"
    with pytest.raises(errors.InvalidArg, match=r"^unsupported flags \(0x1\) in function someThingDo$"):
        Some().thing_do("x", flags=UndefineFlags.MANAGED_SAVE | UndefineFlags.NVRAM)
    with pytest.raises(errors.InvalidArg, match=r"\(0x40000000\) in function someThingShow$"):
        Some().thing_show(flags=1 << 30)


def test_an_error_carries_the_drivers_domain() -> None:
    with pytest.raises(errors.InvalidArg) as caught:
        Some().thing_do("")
    assert caught.value.domain is errors.ErrorDomain.STORAGE


def test_far_methods_are_found_and_unknown_ones_are_not() -> None:
    with virshpy.open("test:///default") as connection:
        with pytest.raises(errors.NoSupport, match="virConnectListAllSecrets$"):
            connection.list_secrets()
        with pytest.raises(AttributeError, match="no attribute 'list_penguins'"):
            connection.list_penguins()  # type: ignore[attr-defined]
        domain = connection.lookup_by_name("test")
        with pytest.raises(errors.NoSupport, match="virDomainPMWakeup$"):
            domain.pm_wakeup()
        with pytest.raises(AttributeError):
            domain.penguin()  # type: ignore[attr-defined]
