"""Transcripts: what is kept in full, what in short, and that the bounds hold."""

from __future__ import annotations

from hypothesis import given, settings

from conform62351.reports.model.events import AnyEvent, ConversationStarted, Sent, Started
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.transcript import Bounds, Transcript, collect
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck import report_samples as samples
from conform62351.suites.selfcheck import report_security_samples as secured

CASE = "OSI/SRV/COTP/BI-class-4"


def transcripts(events: list[AnyEvent], bounds: Bounds | None = None) -> dict[str, Transcript]:
    return collect(reduce_run(events), events, bounds)


def octets_of(kept: dict[str, Transcript]) -> int:
    return sum(
        len(line.octets)
        for transcript in kept.values()
        for talk in transcript.conversations
        for line in [*talk.head, *talk.tail]
    )


def test_failing_conversation_is_kept_in_full_and_its_neighbour_in_short() -> None:
    passed, failed = transcripts(samples.whole_run())[CASE].conversations
    assert (passed.label, passed.full, passed.verdict) == ("class 2", False, Verdict.PASS)
    assert (failed.label, failed.full, failed.verdict) == ("class 4", True, Verdict.FAIL)
    assert [line.kind for line in failed.head] == [
        "observed",
        "sent",
        "received",
        "observed",
        "sent",
        "check",
    ]
    assert failed.head[1].octets == bytes.fromhex(samples.CONNECT_REQUEST)
    assert failed.head[1].pdus == ("TPKT", "COTP.CR")
    assert [round(line.at_s, 3) for line in failed.head[:2]] == [0.001, 0.002]
    assert failed.head[4].mutations == ("COTP.CR.class := 4",)
    assert failed.steps == ["connect", "open the transport connection", "expect transport-connected"]
    assert octets_of({CASE: Transcript([passed])}) == 0


def test_attempt_that_failed_without_a_check_shows_its_last_conversation() -> None:
    (talk,) = transcripts(samples.whole_run())["OSI/SRV/MMS/BV-read"].conversations
    assert (talk.full, talk.verdict) == (True, None)


def test_unstable_case_shows_the_attempt_that_failed() -> None:
    first, second = transcripts(samples.whole_run())["OSI/SRV/SES/BI-version-1"].conversations
    assert (first.attempt, first.full) == (1, True)
    assert (second.attempt, second.full) == (2, False)


def flood(count: int, verdict: Verdict) -> list[AnyEvent]:
    talk = ConversationStarted(t=1.0, case=CASE, attempt=1, label="", steps=[])
    sent: list[AnyEvent] = [
        Sent(t=1.0 + number, case=CASE, connection=1, octets=f"{number:08x}" * 64, pdus=["TPKT"])
        for number in range(count)
    ]
    check = samples.check(CASE, verdict)
    return [samples.planned(CASE), talk, *sent, check, samples.verdicted(CASE, verdict)]


def test_first_and_last_lines_of_a_flood_are_kept() -> None:
    bounds = Bounds(full_lines=(3, 2))
    (talk,) = transcripts(flood(1000, Verdict.FAIL), bounds)[CASE].conversations
    assert [line.at_s for line in talk.head] == [0.0, 1.0, 2.0]
    assert talk.tail[0].at_s == 999.0
    assert talk.tail[1].kind == "check"
    assert talk.omitted == 1001 - 5


def test_octets_are_bounded_per_line_case_and_report() -> None:
    events = flood(1000, Verdict.FAIL)
    assert octets_of(transcripts(events, Bounds(line_octets=10, case_octets=45))) == 45
    assert octets_of(transcripts(events, Bounds(all_octets=300))) == 300
    line = transcripts(events, Bounds(line_octets=10))[CASE].conversations[0].head[0]
    assert (line.size, len(line.octets)) == (256, 10)


def test_conversations_beyond_the_bound_are_counted() -> None:
    events: list[AnyEvent] = [samples.planned(CASE)]
    for number in range(9):
        events += samples.conversation(CASE, label=str(number))
    events += [samples.check(CASE, Verdict.PASS, label="8"), samples.verdicted(CASE, Verdict.PASS)]
    kept = transcripts(events, Bounds(short_conversations=2))[CASE]
    assert [talk.label for talk in kept.conversations] == ["0", "1"]
    assert kept.omitted == 7


def test_failing_conversation_is_shown_behind_many_that_passed() -> None:
    events: list[AnyEvent] = [samples.planned(CASE)]
    for number in range(40):
        events += samples.conversation(CASE, label=str(number))
        verdict = Verdict.FAIL if number == 39 else Verdict.PASS
        events.append(samples.check(CASE, verdict, label=str(number)))
    events.append(samples.verdicted(CASE, Verdict.FAIL))
    assert [talk.label for talk in transcripts(events)[CASE].conversations if talk.full] == ["39"]


@settings(max_examples=60, deadline=None)
@given(samples.event_sequences())
def test_any_sequence_of_events_gives_bounded_transcripts(events: list[AnyEvent]) -> None:
    bounds = Bounds(
        full_lines=(2, 1), short_lines=(1, 1), full_conversations=2, short_conversations=1, all_octets=20
    )
    kept = transcripts(events, bounds)
    assert octets_of(kept) <= 20
    for transcript in kept.values():
        assert len(transcript.conversations) <= 3
        for talk in transcript.conversations:
            assert len(talk.head) + len(talk.tail) <= 3


def test_handshakes_and_keys_of_native_mode_are_lines() -> None:
    case = "E2E/SRV/HS/BV-ae"
    log: list[AnyEvent] = [
        samples.planned(case),
        Started(t=0.9, case=case, attempt=1),
        *secured.conversation(
            case,
            "",
            secured.handshake(case, "sent"),
            secured.keys(case),
            secured.keys(case, number=1, integrity="hmacWithSHA256", derivation="Z: padded"),
            samples.check(case, Verdict.FAIL),
        ),
        samples.verdicted(case, Verdict.FAIL),
    ]
    (talk,) = transcripts(log)[case].conversations
    lines = {line.kind: line.text for line in talk.head}
    assert "mode ae: aes256-GCM/16, aes128-GCM/12; groups 23, 14" in lines["handshake"]
    assert "refreshed for the 1. time" in lines["keys"]
    assert "aes256-GCM/16 and hmacWithSHA256, group 23 (secp256r1)" in lines["keys"]
    assert "another reading: Z: padded" in lines["keys"]
