"""The engine: one declaration of an element is its parser, its printer, its constructor, its equality and its repr.

    class Target(Element, tag="target"):
        dev: str | None = attr()
        bus: str | None = attr(Enum("ide scsi virtio"))

Fields are declared in the order in which libvirt prints them:

    attr     an attribute                       text     the element's own text
    leaf     <tag>value</tag>                   flag     <tag/>, there or not
    one      a child element (its class)        many     children of one tag, a list (of a class, or of scalars)
    always   a child element that is never None
    variant  a child whose class depends on one of its attributes     verbatim  a child that is kept as it is
    variants such children, a list

Where a tuple of classes stands for a class, the child is of one of them, and its tag says of which.
What is absent is None (False for a flag, an empty list for many). Tables for reading and printing are made from the
declarations when a class is first used: hundreds of classes cost an import of a few milliseconds.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.node import Node, Refusal, Warning
from virshpy.xml.parse import UNDECLARED, parse
from virshpy.xml.scalars import STR, Scalar, Sentence
from virshpy.xml.write import (
    escape,
    escape_attribute,
    special_in_attribute,
    write_among_text,
    write_node,
    write_verbatim,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Self, dataclass_transform

    from virshpy.xml.schema import Found
else:

    def dataclass_transform(**_):
        return lambda cls: cls


ATTR, TEXT, LEAF, FLAG, ONE, MANY, LEAVES, VERBATIM, IGNORED = range(9)


class Field:
    """One declared field. Made by the functions below, never by hand."""

    __slots__ = ("kind", "type", "tag", "name", "required", "secure", "runtime", "key", "cases", "made")

    def __init__(self, kind: int, type: Any, tag: str | None, required: bool | Sentence, secure: bool, runtime: Any):
        self.kind, self.type, self.tag = kind, type, tag
        self.required, self.secure, self.runtime = required, secure, runtime
        self.name = ""
        self.key: str | Callable[[Node], str] = ""
        self.cases: Mapping[str, Any] | None = None
        self.made = kind in (MANY, LEAVES)  # what is absent is made when it is asked for

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        """Only what is made on demand gets here: an instance that has none is given one of its own."""
        if instance is None:
            return self
        fresh: Any = self.type() if self.kind == ONE else []
        instance.__dict__[self.name] = fresh
        return fresh


def attr(
    type: Scalar = STR,
    name: str | None = None,
    *,
    required: bool | Sentence = False,
    secure: bool = False,
    runtime: bool = False,
) -> Any:
    """An attribute; its XML name is the field's unless given.

    ``required``: it must be there (a sentence: what is said if it is not). ``secure``: printed only with security info.
    ``runtime``: known only of a running guest, and neither read nor printed as part of an inactive definition.
    """
    return Field(ATTR, type, name, required, secure, runtime)


def text(type: Scalar = STR, *, secure: bool = False, runtime: bool = False) -> Any:
    """The element's own text."""
    return Field(TEXT, type, None, False, secure, runtime)


def leaf(
    type: Scalar = STR, tag: str | None = None, *, required: bool | Sentence = False, runtime: bool = False
) -> Any:
    """A child that is only text."""
    return Field(LEAF, type, tag, required, False, runtime)


def flag(tag: str | None = None) -> Any:
    """An empty child whose presence means True."""
    return Field(FLAG, None, tag, False, False, False)


def one(
    type: Any,
    tag: str | None = None,
    *,
    required: bool | Sentence = False,
    secure: bool = False,
    runtime: bool | Callable[[Any], bool] = False,
) -> Any:
    """A child element: its class, or a function that returns it where the class is not yet defined; or several classes,
    each with a tag of its own."""
    return Field(ONE, type, tag, required, secure, runtime)


def always(type: Any, tag: str | None = None) -> Any:
    """A child element that is always there: an empty one stands for none."""
    field = Field(ONE, type, tag, False, False, False)
    field.made = True
    return field


def many(type: Any, tag: str | None = None, *, runtime: bool | Callable[[Any], bool] = False) -> Any:
    """All children of one tag, in order: a list of elements of a class, or of a scalar's values. Of several classes,
    each with a tag of its own: in the order of the document."""
    return Field(LEAVES if isinstance(type, Scalar) else MANY, type, tag, False, False, runtime)


def variant(
    key: str | Callable[[Node], str],
    cases: Mapping[str, Any],
    default: Any,
    tag: str | None = None,
    *,
    runtime: bool | Callable[[Any], bool] = False,
) -> Any:
    """A child whose class is found by its attribute ``key`` (or by what a function says of it); ``default`` is the
    class for words not in ``cases``."""
    field = Field(ONE, default, tag, False, False, runtime)
    field.key, field.cases = key, cases
    return field


def variants(key: str | Callable[[Node], str], cases: Mapping[str, Any], default: Any, tag: str | None = None) -> Any:
    """All children of one tag, in order, the class of each found as :func:`variant` does."""
    field = Field(MANY, default, tag, False, False, False)
    field.key, field.cases = key, cases
    return field


def verbatim(tag: str | None = None) -> Any:
    """A child kept as the :class:`Node` it is."""
    return Field(VERBATIM, None, tag, False, False, False)


class Reading:
    """What holds for one whole parse."""

    __slots__ = ("inactive", "unknown")

    def __init__(self, inactive: bool):
        self.inactive = inactive
        self.unknown: list[Found] = []

    def bare(self, node: Node, type: Scalar) -> None:
        """Note what stands in an element of which only the text counts."""
        allowed = ("unit",) if type.unit else ()
        self.unknown += [(node, "attribute", key, allowed, False) for key in node.attrs if key not in allowed]
        self.unknown += [(child, "element", child.tag, (), False) for child in node.children]


class Plan:
    """The tables of a class: by name for reading, in order for printing."""

    __slots__ = (
        "fields",
        "attrs",
        "kids",
        "text",
        "required",
        "out_attrs",
        "out_text",
        "out_kids",
        "prefixes",
        "check",
        "order",
        "kinds",
    )

    def __init__(self, cls: type[Element]):
        self.fields = fields = cls._fields
        self.attrs: dict[str, tuple[str, Any, Any]] = {}
        self.kids: dict[str, tuple[int, str, Any, Any]] = {}
        self.text: tuple[str, Any] | None = None
        self.required: list[Field] = []
        self.out_attrs: list[tuple[str, str, Any, str, Any, bool]] = []
        self.out_text: tuple[str, Any, str, bool] | None = None
        self.out_kids: list[tuple[int, str, str, Any, Any, bool]] = []
        self.prefixes: dict[str, str] = {}  # of the namespaces, by field
        self.check = cls._check is not Element._check
        for field in fields.values():
            self.add(field)
        self.order = {tag: rank for rank, tag in enumerate(cls._order.split())}
        self.kinds = {kind: self.narrowed(frozenset(names.split())) for kind, names in cls._kinds.items()}

    def add(self, field: Field) -> None:
        kind, name, type, tag = field.kind, field.name, field.type, field.tag or field.name
        if isinstance(type, tuple):
            self.kids |= {cls._tag: (kind, name, cls, field.runtime) for cls in type}
            self.out_kids.append((kind, name, "", type, field.runtime, field.secure))
            return
        if kind in (ONE, MANY) and not isinstance(type, _Type):
            type = type()
        if kind in (ONE, MANY) and field.tag is None:
            tag = type._tag or tag
        if field.required:
            field.tag = tag
            self.required.append(field)
        if kind in (ATTR, TEXT):
            read, write = (None, None) if type.plain else (type.read, type.write)
            unit = f" unit='{type.unit}'" if type.unit else ""
            if unit:
                self.attrs["unit"] = ("", None, False)
            if kind == ATTR:
                self.attrs[tag] = (name, read, field.runtime)
                self.out_attrs.append((name, f" {tag}='", write, unit, field.runtime, field.secure))
            else:
                self.text = (name, read)
                self.out_text = (name, write, unit, field.secure)
            return
        prefix, colon, _ = tag.partition(":")
        if colon:
            self.prefixes[name] = prefix
        payload: Any = type
        if kind in (LEAF, LEAVES):
            payload = type
        elif field.cases is not None:
            payload = _chooser(field.key, field.cases, type)
        self.kids[tag] = (kind, name, payload, field.runtime)
        self.out_kids.append((kind, name, tag, type, field.runtime, field.secure))

    def narrowed(self, names: frozenset[str]) -> Plan:
        """The same tables for an element of which only these attributes and children count."""
        made: Plan = Plan.__new__(Plan)
        for slot in Plan.__slots__[:-1]:
            setattr(made, slot, getattr(self, slot))
        made.attrs = {tag: row if tag in names else ("", names, False) for tag, row in self.attrs.items()}
        made.kids = {tag: row if tag in names else (IGNORED, "", names, False) for tag, row in self.kids.items()}
        return made

    def structured(self, node: Node) -> bool:
        """Whether an element that may be text is written as elements: then its text, mostly white space, is none."""
        rows = (self.kids.get(child.tag) for child in node.children)
        return node.text.isspace() or any(row is not None and row[0] != IGNORED for row in rows)


def _chooser(key: str | Callable[[Node], str], cases: Mapping[str, Any], default: Any) -> Any:
    if not isinstance(key, str):
        return lambda node: cases.get(key(node), default)
    return lambda node: cases.get(node.attrs.get(key, ""), default)


@dataclass_transform(kw_only_default=True, eq_default=False)
class Element:
    """Base of every element. Subclasses declare fields; ``tag`` is the XML name where the class has one of its own.

    ``drop_empty``: libvirt prints nothing, rather than ``<tag/>``, when no field is set. ``trailing``: the fields of
    this class come after those of its subclasses.
    """

    _fields: dict[str, Field] = {}
    _tag: str = ""
    _drop_empty = False
    _open = False  # an empty one is printed with a start and an end tag
    _last: tuple[str, ...] = ()
    _source = "(document)"
    _unnamed = "(null)"  # how a refusal calls a document that has no name
    _always_valid = False  # unknown content is refused, asked for or not
    _order = ""  # of children, where it is not the document's: of several mistakes the first that is read is told
    _needed: tuple[str, ...] = ()  # attributes that the parser can do without, and a schema cannot
    _kinds: Mapping[str, str] = {}  # by ``type``: the names of what counts, where that depends on it
    _namespaces: dict[str, str] = {}
    _verbatim: frozenset[str] = frozenset()  # the tags of what is kept as it is, in the whole document
    _declares_first = False  # its namespaces, before its attributes
    _plan: Plan | None = None

    if not TYPE_CHECKING:

        def __init__(self, **values):
            fields = self._fields
            for name, value in values.items():
                if name not in fields:
                    raise TypeError(f"{type(self).__name__} has no field {name!r}")
                if value is not None:
                    self.__dict__[name] = value

    def __init_subclass__(cls, tag: str | None = None, drop_empty: bool | None = None, trailing: bool = False) -> None:
        cls._plan = None
        if tag is not None:
            cls._tag = tag
        if drop_empty is not None:
            cls._drop_empty = drop_empty
        own = {name: value for name, value in cls.__dict__.items() if type(value) is Field}
        if own:
            last = cls._last
            first = {name: field for name, field in cls._fields.items() if name not in own and name not in last}
            cls._fields = {**first, **own, **{name: cls._fields[name] for name in last if name not in own}}
            if trailing:
                cls._last = (*last, *own)
            cls._verbatim |= {field.tag or name for name, field in own.items() if field.kind == VERBATIM}
            for name, field in own.items():
                if field.kind == FLAG:
                    setattr(cls, name, False)
                elif not field.made:
                    setattr(cls, name, None)

    # reading

    @classmethod
    def parse(
        cls,
        text: str | bytes,
        *,
        inactive: bool = False,
        validate: bool = False,
        warnings: list[Warning] | None = None,
        source: str | None = None,
    ) -> Self:
        """An object of a document.

        ``inactive`` leaves out what only a running guest has. Content that is not understood is kept and printed again;
        it is reported in ``warnings``, or refused with ``validate`` (XMLInvalidSchema). Raises XMLDetail for a document
        that is not well-formed and, for a value that is wrong, the error that libvirt gives, its hint naming the place.
        """
        root = parse(text, source=source or cls._source, namespaces=cls._namespaces, verbatim=cls._verbatim)
        return cls.from_node(root, inactive=inactive, validate=validate, warnings=warnings)

    @classmethod
    def from_node(
        cls, root: Node, *, inactive: bool = False, validate: bool = False, warnings: list[Warning] | None = None
    ) -> Self:
        """As :meth:`parse`, from a tree."""
        if cls._tag and root.tag.rpartition("}")[2].rpartition(":")[2] != cls._tag:
            detail = f"expecting root element of '{cls._tag}', not '{root.tag}'"
            raise errors.XMLError(detail, hint=f"the document must be <{cls._tag}>…</{cls._tag}>")
        reading = Reading(inactive)
        if validate or cls._always_valid:
            _require_valid(cls, root)
        try:
            made = cls._read(root, reading)
        except Refusal as refusal:
            raise refusal.located(root, cls._unnamed) from None
        if reading.unknown and warnings is not None:
            from virshpy.xml.schema import warn

            warn(root, reading.unknown, warnings, cls._namespaces)
        if reading.unknown and (validate or cls._always_valid):
            from virshpy.xml.schema import refuse

            refuse(root, reading.unknown, always=cls._always_valid)
        return made

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        plan = cls._plan or cls._compile()
        if plan.kinds:
            plan = plan.kinds.get(node.attrs.get("type", ""), plan)
        self = cls.__new__(cls)
        values = self.__dict__
        if node.attrs:
            table = plan.attrs
            for key, word in node.attrs.items():
                row = table.get(key)
                if row is None:
                    self._keep_attr(node, key, word, reading)
                elif not row[0]:
                    if row[1] is not None:
                        reading.unknown.append((node, "attribute", key, row[1], False))
                elif not (row[2] and reading.inactive):
                    values[row[0]] = word if row[1] is None else row[1](word, node, key)
        if node.children:
            self._read_children(node, plan, values, reading)
        if plan.text is not None and not (node.children and plan.structured(node)):
            if node.text:
                name, read = plan.text
                values[name] = node.text if read is None else read(node.text, node, None)
        elif node.text and not node.text.isspace():
            reading.unknown.append((node, "text", node.text.strip()[:40], (), False))
        for field in plan.required:
            if values.get(field.name) is None:
                self._missing(field, node)
        if plan.check:
            self._check(node)
        return self

    def _read_children(self, node: Node, plan: Plan, values: dict[str, Any], reading: Reading) -> None:
        if not plan.order:
            self._read_each(node.children, plan, values, reading)
            return
        try:
            self._read_each(node.children, plan, values, reading)
        except (Refusal, errors.Error):
            # In libvirt's order, which only matters here: of several mistakes the first that it reads is told.
            last = len(plan.order)
            ordered = sorted(node.children, key=lambda child: plan.order.get(child.tag, last))
            self._read_each(ordered, plan, {}, reading)
            raise

    def _read_each(self, children: list[Node], plan: Plan, values: dict[str, Any], reading: Reading) -> None:
        table, inactive = plan.kids, reading.inactive
        for child in children:
            row = table.get(child.tag)
            if row is None:
                kept = not child.tag.startswith(UNDECLARED)
                reading.unknown.append((child, "element", child.tag, table, kept))
                if kept:
                    values.setdefault("_children", []).append(child)
                continue
            kind, name, payload, runtime = row
            if inactive and runtime is True:
                continue
            if kind == MANY:
                chosen: Any = payload if isinstance(payload, _Type) else payload(child)
                made = chosen._read(child, reading)
                if not (inactive and runtime and runtime(made)):
                    values.setdefault(name, []).append(made)
            elif kind == LEAVES:
                values.setdefault(name, []).append(payload.read(child.text, child, None))
                if child.attrs or child.children:
                    reading.bare(child, payload)
            elif name in values:
                reading.unknown.append((child, "repeated element", child.tag, (), False))
            elif kind == ONE:
                chosen = payload if isinstance(payload, _Type) else payload(child)
                made = chosen._read(child, reading)
                if not (inactive and runtime and runtime(made)):
                    values[name] = made
            elif kind == LEAF:
                if child.text:
                    values[name] = payload.read(child.text, child, None)
                if child.attrs or child.children:
                    reading.bare(child, payload)
            elif kind == FLAG:
                values[name] = True
            elif kind == IGNORED:
                reading.unknown.append((child, "element", child.tag, payload, False))
            else:
                values[name] = child

    def _keep_attr(self, node: Node, key: str, word: str, reading: Reading) -> None:
        plan, kept = type(self)._plan, ":" not in key
        reading.unknown.append((node, "attribute", key, plan.attrs if plan is not None else (), kept))
        if kept:
            self.__dict__.setdefault("_attrs", {})[key] = word

    def _missing(self, field: Field, node: Node) -> None:
        """Refuse: a required field is not there."""
        if isinstance(field.required, Sentence):
            raise Refusal(field.required.error, field.required.sentence, node)
        if field.kind == ATTR:
            detail = f"Missing required attribute '{field.tag}' in element '{node.tag}'"
        else:
            detail = f"missing {field.tag} element in {node.tag}"
        raise Refusal(errors.XMLError, detail, node)

    @classmethod
    def _faults(cls, node: Node) -> Iterable[Found]:
        """For subclasses: what a schema has against an element beside what the declarations of its fields say."""
        return ()

    def _check(self, node: Node) -> None:
        """For subclasses: refuse what cannot be, once all fields are read."""

    @classmethod
    def _plan_for(cls, node: Node) -> Plan:
        """The tables that hold for one element."""
        plan = cls._plan or cls._compile()
        return plan.kinds.get(node.attrs.get("type", ""), plan) if plan.kinds else plan

    @classmethod
    def _compile(cls) -> Plan:
        cls._plan = plan = Plan(cls)
        return plan

    # printing

    def format(self, *, inactive: bool = False, secure: bool = False, extras: bool = True, indent: str = "") -> str:
        """libvirt's text of this element.

        ``inactive`` leaves out what only a running guest has; ``secure`` prints passwords; ``extras`` prints what was
        read and not understood.
        """
        out: list[str] = []
        self._write(self._tag, out, indent, (inactive, secure, extras), self._declarations())
        return "".join(out)

    def _declarations(self) -> str:
        """The start tag of a root declares the namespaces of those of its fields that are set."""
        plan = self._plan or self._compile()
        used = {prefix for name, prefix in plan.prefixes.items() if self.__dict__.get(name) is not None}
        return "".join(f" xmlns:{prefix}='{uri}'" for uri, prefix in self._namespaces.items() if prefix in used)

    def _write(
        self, tag: str, out: list[str], indent: str, how: tuple[bool, bool, bool], declarations: str = ""
    ) -> None:
        cls = type(self)
        plan = cls._plan or cls._compile()
        values = self.__dict__
        inactive, secure, extras = how
        begin = len(out)
        out.append(f"{indent}<{tag}")
        if declarations and cls._declares_first:
            out.append(declarations)
            declarations = ""
        for name, opening, write, unit, runtime, is_secure in plan.out_attrs:
            if name not in values:  # most are not, and no call is made for them
                continue
            value = values[name]
            if value is not None and not (runtime and inactive) and (secure or not is_secure):
                word = value if write is None else write(value)
                if special_in_attribute(word) or not word.isascii():  # nearly none: a call for each would count
                    word = escape_attribute(word)
                out.append(f"{opening}{word}'{unit}")
        if extras and "_attrs" in values:
            for key, word in values["_attrs"].items():
                out.append(f" {key}='{escape_attribute(word)}'")
        if declarations:
            out.append(declarations)
        content = None
        if plan.out_text is not None:
            name, write, unit, is_secure = plan.out_text
            content = values.get(name)
            if content is not None and (secure or not is_secure):
                content = content if write is None else write(content)
                out.append(unit)
            else:
                content = None
        mark = len(out)
        out.append(">\n")
        if plan.out_kids:
            self._write_children(plan, out, indent + "  ", how)
        kept = values.get("_children", ()) if extras else ()
        if content is not None and len(out) == mark + 1:
            out[mark] = f">{escape(content)}"
            write_among_text(kept, out)
            out.append(f"</{tag}>\n")
            return
        for child in kept:
            write_node(child, out, indent + "  ")
        if len(out) > mark + 1:
            out.append(f"{indent}</{tag}>\n")
        elif self._drop_empty and mark == begin + 1:
            del out[begin:]
        elif self._open:
            out[mark] = f">\n{indent}</{tag}>\n"
        else:
            out[mark] = "/>\n"

    def _write_children(self, plan: Plan, out: list[str], indent: str, how: tuple[bool, bool, bool]) -> None:
        values, inactive, secure = self.__dict__, how[0], how[1]
        for kind, name, tag, type, runtime, is_secure in plan.out_kids:
            if name not in values:
                continue
            value = values[name]
            if value is None or (inactive and runtime is True) or (is_secure and not secure):
                continue
            if kind == ONE:
                if not (inactive and runtime and runtime(value)):
                    value._write(tag or value._tag, out, indent, how, value._namespaces and value._declarations())
            elif kind == MANY:
                for item in value:
                    if not (inactive and runtime and runtime(item)):
                        item._write(tag or item._tag, out, indent, how)
            elif kind == LEAF:
                unit = f" unit='{type.unit}'" if type.unit else ""
                out.append(f"{indent}<{tag}{unit}>{escape(type.write(value))}</{tag}>\n")
            elif kind == FLAG:
                if value:
                    out.append(f"{indent}<{tag}/>\n")
            elif kind == LEAVES:
                out.extend(f"{indent}<{tag}>{escape(type.write(item))}</{tag}>\n" for item in value)
            else:
                out.append(f"{indent}{write_verbatim(value, len(indent) // 2)}\n")

    # as objects

    def copy(self) -> Self:
        """A deep copy (kept nodes are shared: nothing changes them)."""
        made = type(self).__new__(type(self))
        for name, value in self.__dict__.items():
            if isinstance(value, Element):
                value = value.copy()
            elif isinstance(value, list):
                value = [item.copy() if isinstance(item, Element) else item for item in value]
            made.__dict__[name] = value
        return made

    def _state(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not self._absent(name, value)}

    def _absent(self, name: str, value: object) -> bool:
        field = self._fields.get(name)
        empty = field is not None and field.made and isinstance(value, Element) and not value._state()
        return value is None or value == [] or empty or (value is False and field is not None and field.kind == FLAG)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Element) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        state = self._state()
        shown = ", ".join(f"{name}={state[name]!r}" for name in self._fields if name in state)
        return f"{type(self).__name__}({shown})"


def _require_valid(cls: type[Element], root: Node) -> None:
    from virshpy.xml.schema import refuse
    from virshpy.xml.values import faults

    found = list(faults(root, cls))
    if found:
        refuse(root, found, always=cls._always_valid)


_Type = type
