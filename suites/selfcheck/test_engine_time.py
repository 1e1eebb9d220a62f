"""The allocator of signed times and the estimate of the device's clock offset."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.tooling.engine.clock_offset import ClockOffset, ClockUncertain, DutClock, measure
from conform62351.tooling.engine.signing_times import SigningTimes, default_state
from conform62351.tooling.engine.time_allocator import AllocatorError, TimeAllocator
from conform62351.tooling.net.clock import Clock

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class StandingClock(Clock):
    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now

    def unix(self) -> float:
        return self.now.timestamp()


class PatientClock(StandingClock):
    """Notes how long it was asked to sleep, and does not."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)


def test_times_of_one_identity_rise_although_the_clock_stands(tmp_path: Path) -> None:
    allocator = TimeAllocator(tmp_path / "times", 0.001, StandingClock(NOON))
    times = [allocator.allocate("tester") for _ in range(5)]
    assert times[0] == NOON.timestamp()
    assert [round((after - before) * 1000) for before, after in pairwise(times)] == [1] * 4


def test_coarse_resolution_spreads_times_and_tells_how_far_ahead_they_are(tmp_path: Path) -> None:
    allocator = TimeAllocator(tmp_path / "times", 1.0, StandingClock(NOON))
    times = [allocator.allocate("tester") for _ in range(3)]
    assert [time - NOON.timestamp() for time in times] == [0, 1, 2]
    assert allocator.ahead(times[-1]) == 2
    assert allocator.ahead(times[0]) == 0


def test_identities_do_not_disturb_each_other(tmp_path: Path) -> None:
    allocator = TimeAllocator(tmp_path / "times", 1.0, StandingClock(NOON))
    assert allocator.allocate("client") == allocator.allocate("server")


def test_the_next_run_goes_on_where_this_one_stopped_although_the_clock_went_back(tmp_path: Path) -> None:
    before = TimeAllocator(tmp_path / "times", 0.001, StandingClock(NOON)).allocate("tester")
    clock = StandingClock(NOON - timedelta(seconds=30))
    assert TimeAllocator(tmp_path / "times", 0.001, clock).allocate("tester") > before


def test_workers_never_get_the_same_time(tmp_path: Path) -> None:
    got: list[float] = []

    def work() -> None:
        allocator = TimeAllocator(tmp_path / "times", 0.001, StandingClock(NOON))
        got.extend(allocator.allocate("tester") for _ in range(50))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(got)) == len(got) == 200


def test_what_is_reserved_is_asked_of_the_file_once_and_given_to_nobody_else(tmp_path: Path) -> None:
    state, clock = tmp_path / "times", StandingClock(NOON)
    first, second = (TimeAllocator(state, 0.001, clock) for _ in range(2))
    got = [first.allocate("tester", reserve=0.01)]
    kept = state.read_text()
    got += [first.allocate("tester", reserve=0.01) for _ in range(10)]
    assert state.read_text() == kept
    others = [second.allocate("tester") for _ in range(3)]
    got += [first.allocate("tester", reserve=0.01) for _ in range(3)]
    assert len({*got, *others}) == 17
    assert got == sorted(got)
    assert min(others) > got[10]
    clock.now += timedelta(seconds=1)
    assert first.allocate("tester", reserve=0.01) == clock.unix()


def test_a_forked_process_uses_nothing_that_its_parent_has_reserved(tmp_path: Path) -> None:
    allocator = TimeAllocator(tmp_path / "times", 0.001, StandingClock(NOON))
    allocator.allocate("tester", reserve=1.0)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(allocator.allocate("tester")).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = float(os.read(reading, 64))
    for descriptor in (reading, writing):
        os.close(descriptor)
    assert theirs > NOON.timestamp() + 1
    assert allocator.allocate("tester") < theirs


@pytest.mark.parametrize("content", ["[]", '{"a": "b"}', '{"a": 1.5}', "nonsense", "[" * 50_000])
def test_a_damaged_state_is_an_error_that_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "times").write_text(content)
    with pytest.raises(AllocatorError, match="times: not a state"):
        TimeAllocator(tmp_path / "times", 0.001, StandingClock(NOON)).allocate("tester")


def test_a_state_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AllocatorError, match="absent"):
        TimeAllocator(tmp_path / "absent" / "times", 0.001, StandingClock(NOON)).allocate("tester")


@given(
    offset=st.floats(-3600, 3600),
    delay=st.floats(0, 5),
    share=st.floats(0, 1),
    resolution=st.sampled_from([0.001, 1.0]),
)
def test_the_true_offset_lies_within_the_uncertainty(
    offset: float, delay: float, share: float, resolution: float
) -> None:
    asked = 1_790_000_000.0
    device_reads = asked + share * delay + offset
    claimed = device_reads // resolution * resolution
    estimate = measure(claimed, asked, asked + delay, resolution)
    assert abs(estimate.offset - offset) <= estimate.uncertainty + 1e-5


def test_an_answer_before_its_question_is_an_error() -> None:
    with pytest.raises(ValueError, match="before the question"):
        measure(0.0, 2.0, 1.0, 0.001)


@given(offset=st.floats(-900, 900), uncertainty=st.floats(0, 2), limit=st.sampled_from([-600.0, 600.0]))
def test_boundary_times_are_on_their_side_of_the_limit_for_every_offset_possible(
    offset: float, uncertainty: float, limit: float
) -> None:
    estimate = ClockOffset(offset, uncertainty)
    for true_offset in (offset - uncertainty, offset + uncertainty):
        inside = estimate.boundary(limit, inside=True, margin=5) - true_offset
        outside = estimate.boundary(limit, inside=False, margin=5) - true_offset
        assert abs(inside) <= 595 + 1e-6
        assert abs(outside) >= 605 - 1e-6


def test_the_most_certain_measurement_of_the_device_s_clock_counts() -> None:
    clock = DutClock(tolerance=2.0)
    assert clock.offset is None
    with pytest.raises(ClockUncertain, match="no signed time"):
        clock.certain()
    clock.measured(ClockOffset(10.5, 3.0))
    assert clock.offset == 10.5
    with pytest.raises(ClockUncertain, match=r"known to 3\.0 s only"):
        clock.certain()
    clock.measured(ClockOffset(10.0, 0.1))
    clock.measured(ClockOffset(10.4, 0.5))
    assert clock.certain() == ClockOffset(10.0, 0.1)


def test_what_is_known_of_the_clock_is_said_in_words() -> None:
    clock = DutClock(2.0)
    assert str(clock) == ""
    clock.measured(ClockOffset(90.0, 0.004))
    assert str(clock) == (
        "by its signed times the device's clock is 90.000 s ahead of the tester's, to within 0.004 s"
    )
    clock.measured(ClockOffset(-1.0, 0.001))
    assert str(clock).endswith("1.000 s behind the tester's, to within 0.001 s; it drifted by 90.995 s")


def test_a_clock_that_drifts_decides_nothing_until_it_is_set() -> None:
    clock = DutClock(tolerance=2.0)
    clock.measured(ClockOffset(10.0, 0.1))
    clock.measured(ClockOffset(12.5, 0.1))
    with pytest.raises(ClockUncertain, match=r"drifted by 2\.3 s"):
        clock.certain()
    clock.forget()
    clock.measured(ClockOffset(12.5, 0.1))
    assert clock.certain().offset == 12.5


@pytest.mark.parametrize("resolution", [0.001, 0.01, 1.0])
def test_signed_times_of_all_kinds_are_never_the_same(tmp_path: Path, resolution: float) -> None:
    times = SigningTimes(tmp_path / "state" / "times", resolution, StandingClock(NOON))
    usual = [times.usual() for _ in range(20)]
    moved = [times.moved(seconds) for seconds in (-595.0, 595.0, -595.0)]
    whole = [times.whole() for _ in range(20)]
    steps = [round(time / resolution) for time in (*usual, *moved, *whole)]
    assert len(set(steps)) == len(steps)
    assert all(time == int(time) for time in whole)
    assert abs(moved[0] + 595 - NOON.timestamp()) <= 2 * times.steps


def test_moved_times_never_meet_a_usual_one_of_another_moment(tmp_path: Path) -> None:
    now = StandingClock(NOON)
    times = SigningTimes(tmp_path / "times", 0.001, now)
    future = times.moved(595.0)
    now.now += timedelta(seconds=595)
    assert {round(times.usual() * 1000) for _ in range(10)}.isdisjoint({round(future * 1000)})


def test_times_that_run_ahead_of_the_clock_are_waited_for(tmp_path: Path) -> None:
    clock = PatientClock(NOON)
    times = SigningTimes(tmp_path / "times", 60.0, clock)
    for _ in range(4):
        times.usual()
    assert clock.slept == [120.0]


def test_the_state_is_kept_with_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state() == tmp_path / "conform62351" / "signed-times.json"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_state() == tmp_path / ".local" / "state" / "conform62351" / "signed-times.json"


def test_a_state_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AllocatorError, match="file"):
        SigningTimes(tmp_path / "file" / "times", 0.001, StandingClock(NOON)).usual()
