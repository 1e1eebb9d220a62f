"""Messages and acts of the intermediary: cutting what passes, and what is done to it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.osi.association import Association
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import DT
from conform62351.profiles.transport.tpkt import Tpkt
from conform62351.tooling.net import relay_framing
from conform62351.tooling.net.relay_acts import (
    MAX_KEPT,
    Act,
    ActError,
    Add,
    Alter,
    Drop,
    Hand,
    Keep,
    Later,
    Put,
    Repeat,
    Shelf,
    Swap,
    Wait,
    parse_act,
)
from conform62351.tooling.net.relay_framing import Framer, Message, Sender

INITIATE = MmsClient().initiate().octets or b""
IDENTIFY = bytes.fromhex("a0050201018200")
CARRYING = ("TPKT", "COTP.DT")


def packet(octets: bytes, *, eot: bool = True) -> bytes:
    """Return a packet with a DT."""
    return tpkt.encode(Tpkt(cotp.encode(DT(octets, eot))))


def association() -> tuple[bytes, bytes]:
    """Return what a client opens an association with: the packet with the CR, and the first TSDU."""
    client, server = (Association(role, OsiParameters()) for role in (Role.CLIENT, Role.SERVER))
    client.open_transport()
    (request,) = client.take_output()
    server.receive(request.octets)
    (confirm,) = server.take_output()
    client.receive(confirm.octets)
    client.associate(INITIATE, "MMS.initiate-RequestPDU")
    (connect,) = client.take_output()
    (message,) = Framer({}).take(connect.octets)
    return request.octets, content(message, "SES.CN")


def content(message: Message, name: str) -> bytes:
    return b"".join(message.octets[span.start : span.stop] for span in message.spans(name))


REQUEST, CONNECT = association()


def stream(*cuts: int) -> bytes:
    """Return CR, and the connect TSDU cut into DTs."""
    borders = sorted({0, len(CONNECT), *(cut % len(CONNECT) for cut in cuts)})
    parts = [CONNECT[begin:end] for begin, end in pairwise(borders)]
    return REQUEST + b"".join(packet(part, eot=part is parts[-1]) for part in parts)


def messages(octets: bytes, *cuts: int) -> list[Message]:
    """Return the messages of a stream that comes in pieces; nothing may be lost."""
    framer = Framer({})
    borders = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    found = [message for begin, end in pairwise(borders) for message in framer.take(octets[begin:end])]
    assert b"".join(message.octets for message in found) + framer.rest() == octets
    assert framer.rest() == b""
    return found


@given(st.lists(st.integers(0, 10_000), max_size=6), st.lists(st.integers(0, 10_000), max_size=8))
@settings(max_examples=80, deadline=None)
def test_any_split_gives_the_same_messages_and_pdus(segments: list[int], cuts: list[int]) -> None:
    connect, associate = messages(stream(*segments), *cuts)
    assert connect.names == ("TPKT", "COTP.CR")
    assert associate.names == (*CARRYING, "SES.CN", "PRES.CP", "ACSE.AARQ", "MMS.initiate-RequestPDU")
    assert content(associate, "SES.CN") == CONNECT
    assert content(associate, "TPKT") == associate.octets
    assert content(associate, "MMS.initiate-RequestPDU") == INITIATE


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
@settings(max_examples=100, deadline=None)
def test_no_octet_is_lost_of_anything(octets: bytes, cuts: list[int]) -> None:
    messages(octets, *cuts)
    messages(REQUEST + octets, *cuts)
    messages(REQUEST + packet(octets), *cuts)


@pytest.mark.parametrize(
    ("octets", "note"),
    [
        (b"\x16\x03\x01\x00\x05hello", "TLS"),
        (b"GET / HTTP/1.1\r\n", "no TPKT"),
        (b"\x16\x04", "no TPKT"),
        (b"\x03\x00\x00\x03", "no TPKT"),
        (REQUEST + b"\x16\x03\x01", "no TPKT|TLS"),
        (packet(b"\x01\x00", eot=False) + b"GET", "no TPKT"),
    ],
)
def test_what_is_no_tpkt_passes_as_it_is(octets: bytes, note: str) -> None:
    framer = Framer({})
    found = list(framer.take(octets))
    assert found[-1].note.startswith(tuple(note.split("|")))
    assert framer.raw
    assert [message.octets for message in framer.take(b"more")] == [b"more"]
    assert b"".join(message.octets for message in found) == octets


@pytest.mark.parametrize("octets", [b"\x16", b"\x03", b"\x03\x00\x00", b"\x03\x00\x00\x07\x02"])
def test_what_may_still_become_a_packet_waits(octets: bytes) -> None:
    framer = Framer({})
    assert not list(framer.take(octets))
    assert not framer.raw
    assert framer.rest() == octets


def test_a_packet_without_a_tpdu_is_a_message() -> None:
    (message,) = messages(b"\x03\x00\x00\x04")
    assert message.names == ("TPKT", "COTP")


def test_a_tsdu_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_framing, "MAX_MESSAGE", 2000)
    framer = Framer({})
    part = packet(bytes(500), eot=False)
    found = [message for _ in range(6) for message in framer.take(part)]
    assert found[0].note.startswith("a TSDU of more than")
    assert b"".join(message.octets for message in found) == part * 6


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("client:E2E.EncrTransfer:2:drop", Act(Sender.CLIENT, "E2E.EncrTransfer", Drop(), 2)),
        ("server:COTP.CC:repeat", Act(Sender.SERVER, "COTP.CC", Repeat())),
        ("server:COTP.CC:repeat=3", Act(Sender.SERVER, "COTP.CC", Repeat(3))),
        ("client:TPKT:later", Act(Sender.CLIENT, "TPKT", Later())),
        ("client:TPKT:delay=0.5", Act(Sender.CLIENT, "TPKT", Wait(0.5))),
        ("client:TPKT:alter=-1", Act(Sender.CLIENT, "TPKT", Alter(-1))),
        ("client:TPKT:alter=4/0x80", Act(Sender.CLIENT, "TPKT", Alter(4, 0x80))),
        ("client:TPKT:swap=0a0b/0c0d", Act(Sender.CLIENT, "TPKT", Swap(b"\x0a\x0b", b"\x0c\x0d"))),
        ("1@client:TPKT:keep=a", Act(Sender.CLIENT, "TPKT", Keep("a"), 0, 1)),
        ("2@client:TPKT:4:put=a", Act(Sender.CLIENT, "TPKT", Put("a"), 4, 2)),
        ("client:MMS.confirmed-RequestPDU:add=a", Act(Sender.CLIENT, "MMS.confirmed-RequestPDU", Add("a"))),
    ],
)
def test_acts_are_told_in_a_line(text: str, act: Act) -> None:
    assert parse_act(text) == act


@pytest.mark.parametrize(
    "text",
    [
        "",
        "client",
        "client:TPKT",
        "peer:TPKT:drop",
        "0@client:TPKT:drop",
        "client:TPKT:0:drop",
        "client:TPKT:burn",
        "client:TPKT:drop=1",
        "client:TPKT:repeat=0",
        "client:TPKT:repeat=101",
        "client:TPKT:delay=-1",
        "client:TPKT:delay=nan",
        "client:TPKT:delay=1e9",
        "client:TPKT:alter",
        "client:TPKT:alter=x",
        "client:TPKT:alter=1/0",
        "client:TPKT:alter=1/256",
        "client:TPKT:swap=01",
        "client:TPKT:swap=01/0203",
        "client:TPKT:swap=/",
        "client:TPKT:swap=01/02/03",
        "client:TPKT:swap=0g/00",
        "client:TPKT:keep=",
        "client:TPKT:put",
    ],
)
def test_what_is_no_act_is_refused(text: str) -> None:
    with pytest.raises(ActError, match=r"drop, repeat|DEED"):
        parse_act(text)


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_text_is_an_act_or_refused(text: str) -> None:
    for candidate in (text, f"client:TPKT:{text}", f"client:TPKT:alter={text}", f"client:TPKT:delay={text}"):
        try:
            parse_act(candidate)
        except ActError:
            continue


def handled(*texts: str, octets: bytes = b"", connection: int = 1, shelf: Shelf | None = None) -> list[bytes]:
    """Return what becomes of the messages of a client, all parts in order."""
    acts = [parse_act(text) for text in texts]
    hand = Hand(acts, shelf or Shelf(), Sender.CLIENT, connection)
    found = messages(octets or stream() + data(1) + data(2))
    parts = [part for message in found for part in hand.handle(message).parts]
    return parts + hand.left()


def data(number: int) -> bytes:
    """Return a packet with an MMS request on the wire of plain MMS, over no association that was made."""
    return packet(
        bytes.fromhex("01000100 6115 3013 020103 a00e") + b"\xa0\x0c" + bytes((2, 1, number)) + IDENTIFY
    )


FIRST, SECOND = data(1), data(2)


def test_acts_count_the_messages_of_their_pdu() -> None:
    whole = [REQUEST, stream()[len(REQUEST) :], FIRST, SECOND]
    assert handled() == whole
    assert handled("server:TPKT:drop", "2@client:TPKT:drop") == whole
    assert handled("client:COTP.DT:drop") == whole[:1]
    assert handled("client:COTP.DT:2:drop") == [*whole[:2], SECOND]
    assert handled("client:SES.DT:1:repeat=2") == [*whole[:2], FIRST, FIRST, FIRST, SECOND]
    assert handled("client:SES.DT:1:later") == [*whole[:2], SECOND, FIRST]
    assert handled("client:SES.DT:2:later") == whole
    assert handled("client:SES.DT:later") == whole


def test_what_is_kept_comes_in_the_place_of_another_or_behind_it() -> None:
    shelf = Shelf()
    whole = handled("1@client:SES.DT:1:keep=a", "client:SES.DT:2:put=a", "client:COTP.CR:put=b", shelf=shelf)
    assert whole == [REQUEST, stream()[len(REQUEST) :], FIRST, FIRST]
    assert handled("2@client:SES.DT:1:add=a", octets=SECOND, connection=2, shelf=shelf) == [SECOND, FIRST]
    assert handled("client:SES.DT:1:add=c", octets=SECOND, shelf=shelf) == [SECOND]


def test_the_shelf_is_bounded() -> None:
    shelf = Shelf()
    for number in range(MAX_KEPT + 1):
        shelf.keep(str(number), b"x")
    assert shelf.get("0") is None
    assert shelf.get("1") == shelf.get(str(MAX_KEPT)) == b"x"


@given(st.lists(st.integers(0, 10_000), max_size=6), st.integers(0, 100_000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_an_octet_of_a_pdu_is_altered_wherever_its_packets_end(
    segments: list[int], at: int, mask: int
) -> None:
    octets = stream(*segments)
    name = "MMS.initiate-RequestPDU"
    _, before = messages(octets)
    place = at % len(content(before, name))
    for index in (place, place - len(content(before, name))):
        _, after = messages(b"".join(handled(f"client:{name}:alter={index}/{mask}", octets=octets)))
        changed = [
            spot
            for spot, pair in enumerate(zip(before.octets, after.octets, strict=True))
            if len(set(pair)) > 1
        ]
        (spot,) = changed
        assert spot == [here for span in before.spans(name) for here in span][place]
        assert before.octets[spot] ^ after.octets[spot] == mask


def test_octets_are_swapped_in_the_pdu_alone() -> None:
    old, new = "a0050201018200", "a0050201028200"
    _, _, first, second = handled(f"client:SES.DT:1:swap={old}/{new}")
    assert first == FIRST.replace(bytes.fromhex(old), bytes.fromhex(new)) != FIRST
    assert second == SECOND


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("alter=100000", "not altered: COTP.CR has 15 octets"),
        ("swap=ffffff/000000", "not altered: COTP.CR has no such octets"),
        ("alter=0", "octet 0 of COTP.CR altered"),
        ("delay=2", "delayed by 2 s"),
        ("put=a", "passed on: nothing is kept as a"),
        ("drop", "dropped"),
    ],
)
def test_what_was_done_is_told(deed: str, told: str) -> None:
    hand = Hand([parse_act(f"client:COTP.CR:{deed}")], Shelf(), Sender.CLIENT, 1)
    (message,) = messages(REQUEST)
    outcome = hand.handle(message)
    assert outcome.done == [told]
    assert outcome.wait == (2.0 if deed == "delay=2" else 0.0)
