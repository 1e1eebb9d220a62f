"""What the fuzzer finds in the security-event log of a device: missing, unreadable and groundless events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import msgspec

from conform62351.fixtures.faults.building import Rewrite, RewriteOctets
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.policy import Policy
from conform62351.profiles.securitylog import EventRecord
from conform62351.suites.selfcheck.fuzz_bench import FuzzedDevice, bare_case, fuzzed
from conform62351.tooling.engine.mutations import FlipBit, SetField
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.oracles_log import CASES, LogReader, judge_alone
from conform62351.tooling.proof.bench import Bench

NATIVE = "server/native/ae/associating"
SIGNATURE = "IEC62351-4:1.3"
ASSOCIATED = "IEC62351-14:4.1"
SPOILT = FlipBit(pdu="E2E.HandshakeReq", at=-1)
NO_VERSION = SetField(pdu="E2E.HandshakeReq.token", field="version", value=())
ENOUGH = CASES + 8
LONG_ENOUGH_S = 1.0
"""What cases must take in all before anything is missed: the time between two readings, and more."""


@contextmanager
def logging(
    bench: Bench, policy: Policy | None = None, latency: float = 0.05
) -> Iterator[tuple[FuzzedDevice, LogReader]]:
    """Run a device whose log is read from its file."""
    with fuzzed(bench, policy, limits={"log.latency": latency}) as device:
        device.base(NATIVE)
        dut = device.dut
        dut.pixit = dut.pixit.with_overrides({"log.access": "file", "log.file": str(device.log_path)})
        yield device, LogReader(dut)


def told(
    device: FuzzedDevice, reader: LogReader, cases: Sequence[Case], *, longer: bool = False
) -> list[tuple[Case, Complaint]]:
    """Play ``cases``, the last one over and over where ``longer``, and return what is said of the log."""
    found: list[tuple[Case, Complaint]] = []
    seconds = 0.0
    for number in itertools.count():
        if number >= len(cases) and (not longer or seconds > LONG_ENOUGH_S):
            return found
        case = cases[min(number, len(cases) - 1)]
        delivered = msgspec.structs.replace(device.deliver(case), events=reader.lines())
        seconds += delivered.seconds
        found += device.panel.judge_log(device.panel.scene(case, delivered))
    raise AssertionError("counting has no end")


def cases_of(device: FuzzedDevice) -> list[Case]:
    """Return a case that a device has to log, and others behind it, most of which are logged otherwise."""
    spoilt, versions = device.case(NATIVE, SPOILT), device.case(NATIVE, NO_VERSION)
    return [spoilt, *[versions] * ENOUGH]


def test_the_log_of_the_correct_device_is_in_order(bench: Bench) -> None:
    with logging(bench) as (device, reader):
        base = device.base(NATIVE)
        good = [bare_case(NATIVE, base.conversation)] * ENOUGH
        assert not told(device, reader, [*cases_of(device), *good, *cases_of(device)])


def test_what_not_every_device_looks_at_may_be_what_it_logs(bench: Bench) -> None:
    token = "E2E.HandshakeReq.token"
    with logging(bench) as (device, reader):
        places = device.places(device.base(NATIVE))
        own = next(place.sample.pkCert for place in places if place.pdu == token and place.kind == "value")
        stray = device.case(
            NATIVE,
            SetField(pdu=token, field="certPath", value=(own.hex(),)),
            SetField(pdu=token, field="dhKey.0.dhGroup", value=0),
        )
        standing = device.panel.scene(stray, device.deliver(stray)).standing
        assert [one.step for one in standing.possible] == ["E2E.HS.7.3"]
        assert "E2E.HS.12.1" in [one.step for one in standing.faults]
        assert not told(device, reader, [stray, *cases_of(device)], longer=True)


def test_an_event_that_is_not_logged_is_missed(bench: Bench) -> None:
    def dropped(record: EventRecord) -> EventRecord | None:
        return None if record.id == SIGNATURE else record

    with logging(bench, Rewrite("LOG.event", dropped)) as (device, reader):
        cases = cases_of(device)
        found = told(device, reader, cases, longer=True)
    assert [(case is cases[0], one.severity) for case, one in found] == [(True, "form")]
    assert SIGNATURE in found[0][1].text


def _alone(device: FuzzedDevice, reader: LogReader) -> Complaint | None:
    """Play one case, and its base behind it, and return what is then missed of the log."""
    case = device.case(NATIVE, SPOILT)
    reader.lines()
    delivered = msgspec.structs.replace(device.deliver(case), events=reader.lines())
    scene = device.panel.scene(case, delivered)
    bare = bare_case(NATIVE, device.base(NATIVE).conversation)
    return judge_alone(scene, reader, lambda: device.deliver(bare))


def test_a_single_case_shows_what_is_not_logged(bench: Bench) -> None:
    def dropped(record: EventRecord) -> EventRecord | None:
        return None if record.id == SIGNATURE else record

    with logging(bench, Rewrite("LOG.event", dropped), latency=2.0) as (device, reader):
        found = _alone(device, reader)
    assert found is not None
    assert SIGNATURE in found.text
    with logging(bench, latency=2.0) as (device, reader):
        assert _alone(device, reader) is None


def test_a_line_that_nobody_can_read_is_found(bench: Bench) -> None:
    def garbled(line: bytes) -> bytes:
        return line.replace(b'"]', b"]") if SIGNATURE.encode() in line else line

    with logging(bench, RewriteOctets("LOG.line", garbled)) as (device, reader):
        found = told(device, reader, cases_of(device)[:3])
    assert [one.provenance for _, one in found] == ["E"]
    assert "no event" in found[0][1].text


def test_an_event_for_which_there_is_no_reason_is_found(bench: Bench) -> None:
    alarm = event_catalogue()[SIGNATURE]

    def cries(record: EventRecord) -> EventRecord:
        if record.id != ASSOCIATED:
            return record
        return replace(record, id=alarm.id, level=alarm.level, mnemonic=alarm.mnemonic)

    with logging(bench, Rewrite("LOG.event", cries)) as (device, reader):
        case = bare_case(NATIVE, device.base(NATIVE).conversation)
        found = told(device, reader, [case] * ENOUGH, longer=True)
    assert found
    assert "nothing was at fault" in found[0][1].text
