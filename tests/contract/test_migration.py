"""The order of a migration's phases, whatever fails: at most one of the two guests runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import virshpy
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.domain import Domain
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.saving import SavingOperations
from virshpy.drivers.test.default import default_host
from virshpy.drivers.test.driver import TestDriver
from virshpy.enums import MigrateFlags

if TYPE_CHECKING:
    from virshpy.enums.parameters import Parameters

THERE = DomainRef("test", "6695eb01-f6a4-8304-79aa-97f2502e193f", 9)


class Phases(SavingOperations):
    """Both ends of a migration, which put down what they are asked, and fail where they are told to."""

    driver: Movable

    def note(self, phase: str) -> None:
        self.driver.told.append(phase)
        if phase == self.driver.failing:
            raise errors.OperationFailed(phase)

    def domain_migrate_begin3_params(
        self, domain: DomainRef, params: Parameters, *, flags: int = 0
    ) -> tuple[bytes, str]:
        self.note("begin")
        return b"begun", "<domain/>"

    def domain_migrate_prepare3_params(
        self, params: Parameters, cookie: bytes, *, flags: int = 0
    ) -> tuple[bytes, str | None]:
        self.note(f"prepare {cookie.decode()} {params['destination_xml']} {flags}")
        return b"prepared", "tcp:there"

    def domain_migrate_perform3_params(
        self, domain: DomainRef, dconnuri: str | None, params: Parameters, cookie: bytes, *, flags: int = 0
    ) -> bytes:
        self.note(f"perform {cookie.decode()} {params['migrate_uri']} {flags}")
        return b"performed"

    def domain_migrate_finish3_params(
        self, params: Parameters, cookie: bytes, cancelled: bool, *, flags: int = 0
    ) -> tuple[DomainRef, bytes]:
        self.note(f"finish {cookie.decode()} {cancelled}")
        return THERE, b"finished"

    def domain_migrate_confirm3_params(
        self, domain: DomainRef, params: Parameters, cookie: bytes, cancelled: bool, *, flags: int = 0
    ) -> None:
        self.note(f"confirm {cookie.decode()} {cancelled}")


class Movable(TestDriver):
    parts = {**TestDriver.parts, "saving": f"{__name__}:Phases"}

    def __init__(self, told: list[str], failing: str = "") -> None:
        super().__init__(default_host(), readonly=False)
        self.told = told
        self.failing = failing


def moved(failing: str = "", *, paused: bool = False) -> tuple[list[str], Domain | None]:
    told: list[str] = []
    source, destination = Connection(Movable(told, failing)), Connection(Movable(told, failing))
    domain = source.lookup_by_name("test")
    if paused:
        domain.suspend()
    try:
        return told, domain.migrate3(destination, {}, flags=MigrateFlags.LIVE | MigrateFlags.ABORT_ON_ERROR)
    except errors.OperationFailed:
        return told, None


PREPARE, PERFORM = "prepare begun <domain/> 1", "perform prepared tcp:there 4097"


def test_phases_hand_their_cookies_on() -> None:
    told, domain = moved()
    assert told == ["begin", PREPARE, PERFORM, "finish performed False", "confirm finished False"]
    assert domain is not None and domain.id == 9


@pytest.mark.parametrize(
    ("failing", "last"),
    [
        ("begin", ["begin"]),
        (PREPARE, [PREPARE, "confirm begun True"]),
        (PERFORM, [PERFORM, "finish  True", "confirm prepared True"]),
        ("finish performed False", ["finish performed False", "confirm performed True"]),
    ],
)
def test_the_source_goes_on_where_a_phase_fails(failing: str, last: list[str]) -> None:
    told, domain = moved(failing)
    assert domain is None and told[-len(last) :] == last


def test_a_source_that_does_not_hear_that_it_moved_is_no_failure() -> None:
    assert moved("confirm finished False")[1] is not None


def test_a_paused_guest_stays_paused() -> None:
    assert moved(paused=True)[0][1] == "prepare begun <domain/> 33"


@pytest.mark.parametrize(("readonly", "error"), [(False, errors.NoSupport), (True, errors.OperationDenied)])
def test_who_cannot_migrate_says_so(readonly: bool, error: type[errors.Error]) -> None:
    with virshpy.open("test:///default", readonly=readonly) as source:
        domain = source.lookup_by_name("test")
        with pytest.raises(error, match="virDomainMigrate3$"):
            domain.migrate3(source, {})
