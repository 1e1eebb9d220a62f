"""What makes each check of the handshake find something, in what a client or a server sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from conform62351.fixtures.pki.naming import title_name
from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.crypto.algorithms import (
    AlgorithmIdentifier,
    algorithm,
    identifier,
)
from conform62351.profiles.native.parameters import Connection, Encryption, Mode, NativeParameters
from conform62351.profiles.native.replay import ReplayStore
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.native.tokens import Aea, ClearToken1, DhKey, NonAea, Signature
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import (
    OTHER,
    Handshakes,
    certificate,
    connection,
    credential,
    parameters,
    replaced,
    root,
)
from conform62351.suites.selfcheck.pki_samples import NOW, authority, crl_of

RSA: Final = identifier(algorithm("sha256WithRSAEncryption"))
SHA384: Final = AlgorithmIdentifier("1.2.840.10045.4.3.3")
UNKNOWN: Final = AlgorithmIdentifier("1.3.6.1.4.1.32473.7")
GCM_128, GCM_256 = algorithm("aes128-GCM"), algorithm("aes256-GCM")
CBC_128, CBC_256 = algorithm("aes128-CBC"), algorithm("aes256-CBC")
HMAC, GMAC = algorithm("hmacWithSHA256"), algorithm("aes128-GCM", 16)
NOT_ENCRYPTED: Final = Bits(frozenset())
ENCRYPTED: Final = Bits(frozenset({1}))

NAMES: Final = {Role.SERVER: "server", Role.CLIENT: "client"}


class Changes(Policy):
    """Changes the token before it is signed, and the SecPDU afterwards, of the handshake alone."""

    def __init__(self, token: Callable[[Any], Any], pdu: Callable[[Any], Any]) -> None:
        self._token = token
        self._pdu = pdu

    def rewrite(self, name: str, value: Any) -> Any:
        if name in ("E2E.HandshakeReq.token", "E2E.HandshakeAcc.token"):
            return self._token(value)
        return self._pdu(value) if name in ("E2E.HandshakeReq", "E2E.HandshakeAcc") else value


def same(value: Any) -> Any:
    return value


class Stimulus(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one check find something in what the other side sends.

    ``sender`` and ``receiver`` are parameters, those of ``local`` policy among them; ``both`` are for the
    policies of both.
    """

    token: Callable[[ClearToken1], ClearToken1] = same
    pdu: Callable[[Any], Any] = same
    octets: Callable[[bytes], bytes] = same
    sender: Callable[[str], dict[str, Any]] = lambda _: {}
    receiver: Callable[[str], dict[str, Any]] = lambda _: {}
    both: dict[str, Any] = {}


def token(**changes: Any) -> Stimulus:
    return Stimulus(token=lambda value: replaced(value, **changes))


def shown(**changes: Any) -> Stimulus:
    """Return the stimulus of another certificate."""
    return Stimulus(sender=lambda name: {"credential": credential(name, **changes)})


def policies(sender: dict[str, Any], receiver: dict[str, Any]) -> Stimulus:
    return Stimulus(sender=lambda _: {"local": sender}, receiver=lambda _: {"local": receiver})


def selected(mode: Aea | NonAea, offered: dict[str, Any], stated: Bits = ENCRYPTED) -> Stimulus:
    """Return the stimulus of an accept with ``mode`` after an offer."""
    return Stimulus(
        token=lambda value: replaced(value, encr_mode=mode, confParams=stated),
        both=offered,
    )


class Recalls(ReplayStore):
    """Takes everything for what came before."""

    def holds(self, *_: Any) -> bool:
        return True


def revoked(name: str) -> dict[str, Any]:
    """Return the trust of somebody who knows that the other's certificate is revoked."""
    crl = crl_of(root(), certificate(OTHER[name]).serial)
    return {"trust": Trust((root().certificate,), crls=(crl,))}


def aea(*algorithms: Any) -> Aea:
    return Aea(tuple(map(identifier, algorithms)))


def non_aea(icv: tuple[Any, ...], encr: tuple[Any, ...] = ()) -> NonAea:
    return NonAea(tuple(map(identifier, icv)), tuple(map(identifier, encr)) or None)


def twice(value: ClearToken1) -> ClearToken1:
    return replaced(value, dhKey=value.dhKey * 2)


def reversed_sign(value: Any) -> Any:
    return replaced(value, sign=Signature(value.sign.algo, value.sign.sign[::-1]))


def signed_by_rsa(value: Any) -> Any:
    return replaced(value, sign=Signature(RSA, value.sign.sign))


def no_point(value: ClearToken1) -> ClearToken1:
    return replaced(value, dhKey=(DhKey(23, b"\x04" + bytes(64)),))


MIDDLE: Final = authority("native middle", root())
NO_CA: Final = authority("native no CA", root(), ca=False)
STRANGER: Final = authority("native stranger")
AE: Final = {"mode": Mode.AE, "ae": (GCM_128,)}
SEPARATE: Final = {"mode": Mode.SEPARATE, "encryption": (CBC_128,), "integrity": (HMAC,)}
CLEAR: Final = {"mode": Mode.CLEAR, "integrity": (HMAC,)}
UNWANTED: Final = {"wanted": Encryption.UNWANTED}

BOTH: Final[dict[str, Stimulus]] = {
    "1.1": Stimulus(octets=lambda octets: octets[:-1]),
    "1.2": token(assoID="7:41:1"),
    "1.5": token(time=b"20270115080000.000"),
    "2": token(sigAlg=SHA384),
    "3.1": Stimulus(pdu=signed_by_rsa),
    "3.2": token(sigAlg=RSA),
    "4.1": token(pkCert=b"\x30\x00"),
    "4.2": Stimulus(pdu=reversed_sign),
    "5": Stimulus(pdu=lambda value: replaced(value, pp="ICCP")),
    "6.1": shown(usage=("digital_signature",)),
    "6.2": shown(not_before=NOW + 1),
    "6.3": shown(not_after=NOW - 1),
    "6.4": Stimulus(receiver=revoked),
    "6.5": shown(issuer=STRANGER),
    "7.1": token(certPath=(b"\x30\x00",)),
    "7.2": shown(issuer=NO_CA, chain=(NO_CA.certificate,)),
    "7.3": shown(chain=(MIDDLE.certificate,)),
    "8": shown(subject=title_name("1.1.1.999.14")),
    "9": token(version=Bits(frozenset({1}))),
    "10": Stimulus(sender=lambda _: {"signing_time": lambda: NOW + 600.001}),
    "11": Stimulus(receiver=lambda _: {"store": Recalls()}),
    "13": Stimulus(token=no_point),
    "14": token(hmac=UNKNOWN),
    "23.1": Stimulus(
        token=lambda value: replaced(value, confParams=ENCRYPTED),
        sender=lambda _: {"local": CLEAR},
        receiver=lambda _: {"local": CLEAR | UNWANTED},
    ),
    "23.2": policies(CLEAR, CLEAR | {"wanted": Encryption.REQUIRED}),
    "23.3": token(confParams=NOT_ENCRYPTED),
    "24": token(attCert=b"\x30\x00"),
}
BY_SERVER: Final[dict[str, Stimulus]] = BOTH | {
    "1.4": Stimulus(token=twice),
    "12.1": policies({"groups": ("secp256r1",)}, {"groups": ("brainpoolP256r1", "modp-2048")}),
    "15": policies(AE, {"ae": ()}),
    "16": policies(AE, UNWANTED),
    "17": policies(AE, {"ae": (GCM_256,)}),
    "18": policies(CLEAR, {"ae_required": True}),
    "19": policies(SEPARATE, UNWANTED),
    "20.1": policies(SEPARATE, {"encryption": (CBC_256,)}),
    "20.2": policies(CLEAR, {"integrity": (GMAC,)}),
}
BY_CLIENT: Final[dict[str, Stimulus]] = BOTH | {
    "12.2": Stimulus(token=twice),
    "21.1": selected(non_aea((HMAC,)), AE, NOT_ENCRYPTED),
    "21.2": selected(aea(GCM_128), SEPARATE),
    "21.3": selected(aea(GCM_128, GCM_128), AE),
    "21.4": selected(aea(GCM_256), AE),
    "22.1": selected(non_aea((HMAC,), (CBC_128,)), CLEAR),
    "22.2": selected(non_aea((HMAC,)), SEPARATE, NOT_ENCRYPTED),
    "22.3": selected(non_aea((HMAC,), (CBC_128, CBC_128)), SEPARATE),
    "22.4": selected(non_aea((HMAC,), (CBC_256,)), SEPARATE),
    "22.5": selected(non_aea((HMAC, HMAC), (CBC_128,)), SEPARATE),
    "22.6": selected(non_aea((GMAC,), (CBC_128,)), SEPARATE),
}
STIMULI: Final = {Role.SERVER: BY_SERVER, Role.CLIENT: BY_CLIENT}


def side(name: str, given: dict[str, Any], both: dict[str, Any]) -> NativeParameters:
    local = both | given.get("local", {})
    return parameters(name, local=local, **{key: value for key, value in given.items() if key != "local"})


def judge(
    role: Role, stimulus: Stimulus, policy: Policy | None = None, known: Connection | None = None
) -> tuple[Taken, Handshakes]:
    """Return what ``role`` makes of what the other side sends under ``stimulus``."""
    receiver = NAMES[role]
    sender = OTHER[receiver]
    given = {
        sender: side(sender, stimulus.sender(sender), stimulus.both),
        receiver: side(receiver, stimulus.receiver(receiver), stimulus.both),
    }
    sends, known = Changes(stimulus.token, stimulus.pdu), known or connection(receiver)
    by_server = role is Role.SERVER
    pair = Handshakes(
        given["client"],
        given["server"],
        client_policy=sends if by_server else policy,
        server_policy=policy if by_server else sends,
        client_connection=None if by_server else known,
        server_connection=known if by_server else None,
    )
    if by_server:
        return pair.requested(stimulus.octets), pair
    taken, _ = pair.run(stimulus.octets)
    return taken, pair
