"""Protection of what one side sends: ICV, encryption, or both in one (13.2.3, 13.4.2)."""

from __future__ import annotations

import msgspec

from conform62351.profiles.crypto.algorithms import Use
from conform62351.profiles.crypto.errors import CryptoError
from conform62351.profiles.crypto.keys import DirectionKeys
from conform62351.profiles.crypto.protection import (
    BLOCK,
    GCM_NONCE_OCTETS,
    GMAC_NONCE_OCTETS,
    PaddingError,
    ProtectionError,
    decrypt_cbc,
    decrypt_gcm,
    encrypt_cbc_blocks,
    encrypt_gcm,
    gmac,
    hmac_sha256,
    same,
)
from conform62351.profiles.native.agreement import Agreed, Selected
from conform62351.profiles.native.derivation import Extent
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, Transfer
from conform62351.profiles.tlv import TlvError, walk


class RandomnessError(CryptoError):
    """The randomness given repeats itself: nothing is sent under an initialization vector used before."""


class Opened(msgspec.Struct, frozen=True):
    """A data transfer whose ICV or tag verifies. ``applData`` is None when the padding of CBC is bad."""

    applData: bytes | None


class Nonces:
    """Nonces of one key, each used once: random octets, with a counter in them (SP 800-38D, 8.2).

    The first one is the random octets themselves.
    """

    def __init__(self, base: bytes) -> None:
        self._base = int.from_bytes(base, "big")
        self._octets = len(base)
        self._count = 0

    def fresh(self) -> bytes:
        """Return the next nonce."""
        nonce = (self._base ^ self._count).to_bytes(self._octets, "big")
        self._count += 1
        return nonce


class Direction:
    """What is protected by the keys of one direction, for sender and receiver.

    What is opened must have all that its algorithms need: see :func:`can_be_opened`.
    """

    def __init__(self, agreed: Agreed, keys: DirectionKeys, extent: Extent = Extent.CONTENT) -> None:
        self.agreed = agreed
        self.extent = extent
        self._keys = keys

    def by_encryption_key(self) -> Direction:
        """Return what makes ICVs with the key that is for encryption (tester)."""
        keys = msgspec.structs.replace(self._keys, integrity=self._keys.encryption)
        return Direction(self.agreed, keys, self.extent)

    def covering(self, extent: Extent) -> Direction:
        """Return what has ICV and additional authenticated data cover another extent (tester)."""
        return Direction(self.agreed, self._keys, extent)

    def icv(self, covered: bytes, nonce: bytes | None) -> bytes:
        """Return the ICV over octets: HMAC, or GMAC with a nonce of 1 to 64 octets.

        Raises:
            ValueError: GMAC without such a nonce, or no ICV was agreed.
        """
        integrity = self.agreed.integrity
        if integrity is None:
            raise ValueError("no ICV was agreed")
        if integrity.algorithm.use is Use.HMAC:
            return hmac_sha256(self._keys.integrity, covered)
        return gmac(self._keys.integrity, nonce or b"", covered, integrity.algorithm.tag_length)

    def encrypt_blocks(self, iv: bytes, padded: bytes) -> bytes:
        """Return the ciphertext of padded blocks by AES-CBC. Raises ValueError, as CBC does."""
        return encrypt_cbc_blocks(self._keys.encryption, iv, padded)

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Return ciphertext and tag of authenticated encryption. Raises ValueError for another nonce."""
        return encrypt_gcm(self._keys.encryption, nonce, plaintext, aad, self._tag_length)

    def open(self, pdu: Transfer, octets: bytes) -> Opened:
        """Return what a received data transfer carries; ``octets`` are the whole of it.

        Raises:
            ProtectionError: ICV or tag do not verify.
        """
        whole = self._whole(octets)
        tbp, aad = whole or (pdu.tbp, pdu.aad)
        if self.agreed.is_ae:
            iv = pdu.token2.iv or b""
            return Opened(decrypt_gcm(self._keys.encryption, iv, pdu.applData, aad, self._tag_length))
        auth = pdu.auth
        if auth is None or not same(self.icv(tbp, auth.nonce), auth.icv):
            raise ProtectionError("the ICV does not verify")
        return Opened(self._plain(pdu))

    def unverified(self, pdu: Transfer) -> bytes | None:
        """Return what a reader gets that does not verify; None where nothing can be made of it."""
        if isinstance(pdu, ClearTransfer):
            return pdu.applData
        iv = pdu.token2.iv
        if iv is None or self.agreed.encryption is None or not has_iv(self.agreed, pdu):
            return None
        if not self.agreed.is_ae:
            return self._plain(pdu)
        # GCM is a stream cipher: encrypting what is encrypted gives the plaintext.
        length = self._tag_length
        return encrypt_gcm(self._keys.encryption, iv, pdu.applData[:-length], b"", length)[:-length]

    def _plain(self, pdu: Transfer) -> bytes | None:
        if isinstance(pdu, ClearTransfer):
            return pdu.applData
        try:
            return decrypt_cbc(self._keys.encryption, pdu.token2.iv or b"", pdu.applData)
        except PaddingError:
            return None

    def _whole(self, octets: bytes) -> tuple[bytes, bytes] | None:
        """Return tbp and token2 with identifier and length, where those are covered."""
        if self.extent is Extent.CONTENT:
            return None
        try:
            tbp = walk(octets).root.children[0]
            token = tbp.children[0]
        except (TlvError, IndexError):
            return None
        return octets[tbp.start : tbp.end], octets[token.start : token.end]

    @property
    def _tag_length(self) -> int:
        return 0 if self.agreed.encryption is None else self.agreed.encryption.algorithm.tag_length


def needs_nonce(integrity: Selected | None) -> bool:
    """Return whether an ICV algorithm wants a nonce in the Authenticator: GMAC does."""
    return integrity is not None and integrity.algorithm.use is Use.GCM


def nonce_fits(nonce: bytes | None) -> bool:
    """Return whether GMAC can work with a nonce: 1 to 64 octets (N; range I, 11-decisions 13)."""
    return nonce is not None and len(nonce) in GMAC_NONCE_OCTETS


def iv_fits(agreed: Agreed, iv: bytes | None) -> bool:
    """Return whether iv is as the encryption wants it: 16 octets for CBC, 12 for GCM (11-decisions 13)."""
    return iv is not None and len(iv) == (GCM_NONCE_OCTETS if agreed.is_ae else BLOCK)


def kind_fits(agreed: Agreed, pdu: Transfer) -> bool:
    """Return whether data are encrypted just when that was agreed."""
    return isinstance(pdu, EncrTransfer) == (agreed.encryption is not None)


def auth_fits(agreed: Agreed, pdu: Transfer) -> bool:
    """Return whether there is an Authenticator just when an ICV was agreed."""
    return (pdu.auth is None) == agreed.is_ae


def has_nonce(agreed: Agreed, pdu: Transfer) -> bool:
    """Return whether the Authenticator has a nonce that fits, where GMAC wants one."""
    return not needs_nonce(agreed.integrity) or (pdu.auth is not None and nonce_fits(pdu.auth.nonce))


def has_iv(agreed: Agreed, pdu: Transfer) -> bool:
    """Return whether token2 has an iv that fits, where encryption wants one; elsewhere it is ignored."""
    encrypted = isinstance(pdu, EncrTransfer) and agreed.encryption is not None
    return not encrypted or iv_fits(agreed, pdu.token2.iv)


def can_be_opened(agreed: Agreed, pdu: Transfer) -> bool:
    """Return whether a data transfer has all that is needed to tell whether it verifies."""
    return (
        kind_fits(agreed, pdu) and auth_fits(agreed, pdu) and has_nonce(agreed, pdu) and has_iv(agreed, pdu)
    )
