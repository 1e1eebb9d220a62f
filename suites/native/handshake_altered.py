"""Handshakes that somebody has changed on their way, and what is not believed of them (clause 14: 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
)
from conform62351.suites.native.refusals import SENT, Ways, credentials, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, Edit, FlipBit, SetField, SetTime
from conform62351.tooling.engine.steps import Conversation

ALTERED = "R-E2E-handshake-altered"
BELIEVED = "R-E2E-signature-first"

NULL: Final = b"\x05\x00"
DAY_S: Final = 86_400.0

GENERATOR: Final = bytes.fromhex(
    "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""The base point of secp256r1: a public value whose private one everybody knows."""
HMAC_SHA384: Final = bytes.fromhex("2a 86 48 86 f7 0d 02 0a")
AES128_GCM: Final = bytes.fromhex("60 86 48 01 65 03 04 01 06")
INTEGRITY_ALONE: Final = bytes.fromhex("a0 0e a1 0c 30 0a 06 08 2a 86 48 86 f7 0d 02 09")
"""encr-mode with an ICV by HMAC, and without encryption."""


def altered(role: Role) -> Ways:
    """Return the handshakes that somebody in between has changed, without signing them again."""
    sent = SENT[role]
    data = f"30/{sent.initiate}/80"
    changes = {
        "another public value": sent.outside("30/30/31/30/04", Edit.CONTENT, GENERATOR),
        "another group": sent.outside("30/30/31/30/02", Edit.CONTENT, b"\x63"),
        "another hmac": sent.outside("30/30/30[-2]/06", Edit.CONTENT, HMAC_SHA384),
        "another time": sent.outside("30/30/18", Edit.CONTENT, b"20200101000000.000Z"),
        "AES-128": sent.outside("30/30/30[-1]/30/06", Edit.CONTENT, AES128_GCM),
        "no encryption": sent.outside("30/30/30[-1]", Edit.REPLACE, INTEGRITY_ALONE),
        "no applProtected": sent.outside("30/30/03[-1]", Edit.CONTENT, b"\x00"),
        "no version": sent.outside("30/30/03", Edit.DROP),
        "another initiate": sent.outside(data, Edit.CONTENT, b"\x04\x00"),
        "no initiate": sent.outside(f"30/{sent.initiate}", Edit.DROP),
        "one more component": sent.outside("30", Edit.APPEND, NULL),
    }
    if role is Role.SERVER:
        changes["one group less"] = sent.outside("30/30/31/30", Edit.DROP)
        changes["one algorithm less"] = sent.outside("30/30/30[-1]/30", Edit.DROP)
        changes["two algorithms exchanged"] = sent.outside(
            "30/30/30[-1]/30", Edit.SWAP, other="30/30/30[-1]/30[1]"
        )
    return {label: way(change) for label, change in changes.items()}


def not_believed(role: Role) -> Ways:
    """Return the handshakes that have a fault inside, and a signature that does not verify."""
    token = SENT[role].token
    broken = FlipBit(pdu=SENT[role].pdu, at=-1)
    inside: dict[str, AnyMutation] = {
        "version": SetField(pdu=token, field="version", value=(1,)),
        "time": SetTime(pdu=token, shift=-DAY_S),
        "group": SetField(pdu=token, field="dhKey", value=({"dhGroup": 99, "dhPublicKey": "00"},)),
        "public value": SetField(pdu=token, field="dhKey.0.dhPublicKey", octets=b"\4" + bytes(64)),
        "hmac": SetField(pdu=token, field="hmac.oid", value="1.2.3"),
        "AE": SetField(pdu=token, field="encr_mode", value={"algorithms": [{"oid": "1.2.3"}]}),
        "confParams": SetField(pdu=token, field="confParams", value=()),
    }
    shown = {name: Handshake(credential=f"bad/{name}") for name in SHOWN}
    return {
        **{label: way(change, broken) for label, change in inside.items()},
        **{label: way(broken, handshake=how) for label, how in shown.items()},
    }


SHOWN: Final = ("expired", "unknown-ca", "other-subject", "no-key-usage", "short-serial")
"""Bad certificates whose keys read well."""


@case(
    "E2E/SRV/SIGNATURE/BI-altered",
    ALTERED,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_altered() -> Iterator[Conversation]:
    """A server raises an alarm when a HandshakeReq is changed on its way: an offer cut down to what is
    weaker, a public value exchanged, anything else that is signed.
    """
    return refuses_each(Role.SERVER, ALTERED, "4.2", altered(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-altered",
    ALTERED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_altered() -> Iterator[Conversation]:
    """A client raises an alarm when a HandshakeAcc is changed on its way: a selection exchanged for what is
    weaker, a public value exchanged, anything else that is signed.
    """
    return refuses_each(Role.CLIENT, ALTERED, "4.2", altered(Role.CLIENT))


@case(
    "E2E/SRV/SIGNATURE/BI-not-believed",
    BELIEVED,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*(f"bad/{name}" for name in SHOWN)),
)
def server_not_believed() -> Iterator[Conversation]:
    """A server raises the alarm of the signature, and tells of nothing else, when a HandshakeReq has a fault
    inside and its signature does not verify.
    """
    return refuses_each(Role.SERVER, BELIEVED, "4.2", not_believed(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-not-believed",
    BELIEVED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*(f"bad/{name}" for name in SHOWN)),
)
def client_not_believed() -> Iterator[Conversation]:
    """A client raises the alarm of the signature, and tells of nothing else, when a HandshakeAcc has a fault
    inside and its signature does not verify.
    """
    return refuses_each(Role.CLIENT, BELIEVED, "4.2", not_believed(Role.CLIENT))
