"""The reference model, and models from files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.mms import data as mms
from conform62351.profiles.mms.model import ModelError
from conform62351.profiles.mms.modelfile import load_model, reference_model
from conform62351.suites.selfcheck.mms_pair import LD, NOW


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
