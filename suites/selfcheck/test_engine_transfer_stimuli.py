"""What makes data transfers wrong: other keys, ICVs cut short, own octets; and how alike answers are."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.native.protection import Protection
from conform62351.profiles.native.tokens import ClearToken2
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    CLEAR,
    KINDS,
    MODES,
    SEPARATE,
    SEPARATE_GMAC,
    Peers,
    Rewriting,
    told,
)
from conform62351.tooling.engine.alikeness import alike
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.judging_steps import Alike
from conform62351.tooling.engine.mutations import Crop, MutationError, Reflect, SetField, SetTime
from conform62351.tooling.engine.stimulus import StimulusPolicy

OCTETS = bytes.fromhex("3009020101020102800100")
STEP = Alike(requirement="R-E2E-transfer-padding", pdu="E2E.DtSecAbort", connections=(0, 1))


def otherwise(mode: str, **wanted: str) -> Peers:
    """Return peers whose client protects what it sends otherwise."""
    return Peers(mode, client_policy=Rewriting({"protection": lambda _: Protection(**wanted)}))


@pytest.mark.parametrize("mode", KINDS)
@pytest.mark.parametrize("wanted", [{"keys": "peer"}, {"covers": "whole TLV"}], ids=str)
def test_what_is_protected_otherwise_does_not_verify(mode: str, wanted: dict[str, str]) -> None:
    assert told(otherwise(mode, **wanted).exchange(Role.CLIENT))[0] == "E2E.DT.6"


@pytest.mark.parametrize("mode", MODES)
def test_what_is_protected_as_it_should_be_verifies(mode: str) -> None:
    assert otherwise(mode, keys="own", covers="content octets").exchange(Role.CLIENT).fault is None


@pytest.mark.parametrize("mode", [SEPARATE, SEPARATE_GMAC])
def test_an_icv_by_the_key_for_encryption_does_not_verify(mode: str) -> None:
    assert told(otherwise(mode, keys="encryption").exchange(Role.CLIENT))[0] == "E2E.DT.6"


@pytest.mark.parametrize("mode", [AE, CLEAR])
def test_the_keys_before_are_those_before_the_last_change(mode: str) -> None:
    peers = otherwise(mode, keys="before")
    policy = peers.client_policy
    assert isinstance(policy, Rewriting)
    assert peers.exchange(Role.CLIENT).fault is None
    peers.client.rekey()
    policy.on = False
    assert peers.exchange(Role.CLIENT).fault is None
    assert peers.exchange(Role.SERVER).keys_changed
    assert peers.exchange(Role.CLIENT).newest
    policy.on = True
    assert told(peers.exchange(Role.CLIENT))[0] == "E2E.DT.6"


@pytest.mark.parametrize("mode", [AE, CLEAR])
def test_the_keys_of_the_handshake_stay_those(mode: str) -> None:
    peers = otherwise(mode, keys="handshake")
    policy = peers.client_policy
    assert isinstance(policy, Rewriting)
    assert peers.exchange(Role.CLIENT).fault is None
    policy.on = False
    for _ in range(2):
        peers.client.rekey()
        assert peers.exchange(Role.CLIENT).fault is None
        assert peers.exchange(Role.SERVER).keys_changed
    assert peers.exchange(Role.CLIENT).newest
    policy.on = True
    assert told(peers.exchange(Role.CLIENT))[0] == "E2E.DT.6"


@pytest.mark.parametrize(
    ("shift", "time"),
    [
        (0.0, b"20260101120000.000Z"),
        (-0.001, b"20260101115959.999Z"),
        (60.0, b"20260101120100.000Z"),
    ],
    ids=str,
)
def test_a_time_comes_again_so_far_off(shift: float, time: bytes) -> None:
    policy = StimulusPolicy(lambda number: {f"T{number}.time": b"20260101120000.000Z"})
    policy.mutations = (SetTime(pdu="TOKEN", again=1, of="T1", shift=shift),)
    changed = policy.rewrite("TOKEN", ClearToken2(assoID="1:2", time=b"20260101130000.000Z", seq=0))
    assert changed.time == policy.sent["TOKEN.time"] == time


@pytest.mark.parametrize("wanted", [{"keys": "nobody's"}, {"covers": "half of it"}], ids=str)
def test_keys_and_extents_that_there_are_not(wanted: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"nobody's|half of it"):
        otherwise(AE, **wanted).client.protect(b"")


def mutated(policy: StimulusPolicy, mutation: Crop | Reflect, octets: bytes = OCTETS) -> bytes | None:
    policy.mutations = (mutation,)
    return policy.rewrite_octets("PDU", octets)


@pytest.mark.parametrize(
    ("keep", "content"), [(0, ""), (2, "0203"), (9, "020304"), (-1, "0203"), (-9, "")], ids=str
)
def test_an_element_is_cropped_and_the_lengths_follow(keep: int, content: str) -> None:
    element = bytes.fromhex(f"80{len(content) // 2:02x}{content}")
    whole = bytes((0x30, len(element))) + element
    assert (
        mutated(StimulusPolicy(), Crop(pdu="PDU", path="30/80", keep=keep), bytes.fromhex("30058003020304"))
        == whole
    )


@pytest.mark.parametrize("path", ["30", "30/81", "not a path"])
def test_what_cannot_be_cropped(path: str) -> None:
    with pytest.raises(MutationError, match="element"):
        mutated(StimulusPolicy(), Crop(pdu="PDU", path=path, keep=1))


def test_what_came_is_sent_back() -> None:
    policy = StimulusPolicy()
    with pytest.raises(MutationError, match="nothing"):
        mutated(policy, Reflect(pdu="PDU"))
    policy.received["PDU"] = b"came"
    assert mutated(policy, Reflect(pdu="PDU")) == b"came"


ABORTED = Observation(Kind.ABORTED, "E2E.DtSecAbort", fields={"diag": "protocol-error"}, after_s=0.001)


@pytest.mark.parametrize(
    ("seen", "octets"),
    [
        (replace(ABORTED, kind=Kind.CLOSED), OCTETS),
        (replace(ABORTED, name="ARU"), OCTETS),
        (replace(ABORTED, fields={"diag": "alarm"}), OCTETS),
        (ABORTED, bytes.fromhex("3006020101020102")),
        (ABORTED, bytes.fromhex("30090201010201020a0100")),
        (ABORTED, b"no BER"),
    ],
    ids=str,
)
def test_what_can_be_told_apart(seen: Any, octets: bytes) -> None:
    judgement = alike(STEP, {0: ABORTED, 1: seen}, {0: OCTETS, 1: octets})
    assert judgement.verdict is Verdict.FAIL
    assert "on connection 1 another than on 0" in judgement.got


def test_times_and_contents_do_not_count_and_how_long_it_took_is_told() -> None:
    later = replace(ABORTED, after_s=0.0035)
    judgement = alike(STEP, {0: ABORTED, 1: later}, {0: OCTETS, 1: OCTETS[:-1] + b"\x07"})
    assert judgement.verdict is Verdict.PASS
    assert judgement.got == "alike, after 1.00, 3.50 ms, 2.50 ms between the shortest and the longest"


def test_a_long_value_is_shown_in_part() -> None:
    shown = str(SetField(pdu="PDU", field="dhPublicKey", octets=bytes(256)))
    assert shown == f"PDU.dhPublicKey = {'00 ' * 66}00 … (767 characters)"
    shown = str(SetField(pdu="PDU", field="names", value=(0,) * 1000))
    assert shown == f"PDU.names = ({'0, ' * 66}0 … (1000 members)"
