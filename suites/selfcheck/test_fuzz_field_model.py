"""The fields of headers: where they stand and what they say, by scapy's classes and by the codecs alike."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.osi import session
from conform62351.profiles.osi.spdu import AbortSpdu, ConnectSpdu, DataSpdu, FinishSpdu, Spdu
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import CC, CR, DR, DT, ER, Parameter
from conform62351.profiles.transport.tpkt import Tpkt
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.fuzz.field_model import Field, fields_of
from conform62351.tooling.fuzz.mutators.headers import HeaderMutator
from conform62351.tooling.fuzz.places import Place

MANY = settings(max_examples=60, deadline=None)
reference, octet = st.integers(0, 0xFFFF), st.integers(0, 255)
parameters = st.lists(st.builds(Parameter, octet, st.binary(max_size=9)), max_size=4).map(tuple)
selector = st.none() | st.binary(max_size=16)
user_data = st.binary(max_size=600)
spdus: st.SearchStrategy[Spdu] = st.one_of(
    st.builds(ConnectSpdu, calling_selector=selector, called_selector=selector, user_data=user_data),
    st.builds(FinishSpdu, user_data=user_data),
    st.builds(AbortSpdu, reflect=st.none() | st.binary(max_size=9), user_data=user_data),
    st.builds(DataSpdu, user_data),
)


def named(pdu: str, octets: bytes) -> dict[str, Field]:
    return {field.name: field for field in fields_of(pdu, octets)}


def put(field: Field, octets: bytes, value: int) -> bytes:
    """Return a PDU whose field has another value."""
    return octets[: field.at] + field.with_value(octets, value) + octets[field.at + field.octets :]


@MANY
@given(st.binary(max_size=60), octet, octet, st.integers(0, 0xFFFF))
def test_fields_of_tpkt_are_those_of_the_codec(
    payload: bytes, version: int, reserved: int, length: int
) -> None:
    octets = tpkt.encode(Tpkt(payload))
    found = named("TPKT", octets)
    assert {name: field.value for name, field in found.items()} == {
        "version": 3,
        "reserved": 0,
        "length": len(octets),
    }
    changed = put(found["version"], octets, version)
    changed = put(found["reserved"], changed, reserved)
    changed = put(found["length"], changed, length)
    assert changed == tpkt.encode(Tpkt(payload, version, reserved, length))


@MANY
@given(
    st.sampled_from((CR, CC)), reference, reference, octet, st.integers(0, 15), parameters, reference, octet
)
def test_fields_of_cr_and_cc_are_those_of_the_codec(
    kind: type[CR | CC],
    dst: int,
    src: int,
    option: int,
    cdt: int,
    variable: tuple[Parameter, ...],
    other: int,
    other_option: int,
) -> None:
    octets = cotp.encode(kind(dst, src, option, variable, cdt))
    found = named("COTP.CR", octets)
    fixed = fields_of("COTP.CR", octets)[:6]
    values = {field.name: field.value for field in fixed}
    codes = [field.value for field in fields_of("COTP.CR", octets) if field.name.startswith("parameter")]
    lengths = [field.value for field in fields_of("COTP.CR", octets) if field.name == "length"]
    assert codes == [one.code for one in variable]
    assert lengths == [len(one.value) for one in variable]
    assert values == {
        "li": octets[0],
        "code": octets[1] >> 4,
        "cdt": cdt,
        "dst_ref": dst,
        "src_ref": src,
        "class_option": option,
    }
    changed = put(found["src_ref"], put(found["class_option"], octets, other_option), other)
    assert changed == cotp.encode(kind(dst, other, other_option, variable, cdt))
    assert put(found["cdt"], octets, cdt ^ 15) == cotp.encode(kind(dst, src, option, variable, cdt ^ 15))


@MANY
@given(st.booleans(), st.integers(0, 127), st.integers(0, 15), st.binary(max_size=20))
def test_fields_of_other_tpdus_are_those_of_the_codec(eot: bool, number: int, roa: int, data: bytes) -> None:
    octets = cotp.encode(DT(data, eot, number, roa))
    found = named("COTP.DT", octets)
    assert (found["eot"].value, found["number"].value, found["roa"].value) == (eot, number, roa)
    assert put(found["eot"], octets, not eot) == cotp.encode(DT(data, not eot, number, roa))
    assert put(found["number"], octets, number ^ 1) == cotp.encode(DT(data, eot, number ^ 1, roa))
    refusal = cotp.encode(DR(1, 2, number))
    assert put(named("COTP.DR", refusal)["reason"], refusal, roa) == cotp.encode(DR(1, 2, roa))
    fault = cotp.encode(ER(1, number))
    assert put(named("COTP.ER", fault)["cause"], fault, roa) == cotp.encode(ER(1, roa))


@MANY
@given(spdus)
def test_fields_of_spdus_are_codes_and_lengths_as_the_codec_writes_them(spdu: Spdu) -> None:
    octets = session.encode(spdu)
    found = fields_of("SES.CN", octets)
    assert (found[0].name, found[0].at, found[0].value) == ("si", 0, octets[0])
    for field in found:
        assert put(field, octets, field.value) == octets
    codes = {field.value for field in found if field.name.startswith("parameter")}
    if isinstance(spdu, DataSpdu):
        assert [field.value for field in found] == [1, 0, 1, 0]
    else:
        assert (193 in codes or 194 in codes) == bool(getattr(spdu, "user_data", b""))
        assert found[1].value == len(octets) - (4 if octets[1] == 0xFF else 2)


@MANY
@given(
    st.sampled_from(("TPKT", "COTP.CR", "COTP.DT", "SES.CN", "SES.DT", "ACSE.AARQ")), st.binary(max_size=30)
)
def test_headers_that_are_not_whole_have_the_fields_that_they_have(pdu: str, octets: bytes) -> None:
    for field in fields_of(pdu, octets):
        assert field.at >= 0
        assert field.at + field.octets <= len(octets)
        assert put(field, octets, field.value) == octets


@MANY
@given(st.integers(0, 1000))
def test_one_field_of_a_header_changes(seed: int) -> None:
    octets = cotp.encode(CR(0, 7, 0))
    place = Place(step=0, pdu="COTP.CR", kind="octets", sample=octets)
    policy = StimulusPolicy()
    policy.mutations = HeaderMutator().mutate(place, Random(seed))
    changed = policy.rewrite_octets("COTP.CR", octets)
    assert changed is not None
    assert len(changed) == len(octets)
    spans = [range(one.at, one.at + one.octets) for one in fields_of("COTP.CR", octets)]
    differing = [at for at in range(len(octets)) if octets[at] != changed[at]]
    assert differing
    assert any(set(differing) <= set(span) for span in spans)


def test_borders_are_those_of_the_field() -> None:
    length = named("TPKT", tpkt.encode(Tpkt(bytes(20))))["length"]
    assert {0, 1, 127, 128, 255, 256, 32767, 32768, 65534, 65535, 23, 25} <= set(length.borders())
    eot = named("COTP.DT", cotp.encode(DT(b"")))["eot"]
    assert eot.borders() == (0,)
