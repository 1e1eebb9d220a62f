"""Static Diffie-Hellman keys over finite fields, as certificates carry them: X9.42 and PKCS #3 (R).

A public key is a SubjectPublicKeyInfo (RFC 3279, 2.3.3), a private one PKCS #8 (RFC 5208). Arithmetic is
Python's own ``pow``, because finite-field Diffie-Hellman is on its way out of ``cryptography``. It is not
constant in time, which a tester need not be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.reading import (
    BIT_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Series,
    bits,
    fail,
    identifier,
    read,
)
from conform62351.profiles.pki.writing import integer, tlv
from conform62351.profiles.tlv import Limits, Tlv, Walk

X9_42: Final = "dhpublicnumber"
PKCS_3: Final = "dhKeyAgreement"
IDENTIFIERS: Final = {X9_42: "1.2.840.10046.2.1", PKCS_3: "1.2.840.113549.1.3.1"}
"""The forms of a key and their object identifiers (R)."""

MAX_OCTETS: Final = 8192
"""Octets of a public or private key at most."""
PRIME_BITS: Final = range(512, 8193)
"""Bits of a prime. Shorter ones stand in no group that was ever published for TLS, longer ones would let a
key of a peer's making take seconds (I)."""

_EXPONENT_BITS: Final = {2048: 225, 3072: 275, 4096: 325, 6144: 375, 8192: 400}
"""Bits of a private value that suffice, by those of the prime (RFC 7919, 5.2 and appendix A; R)."""

_FORMS: Final = {oid: form for form, oid in IDENTIFIERS.items()}
_OID_TLVS: Final = {
    X9_42: bytes.fromhex("06072a8648ce3e0201"),
    PKCS_3: bytes.fromhex("06092a864886f70d010301"),
}
_LIMITS: Final = Limits(depth=8, count=64, length=MAX_OCTETS)
_PUBLIC: Final = "subjectPublicKeyInfo"
_PRIVATE: Final = "PrivateKeyInfo"
_ATTRIBUTES: Final = 0xA0
_PUBLIC_KEY: Final = 0x81


class DhKeyError(ProtocolError):
    """Octets that are no Diffie-Hellman key, or a number that none can have."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("DH", offset, message)


@dataclass(frozen=True, slots=True)
class DhPublicKey:
    """A public key: the value ``y`` in the group of prime ``p`` and generator ``g``.

    ``q`` is the order of the subgroup, which PKCS #3 does not have; ``form`` is ``dhpublicnumber`` (X9.42) or
    ``dhKeyAgreement`` (PKCS #3). Raises DhKeyError: a size, a generator or a value out of range, no order
    with X9.42, or another form.
    """

    p: int
    g: int
    q: int | None
    y: int
    form: str = X9_42

    def __post_init__(self) -> None:
        if self.form not in IDENTIFIERS:
            raise DhKeyError(0, f"{self.form} is no form of a key")
        if self.p.bit_length() not in PRIME_BITS or not self.p & 1:
            raise DhKeyError(0, f"a prime of {self.p.bit_length()} bits")
        if not 1 < self.g < self.p - 1:
            raise DhKeyError(0, "a generator that is not between 1 and p-1")
        if self.q is None and self.form == X9_42:
            raise DhKeyError(0, f"{X9_42} without the order of the subgroup")
        if self.q is not None and not 1 < self.q < self.p:
            raise DhKeyError(0, "an order that is not between 1 and p")
        check_public_value(self.y, self.p)

    @property
    def bits(self) -> int:
        """The size of the prime."""
        return self.p.bit_length()

    @property
    def spki(self) -> bytes:
        """The DER of the SubjectPublicKeyInfo."""
        return write_dh_public(self)

    def same_value(self, other: DhPublicKey) -> bool:
        """Return whether both are the same value of the same group, however they are written."""
        return (self.p, self.g, self.y) == (other.p, other.g, other.y)


@dataclass(frozen=True, slots=True)
class DhPrivateKey:
    """A private key: the exponent ``x`` of ``public.y``. Raises DhKeyError when it is not between 0 and p-1.

    That the two belong together is not looked at: :func:`dh_private_key` and :func:`read_dh_private` compute
    the one from the other.
    """

    public: DhPublicKey
    x: int = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.x < self.public.p - 1:
            raise DhKeyError(0, "a private value that is not between 0 and p-1")

    @property
    def spki(self) -> bytes:
        """The DER of the SubjectPublicKeyInfo."""
        return self.public.spki

    def shared_value(self, y: int) -> int:
        """Return y**x of a peer's value in this group. Raises DhKeyError when ``y`` is out of range."""
        check_public_value(y, self.public.p)
        return pow(y, self.x, self.public.p)


def check_public_value(y: int, p: int) -> None:
    """Raise DhKeyError unless ``y`` is between 1 and p-1, both excluded (RFC 7919, 5.1; R)."""
    if not 1 < y < p - 1:
        raise DhKeyError(0, "a public value that is not between 1 and p-1")


def exponent_bits(p: int) -> int:
    """Return how many bits a private value has for the prime ``p``: more cost time and give nothing."""
    fitting = (bits for size, bits in _EXPONENT_BITS.items() if size >= p.bit_length())
    return min(next(fitting, max(_EXPONENT_BITS.values())), max(p.bit_length() - 1, 1))


def dh_private_key(p: int, g: int, q: int | None, x: int, form: str = X9_42) -> DhPrivateKey:
    """Return the key pair of the exponent ``x``. Raises DhKeyError, as the keys do."""
    if p.bit_length() not in PRIME_BITS or not p & 1:
        raise DhKeyError(0, f"a prime of {p.bit_length()} bits")
    if not 0 < x < p - 1:
        raise DhKeyError(0, "a private value that is not between 0 and p-1")
    return DhPrivateKey(DhPublicKey(p, g, q, pow(g, x, p), form), x)


class DhNumbers(NamedTuple):
    """What is written of a public key, whether a key can be so or not; the members are those of a key."""

    p: int
    g: int
    q: int | None
    y: int
    form: str


def read_dh_public(spki: bytes) -> DhPublicKey:
    """Return the key in a SubjectPublicKeyInfo of at most 8192 octets. Raises DhKeyError."""
    return DhPublicKey(*read_dh_numbers(spki))


def read_dh_numbers(spki: bytes) -> DhNumbers:
    """Return what a SubjectPublicKeyInfo of at most 8192 octets says of a key. Raises DhKeyError."""
    try:
        found = read(_bounded(spki), _PUBLIC, _LIMITS)
        parts = Series(found.root, _PUBLIC)
        algorithm = parts.take(SEQUENCE, "algorithm")
        value = bits(found, parts.take(BIT_STRING, "subjectPublicKey"), _PUBLIC)
        parts.end()
        form, p, g, q = _group(found, algorithm)
        inner = read(value, "DHPublicKey", _LIMITS, INTEGER)
        return DhNumbers(p, g, q, _number(inner, inner.root, "y"), form)
    except DerError as error:
        raise DhKeyError(error.offset, error.message) from error


def read_dh_private(pkcs8: bytes) -> DhPrivateKey:
    """Return the key in an unencrypted PKCS #8 PrivateKeyInfo of at most 8192 octets. Raises DhKeyError."""
    try:
        found = read(_bounded(pkcs8), _PRIVATE, _LIMITS)
        parts = Series(found.root, _PRIVATE)
        parts.take(INTEGER, "version")
        algorithm = parts.take(SEQUENCE, "privateKeyAlgorithm")
        value = found.content(parts.take(OCTET_STRING, "privateKey"))
        parts.take_if(_ATTRIBUTES)
        parts.take_if(_PUBLIC_KEY)
        parts.end()
        form, p, g, q = _group(found, algorithm)
        inner = read(value, "privateKey", _LIMITS, INTEGER)
        return dh_private_key(p, g, q, _number(inner, inner.root, "x"), form)
    except DerError as error:
        raise DhKeyError(error.offset, error.message) from error


def write_dh_public(key: DhPublicKey) -> bytes:
    """Return the DER of the SubjectPublicKeyInfo."""
    return tlv(SEQUENCE, _algorithm(key), tlv(BIT_STRING, b"\0", integer(key.y)))


def write_dh_private(key: DhPrivateKey) -> bytes:
    """Return the DER of the unencrypted PKCS #8 PrivateKeyInfo."""
    return tlv(SEQUENCE, integer(0), _algorithm(key.public), tlv(OCTET_STRING, integer(key.x)))


def is_dh(octets: bytes) -> bool:
    """Return whether a SubjectPublicKeyInfo or a PrivateKeyInfo says that its key is for Diffie-Hellman.

    Nothing else of it is looked at, so that the answer says who is to read it.
    """
    try:
        parts = Series(read(octets, _PUBLIC, _LIMITS).root, _PUBLIC)
        parts.take_if(INTEGER)
        algorithm = parts.take(SEQUENCE, "algorithm")
    except DerError:
        return False
    first = algorithm.children[0] if algorithm.children else algorithm
    return octets[first.start : first.end] in _OID_TLVS.values()


def _bounded(octets: bytes) -> bytes:
    if len(octets) > MAX_OCTETS:
        raise DhKeyError(MAX_OCTETS, f"a key of more than {MAX_OCTETS} octets")
    return octets


def _group(found: Walk, algorithm: Tlv) -> tuple[str, int, int, int | None]:
    """Return form, prime, generator and order, None where the form has none.

    What may follow in the parameters serves to verify how they were made and how long a private value is; it
    is passed over.
    """
    parts = Series(algorithm, "algorithm")
    oid = identifier(found, parts.take(OBJECT_IDENTIFIER, "algorithm"), "algorithm")
    form = _FORMS.get(oid)
    if form is None:
        fail(algorithm, "algorithm", f"{oid} is not for Diffie-Hellman")
    parameters = Series(parts.take(SEQUENCE, "parameters"), "parameters")
    parts.end()
    p = _number(found, parameters.take(INTEGER, "p"), "p")
    g = _number(found, parameters.take(INTEGER, "g"), "g")
    q = _number(found, parameters.take(INTEGER, "q"), "q") if form == X9_42 else None
    parameters.take_if(INTEGER)
    if form == X9_42:
        parameters.take_if(SEQUENCE)
    parameters.end()
    return form, p, g, q


def _number(found: Walk, node: Tlv, name: str) -> int:
    content = found.content(node)
    if not content or content[0] & 0x80:
        fail(node, name, "a number that is not positive")
    return int.from_bytes(content, "big")


def _algorithm(key: DhPublicKey) -> bytes:
    order = b"" if key.q is None or key.form == PKCS_3 else integer(key.q)
    parameters = tlv(SEQUENCE, integer(key.p), integer(key.g), order)
    return tlv(SEQUENCE, _OID_TLVS[key.form], parameters)
