"""Damage for JSON, one object a line, as a guest's QEMU or a program in a guest may send it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tests.fuzz.mutate import NUMBERS

_token = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+')
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")
ODD = (
    *[number.encode() for number in NUMBERS], b"null", b"true", b"false", b"[]", b"{}", b'""', b"1.5", b"1e999",
    b"-1e999", b"-0.0", b"NaN", b"Infinity", b"1e-999", b'"\\ud800"', b'"a\\udfff"', b'"\\u0000"', b'"a\\u0000b"',
    b'"\\ufffe"', b'"\\uffff"', b'"\xff\xfe"', b'"\x00"', b'"\xc3"', b'"\\ud83d\\ude00"', b'"\\n\\r\\t"',
    b'"\\u001b[2J"', b'"\\u202e"', b'"\\u007f\\u0085"', b"\x00", b"\xef\xbb\xbf", b"'a'", b"//", b'"\\"',
    b'"../../etc"',
    b'"' + b"x" * 5000 + b'"', b'{"a":1,"a":{}}', b"[1,[2,{}]]", b'{"":null}', b'{"execute":"quit"}',
    b'{"event":"STOP"}', b'{"return":{}}', b'{"error":{}}', b'{"error":null}', b'"return"', b'"event"', b'"error"',
    b'"id"', b'"command"', b'"driver"', b'"self"', b'"data"',
)  # fmt: skip
_MANY = 10_000  # bytes, whose tokens would take more memory than is to be noticed
_STRAY = (b"", b"\r", b"\xff", b" \t", b"\0", b"[]", b"1", b"null", b"{}", b'"event"')


class Damage:
    """Damages lines, with parts of any of ``samples``."""

    def __init__(self, samples: Sequence[bytes], random: Random) -> None:
        self.random = random
        self.samples = [_token.findall(line) for line in samples]
        self.strings = [token for line in self.samples for token in line if token[:1] == b'"']
        self.strings += [token for token in ODD if token[:1] == b'"']

    def stream(self, lines: Sequence[bytes]) -> bytes:
        """Lines of which a few are damaged, or are not where they were."""
        random = self.random
        made = list(lines)
        well_formed = random.random() < 0.5
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            at = random.randrange(len(made))
            match 12 if well_formed else random.randrange(12):
                case 0:
                    made[at : at + 1] = [made[at]] * random.choice((0, 2, 2, 40))
                case 1:
                    made.insert(at, random.choice(lines))
                case 2:
                    random.shuffle(made)
                case 3:
                    made[at] = self.bytes(made[at])
                case 4:  # cut short, with another after it on the same line
                    made[at] = made[at][: random.randrange(len(made[at]) + 1)] + random.choice(lines)
                case 5:
                    made.insert(at, random.choice(_STRAY))
                case 6 if random.random() < 0.2:
                    made[at] += b" " * random.choice((1 << 16, (1 << 16) - len(made[at]), 1 << 17)) + b"}"
                case _ if len(made[at]) < _MANY:
                    made[at] = self.line(made[at])
            made = made or [b""]
        end = random.choice((b"\n", b"\n", b"\n", b"", b"\r\n"))
        return b"\n".join(made) + end

    def line(self, line: bytes) -> bytes:
        """One whose tokens still mostly make an object, of other keys and values."""
        tokens = _token.findall(line)
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            if tokens:
                self._change(tokens)
        return b"".join(tokens)

    def _change(self, tokens: list[bytes]) -> None:
        random = self.random
        at, end = self._value(tokens)
        other = random.choice(self.samples)
        match random.randrange(9):
            case 0 | 1 | 2 if tokens[end : end + 1] == [b":"]:  # a key
                tokens[at] = random.choice(self.strings)
            case 0 | 1:
                tokens[at:end] = [random.choice(ODD)]
            case 2:
                begin, stop = self._value(other)
                tokens[at:end] = other[begin:stop]
            case 3:
                tokens[random.randrange(len(tokens))] = random.choice(other)
            case 4:  # a member more, or once more
                if places := [place + 1 for place, token in enumerate(tokens) if token == b"{"]:
                    place = random.choice(places)
                    tokens[place:place] = [random.choice(self.strings), b":", random.choice(ODD), b","]
            case 5:
                depth = random.choice((2, 5, 40, 300, 900, 1100, 20_000 if random.random() < 0.1 else 3))
                opening, closing = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[[],", b"]"), (b"[", b"")))
                tokens[at:end] = [opening * depth, *tokens[at:end], closing * depth]
            case 6:
                if tokens[end : end + 1] == [b":"]:
                    end = self._end(tokens, end + 1)
                del tokens[at : end + (tokens[end : end + 1] == [b","])]
            case 7:
                tokens[at:at] = [*tokens[at:end], b","]
            case _:
                begin, stop = self._value(tokens)
                tokens[at:end], tokens[begin:begin] = tokens[begin:stop], tokens[at:end]

    def _value(self, tokens: Sequence[bytes]) -> tuple[int, int]:
        """Where a value, or a key, begins and ends."""
        at = self.random.randrange(len(tokens))
        while at and tokens[at] in (*_CLOSING, b":", b","):
            at -= 1
        return at, self._end(tokens, at)

    def _end(self, tokens: Sequence[bytes], at: int) -> int:
        depth = 0
        for end in range(at, len(tokens)):
            depth += (tokens[end] in _OPENING) - (tokens[end] in _CLOSING)
            if depth <= 0:
                return end + 1
        return len(tokens)

    def bytes(self, line: bytes) -> bytes:
        """Flipped, cut, filled in."""
        random = self.random
        data = bytearray(line)
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice((1, 1, 2, 8, 60)))
        match random.randrange(4):
            case 0:
                data[start:end] = random.randbytes(end - start)
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = random.choice(ODD)
            case _ if start < len(data):
                data[start] ^= 1 << random.randrange(8)
        return bytes(data)
