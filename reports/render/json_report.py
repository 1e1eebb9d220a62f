"""``report.json`` and its schema."""

from __future__ import annotations

import json

import msgspec

from conform62351.reports.model.report import FORMAT, RunReport

SCHEMA_FILE = "report.schema.json"


def render_json(report: RunReport) -> bytes:
    """Return ``report`` as JSON; the shape is that of :func:`schema`."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def schema() -> bytes:
    """Return the JSON schema (draft 2020-12) of ``report.json``, as kept in ``report.schema.json``."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:conform62351:report:{FORMAT}",
        "title": "conform62351 report",
        **msgspec.json.schema(RunReport),
    }
    return (json.dumps(document, indent=2) + "\n").encode()
