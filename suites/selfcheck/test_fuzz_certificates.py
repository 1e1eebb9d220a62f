"""Certificates that a mutation changes: in the field that holds them, and signed again where it says so."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.compatibility.association import UNSIGNED, Unsigned
from conform62351.profiles.crypto.signatures import SHA256_WITH_RSA, verify
from conform62351.profiles.pki.certificate import read_certificate, signed_by
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditCertificate, MutationError
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.net import authority_keys
from conform62351.tooling.net.authority_keys import AuthorityKeys
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.manifest import CredentialError

SERIAL = "30/30/02"
ISSUER = "30/30/30[1]"


def changed(workshop: Workshop, credential: str, *mutations: AnyMutation) -> bytes:
    """Return the certificate of a credential as mutations make it where compatibility mode sends it."""
    policy = StimulusPolicy()
    policy.reissue = AuthorityKeys.beside(workshop.tester).reissue
    policy.mutations = mutations
    before = CredentialFolder.load(workshop.tester).octets(credential)
    made: Unsigned = policy.rewrite(UNSIGNED, Unsigned(before, b""))
    assert policy.applied == list(mutations)
    return made.certificate


def edit(path: str, octets: bytes = b"", *, how: Edit = Edit.CONTENT, signed: bool = True) -> EditCertificate:
    return EditCertificate(
        pdu=UNSIGNED, field="certificate", path=path, edit=how, octets=octets, signed=signed
    )


@pytest.mark.parametrize("credential", ["tester", "e2e", "tester-tls"])
def test_a_changed_certificate_is_signed_by_its_issuer_again(workshop: Workshop, credential: str) -> None:
    folder = CredentialFolder.load(workshop.tester)
    issuer = folder.credential(credential).chain[:1] or folder.trust.anchors
    made = read_certificate(changed(workshop, credential, edit(SERIAL, b"\x7f")))
    assert made.serial == 0x7F
    assert signed_by(made, issuer[0])
    bare = read_certificate(changed(workshop, credential, edit(SERIAL, b"\x7f", signed=False)))
    assert bare.serial == 0x7F
    assert not signed_by(bare, issuer[0])


def test_what_does_not_decode_is_signed_as_it_stands(workshop: Workshop) -> None:
    """A length within the certificate lies: the issuer signs that, too."""
    broken = edit("30/30/30[3]", b"\x83\xff\xff\xff", how=Edit.LENGTH)
    folder = CredentialFolder.load(workshop.tester)
    made = changed(workshop, "tester", broken)
    signed, _, signature = authority_keys._parts(made)
    issuer = (folder.credential("tester").chain or folder.trust.anchors)[0]
    assert verify(SHA256_WITH_RSA, issuer.spki, signature[5:], signed)
    assert bytes.fromhex("83ffffff") in signed


@pytest.mark.parametrize("path", ["30", "30/30[1]", "30/30"])
def test_a_certificate_without_three_parts_is_signed_by_nobody(workshop: Workshop, path: str) -> None:
    with pytest.raises(MutationError):
        changed(workshop, "tester", edit(path, b"\x84\xff\xff\xff\xff", how=Edit.LENGTH))


def test_changes_add_up_and_print_what_they_do(workshop: Workshop) -> None:
    both = edit(SERIAL, b"\x05"), edit("30/30/a0", how=Edit.DROP)
    assert str(both[0]) == "CMP.unsigned.certificate element 30/30/02 content 05, signed again by its issuer"
    made = changed(workshop, "tester", *both)
    assert bytes.fromhex("020105") in made[:20]
    for one in both:
        assert msgspec.json.decode(msgspec.json.encode(one), type=AnyMutation) == one


@pytest.mark.parametrize("path", [ISSUER, "30/30"])
def test_nobody_signs_for_an_issuer_who_is_gone(workshop: Workshop, path: str) -> None:
    gone = edit(path, how=Edit.DROP, signed=False)
    with pytest.raises(MutationError):
        changed(workshop, "tester", gone, edit(SERIAL, b"\x05"))


def test_without_the_keys_of_a_workshop_nothing_is_signed_again(tmp_path: Path, workshop: Workshop) -> None:
    keys = AuthorityKeys.beside(tmp_path / "tester")
    assert len(keys) == 0
    octets = CredentialFolder.load(workshop.tester).octets("tester")
    assert keys.reissue(octets, octets) is None


def test_a_key_that_is_none_is_told(tmp_path: Path, workshop: Workshop) -> None:
    folder = tmp_path / "ca"
    (folder / "keys").mkdir(parents=True)
    for file in workshop.authorities.glob("*.pem"):
        (folder / file.name).write_bytes(file.read_bytes())
        (folder / "keys" / f"{file.stem}.key").write_bytes(b"no key")
    with pytest.raises(CredentialError, match="keys"):
        AuthorityKeys.beside(tmp_path / "tester")
