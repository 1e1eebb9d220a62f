"""What is checked on a data transfer, in order (IEC 62351-4 clause 14; 11-decisions 10, 13, 31 to 34).

Both roles make the same checks. What is due for a fault stands in ``transfer_outcomes.toml``. Which octet of
a padding is wrong, or whether there are no whole blocks, makes no difference to any outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.crypto.errors import CryptoError
from conform62351.profiles.crypto.protection import ProtectionError
from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.codec import SecPduError
from conform62351.profiles.native.direction import auth_fits, has_iv, has_nonce, kind_fits
from conform62351.profiles.native.rekey import ClientKeys, ServerKeys
from conform62351.profiles.native.secpdus import ClearTransfer, Transfer
from conform62351.profiles.native.sequence import milliseconds_away
from conform62351.profiles.native.shown import shown_number
from conform62351.profiles.native.tokens import MAXIMUM_SEQ, ClearToken2
from conform62351.profiles.native.transfer_examination import TransferExamination, Verified
from conform62351.profiles.native.transfer_outcomes import transfer_outcome
from conform62351.profiles.policy import CheckTable, Fault, Step
from conform62351.profiles.role import Role

_Found = tuple[str, str] | None
"""Which line of the outcomes, and a sentence for people."""
_Test = Callable[[TransferExamination], _Found]


def _decodes(examination: TransferExamination) -> _Found:
    if isinstance(examination.decoded, SecPduError):
        return "undecodable", f"octet {examination.decoded.offset}: {examination.decoded.message}"
    token = examination.token
    if token is None:
        return "undecodable", "no data transfer"
    if token.assoID != examination.agreed.assoID:
        return "undecodable", f"assoID {token.assoID[:16]!r}, agreed is {examination.agreed.assoID!r}"
    if isinstance(examination.time, TimeError):
        return "undecodable", f"time: {examination.time.message}"
    if not 0 <= token.seq <= MAXIMUM_SEQ:
        return "undecodable", "seq is out of its range"
    return None


def _on_pdu(test: Callable[[TransferExamination, Transfer], _Found]) -> _Test:
    def guarded(examination: TransferExamination) -> _Found:
        return None if examination.pdu is None else test(examination, examination.pdu)

    return guarded


def _encrypted_as_agreed(examination: TransferExamination, pdu: Transfer) -> _Found:
    if kind_fits(examination.agreed, pdu):
        return None
    if isinstance(pdu, ClearTransfer):
        return "clear", "a ClearTransfer, encryption is agreed"
    return "encrypted", "an EncrTransfer, encryption is not agreed"


def _authenticator(examination: TransferExamination, pdu: Transfer) -> _Found:
    if auth_fits(examination.agreed, pdu):
        return None
    return "authenticator", "no auth" if pdu.auth is None else "auth beside authenticated encryption"


def _algorithm(examination: TransferExamination, pdu: Transfer) -> _Found:
    auth, integrity = pdu.auth, examination.agreed.integrity
    if auth is None or integrity is None or understood(auth.algorithm) == integrity.algorithm:
        return None
    return "algorithm", f"an ICV by {auth.algorithm.oid}, agreed is {integrity.algorithm}"


def _nonce_and_iv(examination: TransferExamination, pdu: Transfer) -> _Found:
    if not has_nonce(examination.agreed, pdu):
        return "gmac-nonce", "no nonce for GMAC, or one that is not 1 to 64 octets"
    if has_iv(examination.agreed, pdu):
        return None
    if examination.agreed.is_ae:
        return "gcm-iv", "no iv, or not one of 12 octets"
    return "cbc-iv", "no iv, or not one of 16 octets"


def _icv(examination: TransferExamination) -> _Found:
    found = examination.verified
    return ("icv", str(found)) if isinstance(found, ProtectionError) else None


def _padding(examination: TransferExamination) -> _Found:
    found = examination.verified
    if not isinstance(found, Verified) or found.opened.applData is not None:
        return None
    return "padding", "what is decrypted is no padded data"


def _on_time(test: Callable[[TransferExamination, ClearToken2, TimeReading], _Found]) -> _Test:
    def guarded(examination: TransferExamination) -> _Found:
        token, time = examination.token, examination.time
        return None if token is None or not isinstance(time, TimeReading) else test(examination, token, time)

    return guarded


def _time_window(examination: TransferExamination, _: ClearToken2, time: TimeReading) -> _Found:
    away = milliseconds_away(time, examination.now)
    if abs(away) <= round(examination.window * 1000):
        return None
    return "time", f"the time is {away / 1000:+.3f} s from the local one"


def _not_replayed(examination: TransferExamination, token: ClearToken2, time: TimeReading) -> _Found:
    if not examination.sequence.holds(time, token.seq):
        return None
    return "replay", f"time {time} with seq {shown_number(token.seq)} has been received before"


def _in_sequence(examination: TransferExamination, token: ClearToken2, time: TimeReading) -> _Found:
    if examination.sequence.is_earlier(time):
        return "time", f"the time {time} lies before that of the last message"
    due = examination.sequence.due(time)
    return None if token.seq == due else ("seq", f"seq {shown_number(token.seq)}, {shown_number(due)} is due")


def _rekey(examination: TransferExamination) -> _Found:
    if examination.token is None or examination.token.rekey is None:
        return None
    if examination.role is Role.CLIENT:
        return "sender", "a rekey from a server"
    return None if examination.rekey_is_in_place else ("second", "a rekey while one is open")


def _changed_key(examination: TransferExamination) -> _Found:
    if examination.token is None or not examination.token.changedKey:
        return None
    keys = examination.keys
    if isinstance(keys, ServerKeys):
        return "sender", "changedKey from a client"
    return None if keys.is_open else ("unasked", "changedKey without a rekey that is open")


def _rekey_members(examination: TransferExamination) -> _Found:
    token = examination.token
    if token is not None and token.reqRekey and not isinstance(examination.keys, ClientKeys):
        return "sender", "reqRekey from a client"
    secret = examination.rekey_secret
    return ("rekey", f"rekey: {secret}") if isinstance(secret, CryptoError) else None


_STEPS: Final[tuple[tuple[str, str, str, _Test], ...]] = (
    ("1", "decodes", "N", _decodes),
    ("2", "encrypted-as-agreed", "N", _on_pdu(_encrypted_as_agreed)),
    ("3", "authenticator", "N", _on_pdu(_authenticator)),
    ("4", "ICV-algorithm", "N", _on_pdu(_algorithm)),
    ("5", "nonce-and-iv", "N", _on_pdu(_nonce_and_iv)),
    ("6", "ICV", "N", _icv),
    ("6a", "padding", "I", _padding),
    ("7", "time-window", "N", _on_time(_time_window)),
    ("8", "not-replayed", "N", _on_time(_not_replayed)),
    ("9", "sequence", "N", _on_time(_in_sequence)),
    ("10", "rekey", "N", _rekey),
    ("11", "changedKey", "N", _changed_key),
    ("12", "rekey-members", "I", _rekey_members),
)


def _step(row: str, name: str, provenance: str, test: _Test) -> Step[TransferExamination]:
    identifier = f"E2E.DT.{row}"

    def judged(examination: TransferExamination) -> Fault | None:
        found = test(examination)
        if found is None:
            return None
        line, detail = found
        return transfer_outcome(identifier, line, examination.role, examination.pdu_name).fault(detail)

    return Step(identifier, name, "IEC 62351-4, 14", provenance, judged)


TRANSFER_TABLE: Final = CheckTable("E2E.DT", tuple(_step(*step) for step in _STEPS))
"""What is checked on a ClearTransfer or EncrTransfer."""
