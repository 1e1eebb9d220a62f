"""ClientHellos that ask one question each, ready as octets but for the suites and numbers that they list.

RFC 5246 7.4.1.2, RFC 8446 4.1.2 (R). A hello for TLS 1.3 brings no key share: the server then answers with a
HelloRetryRequest, which names suite and group and costs neither side any cryptography.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.extensions import Extension, write_extensions
from conform62351.profiles.tls.engine.framing import write_message, write_record
from conform62351.profiles.tls.engine.wire import vector8, vector16, write16
from conform62351.profiles.tls.records import ContentType, HandshakeType
from conform62351.tooling.scan.registry import (
    FINITE_FIELD_GROUPS,
    GROUPS,
    HYBRID_GROUPS,
    SIGNATURE_ALGORITHMS,
    SSL_3_0,
    TLS_1_0,
    TLS_1_2,
    TLS_1_3,
)

KEY_SHARE: Final = 51
RENEGOTIATION_SCSV: Final = 0x00FF
FALLBACK_SCSV: Final = 0x5600
NULL_COMPRESSION: Final = (0,)
DEFLATE_FIRST: Final = (1, 64, 0)

_RANDOM_LENGTH: Final = 32
_NO_KEY_SHARES: Final = Extension(KEY_SHARE, vector16(b""))


class Hello:
    """A ClientHello for ``version`` whose suites are filled in by :meth:`octets`.

    ``random`` are 32 octets, which every hello of a scan shares: no keys ever come of them. With ``plain``
    the hello has no extensions, as SSL 3.0 knows none and some old servers take none; it then signals secure
    renegotiation by a number among the suites (RFC 5746 3.3).
    """

    def __init__(
        self,
        version: int,
        random: bytes,
        *,
        groups: Sequence[int] | None = None,
        signature_algorithms: Sequence[tuple[int, int]] = SIGNATURE_ALGORITHMS,
        compression: Sequence[int] = NULL_COMPRESSION,
        server_name: str = "",
        plain: bool = False,
    ) -> None:
        self.version = version
        newer = version >= TLS_1_3
        session_id = random if newer else b""
        self._start = write16(min(version, TLS_1_2)) + random[:_RANDOM_LENGTH] + vector8(session_id)
        extensions = None
        if not plain and version > SSL_3_0:
            extensions = _extensions(version, groups, signature_algorithms, server_name)
        self._end = vector8(bytes(compression)) + write_extensions(extensions)
        # Some servers drop a first record that claims a version which they do not have.
        self._record_version = SSL_3_0 if version == SSL_3_0 else TLS_1_0
        self.plain = extensions is None
        self._signals = RENEGOTIATION_SCSV.to_bytes(2, "big") if self.plain else b""

    def octets(self, suites: Sequence[int]) -> bytes:
        """Return the record with a hello that offers ``suites`` in this order."""
        listed = b"".join([number.to_bytes(2, "big") for number in suites]) + self._signals
        body = b"".join((self._start, len(listed).to_bytes(2, "big"), listed, self._end))
        message = write_message(HandshakeType.CLIENT_HELLO, body)
        return write_record(ContentType.HANDSHAKE, self._record_version, message)


def _extensions(
    version: int,
    groups: Sequence[int] | None,
    signature_algorithms: Sequence[tuple[int, int]],
    server_name: str,
) -> tuple[Extension, ...]:
    listed: list[Extension] = []
    if server_name:
        listed.append(ext.server_name(server_name))
    if version >= TLS_1_3:
        known = [*GROUPS, *FINITE_FIELD_GROUPS, *HYBRID_GROUPS] if groups is None else groups
        listed += [
            ext.supported_versions((version,)),
            ext.supported_groups(known),
            ext.signature_algorithms(signature_algorithms),
            _NO_KEY_SHARES,
        ]
        return tuple(listed)
    # Without groups of finite fields some servers take an offer of groups for a refusal of DHE.
    listed.append(ext.supported_groups([*GROUPS, *FINITE_FIELD_GROUPS] if groups is None else groups))
    listed.append(ext.ec_point_formats())
    if version >= TLS_1_2:
        listed.append(ext.signature_algorithms(signature_algorithms))
    listed += [
        ext.encrypt_then_mac(),
        ext.extended_master_secret(),
        ext.session_ticket(),
        ext.renegotiation_info(),
    ]
    return tuple(listed)
