"""Tab in real shells, on a real terminal: commands, options, names with blanks; silence without a connection."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.shell.programs import installed
from tests.shell.terminals import Terminal

FOLDER = Path(__file__).parents[2] / "completions"
HOST = """<node>
<domain type='test'><name>web server</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>it's "so"</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>cost:$5</name><memory>1024</memory><os><type>hvm</type></os></domain>
</node>
"""
PROMPT = "ready> "
SHELLS = [
    pytest.param("bash", marks=needs.program("bash", "bash")),
    pytest.param("zsh", marks=needs.program("zsh", "zsh")),
    pytest.param("fish", marks=needs.program("fish", "fish")),
]
Opener = Callable[[str], Terminal]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Opener]:
    """Opens a shell of that name with virshpy on its path and its completion loaded."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("virshpy", "virsh"):
        installed(programs, name)
    (tmp_path / "host.xml").write_text(HOST)
    environment = {
        **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(FOLDER.parent), "TERM": "xterm",
        "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PS1": PROMPT,
        "LC_ALL": "C.UTF-8", "VIRSHPY_DEFAULT_URI": f"test://{tmp_path}/host.xml",
    }  # fmt: skip
    opened = []

    def open_shell(name: str) -> Terminal:
        # The marker is written otherwise than it is printed, so that the echo of the line is not taken for it.
        argv, setup = {
            "bash": (["bash", "--norc", "--noprofile", "-i"], f". '{FOLDER}/virshpy.bash'; bind 'set bell-style none'"),
            "zsh": (
                ["zsh", "-f", "-i"],
                f"fpath=('{FOLDER}' $fpath); autoload -Uz compinit; compinit -u -D; PS1='{PROMPT}'",
            ),
            "fish": (
                ["fish", "--no-config", "-i"],
                f"source '{FOLDER}/virshpy.fish'; function fish_prompt; echo -n '{PROMPT}'; end",
            ),
        }[name]
        terminal = Terminal(argv, environment, columns=200)
        opened.append(terminal)
        terminal.quiet(0.4)
        terminal.send(f"{setup}; echo loa''ded\r")
        terminal.expect("loaded\r\n")
        terminal.quiet(0.3)
        return terminal

    yield open_shell
    for terminal in opened:
        terminal.close()


def tab(terminal: Terminal, line: str, becomes: str, tabs: int = 1) -> str:
    """Type a line and Tab; what is shown until what it ``becomes`` is."""
    terminal.send("\x15")
    terminal.quiet(0.2)
    terminal.send(line + "\t" * tabs)
    return terminal.expect(becomes)


@pytest.mark.parametrize("name", SHELLS)
def test_commands_options_and_values(name: str, shell: Opener) -> None:
    terminal = shell(name)
    tab(terminal, "virshpy domin", "dominfo")
    tab(terminal, "virshpy domstate --rea", "--reason")
    tab(terminal, "virshpy --reado", "--readonly")
    tab(terminal, "virshpy shutdown test --mode ac", "--mode acpi")
    tab(terminal, "virshpy dominfo cos", "$5")
    listed = tab(terminal, "virshpy net-d", "net-dumpxml", 2)
    assert "net-define" in listed and "net-destroy" in listed
    if name != "bash":
        assert "define a network from a file" in listed


@pytest.mark.parametrize("name", SHELLS)
def test_what_the_program_prints_completes_its_own_name(name: str, shell: Opener) -> None:
    """Also for virsh, where it is called so."""
    terminal = shell(name)
    setup = {"fish": "virsh completion fish | source"}.get(name, f'eval "$(virsh completion {name})"')
    terminal.send(f"{setup}; echo eval''uated\r")
    terminal.expect("evaluated\r\n")
    tab(terminal, "virsh domin", "dominfo")
    tab(terminal, "virsh domstate --rea", "--reason")
    tab(terminal, "virsh dominfo cos", "$5")


@needs.file("/usr/share/bash-completion/completions/virsh", "libvirt-clients")
@needs.file("/usr/share/bash-completion/bash_completion", "bash-completion")
def test_libvirts_own_completion_of_virsh(shell: Opener) -> None:
    terminal = shell("bash")
    folder = "/usr/share/bash-completion"
    terminal.send(f". {folder}/bash_completion; . {folder}/completions/virsh; echo loa''ded\r")
    terminal.expect("loaded\r\n")
    tab(terminal, "virsh domin", "dominfo")
    tab(terminal, "virsh domstate --rea", "--reason")
    tab(terminal, "virsh -c test:///default domstate te", "domstate test")


@pytest.mark.parametrize("name", SHELLS)
def test_names_with_blanks(name: str, shell: Opener) -> None:
    terminal = shell(name)
    tab(terminal, "virshpy dominfo we", "dominfo web\\ server")
    tab(terminal, "virshpy dominfo 'web s", "server'")
    tab(terminal, "virshpy domstate web\\ s", "domstate web\\ server")
    terminal.quiet(0.2)
    terminal.send("\r")
    terminal.expect("running")


@pytest.mark.parametrize("name", SHELLS)
def test_names_with_quotes(name: str, shell: Opener) -> None:
    """What is typed by Tab is read as that name: a command is run with it."""
    terminal = shell(name)
    terminal.send("virshpy domstate it\t")
    terminal.quiet(0.8)
    terminal.send("\r")
    terminal.expect("running")
    terminal.send("virshpy domstate 'cos\t")
    terminal.quiet(0.8)
    terminal.send("\r")
    terminal.expect("running")


@pytest.mark.parametrize("name", SHELLS)
def test_values_of_named_options(name: str, shell: Opener) -> None:
    terminal = shell(name)
    tab(terminal, "virshpy shutdown test --mode=ac", "--mode=acpi")
    terminal.send("\x15virshpy domstate --domain=we\t")
    terminal.quiet(0.8)
    terminal.send("\r")
    terminal.expect("running")


@pytest.mark.parametrize("name", SHELLS)
def test_the_last_of_several_commands(name: str, shell: Opener) -> None:
    """Several commands are one argument, which is quoted."""
    terminal = shell(name)
    terminal.send("virshpy 'domid cost:$5; dominf\t")
    terminal.expect("dominfo")
    terminal.send("\x15virshpy 'domid cost:$5; domstate we\t")
    terminal.quiet(0.8)
    terminal.send("\r")
    terminal.expect("running")


@pytest.mark.parametrize("name", SHELLS)
def test_uri_given_before(name: str, shell: Opener) -> None:
    terminal = shell(name)
    tab(terminal, "virshpy -c test:///default dominfo te", "dominfo test")
    tab(terminal, "virshpy -c test:///d", "test:///default")


@pytest.mark.parametrize("name", SHELLS)
def test_silence_without_a_connection(name: str, shell: Opener) -> None:
    terminal = shell(name)
    terminal.send("virshpy -c bogus:///x dominfo zz\t")
    shown = terminal.quiet(1.5)
    assert "error" not in shown.replace("virshpy:", "") and shown.rstrip("\x07 \r\n").endswith("dominfo zz")


@needs.program("shellcheck", "shellcheck")
def test_shellcheck() -> None:
    done = subprocess.run(["shellcheck", str(FOLDER / "virshpy.bash")], capture_output=True, text=True)
    assert done.stdout == ""


@needs.program("zsh", "zsh")
def test_zsh_reads_it() -> None:
    done = subprocess.run(["zsh", "-n", str(FOLDER / "_virshpy")], capture_output=True, text=True)
    assert done.stdout + done.stderr == "" and done.returncode == 0


@needs.program("fish", "fish")
def test_fish_reads_it() -> None:
    done = subprocess.run(["fish", "-n", str(FOLDER / "virshpy.fish")], capture_output=True, text=True)
    assert done.stdout + done.stderr == "" and done.returncode == 0
