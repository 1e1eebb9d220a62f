"""What a server checks of a ClientHello, in order (RFC 5246 7.4.1.2, IEC 62351-3).

Renegotiation and resumption have tables of their own.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.policy import CheckTable, Fault
from conform62351.profiles.tls.engine.choice import Choice, Lack
from conform62351.profiles.tls.engine.cipher_suites import (
    TLS_1_0,
    TLS_1_2,
    Authentication,
    CipherKind,
    KeyExchange,
)
from conform62351.profiles.tls.engine.hellos import ClientHello
from conform62351.profiles.tls.engine.inspection import (
    PART_3,
    RFC_5246,
    Row,
    note,
    refuse,
    table,
    version_name,
)
from conform62351.profiles.tls.engine.offer import Offer, client_offer
from conform62351.profiles.tls.engine.parameters import FALLBACK_SCSV, EngineParameters
from conform62351.profiles.tls.engine.signing import MD5, pair_name
from conform62351.profiles.tls.suites import SUITES, suite_name

UNCOMPRESSED: Final = 0
NULL: Final = 0
REQUIRED_PAIRS: Final = ((2, 1), (4, 1), (4, 3))
"""RSA with SHA-1 and with SHA-256, ECDSA with SHA-256: an offer holds them (N)."""
EXCLUDED: Final = frozenset(
    code for code, name in SUITES.items() if "_WITH_NULL" in name or "_anon_" in name or "_EXPORT_" in name
)
"""Suites without encryption or without authentication: nobody offers them unless it was agreed (N)."""


class ClientHelloSeen(msgspec.Struct, frozen=True):
    """A ClientHello with what the server would choose.

    ``version`` is None for one below TLS 1.0; ``choice`` is what hinders a choice where there is none.
    ``ancient``: it has the form of SSL 2.0, whatever it offers, and only its version is read.
    """

    hello: ClientHello
    offer: Offer
    version: int | None
    choice: Choice | Lack
    parameters: EngineParameters
    ancient: bool = False


def ancient_hello(version: int, parameters: EngineParameters) -> ClientHelloSeen:
    """Return a ClientHello in the form of SSL 2.0 as the checks see it."""
    hello = ClientHello(version, b"", b"", ())
    return ClientHelloSeen(hello, client_offer(None), None, Lack.SUITE, parameters, ancient=True)


def _not_ancient(it: ClientHelloSeen) -> Fault | None:
    if it.ancient:
        return refuse(f"a ClientHello in the form of SSL 2.0, with {version_name(it.hello.version)} at most")
    if it.hello.version >= TLS_1_0:
        return None
    return refuse(f"the client offers {version_name(it.hello.version)} at most")


def _enabled(it: ClientHelloSeen) -> Fault | None:
    if it.parameters.has(it.hello.version):
        return None
    return refuse(f"the client offers {version_name(it.hello.version)} at most, which is disabled")


def _not_weak(it: ClientHelloSeen) -> Fault | None:
    if it.hello.version >= TLS_1_2 or not it.parameters.has(it.hello.version):
        return None
    return note(f"the client offers {version_name(it.hello.version)} at most, which is weak and enabled")


def _no_fallback(it: ClientHelloSeen) -> Fault | None:
    if FALLBACK_SCSV not in it.hello.suites or it.hello.version >= it.parameters.maximum:
        return None
    return refuse(f"the client has fallen back to {version_name(it.hello.version)}")


def _uncompressed(it: ClientHelloSeen) -> Fault | None:
    return None if NULL in it.hello.compression else refuse("the client insists on compression")


def _no_compression(it: ClientHelloSeen) -> Fault | None:
    others = [str(method) for method in it.hello.compression if method != NULL]
    return note(f"the client offers compression {', '.join(others)}") if others else None


def _single(it: ClientHelloSeen) -> Fault | None:
    doubled = it.offer.doubled
    return refuse(f"two extensions of type {doubled[0]}") if doubled else None


def _readable(it: ClientHelloSeen) -> Fault | None:
    return refuse(it.offer.faults[0]) if it.offer.faults else None


def _signatures_offered(it: ClientHelloSeen) -> Fault | None:
    if it.hello.version < TLS_1_2 or it.offer.signature_algorithms is not None:
        return None
    return note("no signature_algorithms are offered")


def _signatures_required(it: ClientHelloSeen) -> Fault | None:
    offered = it.offer.signature_algorithms
    if it.hello.version < TLS_1_2 or offered is None:
        return None
    missing = [pair_name(*pair) for pair in REQUIRED_PAIRS if pair not in offered]
    return note(f"signature_algorithms without {', '.join(missing)}") if missing else None


def _signatures_current(it: ClientHelloSeen) -> Fault | None:
    offered = dict.fromkeys(it.offer.signature_algorithms or ())
    deprecated = [pair_name(*pair) for pair in offered if pair[0] == MD5]
    return note(f"signature_algorithms with {', '.join(deprecated)}") if deprecated else None


def _no_excluded_suite(it: ClientHelloSeen) -> Fault | None:
    excluded = EXCLUDED - set(it.parameters.suites)
    found = [suite_name(code) for code in dict.fromkeys(it.hello.suites) if code in excluded]
    return note(f"the client offers {', '.join(found)}") if found else None


def _lack(it: ClientHelloSeen, lack: Lack, detail: str) -> Fault | None:
    return refuse(detail) if it.choice is lack else None


def _common_suite(it: ClientHelloSeen) -> Fault | None:
    return _lack(it, Lack.SUITE, "the client offers no suite that is taken here")


def _local_certificate(it: ClientHelloSeen) -> Fault | None:
    return _lack(it, Lack.IDENTITY, "there is no certificate for any of the suites that both sides have")


def _common_group(it: ClientHelloSeen) -> Fault | None:
    return _lack(it, Lack.GROUP, "the client offers no group that is taken here")


def _common_signature(it: ClientHelloSeen) -> Fault | None:
    return _lack(it, Lack.SIGNATURE, "the client takes no signature that can be made here")


def _points(it: ClientHelloSeen) -> Fault | None:
    formats = it.offer.point_formats
    if formats is None or UNCOMPRESSED in formats or not _suite_has(it, KeyExchange.ECDHE):
        return None
    return refuse("ec_point_formats without the uncompressed one")


def _suite_has(it: ClientHelloSeen, exchange: KeyExchange) -> bool:
    return isinstance(it.choice, Choice) and it.choice.suite.key_exchange is exchange


def _trusted_authority(it: ClientHelloSeen) -> Fault | None:
    if not isinstance(it.choice, Choice) or it.choice.trusted:
        return None
    if it.choice.suite.authentication is Authentication.ANON:
        return None
    return refuse("no certificate of this side is under an authority of the client's trusted_ca_keys")


def _encrypt_then_mac(it: ClientHelloSeen) -> Fault | None:
    if not isinstance(it.choice, Choice) or it.choice.suite.cipher.form.kind is not CipherKind.BLOCK:
        return None
    if it.offer.encrypt_then_mac or not it.parameters.encrypt_then_mac:
        return None
    return note(f"{it.choice.suite.name} without encrypt_then_mac")


def _extended_master_secret(it: ClientHelloSeen) -> Fault | None:
    if it.offer.extended_master_secret or not it.parameters.extended_master_secret:
        return None
    return note("the client does not offer the extended master secret")


_ROWS: Final[tuple[Row[ClientHelloSeen], ...]] = (
    ("version-allowed", PART_3, "E", _not_ancient),
    ("version-enabled", PART_3, "E", _enabled),
    ("version-not-weak", PART_3, "E", _not_weak),
    ("no-fallback", "RFC 7507 3", "R", _no_fallback),
    ("null-compression", f"{RFC_5246} 7.4.1.2", "R", _uncompressed),
    ("no-compression", "RFC 9325 3.3", "I", _no_compression),
    ("extensions-once", f"{RFC_5246} 7.4.1.4", "R", _single),
    ("extensions-readable", f"{RFC_5246} 7.4.1.4", "R", _readable),
    ("signature-algorithms", PART_3, "E", _signatures_offered),
    ("signature-algorithms-required", PART_3, "N", _signatures_required),
    ("signature-algorithms-current", PART_3, "E", _signatures_current),
    ("no-excluded-suite", PART_3, "E", _no_excluded_suite),
    ("common-suite", PART_3, "N", _common_suite),
    ("local-certificate", PART_3, "E", _local_certificate),
    ("common-group", "RFC 8422 5.1", "R", _common_group),
    ("common-signature", f"{RFC_5246} 7.4.1.4.1", "R", _common_signature),
    ("point-formats", "RFC 8422 5.1.2", "R", _points),
    ("trusted-authority", f"{PART_3}, RFC 6066 6", "E", _trusted_authority),
    ("encrypt-then-mac", f"{PART_3}, RFC 7366", "E", _encrypt_then_mac),
    ("extended-master-secret", "RFC 7627 5.2", "I", _extended_master_secret),
)
CLIENT_HELLO: Final = table("TLS.CH", _ROWS)
ANCIENT_HELLO: Final = CheckTable(CLIENT_HELLO.name, CLIENT_HELLO.steps[:1])
"""What is checked of a ClientHello in the form of SSL 2.0."""
