"""Records of TLS: their form, their protection, and how messages and data are cut into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.handshakes import EVERY_KIND, associates_over, begins
from conform62351.suites.tls.sides import Wanted, claimed, suites, tls_case, with_blocks, with_tag
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Coalesce,
    FlipBit,
    Overwrite,
    Repeat,
    Withhold,
)
from conform62351.tooling.engine.outcomes import (
    AARQ,
    TLS_ENDED,
    TRANSPORT_CONNECTED,
    expect,
    over,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    Conversation,
    OpenTransport,
    SendTls,
    Tls,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

FORM: Final = "R-TLS-record-form"
PROTECTION: Final = "R-TLS-record-protection"
SPLIT: Final = "R-TLS-records-split"

RECORD: Final = "TLS.record"
HEADER: Final = 5
NONCE: Final = 8
TLS_1_1: Final = b"\x03\x02"
PASSED_OVER: Final = "a record of handshake without octets, which nobody may send, is passed over"
JUNK: Final = bytes(range(64))

FORMS: Final = {
    "an unknown type": bytes.fromhex("6303030001") + b"\x00",
    "a version of nobody's": bytes.fromhex("1799990040") + JUNK,
    "over 18432 octets": bytes.fromhex("1703034801") + JUNK,
}
ALTERED: Final = {
    "GCM": (
        with_tag,
        True,
        {"explicit nonce": HEADER, "content": HEADER + NONCE, "tag": -1},
    ),
    "CBC": (with_blocks, False, {"IV": HEADER, "MAC": -17, "padding": -1}),
    "CBC, encrypt-then-MAC": (with_blocks, True, {"IV": HEADER, "content": HEADER + 16, "MAC": -1}),
}


def _stands(role: Role, requirement: str, tls: Tls) -> Steps:
    return (*begins(role, tls), expect(requirement, TLS_STANDS, limit="limit.connect"))


def _data(role: Role, requirement: str, tls: Tls, *mutations: AnyMutation) -> Steps:
    """Have the tester's first data, which ask for a transport connection or answer that, sent so."""
    if role is Role.SERVER:
        return (*_stands(role, requirement, tls), OpenTransport(mutations=mutations, may_break=True))
    return (
        Act(action="connect", may_fail=True),
        Accept(tls=tls, mutations=mutations, may_break=True),
    )


def _taken(role: Role) -> tuple[Alternative, ...]:
    """Return what the DUT does that has taken the first data of the tester."""
    return (TRANSPORT_CONNECTED,) if role is Role.SERVER else (AARQ,)


def _of_kind(role: Role, wanted: Wanted, *, encrypt_then_mac: bool = True) -> Tls:
    shown = EVERY_KIND if role is Role.CLIENT else ()
    return Tls(suites=suites(wanted), credentials=shown, encrypt_then_mac=encrypt_then_mac)


@tls_case("MSG/BI-record", FORM, PROTECTION)
def record(role: Role) -> Iterator[Conversation]:
    """A {role} ends the connection on a record of an unknown type, of another version, or of too many
    octets; on one that was altered in any part, sent again or left out. What stands in it is not answered.

    A record of handshake without octets, which nobody may send, is refused or passed over.
    """
    usual = Tls()
    for label, octets in FORMS.items():
        yield conversation(
            _stands(role, FORM, usual),
            SendTls(content="plain", octets=octets, name=label, may_break=True),
            refuse(FORM, TLS_ENDED, limit="limit.associate"),
            label=label,
        )
    yield conversation(
        _data(role, FORM, usual, Overwrite(pdu=RECORD, at=1, octets=TLS_1_1)),
        refuse(FORM, TLS_ENDED, limit="limit.associate"),
        label="another version",
    )
    yield conversation(
        _stands(role, FORM, usual),
        SendTls(octets=b"", name="a handshake record without octets", may_break=True),
        OpenTransport(may_break=True) if role is Role.SERVER else (),
        expect(FORM, TLS_ENDED, warned(PASSED_OVER, _taken(role)), limit="limit.associate"),
        label="handshake without octets",
    )
    for kind, (wanted, with_mac_behind, places) in ALTERED.items():
        tls = _of_kind(role, wanted, encrypt_then_mac=with_mac_behind)
        for part, at in places.items():
            yield conversation(
                _data(role, PROTECTION, tls, FlipBit(pdu=RECORD, at=at)),
                refuse(PROTECTION, TLS_ENDED, limit="limit.associate"),
                label=f"{kind}: {part} altered",
                pics=claimed(wanted, role),
            )
    for kind, (wanted, with_mac_behind, _) in ALTERED.items():
        tls = _of_kind(role, wanted, encrypt_then_mac=with_mac_behind)
        yield conversation(
            _data(role, PROTECTION, tls, Repeat(pdu=RECORD, times=2)),
            expect(PROTECTION, _taken(role), over(TLS_ENDED), limit="limit.associate"),
            refuse(PROTECTION, TLS_ENDED, limit="limit.associate"),
            label=f"{kind}: sent twice",
            pics=claimed(wanted, role),
        )
        left_out = SendTls(
            content="application-data",
            octets=b"",
            name="a record that is left out",
            mutations=(Withhold(pdu=RECORD),),
        )
        yield conversation(
            _stands(role, PROTECTION, tls),
            left_out,
            _behind(role),
            refuse(PROTECTION, TLS_ENDED, limit="limit.associate"),
            label=f"{kind}: one left out",
            pics=claimed(wanted, role),
        )


def _behind(role: Role) -> Steps:
    """Send data behind those that were left out; what a client asks for is answered by itself."""
    if role is Role.SERVER:
        return (OpenTransport(may_break=True),)
    return (SendTls(content="application-data", octets=b"", name="the next one", may_break=True),)


@tls_case("MSG/BV-split", SPLIT)
def split(role: Role) -> Iterator[Conversation]:
    """A {role} reads messages and data that are cut into records of one octet, of three or of a hundred, and
    messages that share a record, and passes over records of data without octets.
    """
    shown = EVERY_KIND if role is Role.CLIENT else ()
    for size in (1, 3, 100):
        tls = Tls(credentials=shown, record_size=size)
        octets = "octet" if size == 1 else "octets"
        yield conversation(associates_over(role, SPLIT, tls), label=f"records of {size} {octets}")
    joined = Tls(credentials=shown, mutations=(Coalesce(pdu=RECORD),))
    yield conversation(associates_over(role, SPLIT, joined), label="messages in one record")
    steps = associates_over(role, SPLIT, Tls(credentials=shown))
    stands = 2 if role is Role.SERVER else 3
    empty = SendTls(content="application-data", octets=b"", name="data without octets", times=2)
    yield conversation(*steps[:stands], empty, *steps[stands:], label="records without octets")
