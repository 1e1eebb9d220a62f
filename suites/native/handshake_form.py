"""Handshakes whose components are missing, doubled, or not what they should be (clause 14, row 1)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake_shapes import (
    OTHER,
    disordered,
    disordered_outside,
    empty_lists,
    missing,
    missing_outside,
    other_types,
    other_types_outside,
    unknown_modes,
)
from conform62351.suites.native.refusals import credentials, refuses_each
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

COMPONENTS = "R-E2E-handshake-components"
TYPES = "R-E2E-handshake-types"
ORDER = "R-E2E-handshake-order"
LISTS = "R-E2E-handshake-lists"
ALTERNATIVE = "R-E2E-handshake-alternative"

INVALID = ("1.1", "4.2")
"""The rows of what does not decode where the signature cannot be told from an invalid one."""


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
