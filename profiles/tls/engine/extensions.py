"""Extensions of the hellos: as they stand, and those that the engine speaks, read and written.

RFC 6066 (server_name, trusted_ca_keys), RFC 8422 (groups, point formats), RFC 5246 7.4.1.4.1, RFC 7366,
RFC 7627, RFC 5077, RFC 5746 and RFC 8446 4.2.1 (R). A reader takes the extension's octets and raises
:class:`TlsDecodeError` for what is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import msgspec

from conform62351.profiles.tls.engine.wire import (
    Reader,
    TlsDecodeError,
    numbers16,
    vector8,
    vector16,
    write8,
    write16,
)

HOST_NAME: Final = 0
"""The only kind of name that RFC 6066 has."""
SHA1_LENGTH: Final = 20


class ExtensionType(IntEnum):
    """Numbers of extensions in the IANA registry."""

    SERVER_NAME = 0
    TRUSTED_CA_KEYS = 3
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    SESSION_TICKET = 35
    PRE_SHARED_KEY = 41
    EARLY_DATA = 42
    SUPPORTED_VERSIONS = 43
    PSK_KEY_EXCHANGE_MODES = 45
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 0xFF01


class AuthorityType(IntEnum):
    """How a client of trusted_ca_keys names an authority."""

    PRE_AGREED = 0
    KEY_SHA1_HASH = 1
    X509_NAME = 2
    CERT_SHA1_HASH = 3


class Extension(msgspec.Struct, frozen=True):
    """One extension: its number in the registry and its extension_data."""

    kind: int
    octets: bytes = b""


class TrustedAuthority(msgspec.Struct, frozen=True):
    """One entry of trusted_ca_keys: a SHA-1 hash or a distinguished name in DER, nothing when pre-agreed."""

    kind: int
    octets: bytes = b""


def find(extensions: Iterable[Extension] | None, kind: int) -> Extension | None:
    """Return the first extension of a kind, or None."""
    return next((extension for extension in extensions or () if extension.kind == kind), None)


def duplicates(extensions: Iterable[Extension] | None) -> tuple[int, ...]:
    """Return the kinds that stand more than once, which RFC 5246 7.4.1.4 forbids, in their order."""
    seen: set[int] = set()
    double: dict[int, None] = {}
    for extension in extensions or ():
        if extension.kind in seen:
            double[extension.kind] = None
        seen.add(extension.kind)
    return tuple(double)


def read_extensions(reader: Reader) -> tuple[Extension, ...] | None:
    """Return the extensions at the end of a hello, None where there is no list, and insist on the end."""
    if not reader.left:
        return None
    block = Reader(reader.vector16(), "the list of extensions")
    reader.end()
    found: list[Extension] = []
    while block.left:
        kind = block.u16()
        found.append(Extension(kind, block.vector16()))
    return tuple(found)


def write_extensions(extensions: tuple[Extension, ...] | None) -> bytes:
    """Return the list of extensions at the end of a hello; None leaves it out."""
    if extensions is None:
        return b""
    return vector16(
        b"".join(write16(extension.kind) + vector16(extension.octets) for extension in extensions)
    )


def server_name(host: str) -> Extension:
    """Return the client's extension with one host name, in ASCII."""
    entry = write8(HOST_NAME) + vector16(host.encode("ascii"))
    return Extension(ExtensionType.SERVER_NAME, vector16(entry))


def read_server_name(octets: bytes) -> tuple[str, ...]:
    """Return the host names of the client's extension; names of other kinds are passed over."""
    whole = Reader(octets, "server_name")
    entries = Reader(whole.vector16(1), "server_name")
    whole.end()
    found: list[str] = []
    while entries.left:
        kind, name = entries.u8(), entries.vector16(1)
        if kind != HOST_NAME:
            continue
        if not name.isascii():
            raise entries.error("has a host name that is not in ASCII")
        found.append(name.decode("ascii"))
    return tuple(found)


def supported_groups(groups: Iterable[int]) -> Extension:
    """Return the client's list of groups."""
    return Extension(ExtensionType.SUPPORTED_GROUPS, vector16(b"".join(map(write16, groups))))


def read_supported_groups(octets: bytes) -> tuple[int, ...]:
    """Return the numbers of the groups."""
    whole = Reader(octets, "supported_groups")
    groups = numbers16(whole.vector16(2), "supported_groups")
    whole.end()
    return groups


def ec_point_formats(formats: Iterable[int] = (0,)) -> Extension:
    """Return the list of point formats; 0 is the uncompressed one."""
    return Extension(ExtensionType.EC_POINT_FORMATS, vector8(b"".join(map(write8, formats))))


def read_ec_point_formats(octets: bytes) -> tuple[int, ...]:
    """Return the numbers of the point formats."""
    whole = Reader(octets, "ec_point_formats")
    formats = tuple(whole.vector8(1))
    whole.end()
    return formats


def signature_algorithms(pairs: Iterable[tuple[int, int]]) -> Extension:
    """Return the client's list of pairs of hash and signature."""
    return Extension(ExtensionType.SIGNATURE_ALGORITHMS, vector16(write_pairs(pairs)))


def read_signature_algorithms(octets: bytes) -> tuple[tuple[int, int], ...]:
    """Return the pairs of hash and signature."""
    whole = Reader(octets, "signature_algorithms")
    pairs = read_pairs(whole.vector16(2), "signature_algorithms")
    whole.end()
    return pairs


def write_pairs(pairs: Iterable[tuple[int, int]]) -> bytes:
    """Return pairs of hash and signature (RFC 5246 7.4.1.4.1) without the length of their vector."""
    return b"".join(write8(digest) + write8(signature) for digest, signature in pairs)


def read_pairs(octets: bytes, what: str) -> tuple[tuple[int, int], ...]:
    """Return pairs of hash and signature; raises TlsDecodeError for an odd number of octets."""
    return tuple((number >> 8, number & 0xFF) for number in numbers16(octets, what))


def trusted_ca_keys(authorities: Iterable[TrustedAuthority]) -> Extension:
    """Return the client's list of the authorities that it trusts."""
    entries = b"".join(map(_write_authority, authorities))
    return Extension(ExtensionType.TRUSTED_CA_KEYS, vector16(entries))


def read_trusted_ca_keys(octets: bytes) -> tuple[TrustedAuthority, ...]:
    """Return the authorities that a client trusts."""
    whole = Reader(octets, "trusted_ca_keys")
    entries = Reader(whole.vector16(), "trusted_ca_keys")
    whole.end()
    found: list[TrustedAuthority] = []
    while entries.left:
        kind = entries.u8()
        if kind == AuthorityType.PRE_AGREED:
            content = b""
        elif kind in (AuthorityType.KEY_SHA1_HASH, AuthorityType.CERT_SHA1_HASH):
            content = entries.take(SHA1_LENGTH)
        elif kind == AuthorityType.X509_NAME:
            content = entries.vector16(1)
        else:
            raise entries.error(f"names an authority in the unknown way {kind}")
        found.append(TrustedAuthority(kind, content))
    return tuple(found)


def extended_master_secret() -> Extension:
    """Return the extension of either side."""
    return Extension(ExtensionType.EXTENDED_MASTER_SECRET)


def encrypt_then_mac() -> Extension:
    """Return the extension of either side."""
    return Extension(ExtensionType.ENCRYPT_THEN_MAC)


def read_empty(octets: bytes, what: str) -> None:
    """Insist that an extension that says all by being there holds nothing; ``what`` is its name."""
    if octets:
        raise TlsDecodeError(0, f"{what} holds {len(octets)} octets")


def session_ticket(ticket: bytes = b"") -> Extension:
    """Return the client's ticket, or either side's readiness for one; the octets are the ticket itself."""
    return Extension(ExtensionType.SESSION_TICKET, ticket)


def supported_versions(versions: Iterable[int]) -> Extension:
    """Return the client's list of versions."""
    return Extension(ExtensionType.SUPPORTED_VERSIONS, vector8(b"".join(map(write16, versions))))


def read_supported_versions(octets: bytes) -> tuple[int, ...]:
    """Return the client's versions."""
    whole = Reader(octets, "supported_versions")
    versions = numbers16(whole.vector8(2), "supported_versions")
    whole.end()
    return versions


def selected_version(version: int) -> Extension:
    """Return the server's choice, which only TLS 1.3 makes by an extension."""
    return Extension(ExtensionType.SUPPORTED_VERSIONS, write16(version))


def read_selected_version(octets: bytes) -> int:
    """Return the server's choice."""
    whole = Reader(octets, "supported_versions")
    version = whole.u16()
    whole.end()
    return version


def renegotiation_info(verify_data: bytes = b"") -> Extension:
    """Return renegotiated_connection: nothing at first, then the client's verify_data or both sides'."""
    return Extension(ExtensionType.RENEGOTIATION_INFO, vector8(verify_data))


def read_renegotiation_info(octets: bytes) -> bytes:
    """Return renegotiated_connection."""
    whole = Reader(octets, "renegotiation_info")
    verify_data = whole.vector8()
    whole.end()
    return verify_data


def _write_authority(authority: TrustedAuthority) -> bytes:
    content = authority.octets
    if authority.kind == AuthorityType.X509_NAME:
        content = vector16(content)
    return write8(authority.kind) + content
