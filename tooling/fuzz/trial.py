"""Tries mutations on a sample before a case is made of them: whether they apply, and change what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conform62351.profiles.compatibility.value import AuthenticationValue, encode_value
from conform62351.profiles.crypto.protection import BLOCK
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.secpdus import (
    ClearTransfer,
    EncrTransfer,
    HandshakeReq,
    ReleaseReq,
    SignedPdu,
)
from conform62351.profiles.native.tokens import Authenticator, ClearToken1, ClearToken2, ClearToken3
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.apdu import AARE, AARQ, ABRT, RLRE, RLRQ
from conform62351.profiles.osi.ppdu import ARP, ARU, CP, CPA, CPR, TD, UD
from conform62351.profiles.osi.spdu import Spdu
from conform62351.profiles.tls.engine import messages
from conform62351.profiles.tls.engine.messages import HandshakeBody
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import Tpdu
from conform62351.profiles.transport.tpkt import Tpkt
from conform62351.tooling.engine.authenticate import time_octets
from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.engine.mutations import AnyMutation, MutationError, SetTime
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.fuzz.case import UNWRITABLE
from conform62351.tooling.fuzz.mutators.mutator import Remembered, holds_value
from conform62351.tooling.fuzz.places import Place

MOST_OCTETS: Final = 4 << 20
"""Octets of a PDU that a case may make: repeated changes could make it as long as they like."""
_MMS: Final = "MMS."
_PADDED: Final = ".padded"
"""What is encrypted in blocks: the cipher takes whole ones alone."""
_USUAL_TIME: Final = 1_790_000_000.0
_EMPTY: Final = b"\x30\0"
_CODEC: Final = BerCodec()


def _no_issuer(_: bytes, __: bytes) -> None:
    """Know no key of an issuer."""


def fits(place: Place, mutations: Sequence[AnyMutation], reissue: Reissue = _no_issuer) -> bool:
    """Return whether all mutations apply to the sample of a place, and what is sent is another then.

    ``reissue`` is what signs certificates again.
    """
    try:
        made = applied(place, mutations, reissue)
        if holds_value(place):
            return bool(written(place.pdu, made) != _as_it_is(place))
    except (MutationError, *UNWRITABLE):
        return False
    before = place.sample.octets if isinstance(place.sample, Protected) else place.sample
    size = len(made or b"")
    if place.pdu.endswith(_PADDED) and (made is None or size % BLOCK):
        return False
    return bool(made != before and size <= MOST_OCTETS)


def _written(place: Place) -> Any:
    return written(place.pdu, place.sample)


_as_it_is: Final = Remembered(_written)
"""What is sent of the value of a place without mutations."""


def applied(place: Place, mutations: Sequence[AnyMutation], reissue: Reissue = _no_issuer) -> Any:
    """Return what mutations make of the sample of a place: the value, or the octets.

    Raises:
        MutationError: one of them does not fit the sample, or is for something else.
    """
    policy = StimulusPolicy()
    policy.mutations = tuple(mutations)
    policy.times = _time
    policy.reissue = reissue
    if isinstance(place.sample, Protected):
        made = policy.rewrite(place.pdu, place.sample).octets
    elif place.kind == "value" or _only_rewritten(place):
        made = policy.rewrite(place.pdu, place.sample)
    elif place.pdu.endswith((".tbs", ".tbp")):
        made = policy.rewrite(place.pdu, Protected(place.sample, place.sample)).octets
    else:
        made = policy.rewrite_octets(place.pdu, place.sample)
    if len(policy.applied) != len(mutations):
        raise MutationError(f"{place.pdu}: not all of {len(mutations)} mutations are for its {place.kind}")
    return made


def _only_rewritten(place: Place) -> bool:
    """Return whether octets pass a policy as a value: premaster secret, and what a signature covers."""
    return place.pdu in ("TLS.premaster", "TLS.signed", "TLS.secret")


def _time(wanted: SetTime) -> bytes:
    return time_octets(_USUAL_TIME + wanted.shift, wanted.form)


def written(pdu: str, value: Any) -> Any:
    """Return the octets that the PDU of this name has with ``value``; of what is no PDU, the value itself.

    What a signature or an ICV covers is left empty in a SecPDU that has it already: nothing in there counts.
    Raises what the codecs raise for what they cannot write: ProtocolError, and others for what is no value.
    """
    match value:
        case Tpkt():
            return tpkt.encode(value)
        case AARQ() | AARE() | RLRQ() | RLRE() | ABRT():
            return acse.encode(value)
        case CP() | CPA() | CPR() | ARU() | ARP() | TD() | UD():
            return presentation.encode(value)
        case AuthenticationValue():
            return encode_value(value)
        case ClearToken1():
            return _CODEC.tbs(HandshakeReq(pp="", token1=value)).octets
        case ClearToken2():
            return _CODEC.tbp(ClearTransfer(token2=value, applData=b"")).octets
        case ClearToken3():
            return _CODEC.tbs(ReleaseReq(token3=value)).octets
        case Authenticator():
            return _CODEC.transfer(_transfer(value), _EMPTY)
        case ClearTransfer() | EncrTransfer():
            return _CODEC.transfer(value, _EMPTY)
    if isinstance(value, SignedPdu):
        return _CODEC.signed(value, _EMPTY)
    if pdu.startswith(_MMS):
        return encode_pdu(pdu.removeprefix(_MMS), value)
    if isinstance(value, Tpdu):
        return cotp.encode(value)
    if isinstance(value, Spdu):
        return session.encode(value)
    if isinstance(value, HandshakeBody):
        return messages.encode(value)
    return _inner(value)


def _transfer(auth: Authenticator) -> ClearTransfer:
    token = ClearToken2(assoID="", time=b"", seq=0)
    return ClearTransfer(token2=token, applData=b"", auth=auth)


def _inner(value: Any) -> Any:
    """Return a value that goes into a PDU later on. Raises TypeError for octets or text that are none."""
    for name in getattr(value, "__struct_fields__", ()):
        member = getattr(value, name)
        if name in ("certificate", "time") and not isinstance(member, bytes):
            raise TypeError(f"{name} is no octets")
    return value


__all__ = ["applied", "fits", "written"]
