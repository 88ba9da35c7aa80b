"""What may come next on a command line. The grammar's reader says what is expected, the option's type offers words."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure, ParseError
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS
from virshpy.shell.lang.parser import Reader, Separator, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from virshpy.shell.lang.command import Command, Option
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.session import Session


def program_candidates(words: Sequence[str], session: Session, *, explained: bool = True) -> list[Candidate]:
    """What may come next after the program's name: its own options may come first, and are heeded."""
    from virshpy.shell.lang import global_options

    *before, prefix = words
    try:
        parsed = global_options.parse(before)
    except global_options.UsageError:
        found = values_of_program(before[-1], prefix, session) if before else []
        return [offer for offer in found if offer[0].startswith(prefix)]
    if parsed.words or parsed.show or "--" in before or not prefix.startswith("-"):
        session.uri, session.readonly = parsed.settings.uri or session.uri, parsed.settings.readonly
        if parsed.show:
            return []
        if not parsed.words and not _WITHIN.isdisjoint(prefix):
            return _of_one_argument(prefix, session)
        return candidates([*parsed.words, prefix], session, explained=explained)
    name, equals, value = prefix.partition("=")
    if equals:
        found = [(f"{name}={word}", meaning) for word, meaning in values_of_program(name, value, session)]
    else:
        options = (option for option in global_options.OPTIONS if option[1] != "long-version")
        found = [(f"--{option}", meaning) for _, option, _, _, meaning in options]
    return [offer for offer in found if offer[0].startswith(prefix)]


_WITHIN = frozenset(" ;")


def _of_one_argument(prefix: str, session: Session) -> list[Candidate]:
    """A whole command line, or several, in one word of the shell: all of it is offered, with its end completed."""
    from virshpy.shell.lang.partial_line import escaped_within, last_command

    words, typed = last_command(prefix)
    head = prefix.removesuffix(typed)
    return [(head + escaped_within(word), meaning) for word, meaning in candidates(words, session)]


def values_of_program(option: str, prefix: str, session: Session) -> list[Candidate]:
    """What the value of one of the program's options may be."""
    from virshpy.shell.lang.types import Path, Uri
    from virshpy.shell.render.output import FORMATS

    if option in ("-c", "--connect"):
        return list(Uri().complete(prefix, session))
    if option in ("-o", "--output"):
        return [(format, "") for format in FORMATS]
    return list(Path().complete(prefix, session)) if option in ("-l", "--log") else []


def candidates(words: Sequence[str], session: Session, *, explained: bool = True) -> list[Candidate]:
    """(word, what it is) for the last of ``words``, which may be empty. Never raises: no offer is the answer to
    everything that goes wrong. What commands are is left out where not ``explained``: it is in their modules."""
    *before, prefix = words
    try:
        found = _offers(before, prefix, session) if before else _commands(prefix, explained)
        return [(word, meaning) for word, meaning in found if word.startswith(prefix)]
    except (ParseError, Failure, errors.Error):
        return []


def bare_candidates(words: Sequence[str], session: Session) -> list[str]:
    """What virsh offers for the last of ``words``, as it must be typed: options where nothing or a dash is typed, else
    values. What is before it counts as far as it can be read."""
    *before, typed = words
    reader = None
    try:
        for word in split(" ".join(before)):
            if isinstance(word, Separator):
                reader = None
            elif reader is not None:
                try:
                    reader.feed(word)
                except ParseError:
                    pass
            elif (command := registry.lookup(word)) is not None:
                reader = Reader(command)
    except ParseError as error:
        session.report_syntax(error)
    try:
        if reader is None:
            offers = [name for group in registry.GROUPS for name in group.names()]
        else:
            offers = _bare(reader, typed.replace("\\ ", " "), session)
    except (Failure, errors.Error):
        return []
    quoted = (offer.replace(" ", "\\ ") for offer in offers)
    return [offer for offer in quoted if offer.startswith(typed)]


def _bare(reader: Reader, prefix: str, session: Session) -> list[str]:
    option = reader.pending
    dash = "--" if reader.awaiting else "-"  # one alone is data while there is room for it
    if option is None and (not prefix or (prefix.startswith(dash) and not reader.data_only)):
        return [
            f"--{one.name}"
            for one in reader.command.options
            if one.kind == WORDS or (one.name not in reader.given and f"--{one.name}" != prefix)
        ]
    if option is None:
        option = next(iter(reader.awaiting), None)
    if option is None:
        return []
    return [word for word, _ in _words(option, reader, prefix, session)]


def _offers(before: list[str], prefix: str, session: Session) -> Iterable[Candidate]:
    command = registry.lookup(before[0])
    if command is None:
        return ()
    reader = Reader(command)
    for word in before[1:]:
        reader.feed(word)
    if reader.pending is not None:
        return _words(reader.pending, reader, prefix, session)
    if reader.output_due:
        return values_of_program("--output", prefix, session)
    if prefix.startswith("-") and not reader.data_only:
        name, equals, value = prefix.partition("=")
        if not equals:
            return _options(command, reader)
        offers: Iterable[Candidate] = ()
        if option := command.find(name[2:]):
            offers = _words(option, reader, value, session)
        elif name == "--output":
            offers = values_of_program(name, value, session)
        return [(f"{name}={word}", meaning) for word, meaning in offers]
    found: list[Candidate] = []
    if reader.awaiting:
        found += _new_only(reader, reader.awaiting[0], prefix, session)
    if reader.several is not None and reader.several.name in reader.given:
        found += _new_only(reader, reader.several, prefix, session)
    # Without anything typed, options are shown only where no value is due.
    if not reader.data_only and not any(option.required for option in reader.awaiting) and not prefix:
        found += _options(command, reader)
    return found


def _words(option: Option, reader: Reader, prefix: str, session: Session) -> Iterable[Candidate]:
    """What the option's type offers, beside what is given already."""
    offering = option.type
    if offering.source is not None:
        from virshpy.shell.lang import candidates

        offering = getattr(candidates, offering.source)
    return offering.complete_beside(reader.given, prefix, session)


def _commands(prefix: str, explained: bool) -> list[Candidate]:
    fitting = (name for group in registry.GROUPS for name in group.names() if name.startswith(prefix))
    return [(name, registry.find_known(name).summary if explained else "") for name in sorted(fitting)]


def _new_only(reader: Reader, option: Option, prefix: str, session: Session) -> Iterable[Candidate]:
    """What the option's type offers, without words that were given already."""
    given = reader.given.get(option.name, ())
    offers = _words(option, reader, prefix, session)
    return [offer for offer in offers if offer[0] not in given]


def _options(command: Command, reader: Reader) -> list[Candidate]:
    found = []
    ruled_out = {name for constraint in command.constraints for name in constraint.excluded(reader.given)}
    for option in command.options:
        if option.name in reader.given and option.kind != WORDS:
            continue
        if option.name not in ruled_out:
            found.append((f"--{option.name}", option.help if option.kind == FLAG else f"<{option.help}>"))
    return found
