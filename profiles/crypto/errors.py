"""What cryptography cannot do, as typed errors."""

from __future__ import annotations


class CryptoError(Exception):
    """A key, an algorithm or a value that cannot be used; the message says why, and shows no secret."""
