"""What a client checks of a ServerHello, and of the certificates behind it by what was asked and chosen.

RFC 5246 7.4.1.3 and 7.4.2, RFC 6066 6 and IEC 62351-3. Renegotiation and resumption have tables of their own.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.pki.dh_keys import DhKeyError, check_public_value, read_dh_numbers
from conform62351.profiles.pki.keys import DH
from conform62351.profiles.policy import Fault
from conform62351.profiles.tls.engine.checks_client_hello import UNCOMPRESSED
from conform62351.profiles.tls.engine.choice import is_under, read_or_none
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_0,
    TLS_1_2,
    Authentication,
    CipherKind,
    CipherSuite,
    KeyExchange,
)
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.inspection import (
    PART_3,
    RFC_5246,
    Row,
    note,
    refuse,
    table,
    version_name,
)
from conform62351.profiles.tls.engine.offer import Offer
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV, SIGNALLING, EngineParameters
from conform62351.profiles.tls.suites import suite_name

_KEYS: Final = {Authentication.RSA: "rsa", Authentication.DSS: "dsa", Authentication.ECDSA: "ec"}
DOWNGRADED: Final = b"DOWNGRD\x00"
"""Ends the random of a server that has TLS 1.2 or later and does an earlier version (RFC 8446 4.1.3)."""


class ServerHelloSeen(msgspec.Struct, frozen=True):
    """A ServerHello with the ClientHello that it answers."""

    hello: ServerHello
    answer: Offer
    asked: ClientHello
    parameters: EngineParameters

    @property
    def suite(self) -> CipherSuite | None:
        """The suite, None for one that the engine does not do."""
        return ENGINE_SUITES.get(self.hello.suite)


def _not_ancient(it: ServerHelloSeen) -> Fault | None:
    if it.hello.version >= TLS_1_0:
        return None
    return refuse(f"the server chooses {version_name(it.hello.version)}")


def _enabled(it: ServerHelloSeen) -> Fault | None:
    if it.parameters.has(it.hello.version):
        return None
    return refuse(f"the server chooses {version_name(it.hello.version)}, which is disabled")


def _not_higher(it: ServerHelloSeen) -> Fault | None:
    if it.hello.version <= it.asked.version:
        return None
    return refuse(f"the server chooses {version_name(it.hello.version)}, which was not offered")


def _not_weak(it: ServerHelloSeen) -> Fault | None:
    if it.hello.version >= TLS_1_2 or not it.parameters.has(it.hello.version):
        return None
    return note(f"the server chooses {version_name(it.hello.version)}, which is weak and enabled")


def _not_downgraded(it: ServerHelloSeen) -> Fault | None:
    if it.hello.version >= TLS_1_2 or it.asked.version < TLS_1_2:
        return None
    if not it.hello.random.endswith(DOWNGRADED):
        return None
    return refuse(f"the server has TLS 1.2 and was asked for it, and does {version_name(it.hello.version)}")


def _offered_suite(it: ServerHelloSeen) -> Fault | None:
    if it.hello.suite in it.asked.suites and it.hello.suite not in SIGNALLING:
        return None
    return refuse(f"the server chooses {suite_name(it.hello.suite)}, which was not offered")


def _suite_of_version(it: ServerHelloSeen) -> Fault | None:
    if it.suite is None or it.suite.minimum_version <= it.hello.version:
        return None
    return refuse(f"{it.suite.name} is none of {version_name(it.hello.version)}")


def _no_compression(it: ServerHelloSeen) -> Fault | None:
    return refuse(f"the server chooses compression {it.hello.compression}") if it.hello.compression else None


def _single(it: ServerHelloSeen) -> Fault | None:
    doubled = it.answer.doubled
    return refuse(f"two extensions of type {doubled[0]}") if doubled else None


def _solicited(it: ServerHelloSeen) -> Fault | None:
    asked = {extension.kind for extension in it.asked.extensions or ()}
    if RENEGOTIATION_SCSV in it.asked.suites:
        asked.add(ExtensionType.RENEGOTIATION_INFO)
    extra = [extension.kind for extension in it.hello.extensions or () if extension.kind not in asked]
    return refuse(f"an extension of type {extra[0]} that was not asked for") if extra else None


def _readable(it: ServerHelloSeen) -> Fault | None:
    return refuse(it.answer.faults[0]) if it.answer.faults else None


def _points(it: ServerHelloSeen) -> Fault | None:
    formats = it.answer.point_formats
    if formats is None or UNCOMPRESSED in formats:
        return None
    return refuse("ec_point_formats without the uncompressed one")


def _encrypt_then_mac(it: ServerHelloSeen) -> Fault | None:
    if it.suite is None or it.suite.cipher.form.kind is not CipherKind.BLOCK:
        return None
    if it.answer.encrypt_then_mac or not it.parameters.encrypt_then_mac:
        return None
    return note(f"{it.suite.name} without encrypt_then_mac")


def _needless_encrypt_then_mac(it: ServerHelloSeen) -> Fault | None:
    if it.suite is None or it.suite.cipher.form.kind is CipherKind.BLOCK or not it.answer.encrypt_then_mac:
        return None
    return note(f"encrypt_then_mac with {it.suite.name}")


def _extended_master_secret(it: ServerHelloSeen) -> Fault | None:
    if it.answer.extended_master_secret or not it.parameters.extended_master_secret:
        return None
    return note("the server does without the extended master secret")


_ROWS: Final[tuple[Row[ServerHelloSeen], ...]] = (
    ("version-allowed", PART_3, "E", _not_ancient),
    ("version-enabled", PART_3, "E", _enabled),
    ("version-offered", f"{RFC_5246} 7.4.1.3", "R", _not_higher),
    ("version-not-weak", PART_3, "E", _not_weak),
    ("not-downgraded", "RFC 8446 4.1.3", "R", _not_downgraded),
    ("suite-offered", f"{PART_3}, {RFC_5246} 7.4.1.3", "E", _offered_suite),
    ("suite-of-version", f"{RFC_5246} A.5", "R", _suite_of_version),
    ("no-compression", f"{RFC_5246} 7.4.1.3", "R", _no_compression),
    ("extensions-once", f"{RFC_5246} 7.4.1.4", "R", _single),
    ("extensions-asked-for", f"{RFC_5246} 7.4.1.4", "R", _solicited),
    ("extensions-readable", f"{RFC_5246} 7.4.1.4", "R", _readable),
    ("point-formats", "RFC 8422 5.1.2", "R", _points),
    ("encrypt-then-mac", f"{PART_3}, RFC 7366", "E", _encrypt_then_mac),
    ("encrypt-then-mac-fits", "RFC 7366 3", "R", _needless_encrypt_then_mac),
    ("extended-master-secret", "RFC 7627 5.2", "I", _extended_master_secret),
)
SERVER_HELLO: Final = table("TLS.SH", _ROWS)


class ServerChainSeen(msgspec.Struct, frozen=True):
    """The server's certificates, with the suite; ``kind`` is that of the key in the first one."""

    chain: tuple[bytes, ...]
    kind: str
    suite: CipherSuite
    parameters: EngineParameters


def _key_fits(it: ServerChainSeen) -> Fault | None:
    wanted = "dh" if it.suite.key_exchange is KeyExchange.DH else _KEYS.get(it.suite.authentication, "")
    if not it.chain or it.kind == wanted:
        return None
    return refuse(f"a certificate with a key of kind {it.kind or 'unknown'} for {it.suite.name}")


def _trusted_authority(it: ServerChainSeen) -> Fault | None:
    wanted = it.parameters.trusted_ca_keys
    if not wanted or not it.chain or is_under(it.chain, wanted, it.parameters.anchors):
        return None
    return refuse("the server's certificate is under none of the authorities of trusted_ca_keys")


def _value_usable(it: ServerChainSeen) -> Fault | None:
    certificate = read_or_none(it.chain[0]) if it.chain and it.kind == DH else None
    if certificate is None:
        return None
    try:
        numbers = read_dh_numbers(certificate.spki)
        check_public_value(numbers.y, numbers.p)
    except DhKeyError as error:
        return refuse(f"the server's certificate: {error.message}")
    return None


_CHAIN_ROWS: Final[tuple[Row[ServerChainSeen], ...]] = (
    ("key-fits", f"{RFC_5246} 7.4.2", "R", _key_fits),
    ("trusted-authority", f"{PART_3}, RFC 6066 6", "E", _trusted_authority),
    ("value-usable", "RFC 7919 5.1", "I", _value_usable),
)
SERVER_CHAIN: Final = table("TLS.SCERT", _CHAIN_ROWS)
