"""Twice as many devices are twice as much work, not four times: counted in lines of Python, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.argv.documents import guest, start
from virshpy.xml.domain import Domain


def name(number: int) -> str:
    return chr(97 + number // 676) + chr(97 + number // 26 % 26) + chr(97 + number % 26)


def disks(bus: str, prefix: str) -> Callable[[int], str]:
    return lambda count: "".join(
        f"<disk type='file'><source file='/{n}'/><target dev='{prefix}{name(n)}' bus='{bus}'/></disk>"
        for n in range(count)
    )


MANY: dict[str, Callable[[int], str]] = {
    "SCSI disks": disks("scsi", "sd"),
    "virtio disks": disks("virtio", "vd"),
    "USB tablets": lambda count: "<input type='tablet' bus='usb'/>" * count,
    "interfaces": lambda count: "<interface type='user'><model type='virtio'/></interface>" * count,
    "channels": lambda count: "<channel type='pty'><target type='virtio'/></channel>" * count,
    "serial ports": lambda count: "<serial type='pty'><target type='usb-serial'/></serial>" * count,
}


def lines(work: Callable[[], object]) -> int:
    count = 0

    def trace(_: FrameType, event: str, __: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", MANY)
def test_devices(kind: str) -> None:
    documents = [guest(MANY[kind](count), machine="q35") for count in (25, 50, 100)]
    start(documents[0])  # what is imported once
    few, more, many = (lines(lambda text=text: start(text)) for text in documents)  # type: ignore[misc]
    assert many - more < 2.6 * (more - few)


def test_unknown_elements() -> None:
    documents = [guest(before="<strange a='1'/>" * count) for count in (50, 100, 200)]
    Domain.parse(documents[0], warnings=[])
    few, more, many = (lines(lambda text=text: Domain.parse(text, warnings=[])) for text in documents)  # type: ignore[misc]
    assert many - more < 2.6 * (more - few)
