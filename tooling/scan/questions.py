"""The single questions to a server: groups, signature algorithms, extensions, compression, fallback.

Each is answered by what the server chooses when it is offered less and less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from conform62351.profiles.tls.engine.extensions import ExtensionType, find
from conform62351.profiles.tls.suites import SUITES
from conform62351.tooling.scan.answers import Answer, whole_flight
from conform62351.tooling.scan.flights import certificate_kind, ephemeral_key
from conform62351.tooling.scan.hellos import DEFLATE_FIRST, FALLBACK_SCSV, Hello
from conform62351.tooling.scan.prober import Prober
from conform62351.tooling.scan.registry import (
    COMPRESSIONS,
    FINITE_FIELD_GROUPS,
    GROUPS,
    HYBRID_GROUPS,
    SIGNATURE_ALGORITHMS,
    TLS_1_2,
    TLS_1_3,
    VERSIONS,
    group_name,
    prime_name,
    signature_name,
)
from conform62351.tooling.scan.report import Features, GroupFound, SignatureFound
from conform62351.tooling.scan.suite_search import OLDER_SUITES, Found, key_exchange

USUAL_SUITES: Final = tuple(
    code
    for code in OLDER_SUITES
    if key_exchange(code) in ("RSA", "DH_RSA", "DH_DSS", "DHE_RSA", "DHE_DSS", "DH_anon")
    and any(cipher in SUITES[code] for cipher in ("_AES_", "_3DES_", "_RC4_128_", "_NULL_", "_DES_CBC_"))
)
"""Those that a server without elliptic curves may have; few enough for a ClientHello of old times."""
INAPPROPRIATE_FALLBACK: Final = "inappropriate_fallback"


class Asker:
    """Sends ClientHellos of one scan; ``random`` are the 32 octets that all of them share."""

    def __init__(self, prober: Prober, random: bytes, server_name: str) -> None:
        self.random = random
        self._prober = prober
        self._server_name = server_name

    def hello(
        self,
        version: int,
        *,
        groups: Sequence[int] | None = None,
        signature_algorithms: Sequence[tuple[int, int]] = SIGNATURE_ALGORITHMS,
        compression: Sequence[int] = (0,),
    ) -> Hello:
        """Return a hello that offers everything but for what is given."""
        return Hello(
            version,
            self.random,
            groups=groups,
            signature_algorithms=signature_algorithms,
            compression=compression,
            server_name=self._server_name,
        )

    def offer(self, hello: Hello, suites: Sequence[int], *, first_of_each: set[str] | None = None) -> Answer:
        """Ask; with ``first_of_each`` the flight is read for key exchanges that are not in it yet."""
        if first_of_each is None:
            return self._prober.ask(hello.octets(suites), whole_flight)

        def new(suite: int) -> bool:
            exchange = key_exchange(suite)
            if exchange in first_of_each:
                return False
            first_of_each.add(exchange)
            return True

        return self._prober.ask(hello.octets(suites), new)


def groups(asker: Asker, suites: Mapping[int, Sequence[int]]) -> list[GroupFound]:
    """Find the groups of ephemeral keys in TLS 1.2 and 1.3, or in the highest version below.

    Raises:
        ProtocolError: a ServerKeyExchange that is none.
    """
    found: dict[tuple[int, str, int], list[str]] = {}
    older = max((version for version in suites if version < TLS_1_3), default=0)
    if older:
        elliptic = _with_exchange(suites[older], ("ECDHE_RSA", "ECDHE_ECDSA", "ECDH_anon"))
        finite = _with_exchange(suites[older], ("DHE_RSA", "DHE_DSS", "DH_anon"))
        for number in _elliptic_groups(asker, older, elliptic):
            found.setdefault((number, group_name(number), 0), []).append(VERSIONS[older])
        for prime in _primes(asker, older, finite):
            name = prime_name(prime) or "not a published group"
            number = next((known for known, text in FINITE_FIELD_GROUPS.items() if text == name), 0)
            found.setdefault((number, name, prime.bit_length()), []).append(VERSIONS[older])
    if TLS_1_3 in suites:
        for number in _retried_groups(asker, suites[TLS_1_3]):
            entry = next((key for key in found if key[0] == number), (number, group_name(number), 0))
            found.setdefault(entry, []).append(VERSIONS[TLS_1_3])
    return [GroupFound(number, name, bits, versions) for (number, name, bits), versions in found.items()]


def _with_exchange(suites: Iterable[int], exchanges: Sequence[str]) -> list[int]:
    return [code for code in suites if key_exchange(code) in exchanges]


def _elliptic_groups(asker: Asker, version: int, suites: Sequence[int]) -> list[int]:
    left, found = list(GROUPS), list[int]()
    while suites and left:
        answer = asker.offer(asker.hello(version, groups=left), suites)
        if answer.hello is None or answer.version != version:
            break
        key = ephemeral_key(answer, key_exchange(answer.hello.suite))
        if key is None:
            break
        found.append(key.group)
        if key.group not in left:
            # It goes by no list, and would choose the same again.
            break
        left.remove(key.group)
    return list(dict.fromkeys(found))


def _primes(asker: Asker, version: int, suites: Sequence[int]) -> list[int]:
    """Return the primes that a server uses when groups of RFC 7919 are taken away from the offer."""
    left, found = list(FINITE_FIELD_GROUPS), list[int]()
    while suites:
        answer = asker.offer(asker.hello(version, groups=[*GROUPS, *left]), suites)
        if answer.hello is None or answer.version != version:
            break
        key = ephemeral_key(answer, key_exchange(answer.hello.suite))
        if key is None or key.prime in found:
            break
        found.append(key.prime)
        number = next((n for n in left if FINITE_FIELD_GROUPS[n] == prime_name(key.prime)), None)
        if number is None:
            break
        left.remove(number)
    return found


def _retried_groups(asker: Asker, suites: Sequence[int]) -> list[int]:
    left, found = [*GROUPS, *FINITE_FIELD_GROUPS, *HYBRID_GROUPS], list[int]()
    while left:
        answer = asker.offer(asker.hello(TLS_1_3, groups=left), suites)
        chosen = answer.key_share_group
        if chosen not in left:
            break
        found.append(chosen)
        left.remove(chosen)
    return found


def signatures(asker: Asker, suites: Sequence[int]) -> tuple[list[SignatureFound], list[str]]:
    """Find how a server of TLS 1.2 signs its ephemeral keys, and the kinds of certificate where it goes by no
    list of the client's.

    Raises:
        ProtocolError: a ServerKeyExchange that is none.
    """
    found: list[SignatureFound] = []
    unheeded: list[str] = []
    for exchanges in (("DHE_RSA", "ECDHE_RSA"), ("ECDHE_ECDSA",), ("DHE_DSS",)):
        # One suite suffices, and elliptic curves cost the server least.
        some = sorted(_with_exchange(suites, exchanges), key=lambda code: key_exchange(code) == exchanges[0])
        if not some:
            continue
        kind = certificate_kind(exchanges[0])
        left = list(SIGNATURE_ALGORITHMS)
        while left:
            answer = asker.offer(asker.hello(TLS_1_2, signature_algorithms=left), some[:1])
            if answer.hello is None or answer.version != TLS_1_2:
                break
            key = ephemeral_key(answer, key_exchange(answer.hello.suite))
            if key is None or key.signature is None:
                break
            pair = key.signature
            if pair not in left:
                unheeded.append(kind)
            if all(entry.id != _id(pair) or entry.certificate != kind for entry in found):
                found.append(SignatureFound(_id(pair), signature_name(pair), kind))
            if pair not in left:
                break
            left.remove(pair)
    return found, unheeded


def _id(pair: tuple[int, int]) -> str:
    return f"{pair[0]:02X}{pair[1]:02X}"


def features(asker: Asker, found: Mapping[int, Found]) -> Features:
    """Tell what the ServerHellos say, and ask for compression and encrypt-then-MAC."""
    version = max((each for each, what in found.items() if what.suites), default=0)
    if not version:
        return Features()
    suites = found[version].suites
    answer = next(iter(found[version].firsts.values()))
    if answer.hello is None:
        return Features()
    said = answer.hello.extensions
    ticket = find(said, ExtensionType.SESSION_TICKET) is not None
    if found[version].plain:
        # Extensions that were not offered are not answered, but this one can be: see Hello.
        return Features(secure_renegotiation=find(said, ExtensionType.RENEGOTIATION_INFO) is not None)
    return Features(
        secure_renegotiation=find(said, ExtensionType.RENEGOTIATION_INFO) is not None,
        extended_master_secret=find(said, ExtensionType.EXTENDED_MASTER_SECRET) is not None,
        encrypt_then_mac=_encrypts_then_macs(asker, version, suites),
        # A promise of either can only be tried in a handshake; none is an answer.
        resumption_identifier=None if answer.hello.session_id or ticket else False,
        resumption_ticket=None if ticket else False,
        compression=_compressions(asker, version, suites),
    )


def _encrypts_then_macs(asker: Asker, version: int, suites: Sequence[int]) -> bool | None:
    blocks = [code for code in suites if "_CBC" in SUITES.get(code, "")]
    if not blocks:
        return None
    answer = asker.offer(asker.hello(version), blocks, first_of_each={key_exchange(code) for code in blocks})
    if answer.hello is None:
        return None
    return find(answer.hello.extensions, ExtensionType.ENCRYPT_THEN_MAC) is not None


def _compressions(asker: Asker, version: int, suites: Sequence[int]) -> list[str] | None:
    hello = asker.hello(version, compression=DEFLATE_FIRST)
    answer = asker.offer(hello, suites, first_of_each={key_exchange(code) for code in suites})
    if answer.hello is None:
        return None
    chosen = answer.hello.compression
    return [COMPRESSIONS.get(chosen, f"method {chosen}")] if chosen else []


def fallback(asker: Asker, suites: Mapping[int, Sequence[int]]) -> tuple[bool | None, Answer | None]:
    """Offer the second best version with TLS_FALLBACK_SCSV (RFC 7507); None where there is none."""
    versions = sorted(suites)
    if len(versions) < 2:
        return None, None
    version = versions[-2]
    answer = asker.offer(asker.hello(version), [*suites[version], FALLBACK_SCSV])
    return answer.alert == INAPPROPRIATE_FALLBACK, answer


def with_fallback(said: Features, taken: bool | None) -> Features:
    """Return ``said`` with what was found out about TLS_FALLBACK_SCSV."""
    return msgspec.structs.replace(said, fallback_scsv=taken)
