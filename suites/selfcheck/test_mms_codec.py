"""MMS PDUs as octets: known ones, every type against asn1tools, and what is no PDU."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import asn1tools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1 import module
from conform62351.profiles.mms import shortcut_reader, shortcut_writer
from conform62351.profiles.mms.codec import (
    Malformed,
    MmsError,
    MmsPdu,
    decode_by_module,
    decode_pdu,
    encode_pdu,
)
from conform62351.profiles.tlv import AnomalyCode

MODULE = resources.files("conform62351.profiles.asn1").joinpath("mms.asn").read_text(encoding="utf-8")
TYPES: Mapping[str, Any] = asn1tools.parse_string(MODULE)["MMS"]["types"]

INITIATE = bytes.fromhex("a826800300fde881010582010583010aa416800101810305f100820c03ee1c00000408000079ef18")
"""The initiate-Request of libiec61850 1.6."""

READ = bytes.fromhex(
    "a0300201 07a42ba129a0273025a023a1211a0a494544524546314c44301a134747494f3124535424496e643124737456616c"
)


def values(descriptor: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a type of the module, kept shallow where types are recursive."""
    kind = descriptor["type"]
    match kind:
        case "CHOICE":
            members = descriptor["members"]
            if depth > 6:
                members = [each for each in members if not _recursive(each)] or members
            return st.one_of([st.tuples(st.just(each["name"]), values(each, depth + 1)) for each in members])
        case "SEQUENCE":
            needed: dict[str, st.SearchStrategy[Any]] = {}
            optional: dict[str, st.SearchStrategy[Any]] = {}
            for member in descriptor["members"]:
                free = member.get("optional") and not member.get("default")
                (optional if free else needed)[member["name"]] = values(member, depth + 1)
            return st.fixed_dictionaries(needed, optional=optional)
        case "SEQUENCE OF":
            return st.lists(values(descriptor["element"], depth + 1), max_size=0 if depth > 8 else 3)
        case "INTEGER":
            lower, upper = descriptor.get("restricted-to", [(-(2**63), 2**63)])[0]
            return st.integers(lower, upper)
        case "BOOLEAN":
            return st.booleans()
        case "NULL":
            return st.none()
        case "BIT STRING":
            return st.text("01", max_size=30).map(_bits)
        case "OCTET STRING":
            return st.binary(max_size=12)
        case "VisibleString":
            return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
        case "UTF8String":
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
        case "OBJECT IDENTIFIER":
            arcs = st.lists(st.integers(0, 2**40), max_size=4)
            return arcs.map(lambda found: ".".join(map(str, (1, 3, *found))))
        case _:
            return st.deferred(lambda: values({**TYPES[kind], "tag": None}, depth + 1))


def _recursive(member: Mapping[str, Any]) -> bool:
    return member["name"] in {"array", "structure", "selectAlternateAccess", "named"}


def _bits(text: str) -> tuple[bytes, int]:
    padded = text + "0" * (-len(text) % 8)
    return bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8)), len(text)


PDUS = values(TYPES["MMSpdu"])
DATA = values(TYPES["Data"])


@settings(max_examples=150, deadline=None)
@given(PDUS)
def test_every_pdu_reads_as_it_was_written_and_as_asn1tools_reads_it(pdu: tuple[str, Any]) -> None:
    octets = encode_pdu(*pdu)
    decoded = decode_by_module(octets)
    assert decode_pdu(octets) == decoded
    assert (decoded.name, decoded.value) == pdu
    assert module("mms").decode("MMSpdu", octets) == pdu
    assert decoded.anomalies == ()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.one_of(DATA, st.integers(0, 11)), max_size=4))
def test_the_shortcut_for_a_read_response_writes_what_asn1tools_writes(
    invoke_id: int, results: list[Any]
) -> None:
    listed = [("failure", each) if isinstance(each, int) else ("success", each) for each in results]
    value = {"invokeID": invoke_id, "service": ("read", {"listOfAccessResult": listed})}
    short = shortcut_writer.encode("confirmed-ResponsePDU", value)
    rare = any(_has_rare(each) for each in results)
    assert (short is None) == rare
    octets = module("mms").encode("MMSpdu", ("confirmed-ResponsePDU", value))
    assert (shortcut_reader.decode(octets) is None) == rare
    assert short in (None, octets)


def _has_rare(data: Any) -> bool:
    if isinstance(data, int):
        return False
    kind, value = data
    if kind in ("array", "structure"):
        return any(map(_has_rare, value))
    return kind in ("generalized-time", "bcd", "booleanArray", "objId")


NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(NAMES, NAMES), max_size=4))
def test_the_shortcut_for_a_read_request_writes_what_asn1tools_writes(
    invoke_id: int, names: list[tuple[str, str]]
) -> None:
    listed = [
        {"variableSpecification": ("name", ("domain-specific", {"domainID": domain, "itemID": item}))}
        for domain, item in names
    ]
    argument = {
        "specificationWithResult": False,
        "variableAccessSpecification": ("listOfVariable", listed),
    }
    value = {"invokeID": invoke_id, "service": ("read", argument)}
    short = shortcut_writer.encode("confirmed-RequestPDU", value)
    assert short == module("mms").encode("MMSpdu", ("confirmed-RequestPDU", value))
    assert shortcut_reader.decode(short) == ("confirmed-RequestPDU", value)


@pytest.mark.parametrize("count", [1000, shortcut_reader.MOST_LISTED, shortcut_reader.MOST_LISTED + 1])
def test_a_read_of_many_variables_is_the_same_by_the_module(count: int) -> None:
    octets = _read_of(count)
    assert (shortcut_reader.decode(octets) is None) == (count > shortcut_reader.MOST_LISTED)
    assert decode_pdu(octets) == decode_by_module(octets)


def test_a_read_of_more_variables_than_a_pdu_may_hold_is_refused() -> None:
    with pytest.raises(MmsError, match="more than 20000 TLVs"):
        decode_pdu(_read_of(4000))


def _read_of(count: int) -> bytes:
    variable = {"variableSpecification": ("name", ("domain-specific", {"domainID": "", "itemID": ""}))}
    argument = {
        "specificationWithResult": False,
        "variableAccessSpecification": ("listOfVariable", [variable] * count),
    }
    return encode_pdu("confirmed-RequestPDU", {"invokeID": 7, "service": ("read", argument)})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(("Request", "Response")), st.data())
def test_the_shortcut_for_initiate_writes_what_asn1tools_writes(kind: str, data: st.DataObject) -> None:
    value = data.draw(values(TYPES[f"Initiate-{kind}PDU"]))
    name = f"initiate-{kind}PDU"
    octets = module("mms").encode("MMSpdu", (name, value))
    unusual = len(value[f"init{kind}Detail"]) != 3
    short = shortcut_writer.encode(name, value)
    assert short == (None if unusual else octets)
    assert shortcut_reader.decode(octets) == (None if unusual else (name, value))


@pytest.mark.parametrize("width", [1, 2, 4])
def test_the_shortcut_for_initiate_leaves_numbers_out_of_range_to_the_module(width: int) -> None:
    name = {1: "proposedDataStructureNestingLevel", 2: "proposedMaxServOutstandingCalled"}.get(
        width, "localDetailCalling"
    )
    value = decode_pdu(INITIATE).value
    for number in (1 << 8 * width - 1, -(1 << 8 * width - 1) - 1):
        octets = encode_pdu("initiate-RequestPDU", {**value, name: number})
        assert shortcut_reader.decode(octets) is None
    for number in ((1 << 8 * width - 1) - 1, -(1 << 8 * width - 1)):
        octets = encode_pdu("initiate-RequestPDU", {**value, name: number})
        assert shortcut_reader.decode(octets) is not None


@settings(max_examples=150, deadline=None)
@given(PDUS)
def test_the_shortcut_never_differs_from_asn1tools(pdu: tuple[str, Any]) -> None:
    assert shortcut_writer.encode(*pdu) in (None, module("mms").encode("MMSpdu", pdu))


@pytest.mark.parametrize(
    "spoil",
    [
        {"listOfModifier": []},
        {"invokeID": "seven"},
        {"invokeID": True},
        {"service": ("read", {})},
        {"service": ("read", None)},
        {"service": "read"},
    ],
)
def test_the_shortcut_leaves_what_is_unusual_to_asn1tools(spoil: dict[str, Any]) -> None:
    value = decode_pdu(READ).value
    assert shortcut_writer.encode("confirmed-RequestPDU", value) == READ
    assert shortcut_writer.encode("confirmed-RequestPDU", {**value, **spoil}) is None


def test_a_known_initiate_request() -> None:
    pdu = decode_pdu(INITIATE)
    assert pdu.name == "initiate-RequestPDU"
    assert pdu.value == {
        "localDetailCalling": 65000,
        "proposedMaxServOutstandingCalling": 5,
        "proposedMaxServOutstandingCalled": 5,
        "proposedDataStructureNestingLevel": 10,
        "initRequestDetail": {
            "proposedVersionNumber": 1,
            "proposedParameterCBB": (b"\xf1\0", 11),
            "servicesSupportedCalling": (bytes.fromhex("ee1c00000408000079ef18"), 85),
        },
    }
    assert encode_pdu(pdu.name, pdu.value) == INITIATE


def test_a_known_read_request() -> None:
    pdu = decode_pdu(READ)
    (variable,) = pdu.value["service"][1]["variableAccessSpecification"][1]
    assert variable["variableSpecification"] == (
        "name",
        ("domain-specific", {"domainID": "IEDREF1LD0", "itemID": "GGIO1$ST$Ind1$stVal"}),
    )


@pytest.mark.parametrize(
    ("octets", "value", "code"),
    [
        ("830101", True, AnomalyCode.BOOLEAN_VALUE),
        ("85020001", 1, AnomalyCode.NON_MINIMAL_INTEGER),
        ("8a810141", "A", AnomalyCode.NON_MINIMAL_LENGTH),
        ("aa80 0401 41 0401 42 0000", "AB", AnomalyCode.CONSTRUCTED_STRING),
        ("a907 2403 040101 0400", b"\x01", AnomalyCode.CONSTRUCTED_STRING),
        ("a408 0302 00f0 0302 0480", (b"\xf0\x80", 12), AnomalyCode.CONSTRUCTED_STRING),
        ("840204ff", (b"\xf0", 4), AnomalyCode.BIT_STRING_PADDING),
        ("8a020041", "\0A", AnomalyCode.CONTENT_FORM),
        ("8f03508001", "2.0.1", AnomalyCode.NON_MINIMAL_OBJECT_IDENTIFIER),
    ],
)
def test_odd_data_is_read_and_noted(octets: str, value: Any, code: AnomalyCode) -> None:
    pdu = decode_pdu(tlv(0xA1, tlv(0x02, b"\1") + tlv(0xA4, tlv(0xA1, bytes.fromhex(octets)))))
    ((success, (_, found)),) = pdu.value["service"][1]["listOfAccessResult"]
    assert (success, found) == ("success", value)
    assert code in {anomaly.code for anomaly in pdu.anomalies}


def tlv(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes((tag, len(content))) + content


@pytest.mark.parametrize(
    "data",
    [
        "8500",  # an INTEGER without content
        "8400",  # a BIT STRING without content
        "84020900",  # nine unused bits
        "840101",  # an unused bit of no bits
        "8300",  # a BOOLEAN without content
        "83020000",
        "8a01ff",  # not ASCII
        "9001ff",  # not UTF-8
        "8f00",
        "8f0180",  # an arc that does not end
        "8f14" + "ff" * 19 + "7f",  # an arc of too many octets
        "9f1f00",  # no such choice
        "a0020000",
        "a4040302010001",
        "a503020101",  # a constructed INTEGER
        "a906240404010104",  # a segment that ends too early
        "a90302010a",  # a segment of another type
        "a408030204f003020480",  # unused bits within a BIT STRING
    ],
)
def test_data_that_is_none_is_refused(data: str) -> None:
    octets = tlv(0xA1, tlv(0x02, b"\1") + tlv(0xA4, tlv(0xA1, bytes.fromhex(data))))
    with pytest.raises(MmsError) as caught:
        decode_pdu(octets)
    assert caught.value.malformed in (Malformed.CONTENT, Malformed.BER)
    assert caught.value.layer == "MMS"


@pytest.mark.parametrize(
    ("octets", "malformed", "pdu", "invoke_id"),
    [
        ("", Malformed.BER, None, None),
        ("a0", Malformed.BER, None, None),
        ("a005020107", Malformed.BER, None, None),
        ("8b0000", Malformed.BER, None, None),
        ("af00", Malformed.PDU_TYPE, None, None),
        ("020101", Malformed.PDU_TYPE, None, None),
        ("8001aa", Malformed.PDU_TYPE, None, None),
        ("a005020107bf4f00", Malformed.BER, None, None),
        ("a006020107bf4f00", Malformed.SERVICE, "confirmed-RequestPDU", 7),
        ("a0060201079f4f00", Malformed.SERVICE, "confirmed-RequestPDU", 7),
        ("a008 020107 3000 bf4700", Malformed.SERVICE, "confirmed-RequestPDU", 7),
        ("a005 020107 a400", Malformed.CONTENT, "confirmed-RequestPDU", 7),
        ("a003 020107", Malformed.CONTENT, "confirmed-RequestPDU", 7),
        ("a007 020107 8200 8200", Malformed.CONTENT, "confirmed-RequestPDU", 7),
        ("a002 8200", Malformed.CONTENT, "confirmed-RequestPDU", None),
        ("a009 02050100000000 8200", Malformed.CONTENT, "confirmed-RequestPDU", None),
        ("a005 0201ff 8200", Malformed.CONTENT, "confirmed-RequestPDU", None),
        ("a302 a200", Malformed.SERVICE, "unconfirmed-PDU", None),
        ("a302 a000", Malformed.CONTENT, "unconfirmed-PDU", None),
        ("8500", Malformed.CONTENT, "cancel-RequestPDU", None),
        ("8b0100", Malformed.CONTENT, "conclude-RequestPDU", None),
        ("a400", Malformed.CONTENT, "rejectPDU", None),
        ("a103 020109", Malformed.CONTENT, "confirmed-ResponsePDU", 9),
        ("a203 800109", Malformed.CONTENT, "confirmed-ErrorPDU", 9),
    ],
)
def test_what_is_no_pdu_says_how_far_it_could_be_read(
    octets: str, malformed: Malformed, pdu: str | None, invoke_id: int | None
) -> None:
    with pytest.raises(MmsError) as caught:
        decode_pdu(bytes.fromhex(octets))
    found = caught.value
    assert (found.malformed, found.pdu, found.invoke_id) == (malformed, pdu, invoke_id)


def test_components_out_of_order_are_refused_at_their_place() -> None:
    with pytest.raises(MmsError) as caught:
        decode_pdu(bytes.fromhex("a406 810104 800107"))
    assert caught.value.offset == 5
    assert "80" in caught.value.message


@pytest.mark.parametrize("levels", [70, 4000])
def test_nesting_has_a_limit(levels: int) -> None:
    data = b"\x83\x01\xff"
    for _ in range(levels):
        size = len(data).to_bytes(3, "big")
        data = b"\xa2\x83" + size + data
    octets = b"\xa0\x83" + (len(data) + 3).to_bytes(3, "big") + b"\x02\x01\x01" + data
    with pytest.raises(MmsError) as caught:
        decode_pdu(octets)
    assert "deep" in caught.value.message


def test_data_within_the_limit_of_nesting_is_read() -> None:
    data: tuple[str, Any] = ("boolean", True)
    for _ in range(50):
        data = ("structure", [data])
    value = {"invokeID": 1, "service": ("read", {"listOfAccessResult": [("success", data)]})}
    assert decode_pdu(encode_pdu("confirmed-ResponsePDU", value)).value == value


def test_the_number_of_elements_has_a_limit() -> None:
    octets = b"\xa2\x83\x00\xc3\x50" + b"\x83\x00" * 25_000
    with pytest.raises(MmsError) as caught:
        decode_pdu(octets)
    assert caught.value.malformed is Malformed.BER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no-PDU", None),
        ("confirmed-RequestPDU", {}),
        ("confirmed-RequestPDU", None),
        ("confirmed-RequestPDU", {"invokeID": 1, "service": ("rename", {})}),
        ("cancel-RequestPDU", "one"),
        (
            "confirmed-ResponsePDU",
            {
                "invokeID": 1,
                "service": ("read", {"listOfAccessResult": [("success", ("visible-string", "ä"))]}),
            },
        ),
    ],
)
def test_a_value_that_is_none_of_the_pdu_is_a_typed_error(name: str, value: Any) -> None:
    with pytest.raises(MmsError):
        encode_pdu(name, value)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_garbage_raises_nothing_but_a_typed_error(octets: bytes) -> None:
    check_decoding(octets)


READS = st.builds(
    lambda service, invoke_id, value: (
        f"confirmed-{service}PDU",
        {"invokeID": invoke_id, "service": ("read", value)},
    ),
    st.just("Response"),
    st.integers(0, 300),
    values(TYPES["Read-Response"]),
) | st.builds(
    lambda invoke_id, value: ("confirmed-RequestPDU", {"invokeID": invoke_id, "service": ("read", value)}),
    st.integers(0, 300),
    values(TYPES["Read-Request"]),
)


@settings(max_examples=200, deadline=None)
@given(PDUS | READS, st.data())
def test_a_spoilt_pdu_raises_nothing_but_a_typed_error(pdu: tuple[str, Any], data: st.DataObject) -> None:
    octets = bytearray(encode_pdu(*pdu))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(octets) - 1)))
        match data.draw(st.sampled_from(["set", "cut", "insert"])):
            case "set":
                octets[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del octets[at : at + 1]
            case "insert":
                octets[at:at] = data.draw(st.binary(min_size=1, max_size=3))
    check_decoding(bytes(octets))


def check_decoding(octets: bytes) -> None:
    """Octets give a typed error, or a value that is written and read again as it is."""
    try:
        pdu = decode_by_module(octets)
    except MmsError:
        assert shortcut_reader.decode(octets) is None
        with pytest.raises(MmsError):
            decode_pdu(octets)
        return
    plain = shortcut_reader.decode(octets)
    if plain is not None:
        assert MmsPdu(*plain, octets) == pdu
    assert decode_pdu(encode_pdu(pdu.name, pdu.value)).value == pdu.value


def test_an_integer_of_very_many_octets_is_refused_in_a_message_of_usual_length() -> None:
    content = b"\x01" + bytes(4000)
    number = b"\x02\x82" + len(content).to_bytes(2, "big") + content
    status = b"\x80\x01\x00"
    octets = b"\xa0\x82" + (len(number) + len(status)).to_bytes(2, "big") + number + status
    with pytest.raises(MmsError) as caught:
        decode_pdu(octets)
    assert "an INTEGER of 4001 octets" in str(caught.value)
