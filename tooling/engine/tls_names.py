"""Names in TLS and their numbers: versions, suites, groups, pairs of hash and signature, extensions (R).

Steps, evidence and reports use the names; what has none stands as four hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from conform62351.pics.catalogue import catalogue
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.profiles.tls.suites import CODES

VERSIONS: Final[Mapping[int, str]] = {
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
GROUPS: Final[Mapping[int, str]] = {
    19: "secp192r1",
    21: "secp224r1",
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    26: "brainpoolP256r1",
    27: "brainpoolP384r1",
    28: "brainpoolP512r1",
    29: "x25519",
    30: "x448",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
}
HASHES: Final[Mapping[int, str]] = {1: "md5", 2: "sha1", 3: "sha224", 4: "sha256", 5: "sha384", 6: "sha512"}
SIGNATURES: Final[Mapping[int, str]] = {0: "anonymous", 1: "rsa", 2: "dsa", 3: "ecdsa"}
NATIVE_SUITES: Final = 12
COMPATIBILITY_SUITES: Final = 9
EXCLUDED: Final = "x"
NULL: Final = "_NULL_"


class TlsNameError(ValueError):
    """A case names a suite, version, group or algorithm that does not exist."""


def version_name(number: int) -> str:
    """Return a version as ``TLSv1.2``."""
    return VERSIONS.get(number, f"{number:04X}")


def version_number(name: str) -> int:
    """Return the number of a version. Raises TlsNameError: there is none of that name."""
    return _number(name, VERSIONS, "version")


def suite_code(name: str) -> int:
    """Return the code point of a suite, by the name of IANA or four digits. Raises TlsNameError."""
    code = CODES.get(name)
    return _hexadecimal(name, "suite") if code is None else code


def group_name(number: int) -> str:
    """Return the name of a named group."""
    return GROUPS.get(number, f"{number:04X}")


def group_number(name: str) -> int:
    """Return the number of a named group. Raises TlsNameError: there is none of that name."""
    return _number(name, GROUPS, "group")


def pair_name(pair: tuple[int, int]) -> str:
    """Return hash and signature as ``sha256/rsa``."""
    digest, signature = pair
    if digest in HASHES and signature in SIGNATURES:
        return f"{HASHES[digest]}/{SIGNATURES[signature]}"
    return f"{digest:02X}{signature:02X}"


def pair_numbers(name: str) -> tuple[int, int]:
    """Return the numbers of hash and signature. Raises TlsNameError: there are none of that name."""
    digest, _, signature = name.partition("/")
    if signature:
        return _number(digest, HASHES, "hash"), _number(signature, SIGNATURES, "signature")
    number = _hexadecimal(name, "signature algorithm")
    return number >> 8, number & 0xFF


def extension_name(kind: int) -> str:
    """Return the registry's name of an extension, of one that is not known here its number."""
    try:
        return ExtensionType(kind).name.lower()
    except ValueError:
        return str(kind)


def suites_of_the_standard() -> tuple[int, ...]:
    """Return the suites of Table 12, then those of Table 9, but none that is excluded or in plain text."""
    items = catalogue().items.values()
    found = [
        int(item.suite, 16)
        for table in (NATIVE_SUITES, COMPATIBILITY_SUITES)
        for item in items
        if item.table == table and item.suite and item.status != EXCLUDED and NULL not in item.row
    ]
    return tuple(dict.fromkeys(found))


def _number(name: str, known: Mapping[int, str], what: str) -> int:
    found: Iterable[int] = (number for number, known_name in known.items() if known_name == name)
    number = next(iter(found), None)
    return _hexadecimal(name, what) if number is None else number


def _hexadecimal(text: str, what: str) -> int:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) != 2:
        raise TlsNameError(f"no TLS {what} {text!r}")
    return int.from_bytes(octets, "big")
