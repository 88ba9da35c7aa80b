"""virshpy itself, on its host: the completion of a shell, and the unit that starts guests at boot."""

from __future__ import annotations

from virshpy.shell import shipped
from virshpy.shell.lang.command import argument, command, flag
from virshpy.shell.lang.types import Choice
from virshpy.shell.render.results import Document, Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.render.results import Result

_STRICT = "there is no completion for '%s'"


@command(
    "completion",
    "print the completion for a shell",
    "Print what makes a shell complete virshpy's commands and their values. The\n"
    "shell reads it when it starts, from a file of its own or by a line such as\n"
    'eval "$(virshpy completion bash)".',
    (argument("shell", Choice(*shipped.COMPLETIONS, strict=_STRICT), "bash, zsh or fish"),),
    examples=(
        ("completion bash", 'for ~/.bashrc: eval "$(virshpy completion bash)"'),
        ("completion fish", "into ~/.config/fish/completions/virshpy.fish"),
    ),
    returns="text",
    connects=False,
)
def completion(shell: str) -> Document:
    return Document(shipped.completion(shell), key="text", language="text")


@command(
    "unit",
    "print or install the unit that starts guests at boot",
    "Print the unit of systemd that starts the domains marked by autostart with the\n"
    "host, and shuts all domains down before it goes off. It runs this very program.",
    (
        flag("user", "the unit for a user's own manager, and for qemu:///session"),
        flag("install", "write it to where systemd looks for it"),
    ),
    examples=(
        ("unit", "see what it does; as root, --install puts it in its place"),
        ("unit --user --install", "then: systemctl --user enable --now virshpy-guests"),
    ),
    returns="text | message file",
    connects=False,
)
def unit(user: bool, install: bool) -> Result:
    text = shipped.unit(user=user)
    if not install:
        return Document(text, key="text", language="text")
    from virshpy.shell.userfiles import install as write

    path = shipped.unit_path(user=user)
    write(path, text)
    manager = "systemctl --user" if user else "systemctl"
    done = f"{path} is installed; now: {manager} daemon-reload && {manager} enable --now virshpy-guests"
    return Message(done, file=path)
