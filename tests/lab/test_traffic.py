"""Limits of links on a distribution's kernel, which has sfq and police: the tests of this host's kernel, run there."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.machine import NEEDS, Lab

pytestmark = NEEDS

HERE = Path(__file__).resolve().parents[2]
MODULES = "tun veth bridge macvtap sch_htb sch_sfq sch_ingress sch_tbf cls_u32 act_police act_mirred ifb"


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, Lab(Path(root)) as lab:
        yield lab


def test_limits_hold_where_the_kernel_has_police(lab: Lab) -> None:
    tests = f"{sys.executable} -m pytest -q -p no:cacheprovider tests/host/test_traffic.py -k limits_hold"
    done = lab.run(f"modprobe -a {MODULES} && cd {HERE} && {tests}", timeout=150)
    assert "2 passed" in done.stdout
