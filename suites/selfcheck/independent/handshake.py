"""The handshake of native mode: :func:`connect` is the client's, :func:`accept` the server's."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from conform62351.suites.selfcheck.independent import keys, mms
from conform62351.suites.selfcheck.independent.algorithms import HMAC_SHA256, Algorithm
from conform62351.suites.selfcheck.independent.ber import integer, read
from conform62351.suites.selfcheck.independent.diagnostics import HANDSHAKE_DIAGNOSTICS
from conform62351.suites.selfcheck.independent.errors import Broken, EnvironmentBroken
from conform62351.suites.selfcheck.independent.keys import KeyPair, Suite
from conform62351.suites.selfcheck.independent.peer import Association, Settings
from conform62351.suites.selfcheck.independent.tokens import APPL_PROTECTED, SecPdu, Token1, read_signed
from conform62351.suites.selfcheck.independent.transfer import DataTransfer

Offer = tuple[tuple[Algorithm, ...] | None, tuple[Algorithm, ...] | None, tuple[Algorithm, ...]]
PP, PP_WITHOUT_SPACE = "IEC 61850-8-1", "IEC61850-8-1"
HMAC = Algorithm.of(HMAC_SHA256)


class NoInitiate(Exception):
    """The partner sent no MMS initiate in its handshake, and has been told."""


def connect(sock: socket.socket, settings: Settings) -> Association:
    """Associate. Raises Broken or EnvironmentBroken about the answer, Ended if it refuses, NoInitiate."""
    made = Association(sock, settings, client=True)
    stack, pairs = made.stack, [KeyPair(group) for group in settings.groups]
    request = _token1(made, str(settings.asso_id), pairs, _offer(settings), HMAC)
    stack.open_transport()
    octets = made.signed("HandshakeReq", request.encode() + mms.initiate(), PP)
    stack.associate(octets, settings.identity.titles, settings.called)
    try:
        answer = stack.associated()
    except EnvironmentBroken as error:
        made.abort_environment(error)
        raise
    if answer.number(0xA2) or answer.tag == 0x64:
        raise made.ended(answer)
    assert answer.sec_pdu is not None
    number: str | None = str(settings.asso_id)
    try:
        pdu = read_signed(answer.sec_pdu, ("HandshakeAcc",), made.notes)
        assert isinstance(pdu.token, Token1)
        if pdu.token.asso_id.partition(":")[0] != number or ":" not in pdu.token.asso_id:
            raise Broken("11-decisions 23", f"assoID {pdu.token.asso_id} answers {number}")
        number = made.asso_id = pdu.token.asso_id
        certificate = made.check_signature(pdu)
        if pdu.pp == PP_WITHOUT_SPACE:
            made.notes.append("11-decisions 28: pp without the space")
        elif pdu.pp != PP:
            raise Broken("5-checks, handshake 5", f"pp {pdu.pp} is not the requested one")
        made.partner = settings.called or answer.titles(0xA4, 0xA5)
        made.check_identity(pdu, certificate, made.partner)
        data = _agreed(made, pdu, request, pairs)
    except Broken as error:
        made.abort("HandshakeSecAbort", error.diagnostic, asso_id=number)
        raise
    made.accepted = True
    made.established(data)
    if (pdu.appl_data or b"\0")[0] != mms.INITIATE_RESPONSE:
        made.abort("ApplAbort")
        raise NoInitiate(f"{pdu.appl_data!r} (11-decisions 28)")
    return made


def _agreed(made: Association, pdu: SecPdu, request: Token1, pairs: Sequence[KeyPair]) -> DataTransfer:
    """Checks 12 to 24 of HandshakeAcc, in their order. Raises Broken."""
    token = pdu.token
    assert isinstance(token, Token1)
    number = token.dh_keys[0][0]
    pair = next((each for each in pairs if each.group == number), None) or next(
        (each for each in pairs if keys.same_group(each.group, number)), None
    )
    if len(token.dh_keys) != 1 or pair is None:
        groups = [group for group, _ in token.dh_keys]
        raise Broken("5-checks, handshake 12", f"groups {groups} in HandshakeAcc", "illegal-dhGroup-selected")
    if pair.group != number:
        made.notes.append(f"4-native, keys 2: the accept repeats the number {pair.group}, {number} came")
    pair.agree(token.dh_keys[0][1])
    if token.hmac != request.hmac:
        raise Broken("5-checks, handshake 14", "hmac is another", "hmac-algorithm-not-supported")
    if request.aea is not None and token.aea is None:
        raise Broken("5-checks, handshake 21", "non-aea though aea was offered", "ae-not-used")
    suite, encr = Suite(), token.encr or ()
    if token.aea is not None:
        if request.aea is None:
            raise Broken("11-decisions 27", "aea though it was not offered", "invalid-ae-algorithm")
        if len(token.aea) != 1:
            raise Broken("5-checks, handshake 21", "more than one", "single-ae-algorithm-required")
        if token.aea[0] not in request.aea:
            raise Broken("5-checks, handshake 21", f"{token.aea[0]} was not offered", "invalid-ae-algorithm")
        suite = Suite(aea=_offered(token.aea[0], request.aea, made))
    else:
        if bool(encr) != bool(request.encr):
            name = "encryption-not-required" if encr else "encryption-required"
            raise Broken("11-decisions 27", "encr is not there as it was offered", name)
        if len(encr) > 1:
            raise Broken("5-checks, handshake 22", "more than one encr", "single-encrypt-algo-required")
        if encr and encr[0] not in (request.encr or ()):
            raise Broken(
                "5-checks, handshake 22", f"{encr[0]} was not offered", "invalid-encryption-algorithm"
            )
        if len(token.icv) != 1:
            raise Broken("5-checks, handshake 22", "more than one icvAlgID", "single-icv-algo-required")
        if token.icv[0] not in request.icv:
            name = "icv-algorithms-not-supported"
            raise Broken("5-checks, handshake 22", f"{token.icv[0]} was not offered", name)
        chosen = _offered(encr[0], request.encr or (), made) if encr else None
        suite = Suite(encr=chosen, icv=_offered(token.icv[0], request.icv, made))
    _check_end(made, token, suite)
    if token.hmac.octets != request.hmac.octets:
        made.notes.append("11-decisions 8: hmac is not repeated octet for octet")
    salt = keys.salt(made.signed_content["HandshakeReq"], pdu.signed)
    public = token.dh_keys[0][1]
    return DataTransfer(suite, pair, public, salt, client=True, asso_id=token.asso_id, group=pair.group)


def _offered(chosen: Algorithm, offered: Sequence[Algorithm], made: Association) -> Algorithm:
    own = next(each for each in offered if each == chosen)
    if own.octets != chosen.octets:
        made.notes.append(f"11-decisions 8: {chosen} is not repeated octet for octet")
    return own


def _check_end(made: Association, token: Token1, suite: Suite) -> None:
    """Checks 23 and 24. Raises Broken."""
    protected = APPL_PROTECTED in token.conf
    if protected and made.settings.encrypt is False:
        raise Broken("5-checks, handshake 23", "applProtected", "encryption-not-required")
    if not protected and made.settings.encrypt is True:
        raise Broken("5-checks, handshake 23", "applProtected is not set", "encryption-required")
    if protected != suite.encrypts:
        raise Broken("5-checks, handshake 23", "applProtected does not fit encr-mode")
    if token.att_cert is not None:
        try:
            read(token.att_cert, [])
        except Broken as error:
            raise Broken("11-decisions 30", str(error), "invalid-attribute-certificate") from None


def accept(sock: socket.socket, settings: Settings) -> Association:
    """Be associated with. Raises Broken or EnvironmentBroken about the request, NoInitiate."""
    made = Association(sock, settings, client=False)
    stack, own = made.stack, settings.identity.titles
    stack.accept_transport()
    try:
        aarq, made.partner = stack.indicated(own)
    except EnvironmentBroken as error:
        if error.reject is None:
            made.abort_environment(error)
        else:
            stack.reject(None, error.reject)
            stack.drain()
        raise
    assert aarq.sec_pdu is not None
    number = None
    try:
        pdu = read_signed(aarq.sec_pdu, ("HandshakeReq",), made.notes)
        assert isinstance(pdu.token, Token1)
        groups = [group for group, _ in pdu.token.dh_keys]
        if ":" in pdu.token.asso_id or len(set(groups)) != len(groups):
            raise Broken("11-decisions 6 and 23", f"assoID {pdu.token.asso_id}, groups {groups}")
        number = pdu.token.asso_id
        certificate = made.check_signature(pdu)
        if pdu.pp == PP_WITHOUT_SPACE:
            made.notes.append("11-decisions 28: pp without the space")
        elif pdu.pp != PP:
            raise Broken("5-checks, handshake 5", f"pp {pdu.pp}", "protected-protocol-not-supported")
        made.check_identity(pdu, certificate, made.partner)
        pair, public, suite = _selected(made, pdu.token)
    except Broken as error:
        extra = b""
        if error.diagnostic is not None:
            extra = integer(HANDSHAKE_DIAGNOSTICS.index(error.diagnostic), 0x0A)
        stack.reject(made.ending("HandshakeSecReject", extra, asso_id=number), 1)
        stack.drain()
        raise
    if (pdu.appl_data or b"\0")[0] != mms.INITIATE_REQUEST:
        stack.reject(made.ending("ApplicationReject", asso_id=number), 1)
        stack.drain()
        raise NoInitiate(f"{pdu.appl_data!r} (11-decisions 28)")
    made.asso_id = f"{number}:{settings.asso_id}"
    answer = _token1(made, made.asso_id, [pair], _choice(suite), pdu.token.hmac)
    agreed = mms.initiate(mms.INITIATE_RESPONSE, pdu.appl_data)
    octets = made.signed("HandshakeAcc", answer.encode() + agreed, pdu.pp)
    salt = keys.salt(pdu.signed, made.signed_content["HandshakeAcc"])
    data = DataTransfer(suite, pair, public, salt, client=False, asso_id=made.asso_id, group=pair.group)
    made.accepted = True
    made.established(data)
    stack.accept(octets, own)
    return made


def _selected(made: Association, token: Token1) -> tuple[KeyPair, bytes, Suite]:
    """Checks 12 to 24 of HandshakeReq, in their order. Raises Broken."""
    settings = made.settings
    chosen = next(
        (
            (group, public)
            for group, public in token.dh_keys
            if any(keys.same_group(group, own) for own in settings.groups)
        ),
        None,
    )
    if chosen is None:
        raise Broken("5-checks, handshake 12", "no group that is supported", "dhGroup-not-supported")
    pair = KeyPair(chosen[0])
    pair.agree(chosen[1])
    if token.hmac != HMAC:
        raise Broken("5-checks, handshake 14", f"hmac {token.hmac}", "hmac-algorithm-not-supported")
    if token.aea is not None:
        if not settings.aea:
            raise Broken("5-checks, handshake 15", "no AE here", "encr-mode-aea-not-supported")
        if settings.encrypt is False:
            raise Broken("5-checks, handshake 16", "no encryption here", "aea-select-but-encryp-not-supp")
        suite = Suite(aea=_first(token.aea, settings.aea, 17, "aea-algorithms-not-supported"))
    else:
        if not settings.icv:
            raise Broken("5-checks, handshake 18", "AE alone here", "ae-is-required")
        if token.encr and settings.encrypt is False:
            raise Broken("5-checks, handshake 19", "no encryption here", "encryption-not-required")
        encr = None
        if token.encr:
            encr = _first(token.encr, settings.encr, 20, "encrypt-algorithms-not-supported")
        suite = Suite(encr=encr, icv=_first(token.icv, settings.icv, 20, "icv-algorithms-not-supported"))
    _check_end(made, token, suite)
    return pair, chosen[1], suite


def _first(offered: Sequence[Algorithm], own: Sequence[str], check: int, name: str) -> Algorithm:
    supported = {Algorithm.of(each) for each in own}
    found = next((each for each in offered if each.name and each in supported), None)
    if found is None:
        raise Broken(f"5-checks, handshake {check}", f"none of {[*map(str, offered)]}", name)
    return found


def _offer(settings: Settings) -> Offer:
    aea, encr, icv = (
        tuple(Algorithm.of(name) for name in names) for names in (settings.aea, settings.encr, settings.icv)
    )
    return (aea, None, ()) if aea else (None, encr or None, icv)


def _choice(suite: Suite) -> Offer:
    if suite.aea is not None:
        return (suite.aea,), None, ()
    assert suite.icv is not None
    return None, (suite.encr,) if suite.encr else None, (suite.icv,)


def _token1(
    made: Association, number: str, pairs: Sequence[KeyPair], offer: Offer, hmac: Algorithm
) -> Token1:
    identity = made.settings.identity
    aea, encr, icv = offer
    token: Token1 = made.altered(
        "token1",
        Token1(
            identity.algorithm,
            identity.certificate,
            number,
            tuple((pair.group, pair.public) for pair in pairs),
            hmac,
            identity.time(made.settings.clock()),
            aea,
            encr,
            icv,
            frozenset({APPL_PROTECTED} if aea or encr else ()),
            identity.path,
        ),
    )
    return token
