"""Variables and variable lists of a DUT server (ISO 9506-2 clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_usable,
)
from conform62351.suites.osi.mms_pdus import (
    ACCESSED,
    FIRST_VALUE,
    NOT_ACCESSED,
    RESULT,
    RESULTS,
    UNKNOWN_DOMAIN,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import ERROR_RESPONSE, RESPONSE, expect, reach, refuse
from conform62351.tooling.engine.steps import (
    AnyStep,
    Conversation,
    NoFinding,
    Request,
    Verify,
    conversation,
)

READ = f"{SERVER} and MMS.read.server"
WRITE = f"{READ} and MMS.write.server"
TYPE = "MMS.getVariableAccessAttributes.server"
LIST = "MMS.getNamedVariableListAttributes.server"
NAMES = "MMS.getNameList.server"
RESULT_COUNT = "MMS.11"
MANY = 20
UNKNOWN_ITEM = "LLN0$ST$Conform62351None"
UNKNOWN_LIST = "LLN0$conform62351none"


def values_of_their_types(requirement: str, points: tuple[str, ...]) -> tuple[AnyStep, ...]:
    """Ask for the type and the value of each of ``points``, and compare."""
    steps: list[AnyStep] = []
    for point in points:
        steps += [
            Request(service="getVariableAccessAttributes", point=point),
            expect(requirement, RESPONSE),
            Request(service="read", point=point),
            expect(requirement, ACCESSED),
            Verify(requirement=requirement, field=FIRST_VALUE, of_type=True),
        ]
    return tuple(steps)


@case("OSI/SRV/MMS-VARIABLES/BV-read", "R-MMS-read", pics=READ, baseline=SERVER_BASELINE)
def server_read() -> Iterator[Conversation]:
    """A read of many variables gives one result for each, in the order in which they were asked for."""
    yield conversation(
        server_association,
        Request(service="read", point="data.read", arguments={"repeat": MANY}),
        expect("R-MMS-read", ACCESSED),
        NoFinding(requirement="R-MMS-read", steps=(RESULT_COUNT,)),
        label=f"{MANY} times the same",
    )
    yield conversation(
        server_association,
        Request(service="read", point="data.read", arguments={"repeat": 2, "unknown": [UNKNOWN_ITEM]}),
        expect("R-MMS-read", NOT_ACCESSED),
        NoFinding(requirement="R-MMS-read", steps=(RESULT_COUNT,)),
        *(
            Verify(requirement="R-MMS-read", field=f"{RESULTS}.{place}.0", is_in=(kind,))
            for place, kind in enumerate(("success", "success", "failure", "success"))
        ),
        label="an unknown one between",
    )


@case(
    "OSI/SRV/MMS-VARIABLES/BV-read-structure",
    "R-MMS-read-structure",
    pics=f"{READ} and {TYPE}",
    baseline=SERVER_BASELINE,
)
def server_read_structure() -> Conversation:
    """The value of a structured variable has its components in the order of its type."""
    return conversation(
        server_association,
        values_of_their_types("R-MMS-read-structure", ("data.structure",)),
        Verify(requirement="R-MMS-read-structure", field=f"{FIRST_VALUE}.0", is_in=("structure", "array")),
    )


@case(
    "OSI/SRV/MMS-VARIABLES/BV-getVariableAccessAttributes",
    "R-MMS-getVariableAccessAttributes",
    pics=f"{READ} and {TYPE}",
    baseline=SERVER_BASELINE,
)
def server_types() -> Conversation:
    """GetVariableAccessAttributes tells the type that the value read has."""
    return conversation(
        server_association,
        values_of_their_types("R-MMS-getVariableAccessAttributes", ("data.read", "data.write")),
    )


@case(
    "OSI/SRV/MMS-VARIABLES/BV-read-list",
    "R-MMS-read-list",
    "R-MMS-getNamedVariableListAttributes",
    pics=f"{READ} and {LIST}",
    baseline=SERVER_BASELINE,
)
def server_read_list() -> Conversation:
    """A variable list tells its members, and a read of it gives one result for each of them."""
    return conversation(
        server_association,
        Request(service="getNamedVariableListAttributes", point="data.data_set"),
        expect("R-MMS-getNamedVariableListAttributes", RESPONSE),
        Verify(
            requirement="R-MMS-getNamedVariableListAttributes",
            field=f"{RESULT}.listOfVariable",
            at_least=1,
        ),
        Request(service="readList", point="data.data_set"),
        expect("R-MMS-read-list", RESPONSE),
        NoFinding(requirement="R-MMS-read-list", steps=(RESULT_COUNT,)),
    )


def read_is(requirement: str, learned: str) -> tuple[AnyStep, ...]:
    """Read the variable that is written, and compare its value with one known before."""
    return (
        Request(service="read", point="data.write"),
        expect(requirement, ACCESSED),
        Verify(requirement=requirement, field=FIRST_VALUE, learned=learned),
    )


@case(
    "OSI/SRV/MMS-VARIABLES/BV-write",
    "R-MMS-write",
    pics=WRITE,
    baseline=SERVER_BASELINE,
)
def server_write() -> Conversation:
    """A value that is written is read afterwards; at last the variable gets the value that it had."""
    return conversation(
        server_association,
        Request(service="read", point="data.write"),
        reach(ACCESSED),
        *(
            step
            for value in ("another", "original")
            for step in (
                Request(service="write", point="data.write", arguments={"value": value}),
                expect("R-MMS-write", ACCESSED),
                *read_is("R-MMS-write", "written"),
            )
        ),
    )


@case(
    "OSI/SRV/MMS-VARIABLES/BI-write-type",
    "R-MMS-write-type",
    pics=WRITE,
    baseline=SERVER_BASELINE,
)
def server_write_type() -> Conversation:
    """A value of another type is not written: the answer is a failure, and the variable keeps its value."""
    return conversation(
        server_association,
        Request(service="read", point="data.write"),
        reach(ACCESSED),
        Request(service="write", point="data.write", arguments={"value": "of another type"}),
        refuse("R-MMS-write-type", NOT_ACCESSED, ERROR_RESPONSE),
        read_is("R-MMS-write-type", "original"),
    )


UNKNOWN: dict[str, tuple[str, Request]] = {
    "read of a variable": (
        READ,
        Request(service="read", point="data.read", arguments={"item": UNKNOWN_ITEM}),
    ),
    "read in a domain": (
        READ,
        Request(service="read", point="data.read", arguments={"domain": UNKNOWN_DOMAIN}),
    ),
    "write of a variable": (
        WRITE,
        Request(
            service="write",
            point="data.read",
            arguments={"item": UNKNOWN_ITEM, "data": ["boolean", True]},
        ),
    ),
    "type of a variable": (
        TYPE,
        Request(service="getVariableAccessAttributes", point="data.read", arguments={"item": UNKNOWN_ITEM}),
    ),
    "read of a variable list": (
        LIST,
        Request(service="readList", point="data.read", arguments={"item": UNKNOWN_LIST}),
    ),
    "members of a variable list": (
        LIST,
        Request(
            service="getNamedVariableListAttributes", point="data.read", arguments={"item": UNKNOWN_LIST}
        ),
    ),
    "names of a domain": (
        NAMES,
        Request(
            service="getNameList",
            arguments={"object_class": "NAMED_VARIABLE", "domain": UNKNOWN_DOMAIN},
        ),
    ),
}
"""Requests for what does not exist: their PICS condition and step, by what they ask for."""


@case("OSI/SRV/MMS-VARIABLES/BI-unknown", "R-MMS-object-unknown", pics=READ, baseline=SERVER_BASELINE)
def server_unknown() -> Iterator[Conversation]:
    """What does not exist, be it domain, variable or list, is answered with an error or an access failure."""
    for label, (pics, request) in UNKNOWN.items():
        yield conversation(
            server_association,
            request,
            expect("R-MMS-object-unknown", NOT_ACCESSED, ERROR_RESPONSE),
            server_usable("R-MMS-object-unknown"),
            label=label,
            pics=pics,
        )
