"""Groups of key agreement that cannot be agreed on (row 12 of clause 14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.denials import AS_RFC5114, GROUPS_OFFERED, Denied, denied_each
from conform62351.suites.native.public_values import valid
from conform62351.suites.native.refusals import SENT, Way, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import Edit, SetField
from conform62351.tooling.engine.steps import Conversation

NOT_SUPPORTED = "R-E2E-group-not-supported"
ONE = "R-E2E-group-one"
OFFERED = "R-E2E-group-offered"
SERVER_GROUP, CLIENT_GROUP, DECODED = "12.1", "12.2", "1.1"

NOBODYS: Final = {
    "0": 0,
    "255": 255,
    "4711": 4711,
    "14 in its last octet": 14 + 256,
    "28 in its last two octets": 28 + 65536,
}
"""Numbers that no group has."""
OUTLANDISH: Final = {"-1": -1, "of 32 bits": 1 << 31, "of 70 bits": (1 << 70) - 1}
"""Numbers that no group has either, and that not every device can read: these may call it protocol-error."""
WEAK: Final = {
    "768-bit MODP": (1, 96),
    "1024-bit MODP": (2, 128),
    "MODP with a subgroup of 160 bits": (22, 128),
}
"""Numbers of IKE's groups that nobody should use any more, and the octets of their public values."""
OPTIONAL: Final = {"group-23": (23, "E2E.group-23"), "brainpoolP256r1": (28, "E2E.group-28")}


def _entry(number: int, value: bytes) -> dict[str, Any]:
    return {"dhGroup": number, "dhPublicKey": value.hex()}


def _offered(*entries: dict[str, Any]) -> Way:
    """Return the HandshakeReq that offers these groups and no other."""
    return way(SetField(pdu=SENT[Role.SERVER].token, field="dhKey", value=entries))


def _selected(group: str, number: int) -> Way:
    """Return the HandshakeAcc that selects a group under another number."""
    chosen = Handshake(groups=(group,))
    return way(SetField(pdu=SENT[Role.CLIENT].token, field="dhKey.0.dhGroup", value=number), handshake=chosen)


def _two(first: str, second: dict[str, Any]) -> Way:
    """Return the HandshakeAcc that selects one more group."""
    added = SetField(pdu=SENT[Role.CLIENT].token, field="dhKey.1", value=second)
    return way(added, handshake=Handshake(groups=(first,)))


@case(
    "E2E/SRV/GROUP/BI-not-supported",
    NOT_SUPPORTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_not_supported() -> Iterator[Conversation]:
    """A server to which only groups are offered that it does not have answers dhGroup-not-supported:
    numbers of no group, groups that are too weak, groups that its PICS denies.
    """
    point = valid("secp256r1")
    ways = {label: _offered(_entry(number, point)) for label, number in NOBODYS.items()}
    ways |= {label: _offered(_entry(number, b"\x5a" * size)) for label, (number, size) in WEAK.items()}
    ways["several"] = _offered(*(_entry(number, point) for number in NOBODYS.values()))
    ways["too weak ones and unknown ones"] = _offered(
        *(_entry(number, b"\x5a" * size) for number, size in WEAK.values()), _entry(4711, point)
    )
    yield from refuses_each(Role.SERVER, NOT_SUPPORTED, SERVER_GROUP, ways)
    outlandish = {label: _offered(_entry(number, point)) for label, number in OUTLANDISH.items()}
    yield from refuses_each(Role.SERVER, NOT_SUPPORTED, (SERVER_GROUP, DECODED), outlandish)
    denied = {
        str(number): Denied(f"not {item}.server", way(handshake=Handshake(groups=(name,))))
        for name, (number, item) in OPTIONAL.items()
    }
    yield from denied_each(Role.SERVER, NOT_SUPPORTED, SERVER_GROUP, denied)


@case(
    "E2E/SRV/GROUP/BI-19-beside-RFC-5114",
    NOT_SUPPORTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_19_unknown() -> Iterator[Conversation]:
    """A server for which 23 is the group of RFC 5114 does not have the number 19, which IKE gives
    secp256r1.
    """
    ways = {"19": _offered(_entry(19, valid("secp256r1")))}
    return refuses_each(Role.SERVER, NOT_SUPPORTED, SERVER_GROUP, ways)


@case(
    "E2E/CLI/GROUP/BI-two-selected",
    ONE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_two_selected() -> Iterator[Conversation]:
    """A client answers illegal-dhGroup-selected when a HandshakeAcc holds two groups: both of them
    offered, the same one twice, or one that exists nowhere.
    """
    modp = valid("modp-2048")
    ways = {
        "14 and 28": _two("modp-2048", _entry(28, valid("brainpoolP256r1"))),
        "14 and 23": _two("modp-2048", _entry(23, valid("secp256r1"))),
        "14 twice": _two("modp-2048", _entry(14, modp)),
        "the same entry twice": way(
            SENT[Role.CLIENT].inside("30/31/30", Edit.DOUBLE), handshake=Handshake(groups=("modp-2048",))
        ),
        "an unknown one behind": _two("modp-2048", _entry(4711, modp)),
    }
    twice = SetField(pdu=SENT[Role.CLIENT].token, field="dhKey", value=(_entry(4711, modp), _entry(14, modp)))
    ways["an unknown one before"] = way(twice)
    return refuses_each(Role.CLIENT, ONE, CLIENT_GROUP, ways)


@case(
    "E2E/CLI/GROUP/BI-not-offered",
    OFFERED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_not_offered() -> Iterator[Conversation]:
    """A client answers illegal-dhGroup-selected when a HandshakeAcc selects a group that it has not
    offered: a number of no group, a group that is too weak, a group that its PICS denies.
    """
    ways = {label: _selected("modp-2048", number) for label, number in NOBODYS.items()}
    token = SENT[Role.CLIENT].token
    for label, (number, size) in WEAK.items():
        chosen = (_entry(number, b"\x5a" * size),)
        ways[label] = way(SetField(pdu=token, field="dhKey", value=chosen))
    yield from refuses_each(Role.CLIENT, OFFERED, CLIENT_GROUP, ways)
    outlandish = {label: _selected("modp-2048", number) for label, number in OUTLANDISH.items()}
    yield from refuses_each(Role.CLIENT, OFFERED, (CLIENT_GROUP, DECODED), outlandish)
    values = {23: valid("secp256r1"), 28: valid("brainpoolP256r1")}
    denied = {
        str(number): Denied(
            f"not {item}.client",
            way(SetField(pdu=token, field="dhKey", value=(_entry(number, values[number]),))),
            GROUPS_OFFERED,
            number,
        )
        for number, item in OPTIONAL.values()
    }
    yield from denied_each(Role.CLIENT, OFFERED, CLIENT_GROUP, denied)


@case(
    "E2E/CLI/GROUP/BI-19-beside-RFC-5114",
    OFFERED,
    EVENT,
    pics=f"{CLIENT} and E2E.group-23.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def client_19_unknown() -> Iterator[Conversation]:
    """A client that has offered 23 as the group of RFC 5114 does not take 19 in its place."""
    ways = {
        "with a value of RFC 5114": _selected("group-23", 19),
        "with a point of secp256r1": way(
            SetField(pdu=SENT[Role.CLIENT].token, field="dhKey", value=(_entry(19, valid("secp256r1")),))
        ),
    }
    return refuses_each(Role.CLIENT, OFFERED, CLIENT_GROUP, ways)
