"""The members of AARQ and AARE for plain MMS (X.227 clauses 7.1, 7.4 and 9; IEC 62351-4 clause 10)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi.apdu import AUTHENTICATION_UNIT
from conform62351.profiles.osi.parameters import BASIC_CONTEXT
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_must_not_use,
    client_request,
    client_usable,
    server_association,
    server_connection,
    server_takes,
    server_usable,
)
from conform62351.suites.osi.ppdus import UNKNOWN_NAME
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ASSOCIATED,
    REQUEST,
    expect,
    over,
    refuse,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    Respond,
    Verify,
    conversation,
)

VERSION_1 = "0780"
ONE_BIT = "0780"
"""Content of a BIT STRING, in hexadecimal: seven unused bits and the one that is set."""
NO_VERSION: dict[str, tuple[AnyMutation, ...]] = {
    name: (SetField(pdu=f"ACSE.{name}", field="protocol_version"),) for name in ("AARQ", "AARE")
}
OTHER_VERSIONS = {"version 2": b"\x06\x40", "no version": b"\x07\x00"}
OTHER_CONTEXT_NAME = "1.0.9506.2.99"
AUTHENTICATION_VALUE = bytes.fromhex("80 06 736563726574")
MECHANISM = bytes.fromhex("8B 06 2B CE 0F 83 E7 0F")
"""A mechanism-name under the tag of AARQ."""
UNUSED_MEMBERS: dict[str, tuple[AnyMutation, ...]] = {
    "invocation identifiers": tuple(
        SetField(pdu="ACSE.AARQ", field=f"{direction}_{part}_invocation", value=7)
        for direction in ("called", "calling")
        for part in ("ap", "ae")
    ),
    "implementation information": (
        SetField(pdu="ACSE.AARQ", field="implementation_information", octets=b"conform62351"),
    ),
    **{
        label: (EditTlv(pdu="ACSE.AARQ", path="60/be", edit=Edit.INSERT, octets=octets),)
        for label, octets in (
            ("an unknown member [20]", b"\x94\x02\xab\xcd"),
            ("an unknown member [21], constructed", b"\xb5\x05\x02\x03\x01\x02\x03"),
            ("an unknown member [99]", b"\x9f\x63\x01\x00"),
        )
    },
}
CONFUSED_TAGS = {
    "requirements": b"\x8a\x02\x07\x80",
    "mechanism-name": MECHANISM,
    "authentication value": b"\xac" + bytes((len(AUTHENTICATION_VALUE),)) + AUTHENTICATION_VALUE,
}
CONFUSED_TAGS["all three"] = b"".join(CONFUSED_TAGS.values())


def authentication(*, mechanism: bool = True, value: bool = True) -> tuple[AnyMutation, ...]:
    """Return the mutations by which an AARQ asks for authentication by a mechanism that nobody has."""
    members = [SetField(pdu="ACSE.AARQ", field="requirements", octets=AUTHENTICATION_UNIT)]
    if mechanism:
        members.append(SetField(pdu="ACSE.AARQ", field="mechanism_name", value=UNKNOWN_NAME))
    if value:
        members.append(SetField(pdu="ACSE.AARQ", field="authentication_value", octets=AUTHENTICATION_VALUE))
    return tuple(members)


def requirements_coding(apdu: str) -> Verify:
    """Return the check that the ACSE requirements, if any, are a BIT STRING of one bit."""
    return Verify(
        requirement="R-ACSE-requirements-coding",
        field=f"ACSE.{apdu}.requirements",
        is_in=(ONE_BIT,),
        optional=True,
    )


def plain_members(apdu: str) -> Steps:
    """Return the checks of the members that AARQ and AARE state alike."""
    return (
        Verify(
            requirement="R-ACSE-protocol-version",
            field=f"ACSE.{apdu}.protocol_version",
            is_in=(VERSION_1,),
            optional=True,
        ),
        NoFinding(requirement="R-ACSE-protocol-version", steps=(f"ACSE.{apdu}.21",), tolerated=True),
        Verify(
            requirement="R-ACSE-application-context",
            field=f"ACSE.{apdu}.application_context",
            is_in=(BASIC_CONTEXT,),
        ),
        requirements_coding(apdu),
    )


ASKING_FOR_AUTHENTICATION = {
    "mechanism and value": authentication(),
    "mechanism alone": authentication(value=False),
    "the functional unit alone": authentication(mechanism=False, value=False),
}


@case(
    "OSI/SRV/ACSE/BV-accept-form",
    "R-ACSE-AARE-form",
    "R-ACSE-protocol-version",
    "R-ACSE-application-context",
    "R-ACSE-requirements-coding",
    pics=SERVER,
)
def server_accept_form() -> Conversation:
    """An accepting AARE holds version 1, the context name of MMS, result 0 and the initiate-Response.

    A protocol version that is left out stands for version 1 as well: it is reported as a warning.
    """
    return conversation(
        server_association,
        Verify(requirement="R-ACSE-AARE-form", field="ACSE.AARE.result", is_in=(0,)),
        Verify(requirement="R-ACSE-AARE-form", field="ACSE.AARE.diagnostic_source", is_in=(1,)),
        Verify(requirement="R-ACSE-AARE-form", field="ACSE.AARE.diagnostic", is_in=(0,)),
        NoFinding(requirement="R-ACSE-AARE-form", steps=("ACSE.AARE.16",)),
        Verify(requirement="R-ACSE-AARE-form", field="MMS.initiate-ResponsePDU"),
        plain_members("AARE"),
    )


@case(
    "OSI/CLI/ACSE/BV-request-form",
    "R-ACSE-AARQ-form",
    "R-ACSE-protocol-version",
    "R-ACSE-application-context",
    "R-ACSE-requirements-coding",
    pics=CLIENT,
)
def client_request_form() -> Conversation:
    """An AARQ holds version 1, the context name of MMS and one EXTERNAL with the initiate-Request.

    A protocol version that is left out stands for version 1 as well: it is reported as a warning.
    """
    return conversation(
        client_request,
        NoFinding(requirement="R-ACSE-AARQ-form", steps=("ACSE.AARQ.5", "ACSE.AARQ.16")),
        Verify(requirement="R-ACSE-AARQ-form", field="MMS.initiate-RequestPDU"),
        plain_members("AARQ"),
    )


@case(
    "OSI/SRV/ACSE/BV-version-absent", "R-ACSE-protocol-version-absent", pics=SERVER, baseline=SERVER_BASELINE
)
def server_version_absent() -> Conversation:
    """An AARQ without protocol version is one of version 1."""
    return conversation(
        server_connection,
        server_takes("R-ACSE-protocol-version-absent", *NO_VERSION["AARQ"]),
    )


@case(
    "OSI/CLI/ACSE/BV-version-absent", "R-ACSE-protocol-version-absent", pics=CLIENT, baseline=CLIENT_BASELINE
)
def client_version_absent() -> Conversation:
    """An AARE without protocol version is one of version 1."""
    return conversation(
        client_request,
        AnswerAssociation(mutations=NO_VERSION["AARE"]),
        client_usable("R-ACSE-protocol-version-absent"),
    )


@case("OSI/SRV/ACSE/BI-version-other", "R-ACSE-protocol-version-other", pics=SERVER, baseline=SERVER_BASELINE)
def server_version_other() -> Iterator[Conversation]:
    """An AARQ that does not offer version 1 is rejected: no common ACSE version, says the provider."""
    for label, octets in OTHER_VERSIONS.items():
        yield conversation(
            server_connection,
            Associate(mutations=(SetField(pdu="ACSE.AARQ", field="protocol_version", octets=octets),)),
            refuse(
                "R-ACSE-protocol-version-other", rejected(source=2, diagnostic=2), limit="limit.associate"
            ),
            label=label,
        )


@case(
    "OSI/CLI/ACSE/BI-application-context",
    "R-ACSE-application-context-other",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_other_context() -> Conversation:
    """A client that is accepted under another application context than it asked for aborts."""
    return conversation(
        client_request,
        client_must_not_use(SetField(pdu="ACSE.AARE", field="application_context", value=OTHER_CONTEXT_NAME)),
        refuse("R-ACSE-application-context-other", ABORTED),
    )


@case("OSI/SRV/ACSE/BV-unknown-member", "R-ACSE-AARQ-unknown-member", pics=SERVER, baseline=SERVER_BASELINE)
def server_unknown_member() -> Iterator[Conversation]:
    """A member of an AARQ that X.227 does not define, or that MMS has no use for, is ignored."""
    for label, mutations in UNUSED_MEMBERS.items():
        yield conversation(
            server_connection,
            server_takes("R-ACSE-AARQ-unknown-member", *mutations),
            label=label,
        )


@case(
    "OSI/SRV/ACSE/BV-authentication-asked",
    "R-ACSE-requirements-read",
    "R-ACSE-AARE-tags",
    "R-ACSE-requirements-coding",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_authentication_asked() -> Iterator[Conversation]:
    """A client that asks for authentication by an unknown mechanism is served without it, or told why not.

    Whatever the AARE says of authentication stands under the tags of AARE.
    """
    for label, mutations in ASKING_FOR_AUTHENTICATION.items():
        yield conversation(
            server_connection,
            Associate(mutations=mutations),
            expect(
                "R-ACSE-requirements-read",
                ASSOCIATED,
                over(rejected(source=1, diagnostic=(11, 12, 13, 14)), ABORTED),
                limit="limit.associate",
            ),
            NoFinding(requirement="R-ACSE-AARE-tags", steps=("ACSE.AARE.4",)),
            requirements_coding("AARE"),
            server_usable("R-ACSE-requirements-read"),
            label=label,
        )


@case("OSI/CLI/ACSE/BI-confused-tags", "R-ACSE-AARE-tags-confused", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_confused_tags() -> Iterator[Conversation]:
    """Authentication members of an AARE under the tags of AARQ are passed over, or lead to an abort."""
    for label, octets in CONFUSED_TAGS.items():
        yield conversation(
            client_request,
            AnswerAssociation(
                mutations=(EditTlv(pdu="ACSE.AARE", path="61/be", edit=Edit.INSERT, octets=octets),)
            ),
            Act(action="send-request", may_fail=True),
            expect("R-ACSE-AARE-tags-confused", REQUEST, over(ABORTED)),
            Respond(),
            client_usable("R-ACSE-AARE-tags-confused"),
            label=label,
        )
