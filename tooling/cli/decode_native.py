"""What ``conform62351 decode`` tells of the SecPDUs that it met, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conform62351.profiles.dissection import SecPduFacts
from conform62351.profiles.dissection.secpdu import certificate_members
from conform62351.tooling.cli.hextext import printable


def lines(facts: SecPduFacts) -> Iterator[str]:
    """Yield the lines about a SecPDU."""
    carrier = f" in {facts.carrier}" if facts.carrier else ""
    yield f"{facts.name}{carrier} at octet {facts.offset}"
    for name, text in facts.members:
        yield f"  {name:<12} {printable(text)}"
    for name, text in certificate_members(facts).items():
        yield f"  {'pkCert ' + name.replace('_', ' '):<19} {printable(text)}"
    if facts.signature:
        yield f"  {'sign':<12} {printable(facts.signature)}"
    if facts.protection:
        yield f"  {'protection':<12} {printable(facts.protection)}"
    for remark in facts.remarks:
        yield f"  ! {remark.part}: {printable(remark.message)}"


def as_json(facts: SecPduFacts) -> dict[str, Any]:
    """Return the document about a SecPDU; absent members are left out of ``members``."""
    unsealed = facts.unsealed
    return {
        "offset": facts.offset,
        "name": facts.name,
        "carrier": facts.carrier or None,
        "members": dict(facts.members),
        "pkCert": certificate_members(facts) or None,
        "signature": {"holds": facts.signature_holds, "text": facts.signature or None},
        "protection": {
            "verified": facts.verified,
            "text": facts.protection or None,
            "sender": None if unsealed is None else unsealed.sender or None,
            "epoch": None if unsealed is None else unsealed.epoch,
            "reading": None if unsealed is None or unsealed.reading is None else str(unsealed.reading),
            "applData": None if unsealed is None or unsealed.data is None else unsealed.data.hex(),
        },
        "remarks": [
            {"part": remark.part, "code": remark.code, "message": remark.message} for remark in facts.remarks
        ],
    }
