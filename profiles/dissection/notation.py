"""Names and types of TLVs, taken from the ASN.1 modules of ``profiles.asn1``.

Only naming: what a module does not describe has a tag in place of a name, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, TypeAlias

import asn1tools

from conform62351.profiles.asn1 import notation as asn1

Descriptor: TypeAlias = Mapping[str, Any]
"""A type or component as ``asn1tools.parse_string`` describes it."""
Key: TypeAlias = tuple[str, int]
"""Class and number of a tag."""

UNIVERSAL_NAMES: Final[Mapping[int, str]] = {
    1: "BOOLEAN",
    2: "INTEGER",
    3: "BIT STRING",
    4: "OCTET STRING",
    5: "NULL",
    6: "OBJECT IDENTIFIER",
    7: "ObjectDescriptor",
    8: "EXTERNAL",
    9: "REAL",
    10: "ENUMERATED",
    12: "UTF8String",
    16: "SEQUENCE",
    17: "SET",
    18: "NumericString",
    19: "PrintableString",
    20: "TeletexString",
    22: "IA5String",
    23: "UTCTime",
    24: "GeneralizedTime",
    25: "GraphicString",
    26: "VisibleString",
    27: "GeneralString",
    28: "UniversalString",
    30: "BMPString",
}
CLASSES: Final = ("UNIVERSAL", "APPLICATION", "CONTEXT", "PRIVATE")
_NUMBERS: Final = {name: number for number, name in UNIVERSAL_NAMES.items()} | {
    "SEQUENCE OF": 16,
    "SET OF": 17,
}
_ELEMENTS: Final = {"CertPath": "certificate"}
"""What elements without a name of their own are called, by the type that they are in."""
_MAX_REFERENCES: Final = 32
_ANY: Final[Key] = ("ANY", 0)
_EMPTY: Final = "NONE DEFINITIONS IMPLICIT TAGS ::= BEGIN END"
SECPDUS: Final = "e2e"
"""The module of SecPDUs."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a TLV is: its name, and its type within a notation.

    ``explicit`` tells that the TLV is an explicit tag, which holds one TLV of the type.
    """

    name: str
    type: Type
    explicit: bool = False


class Type:
    """A type of a module with the references to other types resolved on demand."""

    def __init__(self, notation: Notation, descriptor: Descriptor, name: str) -> None:
        self.notation = notation
        self.name = name
        """The last type reference on the way to the built-in type, or that type's name."""
        base = descriptor
        for _ in range(_MAX_REFERENCES):
            referenced = notation.types.get(base["type"])
            if referenced is None:
                break
            self.name = base["type"]
            base = referenced
        self.base: Descriptor = base
        self.kind: str = base["type"]
        """The built-in type, such as ``INTEGER`` or ``CHOICE``."""
        self._components: Sequence[Mapping[Key, Meaning]] | None = None

    def components(self) -> Sequence[Mapping[Key, Meaning]]:
        """Return what each component may be, by tag, in order; a SEQUENCE OF has one."""
        if self._components is None:
            if self.kind in ("SEQUENCE OF", "SET OF"):
                element = self.base["element"]
                name = element["type"] if element["type"] in self.notation.types else ""
                self._components = (self.notation.meanings(element, name or _ELEMENTS.get(self.name, "")),)
            else:
                members = (item for item in self.base.get("members") or () if isinstance(item, Mapping))
                self._components = tuple(self._component(item) for item in members)
        return self._components

    def _component(self, item: Descriptor) -> Mapping[Key, Meaning]:
        """Return what a component may be, its variants last."""
        name = item["name"]
        found: dict[Key, Meaning] = {}
        for variant in self.notation.variants:
            if variant.startswith(f"{self.name}-{name}-"):
                found.update(self.notation.meanings({"type": variant}, name))
        return found | self.notation.meanings(item, name)

    def component(self, key: Key, after: int) -> tuple[Meaning | None, int]:
        """Return what a TLV with this tag means inside a value of this type, and which component it is.

        ``after`` is the component that the TLV before it was, -1 for the first TLV. Later components come
        first, so that two with one tag are told apart.
        """
        components = self.components()
        later = range(after + 1, len(components))
        for wanted, places in ((key, later), (_ANY, later), (key, range(len(components)))):
            for place in places:
                if wanted in components[place]:
                    return components[place][wanted], place
        return None, after

    def label(self, number: int) -> str:
        """Return the name that the notation gives to a number of an INTEGER or ENUMERATED, or nothing."""
        names = self.base.get("named-numbers")
        if isinstance(names, Mapping):
            return next((name for name, value in names.items() if value == number), "")
        for entry in self.base.get("values") or ():
            if isinstance(entry, tuple) and entry[1] == number:
                return str(entry[0])
        return ""

    def bit_names(self) -> Mapping[int, str]:
        """Return the names of the bits of a BIT STRING by number."""
        return {int(number): name for name, number in self.base.get("named-bits") or ()}


class Notation:
    """The types of one module; ``variants`` is a module of what else a component may be.

    A variant is called TYPE-COMPONENT-VARIANT.
    """

    def __init__(self, text: str, variants: str = "") -> None:
        (parsed,) = asn1tools.parse_string(text).values()
        others: Mapping[str, Descriptor] = {}
        if variants:
            (module,) = asn1tools.parse_string(variants).values()
            others = module["types"]
        self.types: Mapping[str, Descriptor] = {**parsed["types"], **others}
        self.variants: tuple[str, ...] = tuple(others)
        self._implicit = parsed.get("tags") in ("IMPLICIT", "AUTOMATIC")
        self._made: dict[int, Type] = {}

    @classmethod
    def of(cls, source: asn1.Notation) -> Notation:
        """Return what a notation of ``profiles.asn1``, of one or several modules, says."""
        made = cls(_EMPTY)
        made.types = {name: _explicit(found.text, found.tagging) for name, found in source.texts.items()}
        made.variants = source.variants
        return made

    def type(self, name: str) -> Type:
        """Return the type called ``name``. Raises KeyError when the module has none."""
        return self._type(self.types[name], name)

    def top(self, name: str, key: Key) -> Meaning | None:
        """Return what a TLV with this tag is as a value of the type called ``name``, or None."""
        meanings = self.meanings({"type": name}, "")
        return meanings.get(key) or meanings.get(_ANY)

    def _type(self, descriptor: Descriptor, name: str) -> Type:
        # Descriptors live as long as the parsed module, so their identity is a key.
        made = self._made.get(id(descriptor))
        if made is None:
            made = self._made[id(descriptor)] = Type(self, descriptor, name)
        return made

    def meanings(
        self, descriptor: Descriptor, name: str, depth: int = 0, reference: str = ""
    ) -> dict[Key, Meaning]:
        """Return the TLVs that a value of the described component may be, by tag.

        An alternative of an untagged CHOICE is named after the component and itself. ``reference`` is the
        name under which the described type was referred to.
        """
        if depth > _MAX_REFERENCES:
            return {}
        tag = descriptor.get("tag")
        referenced = self.types.get(descriptor["type"])
        if tag is not None:
            explicit = tag.get("kind", "IMPLICIT" if self._implicit else "EXPLICIT") == "EXPLICIT"
            made = self._type(descriptor, descriptor["type"])
            key = (tag.get("class", "CONTEXT"), tag["number"])
            return {key: Meaning(name or made.name, made, explicit or made.kind in ("CHOICE", "ANY"))}
        if referenced is not None:
            return self.meanings(referenced, name or descriptor["type"], depth + 1, descriptor["type"])
        if descriptor["type"] == "CHOICE":
            found: dict[Key, Meaning] = {}
            for member in descriptor["members"]:
                if isinstance(member, Mapping):
                    label = f"{name} {member['name']}".strip()
                    found.update(self.meanings(member, label, depth + 1))
            return found
        made = self._type(descriptor, reference or descriptor["type"])
        key = ("UNIVERSAL", _NUMBERS[made.kind]) if made.kind in _NUMBERS else _ANY
        return {key: Meaning(name or made.name, made)}


def _explicit(descriptor: Any, tagging: str) -> Any:
    """Return a descriptor in which every tag says whether it is explicit."""
    if isinstance(descriptor, list):
        return [_explicit(item, tagging) for item in descriptor]
    if not isinstance(descriptor, Mapping):
        return descriptor
    made = {key: _explicit(value, tagging) for key, value in descriptor.items()}
    if "tag" in made:
        made["tag"] = {"kind": tagging, **made["tag"]}
    return made


@cache
def notation(module: str) -> Notation:
    """Return the notation of ``<module>.asn`` in ``profiles.asn1``."""
    folder = resources.files("conform62351.profiles.asn1")
    variants = folder.joinpath(f"{module}_variants.asn")
    return Notation(
        folder.joinpath(f"{module}.asn").read_text(encoding="utf-8"),
        variants.read_text(encoding="utf-8") if variants.is_file() else "",
    )
