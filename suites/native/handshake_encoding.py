"""Encodings of a handshake that senders do not use, and that a reader has to take (clause 12, Annex D)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
    server_connection_on,
)
from conform62351.suites.native.groups import AS_SECP256R1
from conform62351.suites.native.handshake_read import PDU, Tried, takes_each
from conform62351.suites.osi.conversations import (
    client_request,
    client_usable,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, RESPONSE, expect, reach
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Request,
    Respond,
    conversation,
)

LENGTHS = "R-E2E-lengths-read"
CONSTRUCTED = "R-E2E-constructed-strings-read"
EXTENSIONS = "R-E2E-extensions-read"
ELSEWHERE = "R-E2E-extensions-elsewhere"
DH_KEY = "R-E2E-dhKey-forms-read"
POINT = "R-E2E-point-forms-read"

OUTER: Mapping[Role, str] = {Role.SERVER: "30", Role.CLIENT: "a0"}
"""The outermost tag of what the tester sends to a DUT of that role."""
DATA = "E2E.EncrTransfer"
UNKNOWN = bytes.fromhex("9f 7f 01 00")
"""An element under a tag that no component has: [127]."""
CONSTRUCTED_OCTETS = b"\x24"
TBS_PATHS = "30 30/30 30/30/30 30/30/31 30/30/31/30 30/30/30[-2] 30/30/30[-1] 30/30/30[-1]/30"
"""Everything constructed in tbs when AE is offered, but certPath: tbs, token1, sigAlg, dhKey, hmac, aea."""
EXTENDED_ELSEWHERE = {
    "tbs": "30",
    "dhKey": "30/30/31/30",
}
"""SEQUENCEs in tbs whose end is told by nothing that may be left out there.

Not an AlgorithmIdentifier: with an element behind its parameters it is one that is not understood
(11-decisions 8).
"""
CURVE = Handshake(groups=("secp256r1",))


def _edits(role: Role, edit: Edit) -> tuple[AnyMutation, ...]:
    """Return the same edit of every length around and in the tbs of a handshake."""
    pdu, outer = PDU[role], OUTER[role]
    within = tuple(EditTlv(pdu=f"{pdu}.tbs", path=path, edit=edit) for path in TBS_PATHS.split())
    around = tuple(
        EditTlv(pdu=pdu, path=path, edit=edit) for path in (outer, f"{outer}/30[1]", f"{outer}/30[1]/30")
    )
    return within + around


def _lengths(role: Role) -> dict[str, Tried]:
    only_tbs = (EditTlv(pdu=f"{PDU[role]}.tbs", path="30", edit=Edit.INDEFINITE),)
    return {
        "tbs of indefinite length": (only_tbs, None),
        "indefinite everywhere": (_edits(role, Edit.INDEFINITE), None),
        "an octet more than needed": (_edits(role, Edit.NON_MINIMAL), None),
    }


def _constructed(role: Role) -> dict[str, Tried]:
    paths = {"pkCert": "30/30/04", "dhPublicKey": "30/30/31/30/04"}
    return {
        label: (
            (EditTlv(pdu=f"{PDU[role]}.tbs", path=path, edit=Edit.WRAP, octets=CONSTRUCTED_OCTETS),),
            None,
        )
        for label, path in paths.items()
    }


def _extended(role: Role, path: str) -> EditTlv:
    return EditTlv(pdu=f"{PDU[role]}.tbs", path=path, edit=Edit.APPEND, octets=UNKNOWN)


def _extended_elsewhere(role: Role) -> dict[str, EditTlv]:
    outer = OUTER[role]
    around = {"the SecPDU": outer, "Signature": f"{outer}/30[1]"}
    return {
        **{label: _extended(role, path) for label, path in EXTENDED_ELSEWHERE.items()},
        **{
            label: EditTlv(pdu=PDU[role], path=path, edit=Edit.APPEND, octets=UNKNOWN)
            for label, path in around.items()
        },
    }


EXTENDED_TBP = EditTlv(pdu=f"{DATA}.tbp", path="30", edit=Edit.APPEND, octets=UNKNOWN)


def _dh_keys(role: Role) -> dict[str, Tried]:
    tbs = f"{PDU[role]}.tbs"
    listed = EditTlv(pdu=tbs, path="30/30/31", edit=Edit.RETAG, octets=b"\x30")
    forms: dict[str, Tried] = {"a SEQUENCE OF": ((listed,), None)}
    if role is Role.CLIENT:
        forms["a single SEQUENCE"] = ((EditTlv(pdu=tbs, path="30/30/31", edit=Edit.UNWRAP),), None)
    return forms


def _points(role: Role) -> dict[str, Tried]:
    coordinates = EditTlv(pdu=f"{PDU[role]}.tbs", path="30/30/31/30/04", edit=Edit.STRIP, octets=b"\x04")
    return {"X and Y, 64 octets": ((coordinates,), CURVE)}


@case("E2E/SRV/HS/BV-lengths", LENGTHS, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_lengths() -> Iterator[Conversation]:
    """A server takes a HandshakeReq with indefinite lengths, and with lengths of more octets than needed.

    The signature covers the content of tbs with the octets that end it.
    """
    return takes_each(LENGTHS, Role.SERVER, _lengths(Role.SERVER))


@case("E2E/CLI/HS/BV-lengths", LENGTHS, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_lengths() -> Iterator[Conversation]:
    """A client takes a HandshakeAcc with indefinite lengths, and with lengths of more octets than needed.

    The signature covers the content of tbs with the octets that end it.
    """
    return takes_each(LENGTHS, Role.CLIENT, _lengths(Role.CLIENT))


@case(
    "E2E/SRV/HS/BV-constructed-strings",
    CONSTRUCTED,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_constructed() -> Iterator[Conversation]:
    """A server takes a HandshakeReq with octet strings in constructed encoding."""
    return takes_each(CONSTRUCTED, Role.SERVER, _constructed(Role.SERVER))


@case(
    "E2E/CLI/HS/BV-constructed-strings",
    CONSTRUCTED,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_constructed() -> Iterator[Conversation]:
    """A client takes a HandshakeAcc with octet strings in constructed encoding."""
    return takes_each(CONSTRUCTED, Role.CLIENT, _constructed(Role.CLIENT))


@case(
    "E2E/SRV/HS/BV-extensions",
    EXTENSIONS,
    ELSEWHERE,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_extensions() -> Iterator[Conversation]:
    """A server ignores what later versions may add at the end of ClearToken1 and of tbp.

    At the end of other SEQUENCEs it should do so as well; whether it has to is not known.
    """
    tried: dict[str, Tried] = {"ClearToken1": ((_extended(Role.SERVER, "30/30"),), None)}
    yield from takes_each(EXTENSIONS, Role.SERVER, tried)
    yield conversation(
        server_connection_on(0),
        Associate(),
        reach(ASSOCIATED, limit="limit.associate"),
        Request(service="read", point="data.read", mutations=(EXTENDED_TBP,)),
        expect(EXTENSIONS, RESPONSE),
        server_usable(EXTENSIONS),
        label="tbp",
    )
    for label, mutation in _extended_elsewhere(Role.SERVER).items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=(mutation,)),
            reach(ASSOCIATED, limit="limit.associate"),
            server_usable(ELSEWHERE),
            label=label,
        )


@case(
    "E2E/CLI/HS/BV-extensions",
    EXTENSIONS,
    ELSEWHERE,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_extensions() -> Iterator[Conversation]:
    """A client ignores what later versions may add at the end of ClearToken1 and of tbp.

    At the end of other SEQUENCEs it should do so as well; whether it has to is not known.
    """
    tried: dict[str, Tried] = {"ClearToken1": ((_extended(Role.CLIENT, "30/30"),), None)}
    yield from takes_each(EXTENSIONS, Role.CLIENT, tried)
    yield conversation(
        client_request,
        AnswerAssociation(),
        Act(action="send-request"),
        reach(REQUEST),
        Respond(mutations=(EXTENDED_TBP,)),
        client_usable(EXTENSIONS),
        label="tbp",
    )
    for label, mutation in _extended_elsewhere(Role.CLIENT).items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(mutation,)),
            Act(action="send-request", may_fail=True),
            reach(REQUEST),
            Respond(),
            client_usable(ELSEWHERE),
            label=label,
        )


@case("E2E/SRV/HS/BV-dhKey-forms", DH_KEY, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_dh_key() -> Iterator[Conversation]:
    """A server takes a dhKey that is a SEQUENCE OF and not a SET OF."""
    return takes_each(DH_KEY, Role.SERVER, _dh_keys(Role.SERVER))


@case("E2E/CLI/HS/BV-dhKey-forms", DH_KEY, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_dh_key() -> Iterator[Conversation]:
    """A client takes a dhKey that is a SEQUENCE OF, or the one SEQUENCE alone, and not a SET OF."""
    return takes_each(DH_KEY, Role.CLIENT, _dh_keys(Role.CLIENT))


@case(
    "E2E/SRV/HS/BV-point-forms",
    POINT,
    pics=f"{SERVER_AE} and E2E.group-23.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_point() -> Iterator[Conversation]:
    """A server takes a point of secp256r1 without the octet in front of its coordinates."""
    return takes_each(POINT, Role.SERVER, _points(Role.SERVER))


@case(
    "E2E/CLI/HS/BV-point-forms",
    POINT,
    pics=f"{CLIENT_AE} and E2E.group-23.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def client_point() -> Iterator[Conversation]:
    """A client takes a point of secp256r1 without the octet in front of its coordinates."""
    return takes_each(POINT, Role.CLIENT, _points(Role.CLIENT))
