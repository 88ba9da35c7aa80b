"""Documents that were damaged at random give a guest or an error of ours, and never anything else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.xml.documents import GOLDEN
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.node import Node
from virshpy.xml.parse import parse

TEXTS = [path.read_text() for path in GOLDEN]
WORDS = st.sampled_from(["", "0", "-1", "yes", "on", "99999999999999999999", "0x", "a b", "1-", "é", "'\"<&>", "vda"])
bounded = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def survives(text: str) -> None:
    try:
        domain = Domain.parse(text)
    except errors.Error as error:
        assert str(error)
        return
    for inactive in (False, True):
        printed = domain.format(inactive=inactive, secure=True)
        again = Domain.parse(printed)
        assert again.format(inactive=inactive, secure=True) == printed


@bounded
@given(st.sampled_from(TEXTS), st.data())
def test_text_cut_and_pasted(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    survives(text[:start] + data.draw(st.text(max_size=6)) + text[start + length :])


def nodes(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in nodes(child))]


@bounded
@given(st.sampled_from(TEXTS), st.data())
def test_trees_with_wrong_values_and_strangers(text: str, data: st.DataObject) -> None:
    root = parse(text, namespaces=Domain._namespaces, verbatim=frozenset({"metadata"}))
    for _ in range(data.draw(st.integers(1, 4))):
        node = data.draw(st.sampled_from(nodes(root)))
        kind = data.draw(st.integers(0, 4))
        if kind == 0 and node.attrs:
            node.attrs[data.draw(st.sampled_from(sorted(node.attrs)))] = data.draw(WORDS)
        elif kind == 1:
            node.attrs = {}
        elif kind == 2 and node.items is None:
            node.text, node.children = data.draw(WORDS), []
        elif kind == 3 and node.children and node.items is None:
            node.children = node.children[1:] + node.children[:1] + node.children[-1:]
        else:
            node.attrs[data.draw(st.sampled_from(["type", "mode", "name", "unit", "stranger"]))] = data.draw(WORDS)
    try:
        domain = Domain.from_node(root)
    except errors.Error as error:
        assert str(error)
        return
    printed = domain.format(secure=True)
    assert Domain.parse(printed).format(secure=True) == printed
