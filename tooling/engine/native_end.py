"""Native mode on one connection: signed and offered as steps want it, put on record, and learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.crypto.algorithms import names as algorithm_names
from conform62351.profiles.crypto.signatures import ALGORITHMS, sign
from conform62351.profiles.environments.osi.events import (
    KeysChanged,
    KeysEstablished,
    PeerHandshake,
    SecPduTaken,
    Transferred,
)
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.events import ReceivedPdu
from conform62351.profiles.native.codec import Carrier, Codec, SecPduError
from conform62351.profiles.native.derivation import Derivation
from conform62351.profiles.native.keyfile import key_line
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.parameters import LocalPolicy
from conform62351.profiles.native.secpdus import DtSecAbort, OsiFault, WithApplData, WithDiagnostics
from conform62351.profiles.native.secpdus import Handshake as HandshakePdu
from conform62351.profiles.native.taken import Established, Taken, believed
from conform62351.profiles.native.tokens import ClearToken1, ClearToken3
from conform62351.profiles.policy import Finding, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import length_octets
from conform62351.tooling.engine.authenticate import TimeForm, time_octets
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.handshake import ANCHOR, CHAIN, E2E, Covers, Handshake, Signing
from conform62351.tooling.engine.moments import new_moment
from conform62351.tooling.engine.mutations import MutationError, SetTime
from conform62351.tooling.engine.native_evidence import (
    NativeFacts,
    agreed_facts,
    handshake_seen,
    keys_agreed,
    listed,
    path_of,
    shown_identifier,
    time_of,
    token_of,
    variant,
)
from conform62351.tooling.engine.native_judging import ALARM, DIAGNOSTIC, NUMBER, OSI_DIAGNOSTIC, SECPDU
from conform62351.tooling.engine.native_own import (
    OwnChecks,
    algorithm_findings,
    encoding_findings,
    form_findings,
)
from conform62351.tooling.engine.native_security import usual_mode
from conform62351.tooling.engine.plain_signature import sign_plainly
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.signing_record import SigningRecord
from conform62351.tooling.engine.stimulus import IV, StimulusPolicy

PREFIX: Final = "E2E."
_CARRIERS: Final = {"E2E.HandshakeReq": Carrier.AARQ, "E2E.HandshakeAcc": Carrier.AARE}
_OIDS: Final = {one.name: one.oid for one in ALGORITHMS.values()}


class NativeEnd(SigningRecord):
    """The tester's side of native mode on one connection.

    ``security`` is what the machine there needs. ``facts`` are what steps look into, ``variant`` names the
    reading that was found, if it is not the usual one. ``established`` are the keys, None before there are
    any.
    """

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        number: int,
        role: Role,
        policy: StimulusPolicy,
        findings: list[Finding],
        *,
        tls: bool,
        tls_certificate: bytes | None,
        asked: float,
    ) -> None:
        super().__init__(dut, log, number, asked)
        self.facts = NativeFacts()
        self.variant = ""
        self._role = role
        self._policy = policy
        self._findings = findings
        self._told: SecPduTaken | None = None
        self._own = OwnChecks(role, dut.security.native.own)
        self._how: Signing = Handshake()
        self._octets: bytes | None = None
        self.established: Established | None = None
        self._derivation = Derivation()
        means = dut.security.native
        self._parameters = dut.security.native_parameters(dut.signing_times.usual)
        self.security: NativeSecurity = means.security(
            self._parameters, tls=tls, tls_certificate=tls_certificate
        )
        policy.prepare = self._prepared
        policy.signed = self._covered
        policy.times = self._time
        policy.reissue = dut.security.reissue
        self.prepare(None)

    @property
    def codec(self) -> Codec:
        """The codec of this connection."""
        return self.security.codec

    def prepare(self, how: Signing | None) -> None:
        """Have the next SecPDUs signed, and a handshake offered or selected, as ``how`` says.

        None: as usual. What is signed otherwise leaves alone what was said of the handshake.

        Raises:
            MeansMissing: there is no such credential, or it has no key.
            MutationError: no such group or algorithm.
        """
        how = Handshake() if how is None else how
        security = self._dut.security
        readable = security.readable(how.credential)
        shown = security.credential(how.credential if readable else E2E)
        if how.key or not readable:
            key = security.key(how.key or how.credential)
            shown = replace(shown, key=key)
        self._octets = None if readable else security.octets(how.credential)
        self._parameters.credential = shown
        self._parameters.sign = sign_plainly if how.plain else sign
        self._how = how
        self._asked = self._dut.clock.unix()
        if isinstance(how, Handshake):
            self._parameters.local = self._local(how)
            att_cert = how.att_cert
            self._parameters.att_cert = security.attributes(att_cert) if att_cert else None

    def _local(self, how: Handshake) -> LocalPolicy:
        usual = usual_mode(self._dut.configuration, self._dut.declaration.answers, self._other.value)
        try:
            return self._dut.security.native.local(how, self._role, usual)
        except (KeyError, ValueError) as error:
            raise MutationError(f"{how}: {error}") from error

    @property
    def _other(self) -> Role:
        """The role of the device."""
        return Role.SERVER if self._role is Role.CLIENT else Role.CLIENT

    def _prepared(self, _: str, value: Any) -> Any:
        """Return a token as the step wants it; anything else as it is."""
        if not isinstance(value, ClearToken1 | ClearToken3):
            return value
        how = self._how
        changes: dict[str, Any] = {}
        if self._octets is not None:
            changes["pkCert"] = self._octets
        if how.path is not None:
            changes["certPath"] = tuple(self._path(how.path)) or None
        if how.algorithm:
            changes["sigAlg"] = _signature_algorithm(how.algorithm)
        if isinstance(how, Handshake) and how.number is not None and isinstance(value, ClearToken1):
            # A server names the client's number before its own.
            client, joint, _ = value.assoID.rpartition(":")
            changes["assoID"] = f"{client}{joint}{how.number}"
        return msgspec.structs.replace(value, **changes) if changes else value

    def _path(self, names: Iterable[str]) -> Iterator[bytes]:
        """Yield the certificates of certPath by their names."""
        security = self._dut.security
        chain = self._parameters.credential.chain
        for name in names:
            if name == CHAIN:
                yield from (one.octets for one in reversed(chain))
            elif name == ANCHOR:
                yield security.anchor_of((self._parameters.credential.certificate, *chain)[-1])
            else:
                yield security.octets(name)

    def _covered(self, name: str, octets: bytes) -> bytes:
        """Return what the signature covers in place of the content octets of tbs."""
        covers: Covers = self._how.covers
        if not covers or not name.endswith(".tbs"):
            return octets
        if covers == "whole":
            return b"\x30" + length_octets(len(octets)) + octets
        return octets[:-1] + bytes((octets[-1] ^ 1,))

    def _time(self, wanted: SetTime) -> bytes:
        moment = new_moment(
            self._dut.signing_times,
            self._dut.known_clock,
            boundary=wanted.boundary,
            inside=wanted.inside,
            shift=wanted.shift,
            whole=wanted.form is not TimeForm.USUAL,
        )
        return time_octets(moment, wanted.form)

    def sent(self, names: Iterable[str]) -> None:
        """Put on record what a message of these PDUs carried; the device decides about a handshake now."""
        for name in names:
            carrier = _CARRIERS.get(name)
            if carrier is None:
                continue
            self._on_trial = True
            try:
                pdu = self.codec.decode(carrier, self._policy.sent[name]).pdu
            except SecPduError:
                continue
            if isinstance(pdu, HandshakePdu):
                there = self._dut.clock.unix() + (self._dut.known_clock.offset or 0.0)
                time = time_of(pdu.token1)
                offset = None if time is None else time.unix - there
                self._log.write(handshake_seen(self._occasion(), "sent", pdu, offset, []))

    def received(self, pdu: ReceivedPdu) -> None:
        """Look into the octets of a SecPDU."""
        if pdu.name.startswith(PREFIX):
            self._findings += encoding_findings(pdu)

    def take(self, event: object) -> None:
        """Put on record what an event of the machine tells."""
        match event:
            case PeerHandshake(pdu=pdu, taken=taken):
                self._read(pdu)
                self._handshake(pdu, taken)
                self._findings += self._own.signed(taken)
            case SecPduTaken(taken=taken):
                self._told = event
                self._read(taken.pdu)
                self._learn(taken)
                self._findings += self._own.signed(taken)
            case KeysEstablished(established=established, derivation=derivation):
                self._keys(established, derivation)
            case KeysChanged(number=number, secret=secret):
                self.facts = msgspec.structs.replace(self.facts, rekeys=number)
                if self.established is not None:
                    agreed = self.established.agreed
                    self._log.write(keys_agreed(self._occasion(), agreed, number, self._derivation))
                    self._keep(self.established, secret, number)
            case Transferred(received=received) if received.pdu is not None:
                is_ae = self.facts.mode == "ae"
                sent_iv = self._policy.sent.get(f"E2E.{type(received.pdu).__name__}.token{IV}")
                self._findings += self._own.transferred(
                    received.pdu, self.facts.rekeys, is_ae=is_ae, sent_iv=sent_iv
                )
                self._findings += form_findings(received.deviations)
                if self.established is not None:
                    self._findings += algorithm_findings(received.pdu, self.established.agreed)
                self.facts = msgspec.structs.replace(self.facts, newest_keys=received.newest)

    def told(self) -> dict[str, Any]:
        """Return what the last reject, abort or release says, once: its name, and its diagnostic by name."""
        told, self._told = self._told, None
        if told is None:
            return {}
        pdu = told.taken.pdu
        match pdu:
            case OsiFault(diagnostic=number):
                return {SECPDU: told.name, OSI_DIAGNOSTIC: number}
            case WithDiagnostics():
                named = {SECPDU: told.name, DIAGNOSTIC: diagnostic_name(pdu)}
                return named if pdu.diag is None else named | {NUMBER: pdu.diag}
            case WithApplData(applData=data):
                return {SECPDU: told.name, "applData": data is not None}
        return {SECPDU: f"{told.name}, not readable"}

    def first_unread(self) -> bool:
        """Return whether a SecPDU that does not decode is the first one that the device has sent at all."""
        if not self._dut.encoding_read:
            self._dut.encoding_unread = True
        return not self._dut.encoding_read

    def _read(self, pdu: object) -> None:
        if pdu is not None:
            self._dut.encoding_read = True

    def _handshake(self, pdu: HandshakePdu | None, taken: Taken) -> None:
        if pdu is None:
            return
        token = pdu.token1
        time = time_of(token)
        offset = None if time is None else time.unix - self._dut.clock.unix()
        remarks = [f"{finding} (clause {finding.clause}, {finding.provenance})" for finding in taken.findings]
        self._log.write(handshake_seen(self._occasion(), "received", pdu, offset, remarks))
        self.facts = msgspec.structs.replace(
            self.facts,
            asso_id=token.assoID,
            number=token.assoID.rpartition(":")[2],
            listed=listed(token.encr_mode),
            path=path_of(token, taken.certificate, self._parameters.trust),
            signature=shown_identifier(token.sigAlg),
            certificate=taken.certificate,
            time=time,
            offset_s=offset,
            deviations=tuple(map(str, taken.findings)),
        )
        self._learn(taken)

    def _learn(self, taken: Taken) -> None:
        """Learn of the device's clock from a signed time that is believed."""
        token = token_of(taken.pdu)
        time = None if token is None else time_of(token)
        if token is None or time is None:
            return
        faults = (finding for finding in taken.findings if finding.fault.reaction is not Reaction.NOTE)
        if not all(map(believed, faults)):
            return
        self._learn_clock(time.unix, token.time, self._dut.clock.unix())

    def _keys(self, established: Established, derivation: Derivation) -> None:
        self.established, self._derivation = established, derivation
        means = self._dut.security.native
        if derivation != means.reading and (news := means.news(derivation)):
            self._log.note(news)
        means.reading = derivation
        self.variant = variant(derivation)
        facts = agreed_facts(self.facts, established.agreed)
        self.facts = msgspec.structs.replace(facts, derivation=self.variant)
        self._log.write(keys_agreed(self._occasion(), established.agreed, 0, derivation))
        self._keep(established, established.secret, 0)

    def _keep(self, established: Established, secret: bytes, number: int) -> None:
        """Write the secret to the key file, where there is one."""
        key_log = self._dut.security.native.key_log
        if key_log is not None:
            key_log.add(key_line(established.request_tbs, established.agreed, secret, number))


def diagnostic_name(pdu: WithDiagnostics) -> str:
    """Return the name of a diagnostic, the number of an unknown one, or that it is an alarm."""
    if pdu.diag is None:
        return ALARM
    names = transfer_diagnostics() if isinstance(pdu, DtSecAbort) else handshake_diagnostics()
    return names[pdu.diag] if 0 <= pdu.diag < len(names) else str(pdu.diag)


def _signature_algorithm(name: str) -> AlgorithmIdentifier:
    """Return the AlgorithmIdentifier of a signature algorithm, also of one that native mode does not have."""
    if name in algorithm_names():
        return identifier(algorithm(name))
    if name not in _OIDS:
        raise MutationError(f"no signature algorithm {name!r}")
    return AlgorithmIdentifier(_OIDS[name], None if "ecdsa" in name else b"\x05\x00")
