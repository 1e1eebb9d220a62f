"""What an authentication value of compatibility mode tells: whose it is, when it was signed, which octets."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.compatibility.signing import SignatureInput, matching_input
from conform62351.profiles.compatibility.value import (
    MAX_CERTIFICATE,
    AuthenticationValueError,
    DecodedValue,
    decode_value,
)
from conform62351.profiles.dissection.certificates import certificate_facts
from conform62351.profiles.generalized_time import TimeError, TimeReading, read_time
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate

NONE_SIGNED: Final = "none"
"""What was signed, where the signature verifies over nothing that is known."""

_SIGNED: Final = {
    SignatureInput.UNIVERSAL: "the time as a universal TLV",
    SignatureInput.FIELD: "the time as the TLV of its field",
    SignatureInput.RAW: "the content octets of the time alone",
}


class Remark(msgspec.Struct, frozen=True):
    """Something odd about a part of the value: ``value``, ``certificate``, ``time`` or ``signature``."""

    part: str
    code: str
    message: str


class AuthenticationFacts(msgspec.Struct, frozen=True):
    """An authentication value as far as it can be read.

    ``offset`` is where it begins in what was dissected, ``carrier`` the name of the PDU that it came in,
    empty where it stands alone. ``size`` is that of the certificate in octets. ``signed`` is ``18``, ``81``,
    ``raw`` or NONE_SIGNED, and None where no signature could be looked at.
    """

    offset: int
    carrier: str
    context: int | None = None
    size: int | None = None
    certificate: Certificate | None = None
    time_text: str | None = None
    time: TimeReading | None = None
    signed: str | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def signed_text(self) -> str:
        """Which octets were signed, for people."""
        if self.signed is None:
            return "cannot be told"
        if self.signed == NONE_SIGNED:
            return "none: the signature verifies over no encoding of the time"
        return f"{self.signed}: {_SIGNED[SignatureInput(self.signed)]}"

    def certificate_facts(self) -> dict[str, str]:
        """Return what the certificate says, by name; nothing without one."""
        if self.certificate is None:
            return {}
        return certificate_facts(self.certificate)


def read_authentication(octets: bytes, offset: int, carrier: str) -> AuthenticationFacts:
    """Return what the Authentication-value ``octets`` tells. Nothing raises: what is wrong is a remark."""
    try:
        decoded = decode_value(octets)
    except AuthenticationValueError as error:
        remark = Remark("value", "undecodable", f"octet {error.offset}: {error.message}")
        return AuthenticationFacts(offset, carrier, remarks=(remark,))
    remarks = [Remark("value", "value-form", deviation) for deviation in decoded.deviations]
    certificate = _certificate(decoded, remarks)
    time = _time(decoded, remarks)
    signed = None if certificate is None else _signed(certificate, decoded, remarks)
    if certificate is not None and time is not None:
        _judge_validity(certificate, time, remarks)
    text = decoded.value.time[:64].decode("latin-1")
    return AuthenticationFacts(
        offset=offset,
        carrier=carrier,
        context=decoded.context,
        size=len(decoded.value.certificate),
        certificate=certificate,
        time_text=text,
        time=time,
        signed=signed,
        remarks=tuple(remarks),
    )


def _certificate(decoded: DecodedValue, remarks: list[Remark]) -> Certificate | None:
    size = len(decoded.value.certificate)
    if size > MAX_CERTIFICATE:
        message = f"a certificate of {size} octets, {MAX_CERTIFICATE} are permitted"
        remarks.append(Remark("certificate", "certificate-size", message))
    try:
        found = read_certificate(decoded.value.certificate)
    except CertificateError as error:
        message = f"octet {error.offset}: {error.message}"
        remarks.append(Remark("certificate", "undecodable", message))
        return None
    remarks += [Remark("certificate", "certificate-form", deviation) for deviation in found.deviations]
    if found.key_usage is None:
        remarks.append(Remark("certificate", "key-usage", "a certificate without keyUsage"))
    elif "digitalSignature" not in found.key_usage:
        remarks.append(
            Remark("certificate", "key-usage", "a certificate whose key may not sign by its keyUsage")
        )
    if found.title is None:
        remarks.append(Remark("certificate", "title", "a certificate without titles in its subject"))
    return found


def _time(decoded: DecodedValue, remarks: list[Remark]) -> TimeReading | None:
    try:
        found = read_time(decoded.value.time)
    except TimeError as error:
        remarks.append(Remark("time", "undecodable", error.message))
        return None
    remarks += [Remark("time", "time-form", deviation) for deviation in found.deviations]
    return found


def _signed(certificate: Certificate, decoded: DecodedValue, remarks: list[Remark]) -> str:
    found = matching_input(certificate, decoded.value)
    if found is None:
        message = "the signature verifies over none of 18 TLV, 81 TLV and content octets of the time"
        remarks.append(Remark("signature", "signature", message))
        return NONE_SIGNED
    if found is SignatureInput.RAW:
        message = "the signature covers the content octets of the time alone"
        remarks.append(Remark("signature", "encoding-signed", message))
    return found.value


def _judge_validity(certificate: Certificate, time: TimeReading, remarks: list[Remark]) -> None:
    if not certificate.not_before <= time.unix <= certificate.not_after:
        message = "the signed time is not within the validity of the certificate"
        remarks.append(Remark("time", "validity", message))
