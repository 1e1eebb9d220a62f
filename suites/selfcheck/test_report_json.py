"""``report.json`` and its published schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings

from conform62351.reports.model.events import AnyEvent
from conform62351.reports.model.run import reduce_run
from conform62351.reports.render.json_report import SCHEMA_FILE, render_json, schema
from conform62351.suites.selfcheck import report_samples as samples

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema()))


def rendered(events: list[AnyEvent]) -> Any:
    return json.loads(render_json(reduce_run(events)))


def test_schema_in_the_repository_is_that_of_the_model() -> None:
    kept = files("conform62351.reports.render").joinpath(SCHEMA_FILE).read_bytes()
    assert kept == schema(), "write reports.render.json_report.schema() to report.schema.json"


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


def test_report_fits_the_schema_and_names_what_was_promised() -> None:
    report = rendered(samples.whole_run())
    VALIDATOR.validate(report)
    promised = {"pass", "fail", "inconclusive", "not_applicable", "not_run", "error"}
    assert promised | {"fail_by_severity", "fail_by_basis"} <= report["summary"].keys()
    case = next(case for case in report["cases"] if case["id"] == "OSI/SRV/COTP/BI-class-4")
    assert {
        "id",
        "verdict",
        "severity",
        "basis",
        "reason",
        "clause",
        "provenance",
        "role",
        "configuration",
        "requirements",
        "events_expected",
        "events_seen",
        "attempts",
        "checks",
        "duration_s",
    } <= case.keys()
    assert (case["verdict"], case["severity"], case["basis"]) == ("fail", "security", "public")
    assert report["complete"] is False


@pytest.mark.parametrize("broken", [{"cases": [{}]}, {"complete": "yes"}, {"summary": {}}])
def test_schema_refuses_what_is_no_report(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(rendered(samples.whole_run()) | broken)


@settings(max_examples=40, deadline=None)
@given(samples.event_sequences())
def test_every_report_fits_the_schema(events: list[AnyEvent]) -> None:
    VALIDATOR.validate(rendered(events))
