"""What the instruction CPUID answers about an x86 processor, in libvirt's words."""

from __future__ import annotations

from virshpy.drivers.cpu.features import CAPABILITIES, EBX, ECX, EDX, REGISTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    # What eax, ebx, ecx and edx hold afterwards, by leaf and subleaf.
    Answers = Mapping[tuple[int, int], tuple[int, int, int, int]]

VENDORS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon"}
_EXTENDED = 0x80000000
_MONITORING = 0xF  # its subleaves are of resources, those that subleaf 0 counts in edx
_ENCLAVES = 0x12  # there where leaf 7 says `sgx`

# The leaves and subleaves that the names of features, of the vendor and of the family are read from.
QUESTIONS = tuple(dict.fromkeys([(0, 0), (_EXTENDED, 0), (_MONITORING, 0), *((row[0], row[1]) for row in REGISTERS)]))


def features(answers: Answers) -> set[str]:
    """The features that the processor has."""
    return {
        name
        for leaf, subleaf, register, words in REGISTERS
        if _is_answered(answers, leaf, subleaf)
        for name in _named(words, answers[leaf, subleaf][register])
    }


def capabilities(register: int) -> set[str]:
    """What the register of architectural capabilities (0x10a) adds to them."""
    return set(_named(CAPABILITIES, register))


def vendor(answers: Answers) -> str | None:
    """``Intel``, ``AMD`` or ``Hygon``; None for any other maker."""
    first = answers[0, 0]
    name = b"".join(first[register].to_bytes(4, "little") for register in (EBX, EDX, ECX))
    return VENDORS.get(name.decode("latin-1"))


def signature(answers: Answers) -> tuple[int, int, int]:
    """Family, model number and stepping."""
    version = answers[1, 0][0]
    return (
        (version >> 8 & 0xF) + (version >> 20 & 0xFF),
        (version >> 4 & 0xF) + (version >> 12 & 0xF0),
        version & 0xF,
    )


def _is_answered(answers: Answers, leaf: int, subleaf: int) -> bool:
    """Whether the processor has this leaf: beyond the last one that it has, it answers with something else."""
    if (leaf, subleaf) not in answers or leaf > answers[leaf & _EXTENDED, 0][0]:
        return False
    if leaf == _ENCLAVES:
        return bool(answers[7, 0][EBX] >> 2 & 1)
    if leaf == _MONITORING:
        return bool(answers[leaf, 0][EDX] >> subleaf & 1)
    return leaf != 7 or subleaf <= answers[leaf, 0][0]


def _named(words: str, value: int) -> Iterator[str]:
    """The names of the bits that are set."""
    return (name for bit, name in places(words) if value >> bit & 1)


def places(words: str) -> Iterator[tuple[int, str]]:
    """The names of a register with their bits."""
    bit = 0
    for word in words.split():
        if word.isdigit():
            bit = int(word)
        else:
            yield bit, word
            bit += 1
