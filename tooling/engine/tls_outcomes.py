"""Short names for what cases expect of TLS itself."""

from __future__ import annotations

from typing import Any

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging_steps import UNASKED, Alternative
from conform62351.tooling.engine.outcomes import one
from conform62351.tooling.engine.tls_end import FULL, RESUMED


def established(name: str = "", **fields: Any) -> Alternative:
    """Return the alternative that a TLS handshake is completed, narrowed down by ``suite``, ``version`` …"""
    return one(Kind.TLS_ESTABLISHED, name, **fields)


TLS_STANDS = established(renegotiated=False)
"""The first handshake of a connection is complete, whichever it was."""
TLS_FULL = established(FULL, renegotiated=False)
TLS_RESUMED = established(RESUMED, renegotiated=False)
RENEGOTIATED = established(FULL, renegotiated=True)
"""Another handshake on the same connection is complete, with a new master secret."""
REFRESHED = established(RESUMED, renegotiated=True)
"""Another handshake on the same connection has resumed the session."""
ASKS = one(Kind.TLS_RENEGOTIATION, "HelloRequest")
"""The device as server asks for another handshake."""
BEGINS = one(Kind.TLS_RENEGOTIATION, "ClientHello")
"""The device as client begins another handshake."""
DECLINED = one(Kind.TLS_WARNING, "no_renegotiation")
"""The device does not want another handshake, and the connection goes on."""
ON_THE_WAY = (UNASKED, ASKS, BEGINS)
"""What is passed over on the way to a renegotiation that is complete."""


def warns(*names: str) -> Alternative:
    """Return the alternative that a TLS alert comes which ends nothing, one of ``names`` if there are any."""
    fields: dict[str, Any] = {"alert": list(names)} if names else {}
    return one(Kind.TLS_WARNING, **fields)
