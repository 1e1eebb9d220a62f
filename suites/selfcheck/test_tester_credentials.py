"""Credentials of the tester that cannot be used end a run before it meets the device."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.tooling.frontend.tester_credentials import check_credentials
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.manifest import CredentialError

USED = ("tester-tls", "tester")
YEAR_S = 365.25 * 86_400


def told(folder: Path, now: float) -> str:
    with pytest.raises(CredentialError) as caught:
        check_credentials(CredentialFolder.load(folder), USED, now)
    return str(caught.value)


@pytest.fixture
def folder(workshop: Workshop, tmp_path: Path) -> Path:
    return Path(shutil.copytree(workshop.tester, tmp_path / "tester"))


@pytest.fixture
def now(folder: Path) -> float:
    return CredentialFolder.load(folder).credential("tester").certificate.not_before + 2 * 86_400


def test_a_workshop_s_credentials_can_be_used(folder: Path, now: float) -> None:
    check_credentials(CredentialFolder.load(folder), USED, now)


def test_certificates_are_valid_now(folder: Path, now: float) -> None:
    later = told(folder, now + 50 * YEAR_S)
    assert "tester.pem: objectIdentifier=1.1.1.999.12 has expired on 20" in later
    assert "tester-tls.pem: " in later
    assert "is not valid before" in told(folder, now - 50 * YEAR_S)


def test_all_that_is_wrong_is_told_at_once(folder: Path, now: float) -> None:
    shutil.copy(folder / "keys" / "second.key", folder / "keys" / "tester.key")
    (folder / "keys" / "tester-tls.key").write_text("no key")
    (folder / "crls.pem").write_text("no CRL")
    faults = told(folder, now)
    assert "tester.key: is not the key of tester.pem" in faults
    assert "tester-tls.key: the private key cannot be loaded" in faults
    assert "crls.pem: holds no CRL" in faults


def test_a_key_that_nobody_named_is_missed(folder: Path, now: float) -> None:
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('key = "keys/tester-tls.key"\n', ""))
    assert "credential tester-tls has no private key" in told(folder, now)
