"""What a person sees while a run goes on, made from the same events as the report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from conform62351.reports.model import events as e
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.visible import visible
from conform62351.tooling.cli.renewed_line import RenewedLine

COLOURS = {Verdict.PASS: "32", Verdict.FAIL: "31", Verdict.ERROR: "35", Verdict.INCONCLUSIVE: "33"}


def colour_allowed(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether ``stream`` is a terminal and NO_COLOR is unset or empty."""
    return stream.isatty() and not environment.get("NO_COLOR")


def clock_text(seconds: float) -> str:
    """Return a duration as minutes and seconds."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Progress:
    """Prints one line that is renewed on a terminal, fails as they come, and with ``verbose`` every PDU.

    The remaining time is estimated from the mean duration of the cases so far.
    """

    def __init__(self, stream: TextIO = sys.stderr, *, verbose: bool, colour: bool, live: bool) -> None:
        self._screen = RenewedLine(stream, live=live)
        self._verbose = verbose
        self._colour = colour
        self._planned = 0
        self._done = 0
        self._counts: dict[Verdict, int] = {}
        self._started = 0.0

    def __call__(self, event: e.AnyEvent) -> None:
        """Take note of an event."""
        match event:
            case e.RunStarted():
                self._started = event.t
            case e.Planned():
                self._planned += not event.not_applicable
            case e.Verdicted():
                self._verdict(event)
            case e.Noted() if self._screen.live or self._verbose:
                self._screen.line(f"note: {visible(event.text)}")
            case _ if self._verbose:
                self._pdu(event)

    def _verdict(self, event: e.Verdicted) -> None:
        self._counts[event.verdict] = self._counts.get(event.verdict, 0) + 1
        if event.verdict is Verdict.NOT_APPLICABLE:
            return
        self._done += 1
        if event.verdict is not Verdict.PASS or self._verbose:
            extra = ", ".join(filter(None, (event.severity.value if event.severity else "", event.reason)))
            known = " (declared deviation)" if event.deviation else ""
            told = f": {visible(extra)}" if extra else ""
            self._screen.line(f"{self._paint(event.verdict)} {event.case}{told}{known}")
        if self._screen.live:
            elapsed = event.t - self._started
            left = elapsed / self._done * max(0, self._planned - self._done)
            counts = ", ".join(f"{n} {v.value}" for v, n in self._counts.items() if v in COLOURS)
            times = f"{clock_text(elapsed)} gone, about {clock_text(left)} left"
            text = f"{self._done}/{self._planned}  {counts}  {times}"
            self._screen.renew(text)

    def _pdu(self, event: e.AnyEvent) -> None:
        match event:
            case e.ConversationStarted():
                self._screen.line(f"{event.case} {event.label}".rstrip())
            case e.Sent():
                self._screen.line(f"  > {' '.join(event.pdus)} {event.octets}")
            case e.Received():
                self._screen.line(f"  < {' '.join(event.pdus)} {event.octets}")
            case e.Observed():
                self._screen.line(f"  = {event.kind} {event.name} {visible(event.detail)}".rstrip())
            case e.Acted():
                self._screen.line(f"  ! action {event.action} {visible(event.error)}".rstrip())

    def _paint(self, verdict: Verdict) -> str:
        word = verdict.value.upper()
        return f"\x1b[{COLOURS[verdict]}m{word}\x1b[0m" if self._colour and verdict in COLOURS else word

    def finish(self) -> None:
        """Remove the renewed line."""
        self._screen.clear()
