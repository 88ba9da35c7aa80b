"""QEMU's command line as words, options, and what an option says: ``key=value,…`` or JSON."""

from __future__ import annotations

import json
import re
import shlex

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Options that stand alone; every other one has a word after it.
_ALONE = frozenset(
    """
    S alt-grab ctrl-grab curses daemonize enable-kvm enable-sync-profile full-screen h help mem-prealloc no-acpi
    no-fd-bootchk no-hpet no-kvm no-quit no-reboot no-shutdown no-user-config nodefaults nodefconfig nographic
    old-param only-migratable portrait preconfig rtc-td-hack sdl semihosting show-cursor singlestep snapshot usb
    version win2k-hack xen-attach xen-domid-restrict
    """.split()  # noqa: SIM905
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=").match
_PROGRAM = re.compile(r"(.*/)?(qemu(-system-[a-z0-9_]+|-kvm)?|kvm)(\.real)?\Z").match


class Option:
    """One option: ``name`` without its dashes, ``value`` or None; ``used`` once the document says what it says."""

    __slots__ = ("name", "value", "used")

    def __init__(self, name: str, value: str | None) -> None:
        self.name = name
        self.value = value
        self.used = False

    @property
    def words(self) -> list[str]:
        return [f"-{self.name}"] if self.value is None else [f"-{self.name}", self.value]


class Command:
    """``program``, ``env`` (what is assigned before it) and ``options`` in order."""

    def __init__(self, text: str) -> None:
        try:
            words = shlex.split(text.replace("\\\n", " "), comments=True)
        except ValueError as error:
            raise errors.InvalidArg(
                f"cannot parse the command line: {error}", hint="quote it as a shell would take it"
            ) from None
        self.env: dict[str, str] = {}
        self.options: list[Option] = []
        rest = iter(words)
        self.program = self._find_program(rest)
        self._read_options(rest)

    def _find_program(self, words: Iterator[str]) -> str:
        """What runs QEMU may stand before it: sudo, exec, env, numactl …"""
        for word in words:
            if _PROGRAM(word):
                return word
            if _ASSIGNMENT(word):
                name, _, value = word.partition("=")
                self.env[name] = value
        raise errors.InvalidArg(
            "no emulator path found", hint="the file holds one command line: qemu-system-x86_64 -m 1024 …"
        )

    def _read_options(self, words: Iterator[str]) -> None:
        for word in words:
            if word == "&" or word.startswith((">", "2>", "|", ";", "<")):
                break
            if not word.startswith("-") or word == "-":
                self.options.append(Option("hda", word))
                continue
            name = word.removeprefix("-").removeprefix("-")
            value = None if name in _ALONE else next(words, None)
            if value is None and name not in _ALONE:
                raise errors.InvalidArg(f"missing value for option '{word}'", hint="QEMU would refuse it as well")
            self.options.append(Option(name, value))


# What others are named by, or understood by.
_NAMES = ("driver", "id", "node-name", "qom-type", "bus")


class Params(dict[str, "Any"]):
    """What one option says, by key; ``option`` is where it was said. Keys are taken as they are understood: what is
    left has not been."""

    def __init__(self, option: Option, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.option = option

    @classmethod
    def of(cls, option: Option, implied: str | None = None) -> Params:
        """``implied`` is the key of a first word that has none. Raises InvalidArg for a name that is no text."""
        values = read_keys(option.value or "", implied)
        for key in _NAMES:
            if not isinstance(values.get(key, ""), str):
                raise errors.InvalidArg(
                    f"'{key}' of -{option.name} must be a string", hint="QEMU would refuse it as well"
                )
        return cls(option, values)

    @property
    def name(self) -> str:
        return str(self.get("id", ""))

    def fork(self) -> Params:
        """A copy to try with."""
        return Params(self.option, self)

    def text(self, *keys: str) -> str | None:
        """Take a value as text, by the first of its names that is there."""
        for key in keys:
            if key in self:
                return as_text(self.pop(key))
        return None

    def number(self, *keys: str) -> int | None:
        found = self.text(*keys)
        return None if found is None else as_number(found)

    def switch(self, *keys: str) -> bool | None:
        found = self.text(*keys)
        return None if found is None else is_on(found)

    def drop(self, *keys: str) -> None:
        """Keys that need not be said again."""
        for key in keys:
            self.pop(key, None)


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value)


def is_on(text: str) -> bool:
    return text in ("on", "yes", "true", "y", "1")


_DIGITS = 40


def as_number(text: str) -> int:
    """A number, decimal or 0x…; 0 for what is none. Raises InvalidArg for more digits than anything has."""
    if len(text) > _DIGITS:
        raise errors.InvalidArg(f"number '{text[:_DIGITS]}…' is too long", hint="QEMU would refuse it as well")
    try:
        return int(text, 0)
    except ValueError:
        return int(text) if text.isdecimal() else 0


_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def as_size(text: str | int, unit: str = "b") -> int:
    """Bytes of ``512``, ``512M``, ``1.5G``; ``unit`` is that of a bare number."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?|0x[0-9a-fA-F]+)\s*([bkmgtBKMGT]?)[iI]?[bB]?\s*", str(text))
    if match is None:
        raise errors.InvalidArg(f"cannot parse size '{text}'", hint="expected a number such as 512M or 2G")
    number = float(match[1][:_DIGITS]) if "." in match[1] else as_number(match[1])
    return int(number * _UNITS[(match[2] or unit).lower()])


def split_commas(text: str) -> list[str]:
    """The parts between commas; a doubled comma is one of the text's own."""
    return [part.replace("\0", ",") for part in text.replace(",,", "\0").split(",")]


def read_keys(text: str, implied: str | None = None) -> dict[str, Any]:
    """Keys and values of ``a,b=c,d.e=f`` or of a JSON object; ``{"d": {"e": …}}`` and ``d.e=…`` are the same."""
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise errors.InvalidArg(f"cannot parse JSON {text[:200]}: {error}") from None
        return found if isinstance(found, dict) else {}
    values: dict[str, Any] = {}
    for number, part in enumerate(split_commas(text)):
        key, equals, value = part.partition("=")
        if not equals and number == 0 and implied is not None:
            key, value = implied, part
        elif not equals:
            # A switch that is only named is on; with "no" before it (nowait) it is off.
            bare = key.removeprefix("no")
            key, value = (bare, "off") if key in ("nowait", "nodelay", "noserver", "notelnet") else (key, "on")
        _put(values, key.split("."), value)
    return values


def _put(values: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        below = values.setdefault(step, {})
        if not isinstance(below, dict):
            return
        values = below
    values[path[-1]] = value
