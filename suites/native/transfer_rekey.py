"""Refresh of keys that is not in order, for a server: rows 10 to 12 of the checks, and old keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.denials import AS_RFC5114
from conform62351.suites.native.groups import AS_SECP256R1
from conform62351.suites.native.public_values import (
    no_point_forms,
    no_points,
    of_other_length,
    out_of_range,
    outside_subgroup,
    valid,
)
from conform62351.suites.native.transfers import (
    CHANGED_SENDER,
    ENCRYPTED_OR_NOT,
    ICV,
    MODES,
    REKEY_SECOND,
    REKEY_VALUE,
    REQUEST_SENDER,
    Mutations,
    aborts,
    due,
    refuses,
    sends,
    token,
    tried,
)
from conform62351.suites.native.ways import Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import RESPONSE, expect, over
from conform62351.tooling.engine.steps import Conversation, Rekey, Request, conversation

SECOND = "R-E2E-rekey-second"
GROUP = "R-E2E-rekey-group"
VALUE = "R-E2E-rekey-value"
SERVER_WORDS = "R-E2E-rekey-server-words"
OLD_KEYS = "R-E2E-old-keys"

MODP = "modp-2048"
SECP256R1 = "secp256r1"
RFC5114 = "modp-2048-224"
BRAINPOOL = "brainpoolP256r1"
NUMBERS = {MODP: 14, SECP256R1: 23, BRAINPOOL: 28}
UNKNOWN_GROUP = 99


def key_of(group: str, number: int = 0) -> dict[str, int | str]:
    """Return a rekey with a valid value of ``group``, under another ``number`` if that is given."""
    return {"dhGroup": number or NUMBERS[group], "dhPublicKey": valid(group).hex()}


def before(way: Way) -> SetField:
    """Return the mutation that protects a message by the keys before the last change."""
    return SetField(pdu=f"{way.data}.protection", field="keys", value="before")


def one_more(way: Way) -> SetField:
    """Return the mutation that puts another rekey into a message."""
    return token(way, "rekey", key_of(MODP))


@case("E2E/SRV/REKEY/BI-second", SECOND, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_second_rekey() -> Iterator[Conversation]:
    """A second rekey under the old keys, directly behind the first or after changedKey, is answered by a
    server with unexpected-dhPublicKey.
    """
    for way, pics in tried(Role.SERVER, MODES):
        forms, _ = due(Role.SERVER, way.data, (REKEY_SECOND,))
        first: Steps = (*server_association(way.handshake(MODP)), Rekey())
        yield conversation(
            first,
            Request(service="read", point="data.read"),
            sends(Role.SERVER, one_more(way)),
            expect(SECOND, RESPONSE, over(*forms)),
            refuses(SECOND, Role.SERVER, way.data, REKEY_SECOND),
            label=f"{way.label}: behind the first",
            pics=pics,
        )
        yield conversation(
            first,
            server_exchanges(1),
            sends(Role.SERVER, before(way), one_more(way)),
            refuses(SECOND, Role.SERVER, way.data, REKEY_SECOND),
            label=f"{way.label}: after changedKey",
            pics=pics,
        )


def other_groups(way: Way) -> dict[str, Mutations]:
    """Return rekeys of other groups than 14."""
    return {
        "another group": (token(way, "rekey", key_of(SECP256R1)),),
        "another number": (token(way, "rekey", key_of(MODP, UNKNOWN_GROUP)),),
        "number 0": (token(way, "rekey", {"dhGroup": 0, "dhPublicKey": ""}),),
    }


@case("E2E/SRV/REKEY/BI-group", GROUP, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_other_group() -> Iterator[Conversation]:
    """A rekey in another group than that of the handshake, with a value that is valid there, is answered by a
    server with protocol-error.
    """
    for way, pics in tried(Role.SERVER, ENCRYPTED_OR_NOT):
        for label, mutations in other_groups(way).items():
            yield conversation(
                server_association(way.handshake(MODP)),
                sends(Role.SERVER, *mutations),
                refuses(GROUP, Role.SERVER, way.data, REKEY_VALUE),
                label=f"{way.label}: {label}",
                pics=pics,
            )


def refuses_values(group: str, values: Mapping[str, bytes]) -> Iterator[Conversation]:
    """Yield a rekey with each of these octets in an association that has agreed on ``group``."""
    for way, pics in tried(Role.SERVER, ENCRYPTED_OR_NOT):
        for label, octets in values.items():
            yield conversation(
                server_association(way.handshake(group)),
                Rekey(),
                sends(Role.SERVER, token(way, "rekey.dhPublicKey", octets=octets)),
                refuses(VALUE, Role.SERVER, way.data, REKEY_VALUE),
                label=f"{way.label}: {label}",
                pics=pics,
            )


def no_points_of(group: str) -> Mapping[str, bytes]:
    """Return some octets of each kind that are no point of a curve."""
    points, forms = no_points(group), no_point_forms(group)
    wrong = (
        "not on the curve",
        "of the other curve",
        "infinity as one zero octet",
        "infinity as 04 and zero octets",
    )
    other = ("compressed", "no octet", "one octet short")
    return {name: points[name] for name in wrong} | {name: forms[name] for name in other}


@case(
    "E2E/SRV/REKEY/BI-value-14",
    VALUE,
    EVENT,
    pics=f"{SERVER} and E2E.group-14.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_no_value_14() -> Iterator[Conversation]:
    """A rekey in group 14 with 0, 1, p-1 or p, or of another length than the prime, is answered by a server
    with protocol-error.
    """
    values, lengths = out_of_range(MODP), of_other_length(MODP)
    wrong = {name: values[name] for name in ("0", "1", "p-1", "p")}
    other = ("no octet", "without its leading zeros", "one octet more")
    return refuses_values(MODP, wrong | {name: lengths[name] for name in other})


@case(
    "E2E/SRV/REKEY/BI-value-23",
    VALUE,
    EVENT,
    pics=f"{SERVER} and E2E.group-23.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_no_value_23() -> Iterator[Conversation]:
    """A rekey on secp256r1 with what is no point of the curve, the one at infinity, or another form, is
    answered by a server with protocol-error.
    """
    return refuses_values(SECP256R1, no_points_of(SECP256R1))


@case(
    "E2E/SRV/REKEY/BI-value-RFC-5114",
    VALUE,
    EVENT,
    pics=f"{SERVER} and E2E.group-23.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_RFC5114,
)
def server_no_value_rfc5114() -> Iterator[Conversation]:
    """A rekey in the group of RFC 5114 with p-1, or another value outside the subgroup, is answered by a
    server with protocol-error.
    """
    values = {"p-1": out_of_range(RFC5114)["p-1"]} | dict(outside_subgroup(RFC5114))
    return refuses_values("group-23", values)


@case(
    "E2E/SRV/REKEY/BI-value-28",
    VALUE,
    EVENT,
    pics=f"{SERVER} and E2E.group-28.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_no_value_28() -> Iterator[Conversation]:
    """A rekey on brainpoolP256r1 with what is no point of the curve, the one at infinity, or another form, is
    answered by a server with protocol-error.
    """
    return refuses_values(BRAINPOOL, no_points_of(BRAINPOOL))


@case(
    "E2E/SRV/REKEY/BI-changedKey",
    SERVER_WORDS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_changed_key() -> Iterator[Conversation]:
    """changedKey from a client is answered by a server with protocol-error."""
    return aborts(
        Role.SERVER,
        SERVER_WORDS,
        MODES,
        lambda way: {"": (token(way, "changedKey", value=True),)},
        CHANGED_SENDER,
    )


@case(
    "E2E/SRV/REKEY/BI-reqRekey",
    SERVER_WORDS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_requested() -> Iterator[Conversation]:
    """reqRekey from a client is answered by a server with protocol-error."""
    return aborts(
        Role.SERVER,
        SERVER_WORDS,
        MODES,
        lambda way: {"": (token(way, "reqRekey", value=True),)},
        REQUEST_SENDER,
    )


@case(
    "E2E/SRV/REKEY/BI-old-keys", OLD_KEYS, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_old_keys() -> Iterator[Conversation]:
    """Once a message under the new keys has come, one under the old keys makes a server end the association
    without a diagnostic. So does one under the keys of the handshake, behind a second refresh.
    """
    for way, pics in tried(Role.SERVER, MODES):
        renewed = (Rekey(), *server_exchanges(2))
        first = SetField(pdu=f"{way.data}.protection", field="keys", value="handshake")
        for label, times, mutation in (("", 1, before(way)), (": those of the handshake", 2, first)):
            yield conversation(
                server_association(way.handshake()),
                renewed * times,
                sends(Role.SERVER, mutation),
                refuses(OLD_KEYS, Role.SERVER, way.data, ICV),
                label=f"{way.label}{label}",
                pics=pics,
            )
