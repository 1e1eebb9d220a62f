"""What decrypts a captured TLS record: NSS key logs, cipher suites, key derivation, record protection.

RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3), RFC 7366 (encrypt-then-MAC). Only reading; the project's TLS peers
are other modules.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from conform62351.profiles.tls.suites import SUITES
from conform62351.tooling.net.errors import CaptureError, NetError

TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
MAX_KEY_LOG: Final = 64 * 1024 * 1024
_LABELS: Final = frozenset(
    {
        "CLIENT_RANDOM",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    }
)


class NotDecrypted(NetError):
    """A record that cannot be decrypted: no secret, a suite that is not known, or a wrong key."""


class KeyLog:
    """The secrets of an NSS key log, by label and client random."""

    def __init__(self, text: bytes = b"") -> None:
        self._secrets: dict[tuple[str, bytes], bytes] = {}
        self.add(text)

    @classmethod
    def read(cls, path: Path) -> KeyLog:
        """Read a file.

        Raises:
            CaptureError: it cannot be read, is too large, or holds no secret.
        """
        try:
            if path.stat().st_size > MAX_KEY_LOG:
                raise CaptureError(f"{path}: larger than {MAX_KEY_LOG} octets")
            log = cls(path.read_bytes())
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from error
        if not log:
            raise CaptureError(f"{path}: no line of an NSS key log")
        return log

    def add(self, text: bytes) -> None:
        """Take in the lines of a key log; lines that are none are passed over."""
        for line in text.splitlines():
            parts = line.split()
            label = parts[0].decode("ascii", "replace") if parts else ""
            if len(parts) != 3 or label not in _LABELS:
                continue
            try:
                random, secret = bytes.fromhex(parts[1].decode()), bytes.fromhex(parts[2].decode())
            except ValueError:
                continue
            if len(random) == 32 and secret:
                self._secrets[label, random] = secret

    def secret(self, label: str, client_random: bytes) -> bytes:
        """Return a secret. Raises NotDecrypted when the log does not hold it."""
        try:
            return self._secrets[label, client_random]
        except KeyError:
            raise NotDecrypted(f"no {label} for client random {client_random.hex()[:16]}…") from None

    def __bool__(self) -> bool:
        return bool(self._secrets)


@dataclass(frozen=True, slots=True)
class Suite:
    """What a cipher suite says of record protection."""

    name: str
    cipher: str
    """``AES``, ``3DES``, ``CHACHA20`` or ``NULL``."""
    key_length: int
    mode: str
    """``GCM``, ``CCM``, ``CCM_8``, ``POLY1305``, ``CBC`` or nothing."""
    mac: str
    """Hash of the HMAC of a record, empty with AEAD."""
    hash: str
    """Hash of the key derivation."""

    @classmethod
    def of(cls, number: int) -> Suite:
        """Return the suite with this number. Raises NotDecrypted when it is not known here."""
        name = SUITES.get(number)
        if name is None:
            raise NotDecrypted(f"cipher suite {number:04X} is not known")
        protection = name.removeprefix("TLS_").rpartition("WITH_")[2]
        hash_name = {"SHA384": "sha384", "SHA": "sha1", "MD5": "md5"}.get(
            protection.rpartition("_")[2], "sha256"
        )
        mode = next((mode for mode in ("GCM", "CCM_8", "CCM", "POLY1305", "CBC") if mode in protection), "")
        cipher = next((cipher for cipher in ("AES", "3DES", "CHACHA20", "NULL") if cipher in protection), "")
        if not cipher:
            raise NotDecrypted(f"{name} is not decrypted")
        key_length = {"3DES": 24, "NULL": 0, "CHACHA20": 32}.get(cipher, 32 if "256_" in protection else 16)
        aead = mode in ("GCM", "CCM", "CCM_8", "POLY1305")
        derivation = hash_name if hash_name == "sha384" else "sha256"
        return cls(name, cipher, key_length, mode, "" if aead else hash_name, derivation)


class Protection:
    """The protection of the records of one direction: keys, and the number of the next record."""

    def __init__(
        self,
        suite: Suite,
        version: int,
        key: bytes,
        iv: bytes,
        mac_key: bytes = b"",
        *,
        mac_last: bool = False,
    ) -> None:
        """``mac_last`` tells that encrypt-then-MAC was agreed."""
        self._suite = suite
        self._version = version
        self._key = key
        self._iv = iv
        self._mac_key = mac_key
        self._mac_last = mac_last
        self._sequence = 0
        self._aead: Any = None
        if suite.mode == "GCM":
            self._aead = AESGCM(key)
        elif suite.mode.startswith("CCM"):
            self._aead = AESCCM(key, tag_length=8 if suite.mode == "CCM_8" else 16)
        elif suite.mode == "POLY1305":
            self._aead = ChaCha20Poly1305(key)

    def open(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """Return content type and content of a record. Raises NotDecrypted."""
        sequence = struct.pack("!Q", self._sequence)
        self._sequence += 1
        try:
            if self._version == TLS_1_3:
                return self._open_1_3(kind, body, sequence)
            if self._aead is not None:
                return kind, self._open_aead(kind, body, sequence)
            return kind, self._open_with_mac(kind, body, sequence)
        except (InvalidTag, ValueError, IndexError) as error:
            raise NotDecrypted("a record does not decrypt: wrong secret, or altered octets") from error

    def _open_1_3(self, kind: int, body: bytes, sequence: bytes) -> tuple[int, bytes]:
        associated = struct.pack("!BHH", kind, TLS_1_2, len(body))
        plain = self._aead.decrypt(_xor(self._iv, sequence), body, associated).rstrip(b"\0")
        return plain[-1], plain[:-1]

    def _open_aead(self, kind: int, body: bytes, sequence: bytes) -> bytes:
        if self._suite.mode == "POLY1305":
            nonce, overhead = _xor(self._iv, sequence), 16
        else:
            nonce, overhead = self._iv + body[:8], 16 if self._suite.mode != "CCM_8" else 8
            body = body[8:]
        associated = sequence + struct.pack("!BHH", kind, self._version, len(body) - overhead)
        return bytes(self._aead.decrypt(nonce, body, associated))

    def _open_with_mac(self, kind: int, body: bytes, sequence: bytes) -> bytes:
        size = hashlib.new(self._suite.mac).digest_size
        if self._mac_last and self._suite.mode == "CBC":
            body, mac = body[:-size], body[-size:]
            self._verify(kind, body, sequence, mac)
            return self._decipher(body)
        plain = self._decipher(body) if self._suite.mode == "CBC" else body
        content, mac = plain[:-size], plain[-size:]
        self._verify(kind, content, sequence, mac)
        return content

    def _decipher(self, body: bytes) -> bytes:
        algorithm = AES(self._key) if self._suite.cipher == "AES" else TripleDES(self._key)
        block = algorithm.block_size // 8
        decryptor = Cipher(algorithm, CBC(body[:block])).decryptor()
        plain = decryptor.update(body[block:]) + decryptor.finalize()
        if plain[-1] >= len(plain):
            raise ValueError("padding longer than the record")
        return plain[: -1 - plain[-1]]

    def _verify(self, kind: int, content: bytes, sequence: bytes, mac: bytes) -> None:
        covered = sequence + struct.pack("!BHH", kind, self._version, len(content)) + content
        if not hmac.compare_digest(hmac.digest(self._mac_key, covered, self._suite.mac), mac):
            raise ValueError("MAC differs")


def protections_1_2(
    suite: Suite, master: bytes, client_random: bytes, server_random: bytes, *, mac_last: bool
) -> tuple[Protection, Protection]:
    """Return the protection of what the client and of what the server sends (RFC 5246 6.3)."""
    mac = hashlib.new(suite.mac).digest_size if suite.mac else 0
    fixed = {"POLY1305": 12, "CBC": 0, "": 0}.get(suite.mode, 4)
    seed = b"key expansion" + server_random + client_random
    block = _prf(suite.hash, master, seed, 2 * (mac + suite.key_length + fixed))
    parts = []
    for size in (mac, mac, suite.key_length, suite.key_length, fixed, fixed):
        parts.append(block[:size])
        block = block[size:]
    client, server = (
        Protection(suite, TLS_1_2, parts[2 + side], parts[4 + side], parts[side], mac_last=mac_last)
        for side in (0, 1)
    )
    return client, server


def protection_1_3(suite: Suite, secret: bytes) -> Protection:
    """Return the protection that a traffic secret gives (RFC 8446 7.3)."""
    key = _expand_label(suite.hash, secret, b"key", suite.key_length)
    return Protection(suite, TLS_1_3, key, _expand_label(suite.hash, secret, b"iv", 12))


def next_secret(suite: Suite, secret: bytes) -> bytes:
    """Return the traffic secret after a KeyUpdate (RFC 8446 7.2)."""
    return _expand_label(suite.hash, secret, b"traffic upd", len(secret))


def _prf(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    made = b""
    link = seed
    while len(made) < length:
        link = hmac.digest(secret, link, hash_name)
        made += hmac.digest(secret, link + seed, hash_name)
    return made[:length]


def _expand_label(hash_name: str, secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context."""
    label = b"tls13 " + label
    info = struct.pack("!HB", length, len(label)) + label + b"\0"
    made = block = b""
    number = 0
    while len(made) < length:
        number += 1
        block = hmac.digest(secret, block + info + bytes((number,)), hash_name)
        made += block
    return made[:length]


def _xor(iv: bytes, sequence: bytes) -> bytes:
    return (int.from_bytes(iv, "big") ^ int.from_bytes(sequence, "big")).to_bytes(len(iv), "big")
