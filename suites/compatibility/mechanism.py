"""What comes before the authentication value: the context name, the mechanism-name, and that it is there.

The table of clause 11 in its order: a server rejects, and says why; a client answers by P-ABORT.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.compatibility.examination import AUTHENTICATION_SYNTAX, MECHANISM
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.parameters import MMS_SYNTAX
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    CONTEXT_NAME_NOT_SUPPORTED,
    EVENT,
    FAILURE,
    NOT_RECOGNISED,
    P_ABORT,
    REQUIRED,
    SERVER,
    SERVER_BASELINE,
    VALUE_REQUIRED,
    client_refuses,
    rejected_with,
    server_refuses,
)
from conform62351.suites.osi.acse_associate import OTHER_CONTEXT_NAME
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.suites.osi.ppdus import UNKNOWN_NAME
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.steps import Conversation, conversation

CONTEXT_NAME = "R-CMP-application-context-other"
MECHANISM_REQUIRED = "R-CMP-mechanism-required"
MECHANISM_KNOWN = "R-CMP-mechanism-known"
VALUE_PRESENT = "R-CMP-value-present"

AARQ, AARE = "ACSE.AARQ", "ACSE.AARE"
TAGS = {AARQ: ("60", "8b", "ac"), AARE: ("61", "89", "aa")}
"""The tags of the APDU, its mechanism-name and its authentication value."""
OTHER = {AARQ: AARE, AARE: AARQ}
PASSWORD = b"\x80\x06secret"
"""An authentication value of the alternative charstring."""
NO_AUTHENTICATION = Authenticate(withhold=True)
NO_CERTIFICATE = EditTlv(pdu="CMP.value", path="a2/a0/a0/80", edit=Edit.DROP)
"""Makes a value that does not decode."""
OTHER_NAME = SetField(pdu=AARQ, field="application_context", value=OTHER_CONTEXT_NAME)
CONTEXT_NAME_EVENT = "IEC62351-4:15.5"
"""What a server logs that has native mode as well (11-decisions 20, I)."""
NAME_OF_MMS = SetField(pdu=AARQ, field="application_context", value=MMS_SYNTAX)
NO_VALUE_FORMS = (*P_ABORT, rejected_with(FAILURE, VALUE_REQUIRED))


def _confused(apdu: str, member: int) -> EditTlv:
    """Return the mutation that writes a member under the tag that it has in the other APDU."""
    root, tag, other = TAGS[apdu][0], TAGS[apdu][member], TAGS[OTHER[apdu]][member]
    return EditTlv(pdu=apdu, path=f"{root}/{tag}", edit=Edit.RETAG, octets=bytes.fromhex(other))


def _named(apdu: str, name: str | None) -> SetField:
    return SetField(pdu=apdu, field="mechanism_name", value=name)


def _no_mechanism(apdu: str) -> dict[str, tuple[AnyMutation, ...]]:
    return {
        "no mechanism-name": (_named(apdu, None),),
        f"the tag of {OTHER[apdu]}": (_confused(apdu, 1),),
        "no mechanism-name, and no value that decodes": (_named(apdu, None), NO_CERTIFICATE),
    }


def _unknown_mechanisms(apdu: str) -> dict[str, tuple[AnyMutation, ...]]:
    password = SetField(pdu=apdu, field="authentication_value", octets=PASSWORD)
    return {
        "a name that nothing has": (_named(apdu, UNKNOWN_NAME),),
        "the right one and an arc more": (_named(apdu, f"{MECHANISM}.1"),),
        "the right one without its last arc": (_named(apdu, MECHANISM.rpartition(".")[0]),),
        "passwords, and one of them": (_named(apdu, IDENTIFIERS.oid("acse-password-mechanism")), password),
        "passwords, and the right value": (_named(apdu, IDENTIFIERS.oid("acse-password-mechanism")),),
        "the name of the abstract syntax": (_named(apdu, AUTHENTICATION_SYNTAX),),
        "a name that nothing has, and no value that decodes": (_named(apdu, UNKNOWN_NAME), NO_CERTIFICATE),
    }


def _no_value(apdu: str) -> dict[str, AnyMutation]:
    return {
        "no value": SetField(pdu=apdu, field="authentication_value"),
        f"the tag of {OTHER[apdu]}": _confused(apdu, 2),
    }


@case(
    "CMP/SRV/MECHANISM/BI-application-context",
    CONTEXT_NAME,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_application_context() -> Iterator[Conversation]:
    """A server rejects an application context that it does not support, before it looks at authentication."""
    forms = (rejected_with(CONTEXT_NAME_NOT_SUPPORTED),)
    tries: dict[str, tuple[tuple[AnyMutation, ...], Authenticate | None]] = {
        "everything else right": ((OTHER_NAME,), None),
        "the name of the syntax of MMS": ((NAME_OF_MMS,), None),
        "no authentication": ((OTHER_NAME,), NO_AUTHENTICATION),
        "no value that decodes": ((OTHER_NAME, NO_CERTIFICATE), None),
    }
    for label, (mutations, authentication) in tries.items():
        yield conversation(
            server_connection,
            server_refuses(
                CONTEXT_NAME,
                *mutations,
                authentication=authentication,
                forms=forms,
                besides=(CONTEXT_NAME_EVENT,),
            ),
            label=label,
        )


@case(
    "CMP/SRV/MECHANISM/BI-mechanism-missing",
    MECHANISM_REQUIRED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_mechanism_missing() -> Iterator[Conversation]:
    """A server rejects who names no mechanism, with the diagnostic that a mechanism-name is required.

    That is who has TLS alone, too, and who names it under the tag of the AARE.
    """
    forms = (rejected_with(REQUIRED),)
    yield conversation(
        server_connection,
        server_refuses(MECHANISM_REQUIRED, authentication=NO_AUTHENTICATION, forms=forms),
        label="no authentication",
    )
    for label, mutations in _no_mechanism(AARQ).items():
        steps = server_refuses(MECHANISM_REQUIRED, *mutations, forms=forms)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/MECHANISM/BI-mechanism-missing",
    MECHANISM_REQUIRED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_mechanism_missing() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a server accepts and names no mechanism.

    That is a server that does not authenticate itself, too, and one that uses the tag of the AARQ.
    """
    yield conversation(
        client_request,
        client_refuses(MECHANISM_REQUIRED, authentication=NO_AUTHENTICATION),
        label="no authentication",
    )
    for label, mutations in _no_mechanism(AARE).items():
        yield conversation(client_request, client_refuses(MECHANISM_REQUIRED, *mutations), label=label)


@case(
    "CMP/SRV/MECHANISM/BI-mechanism-unknown",
    MECHANISM_KNOWN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_mechanism_unknown() -> Iterator[Conversation]:
    """A server rejects a mechanism-name that it does not know, with the diagnostic that says so."""
    forms = (rejected_with(NOT_RECOGNISED),)
    for label, mutations in _unknown_mechanisms(AARQ).items():
        steps = server_refuses(MECHANISM_KNOWN, *mutations, forms=forms)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/MECHANISM/BI-mechanism-unknown",
    MECHANISM_KNOWN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_mechanism_unknown() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a server names another mechanism than the one asked for."""
    for label, mutations in _unknown_mechanisms(AARE).items():
        yield conversation(client_request, client_refuses(MECHANISM_KNOWN, *mutations), label=label)


@case(
    "CMP/SRV/MECHANISM/BI-value-missing",
    VALUE_PRESENT,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_value_missing() -> Iterator[Conversation]:
    """A server rejects who names the mechanism and shows no value, or answers by P-ABORT."""
    for label, mutation in _no_value(AARQ).items():
        steps = server_refuses(VALUE_PRESENT, mutation, forms=NO_VALUE_FORMS)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/MECHANISM/BI-value-missing",
    VALUE_PRESENT,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_value_missing() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a server names the mechanism and shows no value."""
    for label, mutation in _no_value(AARE).items():
        yield conversation(client_request, client_refuses(VALUE_PRESENT, mutation), label=label)
