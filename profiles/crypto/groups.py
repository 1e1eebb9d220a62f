"""The Diffie-Hellman groups of key agreement (13.3.1.3): key pairs, public values, shared secrets.

Exponents come from the caller, so that an exchange can be made again. MODP arithmetic is Python's own:
finite-field Diffie-Hellman is on its way out of ``cryptography``. It is not constant in time, which a tester
need not be.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from itertools import accumulate
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conform62351.profiles.crypto.errors import CryptoError

POINT_OCTETS: Final = 65
"""An uncompressed point of a 256-bit curve: 04 || X || Y."""
_UNCOMPRESSED: Final = b"\x04"
EXTRA_OCTETS: Final = 8
"""Random octets beyond the order's length: the bias of the reduction is then below 2**-64."""


class PublicValueError(CryptoError):
    """A public value that is none of its group (check 13): length, range, curve or subgroup."""


class Group(Protocol):
    """A group that keys are agreed in.

    ``name`` is that of groups.toml, ``number`` the one that dhGroup carries. ``private_octets`` is how many
    random octets :meth:`private_key` wants, ``public_octets`` the length of a public value as it is sent.
    """

    name: str
    number: int
    aliases: tuple[int, ...]
    private_octets: int
    public_octets: int

    def private_key(self, randomness: bytes) -> int:
        """Return a private key made of ``private_octets`` random octets."""

    def public_value(self, private: int) -> bytes:
        """Return dhPublicKey for a private key, as senders write it."""

    def shared_secret(self, private: int, public: bytes) -> bytes:
        """Return Z, leading zeros kept. Raises PublicValueError."""


def _reduced(randomness: bytes, octets: int, below: int) -> int:
    """Return a number from 1 to ``below`` - 1."""
    if len(randomness) != octets:
        raise ValueError(f"{octets} random octets are wanted, not {len(randomness)}")
    return 1 + int.from_bytes(randomness, "big") % (below - 1)


class ModpGroup:
    """A group modulo a prime; with ``order``, its public values lie in the subgroup of that order."""

    def __init__(self, name: str, number: int, prime: int, generator: int, order: int | None) -> None:
        self.name = name
        self.number = number
        self.aliases: tuple[int, ...] = ()
        self.prime = prime
        self.order = order
        self._generator = generator
        self._exponents = order if order is not None else 1 << 256
        self.private_octets = (self._exponents.bit_length() + 7) // 8 + EXTRA_OCTETS
        self.public_octets = (prime.bit_length() + 7) // 8

    def private_key(self, randomness: bytes) -> int:
        """Return an exponent; 256 bits of it where there is no subgroup (twice the group's strength)."""
        return _reduced(randomness, self.private_octets, self._exponents)

    def public_value(self, private: int) -> bytes:
        """Return g**x, big-endian, padded to the length of the prime (13.3.1.3, I).

        It is made of the powers of g that every x has in common (Yao), a third of what ``pow`` takes: those
        that x has with the same digit are multiplied, then each product is raised to its digit.

        Raises:
            ValueError: an exponent longer than any of this group.
        """
        products = [1] * 16
        for power, digit in zip(self._powers, reversed(f"{private:0{len(self._powers)}x}"), strict=True):
            number = int(digit, 16)
            products[number] = products[number] * power % self.prime
        value = running = 1
        for product in products[:0:-1]:
            running = running * product % self.prime
            value = value * running % self.prime
        return value.to_bytes(self.public_octets, "big")

    @functools.cached_property
    def _powers(self) -> tuple[int, ...]:
        """g to the powers of 16, as many as an exponent has hexadecimal digits."""
        digits = len(f"{self._exponents:x}")
        return tuple(
            accumulate(range(1, digits), lambda power, _: pow(power, 16, self.prime), initial=self._generator)
        )

    def shared_secret(self, private: int, public: bytes) -> bytes:
        """Return Z, padded to the length of the prime (13.3.1.3, R).

        Raises:
            PublicValueError: not as long as the prime, not between 1 and p-1, or outside the subgroup.
        """
        return pow(self._checked(public), private, self.prime).to_bytes(self.public_octets, "big")

    def _checked(self, public: bytes) -> int:
        if len(public) != self.public_octets:
            raise PublicValueError(f"{len(public)} octets in place of {self.public_octets}")
        value = int.from_bytes(public, "big")
        if not 1 < value < self.prime - 1:
            raise PublicValueError("not between 1 and p-1")
        if self.order is not None and pow(value, self.order, self.prime) != 1:
            raise PublicValueError("not in the subgroup")
        return value


class EllipticGroup:
    """The points of a curve of 256 bits with cofactor 1: every one of them but infinity is a valid value."""

    private_octets = 32 + EXTRA_OCTETS
    public_octets = POINT_OCTETS

    def __init__(self, name: str, number: int, curve: ec.EllipticCurve, aliases: tuple[int, ...]) -> None:
        self.name = name
        self.number = number
        self.aliases = aliases
        self._curve = curve
        self._order = curve.group_order

    def private_key(self, randomness: bytes) -> int:
        """Return a number from 1 to the order of the curve, less one."""
        return _reduced(randomness, self.private_octets, self._order)

    def public_value(self, private: int) -> bytes:
        """Return the point as 04 || X || Y."""
        return (
            self._key(private)
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )

    def shared_secret(self, private: int, public: bytes) -> bytes:
        """Return the x coordinate, 32 octets. A point may come without the 04 (11-decisions 9, I).

        Raises:
            PublicValueError: another form than the two, or not on the curve.
        """
        if len(public) == POINT_OCTETS - 1:
            public = _UNCOMPRESSED + public
        if len(public) != POINT_OCTETS or not public.startswith(_UNCOMPRESSED):
            raise PublicValueError("neither 04 || X || Y nor X || Y of 32 octets each")
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(self._curve, public)
        except ValueError:
            raise PublicValueError(f"not on {self._curve.name}") from None
        return self._key(private).exchange(ec.ECDH(), point)

    def _key(self, private: int) -> ec.EllipticCurvePrivateKey:
        return _elliptic_key(private, self._curve)


@functools.lru_cache(maxsize=256)
def _elliptic_key(private: int, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """Return the key of a private number: its public point is computed once for value and secret."""
    return ec.derive_private_key(private, curve)


_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
}


def _group(name: str, entry: Mapping[str, Any]) -> Group:
    if entry["kind"] == "ec":
        alias = entry.get("alias")
        aliases = () if alias is None else (alias,)
        return EllipticGroup(name, entry["number"], _CURVES[entry["curve"]], aliases)
    order = entry.get("order")
    return ModpGroup(
        name,
        entry["number"],
        _hexadecimal(entry["prime"]),
        _hexadecimal(entry["generator"]),
        None if order is None else _hexadecimal(order),
    )


def _hexadecimal(text: str) -> int:
    return int("".join(text.split()), 16)


@functools.cache
def groups() -> Mapping[str, Group]:
    """Return every group by its name in groups.toml; two of them read the number 23 in different ways."""
    return {name: _group(name, entry) for name, entry in _table().items()}


@functools.cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("conform62351.profiles.crypto").joinpath("groups.toml").read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def _replaced() -> Mapping[str, str]:
    """Return the groups of the other reading, and whose numbers they have there."""
    return {name: entry["in_place_of"] for name, entry in _table().items() if "in_place_of" in entry}


class Numbering:
    """Which group a number stands for: 23 is secp256r1, or with the IKE reading that of RFC 5114.

    The number 19 is an alias of secp256r1 and understood only where 23 is that (13.3.1.3, I).
    """

    def __init__(self, supported: tuple[str, ...], *, ike: bool = False) -> None:
        """Take the names of the supported groups. Raises KeyError for one that does not exist."""
        replaced = _replaced()
        left_out = replaced.values() if ike else replaced.keys()
        chosen = [groups()[name] for name in supported if name not in left_out]
        self._groups: dict[int, Group] = {}
        for group in chosen:
            self._groups |= dict.fromkeys((group.number, *group.aliases), group)

    def group(self, number: int) -> Group | None:
        """Return the group that ``number`` stands for, None where it is not supported."""
        return self._groups.get(number)


@functools.lru_cache(maxsize=64)
def numbering(supported: tuple[str, ...], ike: bool) -> Numbering:
    """Return the numbering of the supported groups, made once. Raises KeyError as :class:`Numbering`."""
    return Numbering(supported, ike=ike)
