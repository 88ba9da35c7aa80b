"""libvirt 9.0's public API by ``libvirt.txt``, which kit/libvirt_facts.py writes; why not each function is a row."""

from __future__ import annotations

import re
from pathlib import Path

FACTS = Path(__file__).with_name("libvirt.txt")

# Rows of calls that libvirt's library makes itself: the phases of virDomainMigrate3.
INTERNAL = re.compile(r"virDomainMigrate(Begin|Prepare|PrepareTunnel|Perform|Finish|Confirm)3Params")

# Rows that libvirt got after 9.0, with the release.
LATER = {
    "virConnectGetHypervisorCPUModelNames": "11.3",
    "virDomainDelThrottleGroup": "11.2",
    "virDomainGetAutostartOnce": "11.2",
    "virDomainGraphicsReload": "10.2",
    "virDomainSetAutostartOnce": "11.2",
    "virDomainSetThrottleGroup": "11.2",
    "virNetworkGetMetadata": "9.7",
    "virNetworkSetMetadata": "9.7",
    "virNodeDeviceUpdate": "10.1",
}

# Functions without a row, and why.
NO_ROW = {
    r"vir\w+(Free|Ref)": "memory is Python's",
    r"vir\w+Get(Connect|Domain|Network)": "a handle knows where it comes from",
    r"vir\w+Get(Name|UUID|UUIDString|ID|Key|MACString|UsageType|UsageID|PortDev|FilterName)": "part of the reference",
    r"vir\w+(NumOf|ListDefined)\w+": "the list of all says it too",
    r"virConnectList(Domains|Networks|StoragePools|Interfaces|Secrets|NWFilters)": "the list of all says it too",
    r"virStoragePoolListVolumes|virNodeListDevices": "the list of all says it too",
    r"virDomainSnapshot(Num|NumChildren|ListNames|ListChildrenNames)": "the list of all says it too",
    r"virTypedParam\w+": "typed parameters are a dict",
    r"virEvent\w+": "events are called back; there is no loop to lend",
    r"virStream\w+": "a stream is an object with send and recv",
    r"vir(Conn)?(Copy|Get|Reset|Set|Save|Free|Default)\w*(Error|ErrorFunc|ErrorCode|ErrorDomain|ErrorMessage)":
        "errors are exceptions",
    r"virConnect(Open|OpenAuth|OpenReadOnly)|virInitialize|virGetVersion": "virshpy.open",
    r"virConnectClose": "Driver.close, which is not asked of the host",
    r"virConnectDomainEvent(Register|Deregister)": "the form with any event does it too",
    r"virDomainCreateLinux": "the former name of virDomainCreateXML",
    r"virDomainGetSecurityLabel": "the list of all labels says it too",
    r"virDomainListGetStats": "virConnectGetAllDomainStats with a list of domains",
    r"virDomainMigrate[23]?": "api/migration.py makes it of its phases, which are rows",
    r"virDomainMigrateToURI2?": "the third form does it too",
    r"virDomainLxcEnter(CGroup|SecurityLabel)": "they act on the calling process, not on a guest",
}  # fmt: skip


def functions() -> list[str]:
    """Every public function."""
    return [name for head, members in _blocks("functions") for name in members]


def why_no_row(function: str) -> str | None:
    return next((why for pattern, why in NO_ROW.items() if re.fullmatch(pattern, function)), None)


def enumerations() -> dict[str, dict[str, int]]:
    """The members of each C enumeration, by the type's name, with their numbers."""
    found: dict[str, dict[str, int]] = {}
    for (_, kind, prefix), members in _blocks("enum"):
        pairs = (member.split("=") for member in members)
        found[kind] = {prefix + name: int(number) for name, number in pairs}
    return found


def names() -> dict[str, tuple[str, str]]:
    """The names of typed parameters by their macros, each with its type where libvirt says it, else ''."""
    return {macro: (name, kind) for _, macro, name, kind in _lines("name")}


def keys(function: str) -> dict[str, str]:
    """The same for the names that a function's text has."""
    return {name: kind for _, told, name, kind in _lines("key") if told == function}


def _lines(kind: str) -> list[tuple[str, str, str, str]]:
    lines = (line.split() for line in FACTS.read_text().splitlines() if line.startswith(f"{kind} "))
    return [(words[0], words[1], words[2], words[3] if words[3:] else "") for words in lines]


def _blocks(kind: str) -> list[tuple[list[str], list[str]]]:
    """Headings of a kind with the words beneath them."""
    found: list[tuple[list[str], list[str]]] = []
    for line in FACTS.read_text().splitlines():
        if not line.startswith(" "):
            found.append((line.split(), []))
        else:
            found[-1][1].extend(line.split())
    return [(head, members) for head, members in found if head[0] == kind]
