"""Values and types, models from files, alternate access, and the report control block by itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.mms import data as mms
from conform62351.profiles.mms.alternate import select
from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.mms.model import ModelError
from conform62351.profiles.mms.modelfile import load_model, reference_model
from conform62351.profiles.mms.names import DataAccessError, bit_names, bits
from conform62351.profiles.mms.nodes import Node
from conform62351.profiles.mms.report import OPTIONS, Entry, Report, read_report, segments

LD = "IEDREF1LD0"
NOW = 1_800_000_000.0


@settings(max_examples=50, deadline=None)
@given(st.text("01", max_size=40))
def test_bits_go_to_octets_and_back(text: str) -> None:
    octets, length = mms.bits_of(text)
    assert (len(octets), length) == ((len(text) + 7) // 8, len(text))
    assert mms.bits_text((octets, length)) == text


def test_bits_are_refused_when_they_are_none() -> None:
    with pytest.raises(ValueError, match="0 and 1"):
        mms.bits_of("012")


@settings(max_examples=50, deadline=None)
@given(st.frozensets(st.sampled_from(sorted(OPTIONS))))
def test_named_bits_go_to_octets_and_back(names: frozenset[str]) -> None:
    assert bit_names(bits(names, OPTIONS, 10), OPTIONS) == names


def test_bits_past_the_end_are_not_set() -> None:
    assert bit_names((b"\xff", 3), {"second": 1, "fourth": 3}) == {"second"}
    assert bit_names((b"", 0), {"first": 0}) == frozenset()


@settings(max_examples=50, deadline=None)
@given(st.floats(allow_nan=False), st.sampled_from([32, 64]))
def test_floating_point_goes_to_octets_and_back(number: float, width: int) -> None:
    kind, octets = mms.floating_point(number, width)
    assert kind == "floating-point"
    again = mms.float_of(octets)
    if width == 64:
        assert again == number
    elif math.isfinite(again):
        assert again == pytest.approx(number, rel=1e-6, abs=1e-40)
    else:
        assert math.copysign(math.inf, number) == again


def test_known_octets_of_times_and_numbers() -> None:
    assert mms.floating_point(1.0) == ("floating-point", bytes.fromhex("083f800000"))
    assert mms.utc_time(1.5) == ("utc-time", bytes.fromhex("000000018000000a"))
    assert mms.utc_of(bytes.fromhex("000000018000000a")) == 1.5
    day = 86_400
    assert mms.binary_time(5113 * day) == ("binary-time", bytes(6))
    assert mms.binary_time(5114 * day + 0.001) == ("binary-time", bytes.fromhex("000000010001"))
    assert mms.binary_time(0.0) == ("binary-time", bytes(6))
    assert mms.binary_time_of(bytes.fromhex("000000010001")) == 5114 * day + 0.001


@pytest.mark.parametrize("read", [mms.float_of, mms.utc_of, mms.binary_time_of])
@pytest.mark.parametrize("octets", [b"", b"\x09\0\0\0\0", b"\x08\0\0\0"])
def test_octets_of_another_form_are_refused(read: Any, octets: bytes) -> None:
    with pytest.raises(ValueError, match="octets"):
        read(octets)


INCONSISTENT = DataAccessError.TYPE_INCONSISTENT
INVALID = DataAccessError.OBJECT_VALUE_INVALID
PAIR = (
    "structure",
    {"components": [{"componentType": ("boolean", None)}, {"componentType": ("integer", 8)}]},
)
ROW = ("array", {"numberOfElements": 2, "elementType": ("integer", 8)})


@pytest.mark.parametrize(
    ("specification", "data", "expected"),
    [
        (("boolean", None), ("boolean", True), None),
        (("boolean", None), ("integer", 1), INCONSISTENT),
        (("integer", 8), ("integer", 127), None),
        (("integer", 8), ("integer", 128), INVALID),
        (("integer", 8), ("integer", -129), INVALID),
        (("unsigned", 8), ("unsigned", 255), None),
        (("unsigned", 8), ("unsigned", 256), INVALID),
        (("unsigned", 8), ("unsigned", -1), INVALID),
        (("bit-string", -13), mms.bit_string("1"), None),
        (("bit-string", -13), mms.bit_string("1" * 14), INCONSISTENT),
        (("bit-string", 2), mms.bit_string("1"), INCONSISTENT),
        (("visible-string", -2), ("visible-string", "ab"), None),
        (("visible-string", -2), ("visible-string", "abc"), INVALID),
        (("visible-string", -2), ("visible-string", "ä"), INVALID),
        (("octet-string", 2), ("octet-string", b"a"), INVALID),
        (("floating-point", {"format-width": 32, "exponent-width": 8}), mms.floating_point(1.0), None),
        (
            ("floating-point", {"format-width": 32, "exponent-width": 8}),
            mms.floating_point(1.0, 64),
            INCONSISTENT,
        ),
        (("utc-time", None), ("utc-time", bytes(8)), None),
        (("utc-time", None), ("utc-time", bytes(7)), INCONSISTENT),
        (("binary-time", True), ("binary-time", bytes(6)), None),
        (("binary-time", True), ("binary-time", bytes(4)), INCONSISTENT),
        (PAIR, ("structure", [("boolean", True), ("integer", 1)]), None),
        (PAIR, ("structure", [("boolean", True)]), INCONSISTENT),
        (PAIR, ("structure", [("boolean", True), ("integer", 1000)]), INVALID),
        (ROW, ("array", [("integer", 1), ("integer", 2)]), None),
        (ROW, ("array", [("integer", 1)]), INCONSISTENT),
        (ROW, ("structure", [("integer", 1), ("integer", 2)]), INCONSISTENT),
    ],
)
def test_data_against_its_type(specification: Any, data: Any, expected: DataAccessError | None) -> None:
    assert mms.mismatch(specification, data) is expected


def test_nesting_counts_levels() -> None:
    assert mms.nesting(("boolean", True)) == 0
    assert mms.nesting(("structure", [])) == 1
    assert mms.nesting(("structure", [("boolean", True), ("array", [("structure", [])])])) == 3


def test_the_reference_model_has_the_names_of_the_standard() -> None:
    model = reference_model()
    domain = model.domains[LD]
    assert {name for name in domain.variable_names if "$" not in name} == {"LLN0", "LPHD1", "GGIO1", "MHAI1"}
    constraints = {name.split("$")[1] for name in domain.variable_names if "$" in name}
    assert {"ST", "MX", "CF", "DC", "SP", "RP"} <= constraints
    assert domain.variable_names == sorted(domain.variable_names)
    assert domain.data_set_names == ["LLN0$events", "LLN0$settings"]
    attributes = [name.rpartition("$")[2] for name in domain.variables if "$RP$urcb01$" in name]
    assert attributes == [
        "RptID",
        "RptEna",
        "Resv",
        "DatSet",
        "ConfRev",
        "OptFlds",
        "BufTm",
        "SqNum",
        "TrgOps",
        "IntgPd",
        "GI",
    ]


def test_every_value_of_the_reference_model_has_its_type() -> None:
    for domain in reference_model().domains.values():
        for node in domain.variables.values():
            assert mms.mismatch(node.specification, node.read()) is None


def test_models_do_not_share_values() -> None:
    one, other = reference_model(), reference_model()
    one.change(LD, "GGIO1$ST$IntIn1$stVal", ("integer", 5), NOW)
    assert one.read(LD, "GGIO1$ST$IntIn1")[1][0] == ("integer", 5)
    assert other.read(LD, "GGIO1$ST$IntIn1$stVal") == ("integer", 0)


@pytest.mark.parametrize(
    ("item", "data"),
    [
        ("GGIO1$ST$NoSuch", ("boolean", True)),
        ("GGIO1$ST$Ind1$stVal", ("integer", 1)),
        ("GGIO1$ST$Ind1", ("boolean", True)),
        ("LLN0$RP$urcb01$RptEna", ("boolean", True)),
    ],
)
def test_a_change_that_cannot_be_is_a_typed_error(item: str, data: Any) -> None:
    with pytest.raises(ModelError):
        reference_model().change(LD, item, data, NOW)


TYPES = """
[vmd]
vendor_name = "v"
model_name = "m"
revision = "r"
writable = ["SP"]
[types]
BOOLEAN = ["boolean"]
INT8 = ["integer", 8]
INT16U = ["unsigned", 16]
FLOAT64 = ["floating-point", 64]
Bits = ["bit-string", -4]
Octets = ["octet-string", -4]
Text = ["visible-string", -4]
Unicode = ["mMSString", -4]
Time = ["utc-time"]
Day = ["binary-time", 6]
"""


def test_values_of_every_type_are_read_from_a_file() -> None:
    model = load_model(
        TYPES
        + """
        [domains.LD.LN1.SP]
        a = ["BOOLEAN", true]
        b = ["INT8", -1]
        c = ["INT16U", 65535]
        d = ["FLOAT64", 1]
        e = ["Bits", "101"]
        f = ["Octets", "00ff"]
        g = ["Text", "text"]
        h = ["Unicode", "ä"]
        i = ["Time", 1.5]
        j = ["Day"]
        "k[2]" = ["INT8", 3]
        """
    )
    assert model.read("LD", "LN1$SP") == (
        "structure",
        [
            ("boolean", True),
            ("integer", -1),
            ("unsigned", 65535),
            ("floating-point", bytes.fromhex("0b3ff0000000000000")),
            ("bit-string", (b"\xa0", 3)),
            ("octet-string", b"\x00\xff"),
            ("visible-string", "text"),
            ("mMSString", "ä"),
            mms.utc_time(1.5),
            ("binary-time", bytes(6)),
            ("array", [("integer", 3), ("integer", 3)]),
        ],
    )
    assert all(leaf.writable for leaf in model.domains["LD"].variables["LN1"].leaves())


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a =", ["not TOML"]),
        ("", ["vmd.model_name", "vmd.revision", "vmd.vendor_name"]),
        (TYPES + "[extra]\n", ["extra: unknown table"]),
        (TYPES.replace('"v"', "1"), ["vmd.vendor_name"]),
        (TYPES.replace('["SP"]', '"SP"'), ["vmd.writable"]),
        (TYPES + 'X = ["integer", 7]', ["types.X"]),
        (TYPES + "X = 1", ["types.X"]),
        (TYPES + 'X = ["octet-string", 0]', ["types.X"]),
        (TYPES + "[domains]\nLD = 1", ["domains.LD: a table is needed"]),
        (TYPES + "[domains.LD.LN1]", ["without data"]),
        (TYPES + "[domains.LD.LN1.ST]", ["without components"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["INT9"]', ["not a known type"]),
        (TYPES + "[domains.LD.LN1.ST]\na = []", ["not a known type"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["INT8", 128]', ["is no integer as its type wants it"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["BOOLEAN", 1]', ["is no boolean"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["INT8", true]', ["is no integer"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["Text", "ä"]', ["is no visible-string"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["Bits", "2"]', ["is no bit-string"]),
        (TYPES + '[domains.LD.LN1.ST]\na = ["Octets", "0"]', ["is no octet-string"]),
        (TYPES + '[domains.LD.LN1.ST]\n"a b" = ["INT8"]', ["is no name"]),
        (TYPES + '[domains.LD.LN1."S$T"]\na = ["INT8"]', ["is no name"]),
        (TYPES + '[domains.LD.LN1.ST]\n"a[2]" = ["INT8"]\na = ["INT8"]', ["is there twice"]),
        (TYPES + '[domains.LD.LN1.ST]\n"a[1001]" = ["INT8"]', ["more than 1000 elements"]),
        (TYPES + "[domains.LD.LN1.ST]\na.b.c.d.e.f.g.h.i.j.k = ['INT8']", ["nested deeper"]),
        (TYPES + "[data_sets]\n'LD/LN1$ds' = []", ["LD/LN1$ds: the name"]),
        (
            TYPES + "[domains.LD.LN1.ST]\na=['INT8']\n[data_sets]\n'LD/LN1$d' = ['LD/LN1$ST$b']",
            ["no variable LD/LN1$ST$b"],
        ),
        (TYPES + "[domains.LD.LN1.ST]\na=['INT8']\n[data_sets]\n'LD/LN1$d' = 1", ["list of members"]),
        (TYPES + "[report_controls.'LD/LN1$BR$a']", ["the name of a report control block"]),
        (TYPES + "[report_controls.'LD/LN1$RP$a']", ["its logical node does not exist"]),
        (TYPES + "[report_controls.'LD/LN1$RP$a']\nNo = 1", ["no attributes of a report control block: No"]),
        (TYPES + "[report_controls.'LD/LN1$RP$a']\nTrgOps = ['no']", ["TrgOps"]),
        (
            TYPES
            + "[domains.LD.LN1.ST]\na=['INT8']\n[report_controls.'LD/LN1$RP$a']\nDatSet = 'LD/LN1$no'\n",
            ["there is no data set LD/LN1$no"],
        ),
        (TYPES + 'X = 1\nY = 2\n[domains.LD.LN1.ST]\na = ["Z"]', ["types.X", "types.Y", "domains.LD"]),
    ],
)
def test_a_broken_model_file_gives_all_its_faults(text: str, faults: list[str]) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(text)
    assert len(caught.value.faults) == len(faults), caught.value.faults
    for fault, expected in zip(caught.value.faults, faults, strict=True):
        assert expected in fault


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.one_of(st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["ST", "a", "b[2]", "LN1", "stVal"]), inner, max_size=3),
        ),
        max_leaves=8,
    ),
    st.sampled_from(["domains", "domains.LD", "types", "data_sets", "report_controls", "vmd"]),
)
def test_whatever_a_model_file_holds_is_a_model_or_a_typed_error(value: Any, where: str) -> None:
    def toml(part: Any) -> str:
        if isinstance(part, bool):
            return "true" if part else "false"
        if isinstance(part, dict):
            return "{" + ", ".join(f'"{key}" = {toml(each)}' for key, each in part.items()) + "}"
        if isinstance(part, list):
            return "[" + ", ".join(map(toml, part)) + "]"
        if isinstance(part, str):
            return '"' + "".join(f"\\U{ord(each):08X}" for each in part) + '"'
        return str(part)

    with pytest.raises(ModelError):
        load_model(f"{where} = {toml(value)}")


def harmonics() -> Node:
    model = reference_model()
    node = model.find(LD, "MHAI1$MX$HA$phsAHar")
    assert node is not None
    for number, leaf in enumerate(leaf for leaf in node.leaves() if leaf.name == "f"):
        leaf.data = mms.floating_point(number)
    return node


def access(how: str, which: Any = None) -> tuple[str, Any]:
    return "unnamed", ("selectAccess", (how, which))


def inner(how: str, which: Any, *further: tuple[str, Any]) -> tuple[str, Any]:
    detail = {"accessSelection": (how, which), "alternateAccess": list(further)}
    return "unnamed", ("selectAlternateAccess", detail)


def span(low: int, count: int) -> dict[str, int]:
    return {"lowIndex": low, "numberOfElements": count}


def test_alternate_access_selects_parts() -> None:
    node = harmonics()
    number = [("structure", [("structure", [mms.floating_point(n)])]) for n in range(4)]
    value = inner("component", "cVal", inner("component", "mag", access("component", "f")))
    assert select(node, [access("index", 2)]) == node.read()[1][2]
    assert select(node, [access("indexRange", span(1, 2))]) == ("array", node.read()[1][1:3])
    assert select(node, [access("allElements")]) == node.read()
    assert select(node, [inner("index", 3, access("component", "cVal"))]) == number[3]
    assert select(node, [inner("index", 3, value)]) == mms.floating_point(3)
    assert select(node, [inner("indexRange", span(0, 2), access("component", "cVal"))]) == (
        "array",
        number[:2],
    )
    named = ("named", {"componentName": "x", "access": ("selectAccess", ("index", 1))})
    assert select(node, [named]) == node.read()[1][1]
    assert select(node, [access("index", 0), named]) == ("structure", node.read()[1][:2])


@pytest.mark.parametrize(
    "selection",
    [
        [],
        [access("index", 4)],
        [access("component", "cVal")],
        [access("indexRange", span(3, 2))],
        [access("indexRange", span(0, 0))],
        [access("index", 0), access("index", 9)],
        [inner("index", 9, access("component", "cVal"))],
        [inner("index", 0, access("component", "no"))],
        [inner("index", 0, access("index", 0))],
        [inner("allElements", None, access("component", "no"))],
        [inner("index", 0)],
        [access("index", 0)] * 2001,
        [inner("allElements", None, *[access("component", "cVal")] * 50)] * 10,
    ],
)
def test_alternate_access_to_what_is_not_there_or_too_much_selects_nothing(selection: list[Any]) -> None:
    assert select(harmonics(), selection) is None


OPTION_SETS = st.frozensets(st.sampled_from(sorted(OPTIONS)))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    options = draw(OPTION_SETS)

    def optional(option: str, values: st.SearchStrategy[Any]) -> Any:
        return draw(values) if option in options else None

    members = draw(st.integers(0, 10))
    included = draw(st.lists(st.integers(0, members - 1), unique=True)) if members else []
    reasons = st.frozensets(st.sampled_from(["data-change", "integrity"]))
    return Report(
        rpt_id=draw(st.sampled_from(["", "LD/LLN0$RP$a"])),
        opt_flds=options,
        members=members,
        entries=tuple(
            Entry(
                index,
                ("integer", draw(st.integers(0, 9))),
                optional("data-reference", st.just(f"LD/x${index}")),
                optional("reason-for-inclusion", reasons),
            )
            for index in sorted(included)
        ),
        sq_num=optional("sequence-number", st.integers(0, 255)),
        time_of_entry=optional("report-time-stamp", st.integers(500_000_000, 2_000_000_000).map(float)),
        dat_set=optional("data-set-name", st.just("LD/LLN0$ds")),
        buf_ovfl=optional("buffer-overflow", st.booleans()),
        entry_id=optional("entryID", st.binary(max_size=8)),
        conf_rev=optional("conf-revision", st.integers(0, 9)),
        sub_sq_num=optional("segmentation", st.integers(0, 9)),
        more_segments_follow=optional("segmentation", st.booleans()),
    )


@settings(max_examples=100, deadline=None)
@given(reports())
def test_reports_go_to_access_results_and_back(report: Report) -> None:
    service, value = report.value()["service"]
    assert (service, value["variableAccessSpecification"]) == (
        "informationReport",
        ("variableListName", ("vmd-specific", "RPT")),
    )
    assert read_report(value["listOfAccessResult"]) == report


@settings(max_examples=100, deadline=None)
@given(reports(), st.data())
def test_a_spoilt_report_is_a_typed_error_or_a_report(report: Report, data: st.DataObject) -> None:
    results = list(report.value()["service"][1]["listOfAccessResult"])
    at = data.draw(st.integers(0, len(results)))
    wrong = data.draw(
        st.sampled_from([("failure", 3), ("success", ("bit-string", (b"\xff", 8))), ("success", ("bcd", 1))])
    )
    results[at : at + data.draw(st.integers(0, 2))] = [wrong] * data.draw(st.integers(0, 2))
    try:
        again = read_report(results)
    except MmsError:
        return
    assert read_report(again.value()["service"][1]["listOfAccessResult"]) == again


def test_a_report_of_short_time_is_a_typed_error() -> None:
    results = [("visible-string", ""), mms.bit_string("0010000000"), ("binary-time", bytes(4))]
    with pytest.raises(MmsError, match="TimeOfEntry"):
        read_report([("success", each) for each in results])


def test_a_long_report_is_cut_into_numbered_segments() -> None:
    entries = tuple(Entry(index, ("integer", index)) for index in range(7))
    report = Report("id", frozenset({"sequence-number"}), 7, entries, sq_num=9)
    assert segments(report, lambda _: True) == [report]
    parts = segments(report, lambda part: len(part.entries) < 3)
    assert [entry for part in parts for entry in part.entries] == list(entries)
    assert [part.sub_sq_num for part in parts] == list(range(len(parts)))
    assert [part.more_segments_follow for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all(part.sq_num == 9 and "segmentation" in part.opt_flds for part in parts)
    assert len(segments(report, lambda _: False)) == 7
