"""The walk of a start: nothing is asked twice, read twice or said in more sessions than it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import needs
from tests.guests.documents import document
from virshpy import open as connect
from virshpy.drivers.qemu import qmp
from virshpy.host.store import Store
from virshpy.xml.domain import Domain

pytestmark = needs.qemu


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> Iterator[list[tuple[Any, ...]]]:
    """The arguments of each call of a method."""
    calls: list[tuple[Any, ...]] = []
    real = getattr(owner, name)

    def count(*arguments: Any, **more: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, staticmethod(count) if isinstance(owner.__dict__.get(name), classmethod) else count)
        yield calls


def test_a_start_asks_once_reads_once_and_visits_once(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", "<console type='pty'/>"))
        domain.create()
        domain.destroy()  # what QEMU can do is known by now
        with (
            counted(monkeypatch, Store, "_query") as queries,
            counted(monkeypatch, Domain, "parse") as parsed,
            counted(monkeypatch, qmp.MonitorSession, "__init__") as sessions,
        ):
            domain.create()
        records = [sql for _, sql, *_ in queries if "LEFT JOIN" in sql]
        assert len(records) == 1, records
        assert len(parsed) == 1
        assert len(sessions) == 1
        domain.destroy()
