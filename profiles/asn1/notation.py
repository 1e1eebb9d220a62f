"""ASN.1 notation as data: types of a module, written and read in BER by what the notation says.

asn1tools parses the notation. Its own codec cannot judge (it skips and reorders components and keeps no
octets), so values are read here over the strict walker: every SEQUENCE keeps its exact octets, which
signatures and ICVs cover, and what follows the components of a SEQUENCE is left alone as its extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import asn1tools

from conform62351.profiles.asn1.contents import Bits
from conform62351.profiles.asn1.types import (
    CONSTRUCTED,
    AnyType,
    ChoiceType,
    Component,
    OfType,
    PrimitiveType,
    Record,
    SequenceType,
    Source,
    Type,
    ValueReadError,
)
from conform62351.profiles.tlv import DEFAULT_LIMITS, Limits, TlvError, walk

__all__ = ["Bits", "Notation", "NotationError", "Record", "ValueReadError"]

_CONTEXT: Final = 0x80
_MAXIMUM_TAG: Final = 30
_UNIVERSAL: Final = {
    "BOOLEAN": 0x01,
    "INTEGER": 0x02,
    "BIT STRING": 0x03,
    "OCTET STRING": 0x04,
    "OBJECT IDENTIFIER": 0x06,
    "ENUMERATED": 0x0A,
    "UTF8String": 0x0C,
    "GeneralizedTime": 0x18,
    "SEQUENCE": 0x30,
    "SEQUENCE OF": 0x30,
    "SET OF": 0x31,
}


class NotationError(ValueError):
    """A module that is no ASN.1, or uses what is not needed here; the message names the type."""


class Notation:
    """The types of one module, tagged IMPLICIT unless it says otherwise. Values of CHOICE are pairs.

    ``variants`` is a second module: its types are read in the place of components of the first one, each
    called TYPE-COMPONENT-VARIANT. Without it, a component is read as its type alone.

    Raises:
        NotationError: a text is no module of that kind, or a variant is of no component.
    """

    def __init__(self, text: str, variants: str = "") -> None:
        module = _module(text)
        self._implicit = module.get("tags") == "IMPLICIT"
        self._own: tuple[str, ...] = tuple(module["types"])
        self._variants = _module(variants)["types"] if variants else {}
        self._texts: Mapping[str, Any] = {**module["types"], **self._variants}
        self._used: set[str] = set()
        self._named: dict[str, Type] = {}
        self._under_way: set[str] = set()
        for name in self._texts:
            self.type(name)
        for name in self._variants.keys() - self._used:
            raise NotationError(f"{name} is a variant of no component")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the types."""
        return self._own

    def numbers(self, name: str) -> Mapping[str, int]:
        """Return the names and numbers of an ENUMERATED, or of the bits of a BIT STRING."""
        text = self._texts[name]
        entries = text.get("values") or text.get("named-bits") or ()
        return {entry[0]: int(entry[1]) for entry in entries if entry is not None}

    def type(self, name: str) -> Type:
        """Return a type by its name. Raises NotationError when there is none."""
        if name not in self._named:
            if name not in self._texts:
                raise NotationError(f"there is no type {name}")
            if name in self._under_way:
                raise NotationError(f"{name} holds itself")
            self._under_way.add(name)
            self._named[name] = self._made(self._texts[name], name)
        return self._named[name]

    def identifier(self, choice: str, alternative: str) -> bytes:
        """Return the identifier octets of an alternative of the CHOICE called ``choice``.

        Raises:
            NotationError: there is none, or it has several.
        """
        kind = self.type(choice)
        found = kind.alternatives.get(alternative) if isinstance(kind, ChoiceType) else None
        if found is None or found.tags is None or len(found.tags) != 1:
            raise NotationError(f"{choice} has no alternative {alternative} with a tag of its own")
        (tag,) = found.tags
        return bytes((tag,))

    def encode(self, name: str, value: Any) -> bytes:
        """Return a value of the type called ``name`` as octets. Raises EncodingError."""
        return self.type(name).encode(value)

    def decode(
        self, name: str, octets: bytes, *, limits: Limits = DEFAULT_LIMITS, met: list[str] | None = None
    ) -> Any:
        """Return the value of the type called ``name`` that ``octets`` are.

        The names of variants that were met are added to ``met``.

        Raises:
            ValueReadError: they are none, or octets are left behind it.
        """
        try:
            walked = walk(octets, limits=limits)
        except TlvError as error:
            raise ValueReadError(error.offset, f"{name}: {error.message}") from error
        if walked.root.end != len(octets):
            raise ValueReadError(walked.root.end, f"octets behind {name}")
        kind = self.type(name)
        if not kind.begins(walked.root.tag):
            raise ValueReadError(0, f"{name} does not begin with {walked.root.tag:02X}")
        return kind.read(Source(walked, [] if met is None else met), walked.root, name)

    def _made(self, text: Mapping[str, Any], name: str) -> Type:
        kind = text["type"]
        number = text.get("tag", {}).get("number")
        explicit = text.get("tag", {}).get("kind", "IMPLICIT" if self._implicit else "EXPLICIT") == "EXPLICIT"
        if number is not None and not 0 <= number <= _MAXIMUM_TAG:
            raise NotationError(f"{name}: tag {number} is beyond {_MAXIMUM_TAG}")
        if number is not None and (explicit or kind == "CHOICE" or self._is_choice(kind)):
            raise NotationError(f"{name}: explicit tags are not needed here")
        if kind in self._texts:
            if number is None:
                return self.type(kind)
            return self._made({**self._texts[kind], "tag": text["tag"]}, name)
        if kind == "ANY":
            return AnyType()
        if kind == "CHOICE":
            members = (member for member in text["members"] if member is not None)
            return ChoiceType([(member["name"], self._made(member, member["name"])) for member in members])
        if kind not in _UNIVERSAL:
            raise NotationError(f"{name}: type {kind} is not known")
        tag = _UNIVERSAL[kind]
        if number is not None:
            tag = _CONTEXT | tag & CONSTRUCTED | number
        if kind == "SEQUENCE":
            members = (member for member in text["members"] if member is not None)
            return SequenceType(tag, [self._component(member, name) for member in members])
        if kind in ("SEQUENCE OF", "SET OF"):
            least = text.get("size", [[0]])[0][0]
            return OfType(tag, self._made(text["element"], name), least)
        return PrimitiveType(kind, tag)

    def _is_choice(self, kind: str) -> bool:
        return kind in self._texts and self._texts[kind]["type"] in ("CHOICE", "ANY")

    def _component(self, member: Mapping[str, Any], owner: str) -> Component:
        name = member["name"]
        kind = self._made(member, name)
        prefix = f"{owner}-{name}-"
        called = [variant for variant in self._variants if variant.startswith(prefix)]
        self._used.update(called)
        variants = tuple((variant, self.type(variant)) for variant in called)
        if "default" not in member:
            return Component(name, kind, bool(member.get("optional")), None, variants)
        default = member["default"]
        if isinstance(default, list):
            bits = self._texts.get(member["type"], member).get("named-bits", ())
            numbers = {bit: int(number) for bit, number in bits}
            default = Bits(frozenset(numbers[bit] for bit in default))
        return Component(name, kind, True, default, variants)


def _module(text: str) -> Mapping[str, Any]:
    """Return the one module that a text holds, as asn1tools parses it."""
    try:
        modules = asn1tools.parse_string(text)
    except (asn1tools.Error, ValueError, LookupError, RecursionError) as error:
        raise NotationError(str(error)) from error
    if len(modules) != 1:
        raise NotationError(f"{len(modules)} modules in place of one")
    (module,) = modules.values()
    return dict(module)
