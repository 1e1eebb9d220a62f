"""Received data transfers in which no check finds anything, judged at once.

They are what nearly all traffic consists of, and a table of named steps takes several times as long. Whatever
is not as usual gives None, and the table finds out what it is.
"""

from __future__ import annotations

from typing import NamedTuple

from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.crypto.protection import ProtectionError
from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Decoded
from conform62351.profiles.native.direction import can_be_opened
from conform62351.profiles.native.rekey import Epoch
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, Transfer
from conform62351.profiles.native.sequence import ReceivedSequence, milliseconds_away
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.profiles.native.tokens import MAXIMUM_SEQ


class UsualTransfer(NamedTuple):
    """A data transfer in which there is nothing to find, its time, and what it carries."""

    pdu: Transfer
    time: TimeReading
    applData: bytes


def usual_transfer(
    octets: bytes,
    decoded: Decoded,
    agreed: Agreed,
    epoch: Epoch,
    sequence: ReceivedSequence,
    now: float,
    window: float,
) -> UsualTransfer | None:
    """Return a data transfer under the keys of ``epoch`` that says nothing of new ones and is in order.

    ``octets`` are the whole of it, ``now`` and ``window`` seconds. None for any other.
    """
    pdu = decoded.pdu
    if decoded.deviations or not isinstance(pdu, ClearTransfer | EncrTransfer):
        return None
    token = pdu.token2
    if token.rekey is not None or token.reqRekey or token.changedKey or token.assoID != agreed.assoID:
        return None
    if not (
        0 <= token.seq <= MAXIMUM_SEQ and can_be_opened(agreed, pdu) and _by_agreed_algorithm(agreed, pdu)
    ):
        return None
    try:
        time = read_timestamp(token.time)
        if time.deviations or not _in_order(sequence, time, token.seq, now, window):
            return None
        data = epoch.receiving.open(pdu, octets).applData
    except (TimeError, ProtectionError):
        return None
    return None if data is None else UsualTransfer(pdu, time, data)


def _by_agreed_algorithm(agreed: Agreed, pdu: Transfer) -> bool:
    integrity, auth = agreed.integrity, pdu.auth
    return auth is None or integrity is None or understood(auth.algorithm) == integrity.algorithm


def _in_order(sequence: ReceivedSequence, time: TimeReading, seq: int, now: float, window: float) -> bool:
    if abs(milliseconds_away(time, now)) > round(window * 1000):
        return False
    return not (sequence.holds(time, seq) or sequence.is_earlier(time)) and seq == sequence.due(time)
