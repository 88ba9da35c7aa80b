"""QEMU's command lines, damaged, to documents: ``domxml-from-native``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.argv.documents import GOLDEN
from tests.fuzz.kind import Kind, fault, refused
from tests.fuzz.mutate import NUMBERS, WORDS
from virshpy import errors
from virshpy.drivers.qemu.from_native import from_native
from virshpy.xml.domain import Domain

STAGES = {"refused": "refused", "read": "came to a document"}
ODD = (
    *WORDS, *NUMBERS, "\0", "\\", "'", '"', "{" * 2000, "[" * 2000, '{"a":' * 1000, ",,", ",", "=", "a.b.c=", "on", "-",
    "--", "-device", "-drive", "-netdev", "-object", '{"driver":null}', '{"driver":[]}', '{"driver":{"a":1}}', "[]",
    "null", "\udcff", "\n", "#", "$(id)", "`id`", "id=", "file=", "if=none", "1e999", "NaN", '{"size":1e999}', "¹", "٣",
)  # fmt: skip


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    random = Random(seed)
    words = [path.read_text().splitlines() for path in sorted(GOLDEN.glob("*.args"))]
    everything = [word for line in words for word in line]
    while True:
        line = list(random.choice(words))
        for _ in range(random.choice((1, 1, 2, 3, 6))):
            at = random.randrange(len(line))
            match random.randrange(6):
                case 0:
                    del line[at]
                case 1:
                    line.insert(at, random.choice(ODD))
                case 2:
                    line[at] = random.choice(everything)
                case 3:
                    line[at] = _changed(line[at], random)
                case 4:
                    line[at:at] = random.sample(everything, 3)
                case _:
                    line[at] = line[at][: random.randrange(len(line[at]) + 1)]
            line = line or ["qemu"]
        # Unquoted, some of it falls apart.
        text = " ".join(line) if random.random() < 0.1 else shlex.join(line)
        yield text.encode("utf-8", "surrogateescape")


def _changed(word: str, random: Random) -> str:
    """One value of ``a=b,c=d`` is another."""
    parts = word.split(",")
    at = random.randrange(len(parts))
    key, equals, _ = parts[at].partition(random.choice("=:"))
    parts[at] = key + (equals or "=") + random.choice(ODD)
    return ",".join(parts)


def take(data: bytes) -> str:
    """``refused``, or ``read`` where there is a document that can be read again. Raises Fault."""
    try:
        document = from_native(data.decode("utf-8", "surrogateescape"))
        Domain.parse(document.format(secure=True))
    except errors.Error as error:
        refused(error)
        return "refused"
    except Exception as error:
        raise fault(error) from error
    return "read"


NATIVE = Kind("native", "damaged command lines of QEMU's", 8_000, _inputs, take, STAGES, ".args")
