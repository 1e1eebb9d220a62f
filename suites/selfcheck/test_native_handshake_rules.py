"""The order of the checks on a handshake, what is only noted, and what is remembered."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import msgspec
import pytest

from conform62351.fixtures.pki.naming import title_name
from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.crypto.algorithms import (
    AlgorithmIdentifier,
    identifier,
)
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.handshake_checks import HANDSHAKE_TABLE
from conform62351.profiles.native.replay import ReplayStore
from conform62351.profiles.native.secpdus import HandshakeSecReject
from conform62351.profiles.native.tokens import Aea, ClearToken1, DhKey
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import (
    BER,
    Handshakes,
    connection,
    credential,
    octets_of,
    parameters,
    replaced,
    root,
    steps_of,
)
from conform62351.suites.selfcheck.native_stimuli import (
    GCM_256,
    HMAC,
    NOT_ENCRYPTED,
    STRANGER,
    UNKNOWN,
    UNWANTED,
    Recalls,
    Stimulus,
    judge,
    no_point,
    reversed_sign,
    shown,
    token,
)
from conform62351.suites.selfcheck.pki_samples import NOW, authority


def test_rows_are_looked_at_in_order() -> None:
    rows = [step.id.removeprefix("E2E.HS.") for step in HANDSHAKE_TABLE.steps]
    numbers = [int(row.partition(".")[0]) for row in rows]
    assert sorted(set(numbers)) == list(range(1, 25))
    moved = [one for one, (number, after) in zip(rows, pairwise(numbers), strict=False) if number > after]
    assert moved == ["7.3"], "only what is left of row 6 stands behind row 7 (decision 25)"


ORDERED: Final = {
    "4.2": Stimulus(
        token=lambda value: replaced(value, time=b"20260115080000.000Z", hmac=UNKNOWN), pdu=reversed_sign
    ),
    "5": Stimulus(
        sender=lambda name: {"credential": credential(name, not_after=NOW - 1)},
        pdu=lambda value: replaced(value, pp="ICCP"),
    ),
    "6.1": shown(usage=("digital_signature",), not_after=NOW - 1, subject=title_name("1.2.3")),
    "6.3": shown(not_after=NOW - 1, issuer=STRANGER),
    "8": Stimulus(
        sender=lambda name: {"credential": credential(name, subject=title_name("1.2.3"))},
        token=lambda value: replaced(value, version=NOT_ENCRYPTED),
    ),
    "10": Stimulus(
        sender=lambda _: {"signing_time": lambda: NOW - 600.001}, receiver=lambda _: {"store": Recalls()}
    ),
    "13": Stimulus(token=lambda value: replaced(no_point(value), hmac=UNKNOWN)),
}


@pytest.mark.parametrize("row", ORDERED)
@pytest.mark.parametrize("role", Role)
def test_the_first_of_several_faults_is_answered(role: Role, row: str) -> None:
    taken, _ = judge(role, ORDERED[row])
    assert steps_of(taken) == [f"E2E.HS.{row}"]


class Notes(Policy):
    """Goes on, whatever is found."""

    def reacts(self, finding: Finding) -> bool:
        return False


def test_a_tester_notes_faults_and_goes_on() -> None:
    wrong = replaced(ORDERED["8"])
    taken, _ = judge(Role.CLIENT, wrong, Notes())
    assert taken.fault is None
    assert steps_of(taken) == ["E2E.HS.8", "E2E.HS.9"]
    assert taken.established is not None
    assert taken.events[:2] == ("IEC62351-4:2.7", "IEC62351-4:2.8")


@pytest.mark.parametrize("away", [-600.0, 600.0])
def test_limits_of_time_are_inclusive(away: float) -> None:
    stimulus = Stimulus(sender=lambda _: {"signing_time": lambda: NOW + away})
    assert judge(Role.SERVER, stimulus)[0].fault is None


def test_the_certificate_of_the_tls_connection_is_no_certificate_for_this() -> None:
    known = connection("server", tls=True, tls_certificate=credential("client").certificate.octets)
    taken, _ = judge(Role.SERVER, Stimulus(), known=known)
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.6.1"


@pytest.mark.parametrize(
    ("row", "stimulus"),
    [
        ("1.7", token(time=b"20270115080000Z")),
        ("5.1", Stimulus(pdu=lambda value: replaced(value, pp="IEC61850-8-1"))),
        (
            "12.3",
            Stimulus(token=lambda value: replaced(value, dhKey=(replaced(value.dhKey[0], dhGroup=19),))),
        ),
        ("6.6", shown(serial=1 << 100)),
        ("23.4", token(confParams=Bits(frozenset({0, 1})))),
    ],
)
def test_forms_that_are_only_noted(row: str, stimulus: Stimulus) -> None:
    taken, _ = judge(Role.SERVER, stimulus)
    assert taken.fault is None
    assert steps_of(taken) == [f"E2E.HS.{row}"]


MIDDLE: Final = authority("rules middle", root())


@pytest.mark.parametrize("kind", ["pkCert", "twice", "an anchor", "nothing"])
def test_what_certpath_may_hold_beside_the_path(kind: str) -> None:
    """Only an anchor is tolerated, and no element at all counts as none (decision 25)."""
    below = credential("client", issuer=MIDDLE, chain=(MIDDLE.certificate,))
    middle, anchor = MIDDLE.certificate.octets, root().certificate.octets
    path = {
        "pkCert": (middle, below.certificate.octets),
        "twice": (middle, middle),
        "an anchor": (anchor, middle),
        "nothing": (),
    }[kind]
    stimulus = msgspec.structs.replace(token(certPath=path), sender=lambda _: {"credential": below})
    if kind == "nothing":
        stimulus = token(certPath=())
    taken, _ = judge(Role.SERVER, stimulus)
    if kind in ("an anchor", "nothing"):
        assert taken.fault is None
    else:
        assert taken.fault is not None
        assert taken.fault.step == "E2E.HS.7.3"


def test_a_path_is_read_in_any_order() -> None:
    lower = authority("rules lower", MIDDLE)
    chain = (lower.certificate, MIDDLE.certificate)
    below = credential("client", issuer=lower, chain=chain)
    for path in (chain, chain[::-1]):
        order = token(certPath=tuple(one.octets for one in path))
        stimulus = msgspec.structs.replace(order, sender=lambda _: {"credential": below})
        assert judge(Role.SERVER, stimulus)[0].fault is None


def numbered(number: int) -> Stimulus:
    return Stimulus(token=lambda value: replaced(value, dhKey=(replaced(value.dhKey[0], dhGroup=number),)))


def test_an_alias_of_the_offered_group_is_read_in_the_accept() -> None:
    """The association goes on under the number that was offered, which a rekey repeats."""
    taken, _ = judge(Role.CLIENT, numbered(19))
    assert steps_of(taken) == ["E2E.HS.12.3"]
    assert taken.established is not None
    assert taken.established.agreed.dhGroup == 23
    for number in (14, 28, 20):
        refused, _ = judge(Role.CLIENT, numbered(number))
        assert refused.fault is not None
        assert refused.fault.step == "E2E.HS.12.2"


def test_the_alias_means_nothing_in_the_other_reading_of_23() -> None:
    both = {"groups": ("modp-2048-224",), "ike": True}
    stimulus = msgspec.structs.replace(numbered(19), both=both)
    assert [judge(role, stimulus)[0].findings[-1].step for role in (Role.SERVER, Role.CLIENT)] == [
        "E2E.HS.12.1",
        "E2E.HS.12.2",
    ]


def test_the_alias_beside_the_number_is_no_duplicate() -> None:
    def both(value: ClearToken1) -> ClearToken1:
        return replaced(value, dhKey=(*value.dhKey, replaced(value.dhKey[0], dhGroup=19)))

    taken, _ = judge(Role.SERVER, Stimulus(token=both))
    assert taken.fault is None


class Sequence(Policy):
    """Sends dhKey as a SEQUENCE, and signs it so."""

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        if not name.startswith("E2E.HandshakeReq"):
            return octets
        key = octets.index(b"\x02\x01\x17\x04\x41")
        assert octets[key - 4] == 0x31
        return octets[: key - 4] + b"\x30" + octets[key - 3 :]


def test_a_variant_that_is_read_is_named() -> None:
    pair = Handshakes(client_policy=Sequence())
    taken = pair.requested()
    assert taken.fault is None
    assert steps_of(taken) == ["E2E.HS.1.6"]
    assert "ClearToken1-dhKey-sequence" in taken.findings[0].fault.detail
    assert pair.accepted().established is not None


def test_an_identifier_written_in_another_way_is_noted() -> None:
    bare = AlgorithmIdentifier(identifier(HMAC).oid)
    taken, _ = judge(Role.CLIENT, token(hmac=bare))
    assert steps_of(taken) == ["E2E.HS.22.7"]
    assert taken.established is not None


def test_the_other_reading_of_group_23_is_told() -> None:
    taken, _ = judge(
        Role.SERVER, Stimulus(token=lambda value: replaced(value, dhKey=(DhKey(23, b"\x02" * 256),)))
    )
    assert taken.fault is not None
    assert "modp-2048-224, the other reading" in taken.fault.fault.detail


def test_the_first_supported_entry_is_taken_whatever_its_place() -> None:
    def offers(value: ClearToken1) -> ClearToken1:
        strange = DhKey(99, b"")
        return replaced(value, dhKey=(strange, *value.dhKey), encr_mode=Aea((UNKNOWN, identifier(GCM_256))))

    taken, pair = judge(Role.SERVER, Stimulus(token=offers))
    assert taken.fault is None
    established = pair.accepted().established
    assert established is not None
    assert established.agreed.dhGroup == 23
    assert established.agreed.encryption is not None
    assert established.agreed.encryption.algorithm == GCM_256


def test_what_is_replayed_is_an_alarm_and_what_failed_later_is_remembered() -> None:
    pair = Handshakes(
        client=parameters("client", signing_time=lambda: NOW), server=parameters("server", local=UNWANTED)
    )
    request = octets_of(pair.client.request().octets)
    first, second = pair.server.take_request(request), pair.server.take_request(request)
    assert [one.fault.step for one in (first, second) if one.fault is not None] == ["E2E.HS.16", "E2E.HS.11"]
    assert second.answer is not None
    decoded = BER.decode(Carrier.AARE, octets_of(second.answer.octets)).pdu
    assert isinstance(decoded, HandshakeSecReject)
    assert decoded.diag is None


def test_what_does_not_verify_is_not_remembered() -> None:
    server = parameters("server")
    pair = Handshakes(server=server)
    damaged = bytearray(octets_of(pair.client.request().octets))
    damaged[-1] ^= 1
    taken = pair.server.take_request(bytes(damaged))
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.4.2"
    assert len(server.store) == 0


def test_a_full_memory_cannot_tell_a_replay() -> None:
    server = parameters("server", store=ReplayStore(maximum=1))
    pair = Handshakes(server=server)
    assert pair.requested().fault is None
    again = pair.requested()
    assert again.fault is not None
    assert again.fault.step == "E2E.HS.11"


def test_strangers_cannot_fill_the_memory_of_replays() -> None:
    """What a path refuses is signed by anybody: it takes no room, and pushes nothing out (decision 29)."""
    store = ReplayStore(maximum=2, doubtful=4)
    server = parameters("server", store=store)
    known = octets_of(Handshakes(server=server).client.request().octets)
    assert Handshakes(server=server).server.take_request(known).fault is None
    for number in range(8):
        stranger = parameters(
            "client",
            credential=credential("client", issuer=STRANGER),
            signing_time=iter([NOW - number]).__next__,
        )
        refused = Handshakes(stranger, server).requested()
        assert refused.fault is not None
        assert refused.fault.step == "E2E.HS.6.5"
    assert len(store) == 1 + 4
    again = Handshakes(server=server).server.take_request(known)
    assert again.fault is not None
    assert again.fault.step == "E2E.HS.11"
    other = parameters("client", signing_time=lambda: NOW + 1)
    assert Handshakes(other, server).requested().fault is None


def test_a_time_far_ahead_is_not_kept_until_it_comes() -> None:
    store = ReplayStore(maximum=1, doubtful=1)
    server = parameters("server", store=store)
    ahead = parameters("client", signing_time=lambda: NOW + 1e9)
    refused = Handshakes(ahead, server).requested()
    assert refused.fault is not None
    assert refused.fault.step == "E2E.HS.10"
    assert not store.is_full(NOW)
