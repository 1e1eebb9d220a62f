"""Mutations change what they name and nothing else, print themselves and survive storage."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.tlv import walk
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.cotp import CR, Parameter
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    Edit,
    EditSpdu,
    EditTlv,
    FlipBit,
    Insert,
    MutationError,
    Overwrite,
    Pad,
    Reorder,
    Repeat,
    Replace,
    Replay,
    SetField,
    SetParameter,
    SetText,
    Withhold,
)
from conform62351.tooling.engine.stimulus import StimulusPolicy

OCTETS = bytes.fromhex("3009020101020102800100")


class Part(msgspec.Struct, frozen=True):
    number: int
    octets: bytes = b""
    codes: tuple[int, ...] = ()


class Other(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: bytes


class Typed(msgspec.Struct, frozen=True):
    title: str | bytes | None = None
    bits: Bits | None = None
    part: Part | None = None
    either: Part | Other | None = None
    all: tuple[bytes, ...] = ()


class Whole(msgspec.Struct, frozen=True):
    parts: tuple[Part, ...]
    size: int | None = None


def applied(mutation: AnyMutation, octets: bytes = OCTETS) -> bytes | None:
    policy = StimulusPolicy()
    policy.mutations = (mutation,)
    assert policy.rewrite_octets("OTHER", octets) == octets
    result = policy.rewrite_octets("PDU", octets)
    assert policy.applied == [mutation]
    return result


@pytest.mark.parametrize(
    ("mutation", "result"),
    [
        (Overwrite(pdu="PDU", at=1, octets=b"\xff"), "30ff020101020102800100"),
        (Overwrite(pdu="PDU", at=-1, octets=b"\xff"), "30090201010201028001ff"),
        (FlipBit(pdu="PDU", at=0, bit=7), "b009020101020102800100"),
        (FlipBit(pdu="PDU", at=-1), "3009020101020102800101"),
        (Insert(pdu="PDU", at=2, octets=b"\x05\x00"), "30090500020101020102800100"),
        (Append(pdu="PDU", octets=b"\x00"), "300902010102010280010000"),
        (Cut(pdu="PDU", keep=3), "300902"),
        (Cut(pdu="PDU", keep=-1), "30090201010201028001"),
        (Replace(pdu="PDU", octets=b"\x01"), "01"),
        (Repeat(pdu="PDU", times=2), OCTETS.hex() * 2),
        (EditTlv(pdu="PDU", path="30/02[1]", edit=Edit.DROP), "3006020101800100"),
        (EditTlv(pdu="PDU", path="30/02", edit=Edit.DOUBLE), "300c020101020101020102800100"),
        (
            EditTlv(pdu="PDU", path="30/80", edit=Edit.CONTENT, octets=b"ab"),
            "300a0201010201028002" + b"ab".hex(),
        ),
        (EditTlv(pdu="PDU", path="30/80", edit=Edit.REPLACE, octets=b"\x05\x00"), "30080201010201020500"),
        (
            EditTlv(pdu="PDU", path="30/80", edit=Edit.INSERT, octets=b"\x05\x00"),
            "300b0201010201020500800100",
        ),
        (EditTlv(pdu="PDU", path="30", edit=Edit.APPEND, octets=b"\x05\x00"), "300b0201010201028001000500"),
        (EditTlv(pdu="PDU", path="30/80", edit=Edit.RETAG, octets=b"\x81"), "3009020101020102810100"),
        (EditTlv(pdu="PDU", path="30/80", edit=Edit.WRAP, octets=b"\xa4"), "300b020101020102a403800100"),
        (EditTlv(pdu="PDU", path="30", edit=Edit.UNWRAP), "020101020102800100"),
        (EditTlv(pdu="PDU", path="30/02[1]", edit=Edit.STRIP, octets=b"\x02"), "30080201010200800100"),
        (EditTlv(pdu="PDU", path="30", edit=Edit.LENGTH, octets=b"\x7f"), "307f020101020102800100"),
        (EditTlv(pdu="PDU", path="30", edit=Edit.INDEFINITE), "30800201010201028001000000"),
        (EditTlv(pdu="PDU", path="30", edit=Edit.NON_MINIMAL), "308109020101020102800100"),
        (EditTlv(pdu="PDU", path="30/02", edit=Edit.SWAP, other="30/80"), "3009800100020102020101"),
    ],
)
def test_octet_mutations(mutation: AnyMutation, result: str) -> None:
    assert applied(mutation) == bytes.fromhex(result)


SPDU = bytes.fromhex("0907 110101 c1026100")


@pytest.mark.parametrize(
    ("edit", "options", "result"),
    [
        (Edit.DROP, {"path": "9/17"}, "0904c1026100"),
        (Edit.DOUBLE, {"path": "9/17"}, "090a110101110101c1026100"),
        (Edit.REPLACE, {"path": "9/17", "octets": b"\x99\x00"}, "09069900c1026100"),
        (Edit.INSERT, {"path": "9/17", "octets": b"\x01\x00"}, "09090100110101c1026100"),
        (Edit.APPEND, {"path": "9", "octets": b"\xff"}, "0908110101c1026100ff"),
        (Edit.CONTENT, {"path": "9/193", "octets": b"\x62"}, "0906110101c10162"),
        (Edit.RETAG, {"path": "9/193", "octets": b"\xc2"}, "0907110101c2026100"),
        (Edit.LENGTH, {"path": "9", "octets": b"\xff"}, "09ff110101c1026100"),
        (Edit.LENGTH, {"path": "9/17", "by": 2}, "0907110301c1026100"),
        (Edit.NON_MINIMAL, {"path": "9"}, "09ff0007110101c1026100"),
        (Edit.SWAP, {"path": "9/17", "other": "9/193"}, "0907c1026100110101"),
    ],
)
def test_parameters_of_spdus_are_edited(edit: Edit, options: dict[str, Any], result: str) -> None:
    mutation = EditSpdu(pdu="PDU", edit=edit, **options)
    assert applied(mutation, SPDU) == bytes.fromhex(result)


@pytest.mark.parametrize("size", [13, 14, 127, 128, 129, 131, 140, 255, 256, 257, 258, 263, 1000, 10_240])
def test_a_pdu_is_padded_to_the_octet(size: int) -> None:
    padded = applied(Pad(pdu="PDU", path="30/80", identifier=b"\x9d", size=size))
    assert padded is not None
    assert len(padded) == size
    walked = walk(padded)
    assert walked.root.end == size
    assert [child.tag for child in walked.root.children] == [0x02, 0x02, 0x9D, 0x80]


@pytest.mark.parametrize(("size", "made"), [(12, 13), (130, 131)])
def test_a_size_that_no_padding_makes_becomes_the_next(size: int, made: int) -> None:
    padded = applied(Pad(pdu="PDU", path="30/80", identifier=b"\x9d", size=size))
    assert padded is not None
    assert len(padded) == made


@pytest.mark.parametrize("size", [-1, 0, 11])
def test_a_pdu_that_is_long_enough_is_not_padded(size: int) -> None:
    assert applied(Pad(pdu="PDU", path="30/80", identifier=b"\x9d", size=size)) == OCTETS


def test_withholding_leaves_nothing_to_send() -> None:
    assert applied(Withhold(pdu="PDU")) is None


@pytest.mark.parametrize(
    "mutation",
    [
        Overwrite(pdu="PDU", at=11, octets=b"\xff"),
        Overwrite(pdu="PDU", at=-12, octets=b"\xff"),
        EditTlv(pdu="PDU", path="30/83", edit=Edit.DROP),
        EditTlv(pdu="PDU", path="nonsense", edit=Edit.DROP),
        EditSpdu(pdu="PDU", path="48/17", edit=Edit.DROP),
        EditSpdu(pdu="PDU", path="48", edit=Edit.INDEFINITE),
        EditSpdu(pdu="PDU", path="48", edit=Edit.LENGTH, by=-12),
    ],
)
def test_a_mutation_that_does_not_fit_is_an_error_and_counts_as_not_applied(mutation: AnyMutation) -> None:
    policy = StimulusPolicy()
    policy.mutations = (mutation,)
    with pytest.raises(MutationError):
        policy.rewrite_octets("PDU", OCTETS)
    assert policy.applied == []


@pytest.mark.parametrize(
    ("mutation", "result"),
    [
        (SetField(pdu="PDU", field="size", value=3), Whole((Part(1), Part(2)), 3)),
        (SetField(pdu="PDU", field="parts.1.number", value=7), Whole((Part(1), Part(7)))),
        (SetField(pdu="PDU", field="parts.0.octets", octets=b"x"), Whole((Part(1, b"x"), Part(2)))),
        (SetField(pdu="PDU", field="parts", value=()), Whole(())),
        (
            SetField(pdu="PDU", field="parts", value=((7,), (8, b"x", (3, 4)), [9, b"", [5]])),
            Whole((Part(7), Part(8, b"x", (3, 4)), Part(9, b"", (5,)))),
        ),
    ],
)
def test_fields_are_set_by_path(mutation: SetField, result: Whole) -> None:
    policy = StimulusPolicy()
    policy.mutations = (mutation,)
    assert policy.rewrite("PDU", Whole((Part(1), Part(2)))) == result
    assert policy.applied == [mutation]


def test_a_text_is_written_otherwise() -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetText(pdu="PDU", field="names.1.text", pattern="0{1}:{0}"),)
    value = {"names": ({"text": "x"}, {"text": "7:41"})}
    assert policy.rewrite("PDU", value) == {"names": ({"text": "x"}, {"text": "041:7"})}


@pytest.mark.parametrize("field", ["number", "text.more", "none"])
def test_what_is_no_text_of_two_parts_cannot_be_written_so(field: str) -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetText(pdu="PDU", field=field, pattern="{1}"),)
    with pytest.raises(MutationError):
        policy.rewrite("PDU", {"number": 7, "text": "x"})
    policy.mutations = (SetText(pdu="PDU", field="text", pattern="{1}"),)
    with pytest.raises(MutationError):
        policy.rewrite("PDU", {"number": 7, "text": "x"})


@pytest.mark.parametrize(
    ("mutation", "parameters"),
    [
        (SetParameter(pdu="COTP.CR", code=0xC0, octets=b"\x07"), "c1 01 01 c0 01 07"),
        (SetParameter(pdu="COTP.CR", code=0xC1, octets=b"\x02\x03"), "c1 02 02 03"),
        (SetParameter(pdu="COTP.CR", code=0xC1), ""),
        (SetParameter(pdu="COTP.CR", code=0x99, octets=b""), "c1 01 01 99 00"),
    ],
)
def test_parameters_of_tpdus_are_set_added_and_left_out(mutation: SetParameter, parameters: str) -> None:
    policy = StimulusPolicy()
    policy.mutations = (mutation,)
    sent = policy.rewrite("COTP.CR", CR(0, 7, parameters=(Parameter(0xC1, b"\1"),)))
    assert cotp.encode(sent)[7:] == bytes.fromhex(parameters)
    assert policy.applied == [mutation]


def test_a_pdu_without_parameters_is_an_error() -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetParameter(pdu="PDU", code=0xC0),)
    with pytest.raises(MutationError):
        policy.rewrite("PDU", Whole(()))


@pytest.mark.parametrize(
    ("sizes", "lengths"), [((), [7, 3]), ((1, 4), [1, 4, 4, 1]), ((60_000,), [10]), ((20, 1), [10])]
)
def test_a_tsdu_is_cut_as_the_step_says(sizes: tuple[int, ...], lengths: list[int]) -> None:
    policy = StimulusPolicy()
    policy.cut(sizes)
    left, cut = 10, []
    while left:
        cut.append(policy.dt_length(left, 7))
        left -= cut[-1]
    assert cut == lengths


@pytest.mark.parametrize("field", ["absent", "parts.5.number", "parts.x", "size.number"])
def test_a_field_that_is_not_there_is_an_error(field: str) -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetField(pdu="PDU", field=field, value=1),)
    with pytest.raises(MutationError):
        policy.rewrite("PDU", Whole((Part(1),)))


@given(
    at=st.integers(-40, 40),
    octets=st.binary(max_size=20),
    kind=st.sampled_from(["overwrite", "insert", "cut", "edit", "spdu", "pad"]),
    edit=st.sampled_from(Edit),
    path=st.sampled_from(["30", "30/02", "30/02[1]", "30/80", "30/81", "31"]),
    pdu=st.binary(max_size=30) | st.just(OCTETS),
)
def test_whatever_is_mutated_the_only_error_is_a_mutation_error(
    at: int, octets: bytes, kind: str, edit: Edit, path: str, pdu: bytes
) -> None:
    mutations: dict[str, AnyMutation] = {
        "overwrite": Overwrite(pdu="PDU", at=at, octets=octets),
        "insert": Insert(pdu="PDU", at=at, octets=octets),
        "cut": Cut(pdu="PDU", keep=at),
        "edit": EditTlv(pdu="PDU", path=path, edit=edit, octets=octets, other="30/80"),
        "spdu": EditSpdu(pdu="PDU", path="48", edit=edit, octets=octets, other="48/1", by=at),
        "pad": Pad(pdu="PDU", path=path, identifier=octets, size=at),
    }
    mutation = mutations[kind]
    policy = StimulusPolicy()
    policy.mutations = (mutation,)
    try:
        result = policy.rewrite_octets("PDU", pdu)
    except MutationError:
        return
    assert isinstance(result, bytes)


@given(
    st.builds(SetField, pdu=st.just("PDU"), field=st.text(max_size=5), octets=st.binary(max_size=5))
    | st.builds(Overwrite, pdu=st.just("PDU"), at=st.integers(-9, 9), octets=st.binary(max_size=5))
    | st.builds(
        EditTlv,
        pdu=st.just("PDU"),
        path=st.just("30"),
        edit=st.sampled_from(Edit),
        octets=st.binary(max_size=5),
    )
    | st.builds(
        EditSpdu,
        pdu=st.just("PDU"),
        path=st.just("13/5"),
        edit=st.sampled_from(Edit),
        by=st.integers(-9, 9),
    )
    | st.builds(
        Pad, pdu=st.just("PDU"), path=st.just("30"), identifier=st.binary(max_size=2), size=st.integers()
    )
)
def test_mutations_survive_storage(mutation: AnyMutation) -> None:
    stored = msgspec.json.encode(mutation)
    assert msgspec.json.decode(stored, type=AnyMutation) == mutation
    assert str(mutation).startswith("PDU")


def test_the_walker_agrees_with_the_sample() -> None:
    assert not walk(OCTETS).anomalies


def test_a_replay_sends_what_another_connection_has_sent() -> None:
    first = StimulusPolicy()
    second = StimulusPolicy(elsewhere=lambda number: {7: first.sent}.get(number, {}))
    first.rewrite_octets("PDU", b"old")
    first.rewrite_octets("PDU", b"latest")
    replay = Replay(pdu="PDU", of=7)
    second.mutations = (replay, Append(pdu="PDU", octets=b"!"))
    assert second.rewrite_octets("PDU", b"new") == b"latest!"
    assert second.applied[0] == replay
    assert str(replay) == "PDU as it was sent on connection 7"


@pytest.mark.parametrize("replay", [Replay(pdu="PDU", of=3), Replay(pdu="OTHER", of=7)])
def test_what_was_never_sent_is_no_replay(replay: Replay) -> None:
    first = StimulusPolicy()
    first.rewrite_octets("PDU", b"old")
    second = StimulusPolicy(elsewhere=lambda number: {7: first.sent}.get(number, {}))
    second.mutations = (replay,)
    with pytest.raises(MutationError, match="nothing was sent there"):
        second.rewrite_octets(replay.pdu, b"new")


@pytest.mark.parametrize("flip", [FlipBit(pdu="PDU", at=11), FlipBit(pdu="PDU", at=0, bit=8)])
def test_a_bit_that_is_not_there_cannot_be_inverted(flip: FlipBit) -> None:
    with pytest.raises(MutationError, match="has 11 octets"):
        applied(flip)


@pytest.mark.parametrize(
    ("field", "value", "made"),
    [
        ("title", "1.2.3", "1.2.3"),
        ("title", None, None),
        ("bits", (0, 3), Bits(frozenset({0, 3}))),
        ("part", {"number": 1, "octets": "0a0b"}, Part(1, b"\x0a\x0b")),
        ("part", (1, "0a0b", (2,)), Part(1, b"\x0a\x0b", (2,))),
        ("either", {"number": 7}, Part(7)),
        ("either", {"name": "x", "value": "ff"}, Other(name="x", value=b"\xff")),
        ("all", ("00", "ff"), (b"\0", b"\xff")),
    ],
)
def test_values_are_as_the_field_has_them_and_survive_storage(field: str, value: Any, made: Any) -> None:
    mutation: AnyMutation = SetField(pdu="PDU", field=field, value=value)
    stored = msgspec.json.decode(msgspec.json.encode(mutation), type=SetField)
    for one in (mutation, stored):
        policy = StimulusPolicy()
        policy.mutations = (one,)
        assert getattr(policy.rewrite("PDU", Typed()), field) == made


def test_the_members_of_a_list_are_put_into_another_order() -> None:
    mutation: AnyMutation = Reorder(pdu="PDU", field="all", order=(2, 0, 1))
    policy = StimulusPolicy()
    policy.mutations = (msgspec.json.decode(msgspec.json.encode(mutation), type=AnyMutation),)
    assert policy.rewrite("PDU", Typed(all=(b"0", b"1", b"2"))).all == (b"2", b"0", b"1")
    assert str(mutation) == "PDU.all in the order 2, 0, 1"
    with pytest.raises(MutationError, match="the list has 2 members"):
        policy.rewrite("PDU", Typed(all=(b"0", b"1")))


@pytest.mark.parametrize(
    ("field", "value"),
    [("part", (1, "00", (), "more")), ("part", {"octets": "00"}), ("part.octets", "no hex")],
)
def test_a_value_that_the_field_cannot_have_is_a_mistake_of_the_case(field: str, value: Any) -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetField(pdu="PDU", field=field, value=value),)
    with pytest.raises(MutationError):
        policy.rewrite("PDU", Typed(part=Part(1)))


def test_a_number_behind_the_last_one_adds_to_a_list() -> None:
    policy = StimulusPolicy()
    policy.mutations = (SetField(pdu="PDU", field="parts.1", value={"number": 2}),)
    assert policy.rewrite("PDU", Whole((Part(1),))).parts == (Part(1), Part(2))


@pytest.mark.parametrize("name", ["E2E.HandshakeReq.tbs", "E2E.ClearTransfer.tbp"])
def test_what_is_covered_is_changed_before_it_is_covered(name: str) -> None:
    policy = StimulusPolicy()
    octets = bytes.fromhex("3006020101040102")
    change = EditTlv(pdu=name, path="30/02", edit=Edit.CONTENT, octets=b"\x05\x06")
    policy.mutations = (change,)
    made = policy.rewrite(name, Protected(octets, octets[2:]))
    assert made == Protected(bytes.fromhex("300702020506040102"), bytes.fromhex("02020506040102"))
    assert policy.rewrite_octets(name, made.content) == made.content
    assert policy.applied == [change]


def test_what_is_covered_cannot_be_withheld() -> None:
    policy = StimulusPolicy()
    policy.mutations = (Withhold(pdu="E2E.HandshakeReq.tbs"),)
    with pytest.raises(MutationError):
        policy.rewrite("E2E.HandshakeReq.tbs", Protected(b"\x30\0", b""))
