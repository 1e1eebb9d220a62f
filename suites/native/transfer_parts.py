"""Data transfers without a part that was agreed, or with one that was not: rows 2, 3 and 5 of the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
)
from conform62351.suites.native.transfers import (
    AUTHENTICATOR,
    CBC_IV,
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ENCRYPTION_REQUIRED,
    GCM_IV,
    GMAC_NONCE,
    MODES,
    NOT_SELECTED,
    ONE_AE,
    ONE_CLEAR,
    ONE_SEPARATE,
    SERVER_CLEAR,
    SERVER_NON_AE,
    SERVER_SEPARATE,
    Line,
    Mutations,
    Ways,
    aborts,
    associated,
    every,
    refuses,
    reports,
    token,
    tried,
)
from conform62351.suites.native.ways import CLEAR, GMAC_ALONE, SEPARATE, Way
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, EditTlv, SetField
from conform62351.tooling.engine.steps import Conversation, conversation

REQUIRED = "R-E2E-transfer-encryption-required"
UNWANTED = "R-E2E-transfer-encryption-not-selected"
AUTH = "R-E2E-transfer-authenticator"
NONCE = "R-E2E-transfer-nonce"
IV_CBC = "R-E2E-transfer-iv-CBC"
IV_AE = "R-E2E-transfer-iv-AE"

IDENTIFY = bytes.fromhex("a0 05 02 01 63 82 00")
"""An MMS identify-Request."""
CIPHERTEXT = b"\x04\x20" + bytes(range(32))
HMAC_SHA256 = "1.2.840.113549.2.9"
GMAC_WAYS = ((SEPARATE[1],), (GMAC_ALONE,))


def clear_data(way: Way, octets: bytes = IDENTIFY) -> dict[str, Mutations]:
    """Return a PDU of MMS in the place of the ciphertext: the ICV, where there is one, is good."""
    return {"": (EditTlv(pdu=f"{way.data}.tbp", path="30/04", edit=Edit.REPLACE, octets=octets),)}


def clear_data_with_auth(way: Way, octets: bytes = IDENTIFY) -> dict[str, Mutations]:
    """Return the same with the Authenticator that a ClearTransfer has."""
    auth = SetField(pdu=way.data, field="auth", value={"algorithm": {"oid": HMAC_SHA256}, "icv": "00" * 32})
    return {"": (*clear_data(way, octets)[""], auth)}


def clear_reports(
    ways: Ways, made: Callable[[Way, bytes], Mapping[str, Mutations]], *lines: Line
) -> Iterator[Conversation]:
    """Yield a report to the DUT client that is not encrypted."""
    for way, pics in tried(Role.CLIENT, ways):
        yield conversation(
            associated(Role.CLIENT, way, 1),
            reports(*made(way, REPORT_PDU)[""]),
            refuses(REQUIRED, Role.CLIENT, "ClearTransfer", *lines),
            label=f"{way.label}: a report",
            pics=pics,
        )


@case(
    "E2E/SRV/DT/BI-not-encrypted",
    REQUIRED,
    EVENT,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_not_encrypted() -> Iterator[Conversation]:
    """Where authenticated encryption is agreed, a ClearTransfer is answered by a server with
    encryption-required. Since it has an Authenticator, protocol-error is right as well.
    """
    lines = (ENCRYPTION_REQUIRED, AUTHENTICATOR)
    return aborts(Role.SERVER, REQUIRED, ONE_AE, clear_data_with_auth, *lines, pdu="ClearTransfer")


@case(
    "E2E/SRV/DT/BI-not-encrypted-separate",
    REQUIRED,
    EVENT,
    pics=SERVER_SEPARATE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_not_encrypted_separate() -> Iterator[Conversation]:
    """Where encryption beside an ICV is agreed, a ClearTransfer is answered by a server with
    encryption-required, even if its ICV is good.
    """
    return aborts(Role.SERVER, REQUIRED, ONE_SEPARATE, clear_data, ENCRYPTION_REQUIRED, pdu="ClearTransfer")


@case(
    "E2E/CLI/DT/BI-not-encrypted",
    REQUIRED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_not_encrypted() -> Iterator[Conversation]:
    """Where authenticated encryption is agreed, a ClearTransfer is answered by a client with
    encryption-required. Since it has an Authenticator, protocol-error is right as well.
    """
    lines = (ENCRYPTION_REQUIRED, AUTHENTICATOR)
    yield from aborts(Role.CLIENT, REQUIRED, ONE_AE, clear_data_with_auth, *lines, pdu="ClearTransfer")
    yield from clear_reports(ONE_AE, clear_data_with_auth, *lines)


@case(
    "E2E/CLI/DT/BI-not-encrypted-separate",
    REQUIRED,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_not_encrypted_separate() -> Iterator[Conversation]:
    """Where encryption beside an ICV is agreed, a ClearTransfer is answered by a client with
    encryption-required, even if its ICV is good.
    """
    yield from aborts(
        Role.CLIENT, REQUIRED, ONE_SEPARATE, clear_data, ENCRYPTION_REQUIRED, pdu="ClearTransfer"
    )
    yield from clear_reports(ONE_SEPARATE, clear_data, ENCRYPTION_REQUIRED)


def encrypted_data(tag: str) -> Mutations:
    """Return the mutation that puts ciphertext in the place of the PDU of MMS with ``tag``."""
    return (EditTlv(pdu=f"{CLEAR[0].data}.tbp", path=f"30/{tag}", edit=Edit.REPLACE, octets=CIPHERTEXT),)


@case(
    "E2E/SRV/DT/BI-encrypted",
    UNWANTED,
    EVENT,
    pics=SERVER_CLEAR,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_encrypted() -> Iterator[Conversation]:
    """Where no encryption is agreed, an EncrTransfer with a good ICV is answered by a server with
    encryption-not-selected.
    """
    return aborts(
        Role.SERVER,
        UNWANTED,
        every(CLEAR),
        lambda _: {"": encrypted_data("a0")},
        NOT_SELECTED,
        pdu="EncrTransfer",
    )


@case(
    "E2E/CLI/DT/BI-encrypted",
    UNWANTED,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_encrypted() -> Iterator[Conversation]:
    """Where no encryption is agreed, an EncrTransfer with a good ICV is answered by a client with
    encryption-not-selected.
    """
    return aborts(
        Role.CLIENT,
        UNWANTED,
        every(CLEAR),
        lambda _: {"": encrypted_data("a1")},
        NOT_SELECTED,
        pdu="EncrTransfer",
    )


def other_auth(way: Way) -> dict[str, Mutations]:
    """Return a data transfer without Authenticator, or with one where there should be none."""
    if way.mode == "ae":
        auth = SetField(
            pdu=way.data, field="auth", value={"algorithm": {"oid": HMAC_SHA256}, "icv": "00" * 32}
        )
        return {"an Authenticator": (auth,)}
    return {"no Authenticator": (EditTlv(pdu=way.data, path="30/30[1]", edit=Edit.DROP),)}


@case("E2E/SRV/DT/BI-auth", AUTH, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_auth() -> Iterator[Conversation]:
    """Data without Authenticator where an ICV is agreed, or with one beside authenticated encryption, are
    answered by a server with protocol-error.
    """
    return aborts(Role.SERVER, AUTH, MODES, other_auth, AUTHENTICATOR)


@case("E2E/CLI/DT/BI-auth", AUTH, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_auth() -> Iterator[Conversation]:
    """Data with an Authenticator beside authenticated encryption are answered by a client with
    protocol-error.
    """
    return aborts(Role.CLIENT, AUTH, ONE_AE, other_auth, AUTHENTICATOR)


@case(
    "E2E/CLI/DT/BI-auth-separate",
    AUTH,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_auth_separate() -> Iterator[Conversation]:
    """Encrypted data without Authenticator, where an ICV is agreed, are answered by a client with
    protocol-error.
    """
    return aborts(Role.CLIENT, AUTH, ONE_SEPARATE, other_auth, AUTHENTICATOR)


@case(
    "E2E/CLI/DT/BI-auth-clear",
    AUTH,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_auth_clear() -> Iterator[Conversation]:
    """A ClearTransfer without Authenticator is answered by a client with protocol-error."""
    return aborts(Role.CLIENT, AUTH, ONE_CLEAR, other_auth, AUTHENTICATOR)


def no_nonces(way: Way) -> dict[str, Mutations]:
    """Return what is no nonce for GMAC."""
    values = {"no nonce": None, "an empty nonce": b"", "a nonce of 65 octets": bytes(range(65))}
    return {
        label: (SetField(pdu=f"{way.data}.auth", field="nonce", octets=value),)
        for label, value in values.items()
    }


@case(
    "E2E/SRV/DT/BI-nonce",
    NONCE,
    EVENT,
    pics=f"{SERVER_NON_AE} and (T13.aes128-GCM-ICV.server or T13.aes256-GCM-ICV.server)",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_nonce() -> Iterator[Conversation]:
    """Data without a nonce for GMAC, or with one that GMAC cannot take, are answered by a server with
    gmac-nonce-required.
    """
    return aborts(Role.SERVER, NONCE, GMAC_WAYS, no_nonces, GMAC_NONCE)


@case(
    "E2E/CLI/DT/BI-nonce-separate",
    NONCE,
    EVENT,
    pics=f"{CLIENT_SEPARATE} and T13.aes256-GCM-ICV.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_nonce_separate() -> Iterator[Conversation]:
    """Encrypted data without a nonce for GMAC are answered by a client with gmac-nonce-required."""
    return aborts(Role.CLIENT, NONCE, GMAC_WAYS[:1], no_nonces, GMAC_NONCE)


@case(
    "E2E/CLI/DT/BI-nonce-clear",
    NONCE,
    EVENT,
    pics=f"{CLIENT_CLEAR} and T13.aes128-GCM-ICV.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_nonce_clear() -> Iterator[Conversation]:
    """A ClearTransfer without a nonce for GMAC is answered by a client with gmac-nonce-required."""
    return aborts(Role.CLIENT, NONCE, GMAC_WAYS[1:], no_nonces, GMAC_NONCE)


def no_ivs(way: Way) -> dict[str, Mutations]:
    """Return what is no iv for the encryption."""
    right, other = (12, 16) if way.mode == "ae" else (16, 12)
    lengths = {0, right - 1, right + 1, other}
    found: dict[str, Mutations] = {"no iv": (token(way, "iv"),)}
    return found | {
        f"an iv of {length} octets": (token(way, "iv", octets=bytes(range(length))),)
        for length in sorted(lengths)
    }


@case(
    "E2E/SRV/DT/BI-iv-CBC",
    IV_CBC,
    EVENT,
    pics=SERVER_SEPARATE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_iv_cbc() -> Iterator[Conversation]:
    """Data without an iv of 16 octets for AES-CBC are answered by a server with aes-init-vector-required."""
    return aborts(Role.SERVER, IV_CBC, ONE_SEPARATE, no_ivs, CBC_IV)


@case(
    "E2E/CLI/DT/BI-iv-CBC",
    IV_CBC,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_iv_cbc() -> Iterator[Conversation]:
    """Data without an iv of 16 octets for AES-CBC are answered by a client with aes-init-vector-required."""
    return aborts(Role.CLIENT, IV_CBC, ONE_SEPARATE, no_ivs, CBC_IV)


@case("E2E/SRV/DT/BI-iv-AE", IV_AE, EVENT, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_iv_ae() -> Iterator[Conversation]:
    """Data without an iv of 12 octets for authenticated encryption are answered by a server with
    gmac-init-vector-required.
    """
    return aborts(Role.SERVER, IV_AE, ONE_AE, no_ivs, GCM_IV)


@case("E2E/CLI/DT/BI-iv-AE", IV_AE, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_iv_ae() -> Iterator[Conversation]:
    """Data without an iv of 12 octets for authenticated encryption are answered by a client with
    gmac-init-vector-required.
    """
    return aborts(Role.CLIENT, IV_AE, ONE_AE, no_ivs, GCM_IV)
