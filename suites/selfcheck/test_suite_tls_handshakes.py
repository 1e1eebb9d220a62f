"""TLS handshakes: versions of a device that claims less, and what makes the stimuli of these suites."""

from __future__ import annotations

import msgspec
import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.engine.agreement import (
    dh_pair,
    dh_pair_with_leading_zero,
    dh_premaster,
    finite_fields,
)
from conform62351.profiles.tls.engine.framing import write_message, write_record
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.tls_engine_bench import client, only, parameters, server, told
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Coalesce,
    MutationError,
    PublicValue,
    Replace,
    SetBody,
)
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.engine.tls import Tls
from conform62351.tooling.proof.bench import Bench

DHE_RSA = 0x009E
FFDHE2048 = 256
WEAK = ("TLS.TLS-1_0", "TLS.TLS-1_1")
SIDES = {"SRV": "server", "CLI": "client"}


def denied(side: str) -> dict[str, Answer]:
    return dict.fromkeys((f"{item}.{SIDES[side]}" for item in WEAK), Answer.NO)


def played(bench: Bench, side: str, policy: Policy) -> list[CheckMade]:
    case = load()[f"TLS/{side}/VERSION/BI-weak"]
    with bench.device(policy, {}, says=denied(side)) as subject:
        return subject.play(case)


@pytest.mark.parametrize("side", SIDES)
def test_a_device_that_claims_no_weak_version_passes(bench: Bench, side: str) -> None:
    checks = played(bench, side, Policy())
    assert worst(check.verdict for check in checks) is Verdict.PASS, checks[-1]
    assert not [check for check in checks if check.warnings]


@pytest.mark.parametrize("side", SIDES)
def test_a_weak_version_that_is_neither_claimed_nor_enabled_is_found(bench: Bench, side: str) -> None:
    checks = played(bench, side, LeaveOut("TLS.CH.2", "TLS.SH.2"))
    failing = {check.requirement for check in checks if check.verdict is Verdict.FAIL}
    assert "R-TLS-version-weak-disabled" in failing


def test_a_weak_version_that_is_claimed_is_warned_of(bench: Bench) -> None:
    case = load()["TLS/SRV/VERSION/BI-weak"]
    with bench.device(LeaveOut("TLS.CH.2", "TLS.SH.2"), {}) as subject:
        checks = subject.play(case)
    assert worst(check.verdict for check in checks) is Verdict.PASS, checks[-1]
    assert [check for check in checks if check.warnings]


def test_a_shared_value_begins_with_a_zero_octet() -> None:
    field, random = finite_fields()[FFDHE2048], parameters().random
    ordinary = dh_pair(field, random)
    sought = dh_pair_with_leading_zero(field, ordinary.public.y, random)
    shared = dh_premaster(sought, ordinary.public.y)
    assert len(shared) < 256
    assert shared == dh_premaster(ordinary, sought.public.y)


def stimulus(*mutations: AnyMutation) -> StimulusPolicy:
    policy = StimulusPolicy()
    policy.mutations = mutations
    return policy


def test_both_sides_make_their_keys_of_another_secret() -> None:
    one = Replace(pdu="TLS.secret", octets=b"\x01")
    pair = Pair(client(stimulus(one), **only(DHE_RSA)), server(stimulus(one), **only(DHE_RSA)))
    pair.shake_hands()
    assert told(pair.client).code == told(pair.server).code == DHE_RSA


def test_a_record_that_does_not_verify_is_read_by_who_does_not_look() -> None:
    pair = Pair(client(stimulus(), **only(DHE_RSA)), server(LeaveOut("TLS.STATE.10"), **only(DHE_RSA)))
    pair.shake_hands()
    pair.client.send(b"data")
    octets = pair.client.take_output()
    pair.carry(pair.client, pair.server, octets[:-1] + bytes((octets[-1] ^ 1,)))
    assert pair.data(pair.server) == b"data"


def test_a_body_is_cut_and_lengthened() -> None:
    message = write_message(20, b"verify_data.")
    cut = SetBody(pdu="TLS.Finished", keep=-1)
    assert stimulus(cut).rewrite_octets("TLS.Finished", message) == write_message(20, b"verify_data")
    more = SetBody(pdu="TLS.Finished", more=b"!", said=2)
    assert stimulus(more).rewrite_octets("TLS.Finished", message) == b"\x14\x00\x00\x0fverify_data.!"


def test_messages_share_a_record_and_what_follows_stays() -> None:
    messages = [write_message(11, b"certificate"), write_message(14, b"")]
    change = write_record(20, 0x0303, b"\x01")
    flight = b"".join(write_record(22, 0x0303, one) for one in messages) + change
    changed = stimulus(Coalesce(pdu="TLS.record")).rewrite_octets("TLS.record", flight)
    assert changed == write_record(22, 0x0303, b"".join(messages)) + change
    assert stimulus(Coalesce(pdu="TLS.record")).rewrite_octets("TLS.record", change) == change


def test_the_prime_of_the_server_is_the_public_value() -> None:
    policy = stimulus(PublicValue(pdu="TLS.ClientKeyExchange", less=1))
    policy.read_octets("TLS.ServerKeyExchange", write_message(12, b"\x00\x02\x01\x01\x00\x01\x02"))
    changed = policy.rewrite_octets("TLS.ClientKeyExchange", write_message(16, b"\x00\x01\x05"))
    assert changed == write_message(16, b"\x00\x02\x01\x00")


def test_without_a_key_of_the_server_there_is_no_such_value() -> None:
    policy = stimulus(PublicValue(pdu="TLS.ClientKeyExchange"))
    with pytest.raises(MutationError):
        policy.rewrite_octets("TLS.ClientKeyExchange", write_message(16, b""))


SAYING: dict[AnyMutation, str] = {
    SetBody(pdu="TLS.Finished", keep=3, more=b"\x00", said=-1): "TLS.Finished of the first 3 octets, "
    "with 00 behind (1 octets), said to be -1 octets longer",
    Coalesce(pdu="TLS.record"): "TLS.record with its handshake messages in one record",
    PublicValue(pdu="TLS.ClientKeyExchange", less=1): "TLS.ClientKeyExchange with the prime less 1 as "
    "public value",
}


@pytest.mark.parametrize("mutation", SAYING, ids=str)
def test_mutations_tell_what_they_do_and_survive_storage(mutation: AnyMutation) -> None:
    assert str(mutation) == SAYING[mutation]
    assert msgspec.json.decode(msgspec.json.encode(mutation), type=AnyMutation) == mutation


def test_how_tls_is_done_survives_storage() -> None:
    how = Tls(prime="ff", leading_zero=True, record_size=1, record_version="TLSv1", if_taken=tuple(SAYING))
    assert msgspec.json.decode(msgspec.json.encode(how), type=Tls) == how
    assert "records of 1 octets" in str(how)
    assert "if that is taken TLS.Finished" in str(how)
