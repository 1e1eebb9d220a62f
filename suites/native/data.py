"""Data that a DUT sends in every mode, and the keys of both directions (8, 13.2.3, 13.3.1.4, 13.4)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    OWN,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    own_secpdus,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.ways import client_ways, server_ways
from conform62351.suites.osi.conversations import Steps, client_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import (
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

DATA = "R-E2E-data"
ALGORITHM = "R-E2E-ICV-algorithm"
KEYS = "R-E2E-keys"
CLIENT_SEPARATE = f"{CLIENT} and T11.non-AE.client and E2E.non-AE-encryption.client"
CLIENT_CLEAR = f"{CLIENT} and T11.non-AE.client and E2E.integrity-only.client"
EXCHANGES = 6


icv_algorithm: Steps = (
    NoFinding(requirement=ALGORITHM, steps=("E2E.DT.4",)),
    NoFinding(requirement=ALGORITHM, steps=("E2E.OWN.8",), tolerated=True),
)
"""Every Authenticator of the DUT names the algorithm that was agreed; in other octets it is a warning."""


def client_sends(configuration: str) -> Iterator[Conversation]:
    """Yield exchanges with the DUT client in every way of ``configuration``, and what is judged of them."""
    for way, pics in client_ways(configuration):
        yield conversation(
            client_association(way.handshake()),
            client_exchanges(EXCHANGES, DATA),
            Verify(requirement=DATA, field="E2E.mode", is_in=(way.mode,)),
            own_secpdus,
            () if way.mode == "ae" else icv_algorithm,
            label=way.label,
            pics=pics,
        )


@case(
    "E2E/SRV/DT/BV-modes",
    DATA,
    *OWN,
    ALGORITHM,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_data() -> Iterator[Conversation]:
    """What a server sends is in order in every mode: token2 with time and seq, a fresh iv with encryption and
    none without, an Authenticator where the encryption does not authenticate, with the algorithm agreed and
    a nonce for GMAC, nothing that only a client sends, all of it as one presentation data value.
    """
    for way, pics in server_ways():
        yield conversation(
            server_association(way.handshake()),
            server_exchanges(EXCHANGES, DATA),
            Verify(requirement=DATA, field="E2E.mode", is_in=(way.mode,)),
            own_secpdus,
            () if way.mode == "ae" else icv_algorithm,
            label=way.label,
            pics=pics,
        )


@case("E2E/CLI/DT/BV-AE", DATA, *OWN, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_data() -> Iterator[Conversation]:
    """What a client sends with authenticated encryption is in order: token2 with time and seq, a fresh iv for
    each message, no Authenticator, nothing that only a server sends, all as one presentation data value.
    """
    return client_sends(NATIVE)


@case(
    "E2E/CLI/DT/BV-separate",
    DATA,
    *OWN,
    ALGORITHM,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_data_separate() -> Iterator[Conversation]:
    """What a client sends with encryption and a separate ICV is in order: token2 with time and seq, a fresh
    iv, an Authenticator with the algorithm agreed, and with a fresh nonce for GMAC.
    """
    return client_sends(NATIVE_SEPARATE)


@case(
    "E2E/CLI/DT/BV-clear",
    DATA,
    *OWN,
    ALGORITHM,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_data_clear() -> Iterator[Conversation]:
    """What a client sends without encryption is in order: token2 with time and seq, no iv, an Authenticator
    with the algorithm agreed, and with a fresh nonce for GMAC.
    """
    return client_sends(NATIVE_CLEAR)


@case("E2E/SRV/DT/BV-keys", KEYS, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_keys() -> Iterator[Conversation]:
    """A server derives the same keys as its partner in every mode: it answers what is protected by those of
    the client, and its answers verify with those of the server.
    """
    for way, pics in server_ways():
        yield conversation(
            server_association(way.handshake()),
            server_exchanges(2, KEYS),
            NoFinding(requirement=KEYS, steps=("E2E.DT.6", "E2E.DT.6a")),
            label=way.label,
            pics=pics,
        )


def client_derives(configuration: str) -> Iterator[Conversation]:
    """Yield two exchanges with the DUT client in every way of ``configuration``: the keys are the same."""
    for way, pics in client_ways(configuration):
        yield conversation(
            client_association(way.handshake()),
            client_exchanges(2, KEYS),
            client_usable(KEYS),
            NoFinding(requirement=KEYS, steps=("E2E.DT.6", "E2E.DT.6a")),
            label=way.label,
            pics=pics,
        )


@case("E2E/CLI/DT/BV-keys-AE", KEYS, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_keys() -> Iterator[Conversation]:
    """A client derives the same keys as its partner for authenticated encryption, of either size: its
    requests verify with those of the client, and it takes answers protected by those of the server.
    """
    return client_derives(NATIVE)


@case(
    "E2E/CLI/DT/BV-keys-separate",
    KEYS,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_keys_separate() -> Iterator[Conversation]:
    """A client derives the same four keys as its partner for encryption and ICV."""
    return client_derives(NATIVE_SEPARATE)


@case(
    "E2E/CLI/DT/BV-keys-clear",
    KEYS,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_keys_clear() -> Iterator[Conversation]:
    """A client derives the same two keys as its partner for the ICV alone."""
    return client_derives(NATIVE_CLEAR)
