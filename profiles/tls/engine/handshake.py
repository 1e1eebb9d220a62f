"""What the handshakes of both roles have in common: transcript, order, keys, Finished (RFC 5246 7.4; R)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError
from conform62351.profiles.pki.certificate import Certificate as X509Certificate
from conform62351.profiles.policy import Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.checks_exchange import FINISHED, FinishedSeen, Proof
from conform62351.profiles.tls.engine.checks_state import STATE, Arrival
from conform62351.profiles.tls.engine.choice import read_or_none
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    NULL_SUITE,
    TLS_1_2,
    Authentication,
    CipherKind,
    CipherSuite,
)
from conform62351.profiles.tls.engine.connection import CANNOT_GO_ON, Connection, Ended
from conform62351.profiles.tls.engine.key_messages import Signed
from conform62351.profiles.tls.engine.key_schedule import (
    extended_master_secret,
    key_block,
    master_secret,
    verify_data,
)
from conform62351.profiles.tls.engine.link import CipherState
from conform62351.profiles.tls.engine.messages import Certificate, Finished, HandshakeBody, decode, name_of
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.engine.signing import sign, verify
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.profiles.tls.interface import Established
from conform62351.profiles.tls.peer_chain import PeerChain
from conform62351.profiles.tls.suites import suite_name

VERSION_NAMES: Final = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2"}
SIGNED: Final = "TLS.signed"
"""A policy rewrites by this name the octets that a signature of this side covers."""
PREMASTER: Final = "TLS.premaster"
"""And by this one the premaster secret of a client's RSA key exchange before it is encrypted."""
SECRET: Final = "TLS.secret"
"""And by this one the premaster secret, of any exchange, that this side makes its keys of."""

Handlers = Mapping[type, Callable[[Any], None]]


class Handshake:
    """One handshake of one connection, as far as it has come.

    ``expected`` are the names of the messages that may come next. What a policy lets pass out of order is
    taken as far as there is all that it needs.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.parameters = connection.parameters
        self.link = connection.link
        self.earlier = connection.version if connection.established is not None else None
        """The version before a renegotiation, None in the first handshake."""
        self.began = self.parameters.now()
        self.expected: frozenset[str] = frozenset()
        self.done = False
        self.own_changed = False
        """Whether this side has changed its cipher."""
        self.peer_changed = False
        self.version = self.parameters.maximum
        self.suite: CipherSuite = NULL_SUITE
        self.client_random = b""
        self.server_random = b""
        self.session_id = b""
        self.resumed: Session | None = None
        self.extended = False
        self.encrypt_then_mac = False
        self.secure = False
        self.ticket = b""
        self.ticket_said = False
        """Whether the ServerHello has announced a ticket."""
        self.peer_chain: tuple[bytes, ...] = ()
        self.group = 0
        self.signature: tuple[int, int] | None = None
        self._transcript = bytearray()
        self._covered = 0
        self._master = b""
        self._verify_data: dict[Role, bytes] = {}
        self._handlers: Handlers = {}
        self.link.pending = None

    @property
    def renegotiation(self) -> bool:
        """Whether there was a handshake before."""
        return self.earlier is not None

    @property
    def peer_certificate(self) -> X509Certificate | None:
        """The peer's own certificate, None when it has shown none that can be read."""
        return read_or_none(self.peer_chain[0]) if self.peer_chain else None

    @property
    def peer_kind(self) -> str:
        """The kind of the peer's key: ``rsa``, ``dsa``, ``ec``, ``dh``, empty for none."""
        certificate = self.peer_certificate
        return "" if certificate is None else certificate.key.kind

    def take(self, octets: bytes, original: bytes) -> None:
        """Take a handshake message with its header; ``original`` is what the peer has in its transcript.

        Raises:
            Ended: the handshake has failed.
        """
        kind, body = octets[0], octets[4:]
        self.connection.judge(STATE, Arrival(name=name_of(kind), expected=self.expected))
        try:
            message = decode(kind, body, version=self.version, suite=self.suite)
        except TlsDecodeError as error:
            self._covered = self._cover(original)
            self.connection.judge(STATE, Arrival(alert=error.alert, why=error.message))
            return
        handler = self._handlers.get(type(message))
        if handler is None:
            raise Ended(f"{name_of(kind)} came: {CANNOT_GO_ON}", "unexpected_message")
        self._covered = self._cover(original)
        handler(message)

    def change_cipher(self) -> None:
        """Take the peer's ChangeCipherSpec. Raises Ended."""
        state = self.link.pending
        if state is None:
            raise Ended(f"ChangeCipherSpec before there are keys: {CANNOT_GO_ON}", "unexpected_message")
        self.link.peer_changes_cipher(state)
        self.peer_changed = True
        self._expect("TLS.Finished")

    def _cover(self, octets: bytes) -> int:
        """Add a message to the transcript, and return how long it was before."""
        before = len(self._transcript)
        self._transcript += octets
        return before

    def _expect(self, *names: str) -> None:
        self.expected = frozenset(names)

    def _say(self, message: HandshakeBody) -> bytes | None:
        octets = self.link.say(message)
        self._transcript += octets or b""
        return octets

    def _agree_version(self, version: int) -> None:
        self.version = self.connection.version = self.link.version = version

    def _agree_encrypt_then_mac(self, said: bool) -> None:
        """Take over what the ServerHello says; with other ciphers than those of blocks it means nothing."""
        self.encrypt_then_mac = said and self.suite.cipher.form.kind is CipherKind.BLOCK

    def _take_chain(self, message: Certificate) -> None:
        """Take the peer's certificates, and have them examined."""
        self.peer_chain = self.connection.peer_chain = message.chain
        shown = PeerChain(message.chain, self.suite, self.renegotiation, self.connection.peer)
        if message.chain or self.connection.role is Role.CLIENT or self.parameters.require_peer:
            self.connection.report(self.parameters.examine(shown))

    def _still_taken(self, session: Session) -> bool:
        """Return whether who showed its certificates in a session would be taken today.

        They may have expired or been revoked since. What is wrong with them is told by the full handshake
        that comes in the place of a resumption.
        """
        suite = ENGINE_SUITES.get(session.suite, NULL_SUITE)
        own, connection = self.parameters, self.connection
        if not session.peer_chain:
            asked = own.verify_peer and suite.authentication is not Authentication.ANON
            return connection.role is Role.CLIENT or not (asked and own.require_peer)
        found = own.examine(PeerChain(session.peer_chain, suite, self.renegotiation, connection.peer))
        ends = [one for one in found if one.fault.reaction is Reaction.REFUSE]
        return not any(map(connection.policy.reacts, ends))

    def _sign(self, identity: TlsIdentity, pair: tuple[int, int], octets: bytes) -> Signed:
        """Return a signature of this side. Raises Ended: the key cannot."""
        covered = self.connection.policy.rewrite(SIGNED, octets)
        if not isinstance(identity.key, PrivateKey):
            raise Ended("a Diffie-Hellman key signs nothing", "internal_error")
        return Signed(*pair, sign(identity.key, self.version, *pair, covered))

    def _proof(self, signature: Signed, offered: tuple[tuple[int, int], ...] | None, octets: bytes) -> Proof:
        """Return a signature of the peer over ``octets`` as the checks see it."""
        certificate, kind, version = self.peer_certificate, self.peer_kind, self.version

        def verifies() -> bool:
            if certificate is None:
                return False
            pair = signature.hash, signature.algorithm
            try:
                return verify(certificate.spki, kind, version, *pair, signature.octets, octets)
            except SignatureError:
                return False

        return Proof(signature, version, offered, kind, verifies)

    def _agree_master(self, premaster: bytes) -> None:
        """Derive the master secret; the transcript ends with ClientKeyExchange."""
        premaster = self.connection.policy.rewrite(SECRET, premaster)
        if self.extended:
            master = extended_master_secret(self.version, self.suite, premaster, bytes(self._transcript))
        else:
            master = master_secret(
                self.version, self.suite, premaster, self.client_random, self.server_random
            )
        self._use_master(master)

    def _use_master(self, master: bytes) -> None:
        """Derive the keys, which ChangeCipherSpec puts into force, and log the secret."""
        self._master = master
        keys = key_block(self.version, self.suite, master, self.client_random, self.server_random)
        own, peer = (
            (keys.client, keys.server) if self.connection.role is Role.CLIENT else (keys.server, keys.client)
        )
        self.link.pending = CipherState(self.version, self.suite, own, peer, self.encrypt_then_mac)
        if self.parameters.key_log is not None:
            self.parameters.key_log(f"CLIENT_RANDOM {self.client_random.hex()} {master.hex()}")

    def _finish(self) -> None:
        """Send ChangeCipherSpec and Finished."""
        self.own_changed = self.link.change_cipher()
        role = self.connection.role
        octets = verify_data(self.version, self.suite, self._master, role, bytes(self._transcript))
        self._verify_data[role] = octets
        self._say(Finished(octets))

    def _take_finished(self, message: Finished) -> None:
        """Judge the peer's Finished. Raises Ended, also before there are keys."""
        if not self._master:
            raise Ended(f"Finished before there are keys: {CANNOT_GO_ON}", "unexpected_message")
        peer, covered = self.connection.peer, bytes(self._transcript[: self._covered])
        expected = verify_data(self.version, self.suite, self._master, peer, covered)
        self.connection.judge(FINISHED, FinishedSeen(message.verify_data, expected))
        self._verify_data[peer] = message.verify_data

    def _complete(self) -> None:
        """Note what the handshake came to, and tell it."""
        connection = self.connection
        self.done = True
        self._expect()
        self.link.pending = None
        connection.verify_data = self._verify_data
        connection.secure = self.secure
        connection.session = self._session()
        connection.peer_chain = self.peer_chain
        connection.established = Established(
            VERSION_NAMES[self.version],
            suite_name(self.suite.code),
            self.suite.code,
            self.peer_chain,
            self.resumed is not None,
            session_id=self.session_id,
            ticket=bool(self.ticket),
            secure_renegotiation=self.secure,
            extended_master_secret=self.extended,
            encrypt_then_mac=self.encrypt_then_mac,
            group=self.group,
            signature=self.signature if self.version >= TLS_1_2 else None,
            renegotiated=self.renegotiation,
        )
        connection.tell(connection.established)

    def _session(self) -> Session | None:
        """Return what resumes this session; one that was resumed keeps its age."""
        if not self.session_id and not self.ticket:
            return None
        return Session(
            self.session_id,
            self.ticket,
            self._master,
            self.suite.code,
            self.version,
            self.extended,
            self.peer_chain,
            self.parameters.now() if self.resumed is None else self.resumed.made_at,
        )
