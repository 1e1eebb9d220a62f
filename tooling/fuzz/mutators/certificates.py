"""Mutators of the X.509 certificates inside tokens, authentication values and TLS messages (RFC 5280, R).

Where the keys of a workshop are at hand the issuer signs the certificate again, so that what reads names,
validity, keys and extensions behind a valid signature is reached.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from conform62351.profiles.pki.writing import integer, tlv
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditCertificate
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.extensions import odd_extension
from conform62351.tooling.fuzz.mutators.fields import NO_FIELDS, is_open, sent_leaves
from conform62351.tooling.fuzz.mutators.leaves import Meaning
from conform62351.tooling.fuzz.mutators.mutator import Remembered
from conform62351.tooling.fuzz.mutators.tlv import Node, content_of, nodes_of, pick
from conform62351.tooling.fuzz.places import Place

_UNSIGNED: Final = 0.2
"""The share of changed certificates that are not signed again though they could be."""
TBS: Final = "30/30"
_MOST_NODES: Final = 200


class Anatomy(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a certificate are, as paths; empty where it has no such part."""

    version: str
    serial: str
    algorithm: str
    issuer: str
    validity: str
    subject: str
    key: str
    extensions: str


class Held(msgspec.Struct, frozen=True):
    """A certificate in a field: the path of the field, its TLVs, and where its parts are."""

    field: str
    nodes: tuple[Node, ...]
    anatomy: Anatomy

    def below(self, path: str) -> list[Node]:
        """Return the TLV at a path and those in it."""
        return [node for node in self.nodes if node.path == path or node.path.startswith(f"{path}/")]


def _anatomy(nodes: tuple[Node, ...]) -> Anatomy | None:
    """Return where the parts of a certificate are, None where the TLVs are not those of one."""
    paths = {node.path for node in nodes}
    parts = (
        f"{TBS}/02",
        f"{TBS}/30",
        *(f"{TBS}/30[{place}]" for place in range(1, 5)),
        "30/30[1]",
        "30/03",
    )
    if not paths.issuperset(parts):
        return None
    serial, algorithm, issuer, validity, subject, key = parts[:6]
    version, extensions = f"{TBS}/a0/02", f"{TBS}/a3/30"
    return Anatomy(
        version=version if version in paths else "",
        serial=serial,
        algorithm=algorithm,
        issuer=issuer,
        validity=validity,
        subject=subject,
        key=key,
        extensions=extensions if extensions in paths else "",
    )


def _held(place: Place) -> tuple[Held, ...]:
    found = []
    for leaf in sent_leaves(place):
        if leaf.meaning is Meaning.CERTIFICATE and isinstance(leaf.value, bytes):
            nodes = nodes_of(leaf.value)[:_MOST_NODES]
            anatomy = _anatomy(nodes)
            if anatomy is not None:
                found.append(Held(leaf.path, nodes, anatomy))
    return tuple(found)


certificates = Remembered(_held)
Change = tuple[str, Edit, bytes]
"""Path, what is done there, and the octets for it."""
Make = Callable[[Held, Random], Change]


class CertificateMutator:
    """Changes a certificate; ``can_sign``: the keys of the authorities are at hand."""

    weight = 1.0

    def __init__(self, name: str, make: Make, *, can_sign: bool) -> None:
        self.name = name
        self._make = make
        self._can_sign = can_sign

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a certificate in one of its fields."""
        return is_open(place) and place.pdu not in NO_FIELDS and bool(certificates(place))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of one certificate, most often of the sender's own."""
        held = certificates(place)
        one = held[0] if random.random() < 0.7 else random.choice(held)
        path, edit, octets = self._make(one, random)
        if not path:
            return ()
        signed = self._can_sign and random.random() >= _UNSIGNED
        return (
            EditCertificate(
                pdu=place.pdu, field=one.field, path=path, edit=edit, octets=octets, signed=signed
            ),
        )


_VERSIONS: Final = (b"", b"\0", b"\1", b"\3", b"\x7f", b"\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
_NAME_TAGS: Final = (0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E, 0x05, 0x30)


def _number(held: Held, random: Random) -> Change:
    """Return another version or serial number."""
    if held.anatomy.version and random.random() < 0.3:
        return held.anatomy.version, Edit.CONTENT, random.choice(_VERSIONS)
    made = content_of(b"\x02", b"\1", random)
    return held.anatomy.serial, Edit.CONTENT, random.choice((made, b"\1" * 21, b"\x7f" * 4000, b"\0"))


def _attribute(random: Random) -> bytes:
    """Return an AttributeTypeAndValue whose value is hard to print, compare or copy."""
    kind = random.choice((b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x0a", b"\x06\x01\x2a", b"\x06\0"))
    tag = random.choice(_NAME_TAGS)
    text = random.choice((values.text(random), "A" * 64, "A" * 65, "CN=relay 7,O=Vendor", "relay\0.example"))
    content = text.encode("utf-16-be", "replace") if tag == 0x1E else text.encode("utf-8", "replace")
    if random.random() < 0.2:
        content = random.choice((b"\xff\xfe\xfd", b"\xc0\x80", b"\xed\xa0\x80", content[:-1]))
    return tlv(0x30, kind, tlv(tag, content))


def _name(held: Held, random: Random) -> Change:
    """Return the subject, or the issuer, with another attribute, with none, or with very many."""
    path = held.anatomy.subject if random.random() < 0.8 else held.anatomy.issuer
    way = random.randrange(5)
    if way == 0:
        return path, Edit.CONTENT, b""
    if way == 1:
        return path, Edit.APPEND, tlv(0x31, _attribute(random))
    if way == 2:
        return path, Edit.APPEND, tlv(0x31, *[_attribute(random)] * random.choice((2, 16, 100)))
    if way == 3:
        return path, Edit.APPEND, tlv(0x31, _attribute(random)) * random.choice((16, 100, 300))
    return path, Edit.CONTENT, tlv(0x31, _attribute(random))


MOMENTS: Final = (
    tlv(0x17, b"261301000000Z"),
    tlv(0x17, b""),
    tlv(0x18, b"9" * 300 + b"Z"),
    tlv(0x17, b"260101000000Z"),
    tlv(0x17, b"000101000000Z"),
    tlv(0x17, b"491231235959Z"),
    tlv(0x17, b"500101000000Z"),
    tlv(0x17, b"260230000000Z"),
    tlv(0x17, b"2601010000Z"),
    tlv(0x17, b"260101000000+9900"),
    tlv(0x18, b"99991231235959Z"),
    tlv(0x18, b"00000000000000Z"),
    tlv(0x18, b"19691231235959Z"),
    tlv(0x18, b"20380119031408Z"),
    tlv(0x18, b"21060207062816Z"),
    tlv(0x18, b"20260101000000.5Z"),
    tlv(0x05),
)
"""Times of certificates: where years turn over, impossible ones, and those that RFC 5280 does not have."""


def _validity(held: Held, random: Random) -> Change:
    """Return another validity: impossible, upside down, or of other than two times."""
    first, last = random.choice(MOMENTS), random.choice(MOMENTS)
    past, future = tlv(0x17, b"200101000000Z"), tlv(0x18, b"20991231235959Z")
    content = random.choice(
        (first + last, past + last, first + future, future + past, b"", past, past + future + past)
    )
    return held.anatomy.validity, Edit.CONTENT, content


_EC: Final = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
_P256: Final = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
_RSA: Final = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0"
_POINTS: Final = (
    b"",
    b"\0",
    b"\4",
    b"\4" + bytes(64),
    b"\4" + b"\xff" * 64,
    b"\4" + b"\1" * 64,
    b"\2" + bytes(32),
    b"\4" * 2000,
)
_CURVES: Final = (_P256, b"", b"\x05\0", b"\x06\x01\x2a", b"\x06\x05\x2b\x81\x04\0\x22", b"\x30\0", b"\x06\0")


def _key(held: Held, random: Random) -> Change:
    """Return another public key: no point of its curve, no curve, or an RSA key of odd numbers."""
    if random.random() < 0.5:
        point = random.choice(_POINTS)
        algorithm = tlv(0x30, _EC, random.choice(_CURVES))
        return (
            held.anatomy.key,
            Edit.CONTENT,
            algorithm + tlv(0x03, random.choice((b"\0", b"\7", b"\xff", b"")), point),
        )
    modulus = random.choice((0, 1, 2, 15, -1, (1 << 2048) - 1, 1 << 2047, (1 << 16_384) - 1))
    exponent = random.choice((0, 1, 2, 3, -1, 65_537, 1 << 64, (1 << 2048) - 1))
    numbers = random.choice((integer(modulus) + integer(exponent), integer(modulus), b"", b"\x02\0\x02\0"))
    return held.anatomy.key, Edit.CONTENT, tlv(0x30, _RSA) + tlv(0x03, b"\0", tlv(0x30, numbers))


def _extensions(held: Held, random: Random) -> Change:
    """Return the extensions with an odd one, without one or all, or with one twice."""
    path = held.anatomy.extensions
    if not path:
        return f"{TBS}", Edit.APPEND, tlv(0xA3, tlv(0x30, odd_extension(random)))
    own = [node.path for node in held.nodes if node.path.rpartition("/")[0] == path]
    way = random.randrange(6)
    if way == 0 and own:
        return random.choice(own), Edit.DROP, b""
    if way == 1 and own:
        return random.choice(own), Edit.DOUBLE, b""
    if way == 2:
        content = random.choice((b"", odd_extension(random) * random.choice((1, 100, 500))))
        return path, Edit.CONTENT, content[:40_000]
    return path, Edit.APPEND, odd_extension(random)


def _extension_value(held: Held, random: Random) -> Change:
    """Return an extension that the certificate has, with another value, criticality or identifier."""
    inner = [node for node in held.below(held.anatomy.extensions) if not node.constructed]
    if not held.anatomy.extensions or not inner:
        return "", Edit.DROP, b""
    node = pick(inner, random)
    if node.identifier == b"\x04" and random.random() < 0.7:
        made = odd_value(node.content, random)
        return node.path, Edit.CONTENT, made
    return node.path, Edit.CONTENT, content_of(node.identifier, node.content, random)


def odd_value(old: bytes, random: Random) -> bytes:
    """Return the value of an extension with one of its TLVs changed."""
    ways = (b"", b"\x30\0", b"\x03\1\0", b"\x03\2\7\0", b"\5\0", old[:-1], old + b"\0", values.nested(random))
    return random.choice((*ways, tlv(0x30, old * random.choice((2, 50))), values.octets(random, old)))


def _algorithm(held: Held, random: Random) -> Change:
    """Return another signature algorithm within the certificate, which the one behind it contradicts."""
    path = random.choice((held.anatomy.algorithm, "30/30[1]"))
    oid = content_of(b"\x06", b"", random)
    parameters = random.choice((b"", b"\5\0", b"\x30\0", b"\x04\x84\x7f\xff\xff\xff", values.nested(random)))
    return path, Edit.CONTENT, tlv(0x06, oid) + parameters


def _anything(held: Held, random: Random) -> Change:
    """Return any TLV of the certificate changed, whatever it means."""
    node = pick(list(held.nodes), random)
    if node.constructed:
        way = random.randrange(4)
        if way == 0:
            return node.path, Edit.DROP, b""
        if way == 1:
            return node.path, Edit.DOUBLE, b""
        if way == 2:
            return node.path, Edit.APPEND, values.nested(random)
        return node.path, Edit.LENGTH, values.claimed_length(random, 0)
    if random.random() < 0.3:
        return node.path, Edit.LENGTH, values.claimed_length(random, len(node.content))
    return node.path, Edit.CONTENT, content_of(node.identifier, node.content, random)


def _signature(held: Held, random: Random) -> Change:  # noqa: ARG001 - all certificates have it in one place
    """Return the signature of the issuer with another content; signing again would undo it."""
    return (
        "30/03",
        Edit.CONTENT,
        random.choice((b"", b"\0", b"\0\x30\0", b"\7\xff", b"\0" + b"\xff" * 256, b"\0" * 5000)),
    )


def certificate_mutators(*, can_sign: bool) -> tuple[CertificateMutator, ...]:
    """Return the mutators of certificates; ``can_sign``: those who have issued them can sign again."""
    makes: dict[str, Make] = {
        "certificate number": _number,
        "certificate name": _name,
        "certificate validity": _validity,
        "certificate key": _key,
        "certificate extensions": _extensions,
        "certificate extension value": _extension_value,
        "certificate algorithm": _algorithm,
        "certificate TLV": _anything,
    }
    signed = tuple(CertificateMutator(name, make, can_sign=can_sign) for name, make in makes.items())
    return (*signed, CertificateMutator("certificate signature", _signature, can_sign=False))
