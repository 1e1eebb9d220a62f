"""Offers and selections that somebody on the way makes weaker, without signing again (row 4 of clause 14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CLEAR_CLIENT,
    CLEAR_SERVER,
    SEPARATE_CLIENT,
    SEPARATE_SERVER,
    code,
)
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER_AE,
    SERVER_BASELINE,
)
from conform62351.suites.native.identifiers import HMAC
from conform62351.suites.native.negotiation_modes import CLEAR_BASELINE, SEPARATE_BASELINE
from conform62351.suites.native.refusals import SENT, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import Edit, EditTlv
from conform62351.tooling.engine.steps import Conversation

DOWNGRADE = "R-E2E-downgrade"
ALARM = "4.2"

HMAC_IDENTIFIER: Final = bytes.fromhex("06 08 2a 86 48 86 f7 0d 02 09 05 00")
AES128_GCM: Final = bytes.fromhex("60 86 48 01 65 03 04 01 06")
AES128_CBC: Final = bytes.fromhex("60 86 48 01 65 03 04 01 02")
AES256_GCM_13: Final = (
    bytes.fromhex("06 09 60 86 48 01 65 03 04 01 2e 30 11 04 0c") + bytes(12) + b"\x02\x01\x0d"
)
"""Contents of an AlgorithmIdentifier with tags of 13 octets: a client may well offer none but those of 12,
which GCMParameters do not name, so that there is no length to alter in what is selected.
"""
TWELVE, OTHER_GROUP = b"\x0c", b"\x0f"
NOTHING, TLS_TOO, VPN_TOO = b"\x00", b"\x06\xc0", b"\x05\x60"
"""confParams without a bit, and with tlsProtected or vpn beside applProtected."""
INTEGRITY_ALONE: Final = b"\xa0\x10\xa1\x0e\x30\x0c" + HMAC_IDENTIFIER

GROUPS: Final = "30/30/31/30"
HASH: Final = "30/30/30[-2]"
AEA: Final = "30/30/30[-1]"
NON_AEA: Final = "30/30/a0"
PROTECTION: Final = "30/30/03[-1]"
"""Where what is negotiated stands in a handshake."""

OFFERS: Final = {
    "ae": Handshake(mode="ae", ae=("aes256-GCM/16", "aes256-GCM/12", "aes128-GCM/16", "aes128-GCM/12")),
    "separate": Handshake(
        mode="separate", encryption=("aes256-CBC", "aes128-CBC"), integrity=("aes256-GCM/16", HMAC)
    ),
    "clear": Handshake(mode="clear", integrity=("aes256-GCM/16", "aes256-GCM/12", HMAC)),
}
SELECTED: Final = Handshake(ae=("aes256-GCM/16",), encryption=("aes256-CBC",), integrity=("aes256-GCM/16",))

Changes = dict[str, tuple[EditTlv, ...]]


def _refused(role: Role, how: Handshake, changes: Changes) -> Iterator[Conversation]:
    """Show that the DUT raises an alarm for each of these changes to a handshake."""
    return refuses_each(
        role, DOWNGRADE, ALARM, {label: way(*edits, handshake=how) for label, edits in changes.items()}
    )


def _everywhere(role: Role) -> Changes:
    """Return the changes that can be made in every mode."""
    sent = SENT[role]
    changes: Changes = {
        "hmac without parameters": (sent.outside(f"{HASH}/05", Edit.DROP),),
        "another group": (sent.outside(f"{GROUPS}/02", Edit.CONTENT, OTHER_GROUP),),
        "tlsProtected": (sent.outside(PROTECTION, Edit.CONTENT, TLS_TOO),),
        "vpn": (sent.outside(PROTECTION, Edit.CONTENT, VPN_TOO),),
    }
    if role is Role.CLIENT:
        return changes
    less = sent.outside(GROUPS, Edit.DROP)
    swapped = sent.outside(GROUPS, Edit.SWAP, other=f"{GROUPS}[1]")
    return changes | {"one group left": (less, less), "groups exchanged": (swapped,)}


def _of_ae(role: Role) -> Changes:
    sent = SENT[role]
    unprotected = sent.outside(PROTECTION, Edit.CONTENT, NOTHING)
    changes: Changes = {
        "a shorter key": (sent.outside(f"{AEA}/30/06", Edit.CONTENT, AES128_GCM),),
        "an ICV alone": (sent.outside(AEA, Edit.REPLACE, INTEGRITY_ALONE), unprotected),
        "no applProtected": (unprotected,),
    }
    if role is Role.CLIENT:
        return changes | {"other tags": (sent.outside(f"{AEA}/30", Edit.CONTENT, AES256_GCM_13),)}
    less = sent.outside(f"{AEA}/30", Edit.DROP)
    swapped = sent.outside(f"{AEA}/30", Edit.SWAP, other=f"{AEA}/30[3]")
    return changes | {
        "shorter tags": (sent.outside(f"{AEA}/30/30/02", Edit.CONTENT, TWELVE),),
        "no length of tags": (sent.outside(f"{AEA}/30/30/02", Edit.DROP),),
        "the weakest algorithm alone": (less, less, less),
        "the weakest one first": (swapped,),
    }


def _of_separate(role: Role) -> Changes:
    sent = SENT[role]
    encryption, unprotected = f"{NON_AEA}/a0", sent.outside(PROTECTION, Edit.CONTENT, NOTHING)
    changes: Changes = {
        "no encryption": (sent.outside(encryption, Edit.DROP), unprotected),
        "no applProtected": (unprotected,),
        "a shorter key": (sent.outside(f"{encryption}/30/06", Edit.CONTENT, AES128_CBC),),
    }
    if role is Role.SERVER:
        changes["the weakest encryption alone"] = (sent.outside(f"{encryption}/30", Edit.DROP),)
    return changes


def _of_icv(role: Role) -> Changes:
    sent = SENT[role]
    integrity = f"{NON_AEA}/a1/30"
    changes: Changes = {"an ICV by HMAC": (sent.outside(integrity, Edit.CONTENT, HMAC_IDENTIFIER),)}
    if role is Role.CLIENT:
        return changes | {"another ICV": (sent.outside(integrity, Edit.CONTENT, AES256_GCM_13),)}
    return changes | {
        "a shorter ICV": (sent.outside(f"{integrity}/30/02", Edit.CONTENT, TWELVE),),
        "one ICV less": (sent.outside(integrity, Edit.DROP),),
    }


@case(
    "E2E/SRV/DOWNGRADE/BI-AE",
    DOWNGRADE,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_ae() -> Iterator[Conversation]:
    """A server raises an alarm, without a diagnostic, when anything of an offer with authenticated
    encryption was altered on the way: groups, algorithms, keys, tags, mode, hmac, confParams.
    """
    changes = _everywhere(Role.SERVER) | _of_ae(Role.SERVER)
    return _refused(Role.SERVER, OFFERS["ae"], changes)


@case(
    "E2E/CLI/DOWNGRADE/BI-AE",
    DOWNGRADE,
    EVENT,
    pics=f"{CLIENT_AE} and {code(Role.CLIENT, 'aes256-GCM')}",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_ae() -> Iterator[Conversation]:
    """A client raises an alarm, without a diagnostic, when anything of a selection of authenticated
    encryption was altered on the way.
    """
    changes = _everywhere(Role.CLIENT) | _of_ae(Role.CLIENT)
    return _refused(Role.CLIENT, SELECTED, changes)


@case(
    "E2E/SRV/DOWNGRADE/BI-separate",
    DOWNGRADE,
    EVENT,
    pics=SEPARATE_SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_separate() -> Iterator[Conversation]:
    """A server raises an alarm when encryption, the ICV or confParams of an offer of both were altered."""
    changes = _of_separate(Role.SERVER) | _of_icv(Role.SERVER)
    return _refused(Role.SERVER, OFFERS["separate"], changes)


@case(
    "E2E/CLI/DOWNGRADE/BI-separate",
    DOWNGRADE,
    EVENT,
    pics=f"{SEPARATE_CLIENT} and {code(Role.CLIENT, 'aes256-CBC')}",
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_separate() -> Iterator[Conversation]:
    """A client raises an alarm when encryption or confParams of a selection with an ICV were altered."""
    return _refused(Role.CLIENT, SELECTED, _of_separate(Role.CLIENT))


@case(
    "E2E/CLI/DOWNGRADE/BI-separate-ICV",
    DOWNGRADE,
    EVENT,
    pics=f"{SEPARATE_CLIENT} and {code(Role.CLIENT, 'aes256-GCM-ICV')}",
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_separate_icv() -> Iterator[Conversation]:
    """A client raises an alarm when the ICV of a selection with encryption was altered on the way."""
    return _refused(Role.CLIENT, SELECTED, _of_icv(Role.CLIENT))


@case(
    "E2E/SRV/DOWNGRADE/BI-integrity",
    DOWNGRADE,
    EVENT,
    pics=CLEAR_SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_clear() -> Iterator[Conversation]:
    """A server raises an alarm when the ICVs of an offer of nothing else were altered on the way."""
    return _refused(Role.SERVER, OFFERS["clear"], _of_icv(Role.SERVER))


@case(
    "E2E/CLI/DOWNGRADE/BI-integrity",
    DOWNGRADE,
    EVENT,
    pics=f"{CLEAR_CLIENT} and {code(Role.CLIENT, 'aes256-GCM-ICV')}",
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_clear() -> Iterator[Conversation]:
    """A client raises an alarm when the ICV of a selection of nothing else was altered on the way."""
    return _refused(Role.CLIENT, SELECTED, _of_icv(Role.CLIENT))
