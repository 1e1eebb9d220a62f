"""Data transfers of native mode, verified and opened with the secrets of a key file.

Nobody here has taken part in the association: which side sent a message, under which keys it is, and by which
reading the keys were made, is found out by what verifies. The number of tries is bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.crypto.protection import ProtectionError
from conform62351.profiles.dissection.forms import SecPduForms, own_forms
from conform62351.profiles.dissection.notation import SECPDUS, Notation, notation
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.mms.codec import decode_pdu
from conform62351.profiles.native.agreement import Agreed, Selected
from conform62351.profiles.native.derivation import (
    Derivation,
    Extent,
    Zero,
    association_keys,
    derivations,
    transcript,
    transcript_salt,
)
from conform62351.profiles.native.direction import Direction, can_be_opened
from conform62351.profiles.native.keyfile import KeyLine, request_identifier
from conform62351.profiles.native.offers import any_protection
from conform62351.profiles.native.parameters import LocalPolicy
from conform62351.profiles.native.secpdus import HandshakeAcc, HandshakeReq, Transfer
from conform62351.profiles.spec.data import SpecData, own_data

MAX_EPOCHS_TRIED: Final = 64
"""Sets of keys that one message is tried with, those in use first."""
MAX_SEARCHES: Final = 8
"""Messages of one association that other readings are tried on when nothing has verified yet."""
MAX_ASSOCIATIONS_TRIED: Final = 256
"""Associations with one assoID that a message without its handshake is tried with."""

_SIDES: Final = ("client", "server")
_MODP_OCTETS: Final = 256


class Unsealed(msgspec.Struct, frozen=True):
    """What became of a data transfer: ``text`` is for people, ``data`` the PDU that is carried.

    ``verified`` is None where it could not be tried. ``sender`` is client or server, told by the keys.
    """

    text: str
    verified: bool | None = None
    data: bytes | None = None
    sender: str = ""
    epoch: int | None = None
    reading: Derivation | None = None


class Secrets:
    """The lines of a key file, by what they are looked up with."""

    def __init__(self, lines: Iterable[KeyLine] = ()) -> None:
        self._by_request: dict[bytes, list[KeyLine]] = defaultdict(list)
        for line in lines:
            self._by_request[line.request].append(line)
        self._by_asso_id: dict[str, list[bytes]] = defaultdict(list)
        for request, found in self._by_request.items():
            for asso_id in {line.asso_id for line in found if line.asso_id is not None}:
                self._by_asso_id[asso_id].append(request)

    def __bool__(self) -> bool:
        return bool(self._by_request)

    def of_request(self, request: bytes) -> tuple[KeyLine, ...]:
        """Return the lines of the association that ``request`` names."""
        return tuple(self._by_request.get(request, ()))

    def of_asso_id(self, asso_id: str) -> Iterator[tuple[KeyLine, ...]]:
        """Yield the lines of the associations that had this assoID, the last one first, a few at most."""
        requests = self._by_asso_id.get(asso_id, ())
        for request in reversed(requests[-MAX_ASSOCIATIONS_TRIED:]):
            yield self.of_request(request)


class Conversation:
    """The associations of one connection, of which both directions tell.

    ``spec`` is what its sides go by in the place of this project's own data; ``forms`` are those of SecPDUs,
    ``notation`` what they are made of, and ``protocols`` the values of pp.
    """

    def __init__(self, secrets: Secrets | None = None, spec: SpecData | None = None) -> None:
        self.spec = spec or own_data()
        self.forms = own_forms() if spec is None else SecPduForms(spec)
        self.protocols = frozenset(one.pp for one in self.spec.protocols.values())
        self.notation = notation(SECPDUS) if spec is None else Notation.of(spec.notation)
        self._secrets = secrets or Secrets()
        self._request: HandshakeReq | None = None
        self._response: HandshakeAcc | None = None
        self._known: dict[bytes, _Keyed] = {}

    def requested(self, pdu: HandshakeReq) -> None:
        """Take a request: what follows belongs to the association that it asks for."""
        self._request, self._response = pdu, None

    def accepted(self, pdu: HandshakeAcc) -> None:
        """Take an acceptance."""
        self._response = pdu
        self._known.clear()

    def unsealed(self, pdu: Transfer, octets: bytes) -> Unsealed:
        """Return what can be told of a data transfer; ``octets`` are the whole of it."""
        if not self._secrets:
            return Unsealed("not checked: no key file")
        tried: Unsealed | None = None
        for keyed in self._candidates(pdu.token2.assoID):
            found = keyed.unsealed(pdu, octets)
            if found.verified:
                return found
            tried = tried if tried is not None and tried.verified is not None else found
        return tried or Unsealed("not checked: the key file does not know the association")

    def _candidates(self, asso_id: str) -> Iterator[_Keyed]:
        if self._request is not None:
            lines = self._secrets.of_request(request_identifier(self._request.tbs))
            if lines:
                yield self._keyed(lines)
            return
        for lines in self._secrets.of_asso_id(asso_id):
            yield self._keyed(lines)

    def _keyed(self, lines: tuple[KeyLine, ...]) -> _Keyed:
        name = lines[0].request
        if name not in self._known:
            self._known[name] = _Keyed(lines, self._request, self._response)
        return self._known[name]


class _Keyed:
    """One association with its secrets; from the first message that verifies on, its reading is known."""

    def __init__(
        self, lines: tuple[KeyLine, ...], request: HandshakeReq | None, response: HandshakeAcc | None
    ) -> None:
        self._secrets = {line.epoch: line.secret for line in lines}
        self._agreed = _agreed(lines, request, response)
        self._handshake = None
        if request is not None and response is not None:
            self._handshake = transcript(request.tbs, response.tbs)
        self._reading: Derivation | None = None
        self._current = min(self._secrets)
        self._directions: dict[tuple[Derivation, int, str], Direction] = {}
        self._searches = 0

    def unsealed(self, pdu: Transfer, octets: bytes) -> Unsealed:
        """Return what becomes of a data transfer of this association."""
        if self._agreed is None:
            return Unsealed("not checked: neither handshake nor key file tell salt and algorithms")
        if not can_be_opened(self._agreed, pdu):
            return Unsealed("cannot be checked: not what the agreed algorithms need", False)
        doubtful: Unsealed | None = None
        for reading in self._readings():
            for epoch in self._epochs():
                for side in _SIDES:
                    found = self._tried(pdu, octets, reading, epoch, side)
                    if found is None:
                        continue
                    if _is_readable(found.data) or self._reading is not None:
                        self._reading, self._current = reading, epoch
                        self._keep(reading)
                        return found
                    doubtful = doubtful or found
        return doubtful or Unsealed(f"does not verify under the keys of {self._tried_epochs()}", False)

    def _tried(
        self, pdu: Transfer, octets: bytes, reading: Derivation, epoch: int, side: str
    ) -> Unsealed | None:
        try:
            data = self._direction(reading, epoch, side).open(pdu, octets).applData
        except ProtectionError:
            return None
        text = f"verifies under the keys of the {side}, epoch {epoch}"
        if reading != Derivation():
            text += f"; {reading}"
        if data is None:
            text += "; the padding is bad"
        return Unsealed(text, True, data, side, epoch, reading)

    def _direction(self, reading: Derivation, epoch: int, side: str) -> Direction:
        key = (reading, epoch, side)
        if key not in self._directions and self._agreed is not None:
            salt = self._agreed.salt
            if self._handshake is not None:
                salt = transcript_salt(self._handshake, reading)
            agreed = msgspec.structs.replace(self._agreed, salt=salt)
            keys = association_keys(agreed, self._secrets[epoch], reading)
            for name, own in (("client", keys.client), ("server", keys.server)):
                self._directions[reading, epoch, name] = Direction(agreed, own, reading.transfer)
        return self._directions[key]

    def _readings(self) -> Iterator[Derivation]:
        """Yield the readings to try: the one that is known, or the default one before all others."""
        if self._reading is not None:
            yield self._reading
            return
        self._searches += 1
        if self._searches > MAX_SEARCHES:
            yield Derivation()
            return
        for reading in derivations():
            salted = reading.zero is Zero.OCTET and reading.handshake is Extent.CONTENT
            if self._handshake is not None or salted:
                yield reading

    def _epochs(self) -> Iterator[int]:
        """Yield the epochs to try: the last one that verified, those after it, those before it."""
        ordered = sorted(self._secrets, key=lambda epoch: (epoch < self._current, abs(epoch - self._current)))
        yield from ordered[:MAX_EPOCHS_TRIED]

    def _tried_epochs(self) -> str:
        tried = sorted(self._epochs())
        return f"epoch {tried[0]}" if len(tried) == 1 else f"epochs {tried[0]} to {tried[-1]}"

    def _keep(self, reading: Derivation) -> None:
        """Forget the keys of other readings, and those of epochs long past."""
        self._directions = {
            key: value
            for key, value in self._directions.items()
            if key[0] == reading and abs(key[1] - self._current) <= 1
        }


def _agreed(
    lines: tuple[KeyLine, ...], request: HandshakeReq | None, response: HandshakeAcc | None
) -> Agreed | None:
    """Return what was agreed, by the handshake or else by the key file; None when neither tells it."""
    told = next((line for line in lines if line.salt is not None), None)
    if response is not None and (request is not None or told is not None):
        protection = any_protection(LocalPolicy(), response.token1.encr_mode)
        if protection is not None:
            salt = b"" if told is None or told.salt is None else told.salt
            asso_id = response.token1.assoID
            return _made(lines[0], asso_id, salt, protection.encryption, protection.integrity)
    if told is None or told.salt is None or (told.encryption is None and told.integrity is None):
        return None
    encryption, integrity = (
        None if one is None else Selected(one, identifier(one)) for one in (told.encryption, told.integrity)
    )
    return _made(told, told.asso_id or "", told.salt, encryption, integrity)


def _made(
    line: KeyLine, asso_id: str, salt: bytes, encryption: Selected | None, integrity: Selected | None
) -> Agreed:
    """Return an agreement; the group has done its work where Z is known, and any of its length does."""
    group = groups()["modp-2048" if len(line.secret) == _MODP_OCTETS else "secp256r1"]
    hmac = algorithm("hmacWithSHA256")
    return Agreed(
        assoID=asso_id,
        dhGroup=group.number,
        group=group,
        hmac=Selected(hmac, identifier(hmac)),
        encryption=encryption,
        integrity=integrity,
        salt=salt,
    )


def _is_readable(data: bytes | None) -> bool:
    """Return whether decrypted octets are a PDU of MMS: two readings can have one ICV key in common."""
    if data is None:
        return False
    try:
        decode_pdu(data)
    except ProtocolError:
        return False
    return True
