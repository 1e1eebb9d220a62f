from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.plan import Rule, catalogue
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.tooling.net.credential_reading import MAX_FILE
from conform62351.tooling.net.credential_writing import (
    FolderWriter,
    armoured,
    certificates_pem,
    claim_folder,
    write_file,
)
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder
from conform62351.tooling.net.manifest import (
    MAX_CREDENTIALS,
    NAME,
    CredentialEntry,
    Manifest,
    read_manifest,
    write_manifest,
)

UNDECODABLE = frozenset(plan.name for plan in catalogue().tester if plan.fault is Rule.ENCODING)


@pytest.fixture
def folder(workshop: Workshop, tmp_path: Path) -> Path:
    """Copy a few files of the tester, with a manifest of their own."""
    made = tmp_path / "folder"
    made.mkdir()
    for name in ("anchors.pem", "intermediates.pem", "crls.pem", "tester.pem", "second.pem"):
        shutil.copy(workshop.tester / name, made)
    for name in ("tester", "second"):
        shutil.copy(workshop.tester / "keys" / f"{name}.key", made)
    write(
        made, 'anchors = "anchors.pem"\n[credential.tester]\ncertificate = "tester.pem"\nkey = "tester.key"'
    )
    return made


def write(folder: Path, manifest: str) -> None:
    (folder / NAME).write_text(manifest, encoding="utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(CredentialError) as caught:
        CredentialFolder.load(folder)
    return [f"{fault.line}: {fault.message}" for fault in caught.value.faults]


def test_a_credential_has_certificate_key_and_chain(workshop: Workshop) -> None:
    loaded = CredentialFolder.load(workshop.tester)
    credential = loaded.credential("tester")
    assert credential.fits
    assert credential.chain == loaded.trust.intermediates[:1]
    assert loaded.credential("tester") is credential
    files = loaded.files("tester")
    assert files.certificate.read_bytes() == certificates_pem(
        [credential.certificate.octets, credential.chain[0].octets]
    )
    assert files.key.read_text("ascii").startswith("-----BEGIN PRIVATE KEY-----")


def test_trust_and_revocation_data_are_read(workshop: Workshop) -> None:
    loaded = CredentialFolder.load(workshop.tester)
    assert (len(loaded.trust.anchors), len(loaded.trust.intermediates)) == (1, 1)
    assert loaded.trust.crls == loaded.crls
    assert len(loaded.crls) == 3
    assert len(loaded.ocsp_responses) == 7
    assert loaded.tls_anchors_file == workshop.tester / "tls-anchors.pem"
    assert loaded.crl_files == (workshop.tester / "crls.pem",)
    loaded.check(UNDECODABLE)
    CredentialFolder.load(workshop.dut).check()


def test_all_contents_are_checked_at_once(workshop: Workshop) -> None:
    with pytest.raises(CredentialError) as caught:
        CredentialFolder.load(workshop.tester).check()
    files = {fault.path.relative_to(workshop.tester) for fault in caught.value.faults}
    assert {str(file.with_suffix("")) for file in files} == UNDECODABLE


def test_a_name_that_is_not_there_gets_a_hint(folder: Path) -> None:
    loaded = CredentialFolder.load(folder)
    with pytest.raises(CredentialError, match=r"no credential 'testar'; did you mean tester\?"):
        loaded.credential("testar")
    for ask in (loaded.octets, loaded.key, loaded.files, loaded.has_key):
        with pytest.raises(CredentialError, match="there is no credential"):
            ask("nobody")


def test_a_credential_without_a_key_has_only_its_certificate(folder: Path) -> None:
    write(folder, 'anchors = "anchors.pem"\ncredential.dut.certificate = "tester.pem"')
    loaded = CredentialFolder.load(folder)
    assert loaded.credential("dut").key is None
    assert not loaded.has_key("dut")
    for ask in (loaded.key, loaded.files):
        with pytest.raises(CredentialError, match="credential dut has no private key"):
            ask("dut")


def test_the_key_of_another_certificate_is_refused(folder: Path) -> None:
    shutil.copy(folder / "second.key", folder / "tester.key")
    with pytest.raises(CredentialError, match=r"tester\.key: is not the key of tester\.pem"):
        CredentialFolder.load(folder).credential("tester")


@pytest.mark.parametrize(
    ("name", "octets", "message"),
    [
        ("tester.pem", b"", "holds no certificate in PEM"),
        ("tester.pem", b"\x30\x03\x02\x01\x00", "holds no certificate in PEM"),
        ("tester.pem", armoured("CERTIFICATE", b"\x30\x03\x02\x01\x00"), "octet"),
        ("tester.pem", armoured("X509 CRL", b"\x30\x00"), "holds no certificate in PEM"),
        ("tester.key", b"", "cannot be loaded"),
        ("tester.key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be loaded"),
        ("tester.key", b"0" * 100_000, "more octets"),
        ("tester.pem", b"0" * (MAX_FILE + 1), "is larger than"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_named(
    folder: Path, name: str, octets: bytes, message: str
) -> None:
    (folder / name).write_bytes(octets)
    loaded = CredentialFolder.load(folder)
    with pytest.raises(CredentialError, match=message) as caught:
        loaded.credential("tester")
    assert [fault.path.name for fault in caught.value.faults] == [name]


def test_a_file_that_goes_away_is_told(folder: Path) -> None:
    loaded = CredentialFolder.load(folder)
    (folder / "anchors.pem").unlink()
    with pytest.raises(CredentialError, match=r"anchors\.pem: cannot be read"):
        _ = loaded.trust


def test_crls_are_pem_or_der(folder: Path, workshop: Workshop) -> None:
    der = (workshop.tester / "crl" / "root.crl").read_bytes()
    (folder / "root.crl").write_bytes(der)
    write(folder, 'anchors = "anchors.pem"\ncrls = ["root.crl", "crls.pem"]')
    assert der in CredentialFolder.load(folder).crls
    assert len(CredentialFolder.load(folder).crls) == 4
    write(folder, 'anchors = "anchors.pem"\ncrls = ["tester.key"]')
    with pytest.raises(CredentialError, match="holds no CRL, neither in PEM nor in DER"):
        _ = CredentialFolder.load(folder).crls


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("", ["0: anchors is missing: a PEM file with the certificates that are trusted"]),
        ('anchors = "none.pem"', ["1: anchors: there is no file none.pem"]),
        (
            'anchors = "../anchors.pem"',
            ["1: anchors: ../anchors.pem: files stand in this folder or below it"],
        ),
        ('anchors = "/etc/passwd"', ["1: anchors: /etc/passwd: files stand in this folder or below it"]),
        ("anchors = 5", ["1: anchors: the name of a file is wanted, in quotation marks"]),
        ('anchors = "."', ["1: anchors: there is no file ."]),
        (
            'anchors = "anchors.pem"\nanchor = "x"',
            ["2: anchor is no entry of a manifest; did you mean anchors?"],
        ),
        ('anchors = "anchors.pem"\ncrls = "crls.pem"', ["2: crls: a list of files is wanted"]),
        (
            'anchors = "anchors.pem"\ncrls = ["a.crl", 3]',
            ["2: crls: there is no file a.crl", "2: crls: the name"],
        ),
        (
            'anchors = "anchors.pem"\n[credentials.x]\nkey = "x"',
            ["2: [credentials.x] is no [credential.NAME]"],
        ),
        (
            'anchors = "anchors.pem"\n[credential.x]\nkey = "tester.key"',
            ["2: credential.x: certificate is missing"],
        ),
        (
            'anchors = "anchors.pem"\n[credential.x]\ncertificat = "tester.pem"',
            ["2: credential.x: certificate is missing", "3: credential.x.certificat is none of"],
        ),
        ('anchors = "anchors.pem"\n[credential."../x"]\n', ["2: '../x' is no name of a credential"]),
        ("anchors = \n", ["1: anchors: no value behind ="]),
    ],
)
def test_every_fault_of_a_manifest_has_its_line(folder: Path, manifest: str, told: list[str]) -> None:
    write(folder, manifest)
    found = faults(folder)
    assert len(found) == len(told)
    for fault, wanted in zip(found, told, strict=True):
        assert fault.startswith(wanted)


def test_faults_are_told_all_at_once(folder: Path) -> None:
    write(folder, 'anchors = "a"\nocsp = ["b"]\n[credential.x]\ncertificate = "c"\nkey = "d"')
    assert [fault.rpartition(" ")[2] for fault in faults(folder)] == ["a", "b", "c", "d"]


def test_a_folder_or_a_manifest_that_is_missing_is_told(tmp_path: Path) -> None:
    assert faults(tmp_path) == ["0: there is no such file"]
    assert faults(tmp_path / "none") == ["0: there is no such folder"]


def test_the_number_of_credentials_is_bounded(folder: Path) -> None:
    entries = "".join(f'credential.c{n}.certificate = "tester.pem"\n' for n in range(MAX_CREDENTIALS + 1))
    write(folder, 'anchors = "anchors.pem"\n' + entries)
    assert faults(folder) == [f"{MAX_CREDENTIALS + 2}: more than {MAX_CREDENTIALS} credentials"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    manifest = Manifest(
        anchors="a.pem",
        tls_anchors="b.pem",
        intermediates="c.pem",
        crls=("d.crl", "e.crl"),
        ocsp=("f.ocsp",),
        credentials={"bad/x": CredentialEntry("g.pem", "h.key"), "y": CredentialEntry("i.pem")},
    )
    for name in ["a.pem", "b.pem", "c.pem", "d.crl", "e.crl", "f.ocsp", "g.pem", "h.key", "i.pem"]:
        (tmp_path / name).touch()
    write(tmp_path, write_manifest(manifest))
    assert read_manifest(tmp_path) == manifest


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_a_manifest_or_an_error_of_credentials(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    octets = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    (folder / NAME).write_bytes(octets)
    with suppress(CredentialError):
        assert not read_manifest(folder).anchors
    shutil.rmtree(folder)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.key"
    write_file(path, b"first", private=True)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CredentialError, match="is there already: overwrite it with --force"):
        write_file(path, b"second", private=True)
    assert path.read_bytes() == b"first"
    path.chmod(0o644)
    write_file(path, b"second", private=True, force=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"second", 0o600)
    with pytest.raises(CredentialError, match="is not empty"):
        claim_folder(tmp_path)
    with pytest.raises(CredentialError, match="cannot be made"):
        claim_folder(path)
    with pytest.raises(CredentialError, match="cannot be written"):
        write_file(path / "below", b"")


def test_a_key_that_several_share_is_written_once(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path)
    assert writer.key("shared", b"k") == writer.key("shared", b"k") == "keys/shared.key"
