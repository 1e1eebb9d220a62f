"""Folders of spec data: what they replace, and that every fault in them is told, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conform62351.pics.faults import DeclarationError
from conform62351.profiles.spec.data import DIAGNOSTIC_TABLE, MODULE, own_data, own_files, own_text
from conform62351.suites.selfcheck.spec_samples import OTHER_TAGS, folder, module
from conform62351.tooling.spec.exporting import ExportError, export_own
from conform62351.tooling.spec.loading import load_spec_data


def faults(path: Path) -> str:
    """Return what is wrong with a folder, with the folder left out."""
    with pytest.raises(DeclarationError) as caught:
        load_spec_data(path)
    return str(caught.value).replace(f"{path}/", "").replace(str(path), "folder")


def test_without_a_folder_the_own_data_are_used() -> None:
    assert load_spec_data(None) is own_data()
    assert own_data().source == "built in"
    assert own_data().mms_over_osi == "IEC 61850-8-1"


def test_exported_data_are_the_own_data(tmp_path: Path) -> None:
    written = export_own(tmp_path / "spec")
    assert {path.name for path in written} == {*own_files(), "names.toml"}
    data, own = load_spec_data(tmp_path / "spec"), own_data()
    assert data.notation.names == own.notation.names
    for name in own.identifiers.names():
        assert data.identifiers[name] == own.identifiers[name]
    assert data.diagnostics == own.diagnostics
    assert data.protocols == own.protocols
    assert data.tags_inferred
    assert data.source.startswith("spec data (diagnostics.toml, e2e.asn, ")


def test_the_hash_tells_folders_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        export_own(path)
    assert load_spec_data(first).source == load_spec_data(second).source
    with (second / "e2e.asn").open("a") as file:
        file.write("-- as in the standard\n")
    assert load_spec_data(first).source != load_spec_data(second).source
    assert not load_spec_data(second).tags_inferred


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="is not empty"):
        export_own(tmp_path)


def test_a_folder_replaces_only_what_it_holds(tmp_path: Path) -> None:
    table = '[e2eMmsAC]\noid = "1.0.62351.4.7.1"\n'
    data, own = load_spec_data(folder(tmp_path, identifiers__toml=table)), own_data()
    assert data.identifiers.oid("e2eMmsAC") == "1.0.62351.4.7.1"
    assert data.identifiers["e2eMmsAC"].provenance == "spec"
    assert data.identifiers["e2eSecurityAS"] == own.identifiers["e2eSecurityAS"]
    assert own.identifiers.oid("e2eMmsAC") == "1.0.62351.4.2.1"
    assert (data.diagnostics, data.protocols) == (own.diagnostics, own.protocols)


def test_what_the_owner_confirms_is_not_inferred_any_more(tmp_path: Path) -> None:
    data = load_spec_data(
        folder(
            tmp_path,
            identifiers__toml='[e2eMmsAC]\noid = "1.0.62351.4.2.1"\nprovenance = "spec"\n',
            protocols__toml='[mms-over-xmpp]\npp = "IEC 61850-8-2"\nprovenance = "spec"\n',
            diagnostics__toml='["2018+A1".DtDiagnostics]\ninferred = []\n',
        )
    )
    assert data.identifiers["e2eMmsAC"].provenance == "spec"
    assert data.protocols["mms-over-xmpp"].provenance == "spec"
    assert not data.diagnostics["2018+A1"].transfer.inferred
    assert data.diagnostics["2018"].transfer.inferred


def test_diagnostics_go_by_edition(tmp_path: Path) -> None:
    table = '["2018".HandshakeDiagnostics.numbers]\nae-is-required = 17\nencr-mode-aea-not-supported = 18\n'
    data = load_spec_data(folder(tmp_path, diagnostics__toml=table))
    assert data.diagnostics["2018"].handshake.number("ae-is-required") == 17
    assert data.diagnostics["2018"].handshake.name(18) == "encr-mode-aea-not-supported"
    assert data.diagnostics["2018+A1"].handshake.number("ae-is-required") == 18
    inferred = own_data().diagnostics["2018"].handshake
    assert len(inferred.inferred) == 9
    assert min(map(inferred.number, inferred.inferred)) == 17


def test_modules_may_call_things_by_other_names(tmp_path: Path) -> None:
    text = module(
        ("ClearToken1", "TokenOne"),
        ("encr-mode EncrMode", "encryptionMode EncrMode"),
        ("unexpected-version(4)", "bad-version(4)"),
    )
    names = """\
[types]
ClearToken1 = "TokenOne"
[members.ClearToken1]
encr-mode = "encryptionMode"
[members.HandshakeDiagnostics]
unexpected-version = "bad-version"
"""
    data = load_spec_data(folder(tmp_path, theirs__asn=text, names__toml=names))
    assert data.diagnostics["2018+A1"].handshake.number("unexpected-version") == 4
    said = faults(folder(tmp_path / "without", theirs__asn=text))
    assert "there is no type ClearToken1; did you mean ClearToken" in said
    assert "HandshakeReq.tbs.token1 has no component encr-mode" in said
    assert "HandshakeDiagnostics has no unexpected-version" in said


def test_types_may_stand_in_several_modules(tmp_path: Path) -> None:
    start, end = "Signature ::= SEQUENCE {", "Authenticator ::="
    text = own_text(MODULE)
    signature = text[text.index(start) : text.index(end)]
    first = text.replace(signature, "").replace("BEGIN ", "BEGIN IMPORTS Signature FROM Other; ", 1)
    second = (
        "Other DEFINITIONS ::= BEGIN IMPORTS AlgorithmIdentifier FROM E2eSecurity;\n" + signature + "END\n"
    )
    assert load_spec_data(folder(tmp_path, first__asn=first, second__asn=second)).notation
    (tmp_path / "second.asn").unlink()
    said = faults(tmp_path)
    assert "first.asn:" in said
    assert "type Signature, which is said to come from Other, is not known" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("TimeStamp ::= GeneralizedTime", "")], "type TimeStamp is not known"),
        ([("ReleaseRsp ::=", "Other ::=")], "folder: there is no type ReleaseRsp"),
        ([("    assoID AssoID,\n    dhKey", "    dhKey")], "ClearToken1 has no component assoID"),
        (
            [("secReject [2] HandshakeSecReject", "other [2] NMTOKEN")],
            "HandshakeRsp has no alternative secReject",
        ),
        (
            [("dhGroup INTEGER", "dhGroup UTF8String")],
            "dhKey[].dhGroup is of kind UTF8String, not of kind INTEGER",
        ),
        ([("ACert ::= OCTET STRING", "ACert ::= CertPath")], "attCert is a list, not of kind OCTET STRING"),
        ([("ACert OPTIONAL", "ACert")], "ClearToken1.attCert is mandatory, and there are SecPDUs without it"),
        (
            [("icv OCTET STRING", "icv OCTET STRING, more INTEGER")],
            "auth.more is mandatory, and nothing is known",
        ),
        ([("applReject [1]", "applReject [0]")], "ApplicationReject is not read as it was written"),
        ([("reqRekey [2] BOOLEAN", "reqRekey [0] BOOLEAN")], "Transfer is not read as it was written"),
        ([("vpn(2)", "private(2)")], "ConfidentialityParms has no vpn"),
        ([("ae-not-used(22), ", "")], "HandshakeDiagnostics has no ae-not-used"),
        ([("TimeStamp ::= GeneralizedTime", "TimeStamp = GeneralizedTime")], "invalid ASN.1 syntax"),
        ([("IMPLICIT TAGS", "AUTOMATIC TAGS")], "AUTOMATIC TAGS are not read"),
    ],
)
def test_modules_that_cannot_be_used_say_why(
    tmp_path: Path, changes: list[tuple[str, str]], message: str
) -> None:
    assert message in faults(folder(tmp_path, e2e__asn=module(*changes)))


def test_faults_stand_with_file_and_line(tmp_path: Path) -> None:
    text = module(("    assoID AssoID,\n    dhKey", "    dhKey"))
    line = text[: text.index("ClearToken1 ::=")].count("\n") + 1
    assert f"e2e.asn:{line}: ClearToken1 has no component assoID" in faults(folder(tmp_path, e2e__asn=text))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "identifiers__toml",
            '[e2eMmsAc]\noid = "1.2"\n',
            "1: nothing is called e2eMmsAc; did you mean e2eMmsAC?",
        ),
        ("identifiers__toml", '[e2eMmsAC]\noid = "1.40.1"\n', "1: e2eMmsAC: 1.40.1 is no dotted object"),
        ("identifiers__toml", "[e2eMmsAC]\noid = 1\n", "2: e2eMmsAC.oid is no text"),
        ("identifiers__toml", '[e2eMmsAC]\nod = "1.2"\n', "2: e2eMmsAC has no od: only oid"),
        ("identifiers__toml", '[e2eMmsAC]\nsource = "A.1"\n', "1: e2eMmsAC has no oid"),
        ("identifiers__toml", '[basic-AC]\noid = "1.2.3"\n', "basic-AC is 1.0.9506.2.3"),
        ("identifiers__toml", '[e2eMmsAC]\noid = "1.2.3"\nprovenance = "N"\n', "provenance is I or spec"),
        (
            "identifiers__toml",
            '[e2eMmsAC]\noid = "1.0.62351.4.1.1.1"\n',
            "e2eMmsAC and e2eSecurityAS are both",
        ),
        ("identifiers__toml", "[e2eMmsAC\n", "1: the table header 'e2eMmsAC' is not closed"),
        ("protocols__toml", '[mms-over-osi]\npp = ""\n', "1: mms-over-osi: pp is a text of 1 to 200"),
        ("protocols__toml", '[mms-over-osi]\npp = "a\\nb"\n', "pp is a text"),
        ("protocols__toml", '[mms]\npp = "a"\n', "1: nothing is called mms"),
        ("diagnostics__toml", '["2019"]\n', "1: 2019 is no edition"),
        ("diagnostics__toml", '["2018".Diagnostics]\n', "1: Diagnostics is none of"),
        ("diagnostics__toml", '["2018".DtDiagnostics]\ninferred = ["x"]\n', "2: DtDiagnostics has no 'x'"),
        (
            "diagnostics__toml",
            '["2018".DtDiagnostics.numbers]\nprotocol-error = true\n',
            "2: protocol-error: True is no number",
        ),
        (
            "diagnostics__toml",
            '["2018".DtDiagnostics.numbers]\nprotocol-error = 2\n',
            "protocol-error and unexpected-version are both 2",
        ),
        ("identifier__toml", "", "identifier.toml: is no part of spec data; did you mean identifiers.toml?"),
        ("names__toml", "", "names.toml: says what modules call things, and there is none"),
        ("notes__txt", "", "folder: holds no spec data"),
        ("e2e__asn", "\xff" * 300000, "more than 262144 characters"),
        ("e2e__asn", "A DEFINITIONS ::= BEGIN X ::= " + "SEQUENCE { a " * 3000, "folder: there is no type"),
    ],
)
def test_faults_of_files_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    said = faults(folder(tmp_path, **{name: text}))
    if "nested" in said:
        message = "nested too deep"
    assert message in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[types]\nClearToken1 = "Nothing"\n', "names.toml:2: ClearToken1 is said to be called Nothing"),
        ('[types]\nClearToken = "A"\n', "names.toml:2: we have no type ClearToken; did you mean ClearToken"),
        (
            '[members.ClearToken1]\ntime = "when"\n',
            "names.toml:2: time of ClearToken1 is said to be called when",
        ),
        ('[type]\nClearToken1 = "A"\n', "names.toml:2: type is neither types nor members"),
        ("[types]\nClearToken1 = 1\n", "names.toml:2: types.ClearToken1: under [types]"),
        ('[types]\nClearToken1 = "A"\nClearToken2 = "A"\n', "names.toml:3: A is ClearToken1 already"),
    ],
)
def test_faults_of_names_are_named(tmp_path: Path, text: str, message: str) -> None:
    assert message in faults(folder(tmp_path, e2e__asn=own_text(MODULE), names__toml=text))


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    said = faults(
        folder(
            tmp_path,
            e2e__asn=module(("TimeStamp ::= GeneralizedTime", ""), ("PKCert ::= OCTET STRING", "")),
            identifiers__toml='[basic-AC]\noid = "1.2.3"\n[nothing]\n',
            diagnostics__toml='["2019"]\n',
            protocols__toml="[mms-over-osi]\n",
        )
    )
    for message in ("TimeStamp", "PKCert", "basic-AC", "nothing", "2019", "mms-over-osi has no pp"):
        assert message in said


def test_an_archive_is_no_folder(tmp_path: Path) -> None:
    archive = tmp_path / "IEC_62351-4.ASN.1_XSD.full.zip"
    archive.write_bytes(b"PK")
    assert "is no directory: an archive has to be unpacked" in faults(archive)
    assert "cannot be read: No such file" in faults(tmp_path / "nothing")


def test_types_that_double_at_each_level_take_no_time(tmp_path: Path) -> None:
    levels = "\n".join(
        f"T{level} ::= SEQUENCE {{ a [0] T{level + 1}, b [1] T{level + 1}, c T{level + 1} }}"
        for level in range(60)
    )
    text = module(("TimeStamp ::= GeneralizedTime", f"TimeStamp ::= T0\n{levels}\n"))
    assert "type T60 is not known" in faults(folder(tmp_path, e2e__asn=text))


@given(st.sampled_from((*own_files(), "names.toml")), st.data())
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_damaged_files_are_spec_data_or_faults(tmp_path: Path, name: str, data: st.DataObject) -> None:
    texts = {one: own_text(one) for one in own_files()} | {"names.toml": '[types]\nAssoID = "AssoID"\n'}
    text = texts[name]
    at = data.draw(st.integers(min_value=0, max_value=len(text)))
    damage = data.draw(st.text(max_size=8) | st.sampled_from(("{", "}", "[", '"', "\n", "::=")))
    texts[name] = text[:at] + damage + text[at + data.draw(st.integers(min_value=0, max_value=40)) :]
    for one, changed in texts.items():
        (tmp_path / one).write_text(changed, encoding="utf-8", errors="replace")
    try:
        load_spec_data(tmp_path)
    except DeclarationError:
        return


def test_other_tags_are_spec_data(tmp_path: Path) -> None:
    data = load_spec_data(folder(tmp_path, any__asn=module(*OTHER_TAGS)))
    assert not data.tags_inferred
    assert data.diagnostics["2018+A1"].handshake.number("protocol-error") == 30
    assert DIAGNOSTIC_TABLE not in data.source
