"""A PICS: everything wrong with it comes in one error, each fault with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import HEADER_FIELDS, load_declaration
from conform62351.pics.faults import DeclarationError
from conform62351.pics.template import new_pics

HEADER = """\
[header]
vendor = "V"
product = "P"
hardware_version = "1"
software_version = "2"
edition = "2018"
"""
ANSWERS = "".join(f'{item.code} = "no"\n' for item in catalogue())
COMPLETE = ANSWERS + HEADER


def faults(path: Path, text: str, *, explore: bool = False) -> list[tuple[int, str]]:
    path.write_text(text)
    with pytest.raises(DeclarationError) as error:
        load_declaration(path, explore=explore)
    assert all(fault.path == path for fault in error.value.faults)
    return [(fault.line, fault.message) for fault in error.value.faults]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pics.toml"


def test_a_complete_pics_is_read(path: Path) -> None:
    path.write_text(COMPLETE.replace('T6.OSI.server = "no"', 'T6.OSI.server = "yes"'))
    declaration = load_declaration(path)
    assert declaration.header.vendor == "V"
    assert declaration.header.edition == "2018"
    assert declaration.claims("T6.OSI.server")
    assert not declaration.claims("T6.OSI.client")
    assert list(declaration.answers) == [item.code for item in catalogue()]


def test_tables_dotted_keys_inline_tables_and_quoted_codes_are_the_same(path: Path) -> None:
    rest = "".join(f'{item.code} = "no"\n' for item in catalogue() if item.section not in ("T6", "T7", "T8"))
    path.write_text(
        rest
        + HEADER
        + """
        [T6]
        OSI = { client = "yes", server = "no" }
        XMPP.client = "no"
        "XMPP".'server' = "yes"
        [T7.native]
        client = "yes"
        server = "no"
        [T7.compatibility]
        client = "no"
        server = "no"
        [T8.T-security]
        client = "no"
        server = "no"
        [T8."A-security-profile"]
        client = "no"
        server = "yes"
        """
    )
    claimed = [code for code, answer in load_declaration(path).answers.items() if answer is Answer.YES]
    assert claimed == ["T6.OSI.client", "T6.XMPP.server", "T7.native.client", "T8.A-security-profile.server"]


def test_all_faults_come_at_once_with_their_lines(path: Path) -> None:
    text = COMPLETE
    for old, new in (
        ('ROLE.client = "no"', 'ROLE.client = "maybe"'),
        ('ROLE.server = "no"', "ROLE.server = no"),
        ('T6.OSI.client = "no"', "T6.OSI.client = true"),
        ('T6.OSI.server = "no"', 'T6.osi.server = "no"'),
        ('T6.XMPP.client = "no"', 'T6.XMPP.client = ""'),
        ('T6.XMPP.server = "no"', 'T6.XMPP.server = "unknown"'),
        ('T7.native.client = "no"\n', 'T7.native.client = "no"\nT7.native.client = "no"\n'),
        ('T8.T-security.client = "no"\n', "\n"),
        ('vendor = "V"', "vendor = 7"),
        ('product = "P"', 'produkt = "P"'),
        ('software_version = "2"', 'software_version = ""'),
        ('edition = "2018"', 'edition = "2020"'),
    ):
        assert old in text
        text = text.replace(old, new)
    lines = {name: number for number, name in enumerate(text.splitlines(), start=1)}
    twice = lines['T7.native.client = "no"']
    found = faults(path, text)
    assert found == [
        (lines['ROLE.client = "maybe"'], 'ROLE.client: \'maybe\' is no answer: write "yes" or "no"'),
        (
            lines["ROLE.server = no"],
            "ROLE.server: no is no TOML value (Invalid value); texts stand in quotation marks",
        ),
        (lines["T6.OSI.client = true"], 'T6.OSI.client: true is no answer: write "yes" or "no"'),
        (lines['T6.osi.server = "no"'], "T6.osi.server is no PICS code; did you mean T6.OSI.server?"),
        (lines['T6.XMPP.client = ""'], 'T6.XMPP.client is not answered: write "yes" or "no"'),
        (
            lines['T6.XMPP.server = "unknown"'],
            'T6.XMPP.server: "unknown" is for exploring runs only (--explore)',
        ),
        (twice, f"T7.native.client stands twice, first in line {twice - 1}"),
        (lines["[header]"], "header.product is missing"),
        (lines["vendor = 7"], "header.vendor: 7 is no text"),
        (lines['produkt = "P"'], "header.produkt is no header field; did you mean product?"),
        (lines['software_version = ""'], "header.software_version is empty"),
        (lines['edition = "2020"'], "header.edition: '2020' is neither '2018' nor '2018+A1'"),
        (0, "T6.OSI.server is not answered"),
        (0, "T8.T-security.client is not answered"),
    ]


@pytest.mark.parametrize(
    ("value", "sound"), [("x" * 200, True), ("x" * 201, False), ("a\\tb", False), ("Müller & Söhne", True)]
)
def test_the_header_is_short_and_printable(path: Path, value: str, sound: bool) -> None:
    text = COMPLETE.replace('vendor = "V"', f'vendor = "{value}"')
    if sound:
        path.write_text(text)
        assert load_declaration(path).header.vendor == value
    else:
        assert faults(path, text) == [
            (len(catalogue()) + 2, "header.vendor is longer than 200 characters or not printable")
        ]


def test_a_long_list_of_unknown_codes_is_told_in_short_words(path: Path) -> None:
    found = faults(path, f'T6.{"x" * 100} = "no"\n' + COMPLETE)
    assert found == [(1, f"T6.{'x' * 56}… is no PICS code")]


def test_an_answer_in_two_spellings_is_a_duplicate(path: Path) -> None:
    found = faults(path, 'ROLE."client" = "no"\n"ROLE.client" = "no"\n' + COMPLETE.partition("\n")[2])
    assert found == [(2, "ROLE.client is answered twice, first in line 1")]


def test_unanswered_items_are_told_where_their_table_begins(path: Path) -> None:
    text = (
        "".join(f'{item.code} = "no"\n' for item in catalogue() if item.section != "T6") + HEADER + "[T6]\n"
    )
    line = text.count("\n")
    assert faults(path, text) == [
        (line, "T6.OSI.client, T6.OSI.server, T6.XMPP.client, T6.XMPP.server are not answered")
    ]


def test_an_empty_file_lacks_everything(path: Path) -> None:
    found = faults(path, "")
    assert len(found) == len(HEADER_FIELDS) + len(catalogue().tables)
    missing = ", ".join(message for _, message in found)
    assert all(item.code in missing for item in catalogue())


def test_unknown_is_an_answer_in_an_exploring_run(path: Path) -> None:
    path.write_text(COMPLETE.replace('T7.native.server = "no"', 'T7.native.server = "unknown"'))
    assert load_declaration(path, explore=True).answers["T7.native.server"] is Answer.UNKNOWN
    text = COMPLETE.replace('T7.native.server = "no"', 'T7.native.server = "perhaps"')
    assert '"yes" or "no" or "unknown"' in faults(path, text, explore=True)[0][1]


def test_the_template_asks_every_question_and_leaves_every_answer(path: Path) -> None:
    text = new_pics()
    path.write_text(text)
    with pytest.raises(DeclarationError) as error:
        load_declaration(path)
    unanswered = [fault for fault in error.value.faults if "is not answered" in fault.message]
    assert len(unanswered) == len(catalogue())
    assert len(error.value.faults) == len(catalogue()) + len(HEADER_FIELDS)
    lines = text.splitlines()
    for fault in unanswered:
        code = fault.message.partition(" ")[0]
        assert lines[fault.line - 1] == f'{code.partition(".")[2]} = ""'
    words = " ".join(text.replace("\n# ", " ").split())
    assert all(item.question in words for item in catalogue())


def test_the_template_for_one_role_leaves_only_its_items_open(path: Path) -> None:
    text = new_pics(["server"])
    answers = tomllib.loads(text)
    assert answers["T6"]["OSI"] == {"client": "no", "server": ""}
    assert answers["ROLE"] == {"client": "no", "server": ""}


def test_the_template_tells_status_condition_and_source() -> None:
    lines = new_pics().splitlines()
    for note in (
        "# c.2: at least one of the two; if ROLE; clause 10, 15 [N]",
        "# c.4: mandatory with XMPP; optional with OSI, at least one mode; clause 13, 14 [I]",
        "# m: mandatory; if T7.compatibility and T8.T-security; suite 0036; clause 6.3.4.2 [N]",
        "# x: excluded; if T7.compatibility and T8.T-security; suite 0005; clause 6.3.4.2 [I]",
        "# o.2: at least one of the group; if PROTOCOL.ICCP; clause 5.1 [I]",
        'edition = ""  # "2018" or "2018+A1"',
    ):
        assert note in lines


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from([item.code for item in catalogue()]), st.sampled_from(["yes", "no"])))
def test_any_answers_are_read_back(tmp_path_factory: pytest.TempPathFactory, chosen: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("pics") / "pics.toml"
    given_answers = {item.code: chosen.get(item.code, "no") for item in catalogue()}
    path.write_text("".join(f'{code} = "{answer}"\n' for code, answer in given_answers.items()) + HEADER)
    assert load_declaration(path).answers == given_answers
