"""Signatures on certificates, lists and responses: verified once, then known.

Whether such a signature verifies depends on the octets alone, never on the moment or on what is trusted, so
the outcome may be kept; a peer presents the same chain at every association.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.crypto.signatures import MAX_KEY_OCTETS, SignatureError, verify

_MAX_KNOWN: Final = 4096
_known: dict[tuple[str, bytes], bool] = {}


def signature_holds(digest: str, algorithm: str, spki: bytes, signature: bytes, octets: bytes) -> bool:
    """Return whether ``signature`` over ``octets`` verifies with the key ``spki``.

    ``digest`` is the SHA-256 of the whole signed structure: it stands for algorithm, signature and octets. A
    key or an algorithm that cannot be used verifies nothing.
    """
    if len(spki) > MAX_KEY_OCTETS:
        return False
    known = _known.get((digest, spki))
    if known is None:
        try:
            known = verify(algorithm, spki, signature, octets)
        except SignatureError:
            known = False
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[digest, spki] = known
    return known
