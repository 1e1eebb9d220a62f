"""Mutators of TLS handshake messages beyond their fields and octets: extensions, and bodies cut or padded."""

from __future__ import annotations

from random import Random
from typing import Final

from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.profiles.tls.engine.framing import MESSAGE_HEADER
from conform62351.tooling.engine.mutations import AnyMutation, Overwrite, SetBody, SetExtension
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.places import Place

_PREFIX: Final = "TLS."
_NO_MESSAGES: Final = (
    "TLS.Alert",
    "TLS.ChangeCipherSpec",
    "TLS.ApplicationData",
    "TLS.premaster",
    "TLS.signed",
    "TLS.secret",
    "TLS.parameters",
)
"""Names of the engine that no handshake message has."""
UNKNOWN: Final = (0, 40, 0x0A0A, 0x3374, 0xFFFF)
_LONGEST_EXTENSION: Final = 16_000
_MOST_SEARCHED: Final = 512
"""Octets of a message in which lengths are looked for: behind them come certificates and keys."""


_HIGHEST: Final = (0x80, 4, 1)
"""What the first octet of a length of one, two or three octets is below, in hellos."""


class TlsExtensionMutator:
    """Gives a hello an extension that it has not, other octets for one, or one several times."""

    weight = 1.0
    name = "TLS extension"

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a hello."""
        return place.kind == "value" and place.pdu.startswith(_PREFIX) and hasattr(place.sample, "extensions")

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of one extension."""
        own = [extension.kind for extension in place.sample.extensions or ()]
        kind = random.choice((*own, *own, *UNKNOWN, *map(int, ExtensionType)))
        way = random.randrange(4)
        if way == 0 and kind in own:
            return (SetExtension(pdu=place.pdu, kind=kind),)
        old = next((one.octets for one in place.sample.extensions or () if one.kind == kind), b"\0\2\0\1")
        if way == 1 and kind in own and old:
            return (SetExtension(pdu=place.pdu, kind=kind, flip=random.randrange(-len(old), len(old))),)
        lying = random.choice((b"\xff\xff", b"\0\0", b"\0\1", b"\xff", b"\0")) + old[2:]
        octets = random.choice((lying, values.octets(random, old)[:_LONGEST_EXTENSION]))
        more = random.choice((0, 0, 1, 50)) if len(octets) < 300 else 0
        return (SetExtension(pdu=place.pdu, kind=kind, octets=octets, more=more),)


class TlsBodyMutator:
    """Cuts the body of a handshake message, puts octets behind it, or lies about its length."""

    weight = 1.0
    name = "TLS message"

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a handshake message."""
        octets = octets_of(place)
        if place.kind != "octets" or octets is None or not place.pdu.startswith(_PREFIX):
            return False
        return place.pdu not in _NO_MESSAGES and len(octets) >= MESSAGE_HEADER

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of the body."""
        body = len(octets_of(place) or b"") - MESSAGE_HEADER
        keep = random.choice((None, 0, 1, body // 2, max(body - 1, 0)))
        more = random.choice((b"", b"\0", b"\xff" * 16, bytes(values.size(random, 20_000))))
        said = random.choice((0, 0, 1, 255, 65_535, 1 << 20)) if keep is not None or more else 1
        return (SetBody(pdu=place.pdu, keep=keep, more=more, said=said),)


def vectors(octets: bytes) -> tuple[tuple[int, int], ...]:
    """Return where lengths of vectors may stand in a handshake message, and of how many octets each is.

    A number is taken for one where the octets that it announces are there, and are some; those of the whole
    message come first. Nothing needs to be known of the message for that (RFC 5246, 4.3; R).
    """
    found = [(1, 3)]
    for at in range(MESSAGE_HEADER, min(len(octets), _MOST_SEARCHED)):
        for width in (1, 2, 3):
            announced = int.from_bytes(octets[at : at + width], "big")
            end = at + width + announced
            whole = end == len(octets) or (end < len(octets) and octets[at] < _HIGHEST[width - 1])
            if announced >= 2 and whole:
                found.append((at, width))
    return tuple(found)


class TlsLengthMutator:
    """Has the length of a vector say something else; nothing follows it."""

    weight = 1.0
    name = "TLS length"

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a handshake message."""
        return TlsBodyMutator().suits(place)

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return another length: a border, or a few octets more or less."""
        octets = octets_of(place) or b""
        at, width = random.choice(vectors(octets))
        old = int.from_bytes(octets[at : at + width], "big")
        most = (1 << 8 * width) - 1
        said = random.choice(
            (0, 1, most, most >> 1, old - 1, old + 1, old + 2, values.unsigned(random, width))
        )
        return (Overwrite(pdu=place.pdu, at=at, octets=max(0, min(said, most)).to_bytes(width, "big")),)


def tls_mutators() -> tuple[TlsExtensionMutator | TlsBodyMutator | TlsLengthMutator, ...]:
    """Return the mutators of TLS handshake messages."""
    return TlsExtensionMutator(), TlsBodyMutator(), TlsLengthMutator()
