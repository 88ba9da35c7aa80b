"""virshpy's commands in a program that is built on click: a group, to be mounted under any name.

    >>> import click
    >>> from virshpy.shell.click import Commands
    >>> @click.group()
    ... def admin() -> None:
    ...     "Looks after the house."
    >>> admin.add_command(Commands("vm"))
    >>> admin(["vm", "--connect", "test:///default", "domstate", "test"], standalone_mode=False)
    running
    <BLANKLINE>

Options, arguments, help and click's completion come from the declarations of the commands. Words are read by virsh's
grammar alone, in which every value may be given by the name of its option or by position; what is printed is what
``virshpy`` prints, and so is the exit code, with two exceptions that are click's own: a line that cannot be read is a
:class:`click.UsageError` (exit code 2) in virsh's words, and Ctrl-C is left to the program.

The options of the group are those of the program that concern one command; variables such as ``VIRSHPY_OUTPUT`` mean
what they mean to it. The mounting program gives defaults of its own as to any click group: ``Commands("vm",
context_settings={"default_map": {"connect": "qemu:///session"}})``. Within the group the context's ``obj`` is a
:class:`~virshpy.shell.session.Session`, for one command line; that of the mounting program is not touched.
"""

from __future__ import annotations

from virshpy.shell.click.group import Commands

__all__ = ["Commands"]
