"""Extensions of the hellos: unknown ones, none, too many, unreadable ones, and what ClientHellos hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import KeyExchange
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.handshakes import (
    EVENT,
    EVERY_KIND,
    associates_over,
    begins,
    logged,
    refused,
)
from conform62351.suites.tls.sides import claimed, of_exchange, suites, tls_case, with_blocks
from conform62351.tooling.engine.mutations import SetExtension, SetField
from conform62351.tooling.engine.outcomes import (
    TLS_ENDED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    over,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Connect,
    Conversation,
    NoFinding,
    OpenTransport,
    Proceed,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

UNKNOWN: Final = "R-TLS-extension-unknown"
ANSWER: Final = "R-TLS-extension-answer"
FORM: Final = "R-TLS-extension-form"
POINT_FORMATS: Final = "R-TLS-point-formats"
HELLO_SIGNATURES: Final = "R-TLS-hello-signature-algorithms"
RANDOM: Final = "R-TLS-hello-random"
COMPRESSION: Final = "R-TLS-compression"
COMPRESSION_ANSWER: Final = "R-TLS-compression-answer"
SIGNATURES_ABSENT: Final = "R-TLS-signature-algorithms-absent"
LOCAL_CERTIFICATE: Final = "R-TLS-certificate-local"
SIGNATURE_SELECTED: Final = "R-TLS-signature-selected"
ENCRYPT_THEN_MAC: Final = "R-TLS-encrypt-then-MAC"
ENCRYPT_THEN_MAC_ABSENT: Final = "R-TLS-encrypt-then-MAC-absent"
EXTENDED_MASTER_SECRET: Final = "R-TLS-extended-master-secret"

NO_LOCAL_CERTIFICATE: Final = "IEC62351-3:1.7"
NO_SUITE: Final = "IEC62351-3:1.9"
NO_SIGNATURE_ALGORITHMS: Final = "IEC62351-3:1.15"
NO_ENCRYPT_THEN_MAC: Final = ("IEC62351-3:1.18", "IEC62351-3:1.17")
"""The draft seems to have swapped the two: both are taken."""

CLIENT_HELLO: Final = "TLS.ClientHello"
SERVER_HELLO: Final = "TLS.ServerHello"
UNSOLICITED: Final = "TLS.SH.10"
"""The tester's check that a server answers no extension that it was not asked."""
DEFLATE: Final = 1
NULL: Final = 0
NOBODYS: Final = 0x7A69
"""The number of an extension that nobody has been given."""
MAX_FRAGMENT_LENGTH: Final = 1
GREASE: Final = (0x0A0A, 0xFAFA)
"""Numbers that are reserved to be passed over (RFC 8701)."""
ED25519: Final = bytes.fromhex("00020807")
"""signature_algorithms with one algorithm that IEC 62351-3 has no use for."""
NO_CURVE: Final = ("FE00",)
"""A group that nobody has."""
P_384: Final = ("secp384r1",)
"""A group that no certificate for TLS may be on."""

COMPRESSES: Final = "the server compresses where it need not"
WITHOUT_UNCOMPRESSED: Final = "ec_point_formats without the uncompressed one"
SHA_1_NOT_OFFERED: Final = "the client does not offer RSA with SHA-1, which it does not have"
COMPRESSED_POINTS: Final = "the client takes no uncompressed points, and is sent some"
OFFERS_COMPRESSION: Final = "the client offers compression beside none"
REFUSED_WITHOUT: Final = "a {peer} without encrypt_then_mac is refused"

ECDHE: Final = of_exchange(KeyExchange.ECDHE)
EPHEMERAL: Final = of_exchange(KeyExchange.ECDHE, KeyExchange.DHE)
BY_RSA: Final = of_exchange(KeyExchange.RSA)


def of_client(kind: int, octets: bytes | None = b"", more: int = 0) -> SetExtension:
    """Return the mutation of an extension of the ClientHello."""
    return SetExtension(pdu=CLIENT_HELLO, kind=kind, octets=octets, more=more)


def of_server(kind: int, octets: bytes | None = b"", more: int = 0) -> SetExtension:
    """Return the mutation of an extension of the ServerHello."""
    return SetExtension(pdu=SERVER_HELLO, kind=kind, octets=octets, more=more)


@tls_case("EXT/BV-extensions", UNKNOWN, ANSWER, roles=(Role.SERVER,))
def extensions(role: Role) -> Iterator[Conversation]:
    """A server copes with extensions that it does not know, with such as are reserved, with server_name and
    with none at all, and answers none that it was not asked.

    Without any there is no signalling of secure renegotiation either: then the server may refuse.
    """
    offers = {
        "unknown": Tls(mutations=(of_client(NOBODYS, b"unknown"), of_client(NOBODYS + 1))),
        "reserved": Tls(mutations=tuple(of_client(kind) for kind in GREASE)),
        "server_name": Tls(server_name="server.example"),
    }
    no_more = NoFinding(requirement=ANSWER, steps=(UNSOLICITED,))
    for label, tls in offers.items():
        steps = associates_over(role, UNKNOWN, tls)
        yield conversation(*steps[:2], no_more, *steps[2:], label=label)
    none = Tls(mutations=(SetField(pdu=CLIENT_HELLO, field="extensions", value=None),))
    steps = associates_over(role, UNKNOWN, none, TLS_STANDS, *over(TLS_REFUSED))
    yield conversation(*steps[:2], no_more, *steps[2:], label="none")


@tls_case("EXT/BI-extensions", ANSWER, FORM, POINT_FORMATS, roles=(Role.CLIENT,))
def answers(role: Role) -> Iterator[Conversation]:
    """A client refuses a ServerHello with an extension that it did not ask for, with one twice, with one
    that does not decode, and with one that has points in forms that are not in use.
    """
    for label, kind, octets, severity in (
        ("not asked for", MAX_FRAGMENT_LENGTH, b"\x01", Severity.SECURITY),
        ("not asked for, and unknown", NOBODYS, b"", Severity.FORM),
    ):
        tls = Tls(mutations=(of_server(kind, octets),))
        yield conversation(refused(role, ANSWER, tls, severity=severity), label=label)
    spoilt = {
        "renegotiation_info twice": of_server(ExtensionType.RENEGOTIATION_INFO, b"\x00", more=1),
        "renegotiation_info cut": of_server(ExtensionType.RENEGOTIATION_INFO, b"\x05"),
        "ec_point_formats cut": of_server(ExtensionType.EC_POINT_FORMATS, b"\x05\x00"),
        "extended_master_secret with octets": of_server(ExtensionType.EXTENDED_MASTER_SECRET, b"\x00"),
    }
    for label, mutation in spoilt.items():
        tls = Tls(credentials=EVERY_KIND, mutations=(mutation,))
        yield conversation(refused(role, FORM, tls), label=label)
    compressed = of_server(ExtensionType.EC_POINT_FORMATS, b"\x01\x01")
    yield conversation(
        refused(role, POINT_FORMATS, Tls(credentials=EVERY_KIND, mutations=(compressed,))),
        label=WITHOUT_UNCOMPRESSED,
    )


@tls_case("EXT/BI-extensions", FORM, POINT_FORMATS, roles=(Role.SERVER,))
def offers(role: Role) -> Iterator[Conversation]:
    """A server refuses a ClientHello with an extension twice, and with one whose lengths do not fit; one with
    suites on curves and no uncompressed points it had better refuse.
    """
    spoilt = {
        "signature_algorithms twice": of_client(
            ExtensionType.SIGNATURE_ALGORITHMS, bytes.fromhex("000404010403"), more=1
        ),
        "signature_algorithms of half a pair": of_client(
            ExtensionType.SIGNATURE_ALGORITHMS, bytes.fromhex("0003040104")
        ),
        "supported_groups cut": of_client(ExtensionType.SUPPORTED_GROUPS, bytes.fromhex("00080017")),
        "supported_groups with octets left over": of_client(
            ExtensionType.SUPPORTED_GROUPS, bytes.fromhex("0002001700")
        ),
        "renegotiation_info cut": of_client(ExtensionType.RENEGOTIATION_INFO, b"\x05"),
    }
    for label, mutation in spoilt.items():
        yield conversation(refused(role, FORM, Tls(mutations=(mutation,))), label=label)
    compressed = of_client(ExtensionType.EC_POINT_FORMATS, b"\x01\x01")
    yield conversation(
        begins(role, Tls(suites=suites(ECDHE), mutations=(compressed,))),
        refuse(
            POINT_FORMATS, TLS_REFUSED, over(warned(COMPRESSED_POINTS, TLS_STANDS)), limit="limit.connect"
        ),
        label=WITHOUT_UNCOMPRESSED,
        pics=claimed(ECDHE, role),
    )


@tls_case("EXT/BV-hello", HELLO_SIGNATURES, COMPRESSION, RANDOM, roles=(Role.CLIENT,))
def hello(role: Role) -> Iterator[Conversation]:
    """The ClientHello has RSA with SHA-1, RSA with SHA-256 and ECDSA with SHA-256 in signature_algorithms,
    offers no compression but that of nothing, and has another random each time.

    SHA-1 is deprecated and may be denied: a client without it that does not offer it passes with a warning.
    """
    tls = Tls(credentials=EVERY_KIND)
    first = associates_over(role, HELLO_SIGNATURES, tls)
    field = "TLS.ClientHello.signature_algorithms"
    for sha_1, pics, warning in (
        ("SHA-1", "TLS.SHA-1.{role}", ""),
        ("SHA-1, which is denied", "not TLS.SHA-1.{role}", SHA_1_NOT_OFFERED),
    ):
        yield conversation(
            first[:2],
            Verify(requirement=HELLO_SIGNATURES, field=field, includes=("sha256/rsa", "sha256/ecdsa")),
            Verify(requirement=HELLO_SIGNATURES, field=field, includes=("sha1/rsa",), warning=warning),
            Verify(requirement=COMPRESSION, field="TLS.ClientHello.compression", includes=(NULL,)),
            Verify(
                requirement=COMPRESSION,
                field="TLS.ClientHello.compression",
                is_in=((NULL,),),
                warning=OFFERS_COMPRESSION,
            ),
            first[2:],
            client_again(tls),
            Verify(requirement=RANDOM, field="TLS.ClientHello.random", unlike=0, on=1),
            label=f"with {sha_1}",
            pics=pics.format(role=role.value),
        )


def client_again(tls: Tls) -> Steps:
    """Have the DUT client connect once more, on connection 1."""
    return (
        Act(action="connect", may_fail=True),
        Accept(tls=tls, on=1),
        expect(RANDOM, TLS_STANDS, limit="limit.connect", on=1),
    )


@tls_case("EXT/BI-compression", COMPRESSION_ANSWER, COMPRESSION, roles=(Role.SERVER,))
def compression_offered(role: Role) -> Iterator[Conversation]:
    """A server does without compression where a client offers both, and refuses one that insists on DEFLATE
    or offers nothing.
    """
    beside = Tls(compression=(DEFLATE, NULL), hold="TLS.ServerHelloDone")
    yield conversation(
        Connect(tls=beside),
        Verify(
            requirement=COMPRESSION,
            field="TLS.ServerHello.compression",
            is_in=((NULL,),),
            warning=COMPRESSES,
        ),
        Proceed(),
        expect(COMPRESSION_ANSWER, TLS_STANDS, over(warned(COMPRESSES, TLS_ENDED)), limit="limit.connect"),
        OpenTransport(),
        expect(COMPRESSION_ANSWER, TRANSPORT_CONNECTED, limit="limit.connect"),
        label="DEFLATE and none",
    )
    for label, methods in {"DEFLATE alone": (DEFLATE,), "nothing": ()}.items():
        yield conversation(refused(role, COMPRESSION_ANSWER, Tls(compression=methods)), label=label)


@tls_case("EXT/BI-compression", COMPRESSION_ANSWER, roles=(Role.CLIENT,))
def compression_chosen(role: Role) -> Iterator[Conversation]:
    """A client refuses a ServerHello with DEFLATE, which it has not offered."""
    deflate = SetField(pdu=SERVER_HELLO, field="compression", value=DEFLATE)
    yield conversation(refused(role, COMPRESSION_ANSWER, Tls(mutations=(deflate,))))


@tls_case("EXT/BI-signature-algorithms-absent", SIGNATURES_ABSENT, EVENT, roles=(Role.SERVER,))
def signature_algorithms_absent(role: Role) -> Iterator[Conversation]:
    """A server warns of a client of TLS 1.2 that offers no signature_algorithms, in suites whose key exchange
    it signs and in suites with RSA. The handshake goes on, or it is refused.
    """
    for label, wanted in {"ephemeral": EPHEMERAL, "RSA": BY_RSA}.items():
        tls = Tls(suites=suites(wanted), mutations=(of_client(ExtensionType.SIGNATURE_ALGORITHMS, None),))
        yield conversation(
            begins(role, tls),
            expect(SIGNATURES_ABSENT, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
            logged(NO_SIGNATURE_ALGORITHMS),
            label=label,
            pics=claimed(wanted, role),
        )


@tls_case("EXT/BI-none-fit", LOCAL_CERTIFICATE, SIGNATURE_SELECTED, EVENT, roles=(Role.SERVER,))
def none_fit(role: Role) -> Iterator[Conversation]:
    """A server refuses a client for which it has no certificate (ECDHE_ECDSA alone, and groups without any
    curve that a certificate may be on), no group, or no signature that it can make.
    """
    by_ecdsa = tuple(name for name in suites(ECDHE) if "_ECDSA_" in name)
    has_ecdsa = " or ".join(f"T12.{name}.{role.value}" for name in by_ecdsa)
    yield conversation(
        refused(role, LOCAL_CERTIFICATE, Tls(suites=by_ecdsa, groups=P_384), NO_LOCAL_CERTIFICATE, NO_SUITE),
        label="no certificate",
        pics=has_ecdsa,
    )
    yield conversation(
        refused(role, LOCAL_CERTIFICATE, Tls(suites=suites(ECDHE), groups=NO_CURVE)),
        label="no group",
        pics=claimed(ECDHE, role),
    )
    signed = Tls(
        suites=suites(EPHEMERAL), mutations=(of_client(ExtensionType.SIGNATURE_ALGORITHMS, ED25519),)
    )
    yield conversation(
        refused(role, SIGNATURE_SELECTED, signed), label="no signature", pics=claimed(EPHEMERAL, role)
    )


@tls_case(
    "EXT/BV-encrypt-then-MAC",
    ENCRYPT_THEN_MAC,
    ENCRYPT_THEN_MAC_ABSENT,
    EVENT,
    claims="TLS.encrypt-then-MAC.{role}",
)
def encrypt_then_mac(role: Role) -> Iterator[Conversation]:
    """A {role} has the MAC over the encrypted octets with a {peer} that can, in suites with CBC, and warns of
    one that cannot, which associates or is refused.
    """
    shown = EVERY_KIND if role is Role.CLIENT else ()
    with_cbc = suites(with_blocks)
    has_cbc = claimed(with_blocks, role)
    steps = associates_over(role, ENCRYPT_THEN_MAC, Tls(suites=with_cbc, credentials=shown))
    first = 1 if role is Role.SERVER else 2
    agreed = Verify(requirement=ENCRYPT_THEN_MAC, field="TLS.encrypt_then_mac", is_in=(True,))
    yield conversation(*steps[: first + 1], agreed, *steps[first + 1 :], label="with it", pics=has_cbc)
    without = Tls(suites=with_cbc, credentials=shown, encrypt_then_mac=False)
    peer = "client" if role is Role.SERVER else "server"
    yield conversation(
        begins(role, without),
        expect(
            ENCRYPT_THEN_MAC_ABSENT,
            TLS_STANDS,
            warned(REFUSED_WITHOUT.format(peer=peer), TLS_REFUSED),
            limit="limit.connect",
        ),
        logged(*NO_ENCRYPT_THEN_MAC),
        label="without it",
        pics=has_cbc,
    )


@tls_case("EXT/BV-extended-master-secret", EXTENDED_MASTER_SECRET, claims="TLS.extended-master-secret.{role}")
def extended_master_secret(role: Role) -> Iterator[Conversation]:
    """A {role} binds the master secret to the handshake with a {peer} that can, and associates with one that
    cannot, or refuses it.
    """
    shown = EVERY_KIND if role is Role.CLIENT else ()
    steps = associates_over(role, EXTENDED_MASTER_SECRET, Tls(credentials=shown))
    first = 1 if role is Role.SERVER else 2
    agreed = Verify(requirement=EXTENDED_MASTER_SECRET, field="TLS.extended_master_secret", is_in=(True,))
    yield conversation(*steps[: first + 1], agreed, *steps[first + 1 :], label="with it")
    without = Tls(credentials=shown, extended_master_secret=False)
    stands = (TLS_STANDS, *over(TLS_REFUSED))
    yield conversation(associates_over(role, EXTENDED_MASTER_SECRET, without, *stands), label="without it")
