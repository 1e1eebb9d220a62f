"""Associations of compatibility mode: what is on the wire, who is told what, and what policies can do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from conform62351.fixtures.faults.building import RewriteField
from conform62351.profiles.compatibility.association import CompatibilityAssociation, Unsigned
from conform62351.profiles.compatibility.events import PeerAuthenticated
from conform62351.profiles.compatibility.parameters import CompatibilityParameters, RisingTimes
from conform62351.profiles.compatibility.replay import ReplayMemory, certificate_and_time, time_alone
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.compatibility.value import AuthenticationValue, decode_value
from conform62351.profiles.events import Faulted
from conform62351.profiles.generalized_time import read_time
from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.osi.association import Association, State
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    AssociationEvent,
    PeerIdentity,
)
from conform62351.profiles.osi.ppdu import CP, ContextDefinition
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.compatibility_bench import (
    NOW,
    SecurePair,
    anchor,
    credential,
    security,
)
from conform62351.suites.selfcheck.osi_pairing import (
    CLIENT,
    DATA,
    READ,
    SERVER,
    Bent,
    Pair,
    faults,
    notes,
    rest,
)

AUTHENTICATION = "1.0.840.0.1.1.4.1"
MECHANISM = "1.0.840.0.1.0.1.1"
BER = "2.1.1"


class OnePiecePair(SecurePair):
    piece = 1


def received(machine: Association, name: str) -> Any:
    return next(pdu.value for pdu in machine.take_received() if pdu.name == name)


def identity(events: list[AssociationEvent]) -> PeerAuthenticated:
    return next(event for event in events if isinstance(event, PeerAuthenticated))


def only_client(parameters: CompatibilityParameters) -> SecurePair:
    """Return a pair whose server is of plain MMS."""
    pair = SecurePair(parameters)
    plain: Any = Association(Role.SERVER, SERVER)
    pair.server = plain
    return pair


def only_server(parameters: CompatibilityParameters) -> SecurePair:
    """Return a pair whose client is of plain MMS."""
    pair = SecurePair(server=parameters)
    plain: Any = Association(Role.CLIENT, CLIENT)
    pair.client = plain
    return pair


@pytest.mark.parametrize("kind", [SecurePair, OnePiecePair])
def test_both_sides_are_told_who_the_peer_is_before_anything_else(kind: type[SecurePair]) -> None:
    pair = kind()
    pair.associated()
    for events, name, last in (
        (rest(pair.server_events), "client", AssociateIndication),
        (rest(pair.client_events), "server", AssociateConfirm),
    ):
        assert [type(event) for event in events[1:]] == [PeerAuthenticated, last]
        found = identity(events)
        assert found.certificate == credential(name).certificate
        assert found.chain == (found.certificate, anchor())
        assert found.value.time == b"20270115080000.000Z"
        assert found.time == read_time(found.value.time)
        assert found.signature_input is SignatureInput.FIELD
        assert found.deviations == ()
    assert pair.states() == (State.OPEN, State.OPEN)


def test_aarq_and_aare_carry_what_the_mode_asks_for() -> None:
    pair = SecurePair()
    pair.associated()
    cp: CP = received(pair.server, "PRES.CP")
    assert cp.contexts is not None
    assert cp.contexts[-1] == ContextDefinition(5, AUTHENTICATION, (BER,))
    assert pair.server.contexts[5] == AUTHENTICATION
    aarq = next(event.aarq for event in pair.server_events if isinstance(event, AssociateIndication))
    aare = next(event.aare for event in pair.client_events if isinstance(event, AssociateConfirm))
    for apdu, machine in ((aarq, pair.client), (aare, pair.server)):
        assert (apdu.requirements, apdu.mechanism_name) == (b"\x07\x80", MECHANISM)
        assert apdu.application_context == "1.0.9506.2.3"
        assert apdu.authentication_value is not None
        decoded = decode_value(apdu.authentication_value)
        assert (decoded.value, decoded.context) == (machine.sent_value, 5)
        assert decoded.deviations == ()
    tsdu = pair.tsdus["SES.AC"]
    assert b"\x88\x02\x07\x80\x89\x08" in tsdu
    assert tsdu.index(b"\x89\x08") < tsdu.index(b"\xaa\x82")


def test_data_and_release_are_those_of_plain_mms() -> None:
    pair = SecurePair().associated()
    pair.forget()
    pair.client.send_data(READ, DATA)
    pair.client.release()
    pair.carry()
    pair.server.accept_release()
    pair.carry()
    assert pair.messages == [
        ("SES.DT", "PRES.TD", DATA),
        ("SES.FN", "PRES.UD", "ACSE.RLRQ"),
        ("SES.DN", "PRES.UD", "ACSE.RLRE"),
    ]
    assert pair.client.state is State.CLOSED


@pytest.mark.parametrize(
    ("contexts", "rewritten", "number"),
    [
        ((ContextDefinition(9, AUTHENTICATION, (BER,)),), None, 9),
        ((ContextDefinition(5, "1.2.3", (BER,)),), None, 7),
        ((), lambda cp: msgspec.structs.replace(cp, contexts=cp.contexts[:2]), 5),
    ],
)
def test_the_value_is_in_the_context_of_the_client(contexts: Any, rewritten: Any, number: int) -> None:
    policy = Bent(values={"PRES.CP": rewritten or (lambda cp: cp)})
    client = msgspec.structs.replace(CLIENT, contexts=CLIENT.contexts + contexts)
    pair = SecurePair(client_osi=client, client_policy=policy)
    pair.associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    for apdu in (AARQ, AARE):
        value: Any = next(
            found.authentication_value
            for event in (*pair.server_events, *pair.client_events)
            if isinstance(found := getattr(event, apdu.__name__.lower(), None), apdu)
        )
        assert decode_value(value).context == number


def test_a_client_that_leaves_the_authentication_syntax_out_gets_its_number_back() -> None:
    policy = Bent(
        values={"PRES.CP": lambda cp: msgspec.structs.replace(cp, contexts=cp.contexts[:2])},
        octets={"CMP.value": lambda octets: octets[:6] + b"\x0b" + octets[7:]},
    )
    pair = SecurePair(client_policy=policy)
    pair.associated()
    assert AUTHENTICATION not in pair.server.contexts.values()
    aare = next(event.aare for event in pair.client_events if isinstance(event, AssociateConfirm))
    assert aare.authentication_value is not None
    assert decode_value(aare.authentication_value).context == 11
    assert identity(pair.server_events).context == 11


def test_a_server_that_does_not_know_the_authentication_syntax_refuses_it_and_authenticates() -> None:
    pair = SecurePair()
    pair.server = CompatibilityAssociation(Role.SERVER, SERVER, security("server"), context_known=False)
    pair.associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    assert AUTHENTICATION not in pair.client.contexts.values()
    assert identity(pair.client_events).context == 5


def test_a_server_that_needs_no_authentication_takes_a_plain_client_plainly() -> None:
    pair = only_server(security("server", required=False))
    pair.associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    assert not any(isinstance(event, PeerIdentity) for event in pair.server_events)
    aare = next(event.aare for event in pair.client_events if isinstance(event, AssociateConfirm))
    assert (aare.requirements, aare.mechanism_name, aare.authentication_value) == (None, None, None)


def test_a_server_that_needs_none_still_checks_what_is_shown() -> None:
    wrong = Bent(values={"ACSE.AARQ": lambda aarq: msgspec.structs.replace(aarq, authentication_value=None)})
    pair = SecurePair(server=security("server", required=False), client_policy=wrong)
    pair.indicated()
    assert faults(pair.server_events) == ["CMP.3"]
    pair = SecurePair(server=security("server", required=False))
    pair.associated()
    assert identity(pair.server_events)
    assert identity(pair.client_events)


def test_a_server_that_needs_authentication_rejects_a_plain_client() -> None:
    pair = only_server(security("server"))
    pair.indicated()
    rejected = next(event for event in pair.client_events if isinstance(event, AssociateReject))
    assert rejected.aare is not None
    assert (rejected.aare.result, rejected.aare.diagnostic) == (1, 12)


def test_a_client_aborts_a_server_that_ignores_authentication() -> None:
    pair = only_client(security("client"))
    pair.associated()
    assert faults(pair.client_events) == ["CMP.1"]
    assert any(isinstance(event, Aborted) for event in pair.server_events)


def test_a_client_that_needs_none_takes_such_a_server() -> None:
    pair = only_client(security("client", required=False))
    pair.associated()
    assert pair.states() == (State.OPEN, State.OPEN)


def test_without_a_credential_nothing_is_shown() -> None:
    pair = SecurePair(security("client", credential=None))
    pair.indicated()
    assert faults(pair.server_events) == ["CMP.1"]


def test_a_rejecting_aare_needs_no_authentication() -> None:
    pair = SecurePair().indicated()
    pair.server.reject(result=1, source=1, diagnostic=1)
    pair.carry()
    assert faults(pair.client_events) == []
    assert any(isinstance(event, AssociateReject) for event in pair.client_events)


@pytest.mark.parametrize("name", ["ACSE.AARQ", "PRES.CP"])
def test_what_does_not_decode_is_aborted(name: str) -> None:
    pair = SecurePair(client_policy=Bent(octets={name: lambda octets: octets[:-1]}))
    pair.indicated()
    assert faults(pair.server_events) == [f"{name}.1"]
    assert any(isinstance(event, Aborted) for event in pair.client_events)


@pytest.mark.parametrize("name", ["ACSE.AARE", "PRES.CPA"])
def test_what_does_not_decode_is_aborted_by_the_client_too(name: str) -> None:
    pair = SecurePair(server_policy=Bent(octets={name: lambda octets: octets[:-1]}))
    pair.associated()
    assert faults(pair.client_events) == [f"{name}.1"]
    assert any(isinstance(event, Aborted) for event in pair.server_events)


def test_the_policy_is_asked_before_and_after_signing() -> None:
    policy = Bent()
    SecurePair(client_policy=policy).indicated()
    assert policy.seen[2:5] == ["CMP.unsigned", "CMP.value", "ACSE.AARQ"]


def test_what_the_policy_makes_of_the_time_is_signed() -> None:
    def bend(unsigned: Unsigned) -> Unsigned:
        return msgspec.structs.replace(unsigned, time=b"20270115080000.")

    pair = SecurePair(client_policy=Bent(values={"CMP.unsigned": bend}))
    pair.associated()
    found = identity(pair.server_events)
    assert found.value.time == b"20270115080000."
    assert found.deviations == ("a time without digits after the dot", "a time without Z, read as UTC")
    assert pair.client.sent_value == found.value


def test_what_the_policy_makes_of_the_octets_to_sign_is_signed() -> None:
    raw = SecurePair(client_policy=Bent(octets={"CMP.signed": lambda octets: octets[2:]}))
    raw.indicated()
    assert identity(raw.server_events).signature_input is SignatureInput.RAW
    more = SecurePair(client_policy=Bent(octets={"CMP.signed": lambda octets: octets + b"!"}))
    more.indicated()
    assert faults(more.server_events) == ["CMP.23"]


@pytest.mark.parametrize("name", ["CMP.signed", "CMP.value"])
def test_the_policy_can_withhold_the_message_that_the_value_is_for(name: str) -> None:
    pair = SecurePair(client_policy=Bent(octets={name: lambda octets: None}))
    pair.indicated()
    assert pair.messages == [("COTP.CR",), ("COTP.CC",)]
    assert pair.client.sent_value is None


def test_the_policy_can_read_other_octets_than_those_that_came() -> None:
    class TakesTheSequenceForTheCertificate(Bent):
        def read_octets(self, name: str, octets: bytes) -> bytes:
            return octets[9:] if name == "CMP.value" else octets

    pair = SecurePair(server_policy=TakesTheSequenceForTheCertificate())
    pair.indicated()
    assert faults(pair.server_events) == ["CMP.4"]


def signing_at(moment: float) -> CompatibilityParameters:
    return security("client", signing_time=lambda: moment)


def test_a_time_is_taken_once_by_all_associations_of_a_device() -> None:
    server = security("server")
    results = []
    for moment in (NOW, NOW, NOW + 0.001, NOW - 5, NOW):
        pair = SecurePair(signing_at(moment), server)
        pair.indicated()
        results.append(faults(pair.server_events))
    assert results == [[], ["CMP.22"], [], [], ["CMP.22"]]


def test_one_instant_is_one_instant_however_it_is_written() -> None:
    server = security("server")
    found = []
    for form in (b"20270115080000.000Z", b"20270115080000Z", b"20270115080000.", b"20270115080000.001Z"):
        pair = SecurePair(server=server, client_policy=RewriteField("CMP.unsigned", time=form))
        pair.indicated()
        found.append(faults(pair.server_events))
    assert found == [[], ["CMP.22"], ["CMP.22"], []]


def test_what_does_not_verify_is_not_remembered() -> None:
    server = security("server")
    wrong = RewriteField("CMP.value", signature=bytes(256))
    for policy, expected in ((wrong, ["CMP.23"]), (wrong, ["CMP.23"]), (None, []), (wrong, ["CMP.22"])):
        pair = SecurePair(signing_at(NOW), server, client_policy=policy)
        pair.indicated()
        assert faults(pair.server_events) == expected


@pytest.mark.parametrize(("key", "expected"), [(certificate_and_time, []), (time_alone, ["CMP.22"])])
def test_another_certificate_may_or_may_not_use_the_same_time(key: Any, expected: list[str]) -> None:
    server = security("server", memory=ReplayMemory(key=key))
    SecurePair(signing_at(NOW), server).indicated()
    other = credential("client", key="other-ca", serial=1 << 102)
    pair = SecurePair(security("client", credential=other, signing_time=lambda: NOW), server)
    pair.indicated()
    assert faults(pair.server_events) == expected


def test_a_side_never_signs_one_time_twice() -> None:
    client, server = security("client"), security("server")
    times = []
    for _ in range(3):
        pair = SecurePair(client, server)
        pair.associated()
        times.append((identity(pair.server_events).time, identity(pair.client_events).time))
    milliseconds = [[time.milliseconds - round(NOW * 1000) for time in pair] for pair in times]
    assert milliseconds == [[0, 0], [1, 1], [2, 2]]


def test_signed_times_rise_whatever_the_clock_does() -> None:
    moments = iter([5.0, 5.0, 4.0, 5.001, 7.25, -1.0])
    rising = RisingTimes(lambda: next(moments))
    assert [rising() for _ in range(6)] == [5.0, 5.001, 5.002, 5.003, 7.25, 7.251]


def test_parameters_that_are_copied_share_memory_and_times() -> None:
    first = security("client")
    copy = msgspec.structs.replace(first, tls_certificate=b"")
    assert copy.memory is first.memory
    assert copy.signing_time is first.signing_time


def test_a_credential_needs_its_key() -> None:
    with pytest.raises(ValueError, match="private key"):
        security("client", credential=Credential(credential("client").certificate, None))


def test_plain_associations_are_told_nothing_of_peers() -> None:
    pair = Pair().associated()
    assert not any(isinstance(event, PeerIdentity | Faulted) for event in pair.server_events)
    assert notes(pair.server_events) == []


def test_the_value_that_was_sent_is_kept() -> None:
    pair = SecurePair()
    assert pair.client.sent_value is None
    pair.associated()
    assert pair.client.sent_value == identity(pair.server_events).value
    assert isinstance(pair.server.sent_value, AuthenticationValue)
