"""``report.html``: whole, self-contained, and safe whatever a device says."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from conform62351.reports.model.events import AnyEvent, Started
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.transcript import collect
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.html import SHOWN_CHECKS, render_html
from conform62351.suites.selfcheck import report_samples as samples

VOID = {"meta", "input", "br", "wbr", "col"}
CASE = "OSI/SRV/COTP/BI-class-4"


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in order, every identifier stands once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.loaded: list[str] = []
        self.scripts = 0
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href" and (value or "").startswith("#"):
                self.targets.append((value or "")[1:])
            elif name in ("href", "src", "srcset", "action", "data"):
                self.loaded.append(value or "")
            elif name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


def rendered(events: list[AnyEvent], evidence: tuple[str, ...] = ()) -> str:
    report = reduce_run(events)
    return render_html(report, collect(report, events), evidence=evidence).decode()


def test_page_is_well_formed_and_every_link_leads_somewhere() -> None:
    page = Page(rendered(samples.whole_run(), evidence=("events.jsonl",)))
    assert set(page.targets) <= set(page.ids)
    assert f"finding:{CASE}" in page.targets


def test_page_loads_nothing_from_elsewhere() -> None:
    text = rendered(samples.whole_run(), evidence=("events.jsonl", "https://example.org/x"))
    assert Page(text).loaded == ["./events.jsonl", "./https%3A//example.org/x"]
    assert "@import" not in text
    assert "url(" not in text


def test_policy_lets_only_the_own_script_run() -> None:
    text = rendered(samples.whole_run())
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text


def test_failure_shows_everything_that_a_reader_needs() -> None:
    said = Page(rendered(samples.whole_run())).said
    for wanted in (
        "A TPDU of another class is refused with a disconnect request.",
        "COTP.CR with class := 4",
        "transport-refused",
        "closed",
        "transport-connected: class 4 selected",
        "0000 03 00 00 16 11 e0 00 00 00 01 00 c1 02 00 01 c2 ................",
        f"conform62351 replay {samples.DEVICE_WORDS} out/{samples.RECIPE}",
        f"conform62351 run {samples.DEVICE_WORDS} {CASE}",
        "unstable: passed in another attempt",
        "Known in 4.2 (RTU-331), fixed by 2026-01-31.",
        "ACCEPT carries user data in PGI 194",
        "Table 6: Conformance to operational environment",
        "The capture could not be sniffed",
        "9f2c" * 16,
    ):
        assert wanted in said, wanted


def test_page_says_what_it_is() -> None:
    said = Page(rendered(samples.whole_run())).said
    assert "This report is evidence, not a certificate." in said
    assert "inferred: our own choice where no source says it" in said
    assert "Spec data of this run: built in." in said


@pytest.mark.parametrize(
    ("header", "cut", "banner"),
    [
        ({"explore": True}, 0, "Exploratory run: this is no conformance run."),
        ({"builtin": True}, 0, "Built-in reference device."),
        ({}, 1, "Incomplete."),
    ],
)
def test_banner_warns(header: dict[str, bool], cut: int, banner: str) -> None:
    plain = samples.attempt(CASE, Verdict.PASS)
    end = samples.whole_run()[-1]
    events = [samples.run_started(**header), *plain, end]
    assert banner in Page(rendered(events[: len(events) - cut])).said
    assert (
        banner not in Page(rendered([samples.run_started(), *samples.attempt(CASE, Verdict.PASS), end])).said
    )


def test_exploratory_run_says_so_in_every_section_and_on_every_printed_page() -> None:
    text = rendered(samples.whole_run(explore=True))
    assert text.count("exploratory, no conformance run</span></h2>") == text.count("</h2>")
    assert re.search(r'@top-center \{ content: "Exploratory run: no conformance run', text)


def test_hostile_text_neither_acts_nor_hides() -> None:
    dut = {"vendor": samples.HOSTILE, "product": "</style></title><img src=x onerror=alert(1)>"}
    events = [
        samples.run_started(dut=samples.identity(**dut)),
        samples.planned(samples.HOSTILE, title=samples.HOSTILE, purpose=samples.HOSTILE),
        *samples.attempt(samples.HOSTILE, Verdict.FAIL, reason=samples.HOSTILE, deviation=samples.HOSTILE),
        samples.check(samples.HOSTILE, Verdict.FAIL, got=samples.HOSTILE, label=samples.HOSTILE),
    ]
    text = rendered(events)
    page = Page(text)
    assert page.scripts == 1
    assert page.handlers == []
    assert "<img" not in text
    assert not re.search("[\x00\x1b\u202e]", text)
    assert "\\u202e" in text


def test_two_thousand_cases_make_one_page() -> None:
    text = rendered(samples.whole_run(2000))
    assert "case:OSI/SRV/GROUP3/BV-value-1991" in Page(text).ids
    assert len(text) < 8_000_000


@settings(max_examples=30, deadline=None)
@given(samples.event_sequences())
def test_any_report_is_a_page(events: list[AnyEvent]) -> None:
    page = Page(rendered(events))
    assert page.scripts == 1
    assert page.handlers == []


def test_a_case_of_hundreds_of_checks_shows_all_that_failed_and_the_first_that_passed() -> None:
    case = "E2E/SRV/PAIRS/BV-x"
    made = [samples.check(case, Verdict.PASS, got=f"good {number}") for number in range(300)]
    wrong = [samples.check(case, Verdict.FAIL, got=f"bad {number}") for number in range(60)]
    begun: list[AnyEvent] = [samples.run_started(), samples.planned(case)]
    begun.append(Started(t=0.9, case=case, attempt=1))
    said = Page(rendered([*begun, *made, *wrong, samples.verdicted(case, Verdict.FAIL)])).said
    assert all(f"Got bad {number} " in said for number in range(60))
    assert f"{300 - SHOWN_CHECKS} further checks in report.json" in said
