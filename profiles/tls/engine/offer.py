"""What the extensions of a hello say, read at once; what cannot be read is kept as a fault for the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.tls.engine.extensions import (
    Extension,
    ExtensionType,
    TrustedAuthority,
    duplicates,
    read_ec_point_formats,
    read_empty,
    read_renegotiation_info,
    read_server_name,
    read_signature_algorithms,
    read_supported_groups,
    read_trusted_ca_keys,
)
from conform62351.profiles.tls.engine.wire import TlsDecodeError


class Offer(msgspec.Struct, frozen=True):
    """The extensions of a ClientHello or a ServerHello; None or False for one that is not there.

    ``faults`` tells of those that cannot be read, which stand here as if they were not there; ``doubled`` are
    the kinds that stand more than once, of which the first counts.
    """

    server_names: tuple[str, ...] | None = None
    groups: tuple[int, ...] | None = None
    point_formats: tuple[int, ...] | None = None
    signature_algorithms: tuple[tuple[int, int], ...] | None = None
    trusted_authorities: tuple[TrustedAuthority, ...] | None = None
    renegotiation_info: bytes | None = None
    ticket: bytes | None = None
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    faults: tuple[str, ...] = ()
    doubled: tuple[int, ...] = ()


_Readers = Mapping[int, tuple[str, Callable[[bytes], Any]]]


def _present(what: str) -> Callable[[bytes], bool]:
    def read(octets: bytes) -> bool:
        read_empty(octets, what)
        return True

    return read


def _unnamed(octets: bytes) -> tuple[()]:
    read_empty(octets, "server_name of a server")
    return ()


def _untrusted(octets: bytes) -> tuple[()]:
    read_empty(octets, "trusted_ca_keys of a server")
    return ()


_OF_BOTH: Final[_Readers] = {
    ExtensionType.EC_POINT_FORMATS: ("point_formats", read_ec_point_formats),
    ExtensionType.ENCRYPT_THEN_MAC: ("encrypt_then_mac", _present("encrypt_then_mac")),
    ExtensionType.EXTENDED_MASTER_SECRET: ("extended_master_secret", _present("extended_master_secret")),
    ExtensionType.SESSION_TICKET: ("ticket", bytes),
    ExtensionType.RENEGOTIATION_INFO: ("renegotiation_info", read_renegotiation_info),
}
_OF_CLIENT: Final[_Readers] = {
    **_OF_BOTH,
    ExtensionType.SERVER_NAME: ("server_names", read_server_name),
    ExtensionType.SUPPORTED_GROUPS: ("groups", read_supported_groups),
    ExtensionType.SIGNATURE_ALGORITHMS: ("signature_algorithms", read_signature_algorithms),
    ExtensionType.TRUSTED_CA_KEYS: ("trusted_authorities", read_trusted_ca_keys),
}
_OF_SERVER: Final[_Readers] = {
    **_OF_BOTH,
    ExtensionType.SERVER_NAME: ("server_names", _unnamed),
    ExtensionType.TRUSTED_CA_KEYS: ("trusted_authorities", _untrusted),
}


def client_offer(extensions: tuple[Extension, ...] | None) -> Offer:
    """Return what the extensions of a ClientHello say."""
    return _read(extensions or (), _OF_CLIENT)


def server_answer(extensions: tuple[Extension, ...] | None) -> Offer:
    """Return what the extensions of a ServerHello say."""
    return _read(extensions or (), _OF_SERVER)


def _read(extensions: tuple[Extension, ...], readers: _Readers) -> Offer:
    found: dict[str, Any] = {}
    faults: list[str] = []
    for extension in extensions:
        if extension.kind not in readers:
            continue
        name, read = readers[extension.kind]
        if name in found:
            continue
        try:
            found[name] = read(extension.octets)
        except TlsDecodeError as error:
            faults.append(error.message)
    return Offer(**found, faults=tuple(faults), doubled=duplicates(extensions))
