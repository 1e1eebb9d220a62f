"""Data transfer of one association: tokens, keys and their refresh, every check on what is received."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conform62351.suites.selfcheck.independent import keys
from conform62351.suites.selfcheck.independent.ber import tlv
from conform62351.suites.selfcheck.independent.errors import Broken
from conform62351.suites.selfcheck.independent.keys import KeyPair, Keys, Suite
from conform62351.suites.selfcheck.independent.tokens import Token2, Transfer, read_transfer

WINDOW_US = 600_000_000
IV_OCTETS, NONCE_OCTETS = 16, 12
Pair = tuple[Keys, Keys]


class DataTransfer:
    """Seals what one side sends and opens what it receives; keys come in pairs, the client's first.

    ``own`` is the key pair of the handshake, ``other`` the partner's public key of it, ``salt`` its salt.
    ``spoil`` alters octets (``tbp`` before its ICV is made, ``transfer`` whole), ``alter`` the ``token2``.
    """

    def __init__(
        self, suite: Suite, own: KeyPair, other: bytes, salt: bytes, *, client: bool, asso_id: str, group: int
    ) -> None:
        self.suite, self.client, self.asso_id, self.group = suite, client, asso_id, group
        self.notes: list[str] = []
        self.now: Callable[[], float]
        self.spoil: Mapping[str, Callable[[bytes], bytes]] = {}
        self.alter: Mapping[str, Callable[[Any], Any]] = {}
        self.rekeys = 0
        self.asked = False
        self._own, self._other, self._salt = own, other, salt
        self.pair: Pair = keys.derive(suite, own.agree(other), salt)
        self._new: Pair | None = None
        self._old: Pair | None = None
        self._sent: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._seen: set[tuple[int, int]] = set()

    # sending

    def seal(self, pdu: bytes, *, rekey: bool = False, req_rekey: bool = False) -> bytes:
        """Return the SecPDU that carries ``pdu``; the caller sends it."""
        fresh = None
        if self.client and (rekey or self.asked) and self._new is None:
            fresh, self.asked = KeyPair(self.group), False
        changed = not self.client and self._new is not None
        if changed:
            assert self._new is not None
            self._old, self.pair, self._new = self.pair, self._new, None
            self.rekeys += 1
        now = int(self.now() * 1000) * 1000
        if self._sent is None or now > self._sent[0]:
            self._sent = now, 0
        else:
            self._sent = self._sent[0], self._sent[1] + 1
        offer = (self.group, fresh.public) if fresh else None
        token = Token2(self.asso_id, *self._sent, None, offer, req_rekey, changed)
        octets = self._protect(token, pdu, self.pair[0 if self.client else 1])
        if fresh is not None:
            self._new = keys.derive(self.suite, fresh.agree(self._other), self._salt)
        return self._out("transfer", octets)

    def _protect(self, token: Token2, pdu: bytes, mine: Keys) -> bytes:
        suite = self.suite
        if suite.aea is not None:
            token = self._altered(replace(token, iv=secrets.token_bytes(NONCE_OCTETS)))
            aad = token.content()
            sealed = keys.gcm_encrypt(suite.aea, mine.encr, token.iv or bytes(12), aad, pdu)
            return tlv(0x30, tlv(0x30, self._out("tbp", tlv(0x30, aad) + tlv(4, sealed))))
        data = pdu
        if suite.encr is not None:
            iv = secrets.token_bytes(IV_OCTETS)
            token, data = replace(token, iv=iv), tlv(4, keys.cbc_encrypt(mine.encr, iv, pdu))
        tbp = self._out("tbp", tlv(0x30, self._altered(token).content()) + data)
        nonce = secrets.token_bytes(NONCE_OCTETS) if suite.gmac else None
        assert suite.icv is not None
        icv = keys.authenticate(suite.icv, mine.icv, nonce, tbp)
        head = tlv(4, nonce) if nonce is not None else b""
        return tlv(0x30, tlv(0x30, tbp), tlv(0x30, head, suite.icv.octets, tlv(4, icv)))

    def _out(self, name: str, octets: bytes) -> bytes:
        return self.spoil[name](octets) if name in self.spoil else octets

    def _altered(self, token: Token2) -> Token2:
        altered: Token2 = self.alter["token2"](token) if "token2" in self.alter else token
        return altered

    # receiving

    def open(self, octets: bytes) -> bytes:
        """Return the PrPDU, after the checks of 5-checks, data transfer. Raises Broken."""
        transfer = read_transfer(octets, self.notes)
        token, suite = transfer.token, self.suite
        if token.asso_id != self.asso_id:
            raise Broken("5-checks, data 1", f"assoID {token.asso_id}, the association's is {self.asso_id}")
        if transfer.encrypted != suite.encrypts:
            name = "encryption-required" if suite.encrypts else "encryption-not-selected"
            raise Broken("5-checks, data 2", "ClearTransfer and EncrTransfer are not what was agreed", name)
        if (transfer.auth is None) != (suite.aea is not None):
            raise Broken("5-checks, data 3", "auth is there with an ICV, absent in AE mode")
        if transfer.auth is not None and transfer.auth[1] != suite.icv:
            raise Broken("5-checks, data 4", f"Authenticator.algorithm is {transfer.auth[1]}", None)
        self._check_vectors(transfer)
        pair, pdu = self._verified(transfer)
        self._check_order(token)
        self._check_rekey(token, pair)
        return pdu

    def _check_vectors(self, transfer: Transfer) -> None:
        suite, iv = self.suite, transfer.token.iv
        nonce = transfer.auth[0] if transfer.auth else None
        if suite.gmac and not (nonce and len(nonce) <= 64):
            raise Broken("5-checks, data 5", "GMAC without nonce", "gmac-nonce-required")
        if suite.gmac and nonce and len(nonce) != NONCE_OCTETS:
            self.notes.append("4-native, integrity: 12 octets of nonce are recommended")
        if not suite.gmac and nonce is not None:
            self.notes.append("4-native, integrity: a nonce beside an HMAC")
        if suite.encr is not None and (iv is None or len(iv) != IV_OCTETS):
            raise Broken("5-checks, data 5", "CBC without iv of 16 octets", "aes-init-vector-required")
        if suite.aea is not None and (iv is None or len(iv) != NONCE_OCTETS):
            raise Broken("5-checks, data 5", "AE without iv of 12 octets", "gmac-init-vector-required")
        if not suite.encrypts and iv is not None:
            self.notes.append("4-native, ClearToken2: iv stands there with encryption only")

    def _verified(self, transfer: Transfer) -> tuple[Pair, bytes]:
        """Find the keys under which it verifies: new ones exactly when the pages allow them."""
        tried = [self.pair] if self._old is None else [self.pair, self._old]
        if self.client and transfer.token.changed_key and self._new is not None:
            tried = [self._new]
        for pair in tried:
            pdu = self._under(transfer, pair[1 if self.client else 0])
            if pdu is not None:
                return pair, pdu
        raise Broken("5-checks, data 6", "ICV or AE tag does not verify", None)

    def _under(self, transfer: Transfer, theirs: Keys) -> bytes | None:
        """The PrPDU if ICV or tag are those of the keys. Raises Broken for bad padding behind a good ICV."""
        suite, iv, data = self.suite, transfer.token.iv or b"", transfer.appl_data
        if suite.aea is not None:
            return keys.gcm_decrypt(suite.aea, theirs.encr, iv, transfer.token_content, data)
        assert suite.icv is not None
        assert transfer.auth is not None
        nonce, _, icv = transfer.auth
        made = keys.authenticate(suite.icv, theirs.icv, nonce if suite.gmac else None, transfer.tbp)
        if not hmac.compare_digest(made, icv):
            return None
        return data if suite.encr is None else keys.cbc_decrypt(theirs.encr, iv, data)

    def _check_order(self, token: Token2) -> None:
        moment = token.time, token.seq
        if abs(token.time - int(self.now() * 1_000_000)) > WINDOW_US:
            raise Broken("5-checks, data 7", "time is not within 10 minutes", "invalid-time-value")
        last = self._last
        if moment in self._seen or (last and token.time == last[0] and token.seq <= last[1]):
            raise Broken("5-checks, data 8", f"(time, seq) {moment} again", None)
        if last and token.time < last[0]:
            raise Broken(
                "5-checks, data 9", "time earlier than that of the message before", "invalid-time-value"
            )
        due = last[1] + 1 if last and token.time == last[0] else 0
        if token.seq != due:
            raise Broken("5-checks, data 9", f"seq {token.seq}, {due} is due", "invalid-sequence-number")
        self._last = moment
        self._seen.add(moment)

    def _check_rekey(self, token: Token2, pair: Pair) -> None:
        if self.client and token.rekey:
            raise Broken("5-checks, data 10", "rekey from a server")
        if not self.client and (token.changed_key or token.req_rekey):
            raise Broken("5-checks, data 11 and 12", "changedKey or reqRekey from a client")
        if self.client:
            if token.changed_key and pair is not self._new:
                raise Broken("5-checks, data 11", "changedKey with no rekey open", "unexpected-changedKeys")
            if token.changed_key:
                self.pair, self._new = pair, None
                self.rekeys += 1
            self.asked |= token.req_rekey
            return
        under_old = pair is self._old
        if not under_old:
            self._old = None
        if token.rekey is None:
            return
        if self._new is not None or under_old:
            raise Broken("5-checks, data 10", "rekey before changedKey", "unexpected-dhPublicKey")
        group, public = token.rekey
        if not keys.same_group(group, self.group):
            raise Broken("5-checks, data 12", f"rekey in group {group}, the handshake's is {self.group}")
        self._new = keys.derive(self.suite, self._own.agree(public), self._salt)
