"""Every check on HandshakeReq and HandshakeAcc: how it is answered, what is logged."""

from __future__ import annotations

from typing import Final

import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.profiles.native.outcomes import handshake_outcome, handshake_rows
from conform62351.profiles.native.secpdus import HandshakeSecAbort, HandshakeSecReject
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import (
    BER,
    octets_of,
)
from conform62351.suites.selfcheck.native_stimuli import (
    STIMULI,
    judge,
)

ALARM: Final = None
OUTCOMES: Final[dict[str, tuple[int | None, str, int | None, str]]] = {
    "1.1": (1, "1.5", 1, "2.4"),
    "1.2": (1, "1.5", 1, "2.4"),
    "1.4": (1, "1.5", 1, ""),
    "1.5": (1, "1.5", 1, "2.4"),
    "2": (3, "1.1", 3, "2.1"),
    "3.1": (ALARM, "1.2", ALARM, "2.2"),
    "3.2": (ALARM, "1.2", ALARM, "2.2"),
    "4.1": (8, "1.6", 8, "2.5"),
    "4.2": (ALARM, "1.3", ALARM, "2.3"),
    "5": (2, "1.4", 1, "2.4"),
    "6.1": (8, "1.6", 8, "2.5"),
    "6.2": (ALARM, "1.7", ALARM, "2.6"),
    "6.3": (ALARM, "1.7", ALARM, "2.6"),
    "6.4": (ALARM, "1.7", ALARM, "2.6"),
    "6.5": (ALARM, "1.7", ALARM, "2.6"),
    "7.1": (9, "1.6", 9, "2.5"),
    "7.2": (9, "1.6", 9, "2.5"),
    "7.3": (9, "1.6", 9, "2.5"),
    "8": (ALARM, "1.8", ALARM, "2.7"),
    "9": (4, "1.9", 4, "2.8"),
    "10": (10, "1.10", 10, "2.9"),
    "11": (ALARM, "1.11", ALARM, "2.10"),
    "12.1": (11, "1.12", 0, ""),
    "12.2": (0, "", 12, "2.11"),
    "13": (1, "1.5", 1, "2.4"),
    "14": (5, "1.13", 5, "2.12"),
    "15": (17, "1.14", 0, ""),
    "16": (19, "1.15", 0, ""),
    "17": (15, "1.16", 0, ""),
    "18": (18, "1.17", 0, ""),
    "19": (6, "1.18", 0, ""),
    "20.1": (14, "1.19", 0, ""),
    "20.2": (13, "1.20", 0, ""),
    "21.1": (0, "", 22, "2.15"),
    "21.2": (0, "", 20, "2.13"),
    "21.3": (0, "", 21, "2.14"),
    "21.4": (0, "", 20, "2.13"),
    "22.1": (0, "", 6, "2.20"),
    "22.2": (0, "", 7, "2.21"),
    "22.3": (0, "", 24, "2.17"),
    "22.4": (0, "", 23, "2.16"),
    "22.5": (0, "", 25, "2.19"),
    "22.6": (0, "", 13, "2.18"),
    "23.1": (6, "1.21", 6, "2.20"),
    "23.2": (7, "1.22", 7, "2.21"),
    "23.3": (1, "1.5", 1, "2.4"),
    "24": (16, "1.6", 16, "2.5"),
}
"""Diagnostic and event of each row at the server and at the client, written down by hand."""
CASES: Final = [(role, row) for role, stimuli in STIMULI.items() for row in stimuli]


@pytest.mark.parametrize(("role", "row"), CASES, ids=lambda value: getattr(value, "value", value))
def test_each_row_is_answered_and_logged(role: Role, row: str) -> None:
    taken, _ = judge(role, STIMULI[role][row])
    assert taken.fault is not None
    assert taken.fault.step == f"E2E.HS.{row}"
    diagnostic, event = OUTCOMES[row][:2] if role is Role.SERVER else OUTCOMES[row][2:]
    assert taken.events[0] == f"IEC62351-4:{event}"
    assert taken.answer is not None
    answer = BER.decode(taken.answer.carrier, octets_of(taken.answer.octets)).pdu
    assert isinstance(answer, HandshakeSecReject if role is Role.SERVER else HandshakeSecAbort)
    assert answer.diag == diagnostic
    assert taken.established is None


@pytest.mark.parametrize(("role", "row"), CASES, ids=lambda value: getattr(value, "value", value))
def test_each_row_can_be_left_out(role: Role, row: str) -> None:
    taken, _ = judge(role, STIMULI[role][row], LeaveOut(f"E2E.HS.{row}"))
    assert taken.fault is None or taken.fault.step != f"E2E.HS.{row}"


@pytest.mark.parametrize(("role", "row"), CASES, ids=lambda value: getattr(value, "value", value))
def test_the_peer_believes_the_answer_and_logs_it(role: Role, row: str) -> None:
    taken, pair = judge(role, STIMULI[role][row])
    assert taken.answer is not None
    octets = octets_of(taken.answer.octets)
    if role is Role.SERVER:
        received = pair.client.take_response(octets, rejecting=True)
    else:
        received = pair.server.take_abort(octets)
    assert received.fault is None
    if OUTCOMES[row][0 if role is Role.SERVER else 2] is None:
        assert received.events[0] == ("IEC62351-4:4.11" if role is Role.SERVER else "IEC62351-4:5.11")


def test_every_row_has_a_stimulus() -> None:
    for role, stimuli in STIMULI.items():
        rows = {row for row in handshake_rows() if handshake_outcome(row, role) is not None}
        assert rows - set(stimuli) == {"1.3"}, "an empty list does not encode in BER"
        assert set(stimuli) <= rows
