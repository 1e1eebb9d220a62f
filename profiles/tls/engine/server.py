"""The server's side of a handshake, full and abbreviated (RFC 5246 7.3; R)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.pki.dh_keys import DhKeyError, DhPrivateKey, read_dh_numbers
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.agreement import (
    AgreementError,
    EcPair,
    dh_pair,
    dh_premaster,
    ec_pair,
    ec_premaster,
    field_of,
    read_dh_exchange,
    read_ec_exchange,
    read_rsa_exchange,
)
from conform62351.profiles.tls.engine.checks_client_hello import CLIENT_HELLO, ClientHelloSeen
from conform62351.profiles.tls.engine.checks_exchange import (
    CERTIFICATE_VERIFY,
    CLIENT_KEY_EXCHANGE,
    ClientExchanged,
)
from conform62351.profiles.tls.engine.checks_renegotiation import (
    RENEGOTIATION,
    RESUMPTION,
    Resumption,
    Signalled,
)
from conform62351.profiles.tls.engine.choice import Choice, choose, spoken_version
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_2,
    Authentication,
    KeyExchange,
)
from conform62351.profiles.tls.engine.connection import CANNOT_GO_ON, Connection, Ended
from conform62351.profiles.tls.engine.extensions import ExtensionType, find
from conform62351.profiles.tls.engine.handshake import Handshake
from conform62351.profiles.tls.engine.hellos import RANDOM_LENGTH, ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    CertificateVerify,
    ClientKeyExchange,
    DheParameters,
    EcdheParameters,
    ServerKeyExchange,
    encode_parameters,
)
from conform62351.profiles.tls.engine.link import CHANGE_CIPHER_SPEC
from conform62351.profiles.tls.engine.messages import (
    Certificate,
    CertificateRequest,
    Finished,
    NewSessionTicket,
    ServerHelloDone,
)
from conform62351.profiles.tls.engine.offer import Offer, client_offer
from conform62351.profiles.tls.engine.offering import sent_answer, server_extensions, server_random
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.engine.wire import TlsDecodeError

TICKET_LIFETIME: Final = 86_400
"""Seconds that a ticket is said to be good for where no resumption interval is set (N: at most a day)."""


class ServerHandshake(Handshake):
    """One handshake of a server, which a ClientHello begins."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._hello: ClientHello | None = None
        self._choice: Choice | None = None
        self._curve_key: EcPair | None = None
        self._field_key: DhPrivateKey | None = None
        self._expect("TLS.ClientHello")
        self._handlers = {
            ClientHello: self._take_client_hello,
            Certificate: self._take_certificate,
            ClientKeyExchange: self._take_exchange,
            CertificateVerify: self._take_verify,
            Finished: self._take_client_finished,
        }

    @property
    def _issues_ticket(self) -> bool:
        return self.ticket_said and self.resumed is None

    def _take_client_hello(self, hello: ClientHello) -> None:
        """Judge the ClientHello, what must not change of it first, and answer."""
        if self._hello is not None:
            raise Ended(f"a second ClientHello: {CANNOT_GO_ON}", "unexpected_message")
        self._hello = hello
        connection, parameters = self.connection, self.parameters
        offer = client_offer(hello.extensions)
        version = spoken_version(hello.version, parameters.maximum)
        signalling = RENEGOTIATION_SCSV in hello.suites
        unwanted = connection.judge(
            RENEGOTIATION,
            Signalled(
                info=offer.renegotiation_info,
                expected=connection.verify_data.get(Role.CLIENT, b""),
                suite=signalling,
                version=version or 0,
                earlier=self.earlier,
                resumes=bool(hello.session_id or offer.ticket) and not connection.may_refresh,
            ),
        )
        session = self._session_asked(hello, offer, version or 0) if unwanted is None else None
        choice = choose(hello, offer, version or parameters.minimum, parameters)
        connection.judge(CLIENT_HELLO, ClientHelloSeen(hello, offer, version, choice, parameters))
        if version is None:
            raise Ended(f"version {hello.version:04X} is not spoken: {CANNOT_GO_ON}", "protocol_version")
        self._agree_version(version)
        self.client_random = hello.random
        self.secure = parameters.secure_renegotiation and (offer.renegotiation_info is not None or signalling)
        if session is not None:
            self._resume(session, offer)
        elif isinstance(choice, Choice):
            self._choose(choice, offer)
        else:
            raise Ended(f"no suite can be chosen: {CANNOT_GO_ON}", "handshake_failure")

    def _session_asked(self, hello: ClientHello, offer: Offer, version: int) -> Session | None:
        """Return the session that the client asks for and that may be resumed."""
        store, parameters = self.parameters.store, self.parameters
        if store is None or parameters.session is not None:
            return parameters.session
        by_ticket = parameters.tickets and bool(offer.ticket)
        by_identifier = parameters.session_identifiers and not by_ticket
        session = store.unseal(offer.ticket or b"") if by_ticket else None
        session = store.find(hello.session_id) if by_identifier else session
        if self.renegotiation and session is not None and not self._is_of_connection(session):
            session = None
        if session is None and not by_ticket:
            return None
        asked = Resumption(
            role=Role.SERVER,
            session=session,
            by_ticket=by_ticket,
            version=version,
            suites=hello.suites,
            enabled=parameters.suites,
            extended=offer.extended_master_secret,
            age=0.0 if session is None else parameters.now() - session.made_at,
            interval=parameters.resumption_interval,
        )
        if self.connection.judge(RESUMPTION, asked) is not None or session is None:
            return None
        return session if session.suite in ENGINE_SUITES and self._still_taken(session) else None

    def _is_of_connection(self, session: Session) -> bool:
        own = self.connection.session
        return own is not None and own.master == session.master

    def _resume(self, session: Session, offer: Offer) -> None:
        """Answer with an abbreviated handshake, by the client's identifier (RFC 5246 7.3, RFC 5077 3.4)."""
        self.resumed = session
        self.peer_chain = session.peer_chain
        identifier = b"" if self._hello is None else self._hello.session_id
        if self.parameters.session is not None:
            identifier = session.id
        self.ticket = b"" if session.id else offer.ticket or b""
        self._answer(Choice(ENGINE_SUITES[session.suite], None), offer, identifier)
        self._use_master(session.master)
        self._finish()
        self._expect(CHANGE_CIPHER_SPEC)

    def _choose(self, choice: Choice, offer: Offer) -> None:
        """Answer with a full handshake: the server's first flight."""
        self._choice = choice
        parameters = self.parameters
        self.ticket_said = parameters.tickets and parameters.store is not None and offer.ticket is not None
        by_identifier = (
            parameters.store is not None and parameters.session_identifiers and not self.ticket_said
        )
        self._answer(choice, offer, parameters.random(RANDOM_LENGTH) if by_identifier else b"")
        if choice.identity is not None:
            self._say(Certificate(choice.identity.chain))
            if isinstance(choice.identity.key, DhPrivateKey):
                self._field_key = choice.identity.key
        if choice.suite.key_exchange.ephemeral:
            self._say_exchange(choice)
        asks = parameters.verify_peer and choice.suite.authentication is not Authentication.ANON
        if asks:
            pairs = parameters.signature_algorithms if self.version >= TLS_1_2 else None
            self._say(CertificateRequest(parameters.certificate_types, pairs, parameters.authorities))
        self._say(ServerHelloDone())
        self._expect("TLS.Certificate" if asks else "TLS.ClientKeyExchange")

    def _answer(self, choice: Choice, offer: Offer, identifier: bytes) -> None:
        """Send the ServerHello; what went out of it counts."""
        hello = ServerHello(
            self.version,
            server_random(self.parameters, self.version),
            identifier,
            choice.suite.code,
            extensions=server_extensions(
                self.connection, offer, choice, signalled=self.secure, ticket=self._issues_ticket
            ),
        )
        octets = self._say(hello)
        sent = hello if octets is None else sent_answer(octets, hello)
        self.suite = ENGINE_SUITES.get(sent.suite, choice.suite)
        self.server_random = sent.random
        self.session_id = sent.session_id
        self.extended = find(sent.extensions, ExtensionType.EXTENDED_MASTER_SECRET) is not None
        self._agree_encrypt_then_mac(find(sent.extensions, ExtensionType.ENCRYPT_THEN_MAC) is not None)
        self.ticket_said = find(sent.extensions, ExtensionType.SESSION_TICKET) is not None

    def _say_exchange(self, choice: Choice) -> None:
        parameters: DheParameters | EcdheParameters
        if choice.group is not None:
            self._curve_key = ec_pair(choice.group, self.parameters.random)
            self.group = choice.group
            parameters = EcdheParameters(choice.group, self._curve_key.point)
        elif choice.field is not None:
            self._field_key = dh_pair(choice.field, self.parameters.random)
            parameters = DheParameters(choice.field.p, choice.field.g, self._field_key.public.y)
        else:
            raise Ended(f"no group for {choice.suite.name}", "internal_error")
        signature = None
        if choice.identity is not None and choice.signature is not None:
            self.signature = choice.signature
            covered = self.client_random + self.server_random + encode_parameters(parameters)
            signature = self._sign(choice.identity, choice.signature, covered)
        self._say(ServerKeyExchange(parameters, signature))

    def _take_certificate(self, message: Certificate) -> None:
        if self._choice is None:
            raise Ended(f"Certificate came out of place: {CANNOT_GO_ON}", "unexpected_message")
        self._take_chain(message)
        self._expect("TLS.ClientKeyExchange")

    def _take_exchange(self, message: ClientKeyExchange) -> None:
        if self._choice is None or self._master:
            raise Ended(f"ClientKeyExchange came out of place: {CANNOT_GO_ON}", "unexpected_message")
        error: TlsDecodeError | None = None
        premaster: bytes | None = None
        static = self.suite.key_exchange is KeyExchange.DH
        implicit = static and not message.octets
        try:
            premaster = self._agree(message.octets)
        except TlsDecodeError as raised:
            error = None if implicit and not isinstance(raised, AgreementError) else raised
            premaster = raised.premaster if isinstance(raised, AgreementError) else None
        certified = self.peer_kind == "dh"
        seen = ClientExchanged(error, implicit, certified, not implicit or premaster is not None)
        self.connection.judge(CLIENT_KEY_EXCHANGE, seen)
        if premaster is None:
            raise Ended(f"no usable ClientKeyExchange: {CANNOT_GO_ON}", "illegal_parameter")
        self._agree_master(premaster)
        signs = bool(self.peer_chain) and not certified
        self._expect("TLS.CertificateVerify" if signs else CHANGE_CIPHER_SPEC)

    def _agree(self, octets: bytes) -> bytes:
        """Return the premaster secret. Raises TlsDecodeError: there is none to agree on."""
        if self._curve_key is not None:
            return ec_premaster(self._curve_key, read_ec_exchange(octets))
        if self._field_key is not None:
            value = read_dh_exchange(octets)
            if value is None and self.suite.key_exchange is not KeyExchange.DH:
                raise TlsDecodeError(0, f"an implicit value with {self.suite.name}")
            return dh_premaster(self._field_key, self._implicit_value() if value is None else value)
        identity = None if self._choice is None else self._choice.identity
        if self._hello is None or identity is None or not isinstance(identity.key, PrivateKey):
            raise Ended("no key to decrypt the key exchange with", "internal_error")
        return read_rsa_exchange(identity.key, octets, self._hello.version, self.parameters.random)

    def _implicit_value(self) -> int:
        """Return the value in the client's certificate. Raises TlsDecodeError: none of this field."""
        certificate = self.peer_certificate
        try:
            public = None if certificate is None else read_dh_numbers(certificate.spki)
        except DhKeyError:
            public = None
        own = self._field_key
        if public is None or own is None or field_of(public) != field_of(own.public):
            raise TlsDecodeError(0, "no value of the server's field", "handshake_failure")
        return public.y

    def _take_verify(self, message: CertificateVerify) -> None:
        if not self._master:
            raise Ended(f"CertificateVerify came out of place: {CANNOT_GO_ON}", "unexpected_message")
        offered = self.parameters.signature_algorithms or None
        covered = bytes(self._transcript[: self._covered])
        self.connection.judge(CERTIFICATE_VERIFY, self._proof(message.signature, offered, covered))
        self._expect(CHANGE_CIPHER_SPEC)

    def _take_client_finished(self, message: Finished) -> None:
        self._take_finished(message)
        if self.resumed is None:
            self._say_ticket()
            self._finish()
        self._complete()
        store, session = self.parameters.store, self.connection.session
        if store is not None and session is not None and self.resumed is None:
            store.remember(session)

    def _say_ticket(self) -> None:
        """Issue the ticket that the ServerHello has announced."""
        store, parameters = self.parameters.store, self.parameters
        if not self.ticket_said or store is None:
            return
        session = Session(
            b"",
            b"",
            self._master,
            self.suite.code,
            self.version,
            self.extended,
            self.peer_chain,
            parameters.now(),
        )
        self.ticket = store.seal(session)
        lifetime = min(int(parameters.resumption_interval or TICKET_LIFETIME), TICKET_LIFETIME)
        self._say(NewSessionTicket(lifetime, self.ticket))
