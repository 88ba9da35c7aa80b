"""Steps that log the host in to an iSCSI target by open-iscsi, and out of it again."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import files, iscsi
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOGIN = 60  # seconds for a login, which is tried more than once
_ENDING = 30
_AUTH = "node.session.auth"


def _line(words: Sequence[str]) -> str:
    return shlex.join(["iscsiadm", *words])


class Interface(Step, kind="iscsi-interface/1"):
    """A record by which open-iscsi logs in under another initiator's name."""

    recorded = ("name",)
    durable = True

    def __init__(self, name: str, initiator: str) -> None:
        self.name = name
        self.initiator = initiator

    def _words(self) -> list[list[str]]:
        named = ["--op", "update", "--name", "iface.initiatorname", "--value", self.initiator]
        return [iscsi.interface_words(self.name, "--op", "new"), iscsi.interface_words(self.name, *named)]

    def do(self, note: Callable[[], None]) -> None:
        try:
            for words in self._words():
                iscsi.run(words)
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        iscsi.run(self._back(), fine=(iscsi.NONE,))

    def _back(self) -> list[str]:
        return iscsi.interface_words(self.name, "--op", "delete")

    def commands(self) -> list[str]:
        return [_line(words) for words in self._words()]

    def undo_commands(self) -> list[str]:
        return [_line(self._back())]


class Record(Step, kind="iscsi-record/1"):
    """A record of a target, with who we are to it. One that is there already is used, and stays."""

    recorded = ("portal", "target", "interface", "made")
    durable = True
    made = False

    def __init__(
        self, portal: str, target: str, interface: str | None, user: str | None = None, password: bytes = b""
    ) -> None:
        self.portal = portal
        self.target = target
        self.interface = interface
        self.user = user
        self.password = password

    def _node(self, *more: str) -> list[str]:
        return iscsi.node_words(self.portal, self.target, self.interface, *more)

    def _setting(self, name: str, value: str) -> list[str]:
        return self._node("--op", "update", "--name", name, "--value", value)

    def do(self, note: Callable[[], None]) -> None:
        try:
            if not iscsi.run(self._node(), fine=(iscsi.NONE,)).stdout:
                self.made = True
                note()
                iscsi.run(self._node("--op", "new"))
                # It is the pool that logs in, not the host when it boots.
                iscsi.run(self._setting("node.startup", "manual"))
            if self.user is not None:
                iscsi.run(self._setting(f"{_AUTH}.authmethod", "CHAP"))
                iscsi.run(self._setting(f"{_AUTH}.username", self.user))
                self._set_password()
        except BaseException:
            self.undo()
            raise

    def _set_password(self) -> None:
        password = self.password.decode(errors="surrogateescape")
        if any(sign in password for sign in "\0\r\n"):
            raise errors.InvalidArg("the password of an iSCSI target is one line", hint="set the secret's value anew")
        path = iscsi.record_file(self.portal, self.target, self.interface)
        if path is None:
            # Records are somewhere else than we know. iscsiadm takes a value as a word only, which others can read
            # for as long as it runs.
            iscsi.run(self._setting(f"{_AUTH}.password", password))
            return
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                record = file.read()
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to read {path}") from None
        changed = iscsi.with_setting(record, f"{_AUTH}.password", password)
        files.write_atomic(path, changed.encode(errors="surrogateescape"))

    def undo(self) -> None:
        if self.made:
            iscsi.run(self._node("--op", "delete"), fine=(iscsi.NONE,))

    def commands(self) -> list[str]:
        words = [self._node("--op", "new"), self._setting("node.startup", "manual")]
        if self.user is not None:
            words.append(self._setting(f"{_AUTH}.authmethod", "CHAP"))
            words.append(self._setting(f"{_AUTH}.username", self.user))
            words.append(self._setting(f"{_AUTH}.password", "<password>"))
        return [_line(line) for line in words]

    def undo_commands(self) -> list[str]:
        return [_line(self._node("--op", "delete"))]


class LogIn(Step, kind="iscsi-login/1"):
    """A session with a target. One that somebody else has is not ours to end."""

    recorded = ("portal", "target", "interface", "mine")
    mine = False

    def __init__(self, portal: str, target: str, interface: str | None) -> None:
        self.portal = portal
        self.target = target
        self.interface = interface

    def _node(self, verb: str) -> list[str]:
        return iscsi.node_words(self.portal, self.target, self.interface, verb)

    def do(self, note: Callable[[], None]) -> None:
        self.mine = True
        note()
        try:
            done = iscsi.run(self._node("--login"), patience=_LOGIN, fine=(iscsi.THERE,))
        except BaseException:
            self.undo()
            raise
        if done.returncode == iscsi.THERE:
            self.mine = False
            note()

    def undo(self) -> None:
        """Where there is no session iscsiadm says so."""
        if self.mine:
            iscsi.run(self._node("--logout"), patience=_ENDING, fine=(iscsi.NONE,))

    def commands(self) -> list[str]:
        return [_line(self._node("--login"))]

    def undo_commands(self) -> list[str]:
        return [_line(self._node("--logout"))]
