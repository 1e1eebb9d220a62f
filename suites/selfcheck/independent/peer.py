"""A client and a server of native mode on a blocking socket, strict about what the partner sends."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.algorithms import ECDSA_SHA256, RSA_SHA256
from conform62351.suites.selfcheck.independent.ber import integer, read
from conform62351.suites.selfcheck.independent.certificates import (
    SHA256,
    Certificate,
    Identity,
    Trust,
    fits,
    verifies,
)
from conform62351.suites.selfcheck.independent.diagnostics import DT_DIAGNOSTICS, HANDSHAKE_DIAGNOSTICS
from conform62351.suites.selfcheck.independent.errors import Broken, Ended, EnvironmentBroken, Verdict
from conform62351.suites.selfcheck.independent.link import Spoil
from conform62351.suites.selfcheck.independent.osi import Acse, Stack, Titles, osi_diagnostic
from conform62351.suites.selfcheck.independent.tokens import (
    WITH_DIAGNOSTIC,
    SecPdu,
    Token3,
    encode_signed,
    read_signed,
)
from conform62351.suites.selfcheck.independent.transfer import WINDOW_US, DataTransfer

REJECTS = ("ApplicationReject", "HandshakeSecReject")
ABORTS = ("HandshakeSecAbort", "DtSecAbort", "ApplAbort")


@dataclass
class Settings:
    """What a peer is and wants.

    A client offers ``aea``, else ``icv`` with or without ``encr``; a server takes what it names of each, and
    ``encrypt`` is its policy: None leaves it to the client. ``called`` are the titles of the server.
    ``spoil`` alters octets by name on their way out (``HandshakeReq.tbs`` before it is signed,
    ``HandshakeReq`` whole, ``tbp``, ``transfer``, and the PDUs of the stack), ``alter`` tokens before they
    are written (``token1``, ``token2``, ``token3``).
    """

    identity: Identity
    trust: Trust
    groups: tuple[int, ...] = (14, 23, 28)
    aea: tuple[str, ...] = ()
    encr: tuple[str, ...] = ()
    icv: tuple[str, ...] = ()
    encrypt: bool | None = None
    asso_id: int = 7
    called: Titles | None = None
    clock: Callable[[], float] = time.time
    spoil: Spoil = field(default_factory=dict)
    alter: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


class Association:
    """One association; ``notes`` tells what the partner sent that readers merely tolerate."""

    data: DataTransfer

    def __init__(self, sock: socket.socket, settings: Settings, *, client: bool) -> None:
        self.settings, self.client = settings, client
        self.stack = Stack(sock, settings.spoil)
        self.notes = self.stack.notes
        self.partner: Titles | None = settings.called
        self.asso_id: str | None = None
        self.accepted = False
        self.signed_content: dict[str, bytes] = {}
        self._invoke = 0
        self._replayed = False

    # signed SecPDUs

    def altered(self, name: str, token: Any) -> Any:
        """Let the settings alter a token."""
        return self.settings.alter[name](token) if name in self.settings.alter else token

    def signed(self, name: str, tbs: bytes, pp: str | None = None) -> bytes:
        """Sign the content octets of a tbs."""
        tbs = self.stack.out(f"{name}.tbs", tbs)
        self.signed_content[name] = tbs
        identity = self.settings.identity
        return self.stack.out(name, encode_signed(name, pp, tbs, identity.algorithm, identity.sign))

    def ending(self, name: str, extra: bytes = b"", *, asso_id: str | None = "") -> bytes:
        """Make a SecPDU with ClearToken3; ``extra`` is applData or diag."""
        identity = self.settings.identity
        number = self.asso_id if asso_id == "" else asso_id
        now = identity.time(self.settings.clock())
        token = Token3(identity.algorithm, number, now, identity.certificate, identity.path)
        return self.signed(name, self.altered("token3", token).encode() + extra)

    def now(self) -> datetime:
        """The peer's clock."""
        return datetime.fromtimestamp(self.settings.clock(), UTC)

    def check_signature(self, pdu: SecPdu) -> Certificate:
        """Checks 2 to 4; enter the replay memory. Raises Broken."""
        if pdu.algorithm.name not in (RSA_SHA256, ECDSA_SHA256):
            raise Broken(
                "5-checks, handshake 2", f"{pdu.name} is signed by other means", "invalid-signatureAlgorithm"
            )
        if pdu.algorithm != pdu.token.sig_alg:
            raise Broken("5-checks, handshake 3", f"{pdu.name}: sign.algo is not the token's sigAlg", None)
        certificate = Certificate(pdu.token.certificate)
        if not fits(pdu.algorithm, certificate.key):
            raise Broken("5-checks, handshake 3", f"{pdu.name}: sign.algo does not fit the key", None)
        if not verifies(certificate.key, pdu.signature, pdu.signed, SHA256):
            raise Broken("5-checks, handshake 4", f"the signature of {pdu.name} does not verify", None)
        seen, entry = self.settings.trust.seen, (certificate.subject, pdu.token.asso_id, pdu.token.time)
        self._replayed = entry in seen
        seen.add(entry)
        return certificate

    def check_identity(self, pdu: SecPdu, certificate: Certificate, titles: Titles | None) -> None:
        """Checks 6 to 11. Raises Broken."""
        token, name = pdu.token, pdu.name
        self.settings.trust.check(certificate, token.path, self.now())
        if titles is not None and certificate.dotted() != str(titles):
            raise Broken("5-checks, handshake 8", f"{name}: {certificate.dotted()} is not {titles}", None)
        if not token.v1:
            raise Broken("5-checks, handshake 9", f"{name}: version without v1", "unexpected-version")
        if abs(token.time - int(self.settings.clock() * 1_000_000)) > WINDOW_US:
            raise Broken("5-checks, handshake 10", f"{name}: time", "invalid-time-value")
        if self._replayed:
            raise Broken("5-checks, handshake 11", f"{name} is a replay", None)

    def check_ending(self, pdu: SecPdu, numbers: set[str | None]) -> None:
        """The checks of a SecPDU with ClearToken3. Raises Broken."""
        certificate = self.check_signature(pdu)
        if pdu.token.asso_id not in numbers:
            raise Broken("11-decisions 23", f"{pdu.name} has assoID {pdu.token.asso_id}, not of {numbers}")
        self.check_identity(pdu, certificate, self.partner)

    # the partner ends it

    def ended(self, acse: Acse) -> Ended:
        """Make of a rejecting AARE or an ABRT what is raised; TCP is closed."""
        self.stack.close()
        result = acse.number(0xA2)
        source = next(iter(acse.members[0xA3].children), None) if 0xA3 in acse.members else None
        reason = None
        if source is not None:
            reason = "user" if source.tag == 0xA1 else "provider", source.children[0].integer()
        told = Verdict("AARE" if result else "ABRT", result=result, reason=reason)
        if acse.sec_pdu is None:
            return Ended(told)
        try:
            return Ended(self._verdict(told, acse.sec_pdu))
        except Broken as error:
            return Ended(Verdict(told.name, result=result, reason=reason, fault=error))

    def _verdict(self, told: Verdict, octets: bytes) -> Verdict:
        node = read(octets, self.notes)
        if node.tag == 0x83:
            return Verdict("osiDiagnostics", environment=node.integer())
        pdu = read_signed(octets, REJECTS if told.result else ABORTS, self.notes)
        names = DT_DIAGNOSTICS if pdu.name == "DtSecAbort" else HANDSHAKE_DIAGNOSTICS
        diagnostic = None
        if pdu.diagnostic is not None:
            known = 0 <= pdu.diagnostic < len(names)
            diagnostic = names[pdu.diagnostic] if known else str(pdu.diagnostic)
        own = str(self.settings.asso_id)
        numbers: set[str | None] = {self.asso_id} if self.accepted else {own if self.client else self.asso_id}
        if pdu.name == "HandshakeSecReject":
            numbers.add(None)
        if pdu.name == "HandshakeSecAbort" and self.asso_id:
            numbers.add(self.asso_id.partition(":")[0])
        fault = None
        try:
            self._check_reject(told, pdu)
            self.check_ending(pdu, numbers)
        except Broken as error:
            fault = error
        return Verdict(pdu.name, diagnostic, told.result, told.reason, pdu.appl_data, None, fault)

    @staticmethod
    def _check_reject(told: Verdict, pdu: SecPdu) -> None:
        results = {"HandshakeSecReject": (1,), "ApplicationReject": (1, 2)}.get(pdu.name)
        if results and (told.result not in results or told.reason != ("user", 1)):
            raise Broken("4-native, SecPDUs", f"{pdu.name} in AARE {told.result}, {told.reason}")

    # this side ends it

    def abort(self, name: str, diagnostic: str | None = None, *, asso_id: str | None = "") -> None:
        """Send a HandshakeSecAbort, DtSecAbort or ApplAbort; ``diagnostic`` None is an alarm."""
        extra = b""
        if diagnostic is not None and name in WITH_DIAGNOSTIC:
            names = DT_DIAGNOSTICS if name == "DtSecAbort" else HANDSHAKE_DIAGNOSTICS
            extra = integer(names.index(diagnostic) if diagnostic in names else 0, 0x0A)
        self.stack.abort(self.ending(name, extra, asso_id=asso_id))

    def abort_environment(self, error: EnvironmentBroken) -> None:
        """Answer a fault of the environment; one below presentation is closed upon without a word."""
        if error.number:
            self.stack.abort(osi_diagnostic(error.number))
        self.stack.close()

    # data and release

    def established(self, data: DataTransfer) -> None:
        """Data transfer begins."""
        self.data = data
        data.notes, data.now = self.notes, self.settings.clock
        data.spoil, data.alter = self.settings.spoil, self.settings.alter

    def send(self, pdu: bytes, *, rekey: bool = False, req_rekey: bool = False) -> None:
        """Send a PrPDU; a client may begin a rekey with it, a server ask for one."""
        self.stack.send(self.data.seal(pdu, rekey=rekey, req_rekey=req_rekey))

    def receive(self) -> bytes | None:
        """Return the next PrPDU, None when the partner has released.

        Raises Broken and EnvironmentBroken about what came, Ended for an abort.
        """
        try:
            kind, acse, octets = self.stack.receive()
            if kind == "data":
                return self.data.open(octets)
            if kind == "release":
                self._answer_release(octets)
                self.stack.drain()
                return None
            if kind == "released":
                raise EnvironmentBroken(1, "DISCONNECT without FINISH")
        except EnvironmentBroken as error:
            self.abort_environment(error)
            raise
        except Broken as error:
            self.abort("DtSecAbort", error.diagnostic)
            raise
        assert acse is not None
        raise self.ended(acse)

    def request(self, pdu: bytes, *, rekey: bool = False) -> bytes:
        """Send a request and return its answer."""
        self.send(pdu, rekey=rekey)
        answer = self.receive()
        if answer is None:
            raise Ended(Verdict("ReleaseReq"))
        return answer

    def identify(self, *, rekey: bool = False) -> bytes:
        """Identify."""
        self._invoke += 1
        return self.request(mms.identify(self._invoke), rekey=rekey)

    def read(self, domain: str, item: str, *, rekey: bool = False) -> bytes:
        """Read a variable."""
        self._invoke += 1
        return self.request(mms.read_variable(self._invoke, domain, item), rekey=rekey)

    def serve(self, *, req_rekey: bool = False) -> None:
        """Answer until the partner has released; the first answer asks for a rekey if wanted."""
        while (pdu := self.receive()) is not None:
            self.send(mms.answer(pdu), req_rekey=req_rekey)
            req_rekey = False

    def release(self, *, conclude: bool = True) -> Broken | None:
        """Conclude, release, close. Returns the fault of the ReleaseRsp, which is only logged."""
        if conclude and self.request(mms.CONCLUDE) != mms.CONCLUDED:
            raise AssertionError("conclude is not answered by conclude-Response")
        self.stack.release(self.ending("ReleaseReq"))
        while True:
            kind, acse, octets = self.stack.receive()
            if kind == "release":
                self._answer_release(octets)
            elif kind == "released":
                break
            elif kind == "abort":
                assert acse is not None
                raise self.ended(acse)
        self.stack.close()
        return self._released(octets)

    def _answer_release(self, octets: bytes) -> None:
        pdu = read_signed(octets, ("ReleaseReq",), self.notes)
        self.check_ending(pdu, {self.asso_id})
        extra = mms.CONCLUDED if pdu.appl_data == mms.CONCLUDE else b""
        self.stack.release(self.ending("ReleaseRsp", extra), answer=True)

    def _released(self, octets: bytes) -> Broken | None:
        try:
            pdu = read_signed(octets, ("ReleaseRsp",), self.notes)
            self.check_ending(pdu, {self.asso_id})
            if pdu.appl_data is not None:
                raise Broken("11-decisions 35", "ReleaseRsp has applData though ReleaseReq had none")
        except Broken as error:
            return error
        return None
