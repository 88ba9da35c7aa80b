"""Names count together with their namespaces, whatever the prefix is."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.security import QEMU_NAMESPACE
from virshpy.xml.metadata import get_element, set_element
from virshpy.xml.node import Warning

ARGUMENTS = "<{0}commandline{1}><{0}arg value='-x'/></{0}commandline>"


def read(body: str, attributes: str = "") -> tuple[Domain, list[Warning]]:
    warnings: list[Warning] = []
    return Domain.parse(guest(body, attributes=f"type='qemu' {attributes}"), warnings=warnings), warnings


@pytest.mark.parametrize(("prefix", "name"), [("qemu:", ":qemu"), ("ns0:", ":ns0"), ("", "")])
def test_arguments_for_qemu(prefix: str, name: str) -> None:
    domain, warnings = read(ARGUMENTS.format(prefix, f" xmlns{name}='{QEMU_NAMESPACE}'"))
    assert domain.qemu_commandline is not None and not warnings


@pytest.mark.parametrize(("declared", "said", "kept"), [
    ("", f"element 'qemu:commandline' is ignored: declare xmlns:qemu='{QEMU_NAMESPACE}'", ""),
    (" xmlns:qemu='urn:x'", "unknown element '{urn:x}commandline' was kept", "<commandline xmlns='urn:x'"),
])  # fmt: skip
def test_arguments_for_something_else(declared: str, said: str, kept: str) -> None:
    body = ARGUMENTS.format("qemu:", declared)
    domain, warnings = read(body)
    text = domain.format()
    assert domain.qemu_commandline is None and "qemu:commandline" not in text and kept in text
    assert [warning.message for warning in warnings] == [said]
    assert Domain.parse(text).format() == text
    with pytest.raises(errors.XMLInvalidSchema, match="did you mean 'qemu:commandline'"):
        Domain.parse(guest(body), validate=True)


def metadata(domain: Domain) -> str:
    return domain.format().partition("  <metadata")[2].partition("</metadata>")[0]


def test_metadata_is_given_only_what_it_uses() -> None:
    body = "<metadata><a:app><b:role b:x='1'>db</b:role></a:app></metadata>"
    domain, _ = read(body, "xmlns:a='urn:a' xmlns:b='urn:b' xmlns:c='urn:c'")
    assert metadata(domain).startswith(' xmlns:a="urn:a" xmlns:b="urn:b">\n')
    domain, _ = read("<metadata><a:app xmlns:a='urn:a'/></metadata>", f"xmlns:qemu='{QEMU_NAMESPACE}'")
    assert metadata(domain).startswith(">\n")


def test_an_element_is_found_by_a_declaration_further_out() -> None:
    domain, _ = read("<metadata><a:app><b:role>db</b:role></a:app></metadata>", "xmlns:a='urn:a' xmlns:b='urn:b'")
    assert get_element(domain, "urn:a") == '<app xmlns:b="urn:b">\n  <b:role>db</b:role>\n</app>'
    assert get_element(domain, "urn:b") is None
    set_element(domain, "<new/>", "k", "urn:a")
    assert '<k:new xmlns:k="urn:a"/>' in metadata(domain) and "a:app" not in metadata(domain)


def test_the_first_element_of_a_namespace_is_kept() -> None:
    body = "<metadata><a:one xmlns:a='urn:a'/><two xmlns='urn:a'/><c:three xmlns:c='urn:c'/></metadata>"
    domain, warnings = read(body)
    assert metadata(domain).split() == [">", "<a:one", 'xmlns:a="urn:a"/>', "<c:three", 'xmlns:c="urn:c"/>']
    assert [str(warning) for warning in warnings] == [
        "/domain/metadata, line 5: second element of a namespace 'two' is ignored"
    ]
