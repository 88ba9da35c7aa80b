"""Secret: passwords and keys that storage asks for."""

from __future__ import annotations

from operator import attrgetter

from virshpy.enums import ListSecretsFlags, SecretDefineFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import command, exclusive, flag, option
from virshpy.shell.lang.types import STRING, Bytes
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import SecretType
from virshpy.shell.nouns.options import validate
from virshpy.shell.render.results import Message, Shown, Text
from virshpy.shell.streams import flush, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.api.secret import Secret
    from virshpy.shell.render.results import Result

secret = Noun("secret", "secret", SecretType, "secret {name}", example="12345678-0000-0000-0000-123456789abc")
secret.from_file(
    "define",
    validate(SecretDefineFlags.VALIDATE),
    help=("define a secret from a file", "Make a secret without a value, or change the definition of one."),
    example="ceph.xml",
    why="then: secret-set-value UUID --file key --plain",
    failed="Failed to set attributes from {file}",
    done="Secret {name} created",
)
secret.dumpxml()
secret.verb("undefine", "deleted", "remove a secret and its value", failed="Failed to delete secret {name}")
_SECRET = secret.argument()


@command(
    "secret-set-value",
    "set the value of a secret",
    "Set the value of a secret: from a file, from an option or from the terminal.",
    (
        _SECRET,
        option("file", Bytes(), "file with the value", named_only=True),
        flag("plain", "the file holds the value itself, not base64 of it"),
        flag("interactive", "ask for the value on the terminal"),
        option("base64", STRING, "the value in base64; others can see it on the command line"),
    ),
    constraints=(
        *exclusive("file", "base64"),
        *exclusive("plain", "base64"),
        *exclusive("interactive", "base64", "plain", "file"),
    ),
    examples=(("secret-set-value 12345678-0000-0000-0000-123456789abc --file key --plain", "not shown to others"),),
    returns="message uuid | warning",
)
def secret_set_value(
    secret: Secret, file: bytes | None, base64: str | None, plain: bool, interactive: bool
) -> Iterable[Result]:
    from base64 import b64decode

    if file is not None:
        value = file
    elif base64:
        value = base64.encode()
        yield Text("warning", "Passing secret value as command-line argument is insecure!", error=True)
    elif interactive:
        value, plain = _asked_for().encode(), True
    else:
        raise Failure("Input secret value is missing")
    if not plain:
        try:
            value = b64decode(value)
        except ValueError:
            value = b""
    with failing("Failed to set secret value"):
        secret.set_value(value)
    yield Message("Secret value set", uuid=secret.uuid)


def _asked_for() -> str:
    """A value typed on the terminal, without echo, or a line of standard input."""
    import sys

    question = "Enter new value for secret:"
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(question)
    put(question)
    flush()
    return sys.stdin.readline().removesuffix("\n")


@command(
    "secret-get-value",
    "print the value of a secret",
    "Print the value of a secret in base64, unless the secret is private.",
    (_SECRET, flag("plain", "print the value itself")),
    examples=(("secret-get-value 12345678-0000-0000-0000-123456789abc --plain", "the value that the storage gets"),),
    returns="value | value_base64",
)
def secret_get_value(secret: Secret, plain: bool) -> Text:
    from base64 import b64encode

    value = secret.value()
    if plain:
        return Text("value", value.decode(errors="surrogateescape"), end="")
    return Text("value_base64", b64encode(value).decode(), end="")


_USAGES = ("Unused", "volume", "ceph", "iscsi", "tls", "vtpm")
_L = ListSecretsFlags


def _usage(secret: Secret) -> Shown:
    usage = _USAGES[secret.usage_type] if 0 <= secret.usage_type < len(_USAGES) else "unknown"
    return Shown(usage.lower(), f"{usage} {secret.usage_id}" if secret.usage_type else usage)


secret.list(
    "secrets",
    ("uuid", "UUID", attrgetter("uuid")),
    ("usage_type", "Usage", _usage),
    ("usage_id", None, lambda secret: secret.usage_id or None),
    options=(
        flag("ephemeral", "secrets that are kept in memory only", adds=_L.EPHEMERAL),
        flag("no-ephemeral", "secrets that are kept on disk", adds=_L.NO_EPHEMERAL),
        flag("private", "secrets whose value is shown to no one", adds=_L.PRIVATE),
        flag("no-private", "secrets whose value may be shown", adds=_L.NO_PRIVATE),
    ),
    what="node secrets",
    counted="Failed to count secrets",
    description="List secrets and what they are for.",
    example=(" --no-private", "those whose value can be read"),
)
secret.events(("lifecycle", "value-changed"), ("Defined", "Undefined"))
