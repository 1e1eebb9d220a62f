"""What is checked of the messages that agree on keys and prove who is there (RFC 5246 7.4.3 to 7.4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.policy import Fault
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_2, Authentication, CipherSuite
from conform62351.profiles.tls.engine.inspection import (
    PART_3,
    RFC_5246,
    Row,
    deprecated_signature,
    ignore,
    note,
    refuse,
    table,
)
from conform62351.profiles.tls.engine.key_messages import DheParameters, EcdheParameters, Signed
from conform62351.profiles.tls.engine.messages import CertificateRequest
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.profiles.tls.engine.signing import ALGORITHMS, HASHES, MD5, pair_name
from conform62351.profiles.tls.engine.wire import DECODE_ERROR, TlsDecodeError

SHORTEST_FIELD: Final = 1024
"""Bits of a prime that are taken at least; below 2048 with a warning (I)."""
GOOD_FIELD: Final = 2048


class Proof(msgspec.Struct, frozen=True):
    """A signature of the peer in a message.

    ``offered`` are the pairs that it may be of, None before TLS 1.2; ``kind`` is that of the peer's key,
    empty where it has shown none; ``verifies`` finds out whether it holds.
    """

    signature: Signed
    version: int
    offered: tuple[tuple[int, int], ...] | None
    kind: str
    verifies: Callable[[], bool]

    @property
    def pair(self) -> tuple[int, int]:
        """Hash and signature."""
        return self.signature.hash, self.signature.algorithm


def _pair_offered(it: Proof) -> Fault | None:
    if it.version < TLS_1_2 or it.offered is None or it.pair in it.offered:
        return None
    return refuse(f"a signature by {pair_name(*it.pair)}, which was not offered")


def _pair_fits(it: Proof) -> Fault | None:
    if it.version < TLS_1_2 or (it.pair[0] in HASHES and ALGORITHMS.get(it.pair[1]) == it.kind):
        return None
    return refuse(f"a signature by {pair_name(*it.pair)} with a key of kind {it.kind or 'none'}")


def _pair_current(it: Proof) -> Fault | None:
    if it.version < TLS_1_2 or not deprecated_signature(it.version, it.pair):
        return None
    return note(f"a signature by {pair_name(*it.pair)}")


def _verifies(it: Proof) -> Fault | None:
    return None if it.verifies() else refuse("the signature does not verify")


_PROOF: Final[tuple[Row[Proof], ...]] = (
    ("algorithm-offered", f"{RFC_5246} 7.4.1.4.1", "R", _pair_offered),
    ("algorithm-fits", f"{RFC_5246} 7.4.3", "R", _pair_fits),
    ("algorithm-current", PART_3, "E", _pair_current),
    ("signature", f"{RFC_5246} 7.4.3, 7.4.8", "R", _verifies),
)
CERTIFICATE_VERIFY: Final = table("TLS.CV", _PROOF)


class Exchanged(msgspec.Struct, frozen=True):
    """The server's ephemeral value; ``error`` is why no key can be agreed with it."""

    parameters: DheParameters | EcdheParameters
    groups: tuple[int, ...]
    error: TlsDecodeError | None
    proof: Proof | None


def _group_offered(it: Exchanged) -> Fault | None:
    if not isinstance(it.parameters, EcdheParameters) or it.parameters.group in it.groups:
        return None
    return refuse(f"group {it.parameters.group}, which was not offered")


def _value_usable(it: Exchanged) -> Fault | None:
    return None if it.error is None else refuse(it.error.message)


def _field_bits(it: Exchanged) -> int | None:
    return it.parameters.p.bit_length() if isinstance(it.parameters, DheParameters) else None


def _field_long(it: Exchanged) -> Fault | None:
    size = _field_bits(it)
    if size is None or size >= SHORTEST_FIELD:
        return None
    return refuse(f"a prime of {size} bits, under {SHORTEST_FIELD}")


def _field_good(it: Exchanged) -> Fault | None:
    size = _field_bits(it)
    return None if size is None or size >= GOOD_FIELD else note(f"a prime of {size} bits, under {GOOD_FIELD}")


def _proven(test: Callable[[Proof], Fault | None]) -> Callable[[Exchanged], Fault | None]:
    def of_proof(it: Exchanged) -> Fault | None:
        return None if it.proof is None else test(it.proof)

    return of_proof


_EXCHANGE: Final[tuple[Row[Exchanged], ...]] = (
    ("group-offered", "RFC 8422 5.4", "R", _group_offered),
    ("field-long", "RFC 9325 4.1", "I", _field_long),
    ("field-good", "RFC 9325 4.1", "I", _field_good),
    ("value-usable", "RFC 8422 5.4, RFC 7919 5.1", "R", _value_usable),
    *((name, clause, mark, _proven(test)) for name, clause, mark, test in _PROOF),
)
SERVER_KEY_EXCHANGE: Final = table("TLS.SKE", _EXCHANGE)


class Requested(msgspec.Struct, frozen=True):
    """Whether and how the server asks for a certificate, and what the client has for it.

    ``request`` is None when the server is done without one. ``signs`` tells that there is a signature that
    the server takes, where one is needed.
    """

    request: CertificateRequest | None
    suite: CipherSuite
    identity: TlsIdentity | None
    signs: bool


def _from_authenticated(it: Requested) -> Fault | None:
    if it.request is None or it.suite.authentication is not Authentication.ANON:
        return None
    return refuse("an anonymous server asks for a certificate")


def _certificate_asked(it: Requested) -> Fault | None:
    if it.request is not None or it.suite.authentication is Authentication.ANON:
        return None
    return note("the server asks for no certificate")


def _local_certificate(it: Requested) -> Fault | None:
    if it.request is None or it.identity is not None:
        return None
    return note(f"there is no certificate of the types {', '.join(map(str, it.request.types))}")


def _local_signature(it: Requested) -> Fault | None:
    if it.request is None or it.identity is None or it.signs:
        return None
    return ignore("the server takes no signature that can be made here: no certificate is shown")


def _request_current(it: Requested) -> Fault | None:
    pairs = () if it.request is None else it.request.signature_algorithms or ()
    deprecated = [pair_name(*pair) for pair in dict.fromkeys(pairs) if pair[0] == MD5]
    return note(f"the server takes {', '.join(deprecated)}") if deprecated else None


_REQUEST: Final[tuple[Row[Requested], ...]] = (
    ("server-authenticated", f"{RFC_5246} 7.4.4", "R", _from_authenticated),
    ("certificate-asked-for", PART_3, "N", _certificate_asked),
    ("local-certificate", PART_3, "E", _local_certificate),
    ("local-signature", f"{RFC_5246} 7.4.4", "R", _local_signature),
    ("signature-algorithms-current", PART_3, "E", _request_current),
)
CERTIFICATE_REQUEST: Final = table("TLS.CR", _REQUEST)


class ClientExchanged(msgspec.Struct, frozen=True):
    """The client's key exchange.

    ``implicit`` tells that it refers to the client's certificate, ``certified`` that this has a
    Diffie-Hellman key, ``same_field`` that it is in the server's field.
    """

    error: TlsDecodeError | None
    implicit: bool
    certified: bool
    same_field: bool


def _form(it: ClientExchanged) -> Fault | None:
    if it.error is None or it.error.alert != DECODE_ERROR:
        return None
    return refuse(it.error.message)


def _client_value(it: ClientExchanged) -> Fault | None:
    if it.error is None or it.error.alert == DECODE_ERROR:
        return None
    return refuse(it.error.message)


def _certificate_there(it: ClientExchanged) -> Fault | None:
    if not it.implicit or it.certified:
        return None
    return refuse("an implicit value without a certificate that holds it")


def _field_common(it: ClientExchanged) -> Fault | None:
    if not it.implicit or not it.certified or it.same_field:
        return None
    return refuse("the value of the client's certificate is of another field than the server's")


def _certificate_proven(it: ClientExchanged) -> Fault | None:
    if it.implicit or not it.certified:
        return None
    return refuse("the client shows a Diffie-Hellman certificate and does not use its key")


_CLIENT_EXCHANGE: Final[tuple[Row[ClientExchanged], ...]] = (
    ("form", f"{RFC_5246} 7.4.7", "R", _form),
    ("value-usable", "RFC 8422 5.7, RFC 7919 5.1", "R", _client_value),
    ("certificate-there", f"{RFC_5246} 7.4.7.2", "R", _certificate_there),
    ("field-common", f"{RFC_5246} 7.4.7.2", "R", _field_common),
    ("certificate-proven", f"{RFC_5246} 7.4.6, 7.4.8", "R", _certificate_proven),
)
CLIENT_KEY_EXCHANGE: Final = table("TLS.CKE", _CLIENT_EXCHANGE)


class FinishedSeen(msgspec.Struct, frozen=True):
    """The verify_data of the peer and what it should be."""

    verify_data: bytes
    expected: bytes


def _verify_data(it: FinishedSeen) -> Fault | None:
    return None if it.verify_data == it.expected else refuse("the Finished message does not verify")


FINISHED: Final = table("TLS.FIN", (("verify-data", f"{RFC_5246} 7.4.9", "R", _verify_data),))
