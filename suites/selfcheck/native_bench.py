"""Certificates of Annex G, and a client and a server of native mode's handshake, in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from conform62351.fixtures.pki.keys import BRAINPOOL_P256R1, RSA_2048, SECP256R1, KeyRing, pem_of
from conform62351.fixtures.pki.naming import title_name
from conform62351.profiles.crypto.signatures import PrivateKey, load_private_key, sign
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.handshake import Accepted, ClientHandshake, ServerHandshake
from conform62351.profiles.native.parameters import Connection, LocalPolicy, NativeParameters
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck import pki_samples
from conform62351.suites.selfcheck.pki_samples import NOW, Authority, authority

Value = TypeVar("Value", bound=msgspec.Struct)

BER: Final = BerCodec()
TITLES: Final = {"client": "1.1.999.1.12", "server": "1.1.1.999.13"}
OTHER: Final = {"client": "server", "server": "client"}
NUMBERS: Final = {"client": 7, "server": 41}
INITIATE: Final = bytes.fromhex("a803020101")
RESPONSE: Final = bytes.fromhex("a903020102")
KEYS: Final = KeyRing(
    {"rsa": RSA_2048, "client": SECP256R1, "server": SECP256R1, "brainpool": BRAINPOOL_P256R1}
)


@cache
def root() -> Authority:
    """Return the authority that both sides trust."""
    return authority("native root")


@cache
def certificate(name: str, *, key: str = "", issuer: Authority | None = None, **changes: Any) -> Certificate:
    """Return a certificate for ``name``; ``changes`` are those of :func:`pki_samples.certificate`."""
    parts: dict[str, Any] = {"subject": title_name(TITLES[name]), "spki": KEYS.spki(key or name)}
    return read_certificate(pki_samples.certificate(issuer=(issuer or root()).issuer, **parts | changes))


@cache
def credential(
    name: str,
    *,
    key: str = "",
    issuer: Authority | None = None,
    chain: tuple[Certificate, ...] = (),
    **changes: Any,
) -> Credential:
    """Return a credential for ``name``; ``changes`` are those of its certificate."""
    made = certificate(name, key=key, issuer=issuer, **changes)
    return Credential(made, load_private_key(pem_of(KEYS.key(key or name))), chain)


class Stream:
    """Randomness that can be made again."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def __call__(self, octets: int) -> bytes:
        self._count += 1
        made = b""
        while len(made) < octets:
            made += sha256(self._seed + self._count.to_bytes(4, "big") + made).digest()
        return made[:octets]


def deterministic(oid: str, key: PrivateKey, octets: bytes) -> bytes:
    """Sign as ever, by RFC 6979 with a key on a curve."""
    loaded = key._loaded
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        return loaded.sign(octets, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return sign(oid, key, octets)


def parameters(name: str, *, local: dict[str, Any] | None = None, **changes: Any) -> NativeParameters:
    """Return what ``name`` brings along; ``local`` are parts of its policy."""
    usual: dict[str, Any] = {
        "now": lambda: NOW,
        "randomness": Stream(name),
        "credential": credential(name),
        "trust": Trust((root().certificate,)),
        "local": LocalPolicy(**{"groups": ("secp256r1",), **(local or {})}),
    }
    return NativeParameters(**usual | changes)


def connection(name: str, **changes: Any) -> Connection:
    """Return what ``name`` knows of the connection."""
    usual: dict[str, Any] = {"peer_address": lambda: TITLES[OTHER[name]]}
    return Connection(**usual | changes)


class Handshakes:
    """Both sides of one handshake, which can be stopped anywhere."""

    def __init__(
        self,
        client: NativeParameters | None = None,
        server: NativeParameters | None = None,
        *,
        codec: Codec = BER,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
        client_connection: Connection | None = None,
        server_connection: Connection | None = None,
    ) -> None:
        self.client = ClientHandshake(
            client or parameters("client"),
            codec,
            client_connection or connection("client"),
            NUMBERS["client"],
            client_policy,
        )
        self.server = ServerHandshake(
            server or parameters("server"),
            codec,
            server_connection or connection("server"),
            NUMBERS["server"],
            server_policy,
        )

    def requested(self, change: Callable[[bytes], bytes] = bytes) -> Taken:
        """Return what the server makes of the request, which ``change`` may damage on its way."""
        return self.server.take_request(change(octets_of(self.client.request(INITIATE).octets)))

    def accepted(self) -> Accepted:
        """Return the acceptance of the request, which the server has taken before."""
        return self.server.accept(RESPONSE)

    def run(self, change: Callable[[bytes], bytes] = bytes) -> tuple[Taken, Accepted]:
        """Return what the client makes of the acceptance, which ``change`` may damage, and what it was."""
        taken = self.requested()
        assert taken.fault is None, taken.fault
        accepted = self.accepted()
        return self.client.take_response(change(octets_of(accepted.message.octets))), accepted


def octets_of(octets: bytes | None) -> bytes:
    """Return octets that were not withheld."""
    assert octets is not None
    return octets


def steps_of(taken: Taken) -> Sequence[str]:
    """Return the steps of what was found, without what is only told of revocation data."""
    return [one.step for one in taken.findings if one.name != "revocation-data"]


def replaced(value: Value, **changes: Any) -> Value:
    """Return a struct with other members."""
    return msgspec.structs.replace(value, **changes)
