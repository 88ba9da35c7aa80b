"""Values inside documents: how a word is read, refused and printed.

A scalar has ``read(text, node, name)`` (``name`` is the attribute, or None for the element's own text), which raises
:class:`Refusal` with libvirt's sentence, and ``write(value)``, which gives text that is not yet escaped. A scalar with
a ``unit`` reads the ``unit`` attribute beside it, and that attribute is always printed with that word.
"""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.node import Node, Refusal
from virshpy.xml.uuids import read_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Scalar:
    """Any text, kept as it is."""

    unit: str | None = None
    expected = "text"
    plain = False  # read and written as it stands

    def read(self, text: str, node: Node, name: str | None) -> Any:
        return text

    def write(self, value: Any) -> str:
        return str(value)

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        """What a schema expects where this value is not allowed; None where it is."""
        try:
            self.read(text, node, name)
        except Refusal as refusal:
            return (
                self.expected
                if refusal.expected is None
                else refusal.expected.partition(", got ")[0].removeprefix("expected ")
            )
        return None

    def refuse(self, text: str, node: Node, name: str | None, why: str = "") -> Refusal:
        """libvirt's general sentence for a value that cannot be read (virXMLProp*, virXPath*)."""
        if name is None:
            detail = f"Invalid value '{text}' for element or attribute './{node.tag}[1]'"
        else:
            tag = node.tag.rpartition(":")[2]
            detail = f"Invalid value for attribute '{name}' in element '{tag}': '{text}'.{why}"
        return Refusal(errors.XMLError, detail, node, f"expected {self.expected}, got '{text}'")


class Sentence:
    """A refusal in words of its own: libvirt's older parsers have one sentence each.

    ``%s`` becomes the value, ``{tag}`` the element's tag, ``{words}`` the tag with its underscores as spaces.
    """

    def __init__(self, sentence: str, error: type[errors.Error] = errors.ConfigUnsupported):
        self.sentence, self.error = sentence, error

    def refusal(self, text: str, node: Node, expected: str) -> Refusal:
        detail = self.sentence.replace("{tag}", node.tag).replace("{words}", node.tag.replace("_", " "))
        return Refusal(self.error, detail.replace("%s", text), node, f"expected {expected}, got '{text}'")


def xml(sentence: str) -> Sentence:
    """A sentence after ``XML error: ``."""
    return Sentence(sentence, errors.XMLError)


def internal(sentence: str) -> Sentence:
    """A sentence after ``internal error: ``."""
    return Sentence(sentence, errors.InternalError)


class Address(Scalar):
    """An IP address, in the one way of writing it that there is; what is none is refused by whoever has it."""

    def read(self, text: str, node: Node, name: str | None) -> str:
        from virshpy.xml.inet import canonical

        return canonical(text)


class Blank(Scalar):
    """Another scalar, for which an empty text means that nothing was said."""

    def __init__(self, inner: Scalar):
        self.inner, self.unit = inner, inner.unit
        self.write = inner.write  # type: ignore[method-assign]

    def read(self, text: str, node: Node, name: str | None) -> Any:
        return self.inner.read(text, node, name) if text else None

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        return self.inner.fault(text, node, name)


class Plain(Scalar):
    """Text that is kept as it is, in which a schema expects a ``pattern``."""

    plain = True

    def __init__(self, pattern: str = "", expected: str = "text") -> None:
        self.pattern, self.expected = pattern, expected

    def allows(self, text: str) -> bool:
        return not self.pattern or re.fullmatch(self.pattern, text) is not None

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        return None if self.allows(text) else self.expected


class Lenient(Blank):
    """Another scalar, whose unreadable values libvirt passes over in silence."""

    def read(self, text: str, node: Node, name: str | None) -> Any:
        try:
            return self.inner.read(text, node, name)
        except Refusal:
            return None


class Noted(Blank):
    """A switch that is printed only where it is on: no and nothing are the same."""

    def read(self, text: str, node: Node, name: str | None) -> Any:
        return self.inner.read(text, node, name) or None


def again(values: Iterable[Any]) -> list[Any]:
    """Those of some values that were there before."""
    seen: set[Any] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


_DIGITS = {
    0: "0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*",
    8: "[0-7]+",
    10: "[0-9]+",
    16: "(?:0[xX])?[0-9a-fA-F]+",
}


def strtol(text: str, base: int = 10) -> int | None:
    """C's strtol over the whole of a text: base 8, 10, 16, or 0 (0x hexadecimal, 0 octal); None if it fails."""
    if base in (0, 10) and text.isdecimal() and text.isascii() and len(text) < 32 and (base or text[0] != "0"):
        return int(text)  # as nearly all are
    if len(text) >= (32 if base == 10 else 65):
        return None
    match = re.match(rf"[ \t\n\r\v\f]*[+-]?({_DIGITS[base]})\Z", text)
    if match is None:
        return None
    if base:
        return int(text, base)
    digits = match[1]
    value = int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits, 8) if digits[0] == "0" else int(digits)
    return -value if "-" in text else value


_KNOWN = 256  # numbers that are kept; none has more digits than a number of 64 bits may


class Int(Scalar):
    """A whole number between ``low`` and ``high``. ``base`` is C's; ``form`` is how it is printed (``0x%02x``)."""

    def __init__(
        self,
        low: int = 0,
        high: int = 2**32 - 1,
        *,
        base: int = 10,
        form: str = "%d",
        nonzero: bool = False,
        sentence: Sentence | None = None,
    ):
        self.low, self.high, self.base, self.form = low, high, base, form
        self.nonzero, self.sentence = nonzero, sentence
        self.signed = low < 0 or high == 2**31 - 1  # which of libvirt's readers, and so which words
        kind = "non-negative integer" if not self.signed else "long long integer" if high > 2**32 else "integer"
        self.expected = f"{kind} value"
        self.known: dict[str, int] = {}  # what was read before: documents are full of the same few numbers

    def read(self, text: str, node: Node, name: str | None) -> int:
        found = self.known.get(text)
        if found is not None:
            return found
        value = strtol(text, self.base)
        if value is None or not self.low <= value <= self.high:
            if self.sentence is not None:
                raise self.sentence.refusal(text, node, self.expected)
            below = self.signed and value is not None and self.low > value > -(2**31)
            raise self.refuse(text, node, name, f" Expected {'non-negative value' if below else self.expected}")
        if self.nonzero and not value:
            if self.sentence is not None:
                raise self.sentence.refusal(text, node, "anything but zero")
            detail = f"Invalid value for attribute '{name or node.tag}' in element '{node.tag}': Zero is not permitted"
            raise Refusal(errors.XMLError, detail, node, "expected anything but zero")
        if len(self.known) < _KNOWN:
            self.known[text] = value
        return value

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        bare = text.strip()
        return self.expected if bare.startswith("+") else super().fault(bare, node, name)

    def write(self, value: int) -> str:
        return self.form % value


class Wrapping(Int):
    """An unsigned number of ``bits`` bits whose negative values libvirt takes as C does: -1 is the largest."""

    def __init__(self, bits: int, sentence: Sentence | None = None):
        super().__init__(0, 2**bits - 1, sentence=sentence)

    def read(self, text: str, node: Node, name: str | None) -> int:
        value = strtol(text)
        if value is not None and -self.high <= value < 0:
            return value + self.high + 1
        return super().read(text, node, name)


class Enum(Scalar):
    """One of a closed list of words."""

    def __init__(self, words: str | Iterable[str], sentence: str | Sentence | None = None):
        self.words = tuple(words.split()) if isinstance(words, str) else tuple(words)
        self._set = frozenset(self.words)
        self.sentence = Sentence(sentence) if isinstance(sentence, str) else sentence

    @property
    def expected(self) -> str:  # type: ignore[override]
        return "one of " + ", ".join(self.words) if self.words else "none at all"

    def read(self, text: str, node: Node, name: str | None) -> str:
        if text in self._set:
            return text
        if self.sentence is not None:
            raise self.sentence.refusal(text, node, self.expected)
        raise self.refuse(text, node, name)

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        return super().fault(text, node, name) if self.words else None


class Switch(Scalar):
    """Two words for true and false."""

    def __init__(self, true: str = "yes", false: str = "no", sentence: str | Sentence | None = None):
        self.true, self.false = true, false
        self.expected = f"'{true}' or '{false}'"
        self.sentence = Sentence(sentence) if isinstance(sentence, str) else sentence

    def read(self, text: str, node: Node, name: str | None) -> bool:
        if text == self.true:
            return True
        if text == self.false:
            return False
        if self.sentence is not None:
            raise self.sentence.refusal(text, node, self.expected)
        raise self.refuse(text, node, name)

    def write(self, value: bool) -> str:
        return self.true if value else self.false


class UUID(Scalar):
    expected = "a UUID: 32 hexadecimal digits"

    def __init__(self, sentence: Sentence | None = None):
        self.sentence = sentence

    def read(self, text: str, node: Node, name: str | None) -> str:
        value = read_uuid(text)
        if value is None:
            if self.sentence is not None:
                raise self.sentence.refusal(text, node, self.expected)
            raise self.refuse(text, node, name, " Expected UUID")
        return value


def read_mac(text: str) -> str | None:
    """A MAC address in lower case with two digits each; None when it is none."""
    if re.match(r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}\Z", text) is None:
        return None
    return ":".join(part.zfill(2) for part in text.lower().split(":"))


class AnyMAC(Scalar):
    """A MAC address, of one card or of many."""

    expected = "six pairs of hexadecimal digits with colons"

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence

    def read(self, text: str, node: Node, name: str | None) -> str:
        value = read_mac(text)
        if value is None:
            raise self.sentence.refusal(text, node, self.expected)
        return value


class MAC(AnyMAC):
    """A unicast MAC address."""

    expected = "six pairs of hexadecimal digits with colons, the first pair even"

    def __init__(self) -> None:
        super().__init__(xml("unable to parse mac address '%s'"))

    def read(self, text: str, node: Node, name: str | None) -> str:
        value = super().read(text, node, name)
        if int(value[:2], 16) & 1:
            sentence = f"expected unicast mac address, found multicast '{text}'"
            raise Refusal(errors.XMLError, sentence, node, f"expected {self.expected}, got '{text}'")
        return value


MAX_RANGE = 16384  # libvirt's too: VIR_DOMAIN_CPUMASK_LEN


def parse_ranges(text: str) -> tuple[int, ...] | None:
    """Numbers of ``0-3,^2,8`` in ascending order; None when the text is malformed (virBitmapParse)."""
    found: set[int] = set()
    parts = text.split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()  # a last comma is nothing
    for part in parts:
        match = re.fullmatch(r"\s*(\^)?(\d{1,7})\s*(?:-\s*(\d{1,7}))?\s*", part, re.ASCII)
        if not match or (match[1] and match[3]):
            return None
        low, high = int(match[2]), int(match[3] or match[2])
        if high < low or high >= MAX_RANGE:
            return None
        if match[1]:
            found.discard(low)
        else:
            found.update(range(low, high + 1))
    return tuple(sorted(found))


def format_ranges(numbers: Iterable[int]) -> str:
    """``0-3,8`` of the numbers (virBitmapFormat)."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


class Ranges(Scalar):
    """A set of CPUs, NUMA nodes, …: a sorted tuple of numbers."""

    expected = "numbers and ranges such as 0-3,^2,8"

    def __init__(self, sentence: Sentence | None = None, malformed: Sentence | None = None):
        """``sentence`` refuses a set of nothing (``^1``), ``malformed`` what is no set; libvirt's general one is else
        said of the latter, and the former is as if it had not been given."""
        self.sentence = sentence
        self.malformed = malformed or Sentence("Failed to parse bitmap '%s'", errors.InvalidArg)

    def read(self, text: str, node: Node, name: str | None) -> tuple[int, ...] | None:
        value = parse_ranges(text)
        if value is None:
            raise self.malformed.refusal(text, node, self.expected)
        if not value and self.sentence is not None:
            raise self.sentence.refusal(text, node, self.expected)
        return value or None

    def write(self, value: Iterable[int]) -> str:
        return format_ranges(value)


_SUFFIXES = {"": None, "b": 1, "byte": 1, "bytes": 1}
_SUFFIXES |= {letter: 1024**n for n, letter in enumerate("kmgtpe", 1)}
_SUFFIXES |= {f"{letter}ib": 1024**n for n, letter in enumerate("kmgtpe", 1)}
_SUFFIXES |= {f"{letter}b": 1000**n for n, letter in enumerate("kmgtpe", 1)}


def scale(number: int, unit: str, default: int, node: Node, most: int = 2**64 - 1) -> int:
    """Bytes of a number with a unit word (virScaleInteger: KiB, KB, M, bytes, …), ``most`` at the most; ``default`` is
    for no unit."""
    factor = _SUFFIXES.get(unit.lower(), 0)
    if factor == 0:
        words = "expected bytes, KB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB, EB or EiB"
        raise Refusal(errors.InvalidArg, f"unknown suffix '{unit}'", node, words)
    value = number * (default if factor is None else factor)
    if value > most:
        bits = most.bit_length()
        raise Refusal(errors.Overflow, f"value too large: {number}{unit}", node, f"it must fit in {bits} bits")
    return value


def in_largest_unit(size: int) -> tuple[int, str]:
    """Bytes as a number of the largest unit of which they are a whole number (virFormatIntPretty)."""
    power = 0
    while size and size % 1024 == 0 and power < 6:
        size, power = size // 1024, power + 1
    return size, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")[power]


class Size(Scalar):
    """A size, held in units of ``step`` bytes (rounded up) and printed with the unit's word.

    ``default`` is the unit in bytes of a number that has no ``unit`` attribute.
    """

    expected = "a whole number, with unit= if it is not in the default unit"

    def __init__(self, unit: str = "KiB", step: int = 1024, default: int = 1024, path: str | None = None):
        self.unit, self.step, self.default, self.path = unit, step, default, path

    def read(self, text: str, node: Node, name: str | None) -> int:
        number = strtol(text)
        if number is None or number < 0 or number > 2**64 - 1:
            place = self.path or (f"./@{name}" if name else "./{tag}[1]")
            place = place.replace("{tag}", node.tag)
            if not text:
                missing = f"missing element or attribute '{place}'"
                raise Refusal(errors.XMLError, missing, node, f"expected {self.expected}")
            detail = f"Invalid value '{text}' for element or attribute '{place}'"
            raise Refusal(errors.XMLError, detail, node, f"expected {self.expected}, got '{text}'")
        return -(-scale(number, node.attrs.get("unit", ""), self.default, node) // self.step)

    def fault(self, text: str, node: Node, name: str | None) -> str | None:
        no_unit = name is None and node.attrs.get("unit") == ""
        return "a unit such as KiB" if no_unit else super().fault(text, node, name)


STR = Plain()
ADDRESS = Address()
PATH = Plain(r"(/|[a-zA-Z]:\\).+", "an absolute path")
DIR = Plain("/.*", "an absolute path")
FILE = Plain(".+", "a path")
WORD = Plain(r"[a-zA-Z0-9_+-]+", "letters, digits, _ + -")
DEVICE = Plain(r"[a-zA-Z0-9_.\\:/-]+", "the name of a device")
NODE = Plain(rf"{DEVICE.pattern}|{PATH.pattern}", "the name of a device, or an absolute path")
HOST = Plain(r"[a-zA-Z0-9.:-]+", "a host's name or address")
SERIAL = Plain(r"[A-Za-z0-9_.+ -]+", "letters, digits, _ . + - and spaces")
ALIAS = Plain(r"[a-zA-Z0-9_.-]+", "letters, digits, _ . -")
WWN = Plain("(0x)?[0-9a-fA-F]{16}", "16 hexadecimal digits")
TARGET = Plain("(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+", "a name such as vda, sda, hda, fda")
ZONE = Plain(r"[a-zA-Z0-9_.+/-]+", "a time zone such as Europe/Berlin")
INT = Int(-(2**31), 2**31 - 1)
UINT = Int()
UINT0 = Int(base=0)
POSITIVE = Int(nonzero=True)
ULONG = Int(high=2**64 - 1)
LONG = Int(-(2**63), 2**63 - 1)
YESNO = Switch()
ONOFF = Switch("on", "off")
KIB = Size()
