"""The attribute certificates of the workshop: what is wrong with bad ones, how a folder keeps them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from conform62351.fixtures.pki.plan import Rule, catalogue
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.pki.attribute_certificate import read_attribute_certificate
from conform62351.profiles.pki.certificate import CertificateError
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder

PLANS = {plan.name: plan for plan in catalogue().tester_attributes}
ROLE = "1.2.840.10070.8.1"


def faults(mine: CredentialFolder, peer: CredentialFolder, name: str) -> set[Rule]:
    """Return what is wrong with an attribute certificate for the holder of ``e2e``."""
    try:
        found = read_attribute_certificate(mine.attribute_certificate(name))
    except CertificateError:
        return {Rule.ENCODING}
    now = time.time()
    named = [authority for authority in peer.attribute_authorities if authority.subject in found.issuers]
    wrong = {
        Rule.HOLDER: not found.holder.is_subject_of(mine.credential("e2e").certificate),
        Rule.VALIDITY: not found.not_before <= now <= found.not_after,
        Rule.ANCHOR: not named,
        Rule.SIGNATURE: bool(named) and not any(map(found.signed_by, named)),
    }
    return {rule for rule, is_wrong in wrong.items() if is_wrong}


@pytest.mark.parametrize("name", PLANS)
def test_each_has_the_fault_of_its_plan_and_no_other(workshop: Workshop, name: str) -> None:
    mine, peer = CredentialFolder.load(workshop.tester), CredentialFolder.load(workshop.dut)
    fault = PLANS[name].fault
    assert faults(mine, peer, name) == ({fault} if fault else set())


@pytest.mark.parametrize("name", ["e2e", "by-name"])
def test_those_of_the_device_are_good(workshop: Workshop, name: str) -> None:
    mine, peer = CredentialFolder.load(workshop.dut), CredentialFolder.load(workshop.tester)
    assert faults(mine, peer, name) == set()
    assert read_attribute_certificate(mine.attribute_certificate(name)).attributes == (ROLE,)


def test_a_subject_holds_for_all_of_its_certificates(workshop: Workshop) -> None:
    mine = CredentialFolder.load(workshop.tester)
    by_name, by_certificate = (
        read_attribute_certificate(mine.attribute_certificate(name)).holder for name in ("by-name", "e2e")
    )
    other = mine.credential("e2e-rsa").certificate
    assert by_name.is_subject_of(other)
    assert not by_certificate.is_subject_of(other)


def test_without_a_certificate_of_the_device_its_titles_alone_hold_a_role(tmp_path: Path) -> None:
    made = make_workshop(tmp_path, WorkshopPlan(now=time.time(), dut_keys=False))
    assert CredentialFolder.load(made.dut).attribute_names == ("by-name",)


@pytest.fixture
def folder(tmp_path: Path, workshop: Workshop) -> Path:
    shutil.copy(workshop.tester / "anchors.pem", tmp_path)
    shutil.copy(workshop.tester / "attributes" / "e2e.pem", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ('[attributes.e2e]\nfile = "anchors.pem"', "holds no attribute certificates in PEM, not one"),
        ('[attributes.e2e]\nfile = "twice.pem"', "holds 2 attribute certificates in PEM, not one"),
        ('attribute_authorities = "e2e.pem"', "holds no certificate in PEM"),
        ('attribute_authorities = "none.pem"', "there is no file none.pem"),
        ("[attributes.e2e]", "attributes.e2e: file is missing"),
        ('[attributes.e2e]\nkey = "anchors.pem"', "is none of attributes.NAME.file"),
        ('[attributes."a b"]\nfile = "e2e.pem"', "is no name of a credential"),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, manifest: str, message: str) -> None:
    (folder / "twice.pem").write_bytes((folder / "e2e.pem").read_bytes() * 2)
    (folder / "manifest.toml").write_text(f'anchors = "anchors.pem"\n{manifest}\n')
    with pytest.raises(CredentialError, match=message):
        CredentialFolder.load(folder).check()


def test_another_name_is_told_with_the_nearest(folder: Path) -> None:
    (folder / "manifest.toml").write_text('anchors = "anchors.pem"\n[attributes.by-name]\nfile = "e2e.pem"\n')
    with pytest.raises(CredentialError, match=r"no attribute certificate 'by-names'.*by-name"):
        CredentialFolder.load(folder).attribute_certificate("by-names")
