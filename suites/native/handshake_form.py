"""What is no handshake by its form (clause 14, row 1): the device answers protocol-error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake_shapes import (
    OTHER,
    disordered,
    disordered_outside,
    empty_lists,
    garbage,
    missing,
    missing_outside,
    other_alternatives,
    other_types,
    other_types_outside,
    unknown_modes,
)
from conform62351.suites.native.refusals import SENT, Ways, credentials, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, SetText
from conform62351.tooling.engine.steps import Conversation

COMPONENTS = "R-E2E-handshake-components"
TYPES = "R-E2E-handshake-types"
ORDER = "R-E2E-handshake-order"
LISTS = "R-E2E-handshake-lists"
GROUPS = "R-E2E-handshake-groups"
ASSO_ID = "R-E2E-handshake-assoID"
OCTETS = "R-E2E-handshake-octets"
ALTERNATIVE = "R-E2E-handshake-alternative"

INVALID = ("1.1", "4.2")
"""The rows of what does not decode where the signature cannot be told from an invalid one."""

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
    """Return the request in which the first group is offered twice, with the same public value."""
    return {"": way(SENT[Role.SERVER].inside("30/31/30", Edit.DOUBLE))}


@case(
    "E2E/SRV/FORM/BI-missing",
    COMPONENTS,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_missing() -> Iterator[Conversation]:
    """A server answers protocol-error when a component of a HandshakeReq is missing that must be there."""
    return refuses_each(Role.SERVER, COMPONENTS, "1.1", missing(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-missing",
    COMPONENTS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_missing() -> Iterator[Conversation]:
    """A client answers protocol-error when a component of a HandshakeAcc is missing that must be there."""
    return refuses_each(Role.CLIENT, COMPONENTS, "1.1", missing(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-missing-outside",
    COMPONENTS,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_missing_outside() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq without pp, tbs, or a component of its signature."""
    return refuses_each(Role.SERVER, COMPONENTS, INVALID, missing_outside(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-missing-outside",
    COMPONENTS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_missing_outside() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc without pp, tbs, or a component of its signature."""
    return refuses_each(Role.CLIENT, COMPONENTS, INVALID, missing_outside(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-type",
    TYPES,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(OTHER),
)
def server_type() -> Iterator[Conversation]:
    """A server answers protocol-error when a component of a HandshakeReq is of another type, or out of its
    range.
    """
    return refuses_each(Role.SERVER, TYPES, "1.1", other_types(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-type",
    TYPES,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(OTHER),
)
def client_type() -> Iterator[Conversation]:
    """A client answers protocol-error when a component of a HandshakeAcc is of another type, or out of its
    range.
    """
    return refuses_each(Role.CLIENT, TYPES, "1.1", other_types(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-type-outside",
    TYPES,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_type_outside() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq in which a component around the signed part is of another type."""
    return refuses_each(Role.SERVER, TYPES, INVALID, other_types_outside(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-type-outside",
    TYPES,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_type_outside() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc in which a component around the signed part is of another type."""
    return refuses_each(Role.CLIENT, TYPES, INVALID, other_types_outside(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-order",
    ORDER,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_order() -> Iterator[Conversation]:
    """A server answers protocol-error when components of a HandshakeReq come twice, or in another order."""
    return refuses_each(Role.SERVER, ORDER, "1.1", disordered(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-order",
    ORDER,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_order() -> Iterator[Conversation]:
    """A client answers protocol-error when components of a HandshakeAcc come twice, or in another order."""
    return refuses_each(Role.CLIENT, ORDER, "1.1", disordered(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-order-outside",
    ORDER,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_order_outside() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq in which what is around the signed part comes twice, or in another
    order.
    """
    return refuses_each(Role.SERVER, ORDER, INVALID, disordered_outside(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-order-outside",
    ORDER,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_order_outside() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc in which what is around the signed part comes twice, or in another
    order.
    """
    return refuses_each(Role.CLIENT, ORDER, INVALID, disordered_outside(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-empty-list",
    LISTS,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_empty_list() -> Iterator[Conversation]:
    """A server answers protocol-error when a list in a HandshakeReq is empty: of groups, or of algorithms."""
    return refuses_each(Role.SERVER, LISTS, "1.3", empty_lists(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-empty-list",
    LISTS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_empty_list() -> Iterator[Conversation]:
    """A client answers protocol-error when a list in a HandshakeAcc is empty: of groups, or of algorithms."""
    return refuses_each(Role.CLIENT, LISTS, "1.3", empty_lists(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-unknown-mode",
    ALTERNATIVE,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_unknown_mode() -> Iterator[Conversation]:
    """A server answers protocol-error when encr-mode of a HandshakeReq is an alternative that is not
    known.
    """
    return refuses_each(Role.SERVER, ALTERNATIVE, "1.1", unknown_modes(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-unknown-mode",
    ALTERNATIVE,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_unknown_mode() -> Iterator[Conversation]:
    """A client answers protocol-error when encr-mode of a HandshakeAcc is an alternative that is not
    known.
    """
    return refuses_each(Role.CLIENT, ALTERNATIVE, "1.1", unknown_modes(Role.CLIENT))


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


@case(
    "E2E/SRV/FORM/BI-other-PDU",
    ALTERNATIVE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_pdu() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq under the tag of another SecPDU, or under one that there is not."""
    return refuses_each(Role.SERVER, ALTERNATIVE, INVALID, other_alternatives(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-other-PDU",
    ALTERNATIVE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_pdu() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc under the tag of another SecPDU, or under one that there is not."""
    return refuses_each(Role.CLIENT, ALTERNATIVE, INVALID, other_alternatives(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-garbage",
    OCTETS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_garbage() -> Iterator[Conversation]:
    """A server refuses what is no handshake at all: other values, deep nesting, lengths beyond the end,
    octets that break off.
    """
    return refuses_each(Role.SERVER, OCTETS, INVALID, garbage(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-garbage",
    OCTETS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_garbage() -> Iterator[Conversation]:
    """A client refuses what is no handshake at all: other values, deep nesting, lengths beyond the end,
    octets that break off.
    """
    return refuses_each(Role.CLIENT, OCTETS, INVALID, garbage(Role.CLIENT))
