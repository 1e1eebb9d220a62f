"""What a person sees while a campaign goes on."""

from __future__ import annotations

import time
from typing import Final, TextIO

from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import plural
from conform62351.tooling.cli.progress import clock_text
from conform62351.tooling.cli.renewed_line import RenewedLine
from conform62351.tooling.fuzz.progress import Progress

LIVE_S: Final = 0.2
PAUSE_S: Final = 10.0


class FuzzLine:
    """One line that is renewed on a terminal; elsewhere a line now and then, and one for each finding."""

    def __init__(self, stream: TextIO) -> None:
        self._screen = RenewedLine(stream, live=stream.isatty())
        self._told = float("-inf")
        self._findings = 0

    def tell(self, progress: Progress) -> None:
        """Tell how far a campaign is."""
        now = time.monotonic()
        new = progress.findings > self._findings
        self._findings = max(progress.findings, self._findings)
        if not new and now - self._told < (LIVE_S if self._screen.live else PAUSE_S):
            return
        self._told = now
        rate = progress.cases / progress.seconds if progress.seconds > 0 else 0.0
        parts = [
            clock_text(progress.seconds),
            plural(progress.cases, "case"),
            f"{rate:.0f}/s",
            plural(progress.behaviours, "behaviour"),
            plural(progress.findings, "finding"),
        ]
        if progress.unconfirmed:
            parts.append(f"{progress.unconfirmed} unconfirmed")
        if progress.doing:
            parts.append(visible(progress.doing))
        self._screen.renew("  ".join(parts))

    def doing(self, text: str) -> None:
        """Tell what is done just now."""
        self._screen.renew(visible(text))

    def clear(self) -> None:
        """Remove the renewed line."""
        self._screen.clear()
