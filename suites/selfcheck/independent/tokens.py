"""Tokens and SecPDUs: what is written, and what is read with every rule about presence, order and tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from conform62351.suites.selfcheck.independent.algorithms import Algorithm
from conform62351.suites.selfcheck.independent.ber import Fields, Node, bits, integer, read, time, tlv
from conform62351.suites.selfcheck.independent.errors import Broken

APPL_PROTECTED = 1
ASSO_ID = re.compile(r"(0|[1-9][0-9]{0,2})(:(0|[1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True)
class Token1:
    """ClearToken1. ``aea`` is None in the non-aea alternative, where no ``encr`` means integrity only."""

    sig_alg: Algorithm
    certificate: bytes
    asso_id: str
    dh_keys: tuple[tuple[int, bytes], ...]
    hmac: Algorithm
    time: int
    aea: tuple[Algorithm, ...] | None
    encr: tuple[Algorithm, ...] | None
    icv: tuple[Algorithm, ...]
    conf: frozenset[int]
    path: tuple[bytes, ...] = ()
    v1: bool = True
    att_cert: bytes | None = None

    def encode(self) -> bytes:
        """Write it; ``time`` is in microseconds."""
        path = tlv(0x30, *(tlv(4, each) for each in self.path)) if self.path else b""
        keys = (tlv(0x30, integer(group), tlv(4, public)) for group, public in self.dh_keys)
        if self.aea is not None:
            mode = tlv(0x30, *(each.octets for each in self.aea))
        else:
            encr = tlv(0xA0, *(each.octets for each in self.encr)) if self.encr else b""
            mode = tlv(0xA0, encr, tlv(0xA1, *(each.octets for each in self.icv)))
        certificate = tlv(4, self.certificate) + path + (bits(0) if self.v1 else bits(1))
        offered = tlv(0x0C, self.asso_id.encode()) + tlv(0x31, *keys) + self.hmac.octets
        end = mode + bits(*self.conf) + (tlv(4, self.att_cert) if self.att_cert is not None else b"")
        return tlv(0x30, self.sig_alg.octets, certificate, offered, time(self.time // 1000), end)

    @classmethod
    def read(cls, node: Node, *, accept: bool) -> Token1:
        """Read it. Raises Broken."""
        fields = Fields(node, "ClearToken1")
        sig_alg = Algorithm.read(fields.take("sigAlg", 0x30))
        certificate = fields.take("pkCert", 4).octets()
        path = _path(fields)
        v1 = _version(fields)
        asso_id = _asso_id(fields.take("assoID", 0x0C))
        dh_keys = _dh_keys(fields.take("dhKey", 0x31, 0x30), accept=accept)
        hmac = Algorithm.read(fields.take("hmac", 0x30))
        when = fields.take("time", 0x18).time()
        mode = fields.take("encr-mode", 0x30, 0xA0)
        aea = encr = None
        icv: tuple[Algorithm, ...] = ()
        if mode.tag == 0x30:
            aea = _algorithms(mode)
        else:
            inner = Fields(mode, "non-aea")
            offered = inner.maybe(0xA0)
            encr = _algorithms(offered) if offered else None
            icv = _algorithms(inner.take("icvAlgID", 0xA1))
        conf = frozenset(fields.take("confParams", 3).bits())
        att_cert = fields.maybe(4)
        attribute = att_cert.octets() if att_cert else None
        return cls(
            sig_alg, certificate, asso_id, dh_keys, hmac, when, aea, encr, icv, conf, path, v1, attribute
        )


@dataclass(frozen=True)
class Token3:
    """ClearToken3."""

    sig_alg: Algorithm
    asso_id: str | None
    time: int
    certificate: bytes
    path: tuple[bytes, ...] = ()
    v1: bool = True

    def encode(self) -> bytes:
        """Write it; ``time`` is in microseconds."""
        asso_id = tlv(0x0C, self.asso_id.encode()) if self.asso_id is not None else b""
        path = tlv(0x30, *(tlv(4, each) for each in self.path)) if self.path else b""
        head = self.sig_alg.octets + (bits(0) if self.v1 else bits(1)) + asso_id
        return tlv(0x30, head, time(self.time // 1000), tlv(4, self.certificate), path)

    @classmethod
    def read(cls, node: Node) -> Token3:
        """Read it. Raises Broken."""
        fields = Fields(node, "ClearToken3")
        sig_alg = Algorithm.read(fields.take("sigAlg", 0x30))
        v1 = _version(fields)
        found = fields.maybe(0x0C, 0x80)
        if found is not None and found.has(0x80):
            node.notes.append("4-native, tokens: assoID of ClearToken3 has no tag of its own")
        asso_id = _asso_id(found) if found else None
        when = fields.take("time", 0x18).time()
        certificate = fields.take("pkCert", 4).octets()
        return cls(sig_alg, asso_id, when, certificate, _path(fields), v1)


@dataclass(frozen=True)
class Token2:
    """ClearToken2."""

    asso_id: str
    time: int
    seq: int
    iv: bytes | None = None
    rekey: tuple[int, bytes] | None = None
    req_rekey: bool = False
    changed_key: bool = False

    def content(self) -> bytes:
        """Its content octets, which are the additional authenticated data; ``time`` is in microseconds."""
        content = tlv(0x0C, self.asso_id.encode()) + time(self.time // 1000) + integer(self.seq)
        if self.iv is not None:
            content += tlv(0x80, self.iv)
        if self.rekey is not None:
            content += tlv(0xA1, integer(self.rekey[0]), tlv(4, self.rekey[1]))
        flags = (b"\x82\1\xff" if self.req_rekey else b"") + (b"\x83\1\xff" if self.changed_key else b"")
        return content + flags

    @classmethod
    def read(cls, node: Node) -> Token2:
        """Read it. Raises Broken."""
        fields = Fields(node, "ClearToken2")
        asso_id = _asso_id(fields.take("assoID", 0x0C))
        when = fields.take("time", 0x18).time()
        seq = fields.take("seq", 2).integer()
        if not 0 <= seq <= 2147483647:
            raise Broken("4-native, ClearToken2", f"seq {seq}")
        iv, rekey, req, changed = (fields.maybe(tag) for tag in (0x80, 0xA1, 0x82, 0x83))
        fresh = _dh_key(rekey) if rekey else None
        flags = (flag.boolean() if flag else False for flag in (req, changed))
        return cls(asso_id, when, seq, iv.octets() if iv else None, fresh, *flags)


@dataclass(frozen=True)
class SecPdu:
    """A signed SecPDU: its name, what is signed as received, and what stands in it."""

    name: str
    pp: str | None
    token: Token1 | Token3
    appl_data: bytes | None
    diagnostic: int | None
    signed: bytes
    algorithm: Algorithm
    signature: bytes


@dataclass(frozen=True)
class Transfer:
    """A ClearTransfer or EncrTransfer; ``token_content`` and ``tbp`` are content octets as received."""

    encrypted: bool
    token: Token2
    token_content: bytes
    appl_data: bytes
    tbp: bytes
    auth: tuple[bytes | None, Algorithm, bytes] | None


TAGS = {
    "HandshakeReq": 0x30,
    "HandshakeAcc": 0xA0,
    "ApplicationReject": 0xA1,
    "HandshakeSecReject": 0xA2,
    "HandshakeSecAbort": 0xA0,
    "DtSecAbort": 0xA1,
    "ApplAbort": 0xA2,
    "ReleaseReq": 0x30,
    "ReleaseRsp": 0x30,
}
WITH_DIAGNOSTIC = {"HandshakeSecReject", "HandshakeSecAbort", "DtSecAbort"}


def encode_signed(
    name: str, pp: str | None, tbs: bytes, algorithm: Algorithm, sign: Callable[[bytes], bytes]
) -> bytes:
    """Write a signed SecPDU around the content octets of its tbs."""
    head = tlv(0x0C, pp.encode()) if pp is not None else b""
    return tlv(TAGS[name], head, tlv(0x30, tbs), tlv(0x30, algorithm.octets, tlv(4, sign(tbs))))


def read_signed(octets: bytes, names: tuple[str, ...], notes: list[str]) -> SecPdu:
    """Read the one of ``names`` that the outer tag tells. Raises Broken."""
    node = read(octets, notes)
    name = next((each for each in names if TAGS[each] == node.tag), None)
    if name is None:
        raise Broken("11-decisions 2", f"{' or '.join(names)} is due, tag {node.tag:02X} came")
    fields = Fields(node, name)
    handshake = name in {"HandshakeReq", "HandshakeAcc"}
    pp = fields.take("pp", 0x0C).text() if handshake else None
    tbs = fields.take("tbs", 0x30)
    signature = Fields(fields.take("sign", 0x30), "Signature")
    algorithm = Algorithm.read(signature.take("algo", 0x30))
    value = signature.take("sign", 4).octets()
    inner = Fields(tbs, f"{name}.tbs")
    token = inner.take("token", 0x30)
    read_token = Token1.read(token, accept=name == "HandshakeAcc") if handshake else Token3.read(token)
    appl_data = diagnostic = None
    if name in WITH_DIAGNOSTIC:
        found = inner.maybe(0x0A)
        diagnostic = found.integer() if found else None
    elif inner.rest:
        appl_data = inner.rest.pop(0).whole
    for rest in (*inner, *fields):
        notes.append(f"11-decisions 5: {name} has an extension with tag {rest.tag:02X}")
    return SecPdu(name, pp, read_token, appl_data, diagnostic, tbs.content, algorithm, value)


def read_transfer(octets: bytes, notes: list[str]) -> Transfer:
    """Read a data transfer. Raises Broken."""
    node = read(octets, notes)
    if node.tag != 0x30:
        raise Broken("11-decisions 2", f"data transfers are bare SEQUENCEs, tag {node.tag:02X} came")
    fields = Fields(node, "transfer")
    tbp = fields.take("tbp", 0x30)
    inner = Fields(tbp, "tbp")
    token = inner.take("token2", 0x30)
    if not inner.rest:
        raise Broken("4-native, SecPDUs", "a data transfer without applData")
    data = inner.rest.pop(0)
    auth = fields.maybe(0x30)
    found = None
    if auth is not None:
        members = Fields(auth, "Authenticator")
        nonce = members.maybe(4)
        algorithm = Algorithm.read(members.take("algorithm", 0x30))
        found = (nonce.octets() if nonce else None, algorithm, members.take("icv", 4).octets())
    encrypted = data.has(4)
    value = data.octets() if encrypted else data.whole
    return Transfer(encrypted, Token2.read(token), token.content, value, tbp.content, found)


def _asso_id(node: Node) -> str:
    text = node.text()
    if not ASSO_ID.fullmatch(text):
        raise Broken("11-decisions 12", f"assoID {text!r}")
    return text


def _version(fields: Fields) -> bool:
    node = fields.maybe(3)
    if node is None:
        fields.notes.append("11-decisions 4: version is always sent")
        return True
    found = node.bits()
    if found != {0}:
        fields.notes.append(f"11-decisions 4: version {found}")
    return 0 in found


def _path(fields: Fields) -> tuple[bytes, ...]:
    node = fields.maybe(0x30)
    elements = node.children if node else []
    if any(not each.has(4) for each in elements):
        raise Broken("4-native, basic types", "certPath is a SEQUENCE OF OCTET STRING")
    return tuple(each.octets() for each in elements)


def _algorithms(node: Node) -> tuple[Algorithm, ...]:
    if not node.children or any(each.tag != 0x30 for each in node.children):
        raise Broken("11-decisions 6", "an empty list of algorithms, or none at all")
    return tuple(Algorithm.read(each) for each in node.children)


def _dh_key(node: Node) -> tuple[int, bytes]:
    fields = Fields(node, "dhKey")
    return fields.take("dhGroup", 2).integer(), fields.take("dhPublicKey", 4).octets()


def _dh_keys(node: Node, *, accept: bool) -> tuple[tuple[int, bytes], ...]:
    elements = node.children
    if not elements:
        raise Broken("11-decisions 6", "an empty dhKey")
    if node.tag == 0x30:
        node.notes.append("4-native, tokens: dhKey is a SET OF")
        if accept and elements[0].tag == 2:
            elements = [node]
    if any(each.tag != 0x30 for each in elements):
        raise Broken("4-native, tokens", "dhKey is a SET OF SEQUENCE")
    return tuple(_dh_key(each) for each in elements)
