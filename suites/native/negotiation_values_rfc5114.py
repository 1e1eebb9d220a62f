"""Public values that are none of the group of RFC 5114, for devices to which 23 is that group (row 13)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import CLIENT_BASELINE, EVENT, NATIVE, SERVER_BASELINE
from conform62351.suites.native.denials import AS_RFC5114
from conform62351.suites.native.negotiation_values import (
    CLIENT_23,
    LENGTH,
    RANGE,
    READING,
    SERVER_23,
    refuses_values,
)
from conform62351.suites.native.public_values import of_other_length, out_of_range, outside_subgroup, valid
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

SUBGROUP = "R-E2E-public-value-subgroup"


@case(
    "E2E/SRV/PUBLIC/BI-23-RFC-5114-range",
    RANGE,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_rfc5114_range() -> Iterator[Conversation]:
    """A server for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeReq is 0, 1, p-1, p or above.
    """
    return refuses_values(Role.SERVER, RANGE, "group-23", out_of_range("modp-2048-224"))


@case(
    "E2E/CLI/PUBLIC/BI-23-RFC-5114-range",
    RANGE,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def client_rfc5114_range() -> Iterator[Conversation]:
    """A client for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeAcc is 0, 1, p-1, p or above.
    """
    return refuses_values(Role.CLIENT, RANGE, "group-23", out_of_range("modp-2048-224"))


@case(
    "E2E/SRV/PUBLIC/BI-23-RFC-5114-length",
    LENGTH,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_rfc5114_length() -> Iterator[Conversation]:
    """A server for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeReq has not 256 octets.
    """
    return refuses_values(Role.SERVER, LENGTH, "group-23", of_other_length("modp-2048-224"))


@case(
    "E2E/CLI/PUBLIC/BI-23-RFC-5114-length",
    LENGTH,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def client_rfc5114_length() -> Iterator[Conversation]:
    """A client for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeAcc has not 256 octets.
    """
    return refuses_values(Role.CLIENT, LENGTH, "group-23", of_other_length("modp-2048-224"))


@case(
    "E2E/SRV/PUBLIC/BI-23-RFC-5114-subgroup",
    SUBGROUP,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_rfc5114_subgroup() -> Iterator[Conversation]:
    """A server for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeReq is not in the subgroup: of small order, of that of the subgroup times a small factor.
    """
    return refuses_values(Role.SERVER, SUBGROUP, "group-23", outside_subgroup("modp-2048-224"))


@case(
    "E2E/CLI/PUBLIC/BI-23-RFC-5114-subgroup",
    SUBGROUP,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def client_rfc5114_subgroup() -> Iterator[Conversation]:
    """A client for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeAcc is not in the subgroup: of small order, of that of the subgroup times a small factor.
    """
    return refuses_values(Role.CLIENT, SUBGROUP, "group-23", outside_subgroup("modp-2048-224"))


@case(
    "E2E/SRV/PUBLIC/BI-23-RFC-5114-other-reading",
    READING,
    EVENT,
    pics=SERVER_23,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_not_secp256r1() -> Iterator[Conversation]:
    """A server for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeReq is a point of secp256r1.
    """
    return refuses_values(Role.SERVER, READING, "group-23", {"a point": valid("secp256r1")})


@case(
    "E2E/CLI/PUBLIC/BI-23-RFC-5114-other-reading",
    READING,
    EVENT,
    pics=CLIENT_23,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def client_not_secp256r1() -> Iterator[Conversation]:
    """A client for which 23 is the group of RFC 5114 answers protocol-error when its value in a
    HandshakeAcc is a point of secp256r1.
    """
    return refuses_values(Role.CLIENT, READING, "group-23", {"a point": valid("secp256r1")})
