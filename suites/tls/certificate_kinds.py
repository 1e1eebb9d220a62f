"""Certificates in TLS whose key is not of the kind that the suite needs, and static Diffie-Hellman keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.tls.engine.agreement import finite_fields
from conform62351.profiles.tls.engine.choice import FFDHE2048
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    SIGNED_BY_RSA,
    SIGNED_FIRST,
    STATIC_RSA,
    claims_one,
    client_refuses,
    logged,
    server_refuses,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Replace, SetField
from conform62351.tooling.engine.outcomes import TLS_ENDED, expect
from conform62351.tooling.engine.steps import Accept, Act, Conversation, SendTls, Tls, Verify, conversation
from conform62351.tooling.engine.tls_names import suite_code

KIND: Final = "R-TLS-certificate-kind"
STATIC: Final = "R-TLS-certificate-static-DH"
LOCAL: Final = "R-TLS-certificate-local"

OF_ECDSA: Final = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
OF_RSA: Final = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
OF_STATIC: Final = "TLS_DH_RSA_WITH_AES_128_GCM_SHA256"
OTHER_SUITES: Final = {
    "an RSA key for ECDSA": OF_ECDSA,
    "a key that signs for static Diffie-Hellman": OF_STATIC,
}
"""Suites that a server with an RSA key chooses, and cannot do."""

NO_AGREEMENT: Final = "bad-tls/no-key-agreement"
OWN_KEY: Final = "tls-dh-rsa"
"""Whose private key stands in where no key belongs to a public value."""
MINUS_ONE: Final = finite_fields()[FFDHE2048].p - 1
KNOWN_VALUES: Final = {
    "a value of 0": ("bad-tls/dh-zero", b""),
    "a value of 1": ("bad-tls/dh-one", b"\x01"),
    "a value of p-1, to an even power": ("bad-tls/dh-minus-one", b"\x01"),
    "a value of p-1, to an odd power": (
        "bad-tls/dh-minus-one",
        MINUS_ONE.to_bytes((MINUS_ONE.bit_length() + 7) // 8, "big"),
    ),
}
"""Certificates whose value lets anybody know the secret, and that secret without leading zeros."""

UNKNOWN_TYPE: Final = 223
"""A type of client certificates that nobody has: it is for private use (RFC 5246 12)."""
HANDSHAKE_FAILURE: Final = bytes((2, 40))

not_gone_on: Steps = (
    Verify(requirement=STATIC, field="TLS.ClientKeyExchange", absent=True, severity=Severity.SECURITY),
)
"""The DUT client has not sent its part of the key exchange."""


@case(
    "TLS/SRV/CERT/BI-kind",
    KIND,
    STATIC,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_kind() -> Iterator[Conversation]:
    """A server refuses a client that shows a static Diffie-Hellman key where it has to sign, and with suites
    of static Diffie-Hellman one whose keyUsage does not permit to agree keys, or whose value makes the secret
    known to anybody.
    """
    yield conversation(
        server_refuses(KIND, Tls(suites=SIGNED_FIRST, credentials=(OWN_KEY,), key="tester-tls")),
        label="a static Diffie-Hellman key to sign with",
        pics=claims_one(SIGNED_BY_RSA, "server"),
    )
    static = claims_one(STATIC_RSA, "server")
    yield conversation(
        server_refuses(STATIC, Tls(suites=STATIC_RSA, credentials=(NO_AGREEMENT,))),
        label="keyUsage without keyAgreement",
        pics=static,
    )
    for label, (credential, secret) in KNOWN_VALUES.items():
        knows = (Replace(pdu="TLS.secret", octets=secret),)
        tls = Tls(suites=STATIC_RSA, credentials=(credential,), key=OWN_KEY, mutations=knows)
        yield conversation(server_refuses(STATIC, tls), label=label, pics=static)


@case(
    "TLS/CLI/CERT/BI-kind",
    KIND,
    STATIC,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_kind() -> Iterator[Conversation]:
    """A client refuses a server whose key is of another kind than the suite needs, and with suites of static
    Diffie-Hellman one whose keyUsage does not permit to agree keys, or whose value makes the secret known to
    anybody.
    """
    for label, suite in OTHER_SUITES.items():
        chosen = SetField(pdu="TLS.ServerHello", field="suite", value=suite_code(suite))
        yield conversation(
            client_refuses(KIND, Tls(suites=(OF_RSA,), imposes=True, mutations=(chosen,))),
            label=label,
            pics=claims_one((suite,), "client"),
        )
    static = claims_one(STATIC_RSA, "client")
    yield conversation(
        client_refuses(STATIC, Tls(suites=STATIC_RSA, credentials=(NO_AGREEMENT,))),
        label="keyUsage without keyAgreement",
        pics=static,
    )
    for label, (credential, _) in KNOWN_VALUES.items():
        if "odd" not in label:
            tls = Tls(suites=STATIC_RSA, credentials=(credential,), key=OWN_KEY)
            yield conversation(
                client_refuses(STATIC, tls), not_gone_on, label=label.partition(",")[0], pics=static
            )


@case(
    "TLS/CLI/CERT/BI-no-local",
    LOCAL,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_no_local() -> Conversation:
    """A client that is asked for a certificate of a kind that it has not logs that, and has no association:
    it ends the handshake, or the server does that shown none.
    """
    return conversation(
        Act(action="connect", may_fail=True),
        Accept(tls=Tls(suites=SIGNED_FIRST, certificate_types=(UNKNOWN_TYPE,), hold="TLS.ChangeCipherSpec")),
        SendTls(content="alert", octets=HANDSHAKE_FAILURE, name="TLS.Alert", may_break=True),
        expect(LOCAL, *TLS_ENDED, limit="limit.close"),
        logged("1.7"),
    )
