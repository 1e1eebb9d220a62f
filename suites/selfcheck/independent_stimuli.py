"""What the independent peer does wrong on purpose, and what the pages want in answer: outcome and event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from conform62351.suites.selfcheck.independent.algorithms import AES, Algorithm
from conform62351.suites.selfcheck.independent.ber import Node, bits, integer, oid, read, tlv
from conform62351.suites.selfcheck.independent.keys import KeyPair

Octets = Callable[[bytes], bytes]
E2E_NAME = oid("1.0.62351.4.2.1")
HMAC = Algorithm.of("hmacWithSHA256")


@dataclass(frozen=True)
class Stimulus:
    """One fault: members of the peer's settings, the diagnostic that is due (None: an alarm), the event.

    ``mode`` is one of the modes of ``independent_lab``.
    """

    members: dict[str, Any]
    diagnostic: str | None
    event: str
    mode: str = "HMAC"


@dataclass(frozen=True)
class EnvironmentStimulus:
    """A fault of the environment: what is spoilt, the event 15.x, and the ACSE diagnostic of a reject."""

    spoil: dict[str, Octets] = field(default_factory=dict)
    number: int = 1
    reject: int | None = None


def flipped(octets: bytes) -> bytes:
    """Alter the last bit: of a signature, an ICV, a tag."""
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def without_nonce(octets: bytes) -> bytes:
    """Leave the nonce of an Authenticator out."""
    tbp, auth = read(octets, []).children
    return tlv(0x30, tbp.whole, tlv(0x30, *(each.whole for each in auth.children[1:])))


def without_auth(octets: bytes) -> bytes:
    """Leave the Authenticator out."""
    return tlv(0x30, read(octets, []).children[0].whole)


def first_element(octets: bytes) -> bytes:
    """Leave applData out of the content octets of a tbs."""
    return read(tlv(0x30, octets), []).children[0].whole


def one_octet_short(octets: bytes) -> bytes:
    """Cut the last octet off the ciphertext of a tbp."""
    token, data = read(tlv(0x30, octets), []).children
    return token.whole + tlv(4, data.content[:-1])


def as_sequence(each: bytes) -> bytes:
    """Give a dhKey the tag of a SEQUENCE OF."""
    return b"\x30" + each[1:] if each[0] == 0x31 else each


def changed(old: bytes, new: bytes) -> Octets:
    """Put octets in the place of others."""
    assert len(old) == len(new)
    return lambda octets: octets.replace(old, new, 1)


def without_member(tag: int) -> Octets:
    """Leave a member of an ACSE APDU out."""

    def spoil(octets: bytes) -> bytes:
        node = read(octets, [])
        return tlv(node.tag, *(each.whole for each in node.children if each.tag != tag))

    return spoil


def rebuilt(octets: bytes, make: Callable[[Node, bytes], bytes]) -> bytes:
    """Encode a TLV anew, from the inside out; ``make`` gets each element and its new content."""
    node = read(octets, [])
    inner = b"".join(rebuilt(each.whole, make) for each in node.children) if node.tag & 0x20 else node.content
    return make(node, inner)


def in_token(make: Callable[[Node, bytes], bytes]) -> Octets:
    """Encode the token in front of a tbs or tbp anew."""

    def spoil(octets: bytes) -> bytes:
        token, *rest = read(tlv(0x30, octets), []).children
        return rebuilt(token.whole, make) + b"".join(each.whole for each in rest)

    return spoil


def edited(edit: Callable[[list[bytes]], list[bytes]]) -> Octets:
    """Edit the list of a token's components."""

    def spoil(octets: bytes) -> bytes:
        token, *rest = read(tlv(0x30, octets), []).children
        members = edit([each.whole for each in token.children])
        return tlv(0x30, *members) + b"".join(each.whole for each in rest)

    return spoil


def indefinite(node: Node, content: bytes) -> bytes:
    """Give constructed elements the indefinite length."""
    return bytes((node.tag, 0x80)) + content + b"\0\0" if node.tag & 0x20 else tlv(node.tag, content)


def long_lengths(node: Node, content: bytes) -> bytes:
    """Write every length in four octets."""
    return bytes((node.tag, 0x84)) + len(content).to_bytes(4, "big") + content


def constructed(node: Node, content: bytes) -> bytes:
    """Cut strings in two."""
    if node.tag not in (4, 0x0C, 0x18) or len(content) < 2:
        return tlv(node.tag, content)
    return tlv(node.tag | 0x20, tlv(4, content[:2]), tlv(4, content[2:]))


def _token1(**members: Any) -> dict[str, Any]:
    return {"alter": {"token1": lambda token: replace(token, **members)}}


def _token2(**members: Any) -> dict[str, Any]:
    return {"alter": {"token2": lambda token: replace(token, **members)}}


def _late(name: str, seconds: int) -> dict[str, Any]:
    return {"alter": {name: lambda token: replace(token, time=token.time + seconds * 1_000_000)}}


def _spoil(name: str, spoil: Octets) -> dict[str, Any]:
    return {"spoil": {name: spoil}}


def _time(form: str) -> Octets:
    def change(each: bytes) -> bytes:
        if each[0] != 0x18:
            return each
        text = each[2:].decode()
        return tlv(0x18, form.format(day=text[:14], fraction=text[15:18]).encode())

    return edited(lambda them: [change(each) for each in them])


OTHER_PP = changed(b"IEC 61850-8-1", b"IEC 61850-9-2")
NO_POINT = (23, b"\4" + bytes(64))
RSA = Algorithm.of("sha256WithRSAEncryption")
PROTOCOL_ERROR = "protocol-error"

REQUESTS = {
    "signature": Stimulus(_spoil("HandshakeReq", flipped), None, "1.3"),
    "sigAlg": Stimulus(_token1(sig_alg=RSA), None, "1.2"),
    "pp": Stimulus(_spoil("HandshakeReq", OTHER_PP), "protected-protocol-not-supported", "1.4"),
    "version": Stimulus(_token1(v1=False), "unexpected-version", "1.9"),
    "early": Stimulus(_late("token1", -605), "invalid-time-value", "1.10"),
    "late": Stimulus(_late("token1", 605), "invalid-time-value", "1.10"),
    "both numbers": Stimulus(_token1(asso_id="7:1"), PROTOCOL_ERROR, "1.5"),
    "leading zeros": Stimulus(_token1(asso_id="007"), PROTOCOL_ERROR, "1.5"),
    "group": Stimulus(_token1(dh_keys=((2, b"\1"),)), "dhGroup-not-supported", "1.12"),
    "group twice": Stimulus(_token1(dh_keys=(NO_POINT, NO_POINT)), PROTOCOL_ERROR, "1.5"),
    "point": Stimulus(_token1(dh_keys=(NO_POINT,)), PROTOCOL_ERROR, "1.5"),
    "value 1": Stimulus(_token1(dh_keys=((14, bytes(255) + b"\1"),)), PROTOCOL_ERROR, "1.5"),
    "hmac": Stimulus(_token1(hmac=Algorithm.of("aes128-CBC")), "hmac-algorithm-not-supported", "1.13"),
    "confParams": Stimulus(_token1(conf=frozenset({1})), PROTOCOL_ERROR, "1.5"),
    "aea": Stimulus({"aea": ("aes128-GCM/15",)}, "aea-algorithms-not-supported", "1.16"),
    "encr": Stimulus(
        {"encr": ("aes128-GCM",), "icv": ("hmacWithSHA256",)}, "encrypt-algorithms-not-supported", "1.19"
    ),
    "icv": Stimulus({"icv": ("aes128-GCM/13",)}, "icv-algorithms-not-supported", "1.20"),
    "attCert": Stimulus(_token1(att_cert=b"\5"), "invalid-attribute-certificate", "1.6"),
    "cut token": Stimulus(_spoil("HandshakeReq.tbs", lambda it: it[:3]), PROTOCOL_ERROR, "1.5"),
    "time with T": Stimulus(
        _spoil("HandshakeReq.tbs", _time("{day:.8}T000000.{fraction}Z")), PROTOCOL_ERROR, "1.5"
    ),
}
ANSWERS = {
    "signature": Stimulus(_spoil("HandshakeAcc", flipped), None, "2.3"),
    "pp": Stimulus(_spoil("HandshakeAcc", OTHER_PP), PROTOCOL_ERROR, "2.4"),
    "version": Stimulus(_token1(v1=False), "unexpected-version", "2.8"),
    "late": Stimulus(_late("token1", 605), "invalid-time-value", "2.9"),
    "assoID": Stimulus(_token1(asso_id="998:41"), PROTOCOL_ERROR, "2.4"),
    "group": Stimulus(_token1(dh_keys=((99, b"\1"),)), "illegal-dhGroup-selected", "2.11"),
    "two groups": Stimulus(_token1(dh_keys=(NO_POINT, NO_POINT)), "illegal-dhGroup-selected", "2.11"),
    "point": Stimulus(_token1(dh_keys=(NO_POINT,)), PROTOCOL_ERROR, "2.4"),
    "hmac": Stimulus(_token1(hmac=Algorithm.of("aes128-GCM")), "hmac-algorithm-not-supported", "2.12"),
    "aea": Stimulus(_token1(aea=(Algorithm.of("aes128-GCM"),)), "invalid-ae-algorithm", "2.13"),
    "encr": Stimulus(_token1(encr=(Algorithm.of("aes128-CBC"),)), "encryption-not-required", "2.20"),
    "icv": Stimulus(_token1(icv=(Algorithm.of("aes128-GCM/13"),)), "icv-algorithms-not-supported", "2.18"),
    "two icv": Stimulus(_token1(icv=(HMAC, HMAC)), "single-icv-algo-required", "2.19"),
    "confParams": Stimulus(_token1(conf=frozenset({1})), PROTOCOL_ERROR, "2.4"),
}
TRANSFERS = {
    "tag": Stimulus(_spoil("transfer", flipped), None, "11.5", "aes128-GCM"),
    "icv": Stimulus(_spoil("transfer", flipped), None, "10.5"),
    "icv of CBC": Stimulus(_spoil("transfer", flipped), None, "11.5", "aes128-CBC+HMAC"),
    "nonce": Stimulus(_spoil("transfer", without_nonce), "gmac-nonce-required", "10.4", "GMAC"),
    "auth": Stimulus(_spoil("transfer", without_auth), PROTOCOL_ERROR, "10.1"),
    "seq": Stimulus(_token2(seq=5), "invalid-sequence-number", "10.8"),
    "seq beyond": Stimulus(_token2(seq=2147483648), PROTOCOL_ERROR, "10.1"),
    "early": Stimulus(_late("token2", -605), "invalid-time-value", "10.6"),
    "late": Stimulus(_late("token2", 605), "invalid-time-value", "10.6"),
    "assoID": Stimulus(_token2(asso_id="998:41"), PROTOCOL_ERROR, "10.1"),
    "iv of CBC": Stimulus(_token2(iv=bytes(15)), "aes-init-vector-required", "11.9", "aes128-CBC+HMAC"),
    "iv of AE": Stimulus(_token2(iv=None), "gmac-init-vector-required", "11.4", "aes128-GCM"),
    "blocks": Stimulus(_spoil("tbp", one_octet_short), PROTOCOL_ERROR, "11.1", "aes128-CBC+HMAC"),
    "clear": Stimulus(
        _spoil("tbp", lambda it: first_element(it) + b"\x8b\0"),
        "encryption-required",
        "10.2",
        "aes128-CBC+HMAC",
    ),
    "encrypted": Stimulus(
        _spoil("tbp", lambda it: first_element(it) + tlv(4, bytes(16))), "encryption-not-selected", "11.2"
    ),
    "MMS alone": Stimulus(_spoil("transfer", lambda it: b"\xa0\5\2\1\1\x82\0"), PROTOCOL_ERROR, "10.1"),
    "two orders": Stimulus(
        _spoil("tbp", edited(lambda them: [them[1], them[0], *them[2:]])), PROTOCOL_ERROR, "10.1"
    ),
}
FROM_CLIENT = {
    "changedKey": Stimulus(_token2(changed_key=True), PROTOCOL_ERROR, "10.1"),
    "reqRekey": Stimulus(_token2(req_rekey=True), PROTOCOL_ERROR, "10.1"),
    "rekey of another group": Stimulus(_token2(rekey=(14, KeyPair(14).public)), PROTOCOL_ERROR, "10.1"),
    "rekey without a point": Stimulus(_token2(rekey=NO_POINT), PROTOCOL_ERROR, "10.1"),
}
FROM_SERVER = {
    "changedKey": Stimulus(_token2(changed_key=True), "unexpected-changedKeys", "10.10"),
    "rekey": Stimulus(_token2(rekey=NO_POINT), PROTOCOL_ERROR, "10.1"),
}
CALLS = {
    "context name": EnvironmentStimulus({"AARQ": changed(E2E_NAME, oid("1.0.62351.4.2.9"))}, 5, 2),
    "calling AP-title": EnvironmentStimulus({"AARQ": without_member(0xA6)}, 7, 3),
    "calling AE-qualifier": EnvironmentStimulus({"AARQ": without_member(0xA7)}, 9, 6),
    "mechanism": EnvironmentStimulus({"AARQ": changed(b"\x80\2\7\x80", b"\x8a\2\7\x80")}, 15),
    "user information": EnvironmentStimulus({"AARQ": without_member(0xBE)}, 4),
    "indirect-reference": EnvironmentStimulus({"EXTERNAL": changed(b"\2\1\5", b"\2\1\3")}, 2),
    "encoding": EnvironmentStimulus({"EXTERNAL": changed(b"\2\1\5\xa0", b"\2\1\5\x81")}, 4),
    "context of AARQ": EnvironmentStimulus({"CP": changed(b"\2\1\1\xa0", b"\2\1\3\xa0")}, 3),
    "syntax": EnvironmentStimulus({"CP": changed(oid("1.0.9506.2.1"), oid("1.0.9506.2.9"))}, 1),
}
ACCEPTS = {
    "context name": EnvironmentStimulus({"AARE": changed(E2E_NAME, oid("1.0.62351.4.2.9"))}, 6),
    "responding AP-title": EnvironmentStimulus({"AARE": without_member(0xA4)}, 12),
    "responding AE-qualifier": EnvironmentStimulus({"AARE": without_member(0xA5)}, 14),
    "user information": EnvironmentStimulus({"AARE": without_member(0xBE)}, 4),
    "indirect-reference": EnvironmentStimulus({"EXTERNAL": changed(b"\2\1\5", b"\2\1\3")}, 2),
    "context of AARE": EnvironmentStimulus({"CPA": changed(b"\2\1\1\xa0", b"\2\1\3\xa0")}, 3),
    "transfer syntax": EnvironmentStimulus({"CPA": changed(b"\x81\2\x51\1", b"\x81\2\x51\2")}, 1),
}


TOLERATED: dict[str, Octets] = {
    "indefinite lengths": in_token(indefinite),
    "constructed strings": in_token(constructed),
    "long lengths": in_token(long_lengths),
    "comma": _time("{day},{fraction}Z"),
    "six digits": _time("{day}.{fraction}000Z"),
    "no version": edited(lambda them: [each for each in them if each[0] != 3 or each is them[-1]]),
    "dhKey SEQUENCE OF": edited(lambda them: [as_sequence(each) for each in them]),
    "an extension": edited(lambda them: [*them, integer(5)]),
    "vpn": edited(lambda them: [*them[:-1], bits(1, 2)]),
    "GCM without parameters": edited(
        lambda them: [*them[:-2], tlv(0x30, tlv(0x30, oid(AES + "6"))), them[-1]]
    ),
    "GCM with its default": edited(
        lambda them: [
            *them[:-2],
            tlv(0x30, tlv(0x30, oid(AES + "6"), tlv(0x30, tlv(4, b"abc"), integer(12)))),
            them[-1],
        ]
    ),
    "unknown algorithms": edited(
        lambda them: [*them[:-2], tlv(0x30, tlv(0x30, oid("1.2.3")), read(them[-2], []).content), them[-1]]
    ),
}
