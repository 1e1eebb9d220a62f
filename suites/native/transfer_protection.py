"""ICVs and tags that do not verify, or are by another algorithm: rows 4 and 6 of the checks, all alarms."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.transfers import (
    ALGORITHM,
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ICV,
    SERVER_NON_AE,
    Mutations,
    aborts,
    every,
)
from conform62351.suites.native.ways import AE, CLEAR, SEPARATE, Way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Crop, Edit, EditTlv, FlipBit, SetField
from conform62351.tooling.engine.steps import Conversation

OTHER_ALGORITHM = "R-E2E-transfer-ICV-algorithm"
ALTERED = "R-E2E-transfer-ICV"
WHOLE = "R-E2E-transfer-ICV-whole"

NON_AE = every((*SEPARATE, *CLEAR))
EACH = (AE, SEPARATE, *every(CLEAR))
"""One way of each mode, and one with a nonce."""
UNKNOWN_OID = "1.2.3.4"


def other_algorithms(way: Way) -> dict[str, Mutations]:
    """Return Authenticators that name another algorithm than that which has made their ICV."""
    others = {
        "hmacWithSHA256": identifier(algorithm("hmacWithSHA256")),
        "aes128-GCM of 12 octets": identifier(algorithm("aes128-GCM", 12)),
        "aes256-GCM of 13 octets": identifier(algorithm("aes256-GCM", 13)),
    }
    stated = {
        label: (other.oid, "" if other.parameters is None else other.parameters.hex())
        for label, other in others.items()
        if label != way.integrity
    }
    found: dict[str, Mutations] = {
        label: (
            SetField(pdu=f"{way.data}.auth", field="algorithm", value={"oid": oid, "parameters": parameters}),
        )
        for label, (oid, parameters) in stated.items()
    }
    return found | {
        "of nobody": (SetField(pdu=f"{way.data}.auth", field="algorithm.oid", value=UNKNOWN_OID),)
    }


@case(
    "E2E/SRV/DT/BI-ICV-algorithm",
    OTHER_ALGORITHM,
    EVENT,
    pics=SERVER_NON_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_algorithm() -> Iterator[Conversation]:
    """An Authenticator that names another algorithm than the agreed one makes a server end the association
    without a diagnostic.
    """
    return aborts(Role.SERVER, OTHER_ALGORITHM, NON_AE, other_algorithms, ALGORITHM)


@case(
    "E2E/CLI/DT/BI-ICV-algorithm-separate",
    OTHER_ALGORITHM,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_other_algorithm_separate() -> Iterator[Conversation]:
    """An Authenticator beside encrypted data that names another algorithm than the agreed one makes a client
    end the association without a diagnostic.
    """
    return aborts(Role.CLIENT, OTHER_ALGORITHM, every(SEPARATE), other_algorithms, ALGORITHM)


@case(
    "E2E/CLI/DT/BI-ICV-algorithm-clear",
    OTHER_ALGORITHM,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_other_algorithm_clear() -> Iterator[Conversation]:
    """An Authenticator of a ClearTransfer that names another algorithm than the agreed one makes a client end
    the association without a diagnostic.
    """
    return aborts(Role.CLIENT, OTHER_ALGORITHM, every(CLEAR), other_algorithms, ALGORITHM)


def altered(way: Way) -> dict[str, Mutations]:
    """Return one change for each part that ICV or tag cover, and of themselves."""
    is_ae = way.mode == "ae"
    # The tag of authenticated encryption has been made when tbp is put together, an ICV is made of tbp.
    token2 = (f"{way.data}.tbp", "30/30") if is_ae else (way.data, "30/30/30")
    pdu, path = token2

    def content(element: str, octets: bytes) -> Mutations:
        return (EditTlv(pdu=pdu, path=f"{path}/{element}", edit=Edit.CONTENT, octets=octets),)

    found: dict[str, Mutations] = {
        "the last octet": (FlipBit(pdu=way.data, at=-1),),
        "seq": content("02", b"\x01"),
        "changedKey put in": (EditTlv(pdu=pdu, path=path, edit=Edit.APPEND, octets=b"\x83\x01\xff"),),
    }
    if way.encryption:
        found["iv"] = content("80", bytes(12 if is_ae else 16))
    if is_ae:
        found["the ciphertext"] = (FlipBit(pdu=f"{way.data}.sealed", at=0),)
        found["the additional authenticated data"] = (FlipBit(pdu=f"{way.data}.aad", at=-1),)
    elif way.encryption:
        found["the ciphertext"] = (
            EditTlv(pdu=way.data, path="30/30/04", edit=Edit.CONTENT, octets=bytes(32)),
        )
    else:
        found["an element behind applData"] = (
            EditTlv(pdu=way.data, path="30/30", edit=Edit.APPEND, octets=b"\x9f\x64\x01\x2a"),
        )
    if way.integrity.startswith("aes"):
        found["the nonce"] = (EditTlv(pdu=way.data, path="30/30[1]/04", edit=Edit.CONTENT, octets=bytes(12)),)
    return found


@case("E2E/SRV/DT/BI-altered", ALTERED, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_altered() -> Iterator[Conversation]:
    """Data of which one part is another than was protected make a server end the association without a
    diagnostic, whichever part it is.
    """
    return aborts(Role.SERVER, ALTERED, EACH, altered, ICV)


@case("E2E/CLI/DT/BI-altered", ALTERED, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_altered() -> Iterator[Conversation]:
    """Data with authenticated encryption, of which one part is another than was protected, make a client end
    the association without a diagnostic.
    """
    return aborts(Role.CLIENT, ALTERED, every(AE), altered, ICV)


@case(
    "E2E/CLI/DT/BI-altered-separate",
    ALTERED,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_altered_separate() -> Iterator[Conversation]:
    """Encrypted data with an ICV, of which one part is another than was protected, make a client end the
    association without a diagnostic.
    """
    return aborts(Role.CLIENT, ALTERED, every(SEPARATE), altered, ICV)


@case(
    "E2E/CLI/DT/BI-altered-clear",
    ALTERED,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_altered_clear() -> Iterator[Conversation]:
    """A ClearTransfer of which one part is another than was protected makes a client end the association
    without a diagnostic.
    """
    return aborts(Role.CLIENT, ALTERED, every(CLEAR), altered, ICV)


def shortened(way: Way) -> dict[str, Mutations]:
    """Return ICVs and tags of fewer octets than were agreed."""
    if way.mode == "ae":
        tag = int(way.encryption.rpartition("/")[2])
        pdu, path = f"{way.data}.tbp", "30/04"
        counts = {"one octet less": -1, "four octets less": -4, "none of it": -tag, "and no ciphertext": 0}
    else:
        pdu, path = way.data, "30/30[1]/04[-1]"
        counts = {"one octet less": -1, "four octets": 4, "one octet": 1, "none of it": 0}
    return {label: (Crop(pdu=pdu, path=path, keep=keep),) for label, keep in counts.items()}


@case("E2E/SRV/DT/BI-ICV-short", WHOLE, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_shortened() -> Iterator[Conversation]:
    """An ICV or a tag that is cut short, or empty, makes a server end the association without a diagnostic,
    even if what is there is right.
    """
    return aborts(Role.SERVER, WHOLE, EACH, shortened, ICV)


@case("E2E/CLI/DT/BI-ICV-short", WHOLE, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_shortened() -> Iterator[Conversation]:
    """A tag of authenticated encryption that is cut short, or missing, makes a client end the association
    without a diagnostic.
    """
    return aborts(Role.CLIENT, WHOLE, every(AE), shortened, ICV)


@case(
    "E2E/CLI/DT/BI-ICV-short-clear",
    WHOLE,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_shortened_clear() -> Iterator[Conversation]:
    """An ICV that is cut short, or empty, makes a client end the association without a diagnostic, even if
    what is there is right.
    """
    return aborts(Role.CLIENT, WHOLE, every(CLEAR), shortened, ICV)
