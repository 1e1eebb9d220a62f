"""The workshop's work before OpenSSL's command line.

OpenSSL reads no subject whose value is an OBJECT IDENTIFIER: it silently takes the next certificate of the
file, so that such a file proves nothing. Subjects here are common names and titles as UTF8String.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.issuing import Issuer
from conform62351.fixtures.pki.keys import KeyRing, spki_of
from conform62351.fixtures.pki.making import Places, make_authority, make_certificate
from conform62351.fixtures.pki.naming import authority_name, title_name
from conform62351.fixtures.pki.plan import INTERMEDIATE, ROOT, CertificatePlan, catalogue
from conform62351.fixtures.pki.requests import CertificateRequest, RequestError, read_request
from conform62351.fixtures.pki.revocation import make_crl, make_ocsp_answer
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.pki.ocsp import CertStatus
from conform62351.tooling.net.credential_writing import armoured, certificates_pem

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="no openssl command")

PLANS = {plan.name: plan for plan in catalogue().tester}


def openssl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPENSSL, *words], cwd=folder, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("name", ["tester/tester-tls", "tester/utf8-title", "dut/tls"])
def test_good_certificates_lead_to_the_root_and_are_not_revoked(workshop: Workshop, name: str) -> None:
    told = openssl(
        workshop.tester.parent,
        *("verify", "-x509_strict", "-CAfile", "dut/anchors.pem", "-untrusted", "dut/intermediates.pem"),
        *("-CRLfile", "dut/crls.pem", "-crl_check_all", f"{name}.pem"),
    )
    assert (told.returncode, told.stdout) == (0, f"{name}.pem: OK\n")


@pytest.mark.parametrize("name", ["tester-tls", "utf8-title"])
def test_ocsp_answers_of_both_kinds_are_believed(workshop: Workshop, name: str) -> None:
    for state in ("good", "revoked"):
        for digest in ("-sha1", "-sha256"):
            told = openssl(
                workshop.tester.parent,
                *("ocsp", "-respin", f"tester/ocsp/{state}/{name}.ocsp", "-CAfile", "tester/anchors.pem"),
                *("-issuer", "ca/intermediate.pem", digest, "-cert", f"tester/{name}.pem"),
            )
            assert f"tester/{name}.pem: {state}\n" in told.stdout
            assert "Response verify OK" in told.stderr


def test_a_title_as_object_identifier_is_seen_by_the_parser(workshop: Workshop) -> None:
    parsed = openssl(workshop.tester, "asn1parse", "-in", "tester.pem").stdout
    assert ":2.5.4.106\n" in parsed
    assert "OBJECT            :1.1.1.999.12\n" in parsed


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


class Bench:
    """Authorities of the test's own, for certificates whose subject OpenSSL reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = time.time()
        self.keys = KeyRing(catalogue().keys)
        plans = {plan.name: plan for plan in catalogue().authorities}
        self.root, self.ca = (
            Issuer(authority_name(name), self.keys.key(name)) for name in (ROOT, INTERMEDIATE)
        )
        root = make_authority(plans[ROOT], self.root, self.root, spki_of(self.root.key), self.now)
        ca = make_authority(plans[INTERMEDIATE], self.root, self.ca, spki_of(self.ca.key), self.now)
        (folder / "root.pem").write_bytes(certificates_pem([root.octets]))
        (folder / "ca.pem").write_bytes(certificates_pem([ca.octets]))

    def certificate(self, plan: CertificatePlan) -> int:
        """Write ``leaf.pem`` with a title as UTF8String and return its serial number."""
        made = make_certificate(
            plan,
            self.ca,
            subject=title_name("1.1.1.999.12", "UTF8String"),
            spki=self.keys.spki(plan.key),
            places=Places("http://127.0.0.1/ocsp"),
            now=self.now,
        )
        (self.folder / "leaf.pem").write_bytes(certificates_pem([made.octets]))
        return made.serial

    def verify(self, *options: str) -> str:
        told = openssl(
            self.folder, "verify", "-CAfile", "root.pem", "-untrusted", "ca.pem", *options, "leaf.pem"
        )
        return told.stdout + told.stderr

    def crl(self, *serials: int, until: float = 3600.0) -> None:
        der = make_crl(self.ca, serials, this_update=self.now - 20, next_update=self.now + until)
        (self.folder / "ca.crl").write_bytes(armoured("X509 CRL", der))


def test_openssl_tells_the_revoked_from_the_good(bench: Bench) -> None:
    serial = bench.certificate(PLANS["bad/revoked-crl"])
    bench.crl(serial + 1)
    assert bench.verify("-crl_check", "-CRLfile", "ca.crl") == "leaf.pem: OK\n"
    bench.crl(serial + 1, serial)
    assert "certificate revoked" in bench.verify("-crl_check", "-CRLfile", "ca.crl")
    bench.crl(serial + 1, until=-10.0)
    assert "CRL has expired" in bench.verify("-crl_check", "-CRLfile", "ca.crl")


def test_openssl_reads_the_answer_about_a_revoked_certificate(bench: Bench) -> None:
    serial = bench.certificate(PLANS["bad/revoked-ocsp"])
    for status in CertStatus:
        state = status.value
        answer = make_ocsp_answer(
            bench.ca, serial, status=status, this_update=bench.now - 20, next_update=bench.now + 600
        )
        (bench.folder / "answer.der").write_bytes(answer)
        told = openssl(
            bench.folder,
            *(
                "ocsp",
                "-respin",
                "answer.der",
                "-CAfile",
                "root.pem",
                "-issuer",
                "ca.pem",
                "-cert",
                "leaf.pem",
            ),
        )
        assert f"leaf.pem: {state}\n" in told.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad/expired", "certificate has expired"),
        ("bad/not-yet-valid", "certificate is not yet valid"),
        ("bad/broken-signature", "certificate signature failure"),
        ("bad/unknown-critical", "unhandled critical extension"),
    ],
)
def test_openssl_finds_the_faults_that_it_looks_for(bench: Bench, name: str, message: str) -> None:
    bench.certificate(PLANS[name])
    assert message in bench.verify()


def _request(folder: Path, *options: str, subject: str = "/CN=a device") -> bytes:
    named = ("-subj", subject) if subject else ()
    made = openssl(folder, "req", "-new", "-nodes", "-keyout", "own.key", "-out", "own.csr", *named, *options)
    assert made.returncode == 0, made.stderr
    return (folder / "own.csr").read_bytes()


@pytest.mark.parametrize(
    ("options", "subject", "kind", "key"),
    [
        (("-newkey", "rsa:2048"), "/CN=a device", "tls", "RSA 2048"),
        (("-newkey", "rsa:3072", "-sha512"), "/O=x/CN=a device", "tls", "RSA 3072"),
        (("-newkey", "rsa:2048", "-outform", "DER"), "/", "", "RSA 2048"),
        (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "/CN=a", "tls", "secp256r1"),
        (
            ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"),
            "/CN=a",
            "tls",
            "brainpoolP256r1",
        ),
    ],
)
def test_requests_of_openssl_are_read(
    tmp_path: Path, options: tuple[str, ...], subject: str, kind: str, key: str
) -> None:
    request = read_request(_request(tmp_path, *options, subject=subject))
    assert (request.kind, str(request.key)) == (kind, key)


def test_a_title_in_a_request_tells_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "own.cnf").write_text(
        "oid_section = o\n[o]\ntitles = 2.5.4.106\n"
        "[req]\ndistinguished_name = d\nprompt = no\n[d]\ntitles = 1.1.1.999.1.12\n"
    )
    request = read_request(_request(tmp_path, "-newkey", "rsa:2048", "-config", "own.cnf", subject=""))
    assert (request.kind, request.subject_text) == ("application", "objectIdentifier=1.1.1.999.1.12")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_request_is_refused_where_its_signature_covers_it(
    data: st.DataObject, good_request: bytes
) -> None:
    octets = bytearray(good_request)
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(RequestError):
        assert read_request(bytes(octets)) == read_request(good_request)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_octets_that_are_no_request_are_refused(octets: bytes) -> None:
    with pytest.raises(RequestError):
        read_request(octets)


@pytest.fixture(scope="module")
def good_request(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return _request(tmp_path_factory.mktemp("request"), "-newkey", "rsa:2048", "-outform", "DER")


def _altered(request: bytes) -> bytes:
    return request[:-1] + bytes([request[-1] ^ 1])


def test_requests_for_which_nothing_is_issued(tmp_path: Path) -> None:
    der = _request(tmp_path, "-newkey", "rsa:2048", "-outform", "DER")
    pem = armoured("CERTIFICATE REQUEST", der)
    refused = {
        "does not verify": _altered(der),
        "no certificate requests in PEM": b"",
        "2 certificate requests in PEM": pem + pem,
        "after the end": der + b"\x00",
        "announced": der[:-1],
        "its key is RSA 1024": _request(tmp_path, "-newkey", "rsa:1024", "-outform", "DER"),
        "its key is secp384r1": _request(
            tmp_path, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-outform", "DER"
        ),
    }
    for message, octets in refused.items():
        with pytest.raises(RequestError, match=message):
            read_request(octets)
    assert isinstance(read_request(pem), CertificateRequest)
    assert read_request(pem) == read_request(der)
