"""Help, all of it out of the declarations: the list of commands, a group, a command; and the program's own usage."""

from __future__ import annotations

from textwrap import wrap

from virshpy import __version__
from virshpy.enums.version import LIBVIRT, dotted
from virshpy.shell.environment import as_virsh, program
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, OPTIONAL, REQUIRED
from virshpy.shell.lang.global_options import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Command, Option
    from virshpy.shell.lang.registry import Group


def usage() -> str:
    """``virshpy --help``"""
    name = program()
    pieces = [f"\n{name} [options]... [<command_string>]\n{name} [options]... <command> [args...]\n\n  options:\n"]
    for letter, name, takes, value, meaning in OPTIONS:
        shown = [f"-{letter}"] if letter else []
        if name != "long-version":
            shown.append(f"--{name}" + (f"={value}" if takes else f"[={value}]" if value else ""))
        pieces.append(f"    {' | '.join(shown):<31} {meaning}\n")
    pieces.append("  commands (non interactive mode):\n\n")
    for group in registry.GROUPS:
        pieces.append(f"{_heading(group)}\n{_commands_of(group)}\n")
    return "".join(pieces) + _closing() + "\n"


def overview() -> str:
    """``help``"""
    pieces = ["Grouped commands:\n\n"]
    for group in registry.GROUPS:
        pieces.append(f"{_heading(group)}:\n{_commands_of(group)}\n")
    return "".join(pieces)


def group_help(group: Group) -> str:
    """``help GROUP``"""
    return f"{_heading(group)}:\n{_commands_of(group)}"


def command_help(command: Command) -> str:
    """``help COMMAND``, ``COMMAND --help``"""
    described = command.description.replace("\n", "\n    ")
    pieces = [
        f"  NAME\n    {command.name} - {command.summary}\n",
        f"\n  SYNOPSIS\n    {synopsis(command)}\n",
        f"\n  DESCRIPTION\n    {described}\n",
    ]
    if command.options:
        pieces.append("\n  OPTIONS\n")
        positional = False
        for option in command.options:
            positional = positional or _is_positional(option)
            pieces.append(f"    {option_column(option, positional):<15}  {option.help}\n")
    pieces.append("\n  EXAMPLES\n")
    pieces += [f"    {line}\n        {meaning}\n" for line, meaning in command.examples]
    if command.returns:
        pieces.append("\n  DATA (-o json, yaml, csv)\n")
        pieces += [f"    {line}\n" for form in data_forms(command) for line in wrap(form, 76, subsequent_indent="  ")]
    return "".join(pieces) + "\n"


def data_forms(command: Command) -> list[str]:
    """The keys that programs get, a text for each form of the answer."""
    return [form.strip() for form in command.returns.split("|")] if command.returns else []


def synopsis(command: Command) -> str:
    """The one-line grammar of a command."""
    words = [command.name]
    positional = False
    for option in command.options:
        positional = positional or _is_positional(option)
        name, word = option.name, option.type.word
        if option.kind == FLAG:
            words.append(f"[--{name}]")
        elif option.kind == OPTIONAL:
            words.append(f"[--{name} <{word}>]")
        elif option.kind == REQUIRED:
            words.append(f"<{name}>{'...' if option is command.several and not as_virsh() else ''}")
        elif positional:
            words.append(f"[[--{name}] <{word}>]..." if option.optional else f"{{[--{name}] <{word}>}}...")
        else:
            words.append(f"[<{name}>]..." if option.optional else f"<{name}>...")
    return " ".join(words)


def option_column(option: Option, positional: bool) -> str:
    """How the list of options spells one; ``positional``: values have been given by position before it."""
    name, word = option.name, option.type.word
    if option.kind == FLAG:
        return f"--{name}"
    if option.kind == OPTIONAL:
        return f"--{name} <{word}>"
    return f"[--{name}] <{word}>" if positional else f"<{name}>"


def welcome() -> str:
    """What the prompt begins with."""
    return (
        f"Welcome to {program()}, the virtualization interactive terminal.\n\n"
        "Type:  'help' for help with commands\n       'quit' to quit\n\n"
    )


def version() -> str:
    """``--version``: scripts that call virsh ask which libvirt it belongs to."""
    return f"{dotted(LIBVIRT) if as_virsh() else __version__}\n"


def long_version() -> str:
    return (
        f"virshpy {__version__}: QEMU virtual machines without a daemon\n\n"
        f"Compatible with virsh {dotted(LIBVIRT)}. Drivers:\n Hypervisors: QEMU Test\n"
    )


def _is_positional(option: Option) -> bool:
    return option.kind in (OPTIONAL, REQUIRED) and not option.named_only


def _heading(group: Group) -> str:
    """A group's title and keyword; our own group is virsh's own where we are called so."""
    title, keyword = (group.title, group.keyword)
    if as_virsh() and keyword == registry.OWN_GROUP:
        title, keyword = "Virsh itself", "virsh"
    return f" {title} (help keyword '{keyword}')"


def _commands_of(group: Group) -> str:
    return "".join(f"    {name:<30} {registry.find_known(name).summary}\n" for name in group.names())


def _closing() -> str:
    return "\n  (help <group> lists the commands of a group)\n\n  (help <command> describes one)\n"
