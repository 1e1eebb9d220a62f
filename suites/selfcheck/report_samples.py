"""Event logs made by hand for the tests of reports: what an engine could have written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from conform62351.reports.model.events import (
    Acted,
    AnyEvent,
    CheckMade,
    Claim,
    ConversationStarted,
    Identity,
    Noted,
    Observed,
    Planned,
    Received,
    RequirementNote,
    RunFinished,
    RunStarted,
    Sent,
    Started,
    Verdicted,
    Waited,
)
from conform62351.reports.model.verdict import Severity, Verdict

HOSTILE = "<script>alert(1)</script>\x00\x1b[31m\u202e]]>&\"'"
DEVICE_WORDS = "--pics rtu7.pics.toml --pixit rtu7.pixit.toml"
RECIPE = "recipes/OSI_SRV_COTP_BI-class-4.json"
DEVICE = Identity(
    vendor="Example Power", product="RTU-7", hardware_version="C", software_version="4.2.1", edition="2018+A1"
)
CONNECT_REQUEST = "0300001611e00000000100c1020001c2020001c0010a"


def run_started(**changes: Any) -> RunStarted:
    values: dict[str, Any] = {
        "t": 0.0,
        "started": "2025-05-06T07:08:09Z",
        "harness": "0.1.0",
        "command": ["conform62351", "run", "--pics", "rtu7.pics.toml", "--pixit", "rtu7.pixit.toml", "OSI"],
        "out": "out",
        "device": DEVICE_WORDS.split(),
        "dut": DEVICE,
        "seed": 4711,
        "hashes": {"pics": "9f2c" * 16, "pixit": "01ab" * 16},
        "versions": {"Python": "3.11.2", "OpenSSL": "3.0.15"},
        "selection": ["OSI"],
        "claims": [
            claim("T6.OSI.client", 6, "client", "c[2]", "no"),
            claim("T6.OSI.server", 6, "server", "c[2]", "yes"),
            claim("T6.XMPP.server", 6, "server", "c[2]", "no"),
            claim("T7.compatibility.server", 7, "server", "c[3]", "yes"),
            claim("T13.aes256-GCM.server", 13, "server", "c[6]", "yes"),
            claim("OUR.log.server", None, "server", "o", "yes"),
        ],
        "requirements": [
            requirement("R-10-1", "10", "R", "A connection request of class 0 is confirmed."),
            requirement("R-10-2", "10", "R", "A TPDU of another class is refused with a disconnect request."),
            requirement("R-H3-1", "H.3.2", "I", "A packet with a wrong version ends the connection."),
            requirement("R-16-1", "16", "I", "Stanzas carry one SecPDU each."),
        ],
        "capture": "capture.pcapng",
    }
    return RunStarted(**{**values, **changes})


def identity(**changes: str) -> Identity:
    return msgspec.structs.replace(DEVICE, **changes)


def claim(code: str, table: int | None, role: str, status: str, answer: str) -> Claim:
    row = code.split(".")[1]
    return Claim(
        code=code,
        table=table,
        row=row,
        role=role,
        status=status,
        answer=answer,
        reference="5.3",
        provenance="N",
        question=f"Does the device support {row} as {role}?",
    )


def requirement(name: str, clause: str, provenance: str, text: str) -> RequirementNote:
    return RequirementNote(id=name, clause=clause, provenance=provenance, level="shall", text=text)


def planned(case: str, **changes: Any) -> Planned:
    values: dict[str, Any] = {
        "t": 0.1,
        "case": case,
        "title": "A connection request is answered.",
        "purpose": "Open a transport connection and look at what the device answers.",
        "clause": "10",
        "provenance": "R",
        "role": "server",
        "configuration": "default",
        "group": case.rpartition("/")[0],
        "pics": "T6.OSI.server",
        "requirements": ["R-10-1"],
    }
    return Planned(**{**values, **changes})


def check(case: str, verdict: Verdict, attempt: int = 1, **changes: Any) -> CheckMade:
    values: dict[str, Any] = {
        "t": 1.4,
        "case": case,
        "attempt": attempt,
        "label": "",
        "requirement": "R-10-1",
        "clause": "10",
        "provenance": "R",
        "verdict": verdict,
        "expected": ["transport-connected"],
        "got": "transport-connected",
        "sent": "COTP.CR as usual",
        "limit": "limit.respond",
        "limit_s": 10.0,
        "margin_s": 9.9,
    }
    return CheckMade(**{**values, **changes})


def verdicted(case: str, verdict: Verdict, attempt: int = 1, **changes: Any) -> Verdicted:
    values: dict[str, Any] = {
        "t": 1.5,
        "case": case,
        "attempt": attempt,
        "verdict": verdict,
        "duration_s": 0.012,
        "recipe": f"recipes/{case.replace('/', '_')}.json",
    }
    return Verdicted(**{**values, **changes})


def conversation(case: str, attempt: int = 1, label: str = "", t: float = 1.0) -> Iterator[AnyEvent]:
    """Yield a conversation of a connection request that is confirmed."""
    steps = ["connect", "open the transport connection", "expect transport-connected"]
    yield ConversationStarted(t=t, case=case, attempt=attempt, label=label, steps=steps)
    yield Observed(t=t + 0.001, case=case, connection=1, kind="connected")
    yield Sent(t=t + 0.002, case=case, connection=1, octets=CONNECT_REQUEST, pdus=["TPKT", "COTP.CR"])
    yield Received(
        t=t + 0.004,
        case=case,
        connection=1,
        octets=CONNECT_REQUEST.replace("e0", "d0"),
        pdus=["TPKT", "COTP.CC"],
    )
    yield Observed(t=t + 0.005, case=case, connection=1, kind="transport-connected", after_s=0.003)


def attempt(case: str, verdict: Verdict, number: int = 1, **changes: Any) -> Iterator[AnyEvent]:
    """Yield a whole attempt with one conversation and one check."""
    yield Started(t=0.9, case=case, attempt=number)
    yield from conversation(case, number)
    failed: dict[str, Any] = (
        {
            "requirement": "R-10-2",
            "severity": Severity.SECURITY,
            "expected": ["transport-refused", "closed"],
            "got": "transport-connected",
        }
        if verdict is Verdict.FAIL
        else {}
    )
    yield check(case, verdict, number, **failed)
    yield verdicted(case, verdict, number, **changes)


def whole_run(cases: int = 12, **header: Any) -> list[AnyEvent]:
    """Return a run that has every verdict, a deviation, an unstable case, warnings, notes and actions."""
    names = [f"OSI/SRV/GROUP{number % 7}/BV-value-{number}" for number in range(cases)]
    refused = "OSI/SRV/COTP/BI-class-4"
    declared = "OSI/SRV/COTP/BI-selector-too-long"
    unstable = "OSI/SRV/SES/BI-version-1"
    tolerated = "OSI/SRV/SES/BV-extended-user-data"
    open_case = "OSI/SRV/ACSE/BI-no-baseline"
    broken = "OSI/SRV/MMS/BV-read"
    waiting = "OSI/SRV/MMS/BV-write"
    client = "OSI/CLI/COTP/BV-connect"
    events: list[AnyEvent] = [run_started(**header)]
    special = [refused, declared, unstable, tolerated, open_case, broken, waiting]
    events += [planned(case) for case in [*names, *special]]
    events[-7] = planned(
        refused,
        title="A class of transport that RFC 1006 does not know is refused.",
        requirements=["R-10-2", "R-10-1"],
        events_expected=["IEC62351-14:4.3"],
    )
    events.append(planned(client, role="client", pics="T6.OSI.client", not_applicable="T6.OSI.client"))
    events.append(Acted(t=0.5, case=names[0] if names else "", action="reset", by="command"))
    events.append(Acted(t=0.6, case="", action="health", by="http", error="connection refused"))
    for case in names:
        events += attempt(case, Verdict.PASS)
    events.append(Started(t=0.9, case=refused, attempt=1))
    events += conversation(refused, label="class 2", t=1.0)
    events.append(
        check(
            refused,
            Verdict.PASS,
            label="class 2",
            requirement="R-10-2",
            expected=["transport-refused", "closed"],
            got="transport-refused: reason 2",
        )
    )
    events += conversation(refused, label="class 4", t=1.1)
    events.append(
        Sent(t=1.2, case=refused, connection=1, octets="00" * 3000, pdus=[], mutations=["COTP.CR.class := 4"])
    )
    events.append(
        check(
            refused,
            Verdict.FAIL,
            label="class 4",
            requirement="R-10-2",
            severity=Severity.SECURITY,
            expected=["transport-refused", "closed"],
            got="transport-connected: class 4 selected",
            sent="COTP.CR with class := 4",
        )
    )
    events.append(verdicted(refused, Verdict.FAIL, severity=Severity.SECURITY, basis="R"))
    events += attempt(
        declared,
        Verdict.FAIL,
        severity=Severity.FORM,
        basis="I",
        deviation="Known in 4.2 (RTU-331), fixed by 2026-01-31.",
    )
    events += attempt(unstable, Verdict.FAIL, 1, severity=Severity.SILENT, basis="R")
    events += attempt(unstable, Verdict.PASS, 2)
    events.append(Started(t=0.9, case=tolerated, attempt=1))
    events += conversation(tolerated)
    events.append(
        check(tolerated, Verdict.PASS, warnings=["ACCEPT carries user data in PGI 194"], margin_s=0.04)
    )
    events.append(verdicted(tolerated, Verdict.PASS, duration_s=9.97))
    events.append(Started(t=0.9, case=open_case, attempt=1))
    events.append(verdicted(open_case, Verdict.INCONCLUSIVE, reason="baseline", recipe=""))
    events.append(Started(t=0.9, case=broken, attempt=1))
    events += conversation(broken)
    events.append(verdicted(broken, Verdict.ERROR, reason="KeyError in the conversation driver"))
    events.append(
        Noted(
            t=2.0,
            text="The capture could not be sniffed and was made from the sockets.",
            data={"frames": 412},
        )
    )
    events.append(
        Waited(t=2.1, limit="action.connect.limit", limit_s=30.0, margin_s=12.0, what="http", case=open_case)
    )
    events.append(RunFinished(t=12.5, complete=True))
    return events


_NAMES = st.sampled_from(["OSI/SRV/COTP/BI-class-4", "OSI/SRV/SES/BV-a", "PICS/STATIC/T6", ""])
_TEXTS = st.sampled_from(["", "class 4", "baseline", "interrupted", "prerequisite:reset", HOSTILE]) | st.text(
    max_size=8
)
_OVERRIDES: dict[str, st.SearchStrategy[Any]] = {
    "case": _NAMES,
    "attempt": st.integers(0, 3),
    "t": st.floats(-1, 1e6),
    "pics": st.sampled_from(["always", "T6.OSI.server and not (T7.native.server)", ")("]),
    "duration_s": st.floats(-1, 1e6),
    "limit_s": st.floats(0, 1e3),
    "margin_s": st.floats(-1e3, 1e3),
    "offset_s": st.floats(-1e9, 1e9),
    "window_s": st.floats(0, 1e9),
    "after_s": st.floats(0, 1e6),
    "octets": st.sampled_from(["", "0", "zz", CONNECT_REQUEST]),
    "data": st.dictionaries(_TEXTS, st.integers() | _TEXTS, max_size=2),
}


def _field(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if name in _OVERRIDES:
        optional = type(None) in get_args(kind)
        return st.none() | _OVERRIDES[name] if optional else _OVERRIDES[name]
    if kind is str:
        return _TEXTS
    if kind == list[str]:
        return st.lists(_TEXTS, max_size=3)
    if kind == dict[str, str]:
        return st.dictionaries(_TEXTS, _TEXTS, max_size=2)
    return st.from_type(kind)


def _events_of(kind: type[AnyEvent]) -> st.SearchStrategy[AnyEvent]:
    fields = {field.name: _field(field.name, field.type) for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


def event_sequences() -> st.SearchStrategy[list[AnyEvent]]:
    """Return logs of events in any order, with texts that nobody asked for."""
    kinds: tuple[type[AnyEvent], ...] = get_args(AnyEvent)
    return st.lists(st.one_of([_events_of(kind) for kind in kinds]), max_size=25)
