"""What a SecPDU of native mode tells: its members by their standard names, and what verifies."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.crypto.signatures import SignatureError, verify
from conform62351.profiles.dissection.authentication import Remark
from conform62351.profiles.dissection.certificates import certificate_facts
from conform62351.profiles.dissection.members import (
    algorithm_text,
    ending_members,
    handshake_members,
    transfer_members,
)
from conform62351.profiles.dissection.unsealing import Conversation, Unsealed
from conform62351.profiles.dissection.values import osi_fault_name
from conform62351.profiles.generalized_time import TimeError
from conform62351.profiles.native.codec import Decoded
from conform62351.profiles.native.secpdus import (
    Handshake,
    HandshakeAcc,
    HandshakeReq,
    OsiFault,
    SignedPdu,
    Transfer,
)
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.profiles.native.tokens import (
    ClearToken1,
    ClearToken3,
)
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tlv import TlvError, walk


class SecPduFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A SecPDU as far as it can be read.

    ``offset`` is where it begins in what was dissected, ``carrier`` the name of the PDU that it came in,
    empty where it stands alone. ``members`` are its members by their standard names, as text, absent ones
    left out. ``signature`` and ``protection`` say for people what came of verifying them, empty where there
    is none; ``signature_holds`` and ``verified`` say the same for programs.
    """

    offset: int
    name: str
    carrier: str = ""
    members: tuple[tuple[str, str], ...] = ()
    certificate: Certificate | None = None
    signature: str = ""
    signature_holds: bool | None = None
    protection: str = ""
    unsealed: Unsealed | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def verified(self) -> bool | None:
        """Whether the ICV or tag of a data transfer verifies, None where that could not be tried."""
        return None if self.unsealed is None else self.unsealed.verified


class _Lenient(Policy):
    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - every rule is to be looked at
        return False


_LENIENT: Final = _Lenient()


def unreadable_facts(name: str, carrier: str, offset: int, message: str) -> SecPduFacts:
    """Return what is told of octets that are no SecPDU."""
    return SecPduFacts(
        offset=offset, name=name, carrier=carrier, remarks=(Remark("SecPDU", "undecodable", message),)
    )


def read_secpdu(
    decoded: Decoded, octets: bytes, offset: int, carrier: str, talk: Conversation
) -> SecPduFacts:
    """Return what a SecPDU tells, and have ``talk`` take what it tells about its association."""
    pdu = decoded.pdu
    remarks = [Remark("SecPDU", "variant", deviation) for deviation in decoded.deviations]
    name = f"E2E.{getattr(pdu, 'name', None) or type(pdu).__name__}"
    if isinstance(pdu, OsiFault):
        text = f"{pdu.diagnostic} {osi_fault_name(pdu.diagnostic) or 'no event'}"
        members: tuple[tuple[str, str], ...] = (("osiDiagnostics", text),)
        return SecPduFacts(offset=offset, name=name, carrier=carrier, members=members, remarks=tuple(remarks))
    if isinstance(pdu, Transfer):
        members = tuple(transfer_members(pdu, remarks))
        unsealed = talk.unsealed(pdu, octets)
        if unsealed.verified is False:
            remarks.append(Remark("auth" if pdu.auth is not None else "applData", "icv", unsealed.text))
        return SecPduFacts(
            offset=offset,
            name=name,
            carrier=carrier,
            members=members,
            protection=unsealed.text,
            unsealed=unsealed,
            remarks=tuple(remarks),
        )
    if isinstance(pdu, HandshakeReq):
        talk.requested(pdu)
    elif isinstance(pdu, HandshakeAcc):
        talk.accepted(pdu)
    members = tuple(
        handshake_members(pdu, remarks, talk.protocols)
        if isinstance(pdu, Handshake)
        else ending_members(pdu, remarks)
    )
    certificate = _certificate(pdu, remarks)
    holds, text = _signature(pdu, octets, certificate)
    if not holds:
        remarks.append(Remark("sign", "signature", text))
    return SecPduFacts(
        offset=offset,
        name=name,
        carrier=carrier,
        members=members,
        certificate=certificate,
        signature=text,
        signature_holds=holds,
        remarks=tuple(remarks),
    )


def certificate_members(facts: SecPduFacts) -> dict[str, str]:
    """Return what pkCert says, by name; nothing where there is none that reads."""
    return {} if facts.certificate is None else certificate_facts(facts.certificate)


def _certificate(pdu: SignedPdu, remarks: list[Remark]) -> Certificate | None:
    token: ClearToken1 | ClearToken3 = pdu.token1 if isinstance(pdu, Handshake) else pdu.token3
    try:
        found = read_certificate(token.pkCert)
    except CertificateError as error:
        remarks.append(Remark("pkCert", "undecodable", f"octet {error.offset}: {error.message}"))
        return None
    remarks += [Remark("pkCert", "certificate-form", deviation) for deviation in found.deviations]
    for finding in FORM.findings(Presented(found), _LENIENT):
        remarks.append(Remark("pkCert", finding.name, finding.fault.detail))
    try:
        moment = read_timestamp(token.time)
    except TimeError:
        return found
    if not found.not_before <= moment.unix <= found.not_after:
        remarks.append(Remark("time", "validity", "not within the validity of pkCert"))
    return found


def _signature(pdu: SignedPdu, octets: bytes, certificate: Certificate | None) -> tuple[bool, str]:
    """Return whether the signature verifies as it should, and what to say of it."""
    if pdu.sign is None or certificate is None:
        return False, "cannot be verified: there is no pkCert that reads"
    token = pdu.token1 if isinstance(pdu, Handshake) else pdu.token3
    algorithm = pdu.sign.algo
    told = algorithm_text(algorithm)
    if understood(algorithm) is None:
        return False, f"cannot be verified: {told}"
    for covered, what in ((pdu.tbs, ""), (_whole_tbs(pdu, octets), "tbs with identifier and length")):
        try:
            holds = verify(algorithm.oid, certificate.spki, pdu.sign.sign, covered)
        except SignatureError as error:
            return False, f"cannot be verified: {error.message}"
        if holds and what:
            return False, f"covers {what}, in place of the content octets alone"
        if holds and understood(token.sigAlg) != understood(algorithm):
            return False, f"verifies, but by {told} where sigAlg is {algorithm_text(token.sigAlg)}"
        if holds:
            return True, f"verifies by {told} with the key of pkCert"
    return False, f"does not verify by {told} with the key of pkCert"


def _whole_tbs(pdu: SignedPdu, octets: bytes) -> bytes:
    try:
        children = walk(octets).root.children
    except TlvError:
        return b""
    place = 1 if isinstance(pdu, Handshake) else 0
    if len(children) <= place:
        return b""
    return octets[children[place].start : children[place].end]
