"""Lines of peers, at their limits: what is read, and what is one error of ours."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from virshpy.host import framing
from virshpy.host.framing import Conversation, Hung, Lines, Malformed


def lines_of(*chunks: bytes, limit: int = 8) -> Lines:
    left = list(chunks)
    return Lines(lambda count: left.pop(0) if left else b"", limit)


def test_lines_are_put_together_from_chunks() -> None:
    lines = lines_of(b"a", b"b\nc", b"\n\nd")
    assert [lines.next() for _ in range(4)] == [b"ab", b"c", b"", None]
    assert lines.taken == 6  # what is no whole line yet is not taken


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_a_line_of_the_limit_is_read_and_a_longer_one_is_passed_over(chunk: int) -> None:
    text = b"12345678\n123456789\nnext\n" + b"x" * 40 + b"\nlast\n"
    lines = lines_of(*(text[start : start + chunk] for start in range(0, len(text), chunk)))
    found: list[bytes | str] = []
    for _ in range(5):
        try:
            found.append(lines.next() or "none")
        except Malformed as error:
            found.append(str(error))
    long = "a line of more than 8 bytes"
    assert found == [b"12345678", long, b"next", long, b"last"]
    assert lines.taken == len(text)


def test_what_is_no_object_of_good_text_is_malformed() -> None:
    deep = 99  # lists inside of the object
    assert framing.decode(b'{"a": ' + b"[" * deep + b"]" * deep + b"}")
    assert framing.decode(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
    for line in (
        b'{"a": ' + b"[" * (deep + 1) + b"]" * (deep + 1) + b"}",
        b"[1]", b"1", b"nonsense", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": -1e999}', b'{"a": "\\ud83d"}',
        b'{"a": "\xff"}', b"[" * 100_000,
    ):  # fmt: skip
        with pytest.raises(Malformed):
            framing.decode(line)


def test_members_are_of_their_kind() -> None:
    value = {"text": "a\x1b[m\tb", "most": (1 << 64) - 1, "least": -(1 << 63), "truth": True, "inner": {"a": 1}}
    assert framing.text(value, "text") == value["text"] and framing.text(value, "none", "default") == "default"
    assert framing.words(value, "text") == "a\\x1b[m\tb"
    assert framing.number(value, "most") == (1 << 64) - 1 and framing.number(value, "least") == -(1 << 63)
    assert framing.inner(value, "inner") == {"a": 1} and framing.inner(value, "none") == {}
    for ask, key in (
        (framing.text, "most"), (framing.text, "none"), (framing.number, "truth"), (framing.number, "text"),
        (framing.number, "none"), (framing.inner, "text"),
    ):  # fmt: skip
        with pytest.raises(Malformed, match=f"{key} is of type"):
            ask(value, key)
    for number in (1 << 64, -(1 << 63) - 1):
        with pytest.raises(Malformed):
            framing.number({"a": number}, "a")


@pytest.fixture
def ends() -> Iterator[tuple[Conversation, socket.socket]]:
    ours, theirs = socket.socketpair()
    conversation = Conversation(ours, 100)
    conversation.allow(10)
    yield conversation, theirs
    conversation.close()
    theirs.close()


def test_a_conversation_has_answers_and_an_end(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, peer = ends
    conversation.send(b"question\n")
    assert peer.recv(100) == b"question\n"
    peer.sendall(b'\n  \n\xff{"a": 1}\n{"b": 2}\n')
    assert [conversation.answer(), conversation.answer()] == [{"a": 1}, {"b": 2}]
    peer.sendall(b"x" * 101)
    with pytest.raises(Malformed):
        conversation.answer()
    peer.close()
    with pytest.raises(EOFError):
        conversation.answer()


def test_a_conversation_has_a_deadline(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, peer = ends
    conversation.allow(0.05)
    with pytest.raises(Hung):
        conversation.answer()
    with pytest.raises(Hung):
        conversation.send(b"too late")
    conversation.allow(0.2)
    with pytest.raises(Hung):
        conversation.send(bytes(10 << 20))  # nobody reads it


def test_a_descriptor_goes_with_the_first_byte(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, peer = ends
    conversation.send(b"take it\n", peer.fileno())
    said, (fd,), _, _ = socket.recv_fds(peer, 100, 2)
    assert said == b"take it\n"
    with socket.socket(fileno=fd) as same:
        assert same.family == socket.AF_UNIX
