"""Devices of every reading of how keys come about: each is found in both roles, told once, and gone by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from conform62351.fixtures.device.native import NativeIdentity
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.conditions import Answer
from conform62351.pics.pixit import Value
from conform62351.profiles.native.derivation import Derivation, KeyOrder, Secret, Zero, derivations
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import CheckMade, KeysAgreed, Noted
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.native.conversations import (
    NATIVE,
    NATIVE_SEPARATE,
    client_association,
    client_exchanges,
    own_secpdus,
    server_association,
    server_exchanges,
)
from conform62351.suites.selfcheck.native_answers import EVERYTHING
from conform62351.tooling.engine.reading_search import settle_reading
from conform62351.tooling.engine.steps import AnyStep, Handshake
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-E2E-association"
OWN = "R-E2E-own-data"
OTHERS = [one for one in derivations() if one.secret is Secret.PADDED and one != Derivation()]
ENTRIES = {
    "order": "native.key_order",
    "zero": "native.salt_zero",
    "handshake": "native.salt_over",
    "secret": "native.shared_secret",
    "transfer": "native.icv_over",
}
FIRST_DATA = (
    "undecodable E2E.unverified: the first data verify under no reading of how keys are derived (13.3.1.3)"
)
NO_READING = "the device takes data by none of the 24 readings of how keys are derived (13.3.1.3)"


class Elsewhere(Enum):
    """A salt that no reading has."""

    ONES = "255 octets of ones"

    @property
    def octets(self) -> bytes:
        """The octets of it."""
        return b"\xff" * 255


NOWHERE = Derivation(zero=cast(Zero, Elsewhere.ONES))


@pytest.fixture
def own_bench(tmp_path: Path, workshop: Workshop) -> Iterator[Bench]:
    made = Bench(tmp_path, workshop)
    yield made
    made.close()


def pins(reading: Derivation) -> dict[str, Value]:
    named = {entry: getattr(reading, member).value for member, entry in ENTRIES.items()}
    return {"native.derivation": "pinned", **named}


@contextmanager
def device_of(bench: Bench, reading: Derivation, tester: dict[str, Value] | None = None) -> Iterator[Subject]:
    """Run a device of a reading, of which the tester knows what ``tester`` says."""
    with bench.device(Policy(), tester or {}, has=EVERYTHING, says=EVERYTHING) as subject:
        shared = subject.device.shared

        def of_reading(native: NativeIdentity | None) -> NativeIdentity | None:
            return None if native is None else msgspec.structs.replace(native, derivation=reading)

        configurations = {
            name: replace(one, native=of_reading(one.native))
            for name, one in shared.description.configurations.items()
        }
        shared.description = replace(shared.description, configurations=configurations)
        yield subject


def of_client() -> tuple[tuple[AnyStep, ...], ...]:
    return (client_association(), client_exchanges(2, REQUIREMENT), own_secpdus)


def of_server() -> tuple[tuple[AnyStep, ...], ...]:
    return (
        server_association(Handshake(mode="separate")),
        server_exchanges(2, REQUIREMENT),
        own_secpdus,
    )


def as_client(subject: Subject) -> list[CheckMade]:
    return subject.try_steps(REQUIREMENT, *of_client(), configuration=NATIVE_SEPARATE)


def as_server(subject: Subject) -> list[CheckMade]:
    subject.dut.configure(NATIVE)
    settle_reading(subject.dut, subject.log)
    return subject.try_steps(REQUIREMENT, *of_server(), configuration=NATIVE)


ROLES = {"client": as_client, "server": as_server}


def events_of(folder: Path, kind: type[Any]) -> list[Any]:
    (path,) = folder.glob("*.jsonl")
    return [event for event in read_events(path) if isinstance(event, kind)]


def notes(folder: Path) -> list[str]:
    return [event.text for event in events_of(folder, Noted)]


def bases(checks: list[CheckMade]) -> set[str]:
    return {
        str(getattr(check.provenance, "value", check.provenance))
        for check in checks
        if check.requirement == OWN
    }


def test_there_are_23_readings_beside_the_usual_one_that_make_a_difference() -> None:
    assert len(OTHERS) == len(set(OTHERS)) == 23
    assert len(list(derivations())) == 48


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reading", OTHERS, ids=str)
def test_every_reading_is_found_told_once_and_gone_by(
    own_bench: Bench, tmp_path: Path, reading: Derivation, role: str
) -> None:
    with device_of(own_bench, reading) as subject:
        first, second = ROLES[role](subject), ROLES[role](subject)
        assert subject.dut.security.native.reading == reading
    for checks in (first, second):
        assert worst(check.verdict for check in checks) is Verdict.PASS
        assert bases(checks) == {"I"}
    assert notes(tmp_path) == [f"the device derives keys and protects data by another reading: {reading}"]
    assert events_of(tmp_path, KeysAgreed)[-1].derivation == str(reading)


def test_what_a_client_has_shown_its_server_is_asked_with_first(own_bench: Bench, tmp_path: Path) -> None:
    reading = OTHERS[-1]
    with device_of(own_bench, reading) as subject:
        as_client(subject)
        before = len(events_of(tmp_path, KeysAgreed))
        as_server(subject)
        agreed = events_of(tmp_path, KeysAgreed)[before:]
    assert [event.derivation for event in agreed] == [str(reading)] * 2
    assert len(notes(tmp_path)) == 1


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reading", [OTHERS[0], OTHERS[-1], Derivation(secret=Secret.STRIPPED)], ids=str)
def test_a_reading_that_is_pinned_is_gone_by_without_a_search(
    own_bench: Bench, tmp_path: Path, reading: Derivation, role: str
) -> None:
    with device_of(own_bench, reading, pins(reading)) as subject:
        checks = ROLES[role](subject)
        assert subject.dut.security.native.settled
    assert worst(check.verdict for check in checks) is Verdict.PASS
    assert notes(tmp_path) == []
    assert [event.derivation for event in events_of(tmp_path, KeysAgreed)] == [str(reading)]


@pytest.mark.parametrize("role", ROLES)
def test_a_device_of_another_reading_than_the_pinned_one_fails(
    own_bench: Bench, tmp_path: Path, role: str
) -> None:
    with device_of(own_bench, OTHERS[0], pins(OTHERS[-1])) as subject:
        assert ROLES[role](subject)[-1].verdict is Verdict.FAIL
    assert notes(tmp_path) == []
    assert len(events_of(tmp_path, KeysAgreed)) == 1


def test_a_client_whose_keys_fit_no_reading_fails_as_security(own_bench: Bench, tmp_path: Path) -> None:
    with device_of(own_bench, NOWHERE) as subject:
        checks = as_client(subject)
    assert (checks[-1].verdict, checks[-1].severity, checks[-1].got) == (
        Verdict.FAIL,
        Severity.SECURITY,
        FIRST_DATA,
    )
    assert notes(tmp_path) == []


def test_a_server_whose_keys_fit_no_reading_is_asked_with_each_once(own_bench: Bench, tmp_path: Path) -> None:
    with device_of(own_bench, NOWHERE) as subject:
        for _ in range(2):
            assert as_server(subject)[-1].verdict is Verdict.FAIL
        assert subject.dut.security.native.reading == Derivation()
    assert notes(tmp_path) == [NO_READING]
    assert len(events_of(tmp_path, KeysAgreed)) == 24 + 2


def test_a_server_without_separate_encryption_is_asked_by_authenticated_encryption(
    own_bench: Bench, tmp_path: Path
) -> None:
    """There the order of keys makes no difference, and the usual one stays."""
    says = {"E2E.non-AE-encryption.server": Answer.NO}
    reading = Derivation(order=KeyOrder.BY_SIDE, zero=Zero.NOTHING)
    with device_of(own_bench, reading) as subject:
        declared = subject.dut.declaration
        subject.dut.declaration = replace(declared, answers={**declared.answers, **says})
        subject.dut.configure(NATIVE)
        settle_reading(subject.dut, subject.log)
        assert subject.dut.security.native.reading == Derivation(zero=Zero.NOTHING)
