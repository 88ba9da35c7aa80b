"""libvirt's public API as its own description has it, and why not every function of it is a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

DIRECTORY = Path("/usr/share/libvirt/api")
LIBRARIES = ("libvirt", "libvirt-qemu", "libvirt-lxc")

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
    r"vir\w+LookupByUUID": "UUIDs are text here",
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
    r"virDomain(Create|Destroy|Undefine|Shutdown|Save|Restore|AttachDevice|DetachDevice|PinVcpu|DefineXML|AbortJob)":
        "the form with flags does it too",
    r"virDomain(SetMemory|SetVcpus|GetSchedulerParameters|SetSchedulerParameters|BlockStats|CoreDump)":
        "the form with flags (and a format) does it too",
    r"virNetwork(DefineXML|CreateXML)|virNWFilterDefineXML|virStorageVolGetInfo|virNodeDeviceDettach":
        "the form with flags does it too",
    r"virDomainCreateLinux": "the former name of virDomainCreateXML",
    r"virDomainGetSecurityLabel": "the list of all labels says it too",
    r"virDomainListGetStats": "virConnectGetAllDomainStats with a list of domains",
    r"virDomainMigrate2?|virDomainMigrateToURI2?": "the third form does it too",
    r"virDomainLxcEnter(CGroup|SecurityLabel)": "they act on the calling process, not on a guest",
}  # fmt: skip


def functions() -> dict[str, str]:
    """Every public function, with the library it is in."""
    return {
        str(node.get("name")): library
        for library in LIBRARIES
        for node in _tree(library).iter("function")
    }  # fmt: skip


def why_no_row(function: str) -> str | None:
    return next((why for pattern, why in NO_ROW.items() if re.fullmatch(pattern, function)), None)


def enumerations() -> dict[str, dict[str, int]]:
    """The members of each C enumeration, by the type's name, with their numbers."""
    raw: dict[str, tuple[str, str]] = {}
    for library in LIBRARIES:
        for node in _tree(library).iter("enum"):
            raw[str(node.get("name"))] = (str(node.get("type")), str(node.get("value")))
    found: dict[str, dict[str, int]] = {}
    for name, (kind, value) in raw.items():
        while value in raw:
            value = raw[value][1]
        found.setdefault(kind, {})[name] = int(value, 0)
    return found


def _tree(library: str) -> ElementTree.Element:
    return ElementTree.parse(DIRECTORY / f"{library}-api.xml").getroot()


def present() -> Iterator[bool]:
    yield from ((DIRECTORY / f"{library}-api.xml").exists() for library in LIBRARIES)
