"""Sweeps the handshake messages of TLS: lengths of vectors, extensions, bodies, types of messages."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from conform62351.profiles.tls.engine.framing import MESSAGE_HEADER
from conform62351.tooling.engine.mutations import AnyMutation, Overwrite, SetBody, SetExtension
from conform62351.tooling.fuzz.mutators.handshakes import (
    UNKNOWN,
    TlsBodyMutator,
    TlsExtensionMutator,
    vectors,
)
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.probe import Probe, from_place, probes

_TYPES: Final = (99, 0, 255, 1, 2, 11, 14, 20, 16, 15, 4, 22, 67, 254)
_EXTENSIONS: Final = (b"", b"\xff\xff", b"\0\0", b"\xff", b"\0\1", b"\0", b"A" * 300, b"A" * 16_000)
_DRAWN: Final = 24
_GUESSED: Final = 3
_MOST_GUESSED: Final = 40
"""The round in which numbers have their turn that may be lengths, and how many of them."""
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE, _CERTIFICATE_VERIFY, _CLIENT_KEY_EXCHANGE = 1, 2, 11, 15, 16
_SESSION_ID: Final = MESSAGE_HEADER + 2 + 32
_MOST_LENGTHS: Final = 64


def tls_probes(place: Place) -> Iterator[Probe]:
    """Yield the changes of a handshake message, none where the place holds none."""
    if TlsExtensionMutator().suits(place):
        yield from _extensions(place)
    if not TlsBodyMutator().suits(place):
        return
    octets = octets_of(place) or b""
    known = _lengths(octets)
    guessed = [vector for vector in vectors(octets) if vector not in known][:_MOST_GUESSED]
    for number, (at, width) in enumerate((*known, *guessed)):
        old = int.from_bytes(octets[at : at + width], "big")
        most = (1 << 8 * width) - 1
        said = (*from_place((0, most, old + 1, old - 1), number), 1, most >> 1, (most >> 1) + 1, 2 * old)
        changes = (
            Overwrite(pdu=place.pdu, at=at, octets=value.to_bytes(width, "big"))
            for value in said
            if 0 <= value <= most
        )
        first = 0 if number < len(known) else _GUESSED
        yield from probes("TLS length", place, f"length at {at}", changes, first)
    kinds = (Overwrite(pdu=place.pdu, at=0, octets=bytes((kind,))) for kind in _TYPES)
    yield from probes("TLS message", place, "type", kinds)
    yield from probes("TLS message", place, "body", _bodies(place.pdu, len(octets)))


def _lengths(octets: bytes) -> list[tuple[int, int]]:
    """Return where the lengths of a message stand, and of how many octets each is (RFC 5246, 7.4; R)."""
    found = [(1, 3)]

    def behind(at: int, width: int) -> int:
        found.append((at, width))
        return at + width + int.from_bytes(octets[at : at + width], "big")

    kind = octets[0]
    if kind in (_CLIENT_HELLO, _SERVER_HELLO):
        at = behind(_SESSION_ID, 1)
        at = behind(behind(at, 2), 1) if kind == _CLIENT_HELLO else at + 3
        behind(at, 2)
        at += 2
        while at + 4 <= len(octets) and len(found) < _MOST_LENGTHS:
            following = behind(at + 2, 2)
            found += [(at + 4, 2)] if following - at > 6 else []
            at = following
    elif kind == _CERTIFICATE:
        behind(MESSAGE_HEADER, 3)
        at = MESSAGE_HEADER + 3
        while at + 3 <= len(octets) and len(found) < _MOST_LENGTHS:
            at = behind(at, 3)
    elif kind in (_CERTIFICATE_VERIFY, _CLIENT_KEY_EXCHANGE):
        behind(MESSAGE_HEADER + (2 if kind == _CERTIFICATE_VERIFY else 0), 2)
        found += [(MESSAGE_HEADER, 1)] if kind == _CLIENT_KEY_EXCHANGE else []
    return [(at, width) for at, width in found if at + width <= len(octets)]


def _bodies(pdu: str, size: int) -> Iterator[AnyMutation]:
    """Yield bodies cut and padded, with a length that is right, and with one that is not."""
    yield from (SetBody(pdu=pdu, keep=keep) for keep in (0, max(size - 5, 0), 1, size // 2, 2))
    yield from (SetBody(pdu=pdu, said=said) for said in (1, 255, 65_535, 1 << 20))
    yield from (SetBody(pdu=pdu, more=b"\0" * more) for more in (1, 16, 16_384))
    yield SetBody(pdu=pdu, keep=0, said=65_535)


def _extensions(place: Place) -> Iterator[Probe]:
    own = {extension.kind: extension.octets for extension in place.sample.extensions or ()}
    for kind in dict.fromkeys((*own, *UNKNOWN)):
        old = own.get(kind, b"\0\2\0\1")
        made = (*_EXTENSIONS[:2], b"\xff\xff" + old[2:], old[:-1], b"\0\0" + old[2:], *_EXTENSIONS[2:])
        changes: list[AnyMutation] = [
            SetExtension(pdu=place.pdu, kind=kind, octets=octets) for octets in made
        ]
        changes[2:2] = [SetExtension(pdu=place.pdu, kind=kind, octets=old, more=more) for more in (1, 50)]
        if kind in own:
            changes.insert(1, SetExtension(pdu=place.pdu, kind=kind))
        yield from probes("TLS extension", place, f"extension {kind}", changes)
    drawn = (TlsExtensionMutator().mutate(place, Random(number)) for number in range(_DRAWN))
    yield from probes("TLS extension", place, "extension", (one for found in drawn for one in found), first=2)
