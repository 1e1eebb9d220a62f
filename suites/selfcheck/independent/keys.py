"""Key agreement, key derivation, integrity and encryption."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from conform62351.suites.selfcheck.independent.algorithms import Algorithm
from conform62351.suites.selfcheck.independent.errors import Broken

MODP_2048 = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aacaa68ffffffffffffffff",
    16,
)
MODP_OCTETS = 256
CURVES: dict[int, ec.EllipticCurve] = {
    23: ec.SECP256R1(),
    19: ec.SECP256R1(),
    28: ec.BrainpoolP256R1(),
}
ALIASES = {19: 23}
LEAST_NONCE = 8


def same_group(one: int, other: int) -> bool:
    """Whether two numbers mean the same group: 19 is read as 23 in every place."""
    return ALIASES.get(one, one) == ALIASES.get(other, other)


class KeyPair:
    """A fresh key pair of a Diffie-Hellman group; ``public`` is what is sent."""

    def __init__(self, group: int) -> None:
        self.group = group
        if group == 14:
            self._exponent = 2 + secrets.randbits(320)
            self.public = pow(2, self._exponent, MODP_2048).to_bytes(MODP_OCTETS, "big")
        else:
            self._key = ec.generate_private_key(CURVES[group])
            numbers = self._key.public_key().public_numbers()
            self.public = b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def agree(self, public: bytes) -> bytes:
        """Return Z. Raises Broken if ``public`` is no value of the group."""
        if self.group == 14:
            value = int.from_bytes(public, "big")
            if len(public) != MODP_OCTETS or not 1 < value < MODP_2048 - 1:
                raise Broken("5-checks, handshake 13", f"no public value of group 14: {public[:8].hex()}...")
            return pow(value, self._exponent, MODP_2048).to_bytes(MODP_OCTETS, "big")
        point = b"\4" + public if len(public) == 64 else public
        try:
            if len(point) != 65 or point[0] != 4:
                raise ValueError("not 04 || X || Y")
            other = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[self.group], point)
        except ValueError as error:
            raise Broken("5-checks, handshake 13", f"no point of group {self.group}: {error}") from None
        return self._key.exchange(ec.ECDH(), other)


@dataclass(frozen=True)
class Suite:
    """What was agreed: ``aea``, or ``icv`` with or without ``encr``."""

    aea: Algorithm | None = None
    encr: Algorithm | None = None
    icv: Algorithm | None = None

    @property
    def encrypts(self) -> bool:
        """Whether data are sent in EncrTransfer."""
        return self.icv is None or self.encr is not None

    @property
    def gmac(self) -> bool:
        """Whether the ICV is a GMAC."""
        return self.icv is not None and str(self.icv.name).endswith("GCM")


@dataclass(frozen=True)
class Keys:
    """The keys that protect what one side sends."""

    icv: bytes = b""
    encr: bytes = b""


def salt(data1: bytes, data2: bytes) -> bytes:
    """H(data2 || H(data1 || 00)), of the content octets of both tbs (4-native, keys 3)."""
    return _sha256(data2 + _sha256(data1 + b"\0"))


def derive(suite: Suite, shared: bytes, salted: bytes) -> tuple[Keys, Keys]:
    """Return the keys of client and server (4-native, keys 4 and 5)."""
    icv = suite.icv.key_size if suite.icv else 0
    cipher = suite.aea or suite.encr
    encr = cipher.key_size if cipher else 0
    material, block, counter = b"", b"", 0
    extracted = _hmac(salted, shared)
    while len(material) < 2 * (icv + encr):
        counter += 1
        block = _hmac(extracted, block + bytes((counter,)))
        material += block
    cut = [material[: 2 * icv], material[2 * icv : 2 * (icv + encr)]]
    return (
        Keys(cut[0][:icv], cut[1][:encr]),
        Keys(cut[0][icv:], cut[1][encr:]),
    )


def authenticate(algorithm: Algorithm, key: bytes, nonce: bytes | None, octets: bytes) -> bytes:
    """Return the ICV over ``octets``."""
    if nonce is None:
        return _hmac(key, octets)
    if len(nonce) < LEAST_NONCE:
        return gmac_by_hand(key, nonce, octets)[: algorithm.tag]
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(octets)
    encryptor.finalize()
    return encryptor.tag[: algorithm.tag]


def cbc_encrypt(key: bytes, iv: bytes, octets: bytes) -> bytes:
    """AES-CBC with PKCS#7 padding."""
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(octets) + padder.finalize()) + encryptor.finalize()


def cbc_decrypt(key: bytes, iv: bytes, octets: bytes) -> bytes:
    """The reverse. Raises Broken for what is no whole number of blocks, or badly padded."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return unpadder.update(decryptor.update(octets) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise Broken("5-checks, data 6a", str(error)) from None


def gcm_encrypt(algorithm: Algorithm, key: bytes, iv: bytes, aad: bytes, octets: bytes) -> bytes:
    """AES-GCM: ciphertext, then the tag."""
    encryptor = Cipher(algorithms.AES(key), modes.GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(octets) + encryptor.finalize() + encryptor.tag[: algorithm.tag]


def gcm_decrypt(algorithm: Algorithm, key: bytes, iv: bytes, aad: bytes, octets: bytes) -> bytes | None:
    """The reverse; None if the tag does not verify."""
    size = algorithm.tag
    if len(octets) < size:
        return None
    mode = modes.GCM(iv, octets[-size:], min_tag_length=size)
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    decryptor.authenticate_additional_data(aad)
    try:
        return decryptor.update(octets[:-size]) + decryptor.finalize()
    except InvalidTag:
        return None


def gmac_by_hand(key: bytes, nonce: bytes, octets: bytes) -> bytes:
    """GMAC of a nonce that is too short for the library (11-decisions 13)."""
    block = Cipher(algorithms.AES(key), modes.ECB())
    hash_key = int.from_bytes(block.encryptor().update(bytes(16)), "big")

    def ghash(text: bytes, lengths: bytes) -> int:
        state = 0
        for start in range(0, len(text), 16):
            state = multiplied(state ^ int.from_bytes(text[start : start + 16].ljust(16, b"\0"), "big"))
        return multiplied(state ^ int.from_bytes(lengths, "big"))

    def multiplied(value: int) -> int:
        product, factor = 0, hash_key
        for bit in range(127, -1, -1):
            product ^= factor if value >> bit & 1 else 0
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        return product

    counter = ghash(nonce, bytes(8) + (8 * len(nonce)).to_bytes(8, "big")).to_bytes(16, "big")
    mask = int.from_bytes(block.encryptor().update(counter), "big")
    tag = mask ^ ghash(octets, (8 * len(octets)).to_bytes(8, "big") + bytes(8))
    return tag.to_bytes(16, "big")


def _sha256(octets: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(octets)
    return digest.finalize()


def _hmac(key: bytes, octets: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(octets)
    return made.finalize()
