"""What ``conform62351 decode`` tells of the authentication values it met, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conform62351.profiles.dissection import AuthenticationFacts
from conform62351.tooling.cli.hextext import printable


def lines(facts: AuthenticationFacts) -> Iterator[str]:
    """Yield the lines about an authentication value."""
    carrier = f" of {facts.carrier}" if facts.carrier else ""
    context = "" if facts.context is None else f", context {facts.context}"
    yield f"authentication value{carrier} at octet {facts.offset}{context}"
    for name, text in _facts(facts).items():
        yield f"  {name.replace('_', ' '):<12} {printable(text)}"
    for remark in facts.remarks:
        yield f"  ! {remark.part}: {printable(remark.message)}"


def _facts(facts: AuthenticationFacts) -> dict[str, str]:
    """Return what is known by name, in the order in which it is shown."""
    found = {} if facts.size is None else {"certificate": f"{facts.size} octets"}
    found |= facts.certificate_facts()
    if facts.time_text is not None:
        found["time"] = f'"{facts.time_text}", {facts.time or "no instant"}'
    found["signed"] = facts.signed_text
    return found


def as_json(facts: AuthenticationFacts) -> dict[str, Any]:
    """Return the document about an authentication value."""
    return {
        "offset": facts.offset,
        "carrier": facts.carrier or None,
        "context": facts.context,
        "certificate": None
        if facts.certificate is None
        else {**facts.certificate_facts(), "octets": facts.size},
        "signed_time": facts.time_text,
        "signed_time_utc": None if facts.time is None else str(facts.time),
        "signed": facts.signed,
        "remarks": [
            {"part": remark.part, "code": remark.code, "message": remark.message} for remark in facts.remarks
        ],
    }
