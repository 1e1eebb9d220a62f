"""Both sides of TLS in memory: the engine's machines and OpenSSL's, with certificates of every kind."""

from __future__ import annotations

import ssl
import tempfile
import warnings
from functools import cache
from importlib.resources import as_file, files
from random import Random
from typing import Any, Final

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.domains import make_dh_key
from conform62351.fixtures.pki.issuing import CertificateParts, Issuer, issue
from conform62351.fixtures.pki.keys import with_dh_value
from conform62351.fixtures.pki.naming import common_name
from conform62351.fixtures.pki.plan import DhValue
from conform62351.profiles.crypto.signatures import load_private_key
from conform62351.profiles.pki.dh_keys import PKCS_3, X9_42
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    Authentication,
    CipherSuite,
    KeyExchange,
    cipher_suite,
)
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.interface import Established, HandshakeMessage, TlsFailed, TlsMachine
from conform62351.suites.selfcheck.pki_samples import key, pem, spki
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.tooling.net.credential_writing import certificates_pem
from conform62351.tooling.net.tls_stdlib import StdlibTls, suite_codes

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0301, 0x0302, 0x0303, 0x0304
NULL_NULL: Final = 0x0000
VERSION_NAMES: Final = {TLS_1_0: "TLSv1", TLS_1_1: "TLSv1.1", TLS_1_2: "TLSv1.2"}
VERSIONS: Final = {
    TLS_1_0: ssl.TLSVersion.TLSv1,
    TLS_1_1: ssl.TLSVersion.TLSv1_1,
    TLS_1_2: ssl.TLSVersion.TLSv1_2,
    TLS_1_3: ssl.TLSVersion.TLSv1_3,
}
SINCE, UNTIL = 1_600_000_000.0, 2_500_000_000.0
WITHOUT_EMPTY_RECORDS: Final = 0x800
NO_EXTENDED_MASTER_SECRET: Final = 0x1
CLIENT_RENEGOTIATION: Final = 0x100
LEGACY_RENEGOTIATION: Final = 0x40000
NO_ENCRYPT_THEN_MAC: Final = 0x80000
"""Options of OpenSSL that the ssl module does not name."""

ENGINE_IS: Final = (Role.CLIENT, Role.SERVER)
AnyPair = Pair[Any, Any]
Engines = Pair[EngineTls, EngineTls]

SIGNERS: Final = {"rsa": "rsa-leaf", "ecdsa": "ec-leaf", "dsa": "dsa-leaf"}
LONG: Final = bytes(range(256)) * 160
"""More than two records."""

random_octets = Random(62351).randbytes
"""One source for all, so that no two sides draw the same."""


class Lenient(Policy):
    """A tester's policy: it takes note of what it finds and goes on wherever that is possible."""

    def reacts(self, finding: Finding) -> bool:
        return False


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def engine_suites() -> list[CipherSuite]:
    """Return the suites that protect or authenticate anything."""
    return [cipher_suite(code) for code in ENGINE_SUITES if code != NULL_NULL]


def openssl_suites() -> list[CipherSuite]:
    """Return those of them that this OpenSSL has."""
    known = set(suite_codes().values())
    return [suite for suite in engine_suites() if suite.code in known]


@cache
def root(kind: str) -> Issuer:
    """Return the authority that signs by RSA or DSA."""
    return Issuer(common_name(f"{kind} root"), key(f"{kind}-root"))


@cache
def root_certificate(kind: str) -> bytes:
    """Return the certificate of an authority in DER."""
    issuer = root(kind)
    return _certificate(issuer.name, spki(issuer.key), issuer, ca=True)


@cache
def identity(kind: str, form: str = X9_42) -> TlsIdentity:
    """Return a certificate and its key: ``rsa``, ``ecdsa``, ``dsa``, ``dh-rsa`` or ``dh-dss``."""
    if kind in SIGNERS:
        private = key(SIGNERS[kind])
        octets = _certificate(common_name(kind), spki(private), root("rsa"))
        return TlsIdentity((octets,), load_private_key(pem(private)))
    agreeing = make_dh_key(form)
    issuer = root("dsa" if kind == "dh-dss" else "rsa")
    return TlsIdentity((_certificate(common_name(kind), agreeing.spki, issuer),), agreeing)


def of_known_value() -> bytes:
    """Return the certificate of a static Diffie-Hellman key whose public value is 1."""
    public = with_dh_value(make_dh_key(X9_42).spki, DhValue.ONE)
    return _certificate(common_name("dh-rsa"), public, root("rsa"))


def _certificate(subject: bytes, public: bytes, issuer: Issuer, *, ca: bool = False) -> bytes:
    parts = CertificateParts(
        subject=subject,
        spki=public,
        serial=1 + len(subject),
        not_before=SINCE,
        not_after=UNTIL,
        extensions=(issuing.basic_constraints(ca=ca),),
    )
    return issue(parts, issuer)


def identity_for(suite: CipherSuite) -> tuple[TlsIdentity, ...]:
    """Return what a server needs to speak a suite."""
    if suite.authentication is Authentication.ANON:
        return ()
    if suite.key_exchange is KeyExchange.DH:
        return (identity("dh-rsa" if suite.authentication is Authentication.RSA else "dh-dss", PKCS_3),)
    names = {Authentication.RSA: "rsa", Authentication.DSS: "dsa", Authentication.ECDSA: "ecdsa"}
    return (identity(names[suite.authentication]),)


def parameters(**members: Any) -> EngineParameters:
    """Return parameters of a side that asks for no certificate, with ``members`` changed."""
    usual: dict[str, Any] = {
        "now": Clock(),
        "random": random_octets,
        "verify_peer": False,
        "suites": (0x003C,),
    }
    return EngineParameters(**usual | members)


def client(policy: Policy | None = None, **members: Any) -> EngineTls:
    """Return the engine as a client."""
    return EngineTls(Role.CLIENT, parameters(**members), policy or Policy())


def server(policy: Policy | None = None, **members: Any) -> EngineTls:
    """Return the engine as a server; with the certificates that its suites need unless told otherwise."""
    if "identities" not in members:
        suites = [cipher_suite(code) for code in members.get("suites", (0x003C,))]
        members["identities"] = tuple(own for suite in suites for own in identity_for(suite))
    return EngineTls(Role.SERVER, parameters(**members), policy or Policy())


def openssl_context(
    role: Role,
    *,
    suites: tuple[int, ...] = (0x003C,),
    minimum: int = TLS_1_2,
    maximum: int = TLS_1_2,
    own: TlsIdentity | None = None,
    verify: bool = False,
    tickets: bool = False,
    options: int = 0,
) -> ssl.SSLContext:
    """Return a context of Python's ssl; one with ``verify`` trusts the root that signs by RSA."""
    server_side = role is Role.SERVER
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    context.options |= options
    context.options &= ~WITHOUT_EMPTY_RECORDS
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = VERSIONS[minimum], VERSIONS[maximum]
    names = {code: name for name, code in suite_codes().items()}
    context.set_ciphers(":".join([*(names[code] for code in suites), "@SECLEVEL=0"]))
    if verify:
        context.load_verify_locations(cadata=root_certificate("rsa"))
    if own is not None:
        load_identity(context, own)
    if server_side:
        with as_file(files("conform62351.tooling.net") / "ffdhe2048.txt") as path:
            context.load_dh_params(str(path))
    return context


def load_identity(context: ssl.SSLContext, own: TlsIdentity) -> None:
    """Give a context a certificate and its key, which OpenSSL takes from files alone."""
    private = pem(key(SIGNERS["ecdsa" if own.kind == "ecdsa" else own.kind]))
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(private + certificates_pem(own.chain))
        file.flush()
        context.load_cert_chain(file.name)


def openssl(context: ssl.SSLContext, session: object | None = None) -> StdlibTls:
    """Return OpenSSL's machine; a client may resume a session of the same context."""
    resumed = session if isinstance(session, ssl.SSLSession) else None
    return StdlibTls(context, server_side=context.protocol is ssl.PROTOCOL_TLS_SERVER, session=resumed)


def only(code: int, version: int = TLS_1_2) -> dict[str, Any]:
    """Return the members of parameters, or of a context, that has one suite in one version."""
    return {"suites": (code,), "minimum": version, "maximum": version}


def with_openssl(
    role: Role, suite: CipherSuite, version: int = TLS_1_2, size: int = 1 << 20, **members: Any
) -> AnyPair:
    """Return a pair in which the engine plays ``role``; ``members`` are those of its parameters."""
    one = only(suite.code, version)
    if role is Role.CLIENT:
        own = next(iter(identity_for(suite)), None)
        return Pair(client(**one, **members), openssl(openssl_context(Role.SERVER, own=own, **one)), size)
    return Pair(openssl(openssl_context(Role.CLIENT, **one)), server(**one, **members), size)


def engine_of(pair: AnyPair, role: Role) -> EngineTls:
    """Return the one of a pair that plays ``role``, which is the engine."""
    machine = pair.client if role is Role.CLIENT else pair.server
    assert isinstance(machine, EngineTls)
    return machine


def told(machine: TlsMachine) -> Established:
    """Return what the last handshake of a machine came to."""
    assert machine.established is not None
    return machine.established


def shaken(pair: Engines) -> Engines:
    """Return a pair whose first handshake is complete."""
    pair.shake_hands()
    for machine in (pair.client, pair.server):
        assert pair.of(machine, TlsFailed) == []
        assert machine.established is not None
    return pair


def message_names(pair: Engines, machine: TlsMachine, direction: str) -> list[str]:
    """Return the names of the messages that a machine has sent or received, in their order."""
    return [
        event.name.removeprefix("TLS.")
        for event in pair.of(machine, HandshakeMessage)
        if event.direction == direction
    ]


def labelled(value: object) -> str:
    """Return how pytest names a parameter."""
    if isinstance(value, CipherSuite):
        return f"{value.code:04X}"
    if isinstance(value, Role):
        return value.value
    return f"{value:04X}" if type(value) is int else str(value)


def exchange(pair: AnyPair) -> None:
    """Send data in both directions and insist that they arrive."""
    before = {machine: pair.data(machine) for machine in (pair.client, pair.server)}
    pair.client.send(b"question")
    pair.server.send(LONG)
    pair.settle()
    pair.server.send(b"")
    pair.client.send(LONG)
    pair.settle()
    assert pair.data(pair.server) == before[pair.server] + b"question" + LONG
    assert pair.data(pair.client) == before[pair.client] + LONG


def end(pair: AnyPair) -> None:
    """End both directions, so that OpenSSL keeps the session."""
    pair.client.close_notify()
    pair.settle()
    pair.server.close_notify()
    pair.settle()
