"""<secret> documents: what they say, what libvirt refuses about them and how."""

from __future__ import annotations

import pytest

from virshpy import errors
from virshpy.xml.secret import Secret

UUID = "6f0c3d8e-4c1b-4a58-9b54-2e8f5a3d7c10"
USES = {"volume": "volume", "ceph": "name", "iscsi": "target", "tls": "name", "vtpm": "name"}


@pytest.mark.parametrize("kind", USES)
def test_every_usage_is_printed_as_it_is_read(kind: str) -> None:
    tag = USES[kind]
    text = (
        f"<secret ephemeral='no' private='yes'>\n  <uuid>{UUID}</uuid>\n  <description>for &amp; by</description>\n"
        f"  <usage type='{kind}'>\n    <{tag}>a 'name'</{tag}>\n  </usage>\n</secret>\n"
    ).replace("'name'", "&apos;name&apos;")
    secret = Secret.parse(text, validate=True)
    assert secret.format() == text
    assert secret.usage is not None
    assert secret.usage.id == "a 'name'"


def test_what_is_not_said_is_printed() -> None:
    assert Secret.parse("<secret/>").format() == "<secret ephemeral='no' private='no'/>\n"
    assert Secret.parse("<secret private=''><usage type='none'/></secret>") == Secret.parse("<secret/>")


def test_a_usage_keeps_only_the_name_of_its_type() -> None:
    both = Secret.parse("<secret><usage type='iscsi'><target>t</target><name>n</name></usage></secret>")
    assert both.usage is not None
    assert (both.usage.target, both.usage.name) == ("t", None)


REFUSED = [
    ("<secrets/>", "XML error: expecting root element of 'secret', not 'secrets'"),
    ("<secret ephemeral='1'/>", "XML error: invalid value of 'ephemeral'"),
    ("<secret private='1'/>", "XML error: invalid value of 'private'"),
    ("<secret><uuid>1-2</uuid></secret>", "internal error: malformed uuid element"),
    ("<secret><usage/></secret>", "XML error: unknown secret usage type"),
    ("<secret><usage type='x'/></secret>", "unsupported configuration: unknown secret usage type x"),
    *(
        (f"<secret><usage type='{kind}'><other>n</other></usage></secret>",
         f"internal error: {who} usage specified, but {what} is missing")
        for kind, who, what in (
            ("volume", "volume", "volume path"), ("ceph", "Ceph", "name"), ("iscsi", "iSCSI", "target"),
            ("tls", "TLS", "name"), ("vtpm", "vTPM", "name"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(errors.Error) as caught:
        Secret.parse(text)
    assert str(caught.value) == message


def test_validation_refuses_what_is_unknown() -> None:
    with pytest.raises(errors.XMLInvalidSchema, match=r"/secret/value, line 1"):
        Secret.parse("<secret><value>hush</value></secret>", validate=True)
