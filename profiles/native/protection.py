"""From a PDU of the protected protocol to a SecPDU: encryption, ICV, and what a policy makes of each part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from conform62351.profiles.crypto.protection import BLOCK, pad
from conform62351.profiles.events import Outgoing
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Codec, Protected
from conform62351.profiles.native.derivation import Extent
from conform62351.profiles.native.direction import (
    Direction,
    Nonces,
    RandomnessError,
    iv_fits,
    needs_nonce,
    nonce_fits,
)
from conform62351.profiles.native.rekey import Epoch
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.native.tokens import Authenticator, ClearToken2
from conform62351.profiles.policy import Policy
from conform62351.profiles.tlv import TlvError, walk


class Protection(msgspec.Struct, frozen=True):
    """With which keys a message is protected, and what ICV or AAD cover; a sender in order changes nothing.

    ``keys`` are this side's ``own``, those that the ``peer`` sends with, own ones with the encryption key for
    the ICV (``encryption``), those from ``before`` the last change, or those of the ``handshake``. ``covers``
    is a value of :class:`Extent`, empty for the one in use.
    """

    keys: str = "own"
    covers: str = ""


IN_ORDER: Final = Protection()


class Protector:
    """Makes the data transfers of one side.

    With N = ``E2E.ClearTransfer`` or ``E2E.EncrTransfer``, a policy is asked in this order for:
    N.protection (:class:`Protection`), N.token (ClearToken2), N.padded (octets: the padded blocks of CBC),
    N.aad (octets), N.sealed (octets: the ciphertext), N.tbp (:class:`Protected`: what is sent, and what the
    ICV covers), N.auth (Authenticator without its ICV), N (value, then octets). What it takes away though
    encryption or ICV need it is used all the same: only the octets that are sent are without it.
    """

    def __init__(
        self, agreed: Agreed, codec: Codec, randomness: Callable[[int], bytes], policy: Policy
    ) -> None:
        self._agreed = agreed
        self._codec = codec
        self._randomness = randomness
        self._policy = policy
        self._last_iv = b""
        self._epochs: tuple[Epoch, ...] = ()
        self._first: Epoch | None = None

    def protect(self, token: ClearToken2, appl_data: bytes, epoch: Epoch) -> Outgoing | None:
        """Return the data transfer with ``token``, whose iv is set here; None when it is withheld.

        Raises:
            RandomnessError: the randomness gives the same iv again.
            EncodingError: a value of the policy cannot be written.
            ValueError: a policy wants keys or an extent that there are not.
        """
        encrypted = self._agreed.encryption is not None
        kind = EncrTransfer if encrypted else ClearTransfer
        name = f"E2E.{kind.__name__}"
        sending = self._sending(self._policy.rewrite(f"{name}.protection", IN_ORDER), epoch)
        if encrypted:
            iv = epoch.nonces.fresh() if self._agreed.is_ae else self._fresh_iv()
            token = self._policy.rewrite(f"{name}.token", replace(token, iv=iv))
            if token.iv is not None and iv_fits(self._agreed, token.iv):
                iv = token.iv
            sealed = self._sealed(name, token, iv, appl_data, sending)
            if sealed is None:
                return None
            appl_data = sealed
        else:
            token = self._policy.rewrite(f"{name}.token", token)
        pdu = kind(token2=token, applData=appl_data)
        tbp = self._policy.rewrite(f"{name}.tbp", self._codec.tbp(pdu))
        pdu = replace(pdu, tbp=tbp.content, auth=self._auth(name, tbp, epoch.nonces, sending))
        pdu = self._policy.rewrite(name, pdu)
        octets = self._policy.rewrite_octets(name, self._codec.transfer(pdu, tbp.octets))
        return None if octets is None else Outgoing(octets, (name,))

    def _sending(self, wanted: Protection, epoch: Epoch) -> Direction:
        """Return what protects a message under the keys of ``epoch``."""
        if epoch not in self._epochs[-1:]:
            self._epochs = (*self._epochs[-1:], epoch)
        if self._first is None:
            self._first = epoch
        if wanted == IN_ORDER:
            return epoch.sending
        ways = {
            "own": epoch.sending,
            "peer": epoch.receiving,
            "encryption": epoch.sending.by_encryption_key(),
            "before": self._epochs[0].sending,
            "handshake": self._first.sending,
        }
        if wanted.keys not in ways:
            raise ValueError(f"there are no keys {wanted.keys!r}")
        direction = ways[wanted.keys]
        return direction.covering(Extent(wanted.covers)) if wanted.covers else direction

    def _fresh_iv(self) -> bytes:
        iv = self._randomness(BLOCK)
        if iv == self._last_iv:
            raise RandomnessError("the randomness gives the iv of the last message again")
        self._last_iv = iv
        return iv

    def _sealed(
        self, name: str, token: ClearToken2, iv: bytes, plaintext: bytes, sending: Direction
    ) -> bytes | None:
        """Return the ciphertext, None where a policy withholds a part of it."""
        if self._agreed.is_ae:
            aad = self._policy.rewrite_octets(f"{name}.aad", self._aad(token, sending.extent))
            sealed = None if aad is None else sending.seal(iv, plaintext, aad)
        else:
            padded = self._policy.rewrite_octets(f"{name}.padded", pad(plaintext))
            sealed = None if padded is None else sending.encrypt_blocks(iv, padded)
        return None if sealed is None else self._policy.rewrite_octets(f"{name}.sealed", sealed)

    def _aad(self, token: ClearToken2, extent: Extent) -> bytes:
        """Return what authenticated encryption covers beside the plaintext: of token2, the content or all."""
        draft = EncrTransfer(token2=token, applData=b"")
        if extent is Extent.CONTENT:
            return self._codec.aad(draft)
        content = self._codec.tbp(draft).content
        try:
            return content[: walk(content).root.end]
        except TlvError:
            return content

    def _auth(self, name: str, tbp: Protected, nonces: Nonces, sending: Direction) -> Authenticator | None:
        integrity = self._agreed.integrity
        if integrity is None:
            return None
        nonce = nonces.fresh() if needs_nonce(integrity) else None
        auth: Authenticator = Authenticator(integrity.identifier, b"", nonce)
        auth = self._policy.rewrite(f"{name}.auth", auth)
        if auth.nonce is not None and nonce_fits(auth.nonce):
            nonce = auth.nonce
        covered = sending.extent.of(tbp)
        return replace(auth, icv=sending.icv(covered, nonce))
