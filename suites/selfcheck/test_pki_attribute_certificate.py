"""Attribute certificates: what is read of them, and when native mode takes one (decision 30)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from asn1crypto import algos, cms, core, x509
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.keys import sign, signature_algorithm
from conform62351.fixtures.pki.naming import common_name
from conform62351.profiles.native.secpdus import HandshakeReq
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.pki.attribute_certificate import read_attribute_certificate
from conform62351.profiles.pki.certificate import CertificateError
from conform62351.suites.selfcheck.native_bench import (
    Handshakes,
    certificate,
    credential,
    parameters,
    steps_of,
)
from conform62351.suites.selfcheck.pki_samples import DAY, NOW, Authority, authority

ROLE = "1.2.840.10070.8.1"


@cache
def aa() -> Authority:
    return authority("attribute authority")


def directory(name: bytes) -> x509.GeneralNames:
    return x509.GeneralNames([x509.GeneralName("directory_name", x509.Name.load(name))])


def holder_by_certificate() -> dict[str, Any]:
    own = credential("client").certificate
    return {"base_certificate_id": {"issuer": directory(own.issuer), "serial": own.serial}}


def holder_by_name() -> dict[str, Any]:
    return {"entity_name": directory(credential("client").certificate.subject)}


def attribute_certificate(
    *,
    holder: dict[str, Any] | None = None,
    above: Authority | None = None,
    signer: Authority | None = None,
    days: tuple[float, float] = (-1, 1),
    version: str = "v2",
    digest: str = "sha256",
    v1_form: bool = False,
) -> bytes:
    """Return an attribute certificate for the client; asn1crypto writes it."""
    above = above or aa()
    key = (signer or above).issuer.key
    algorithm = algos.SignedDigestAlgorithm({"algorithm": signature_algorithm(key, digest)})
    begin, end = (core.GeneralizedTime(datetime.fromtimestamp(NOW + count * DAY, UTC)) for count in days)
    names = directory(common_name(above.name))
    info = cms.AttributeCertificateInfoV2(
        {
            "version": version,
            "holder": holder or holder_by_certificate(),
            "issuer": cms.AttCertIssuer("v1_form", names)
            if v1_form
            else cms.AttCertIssuer("v2_form", {"issuer_name": names}),
            "signature": algorithm,
            "serial_number": 5,
            "att_cert_validity_period": {"not_before_time": begin, "not_after_time": end},
            "attributes": [{"type": ROLE, "values": [core.Integer(1)]}],
        }
    )
    made = cms.AttributeCertificateV2(
        {
            "ac_info": info,
            "signature_algorithm": algorithm,
            "signature": core.OctetBitString(sign(key, digest, info.dump())),
        }
    )
    octets: bytes = made.dump()
    return octets


def judged(octets: bytes, *, known: bool = True) -> Taken:
    authorities = (aa().certificate,) if known else ()
    pair = Handshakes(parameters("client", att_cert=octets), parameters("server", authorities=authorities))
    return pair.requested()


@pytest.mark.parametrize("v1_form", [False, True])
@pytest.mark.parametrize("holder", [holder_by_certificate, holder_by_name])
def test_a_valid_one_is_taken(holder: Any, v1_form: bool) -> None:
    taken = judged(attribute_certificate(holder=holder(), v1_form=v1_form))
    assert steps_of(taken) == []
    assert isinstance(taken.pdu, HandshakeReq)


def test_what_it_says_is_read() -> None:
    found = read_attribute_certificate(attribute_certificate())
    assert found.attributes == (ROLE,)
    assert (found.not_before, found.not_after) == (NOW - DAY, NOW + DAY)
    assert found.holder.is_subject_of(credential("client").certificate)
    assert found.signed_by(aa().certificate)


@pytest.mark.parametrize(
    "changes",
    [
        {"holder": {"entity_name": directory(certificate("server").subject)}},
        {"holder": {"base_certificate_id": {"issuer": directory(common_name("x")), "serial": 1}}},
        {"holder": {**holder_by_certificate(), "entity_name": directory(common_name("x"))}},
        {
            "holder": {
                "object_digest_info": {
                    "digested_object_type": "public_key",
                    "digest_algorithm": {"algorithm": "sha256"},
                    "object_digest": core.OctetBitString(bytes(32)),
                }
            }
        },
        {"days": (-2, -1)},
        {"days": (1, 2)},
        {"above": authority("unknown attribute authority")},
        {"signer": authority("unknown attribute authority")},
        {"version": "v1"},
    ],
    ids=["name", "certificate", "one-of-two", "digest", "expired", "not-yet", "unknown", "forged", "v1"],
)
def test_a_bad_one_is_refused(changes: dict[str, Any]) -> None:
    taken = judged(attribute_certificate(**changes))
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.24"
    assert taken.events[0] == "IEC62351-4:1.6"
    assert taken.answer is not None
    assert getattr(taken.answer.pdu, "diag", None) == 16


def test_without_an_authority_only_the_decoding_is_checked_with_a_warning() -> None:
    stranger = authority("unknown attribute authority")
    taken = judged(attribute_certificate(above=stranger, days=(-2, -1)), known=False)
    assert taken.fault is None
    assert steps_of(taken) == ["E2E.HS.24.1"]
    refused = judged(b"\x30\x00", known=False)
    assert refused.fault is not None
    assert refused.fault.step == "E2E.HS.24"


GOOD = attribute_certificate()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.booleans())
def test_any_octets_are_one_or_a_typed_error(at: int, new: bytes, cut: bool) -> None:
    octets = GOOD[:at] + new + (b"" if cut else GOOD[at + len(new) :])
    with suppress(CertificateError):
        assert read_attribute_certificate(octets).octets == octets
