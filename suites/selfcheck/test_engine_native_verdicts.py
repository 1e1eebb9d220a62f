"""What is particular about verdicts and evidence of native mode: readings, editions, encodings, secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.pixit import Value
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import CheckMade, HandshakeSeen, KeysAgreed, Noted
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import (
    NATIVE,
    NATIVE_SEPARATE,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    own_secpdus,
    server_association,
    server_connection_on,
    server_exchanges,
)
from conform62351.suites.selfcheck.native_answers import EVERYTHING
from conform62351.tooling.engine.judging import ENCODING, UNKNOWN, Observation, judge
from conform62351.tooling.engine.mutations import Edit, EditTlv, SetField, SetTime
from conform62351.tooling.engine.native_outcomes import (
    ALARM,
    HandshakeRow,
    TransferRow,
    data_aborted,
    sec_aborted,
    sec_rejected,
)
from conform62351.tooling.engine.outcomes import ENDED, expect, refuse
from conform62351.tooling.engine.player import HarnessError
from conform62351.tooling.engine.reading_search import settle_reading
from conform62351.tooling.engine.steps import (
    Associate,
    Conversation,
    Handshake,
    Rekey,
    Release,
    SendSecPdu,
    Signing,
    TimeForm,
    conversation,
)
from conform62351.tooling.net.e2e_keys import KeyFileWriter, read_key_file
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-E2E-association"
UNSETTLED = frozenset({"ae-is-required", "ae-not-used"})


@pytest.fixture
def other_bench(tmp_path: Path, workshop: Workshop) -> Iterator[Bench]:
    made = Bench(tmp_path, workshop)
    yield made
    made.close()


def refused(diagnostic: str, number: int | None) -> Observation:
    fields: dict[str, Any] = {"diag": diagnostic}
    if number is not None:
        fields["number"] = number
    return Observation(Kind.REJECTED, "E2E.HandshakeSecReject", "", fields)


@pytest.mark.parametrize(
    ("due", "came", "verdict", "reason"),
    [
        ("ae-is-required", refused("ae-is-required", 18), Verdict.PASS, ""),
        ("ae-is-required", refused("protocol-error", 1), Verdict.INCONCLUSIVE, "edition"),
        ("protocol-error", refused("ae-not-used", 22), Verdict.INCONCLUSIVE, "edition"),
        ("protocol-error", refused("invalid-time-value", 10), Verdict.FAIL, ""),
        ("ae-is-required", refused(ALARM, None), Verdict.FAIL, ""),
        (ALARM, refused("ae-not-used", 22), Verdict.FAIL, ""),
    ],
)
def test_a_number_that_is_not_settled_in_an_edition_decides_nothing(
    due: str, came: Observation, verdict: Verdict, reason: str
) -> None:
    step = refuse(REQUIREMENT, sec_rejected(due))
    made = judge(step, came, UNSETTLED)
    assert (made.verdict, made.reason) == (verdict, reason)
    settled = judge(step, came)
    assert settled.verdict is (Verdict.PASS if verdict is Verdict.PASS else Verdict.FAIL)


def test_what_is_wrong_beside_the_number_fails_in_every_edition() -> None:
    step = refuse(REQUIREMENT, sec_aborted("ae-is-required"))
    assert judge(step, refused("protocol-error", 1), UNSETTLED).verdict is Verdict.FAIL


def test_a_diagnostic_in_place_of_an_alarm_is_told() -> None:
    made = judge(refuse(REQUIREMENT, sec_rejected(ALARM)), refused("protocol-error", 1))
    assert made.severity is Severity.FORM
    assert "an alarm is due" in made.got
    either = judge(refuse(REQUIREMENT, sec_rejected(ALARM, "invalid-time-value")), refused("x", 1))
    assert "an alarm is due" not in either.got


def test_the_numbers_that_nobody_knows_are_read_for_one_another() -> None:
    (diagnostics,) = data_aborted("invalid-time-value").fields.values()
    assert set(diagnostics) == {"invalid-time-value", "gmac-init-vector-required"}
    with pytest.raises(ValueError, match="no-such-thing"):
        data_aborted("no-such-thing")


def test_what_is_due_stands_in_the_tables() -> None:
    forged = HandshakeRow("6.2", Role.SERVER)
    assert forged.forms == (sec_rejected(ALARM, "invalid-public-key-certificate"),)
    assert forged.events == ("IEC62351-4:1.7", "IEC62351-4:1.6")
    both = HandshakeRow("5", Role.SERVER, "4.2", "3.1")
    assert both.forms == (sec_rejected("protected-protocol-not-supported", ALARM),)
    assert both.events == ("IEC62351-4:1.4", "IEC62351-4:1.3", "IEC62351-4:1.2")
    assert HandshakeRow("10", Role.CLIENT).forms == (sec_aborted("invalid-time-value"),)
    with pytest.raises(KeyError):
        HandshakeRow("21.1", Role.SERVER)
    assert TransferRow("E2E.DT.6", "icv", Role.SERVER, "EncrTransfer").events == ("IEC62351-4:11.5",)


def test_octets_of_another_encoding_decide_nothing() -> None:
    seen = Observation(Kind.UNDECODABLE, "E2E.HandshakeAcc", "octet 0", {ENCODING: UNKNOWN})
    made = judge(refuse(REQUIREMENT, ENDED), seen)
    assert (made.verdict, made.reason) == (Verdict.INCONCLUSIVE, "baseline")
    known = judge(refuse(REQUIREMENT, ENDED), msgspec.structs.replace(seen, fields={}))
    assert known.verdict is Verdict.FAIL


class OtherTags(Policy):
    """Sends every SecPDU in another form than any that is known."""

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        return b"\x7f\x55" + octets[1:] if name in ("E2E.HandshakeAcc", "E2E.HandshakeReq") else octets


@pytest.mark.parametrize("identifier", [SERVER_BASELINE, "E2E/CLI/HS/BV-ae"])
def test_a_device_of_another_encoding_is_told_as_such(bench: Bench, identifier: str) -> None:
    with bench.device(OtherTags(), {}, has=EVERYTHING, says=EVERYTHING) as subject:
        *_, check = subject.play(load()[identifier])
        assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "baseline")
        assert subject.dut.encoding_unread
        assert not subject.dut.encoding_read


READINGS = {
    "native.salt_zero": "nothing",
    "native.salt_over": "whole TLV",
    "native.icv_over": "whole TLV",
    "native.key_order": "keys of the client first",
}


def events_of(folder: Path, kind: type[Any]) -> list[Any]:
    (path,) = folder.glob("*.jsonl")
    return [event for event in read_events(path) if isinstance(event, kind)]


@contextmanager
def read_otherwise(bench: Bench, entry: str) -> Iterator[Subject]:
    """Run a device of another reading, of which the tester is told nothing."""
    pinned = {"native.derivation": "pinned", entry: READINGS[entry]}
    usual = bench._pixit
    bench._pixit = usual.with_overrides(pinned)
    tester = {name: usual.value(name) for name in pinned}
    with bench.device(Policy(), tester, has=EVERYTHING, says=EVERYTHING) as subject:
        yield subject


@pytest.mark.parametrize("entry", READINGS)
def test_a_client_of_another_reading_is_found_out_and_the_verdict_says_so(
    other_bench: Bench, tmp_path: Path, entry: str
) -> None:
    with read_otherwise(other_bench, entry) as subject:
        talks = (*client_association(), *client_exchanges(2, REQUIREMENT), *own_secpdus)
        checks = subject.try_steps(REQUIREMENT, *talks, configuration=NATIVE_SEPARATE)
        assert worst(check.verdict for check in checks) is Verdict.PASS
        assert {check.provenance for check in checks if check.requirement == "R-E2E-own-data"} == {"I"}
    first, found = events_of(tmp_path, KeysAgreed)
    assert first.derivation == ""
    assert READINGS[entry] in found.derivation


@pytest.mark.parametrize("entry", READINGS)
def test_a_server_of_another_reading_is_asked_with_each(
    other_bench: Bench, tmp_path: Path, entry: str
) -> None:
    with read_otherwise(other_bench, entry) as subject:
        steps = (*server_association(Handshake(mode="separate")), *server_exchanges(2, REQUIREMENT))
        assert subject.try_steps(REQUIREMENT, *steps, configuration=NATIVE)[-1].verdict is Verdict.FAIL
        settle_reading(subject.dut, subject.log)
        assert subject.dut.security.native.settled
        checks = subject.try_steps(REQUIREMENT, *steps, *own_secpdus, configuration=NATIVE)
        assert worst(check.verdict for check in checks) is Verdict.PASS
        assert {check.provenance for check in checks if check.requirement == "R-E2E-own-data"} == {"I"}
    (note,) = events_of(tmp_path, Noted)
    assert READINGS[entry] in note.text


def test_a_server_of_the_usual_reading_is_asked_once(other_bench: Bench, tmp_path: Path) -> None:
    with other_bench.device(Policy(), {}, has=EVERYTHING, says=EVERYTHING) as subject:
        settle_reading(subject.dut, subject.log)
        assert not subject.dut.security.native.settled
        subject.dut.configure(NATIVE)
        for _ in range(2):
            settle_reading(subject.dut, subject.log)
            assert subject.dut.security.native.settled
    assert len(events_of(tmp_path, KeysAgreed)) == 1
    assert not events_of(tmp_path, Noted)


def test_a_reading_that_the_pixit_pins_is_not_searched_for(other_bench: Bench) -> None:
    other_bench._pixit = other_bench._pixit.with_overrides(
        {"native.derivation": "pinned", "native.salt_zero": "nothing"}
    )
    tester: dict[str, Value] = {"native.salt_zero": "32 zero octets", "limit.respond": 0.4}
    with other_bench.device(Policy(), tester, has=EVERYTHING, says=EVERYTHING) as subject:
        steps = (*server_association(), *server_exchanges(1, REQUIREMENT))
        checks = subject.try_steps(REQUIREMENT, *steps, configuration=NATIVE)
        assert checks[-1].verdict is Verdict.FAIL


def test_handshakes_keys_and_secrets_are_kept(other_bench: Bench, tmp_path: Path) -> None:
    with other_bench.device(Policy(), {}, has=EVERYTHING, says=EVERYTHING) as subject:
        with KeyFileWriter(tmp_path / "native.keys") as keys:
            subject.dut.security.native.key_log = keys
            steps = (*server_association(), Rekey(), *server_exchanges(3, REQUIREMENT))
            subject.try_steps(REQUIREMENT, *steps, configuration=NATIVE)
        assert "behind" in str(subject.dut.known_clock) or "ahead" in str(subject.dut.known_clock)
        assert not subject.dut.security.native.numbers._taken
    sent, received = events_of(tmp_path, HandshakeSeen)
    assert (sent.direction, sent.pdu, received.direction, received.pdu) == (
        "sent",
        "HandshakeReq",
        "received",
        "HandshakeAcc",
    )
    assert received.asso_id.startswith(f"{sent.asso_id}:")
    assert received.algorithms == [sent.algorithms[0]]
    assert sent.chain[0].key == "secp256r1"
    assert abs(received.offset_s) < 5
    agreed = events_of(tmp_path, KeysAgreed)
    assert [one.number for one in agreed] == [0, 1]
    assert {one.asso_id for one in agreed} == {received.asso_id}
    lines = read_key_file(tmp_path / "native.keys")
    assert [line.epoch for line in lines] == [0, 1]
    assert {line.asso_id for line in lines} == {received.asso_id}


def stored() -> Conversation:
    return conversation(
        server_connection_on(0),
        Associate(
            handshake=Handshake(ae=("aes128-GCM/16",), path=("e2e-path",), covers="whole"),
            mutations=(
                SetTime(pdu="E2E.HandshakeReq.token", boundary="past", inside=False, form=TimeForm.COMMA),
                SetField(pdu="E2E.HandshakeReq.token", field="version", value=(1, 2)),
                EditTlv(pdu="E2E.HandshakeReq.tbs", path="30", edit=Edit.INDEFINITE),
            ),
        ),
        refuse(REQUIREMENT, ENDED),
        SendSecPdu(pdu="DtSecAbort", carrier="RLRQ", signing=Signing(key="e2e-rsa")),
        Release(signing=Signing(credential="bad/expired"), conclude=True),
        Rekey(),
    )


def test_what_a_conversation_says_of_native_mode_survives_storage() -> None:
    talk = stored()
    assert msgspec.json.decode(msgspec.json.encode(talk), type=Conversation) == talk
    words = "\n".join(talk.recipe())
    for part in ("AE by aes128-GCM/16", "signed over the whole tbs", "outside the window in the past"):
        assert part in words
    for part in ("with the key of e2e-rsa", "with conclude-Request", "refresh the keys"):
        assert part in words


def test_a_handshake_on_a_plain_connection_is_a_mistake_of_the_case(bench: Bench) -> None:
    with bench.device(Policy(), {}) as subject:
        with pytest.raises(HarnessError, match="no SecPDUs"):
            tried(subject, Associate(handshake=Handshake()))
        with pytest.raises(HarnessError, match="not native mode"):
            tried(subject, SendSecPdu(pdu="ApplAbort"))


def tried(subject: Subject, step: Associate | SendSecPdu) -> list[CheckMade]:
    return subject.try_steps(REQUIREMENT, *server_connection_on(0), step, expect(REQUIREMENT, ENDED))
