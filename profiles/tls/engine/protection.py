"""The protection of records: NULL, RC4, 3DES and AES in CBC mode, AES-GCM (RFC 5246 6.2.3, 5288, 7366).

THE ENGINE MEASURES AND PROTECTS NOTHING: keys stay in memory, obsolete ciphers are done because devices are
asked whether they do them, and nothing here is constant in time. What does not verify is one error in one
form, whichever part of it was wrong.

A :class:`Protector` and an :class:`Unprotector` each do one direction under one set of keys and count its
records; a change of cipher takes new ones. ``version`` is that of the connection.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.ciphers import CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tls.engine.cipher_suites import (
    MAC_OCTETS,
    TLS_1_0,
    Cipher,
    CipherKind,
    CipherSuite,
)
from conform62351.profiles.tls.engine.key_schedule import DirectionKeys

EXPLICIT_NONCE: Final = 8
"""Octets of the nonce that stand in a record of GCM (RFC 5288 3)."""
TAG: Final = 16


class BadRecord(ProtocolError):
    """A record that does not verify: MAC, padding, length or tag, without saying which.

    ``plain`` is what somebody reads who does not verify it, None where there is nothing to read.
    """

    alert = "bad_record_mac"

    def __init__(self, plain: bytes | None = None) -> None:
        super().__init__("TLS", 0, "a record that does not verify")
        self.plain = plain


class _Direction:
    """What both directions have: keys, the number of the next record, MAC, block cipher."""

    def __init__(
        self, version: int, suite: CipherSuite, keys: DirectionKeys, *, encrypt_then_mac: bool
    ) -> None:
        self.sequence = 0
        """How many records this has protected or unprotected: the number of the next one."""
        self.suite = suite
        self._version = self._covered = version
        self._keys = keys
        self._form = suite.cipher.form
        self._mac_octets = MAC_OCTETS[suite.mac]
        self._mac_last = encrypt_then_mac and self._form.kind is CipherKind.BLOCK
        self._chained = keys.iv if version <= TLS_1_0 else None
        """The IV of the next record, in TLS 1.0: the end of the last one."""
        self._stream: CipherContext | None = None
        if self._form.kind is CipherKind.AEAD:
            self._gcm = AESGCM(keys.cipher)
        elif suite.cipher is Cipher.RC4_128:
            self._stream = LibraryCipher(ARC4(keys.cipher), mode=None).encryptor()

    def _header(self, kind: int, length: int) -> bytes:
        """Return what MAC and tag cover besides the content, and count the record."""
        header = struct.pack(">QBHH", self.sequence, kind, self._covered, length)
        self.sequence += 1
        return header

    def _mac(self, kind: int, octets: bytes) -> bytes:
        header = self._header(kind, len(octets))
        if not self._mac_octets:
            return b""
        return hmac.digest(self._keys.mac, header + octets, self.suite.mac)

    def _cbc(self, iv: bytes) -> LibraryCipher[CBC]:
        algorithm = TripleDES if self.suite.cipher is Cipher.TRIPLE_DES else AES
        return LibraryCipher(algorithm(self._keys.cipher), CBC(iv))

    def _chain(self, encrypted: bytes) -> None:
        if self._chained is not None:
            self._chained = encrypted[-self._form.block :]


class Protector(_Direction):
    """Protects the records that one side sends."""

    def __init__(
        self,
        version: int,
        suite: CipherSuite,
        keys: DirectionKeys,
        *,
        random: Callable[[int], bytes],
        encrypt_then_mac: bool = False,
    ) -> None:
        super().__init__(version, suite, keys, encrypt_then_mac=encrypt_then_mac)
        self._random = random

    def protect(self, kind: int, octets: bytes, version: int | None = None) -> bytes:
        """Return the fragment of a record of type ``kind`` that carries ``octets``.

        ``version`` is that of the record, as in :meth:`Unprotector.unprotect`.
        """
        self._covered = self._version if version is None else version
        if self._form.kind is CipherKind.AEAD:
            return self._seal(kind, octets)
        if self._form.kind is CipherKind.BLOCK:
            return self._encrypt_blocks(kind, octets)
        plain = octets + self._mac(kind, octets)
        return plain if self._stream is None else self._stream.update(plain)

    def _seal(self, kind: int, octets: bytes) -> bytes:
        explicit = struct.pack(">Q", self.sequence)
        header = self._header(kind, len(octets))
        return explicit + self._gcm.encrypt(self._keys.iv + explicit, octets, header)

    def _encrypt_blocks(self, kind: int, octets: bytes) -> bytes:
        block = self._form.block
        plain = octets if self._mac_last else octets + self._mac(kind, octets)
        padding = block - 1 - len(plain) % block
        plain += bytes((padding,)) * (padding + 1)
        iv = self._random(block) if self._chained is None else self._chained
        encryptor = self._cbc(iv).encryptor()
        encrypted = encryptor.update(plain) + encryptor.finalize()
        self._chain(encrypted)
        fragment = iv + encrypted if self._chained is None else encrypted
        return fragment + self._mac(kind, fragment) if self._mac_last else fragment


class Unprotector(_Direction):
    """Takes the protection off the records that the other side sends."""

    def __init__(
        self, version: int, suite: CipherSuite, keys: DirectionKeys, *, encrypt_then_mac: bool = False
    ) -> None:
        super().__init__(version, suite, keys, encrypt_then_mac=encrypt_then_mac)

    def unprotect(self, kind: int, fragment: bytes, version: int | None = None) -> bytes:
        """Return what the fragment of a record of type ``kind`` carries.

        ``version`` is that of the record, by default the connection's: MAC and tag cover it as it was sent
        (RFC 5246 6.2.3.1, R), and in a renegotiation the two may differ.

        Raises:
            BadRecord: it does not verify. No further record can be read then.
        """
        self._covered = self._version if version is None else version
        if self._form.kind is CipherKind.AEAD:
            return self._open(kind, fragment)
        if self._form.kind is CipherKind.BLOCK:
            return self._decrypt_blocks(kind, fragment)
        plain = fragment if self._stream is None else self._stream.update(fragment)
        return self._without_mac(kind, plain)

    def _without_mac(self, kind: int, octets: bytes) -> bytes:
        """Return ``octets`` without the MAC at their end."""
        if len(octets) < self._mac_octets:
            raise BadRecord
        content = octets[: len(octets) - self._mac_octets]
        if not hmac.compare_digest(self._mac(kind, content), octets[len(content) :]):
            raise BadRecord(content)
        return content

    def _open(self, kind: int, fragment: bytes) -> bytes:
        length = len(fragment) - EXPLICIT_NONCE - TAG
        if length < 0:
            raise BadRecord
        explicit, sealed = fragment[:EXPLICIT_NONCE], fragment[EXPLICIT_NONCE:]
        try:
            return self._gcm.decrypt(self._keys.iv + explicit, sealed, self._header(kind, length))
        except InvalidTag:
            raise BadRecord(self._unverified(explicit, sealed[:length])) from None

    def _unverified(self, explicit: bytes, sealed: bytes) -> bytes:
        """Return what is sealed without a look at the tag: GCM encrypts by counter, from 2 on."""
        counter = self._keys.iv + explicit + (2).to_bytes(4, "big")
        return LibraryCipher(AES(self._keys.cipher), CTR(counter)).decryptor().update(sealed)

    def _decrypt_blocks(self, kind: int, fragment: bytes) -> bytes:
        if self._mac_last:
            try:
                fragment = self._without_mac(kind, fragment)
            except BadRecord as error:
                # What is only encrypted is nothing to be read.
                raise BadRecord from error
        block = self._form.block
        iv, encrypted = (
            (fragment[:block], fragment[block:]) if self._chained is None else (self._chained, fragment)
        )
        shortest = 1 if self._mac_last else self._mac_octets + 1
        if len(iv) != block or len(encrypted) % block or len(encrypted) < shortest:
            raise BadRecord
        decryptor = self._cbc(iv).decryptor()
        plain = decryptor.update(encrypted) + decryptor.finalize()
        self._chain(encrypted)
        padding = _padding(plain, len(plain) - shortest)
        content = plain[: len(plain) - (padding or 0) - 1]
        if self._mac_last:
            if padding is None:
                raise BadRecord(content)
            return content
        # With bad padding the MAC is computed all the same, as if there were none (RFC 5246 6.2.3.2).
        mac_at = len(content) - self._mac_octets
        good = hmac.compare_digest(self._mac(kind, content[:mac_at]), content[mac_at:])
        if padding is None or not good:
            raise BadRecord(content[:mac_at])
        return content[:mac_at]


def _padding(plain: bytes, most: int) -> int | None:
    """Return the value of padding_length, None when it is over ``most`` or the padding is of another form."""
    length = plain[-1]
    if length > most:
        return None
    return length if plain.endswith(bytes((length,)) * (length + 1)) else None
