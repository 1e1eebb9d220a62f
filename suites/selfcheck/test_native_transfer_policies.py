"""What follows a fault in a data transfer, and what policies make of the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.native import transfer_outcomes as outcomes
from conform62351.profiles.native.outcomes import event_of
from conform62351.profiles.native.tokens import ClearToken2
from conform62351.profiles.native.transfer import Refused
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.native.transfer_outcomes import transfer_outcome, transfer_outcomes
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    BASE,
    CLEAR,
    CLEAR_GMAC,
    SEPARATE,
    STATUS,
    Noting,
    Peers,
    Rewriting,
)
from conform62351.suites.selfcheck.native_transfer_faults import (
    Without,
    each_role,
    sender_of,
    sending,
    spoilt,
    token,
)


@each_role
def test_nothing_is_looked_at_after_a_fault(role: Role) -> None:
    peers = Peers(CLEAR)
    good = peers.sent(sender_of(role))
    peers.side(role).receive(b"")
    assert peers.side(role).ended
    received = peers.side(role).receive(good)
    assert (received.applData, received.fault) == (None, None)


@each_role
def test_a_tester_notes_and_goes_on(role: Role) -> None:
    name = "server_policy" if role is Role.SERVER else "client_policy"
    other = "client_policy" if role is Role.SERVER else "server_policy"
    spoiling = Rewriting(octets={"EncrTransfer": spoilt})
    for mode in (AE, SEPARATE):
        policies: dict[str, Any] = {name: Noting(), other: spoiling}
        peers = Peers(mode, **policies)
        spoiling.on = True
        received = peers.exchange(sender_of(role))
        assert [finding.step for finding in received.noted] == ["E2E.DT.6"]
        assert received.applData == STATUS
        spoiling.on = False
        assert peers.exchange(sender_of(role)).noted == ()
    for octets in (b"", b"\x30\x00", b"\xff" * 40):
        received = Peers(AE, **{name: Noting()}).side(role).receive(octets)  # type: ignore[arg-type]
        assert [finding.step for finding in received.noted] == ["E2E.DT.1"]
        assert received.applData is None


@pytest.mark.parametrize(
    ("row", "mode", "values", "octets"),
    [
        ("1", CLEAR, token(assoID="7:42"), {}),
        ("4", CLEAR, {"auth": lambda auth: replace(auth, algorithm=AlgorithmIdentifier("1.2.3"))}, {}),
        (
            "5",
            CLEAR_GMAC,
            {"ClearTransfer": lambda pdu: replace(pdu, auth=replace(pdu.auth, nonce=None))},
            {},
        ),
        ("6", AE, {}, {"EncrTransfer": spoilt}),
        ("6", CLEAR, {}, {"ClearTransfer": spoilt}),
        ("9", AE, token(seq=1), {}),
        ("11", AE, token(changedKey=True), {}),
        ("12", AE, token(reqRekey=True), {}),
    ],
)
def test_a_device_that_leaves_a_check_out_executes_what_it_gets(
    row: str, mode: str, values: dict[str, Callable[[Any], Any]], octets: dict[str, Any]
) -> None:
    peers = Peers(mode, client_policy=Rewriting(values, octets), server_policy=Without(f"E2E.DT.{row}"))
    assert peers.exchange(Role.CLIENT).applData == STATUS


@pytest.mark.parametrize("is_handed_on", [False, True])
def test_data_at_fault_are_handed_on_by_a_policy_alone(is_handed_on: bool) -> None:
    handing_on = Rewriting({"refused": lambda _: Refused(handed_on=is_handed_on)})
    spoiling = Rewriting(octets={"ClearTransfer": spoilt})
    received = Peers(CLEAR, client_policy=spoiling, server_policy=handing_on).exchange(Role.CLIENT)
    assert received.fault is not None
    assert received.applData == (STATUS if is_handed_on else None)


def test_outcomes_are_those_of_steps_and_of_the_catalogue() -> None:
    assert set(transfer_outcomes()) == {step.id for step in TRANSFER_TABLE.steps}
    for step, lines in transfer_outcomes().items():
        for line in lines:
            for role in Role:
                for pdu in ("ClearTransfer", "EncrTransfer"):
                    outcome = transfer_outcome(step, line, role, pdu)
                    logged = event_catalogue()[f"IEC62351-4:{outcome.event}"]
                    assert (logged.level.name == "ALARM") == (outcome.diagnostic is None)
                    assert dict(outcome.fault("detail").parameters)["event-group"] in (10, 11)


def test_the_order_of_the_checks() -> None:
    assert [step.id.removeprefix("E2E.DT.") for step in TRANSFER_TABLE.steps] == [
        *"123456",
        "6a",
        *"789",
        "10",
        "11",
        "12",
    ]
    # A bad ICV hides what lies inside: time, sequence, keys.
    inside: dict[str, Callable[[ClearToken2], ClearToken2]] = {
        "token": lambda value: replace(value, seq=9, changedKey=True, time=write_time(BASE - 5000))
    }
    peers = sending(Role.SERVER, CLEAR, Rewriting(inside, {"ClearTransfer": spoilt}))
    received = peers.exchange(Role.CLIENT)
    assert received.fault is not None
    assert (received.fault.step, event_of(received.fault)) == ("E2E.DT.6", "IEC62351-4:10.5")


def test_a_line_may_tell_roles_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"outcome": "alarm", "ClearTransfer": "10.5", "client": {"outcome": "protocol-error"}}
    monkeypatch.setattr(outcomes, "transfer_outcomes", lambda: {"step": {"fault": line}})
    told_client, told_server = (
        transfer_outcome("step", "fault", role, "ClearTransfer") for role in (Role.CLIENT, Role.SERVER)
    )
    assert (told_client.diagnostic, told_server.diagnostic) == ("protocol-error", None)
    assert told_client.event == told_server.event == "10.5"
