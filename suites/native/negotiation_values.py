"""Public values of key agreement that are none of their group (row 13 of clause 14; 11-decisions 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    own_data,
    server_connection_on,
)
from conform62351.suites.native.groups import AS_SECP256R1
from conform62351.suites.native.public_values import (
    no_point_forms,
    no_points,
    of_other_length,
    out_of_range,
    valid,
)
from conform62351.suites.native.refusals import SENT, refuses_each, way
from conform62351.suites.osi.conversations import server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.native_outcomes import sec_rejected
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, over, warned
from conform62351.tooling.engine.steps import Associate, Conversation, Verify, conversation

RANGE = "R-E2E-public-value-range"
LENGTH = "R-E2E-public-value-length"
POINT = "R-E2E-public-value-point"
FORM = "R-E2E-public-value-form"
READING = "R-E2E-public-value-reading"
SELECTED = "R-E2E-public-value-selected"
LOOKED_AT = "the value of a group that need not be selected is looked at"
SERVER_14, CLIENT_14 = f"{SERVER} and E2E.group-14.server", f"{CLIENT} and E2E.group-14.client"
SERVER_23, CLIENT_23 = f"{SERVER} and E2E.group-23.server", f"{CLIENT} and E2E.group-23.client"
SERVER_28, CLIENT_28 = f"{SERVER} and E2E.group-28.server", f"{CLIENT} and E2E.group-28.client"


def refuses_values(
    role: Role, requirement: str, group: str, values: Mapping[str, bytes]
) -> Iterator[Conversation]:
    """Show that the DUT refuses each of these values in a group, which is the only one of the handshake."""
    ways = {
        label: way(
            SetField(pdu=SENT[role].token, field="dhKey.0.dhPublicKey", octets=value),
            handshake=Handshake(groups=(group,)),
        )
        for label, value in values.items()
    }
    return refuses_each(role, requirement, "13", ways)


@case(
    "E2E/SRV/PUBLIC/BI-14-range",
    RANGE,
    EVENT,
    pics=SERVER_14,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_14_range() -> Iterator[Conversation]:
    """A server answers protocol-error when the value of group 14 in a HandshakeReq is 0, 1, p-1, p or
    above.
    """
    return refuses_values(Role.SERVER, RANGE, "modp-2048", out_of_range("modp-2048"))


@case(
    "E2E/CLI/PUBLIC/BI-14-range",
    RANGE,
    EVENT,
    pics=CLIENT_14,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_14_range() -> Iterator[Conversation]:
    """A client answers protocol-error when the value of group 14 in a HandshakeAcc is 0, 1, p-1, p or
    above.
    """
    return refuses_values(Role.CLIENT, RANGE, "modp-2048", out_of_range("modp-2048"))


@case(
    "E2E/SRV/PUBLIC/BI-14-length",
    LENGTH,
    EVENT,
    pics=SERVER_14,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_14_length() -> Iterator[Conversation]:
    """A server answers protocol-error when the value of group 14 in a HandshakeReq has not 256 octets."""
    return refuses_values(Role.SERVER, LENGTH, "modp-2048", of_other_length("modp-2048"))


@case(
    "E2E/CLI/PUBLIC/BI-14-length",
    LENGTH,
    EVENT,
    pics=CLIENT_14,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_14_length() -> Iterator[Conversation]:
    """A client answers protocol-error when the value of group 14 in a HandshakeAcc has not 256 octets."""
    return refuses_values(Role.CLIENT, LENGTH, "modp-2048", of_other_length("modp-2048"))


@case(
    "E2E/SRV/PUBLIC/BI-23-point",
    POINT,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_23_point() -> Iterator[Conversation]:
    """A server answers protocol-error when the value of group 23 in a HandshakeReq is no point of
    secp256r1, or the one at infinity.
    """
    return refuses_values(Role.SERVER, POINT, "secp256r1", no_points("secp256r1"))


@case(
    "E2E/CLI/PUBLIC/BI-23-point",
    POINT,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def client_23_point() -> Iterator[Conversation]:
    """A client answers protocol-error when the value of group 23 in a HandshakeAcc is no point of
    secp256r1, or the one at infinity.
    """
    return refuses_values(Role.CLIENT, POINT, "secp256r1", no_points("secp256r1"))


@case(
    "E2E/SRV/PUBLIC/BI-23-form",
    FORM,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_23_form() -> Iterator[Conversation]:
    """A server answers protocol-error when a point of secp256r1 in a HandshakeReq is compressed, or of a
    form that does not exist.
    """
    return refuses_values(Role.SERVER, FORM, "secp256r1", no_point_forms("secp256r1"))


@case(
    "E2E/CLI/PUBLIC/BI-23-form",
    FORM,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def client_23_form() -> Iterator[Conversation]:
    """A client answers protocol-error when a point of secp256r1 in a HandshakeAcc is compressed, or of a
    form that does not exist.
    """
    return refuses_values(Role.CLIENT, FORM, "secp256r1", no_point_forms("secp256r1"))


@case(
    "E2E/SRV/PUBLIC/BI-28-point",
    POINT,
    EVENT,
    pics=SERVER_28,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_28_point() -> Iterator[Conversation]:
    """A server answers protocol-error when the value of group 28 in a HandshakeReq is no point of
    brainpoolP256r1, or the one at infinity.
    """
    return refuses_values(Role.SERVER, POINT, "brainpoolP256r1", no_points("brainpoolP256r1"))


@case(
    "E2E/CLI/PUBLIC/BI-28-point",
    POINT,
    EVENT,
    pics=CLIENT_28,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_28_point() -> Iterator[Conversation]:
    """A client answers protocol-error when the value of group 28 in a HandshakeAcc is no point of
    brainpoolP256r1, or the one at infinity.
    """
    return refuses_values(Role.CLIENT, POINT, "brainpoolP256r1", no_points("brainpoolP256r1"))


@case(
    "E2E/SRV/PUBLIC/BI-28-form",
    FORM,
    EVENT,
    pics=SERVER_28,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_28_form() -> Iterator[Conversation]:
    """A server answers protocol-error when a point of brainpoolP256r1 in a HandshakeReq is compressed, or
    of a form that does not exist.
    """
    return refuses_values(Role.SERVER, FORM, "brainpoolP256r1", no_point_forms("brainpoolP256r1"))


@case(
    "E2E/CLI/PUBLIC/BI-28-form",
    FORM,
    EVENT,
    pics=CLIENT_28,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_28_form() -> Iterator[Conversation]:
    """A client answers protocol-error when a point of brainpoolP256r1 in a HandshakeAcc is compressed, or
    of a form that does not exist.
    """
    return refuses_values(Role.CLIENT, FORM, "brainpoolP256r1", no_point_forms("brainpoolP256r1"))


@case(
    "E2E/SRV/PUBLIC/BI-23-other-reading",
    READING,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_not_rfc5114() -> Iterator[Conversation]:
    """A server for which 23 is secp256r1 answers protocol-error when its value in a HandshakeReq is one
    of the group of RFC 5114.
    """
    return refuses_values(Role.SERVER, READING, "secp256r1", {"256 octets": valid("modp-2048-224")})


@case(
    "E2E/CLI/PUBLIC/BI-23-other-reading",
    READING,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def client_not_rfc5114() -> Iterator[Conversation]:
    """A client for which 23 is secp256r1 answers protocol-error when its value in a HandshakeAcc is one
    of the group of RFC 5114.
    """
    return refuses_values(Role.CLIENT, READING, "secp256r1", {"256 octets": valid("modp-2048-224")})


@case(
    "E2E/SRV/PUBLIC/BV-not-selected",
    SELECTED,
    "R-E2E-own-data",
    "R-E2E-fresh-iv",
    pics=f"{SERVER_28} and E2E.group-14.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_not_selected() -> Iterator[Conversation]:
    """A server to which two groups are offered, one with a value that is none, selects the other, or refuses.

    Only the value of the group that it selects has to be valid.
    """
    refused = over(sec_rejected("protocol-error"))
    for place, groups in enumerate((("modp-2048", "brainpoolP256r1"), ("brainpoolP256r1", "modp-2048"))):
        bad = SetField(
            pdu="E2E.HandshakeReq.token",
            field=f"dhKey.{place}.dhPublicKey",
            octets=out_of_range("modp-2048")["1"],
        )
        yield conversation(
            server_connection_on(0),
            Associate(handshake=Handshake(groups=groups), mutations=(bad,)),
            expect(
                SELECTED,
                ASSOCIATED,
                warned(LOOKED_AT, refused) if place else refused,
                limit="limit.associate",
            ),
            Verify(requirement=SELECTED, field="E2E.dhGroup", is_in=(28,), severity=Severity.SECURITY),
            server_usable(SELECTED),
            own_data,
            label="the bad one behind" if place else "the bad one before",
        )
