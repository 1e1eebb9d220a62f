"""What a server takes and refuses: contexts, application context, titles."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.profiles.osi.apdu import AARE
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import (
    AssociateReject,
    Data,
)
from conform62351.profiles.osi.parameters import OsiParameters, Titles
from conform62351.profiles.osi.ppdu import ContextDefinition, ContextResult
from conform62351.suites.selfcheck.osi_pairing import (
    CLIENT,
    DATA,
    READ,
    SERVER,
    Pair,
    faults,
    notes,
    rest,
)

ACSE = "2.2.1.0.1"
MMS = "1.0.9506.2.1"
BER = "2.1.1"


def test_contexts_are_answered_in_the_order_of_the_proposal_and_unknown_ones_refused() -> None:
    contexts = (
        ContextDefinition(9, "1.0.840.0.1.1.4.1"),
        ContextDefinition(5, MMS, ("1.2.3", BER)),
        ContextDefinition(7, ACSE),
        ContextDefinition(11, MMS, ("1.2.3",)),
    )
    pair = Pair(replace(CLIENT, contexts=contexts)).associated()
    cpa = next(pdu.value for pdu in pair.client.take_received() if pdu.name == "PRES.CPA")
    assert cpa.results == (
        ContextResult(2, None, 1),
        ContextResult(0, BER),
        ContextResult(0, BER),
        ContextResult(2, None, 2),
    )
    assert pair.client.contexts == pair.server.contexts == {5: MMS, 7: ACSE}
    assert notes(pair.server_events) == ["PRES.CP.16"]
    pair.forget()
    pair.client.send_data(READ, DATA)
    pair.carry()
    assert pair.server_events == [Data(5, READ)]


def test_a_server_accepts_no_more_contexts_than_it_can_hold() -> None:
    contexts = (ContextDefinition(1, ACSE), ContextDefinition(3, MMS), ContextDefinition(5, MMS))
    pair = Pair(replace(CLIENT, contexts=contexts), replace(SERVER, max_contexts=2)).associated()
    cpa = next(pdu.value for pdu in pair.client.take_received() if pdu.name == "PRES.CPA")
    assert cpa.results[2] == ContextResult(2, None, 3)


def test_an_unknown_application_context_is_rejected_with_the_own_name() -> None:
    pair = Pair(replace(CLIENT, application_context="1.0.62351.4.2.1")).indicated()
    assert faults(pair.server_events) == ["ACSE.AARQ.7"]
    event = rest(pair.client_events)[1]
    assert isinstance(event, AssociateReject)
    assert event.aare == AARE(application_context="1.0.9506.2.3", result=1, diagnostic_source=1, diagnostic=2)
    assert pair.states() == (State.CLOSED, State.ENDING)


@pytest.mark.parametrize(
    ("server", "step", "diagnostic"),
    [
        (OsiParameters(expected_calling=Titles("1.1.999.2")), "ACSE.AARQ.10", 3),
        (OsiParameters(expected_calling=Titles(None, 11)), "ACSE.AARQ.11", 6),
        (OsiParameters(own_titles=Titles("1.1.1.998")), "ACSE.AARQ.12", 7),
        (OsiParameters(own_titles=Titles(None, 14)), "ACSE.AARQ.13", 10),
    ],
)
def test_wrong_titles_are_rejected_by_a_server_that_insists(
    server: OsiParameters, step: str, diagnostic: int
) -> None:
    pair = Pair(CLIENT, server).indicated()
    assert faults(pair.server_events) == [step]
    event = rest(pair.client_events)[1]
    assert isinstance(event, AssociateReject)
    assert event.aare is not None
    assert (event.aare.result, event.aare.diagnostic_source, event.aare.diagnostic) == (1, 1, diagnostic)


def test_missing_calling_titles_are_wrong_and_missing_called_ones_are_not() -> None:
    nobody = replace(CLIENT, calling=Titles(), called=Titles())
    assert faults(Pair(nobody, replace(SERVER, own_titles=Titles("1.1", 1))).indicated().server_events) == []
    expecting = replace(SERVER, expected_calling=Titles("1.1.999.1", 12))
    assert faults(Pair(nobody, expecting).indicated().server_events) == ["ACSE.AARQ.10"]
    assert faults(Pair(CLIENT, expecting).indicated().server_events) == []
