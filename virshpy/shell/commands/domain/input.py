"""What a guest is sent from outside: keys, signals, an interrupt."""

from __future__ import annotations

from virshpy.enums import KeycodeSet, ProcessSignal
from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.failure import Failure, Spoken
from virshpy.shell.lang.command import argument, command, option, words
from virshpy.shell.lang.types import AnyChoice, Int, Type, UInt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.session import Session

_CODESETS = {
    "linux": KeycodeSet.LINUX,
    "xt": KeycodeSet.XT,
    "atset1": KeycodeSet.ATSET1,
    "atset2": KeycodeSet.ATSET2,
    "atset3": KeycodeSet.ATSET3,
    "os_x": KeycodeSet.OSX,
    "xt_kbd": KeycodeSet.XT_KBD,
    "usb": KeycodeSet.USB,
    "win32": KeycodeSet.WIN32,
    "qnum": KeycodeSet.QNUM,
    "rfb": KeycodeSet.QNUM,
}
_MOST_KEYS = 16


class Key(Type):
    """A key by its name or number. The value stays text: what a name means depends on --codeset."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.shell.keys import LINUX

        return [(name, "") for name in LINUX]


@command(
    "send-key",
    "press keys of a guest's keyboard",
    "Press keys of a guest's keyboard, all at the same time.",
    (
        RUNNING,
        option("codeset", AnyChoice(*_CODESETS), "what the numbers of keys mean (default: linux)", named_only=True),
        option("holdtime", UInt(), "how long the keys are held, in milliseconds", named_only=True),
        words("keycode", Key(), "names or numbers of keys", optional=False),
    ),
    examples=(("send-key test KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE", "press Ctrl+Alt+Del"),),
    returns="",
)
def send_key(domain: Domain, codeset: str | None, holdtime: int | None, keycode: list[str]) -> None:
    from virshpy.shell.keys import LINUX

    codeset = codeset or "linux"
    if codeset not in _CODESETS:
        raise Failure(f"unknown codeset: '{codeset}'")
    names = LINUX if codeset == "linux" else {}
    numbers: list[int] = []
    for text in keycode:
        if len(numbers) == _MOST_KEYS:
            raise Failure("too many keycodes")
        number = names.get(text)
        if number is None:
            try:
                number = int(text, 0)
            except ValueError:
                number = -1
            if number < 0:
                raise Failure(f"invalid keycode: '{text}'")
        numbers.append(number)
    domain.send_key(_CODESETS[codeset], holdtime or 0, numbers)


class Pid(Int):
    """The number of a process; help calls it a string."""

    word = "string"


class Signal(Type):
    """A signal by its name, with or without SIG, or its number."""

    gives = "int"

    def convert(self, text: str, name: str) -> int:
        if text.isascii() and text.isdigit():
            return int(text)
        bare = text.lower().removeprefix("sig").removeprefix("_")
        for signal in ProcessSignal:
            if signal.name.lower() == bare:
                return int(signal)
        raise Failure(f"malformed signal name: {text}")

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(signal.name.lower(), str(int(signal))) for signal in ProcessSignal]


@command(
    "send-process-signal",
    "send a signal to a process of a guest",
    "Send a signal to a process inside a guest that shares the host's kernel.",
    (
        RUNNING,
        argument("pid", Pid(-(1 << 63), (1 << 63) - 1), "the process' number inside the guest"),
        argument("signame", Signal(), "name or number of the signal"),
    ),
    examples=(("send-process-signal test 1 term", "ask its init to end"),),
    returns="",
)
def send_process_signal(domain: Domain, pid: int, signame: int) -> None:
    if not pid:
        raise Failure(None, Spoken("pid_value in virDomainSendProcessSignal must not be zero"))
    domain.send_process_signal(pid, signame)


@command(
    "inject-nmi",
    "send a guest a non-maskable interrupt",
    "Send a guest a non-maskable interrupt, which even a hung kernel receives.",
    (RUNNING,),
    examples=(("inject-nmi test", "many kernels write a crash dump"),),
    returns="",
)
def inject_nmi(domain: Domain) -> None:
    domain.inject_nmi()
