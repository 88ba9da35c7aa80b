"""--inactive of a guest that is defined nowhere; both documents are libvirt's own, of one running guest of ours."""

from __future__ import annotations

from pathlib import Path

from virshpy.xml.domain import Domain
from virshpy.xml.domain.transient import without_run

HERE = Path(__file__).parent


def test_bytes() -> None:
    live = Domain.parse((HERE / "golden" / "livedesktop.xml").read_text())
    before = live.format(secure=True)
    assert without_run(live).format(secure=True) == (HERE / "transient.xml").read_text()
    assert live.format(secure=True) == before, "the running guest's document is left alone"


def test_what_belongs_to_a_run_goes() -> None:
    live = Domain.parse((HERE / "golden" / "liverarities.xml").read_text())
    text = without_run(live).format(secure=True)
    for trace in (" id='12'", "vcpus_0-1", "<mirror", "portid=", "virbr7", "vnet3", "eth4", "missing=", "<current "):
        assert trace in live.format(secure=True) and trace not in text
    assert "<alias name='virtio-disk0'/>" in text
