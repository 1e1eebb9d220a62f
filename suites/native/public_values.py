"""Octets that are no public value of a group, by what is wrong with them (13.3.1.3, row 13 of clause 14)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from conform62351.profiles.crypto.groups import ModpGroup, groups

COORDINATE_OCTETS: Final = 32
UNCOMPRESSED: Final = b"\x04"

Values = Mapping[str, bytes]


@dataclass(frozen=True)
class Curve:
    """The field of a curve y**2 = x**3 + ax + b modulo p, which is 3 modulo 4."""

    p: int
    a: int
    b: int

    def square(self, x: int) -> int:
        """Return what y**2 is at ``x``."""
        return int((pow(x, 3, self.p) + self.a * x + self.b) % self.p)

    def small_point(self) -> tuple[int, int]:
        """Return the point with the least x above 0."""
        for x in count(1):
            y = pow(self.square(x), (self.p + 1) // 4, self.p)
            if y * y % self.p == self.square(x):
                return x, y
        raise AssertionError("every curve has points")


_SECP256R1_P: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
CURVES: Final[Mapping[str, Curve]] = {
    "secp256r1": Curve(
        _SECP256R1_P,
        _SECP256R1_P - 3,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    "brainpoolP256r1": Curve(
        0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
        0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
        0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    ),
}
"""SEC 2, 2.4.2; RFC 5639, 3.4."""


def valid(group: str) -> bytes:
    """Return a public value of the group: that of the private key 2."""
    return groups()[group].public_value(2)


def _point(x: int, y: int, lead: bytes = UNCOMPRESSED) -> bytes:
    return lead + x.to_bytes(COORDINATE_OCTETS, "big") + y.to_bytes(COORDINATE_OCTETS, "big")


def _coordinates(group: str) -> tuple[int, int]:
    octets = valid(group)[1:]
    x, y = octets[:COORDINATE_OCTETS], octets[COORDINATE_OCTETS:]
    return int.from_bytes(x, "big"), int.from_bytes(y, "big")


def no_points(group: str) -> Values:
    """Return octets in the form of a point that is none of the curve, the one at infinity among them."""
    curve = CURVES[group]
    x, y = _coordinates(group)
    small_x, small_y = curve.small_point()
    other = next(name for name in CURVES if name != group)
    return {
        "not on the curve": _point(x, y ^ 1),
        "not on the curve, without the octet 04": _point(x, y ^ 1, b""),
        "of order 2 on another curve": _point(1, 0),
        "of the other curve": valid(other),
        "x not reduced": _point(small_x + curve.p, small_y),
        "the prime as x and as y": _point(curve.p, curve.p),
        "infinity as one zero octet": b"\x00",
        "infinity as 65 zero octets": bytes(65),
        "infinity as 04 and zero octets": _point(0, 0),
        "infinity as 64 zero octets": _point(0, 0, b""),
    }


def no_point_forms(group: str) -> Values:
    """Return a point of the curve in forms that are not read."""
    x, y = _coordinates(group)
    whole = _point(x, y)
    return {
        "compressed": bytes((2 + (y & 1),)) + whole[1 : 1 + COORDINATE_OCTETS],
        "compressed, with the other sign": bytes((3 - (y & 1),)) + whole[1 : 1 + COORDINATE_OCTETS],
        "hybrid": _point(x, y, bytes((6 + (y & 1),))),
        "x alone": whole[1 : 1 + COORDINATE_OCTETS],
        "no octet": b"",
        "04 alone": UNCOMPRESSED,
        "one octet short": whole[:-1],
        "one octet more": whole + b"\x00",
        "as an OCTET STRING inside": b"\x04\x41" + whole,
    }


def out_of_range(group: str) -> Values:
    """Return values modulo a prime that are not between 1 and p-1."""
    modp = _modp(group)
    values = {
        "0": 0,
        "1": 1,
        "p-1": modp.prime - 1,
        "p": modp.prime,
        "p+1": modp.prime + 1,
        "p+2": modp.prime + 2,
        "all ones": (1 << 8 * modp.public_octets) - 1,
    }
    return {label: value.to_bytes(modp.public_octets, "big") for label, value in values.items()}


def of_other_length(group: str) -> Values:
    """Return a value modulo a prime in other lengths than that of the prime."""
    whole = valid(group)
    small = (4).to_bytes(len(whole), "big")
    return {
        "no octet": b"",
        "without its leading zeros": small.lstrip(b"\x00"),
        "one leading zero left out": small[1:],
        "one leading zero more": b"\x00" + whole,
        "one octet more": whole + b"\x00",
        "one octet short": whole[:-1],
        "twice as long": bytes(len(whole)) + whole,
        "as an INTEGER inside": b"\x02\x82\x01\x01\x00" + whole,
    }


@functools.cache
def outside_subgroup(group: str) -> Values:
    """Return values between 1 and p-1 that are not in the subgroup of its order."""
    modp = _modp(group)
    assert modp.order is not None
    cofactor = (modp.prime - 1) // modp.order
    least = next(number for number in count(3) if cofactor % number == 0)
    roots = (pow(base, (modp.prime - 1) // least, modp.prime) for base in count(2))
    small = next(root for root in roots if root != 1)
    values = {
        f"of order {least}": small,
        "of twice the order": modp.prime - int.from_bytes(valid(group), "big"),
        f"of the order times {least}": small * int.from_bytes(valid(group), "big") % modp.prime,
    }
    return {label: value.to_bytes(modp.public_octets, "big") for label, value in values.items()}


def _modp(group: str) -> ModpGroup:
    found = groups()[group]
    assert isinstance(found, ModpGroup)
    return found
