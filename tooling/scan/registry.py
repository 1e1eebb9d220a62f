"""Names of what TLS negotiates besides suites: versions, groups, signature algorithms, and the like (R).

The numbers are those of the IANA registries; the primes of known Diffie-Hellman groups (RFC 2409, 3526, 5114
and 7919) are known by the beginning of the SHA-256 of their octets.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

SSL_3_0: Final = 0x0300
TLS_1_0: Final = 0x0301
TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
VERSIONS: Final[Mapping[int, str]] = {
    SSL_3_0: "SSLv3",
    TLS_1_0: "TLSv1.0",
    TLS_1_1: "TLSv1.1",
    TLS_1_2: "TLSv1.2",
    TLS_1_3: "TLSv1.3",
}

GROUPS: Final[Mapping[int, str]] = {
    23: "secp256r1",
    26: "brainpoolP256r1",
    29: "x25519",
    24: "secp384r1",
    25: "secp521r1",
    27: "brainpoolP384r1",
    28: "brainpoolP512r1",
    30: "x448",
    22: "secp256k1",
    21: "secp224r1",
    19: "secp192r1",
    20: "secp224k1",
    18: "secp192k1",
    17: "secp160r2",
    16: "secp160r1",
    15: "secp160k1",
    14: "sect571r1",
    13: "sect571k1",
    12: "sect409r1",
    11: "sect409k1",
    10: "sect283r1",
    9: "sect283k1",
    8: "sect239k1",
    7: "sect233r1",
    6: "sect233k1",
    5: "sect193r2",
    4: "sect193r1",
    3: "sect163r2",
    2: "sect163r1",
    1: "sect163k1",
    31: "brainpoolP256r1tls13",
    32: "brainpoolP384r1tls13",
    33: "brainpoolP512r1tls13",
    41: "curveSM2",
}
"""Elliptic curves, those of IEC 62351 first."""
FINITE_FIELD_GROUPS: Final[Mapping[int, str]] = {
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
}
HYBRID_GROUPS: Final[Mapping[int, str]] = {
    512: "MLKEM512",
    513: "MLKEM768",
    514: "MLKEM1024",
    4587: "SecP256r1MLKEM768",
    4588: "X25519MLKEM768",
    4589: "SecP384r1MLKEM1024",
}
"""Those of TLS 1.3 alone."""

HASHES: Final[Mapping[int, str]] = {
    0: "none",
    1: "MD5",
    2: "SHA-1",
    3: "SHA-224",
    4: "SHA-256",
    5: "SHA-384",
    6: "SHA-512",
}
SIGNATURES: Final[Mapping[int, str]] = {0: "anonymous", 1: "RSA", 2: "DSA", 3: "ECDSA"}
SIGNATURE_SCHEMES: Final[Mapping[tuple[int, int], str]] = {
    (8, 4): "RSASSA-PSS/SHA-256",
    (8, 5): "RSASSA-PSS/SHA-384",
    (8, 6): "RSASSA-PSS/SHA-512",
    (8, 7): "Ed25519",
    (8, 8): "Ed448",
    (8, 9): "RSASSA-PSS with its own key/SHA-256",
    (8, 10): "RSASSA-PSS with its own key/SHA-384",
    (8, 11): "RSASSA-PSS with its own key/SHA-512",
    (8, 26): "ECDSA brainpoolP256r1/SHA-256",
    (8, 27): "ECDSA brainpoolP384r1/SHA-384",
    (8, 28): "ECDSA brainpoolP512r1/SHA-512",
}
SIGNATURE_ALGORITHMS: Final = (
    *((digest, signature) for digest in (4, 5, 6, 3, 2, 1) for signature in (1, 3, 2)),
    *SIGNATURE_SCHEMES,
)
"""All pairs of hash and signature that are offered, SHA-256 first."""

CERTIFICATE_TYPES: Final[Mapping[int, str]] = {
    1: "rsa_sign",
    2: "dss_sign",
    3: "rsa_fixed_dh",
    4: "dss_fixed_dh",
    5: "rsa_ephemeral_dh",
    6: "dss_ephemeral_dh",
    20: "fortezza_dms",
    64: "ecdsa_sign",
    65: "rsa_fixed_ecdh",
    66: "ecdsa_fixed_ecdh",
}
COMPRESSIONS: Final[Mapping[int, str]] = {0: "none", 1: "DEFLATE", 64: "LZS"}
EXTENSIONS: Final[Mapping[int, str]] = {
    0: "server_name",
    1: "max_fragment_length",
    3: "trusted_ca_keys",
    4: "truncated_hmac",
    5: "status_request",
    10: "supported_groups",
    11: "ec_point_formats",
    13: "signature_algorithms",
    14: "use_srtp",
    15: "heartbeat",
    16: "application_layer_protocol_negotiation",
    17: "status_request_v2",
    18: "signed_certificate_timestamp",
    19: "client_certificate_type",
    20: "server_certificate_type",
    21: "padding",
    22: "encrypt_then_mac",
    23: "extended_master_secret",
    27: "compress_certificate",
    28: "record_size_limit",
    35: "session_ticket",
    41: "pre_shared_key",
    42: "early_data",
    43: "supported_versions",
    44: "cookie",
    45: "psk_key_exchange_modes",
    47: "certificate_authorities",
    49: "post_handshake_auth",
    50: "signature_algorithms_cert",
    51: "key_share",
    13172: "next_protocol_negotiation",
    0xFF01: "renegotiation_info",
}

_PRIMES: Final[Mapping[str, str]] = {
    "9cd3b7f336872f46": "ffdhe2048",
    "0eaf67db3a839156": "ffdhe3072",
    "4648414224ac881b": "ffdhe4096",
    "227ac9066b3ddd9e": "ffdhe6144",
    "770b14efaf6f0499": "ffdhe8192",
    "64fcc83ec403930b": "MODP 1536 (RFC 3526, group 5)",
    "d66436f79bbd6b2e": "MODP 2048 (RFC 3526, group 14)",
    "48cf8b092fbce435": "MODP 3072 (RFC 3526, group 15)",
    "4ee95187682bcb23": "MODP 4096 (RFC 3526, group 16)",
    "d1bfe6d0925ce7e4": "MODP 6144 (RFC 3526, group 17)",
    "39ab4feab950a312": "MODP 8192 (RFC 3526, group 18)",
    "44c55cfee5c07592": "MODP 1024 with a subgroup of 160 bits (RFC 5114, group 22)",
    "bfe545862ca102ad": "MODP 2048 with a subgroup of 224 bits (RFC 5114, group 23)",
    "0b7835722cb61982": "MODP 2048 with a subgroup of 256 bits (RFC 5114, group 24)",
}


def version_name(version: int) -> str:
    """Return ``TLSv1.2`` and the like, or the number in hexadecimal."""
    return VERSIONS.get(version, f"version {version:04X}")


def group_name(number: int) -> str:
    """Return the registry's name of a group, or ``group 4242``."""
    known = GROUPS.get(number) or FINITE_FIELD_GROUPS.get(number) or HYBRID_GROUPS.get(number)
    return known or f"group {number}"


def extension_name(kind: int) -> str:
    """Return the registry's name of an extension, or ``extension 4242``."""
    return EXTENSIONS.get(kind, f"extension {kind}")


def signature_name(pair: tuple[int, int]) -> str:
    """Return ``RSA/SHA-256`` and the like, or the number in hexadecimal."""
    if pair in SIGNATURE_SCHEMES:
        return SIGNATURE_SCHEMES[pair]
    digest, signature = pair
    if digest in HASHES and signature in SIGNATURES:
        return f"{SIGNATURES[signature]}/{HASHES[digest]}"
    return f"algorithm {digest:02X}{signature:02X}"


def prime_name(prime: int) -> str:
    """Return the name of the group that has this prime, empty where it is none that was published."""
    octets = prime.to_bytes(-(-prime.bit_length() // 8), "big")
    return _PRIMES.get(sha256(octets).hexdigest()[:16], "")
