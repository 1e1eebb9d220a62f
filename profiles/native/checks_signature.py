"""The signature of a SecPDU: its algorithm, whether it fits, whether it verifies (rows 2 to 4)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.crypto.signatures import ALGORITHMS, SignatureError, check_public_key
from conform62351.profiles.native.check import Check, listed
from conform62351.profiles.native.examination import Examination
from conform62351.profiles.native.offers import same
from conform62351.profiles.pki.certificate import Certificate, CertificateError
from conform62351.profiles.pki.keys import RSA


def _supported(it: Examination) -> str | None:
    if it.pdu is None or it.pdu.sign is None:
        return None
    algorithm = it.pdu.sign.algo
    meant = understood(algorithm)
    if meant is not None and meant in it.local.signatures:
        return None
    return f"signature algorithm {listed([algorithm.oid if meant is None else str(meant)])} is not supported"


def _that_of_token(it: Examination) -> str | None:
    if it.pdu is None or it.pdu.sign is None or it.token is None:
        return None
    algorithm, stated = it.pdu.sign.algo, it.token.sigAlg
    return (
        None
        if same(algorithm, stated)
        else f"signed by {listed([algorithm.oid])}, sigAlg says {listed([stated.oid])}"
    )


def _fits_key(it: Examination) -> str | None:
    if it.pdu is None or it.pdu.sign is None or not isinstance(it.certificate, Certificate):
        return None
    algorithm = ALGORITHMS.get(it.pdu.sign.algo.oid)
    if algorithm is None or algorithm.key_kind == it.certificate.key.kind:
        return None
    return f"{algorithm.name} with a key of kind {it.certificate.key}"


def _key_loads(it: Examination) -> str | None:
    if isinstance(it.certificate, CertificateError):
        return f"pkCert, octet {it.certificate.offset}: {it.certificate.message}"
    if not isinstance(it.certificate, Certificate):
        return None
    key, supported = it.certificate.key, it.local.keys
    if supported is not None and (key.kind if key.kind == RSA else str(key)) not in supported:
        return f"pkCert: a key of kind {key} is not supported"
    try:
        check_public_key(it.certificate.spki)
    except SignatureError as error:
        return f"pkCert: {error.message}"
    return None


def _verifies(it: Examination) -> str | None:
    return None if it.signature_holds else "the signature does not verify"


SIGNATURE: Final[tuple[Check[Examination], ...]] = (
    Check("2", "algorithm-supported", "N", _supported),
    Check("3.1", "algorithm-of-token", "N", _that_of_token),
    Check("3.2", "algorithm-fits-key", "N", _fits_key, decisions="decision 24"),
    Check("4.1", "key-loads", "I", _key_loads, decisions="decision 24"),
    Check("4.2", "signature", "N", _verifies),
)
