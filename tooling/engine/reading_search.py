"""The search for the reading of 13.3.1.3 that a server goes by: it speaks second, so each one is tried.

Of a client the first data tell by which reading they are protected; a server that goes by another one answers
the first data of the tester by an abort, which tells nothing. It is asked once in a run.
"""

from __future__ import annotations

from typing import Final

from conform62351.pics.conditions import Answer
from conform62351.profiles.native.derivation import Derivation, Secret, derivations
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.associating import associate, leave
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.link import StimulusBroken
from conform62351.tooling.engine.native_security import NO_ENCRYPTION
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.security import NATIVE

_ENDS: Final = frozenset({Kind.ABORTED, Kind.CLOSED, Kind.RESET})
"""How a server ends an association whose first data do not verify."""


def settle_reading(dut: Dut, log: RunLog) -> None:
    """Find out by which reading a server of native mode protects, unless that is known or pinned.

    What is found is noted, and gone by from then on. Where none is, that is noted, and it stays as it was.

    Raises:
        MeansMissing, AllocatorError: nothing can be signed.
    """
    means = dut.security.native
    if means.settled or not dut.is_server or dut.stack not in NATIVE:
        return
    known = means.reading
    readings = _readings(known)
    for reading in readings:
        means.reading = reading
        answered = _answers(dut, log)
        if answered is None:
            means.reading = known
            return
        if answered:
            means.settled = True
            if news := means.news(means.reading):
                log.note(news)
            return
    means.reading = known
    means.settled = True
    log.note(
        f"the device takes data by none of the {len(readings)} readings of how keys are derived (13.3.1.3)"
    )


def _readings(known: Derivation) -> list[Derivation]:
    """Return the readings that make a difference, what is known first: Z hardly ever begins with zeros."""
    padded = [reading for reading in derivations() if reading.secret is Secret.PADDED]
    return list(dict.fromkeys((known, *padded)))


def _mode(dut: Dut) -> Handshake:
    """Return what to offer: separate encryption tells the order of keys apart, authenticated does not."""
    answers = dut.declaration.answers
    separate = answers.get("E2E.non-AE-encryption.server") is Answer.YES
    allowed = dut.configuration not in (NO_ENCRYPTION, "native-ae-required")
    return Handshake(mode="separate") if separate and allowed else Handshake()


def _answers(dut: Dut, log: RunLog) -> bool | None:
    """Return whether the server answers data by the reading of now; None: that cannot be told."""
    link, _ = associate(dut, log, handshake=_mode(dut))
    if link is None:
        return None
    limit = dut.pixit.number("limit.respond")
    try:
        link.ask(link.mms.client.identify())
        link.flush()
        seen = link.observe(limit)
        if seen.kind is Kind.ANSWER:
            dut.margins.waited("limit.respond", seen.after_s, "answer to identify")
    except StimulusBroken:
        seen = None
    if seen is not None and seen.kind is Kind.ANSWER:
        leave(dut, link)
        return True
    link.close()
    return False if seen is None or seen.kind in _ENDS else None
