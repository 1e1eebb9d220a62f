"""From an observation to the verdict of a check: the rules that hold for every case alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from conform62351.profiles.environments.osi.events import UNVERIFIED
from conform62351.profiles.mms.data import TypeSpecification, mismatch
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import InconclusiveReason, Severity, Verdict
from conform62351.tooling.engine.judging_steps import Alternative, Expect, Verify, show_value
from conform62351.tooling.engine.native_judging import (
    differs_by_number,
    tells_of_alarm,
    without_diagnostic,
)

ACCEPTANCE = frozenset(
    {
        Kind.TRANSPORT_CONNECTED,
        Kind.ASSOCIATED,
        Kind.ANSWER,
        Kind.REQUEST,
        Kind.RELEASED,
        Kind.RELEASE_REQUESTED,
        Kind.TLS_ESTABLISHED,
    }
)
"""What a device only does when it took the stimulus for good."""
REFUSALS_IN_MMS = frozenset(
    {"rejectPDU", "confirmed-ErrorPDU", "initiate-ErrorPDU", "conclude-ErrorPDU", "cancel-ErrorPDU"}
)
ENVIRONMENT = frozenset({Kind.TCP_REFUSED})
HANDSHAKE = "TLS handshake"
"""The name of an end of the connection, and of a time-out, that came before TLS stood."""
OF_TLS = frozenset({Kind.TLS_ESTABLISHED, Kind.TLS_RENEGOTIATION, Kind.TLS_WARNING})
"""What a device does in TLS itself, beside ending it."""
TLS_MISSING = f"{InconclusiveReason.PREREQUISITE.value}:TLS"
ENCODING = "encoding"
UNKNOWN = "unknown"
"""The field that tells of octets which are the first of native mode that a device sends, and not readable."""
MISSING = object()
EVERY = "*"
"""The part of a path that stands for every member of a list."""


class Observation(msgspec.Struct, frozen=True):
    """What the tester saw: ``fields`` is what alternatives may narrow down, ``after_s`` seconds it took."""

    kind: Kind
    name: str = ""
    detail: str = ""
    fields: Mapping[str, Any] = {}
    after_s: float = 0.0

    def __str__(self) -> str:
        text = f"{self.kind} {self.name}" if self.name else f"{self.kind}"
        return f"{text}: {self.detail}" if self.detail else text


class Judgement(msgspec.Struct, frozen=True):
    """The outcome of one check; ``over`` tells that the conversation is at its end with it."""

    verdict: Verdict
    got: str
    severity: Severity | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()
    over: bool = False


def matches(alternative: Alternative, seen: Observation) -> bool:
    """Return whether ``seen`` is what ``alternative`` describes; a list of values means any of them.

    A connection that ended before TLS stood is only what an alternative by that name describes.
    """
    if alternative.kind is not seen.kind:
        return False
    if alternative.name != seen.name and (alternative.name or seen.name == HANDSHAKE):
        return False
    for name, wanted in alternative.fields.items():
        value = seen.fields.get(name, MISSING)
        if value not in (wanted if isinstance(wanted, list | tuple) else (wanted,)):
            return False
    return True


def first_match(alternatives: Iterable[Alternative], seen: Observation) -> Alternative | None:
    """Return the first of ``alternatives`` that describes ``seen``."""
    for alternative in alternatives:
        if matches(alternative, seen):
            return alternative
    return None


def judge(step: Expect, seen: Observation, unsettled: Collection[str] = ()) -> Judgement:
    """Judge an observation by the design's verdict rules.

    A time-out is judged ``silent`` here; whether the device is ``unavailable`` shows the next sanity
    association. Without TLS, a step that does not wait for its failure judges nothing, and neither does one
    that meets another encoding of native mode than the inferred one. ``unsettled`` are the diagnostics whose
    numbers are not known in the edition of the device.
    """
    found = first_match(step.alternatives, seen)
    if found is not None:
        warnings = (found.warning,) if found.warning else ()
        return Judgement(Verdict.PASS, str(seen), warnings=warnings, over=found.over)
    if seen.fields.get("during") == HANDSHAKE and not any(map(_about_tls, step.alternatives)):
        return Judgement(Verdict.INCONCLUSIVE, str(seen), reason=TLS_MISSING)
    if not step.requirement or seen.fields.get(ENCODING) == UNKNOWN:
        return Judgement(Verdict.INCONCLUSIVE, str(seen), reason=InconclusiveReason.BASELINE.value)
    if unsettled and _numbered_otherwise(step.alternatives, seen, unsettled):
        return Judgement(Verdict.INCONCLUSIVE, str(seen), reason=InconclusiveReason.EDITION.value)
    if seen.kind in ENVIRONMENT:
        return Judgement(Verdict.INCONCLUSIVE, str(seen), reason=InconclusiveReason.ENVIRONMENT.value)
    if seen.kind is Kind.TIMEOUT:
        return Judgement(Verdict.FAIL, str(seen), severity=Severity.SILENT)
    if not step.refusal:
        usual = Severity.SECURITY if seen.name == UNVERIFIED else Severity.FUNCTION
        return Judgement(Verdict.FAIL, str(seen), severity=step.severity or usual)
    if seen.kind in ACCEPTANCE and seen.name not in REFUSALS_IN_MMS:
        return Judgement(Verdict.FAIL, str(seen), severity=step.severity or Severity.SECURITY)
    return Judgement(
        Verdict.FAIL, f"{seen}{_tells_of_alarm(step.alternatives, seen)}", severity=Severity.FORM
    )


def _numbered_otherwise(
    alternatives: Iterable[Alternative], seen: Observation, unsettled: Collection[str]
) -> bool:
    """Return whether only the number of a diagnostic is wrong, which another edition may have otherwise."""
    return any(
        differs_by_number(one, seen.name, seen.fields, unsettled) and matches(without_diagnostic(one), seen)
        for one in alternatives
    )


def _tells_of_alarm(alternatives: Iterable[Alternative], seen: Observation) -> str:
    told = (tells_of_alarm(one, seen.fields) for one in alternatives if one.name in ("", seen.name))
    return next(filter(None, told), "")


def _about_tls(alternative: Alternative) -> bool:
    return alternative.kind in (Kind.TLS_ALERT, *OF_TLS) or alternative.name == HANDSHAKE


def listens_to_tls(step: Expect) -> bool:
    """Return whether what the device does in TLS itself matters to a step.

    It does where the step names it, be it to pass over it, and where TLS must not come about at all.
    """
    named = (*step.alternatives, *step.meanwhile)
    return any(one.kind in OF_TLS for one in named) or all(map(_about_tls, step.alternatives))


def verify(step: Verify, value: Any, unlike: Any = MISSING) -> Judgement:
    """Judge a field's value; :data:`MISSING` stands for a PDU or field that is not there.

    ``unlike`` is the value that it must not have.
    """
    if value is MISSING or value is None:
        if step.optional or step.absent:
            warnings = (step.warning,) if step.warning and step.optional else ()
            return Judgement(Verdict.PASS, f"{step.field} is absent", warnings=warnings)
        return Judgement(Verdict.FAIL, f"{step.field} is absent", severity=step.severity)
    if step.absent:
        return Judgement(Verdict.FAIL, f"{step.field} is there", severity=step.severity)
    got = f"{step.field} is {show_value(value)}"
    measured = value
    if isinstance(value, bytes | str | tuple | list):
        measured = len(value)
        if not step.is_in and (step.at_least is not None or step.at_most is not None):
            got = f"{step.field} is of length {measured}"
    good = unlike is MISSING or _normal(value) != _normal(unlike)
    good = good and (not step.is_in or any(_normal(value) == _normal(wanted) for wanted in step.is_in))
    listed = [_normal(item) for item in value] if isinstance(value, tuple | list) else []
    good = good and all(_normal(wanted) in listed for wanted in step.includes)
    good = good and not any(_normal(unwanted) in listed for unwanted in step.excludes)
    good = good and (step.at_least is None or measured >= step.at_least)
    good = good and (step.at_most is None or measured <= step.at_most)
    if good:
        return Judgement(Verdict.PASS, got)
    if step.warning:
        return Judgement(Verdict.PASS, got, warnings=(step.warning,))
    return Judgement(Verdict.FAIL, got, severity=step.severity)


def verify_type(step: Verify, value: Any, told: TypeSpecification | None) -> Judgement:
    """Judge whether a value has the type that the DUT told before."""
    if value is MISSING or told is None:
        what = "the value" if value is MISSING else "a type"
        return Judgement(Verdict.FAIL, f"{what} of {step.field} is absent", severity=step.severity)
    if mismatch(told, value) is None:
        return Judgement(Verdict.PASS, f"{step.field} is of the type told")
    return Judgement(Verdict.FAIL, f"{step.field} is {show_value(value)}", severity=step.severity)


def _normal(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def look_up(pdus: Mapping[str, Any], path: str) -> Any:
    """Return the field at ``path`` of the latest PDUs by name, or :data:`MISSING`."""
    for name in sorted(pdus, key=len, reverse=True):
        if path == name:
            return pdus[name]
        if path.startswith(name + "."):
            return _part(pdus[name], path[len(name) + 1 :].split("."))
    return MISSING


def _part(value: Any, path: Sequence[str]) -> Any:
    for place, part in enumerate(path):
        if isinstance(value, tuple | list) and part == EVERY:
            found = [_part(item, path[place + 1 :]) for item in value]
            return tuple(item for item in found if item is not MISSING)
        if isinstance(value, tuple | list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else MISSING
        elif isinstance(value, Mapping):
            value = value.get(part, MISSING)
        else:
            value = getattr(value, part, MISSING)
        if value is MISSING or value is None:
            return MISSING
    return value
