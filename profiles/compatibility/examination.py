"""What a peer shows to authenticate itself, read as far as the checks ask for it."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.compatibility.once import once
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.compatibility.signing import SignatureInput, matching_input
from conform62351.profiles.compatibility.value import (
    AuthenticationValueError,
    DecodedValue,
    decode_value,
)
from conform62351.profiles.generalized_time import TimeError, TimeReading, read_time
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.path import PathResult, find_path
from conform62351.profiles.pki.revocation import Remark, RevocationStatus, revocation_status
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role

AUTHENTICATION_SYNTAX: Final = IDENTIFIERS.oid("mmsAuthenticationAS")
MECHANISM: Final = IDENTIFIERS.oid("mms-authentication-mechanism")
VALUE: Final = "CMP.value"
"""The name under which a policy rewrites and reads authentication values."""


class Examination:
    """The authentication members of one AARQ or AARE, and all that is read from them and known about them.

    Every part is made when it is first asked for, and once. A part that does not decode is the error that
    says why; one that is not there, or cannot be had because another is missing, is None.
    """

    def __init__(
        self, apdu: AARQ | AARE, situation: Situation, security: CompatibilityParameters, policy: Policy
    ) -> None:
        self.apdu = apdu
        self.situation = situation
        self.security = security
        self.now = security.now()
        self._policy = policy

    @property
    def by_server(self) -> bool:
        """Whether it is the server that examines, and can answer with a reject."""
        return self.situation.role is Role.SERVER

    @once
    def decoded(self) -> DecodedValue | AuthenticationValueError | None:
        """The authentication value."""
        octets = self.apdu.authentication_value
        if octets is None:
            return None
        try:
            return decode_value(self._policy.read_octets(VALUE, octets))
        except AuthenticationValueError as error:
            return error

    @once
    def certificate(self) -> Certificate | CertificateError | None:
        """The certificate of the value."""
        if not isinstance(self.decoded, DecodedValue):
            return None
        try:
            return read_certificate(self.decoded.value.certificate)
        except CertificateError as error:
            return error

    @once
    def time(self) -> TimeReading | TimeError | None:
        """The signed time of the value."""
        if not isinstance(self.decoded, DecodedValue):
            return None
        try:
            return read_time(self.decoded.value.time)
        except TimeError as error:
            return error

    @once
    def path(self) -> PathResult | None:
        """The path from the certificate to a trust anchor at the local time."""
        if not isinstance(self.certificate, Certificate):
            return None
        security = self.security
        return find_path(
            self.certificate, security.trust, self.now, revocation=security.revocation, policy=self._policy
        )

    @once
    def revocation(self) -> RevocationStatus | None:
        """Whether the certificate is revoked."""
        if not isinstance(self.certificate, Certificate) or self.path is None:
            return None
        security = self.security
        data = (
            security.trust.revocation
            if security.revocation is None
            else security.revocation(self.certificate)
        )
        return revocation_status(self.certificate, self.path.issuer, data, self.now)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is worth telling of the revocation data, of the certificate and of the CAs above it."""
        return (
            *(() if self.revocation is None else self.revocation.remarks),
            *(() if self.path is None else self.path.warnings),
        )

    @once
    def signature_input(self) -> SignatureInput | None:
        """Which octets the signature covers, None when it does not verify."""
        if not isinstance(self.certificate, Certificate) or not isinstance(self.decoded, DecodedValue):
            return None
        return matching_input(self.certificate, self.decoded.value)

    @property
    def deviations(self) -> tuple[str, ...]:
        """What deviates in the form of value, certificate and time, as sentences for people."""
        parts = (self.decoded, self.certificate, self.time)
        return tuple(
            deviation
            for part in parts
            if isinstance(part, DecodedValue | Certificate | TimeReading)
            for deviation in part.deviations
        )
