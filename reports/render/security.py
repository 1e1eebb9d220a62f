"""What the HTML report says of TLS and authentication: words, and the drawing of a time in its window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conform62351.reports.model.native_report import HandshakeReport
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.security_report import AuthenticationReport, TlsReport

AXIS = 1.5
"""How far the axis of the drawing goes to both sides, in windows."""
WIDTH = 240
"""Width of the axis, in units of the drawing."""
CLOCKS = {"sent": "the device's clock as it was known", "received": "the tester's clock"}
"""The receiver's clock, by the direction of a value."""
SIGNED = {
    "81": "the field's TLV (81)",
    "18": "the universal TLV (18)",
    "raw": "the content octets alone",
    "none": "none that is known",
}
SIGNED_REMARKS = {
    "81": "conforming reading",
    "18": "conforming reading",
    "raw": "deviation in use",
    "none": "the signature does not verify",
}
SHORTEST = 1e-6
"""The shortest axis that is drawn, in seconds to either side."""
CLOSE_S = 60.0
"""A time that is closer than this to the edge of its window is said to be so."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A time against its window, in units of the drawing: 0 to ``WIDTH`` from the left.

    ``left`` and ``right`` are the edges of the window, ``middle`` is the receiver's clock, ``at`` the time.
    ``beyond`` tells that the time lies off the axis: -1 to the left, 1 to the right, else 0. ``words`` go
    on where ``inside`` or ``outside`` has been said.
    """

    left: float
    middle: float
    right: float
    at: float
    inside: bool
    beyond: int
    window: str
    words: str


@dataclass(frozen=True, slots=True)
class TlsLine:
    """The TLS of a case in a line: equal connections together."""

    version: str
    suite: str
    code: str
    tables: list[int]
    chain: list[str]
    resumed: bool
    connections: int


def drawing(seen: AuthenticationReport | HandshakeReport) -> Drawing | None:
    """Return how to draw the time of an authentication value or a handshake, or None when it has none."""
    if seen.offset_s is None or seen.inside is None:
        return None
    share = seen.offset_s / max(seen.window_s * AXIS, SHORTEST)
    clamped = max(-1.0, min(1.0, share))
    return Drawing(
        left=_x(-1 / AXIS),
        middle=_x(0),
        right=_x(1 / AXIS),
        at=_x(clamped),
        inside=seen.inside,
        beyond=(share > 1) - (share < -1),
        window=span(seen.window_s),
        words=_words(seen.offset_s, seen.window_s, seen.inside, CLOCKS[seen.direction]),
    )


def _x(share: float) -> float:
    return round(WIDTH * (1 + share) / 2, 1)


def _words(offset: float, window: float, inside: bool, clock: str) -> str:
    way = "behind" if offset < 0 else "ahead of"
    distance = f"{span(abs(offset))} {way} {clock}"
    margin = window - abs(offset)
    if not inside:
        return f" by {span(-margin)}: {distance}"
    return f", {span(margin)} from the edge: {distance}" if margin < CLOSE_S else f": {distance}"


def span(seconds: float) -> str:
    """Return a time span for a reader: ``3 ms``, ``5.0 s``, ``9 min 55 s``, ``10 min``, ``3 d``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


def moment(text: str) -> str:
    """Return a UTC moment in ISO 8601 for a reader: ``2027-12-31 23:59:59 UTC``."""
    return text.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC") or "unknown"


def tls_lines(connections: Iterable[TlsReport]) -> list[TlsLine]:
    """Return the TLS of a case, equal connections in one line."""
    found: dict[tuple[str, str, bool, tuple[str, ...]], list[TlsReport]] = {}
    for one in connections:
        found.setdefault((one.version, one.suite, one.resumed, tuple(one.chain)), []).append(one)
    return [
        TlsLine(
            version=same[0].version,
            suite=same[0].suite,
            code=same[0].code,
            tables=same[0].tables,
            chain=same[0].chain,
            resumed=same[0].resumed,
            connections=len(same),
        )
        for same in found.values()
    ]


def of_tables(tables: list[int]) -> str:
    """Say which table of suites has a suite: ``of Table 12, not of Table 9``."""
    if 9 in tables:
        return " and ".join(f"of Table {number}" for number in tables)
    return "of Table 12, not of Table 9" if tables else "neither of Table 9 nor of Table 12"


def certificates_of(case: CaseReport) -> list[str]:
    """Return the certificates that a case shows, by their SHA-256, each once."""
    security = case.security
    chains = [one.chain for one in security.handshakes]
    chains += [one.chain for one in security.authentications]
    chains += [one.chain for one in security.tls]
    return list(dict.fromkeys(name for chain in chains for name in chain))


def shows_security(report: RunReport) -> bool:
    """Return whether the report has anything to say of security: claimed, seen or used."""
    combinations = report.security.combinations
    claimed = any(any(one.claimed.values()) for one in combinations if one.id != "none")
    seen = report.security.tls or report.security.suites or report.certificates
    return claimed or report.native is not None or bool(seen)
