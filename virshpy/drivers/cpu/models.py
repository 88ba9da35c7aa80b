"""Named models of x86 processors: what QEMU says that they have, with libvirt's view of the same names.

QEMU's named models and libvirt's have the same names and grew apart in a few features: libvirt keeps a name as it was
when the name was new, so that a document means on every host what it meant then. What differs is in ``_CHANGES``.
"""

from __future__ import annotations

import re

from virshpy.drivers.cpu.features import from_qemu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# In libvirt's order, which says among equals: of the models that describe a processor equally well the later one is it.
_X86_NAMES = """
486 pentium pentium2 pentium3 pentiumpro coreduo n270 core2duo qemu32 kvm32 cpu64-rhel5 cpu64-rhel6 qemu64 kvm64
Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge SandyBridge-IBRS IvyBridge IvyBridge-IBRS
Haswell-noTSX Haswell-noTSX-IBRS Haswell Haswell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Broadwell Broadwell-IBRS
Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Server Skylake-Server-IBRS
Skylake-Server-noTSX-IBRS Cascadelake-Server Cascadelake-Server-noTSX Icelake-Client Icelake-Client-noTSX
Icelake-Server Icelake-Server-noTSX Cooperlake Snowridge athlon phenom Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4
Opteron_G5 EPYC EPYC-IBPB EPYC-Rome EPYC-Milan Dhyana
"""
_X86 = tuple(_X86_NAMES.split())
_POWER = ("POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWERPC_e5500", "POWERPC_e6500")
_NAMES = {"x86_64": _X86, "i686": _X86, "ppc64": _POWER, "ppc64le": _POWER}
# Where libvirt takes any model that QEMU knows, and has no list of its own.
ANY_MODEL = ("aarch64", "armv6l", "armv7l", "armv7b", "s390", "s390x")
_ARCHITECTURE_NAMES = """
alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mipsel mips64
mips64el openrisc parisc parisc64 ppc ppcle ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 sh4eb sparc sparc64
unicore32 x86_64 xtensa xtensaeb
"""
ARCHITECTURES = tuple(_ARCHITECTURE_NAMES.split())


class _Names:
    """The names that begin like one of ``A|B|C$``; ``$`` is the end of a name. (Compiled expressions would cost more
    than all else here.)"""

    __slots__ = ("_whole", "_beginnings")

    def __init__(self, patterns: str) -> None:
        words = patterns.split("|")
        self._whole = frozenset(word[:-1] for word in words if word[-1] == "$")
        self._beginnings = tuple(word for word in words if word[-1] != "$")

    def __contains__(self, name: str) -> bool:
        return name in self._whole or name.startswith(self._beginnings)


def _rows(*rows: tuple[str, str, str]) -> list[tuple[_Names, frozenset[str], frozenset[str]]]:
    return [(_Names(pattern), frozenset(more.split()), frozenset(less.split())) for pattern, more, less in rows]


# What libvirt's models have otherwise than QEMU's, by the beginning of the name; all rows that fit apply.
_CHANGES = _rows(
    ("486|pentium|coreduo|n270|core2duo|athlon|IvyBridge|EPYC|Dhyana|Snowridge|Cooperlake", "vme", ""),
    ("Skylake|Cascadelake|Icelake", "vme mpx", ""),
    ("pentium", "", "apic"),
    ("coreduo|n270|core2duo", "", "acpi ss"),
    ("n270", "", "lahf_lm movbe"),
    ("core2duo", "", "cx16 lahf_lm"),
    ("qemu64", "", "lahf_lm"),
    ("Westmere", "", "arat pclmuldq"),
    ("SandyBridge|IvyBridge", "", "arat xsaveopt"),
    ("Haswell|Broadwell", "", "abm arat f16c rdrand xsaveopt"),
    ("Skylake-Server|Cascadelake", "", "pku"),
    ("Skylake-Server$", "", "clflushopt"),
    ("Cascadelake-Server-noTSX", "", "arch-capabilities ibrs-all mds-no rdctl-no skip-l1dfl-vmentry"),
    ("Snowridge", "", "monitor mpx"),
    ("athlon", "", "mca"),
    ("phenom", "", "abm cx16 lahf_lm npt pdpe1gb popcnt rdtscp sse4a"),
    ("Opteron_G2", "rdtscp", ""),
    ("Opteron_G3", "", "monitor"),
    ("Opteron_G4|Opteron_G5|EPYC$|EPYC-IBPB|Dhyana", "", "npt nrip-save"),
    ("EPYC|Dhyana", "", "monitor topoext"),
    ("EPYC-Rome", "", "xsaves"),
)
# Models that QEMU has no more, or never had under this name: another one's features, more and less.
_DERIVED = {
    "pentiumpro": ("pentium2", "apic fxsr mce pae pat pge sep sse sse2", "mca mtrr pse36 vme"),
    "cpu64-rhel5": ("kvm64", "", "cx16"),
    "cpu64-rhel6": ("kvm64", "lahf_lm", ""),
    "Icelake-Client": (
        "Skylake-Client-IBRS",
        "avx512-vpopcntdq avx512bitalg avx512vbmi avx512vbmi2 avx512vnni gfni pku ssbd umip vaes vpclmulqdq wbnoinvd",
        "",
    ),
    "Icelake-Client-noTSX": ("Icelake-Client", "", "hle rtm"),
}  # fmt: skip
# What such models once had and guests no longer get: where a processor lacks it, a document says so.
_REMOVED = _rows(("Opteron_G3|EPYC$|EPYC-IBPB|Dhyana", "", "monitor"), ("Icelake", "", "intel-pt"))
# A processor is described as one of these only where a document names it: the first two of nobody's, the rest of no
# guest's.
_NOT_FOR_HOSTS = ("cpu64-rhel5", "cpu64-rhel6")
_NOT_FOR_GUESTS = (
    *_NOT_FOR_HOSTS, "Skylake-Client-noTSX-IBRS", "Skylake-Server-noTSX-IBRS", "Cascadelake-Server-noTSX",
    "Icelake-Client-noTSX", "Icelake-Server-noTSX",
)  # fmt: skip

# Family and model numbers of the processors as libvirt has them, by the beginning of the name; then the lowest and the
# highest stepping, where generations share a number.
_SIGNATURES = tuple(
    (_Names(pattern), family, numbers, low, high)
    for pattern, family, numbers, low, high in (
        ("Conroe", 6, (15, 22), 0, 15), ("Penryn", 6, (23, 29), 0, 15), ("Nehalem", 6, (26, 30, 31, 46), 0, 15),
        ("Westmere$", 6, (37, 44, 47), 0, 15), ("Westmere-IBRS", 6, (44,), 0, 15),
        ("SandyBridge", 6, (42, 45), 0, 15), ("IvyBridge", 6, (58, 62), 0, 15),
        ("Haswell", 6, (60, 63, 69, 70), 0, 15), ("Broadwell", 6, (61, 71, 79, 86), 0, 15),
        ("Skylake-Client", 6, (78, 94, 142, 158), 0, 15), ("Skylake-Server", 6, (85,), 0, 4),
        ("Cascadelake", 6, (85,), 5, 7), ("Cooperlake", 6, (85,), 10, 11), ("Icelake-Client", 6, (126,), 0, 15),
        ("Icelake-Server", 6, (106,), 0, 15), ("Snowridge", 6, (134,), 0, 15),
        ("Opteron_G1|Opteron_G2|Opteron_G3", 15, (6,), 0, 15), ("Opteron_G4", 21, (1,), 0, 15),
        ("Opteron_G5", 21, (2,), 0, 15), ("EPYC$|EPYC-IBPB", 23, (1,), 0, 15), ("EPYC-Rome", 23, (49,), 0, 15),
        ("EPYC-Milan", 25, (1,), 0, 15), ("Dhyana", 24, (0,), 0, 15),
    )
)  # fmt: skip

# Who makes the processors that models are named after.
_NOBODYS = ("qemu", "kvm", "cpu64", "pentium", "486")
_AMD = ("phenom", "Opteron", "EPYC", "athlon")
# In QEMU's list, but no processors of their own: versions of a model, what QEMU can do at most, and what libvirt hides.
_HIDDEN = re.compile(r".*-v\d+$|max$|host$|base$|Denverton|KnightsMill").match


def vendor_of(model: str) -> str | None:
    """``Intel``, ``AMD`` or ``Hygon``; None for models that are no one's."""
    if model.startswith(_NOBODYS):
        return None
    if model.startswith("Dhyana"):
        return "Hygon"
    return "AMD" if model.startswith(_AMD) else "Intel"


def is_hidden(model: str) -> bool:
    """Whether documents do not offer this name of QEMU's."""
    return _HIDDEN(model) is not None


def model_names(arch: str) -> tuple[str, ...] | None:
    """What libvirt calls the models of an architecture; () where it takes any name, None where it knows none."""
    return _NAMES.get(arch, () if arch in ANY_MODEL else None)


class Model:
    """``name``, ``vendor`` or None, ``features``, ``removed`` (what it once had), ``for_hosts``, ``for_guests``."""

    __slots__ = ("name", "vendor", "features", "removed", "for_hosts", "for_guests")

    def __init__(self, name: str, features: frozenset[str]) -> None:
        self.name = name
        self.vendor = vendor_of(name)
        self.features = features
        self.removed = frozenset[str]().union(*(less for names, _, less in _REMOVED if name in names))
        self.for_hosts = name not in _NOT_FOR_HOSTS
        self.for_guests = name not in _NOT_FOR_GUESTS

    def __repr__(self) -> str:
        return f"<Model {self.name}>"

    def is_of(self, signature: tuple[int, int, int] | None) -> bool:
        """Whether processors of this family, model number and stepping are sold as this."""
        if signature is None:
            return False
        family, number, stepping = signature
        return any(
            family == its_family and number in numbers and low <= stepping <= high and self.name in names
            for names, its_family, numbers, low, high in _SIGNATURES
        )


def known_models(expansions: Mapping[str, Iterable[str]]) -> dict[str, Model]:
    """The models by name, in libvirt's order, from what QEMU expands each of its own to (names of properties that are
    on). Those that are newer than libvirt's list come last."""
    features = {}
    for name, properties in expansions.items():
        if not is_hidden(name):
            # Every guest's processor says that it is a guest's; no model is defined by it.
            own = from_qemu(properties) - {"hypervisor"}
            fitting = [(more, less) for names, more, less in _CHANGES if name in names]
            features[name] = own.union(*(more for more, _ in fitting)).difference(*(less for _, less in fitting))
    for name, (base, more, less) in _DERIVED.items():
        if name not in features and base in features:
            features[name] = (features[base] | set(more.split())) - set(less.split())
    listed = [name for name in _X86 if name in features]
    return {name: Model(name, features[name]) for name in [*listed, *(n for n in features if n not in _X86)]}
