"""Whether reactions can be told apart: an attacker who can, learns what a device has found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conform62351.profiles.tlv import TlvError, walk
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.judging import Judgement, Observation
from conform62351.tooling.engine.judging_steps import Alike

MILLISECONDS = 1000


def alike(step: Alike, seen: Mapping[int, Observation], octets: Mapping[int, bytes]) -> Judgement:
    """Return the judgement on reactions by their connections; ``octets`` are those of the SecPDU in each."""
    forms = {on: _form(seen[on], octets[on]) for on in seen}
    first = forms[step.connections[0]]
    others = [on for on, form in forms.items() if form != first]
    got = f"after {_times(seen)}"
    if not others:
        return Judgement(Verdict.PASS, f"alike, {got}")
    told = ", ".join(map(str, others))
    return Judgement(
        Verdict.FAIL,
        f"on connection {told} another than on {step.connections[0]}; {got}",
        severity=step.severity,
    )


def _form(seen: Observation, octets: bytes) -> tuple[Any, ...]:
    """Return what must not differ: the reaction, and the elements of the SecPDU by their tags."""
    return seen.kind, seen.name, seen.fields, _tags(octets)


def _tags(octets: bytes) -> tuple[tuple[int, int], ...]:
    """Return the depth and the tag of each element, none where the octets are no BER."""
    try:
        return tuple((depth, node.tag) for depth, node in walk(octets).nodes())
    except TlvError:
        return ()


def _times(seen: Mapping[int, Observation]) -> str:
    times = [one.after_s * MILLISECONDS for one in seen.values()]
    each = ", ".join(f"{time:.2f}" for time in times)
    return f"{each} ms, {max(times) - min(times):.2f} ms between the shortest and the longest"
