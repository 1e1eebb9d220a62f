"""Padding of AES-CBC that is none: row 6a of the checks. No two faults of it may be told apart.

How long the answers take is told with the check that they are alike, and not judged: a network says little
about a device's clock cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_SEPARATE,
    SERVER_BASELINE,
    client_request_on,
    server_association,
)
from conform62351.suites.native.transfers import (
    CLIENT_SEPARATE,
    ICV,
    PADDING,
    SERVER_SEPARATE,
    Line,
    Mutations,
    every,
    refuses,
    sends,
    tried,
)
from conform62351.suites.native.ways import SEPARATE, Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Append, Crop, FlipBit
from conform62351.tooling.engine.steps import Alike, AnswerAssociation, Conversation, conversation

PADDING_FAULT = "R-E2E-transfer-padding"
PADDING_LAST = "R-E2E-transfer-padding-last"

ENCR = SEPARATE[0].data
PADDED = f"{ENCR}.padded"
BAD_BLOCKS = {
    "nothing but zeros": bytes(16),
    "a count above the block": b"\x11" * 16,
    "the highest count": b"\xff" * 16,
    "the first of two wrong": b"\x02" * 13 + b"\x02\x01\x02",
    "the first of sixteen wrong": b"\x00" + b"\x10" * 15,
    "one in the middle wrong": b"\x10" * 8 + b"\x00" + b"\x10" * 7,
}
"""Last blocks that end in no padding."""
BAD: Mapping[str, Mutations] = {
    **{label: (Append(pdu=PADDED, octets=block),) for label, block in BAD_BLOCKS.items()},
    "no whole blocks": (Crop(pdu=f"{ENCR}.tbp", path="30/04", keep=-1),),
    "no blocks": (Crop(pdu=f"{ENCR}.tbp", path="30/04", keep=0),),
}
"""What is decrypted to no padded data; the ICV is good."""
BROKEN = FlipBit(pdu=ENCR, at=-1)


def association(role: Role, way: Way, on: int) -> Steps:
    """Return an association of its own, on connection ``on``."""
    if role is Role.SERVER:
        return server_association(way.handshake(), on=on)
    return (*client_request_on(on), AnswerAssociation(handshake=way.handshake(), on=on))


def alike(role: Role, requirement: str, tries: Mapping[str, Mutations], line: Line) -> Iterator[Conversation]:
    """Yield one conversation in each way: an association for each try, and no answer that differs."""
    for way, pics in tried(role, every(SEPARATE)):
        steps: Steps = ()
        for on, mutations in enumerate(tries.values()):
            steps += association(role, way, on)
            steps += sends(role, *mutations, on=on)
            steps += refuses(requirement, role, ENCR, line, on=on)
        yield conversation(
            steps,
            Alike(requirement=requirement, pdu="E2E.DtSecAbort", connections=tuple(range(len(tries)))),
            label=way.label,
            pics=pics,
        )


def under_bad_icv() -> dict[str, Mutations]:
    """Return good padding, and every kind of bad one, under an ICV that does not verify."""
    return {"good padding": (BROKEN,)} | {label: (*mutations, BROKEN) for label, mutations in BAD.items()}


@case(
    "E2E/SRV/DT/BI-padding",
    PADDING_FAULT,
    EVENT,
    pics=SERVER_SEPARATE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_padding() -> Iterator[Conversation]:
    """Data that are no padded blocks when they are decrypted, though the ICV is good, are answered by a
    server with protocol-error. The answers are the same for every fault; how long they took is told, and not
    judged.
    """
    return alike(Role.SERVER, PADDING_FAULT, BAD, PADDING)


@case(
    "E2E/CLI/DT/BI-padding",
    PADDING_FAULT,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_padding() -> Iterator[Conversation]:
    """Data that are no padded blocks when they are decrypted, though the ICV is good, are answered by a
    client with protocol-error. The answers are the same for every fault; how long they took is told, and not
    judged.
    """
    return alike(Role.CLIENT, PADDING_FAULT, BAD, PADDING)


@case(
    "E2E/SRV/DT/BI-padding-bad-ICV",
    PADDING_LAST,
    EVENT,
    pics=SERVER_SEPARATE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_padding_last() -> Iterator[Conversation]:
    """With an ICV that does not verify, a server ends the association without a diagnostic: nothing tells
    whether the padding was good. How long the answers took is told, and not judged.
    """
    return alike(Role.SERVER, PADDING_LAST, under_bad_icv(), ICV)


@case(
    "E2E/CLI/DT/BI-padding-bad-ICV",
    PADDING_LAST,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_padding_last() -> Iterator[Conversation]:
    """With an ICV that does not verify, a client ends the association without a diagnostic: nothing tells
    whether the padding was good. How long the answers took is told, and not judged.
    """
    return alike(Role.CLIENT, PADDING_LAST, under_bad_icv(), ICV)
