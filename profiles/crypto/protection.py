"""Integrity and encryption of data transfer: HMAC, GMAC, AES-CBC and AES-GCM (13.2.3, 13.4.2).

Keys, nonces and initialization vectors come from the caller. Verification compares in constant time and says
no more than that it failed.
"""

from __future__ import annotations

import functools
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conform62351.profiles.crypto.errors import CryptoError

BLOCK: Final = 16
TAG_LENGTHS: Final = range(12, 17)
GCM_NONCE_OCTETS: Final = 12
GMAC_NONCE_OCTETS: Final = range(1, 65)
_SHORTEST_NONCE: Final = 8
"""What ``cryptography`` takes at least; GHASH of shorter ones is done here."""
_REDUCTION: Final = 0xE1 << 120


class ProtectionError(CryptoError):
    """An ICV or tag does not verify, or what was encrypted cannot be decrypted."""


class PaddingError(ProtectionError):
    """The octets are no whole blocks, or do not end in padding (check 6a)."""


def hmac_sha256(key: bytes, octets: bytes) -> bytes:
    """Return the HMAC of ``octets``: 32 octets, not truncated."""
    return hmac.digest(key, octets, "sha256")


def gmac(key: bytes, nonce: bytes, octets: bytes, tag_length: int) -> bytes:
    """Return the GMAC of ``octets``: additional authenticated data without a plaintext.

    Raises:
        ValueError: the nonce has no octet or more than 64, the tag length is not 12 to 16.
    """
    if len(nonce) not in GMAC_NONCE_OCTETS:
        raise ValueError(f"a GMAC nonce of {len(nonce)} octets")
    _check_tag_length(tag_length)
    if len(nonce) >= _SHORTEST_NONCE:
        return _gcm(key).encrypt(nonce, b"", octets)[:tag_length]
    return _gmac_of_short_nonce(key, nonce, octets)[:tag_length]


def same(first: bytes, second: bytes) -> bool:
    """Return whether two ICVs are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(first, second)


def encrypt_gcm(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes, tag_length: int) -> bytes:
    """Return the ciphertext followed by its tag (RFC 5116).

    Raises:
        ValueError: the nonce has not 12 octets, or the tag length is not 12 to 16.
    """
    _check_nonce(nonce)
    _check_tag_length(tag_length)
    sealed = _gcm(key).encrypt(nonce, plaintext, aad)
    return sealed[: len(plaintext) + tag_length]


def decrypt_gcm(key: bytes, nonce: bytes, sealed: bytes, aad: bytes, tag_length: int) -> bytes:
    """Return the plaintext.

    Raises:
        ProtectionError: the tag does not verify, or there is none.
        ValueError: the nonce has not 12 octets, or the tag length is not 12 to 16.
    """
    _check_nonce(nonce)
    _check_tag_length(tag_length)
    if len(sealed) < tag_length:
        raise ProtectionError("shorter than a tag")
    gcm = _gcm(key)
    try:
        if tag_length == BLOCK:
            return gcm.decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise ProtectionError("the tag does not verify") from None
    # AESGCM knows whole tags alone, and Cipher takes several times as long for the octets of a message.
    # GCM is a stream cipher: what encrypts also decrypts, and the tag follows from the plaintext.
    ciphertext, tag = sealed[:-tag_length], sealed[-tag_length:]
    plaintext = gcm.encrypt(nonce, ciphertext, b"")[:-BLOCK]
    if not same(gcm.encrypt(nonce, plaintext, aad)[len(plaintext) :][:tag_length], tag):
        raise ProtectionError("the tag does not verify")
    return plaintext


def pad(plaintext: bytes) -> bytes:
    """Return ``plaintext`` with PKCS #7 padding: 1 to 16 octets, each of which holds their number."""
    missing = BLOCK - len(plaintext) % BLOCK
    return plaintext + bytes((missing,)) * missing


def encrypt_cbc_blocks(key: bytes, iv: bytes, blocks: bytes) -> bytes:
    """Return the ciphertext of whole blocks, whatever they end in.

    Raises:
        ValueError: they are not whole, or the iv has not 16 octets.
    """
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext without its padding; all of the padding is looked at, whatever is found first.

    Raises:
        PaddingError: no whole blocks, or bad padding: the same error for both.
        ValueError: the iv has not 16 octets.
    """
    whole = bool(ciphertext) and len(ciphertext) % BLOCK == 0
    blocks = ciphertext if whole else bytes(BLOCK)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(blocks) + decryptor.finalize()
    length = padded[-1]
    good = whole & (1 <= length <= BLOCK)
    last = padded[-BLOCK:]
    wanted = bytes((length,)) * BLOCK
    used = min(max(length, 1), BLOCK)
    good &= hmac.compare_digest(last[BLOCK - used :], wanted[BLOCK - used :])
    if not good:
        raise PaddingError("no whole blocks, or no padding at their end")
    return padded[:-length]


def _check_nonce(nonce: bytes) -> None:
    if len(nonce) != GCM_NONCE_OCTETS:
        raise ValueError(f"a GCM nonce of {len(nonce)} octets")


def _check_tag_length(tag_length: int) -> None:
    if tag_length not in TAG_LENGTHS:
        raise ValueError(f"a tag of {tag_length} octets")


@functools.lru_cache(maxsize=512)
def _gcm(key: bytes) -> AESGCM:
    return AESGCM(key)


def _gmac_of_short_nonce(key: bytes, nonce: bytes, octets: bytes) -> bytes:
    """Return the whole tag for a nonce that is hashed by hand (NIST SP 800-38D, 7.1).

    Under another nonce the tag differs in its mask alone, so that the library hashes the octets all the same.
    """

    def mask(counter: bytes) -> int:
        return int.from_bytes(_block(key, counter), "big")

    subkey = mask(bytes(BLOCK))
    hashed = _product(int.from_bytes(nonce + bytes(BLOCK - len(nonce)), "big"), subkey)
    counter = _product(hashed ^ 8 * len(nonce), subkey)
    other = bytes(GCM_NONCE_OCTETS)
    digest = int.from_bytes(_gcm(key).encrypt(other, b"", octets), "big") ^ mask(other + b"\0\0\0\1")
    return (digest ^ mask(counter.to_bytes(BLOCK, "big"))).to_bytes(BLOCK, "big")


def _block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _product(first: int, second: int) -> int:
    """Return the product in GF(2**128), with the bits in the order of GCM: the first one is the highest."""
    result = 0
    for bit in range(127, -1, -1):
        if first >> bit & 1:
            result ^= second
        second = (second >> 1) ^ _REDUCTION if second & 1 else second >> 1
    return result
