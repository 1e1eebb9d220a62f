"""What the HTML and text reports say of native mode: words for modes, algorithms and SecPDUs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conform62351.reports.model.native_report import HandshakeReport, KeysReport, SecPduReport, SecPduUse
from conform62351.reports.model.report import CaseReport, RunReport

AMBIGUOUS_GROUP = 23
"""The number that the standard and its source read differently: secp256r1, or a MODP group (13.3.1.3, I)."""
MODES = {
    "ae": "authenticated encryption",
    "separate": "encryption and a separate ICV",
    "clear": "an ICV alone, no encryption",
}
ALARM = "diag alarm"


Placed = HandshakeReport | KeysReport | SecPduReport


@dataclass(frozen=True, slots=True)
class Several:
    """Whether values come from more than one attempt, and from more than one connection."""

    attempts: bool
    connections: bool


def several(values: Sequence[Placed]) -> Several:
    """Return what has to be told apart."""
    return Several(
        attempts=len({one.attempt for one in values}) > 1,
        connections=len({one.connection for one in values}) > 1,
    )


def mode_name(mode: str) -> str:
    """Return an encr-mode for a reader; one that is not known as it is."""
    return MODES.get(mode, mode or "none")


def algorithm_name(name: str) -> str:
    """Return an algorithm for a reader: ``aes128-GCM, tag of 16 octets``."""
    name, _, octets = name.partition("/")
    return f"{name}, tag of {octets} octets" if octets else name


def algorithm_list(names: Iterable[str]) -> str:
    """Return algorithms in their order, the lengths of tags of equal ones together: ``aes256-GCM/16, 12``."""
    found: dict[str, list[str]] = {}
    for name in names:
        plain, _, octets = name.partition("/")
        found.setdefault(plain, []).extend([octets] if octets else [])
    return "; ".join(f"{name}/{', '.join(tags)}" if tags else name for name, tags in found.items())


def secpdu(one: SecPduReport | SecPduUse) -> str:
    """Return what a SecPDU said for a reader: ``E2E.DtSecAbort: alarm, which has no diagnostic``."""
    said: list[str] = []
    carried: list[str] = []
    for part in filter(None, one.detail.split(", ")):
        word, _, value = part.partition(" ")
        if part == ALARM:
            said.append("alarm, which has no diagnostic")
        elif word == "diag":
            said.append(f"diagnostic {value}")
        elif word == "number":
            said.append(f"number {value}")
        elif word == "osi":
            said.append(f"OSI diagnostic {value}")
        elif word == "applData":
            said.append("with application data" if value == "True" else "without application data")
        else:
            carried.append(part)
    text = ": ".join(filter(None, (one.name, ", ".join(said))))
    return f"{text} (ACSE: {', '.join(carried)})" if carried else text


def alarms(uses: Iterable[SecPduUse]) -> int:
    """Return how many SecPDUs were alarms."""
    return sum(use.count for use in uses if ALARM in use.detail.split(", "))


def keys_line(keys: KeysReport) -> str:
    """Return what an association has agreed in a line of text."""
    used = " and ".join(filter(None, (keys.encryption, keys.integrity)))
    when = f", rekey {keys.number}" if keys.number else ""
    group = f"group {keys.group} read as {keys.group_name}"
    reading = f"; another reading of the keys (inferred): {keys.derivation}" if keys.derivation else ""
    return f"assoID {keys.asso_id}{when}: {mode_name(keys.mode)}, {used}, {group}{reading}"


def facts_of(case: CaseReport) -> list[str]:
    """Return what a case shows of native mode, each in a line: keys, and what ended its associations."""
    shown = case.security
    return [*map(keys_line, shown.keys), *(f"{one.kind} {secpdu(one)}" for one in shown.secpdus)]


def readings_of(report: RunReport) -> list[str]:
    """Return which readings the run found that are not the usual ones."""
    if report.native is None:
        return []
    return [
        f"native mode: {use.associations} of {report.native.associations} associations derive keys "
        f"by another reading (inferred): {use.reading}"
        for use in report.native.derivations
        if use.reading
    ]
