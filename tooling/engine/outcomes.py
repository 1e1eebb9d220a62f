"""Short names for the reactions that cases accept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, Unpack

import msgspec

from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.tooling.engine.judging import HANDSHAKE
from conform62351.tooling.engine.judging_steps import Alternative, Expect


def one(kind: Kind, name: str = "", warning: str = "", **fields: Any) -> Alternative:
    """Return the alternative ``kind``, narrowed down by ``name`` and ``fields``."""
    return Alternative(kind=kind, name=name, warning=warning, fields=fields)


CLOSED = one(Kind.CLOSED)
RESET = one(Kind.RESET)
ENDED = (CLOSED, RESET)
"""The connection is gone: in order, or by a reset because data were still under way."""
ABORTED = one(Kind.ABORTED)
TCP_REFUSED = one(Kind.TCP_REFUSED)
TRANSPORT_CONNECTED = one(Kind.TRANSPORT_CONNECTED)
TRANSPORT_REFUSED = one(Kind.TRANSPORT_REFUSED)
TRANSPORT_ERROR = one(Kind.TRANSPORT_ERROR)
ASSOCIATED = one(Kind.ASSOCIATED)
RELEASED = one(Kind.RELEASED)
RELEASE_REQUESTED = one(Kind.RELEASE_REQUESTED)
SILENT = one(Kind.TIMEOUT)
RESPONSE = one(Kind.ANSWER, "confirmed-ResponsePDU")
ERROR_RESPONSE = one(Kind.ANSWER, "confirmed-ErrorPDU")
REJECT_PDU = one(Kind.ANSWER, "rejectPDU")
REPORT = one(Kind.ANSWER, "unconfirmed-PDU", service="informationReport")
CONCLUDED = one(Kind.ANSWER, "conclude-ResponsePDU")
AARQ = one(Kind.REQUEST, "ACSE.AARQ")
REQUEST = one(Kind.REQUEST, "confirmed-RequestPDU")
CONCLUDE_REQUEST = one(Kind.REQUEST, "conclude-RequestPDU")


def tls_alert(*names: str) -> Alternative:
    """Return the alternative that the device sends a fatal TLS alert, one of ``names`` if there are any."""
    fields: dict[str, Any] = {"by": "device"}
    if names:
        fields["alert"] = list(names)
    return one(Kind.TLS_ALERT, **fields)


TLS_REFUSED = (tls_alert(), one(Kind.CLOSED, HANDSHAKE), one(Kind.RESET, HANDSHAKE))
"""The device does not let TLS come about: it sends an alert, or ends the connection."""
TLS_ENDED = (tls_alert(), *TLS_REFUSED[1:], *ENDED)
"""The device ends the connection, before TLS stood or after that."""


def over(*alternatives: Alternative | tuple[Alternative, ...]) -> tuple[Alternative, ...]:
    """Return ``alternatives`` as reactions that the conversation ends with; the others go on."""
    return tuple(msgspec.structs.replace(option, over=True) for option in _flat(alternatives))


def warned(warning: str, *alternatives: Alternative | tuple[Alternative, ...]) -> tuple[Alternative, ...]:
    """Return ``alternatives`` as reactions that pass with a warning."""
    return tuple(msgspec.structs.replace(option, warning=warning) for option in _flat(alternatives))


def rejected(**fields: Any) -> Alternative:
    """Return a rejection of the association, narrowed down by ``result``, ``diagnostic`` and so on."""
    return one(Kind.REJECTED, **fields)


class How(TypedDict, total=False):
    """How a step waits, by the fields of :class:`conform62351.tooling.engine.steps.Expect`."""

    severity: Severity
    limit: str
    meanwhile: tuple[Alternative, ...]
    serve: bool
    every: bool
    within: float
    due: str
    on: int


def expect(
    requirement: str,
    *alternatives: Alternative | tuple[Alternative, ...],
    refusal: bool = False,
    **how: Unpack[How],
) -> Expect:
    """Return the step that waits for one of ``alternatives``; tuples of them are joined."""
    return Expect(requirement=requirement, alternatives=_flat(alternatives), refusal=refusal, **how)


def refuse(
    requirement: str, *alternatives: Alternative | tuple[Alternative, ...], **how: Unpack[How]
) -> Expect:
    """Return the step that wants a refusal in one of these forms."""
    return expect(requirement, *alternatives, refusal=True, **how)


def reach(*alternatives: Alternative | tuple[Alternative, ...], **how: Unpack[How]) -> Expect:
    """Return the step that leads up to what the case is about; missing it makes the case inconclusive."""
    return expect("", *alternatives, **how)


def _flat(alternatives: Iterable[Alternative | tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    flat: list[Alternative] = []
    for item in alternatives:
        flat.extend(item if isinstance(item, tuple) else (item,))
    return tuple(flat)
