from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.domains import FFDHE_2048, domain, make_dh_key, make_dsa_key
from conform62351.fixtures.pki.plan import Rule, Source, catalogue
from conform62351.fixtures.pki.requests import RequestError, read_public_key, read_request
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.catalogue import catalogue as pics_items
from conform62351.pics.conditions import Answer
from conform62351.profiles.pki.attribute_certificate import read_attribute_certificate
from conform62351.profiles.pki.certificate import issued_by, pem_certificates, read_certificate
from conform62351.profiles.pki.dh_keys import PKCS_3, X9_42, DhPrivateKey, dh_private_key, write_dh_private
from conform62351.suites.loading import load
from conform62351.tooling.cli.main import main
from conform62351.tooling.cli.pki_show import ShowError, show
from conform62351.tooling.engine.handshake import attributes_of
from conform62351.tooling.engine.security import means_of
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.credential_writing import armoured
from conform62351.tooling.net.credentials import CredentialFolder

TITLE = x509.ObjectIdentifier("2.5.4.106")
FFDHE = domain(FFDHE_2048)
STATIC_KEYS = {
    X9_42: dh_private_key(FFDHE.p, FFDHE.g, FFDHE.q, 3**150).spki,
    PKCS_3: dh_private_key(FFDHE.p, FFDHE.g, None, 3**150, PKCS_3).spki,
}
"""Public keys that are the same in each run."""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: object) -> tuple[int, str, str]:
        code = main(["pki", *map(str, words)])
        return code, *capsys.readouterr()

    return command


@pytest.fixture(scope="module")
def device_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def request_file(
    path: Path,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey,
    *subject: tuple[x509.ObjectIdentifier, str],
) -> Path:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    path.write_bytes(request.public_bytes(serialization.Encoding.PEM))
    return path


OF_SUITES = "tls-ecdsa, tls-dsa, tls-dh-rsa and tls-dh-dss"
"""The certificates that suites of Tables 9 and 12 need beside that with an RSA key."""


@pytest.fixture
def pixit(tmp_path: Path) -> Path:
    path = tmp_path / "pixit.toml"
    path.write_text(
        'tester.ap_title = "1.3.9999.5"\ntester.ae_qualifier = 3\ntester.bind = "192.0.2.7"\n'
        'tester.revocation_port = 8888\ndut.ap_title = "1.3.9999.6"\ndut.ae_qualifier = 4\n'
    )
    return path


def test_a_folder_is_made_for_the_titles_of_a_pixit(run: Run, pixit: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, told, warned = run("make", "--out", out, "--pixit", pixit)
    assert (code, warned) == (0, "")
    assert "titles 1.3.9999.5.3" in told
    missing = f"application, tls, e2e, e2e-rsa, e2e-brainpool, {OF_SUITES}"
    assert f"no {missing} certificate for the device yet" in told
    tester = CredentialFolder.load(out / "tester")
    certificate = tester.credential("tester").certificate
    assert certificate.title is not None
    assert certificate.title.value == "1.3.9999.5.3"
    assert certificate.crl_urls == ("http://192.0.2.7:8888/crl/intermediate.crl",)
    assert CredentialFolder.load(out / "dut").names == ()
    assert not (out / "dut" / "keys").exists()


def test_a_device_that_trusts_others_gets_no_folder_of_ours(run: Run, pixit: Path, tmp_path: Path) -> None:
    text = pixit.read_text("utf-8") + '\n[pki]\ntrust = "fixed"\n'
    (tmp_path / "fixed.toml").write_text(text, "utf-8")
    code, _, said = run("make", "--pixit", tmp_path / "fixed.toml", "--out", tmp_path / "folder")
    assert code == 2
    assert "pki.trust is 'fixed': conform62351 pki order" in said
    assert not (tmp_path / "folder").exists()


def test_diffie_hellman_keys_have_the_form_that_the_pixit_says(run: Run, pixit: Path, tmp_path: Path) -> None:
    text = pixit.read_text("utf-8") + '\n[pki]\ndh_form = "dhKeyAgreement"\n'
    (tmp_path / "older.toml").write_text(text, "utf-8")
    assert run("make", "--pixit", tmp_path / "older.toml", "--out", tmp_path / "folder")[0] == 0
    key = CredentialFolder.load(tmp_path / "folder" / "tester").private_key("tls-dh-rsa")
    assert isinstance(key, DhPrivateKey)
    assert key.public.form == "dhKeyAgreement"


def test_keys_of_the_device_are_made_only_when_asked_for(run: Run, tmp_path: Path) -> None:
    code, told, warned = run("make", "--out", tmp_path / "out", "--with-dut-keys")
    assert code == 0
    assert "yet" not in told
    assert "127.0.0.1" in warned
    dut = CredentialFolder.load(tmp_path / "out" / "dut")
    assert [dut.credential(name).fits for name in ("application", "tls")] == [True, True]


def test_requests_of_the_device_get_certificates(
    run: Run, pixit: Path, tmp_path: Path, device_key: rsa.RSAPrivateKey
) -> None:
    for_tls = request_file(tmp_path / "tls.csr", device_key, (NameOID.COMMON_NAME, "bay 7"))
    for_application = request_file(tmp_path / "application.csr", device_key, (TITLE, "1.2.3"))
    out = tmp_path / "out"
    code, told, _ = run("make", "--out", out, "--pixit", pixit, "--csr", for_tls, "--csr", for_application)
    assert code == 0
    assert f"{out / 'dut' / 'tls'}.pem" in told
    assert f"no e2e, e2e-rsa, e2e-brainpool, {OF_SUITES} certificate for the device yet" in told
    dut = CredentialFolder.load(out / "dut")
    application = dut.credential("application")
    assert application.key is None
    assert application.certificate.title is not None
    assert application.certificate.title.value == "1.3.9999.6.4"
    assert dut.credential("tls").certificate.subject_text == "CN=bay 7"
    public = device_key.public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert application.certificate.spki == spki
    assert issued_by(application.certificate, application.chain[0])


def test_a_certificate_is_issued_from_a_folder_made_before(
    run: Run, pixit: Path, tmp_path: Path, device_key: rsa.RSAPrivateKey
) -> None:
    out = tmp_path / "out"
    assert run("make", "--out", out, "--pixit", pixit)[0] == 0
    request = request_file(tmp_path / "own.csr", device_key)
    issue = ("issue", "--folder", out, "--csr", request, "--kind")
    code, told, _ = run(*issue, "application", "--out", tmp_path / "new.pem")
    assert (code, "1.3.9999.6.4" in told) == (0, True)
    leaf, ca = map(read_certificate, pem_certificates((tmp_path / "new.pem").read_bytes()))
    assert issued_by(leaf, ca)
    assert leaf.crl_urls == ("http://192.0.2.7:8888/crl/intermediate.crl",)
    code, _, error = run(*issue, "tls", "--out", tmp_path / "new.pem")
    assert (code, error) == (
        2,
        f"conform62351: {tmp_path / 'new.pem'}: is there already: overwrite it with --force\n",
    )
    assert run(*issue, "tls", "--out", tmp_path / "new.pem", "--force")[0] == 0
    assert pem_certificates((tmp_path / "new.pem").read_bytes())[0] != leaf.octets


def test_an_empty_folder_is_wanted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    code, told, error = run("make", "--out", tmp_path, "--ocsp-url", "http://192.0.2.1/ocsp")
    assert (code, told) == (2, "")
    assert error == (
        f"conform62351: {tmp_path}: is not empty: choose another folder, or overwrite with --force\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["something"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--ocsp-url", "ftp://x"), "is no URL such as"),
        (("--ocsp-url", "http://[x"), "is no URL such as"),
        (("--ocsp-url", "http://h:99999/"), "is no URL such as"),
        (("--ocsp-url", "http://hö/"), "is no URL such as"),
        (("--csr", "none.csr"), "none.csr: No such file or directory"),
        (("--csr", "tls=none.csr"), "none.csr: No such file or directory"),
        (("--csr", "{nothing}"), "no certificate requests in PEM"),
        (("--csr", "{empty}"), "its subject is empty: write application="),
        (("--csr", "{tls}", "--csr", "{tls}"), "a second request for the tls certificate"),
        (("--pixit", "{untitled}"), "dut.ap_title is empty in the PIXIT"),
        (("--pixit", "none.toml"), "there is no such file"),
        (("--pics", "none.toml"), "--pixit is missing"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    run: Run, tmp_path: Path, device_key: rsa.RSAPrivateKey, words: tuple[str, ...], message: str
) -> None:
    (tmp_path / "nothing").write_text("nothing")
    (tmp_path / "untitled").write_text('dut.ap_title = ""\n')
    request_file(tmp_path / "empty", device_key)
    request_file(tmp_path / "tls", device_key, (NameOID.COMMON_NAME, "x"))
    names = {name: tmp_path / name for name in ("nothing", "untitled", "empty", "tls")}
    given = [word.format_map(names) if word.startswith("{") else word for word in words]
    code, told, error = run("make", "--out", tmp_path / "out", *given)
    assert (code, told) == (2, "")
    assert message in error.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("gone", ["workshop.toml", "intermediate.pem", "keys/intermediate.key"])
def test_a_folder_that_is_no_workshop_issues_nothing(
    run: Run, tmp_path: Path, workshop: Workshop, device_key: rsa.RSAPrivateKey, gone: str
) -> None:
    copied = shutil.copytree(workshop.authorities.parent, tmp_path / "copy")
    request = request_file(tmp_path / "own.csr", device_key)
    words = ("issue", "--folder", copied, "--csr", request, "--kind", "tls", "--out", tmp_path / "x.pem")
    for octets in b"\xff", b"":
        (copied / "ca" / gone).write_bytes(octets)
        code, told, error = run(*words)
        assert (code, told) == (2, "")
        assert error.startswith(f"conform62351: {copied / 'ca' / gone}: ")
    (copied / "ca" / gone).unlink()
    assert (
        run(*words)[2] == f"conform62351: {copied / 'ca' / gone}: cannot be read: No such file or directory\n"
    )
    assert not (tmp_path / "x.pem").exists()


def test_what_needs_no_authority_is_derived_from_good_ones(
    run: Run, tmp_path: Path, workshop: Workshop
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    for name in ("anchors.pem", "tester.pem", "tester-tls.pem", "keys/tester.key", "keys/tester-tls.key"):
        shutil.copy(workshop.tester / name, folder)
    manifest = (
        'anchors = "anchors.pem" # of the utility\n'
        '[credential.tester]\ncertificate = "tester.pem"\nkey = "tester.key"\n'
        '[credential.tester-tls]\ncertificate = "tester-tls.pem"\nkey = "tester-tls.key"'
    )
    (folder / "manifest.toml").write_text(manifest)
    code, told, _ = run("derive", "--folder", folder)
    assert (code, "added bad/unknown-ca, bad/self-signed, bad/truncated, bad/" in told) == (0, True)
    assert (folder / "manifest.toml").read_text().startswith(manifest)
    derived = CredentialFolder.load(folder)
    derived.check(frozenset(plan.name for plan in catalogue().tester if plan.fault is Rule.ENCODING))
    good = derived.credential("tester").certificate
    self_signed = derived.credential("bad/self-signed").certificate
    assert derived.octets("bad/trailing") == good.octets + b"\x05\x00"
    assert derived.octets("bad/tls-certificate") == derived.octets("tester-tls")
    assert derived.credential("bad/unknown-ca").certificate.subject == self_signed.subject == good.subject
    assert issued_by(self_signed, self_signed)
    expected = {plan.name for plan in catalogue().tester if plan.source is Source.DERIVED}
    assert set(derived.names) - {"tester", "tester-tls"} == expected - {"bad/secp256r1"}
    assert "nothing: all are there" in run("derive", "--folder", folder)[1]
    code, _, error = run("derive", "--folder", tmp_path)
    assert (code, error) == (2, f"conform62351: {tmp_path / 'manifest.toml'}: there is no such file\n")


def test_bad_attribute_certificates_are_derived_where_the_holder_is(
    run: Run, tmp_path: Path, workshop: Workshop
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    for name in ("anchors.pem", "tester.pem", "e2e.pem", "keys/tester.key", "attributes/e2e.pem"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(workshop.tester / name, folder / name)
    (folder / "manifest.toml").write_text(
        'anchors = "anchors.pem"\n'
        '[credential.tester]\ncertificate = "tester.pem"\nkey = "keys/tester.key"\n'
        '[credential.e2e]\ncertificate = "e2e.pem"\n'
        '[attributes.e2e]\nfile = "attributes/e2e.pem"\n'
    )
    assert "attributes bad/unknown-authority" in run("derive", "--folder", folder)[1]
    derived = CredentialFolder.load(folder)
    plans = {plan.name for plan in catalogue().tester_attributes if plan.source is Source.DERIVED}
    assert set(derived.attribute_names) == plans | {"e2e"}
    good = derived.attribute_certificate("e2e")
    assert derived.attribute_certificate("bad/truncated") == good[:-16]
    stranger = read_attribute_certificate(derived.attribute_certificate("bad/unknown-authority"))
    assert stranger.holder.is_subject_of(derived.credential("e2e").certificate)
    authority, *_ = CredentialFolder.load(workshop.dut).attribute_authorities
    assert read_attribute_certificate(good).signed_by(authority)
    assert not stranger.signed_by(authority)
    assert "nothing: all are there" in run("derive", "--folder", folder)[1]


def test_a_certificate_for_native_mode_needs_the_key_of_its_kind(
    run: Run, pixit: Path, tmp_path: Path, device_key: rsa.RSAPrivateKey
) -> None:
    out = tmp_path / "out"
    rsa_request = request_file(tmp_path / "rsa.csr", device_key, (TITLE, "1.2.3"))
    ec_request = request_file(tmp_path / "ec.csr", ec.generate_private_key(ec.SECP256R1()), (TITLE, "1.2.3"))
    words = ("--pixit", pixit, "--csr", f"e2e-rsa={rsa_request}", "--csr", ec_request)
    assert run("make", "--out", out, *words)[0] == 0
    dut = CredentialFolder.load(out / "dut")
    assert dut.names == ("e2e", "e2e-rsa")
    assert dut.attribute_names == ("e2e", "by-name")
    wrong = ("--pixit", pixit, "--csr", f"e2e-brainpool={rsa_request}")
    code, _, error = run("make", "--out", tmp_path / "other", *wrong)
    assert (code, error) == (
        2,
        f"conform62351: {rsa_request}: its key is RSA 2048, which is none of a certificate e2e-brainpool\n",
    )
    issue = ("issue", "--folder", out, "--csr", ec_request, "--out", tmp_path / "new.pem", "--kind")
    assert run(*issue, "e2e-rsa")[0] == 2
    code, told, _ = run(*issue, "e2e")
    assert (code, "e2e certificate for titles 1.3.9999.6.4" in told) == (0, True)


def test_titles_are_written_in_the_form_of_the_pixit(
    run: Run, pixit: Path, tmp_path: Path, device_key: rsa.RSAPrivateKey
) -> None:
    out = tmp_path / "out"
    pixit.write_text(pixit.read_text("utf-8") + 'pki.title_form = "UTF8String"\n', "utf-8")
    request = request_file(tmp_path / "own.csr", device_key)
    assert run("make", "--out", out, "--pixit", pixit)[0] == 0
    assert (
        run("issue", "--folder", out, "--csr", request, "--kind", "e2e-rsa", "--out", tmp_path / "x")[0] == 0
    )
    ours = CredentialFolder.load(out / "tester").credential("e2e").certificate
    theirs = read_certificate(pem_certificates((tmp_path / "x").read_bytes())[0])
    assert [certificate.title and certificate.title.form for certificate in (ours, theirs)] == [
        "UTF8String"
    ] * 2
    listed = json.loads(run("order", "--pixit", pixit, "--json")[1])
    assert {line["subject"] for line in listed if line["name"] == "e2e"} == {
        "2.5.4.106 = 1.3.9999.5.3 (UTF8String)",
        "2.5.4.106 = 1.3.9999.6.4 (UTF8String)",
    }


def test_an_order_lists_each_certificate_with_what_needs_it(run: Run, pixit: Path) -> None:
    code, told, _ = run("order", "--pixit", pixit, "--json")
    assert code == 0
    listed = json.loads(told)
    lines = {line["name"]: line for line in listed if line["owner"] == "tester"}
    devices = {line["name"]: line for line in listed if line["owner"] == "device"}
    attributes = {f"attributes {plan.name}" for plan in catalogue().tester_attributes}
    assert lines.keys() == {plan.name for plan in catalogue().tester} | attributes
    attributes = {f"attributes {plan.name}" for plan in catalogue().dut_attributes}
    assert devices.keys() == {plan.name for plan in catalogue().dut} | attributes
    assert devices["attributes by-name"]["subject"] == "holder 2.5.4.106 = 1.3.9999.6.4 (OBJECT IDENTIFIER)"
    assert lines["tester"]["subject"] == "2.5.4.106 = 1.3.9999.5.3 (OBJECT IDENTIFIER)"
    assert devices["application"]["subject"] == "2.5.4.106 = 1.3.9999.6.4 (OBJECT IDENTIFIER)"
    assert any(case.startswith("CMP/SRV/") for case in lines["tester"]["cases"])
    assert lines["bad/tls-certificate"]["fault"] == "purpose, subject"
    assert lines["bad/secp256r1"]["key"] == "secp256r1"
    assert lines["attributes bad/expired"]["subject"] == "holder e2e"
    assert lines["attributes by-name"]["subject"] == "holder 2.5.4.106 = 1.3.9999.5.3 (OBJECT IDENTIFIER)"
    assert set(lines["e2e"]["cases"]) >= set(lines["bad/secp256r1"]["cases"]) != set()
    assert lines["bad/no-key-usage"]["key_usage"] == []
    assert lines["bad/md5"]["source"] == Source.REFUSED


def test_an_order_says_what_nobody_issues(run: Run) -> None:
    code, told, _ = run("order")
    assert code == 0
    ordered, derived, refused = told.split(" certificates)\n")[1:]
    assert "bad/expired\n" in ordered
    assert "bad/truncated\n" in derived
    assert "bad/md5\n" in refused
    assert "violates: signature-algorithm" in refused


def test_a_device_that_claims_less_needs_less(run: Run, tmp_path: Path) -> None:
    claimed = device_file("pics.toml").read_text("utf-8")
    denied = claimed.replace('A-security-profile.client = "yes"', 'A-security-profile.client = "no"')
    for row in ("ecPublicKey-brainpoolP256r1", "attribute-certificates-sending"):
        denied = re.sub(rf'(?m)^({row}\.\w+) = "yes"', r'\1 = "no"', denied)
    tls = {"tls", "tls-ecdsa", "tls-dsa", "tls-dh-rsa", "tls-dh-dss"}
    suites = r'(?m)^(TLS_(?:DH_DSS|DH_RSA|DHE_DSS|ECDHE_ECDSA)_\w+\.\w+) = "\w+"'
    claimed, denied = (
        re.sub(suites, rf'\1 = "{answer}"', text) for answer, text in (("yes", claimed), ("no", denied))
    )
    usual = {"application", "tls", "e2e", "e2e-rsa"}
    of_device = {
        "all": {*usual, *tls, "e2e-brainpool", "attributes e2e", "attributes by-name"},
        "servers": usual,
    }
    needed = {}
    for name, text in (("all", claimed), ("servers", denied)):
        (tmp_path / name).write_text(text, "utf-8")
        code, told, _ = run(
            "order", "--pics", tmp_path / name, "--pixit", device_file("pixit.toml"), "--json"
        )
        assert code == 0
        listed = json.loads(told)
        assert {line["name"] for line in listed if line["owner"] == "device"} == of_device[name]
        lines = {line["name"]: line for line in listed if line["owner"] == "tester"}
        needed[name] = {case[:7] for case in lines["tester"]["cases"] if case.startswith("CMP/")}
    assert needed == {"all": {"CMP/SRV", "CMP/CLI"}, "servers": {"CMP/SRV"}}


@pytest.mark.parametrize("kind", ["tls-ecdsa", "tls-dsa"])
def test_keys_of_other_suites_are_certified_for_tls(
    run: Run, workshop: Workshop, tmp_path: Path, device_key: rsa.RSAPrivateKey, kind: str
) -> None:
    key = make_dsa_key() if kind == "tls-dsa" else ec.generate_private_key(ec.SECP256R1())
    request = request_file(tmp_path / "own.csr", key, (NameOID.COMMON_NAME, "bay 7"))
    assert read_request(request.read_bytes()).kind == {"tls-dsa": "tls-dsa"}.get(kind, "tls")
    issue = ("issue", "--folder", workshop.authorities.parent, "--kind", kind, "--out", tmp_path / "x.pem")
    code, told, _ = run(*issue, "--csr", request)
    assert (code, f"{kind} certificate for CN=bay 7" in told) == (0, True)
    leaf, ca = map(read_certificate, pem_certificates((tmp_path / "x.pem").read_bytes()))
    assert issued_by(leaf, ca)
    assert leaf.key_usage == frozenset({"digitalSignature"})
    assert (leaf.key.kind, ca.key.kind) == (("dsa", "dsa") if kind == "tls-dsa" else ("ec", "rsa"))
    code, _, error = run(*issue, "--force", "--csr", request_file(tmp_path / "rsa.csr", device_key))
    assert (code, f"its key is RSA 2048, which is none of a certificate {kind}" in error) == (2, True)


@pytest.mark.parametrize("form", [X9_42, PKCS_3])
def test_static_keys_that_sign_no_request_are_certified_by_themselves(
    run: Run, pixit: Path, tmp_path: Path, form: str
) -> None:
    """Where the operator says that it is one: no file is taken for a public key by its looks."""
    key = make_dh_key(form)
    (tmp_path / "dh.pub").write_bytes(armoured("PUBLIC KEY", key.spki))
    (tmp_path / "dh.der").write_bytes(key.spki)
    out = tmp_path / "out"
    both = ("--csr", f"tls-dh-rsa={tmp_path / 'dh.pub'}", "--csr", f"tls-dh-dss={tmp_path / 'dh.der'}")
    code, told, _ = run("make", "--out", out, "--pixit", pixit, *both)
    assert (code, "tls-dh-dss certificate for the device's request" in told) == (0, True)
    dut = CredentialFolder.load(out / "dut")
    assert dut.names == ("tls-dh-rsa", "tls-dh-dss")
    for name, authority in (("tls-dh-rsa", "rsa"), ("tls-dh-dss", "dsa")):
        credential = dut.credential(name)
        assert credential.certificate.spki == key.spki
        assert credential.certificate.key_usage == frozenset({"keyAgreement"})
        assert credential.certificate.subject_text == "CN=conform62351 device"
        assert credential.chain[0].key.kind == authority
        assert issued_by(credential.certificate, credential.chain[0])
        assert not dut.has_key(name)
    issue = ("issue", "--folder", out, "--csr", tmp_path / "dh.pub", "--out", tmp_path / "x.pem", "--kind")
    code, told, _ = run(*issue, "tls-dh-dss")
    assert (code, "tls-dh-dss certificate for the device's usual name" in told) == (0, True)
    code, _, error = run(*issue, "tls")
    assert (code, "no certificate requests in PEM" in error) == (2, True)
    code, _, error = run("make", "--out", tmp_path / "other", "--pixit", pixit, "--csr", tmp_path / "dh.der")
    assert (code, error.count("\n")) == (2, 1)


def test_what_is_no_static_key_is_certified_for_none(tmp_path: Path, device_key: rsa.RSAPrivateKey) -> None:
    usual = make_dh_key()
    short = dh_private_key((1 << 1024) - 105, 2, None, 12345, PKCS_3)
    pem = armoured("PUBLIC KEY", usual.spki)
    of_rsa = device_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    refused = {
        "no public keys in PEM": request_file(tmp_path / "own.csr", device_key).read_bytes(),
        "2 public keys in PEM": pem + pem,
        "is not for Diffie-Hellman": of_rsa,
        "its key is of 1024 bits": short.spki,
        "after the end": usual.spki + b"\0",
        "its key, octet": write_dh_private(usual),
        "octet 0": b"-----BEGIN PUBLIC KEY-----",
    }
    for message, octets in refused.items():
        with pytest.raises(RequestError, match=message):
            read_public_key(octets)
    assert read_public_key(pem) == read_public_key(usual.spki)


@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=300), form=st.sampled_from([X9_42, PKCS_3]), data=st.data())
def test_any_octets_are_a_static_key_or_none(octets: bytes, form: str, data: st.DataObject) -> None:
    with pytest.raises(RequestError):
        read_public_key(octets)
    altered = bytearray(STATIC_KEYS[form])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(RequestError):
        assert read_public_key(bytes(altered)).key.kind == "dh"


def test_credentials_for_tls_are_shown_by_the_rules_of_tls(run: Run, workshop: Workshop) -> None:
    """DSA authorities, anchors for TLS, static Diffie-Hellman keys, and values that no key has."""
    told = run("show", workshop.tester)[1]
    blocks = {block.partition("\n")[0]: block for block in told.split("\ncredential ")}
    for name in ("tls-dsa", "tls-dh-rsa", "tls-dh-dss"):
        assert "private key: fits the certificate" in blocks[name]
        assert "path: CN=conform62351 tester < CN=" in blocks[name]
    assert "key: DH 2048, signed with sha256WithRSAEncryption" in blocks["tls-dh-rsa"]
    assert "key: DH 2048, signed with dsa-with-sha256" in blocks["tls-dh-dss"]
    assert "private key: not here" in blocks["bad-tls/dh-zero"]
    assert "path: CN=conform62351 tester < CN=Unlisted CA" in blocks["bad-tls/supplied-ca"]
    told = run("show", workshop.tester / "tls-dh-dss.pem")[1]
    assert "keyUsage: keyAgreement" in told
    assert "issued the one above" in told


def test_a_folder_is_shown_with_what_deviates(run: Run, workshop: Workshop) -> None:
    code, told, _ = run("show", workshop.tester)
    assert code == 0
    blocks = {block.partition("\n")[0]: block for block in told.split("\ncredential ")}
    assert "annex G: nothing deviates" in blocks["second"]
    assert "private key: fits the certificate" in blocks["second"]
    assert "annex G: a certificate of version 1" in blocks["bad/v1"]
    assert "annex G: the title is a UTF8String" in blocks["utf8-title"]
    assert "does not decode: octet" in blocks["bad/truncated"]
    assert "of no use for the application" in blocks["tester-tls"]
    assert "path: no path to a trust anchor" in blocks["bad/unknown-ca"]
    assert "(not valid now)" in blocks["bad/expired"]
    assert "OCSP answer 2\n" in told
    attributes = told.partition("attribute certificate e2e\n")[2].partition("\nattribute certificate ")[0]
    held = CredentialFolder.load(workshop.tester).credential("e2e").certificate
    assert f"  holder: certificate {held.serial:x} of " in attributes
    assert "attributes: 1.2.840.10070.8.1" in attributes
    assert "attribute certificate bad/truncated\n  does not decode: octet" in told
    both = run("show", workshop.tester.parent)[1]
    assert "folder dut\n" in both
    assert "folder tester\n" in both


def test_files_of_every_kind_are_shown(
    run: Run, workshop: Workshop, tmp_path: Path, device_key: rsa.RSAPrivateKey
) -> None:
    der = tmp_path / "der"
    der.write_bytes(CredentialFolder.load(workshop.tester).octets("tester"))
    request = request_file(tmp_path / "own.csr", device_key, (NameOID.COMMON_NAME, "bay 7"))
    shown = {
        workshop.tester / "tester.pem": "issued the one above",
        workshop.tester / "crls.pem": "revoked: 3",
        workshop.tester / "attributes" / "by-name.pem": "holder: objectIdentifier=1.1.1.999.12",
        workshop.tester / "crl" / "root.crl": "revoked: 3",
        workshop.tester / "ocsp" / "revoked" / "tester.ocsp": ": revoked, from ",
        der: "title: 1.1.1.999.12 (OBJECT IDENTIFIER)",
        request: "subject: CN=bay 7",
    }
    for path, wanted in shown.items():
        code, told, error = run("show", path)
        assert (code, error) == (0, "")
        assert wanted in told


def test_what_cannot_be_shown_is_told_in_one_line(run: Run, tmp_path: Path, workshop: Workshop) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "file").write_bytes(b"\x30\x82")
    paths = [
        tmp_path / "none",
        tmp_path / "other",
        tmp_path / "file",
        workshop.tester / "bad" / "truncated.pem",
    ]
    for path in paths:
        code, told, error = run("show", path)
        assert (code, told) == (2, "")
        assert error.startswith(f"conform62351: {path}: ")
        assert error.count("\n") == 1


def test_nothing_shown_drives_the_terminal(run: Run, tmp_path: Path, device_key: rsa.RSAPrivateKey) -> None:
    name = x509.Name([x509.NameAttribute(TITLE, "1.2\x1b[2J")])
    until = datetime(2049, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, device_key.public_key(), 2**100, until - timedelta(1), until)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(device_key, hashes.SHA256())
    )
    (tmp_path / "own.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    code, told, _ = run("show", tmp_path / "own.pem")
    assert code == 0
    assert "title: 1.2\\x1b[2J (UTF8String)" in told
    assert "\x1b" not in told


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_file_is_shown_or_refused(
    tmp_path_factory: pytest.TempPathFactory, workshop: Workshop, data: st.DataObject
) -> None:
    names = ["tester.pem", "crls.pem", "crl/root.crl", "ocsp/good/tester.ocsp"]
    octets = bytearray((workshop.tester / data.draw(st.sampled_from(names))).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=3)):
        octets[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data.draw(st.sampled_from([bytes(octets), bytes(octets[: len(octets) // 2])])))
    with suppress(ShowError):
        assert list(show(path, 0.0))


def test_every_credential_that_a_case_names_is_made() -> None:
    attributes = [attributes_of(plan.name) for plan in catalogue().tester_attributes]
    known = {means_of(name) for name in (*(plan.name for plan in catalogue().tester), *attributes)}
    claimed = dict.fromkeys(pics_items().items, Answer.YES)
    needed = {means for case in load().values() for means in case.means_for(claimed)}
    named = {means for means in needed if means.startswith(means_of(""))}
    assert means_of("tester") in named
    assert named <= known
