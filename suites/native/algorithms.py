"""The algorithms of data, each by itself: GCM, CBC beside an ICV, an ICV alone (Table 13)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CLEAR_CLIENT,
    CLEAR_SERVER,
    GCM,
    HMAC,
    SEPARATE_CLIENT,
    SEPARATE_SERVER,
    TAG_LENGTHS,
    agrees,
    code,
    tag_lengths,
)
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    OWN,
    SERVER_AE,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.steps import Conversation, conversation

AES128_GCM = "R-E2E-aes128-GCM"
AES256_GCM = "R-E2E-aes256-GCM"
AES128_CBC = "R-E2E-aes128-CBC"
AES256_CBC = "R-E2E-aes256-CBC"
HMAC_ICV = "R-E2E-hmacWithSHA256"
AES128_GMAC = "R-E2E-aes128-GMAC"
AES256_GMAC = "R-E2E-aes256-GMAC"


def _encryption(role: Role, requirement: str, name: str) -> Iterator[Conversation]:
    """Encrypt with authentication by ``name``, with tags of the lengths that all devices have."""
    for length in TAG_LENGTHS:
        by = f"{name}/{length}"
        steps = agrees(role, requirement, Handshake(mode="ae", ae=(by,)), mode="ae", encryption=by)
        yield conversation(steps, label=f"tags of {length} octets")


def _beside_each_icv(role: Role, requirement: str, name: str) -> Iterator[Conversation]:
    """Encrypt by ``name``, beside each ICV."""
    integrity = {HMAC: code(role, HMAC)} | {f"{gmac}/12": code(role, f"{gmac}-ICV") for gmac in GCM}
    for by, pics in integrity.items():
        how = Handshake(mode="separate", encryption=(name,), integrity=(by,))
        steps = agrees(role, requirement, how, mode="separate", encryption=name, integrity=by)
        yield conversation(steps, label=f"beside {by}", pics=pics)


def _alone(role: Role, requirement: str, name: str) -> Iterator[Conversation]:
    """Protect data that are not encrypted by ``name``, with tags of each length where it has them."""
    lengths = ((0, ""),) if name == HMAC else tag_lengths(role)
    for length, pics in lengths:
        by = f"{name}/{length}" if length else name
        how = Handshake(mode="clear", integrity=(by,))
        steps = agrees(role, requirement, how, mode="clear", encryption="", integrity=by)
        yield conversation(steps, label=f"ICV of {length} octets" if length else "", pics=pics)


@case(
    "E2E/SRV/ALG/BV-aes128-GCM",
    AES128_GCM,
    *OWN,
    pics=f"{SERVER_AE} and T13.aes128-GCM.server",
    configuration=NATIVE,
)
def server_aes128_gcm() -> Iterator[Conversation]:
    """A server takes aes128-GCM when it alone is offered, and answers reads over it."""
    return _encryption(Role.SERVER, AES128_GCM, "aes128-GCM")


@case(
    "E2E/CLI/ALG/BV-aes128-GCM",
    AES128_GCM,
    *OWN,
    pics=f"{CLIENT_AE} and T13.aes128-GCM.client",
    configuration=NATIVE,
)
def client_aes128_gcm() -> Iterator[Conversation]:
    """A client offers aes128-GCM, and goes on with it when it is selected."""
    return _encryption(Role.CLIENT, AES128_GCM, "aes128-GCM")


@case(
    "E2E/SRV/ALG/BV-aes256-GCM",
    AES256_GCM,
    *OWN,
    pics=f"{SERVER_AE} and T13.aes256-GCM.server",
    configuration=NATIVE,
)
def server_aes256_gcm() -> Iterator[Conversation]:
    """A server takes aes256-GCM when it alone is offered, and answers reads over it."""
    return _encryption(Role.SERVER, AES256_GCM, "aes256-GCM")


@case(
    "E2E/CLI/ALG/BV-aes256-GCM",
    AES256_GCM,
    *OWN,
    pics=f"{CLIENT_AE} and T13.aes256-GCM.client",
    configuration=NATIVE,
)
def client_aes256_gcm() -> Iterator[Conversation]:
    """A client offers aes256-GCM, and goes on with it when it is selected."""
    return _encryption(Role.CLIENT, AES256_GCM, "aes256-GCM")


@case(
    "E2E/SRV/ALG/BV-aes128-CBC",
    AES128_CBC,
    *OWN,
    pics=f"{SEPARATE_SERVER} and T13.aes128-CBC.server",
    configuration=NATIVE,
)
def server_aes128_cbc() -> Iterator[Conversation]:
    """A server takes aes128-CBC beside each ICV that it has, and answers reads over it."""
    return _beside_each_icv(Role.SERVER, AES128_CBC, "aes128-CBC")


@case(
    "E2E/CLI/ALG/BV-aes128-CBC",
    AES128_CBC,
    *OWN,
    pics=f"{SEPARATE_CLIENT} and T13.aes128-CBC.client",
    configuration=NATIVE_SEPARATE,
)
def client_aes128_cbc() -> Iterator[Conversation]:
    """A client offers aes128-CBC, and goes on with it beside each ICV that it has."""
    return _beside_each_icv(Role.CLIENT, AES128_CBC, "aes128-CBC")


@case(
    "E2E/SRV/ALG/BV-aes256-CBC",
    AES256_CBC,
    *OWN,
    pics=f"{SEPARATE_SERVER} and T13.aes256-CBC.server",
    configuration=NATIVE,
)
def server_aes256_cbc() -> Iterator[Conversation]:
    """A server takes aes256-CBC beside each ICV that it has, and answers reads over it."""
    return _beside_each_icv(Role.SERVER, AES256_CBC, "aes256-CBC")


@case(
    "E2E/CLI/ALG/BV-aes256-CBC",
    AES256_CBC,
    *OWN,
    pics=f"{SEPARATE_CLIENT} and T13.aes256-CBC.client",
    configuration=NATIVE_SEPARATE,
)
def client_aes256_cbc() -> Iterator[Conversation]:
    """A client offers aes256-CBC, and goes on with it beside each ICV that it has."""
    return _beside_each_icv(Role.CLIENT, AES256_CBC, "aes256-CBC")


@case(
    "E2E/SRV/ALG/BV-hmacWithSHA256",
    HMAC_ICV,
    *OWN,
    pics=f"{CLEAR_SERVER} and T13.hmacWithSHA256.server",
    configuration=NATIVE,
)
def server_hmac() -> Iterator[Conversation]:
    """A server takes hmacWithSHA256 as ICV of data that are not encrypted, and answers reads over it."""
    return _alone(Role.SERVER, HMAC_ICV, HMAC)


@case(
    "E2E/CLI/ALG/BV-hmacWithSHA256",
    HMAC_ICV,
    *OWN,
    pics=f"{CLEAR_CLIENT} and T13.hmacWithSHA256.client",
    configuration=NATIVE_CLEAR,
)
def client_hmac() -> Iterator[Conversation]:
    """A client that does not encrypt offers hmacWithSHA256 as ICV, and goes on when it is selected."""
    return _alone(Role.CLIENT, HMAC_ICV, HMAC)


@case(
    "E2E/SRV/ALG/BV-aes128-GMAC",
    AES128_GMAC,
    *OWN,
    pics=f"{CLEAR_SERVER} and T13.aes128-GCM-ICV.server",
    configuration=NATIVE,
)
def server_aes128_gmac() -> Iterator[Conversation]:
    """A server takes aes128-GCM as ICV of data that are not encrypted, in each length it has, and answers
    reads over it.
    """
    return _alone(Role.SERVER, AES128_GMAC, "aes128-GCM")


@case(
    "E2E/CLI/ALG/BV-aes128-GMAC",
    AES128_GMAC,
    *OWN,
    pics=f"{CLEAR_CLIENT} and T13.aes128-GCM-ICV.client",
    configuration=NATIVE_CLEAR,
)
def client_aes128_gmac() -> Iterator[Conversation]:
    """A client that does not encrypt offers aes128-GCM as ICV in each length that it has, and goes on with it
    when it is selected.
    """
    return _alone(Role.CLIENT, AES128_GMAC, "aes128-GCM")


@case(
    "E2E/SRV/ALG/BV-aes256-GMAC",
    AES256_GMAC,
    *OWN,
    pics=f"{CLEAR_SERVER} and T13.aes256-GCM-ICV.server",
    configuration=NATIVE,
)
def server_aes256_gmac() -> Iterator[Conversation]:
    """A server takes aes256-GCM as ICV of data that are not encrypted, in each length it has, and answers
    reads over it.
    """
    return _alone(Role.SERVER, AES256_GMAC, "aes256-GCM")


@case(
    "E2E/CLI/ALG/BV-aes256-GMAC",
    AES256_GMAC,
    *OWN,
    pics=f"{CLEAR_CLIENT} and T13.aes256-GCM-ICV.client",
    configuration=NATIVE_CLEAR,
)
def client_aes256_gmac() -> Iterator[Conversation]:
    """A client that does not encrypt offers aes256-GCM as ICV in each length that it has, and goes on with it
    when it is selected.
    """
    return _alone(Role.CLIENT, AES256_GMAC, "aes256-GCM")
