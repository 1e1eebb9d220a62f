"""Certificates, lists and OCSP responses that OpenSSL's command line made, and what it says of itself."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from conform62351.profiles.pki.certificate import (
    Certificate,
    issued_by,
    pem_blocks,
    pem_certificates,
    read_certificate,
)
from conform62351.profiles.pki.crl import read_crl
from conform62351.profiles.pki.path import PathFaultKind, Trust, find_path
from conform62351.profiles.pki.revocation import RevocationData, RevocationState, revocation_status

CONFIGURATION = """
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = supplied
organizationName = optional
countryName = optional
[ca_extensions]
basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf_extensions]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyAgreement
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
crlDistributionPoints = URI:http://crl.invalid/ca.crl,URI:http://crl.invalid/spare.crl
authorityInfoAccess = OCSP;URI:http://ocsp.invalid/
certificatePolicies = 1.3.6.1.4.1.32473.7
[responder_extensions]
keyUsage = digitalSignature
extendedKeyUsage = OCSPSigning
"""


class Workplace:
    """A folder in which OpenSSL is a CA; ``ca``, ``good``, ``revoked`` and ``responder`` are certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "ca.cnf").write_text(CONFIGURATION)
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("7123E89B42D3A456426614174000AB01\n")
        (folder / "crlnumber").write_text("01\n")
        self("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "ca.key")
        root = ["-x509", "-key", "ca.key", "-days", "60", "-config", "ca.cnf", "-extensions", "ca_extensions"]
        self("req", "-new", "-subj", '/C=CH/O=Öpen, "Inc"/CN=Root', "-utf8", *root, "-out", "ca.pem")
        self.ca = self.read("ca")
        self.good = self.issue("good", "leaf_extensions", "RSA", "rsa_keygen_bits:2048")
        self.revoked = self.issue("revoked", "leaf_extensions", "EC", "ec_paramgen_curve:P-256")
        self.responder = self.issue("responder", "responder_extensions", "EC", "ec_paramgen_curve:P-256")
        self("ca", "-config", "ca.cnf", "-revoke", "revoked.pem", "-crl_reason", "keyCompromise")
        self("ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl")
        self.crl = pem_blocks((folder / "ca.crl").read_bytes(), "X509 CRL")[0]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def issue(self, name: str, extensions: str, kind: str, parameter: str) -> Certificate:
        self("genpkey", "-algorithm", kind, "-pkeyopt", parameter, "-out", f"{name}.key")
        request = ["-config", "ca.cnf", "-subj", f"/CN={name}", "-key", f"{name}.key", "-out", f"{name}.csr"]
        self("req", "-new", *request)
        files = ["-in", f"{name}.csr", "-out", f"{name}.pem"]
        self("ca", "-batch", "-notext", "-config", "ca.cnf", "-extensions", extensions, *files)
        return self.read(name)

    def read(self, name: str) -> Certificate:
        return read_certificate(pem_certificates((self.folder / f"{name}.pem").read_bytes())[0])

    def answer(self, name: str, signer: str, *options: str) -> bytes:
        """Return the OCSP response of ``signer`` about the certificate called ``name``."""
        asked = ["-issuer", "ca.pem", "-cert", f"{name}.pem", "-no_nonce", "-reqout", "request.der"]
        self("ocsp", "-sha256", *asked)
        signing = ["-rsigner", f"{signer}.pem", "-rkey", f"{signer}.key", "-respout", "answer.der", *options]
        self("ocsp", "-index", "index.txt", "-CA", "ca.pem", "-reqin", "request.der", "-ndays", "3", *signing)
        return (self.folder / "answer.der").read_bytes()


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("openssl"))


def test_what_is_read_is_what_openssl_prints(openssl: Workplace) -> None:
    for name, certificate in (("ca", openssl.ca), ("good", openssl.good), ("revoked", openssl.revoked)):
        shown = [
            "-serial",
            "-subject",
            "-issuer",
            "-nameopt",
            "RFC2253,-esc_msb,utf8",
            "-startdate",
            "-enddate",
        ]
        options = [*shown, "-dateopt", "iso_8601"]
        printed = openssl("x509", "-in", f"{name}.pem", "-noout", "-fingerprint", "-sha256", *options)
        facts = dict(line.split("=", 1) for line in printed.splitlines())
        assert certificate.serial == int(facts["serial"], 16)
        assert certificate.subject_text == facts["subject"].strip()
        assert certificate.issuer_text == facts["issuer"].strip()
        assert time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(certificate.not_before)) == facts["notBefore"]
        assert time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(certificate.not_after)) == facts["notAfter"]
        assert certificate.sha256.upper() == facts["sha256 Fingerprint"].replace(":", "")
        assert certificate.deviations == ()


def test_extensions_and_keys_are_read(openssl: Workplace) -> None:
    ca, good = openssl.ca, openssl.good
    assert (ca.version, ca.key.kind, ca.key.bits, ca.ca) == (3, "rsa", 2048, True)
    assert ca.basic_constraints is not None
    assert ca.basic_constraints.path_length == 1
    assert ca.key_usage == frozenset({"keyCertSign", "cRLSign"})
    assert good.key_usage == frozenset({"digitalSignature", "keyAgreement"})
    assert not good.ca
    assert good.crl_urls == ("http://crl.invalid/ca.crl", "http://crl.invalid/spare.crl")
    assert good.ocsp_urls == ("http://ocsp.invalid/",)
    assert good.authority_key_identifier == ca.subject_key_identifier
    assert str(openssl.revoked.key) == "secp256r1"
    assert good.title is None


def test_a_chain_by_openssl_leads_to_its_root(openssl: Workplace) -> None:
    trust = Trust((openssl.ca,), crls=(openssl.crl,))
    for certificate in (openssl.good, openssl.revoked):
        assert issued_by(certificate, openssl.ca)
        assert find_path(certificate, trust, time.time()).chain == (certificate, openssl.ca)
    openssl("verify", "-CAfile", "ca.pem", "good.pem")
    later = find_path(openssl.good, trust, time.time() + 90 * 86_400).fault
    assert later is not None
    assert later.kind is PathFaultKind.CA_EXPIRED


def test_a_list_by_openssl_tells_who_is_revoked(openssl: Workplace) -> None:
    data = RevocationData((openssl.crl,))
    now = time.time()
    assert revocation_status(openssl.good, openssl.ca, data, now).state is RevocationState.GOOD
    status = revocation_status(openssl.revoked, openssl.ca, data, now)
    assert (status.state, status.source, status.remarks) == (RevocationState.REVOKED, "crl", ())
    assert status.revoked_at is not None
    assert abs(status.revoked_at - now) < 600
    read = read_crl(openssl.crl)
    assert read.next_update is not None
    # OpenSSL looks at the clock for each of the two.
    assert read.next_update - read.this_update - 30 * 86_400 in (0, 1)
    assert read.deviations == ()


@pytest.mark.parametrize("signer", ["ca", "responder"])
@pytest.mark.parametrize("options", [(), ("-resp_key_id",)], ids=["by name", "by key"])
def test_ocsp_by_openssl_tells_who_is_revoked(
    openssl: Workplace, signer: str, options: tuple[str, ...]
) -> None:
    for name, certificate, state in (
        ("good", openssl.good, RevocationState.GOOD),
        ("revoked", openssl.revoked, RevocationState.REVOKED),
    ):
        data = RevocationData(ocsp=(openssl.answer(name, signer, *options),))
        status = revocation_status(certificate, openssl.ca, data, time.time() + 1)
        assert (status.state, status.source, status.remarks) == (state, "ocsp", ())


def test_ocsp_by_somebody_whom_the_ca_did_not_name_counts_for_nothing(openssl: Workplace) -> None:
    data = RevocationData(ocsp=(openssl.answer("revoked", "good"),))
    status = revocation_status(openssl.revoked, openssl.ca, data, time.time() + 1)
    assert status.state is RevocationState.NO_DATA
