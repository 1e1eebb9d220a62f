"""What rejects, aborts and releases say: diagnostics and their events, assoID, data that come along."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Final

import msgspec
import pytest

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.secpdus import (
    DtSecAbort,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
    ReleaseReq,
)
from conform62351.profiles.policy import CheckTable, Context, Policy, Reaction, Step
from conform62351.suites.selfcheck.native_bench import (
    BER,
    Handshakes,
    credential,
    octets_of,
    parameters,
    replaced,
)
from conform62351.suites.selfcheck.native_endings import WAYS, Changes, Fault, judged
from conform62351.suites.selfcheck.native_stimuli import (
    RSA,
)


class DiagnosticInstead(Policy):
    """Tells another diagnostic than what was found."""

    def __init__(self, diagnostic: int | None) -> None:
        self._diagnostic = diagnostic

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        return tuple(dataclasses.replace(step, test=self._changed(step.test)) for step in table.steps)

    def _changed(self, test: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def changed(context: Any) -> Any:
            found = test(context)
            if found is None or found.reaction is Reaction.NOTE:
                return found
            kept = tuple(one for one in found.parameters if one[0] != "diagnostic")
            told = () if self._diagnostic is None else (("diagnostic", self._diagnostic),)
            return msgspec.structs.replace(found, parameters=told + kept)

        return changed


class AcceptWithoutVersion(Policy):
    """Says nothing of v1 in the accept."""

    def rewrite(self, name: str, value: Any) -> Any:
        return replaced(value, version=Bits(frozenset({1}))) if name == "E2E.HandshakeAcc.token" else value


def enumerated(kind: str) -> dict[str, int]:
    """Return the names and numbers of an ENUMERATED of the notation."""
    text = resources.files("conform62351.profiles.asn1").joinpath("e2e.asn").read_text("utf-8")
    body = text.split(f"{kind} ::= ENUMERATED {{")[1].split("}")[0]
    return {name: int(number) for name, number in re.findall(r"([\w-]+)\((\d+)\)", body)}


SEC_REJECT: Final = [
    (3, "12"), (2, "13"), (1, "14"), (4, "15"), (10, "16"), (11, "17"), (5, "18"), (17, "19"), (19, "20"),
    (15, "21"), (18, "22"), (6, "23"), (14, "24"), (13, "25"), (7, "27"), (None, "11"), (8, ""), (9, ""),
    (16, ""), (0, ""), (99, ""),
]  # fmt: skip
SEC_ABORT: Final = [
    (3, "12"), (1, "13"), (4, "14"), (10, "15"), (12, "16"), (5, "17"), (20, "18"), (21, "19"), (22, "20"),
    (23, "21"), (24, "22"), (25, "23"), (6, "24"), (7, "25"), (None, "11"), (8, ""), (0, ""),
]  # fmt: skip
DT_ABORT: Final = [
    (1, "12"), (3, "13"), (4, "14"), (8, "15"), (9, "16"), (None, "11"), (2, ""), (5, ""), (6, ""), (10, ""),
    (0, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("group", "diagnostic", "event"),
    [
        *((4, diagnostic, event) for diagnostic, event in SEC_REJECT),
        *((5, diagnostic, event) for diagnostic, event in SEC_ABORT),
        *((6, diagnostic, event) for diagnostic, event in DT_ABORT),
    ],
)
def test_received_diagnostics_are_logged(group: int, diagnostic: int | None, event: str) -> None:
    told = DiagnosticInstead(diagnostic)
    if group == 4:
        pair = Handshakes(parameters("client"), parameters("server", local={"ae": ()}), server_policy=told)
        reject = pair.requested().answer
        assert reject is not None
        taken = pair.client.take_response(octets_of(reject.octets), rejecting=True)
        kind: type[Any] = HandshakeSecReject
    elif group == 5:
        pair = Handshakes(client_policy=told, server_policy=AcceptWithoutVersion())
        abort = pair.run()[0].answer
        assert abort is not None
        taken = pair.server.take_abort(octets_of(abort.octets))
        kind = HandshakeSecAbort
    else:
        pair = Handshakes()
        pair.run()
        taken = pair.server.take_abort(octets_of(pair.client.dt_sec_abort(diagnostic).octets))
        kind = DtSecAbort
    assert isinstance(taken.pdu, kind)
    assert taken.fault is None
    assert [one for one in taken.events if one.startswith("IEC62351-4")] == (
        [f"IEC62351-4:{group}.{event}"] if event else []
    )


def test_diagnostics_have_the_numbers_of_the_notation() -> None:
    for kind, names in (
        ("HandshakeDiagnostics", handshake_diagnostics()),
        ("DtDiagnostics", transfer_diagnostics()),
    ):
        assert enumerated(kind) == {name: number for number, name in enumerate(names)}


def test_about_an_accept_that_fails_row_1_the_client_says_its_own_number_alone() -> None:
    pair = Handshakes()
    taken, _ = pair.run(lambda octets: octets[:-1])
    assert taken.answer is not None
    assert isinstance(taken.answer.pdu, HandshakeSecAbort)
    assert taken.answer.pdu.token3.assoID == "7"
    received = pair.server.take_abort(octets_of(taken.answer.octets))
    assert received.fault is None
    assert received.events[0] == "IEC62351-4:5.13"


def test_about_a_request_whose_number_cannot_be_read_the_server_says_none() -> None:
    pair = Handshakes()
    taken = pair.requested(lambda octets: octets[:-1])
    assert taken.answer is not None
    assert isinstance(taken.answer.pdu, HandshakeSecReject)
    assert taken.answer.pdu.token3.assoID is None
    received = pair.client.take_response(octets_of(taken.answer.octets), rejecting=True)
    assert received.fault is None
    assert received.events[0] == "IEC62351-4:4.14"


def test_an_assoid_may_be_missing_in_a_security_reject_alone() -> None:
    policy = Changes(token=lambda value: replaced(value, assoID=None))
    for way in WAYS:
        fault = Fault(row="1.2", event=4, diagnostic=1, policy=policy)
        taken = judged(way, fault)
        assert taken.fault is not None
        assert taken.fault.step == "E2E.T3.1.2"


def test_data_of_the_protected_protocol_come_along() -> None:
    pair = Handshakes()
    pair.requested()
    reject = pair.server.reject_application(b"\xaa\x00")
    taken = pair.client.take_response(octets_of(reject.octets), rejecting=True)
    assert taken.application_data == b"\xaa\x00"
    pair = Handshakes()
    pair.run()
    released = pair.server.take_release_request(octets_of(pair.client.release_request(b"\x8b\x00").octets))
    assert released.application_data == b"\x8b\x00"


def test_a_fault_of_the_environment_is_not_signed_and_nothing_is_logged() -> None:
    pair = Handshakes()
    pair.run()
    taken = pair.client.take_abort(BER.osi_fault(15))
    assert taken.pdu == OsiFault(diagnostic=15)
    assert (taken.fault, taken.events, taken.answer) == (None, (), None)


def test_what_was_sent_once_is_a_replay_whatever_it_is() -> None:
    pair = Handshakes()
    pair.run()
    release = octets_of(pair.client.release_request().octets)
    assert pair.server.take_release_request(release).fault is None
    again = pair.server.take_release_request(release)
    assert again.fault is not None
    assert again.fault.step == "E2E.T3.11"


def test_a_renewed_certificate_signs_what_follows() -> None:
    client = parameters("client")
    pair = Handshakes(client)
    pair.run()
    client.credential = credential("client", key="rsa")
    release = pair.client.release_request()
    assert isinstance(release.pdu, ReleaseReq)
    assert release.pdu.token3.sigAlg == RSA
    assert pair.server.take_release_request(octets_of(release.octets)).fault is None
