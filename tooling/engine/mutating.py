"""What mutations do to values and octets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.spdu_edit import SpduTree
from conform62351.profiles.tls.engine.extensions import Extension
from conform62351.profiles.tls.engine.framing import (
    MAX_PLAIN,
    MESSAGE_HEADER,
    write_message,
    write_record,
)
from conform62351.profiles.tls.engine.wire import Reader, vector16
from conform62351.profiles.tls.records import HEADER_LENGTH, ContentType, HandshakeType
from conform62351.profiles.tlv_edit import Tree, length_octets
from conform62351.profiles.transport.cotp import Parameter
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Coalesce,
    Crop,
    Cut,
    Edit,
    EditCertificate,
    EditSpdu,
    EditTlv,
    FlipBit,
    Insert,
    MutationError,
    Overwrite,
    Pad,
    PublicValue,
    Reflect,
    Reorder,
    Repeat,
    Replace,
    Replay,
    SetBody,
    SetExtension,
    SetField,
    SetParameter,
    SetText,
    SetTime,
    Withhold,
)
from conform62351.tooling.engine.values import member_type, typed

MAXIMUM_GROWTH = 40
"""Octets by which the lengths around a padding may grow: three for each of a dozen levels."""
Reissue = Callable[[bytes, bytes], bytes | None]
"""What signs the second certificate as the issuer of the first would, None without its key."""


def _with_field(value: Any, path: Sequence[str], new: Any) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(value, tuple | list):
        index = int(name)
        kind = type(value[0]) if value else Any
        made = _with_field(value[index], rest, new) if rest else typed(kind, new)
        return type(value)((*value[:index], made, *value[index + 1 :]))
    if isinstance(value, Mapping):
        return {**value, name: _with_field(value[name], rest, new) if rest else new}
    old = getattr(value, name)
    made = _with_field(old, rest, new) if rest else typed(member_type(value, name), new)
    return msgspec.structs.replace(value, **{name: made})


def _field(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if isinstance(value, tuple | list):
            value = value[int(name)]
        else:
            value = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return value


def _text(value: Any, path: Sequence[str]) -> str:
    value = _field(value, path)
    if not isinstance(value, str):
        raise TypeError(f"{'.'.join(path)} is no text")
    return value


def with_time(mutation: SetTime, value: Any, time: bytes) -> Any:
    """Return ``value`` with ``time`` in the field that the mutation names.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it has no such field.
    """
    return _with_field(value, mutation.field.split("."), time)


def with_certificate(mutation: EditCertificate, value: Any, reissue: Reissue) -> Any:
    """Return ``value`` with the certificate as the mutation makes it; ``reissue`` signs it again.

    Raises:
        MutationError: the field holds no certificate, or there is no key of its issuer.
        AttributeError, LookupError, TypeError, ValueError: there is no such field.
    """
    path = mutation.field.split(".")
    octets = _field(value, path)
    if not isinstance(octets, bytes):
        raise MutationError(f"{mutation}: the field holds no octets")
    try:
        edited = _edited(mutation, octets)
        signed = reissue(octets, edited) if mutation.signed else edited
    except ProtocolError as error:
        raise MutationError(f"{mutation}: {error}") from error
    if signed is None:
        raise MutationError(f"{mutation}: there is no key of its issuer")
    return _with_field(value, path, signed)


def with_value(mutation: SetField | SetText | SetParameter | SetExtension | Reorder, value: Any) -> Any:
    """Return ``value`` as the mutation makes it.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it has no such field, or no such part of its text.
    """
    if isinstance(mutation, SetText):
        path = mutation.field.split(".")
        return _with_field(value, path, mutation.pattern.format(*_text(value, path).split(":")))
    if isinstance(mutation, Reorder):
        path = mutation.field.split(".")
        members = _field(value, path)
        if sorted(mutation.order) != list(range(len(members))):
            raise ValueError(f"the list has {len(members)} members")
        return _with_field(value, path, type(members)(members[place] for place in mutation.order))
    if isinstance(mutation, SetField):
        return _with_field(value, mutation.field.split("."), mutation.new_value())
    if isinstance(mutation, SetExtension):
        return _with_extension(mutation, value)
    parameters = [each for each in value.parameters if each.code != mutation.code]
    if mutation.octets is not None:
        parameters.append(Parameter(mutation.code, mutation.octets))
    return msgspec.structs.replace(value, parameters=tuple(parameters))


def _with_extension(mutation: SetExtension, value: Any) -> Any:
    extensions = list(value.extensions or ())
    kinds = [extension.kind for extension in extensions]
    place = kinds.index(mutation.kind) if mutation.kind in kinds else len(extensions)
    if mutation.flip is not None:
        octets = bytearray(extensions[place].octets)
        octets[mutation.flip] ^= 1
        extensions[place] = Extension(mutation.kind, bytes(octets))
        return msgspec.structs.replace(value, extensions=tuple(extensions))
    extensions = [extension for extension in extensions if extension.kind != mutation.kind]
    if mutation.octets is not None:
        extensions[place:place] = [Extension(mutation.kind, mutation.octets)] * (1 + mutation.more)
    return msgspec.structs.replace(value, extensions=tuple(extensions))


def with_octets(mutation: AnyMutation, octets: bytes) -> bytes | None:
    """Return the octets as the mutation makes them, None when they are withheld.

    Raises:
        MutationError, EditError, ProtocolError: they have no such position or element.
    """
    match mutation:
        case Overwrite(at=at, octets=new):
            start = at if at >= 0 else len(octets) + at
            if not 0 <= start <= len(octets) - len(new):
                raise MutationError(f"{mutation}: the PDU has {len(octets)} octets")
            return octets[:start] + new + octets[start + len(new) :]
        case FlipBit(at=at, bit=bit):
            start = at if at >= 0 else len(octets) + at
            if not (0 <= start < len(octets) and 0 <= bit < 8):
                raise MutationError(f"{mutation}: the PDU has {len(octets)} octets")
            return octets[:start] + bytes((octets[start] ^ 1 << bit,)) + octets[start + 1 :]
        case Insert(at=at, octets=new):
            start = at if at >= 0 else len(octets) + at
            return octets[:start] + new + octets[start:]
        case Append(octets=new):
            return octets + new
        case Cut(keep=keep):
            return octets[:keep]
        case Crop(path=path, keep=keep):
            tree = Tree(octets)
            element = tree.find(path)
            if element.children is not None:
                raise MutationError(f"{mutation}: the element has components")
            element.content = element.content[:keep]
            return tree.encode()
        case Replace(octets=new):
            return new
        case Repeat(times=times):
            return octets * times
        case Withhold():
            return None
        case EditTlv() | EditSpdu():
            return _edited(mutation, octets)
        case Pad():
            return _padded(mutation, octets)
        case SetField() | SetText() | SetTime() | SetParameter() | SetExtension() | Reorder():
            return octets
        case EditCertificate():
            return octets
        case SetBody(keep=keep, more=more, said=said):
            body = octets[MESSAGE_HEADER:][:keep] + more
            return octets[:1] + (len(body) + said).to_bytes(3, "big") + body
        case Coalesce():
            return _coalesced(octets)
        case Replay() | Reflect() | PublicValue():
            return octets


def client_value(mutation: PublicValue, exchange: bytes) -> bytes:
    """Return the ClientKeyExchange that the mutation makes; ``exchange`` is the ServerKeyExchange of DHE."""
    reader = Reader(exchange[MESSAGE_HEADER:], "ServerKeyExchange")
    prime = reader.vector16(1)
    value = int.from_bytes(prime, "big") - mutation.less
    return write_message(HandshakeType.CLIENT_KEY_EXCHANGE, vector16(value.to_bytes(len(prime), "big")))


def _coalesced(octets: bytes) -> bytes:
    """Return a flight of records whose first handshake records of one version are one."""
    kind, version = octets[0], int.from_bytes(octets[1:3], "big")
    joined, at = b"", 0
    while octets[at : at + 3] == octets[:3] and kind == ContentType.HANDSHAKE:
        end = at + HEADER_LENGTH + int.from_bytes(octets[at + 3 : at + HEADER_LENGTH], "big")
        joined += octets[at + HEADER_LENGTH : end]
        at = end
    pieces = range(0, len(joined), MAX_PLAIN)
    records = [write_record(kind, version, joined[start : start + MAX_PLAIN]) for start in pieces]
    return b"".join(records) + octets[at:]


def _edited(mutation: EditTlv | EditSpdu | EditCertificate, octets: bytes) -> bytes:
    path, new = mutation.path, mutation.octets
    tree: Tree | SpduTree
    match mutation:
        case EditSpdu(edit=Edit.LENGTH, by=by) if by:
            return SpduTree(octets).shift_length(path, by).encode()
        case EditTlv(edit=Edit.INDEFINITE) | EditCertificate(edit=Edit.INDEFINITE):
            return Tree(octets).set_indefinite(path).encode()
        case EditTlv() | EditCertificate():
            tree = Tree(octets)
        case EditSpdu():
            tree = SpduTree(octets)
    match mutation.edit:
        case Edit.DROP:
            tree.drop(path)
        case Edit.DOUBLE:
            tree.double(path)
        case Edit.REPLACE:
            tree.replace(path, new)
        case Edit.INSERT:
            tree.insert(path, new)
        case Edit.APPEND:
            tree.append(path, new)
        case Edit.CONTENT:
            tree.set_content(path, new)
        case Edit.RETAG:
            tree.retag(path, int.from_bytes(new, "big"))
        case Edit.WRAP if isinstance(tree, Tree):
            tree.wrap(path, int.from_bytes(new, "big"))
        case Edit.UNWRAP if isinstance(tree, Tree):
            tree.unwrap(path)
        case Edit.STRIP if isinstance(tree, Tree):
            tree.strip(path, new)
        case Edit.LENGTH:
            tree.set_length(path, new)
        case Edit.NON_MINIMAL:
            tree.set_non_minimal(path)
        case Edit.SWAP:
            tree.swap(path, mutation.other)
        case Edit.INDEFINITE | Edit.WRAP | Edit.UNWRAP | Edit.STRIP:
            raise MutationError(f"{mutation}: parameters of SPDUs have no such form")
    return tree.encode()


def _padded(mutation: Pad, octets: bytes) -> bytes:
    """Return the octets with the element that makes the size right: lengths around it grow with it.

    Where no element does, because a length around it takes another octet just there, the size is the next.
    """
    room = mutation.size - len(octets)
    if room <= 0:
        return octets
    fillings = [
        mutation.identifier + length_octets(count, extra) + b"." * count
        for count in range(max(room - MAXIMUM_GROWTH, 0), room + 1)
        for extra in (0, 1)
    ]

    def padded(filling: bytes) -> bytes:
        return Tree(octets).insert(mutation.path, filling).encode()

    return padded(fillings[bisect_left(fillings, mutation.size, key=lambda one: len(padded(one)))])
