"""Faults of the OSI environment: which step finds each, what is answered, and what is logged."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from conform62351.profiles.environments.osi.checks import ACC_TABLE, REQ_TABLE, TABLES
from conform62351.profiles.environments.osi.diagnostics import osi_diagnostics
from conform62351.profiles.environments.osi.events import SecPduTaken
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.native.secpdus import OsiFault
from conform62351.profiles.osi import presentation_checks, session_checks
from conform62351.profiles.osi.apdu import AARE, ABRT, External
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    Data,
    ReleaseConfirm,
)
from conform62351.profiles.policy import CheckTable
from conform62351.suites.selfcheck.environment_osi_bench import (
    CLIENT,
    IDENTIFY,
    SERVER,
    NativePair,
    bent,
    found,
    logged,
    of_kind,
)
from conform62351.suites.selfcheck.environment_osi_faults import (
    OF_CLIENTS,
    OF_SERVERS,
    EnvironmentFault,
    Value,
    external,
    members,
    without_context,
)
from conform62351.suites.selfcheck.native_bench import replaced
from conform62351.suites.selfcheck.osi_pairing import DATA, RESPONSE, Bent


def named(value: object) -> str | None:
    return f"{value.step}-15.{value.number}" if isinstance(value, EnvironmentFault) else None


def provoked(fault: EnvironmentFault, *, client: bool) -> NativePair:
    """Return a pair one side of which has made the fault."""
    pair = bent(fault.bent(), client=client).indicated()
    if pair.server.state is State.INDICATED:
        pair.server.accept(bytes.fromhex("a903020102"), RESPONSE)
        pair.carry()
    if pair.states() == (State.OPEN, State.OPEN):
        fault.then(pair)
        pair.carry()
    return pair


def check(fault: EnvironmentFault, pair: NativePair, *, client: bool) -> None:
    """Compare what has come of a fault that the client, or else the server, has made."""
    maker, finder = pair.sides(client)
    told = pair.events_of(maker)
    assert found(pair.events_of(finder))[-1] == fault.step
    assert logged(pair.events_of(finder)) == [f"IEC62351-4:15.{fault.number}"]
    assert logged(told) == []
    assert (maker.state, finder.state) == (State.CLOSED, State.ENDING)
    if isinstance(fault.answer, int):
        (reject,) = of_kind(told, AssociateReject)
        assert isinstance(reject.aare, AARE)
        aare = (reject.aare.result, reject.aare.diagnostic_source, reject.aare.diagnostic)
        assert aare == (1, 1, fault.answer)
        assert reject.aare.user_information is None
        assert of_kind(told, SecPduTaken) == []
        return
    (aborted,) = of_kind(told, Aborted)
    assert isinstance(aborted.abrt, ABRT)
    assert (aborted.abrt.source, aborted.abrt.diagnostic) == (0, None)
    if fault.answer == "bare":
        assert aborted.abrt.user_information is None
        assert of_kind(told, SecPduTaken) == []
    else:
        octets = bytes((0x83, 1, fault.number))
        assert aborted.abrt.user_information == (External(5, octets),)
        (taken,) = of_kind(told, SecPduTaken)
        assert taken.taken.pdu == OsiFault(diagnostic=fault.number)


@pytest.mark.parametrize("fault", OF_CLIENTS, ids=named)
def test_a_server_tells_the_environment_faults_of_a_client(fault: EnvironmentFault) -> None:
    pair = provoked(fault, client=True)
    check(fault, pair, client=True)
    assert of_kind(pair.server_events, Data) == []


@pytest.mark.parametrize("fault", OF_SERVERS, ids=named)
def test_a_client_tells_the_environment_faults_of_a_server(fault: EnvironmentFault) -> None:
    pair = provoked(fault, client=False)
    check(fault, pair, client=False)
    assert of_kind(pair.client_events, Data) == []


def test_every_number_is_an_event_of_the_catalogue_and_every_step_exists() -> None:
    catalogue = event_catalogue()
    numbers = set(osi_diagnostics().values())
    unprovokable = {number for number in range(1, 17) if not catalogue[f"IEC62351-4:15.{number}"].provokable}
    assert numbers == set(range(1, 17)) - unprovokable
    tables = chain(session_checks.TABLES.values(), presentation_checks.TABLES.values(), TABLES.values())
    steps = {step.id for table in tables for step in table.steps}
    assert set(osi_diagnostics()) <= steps


def test_every_number_that_can_be_provoked_is_provoked() -> None:
    provoked_numbers = {fault.number for fault in (*OF_CLIENTS, *OF_SERVERS)}
    assert provoked_numbers == set(osi_diagnostics().values())


def test_steps_have_names_of_their_own() -> None:
    tables: list[CheckTable[Any]] = [*TABLES.values(), REQ_TABLE, ACC_TABLE]
    steps = [step.id for table in tables for step in table.steps]
    own = [step for step in steps if step.startswith("E2E.OSI.")]
    assert len(own) == len(set(own))


ORDER: list[tuple[Value, str]] = [
    (members(application_context="1.2.3"), "ACSE.AARQ.7"),
    (without_context(3), "E2E.OSI.AARQ.1"),
    (members(calling_ap_title=None), "E2E.OSI.AARQ.2"),
    (members(calling_ae_qualifier=None), "E2E.OSI.AARQ.3"),
    (members(called_ap_title="1.2.3"), "ACSE.AARQ.12"),
    (members(called_ae_qualifier=99), "ACSE.AARQ.13"),
    (members(mechanism_name="1.2.3"), "E2E.OSI.AARQ.4"),
    (external(direct_reference="1.2.3"), "ACSE.AARQ.18"),
    (external(indirect_reference=3), "ACSE.AARQ.20"),
]
"""Decision 21: context name, contexts, titles, authentication, user information."""


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[step for _, step in ORDER])
def test_of_several_faults_the_first_in_order_is_told(first: int) -> None:
    def all_from_here(aarq: Any) -> Any:
        for place, (change, _) in enumerate(ORDER):
            if place >= first and place != 1:
                aarq = change(aarq)
        return aarq

    contexts = ORDER[1][0] if first <= 1 else members()
    pair = NativePair(client_policy=Bent(values={"ACSE.AARQ": all_from_here, "PRES.CP": contexts}))
    assert found(pair.indicated().server_events)[-1] == ORDER[first][1]


@pytest.mark.parametrize(
    "change",
    [
        {"called_ap_title": None, "called_ae_qualifier": None},
        {"user_information": lambda given: (replaced(given[0], direct_reference="2.1.1"),)},
        {"protocol_version": None},
    ],
    ids=["called-titles-absent", "direct-reference-of-BER", "no-version"],
)
def test_what_may_be_so_is_read(change: dict[str, Any]) -> None:
    pair = NativePair(client_policy=Bent(values={"ACSE.AARQ": members(**change)})).associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    assert logged(pair.server_events) == []


def test_a_server_may_insist_on_the_titles_of_its_clients() -> None:
    expected = replaced(SERVER, expected_calling=replaced(CLIENT.calling, ap_title="1.1.999.2"))
    pair = NativePair(server_osi=expected).indicated()
    assert logged(pair.server_events) == ["IEC62351-4:15.7"]


def test_a_rejecting_aare_in_cpa_is_read_and_noted() -> None:
    refused = Bent(values={"ACSE.AARE": members(result=1, diagnostic=1)})
    pair = NativePair(server_policy=refused).associated()
    (reject,) = of_kind(pair.client_events, AssociateReject)
    assert reject.form == "CPA/ACCEPT"
    assert "ACSE.AARE.8" in found(pair.client_events)
    assert of_kind(pair.client_events, AssociateConfirm) == []
    assert pair.client.state is State.CLOSED


def test_titles_of_a_rejecting_aare_are_not_looked_at() -> None:
    titled = Bent(values={"ACSE.AARE": members(responding_ap_title="1.2", responding_ae_qualifier=1)})
    pair = NativePair(server_policy=titled).indicated()
    pair.server.reject(result=1, source=1)
    pair.carry()
    assert found(pair.client_events) == []


RELEASES: list[tuple[str, Value, list[str]]] = [
    ("ACSE.RLRE", members(user_information=None), ["IEC62351-4:15.4"]),
    ("ACSE.RLRE", external(indirect_reference=3), ["IEC62351-4:15.2"]),
    ("SES.DN", members(user_data=b""), ["IEC62351-4:15.4"]),
]


@pytest.mark.parametrize(("name", "change", "events"), RELEASES)
def test_a_fault_around_a_release_response_is_logged_and_releases(
    name: str, change: Value, events: list[str]
) -> None:
    pair = NativePair(server_policy=Bent(values={name: change})).associated()
    pair.client.release()
    pair.carry()
    pair.server.accept_release()
    pair.carry()
    assert len(of_kind(pair.client_events, ReleaseConfirm)) == 1
    assert logged(pair.client_events) == events
    assert pair.client.state is State.CLOSED


def test_who_goes_on_after_faults_of_the_environment_gets_everything() -> None:
    """A tester notes the fault and goes on with what is there."""
    spoilt = Bent(values={"ACSE.AARQ": external(indirect_reference=3)})
    pair = NativePair(client_policy=spoilt, server_policy=Bent(reacting=False)).associated().forget()
    assert pair.states() == (State.OPEN, State.OPEN)
    pair.client.send_data(IDENTIFY, DATA, context=3)
    pair.carry()
    assert found(pair.server_events) == ["PRES.TD.9"]
    assert of_kind(pair.server_events, Data) == [Data(3, IDENTIFY)]


def test_no_association_is_indicated_without_its_secpdu() -> None:
    bare = Bent(values={"ACSE.AARQ": members(user_information=None)})
    pair = NativePair(client_policy=bare).indicated()
    assert of_kind(pair.server_events, AssociateIndication) == []
