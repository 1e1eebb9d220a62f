"""Who is there in TLS: certificates that both sides show, and whom those of a partner lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.conversations import CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    CLIENT_OF_RSA,
    DSS_SUITES,
    ECDSA_SUITES,
    RSA_SUITES,
    SIGNED_BY_RSA,
    STATIC_DSS,
    STATIC_RSA,
    claims_one,
    client_handshake,
    client_refuses,
    client_takes,
    server_handshake,
    server_refuses,
    server_takes,
    shows,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Replace, Withhold
from conform62351.tooling.engine.outcomes import AARQ, TLS_ENDED, TRANSPORT_CONNECTED, expect, over, warned
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Connect,
    Conversation,
    NoFinding,
    OpenTransport,
    Tls,
    Verify,
    conversation,
)

OWN = "R-TLS-certificate-own"
ASKED = "R-TLS-certificate-asked"
SHOWN = "R-TLS-certificate-shown"
OF_SERVER = "R-TLS-certificate-of-server"
PATH = "R-TLS-certificate-path"
ANCHORS = "R-TLS-certificate-anchors"
OTHER_HOLDER = "R-TLS-other-holder"
USAGE = "R-TLS-certificate-usage"
AUTHORITY = "R-COMB-TLS-authority"
VALIDITY = "R-COMB-TLS-validity"

RULES: Final = tuple(f"TLS.CERT.{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 19))
"""The tester's own checks of a certificate that need nothing but the certificate and the time."""
KINDS: Final = {
    "an RSA key": RSA_SUITES,
    "a key on an elliptic curve": ECDSA_SUITES,
    "a DSA key": DSS_SUITES,
    "a static Diffie-Hellman key, signed with RSA": STATIC_RSA,
    "a static Diffie-Hellman key, signed with DSA": STATIC_DSS,
}
"""Suites by the key that a server's certificate has for them."""
CURVES: Final = ("1.2.840.10045.3.1.7", "1.3.36.3.3.2.8.1.1.7")
"""secp256r1 and brainpoolP256r1."""
KEY: Final = "TLS.Certificate.certificate.key"
RSA_SIGN: Final = 1

NO_LIST: Final = bytes.fromhex("0b000003000000")
EMPTY_ELEMENT: Final = bytes.fromhex("0b000006000003000000")
NO_CERTIFICATE: Final[dict[str, AnyMutation]] = {
    "an empty list": Replace(pdu="TLS.Certificate", octets=NO_LIST),
    "no message for it": Withhold(pdu="TLS.Certificate"),
    "a list of nothing": Replace(pdu="TLS.Certificate", octets=EMPTY_ELEMENT),
}

STRANGERS: Final = {
    "of an unknown authority": ("bad-tls/unknown-ca", ("2.2",)),
    "signed by its own key": ("bad-tls/self-signed", ("2.2",)),
    "under an unknown authority, with that of its issuer": ("bad-tls/unknown-ca-shown", ("2.2",)),
    "of an authority with the name of a known one": ("bad-tls/same-name-ca", ("2.2", "2.10")),
    "of an authority that is neither known nor shown": ("bad-tls/missing-ca", ("2.2",)),
}
"""Certificates without a path to a trust anchor, and the events that tell it."""
STRANGE_KEYS: Final = {
    "of an unknown authority, with a key on an elliptic curve": ("bad-tls/unknown-ca-ecdsa", ECDSA_SUITES),
    "of an unknown authority, with a static Diffie-Hellman key": ("bad-tls/unknown-ca-dh", STATIC_RSA),
}
"""The same with keys of other kinds, and the suites in which a server has them."""
BAD_LINKS: Final = {
    "issued by who is no authority": "bad-tls/not-a-ca",
    "issued by an authority that may not issue": "bad-tls/ca-no-cert-sign",
    "issued below an authority that may have none below": "bad-tls/path-length",
}
"""Certificates whose path has a link that no authority may make."""
LOCAL_POLICY = "an expired certificate is accepted in TLS: local policy"
EXPIRED = ("2.8",)
NOT_TRUSTED = ("2.2",)


def _own(curve: bool) -> Steps:
    """Judge the certificate that the device has just shown."""
    judged: Steps = (
        Verify(requirement=OWN, field="TLS.Certificate.sizes", at_least=1),
        NoFinding(requirement=OWN, steps=RULES),
    )
    return (*judged, Verify(requirement=OWN, field=f"{KEY}.curve", is_in=CURVES)) if curve else judged


@case(
    "TLS/SRV/CERT/BV-own",
    OWN,
    ASKED,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_own() -> Iterator[Conversation]:
    """A server shows a certificate that keeps the rules, whatever kind of key the suite needs, and asks the
    client for one: it says which types it takes, RSA among them, and which signatures.
    """
    for label, suites in KINDS.items():
        yield conversation(
            server_handshake(OWN, Tls(suites=suites)),
            _own(suites is ECDSA_SUITES),
            Verify(requirement=ASKED, field="TLS.CertificateRequest.types", includes=(RSA_SIGN,)),
            Verify(
                requirement=ASKED,
                field="TLS.CertificateRequest.signature_algorithms",
                includes=("sha256/rsa",),
            ),
            label=label,
            pics=claims_one(suites, "server"),
        )


@case(
    "TLS/CLI/CERT/BV-own",
    SHOWN,
    OWN,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_own() -> Iterator[Conversation]:
    """A client that is asked for its certificate shows one that keeps the rules and is of a type that the
    server asked for, and proves that it has the key.
    """
    for label, types in {"of any type": None, "with an RSA key": (RSA_SIGN,)}.items():
        yield conversation(
            client_handshake(SHOWN, Tls(suites=SIGNED_BY_RSA or RSA_SUITES, certificate_types=types)),
            Verify(requirement=SHOWN, field="TLS.Certificate.sizes", at_least=1),
            *((Verify(requirement=SHOWN, field=f"{KEY}.kind", is_in=("rsa",)),) if types else ()),
            NoFinding(requirement=SHOWN, steps=("TLS.CV",)),
            _own(curve=False),
            label=label,
            pics=claims_one(SIGNED_BY_RSA, "client"),
        )


@case(
    "TLS/CLI/CERT/BI-none",
    OF_SERVER,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_none() -> Iterator[Conversation]:
    """A client ends the connection to a server that shows no certificate: an empty list, no message for it at
    all, or a list of a certificate without octets.
    """
    for label, mutation in NO_CERTIFICATE.items():
        events = ("1.6",) if label == "an empty list" else ()
        yield conversation(
            client_refuses(OF_SERVER, Tls(suites=SIGNED_BY_RSA, mutations=(mutation,)), *events),
            label=label,
            pics=claims_one(SIGNED_BY_RSA, "client"),
        )


@case(
    "TLS/SRV/CERT/BV-trusted",
    PATH,
    ANCHORS,
    USAGE,
    OTHER_HOLDER,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_trusted() -> Iterator[Conversation]:
    """A server trusts a client whose certificate comes with the authorities up to its anchor, and one under
    another anchor of its own, and one without keyUsage; that of another holder it takes or refuses.
    """
    yield conversation(
        server_takes(PATH, shows("bad-tls/supplied-ca")), label="by an authority that is shown"
    )
    yield conversation(
        server_takes(ANCHORS, shows("bad-tls/second-anchor")),
        label="under the second anchor",
        pics="TLS.several-trust-anchors.server",
    )
    yield conversation(server_takes(USAGE, shows("bad-tls/no-key-usage")), label="without keyUsage")
    yield conversation(
        Connect(tls=shows("bad-tls/other-holder")),
        OpenTransport(may_break=True),
        expect(OTHER_HOLDER, TRANSPORT_CONNECTED, TLS_ENDED, limit="limit.connect"),
        label="of another holder",
    )


@case(
    "TLS/CLI/CERT/BV-trusted",
    PATH,
    ANCHORS,
    USAGE,
    OTHER_HOLDER,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_trusted() -> Iterator[Conversation]:
    """A client trusts a server whose certificate comes with the authorities up to its anchor, and one under
    another anchor of its own, and one without keyUsage; that of another holder it takes or refuses.
    """
    yield conversation(
        client_takes(PATH, shows("bad-tls/supplied-ca")), label="by an authority that is shown"
    )
    yield conversation(
        client_takes(ANCHORS, shows("bad-tls/second-anchor")),
        label="under the second anchor",
        pics="TLS.several-trust-anchors.client",
    )
    yield conversation(client_takes(USAGE, shows("bad-tls/no-key-usage")), label="without keyUsage")
    yield conversation(
        Act(action="connect", may_fail=True),
        Accept(tls=shows("bad-tls/other-holder")),
        expect(OTHER_HOLDER, AARQ, TLS_ENDED, limit="limit.associate"),
        label="of another holder",
    )


@case(
    "TLS/SRV/CERT/BI-untrusted",
    AUTHORITY,
    PATH,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_untrusted() -> Iterator[Conversation]:
    """A server refuses a client whose certificate leads to no anchor of its own, or by a link that no
    authority may make.
    """
    for label, (credential, events) in STRANGERS.items():
        yield conversation(server_refuses(AUTHORITY, shows(credential), *events), label=label)
    for label, (credential, suites) in STRANGE_KEYS.items():
        tls = Tls(suites=suites if suites is STATIC_RSA else (), credentials=(credential,))
        yield conversation(
            server_refuses(AUTHORITY, tls, *NOT_TRUSTED), label=label, pics=claims_one(suites, "server")
        )
    for label, credential in BAD_LINKS.items():
        yield conversation(server_refuses(PATH, shows(credential)), label=label)


@case(
    "TLS/CLI/CERT/BI-untrusted",
    AUTHORITY,
    PATH,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_untrusted() -> Iterator[Conversation]:
    """A client refuses a server whose certificate leads to no anchor of its own, or by a link that no
    authority may make.
    """
    for label, (credential, events) in STRANGERS.items():
        yield conversation(client_refuses(AUTHORITY, shows(credential), *events), label=label)
    for label, (credential, suites) in STRANGE_KEYS.items():
        tls = Tls(suites=suites, credentials=(credential,))
        yield conversation(
            client_refuses(AUTHORITY, tls, *NOT_TRUSTED), label=label, pics=claims_one(suites, "client")
        )
    for label, credential in BAD_LINKS.items():
        yield conversation(client_refuses(PATH, shows(credential)), label=label)


@case(
    "TLS/SRV/CERT/BI-validity",
    VALIDITY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_validity() -> Iterator[Conversation]:
    """A server refuses a certificate that is not valid yet and one under an authority that has expired, and
    one that has expired itself unless its local policy takes that.
    """
    taken = over(warned(LOCAL_POLICY, TRANSPORT_CONNECTED))
    yield conversation(
        server_refuses(VALIDITY, shows("bad-tls/not-yet-valid"), *EXPIRED), label="not valid yet"
    )
    yield conversation(
        server_refuses(VALIDITY, shows("bad-tls/expired"), *EXPIRED, taken=taken), label="expired"
    )
    yield conversation(
        server_refuses(VALIDITY, shows("bad-tls/expired-ca"), *EXPIRED), label="under an expired authority"
    )


@case(
    "TLS/CLI/CERT/BI-validity",
    VALIDITY,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_validity() -> Iterator[Conversation]:
    """A client refuses a certificate that is not valid yet and one under an authority that has expired, and
    one that has expired itself unless its local policy takes that.
    """
    taken = over(warned(LOCAL_POLICY, AARQ))
    yield conversation(
        client_refuses(VALIDITY, shows("bad-tls/not-yet-valid"), *EXPIRED), label="not valid yet"
    )
    yield conversation(
        client_refuses(VALIDITY, shows("bad-tls/expired"), *EXPIRED, taken=taken), label="expired"
    )
    yield conversation(
        client_refuses(VALIDITY, shows("bad-tls/expired-ca"), *EXPIRED), label="under an expired authority"
    )
