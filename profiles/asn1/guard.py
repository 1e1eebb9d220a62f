"""Keeps asn1tools' BER decoding within the TLV it reads.

As shipped it reads the value of an empty explicit tag, OBJECT IDENTIFIER or BIT STRING from the octets behind
it, steps out of an explicit tag that holds two values and into a NULL that has content, takes the first two
arcs of 2.40 and above for others, and refuses an ANY of indefinite length. The types of a compiled
specification are given methods that do not. What else asn1tools tolerates (unknown, repeated and reordered
components) it goes on tolerating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from asn1tools.codecs import DecodeError, EncodeError, ber

from conform62351.profiles.object_identifier import read_object_identifier
from conform62351.profiles.tlv import walk

MAX_SUBIDENTIFIER: Final = 19
"""Octets of a subidentifier: an arc of 128 bits, such as those under 2.25, needs 19."""

INDEFINITE: Final = 0x80

_Method = Callable[..., Any]


def guard(specification: Any) -> None:
    """Give every type of ``specification``, compiled for BER, methods that stay within its content."""
    pending = [compiled._type for types in specification.modules.values() for compiled in types.values()]
    seen: set[int] = set()
    while pending:
        type_ = pending.pop()
        if id(type_) in seen:
            continue
        seen.add(id(type_))
        for class_, name, guarded in _GUARDS:
            if isinstance(type_, class_):
                setattr(type_, name, guarded(getattr(type_, name)))
        for value in vars(type_).values():
            pending.extend(_types_in(value))


def _types_in(value: Any) -> Iterator[Any]:
    if isinstance(value, ber.Type):
        yield value
    elif isinstance(value, dict):
        yield from _types_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _types_in(item)


def _explicit_tag(decode: _Method) -> _Method:
    def decode_content(data: bytearray, offset: int, length: int | None) -> tuple[Any, int]:
        if length == 0:
            raise DecodeError("an explicit tag without a value", offset=offset)
        value, end = decode(data, offset, length)
        if length is not None and end != offset + length:
            raise DecodeError("an explicit tag with more than one value", offset=end)
        return value, end

    return decode_content


def _integer(decode: _Method) -> _Method:
    def decode_content(data: bytearray, offset: int, length: int) -> tuple[Any, int]:
        if not length:
            raise DecodeError("a number without content", offset=offset)
        return decode(data, offset, length)  # type: ignore[no-any-return]

    return decode_content


def _null(decode: _Method) -> _Method:
    def decode_content(data: bytearray, offset: int, length: int) -> tuple[Any, int]:
        if length:
            raise DecodeError(f"a NULL of {length} octets", offset=offset)
        return decode(data, offset, length)  # type: ignore[no-any-return]

    return decode_content


def _bit_string(decode: _Method) -> _Method:
    def decode_primitive_contents(data: bytearray, offset: int, length: int) -> tuple[bytes, int]:
        unused = data[offset] if length else 8
        if unused > 7 or (unused and length == 1):
            raise DecodeError(f"a BIT STRING of {length} octets with {unused} unused bits", offset=offset)
        octets, bits = decode(data, offset, length)
        return bytes(octets), bits

    return decode_primitive_contents


def _object_identifier(_: _Method) -> _Method:
    def decode_content(data: bytearray, offset: int, length: int) -> tuple[str, int]:
        end = offset + length
        try:
            found = read_object_identifier(bytes(data[offset:end]))
        except ValueError as error:
            raise DecodeError(str(error), offset=offset) from error
        if found.longest > MAX_SUBIDENTIFIER:
            raise DecodeError(f"an arc of more than {MAX_SUBIDENTIFIER} octets", offset=offset)
        return found.dotted, end

    return decode_content


def _object_identifier_value(encode: _Method) -> _Method:
    def encode_content(data: str, values: Any = None) -> Any:
        arcs = [int(arc) for arc in data.split(".")]
        if len(arcs) < 2 or min(arcs) < 0 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
            raise EncodeError(f"{data} is no OBJECT IDENTIFIER")
        return encode(data, values)

    return encode_content


def _any(decode: _Method) -> _Method:
    def decode_whole(data: Any, offset: int, values: Any = None) -> tuple[bytes, int]:
        if data[ber.skip_tag(data, offset)] == INDEFINITE:
            end = walk(data, offset=offset).root.end
            return bytes(data[offset:end]), end
        octets, end = decode(data, offset, values)
        return bytes(octets), end

    return decode_whole


_GUARDS: Final = (
    (ber.ExplicitTag, "decode_content", _explicit_tag),
    (ber.Integer, "decode_content", _integer),
    (ber.Enumerated, "decode_content", _integer),
    (ber.Null, "decode_content", _null),
    (ber.BitString, "decode_primitive_contents", _bit_string),
    (ber.ObjectIdentifier, "decode_content", _object_identifier),
    (ber.ObjectIdentifier, "encode_content", _object_identifier_value),
    (ber.Any, "decode", _any),
)
