"""Damaged inputs by the thousand: ``python -m tests.fuzz``, and a slice of each kind among the tests."""

from __future__ import annotations

from tests.fuzz.agent import AGENT
from tests.fuzz.events import EVENTS
from tests.fuzz.exchange import EXCHANGED
from tests.fuzz.hosts import HOSTS
from tests.fuzz.images import IMAGES
from tests.fuzz.lines import LINES
from tests.fuzz.native import NATIVE
from tests.fuzz.qmp import QMP
from tests.fuzz.way import DOCUMENTS

KINDS = (DOCUMENTS, EXCHANGED, LINES, HOSTS, NATIVE, EVENTS, QMP, AGENT, IMAGES)
