"""What a command is: one declaration, from which come its parser, its help, its completion and its man page.

    @command(
        "domstate", "state of a domain", "Print the state of a domain.",
        (argument("domain", DomainType(), "name, id or UUID"), flag("reason", "say why")),
        examples=(("domstate web --reason", "such as: shut off (crashed)"),),
        returns="state reason?",
    )
    def domstate(domain: Domain, reason: bool) -> Text:
        ...
        return Text(...)

A handler is given what its parameters name: options by their names, ``flags`` (the sum of what the given flags stand
for), the ``session``, and ``args`` for what is more than a value. It returns what it found out
(:mod:`virshpy.shell.render.results`) and prints nothing. A bad declaration fails when its module is loaded: also one
whose handler expects another type than its option has.
"""

from __future__ import annotations

from virshpy.shell import environment
from virshpy.shell.failure import Failure
from virshpy.shell.lang.types import STRING, Bounded, Flags, Named, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from typing import Any

    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

    Handler = Callable[..., Result | Iterable[Result] | None]
    Selection = Callable[[Session], Iterable[str]]
    Finale = Callable[[Session, list["Arguments"]], Iterable[Result]]

FLAG, OPTIONAL, REQUIRED, WORDS = "flag", "optional", "required", "words"
PATTERN = frozenset("*?[")  # what makes a pattern for names of a word


class BadDeclaration(Exception):
    """A command is declared in a way that its parser could not serve."""


class Option:
    """One option: ``name``, ``kind`` (FLAG, OPTIONAL, REQUIRED, WORDS), ``type``, ``help``.

    ``named_only``: its value cannot be given by position. ``optional`` is for WORDS: none may be given. ``late``: its
    value is read when its command asks for it; until then nobody minds what is wrong with it. ``adds``: the libvirt
    flag that it stands for; :attr:`Invocation.flags` is the sum of those given. ``instead``: flags that name objects in
    its place, each with what finds their names.
    """

    __slots__ = ("name", "kind", "type", "help", "named_only", "optional", "late", "adds", "instead")

    def __init__(
        self,
        name: str,
        kind: str,
        type: Type,
        help: str,
        *,
        named_only: bool = False,
        optional: bool = True,
        late: bool = False,
        adds: int = 0,
        instead: Mapping[str, Selection] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.type = type
        self.help = help
        self.named_only = named_only
        self.optional = optional
        self.late = late
        self.adds = adds
        self.instead = instead or {}

    @property
    def gives(self) -> str:
        """The type of its value, as a handler annotates it."""
        if self.kind == FLAG:
            return "bool"
        if self.kind == WORDS:
            return f"list[{self.type.gives}]"
        return self.type.gives if self.required else f"{self.type.gives} | None"

    @property
    def required(self) -> bool:
        return self.kind == REQUIRED or (self.kind == WORDS and not self.optional)


class Alias:
    """Another spelling of an option, not shown in help: ``--str`` for ``--string``, or for ``--option=value``."""

    __slots__ = ("name", "target", "value")

    def __init__(self, name: str, target: str, value: str | None = None) -> None:
        self.name = name
        self.target = target
        self.value = value


def flag(name: str, help: str, *, adds: int = 0) -> Option:
    """An option without a value; ``adds`` is the libvirt flag that it stands for."""
    return Option(name, FLAG, STRING, help, adds=adds)


def option(name: str, type: Type, help: str, *, named_only: bool = False, late: bool = False) -> Option:
    """An option with a value; given by name, or by position unless ``named_only``."""
    return Option(name, OPTIONAL, type, help, named_only=named_only, late=late)


def argument(
    name: str, type: Type, help: str, *, late: bool = False, instead: Mapping[str, Selection] | None = None
) -> Option:
    """A value that must be given, by position or by name, or ``instead`` of it one of some flags."""
    return Option(name, REQUIRED, type, help, late=late, instead=instead)


def words(name: str, type: Type, help: str, *, optional: bool = True) -> Option:
    """All the remaining words."""
    return Option(name, WORDS, type, help, optional=optional)


class Constraint:
    """A rule about which options go together, by the line alone: the options it ``names``, and ``check``."""

    __slots__ = ()
    reads: tuple[str, ...] = ()  # options whose values are looked up at this place among the rules

    def names(self) -> tuple[str, ...]:
        raise NotImplementedError

    def check(self, args: Invocation) -> None:
        """Raise Failure where the line breaks the rule."""

    def excluded(self, given: Container[str]) -> tuple[str, ...]:
        """Options that are of no use any more beside those given."""
        return ()


class Exclusive(Constraint):
    """Two options that cannot be given together."""

    __slots__ = ("first", "second")

    def __init__(self, first: str, second: str) -> None:
        self.first = first
        self.second = second

    def names(self) -> tuple[str, ...]:
        return (self.first, self.second)

    def check(self, args: Invocation) -> None:
        if self.first in args and self.second in args:
            raise Failure(
                f"Options --{self.first} and --{self.second} are mutually exclusive",
                hint=f"leave --{self.first} or --{self.second} out",
            )

    def excluded(self, given: Container[str]) -> tuple[str, ...]:
        if self.first in given:
            return (self.second,)
        return (self.first,) if self.second in given else ()


def exclusive(*names: str) -> tuple[Exclusive, ...]:
    """The first of ``names`` cannot be given with any of the others."""
    return tuple(Exclusive(names[0], other) for other in names[1:])


class Requires(Constraint):
    """An option that is of no use without another."""

    __slots__ = ("option", "needed")

    def __init__(self, option: str, needed: str) -> None:
        self.option = option
        self.needed = needed

    def names(self) -> tuple[str, ...]:
        return (self.option, self.needed)

    def check(self, args: Invocation) -> None:
        if self.option in args and self.needed not in args:
            raise Failure(f"Option --{self.needed} is required by option --{self.option}", hint=f"add --{self.needed}")


class OneOf(Constraint):
    """At least one of some options must be given: always, or where ``beside`` is."""

    __slots__ = ("options", "beside", "complaint")

    def __init__(self, *options: str, beside: str | None = None, complaint: str) -> None:
        self.options = options
        self.beside = beside
        self.complaint = complaint

    def names(self) -> tuple[str, ...]:
        return self.options if self.beside is None else (self.beside, *self.options)

    def check(self, args: Invocation) -> None:
        if (self.beside is None or self.beside in args) and not any(name in args for name in self.options):
            raise Failure(self.complaint, hint=f"add {' or '.join(f'--{name}' for name in self.options)}")


class Reads(Constraint):
    """No rule, but a place among the rules: what these options say is read here, in this order, and not after all rules
    in the order of the declaration. Of two mistakes, virsh complains about the one that it comes to first."""

    __slots__ = ("reads",)

    def __init__(self, *options: str) -> None:
        self.reads = options

    def names(self) -> tuple[str, ...]:
        return self.reads


class Command:
    """The declaration of one command. ``connects``: a connection is opened before it runs. ``several``: its argument
    that may be several names, for which it is run one after another; ``finale`` is then run once for all of them that
    succeeded."""

    __slots__ = (
        "name", "summary", "description", "options", "aliases", "constraints", "examples", "returns", "connects",
        "handler", "several", "finale",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        summary: str,
        description: str,
        options: Sequence[Option | Constraint],
        handler: Handler,
        *,
        aliases: Sequence[Alias],
        constraints: Sequence[Constraint],
        examples: Sequence[tuple[str, str]],
        returns: str,
        connects: bool,
        finale: Finale | None = None,
    ) -> None:
        self.name = name
        self.summary = summary
        self.description = description
        self.options = tuple(one for one in options if isinstance(one, Option))
        self.handler = handler
        self.aliases = tuple(aliases)
        self.constraints = (*(one for one in options if isinstance(one, Constraint)), *constraints)
        self.examples = tuple(examples)
        self.returns = returns
        self.connects = connects
        self.several = self._named_alone()
        self.finale = finale
        if fault := self.fault():
            raise BadDeclaration(f"command '{name}': {fault}")

    def _named_alone(self) -> Option | None:
        """The argument that names an object, where no other word can stand behind it that it could be taken for."""
        first, *others = self.options or (None,)
        if first is None or first.kind != REQUIRED or not isinstance(first.type, Named):
            return None
        by_place = [option for option in others if option.kind != FLAG and not option.named_only]
        return first if all(isinstance(option.type, Bounded) for option in by_place) else None

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the handler wants: the session, the args, the sum of the flags, or options by their names."""
        code = self.handler.__code__
        return code.co_varnames[: code.co_argcount]

    def run(self, session: Session, args: Arguments) -> Result | Iterable[Result] | None:
        """Carry the command out. Raises Failure, errors.Error."""
        return self.handler(*(self._handed(name, session, args) for name in self.parameters))

    def _handed(self, parameter: str, session: Session, args: Arguments) -> Any:
        if parameter == "session":
            return session
        if parameter == "args":
            return args
        if parameter == "flags":
            return args.flags
        option = self.meant(parameter)
        assert option is not None
        return option.name in args if option.kind == FLAG else args[option.name]

    def meant(self, parameter: str) -> Option | None:
        """The option that a parameter of the handler is: ``new_name`` is --new-name, ``async_`` is --async."""
        return self.find(parameter.rstrip("_").replace("_", "-"))

    def find(self, name: str) -> Option | None:
        for candidate in self.options:
            if candidate.name == name:
                return candidate
        return None

    def fault(self) -> str | None:
        """What is wrong with the declaration, or None."""
        seen: set[str] = set()
        optional_before = False
        for position, option in enumerate(self.options):
            if option.name in seen:
                return f"option --{option.name} is declared twice"
            seen.add(option.name)
            if not option.help or option.help.endswith("."):
                return f"the help of --{option.name} is empty or ends with a full stop"
            if option.kind == REQUIRED and optional_before:
                return f"<{option.name}> is required but comes after optional ones"
            if option.kind == WORDS and position != len(self.options) - 1:
                return f"--{option.name} takes all the rest, so it must come last"
            if option.kind == OPTIONAL or (option.kind == WORDS and option.optional):
                optional_before = optional_before or not option.named_only
        for alias in self.aliases:
            if self.find(alias.target) is None or alias.name in seen:
                return f"alias --{alias.name} clashes or leads nowhere"
        for constraint in self.constraints:
            for name in constraint.names():
                if name not in seen:
                    return f"a constraint names the unknown option --{name}"
        for parameter in self.parameters:
            if fault := self._misfit(parameter):
                return f"the handler's parameter {parameter} {fault}"
        if not self.summary or self.summary.endswith("."):
            return "the summary is empty or ends with a full stop"
        if not self.description or not self.examples:
            return "it is not described, or has no example"
        return None

    def _misfit(self, parameter: str) -> str | None:
        """Why a parameter of the handler cannot be given what it wants."""
        wanted = self.handler.__annotations__.get(parameter)
        if parameter in _ANY_HANDLER:
            gives = _ANY_HANDLER[parameter]
        elif (option := self.meant(parameter)) is None:
            return "is none of its options"
        elif option.late:
            return "is read late, so it must be asked of args"
        else:
            gives = option.gives
        return None if wanted == gives else f"is {gives}, not {wanted}"


_ANY_HANDLER = {"session": "Session", "args": "Arguments", "flags": "int"}
DECLARED: dict[str, Command] = {}


def command(
    name: str,
    summary: str,
    description: str,
    options: Sequence[Option | Constraint] = (),
    *,
    aliases: Sequence[Alias] = (),
    constraints: Sequence[Constraint] = (),
    examples: Sequence[tuple[str, str]],
    returns: str,
    connects: bool = True,
    finale: Finale | None = None,
) -> Callable[[Handler], Handler]:
    """Declare the decorated handler as a command. Rules may stand among the ``options``, so that a group of options
    brings its own, which go before the ``constraints``. ``returns`` names the keys of what it gives to programs, in the
    notation of :mod:`virshpy.shell.lang.shapes`; it is empty where nothing is ever printed."""

    def declare(run: Handler) -> Handler:
        if name in DECLARED:
            raise BadDeclaration(f"command '{name}' is declared twice")
        DECLARED[name] = Command(
            name,
            summary,
            description,
            options,
            run,
            aliases=aliases,
            constraints=constraints,
            examples=examples,
            returns=returns,
            connects=connects,
            finale=finale,
        )
        return run

    return declare


class Invocation:
    """A command with the options given to it, as its line says: ``"reason" in args`` says whether one was given,
    ``args.text("domain")`` what was typed. Nothing is looked up for it."""

    __slots__ = ("command", "given", "everywhere")

    def __init__(self, command: Command, given: dict[str, list[str]], everywhere: dict[str, str] | None = None) -> None:
        self.command = command
        self.given = given
        self.everywhere = everywhere or {}  # options that any command takes: parser.EVERYWHERE

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str) -> str:
        return self.given[name][0]

    @property
    def is_about_several(self) -> bool:
        """Whether it may be about another number of objects than one, which virsh's commands never are."""
        option = self.command.several
        if option is None or environment.as_virsh():
            return False
        texts = self.given.get(option.name, ())
        return len(texts) != 1 or not PATTERN.isdisjoint(texts[0]) or not option.instead.keys().isdisjoint(self.given)

    @property
    def flags(self) -> int:
        """The sum of the libvirt flags that the given options stand for."""
        total = 0
        for option in self.command.options:
            if option.name in self.given:
                several = isinstance(option.type, Flags)
                total |= option.type.convert(self.text(option.name), option.name) if several else int(option.adds)
        return total


class Arguments(Invocation):
    """An invocation in a session: ``args["domain"]`` is the value (None where it was not given, a list for WORDS).

    Asking for a late option's value is what looks it up, and raises Failure."""

    __slots__ = ("values", "session")

    def __init__(self, invocation: Invocation, session: Session) -> None:
        super().__init__(invocation.command, invocation.given, invocation.everywhere)
        self.values: dict[str, Any] = {}
        self.session = session

    def __getitem__(self, name: str) -> Any:
        if name in self.given and name not in self.values:
            self.read(name)
        return self.values.get(name)

    def read_all(self) -> None:
        """Check the constraints, then turn each text into its value, but for late ones. Raises Failure."""
        for constraint in self.command.constraints:
            constraint.check(self)
            for name in constraint.reads:
                self.read(name)
        for option in self.command.options:
            if not option.late:
                self.read(option.name)

    def read(self, name: str) -> None:
        """Turn the text of an option into its value now, if it is given and that has not been done. Raises Failure."""
        option = self.command.find(name)
        if option is None or option.kind == FLAG or name in self.values:
            return
        if name in self.given or option.kind == WORDS:
            try:
                self.values[name] = self._value(option)
            except Failure as failure:
                failure.option = option
                raise

    def _value(self, option: Option) -> Any:
        texts = self.given.get(option.name, [])
        self.session.asking = "unknown" if option.kind == WORDS else self.command.name
        if option.kind == WORDS:
            return [self._resolved(option, text) for text in texts]
        if not texts[0] and not option.type.empty_ok:
            raise Failure(f"Failed to get option '{option.name}': Option argument is empty")
        return self._resolved(option, texts[0])

    def _resolved(self, option: Option, text: str) -> Any:
        return option.type.resolve(option.type.convert(text, option.name), option.name, self.session)
