"""The client's side of a handshake, full and abbreviated (RFC 5246 7.3; R)."""

from __future__ import annotations

from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.pki.dh_keys import DhKeyError, DhPrivateKey, read_dh_numbers
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.agreement import (
    AgreementError,
    FiniteField,
    dh_pair,
    dh_pair_with_leading_zero,
    dh_premaster,
    ec_pair,
    ec_premaster,
    field_of,
    rsa_premaster,
    write_dh_exchange,
    write_ec_exchange,
    write_rsa_exchange,
)
from conform62351.profiles.tls.engine.checks_exchange import (
    CERTIFICATE_REQUEST,
    SERVER_KEY_EXCHANGE,
    Exchanged,
    Requested,
)
from conform62351.profiles.tls.engine.checks_renegotiation import (
    RENEGOTIATION,
    RESUMPTION,
    Resumption,
    Signalled,
)
from conform62351.profiles.tls.engine.checks_server_hello import (
    SERVER_CHAIN,
    SERVER_HELLO,
    ServerChainSeen,
    ServerHelloSeen,
)
from conform62351.profiles.tls.engine.choice import FFDHE
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_0,
    Authentication,
    KeyExchange,
)
from conform62351.profiles.tls.engine.client_identity import asked_identity, signature_pair
from conform62351.profiles.tls.engine.connection import CANNOT_GO_ON, Connection, Ended
from conform62351.profiles.tls.engine.extensions import ExtensionType, find
from conform62351.profiles.tls.engine.handshake import PREMASTER, VERSION_NAMES, Handshake
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    CertificateVerify,
    ClientKeyExchange,
    DheParameters,
    ServerKeyExchange,
)
from conform62351.profiles.tls.engine.link import CHANGE_CIPHER_SPEC
from conform62351.profiles.tls.engine.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    Finished,
    NewSessionTicket,
    ServerHelloDone,
)
from conform62351.profiles.tls.engine.offer import server_answer
from conform62351.profiles.tls.engine.offering import client_hello, sent_hello
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.profiles.tls.engine.sessions import Session


class ClientHandshake(Handshake):
    """One handshake of a client; :meth:`start` begins it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._hello: ClientHello | None = None
        self._offered: Session | None = None
        self._answered = False
        self._request: CertificateRequest | None = None
        self._exchange = b""
        self._premaster: bytes | None = None
        self._handlers = {
            ServerHello: self._take_server_hello,
            Certificate: self._take_certificate,
            CertificateStatus: self._take_status,
            ServerKeyExchange: self._take_exchange,
            CertificateRequest: self._take_request,
            ServerHelloDone: self._take_done,
            NewSessionTicket: self._take_ticket,
            Finished: self._take_server_finished,
        }

    def start(self, *, resume: bool = False) -> bool:
        """Send the ClientHello; return whether a policy has let it go.

        ``resume`` offers the session of this very connection, which no renegotiation should (tester).
        """
        own = self.connection.session
        if resume and own is not None and self._still_taken(own):
            self._offered = own
        elif not self.renegotiation:
            self._offered = self._session_to_offer()
        hello = client_hello(self.connection, self.earlier, self._offered)
        octets = self._say(hello)
        if octets is None:
            return False
        self._hello = sent_hello(octets, hello)
        self.client_random = self._hello.random
        self._expect("TLS.ServerHello")
        return True

    def _session_to_offer(self) -> Session | None:
        """Return the session of the parameters, unless it is too old or its server no longer taken."""
        session = self.parameters.session
        if session is None or not self._still_taken(session):
            return None
        own = Resumption(
            role=Role.CLIENT,
            session=session,
            by_ticket=bool(session.ticket),
            version=session.version,
            suites=(session.suite,),
            enabled=(session.suite,),
            extended=session.extended,
            age=self.parameters.now() - session.made_at,
            interval=self.parameters.resumption_interval,
        )
        return session if self.connection.judge(RESUMPTION, own) is None else None

    def _take_server_hello(self, hello: ServerHello) -> None:
        """Judge the ServerHello, what must not change of it first, and take its choice over."""
        asked = self._hello
        if asked is None or self._answered:
            raise Ended(f"a second ServerHello: {CANNOT_GO_ON}", "unexpected_message")
        self._answered = True
        answer = server_answer(hello.extensions)
        connection = self.connection
        before = connection.verify_data
        expected = before.get(Role.CLIENT, b"") + before.get(Role.SERVER, b"")
        connection.judge(
            RENEGOTIATION,
            Signalled(
                info=answer.renegotiation_info,
                expected=expected,
                version=hello.version,
                earlier=self.earlier,
                unasked=self._resumes_unasked(hello),
            ),
        )
        resumed = hello.session_id and hello.session_id == asked.session_id
        session = self._offered if resumed else None
        if session is not None:
            connection.judge(RESUMPTION, _resumption(session, hello, extended=answer.extended_master_secret))
        connection.judge(SERVER_HELLO, ServerHelloSeen(hello, answer, asked, self.parameters))
        suite = ENGINE_SUITES.get(hello.suite)
        if hello.version not in VERSION_NAMES:
            raise Ended(f"version {hello.version:04X} is not spoken: {CANNOT_GO_ON}", "protocol_version")
        if suite is None or suite.key_exchange is KeyExchange.NULL:
            raise Ended(f"suite {hello.suite:04X} is not done: {CANNOT_GO_ON}", "illegal_parameter")
        self._agree_version(hello.version)
        self.suite = suite
        self.server_random = hello.random
        self.session_id = hello.session_id
        self.secure = answer.renegotiation_info is not None
        self.extended = answer.extended_master_secret
        self._agree_encrypt_then_mac(answer.encrypt_then_mac)
        self.ticket_said = answer.ticket is not None
        if session is not None:
            self._resume(session)
        else:
            self._expect("TLS.Certificate" if self._certified else "TLS.ServerKeyExchange")

    def _resumes_unasked(self, hello: ServerHello) -> bool:
        own = self.connection.session
        return self._offered is None and own is not None and hello.session_id == own.id != b""

    def change_cipher(self) -> None:
        """Take the server's ChangeCipherSpec; behind its hello it can only take up what was known before."""
        known = self._offered or self.connection.session or self.parameters.session
        if self.link.pending is None and self._answered and known is not None:
            self._resume(known)
        super().change_cipher()

    @property
    def _certified(self) -> bool:
        return self.suite.authentication is not Authentication.ANON

    def _resume(self, session: Session) -> None:
        """Take up the session that was offered."""
        self.resumed = session
        self.peer_chain = session.peer_chain
        self.ticket = session.ticket
        self._use_master(session.master)
        self._expect("TLS.NewSessionTicket" if self.ticket_said else CHANGE_CIPHER_SPEC)

    def _take_certificate(self, message: Certificate) -> None:
        self._need_hello("Certificate")
        self._take_chain(message)
        self.connection.judge(
            SERVER_CHAIN, ServerChainSeen(self.peer_chain, self.peer_kind, self.suite, self.parameters)
        )
        hello = self._hello
        asked = hello is not None and find(hello.extensions, ExtensionType.STATUS_REQUEST) is not None
        self._expect_exchange(*(("TLS.CertificateStatus",) if asked else ()))

    def _take_status(self, _: CertificateStatus) -> None:
        self._expect_exchange()

    def _expect_exchange(self, *more: str) -> None:
        if self.suite.key_exchange.ephemeral:
            self._expect("TLS.ServerKeyExchange", *more)
        else:
            self._expect("TLS.CertificateRequest", "TLS.ServerHelloDone", *more)

    def _take_exchange(self, message: ServerKeyExchange) -> None:
        self._need_hello("ServerKeyExchange")
        random = self.parameters.random
        error: AgreementError | None = None
        try:
            if isinstance(message.parameters, DheParameters):
                parameters = message.parameters
                value = self._field_pair(FiniteField(parameters.p, parameters.g), parameters.y)
                self._exchange = write_dh_exchange(value.public)
                self._premaster = dh_premaster(value, parameters.y)
            else:
                pair = ec_pair(message.parameters.group, random)
                self.group = pair.group
                self._premaster = ec_premaster(pair, message.parameters.point)
                self._exchange = write_ec_exchange(pair)
        except AgreementError as raised:
            error, self._premaster = raised, raised.premaster
        proof = None
        if message.signature is not None:
            self.signature = message.signature.hash, message.signature.algorithm
            offered = self.parameters.signature_algorithms or None
            covered = self.client_random + self.server_random + message.came
            proof = self._proof(message.signature, offered, covered)
        groups = tuple(group for group in self.parameters.groups if group not in FFDHE)
        self.connection.judge(SERVER_KEY_EXCHANGE, Exchanged(message.parameters, groups, error, proof))
        self._expect("TLS.CertificateRequest", "TLS.ServerHelloDone")

    def _take_request(self, message: CertificateRequest) -> None:
        self._request = message
        self._expect("TLS.ServerHelloDone")

    def _take_done(self, _: ServerHelloDone) -> None:
        """Send the second flight."""
        self._need_hello("ServerHelloDone")
        if self._master:
            raise Ended(f"a second ServerHelloDone: {CANNOT_GO_ON}", "unexpected_message")
        request, own = self._request, self.parameters
        identity, pair = None, None
        if request is not None:
            identity = asked_identity(own, self.version, request, self.suite, self.peer_certificate)
            pair = signature_pair(own, self.version, identity, request.signature_algorithms)
        seen = Requested(request, self.suite, identity, pair is not None)
        if self.connection.judge(CERTIFICATE_REQUEST, seen) is not None:
            identity = None
        if request is not None:
            self._say(Certificate(() if identity is None else identity.chain))
        premaster = self._agree(identity)
        self._say(ClientKeyExchange(self._exchange))
        self._agree_master(premaster)
        if identity is not None and isinstance(identity.key, PrivateKey):
            pair = pair or signature_pair(own, self.version, identity, own.signature_algorithms)
            if pair is None:
                raise Ended(f"nothing can be signed by a key of kind {identity.kind}", "internal_error")
            self._say(CertificateVerify(self._sign(identity, pair, bytes(self._transcript))))
        self._finish()
        self._expect("TLS.NewSessionTicket" if self.ticket_said else CHANGE_CIPHER_SPEC)

    def _agree(self, identity: TlsIdentity | None) -> bytes:
        """Return the premaster secret; the key exchange that goes out is kept.

        Raises:
            Ended: the server has shown no value or key that one can be agreed with.
        """
        if self.suite.key_exchange.ephemeral:
            if self._premaster is None:
                raise Ended(f"no usable ServerKeyExchange: {CANNOT_GO_ON}", "unexpected_message")
            return self._premaster
        certificate = self.peer_certificate
        if certificate is None:
            raise Ended(f"no usable certificate: {CANNOT_GO_ON}", "bad_certificate")
        random = self.parameters.random
        try:
            if self.suite.key_exchange is KeyExchange.RSA:
                version = TLS_1_0 if self._hello is None else self._hello.version
                made = rsa_premaster(version, random)
                premaster: bytes = self.connection.policy.rewrite(PREMASTER, made)
                self._exchange = write_rsa_exchange(certificate.spki, premaster, random)
                return premaster
            server = read_dh_numbers(certificate.spki)
            if identity is not None and isinstance(identity.key, DhPrivateKey):
                self._exchange = b""
                return dh_premaster(identity.key, server.y)
            value = self._field_pair(field_of(server), server.y)
            self._exchange = write_dh_exchange(value.public)
            return dh_premaster(value, server.y)
        except (AgreementError, DhKeyError) as error:
            if isinstance(error, AgreementError) and error.premaster is not None:
                return error.premaster
            raise Ended(f"the server's certificate: {error.message}", "unsupported_certificate") from error

    def _field_pair(self, field: FiniteField, y: int) -> DhPrivateKey:
        random = self.parameters.random
        if self.parameters.leading_zero:
            return dh_pair_with_leading_zero(field, y, random)
        return dh_pair(field, random)

    def _take_ticket(self, message: NewSessionTicket) -> None:
        self.ticket = message.ticket or self.ticket
        self._expect(CHANGE_CIPHER_SPEC)

    def _take_server_finished(self, message: Finished) -> None:
        self._take_finished(message)
        if self.resumed is not None and not self.own_changed:
            self._finish()
        self._complete()

    def _need_hello(self, name: str) -> None:
        """Raise Ended before a ServerHello, and where it has resumed a session."""
        if not self._answered or self.resumed is not None:
            raise Ended(f"{name} came out of place: {CANNOT_GO_ON}", "unexpected_message")


def _resumption(session: Session, hello: ServerHello, *, extended: bool) -> Resumption:
    """Return what a server makes of the session that was offered; its age was judged then."""
    return Resumption(
        role=Role.CLIENT,
        session=session,
        by_ticket=bool(session.ticket),
        version=hello.version,
        suites=(hello.suite,),
        enabled=(session.suite,),
        extended=extended,
    )
