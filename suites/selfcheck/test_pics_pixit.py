"""A PIXIT: types, bounds, actions, configurations, and nothing of it that is secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.faults import DeclarationError
from conform62351.pics.pixit import Pixit, check_required, load_pixit, pixit_entries
from conform62351.pics.pixit_actions import ACTION_NAMES
from conform62351.pics.template import new_pixit, toml_value
from conform62351.profiles.native.derivation import Derivation, Extent, KeyOrder, Secret, Zero
from conform62351.profiles.native.parameters import MMS_OVER_OSI
from conform62351.profiles.osi.ber_writer import encode_object_identifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pixit.toml"


def load(path: Path, text: str, **substitutions: str) -> Pixit:
    path.write_text(text)
    return load_pixit(path, substitutions=substitutions)


def faults(path: Path, text: str) -> list[str]:
    with pytest.raises(DeclarationError) as error:
        load(path, text)
    return [f"{fault.line}: {fault.message}" for fault in error.value.faults]


def test_values_are_typed_and_have_defaults(path: Path) -> None:
    pixit = load(
        path,
        """\
boot_time = 90
[dut]
host = "192.0.2.7"
port = 10102
t_selector = "00 0A"
ap_title = "1.1.1.999.1.7"
insists_on = ["called-ap-title"]
[data]
read = "LD0/MMXU1$MX$TotW"
""",
    )
    assert pixit.number("boot_time") == 90.0
    assert pixit.text("dut.host") == "192.0.2.7"
    assert pixit.integer("dut.port") == 10102
    assert pixit.octets("dut.t_selector") == b"\x00\x0a"
    assert pixit.texts("dut.insists_on") == ("called-ap-title",)
    assert pixit.text("data.read") == "LD0/MMXU1$MX$TotW"
    assert pixit.octets("dut.p_selector") == b"\x00\x00\x00\x01"
    assert pixit.number("limit.respond") == 10.0
    assert pixit.is_set("data.read")
    assert not pixit.is_set("data.write")


def test_names_and_types_that_do_not_exist_are_mistakes_of_the_program() -> None:
    with pytest.raises(LookupError, match=r"no PIXIT entry 'dut.hots'"):
        Pixit().text("dut.hots")
    with pytest.raises(TypeError, match=r"dut.port is a integer"):
        Pixit().text("dut.port")
    with pytest.raises(TypeError, match="not '10102'"):
        Pixit().with_overrides({"dut.port": "10102"})
    with pytest.raises(LookupError):
        Pixit().with_overrides({"dut.prot": 1})


def test_overrides_leave_the_original_alone(path: Path) -> None:
    pixit = load(path, '[dut]\nhost = "192.0.2.7"\n')
    other = pixit.with_overrides({"dut.host": "127.0.0.1", "dut.port": 40000})
    assert (other.text("dut.host"), other.integer("dut.port")) == ("127.0.0.1", 40000)
    assert (pixit.text("dut.host"), pixit.integer("dut.port")) == ("192.0.2.7", 102)


def test_all_faults_come_at_once_with_their_lines(path: Path) -> None:
    found = faults(
        path,
        """\
boot_time = "long"
max_associations = 0
[dut]
host = 7
prot = 102
t_selector = "0"
s_selector = "000102030405060708090a0b0c0d0e0f10"
ap_title = "1.1.x"
ae_qualifier = 12.5
insists_on = ["called-ap-titel"]
password = 12345
[limit]
connect = nan
respond = inf
respond = 3
[data]
read = "MMXU1.TotW"
[log]
access = "syslog"
[action.connct]
kind = "none"
[action.reset]
kind = "http"
[action.health]
kind = "snmp"
[action.disconnect]
kind = "wait"
seconds = -1
[action.release]
[action.rekey]
kind = "http"
url = "{base}/rekey"
method = "FETCH"
limt = 3
[configuration.Native_Mode]
cost = 7
[configuration.native]
costs = 7
[configuration.tls]
stack = "ssl"
""",
    )
    assert found == [
        "1: boot_time: 'long' is no number",
        "2: max_associations: 0 is not between 1 and 10000",
        "4: dut.host: 7 is no text",
        "5: dut.prot is no PIXIT entry; did you mean dut.port?",
        "6: dut.t_selector: octets are written in hexadecimal, two digits each, in quotation marks",
        "7: dut.s_selector: 17 octets are not at most 16",
        "8: dut.ap_title: '1.1.x' is no object identifier in dotted form, such as 1.1.1.999.1",
        "9: dut.ae_qualifier: 12.5 is no whole number",
        "10: dut.insists_on: 'called-ap-titel' is none of called-transport-selector,"
        " called-session-selector, called-presentation-selector, called-ap-title, called-ae-qualifier,"
        " calling-ap-title, calling-ae-qualifier; did you mean called-ap-title?",
        "11: dut.password: a text is wanted",
        "13: limit.connect: nan is no number",
        "14: limit.respond: inf is no number",
        "15: limit.respond stands twice, first in line 14",
        "17: data.read: 'MMXU1.TotW' is no DOMAIN/ITEM",
        "19: log.access: 'syslog' is none of none, file, action, collector",
        "20: action.connct is no action; did you mean connect?",
        "22: action.reset.url is missing for kind http",
        "25: action.health.kind: 'snmp' is none of command, http, wait, question, none",
        "28: action.disconnect.seconds: -1 is no number of seconds from 0 to 86400",
        "29: action.release.kind is missing: one of command, http, wait, question, none",
        "33: action.rekey.method: 'FETCH' is none of GET, POST, PUT, DELETE",
        "34: action.rekey.limt is no field here; did you mean limit?",
        "35: configuration.Native_Mode: names hold lower-case letters, digits and hyphens",
        "38: configuration.native.costs is no field here; did you mean cost?",
        "40: configuration.tls.stack: 'ssl' is none of plain, tls, a-profile, compatibility, native,"
        " native-tls",
    ]


@pytest.mark.parametrize("value", ["1e400", "9" * 4000, "-inf", "true", "[1]", "2027-01-01", "{ a = 1 }"])
@pytest.mark.parametrize(
    "name", ["boot_time", "max_associations", "dut.host", "dut.t_selector", "dut.insists_on"]
)
def test_values_of_any_type_are_refused_with_their_line(path: Path, name: str, value: str) -> None:
    assert faults(path, f"\n{name} = {value}\n")[0].startswith(f"2: {name}")


@pytest.mark.parametrize("value", ["x" * 1001, "a\\tb"])
def test_texts_are_short_and_printable(path: Path, value: str) -> None:
    assert faults(path, f'[dut]\nhost = "{value}"\n') == [
        "2: dut.host: longer than 1000 characters or not printable"
    ]
    assert load(path, f'[dut]\nhost = "{"x" * 1000}"\n').is_set("dut.host")


def test_a_wrong_secret_is_not_printed(path: Path) -> None:
    assert faults(path, '[dut]\npassword = ["hunter2"]\n') == ["2: dut.password: a text is wanted"]


def test_a_secret_is_not_shown(path: Path) -> None:
    pixit = load(path, '[dut]\npassword = "hunter2"\n')
    assert pixit.text("dut.password") == "hunter2"
    assert pixit.shown("dut.password") == "(not shown)"
    assert Pixit().shown("dut.password") == ""
    assert pixit.shown("dut.t_selector") == "0001"


def test_actions_of_every_kind(path: Path) -> None:
    pixit = load(
        path,
        """\
[substitution]
base = "http://192.0.2.7"
[action.connect]
kind = "http"
url = "{base}/connect?host={tester_host}&port={tester_port}"
settle = 0.5
[action.reset]
kind = "command"
command = "ssh rtu 'reboot now'"
limit = 20
[action.health]
kind = "command"
command = ["sh", "-c", "curl {base} | awk '{print}'"]
[action.power-cycle]
kind = "question"
question = "Switch the device off and on again."
[action.send-request]
kind = "wait"
seconds = 15
[action.rekey]
kind = "none"
""",
    )
    connect = pixit.actions["connect"]
    assert connect.url == "http://192.0.2.7/connect?host={tester_host}&port={tester_port}"
    assert (connect.method, connect.settle, connect.limit) == ("POST", 0.5, 30.0)
    assert pixit.actions["reset"].command == ("ssh", "rtu", "reboot now")
    assert pixit.actions["reset"].limit == 20.0
    assert pixit.actions["health"].command == ("sh", "-c", "curl http://192.0.2.7 | awk '{print}'")
    assert pixit.actions["power-cycle"].limit == 3600.0
    assert pixit.actions["send-request"].seconds == 15.0
    assert pixit.actions["rekey"].kind == "none"
    assert any("{tester_host}" in text for text in connect.texts)


def test_the_caller_replaces_substitutions(path: Path) -> None:
    text = '[substitution]\ncontrol = "http://a/"\n[action.reset]\nkind = "http"\nurl = "{control}reset"\n'
    assert load(path, text).actions["reset"].url == "http://a/reset"
    assert load(path, text, control="http://b/").actions["reset"].url == "http://b/reset"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ('kind = "http"\nurl = "http://x/{tester_prot}"', "{tester_prot} stands for nothing"),
        ('kind = "http"\nurl = "http://x/{anything}"', "{anything} stands for nothing"),
        ('kind = "command"\ncommand = "x {tester_prot}"', "did you mean tester_port?"),
        ('kind = "command"\ncommand = "x \'"', "not a command line"),
        ('kind = "command"\ncommand = []', "the command is empty"),
        ('kind = "command"\ncommand = [1]', "a text or a list of texts is wanted"),
        ('kind = "http"\nurl = "ftp://x"', "starts neither with http://"),
        ('kind = "question"\nquestion = " "', "a text is wanted"),
        ("kind = 1", "is none of command"),
        ('kind = "wait"\nseconds = "1"', "is no number of seconds"),
    ],
)
def test_faults_of_actions(path: Path, action: str, message: str) -> None:
    found = faults(path, f"[action.reset]\n{action}\n")
    assert len(found) == 1
    assert message in found[0]


def test_configurations_bring_their_action_or_use_configure(path: Path) -> None:
    pixit = load(
        path,
        """\
[action.configure]
kind = "command"
command = "setup {configuration}"
[configuration.native]
description = "native mode only"
cost = 300
[configuration.no-tls]
kind = "question"
question = "Switch TLS off."
cost = 60
""",
    )
    assert list(pixit.configurations) == ["default", "native", "no-tls"]
    native = pixit.configurations["native"]
    assert (native.cost, native.description) == (300.0, "native mode only")
    assert pixit.actions[native.action].command == ("setup", "native")
    assert pixit.actions[pixit.configurations["default"].action].command == ("setup", "default")
    assert pixit.actions[pixit.configurations["no-tls"].action].question == "Switch TLS off."


def test_a_configuration_with_an_action_of_its_own_needs_a_kind(path: Path) -> None:
    text = '[configuration.native]\nurl = "http://x"\n'
    assert faults(path, text) == [
        "1: configuration.native.kind is missing: one of command, http, wait, question, none"
    ]


def test_a_configuration_has_the_stack_that_it_names_or_is_called_like(path: Path) -> None:
    pixit = load(
        path,
        """\
[configuration.default]
stack = "tls"
[configuration.insisting]
[configuration.tls]
[configuration.a-profile]
[configuration.compatibility]
cost = 30
[configuration.both]
stack = "compatibility"
kind = "question"
question = "Switch authentication and TLS on."
[configuration.plain]
[configuration.native]
[configuration.native-tls]
[configuration.native-rsa]
stack = "native"
""",
    )
    assert {name: found.stack for name, found in pixit.configurations.items()} == {
        "default": "tls",
        "insisting": "plain",
        "tls": "tls",
        "a-profile": "a-profile",
        "compatibility": "compatibility",
        "both": "compatibility",
        "plain": "plain",
        "native": "native",
        "native-tls": "native-tls",
        "native-rsa": "native",
    }
    assert load(path, "").configurations["default"].stack == "plain"


def test_without_configure_there_is_no_way_back(path: Path) -> None:
    pixit = load(path, "")
    assert pixit.actions[pixit.configurations["default"].action].kind == "none"


def test_what_the_answers_need_is_asked_for(path: Path) -> None:
    pixit = load(path, "")
    answers = dict.fromkeys((item.code for item in catalogue()), Answer.NO)
    check_required(path, pixit, answers)
    answers["T6.OSI.server"] = Answer.YES
    with pytest.raises(DeclarationError, match=r"dut\.host is missing: Host name or address"):
        check_required(path, pixit, answers)
    check_required(path, pixit.with_overrides({"dut.host": "x"}), answers)


@pytest.mark.parametrize("role", ["client", "server"])
def test_native_mode_needs_the_titles_of_both_sides(path: Path, role: str) -> None:
    answers = dict.fromkeys((item.code for item in catalogue()), Answer.NO)
    untitled = load(path, '[dut]\nap_title = ""\n[tester]\nap_title = ""\n')
    check_required(path, untitled, answers)
    answers[f"T7.native.{role}"] = Answer.YES
    check_required(path, load(path, ""), answers)
    with pytest.raises(DeclarationError) as error:
        check_required(path, untitled, answers)
    assert [fault.message.partition(" ")[0] for fault in error.value.faults] == [
        "dut.ap_title",
        "tester.ap_title",
    ]


def test_a_pinned_reading_is_one_of_the_derivation_search() -> None:
    choices = {
        "native.key_order": KeyOrder,
        "native.salt_zero": Zero,
        "native.salt_over": Extent,
        "native.shared_secret": Secret,
        "native.icv_over": Extent,
    }
    for name, readings in choices.items():
        assert pixit_entries()[name].choices == tuple(reading.value for reading in readings)
    usual = Derivation()
    pinned = [usual.order, usual.zero, usual.handshake, usual.secret, usual.transfer]
    assert [Pixit().text(name) for name in choices] == [reading.value for reading in pinned]


def test_the_usual_protected_protocol_is_that_of_the_standard() -> None:
    assert Pixit().text("native.pp") == MMS_OVER_OSI
    assert not Pixit().is_set("native.abstract_syntax")
    assert not Pixit().is_set("native.application_context")


def test_the_template_is_a_pixit_of_defaults(path: Path) -> None:
    text = new_pixit()
    required = {name: entry.default for name, entry in pixit_entries().items() if entry.required}
    assert load(path, text).given == required
    assert required["dut.host"] == ""
    for name, entry in pixit_entries().items():
        last = name.rpartition(".")[2]
        assert f"\n{'' if entry.required else '# '}{last} = {toml_value(entry.default)}\n" in text
    assert "# One of: none, file, action, collector\n" in text
    assert "# Any of: called-transport-selector, called-session-selector," in text
    assert text.count(" of: ") == sum(bool(entry.choices) for entry in pixit_entries().values())
    values = re.sub(r"(?m)^# (?=\w+ = )", "", text.partition("\n# Actions:")[0])
    assert load(path, values).given == {name: entry.default for name, entry in pixit_entries().items()}


def test_no_entry_is_a_capability() -> None:
    # A yes/no question belongs into the PICS.
    assert not [entry.name for entry in pixit_entries().values() if isinstance(entry.default, bool)]
    assert all(name in new_pixit() for name in ACTION_NAMES)


@pytest.mark.parametrize("title", ["9.9.9", "1.40", "3.1", "1.01.2", "2", "1.1.", "\u0661.1"])
def test_a_title_that_no_object_identifier_can_hold_is_refused(title: str) -> None:
    with pytest.raises(ValueError, match="is no object identifier"):
        pixit_entries()["dut.ap_title"].read(title)


@pytest.mark.parametrize("title", ["0.0", "1.39.1", "2.999.1", "2.0", "1.1.1.999.1"])
def test_a_title_that_is_taken_can_be_encoded(title: str) -> None:
    assert encode_object_identifier(6, str(pixit_entries()["dut.ap_title"].read(title)))


def test_large_bounds_are_written_out() -> None:
    with pytest.raises(ValueError, match=r"between 64 and 16777216$"):
        pixit_entries()["mms.max_pdu"].read(1)
