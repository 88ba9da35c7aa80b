"""Secrets on a connection: define, value, list, change, undefine; what is kept where, and who is told what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Run
from virshpy import errors
from virshpy import open as connect
from virshpy.api.connection import Connection
from virshpy.enums import ListSecretsFlags, SecretUsageType
from virshpy.host import store

UUID = "6f0c3d8e-4c1b-4a58-9b54-2e8f5a3d7c10"
OTHER = "0a7d5f6e-91b2-4f5c-8d1e-6b3c2a190f77"
VALUE = b"\x00open sesame\xff"


def document(uuid: str = UUID, use: str = "/images/a.luks", *, ephemeral: str = "no", private: str = "no") -> str:
    return (
        f"<secret ephemeral='{ephemeral}' private='{private}'><uuid>{uuid}</uuid>"
        f"<usage type='volume'><volume>{use}</volume></usage></secret>"
    )


@pytest.fixture
def connection(uri: str) -> Iterator[Connection]:
    with connect(uri) as opened:
        yield opened


def files_with(root: Path, content: bytes) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and content in path.read_bytes()}


def test_a_secret_outlives_its_connection(uri: str, root: Path) -> None:
    with connect(uri) as connection:
        connection.secret_define_xml(document()).set_value(VALUE)
    for path in (root / "lib").glob("state.db*"):
        assert path.stat().st_mode & 0o777 == 0o600
    with connect(uri) as connection:
        secret = connection.secret_lookup_by_usage(SecretUsageType.VOLUME, "/images/a.luks")
        assert (secret.uuid, secret.usage_type, secret.usage_id) == (UUID, SecretUsageType.VOLUME, "/images/a.luks")
        assert secret.value() == VALUE
        assert "sesame" not in secret.xml_desc()
        secret.undefine()
        assert connection.list_secrets() == []
    assert files_with(root, b"sesame") == set()


def test_an_ephemeral_secret_is_never_on_disk(uri: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(uri) as connection:
        connection.secret_define_xml(document(ephemeral="yes")).set_value(VALUE)
    with connect(uri) as connection:
        assert connection.secret_lookup_by_uuid(UUID).value() == VALUE
    found = files_with(root, b"sesame")
    assert found
    assert all(name.startswith("run/run.db") for name in found)
    monkeypatch.setattr(store, "boot_id", lambda: "another boot")
    with connect(uri) as connection:
        assert connection.list_secrets() == []
    assert files_with(root, b"sesame") == set()


def test_lasting_and_ephemeral_change_places(connection: Connection, root: Path) -> None:
    secret = connection.secret_define_xml(document())
    secret.set_value(VALUE)
    for ephemeral in ("yes", "no", "yes"):
        connection.secret_define_xml(document(ephemeral=ephemeral))
        assert f"ephemeral='{ephemeral}'" in secret.xml_desc()
        assert secret.value() == VALUE
        assert len(connection.list_secrets()) == 1


@pytest.mark.parametrize(("before", "after"), [("no", "yes"), ("yes", "no")])
def test_a_change_that_is_cut_short_loses_nothing(
    connection: Connection, uri: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the commits of two files the secret is in both, and one of them counts."""
    connection.secret_define_xml(document(ephemeral=before)).set_value(VALUE)

    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        if name == "transaction over":
            raise Killed

    monkeypatch.setattr(store, "observers", [die])
    with pytest.raises(Killed):
        connection.secret_define_xml(document(ephemeral=after))
    monkeypatch.setattr(store, "observers", [])
    with connect(uri) as again:
        (secret,) = again.list_secrets()
        assert "ephemeral='yes'" in secret.xml_desc()
        assert secret.value() == VALUE
        again.secret_define_xml(document(ephemeral=after))
        assert f"ephemeral='{after}'" in secret.xml_desc()
        assert secret.value() == VALUE


def test_a_private_value_is_given_to_nobody(connection: Connection) -> None:
    secret = connection.secret_define_xml(document(private="yes"))
    secret.set_value(VALUE)
    with pytest.raises(errors.InvalidSecret, match="Invalid secret: secret is private") as caught:
        secret.value()
    assert caught.value.domain is errors.ErrorDomain.SECRET
    with pytest.raises(errors.InternalError, match="cannot change private flag on existing secret"):
        connection.secret_define_xml(document())
    assert "private='yes'" in secret.xml_desc()


def test_clashes(connection: Connection) -> None:
    connection.secret_define_xml(document(ephemeral="yes"))
    with pytest.raises(errors.InternalError) as caught:
        connection.secret_define_xml(document(OTHER))
    assert str(caught.value) == f"internal error: a secret with UUID {UUID} already defined for use with /images/a.luks"
    with pytest.raises(errors.InternalError) as caught:
        connection.secret_define_xml(document(use="/images/b.luks"))
    assert str(caught.value) == (
        f"internal error: a secret with UUID {UUID} is already defined for use with /images/a.luks"
    )
    assert [secret.uuid for secret in connection.list_secrets()] == [UUID]


def test_another_kind_of_use_that_is_taken(connection: Connection) -> None:
    """The words of two uses may be the same, and each kind of use has them once."""
    kept = "<secret><uuid>{}</uuid><usage type='{}'><name>{}</name></usage></secret>"
    connection.secret_define_xml(kept.format(UUID, "ceph", "a"))
    other = connection.secret_define_xml(kept.format(OTHER, "tls", "a"))
    with pytest.raises(errors.InternalError, match=f"a secret with UUID {UUID} already defined for use with a"):
        connection.secret_define_xml(kept.format(OTHER, "ceph", "a"))
    assert "type='tls'" in other.xml_desc()


def test_secrets_without_a_use_may_be_many(connection: Connection) -> None:
    made = {connection.secret_define_xml("<secret/>").uuid for _ in range(3)}
    assert {secret.uuid for secret in connection.list_secrets()} == made
    assert len(made) == 3


def test_what_is_not_there(connection: Connection) -> None:
    with pytest.raises(errors.NoSecret, match=f"no secret with matching uuid '{OTHER}'"):
        connection.secret_lookup_by_uuid(OTHER)
    with pytest.raises(errors.NoSecret, match="no secret with matching usage 'x'"):
        connection.secret_lookup_by_usage(SecretUsageType.CEPH, "x")
    secret = connection.secret_define_xml(document())
    with pytest.raises(errors.NoSecret, match=f"secret '{UUID}' does not have a value"):
        secret.value()
    with pytest.raises(errors.InvalidArg, match="value in virSecretSetValue must not be NULL"):
        secret.set_value(b"")
    secret.undefine()
    with pytest.raises(errors.NoSecret):
        secret.undefine()


def test_lists_are_narrowed(connection: Connection) -> None:
    names = {}
    for ephemeral in ("yes", "no"):
        for private in ("yes", "no"):
            use = f"{ephemeral}-{private}"
            usage = f"<usage type='tls'><name>{use}</name></usage>"
            xml = f"<secret ephemeral='{ephemeral}' private='{private}'>{usage}</secret>"
            names[connection.secret_define_xml(xml).uuid] = use
    flags = ListSecretsFlags

    def listed(asked: int) -> set[str]:
        return {names[secret.uuid] for secret in connection.list_secrets(flags=asked)}

    assert listed(0) == set(names.values())
    assert listed(flags.EPHEMERAL) == {"yes-yes", "yes-no"}
    assert listed(flags.NO_EPHEMERAL | flags.PRIVATE) == {"no-yes"}
    assert listed(flags.PRIVATE | flags.NO_PRIVATE) == set(names.values())


def test_a_reader_is_told_no_values(uri: str) -> None:
    with connect(uri) as connection:
        connection.secret_define_xml(document()).set_value(VALUE)
    with connect(uri, readonly=True) as connection:
        (secret,) = connection.list_secrets()
        for refused in (secret.value, secret.undefine, lambda: secret.set_value(b"x")):
            with pytest.raises(errors.OperationDenied, match="read only access prevents virSecret"):
                refused()


def test_the_commands(virshpy: Run, root: Path) -> None:
    xml, key = root / "s.xml", root / "key"
    xml.write_text(document())
    key.write_bytes(VALUE)
    assert virshpy("secret-define", str(xml)).stdout == f"Secret {UUID} created\n\n"
    assert virshpy("secret-set-value", UUID, "--file", str(key), "--plain").stdout == "Secret value set\n\n"
    assert virshpy("secret-get-value", UUID).stdout == "AG9wZW4gc2VzYW1l/w==\n"
    plain: object = virshpy("secret-get-value", UUID, "--plain", text=False).stdout
    assert plain == VALUE + b"\n"
    insecure = virshpy("secret-set-value", UUID, "--base64", "aGVsbG8=")
    assert insecure.stderr == "error: Passing secret value as command-line argument is insecure!\n"
    assert virshpy("secret-get-value", UUID, "--plain").stdout == "hello\n"
    asked = virshpy("secret-set-value", UUID, "--interactive", input="hush\n")
    assert asked.stdout == "Enter new value for secret:Secret value set\n\n"
    assert (asked.stderr, virshpy("secret-get-value", UUID, "--plain").stdout) == ("", "hush\n")
    assert virshpy("secret-list").stdout.splitlines()[2] == f" {UUID}   volume /images/a.luks"
    assert virshpy("secret-dumpxml", UUID).stdout.startswith("<secret ephemeral='no' private='no'>\n")
    assert virshpy("secret-undefine", UUID).stdout == f"Secret {UUID} deleted\n\n"
    gone = virshpy("secret-dumpxml", UUID, check=False)
    assert gone.stderr == (
        f"error: failed to get secret '{UUID}'\nerror: Secret not found: no secret with matching uuid '{UUID}'\n"
    )
