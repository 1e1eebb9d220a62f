"""What came of a SecPDU that was received."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.native.agreement import Agreed, OwnKey
from conform62351.profiles.native.checks_certificate import REVOCATION_DATA
from conform62351.profiles.native.examination import Examination, Token3Examination
from conform62351.profiles.native.outcomes import event_of
from conform62351.profiles.native.secpdus import SecPdu, WithToken3
from conform62351.profiles.native.signing import Message
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.revocation import Remark
from conform62351.profiles.policy import Finding, Policy, Reaction

SIGNATURE_ROW: Final = 4
REPLAY_ROW: Final = 11


class Established(msgspec.Struct, frozen=True, kw_only=True):
    """An association that both sides agreed on, as one side knows it.

    ``secret`` is Z; ``own`` and ``peer_public`` are the keys of the handshake, of which the server's serve
    every rekey. ``request_tbs`` and ``response_tbs`` are the content octets that the salt is made of.
    """

    agreed: Agreed
    secret: bytes
    own: OwnKey
    peer_public: bytes
    request_tbs: bytes
    response_tbs: bytes

    def __repr__(self) -> str:
        return f"Established({self.agreed.assoID!r})"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A SecPDU that came, and what is due.

    ``pdu`` is None when nothing decodes; ``kind`` says what it was then taken for, where it has a
    ClearToken3. ``findings`` are all that was found, ``fault`` is the one that
    stands; ``answer`` is what goes out because of it. ``events`` are identifiers to log, alarms and errors of
    part 4 first, those about revocation data behind them. ``certificate`` is pkCert where it reads.
    ``established`` is the association that a HandshakeAcc has made.
    """

    pdu: SecPdu | None
    kind: type[WithToken3] | None = None
    findings: tuple[Finding, ...] = ()
    fault: Finding | None = None
    answer: Message | None = None
    events: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    certificate: Certificate | None = None
    established: Established | None = None

    @property
    def application_data(self) -> bytes | None:
        """The PDU of the protected protocol that came along; not of a PDU at fault."""
        return None if self.fault is not None else getattr(self.pdu, "applData", None)


def standing(findings: tuple[Finding, ...], policy: Policy) -> Finding | None:
    """Return the fault that is reacted to, None when there is none or the policy goes on."""
    last = findings[-1] if findings else None
    if last is None or last.fault.reaction is Reaction.NOTE or not policy.reacts(last):
        return None
    return last


def taken(
    examination: Examination,
    findings: tuple[Finding, ...],
    fault: Finding | None,
    *,
    answer: Message | None = None,
    event: str | None = None,
    established: Established | None = None,
) -> Taken:
    """Return what came of an examined SecPDU; ``event`` is logged where nothing is at fault."""
    faults = (event_of(one) for one in findings)
    logged = [one for one in faults if one is not None]
    if not logged and event is not None:
        logged.append(event)
    remarks = examination.remarks if any(one.name == REVOCATION_DATA for one in findings) else ()
    logged += [one.event for one in remarks if one.event is not None]
    certificate = examination.certificate
    return Taken(
        pdu=examination.pdu,
        kind=examination.kind if isinstance(examination, Token3Examination) else None,
        findings=findings,
        fault=fault,
        answer=answer,
        events=tuple(dict.fromkeys(logged)),
        remarks=remarks,
        certificate=certificate if isinstance(certificate, Certificate) else None,
        established=established,
    )


def row_of(finding: Finding) -> int:
    """Return the row of clause 14's table that found something."""
    return int(finding.step.split(".")[2])


def believed(fault: Finding | None) -> bool:
    """Return whether a PDU got past the check of its signature, which is row 4."""
    return fault is None or row_of(fault) > SIGNATURE_ROW


def doubtful(fault: Finding | None) -> bool:
    """Return whether a check before that of replays, which is row 11, has refused a PDU."""
    return fault is not None and row_of(fault) < REPLAY_ROW
