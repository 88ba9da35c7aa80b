"""Reaching into a domain: console, displays, QEMU's monitor."""

from __future__ import annotations

from virshpy.enums import ConsoleFlags, GraphicsReloadType, XMLFlags
from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, command, flag, option, words
from virshpy.shell.lang.types import STRING, Choice, Descriptors
from virshpy.shell.render.results import Document, Lines, Message, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node

_STOPPED = "'start' gives it its display"
_NO_DISPLAY = "a <graphics> element in its XML gives it one: edit"


@command(
    "console",
    "connect to a domain's console",
    "Connect this terminal to the domain's serial console; ^] leaves it.",
    (
        RUNNING,
        option("devname", STRING.offering("CONSOLES"), "alias of the device, such as serial1"),
        flag("force", "disconnect whoever is connected"),
        flag("safe", "connect only if exclusive access is guaranteed"),
    ),
    examples=(
        ("console web", "log in there; ^] leaves it"),
        ("console web --devname serial1 --force", "the second port, whoever uses it now"),
    ),
    returns="",
)
def console(session: Session, domain: Domain, devname: str | None, force: bool, safe: bool) -> None:
    from virshpy.shell.console import attach

    flags = ConsoleFlags.FORCE if force else 0
    if safe:
        flags |= ConsoleFlags.SAFE
    attach(session, domain, devname, flags)


def _document(domain: Domain, flags: int = 0) -> Node:
    return parse(domain.xml_desc(flags=flags), source="(domain_definition)")


def _devices(root: Node, tag: str) -> list[Node]:
    devices = root.find("devices")
    return [] if devices is None else [child for child in devices.children if child.tag == tag]


@command(
    "ttyconsole",
    "the terminal device of a domain's console",
    "Print the path of the terminal that a domain's console is on.",
    (RUNNING,),
    examples=(("ttyconsole web", "path such as /dev/pts/3, for another terminal program"),),
    returns="tty",
)
def ttyconsole(domain: Domain) -> Text:
    for node in _devices(_document(domain), "console"):
        source = node.find("source")
        path = node.attrs.get("tty") or (source.attrs.get("path") if source is not None else None)
        if path:
            return Text("tty", path)
    raise Failure(None, hint="a <console> of type pty in its XML gives it one")


@command(
    "vncdisplay",
    "where a domain's VNC display is",
    "Print the address and display number of a domain's VNC server.",
    (RUNNING,),
    examples=(("vncdisplay web", "such as: :0, which is port 5900"),),
    returns="display listen port",
)
def vncdisplay(domain: Domain) -> Text:
    if not domain.is_active():
        raise Failure("Domain is not running", hint=_STOPPED, kind="state")
    for node in _devices(_document(domain), "graphics"):
        port = node.attrs.get("port", "")
        if node.attrs.get("type") == "vnc" and port.lstrip("-").isdigit() and int(port) >= 0:
            listen = node.attrs.get("listen", "")
            shown = "" if listen in ("", "0.0.0.0") else listen
            number = int(port) - 5900
            return Text("display", f"{shown}:{number}", listen=listen, port=int(port))
    raise Failure("Failed to get VNC port. Is this domain using VNC?", hint=_NO_DISPLAY, kind="absent")


_DISPLAYS = ("vnc", "spice", "rdp", "dbus")


@command(
    "domdisplay",
    "URI of a domain's graphical display",
    "Print the URI that a viewer takes to show a domain's display.",
    (
        RUNNING,
        flag("include-password", "with the password in the URI"),
        option("type", Choice(*_DISPLAYS), "the display of this kind"),
        flag("all", "all displays"),
    ),
    constraints=(Exclusive("all", "type"),),
    examples=(
        ("domdisplay web", "for: remote-viewer $(virshpy domdisplay web)"),
        ("domdisplay web --all", "every display that it has"),
    ),
    returns="uri | displays[uri]",
)
def domdisplay(domain: Domain, include_password: bool, type: str | None, all: bool) -> Result:
    if not domain.is_active():
        raise Failure("Domain is not running", hint=_STOPPED, kind="state")
    wanted = type
    graphics = _devices(_document(domain, XMLFlags.SECURE if include_password else 0), "graphics")
    found = []
    for kind in _DISPLAYS:
        if wanted not in (None, kind):
            continue
        for node in graphics:
            uri = _display_uri(node, kind, domain.id) if node.attrs.get("type") == kind else None
            if uri:
                found.append(uri)
                break
    if not found:
        what = f" with type '{wanted}'" if wanted else ""
        raise Failure(f"No graphical display{what} found", hint=_NO_DISPLAY, kind="absent")
    if not all:
        return Text("uri", found[0], end="")
    return Lines("displays", ["uri"], [(uri,) for uri in found])


def _display_uri(node: Node, kind: str, id: int | None) -> str | None:
    listens = [child for child in node.children if child.tag == "listen"]
    socket = node.attrs.get("socket") or next((one.attrs["socket"] for one in listens if "socket" in one.attrs), "")
    if kind == "vnc" and socket:
        return f"{kind}+unix:///{socket}" if not socket.startswith("/") else f"{kind}+unix://{socket}"
    if kind == "spice" and socket:
        return f"{kind}+unix://{socket}"
    if kind == "dbus":
        return f"dbus+{node.attrs['address']}" if "address" in node.attrs else None
    port = _port(node, "port")
    secure = _port(node, "tlsPort")
    if not port and not secure:
        return None
    host = node.attrs.get("listen") or next((one.attrs["address"] for one in listens if "address" in one.attrs), "")
    # A server on all addresses is reached, from here, at this one.
    if host in ("", "0.0.0.0", "::"):
        host = "localhost"
    if ":" in host:
        host = f"[{host}]"
    password = node.attrs.get("passwd", "")
    if kind == "vnc":
        return f"vnc://{':' + password + '@' if password else ''}{host}:{port - 5900}"
    parameters = [f"tls-port={secure}"] if secure else []
    if password:
        parameters.insert(0, f"password={password}")
    query = "?" + "&".join(parameters) if parameters else ""
    return f"{kind}://{host}" + (f":{port}" if port else "") + query


def _port(node: Node, name: str) -> int:
    text = node.attrs.get(name, "")
    return int(text) if text.isdigit() else 0


@command(
    "qemu-monitor-command",
    "send a command to QEMU's monitor",
    "Send a command to the QEMU of a domain and print the answer. What it\n"
    "changes behind virshpy's back is not supported.",
    (
        RUNNING,
        flag("hmp", "the command is in the human monitor's language"),
        flag("pretty", "indent the answer"),
        flag("return-value", "print only what the answer's 'return' holds"),
        option("pass-fds", Descriptors(), "files N,M,... to hand over with the command", named_only=True, late=True),
        words("cmd", STRING.offering("MONITOR_COMMANDS"), "the command", optional=False),
    ),
    constraints=(Exclusive("hmp", "pretty"), Exclusive("hmp", "return-value")),
    examples=(
        ("qemu-monitor-command web --hmp info block", "as one would type it at the monitor"),
        ('qemu-monitor-command web \'{"execute": "query-status"}\' --pretty', "in QMP"),
    ),
    returns="answer",
)
def qemu_monitor_command(domain: Domain, cmd: list[str], args: Arguments) -> Result:
    pieces: list[str] = cmd
    human = "hmp" in args
    text = " ".join(pieces)
    if not human and not text.lstrip().startswith("{"):
        text = _wrapped(pieces)
    if files := args["pass-fds"]:
        answer, _ = domain.qemu_monitor_command_with_files(text, files, human)
    else:
        answer = domain.qemu_monitor_command(text, human)
    if "return-value" not in args and "pretty" not in args:
        return Document(answer, key="answer", language="text", end="\n")
    from json import dumps, loads

    value = loads(answer)
    if "return-value" in args:
        if "return" not in value:
            raise Failure("'return' member missing", kind="failed")
        value = value["return"]
    text = dumps(value, indent=2) if "pretty" in args else dumps(value, separators=(",", ":"))
    return Document(text, key="answer", language="text")


def _wrapped(pieces: list[str]) -> str:
    """``query-status``, ``qom-get '"path":"/machine"'`` or ``block_resize device=vda size=1``, as the QMP command it
    stands for; the last form is virshpy's own."""
    from json import dumps, loads

    command: dict[str, object] = {"execute": pieces[0]}
    arguments: dict[str, object] = {}
    try:
        arguments = loads("{" + ",".join(pieces[1:]) + "}")
        pieces = pieces[:1]
    except ValueError:
        pass
    for piece in pieces[1:]:
        name, equals, value = piece.partition("=")
        if not equals:
            raise Failure(f"failed to wrap arguments '{piece}' into a QMP command wrapper")
        try:
            arguments[name] = loads(value)
        except ValueError:
            arguments[name] = value
    if arguments:
        command["arguments"] = arguments
    return dumps(command)


_RELOADED = {"any": GraphicsReloadType.ANY, "vnc": GraphicsReloadType.VNC}


@command(
    "domdisplay-reload",
    "have a display read its certificates again",
    "Have a running domain's display read its TLS certificates again.",
    (RUNNING, option("type", Choice(*_RELOADED), "kind of display (default: any)")),
    examples=(("domdisplay-reload test --type vnc", "after they were renewed"),),
    returns="message domain",
)
def domdisplay_reload(domain: Domain, type: str | None) -> Message:
    kind = type or "any"
    if kind not in _RELOADED:
        raise Failure(f"Unknown display type '{kind}'")
    with failing("Failed to reload the graphics display"):
        domain.graphics_reload(_RELOADED[kind])
    return Message("Reload the graphics display successfully", domain=domain.name)
