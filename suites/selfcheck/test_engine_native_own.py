"""What the tester finds in what a device signs, beside the checks of every receiver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.generalized_time import read_time
from conform62351.profiles.native.secpdus import EncrTransfer, HandshakeReq
from conform62351.profiles.native.tokens import Aea, ClearToken2, DhKey
from conform62351.profiles.policy import Finding, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import Tree
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.native_bench import BER, INITIATE, Handshakes, certificate, root
from conform62351.tooling.engine.judging import verify
from conform62351.tooling.engine.native_own import OwnChecks, OwnMemory
from conform62351.tooling.engine.native_written import written_findings
from conform62351.tooling.engine.steps import Verify

HERE, THERE = object(), object()
BLOCK = 16


def reactions(findings: Iterable[Finding]) -> list[Reaction]:
    return [finding.fault.reaction for finding in findings]


def test_signed_times_rise() -> None:
    memory = OwnMemory()
    first, second, third = (read_time(b"2026010112000%dZ" % second) for second in (1, 2, 3))
    assert not reactions(memory.signed(b"A", second, HERE))
    assert not reactions(memory.signed(b"B", second, HERE))
    assert not reactions(memory.signed(b"A", third, HERE))
    assert reactions(memory.signed(b"A", first, THERE)) == [Reaction.NOTE]
    assert reactions(memory.signed(b"A", first, THERE)) == [Reaction.ABORT]
    assert reactions(memory.signed(b"A", read_time(b"20260101120000Z"), HERE)) == [Reaction.ABORT]


def test_public_values_are_fresh() -> None:
    memory = OwnMemory()
    assert not reactions(memory.agrees_by((DhKey(23, b"\x04a"), DhKey(28, b"\x04b"))))
    assert reactions(memory.agrees_by((DhKey(23, b"\x04c"), DhKey(28, b"\x04b")))) == [Reaction.ABORT]


def encrypted(iv: bytes, *, applData: bytes = bytes(BLOCK)) -> EncrTransfer:
    token = ClearToken2(assoID="1:2", time=b"20260101120000.000Z", seq=0, iv=iv)
    return EncrTransfer(token2=token, applData=applData)


def foreseen(
    *messages: EncrTransfer, sent_iv: bytes | None = None, is_ae: bool = False
) -> list[tuple[str, Reaction]]:
    """Return what is found in the last of messages that a server sends without a change of keys."""
    own = OwnChecks(Role.SERVER, OwnMemory())
    found: list[Finding] = []
    for pdu in messages:
        found = list(own.transferred(pdu, 0, is_ae=is_ae, sent_iv=sent_iv))
    return [(finding.step, finding.fault.reaction) for finding in found]


RANDOM, OTHER = bytes(range(100, 116)), bytes(range(200, 216))
FORESEEN = [("E2E.OWN.9", Reaction.ABORT)]


def test_an_iv_of_cbc_cannot_be_foreseen() -> None:
    assert not foreseen(encrypted(RANDOM), encrypted(OTHER), sent_iv=bytes(BLOCK))
    assert foreseen(encrypted(RANDOM, applData=bytes(BLOCK) + OTHER), encrypted(OTHER)) == FORESEEN
    assert foreseen(encrypted(RANDOM), encrypted(RANDOM[:-1] + b"\0")) == FORESEEN
    assert foreseen(encrypted(RANDOM), sent_iv=RANDOM) == FORESEEN


def test_an_iv_of_gcm_may_be_counted() -> None:
    counted = [encrypted(bytes(11) + bytes((number,))) for number in (1, 2)]
    assert not foreseen(*counted, sent_iv=counted[1].token2.iv, is_ae=True)


def request(**changes: Any) -> HandshakeReq:
    pdu = Handshakes().client.request(INITIATE).pdu
    assert isinstance(pdu, HandshakeReq)
    pdu = replace(pdu, token1=replace(pdu.token1, **changes))
    return replace(pdu, tbs=BER.tbs(pdu).content)


def test_a_token_as_senders_write_it() -> None:
    assert not list(written_findings(request()))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": None}, "version is left out"),
        ({"version": Bits(frozenset({0, 1}))}, "version is written as 06 c0"),
        ({"certPath": (root().certificate.octets,)}, "the trust anchor is in certPath"),
        ({"certPath": (certificate("server").octets,)}, "certPath is not in the order of PkiPath"),
    ],
)
def test_a_token_in_a_form_that_is_only_read(changes: dict[str, object], told: str) -> None:
    findings = list(written_findings(request(**changes)))
    assert [finding.fault.detail for finding in findings] == [f"HandshakeReq: {told}"]
    assert reactions(findings) == [Reaction.NOTE]


def test_algorithms_without_the_parameters_that_are_sent() -> None:
    token = request().token1
    mode = token.encr_mode
    assert isinstance(mode, Aea)
    bare = Aea(tuple(replace(one, parameters=None) for one in mode.algorithms[-1:]))
    hmac = replace(token.hmac, parameters=None)
    told = [one.fault.detail for one in written_findings(request(hmac=hmac, encr_mode=bare))]
    assert len(told) == 2
    assert all(detail.endswith("is written without parameters") for detail in told)


def test_a_field_is_another_than_elsewhere() -> None:
    step = Verify(requirement="R-E2E-own-number", field="E2E.number", unlike=0)
    assert verify(step, "7", "8").verdict is Verdict.PASS
    assert verify(step, "7", "7").verdict is Verdict.FAIL
    assert "another than on connection 0" in str(step)


def test_elements_that_cannot_be_stripped_of_what_they_are() -> None:
    tree = Tree(bytes.fromhex("3003020105"))
    with pytest.raises(ValueError, match="does not begin with"):
        tree.strip("30/02", b"\x06")
    with pytest.raises(ValueError, match="no components"):
        tree.unwrap("30/02")
