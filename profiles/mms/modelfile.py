"""Models from TOML files.

``[vmd]`` says who the device is, and which functional constraints a client may write. ``[types]`` names
simple types by kind and size. Under ``[domains]`` each table is a structure, down to a list of a type and, if
wanted, a value; the first two levels are logical nodes and functional constraints, and a name that ends in
``[n]`` is an array of n such elements. ``[data_sets]`` and ``[report_controls]`` go by ``domain/item``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, NoReturn

from conform62351.profiles.mms.data import (
    FLOAT_FORMS,
    Data,
    TypeSpecification,
    bit_string,
    default,
    floating_point,
    mismatch,
    utc_time,
)
from conform62351.profiles.mms.model import Domain, Model, ModelError, Vmd
from conform62351.profiles.mms.names import bits
from conform62351.profiles.mms.nodes import SEPARATOR, Array, Leaf, Node, Structure, named
from conform62351.profiles.mms.report import OPTION_BITS, OPTIONS, TRIGGER_BITS, TRIGGERS
from conform62351.profiles.mms.reporting import ATTRIBUTES, CONSTRAINT, Member, ReportControl

MAXIMUM_ELEMENTS: Final = 1000
MAXIMUM_DEPTH: Final = 10
_NAME: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,63})(?:\[([1-9]\d{0,3})\])?")
_STRINGS: Final = frozenset({"bit-string", "octet-string", "visible-string", "mMSString"})
_VMD: Final = frozenset({"vendor_name", "model_name", "revision"})


def reference_model(*, reports: bool = True) -> Model:
    """Return a new instance of the model beside this module, ``model.toml``; see :func:`load_model`."""
    text = resources.files("conform62351.profiles.mms").joinpath("model.toml").read_text(encoding="utf-8")
    return load_model(text, reports=reports)


def load_model(text: str, *, reports: bool = True) -> Model:
    """Return the model that ``text`` describes, without its report control blocks where ``reports`` is False.

    Raises ModelError with all faults that were found.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"not TOML: {error}") from error
    if not reports:
        document.pop(REPORTS, None)
    return _Loader(document).model()


class _Loader:
    """Builds one model; each part that fails leaves a fault and nothing else behind."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._faults: list[str] = []
        self._types: dict[str, TypeSpecification] = {}
        self._writable: frozenset[str] = frozenset()
        self._data_sets: dict[str, tuple[Member, ...]] = {}
        self._blocks: list[ReportControl] = []

    def model(self) -> Model:
        self._faults += [f"{key}: unknown table" for key in self._document.keys() - _TABLES]
        vmd = self._vmd()
        for name, words in self._table("types").items():
            self._try(f"types.{name}", self._add_type, name, words)
        for reference, attributes in self._table(REPORTS).items():
            self._try(reference, self._add_block, reference, attributes)
        variables: dict[str, dict[str, Node]] = {}
        for domain, logical_nodes in self._table("domains").items():
            self._try(f"domains.{domain}", self._add_domain, domain, logical_nodes, variables)
        for reference, members in self._table("data_sets").items():
            self._try(reference, self._add_data_set, reference, members, variables)
        for block in self._blocks:
            domain, _, item = block.reference.partition("/")
            if item not in variables.get(domain, {}):
                self._faults.append(f"{block.reference}: its logical node does not exist")
            if block.data_set and block.data_set not in self._data_sets:
                self._faults.append(f"{block.reference}: there is no data set {block.data_set}")
        if self._faults:
            raise ModelError(*self._faults)
        domains = [Domain(name, items, self._data_sets_of(name)) for name, items in variables.items()]
        return Model(vmd, domains, self._blocks)

    def _table(self, key: str) -> Mapping[str, Any]:
        found = self._document.get(key, {})
        if isinstance(found, dict):
            return found
        self._faults.append(f"{key}: a table is needed")
        return {}

    def _try(self, where: str, build: Any, *arguments: Any) -> None:
        try:
            build(*arguments)
        except ModelError as error:
            self._faults += [f"{where}: {fault}" for fault in error.faults]

    def _vmd(self) -> Vmd:
        table = self._table("vmd")
        texts = {key: table.get(key) for key in sorted(_VMD)}
        for key, text in texts.items():
            if not isinstance(text, str) or not text.isascii():
                self._faults.append(f"vmd.{key}: an ASCII text is needed")
        writable = table.get("writable", [])
        if isinstance(writable, list) and all(isinstance(constraint, str) for constraint in writable):
            self._writable = frozenset(writable)
        else:
            self._faults.append("vmd.writable: a list of functional constraints is needed")
        self._faults += [f"vmd.{key}: unknown" for key in table.keys() - _VMD - {"writable"}]
        return Vmd(str(texts["vendor_name"]), str(texts["model_name"]), str(texts["revision"]))

    def _add_type(self, name: str, words: Any) -> None:
        match words:
            case ["boolean" | "utc-time" as kind]:
                self._types[name] = kind, None
            case ["binary-time", 4 | 6 as size]:
                self._types[name] = "binary-time", size == 6
            case ["floating-point", 32 | 64 as width]:
                form = {"format-width": width, "exponent-width": FLOAT_FORMS[width][0]}
                self._types[name] = "floating-point", form
            case ["integer" | "unsigned" as kind, 8 | 16 | 32 | 64 as width]:
                self._types[name] = kind, width
            case [str(kind), int(size)] if kind in _STRINGS and -255 <= size <= 255 and size:
                self._types[name] = kind, size
            case _:
                _fault(f"{words!r} is no simple type")

    def _add_domain(self, domain: str, table: Any, variables: dict[str, dict[str, Node]]) -> None:
        items = variables[domain] = {}
        for name, constraints in _mapping(table).items():
            parts = _mapping(constraints, name)
            for own in (domain, name, *parts):
                if not _NAME.fullmatch(own) or "[" in own:
                    _fault(f"{own!r} is no name")
            components = {
                part: self._node(f"{name}.{part}", part, value, part, 2) for part, value in parts.items()
            }
            blocks = {
                block.node.name: block.node
                for block in self._blocks
                if block.reference.startswith(f"{domain}/{name}{SEPARATOR}")
            }
            if blocks:
                components[CONSTRAINT] = Structure(CONSTRAINT, blocks)
            if not components:
                _fault(f"{name}: a logical node without data")
            items.update(named(Structure(name, components), name))

    def _node(self, where: str, name: str, value: Any, constraint: str, depth: int) -> Node:
        if depth > MAXIMUM_DEPTH:
            _fault(f"{where}: nested deeper than {MAXIMUM_DEPTH} levels")
        if isinstance(value, list):
            return self._leaf(where, name, value, constraint)
        components: dict[str, Node] = {}
        for key, part in _mapping(value, where).items():
            matched = _NAME.fullmatch(key)
            if matched is None:
                _fault(f"{where}: {key!r} is no name")
            own, count = matched[1], matched[2]
            if own in components:
                _fault(f"{where}: {own} is there twice")
            if count is None:
                components[own] = self._node(f"{where}.{key}", own, part, constraint, depth + 1)
                continue
            if int(count) > MAXIMUM_ELEMENTS:
                _fault(f"{where}: {key} has more than {MAXIMUM_ELEMENTS} elements")
            components[own] = Array(
                own,
                [self._node(f"{where}.{key}", own, part, constraint, depth + 2) for _ in range(int(count))],
            )
        if not components:
            _fault(f"{where}: a structure without components")
        return Structure(name, components)

    def _leaf(self, where: str, name: str, words: list[Any], constraint: str) -> Leaf:
        if not words or not isinstance(words[0], str) or words[0] not in self._types or len(words) > 2:
            _fault(f"{where}: {words!r} is not a known type and a value")
        specification = self._types[words[0]]
        data = _data(where, specification, words[1]) if len(words) == 2 else default(specification)
        return Leaf(name, specification, data, constraint, constraint in self._writable)

    def _add_data_set(
        self, reference: str, members: Any, variables: Mapping[str, Mapping[str, Node]]
    ) -> None:
        domain, _, item = reference.partition("/")
        if domain not in variables or SEPARATOR not in item:
            _fault("the name of a data set is domain/logical node$name, in a domain that exists")
        if not isinstance(members, list) or not members:
            _fault("a list of members is needed")
        found = []
        for member in members:
            of, _, variable = str(member).partition("/")
            node = variables.get(of, {}).get(variable)
            if node is None:
                _fault(f"there is no variable {member}")
            found.append(Member(of, variable, node))
        self._data_sets[reference] = tuple(found)

    def _data_sets_of(self, domain: str) -> Mapping[str, tuple[Member, ...]]:
        prefix = f"{domain}/"
        return {
            reference.removeprefix(prefix): members
            for reference, members in self._data_sets.items()
            if reference.startswith(prefix)
        }

    def _add_block(self, reference: str, attributes: Any) -> None:
        parts = reference.partition("/")[2].split(SEPARATOR)
        if len(parts) != 3 or parts[1] != CONSTRAINT:
            _fault(f"the name of a report control block is domain/logical node${CONSTRAINT}$name")
        table = _mapping(attributes)
        unknown = table.keys() - ATTRIBUTES.keys()
        if unknown:
            _fault(f"no attributes of a report control block: {', '.join(sorted(unknown))}")
        values = {name: default(kind) for name, kind in ATTRIBUTES.items()}
        for name, value in table.items():
            values[name] = _data(name, ATTRIBUTES[name], _named_bits(name, value))
        self._blocks.append(ReportControl(reference, values, self._data_sets))


REPORTS: Final = "report_controls"
_TABLES: Final = frozenset({"vmd", "types", "domains", "data_sets", REPORTS})


def _fault(message: str) -> NoReturn:
    raise ModelError(message)


def _mapping(value: Any, where: str = "") -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _fault(f"{where}: a table is needed, not {value!r}" if where else f"a table is needed, not {value!r}")
    return value


def _named_bits(name: str, value: Any) -> Any:
    """Return a list of option or trigger names as the text of bits; anything else as it is."""
    table, length = {"OptFlds": (OPTIONS, OPTION_BITS), "TrgOps": (TRIGGERS, TRIGGER_BITS)}.get(name, ({}, 0))
    if not length or not isinstance(value, list):
        return value
    if not all(isinstance(word, str) and word in table for word in value):
        _fault(f"{name}: {value!r} is not a list of {', '.join(table)}")
    octets, _ = bits(value, table, length)
    return "".join(f"{octet:08b}" for octet in octets)[:length]


def _data(where: str, specification: TypeSpecification, value: Any) -> Data:
    """Return the Data that a TOML value stands for: bits and octets as texts, times in seconds since 1970."""
    kind, detail = specification
    data: Data | None = None
    match kind, value:
        case "boolean", bool():
            data = kind, value
        case "integer" | "unsigned", int() if not isinstance(value, bool):
            data = kind, value
        case "floating-point", (int() | float()) if not isinstance(value, bool):
            data = floating_point(value, detail["format-width"])
        case "utc-time", (int() | float()) if not isinstance(value, bool):
            data = utc_time(value)
        case "visible-string" | "mMSString", str():
            data = kind, value
        case "bit-string", str() if not value.strip("01"):
            data = bit_string(value)
        case "octet-string", str() if re.fullmatch("(?:[0-9a-fA-F]{2})*", value):
            data = kind, bytes.fromhex(value)
    if data is None or mismatch(specification, data) is not None:
        _fault(f"{where}: {value!r} is no {kind} as its type wants it")
    return data
