"""Every check on a peer's authentication: what it finds, what is done about it, that it can be left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from conform62351.fixtures.faults.building import (
    LeaveOut,
    ReplaceReaction,
    Rewrite,
    RewriteField,
    RewriteOctets,
)
from conform62351.fixtures.pki.naming import common_name
from conform62351.fixtures.pki.revocation import make_crl
from conform62351.profiles.compatibility.checks import CMP_TABLE
from conform62351.profiles.compatibility.events import PeerAuthenticated, PeerDoubtful
from conform62351.profiles.compatibility.replay import ReplayMemory
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.compatibility.value import decode_value, encode_value
from conform62351.profiles.osi.apdu import ABRT
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    AssociationEvent,
)
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.compatibility_bench import (
    DAY,
    NOW,
    SecurePair,
    anchor,
    authority,
    credential,
    padded,
    security,
)
from conform62351.suites.selfcheck.osi_pairing import faults, notes
from conform62351.suites.selfcheck.policy_samples import Plain

TIME = b"20270115080000.000Z"


class Stimulus(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one check find something.

    ``credential`` and ``sender`` are what the side that authenticates itself uses in place of the usual,
    ``policy`` what it does to its APDU (given its name); ``receiver`` is for the side that checks.
    """

    credential: dict[str, Any] = {}
    sender: dict[str, Any] = {}
    policy: Callable[[str], Policy] = lambda _: Policy()
    receiver: Callable[[Credential], dict[str, Any]] = lambda _: {}


def members(**fields: Any) -> Stimulus:
    """Return the stimulus of an APDU with other authentication members."""
    return Stimulus(policy=lambda apdu: RewriteField(apdu, **fields))


def rewritten(name: str, **fields: Any) -> Stimulus:
    """Return the stimulus of an authentication value with other parts."""
    return Stimulus(policy=lambda _: RewriteField(name, **fields))


def octets(function: Callable[[bytes], bytes]) -> Stimulus:
    """Return the stimulus of an authentication value with other octets."""
    return Stimulus(policy=lambda _: RewriteOctets("CMP.value", function))


class Recalls(ReplayMemory):
    """Takes every time for one that came before."""

    def holds(self, *_: Any) -> bool:
        return True


def listed(peer: Credential) -> dict[str, Any]:
    crl = make_crl(authority(), [peer.certificate.serial], this_update=NOW - DAY, next_update=NOW + DAY)
    return {"trust": Trust((anchor(),), crls=(crl,))}


def outdated(_: Credential) -> dict[str, Any]:
    crl = make_crl(authority(), [], this_update=NOW - DAY, next_update=NOW - 1)
    return {"trust": Trust((anchor(),), crls=(crl,))}


def reversed_signature(value: Any) -> Any:
    return msgspec.structs.replace(value, signature=value.signature[::-1])


def within_sequence(value: bytes) -> bytes:
    """Return an authentication value with one SEQUENCE more than it needs."""
    based = value[11:]
    return encode_tlv(0xA2, b"\x02\x01\x05", encode_tlv(0xA0, encode_tlv(0x30, based)))


def loose(certificate: bytes) -> bytes:
    """Return a certificate whose outermost length is in more octets than it needs."""
    return b"\x30\x83\x00" + certificate[2:]


REJECTS = {
    "mechanism-present": (members(mechanism_name=None), 12),
    "mechanism-known": (members(mechanism_name="2.2.3.1"), 11),
    "value-present": (members(authentication_value=None), 14),
}
ABORTS = {
    "value-decodes": members(authentication_value=b"\xa2\x00"),
    "certificate-size": Stimulus(credential={"extensions": padded(8000)}),
    "certificate-decodes": rewritten("CMP.unsigned", certificate=b"\x30\x00"),
    "not-before": Stimulus(credential={"not_before": NOW + 1}),
    "not-after": Stimulus(credential={"not_after": NOW - 1}),
    "not-revoked": Stimulus(receiver=listed),
    "certificate-path": Stimulus(credential={"issuer": "other-ca"}),
    "RSA-key": Stimulus(credential={"key": "curve"}),
    "RSA-2048": Stimulus(credential={"key": "short"}),
    "time-decodes": rewritten("CMP.unsigned", time=b"20270115080000.000+0000"),
    "time-window": Stimulus(sender={"signing_time": lambda: NOW + 600.001}),
    "time-not-replayed": Stimulus(receiver=lambda _: {"memory": Recalls()}),
    "signature": Stimulus(policy=lambda _: Rewrite("CMP.value", reversed_signature)),
    "encoding-signed": Stimulus(
        sender={"signature_input": SignatureInput.RAW}, receiver=lambda _: {"raw_is_fault": True}
    ),
}
NOTES = {
    "value-form": octets(within_sequence),
    "context-number": octets(lambda value: encode_value(decode_value(value).value, 7)),
    "certificate-form": Stimulus(
        policy=lambda _: Rewrite(
            "CMP.unsigned", lambda value: msgspec.structs.replace(value, certificate=loose(value.certificate))
        )
    ),
    "key-usage": Stimulus(credential={"usage": "key_agreement"}),
    "not-that-of-TLS": Stimulus(receiver=lambda peer: {"tls_certificate": peer.certificate.octets}),
    "revocation-data": Stimulus(receiver=outdated),
    "time-form": rewritten("CMP.unsigned", time=b"20270115080000."),
    "encoding-signed": Stimulus(sender={"signature_input": SignatureInput.RAW}),
}
"""By the name of the check."""
IDS = {step.name: step.id for step in CMP_TABLE.steps}


def current(peer: Credential) -> dict[str, Any]:
    crl = make_crl(authority(), [], this_update=NOW - DAY, next_update=NOW + DAY)
    return {"trust": Trust((anchor(),), crls=(crl,))}


class Run(msgspec.Struct, frozen=True):
    """The machines of one association, and the events of the side that checks and of its peer."""

    pair: SecurePair
    own: list[AssociationEvent]
    peer: list[AssociationEvent]

    @property
    def goes_on(self) -> bool:
        """Whether the user of the side that checks was told of the association."""
        return isinstance(self.own[-1], AssociateIndication | AssociateConfirm)


def associate(stimulus: Stimulus, checking: Role, policy: Policy | None = None) -> Run:
    """Associate; ``policy`` is that of the side that checks."""
    by_server = checking is Role.SERVER
    name, apdu = ("client", "ACSE.AARQ") if by_server else ("server", "ACSE.AARE")
    peer = credential(name, **stimulus.credential)
    sender = security(name, credential=peer, **stimulus.sender)
    receiver = security(checking.value, **current(peer) | stimulus.receiver(peer))
    bent = stimulus.policy(apdu)
    if by_server:
        pair = SecurePair(sender, receiver, client_policy=bent, server_policy=policy)
        pair.indicated()
        return Run(pair, pair.server_events, pair.client_events)
    pair = SecurePair(receiver, sender, client_policy=policy, server_policy=bent)
    pair.associated()
    return Run(pair, pair.client_events, pair.server_events)


BOTH = pytest.mark.parametrize("checking", list(Role))


@BOTH
def test_a_good_peer_passes_every_check(checking: Role) -> None:
    run = associate(Stimulus(), checking)
    assert run.goes_on
    assert (faults(run.own), notes(run.own)) == ([], [])
    assert isinstance(run.own[-2], PeerAuthenticated)


def test_every_check_has_its_stimulus() -> None:
    assert set(IDS) == {*REJECTS, *ABORTS, *NOTES}


@pytest.mark.parametrize("name", REJECTS)
def test_a_server_rejects_a_client_that_shows_nothing_to_examine(name: str) -> None:
    stimulus, diagnostic = REJECTS[name]
    run = associate(stimulus, Role.SERVER)
    assert faults(run.own) == [IDS[name]]
    rejected = next(event for event in run.peer if isinstance(event, AssociateReject))
    assert rejected.form == "CPR/REFUSE"
    assert rejected.aare is not None
    answer = (rejected.aare.result, rejected.aare.diagnostic_source, rejected.aare.diagnostic)
    assert answer == (1, 1, diagnostic)
    assert rejected.aare.authentication_value is None


def assert_aborted(run: Run, name: str) -> None:
    assert faults(run.own) == [IDS[name]]
    assert not any(isinstance(event, PeerAuthenticated | PeerDoubtful) for event in run.own)
    assert [event for event in run.peer if isinstance(event, Aborted)] == [Aborted("ARU", ABRT(source=0))]


@pytest.mark.parametrize("name", REJECTS)
def test_a_client_aborts_where_a_server_shows_nothing_to_examine(name: str) -> None:
    assert_aborted(associate(REJECTS[name][0], Role.CLIENT), name)


@BOTH
@pytest.mark.parametrize("name", ABORTS)
def test_who_does_not_prove_to_be_somebody_is_aborted(name: str, checking: Role) -> None:
    assert_aborted(associate(ABORTS[name], checking), name)


@BOTH
@pytest.mark.parametrize("name", NOTES)
def test_what_is_only_odd_is_noted(name: str, checking: Role) -> None:
    run = associate(NOTES[name], checking)
    assert run.goes_on
    assert (faults(run.own), notes(run.own)) == ([], [IDS[name]])


WRONG = {name: stimulus for name, (stimulus, _) in REJECTS.items()} | ABORTS


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_check_that_is_left_out_lets_its_fault_through(name: str, checking: Role) -> None:
    run = associate(WRONG[name], checking, LeaveOut(IDS[name]))
    assert run.goes_on
    assert faults(run.own) == []


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_tester_notes_what_is_wrong_and_goes_on(name: str, checking: Role) -> None:
    run = associate(WRONG[name], checking, Plain(reacts=False))
    assert run.goes_on
    assert IDS[name] in notes(run.own)
    assert isinstance(run.own[-2], PeerDoubtful)


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_any_other_reaction_can_take_the_place_of_the_right_one(name: str, checking: Role) -> None:
    for reaction in (Reaction.CLOSE, Reaction.IGNORE):
        run = associate(WRONG[name], checking, ReplaceReaction(IDS[name], reaction))
        assert faults(run.own) == [IDS[name]]
        assert not run.goes_on
        assert not any(isinstance(event, Aborted | AssociateReject) for event in run.peer)
    rejecting = ReplaceReaction(IDS[name], Reaction.REFUSE, result=1, source=1, diagnostic=13)
    run = associate(WRONG[name], Role.SERVER, rejecting)
    assert any(isinstance(event, AssociateReject) for event in run.peer)


def test_the_checks_are_made_in_the_order_of_the_decision() -> None:
    reacting = [step.name for step in CMP_TABLE.steps if step.name in WRONG]
    assert reacting == [
        *("mechanism-present", "mechanism-known", "value-present", "value-decodes", "certificate-size"),
        *("certificate-decodes", "not-before", "not-after", "not-revoked", "certificate-path"),
        *("RSA-key", "RSA-2048", "time-decodes", "time-window", "time-not-replayed", "signature"),
        "encoding-signed",
    ]


@BOTH
def test_of_several_faults_the_first_one_counts(checking: Role) -> None:
    everything = Stimulus(
        credential={"not_before": NOW - 2 * DAY, "not_after": NOW - 1, "issuer": "other-ca", "key": "short"},
        sender={"signing_time": lambda: NOW - 5000},
        policy=lambda _: Rewrite("CMP.value", reversed_signature),
        receiver=lambda _: {"memory": Recalls()},
    )
    left_out: list[str] = []
    while not (run := associate(everything, checking, LeaveOut(*left_out))).goes_on:
        (identifier,) = faults(run.own)
        left_out.append(identifier)
    found = [step.name for step in CMP_TABLE.steps if step.id in left_out]
    assert found == [
        *("not-after", "certificate-path", "RSA-2048", "time-window", "time-not-replayed", "signature")
    ]
    assert left_out == [IDS[name] for name in found]


@BOTH
def test_the_application_context_and_the_form_of_the_apdu_come_first(checking: Role) -> None:
    apdu = "ACSE.AARQ" if checking is Role.SERVER else "ACSE.AARE"
    wrong = RewriteField(apdu, application_context="1.0.62351.4.2.1", mechanism_name=None)
    run = associate(Stimulus(policy=lambda _: wrong), checking)
    assert faults(run.own) == ["ACSE.AARQ.7" if checking is Role.SERVER else "ACSE.AARE.10"]


@BOTH
def test_a_missing_functional_unit_is_noted(checking: Role) -> None:
    run = associate(members(requirements=None), checking)
    assert run.goes_on
    assert [name.split(".")[-1] for name in notes(run.own)] == ["15"]


@BOTH
@pytest.mark.parametrize("away", [-600.0, -599.999, 0.0, 599.999, 600.0])
def test_a_time_within_the_window_is_taken(checking: Role, away: float) -> None:
    assert associate(Stimulus(sender={"signing_time": lambda: NOW + away}), checking).goes_on


@BOTH
@pytest.mark.parametrize("away", [-600.001, 600.001, -86_400.0, 86_400.0, -1.7e9])
def test_a_time_outside_the_window_is_not(checking: Role, away: float) -> None:
    run = associate(Stimulus(sender={"signing_time": lambda: NOW + away}), checking)
    assert faults(run.own) == [IDS["time-window"]]


@BOTH
def test_the_window_is_a_parameter(checking: Role) -> None:
    late = Stimulus(sender={"signing_time": lambda: NOW + 6000}, receiver=lambda _: {"window": 6000.0})
    assert associate(late, checking).goes_on


@BOTH
@pytest.mark.parametrize("moment", [NOW - DAY, NOW + DAY])
def test_a_certificate_is_valid_at_both_ends_of_its_validity(checking: Role, moment: float) -> None:
    at = Stimulus(sender={"now": lambda: moment}, receiver=lambda _: {"now": lambda: moment})
    assert faults(associate(at, checking).own) == []


@BOTH
def test_a_certificate_of_8192_octets_is_taken(checking: Role) -> None:
    name = "client" if checking is Role.SERVER else "server"
    size = 7000
    size += 8192 - len(credential(name, extensions=padded(size)).certificate.octets)
    assert len(credential(name, extensions=padded(size)).certificate.octets) == 8192
    assert associate(Stimulus(credential={"extensions": padded(size)}), checking).goes_on


@BOTH
def test_a_rule_of_the_path_can_be_left_out(checking: Role) -> None:
    run = associate(ABORTS["certificate-path"], checking, LeaveOut("X509.PATH.1"))
    assert run.goes_on


@BOTH
def test_the_subject_of_the_certificate_is_compared_with_nothing(checking: Role) -> None:
    assert associate(Stimulus(credential={"subject": common_name("somebody")}), checking).goes_on


def test_what_is_said_of_revocation_data_names_its_security_event() -> None:
    run = associate(NOTES["revocation-data"], Role.SERVER)
    authenticated = run.own[-2]
    assert isinstance(authenticated, PeerAuthenticated)
    assert [remark.event for remark in authenticated.remarks] == ["IEC62351-3:2.6"]


@BOTH
def test_a_full_memory_takes_nobody(checking: Role) -> None:
    full = Stimulus(receiver=lambda _: {"memory": ReplayMemory(maximum=0)})
    assert faults(associate(full, checking).own) == [IDS["time-not-replayed"]]
