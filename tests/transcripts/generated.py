"""Command lines made out of the declarations: every command with every option, right values and wrong ones, too little
and too much, twice, in the wrong company, and two mistakes at once, which shows what is looked at first. A command that
is declared is tried; nothing is listed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from virshpy.shell.lang import registry, types
from virshpy.shell.lang.command import FLAG, REQUIRED, WORDS, Command, Exclusive, Option

# What stands for a good value, by the option's name; $DIR is where the documents of transcripts.py are.
GOOD = {
    "domain": "test", "file": "$DIR/fc.xml", "xml": "$DIR/fc.xml", "config": "$DIR/fc.xml", "xpath": "//name",
    "network": "default", "pool": "default-pool", "vol": "vol", "interface": "eth1", "device": "computer",
    "nwfilter": "none", "secret": "00000000-0000-0000-0000-0000000000aa", "snapshotname": "snap", "path": "vda",
    "checkpointname": "check", "target": "vda", "mac": "aa:bb:cc:dd:ee:ff", "type": "network", "source": "default",
    "size": "1024", "count": "1", "new-name": "other", "newname": "other", "uri": "http://x", "key": "k",
    "command": "list", "mode": "acpi", "name": "name",
}  # fmt: skip

# The same where a name means something else to some commands.
GOOD_FOR = {("pool-", "type"): "dir", ("find-storage-", "type"): "logical", ("vol-", "name"): "v"}

# What is tried for each type of value besides; the empty word for all.
# The ends of C's types, and of what is multiplied on the way into one of them.
ENDS = tuple(
    str(end // factor + more)
    for bits in (31, 32, 63, 64)
    for factor in (1, 1000, 1024, 1 << 20)
    for end in ((1 << bits) - 1,)
    for more in (0, 1)
)
NUMBERS = (
    "0", "1", "-1", "010", "0x10", "1k", "abc", "1.5", " 7", "+3", "99999999999999999999", "1 ", "-2147483648",
    "-2147483649", "-9223372036854775808", "-9223372036854775809", "-18446744073709551615", "-18446744073709551616",
    *ENDS,
)  # fmt: skip
SIZES = (
    "0", "1", "1k", "1KiB", "1KB", "2M", "1Q", "-1", "1.5", "abc", "1 k", "1E", "17EB", "15EiB", "16E", "8E", "7E",
    "4T", "4095G", "4096G", "18446744073709551616", *ENDS,
)  # fmt: skip
NAMES = ("nope", "1", "99", "-1", "6695eb01-f6a4-8304-79aa-97f2502e193f", "00000000-0000-0000-0000-000000000000")
FILES = ("$DIR/missing", "$DIR", "$DIR/empty.xml", "$DIR/truncated.xml")
TEXTS = ("x", "a b", "é", "--")
_WRONG = ("", "nope")


def lines(command: Command) -> list[list[str]]:
    """Command lines for a command, each a list of words, none twice."""
    seen: dict[tuple[str, ...], None] = {}
    for words in _all(command):
        seen.setdefault((command.name, *_fitting(command, words)))
    return [list(words) for words in seen]


def _all(command: Command) -> Iterator[list[str]]:
    required = _required(command)
    yield []
    yield required
    yield ["--help"]
    yield ["--no-such-option"]
    yield [*required, "--no-such-option", "x"]
    yield ["more", *["words"] * (len(command.options) + 1)]
    yield ["--", *(_good(option) for option in command.options if option.required)]
    yield ["nope"]
    yield ["nope", "nope"]
    for alias in command.aliases:
        target = command.find(alias.target)
        if target is not None:
            value = [] if alias.value is not None or target.kind == FLAG else [_good(target)]
            others = _required(command, without=target)
            yield [*others, f"--{alias.name}", *value]
            yield [*others, f"--{alias.name}", *value, *_named(target)]
    for option in command.options:
        others = _required(command, without=option)
        yield from ([*others, *words] for words in _alone(option))
    yield from ([*required, *words] for words in _company(command))
    yield from _mistakes(command)


def _required(command: Command, without: Option | None = None) -> list[str]:
    return [word for option in command.options if option.required and option is not without for word in _named(option)]


def _good(option: Option) -> str:
    return GOOD.get(option.name) or _values(option)[0]


def _fitting(command: Command, words: list[str]) -> list[str]:
    """The same words with values that mean something to this command."""
    found = list(words)
    for (start, name), value in GOOD_FOR.items():
        if command.name.startswith(start):
            for place, word in enumerate(words[:-1]):
                if word == f"--{name}" and words[place + 1] == GOOD[name]:
                    found[place + 1] = value
    return found


def _named(option: Option, value: str | None = None) -> list[str]:
    if option.kind == FLAG:
        return [f"--{option.name}"]
    value = _good(option) if value is None else value
    return [value] if option.kind == WORDS else [f"--{option.name}", value]


def _values(option: Option) -> tuple[str, ...]:
    kind = option.type
    if isinstance(kind, types.Int):
        return NUMBERS
    if isinstance(kind, types.Size):
        return SIZES
    if isinstance(kind, types.Choice):
        return (*kind.choices[:4], "nope")
    if isinstance(kind, types.Flags):
        return (*list(kind.choices)[:3], ",".join(list(kind.choices)[:2]), "nope", f"{next(iter(kind.choices))},")
    if isinstance(kind, types.File):
        return FILES
    if isinstance(kind, (types.Directory, types.AnyText)) or type(kind) is types.Type:
        return TEXTS
    return NAMES


def _alone(option: Option) -> Iterator[list[str]]:
    """One option beside what is required: in its spellings, with all its values, twice, without a value."""
    yield _named(option)
    if option.kind == FLAG:
        yield [f"--{option.name}=yes"]
        yield [f"--{option.name}", f"--{option.name}"]
        return
    for value in ("", *_values(option)):
        yield _named(option, value)
    good = _good(option)
    yield [f"--{option.name}={good}"]
    yield [f"--{option.name}="]
    yield [f"--{option.name}"]
    yield [f"--{option.name}", good, f"--{option.name}", good]
    if option.kind == REQUIRED:
        yield [good]


def _company(command: Command) -> Iterator[list[str]]:
    """Options together: each with each, those that exclude each other, all of them."""
    optional = [option for option in command.options if not option.required]
    for first, second in combinations(optional, 2):
        yield [*_named(first), *_named(second)]
    for constraint in command.constraints:
        involved = [found for name in constraint.names() if (found := command.find(name)) is not None]
        if isinstance(constraint, Exclusive) or len(involved) > 1:
            yield [word for option in involved for word in _named(option)]
            yield _named(involved[0])
    yield [word for option in optional for word in _named(option)]


def _mistakes(command: Command) -> Iterator[list[str]]:
    """A wrong value beside each other wrong one, and beside each flag."""
    with_value = [option for option in command.options if option.kind not in (FLAG, WORDS)]
    for first in with_value:
        for second in with_value[with_value.index(first) + 1 :]:
            others = [
                word
                for option in command.options
                if option.required and option not in (first, second)
                for word in _named(option)
            ]
            for one in _WRONG:
                yield from ([*others, *_named(first, one), *_named(second, other)] for other in _WRONG)
        for option in command.options:
            if option.kind == FLAG:
                others = _required(command, without=first)
                yield from ([*others, *_named(first, one), *_named(option)] for one in _WRONG)


def commands() -> list[str]:
    """Every declared command by name."""
    return registry.names()
