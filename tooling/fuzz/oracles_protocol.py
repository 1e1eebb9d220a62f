"""The oracles about what a device says and does on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.mms.codec import decode_pdu
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.policy import Finding
from conform62351.profiles.transport.cotp import ER
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import ENCODING, HANDSHAKE, Observation
from conform62351.tooling.engine.native_own import FORESEEN, IV, KEYS, NONCE
from conform62351.tooling.engine.steps import Accept, Rekey
from conform62351.tooling.fuzz.case import Delivered
from conform62351.tooling.fuzz.course import MOST_OCTETS
from conform62351.tooling.fuzz.oracles import UNASKED, Complaint, Oracle, Scene, Severity, content
from conform62351.tooling.fuzz.reactions import ENDS, Pace, Reaction
from conform62351.tooling.fuzz.twin import Stage
from conform62351.tooling.fuzz.wire import data_values, tpdus

_CODEC: Final = BerCodec()
_SETTLED: Final = frozenset("SNERF")
"""The marks of what a text says: what is inferred gives a device no fault for being liberal."""
_TAKEN: Final = {
    Stage.CONNECTING: (Kind.TRANSPORT_CONNECTED, Kind.ASSOCIATED, Kind.ANSWER, Kind.RELEASED),
    Stage.ASSOCIATING: (Kind.ASSOCIATED, Kind.ANSWER, Kind.RELEASED),
    Stage.OPEN: (Kind.RELEASED,),
    Stage.RELEASING: (),
}
"""What a server only does when it took what came at that stage; answers to data are counted."""
_MMS_SENT: Final = "-RequestPDU"
SLOW_FACTOR: Final = 8
SLOW_SHARE: Final = 0.5
SLOW_S: Final = 2.0
"""An answer is slow that takes so many times as long as the slowest to the base, so much of the limit, and
so many seconds: a busy machine is none of these for long."""
CLIENT_HELLO: Final = "TLS.ClientHello"
ER_CODE: Final = b"\x70"
"""The octet without which nothing is an ER (X.224, 13.12.3)."""
SHOWN: Final = 64
"""Octets that a text about them shows."""
FLOOD_OCTETS: Final = 1 << 14
FLOOD_FACTOR: Final = 4
FLOOD_LEAST: Final = 32
"""PDUs that a device may send for each that it gets, and beside them: answers, reports, what ends it all."""


def is_client(scene: Scene) -> bool:
    """Return whether the device has opened the connection."""
    return any(isinstance(step, Accept) for step in scene.case.conversation.steps)


def looked_at(delivered: Delivered, reaction: Reaction) -> Stage:
    """Return the stage behind which nobody asks whether what was sent is at fault.

    A device that ends the connection without a word has shown how far it took what came, and refused the rest
    in a way that is always allowed.
    """
    if delivered.usual or reaction.refused or reaction.pace is Pace.LIMIT:
        return Stage.RELEASING
    seen = {one.kind for one in delivered.observations}
    if seen <= {Kind.TRANSPORT_CONNECTED, Kind.ASSOCIATED, *ENDS}:
        return Stage.ASSOCIATING if Kind.ASSOCIATED in seen else Stage.CONNECTING
    return Stage.RELEASING


def taken(scene: Scene) -> Observation | None:
    """Return what shows that the device took the message at fault, None where nothing does.

    Answers are counted against what was in order before it. A client that sends data may have had them under
    way.
    """
    seen, standing = scene.delivered.observations, scene.standing
    if is_client(scene):
        return _taken_by_client(seen, standing.stage)
    if standing.stage is Stage.OPEN:
        answers = [one for one in seen if one.kind is Kind.ANSWER and one.name != UNASKED]
        if len(answers) > standing.data:
            return answers[standing.data]
    return next((one for one in seen if one.kind in _TAKEN[standing.stage]), None)


def _taken_by_client(seen: tuple[Observation, ...], stage: Stage) -> Observation | None:
    for one in seen:
        if stage is Stage.CONNECTING and one.kind is Kind.REQUEST:
            return one
        if stage is not Stage.ASSOCIATING:
            continue
        if one.kind is Kind.RELEASE_REQUESTED or (one.kind is Kind.REQUEST and one.name.endswith(_MMS_SENT)):
            return one
    return None


def _about(oracle: str, finding: Finding, text: str, severity: Severity) -> Complaint:
    return Complaint(oracle, finding.clause, finding.provenance, f"{text}: {finding}", severity)


def _security_faults(scene: Scene) -> Iterator[Complaint]:
    faults = scene.standing.security
    shown = taken(scene) if faults else None
    if shown is not None:
        yield _about("security-fault", faults[0], f"{shown} in spite of a security fault", "security")


def _faults_of_form(scene: Scene) -> Iterator[Complaint]:
    faults = scene.standing.faults
    if not faults or scene.standing.security or any(one.provenance not in _SETTLED for one in faults):
        return
    shown = taken(scene)
    if shown is not None:
        yield _about("fault-taken", faults[0], f"{shown} in spite of a fault", "form")


def _silence(scene: Scene) -> Iterator[Complaint]:
    """An answer is due: to what is at fault, to a request for an association, to a request of MMS."""
    if not scene.reaction.silent:
        return
    standing, seen = scene.standing, scene.delivered.observations
    limit = f"within {scene.limit:g} s"
    if _awaits_hello(scene):
        text = f"neither a ServerHello nor an alert nor the end of the connection {limit}"
        yield Complaint("silence", "RFC 5246, 7.2.2, 7.4.1.3", "R", text, "unavailable")
    if not standing.known or not _nothing_came(seen):
        return
    if standing.faults:
        if taken(scene) is None:
            severity: Severity = "security" if standing.security else "form"
            yield _about("silence", standing.faults[0], f"no reaction {limit}", severity)
        return
    if is_client(scene):
        return
    if standing.asked and not any(one.kind is Kind.ASSOCIATED for one in seen):
        yield Complaint("silence", "X.227, 7.1", "R", f"no answer to an AARQ {limit}", "unavailable")
    answers = sum(1 for _ in data_values(scene.delivered.received))
    if answers < standing.requests:
        text = f"{standing.requests} confirmed requests, {answers} answers {limit}"
        yield Complaint("silence", "ISO 9506-2, 6", "R", text, "unavailable")


def _awaits_hello(scene: Scene) -> bool:
    """Return whether all that was sent is a ClientHello, whole by its own length, and nothing came."""
    delivered = scene.delivered
    if delivered.received or len(delivered.sent) != 1 or is_client(scene):
        return False
    if any(placed.mutation.pdu != CLIENT_HELLO for placed in scene.case.mutations):
        return False
    hello = delivered.sent[0]
    whole = hello[:1] == b"\x01" and int.from_bytes(hello[1:4], "big") == len(hello) - 4
    return whole and [one.name for one in delivered.observations] == [HANDSHAKE]


def _nothing_came(seen: tuple[Observation, ...]) -> bool:
    """Return whether the tester waited for something in vain: what comes in a part of a PDU is no silence."""
    waits = [one for one in seen if one.kind is Kind.TIMEOUT]
    return bool(waits) and waits[-1].detail.startswith("nothing")


def _valid_refused(scene: Scene) -> Iterator[Complaint]:
    """What says the same as the base, only cut otherwise, gets the same reaction: none is another matter."""
    case, usual = scene.case, scene.usual
    if usual is None or case.mutations or content(case.conversation) != usual.content:
        return
    delivered = scene.delivered
    gone = any(one.kind is Kind.TCP_REFUSED for one in delivered.observations)
    late = delivered.hurried or scene.reaction.pace is Pace.LIMIT or delivered.seconds > scene.limit
    if delivered.usual or gone or late:
        return
    text = f"{scene.reaction} to what it takes in other segments: {usual.reaction}"
    yield Complaint("valid-refused", "RFC 1006, 6; X.224, 6.3", "R", text, "form")


def _readable(scene: Scene) -> Iterator[Complaint]:
    for one in scene.delivered.observations:
        if one.kind is not Kind.UNDECODABLE or ENCODING in one.fields:
            continue
        if one.name.startswith("E2E") and (scene.delivered.established is None or _own_keys(scene)):
            # What the device protects by the handshake that it has read cannot be read by another one.
            continue
        text = f"octets of the device that are no PDU of {one.name}: {one.detail}"
        yield Complaint("readable", "10; 13", "R", text[:400], "form")
        return


def _own_keys(scene: Scene) -> bool:
    """Return whether the device may have agreed upon other keys than the tester."""
    return any(placed.mutation.pdu.startswith("E2E.Handshake") for placed in scene.case.mutations)


def _encrypted(scene: Scene) -> Iterator[Complaint]:
    """Once encryption is agreed, no PDU of the protected protocol is in the clear."""
    established = scene.delivered.established
    if established is None or established.agreed.encryption is None:
        return
    for octets in data_values(scene.delivered.received):
        name = _in_the_clear(octets)
        if name:
            yield Complaint("no-plaintext", "13.2.3", "N", f"{name} though encryption is agreed", "security")
            return


def _in_the_clear(octets: bytes) -> str:
    """Return what of a presentation data value can be read by anybody, empty for nothing."""
    try:
        secpdu = _CODEC.decode(Carrier.DATA, octets).pdu
    except SecPduError:
        name = _mms(octets)
        return f"{name} without a SecPDU" if name else ""
    if isinstance(secpdu, ClearTransfer):
        return "a ClearTransfer"
    name = _mms(secpdu.applData) if isinstance(secpdu, EncrTransfer) else ""
    return f"{name} in an EncrTransfer, not encrypted" if name else ""


def _mms(octets: bytes) -> str:
    try:
        return decode_pdu(octets).name
    except ProtocolError:
        return ""


def _fresh(scene: Scene) -> Iterator[Complaint]:
    """The device repeats no iv, nonce or key, whatever it gets."""
    found = set(scene.delivered.findings)
    if not found:
        return
    if any(isinstance(step, Rekey) for step in scene.case.conversation.steps):
        found -= {IV, NONCE}
    for step, what, clause, mark in (
        (IV, "an iv that was used before", "8.6", "N"),
        (NONCE, "a nonce that was used before", "8.7", "N"),
        (FORESEEN, "an iv that could be foreseen", "13.2.3", "N"),
        (KEYS, "a public value that was used before", "13.3.1", "I"),
    ):
        if step in found:
            yield Complaint("fresh", clause, mark, what, "security")


def _in_time(scene: Scene) -> Iterator[Complaint]:
    if scene.usual is None:
        return
    least = max(SLOW_S, SLOW_SHARE * scene.limit, SLOW_FACTOR * scene.usual.slowest)
    for one in scene.delivered.observations:
        if one.kind is not Kind.TIMEOUT and one.after_s > least:
            text = f"{one} after {one.after_s:.1f} s; the base takes {scene.usual.slowest:.3f} s at most"
            yield Complaint("in-time", "11-decisions 19", "I", text, "unavailable")
            return


def _flood(scene: Scene) -> Iterator[Complaint]:
    delivered = scene.delivered
    if sum(map(len, delivered.received)) < FLOOD_OCTETS:
        return
    came, went = (sum(1 for _ in data_values(side)) for side in (delivered.received, delivered.sent))
    if came > FLOOD_FACTOR * went + FLOOD_LEAST:
        yield Complaint(
            "flood", "ISO 9506-2, 6", "R", f"{came} PDUs and more in answer to {went}", "resource"
        )


def _returned(scene: Scene) -> Iterator[Complaint]:
    """An ER gives back the TPDU that it rejects, up to the octet at fault, and nothing else."""
    received = b"".join(scene.delivered.received)
    if ER_CODE not in received:
        return
    sent = b"".join(scene.delivered.sent)
    if len(sent) >= MOST_OCTETS:
        # What was sent is not known as a whole.
        return
    for tpdu in tpdus(received):
        if not isinstance(tpdu, ER):
            continue
        for given in (tpdu.invalid_tpdu or b"", tpdu.user_data):
            if given.rstrip(b"\0") not in sent:
                text = f"an ER with {len(given)} octets that were not sent: {given[:SHOWN].hex()}"
                yield Complaint("returned", "X.224, 13.12.4", "R", text, "security")
                return


def _lets_go(scene: Scene) -> Iterator[Complaint]:
    """TCP's end is that of the transport connection: what serves that sees it, unless it does not go on."""
    if scene.usual is None or not scene.usual.lets_go or not scene.delivered.kept:
        return
    text = "it keeps the connection, which the tester has ended; it does not behind the base"
    yield Complaint("lets-go", "RFC 1006, 6; X.224, 6.8", "I", text, "unavailable")


PROTOCOL: Final = (
    Oracle("security-fault", _security_faults),
    Oracle("fault-taken", _faults_of_form),
    Oracle("silence", _silence),
    Oracle("valid-refused", _valid_refused),
    Oracle("readable", _readable),
    Oracle("no-plaintext", _encrypted),
    Oracle("fresh", _fresh),
    Oracle("in-time", _in_time),
    Oracle("flood", _flood),
    Oracle("returned", _returned),
    Oracle("lets-go", _lets_go),
)
"""What is judged on the wire, case by case; how a device of native mode refuses is a matter of its own."""
