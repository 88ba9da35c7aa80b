"""The rules of the tree, each a row. What a row says in words is in its `why`; the checks are in this module too, so
that each can be shown a bad sample (test_rules.py) and then the package (test_tree.py)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.structure.source import Module, imports, named, uses

# Who imports whom: shell -> api -> driver <- drivers. The rest are leaves. A layer may always import itself.
LAYERS: dict[str, tuple[str, ...]] = {
    "": ("api", "errors", "enums"),
    "__main__": ("shell", "loading"),
    "shell": ("", "api", "xml", "errors", "enums", "loading"),
    "api": ("driver", "errors", "enums", "uri"),
    "driver": ("errors", "enums", "uri", "loading"),
    "drivers": ("driver", "xml", "host", "errors", "enums", "uri", "loading"),
    "host": ("errors", "enums", "uri", "loading"),
    "xml": ("errors", "enums"),
    "uri": ("errors", "enums"),
    "errors": ("enums", "loading"),
    "enums": ("loading",),
    "loading": (),
}

# The places where an arrow is turned round on purpose.
TURNED = {
    ("virshpy/shell/console.py", "driver"): "the type of the stream that the API hands out",
    (
        "virshpy/host/steps/kinds.py",
        "drivers",
    ): "a journal may hold a driver's steps; their module is loaded to read them",
    ("virshpy/driver/registry.py", "drivers"): "a scheme names its driver here, and loads it only when asked for",
}


class Home(NamedTuple):
    """Names that may be used in these files only."""

    what: str
    names: tuple[str, ...]
    files: tuple[str, ...]
    why: str


HOMES = (
    Home(
        "starting a process",
        ("subprocess", "subprocess.*", "os.fork*", "os.exec*", "os.posix_spawn*", "os.spawn*", "os.system", "os.popen",
         "pty.fork", "pty.spawn", "multiprocessing*", "_posixsubprocess*"),
        ("virshpy/host/children.py", "virshpy/host/processes.py", "virshpy/shell/typed.py", "virshpy/shell/editor.py"),
        "a process is a step with an undo; only host/ carries them out. At the prompt, `!` runs the user's command,"
        " and `edit` the user's editor",
    ),
    Home(
        "signalling a process",
        ("os.kill", "os.killpg", "os.pidfd_open", "signal.pidfd_send_signal"),
        ("virshpy/host/*",),
        "a pid is only worth something together with its start time, and host/ keeps that",
    ),
    Home(
        "writing to the file system",
        ("open(w)", ".open(w)", "io.open", "os.unlink", "os.remove", "os.removedirs",
         "os.mkdir", "os.makedirs", "os.rename", "os.renames", "os.replace", "os.rmdir",
         "os.chmod", "os.fchmod", "os.chown", "os.fchown", "os.lchown", "os.setxattr", "os.utime",
         "os.symlink", "os.link", "os.mkfifo", "os.mknod", "os.truncate", "os.ftruncate",
         "shutil.copy*", "shutil.move", "shutil.rmtree", "shutil.chown", "tempfile*",
         ".write_text", ".write_bytes", ".unlink", ".mkdir", ".rmdir", ".touch", ".symlink_to", ".chmod"),
        ("virshpy/host/*", "virshpy/shell/userfiles.py"),
        "what is not written down before it is done cannot be undone",
    ),
    Home(
        "opening by flags",
        ("os.open",),
        ("virshpy/host/*", "virshpy/drivers/qemu/capabilities/kvm.py",
         "virshpy/shell/userfiles.py", "virshpy/shell/streams.py", "virshpy/loading.py"),
        "its flags may create or truncate; elsewhere it opens /dev/kvm, the user's own files, /dev/null and modules",
    ),
    Home(
        "the store",
        ("sqlite3", "sqlite3.*", "_sqlite3", "_sqlite3.*", "virshpy.host.sqlite*"),
        ("virshpy/host/store.py", "virshpy/host/database.py", "virshpy/host/sqlite.py"),
        "one module knows the tables, and one how their files are made",
    ),
    Home(
        "locks",
        ("fcntl.flock", "fcntl.lockf", "fcntl.fcntl", "fcntl.F_OFD*", "fcntl.LOCK*"),
        ("virshpy/host/locks.py",),
        "a lock is on a file of ours, has a holder with a name, and nobody waits for it without an end",
    ),
    Home(
        "hearing a peer",
        (".recv_into", ".recvfrom", ".recvmsg", ".makefile", "socket.recv_fds", "socket.send_fds"),
        ("virshpy/host/framing.py",),
        "who speaks to us has a limit and a deadline there, and cannot say anything that is not expected",
    ),
    Home(
        "reaching a peer",
        (".connect_ex", "socket.SO_PEERCRED"),
        ("virshpy/host/untrusted.py", "virshpy/host/sockets.py", "virshpy/host/terminals.py"),
        "a socket in a place of others may be a link to somebody else's: one function looks who listens",
    ),
    Home(
        "changing what a name leads to",
        ("os.chown", "os.lchown", "os.setxattr", "os.removexattr"),
        ("virshpy/host/untrusted.py", "virshpy/host/access.py", "virshpy/host/steps/filesystem.py"),
        "in a place of others a name may lead elsewhere by then: it is done to a descriptor, or within a directory's",
    ),
    Home("removing trees", ("shutil.rmtree",), (), "a guest's may be deeper than any recursion: files.remove_tree"),
    Home(
        "reading what a peer said",
        ("json.loads", "json.load"),
        ("virshpy/host/framing.py", "virshpy/host/journal.py", "virshpy/host/links.py",
         "virshpy/drivers/qemu/eventlog.py",
         "virshpy/drivers/qemu/monitor.py", "virshpy/drivers/qemu/start/helper_processes.py",
         "virshpy/drivers/qemu/from_native/*",
         "virshpy/drivers/qemu/capabilities/firmware.py", "virshpy/drivers/qemu/capabilities/probe.py",
         "virshpy/shell/*"),
        "it may be anything; elsewhere it is what we, the user or the host's packages have written",
    ),
    Home("ctypes", ("ctypes", "ctypes.*"), ("virshpy/host/*",), "calls into the system belong with the host"),
    Home(
        "sockets",
        ("socket.socket", "_socket.socket", "socket.socketpair", "socket.create_connection", "socket.create_server"),
        ("virshpy/host/*",),
        "connections are made by untrusted.connect, and are spoken over by framing.Conversation",
    ),
    Home("print", ("print", "builtins.print"), ("virshpy/shell/render/output.py",), "handlers return data"),
    Home("lxml", ("lxml", "lxml.*"), ("virshpy/xml/*",), "importing it costs more than most commands take"),
    Home("a second XML library", ("xml.etree*", "xml.dom*", "xml.sax*"), (), "the tree of documents is our own"),
    Home("expat", ("xml.parsers*", "pyexpat*"), ("virshpy/xml/*",), "one reader, hardened once"),
    Home(
        "the terminal's libraries",
        ("click", "click.*", "prompt_toolkit", "prompt_toolkit.*"),
        ("virshpy/shell/*",),
        "the library must be usable without a terminal",
    ),
    Home("asyncio", ("asyncio", "asyncio.*"), (), "its import alone costs 45 ms; drivers block"),
    Home(
        "leaving the interpreter",
        ("os._exit", "os.abort"),
        ("virshpy/host/*", "virshpy/shell/streams.py"),
        "only a forked child may, and the program once everything has been said",
    ),
    Home(
        "loading by name",
        ("importlib", "importlib.*", "_frozen_importlib*"),
        ("virshpy/loading.py",),
        "it does so without the 0.3 ms of importlib's own package",
    ),
)  # fmt: skip

# Pure parts: they compute from their arguments, so that a test needs no host.
PURE = (
    "virshpy/drivers/qemu/argv/*", "virshpy/drivers/qemu/postparse/*", "virshpy/drivers/qemu/from_native/*",
    "virshpy/drivers/cpu/*",
)  # fmt: skip
IMPURE_NAMES = (
    "virshpy.host*", "os.environ*", "os.stat", "os.listdir", "os.scandir", "time.time", "random.*", "uuid.uuid4",
)  # fmt: skip

# What a pure part may yet ask, and why.
ASKED = {
    ("virshpy/drivers/qemu/argv/boot.py", "time.time"): "a guest's clock is an offset from now",
    ("virshpy/drivers/qemu/argv/native.py", "os.environ.get"): "domxml-to-native shows the PATH too",
    ("virshpy/drivers/qemu/argv/native.py", "os.environ"): "the same",
}

NAMELESS = (
    "utils", "util", "helpers", "helper", "manager", "common", "misc", "tools", "other", "others", "small",
    "everything",
)  # fmt: skip
MODULE_CEILING = 800
FUNCTION_CEILING = 60

# A path of one machine has no meaning on another. Written so that this file does not hold one.
MACHINE_PATHS = (
    r"(?<![\w.$}])/(?:wo" r"rk|ro" r"ot)/[\w.]",
    r"/tmp/te" r"am\b",
    r"/ho" r"me/(?!user\b|alice\b|bob\b)[a-z]+/",
)  # fmt: skip


def wrong_arrows(module: Module) -> Iterator[str]:
    if module.layer not in LAYERS:
        yield f"{module.path}: no row in LAYERS for {module.layer!r}"
        return
    allowed = (*LAYERS[module.layer], module.layer)
    for use in (*imports(module), *named(module)):
        parts = use.name.split(".")
        if parts[0] != "virshpy":
            continue
        # `from virshpy import errors` names a layer; `import virshpy` and `from virshpy import open` the package.
        target = parts[1] if len(parts) > 1 and parts[1] in LAYERS else ""
        if target not in allowed and (module.path, target) not in TURNED:
            yield f"{module.path}:{use.line}: {module.layer or 'virshpy'} may not import {use.name}"


def strangers(module: Module, homes: Iterable[Home] = HOMES) -> Iterator[str]:
    """Uses of a name outside its home."""
    found = list(uses(module))
    for home in homes:
        if any(fnmatchcase(module.path, pattern) for pattern in home.files):
            continue
        for use in found:
            if any(fnmatchcase(use.name, pattern) for pattern in home.names):
                where = " and ".join(home.files) or "no file"
                yield f"{module.path}:{use.line}: {use.name}: {home.what} has its home in {where}: {home.why}"


# What waits until something happens, and how many arguments it takes to make it end after a time.
WAITS = {"wait": 1, "communicate": 2, "poll": 1, "accept": 1}
# Where somebody may wait for ever, and why.
PATIENT = {
    ("virshpy/shell/console.py", "poll"): "a console waits for the user and for the guest",
    ("virshpy/shell/typed.py", "wait"): "the user's own program, which Ctrl-C ends",
    ("virshpy/shell/progress.py", "wait"): "the command that runs beside it has a deadline of its own",
}


def endless(module: Module) -> Iterator[str]:
    """Waits without an end."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, given = node.func.attr, len(node.args) + len(node.keywords)
            is_class = isinstance(node.func.value, ast.Name) and node.func.value.id == "select"
            if given < WAITS.get(name, 0) and not is_class and (module.path, name) not in PATIENT:
                yield f"{module.path}:{node.lineno}: {name}() waits without an end"


def impure(module: Module) -> Iterator[str]:
    if any(fnmatchcase(module.path, pattern) for pattern in PURE):
        for use in uses(module):
            impure_name = any(fnmatchcase(use.name, pattern) for pattern in IMPURE_NAMES)
            if impure_name and (module.path, use.name) not in ASKED:
                yield f"{module.path}:{use.line}: {use.name} in a part that must be pure"


def nameless(module: Module) -> Iterator[str]:
    for part in module.path.removesuffix(".py").split("/"):
        if part in NAMELESS:
            yield f"{module.path}: {part!r} names no story"


def borrowed(module: Module) -> Iterator[str]:
    """What a test module takes from another one, in the scripts of its child processes too."""
    for use in imports(module):
        if use.name.startswith("tests.") and any(part.startswith("test_") for part in use.name.split(".")[1:]):
            yield f"{module.path}:{use.line}: {use.name}: what tests share has a module of its own"
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and (found := re.search(r"^\s*(?:from|import) tests[\w.]*\.test_\w+", node.value, re.MULTILINE))
        ):
            yield f"{module.path}:{node.lineno}: {found[0].strip()}: what tests share has a module of its own"


def too_long(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > MODULE_CEILING:
        yield f"{module.path}: {lines} lines, the ceiling is {MODULE_CEILING}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_CEILING:
                yield f"{module.path}:{node.lineno}: {node.name} has {length} lines, the ceiling is {FUNCTION_CEILING}"


# Where names are made when they are first asked for; elsewhere an import within a function says what is loaded late.
LAZY = {
    "virshpy/errors/__init__.py": "a hundred classes, 0.9 ms, of which most commands raise none",
    "virshpy/enums/__init__.py": "two hundred classes, 4.6 ms, of which a command needs a few",
    "virshpy/enums/numbers.py": "their members, of which it needs fewer",
}


def lazy(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__" and module.path not in LAZY:
            yield f"{module.path}:{node.lineno}: __getattr__ hides what is loaded: import it where it is used"


def undocumented(module: Module) -> Iterator[str]:
    if module.text.strip() and ast.get_docstring(module.tree) is None:
        yield f"{module.path}: no docstring says what this module is for"


def machine_paths(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in MACHINE_PATHS:
            if found := re.search(pattern, line):
                yield f"{path}:{number}: {found[0]}… is a path of one machine"


# Rings that close only when something is asked for: who may be in one, and why it is there.
RINGS = {
    ("virshpy.api.*",): "a handle finds methods that few programs call in everything, which is made of handles",
    (
        "virshpy.drivers.qemu.endings",
        "virshpy.drivers.qemu.watch",
    ): "an ending is reacted to, and a reaction may end it",
    ("virshpy.xml.element", "virshpy.xml.values"): "only --validate looks at values again, and it loads what does",
}


def cycles(modules: Iterable[Module], *, deferred: bool = False) -> Iterator[str]:
    """Modules that import each other: when they are loaded, or with ``deferred`` also when a function is called. That
    is a ring of the design, too, and has its reason in RINGS."""
    known = {module.dotted: module for module in modules}
    edges = {name: _imported(module, known, deferred) for name, module in known.items()}
    reached = {name: _reached(name, edges) for name in known}
    rings = {tuple(sorted(other for other in found if name in reached[other])) for name, found in reached.items()}
    for ring in sorted(rings - {()}):
        if not deferred or not any(excused(ring, names) for names in RINGS):
            yield " <-> ".join(ring)


def excused(ring: Iterable[str], names: tuple[str, ...]) -> bool:
    return all(any(fnmatchcase(module, name) for name in names) for module in ring)


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    """Every module that one imports, directly or by way of others; itself where there is a way back."""
    found: set[str] = set()
    pending = [start]
    while pending:
        new = edges[pending.pop()] - found
        found |= new
        pending += new
    return found


def _imported(module: Module, known: dict[str, Module], deferred: bool) -> set[str]:
    """The modules of ours that one imports; never for its annotations alone."""
    found = set()
    lines = {node.lineno for node in _run(module.tree.body, deferred) if isinstance(node, ast.Import | ast.ImportFrom)}
    for use in imports(module):
        if use.line in lines:
            parent = use.name.rpartition(".")[0]
            target = use.name if use.name in known else parent
            # A package's __init__ and its own submodules load each other by nature: `from . import x` is no cycle.
            if target in known and target != module.dotted and not module.dotted.startswith(f"{target}."):
                found.add(target)
    return found


def _run(body: Iterable[ast.AST], deferred: bool) -> Iterator[ast.AST]:
    """The statements that run when a module is loaded, or with ``deferred`` ever; not those for type checkers."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _run(node.orelse, deferred)
        elif deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
            yield from _run(ast.iter_child_nodes(node), deferred)
