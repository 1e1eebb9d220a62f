"""SecPDUs that a step sends past the course of an association, and the refresh of keys that it asks for."""

from __future__ import annotations

import os
from typing import Any, Final

import msgspec

from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.handshake import ClientHandshake
from conform62351.profiles.native.identity import joined
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.parameters import Connection
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    ClearTransfer,
    DtSecAbort,
    EncrTransfer,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    ReleaseReq,
    ReleaseRsp,
    SignedPdu,
    Transfer,
    WithDiagnostics,
    WithToken3,
)
from conform62351.profiles.native.signing import Signer
from conform62351.profiles.native.tokens import Authenticator, ClearToken2
from conform62351.profiles.role import Role
from conform62351.tooling.engine.link import Link
from conform62351.tooling.engine.mutations import MutationError
from conform62351.tooling.engine.native_steps import SendSecPdu

_WITH_TOKEN3: Final[dict[str, type[WithToken3]]] = {
    kind.__name__: kind
    for kind in (
        ApplicationReject,
        HandshakeSecReject,
        HandshakeSecAbort,
        DtSecAbort,
        ApplAbort,
        ReleaseReq,
        ReleaseRsp,
    )
}
_HANDSHAKES: Final = {"HandshakeReq": HandshakeReq, "HandshakeAcc": HandshakeAcc}
_TRANSFERS: Final[dict[str, type[Any]]] = {"ClearTransfer": ClearTransfer, "EncrTransfer": EncrTransfer}
_CARRIERS: Final = {
    "ApplicationReject": Carrier.AARE,
    "HandshakeSecReject": Carrier.AARE,
    "ReleaseReq": Carrier.RLRQ,
    "ReleaseRsp": Carrier.RLRE,
    "ClearTransfer": Carrier.DATA,
    "EncrTransfer": Carrier.DATA,
}
"""Where SecPDUs go if nothing is said; all others into an ABRT."""
_ICV_OCTETS: Final = 32
_IV_OCTETS: Final = 16


def refresh(link: Link) -> None:
    """Have the next data of the tester carry rekey or reqRekey. Raises AssociationError, StateError."""
    association = link.secured()
    if link.role is Role.CLIENT:
        association.rekey()
    else:
        association.ask_for_rekey()


def send_secpdu(step: SendSecPdu, link: Link) -> None:
    """Queue the SecPDU that ``step`` wants, unless a mutation withholds it.

    Raises:
        AssociationError: the association is none of native mode.
        MutationError: there is no such diagnostic.
    """
    association = link.secured()
    link.sign(step.signing)
    name = f"E2E.{step.pdu}"
    carrier = Carrier(step.carrier) if step.carrier else _CARRIERS.get(step.pdu, Carrier.ABRT)
    octets = _octets(step, name, link, association)
    if octets is not None:
        association.send_secpdu(octets, name, carrier)


def _octets(step: SendSecPdu, name: str, link: Link, association: NativeAssociation) -> bytes | None:
    asso_id = association.asso_id if step.asso_id is None else step.asso_id
    if step.pdu in _TRANSFERS:
        return _transfer(_TRANSFERS[step.pdu], name, link, association, asso_id)
    native = link.native
    assert native is not None
    if step.pdu in _HANDSHAKES:
        pdu = _handshake(step.pdu, link, asso_id)
    elif step.pdu in _WITH_TOKEN3:
        pdu = _with_token3(step, link, asso_id)
    else:
        return link.policy.rewrite_octets(name, native.codec.osi_fault(int(step.diagnostic or "1")))
    return Signer(native.security.native, native.codec, link.policy).sign(pdu).octets


def _with_token3(step: SendSecPdu, link: Link, asso_id: str | None) -> SignedPdu:
    native = link.native
    assert native is not None
    token = Signer(native.security.native, native.codec, link.policy).token3(asso_id)
    kind: Any = _WITH_TOKEN3[step.pdu]
    pdu: SignedPdu = kind(token3=token)
    if isinstance(pdu, WithDiagnostics) and step.diagnostic:
        pdu = kind(token3=token, diag=_number(step, isinstance(pdu, DtSecAbort)))
    return pdu


def _number(step: SendSecPdu, transfer: bool) -> int:
    names = transfer_diagnostics() if transfer else handshake_diagnostics()
    if step.diagnostic in names:
        return names.index(step.diagnostic)
    if step.diagnostic.isdigit():
        return int(step.diagnostic)
    raise MutationError(f"{step}: no such diagnostic")


def _handshake(pdu: str, link: Link, asso_id: str | None) -> SignedPdu:
    """Return a handshake that is not signed yet, with a token that is made now."""
    native = link.native
    assert native is not None
    machine = ClientHandshake(native.security.native, native.codec, Connection(peer_address=lambda: None), 0)
    made = machine.request(link.mms.initiate().octets).pdu
    assert isinstance(made, HandshakeReq)
    token = made.token1
    if pdu == "HandshakeReq":
        return HandshakeReq(pp=made.pp, token1=token, applData=made.applData)
    changed = joined(token.assoID, 0) if asso_id is None else asso_id
    return HandshakeAcc(pp=made.pp, token1=msgspec.structs.replace(token, assoID=changed))


def _transfer(
    kind: type[Any], name: str, link: Link, association: NativeAssociation, asso_id: str | None
) -> bytes | None:
    """Return a data transfer: protected where it is of the kind that was agreed, else made up."""
    request = link.mms.client.identify()
    data = request.octets or b""
    transfer, agreed = association.transfer, association.agreed
    if transfer is not None and agreed is not None and (agreed.encryption is None) == (kind is ClearTransfer):
        outgoing = transfer.protect(data)
        return outgoing[0].octets if outgoing else None
    native = link.native
    assert native is not None
    encrypted = kind is EncrTransfer
    token = ClearToken2(
        assoID=asso_id or "0",
        time=write_time(link.now()),
        seq=0,
        iv=os.urandom(_IV_OCTETS) if encrypted else None,
    )
    icv = Authenticator(identifier(algorithm("hmacWithSHA256")), bytes(_ICV_OCTETS))
    policy, codec = link.policy, native.codec
    pdu: Transfer = kind(token2=policy.rewrite(f"{name}.token", token), applData=data, auth=icv)
    pdu = policy.rewrite(name, pdu)
    tbp = policy.rewrite(f"{name}.tbp", codec.tbp(pdu))
    return policy.rewrite_octets(name, codec.transfer(pdu, tbp.octets))
