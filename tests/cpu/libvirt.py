"""libvirt 9.0 itself, asked about processors that are not here.

Its library decodes CPUID, finds models and compares in functions that are not part of its API; they are called by the
name and the version that they have in 9.0, and this version only. No daemon is needed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from xml.etree import ElementTree

from tests.cpu.recorded import Recorded
from virshpy.enums import CPUCompareResult

VERSION = 9_000_000
_HOST, _GUEST = 0, 1


class _Processor(ctypes.Structure):
    """The first members of virCPUDef."""

    _fields_ = [(name, ctypes.c_int) for name in ("references", "type", "mode", "match", "check", "arch")]


@cache
def library() -> ctypes.CDLL | None:
    """The library, or None where it is not there or of another version."""
    try:
        found = ctypes.CDLL("libvirt.so.0")
        version = ctypes.c_ulong()
        found.virGetVersion(ctypes.byref(version), None, None)
        for name in ("virCPUDataParse", "virCPUDefNew", "virCPUDefFormat", "virDomainCapsCPUModelsNew"):
            getattr(found, name).restype = ctypes.c_void_p
        found.virCPUBaseline.restype = ctypes.c_void_p
        found.virGetLastErrorMessage.restype = ctypes.c_char_p
    except (OSError, AttributeError):
        return None
    return found if version.value == VERSION and found.virInitialize() == 0 else None


def _library() -> ctypes.CDLL:
    found = library()
    assert found is not None
    return found


def _arch() -> int:
    found: int = _library().virArchFromString(b"x86_64")
    return found


def _strings(words: Iterable[str]) -> ctypes.Array[ctypes.c_char_p]:
    encoded = [*(word.encode() for word in words), None]
    return (ctypes.c_char_p * len(encoded))(*encoded)


def _models(blocked: Mapping[str, Iterable[str]] | None) -> ctypes.c_void_p | None:
    """A hypervisor's models with what it cannot give of each."""
    if blocked is None:
        return None
    models = ctypes.c_void_p(_library().virDomainCapsCPUModelsNew(ctypes.c_size_t(0)))
    for name, features in blocked.items():
        words = list(features)
        blockers = _strings(words) if words else None
        _library().virDomainCapsCPUModelsAdd(models, name.encode(), 2 if words else 1, blockers, 0, None)
    return models


def _formatted(cpu: ctypes.c_void_p) -> str:
    return ctypes.string_at(_library().virCPUDefFormat(cpu, None)).decode()


def decode(host: Recorded, *, blocked: Mapping[str, Iterable[str]] | None = None) -> ctypes.c_void_p:
    """The host's processor as libvirt describes it; with ``blocked`` that of a guest that has all that the host has,
    on a hypervisor with these models."""
    items = [
        "<cpuid eax_in='{:#x}' ecx_in='{:#x}' eax='{:#x}' ebx='{:#x}' ecx='{:#x}' edx='{:#x}'/>".format(
            *key, *registers
        )
        for key, registers in host.answers.items()
    ]
    if host.capabilities is not None:
        items.append(
            f"<msr index='0x10a' eax='{host.capabilities & 0xFFFFFFFF:#x}' edx='{host.capabilities >> 32:#x}'/>"
        )
    found = _library()
    data = ctypes.c_void_p(found.virCPUDataParse(f"<cpudata arch='x86'>{''.join(items)}</cpudata>".encode()))
    cpu = ctypes.c_void_p(found.virCPUDefNew())
    assert data.value and cpu.value
    fields = _Processor.from_address(cpu.value)
    fields.type, fields.arch = _HOST if blocked is None else _GUEST, _arch()
    assert found.cpuDecode(cpu, data, _models(blocked)) == 0, found.virGetLastErrorMessage()
    return cpu


def described(cpu: ctypes.c_void_p) -> tuple[str | None, str | None, tuple[int, ...], list[tuple[str, str | None]]]:
    """Model, vendor, signature, and features with their policies."""
    root = ElementTree.fromstring(_formatted(cpu))
    signature = root.find("signature")
    numbers = tuple(int(value) for value in signature.attrib.values()) if signature is not None else ()
    features = [(feature.get("name", ""), feature.get("policy")) for feature in root.findall("feature")]
    return root.findtext("model"), root.findtext("vendor"), numbers, features


def _parsed(text: str) -> ctypes.c_void_p:
    cpu = ctypes.c_void_p()
    kind = _HOST if "<arch>" in text else _GUEST
    assert _library().virCPUDefParseXMLString(text.encode(), kind, ctypes.byref(cpu), 0) == 0, text
    return cpu


def compare(host: ctypes.c_void_p, text: str) -> tuple[CPUCompareResult, str]:
    """How a document compares with a decoded host, and the message where it will not do."""
    found = _library()
    result = found.virCPUCompare(_arch(), host, _parsed(text), True)
    if result >= 0:
        return CPUCompareResult(result), ""
    return CPUCompareResult.INCOMPATIBLE, found.virGetLastErrorMessage().decode()


def baseline(
    texts: Sequence[str],
    *,
    expand: bool = False,
    migratable: bool = False,
    blocked: Mapping[str, Iterable[str]] | None = None,
    switches: Iterable[str] | None = None,
) -> str:
    """The document of what these have in common, or libvirt's message."""
    found = _library()
    cpus = (ctypes.c_void_p * len(texts))(*(_parsed(text).value for text in texts))
    features = _strings(switches) if switches is not None else None
    common = ctypes.c_void_p(found.virCPUBaseline(_arch(), cpus, len(texts), _models(blocked), features, migratable))
    if common.value is None:
        return str(found.virGetLastErrorMessage().decode())
    if expand:
        assert found.virCPUExpandFeatures(_arch(), common) == 0
    return _formatted(common)
