"""The summary for terminals."""

from __future__ import annotations

import re

from hypothesis import given, settings

from conform62351.reports.model.events import AnyEvent
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.text import render_text
from conform62351.reports.render.visible import visible
from conform62351.suites.selfcheck import report_samples as samples

BLOCK = f"""\
FAIL  OSI/SRV/COTP/BI-class-4  (security, basis public)
  A class of transport that RFC 1006 does not know is refused.
  condition T6.OSI.server

  requires  R-10-2 (clause 10, R): A TPDU of another class is refused with a disconnect request.
  with      class 4
  sent      COTP.CR with class := 4
  expected  transport-refused
  or        closed
  got       transport-connected: class 4 selected

  replay    conform62351 replay {samples.DEVICE_WORDS} out/{samples.RECIPE}
  rerun     conform62351 run {samples.DEVICE_WORDS} OSI/SRV/COTP/BI-class-4
"""
SUMMARY = """\
20 cases: 13 pass, 3 fail, 1 inconclusive, 1 error, 1 not run, 1 not applicable
fails: 1 security, 1 form, 1 silent; basis: 2 public, 1 inferred
1 declared deviation, 1 unstable case, 1 warning
INCOMPLETE: 1 planned case has not been executed
CLOSE: only 0.040 of 10 s (0.4 %) left of limit.respond (OSI/SRV/SES/BV-extended-user-data)
2 cases failed. 1 case met an error of the harness. 1 case failed as declared beforehand. 2 cases
remained undecided. 13 of 18 executed cases passed.
12.5 s, seed 4711
"""


def rendered(events: list[AnyEvent], *, colour: bool = False, width: int = 100) -> str:
    return render_text(reduce_run(events), colour=colour, width=width)


def test_failure_block_and_summary() -> None:
    text = rendered(samples.whole_run())
    assert BLOCK in text
    assert text.endswith(SUMMARY)


def test_undeclared_fails_come_first_and_the_worst_severity_before_the_others() -> None:
    blocks = re.findall(r"^FAIL  (\S+)", rendered(samples.whole_run()), re.MULTILINE)
    assert [name.rpartition("/")[2] for name in blocks] == [
        "BI-class-4",
        "BI-version-1",
        "BI-selector-too-long",
    ]


def test_colour_only_when_wanted() -> None:
    assert "\x1b" not in rendered(samples.whole_run())
    coloured = rendered(samples.whole_run(), colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == rendered(samples.whole_run())
    assert coloured != rendered(samples.whole_run())


def test_narrow_terminal_wraps_prose() -> None:
    prose = [line for line in rendered(samples.whole_run(), width=60).splitlines() if "requires" in line]
    assert prose
    assert all(len(line) <= 60 for line in prose)


def test_passed_run_is_short() -> None:
    case = "OSI/SRV/A/BV-b"
    events = [samples.run_started(), *samples.attempt(case, Verdict.PASS), samples.whole_run()[-1]]
    assert rendered(events) == "1 case: 1 pass\n1 of 1 executed case passed.\n12.5 s, seed 4711\n"


def test_device_cannot_drive_the_terminal() -> None:
    events = samples.attempt("OSI/SRV/A/BI-x", Verdict.ERROR, reason="\x1b[2J\x9b\r\nPASS")
    text = rendered(list(events))
    assert "\\x1b[2J\\x9b\\r\\nPASS" in text


def test_visible_keeps_what_can_be_seen() -> None:
    assert visible("Größe 5 Ω") == "Größe 5 Ω"
    assert visible("a\u202eb\u200bc\ud800\n") == "a\\u202eb\\u200bc\\ud800\\n"
    assert visible("a\n\tb\r", lines=True) == "a\n\tb\\r"


@settings(max_examples=60, deadline=None)
@given(samples.event_sequences())
def test_any_report_prints_on_any_terminal(events: list[AnyEvent]) -> None:
    text = rendered(events)
    assert all(character.isprintable() or character == "\n" for character in text)
    text.encode()
