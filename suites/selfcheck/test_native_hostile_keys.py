"""Certificates with keys that are none, or that would take long: at both sides of the handshake."""

from __future__ import annotations

from typing import Final

import pytest
from asn1crypto import x509
from msgspec.structs import replace

from conform62351.fixtures.pki.naming import title_name
from conform62351.fixtures.vectors.native.making import integer, tlv
from conform62351.profiles.native.tokens import Signature
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck import pki_samples
from conform62351.suites.selfcheck.native_bench import KEYS, TITLES, root
from conform62351.suites.selfcheck.native_stimuli import RSA, Stimulus, judge, token

EC_KEY: Final = bytes.fromhex("06072a8648ce3d0201")
NAMED_CURVE: Final = bytes.fromhex("06082a8648ce3d030107")
EXPLICIT: Final = bytes.fromhex("3006020101020100")
"""Where parameters of a curve that is spelled out would stand."""


def ec_spki(parameters: bytes, point: bytes) -> bytes:
    return tlv(0x30, tlv(0x30, EC_KEY + parameters), tlv(0x03, b"\0" + point))


def rsa_spki(modulus: int, exponent: int) -> bytes:
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return tlv(0x30, algorithm, tlv(0x03, b"\0", tlv(0x30, integer(modulus), integer(exponent))))


ODD: Final = (1 << 3072) - 1
OFF_CURVE: Final = b"\x04" + bytes(63) + b"\1"


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
@pytest.mark.parametrize(
    ("spki", "row"),
    [
        (ec_spki(NAMED_CURVE, OFF_CURVE), "4.1"),
        (ec_spki(NAMED_CURVE, b"\0"), "4.1"),
        (ec_spki(NAMED_CURVE, b""), "4.1"),
        (ec_spki(EXPLICIT, OFF_CURVE), "4.1"),
        (ec_spki(b"\5\0", OFF_CURVE), "4.1"),
        (rsa_spki(0, 3), "4.1"),
        (rsa_spki(ODD, ODD - 2), "3.2"),
        (bytes.fromhex("302a300506032b6570032100") + bytes(32), "3.2"),
    ],
    ids=["off the curve", "infinity", "no point", "explicit", "no curve", "RSA 0", "RSA exponent", "Ed25519"],
)
def test_keys_that_are_none(role: Role, spki: bytes, row: str) -> None:
    """Keys of another kind are the mismatch of row 3, those that cannot be loaded a fault of form (24)."""
    name = "client" if role is Role.SERVER else "server"
    shown = pki_samples.certificate(subject=title_name(TITLES[name]), issuer=root().issuer, spki=spki)
    taken, _ = judge(role, token(pkCert=shown))
    assert taken.fault is not None
    assert taken.fault.step == f"E2E.HS.{row}"


@pytest.mark.parametrize(
    ("modulus", "exponent"), [(ODD, ODD - 2), (ODD, (1 << 64) + 1), ((1 << 14_000) + 1, 65537)]
)
def test_rsa_keys_that_would_take_long(modulus: int, exponent: int) -> None:
    subject = title_name(TITLES["client"])
    shown = pki_samples.certificate(subject=subject, issuer=root().issuer, spki=rsa_spki(modulus, exponent))
    stimulus = Stimulus(
        token=lambda value: replace(value, pkCert=shown, sigAlg=RSA),
        pdu=lambda value: replace(value, sign=Signature(RSA, bytes(modulus.bit_length() // 8))),
    )
    taken, _ = judge(Role.SERVER, stimulus)
    assert taken.fault is not None
    assert taken.fault.step in ("E2E.HS.4.1", "E2E.HS.4.2")
    assert (taken.fault.step == "E2E.HS.4.1") == (exponent != 65537)


def test_a_long_name_is_told_in_part() -> None:
    part = x509.NameTypeAndValue(
        {"type": "common_name", "value": x509.DirectoryString("utf8_string", "\a" * 60)}
    )
    name = x509.Name("", x509.RDNSequence([x509.RelativeDistinguishedName([part])] * 90)).dump()
    shown = pki_samples.certificate(subject=name, issuer=root().issuer, spki=KEYS.spki("client"))
    taken, _ = judge(Role.SERVER, token(pkCert=shown))
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.6.1"
    assert len(taken.fault.fault.detail) < 2000
