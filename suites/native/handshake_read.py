"""Values in a handshake that senders hardly use, and that a reader has to take (clause 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
    client_takes,
    server_connection_on,
    server_takes,
)
from conform62351.suites.osi.conversations import (
    Steps,
    client_request,
)
from conform62351.tooling.engine.authenticate import Boundary, TimeForm
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField, SetTime
from conform62351.tooling.engine.steps import (
    Conversation,
    conversation,
)

VERSION = "R-E2E-version-read"
SEPARATOR = "R-E2E-time-separator"
TIME_FORMS = "R-E2E-time-forms-read"
INSIDE = "R-E2E-time-window-inside"
CONF_PARAMS = "R-E2E-confParams-read"
PROTOCOL = "R-E2E-pp-read"
ASSO_ID = "R-E2E-assoID-read"

PDU: Mapping[Role, str] = {Role.SERVER: "E2E.HandshakeReq", Role.CLIENT: "E2E.HandshakeAcc"}
"""What the tester sends to a DUT of that role."""
SPACELESS = "IEC61850-8-1"
FORMS_READ = (
    TimeForm.NO_FRACTION,
    TimeForm.DOT_WITHOUT_DIGITS,
    TimeForm.ONE_DIGIT,
    TimeForm.SIX_DIGITS,
)
SIDES: tuple[Boundary, ...] = ("past", "future")
TRAILING_ZEROS = {
    "to the end of the octet": bytes.fromhex("00 40"),
    "32 bits": bytes.fromhex("00 40 00 00 00"),
}
"""applProtected alone, with zero bits behind it that senders leave out."""
NUMBERS = (0, 9, 10, 99, 100, 999)
"""As short and as long as numbers of associations get."""

Tried = tuple[tuple[AnyMutation, ...], Handshake | None]
"""What is changed of a handshake, and how it is offered or selected."""


def takes_each(requirement: str, role: Role, tried: Mapping[str, Tried]) -> Iterator[Conversation]:
    """Yield conversations in which the DUT has to take a handshake, and data after it."""
    for label, (mutations, handshake) in tried.items():
        if role is Role.SERVER:
            steps: Sequence[Steps] = (
                server_connection_on(0),
                server_takes(requirement, *mutations, handshake=handshake),
            )
        else:
            steps = (client_request, client_takes(requirement, *mutations, handshake=handshake))
        yield conversation(*steps, label=label)


def _token(role: Role) -> str:
    return f"{PDU[role]}.token"


def _versions(role: Role) -> dict[str, Tried]:
    values: dict[str, tuple[int, ...] | None] = {
        "left out": None,
        "v1 and the bit behind it": (0, 1),
        "v1 and a bit of a later octet": (0, 11),
    }
    return {
        label: ((SetField(pdu=_token(role), field="version", value=value),), None)
        for label, value in values.items()
    }


def _written(role: Role, *forms: TimeForm) -> dict[str, Tried]:
    return {form.value: ((SetTime(pdu=_token(role), form=form),), None) for form in forms}


def _inside(role: Role) -> dict[str, Tried]:
    return {
        f"just inside the window, in the {side}": ((SetTime(pdu=_token(role), boundary=side),), None)
        for side in SIDES
    }


def _conf_params(role: Role) -> dict[str, Tried]:
    return {
        label: (
            (EditTlv(pdu=f"{PDU[role]}.tbs", path="30/30/03[-1]", edit=Edit.CONTENT, octets=octets),),
            None,
        )
        for label, octets in TRAILING_ZEROS.items()
    }


def _protocols(role: Role) -> dict[str, Tried]:
    return {"without the space": ((SetField(pdu=PDU[role], field="pp", value=SPACELESS),), None)}


NUMBERED: Mapping[str, Tried] = {f"number {number}": ((), Handshake(number=number)) for number in NUMBERS}


@case("E2E/SRV/HS/BV-version", VERSION, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_version() -> Iterator[Conversation]:
    """A server takes a HandshakeReq whose version is left out, or has further bits beside v1."""
    return takes_each(VERSION, Role.SERVER, _versions(Role.SERVER))


@case("E2E/CLI/HS/BV-version", VERSION, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_version() -> Iterator[Conversation]:
    """A client takes a HandshakeAcc whose version is left out, or has further bits beside v1."""
    return takes_each(VERSION, Role.CLIENT, _versions(Role.CLIENT))


@case(
    "E2E/SRV/HS/BV-time-separator",
    SEPARATOR,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_time_separator() -> Iterator[Conversation]:
    """A server takes a time whose fraction stands behind a comma."""
    return takes_each(SEPARATOR, Role.SERVER, _written(Role.SERVER, TimeForm.COMMA))


@case(
    "E2E/CLI/HS/BV-time-separator",
    SEPARATOR,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_time_separator() -> Iterator[Conversation]:
    """A client takes a time whose fraction stands behind a comma."""
    return takes_each(SEPARATOR, Role.CLIENT, _written(Role.CLIENT, TimeForm.COMMA))


@case("E2E/SRV/HS/BV-time-forms", TIME_FORMS, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time_forms() -> Iterator[Conversation]:
    """A server takes a time with other than three digits of fraction, or none."""
    return takes_each(TIME_FORMS, Role.SERVER, _written(Role.SERVER, *FORMS_READ))


@case("E2E/CLI/HS/BV-time-forms", TIME_FORMS, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_time_forms() -> Iterator[Conversation]:
    """A client takes a time with other than three digits of fraction, or none."""
    return takes_each(TIME_FORMS, Role.CLIENT, _written(Role.CLIENT, *FORMS_READ))


@case("E2E/SRV/HS/BV-time-inside", INSIDE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time_inside() -> Iterator[Conversation]:
    """A server takes a HandshakeReq whose time is just less than 10 minutes before or after its own."""
    return takes_each(INSIDE, Role.SERVER, _inside(Role.SERVER))


@case("E2E/CLI/HS/BV-time-inside", INSIDE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_time_inside() -> Iterator[Conversation]:
    """A client takes a HandshakeAcc whose time is just less than 10 minutes before or after its own."""
    return takes_each(INSIDE, Role.CLIENT, _inside(Role.CLIENT))


@case(
    "E2E/SRV/HS/BV-confParams",
    CONF_PARAMS,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_conf_params() -> Iterator[Conversation]:
    """A server takes confParams with zero bits at their end."""
    return takes_each(CONF_PARAMS, Role.SERVER, _conf_params(Role.SERVER))


@case(
    "E2E/CLI/HS/BV-confParams",
    CONF_PARAMS,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_conf_params() -> Iterator[Conversation]:
    """A client takes confParams with zero bits at their end."""
    return takes_each(CONF_PARAMS, Role.CLIENT, _conf_params(Role.CLIENT))


@case("E2E/SRV/HS/BV-pp", PROTOCOL, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_protocol() -> Iterator[Conversation]:
    """A server takes the name of the protected protocol without the space in it."""
    return takes_each(PROTOCOL, Role.SERVER, _protocols(Role.SERVER))


@case("E2E/CLI/HS/BV-pp", PROTOCOL, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_protocol() -> Iterator[Conversation]:
    """A client takes the name of the protected protocol without the space in it."""
    return takes_each(PROTOCOL, Role.CLIENT, _protocols(Role.CLIENT))


@case("E2E/SRV/HS/BV-assoID", ASSO_ID, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_asso_id() -> Iterator[Conversation]:
    """A server takes numbers of one to three digits for an association, and goes on with both numbers."""
    return takes_each(ASSO_ID, Role.SERVER, NUMBERED)


@case("E2E/CLI/HS/BV-assoID", ASSO_ID, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_asso_id() -> Iterator[Conversation]:
    """A client takes numbers of one to three digits for an association, and goes on with both numbers."""
    return takes_each(ASSO_ID, Role.CLIENT, NUMBERED)
