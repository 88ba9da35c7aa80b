"""Damaged inputs by the thousand: ``python -m tests.fuzz``, and a slice of each kind among the tests."""

from __future__ import annotations

from tests.fuzz.hosts import HOSTS
from tests.fuzz.lines import LINES
from tests.fuzz.native import NATIVE
from tests.fuzz.way import DOCUMENTS

KINDS = (DOCUMENTS, LINES, HOSTS, NATIVE)
