"""What conversations about TLS have in common: to whom they apply, and what they rest on.

They run in the configuration ``tls``, over the stack that the PIXIT gives it, unless a case needs another.
``server_…`` is for a DUT server, ``client_…`` for a DUT client.
"""

from __future__ import annotations

from typing import Final

SERVER: Final = "T8.T-security.server or T10.T-security.server or COMB.TLS-alone.server"
CLIENT: Final = "T8.T-security.client or T10.T-security.client or COMB.TLS-alone.client"
SERVER_BASELINE: Final = "TLS/SRV/BASE/BV-associate"
CLIENT_BASELINE: Final = "TLS/CLI/BASE/BV-associate"
TLS: Final = "tls"
"""The configuration of the DUT in which it has TLS as it is used: of whichever mode."""
