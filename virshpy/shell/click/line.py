"""The words after a command's name: read by virsh's grammar, told to click, completed."""

from __future__ import annotations

import click
from click.core import ParameterSource

from virshpy.shell.click.program import asked, identifier, items
from virshpy.shell.failure import ParseError
from virshpy.shell.lang.command import FLAG
from virshpy.shell.lang.complete import candidates
from virshpy.shell.lang.parser import EVERYWHERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from virshpy.shell.lang.command import Invocation, Option
    from virshpy.shell.lang.parser import Reader


class Line(click.Context):
    """The context of one of virshpy's commands: ``reader`` has read its words, and ``invocation`` is what they say."""

    reader: Reader
    invocation: Invocation

    def read(self, reader: Reader, words: Sequence[str]) -> None:
        """Have ``reader`` read the words. Raises ParseError."""
        self.args = list(words)
        self.reader = reader
        help_names = self.command.get_help_option_names(self)
        for word in words:
            # The mounting program may have another name for --help.
            is_option = reader.pending is None and not reader.data_only
            reader.feed("--help" if is_option and word in help_names else word)
        self.invocation = reader.finish()

    def read_begun(self, reader: Reader, words: Sequence[str]) -> None:
        """Have it read a line that is still being typed, as far as it can be."""
        try:
            self.read(reader, _put_together(words))
        except ParseError:
            pass  # the rest may come yet

    def tell(self) -> None:
        """Tell click what was given: values as they were typed."""
        everywhere = self.reader.everywhere
        for option in self.reader.command.options:
            texts = self.reader.given.get(option.name)
            value = _value(option, texts, several=self.reader.takes_several(option))
            self._tell(option.name, value, given=texts is not None)
        for name, takes_value in EVERYWHERE.items():
            self._tell(name, everywhere.get(name) if takes_value else name in everywhere, given=name in everywhere)

    def _tell(self, name: str, value: object, *, given: bool) -> None:
        self.params.setdefault(identifier(name), value)  # a command's own option goes before one of all commands
        if given:
            self.set_parameter_source(identifier(name), ParameterSource.COMMANDLINE)

    def offers(self, prefix: str, head: str = "") -> list[CompletionItem]:
        """What may stand where ``prefix`` is being typed; ``head`` is what of that word click does not speak of."""
        with asked(self.parent) as session:
            found = candidates([self.reader.command.name, *self.args, head + prefix], session)
        return items((word.removeprefix(head), meaning) for word, meaning in found)

    def offered_values(self, parameter: click.Parameter, name: str, prefix: str) -> list[CompletionItem]:
        """What the value of the option ``name`` may be, which click has found to be due after one of its spellings."""
        is_word = bool(self.args) and self.args[-1] in parameter.opts
        return self.offers(prefix, head="" if is_word else f"--{name}=")


def _value(option: Option, texts: list[str] | None, *, several: bool) -> object:
    if option.kind == FLAG:
        return texts is not None
    if several:
        return tuple(texts or ())
    return texts[0] if texts else None


def _put_together(words: Sequence[str]) -> list[str]:
    """bash makes three words of ``--name=value``; two will do."""
    return [
        word for before, word in zip(["", *words], words, strict=False) if word != "=" or not before.startswith("--")
    ]
