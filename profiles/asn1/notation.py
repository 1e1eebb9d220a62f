"""ASN.1 notation as data: types of modules, written and read in BER by what the notation says.

asn1tools parses the notation. Its own codec cannot judge (it skips and reorders components and keeps no
octets), so values are read here over the strict walker: every SEQUENCE keeps its exact octets, which
signatures and ICVs cover, and what follows the components of a SEQUENCE is left alone as its extension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from conform62351.profiles.asn1.contents import Bits
from conform62351.profiles.asn1.modules import (
    EXPLICIT,
    Modules,
    Names,
    NotationError,
    NotationFault,
    TypeText,
    read_modules,
)
from conform62351.profiles.asn1.types import (
    CONSTRUCTED,
    AnyType,
    ChoiceType,
    Component,
    ExplicitType,
    OfType,
    PrimitiveType,
    Record,
    SequenceType,
    Source,
    Type,
    ValueReadError,
)
from conform62351.profiles.tlv import DEFAULT_LIMITS, Limits, TlvError, walk

__all__ = ["Bits", "Names", "Notation", "NotationError", "NotationFault", "Record", "ValueReadError"]

_CLASSES: Final = {"UNIVERSAL": 0x00, "APPLICATION": 0x40, "CONTEXT": 0x80, "PRIVATE": 0xC0}
_MAXIMUM_TAG: Final = 30
_OPEN_FIELD: Final = ".&"
"""A field of an information object class, such as CLASS.&Type, is an open type."""
_UNIVERSAL: Final = {
    "BOOLEAN": 0x01,
    "INTEGER": 0x02,
    "BIT STRING": 0x03,
    "OCTET STRING": 0x04,
    "OBJECT IDENTIFIER": 0x06,
    "ENUMERATED": 0x0A,
    "UTF8String": 0x0C,
    "NumericString": 0x12,
    "PrintableString": 0x13,
    "IA5String": 0x16,
    "GeneralizedTime": 0x18,
    "VisibleString": 0x1A,
    "SEQUENCE": 0x30,
    "SEQUENCE OF": 0x30,
    "SET OF": 0x31,
}
Made = TypeVar("Made")

OWN_SOURCE: Final = "module"
VARIANTS_SOURCE: Final = "variants"


class Notation:
    """The types of modules. Values of CHOICE are pairs.

    ``text`` is that of a module, or those of several by the names of their sources; ``names`` is what they
    call things. ``variants`` is a further module: its types are read in the place of components of the
    others, each called TYPE-COMPONENT-VARIANT. Without it, a component is read as its type alone. Only the
    types in ``wanted`` and what they are made of have to be usable, by default all.

    Raises:
        NotationError: a text is no module of that kind, a wanted type is missing or cannot be used, or a
            variant is of no component; with all such faults.
    """

    def __init__(
        self,
        text: str | Mapping[str, str],
        variants: str = "",
        *,
        names: Names | None = None,
        wanted: Iterable[str] | None = None,
    ) -> None:
        texts = {OWN_SOURCE: text} if isinstance(text, str) else text
        modules = read_modules(texts, names)
        self._imports = modules.imports
        self._own: tuple[str, ...] = tuple(modules.types)
        self._variants = read_modules({VARIANTS_SOURCE: variants}).types if variants else {}
        self._texts: Mapping[str, TypeText] = {**modules.types, **self._variants}
        self._used: set[str] = set()
        self._ready: dict[tuple[str, int | None], Type | NotationError] = {}
        self._under_way: set[str] = set()
        self._make(modules, wanted)

    def _make(self, modules: Modules, wanted: Iterable[str] | None) -> None:
        faults: list[NotationFault] = []
        for name in dict.fromkeys((*(modules.types if wanted is None else wanted), *self._variants)):
            try:
                self.type(name)
            except NotationError as error:
                faults.extend(error.faults)
            except RecursionError:
                faults.append(self._texts[name].fault(f"{name} is nested too deep"))
        faults.extend(
            self._variants[name].fault(f"{name} is a variant of no component")
            for name in self._variants.keys() - self._used
            if not faults
        )
        if faults:
            raise NotationError(dict.fromkeys(faults))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the types."""
        return self._own

    @property
    def texts(self) -> Mapping[str, TypeText]:
        """The texts of all types and variants, by name."""
        return self._texts

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants."""
        return tuple(self._variants)

    def numbers(self, name: str) -> Mapping[str, int]:
        """Return the names and numbers of an ENUMERATED, or of the bits of a BIT STRING.

        Raises:
            NotationError: there is no such type.
        """
        text = self._text(name).text
        entries = text.get("values") or text.get("named-bits") or ()
        return {entry[0]: int(entry[1]) for entry in entries if entry is not None}

    def type(self, name: str) -> Type:
        """Return a type by its name. Raises NotationError when there is none, or it cannot be used."""
        return self._tagged(name, None)

    def place(self, name: str) -> TypeText:
        """Return the text of a type, which says where it stands. Raises NotationError when there is none."""
        return self._text(name)

    def encode(self, name: str, value: Any) -> bytes:
        """Return a value of the type called ``name`` as octets. Raises EncodingError."""
        return self.type(name).encode(value)

    def decode(
        self,
        name: str,
        octets: bytes,
        *,
        limits: Limits = DEFAULT_LIMITS,
        met: list[str] | None = None,
        structure: bytes | None = None,
    ) -> Any:
        """Return the value of the type called ``name`` that ``octets`` are.

        The names of variants that were met are added to ``met``. ``structure`` are as many octets to find the
        elements by, in the place of ``octets``, which then give the contents.

        Raises:
            ValueReadError: they are none, or octets are left behind it.
        """
        try:
            walked = walk(octets if structure is None else structure, limits=limits)
        except TlvError as error:
            raise ValueReadError(error.offset, f"{name}: {error.message}") from error
        root = walked.root
        if root.end != len(octets):
            raise ValueReadError(root.end, f"octets behind {name}")
        kind = self.type(name)
        if not kind.begins(root.tag):
            raise ValueReadError(0, f"{name} does not begin with {root.tag:02X}")
        return kind.read(Source(octets, [] if met is None else met), root, name)

    def _text(self, name: str) -> TypeText:
        found = self._texts.get(name)
        if found is None:
            raise NotationError([NotationFault(f"there is no type {name}")])
        return found

    def _tagged(self, name: str, identifier: int | None) -> Type:
        """Return the type called ``name``, made once for each tag that takes the place of its own."""
        key = (name, identifier)
        if key not in self._ready:
            found = self._text(name)
            if name in self._under_way:
                raise NotationError([found.fault(f"{name} holds itself")])
            self._under_way.add(name)
            try:
                self._ready[key] = self._retagged(name, found, identifier)
            except NotationError as error:
                self._ready[key] = error
            finally:
                self._under_way.discard(name)
        ready = self._ready[key]
        if isinstance(ready, NotationError):
            raise ready
        return ready

    def _retagged(self, name: str, found: TypeText, identifier: int | None) -> Type:
        tag = found.text.get("tag", {})
        if identifier is None:
            return self._made(found.text, name, found)
        bare = {key: value for key, value in found.text.items() if key != "tag"}
        if tag and tag.get("kind", found.tagging) == EXPLICIT:
            # The number is replaced; the tag goes on being one around the type.
            return ExplicitType(identifier, self._made(bare, name, found))
        return self._untagged(bare, name, found, identifier)

    def _made(self, text: Mapping[str, Any], name: str, at: TypeText) -> Type:
        """Return the type of a parsed text that stands in the definition ``at``."""
        tag = text.get("tag")
        if tag is None:
            return self._untagged(text, name, at, None)
        if not 0 <= tag["number"] <= _MAXIMUM_TAG:
            raise NotationError([at.fault(f"{name}: tag {tag['number']} is beyond {_MAXIMUM_TAG}")])
        identifier = _CLASSES[tag.get("class", "CONTEXT")] | tag["number"]
        bare = {key: value for key, value in text.items() if key != "tag"}
        if tag.get("kind", at.tagging) == EXPLICIT or self._is_choice(text["type"]):
            return ExplicitType(identifier, self._made(bare, name, at))
        return self._untagged(bare, name, at, identifier)

    def _untagged(self, text: Mapping[str, Any], name: str, at: TypeText, identifier: int | None) -> Type:
        """Return a type whose tag, where ``identifier`` is one, is replaced by it."""
        kind = text["type"]
        if kind in self._texts:
            return self._tagged(kind, identifier)
        if kind == "ANY" or _OPEN_FIELD in kind:
            return AnyType()
        if kind == "CHOICE":
            return ChoiceType(
                self._each(text, name, at, lambda one: (one["name"], self._made(one, one["name"], at)))
            )
        if kind not in _UNIVERSAL:
            origin = self._imports.get(kind)
            hint = f", which is said to come from {origin}," if origin else ""
            raise NotationError([at.fault(f"{name}: type {kind}{hint} is not known")])
        tag = _UNIVERSAL[kind]
        if identifier is not None:
            tag = identifier | tag & CONSTRUCTED
        if kind == "SEQUENCE":
            return SequenceType(tag, self._each(text, name, at, lambda one: self._component(one, name, at)))
        if kind in ("SEQUENCE OF", "SET OF"):
            size = text.get("size", [[0]])[0]
            least = size[0] if isinstance(size, Sequence) else size
            return OfType(tag, self._made(text["element"], name, at), least if isinstance(least, int) else 0)
        return PrimitiveType(kind, tag)

    def _is_choice(self, kind: str) -> bool:
        """Return whether a type has no tag of its own, so that one in front of it is explicit."""
        seen = set()
        while kind in self._texts and kind not in seen and "tag" not in self._texts[kind].text:
            seen.add(kind)
            kind = self._texts[kind].text["type"]
        return kind in ("CHOICE", "ANY") or _OPEN_FIELD in kind

    def _each(
        self, text: Mapping[str, Any], name: str, at: TypeText, make: Callable[[Mapping[str, Any]], Made]
    ) -> list[Made]:
        """Return what ``make`` makes of each member. Raises NotationError with the faults of all."""
        made: list[Made] = []
        faults: list[NotationFault] = []
        for member in self._members(text, name, at):
            try:
                made.append(make(member))
            except NotationError as error:
                faults.extend(error.faults)
        if faults:
            raise NotationError(dict.fromkeys(faults))
        return made

    @staticmethod
    def _members(text: Mapping[str, Any], name: str, at: TypeText) -> Iterator[Mapping[str, Any]]:
        """Yield the members of a SEQUENCE or CHOICE; those of an extension may be absent."""
        markers = 0
        for member in text["members"]:
            if member is None:
                markers += 1
                continue
            for one in member if isinstance(member, list) else [member]:
                if "name" not in one:
                    raise NotationError([at.fault(f"{name}: COMPONENTS OF is not read")])
                yield {**one, "optional": True} if markers == 1 and text["type"] == "SEQUENCE" else one

    def _component(self, member: Mapping[str, Any], owner: str, at: TypeText) -> Component:
        name = member["name"]
        kind = self._made(member, name, at)
        prefix = f"{owner}-{name}-"
        called = [variant for variant in self._variants if variant.startswith(prefix)]
        self._used.update(called)
        variants = tuple((variant, self.type(variant)) for variant in called)
        if "default" not in member:
            return Component(name, kind, bool(member.get("optional")), None, variants)
        default = member["default"]
        if isinstance(default, list):
            named = self._texts[member["type"]].text if member["type"] in self._texts else member
            numbers = {bit: int(number) for bit, number in named.get("named-bits", ())}
            unknown = [bit for bit in default if bit not in numbers]
            if unknown:
                raise NotationError([at.fault(f"{name}: there is no bit {unknown[0]}")])
            default = Bits(frozenset(numbers[bit] for bit in default))
        return Component(name, kind, True, default, variants)
