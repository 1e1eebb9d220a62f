"""The checks on rejects, aborts and releases: what is logged, and what is answered."""

from __future__ import annotations

from typing import Any, Final

import pytest

from conform62351.fixtures.pki.naming import title_name
from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.native.secpdus import (
    DtSecAbort,
    ReleaseReq,
)
from conform62351.profiles.native.token3_checks import TOKEN3_TABLE
from conform62351.suites.selfcheck.native_bench import (
    BER,
    credential,
    octets_of,
    replaced,
)
from conform62351.suites.selfcheck.native_endings import WAYS, Changes, Fault, Way, judged, named
from conform62351.suites.selfcheck.native_stimuli import (
    MIDDLE,
    NO_CA,
    RSA,
    SHA384,
    STRANGER,
    Recalls,
    reversed_sign,
    revoked,
    signed_by_rsa,
)
from conform62351.suites.selfcheck.pki_samples import NOW


def token(row: str, event: int, diagnostic: int | None, **changes: Any) -> Fault:
    policy = Changes(token=lambda value: replaced(value, **changes))
    return Fault(row=row, event=event, diagnostic=diagnostic, policy=policy)


def shown(row: str, event: int, diagnostic: int | None, **changes: Any) -> Fault:
    return Fault(
        row=row,
        event=event,
        diagnostic=diagnostic,
        sender=lambda name: {"credential": credential(name, **changes)},
    )


FAULTS: Final = [
    Fault(row="1.1", event=4, diagnostic=1, policy=Changes(octets=lambda octets: octets[:-1])),
    token("1.2", 4, 1, assoID="8"),
    token("1.5", 4, 1, time=b"20270115T080000.000Z"),
    token("2", 1, 0, sigAlg=SHA384),
    Fault(row="3.1", event=2, diagnostic=None, policy=Changes(pdu=signed_by_rsa)),
    token("3.2", 2, None, sigAlg=RSA),
    token("4.1", 5, 0, pkCert=b"\x30\x00"),
    Fault(row="4.2", event=3, diagnostic=None, policy=Changes(pdu=reversed_sign)),
    shown("6.1", 5, 0, usage=("digital_signature",)),
    shown("6.2", 6, None, not_before=NOW + 1),
    shown("6.3", 6, None, not_after=NOW - 1),
    Fault(row="6.4", event=6, diagnostic=None, receiver=revoked),
    shown("6.5", 6, None, issuer=STRANGER),
    token("7.1", 5, 0, certPath=(b"\x30\x00",)),
    shown("7.2", 5, 0, issuer=NO_CA, chain=(NO_CA.certificate,)),
    shown("7.3", 5, 0, chain=(MIDDLE.certificate,)),
    shown("8", 7, None, subject=title_name("1.1.1.999.14")),
    token("9", 8, 2, version=Bits(frozenset({1}))),
    token("10", 9, 10, time=b"20270115081000.001Z"),
    Fault(row="11", event=10, diagnostic=None, receiver=lambda _: {"store": Recalls()}),
]


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_a_good_one_is_taken(way: Way) -> None:
    taken = judged(way)
    assert taken.fault is None
    assert isinstance(taken.pdu, way.kind)
    assert taken.answer is None


@pytest.mark.parametrize("way", WAYS, ids=named)
@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_each_row_is_logged_in_the_group_of_the_pdu(way: Way, fault: Fault) -> None:
    taken = judged(way, fault)
    assert taken.fault is not None
    assert taken.fault.step == f"E2E.T3.{fault.row}"
    assert taken.kind is way.kind
    assert taken.events[0] == f"IEC62351-4:{way.group}.{fault.event}"


@pytest.mark.parametrize("way", [way for way in WAYS if way.kind is ReleaseReq], ids=named)
@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_a_faulty_release_request_alone_is_answered(way: Way, fault: Fault) -> None:
    taken = judged(way, fault)
    assert taken.answer is not None
    answer = BER.decode(taken.answer.carrier, octets_of(taken.answer.octets)).pdu
    assert isinstance(answer, DtSecAbort)
    assert answer.diag == fault.diagnostic


@pytest.mark.parametrize("way", [way for way in WAYS if way.kind is not ReleaseReq], ids=named)
def test_nothing_else_is_answered(way: Way) -> None:
    assert judged(way, FAULTS[7]).answer is None


def test_every_row_of_the_table_has_a_fault() -> None:
    rows = {step.id.removeprefix("E2E.T3.") for step in TOKEN3_TABLE.steps}
    assert rows - {fault.row for fault in FAULTS} == {"1.6", "1.7", "6.6", "6.7"}, "these are only noted"
