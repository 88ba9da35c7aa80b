"""Documents on their way to a command line, with a QEMU that is data: nothing here asks the host."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.runtime import CommandLine, Runtime
from virshpy.drivers.qemu.capabilities.caps import QemuCaps
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.complete import postparse
from virshpy.drivers.qemu.postparse.context import Context
from virshpy.drivers.qemu.postparse.validate import validate
from virshpy.xml.domain import Domain
from virshpy.xml.domain.devices import Devices
from virshpy.xml.domain.security import QEMU_NAMESPACE

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def qemu() -> QemuCaps:
    """What QEMU 7.2 of Debian 12 answers, with KVM compiled in and unusable."""
    caps = QemuCaps(json.loads((HERE / "qemu-7.2.json").read_text()), lambda accelerator: models())
    caps.kvm_present = True
    caps.kvm_reason = "the host's processor has neither vmx nor svm"
    return caps


@cache
def models() -> dict[str, Any]:
    """What the same QEMU says of its processor models under TCG; lists of names are written as words."""
    record: dict[str, Any] = json.loads((HERE / "qemu-7.2-models.json").read_text())
    for key in ("most", "all", "properties"):
        record[key] = record[key].split()
    record["models"] = {name: words.split() for name, words in record["models"].items()}
    return record


def counting() -> Context:
    """A context whose random numbers are 1, 2, 3, …"""
    state = 0

    def count(size: int) -> bytes:
        nonlocal state
        state += 1
        return state.to_bytes(size, "big")

    return Context(nvram_dir="/var/lib/guests/nvram", firmware=[], random=count)


def complete(text: str, caps: QemuCaps | None = None) -> Domain:
    """A document as `define` stores it. Raises what define raises."""
    caps = caps or qemu()
    domain = Domain.parse(text, inactive=True)
    postparse(domain, caps, context=counting())
    validate(domain, caps)
    return domain


def start(text: str) -> CommandLine:
    """The command line with which a document's guest would be started."""
    domain = complete(text)
    assign_aliases(domain)
    runtime = Runtime(
        run_dir="/run/guest", master_key="/run/guest/master-key.aes", monitor_words=["-mon", "here"], id=1
    )
    return command_line(domain, qemu(), runtime)


def guest(devices: str = "", *, machine: str = "pc", before: str = "", type: str = "qemu") -> str:
    """A small document around some devices."""
    return (
        f"<domain type='{type}'><name>small</name><uuid>3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6aff</uuid>"
        f"<memory>65536</memory>{before}<os><type arch='x86_64' machine='{machine}'>hvm</type></os>"
        f"<features><acpi/></features><devices>{devices}</devices></domain>"
    )


def around(parts: str) -> str:
    """A document of some elements: devices go among the devices, and what a guest cannot be without is added."""
    from lxml import etree

    root = etree.fromstring(f"<x xmlns:qemu='{QEMU_NAMESPACE}'>{parts}</x>".encode())
    devices = set(Devices._compile().kids)
    given: dict[bool, list[str]] = {True: [], False: []}
    for element in root:
        a_device = element.tag in devices and (element.tag != "memory" or "model" in element.attrib)
        given[a_device].append(etree.tostring(element, encoding="unicode"))
    found = {element.tag for element in root if "model" not in element.attrib}
    usual = {
        "name": "<name>small</name>",
        "uuid": "<uuid>3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6aff</uuid>",
        "memory": "<memory>1048576</memory>",
        "os": "<os><type arch='x86_64' machine='pc'>hvm</type></os>",
        "features": "<features><acpi/></features>",
    }
    rest = "".join([*given[False], *(text for tag, text in usual.items() if tag not in found)])
    return f"<domain type='qemu'>{rest}<devices>{''.join(given[True])}</devices></domain>"
