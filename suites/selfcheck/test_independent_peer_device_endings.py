"""Times, keys, releases and certificates: the independent peer and the reference device agree on each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.independent.algorithms import Algorithm
from conform62351.suites.selfcheck.independent.certificates import Certificate, Identity, Trust
from conform62351.suites.selfcheck.independent.errors import Broken, Ended, Verdict
from conform62351.suites.selfcheck.independent.peer import Settings
from conform62351.suites.selfcheck.independent_device import (
    TESTER,
    Laboratory,
    ended,
    laboratory,
    logged,
)
from conform62351.suites.selfcheck.independent_stimuli import (
    flipped,
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("independent"), workshop) as made:
        yield made


@pytest.mark.parametrize(
    ("moments", "diagnostic", "event"),
    [
        ([(0, 0), (0, 2)], "invalid-sequence-number", "11.8"),
        ([(0, 0), (5, 1)], "invalid-sequence-number", "11.8"),
        ([(0, 0), (-5, 0)], "invalid-time-value", "11.6"),
        ([(0, 0), (0, 1), (0, 1)], None, "11.7"),
        ([(0, 0), (5, 0), (0, 0)], None, "11.7"),
        ([(0, 0), (5, 0), (0, 1)], "invalid-time-value", "11.6"),
    ],
)
def test_times_and_numbers_out_of_order_are_seen(
    lab: Laboratory, moments: list[tuple[int, int]], diagnostic: str | None, event: str
) -> None:
    left, first = list(moments), int(time.time() * 1000) * 1000

    def at_a_moment(token: Any) -> Any:
        milliseconds, seq = left.pop(0)
        return replace(token, time=first + milliseconds * 1000, seq=seq)

    lab.events()
    made = lab.connected(lab.settings(alter={"token2": at_a_moment}))

    def identify_until_it_is_seen() -> None:
        while left:
            made.identify()

    assert ended(identify_until_it_is_seen) == Verdict("DtSecAbort", diagnostic)
    assert logged(lab, event)


def test_old_keys_are_refused_once_the_new_ones_were_used(lab: Laboratory) -> None:
    lab.events()
    made = lab.connected(lab.settings())
    old = made.data.pair
    made.identify(rekey=True)
    made.identify()
    made.data.pair = old
    assert ended(made.identify) == Verdict("DtSecAbort")
    assert logged(lab, "11.5")


def test_a_rekey_under_old_keys_behind_changed_key_is_refused(lab: Laboratory) -> None:
    lab.events()
    made = lab.connected(lab.settings())
    old = made.data.pair
    made.identify(rekey=True)
    made.data.pair = (old[0], made.data.pair[1])
    assert ended(lambda: made.identify(rekey=True)) == Verdict("DtSecAbort", "unexpected-dhPublicKey")
    assert logged(lab, "11.10")


RELEASES: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "signature": ({"spoil": {"ReleaseReq": flipped}}, None, "12.3"),
    "sigAlg": (
        {"alter": {"token3": lambda it: replace(it, sig_alg=Algorithm.of("sha256WithRSAEncryption"))}},
        None,
        "12.2",
    ),
    "time": (
        {"alter": {"token3": lambda it: replace(it, time=it.time - 605_000_000)}},
        "invalid-time-value",
        "12.9",
    ),
    "version": ({"alter": {"token3": lambda it: replace(it, v1=False)}}, "unexpected-version", "12.8"),
    "assoID": ({"alter": {"token3": lambda it: replace(it, asso_id="7")}}, "protocol-error", "12.4"),
    "no assoID": ({"alter": {"token3": lambda it: replace(it, asso_id=None)}}, "protocol-error", "12.4"),
    "no token": ({"spoil": {"ReleaseReq.tbs": lambda it: b""}}, "protocol-error", "12.4"),
}


@pytest.mark.parametrize("fault", RELEASES)
def test_a_faulty_release_is_aborted(lab: Laboratory, fault: str) -> None:
    members, diagnostic, event = RELEASES[fault]
    lab.events()
    made = lab.connected(lab.settings(**members))
    assert ended(lambda: made.release(conclude=False)) == Verdict("DtSecAbort", diagnostic)
    assert logged(lab, event)


@pytest.mark.parametrize(
    ("name", "diagnostic", "event"),
    [
        ("DtSecAbort", None, "6.11"),
        ("DtSecAbort", "protocol-error", "6.12"),
        ("HandshakeSecAbort", None, "5.11"),
        ("HandshakeSecAbort", "invalid-time-value", "5.15"),
    ],
)
def test_diagnostics_of_the_peer_are_logged(
    lab: Laboratory, name: str, diagnostic: str | None, event: str
) -> None:
    lab.events()
    lab.connected(lab.settings()).abort(name, diagnostic)
    assert logged(lab, event)


def judged(trust: Trust, identity: Identity) -> str:
    """What the peer thinks of a certificate and its path."""
    try:
        certificate = Certificate(identity.certificate)
        trust.check(certificate, identity.path, datetime.now(UTC))
    except Broken as error:
        return str(error.diagnostic)
    return "good" if certificate.dotted() == str(TESTER) else "None"


def told(lab: Laboratory, settings: Settings) -> str:
    """What the device says of it."""
    try:
        lab.connected(settings).release(conclude=False)
    except Ended as end:
        return str(end.verdict.diagnostic)
    return "good"


# The peer asks no OCSP; the pages do not say which outcome an authority in certPath has that signs by SHA-1.
@pytest.mark.parametrize("with_path", [True, False])
def test_both_judge_the_certificates_of_the_workshop_alike(lab: Laboratory, with_path: bool) -> None:
    trust, differing = lab.trust_of_the_device(), {}
    for name in lab.names():
        settings = lab.settings(name)
        settings.identity = replace(settings.identity, path=settings.identity.path if with_path else ())
        both = judged(trust, settings.identity), told(lab, settings)
        if both[0] != both[1]:
            differing[name] = both
    expected = {"bad/revoked-ocsp": ("good", "None")}
    if with_path:
        expected["bad/weak-ca"] = ("None", "invalid-certification-path")
    assert differing == expected
