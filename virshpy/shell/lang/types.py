"""Types of an option's value. A type owns three things: what a text means, what is wrong with it, and what to offer
when the user presses Tab. What a text means by itself is read first; what it stands for in a session comes after."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.shell.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Self

    from virshpy.shell.session import Session

    Candidate = tuple[str, str]


class Type:
    """Plain text. ``word`` is what help shows: ``string`` or ``number``."""

    word = "string"
    gives = "str"  # the type of the value, as handlers annotate it
    empty_ok = False
    source: str | None = None  # where words to complete come from, if not from the type itself

    def offering(self, source: str) -> Self:
        """This type, completed from ``source`` in :mod:`virshpy.shell.lang.candidates` (loaded for Tab only)."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, source=source)
        return made

    def convert(self, text: str, name: str) -> Any:
        """The value of ``text`` given for the option ``name``. Raises Failure."""
        return text

    def resolve(self, value: Any, name: str, session: Session) -> Any:
        """What that value stands for here: an object of the connection, the content of a file. Raises Failure."""
        return value

    def takes(self, text: str) -> bool:
        """Whether a text may be a value of this type at all; where only somebody else can tell, it may."""
        return True

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        """(word, what it is) that may stand here; those not starting with ``prefix`` are dropped by the caller."""
        return ()

    def complete_beside(self, given: dict[str, list[str]], prefix: str, session: Session) -> Iterable[Candidate]:
        """As ``complete``, for types that depend on what other options say: ``given`` holds their texts."""
        return self.complete(prefix, session)


class Named(Type):
    """An object of the driver's; ``identity`` is what names it to programs, attributes of its handle; ``api`` is what
    the methods of a connection call it."""

    identity = "name uuid"
    api = ""


class Bounded(Type):
    """A type of which the text itself tells whether it is a value."""

    def takes(self, text: str) -> bool:
        try:
            self.convert(text, "")
        except Failure:
            return False
        return True


class AnyText(Type):
    """Text that may be empty, and means something by it."""

    empty_ok = True


class Choice(Type):
    """One of a few words; the driver has the last word on others unless ``strict``."""

    def __init__(self, *choices: str, strict: str | None = None) -> None:
        self.choices = choices
        self.strict = strict

    def convert(self, text: str, name: str) -> str:
        if self.strict is not None and text not in self.choices:
            raise Failure(self.strict % text, hint=f"one of {', '.join(self.choices)}")
        return text

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(choice, "") for choice in self.choices]


class AnyChoice(Choice):
    """One of a few words, or nothing."""

    empty_ok = True


class Flags(Bounded):
    """Several of a few words, separated by commas; the value is the sum of what they stand for."""

    gives = "int"

    def __init__(self, choices: Mapping[str, int], complaint: str) -> None:
        self.choices = choices
        self.complaint = complaint

    def convert(self, text: str, name: str) -> int:
        total = 0
        for word in text.split(","):
            if word not in self.choices:
                raise Failure(self.complaint % word, hint=f"separated by commas: {', '.join(self.choices)}")
            total |= self.choices[word]
        return total

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        before, comma, _ = prefix.rpartition(",")
        used = before.split(",")
        return [(before + comma + choice, "") for choice in self.choices if choice not in used]


class File(Type):
    """A file to read: the value is its content."""

    def resolve(self, text: str, name: str, session: Session) -> Any:
        if text == "/dev/stdin" and session.read_document is not None:
            return session.read_document()
        content = _read(text)
        if len(content) > FILE_LIMIT:
            raise Failure(
                f"Failed to open file '{text}': Value too large for defined data type", hint="10 MiB are read at most"
            )
        content = content.partition(b"\0")[0]  # a text in C ends there
        return content.decode(errors="surrogateescape").replace("\r\n", "\n").replace("\r", "\n")

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return _paths(prefix, directories_only=False)


class Bytes(File):
    """A small file to read, not of text: the value is its bytes."""

    gives = "bytes"

    def resolve(self, text: str, name: str, session: Session) -> Any:
        return _read(text)[:FILE_LIMIT]


class Path(Type):
    """A file by its name: to be written, or for the driver to read."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return _paths(prefix, directories_only=False)


class Directory(Type):
    """A directory to go to; the command itself says what is wrong with an empty name."""

    empty_ok = True

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return _paths(prefix, directories_only=True)


class Uri(Type):
    """The URI of a connection; an empty one is the default."""

    empty_ok = True

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [
            ("qemu:///system", "the guests of the host"),
            ("qemu:///session", "your own guests"),
            ("test:///default", "a host in memory, to try things on"),
        ]


class Int(Type):
    """A whole number between ``least`` and ``most``, in decimal digits."""

    word = "number"
    gives = "int"
    empty_ok = True  # and then complained about as any other text that is no number

    def __init__(self, least: int = -(1 << 31), most: int = (1 << 31) - 1) -> None:
        self.least = least
        self.most = most

    def convert(self, text: str, name: str) -> int:
        value = whole_number(text)
        if value is None or not self.least <= value <= self.most:
            raise Failure(
                f"Numeric value '{text}' for <{name}> option is malformed or out of range",
                hint=f"a whole number from {self.least} to {self.most}",
            )
        return value


class UInt(Int):
    """A whole number that is not negative and fits into ``bits``."""

    def __init__(self, bits: int = 32) -> None:
        super().__init__(0, (1 << bits) - 1)


class Timeout(Int):
    """Seconds that a command waits. It counts milliseconds, in 31 bits."""

    def __init__(self) -> None:
        super().__init__(1, ((1 << 31) - 1) // 1000)


class Wrapping(Int):
    """A number of 64 bits; a negative one is what it would be without a sign, so that -1 is the most."""

    def __init__(self) -> None:
        super().__init__(1 - (1 << 64), (1 << 64) - 1)

    def convert(self, text: str, name: str) -> int:
        return super().convert(text, name) & ((1 << 64) - 1)


class Size(Type):
    """A number with an optional unit (K, KiB, KB, M, …); the value is in bytes, ``scale`` is the unit of none."""

    word = "number"
    gives = "int"
    empty_ok = True

    def __init__(self, scale: int = 1, most: int = (1 << 64) - 1) -> None:
        self.scale = scale
        self.most = most

    def convert(self, text: str, name: str) -> int:
        digits = text.lstrip(_BLANKS).removeprefix("+")
        count = len(digits) - len(digits.lstrip("0123456789"))
        number, unit = _int(digits[:count] or "0"), digits[count:]
        factor = _factor(unit, self.scale)
        cause: errors.Error | None = None
        if digits[:count] and number < 1 << 64:
            if factor is None:
                cause = errors.InvalidArg(f"unknown suffix '{unit}'")
            elif number * factor <= self.most:
                return number * factor
            else:
                cause = errors.Overflow(f"value too large: {number}{unit}")
        raise Failure(
            f"Scaled numeric value '{text}' for <{name}> option is malformed or out of range",
            cause,
            hint="a whole number, with a unit or without: 512, 4KiB, 4K, 2MiB, 2MB, 1G",
        )


class DomainType(Named):
    """A domain: the value is its handle. ``by`` says which of name, id and uuid may name it (virsh differs by command);
    ``states`` narrows what is offered to domains in one of these states (virsh's names of them)."""

    identity = "domain uuid"
    gives = "Domain"

    def __init__(self, by: str = "id uuid name", *, states: str = "") -> None:
        self.by = by.split()
        self.states = states.split(",") if states else ()

    def resolve(self, text: str, name: str, session: Session) -> Any:
        connection = session.connection
        cause: errors.Error | None = None
        session.trace_option(name, text)
        try:
            if "id" in self.by and text.isascii() and text.isdigit() and _int(text) < 1 << 31:
                session.trace_way("domain", "looks like ID")
                try:
                    return connection.lookup_by_id(int(text))
                except errors.NoDomain:
                    pass
            if "uuid" in self.by and len(text) == 36:
                session.trace_way("domain", "trying as domain UUID")
                try:
                    return connection.lookup_by_uuid(text)
                except (errors.NoDomain, errors.InvalidArg):
                    pass
            if "name" in self.by:
                session.trace_way("domain", "trying as domain NAME")
                return connection.lookup_by_name(text)
        except (errors.NoDomain, errors.InvalidArg) as error:
            cause = error
        except errors.Error as error:
            raise Failure(f"failed to get domain '{text}'", error) from error
        if not isinstance(cause, errors.NoDomain):
            cause = errors.NoDomain(f"no domain with matching name '{text}'")
        hint = _like(text, session)
        raise Failure(f"failed to get domain '{text}'", cause, quiet_cause=True, hint=hint) from cause

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.enums import StatsTypes
        from virshpy.shell.render.states import state_label

        found = []
        for domain, stats in session.connection.domain_stats(stats=StatsTypes.STATE):
            label = state_label(stats.get("state.state", 0))
            if not self.states or label in self.states:
                found.append((domain.name, label) if "name" in self.by else (domain.uuid, domain.name))
        return found


class KiB(Size):
    """A size in KiB, rounded up; without a unit it is in KiB."""

    def __init__(self, most: int = (1 << 64) - 1) -> None:
        super().__init__(1024, most)

    def convert(self, text: str, name: str) -> int:
        return -(-super().convert(text, name) // 1024)


class Descriptors(Bounded):
    """Numbers of open files with commas between them."""

    gives = "list[int]"

    empty_ok = True

    def convert(self, text: str, name: str) -> list[int]:
        numbers = []
        for piece in text.split(",") if text else ():
            number = whole_number(piece)
            if number is None or not -(1 << 31) <= number < 1 << 31:
                raise Failure(f"Unable to parse FD number '{piece}'", hint="numbers separated by commas, such as 3,4")
            numbers.append(number)
        return numbers


STRING = Type()
TEXT = AnyText()
PLAIN = (Type, AnyText)  # those that offer nothing and refuse nothing
FILE_LIMIT = 10 * 1024 * 1024
_UNITS = "bkmgtpe"
_BLANKS = " \t\n\v\f\r"


def _read(path: str) -> bytes:
    """What a file holds, up to one byte more than is allowed. Raises Failure."""
    try:
        with open(path, "rb") as file:
            return file.read(FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        # A directory opens; it is the reading that fails.
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        raise Failure(
            f"Failed to {verb} file '{path}': {reason}", hint=_about_file(path), kind=errors.kind_of(error)
        ) from None


def _about_file(text: str) -> str:
    """What to do about a file that cannot be read."""
    from difflib import get_close_matches

    folder, name = os.path.split(text)
    try:
        near = get_close_matches(name, os.listdir(folder or "."), 1, 0.7)
    except OSError:
        return f"there is no directory '{folder}' to read from" if folder else "check the working directory: pwd"
    if near and near[0] != name:
        return f"did you mean '{os.path.join(folder, near[0])}'?"
    return "/dev/stdin reads what is piped in; at the prompt, what is typed up to Ctrl-D"


def _like(text: str, session: Session) -> str:
    """What to do about a domain that is not there."""
    names = [domain.name for domain in session.connection.list_domains()]
    folded = text.casefold()
    near = [name for name in names if name.casefold() == folded or (len(text) > 1 and folded in name.casefold())]
    if near:
        return "did you mean " + ", ".join(repr(name) for name in near[:3]) + "?"
    return "'list --all' shows the domains of this connection"


def leading_number(text: str) -> int | None:
    """The number that a text begins with, as strtol reads it in base ten."""
    from re import match

    found = match(r"[ \t\n\v\f\r]*([+-]?[0-9]+)", text)
    return whole_number(found[1]) if found else None


def split_commas(text: str) -> list[str]:
    """The pieces between commas; two commas are one that belongs to its piece."""
    return [piece.replace("\0", ",") for piece in text.replace(",,", "\0").split(",")]


def whole_number(text: str) -> int | None:
    """As strtol reads it in base ten, to the end."""
    digits = text.lstrip(_BLANKS)
    sign = -1 if digits.startswith("-") else 1
    digits = digits[1:] if digits[:1] in ("+", "-") else digits
    return sign * _int(digits) if digits.isascii() and digits.isdigit() else None


def _int(digits: str) -> int:
    """Their number, or another one that is as far out of every range: Python reads no more than 4,300 digits."""
    return int(digits) if len(digits) < 40 else int(digits.lstrip("0")[:40] or "0")


def _factor(unit: str, scale: int) -> int | None:
    if not unit:
        return scale
    power = _UNITS.find(unit[0].lower())
    rest = unit[1:].lower()
    if unit.lower() in ("b", "byte", "bytes"):
        return 1
    if power < 1 or rest not in ("", "ib", "b"):
        return None
    factor: int = (1000 if rest == "b" else 1024) ** power
    return factor


def _paths(prefix: str, *, directories_only: bool) -> Iterable[Candidate]:
    folder, start = os.path.split(prefix)
    found = []
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            for entry in entries:
                if not entry.name.startswith(start) or (entry.name.startswith(".") and not start.startswith(".")):
                    continue
                if entry.is_dir():
                    found.append((os.path.join(folder, entry.name) + "/", ""))
                elif not directories_only:
                    found.append((os.path.join(folder, entry.name), ""))
    except OSError:
        pass
    return sorted(found)
