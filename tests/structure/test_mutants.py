"""What `make mutants` makes of a module: each of its breaks, one at a time."""

from __future__ import annotations

from kit.mutants import mutants

TEXT = '''"""A story of 5."""
TYPE_CHECKING = False
def f(a, b):
    if a < 3 and not b:
        raise ValueError
    for x in a:
        g(x, True)
        break
    return a is None
'''
LINES = {
    (4, "a < 3 and (not b)"): "a < 3 or not b",
    (4, "a < 3"): "a <= 3",
    (4, "3"): "4",
    (4, "not b"): "b",
    (5, "raise ValueError"): "pass",
    (7, "g(x, True)"): "pass",
    (7, "True"): "False",
    (8, "break"): "pass",
    (9, "a is None"): "a is not None",
}


def test_each_mutant_differs_in_one_place() -> None:
    found = list(mutants("a.py", TEXT))
    assert {(mutant.line, mutant.before): mutant.after for mutant in found} == LINES
    assert len({mutant.text for mutant in found}) == len(found) == len(LINES)
