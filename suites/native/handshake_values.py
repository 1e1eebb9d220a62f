"""assoID and the groups of a handshake: what is no value of theirs (clause 14, row 1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.public_values import valid
from conform62351.suites.native.refusals import SENT, Ways, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import Edit, SetField, SetText
from conform62351.tooling.engine.steps import Conversation

GROUPS = "R-E2E-handshake-groups"
ASSO_ID = "R-E2E-handshake-assoID"

NOBODYS: Final = 4711
"""A number that no group has."""

IN_REQUEST: Final = {
    "nothing": "",
    "letters": "A",
    "four digits": "1000",
    "a leading zero": "0{0}",
    "a sign": "-1",
    "a blank before it": " {0}",
    "a line break behind it": "{0}\n",
    "digits of another script": "\u0667",
    "hexadecimal": "0x1",
    "a colon behind it": "{0}:",
    "two numbers": "{0}:1",
    "three numbers": "{0}:1:1",
    "hundreds of digits": "1" * 300,
}
IN_ACCEPT: Final = {
    "nothing": "",
    "the client's number alone": "{0}",
    "the server's number alone": "{1}",
    "no number of the server": "{0}:",
    "no number of the client": ":{1}",
    "another number of the client": "9{0}:{1}",
    "the client's number with a leading zero": "0{0}:{1}",
    "the server's number with a leading zero": "{0}:0{1}",
    "four digits": "{0}:1000",
    "letters": "{0}:A",
    "three numbers": "{0}:{1}:{1}",
    "a blank between them": "{0}: {1}",
    "a blank behind them": "{0}:{1} ",
    "a line break behind them": "{0}:{1}\n",
    "a number of the server in another script": "{0}:\u0667",
    "a comma between them": "{0},{1}",
    "hundreds of digits": "{0}:" + "1" * 300,
}
"""What assoID must not be (decision 23); {0} is the client's own number, {1} that of the server."""


def asso_ids(role: Role) -> Ways:
    """Return the handshakes with a value in assoID that is none of their kind."""
    patterns = IN_REQUEST if role is Role.SERVER else IN_ACCEPT
    return {
        label: way(SetText(pdu=SENT[role].token, field="assoID", pattern=pattern))
        for label, pattern in patterns.items()
    }


def groups_twice() -> Ways:
    """Return the requests in which a group is offered twice: known or not, side by side or apart."""
    sent = SENT[Role.SERVER]
    point = valid("secp256r1").hex()
    only = Handshake(groups=("modp-2048",))
    again = {"dhGroup": 14, "dhPublicKey": valid("modp-2048").hex()}
    unknown = {"dhGroup": NOBODYS, "dhPublicKey": point}
    return {
        "with the same public value": way(sent.inside("30/31/30", Edit.DOUBLE)),
        "with another public value": way(
            SetField(pdu=sent.token, field="dhKey.1", value=again), handshake=only
        ),
        "with another group between": way(
            SetField(pdu=sent.token, field="dhKey.1", value=unknown),
            SetField(pdu=sent.token, field="dhKey.2", value=again),
            handshake=only,
        ),
        "one that nobody has": way(
            SetField(pdu=sent.token, field="dhKey.1", value=unknown),
            SetField(pdu=sent.token, field="dhKey.2", value=unknown),
            handshake=only,
        ),
    }


@case(
    "E2E/SRV/FORM/BI-group-twice",
    GROUPS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_group_twice() -> Iterator[Conversation]:
    """A server answers protocol-error when a HandshakeReq offers a group twice."""
    return refuses_each(Role.SERVER, GROUPS, "1.4", groups_twice())


@case(
    "E2E/SRV/FORM/BI-assoID",
    ASSO_ID,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_asso_id() -> Iterator[Conversation]:
    """A server answers protocol-error when assoID of a HandshakeReq is anything but one number of 0 to
    999.
    """
    return refuses_each(Role.SERVER, ASSO_ID, "1.2", asso_ids(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-assoID",
    ASSO_ID,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_asso_id() -> Iterator[Conversation]:
    """A client answers protocol-error when assoID of a HandshakeAcc is anything but its own number, a colon
    and another number of 0 to 999.
    """
    return refuses_each(Role.CLIENT, ASSO_ID, "1.2", asso_ids(Role.CLIENT))
