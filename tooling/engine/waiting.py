"""Waits for what the device does about what was sent to it."""

from __future__ import annotations

import msgspec

from conform62351.profiles.osi.situation import State
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation, first_match, listens_to_tls
from conform62351.tooling.engine.judging_steps import Expect
from conform62351.tooling.engine.link import Link


def limit_of(dut: Dut, step: Expect) -> float:
    """Return how many seconds ``step`` waits at most, what is due later and the path's delay among them."""
    limit = step.within + 2 * dut.path_delay if step.within else dut.pixit.number(step.limit)
    return limit + (dut.pixit.number(step.due) if step.due else 0.0)


def await_reaction(link: Link, step: Expect, limit: float) -> Observation:
    """Return the next observation that ``step`` does not pass over.

    Its ``after_s`` is how many seconds it took since the first wait.
    """
    of_tls = link.tls is not None and listens_to_tls(step)
    remaining, spent = limit, 0.0
    while True:
        seen = link.observe(remaining, of_tls=of_tls)
        spent += seen.after_s
        seen = msgspec.structs.replace(seen, after_s=spent)
        if first_match(step.alternatives, seen) is not None:
            return seen
        if step.serve and seen.kind is Kind.REQUEST and seen.name.endswith("-RequestPDU"):
            # Behind its FINISH a side sends no data (X.225): what crosses it is left without an answer.
            if link.association.state is not State.RELEASING:
                link.answer_request()
                link.flush()
        elif first_match(step.meanwhile, seen) is None:
            return seen
        remaining = max(0.0, limit - spent)
