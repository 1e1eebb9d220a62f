"""``summary.json``: what a campaign came to, for programs and for the report."""

from __future__ import annotations

import json
from typing import Final

import msgspec

FORMAT: Final = 1
SCHEMA_FILE: Final = "summary.schema.json"


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, in short; all of it stands in the file ``recipe``, a path below the campaign's folder.

    ``oracle`` complains of the device by ``clause`` with the mark ``provenance``; ``reaction`` is what the
    device did, ``place`` the PDUs and fields that the mutations change. It showed ``confirmed`` times of
    ``repeated`` when it was played again, and ``seen`` cases of the campaign met it. ``steps`` are the
    conversation in words, ``mutations`` what is wrong in it, ``before`` how many cases have to be played
    before it, ``rounds`` how often all of that. ``replay`` is the command that plays it again.
    """

    name: str
    oracle: str
    severity: str
    clause: str
    provenance: str
    text: str
    reaction: str
    place: list[str]
    base: str
    layer: str
    mutators: list[str]
    mutations: list[str]
    steps: list[str]
    before: int
    rounds: int
    case: int
    confirmed: int
    repeated: int
    reduced: bool
    seen: int
    recipe: str
    evidence: list[str]
    replay: str


class NotTested(msgspec.Struct, frozen=True):
    """What a campaign could not do, and why: a base conversation that does not pass, for instance."""

    name: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign.

    ``rate`` is cases a second over ``elapsed_s``, the time of all its runs together. ``behaviours`` are the
    different reactions that the device has shown, ``corpus`` the cases that are mutated further because they
    brought one. ``undelivered`` cases did not reach the wire whole, mostly because the device ended the
    connection before. ``unavailable`` is how often the device did not associate any more, ``resets`` how
    often it was reset. ``layers`` and ``bases`` count cases; ``reactions`` count by what ended a case.
    ``not_tested`` are base conversations that could not be played, or what of a layer could not be sent,
    ``errors`` cases in which the tester was wrong. ``lost`` says of worker processes how they ended before
    their time; they were started again, and have lost no finding. ``unconfirmed`` are complaints that no
    repetition showed again: they are no findings. ``complete`` is false where the campaign was interrupted or
    the device was lost; ``reason`` says so.
    """

    format: int = FORMAT
    version: str
    device: str
    builtin: bool
    seed: int
    workers: int
    started: str
    elapsed_s: float
    cases: int
    rate: float
    behaviours: int
    corpus: int
    undelivered: int
    unavailable: int
    resets: int
    layers: dict[str, int]
    bases: dict[str, int]
    reactions: dict[str, int]
    findings: list[FindingRow]
    unconfirmed: list[FindingRow]
    not_tested: list[NotTested]
    errors: list[NotTested]
    lost: list[str] = []
    complete: bool
    reason: str = ""
    command: list[str]


def render(summary: Summary) -> bytes:
    """Return the summary as JSON; its shape is that of :func:`schema`."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n"


def schema() -> bytes:
    """Return the JSON schema (draft 2020-12) of a summary, as kept in ``summary.schema.json``."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:conform62351:fuzz:{FORMAT}",
        "title": "conform62351 fuzz",
        **msgspec.json.schema(Summary),
    }
    return (json.dumps(document, indent=2) + "\n").encode()
