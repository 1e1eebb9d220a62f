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
from conform62351.suites.native.data_course import LONG_REPORT, VARIABLES
from conform62351.suites.native.transfers import (
    ALGORITHM,
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ICV,
    SERVER_NON_AE,
    Mutations,
    Ways,
    aborts,
    associated,
    every,
    refuses,
    renewing,
    reports,
    sends,
    tried,
)
from conform62351.suites.native.ways import AE, CLEAR, SEPARATE, Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Crop,
    Edit,
    EditTlv,
    FlipBit,
    Overwrite,
    SetField,
)
from conform62351.tooling.engine.steps import Conversation, Rekey, Request, conversation

OTHER_ALGORITHM = "R-E2E-transfer-ICV-algorithm"
ALTERED = "R-E2E-transfer-ICV"
WHOLE = "R-E2E-transfer-ICV-whole"

NON_AE = every((*SEPARATE, *CLEAR))
EACH = (AE, SEPARATE, *every(CLEAR))
"""One way of each mode, and one with a nonce."""
UNKNOWN_OID = "1.2.3.4"
ICV_OCTETS = {"hmacWithSHA256": 32}


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


def tag_octets(way: Way) -> int:
    """Return how many octets the tag of a way has, which stands at the end, or its GMAC."""
    return int((way.integrity or way.encryption).rpartition("/")[2])


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
    octets = ICV_OCTETS.get(way.integrity) or tag_octets(way)
    what = "tag" if is_ae else "ICV"
    found[f"the first octet of the {what}"] = (FlipBit(pdu=way.data, at=-octets),)
    found[f"the {what}, which is nothing but zeros"] = (
        Overwrite(pdu=way.data, at=-octets, octets=bytes(octets)),
    )
    if way.integrity.startswith("aes"):
        found["the nonce"] = (EditTlv(pdu=way.data, path="30/30[1]/04", edit=Edit.CONTENT, octets=bytes(12)),)
    return found


def alterations(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield data of which a part is another: in the first message, around a refresh of keys, in a long one,
    and to a client in a report.
    """
    yield from aborts(role, ALTERED, ways, altered, ICV)
    for way, pics in tried(role, ways):
        last = FlipBit(pdu=way.data, at=-1)
        refuse_it = refuses(ALTERED, role, way.data, ICV)
        begun = {
            "in the message that begins a refresh": (*associated(role, way), Rekey()),
            "in the first message under new keys": renewing(role, way),
            "in the next one": renewing(role, way, 1),
        }
        for label, before in begun.items():
            yield conversation(before, sends(role, last), refuse_it, label=f"{way.label}: {label}", pics=pics)
        unasked: dict[str, Steps] = {"in a long message": (long_read(last),)}
        if role is Role.CLIENT:
            unasked = {
                "in a long report": (reports(last, octets=LONG_REPORT),),
                "in a report": (reports(last),),
            }
        for label, message in unasked.items():
            yield conversation(
                associated(role, way, 1), message, refuse_it, label=f"{way.label}: {label}", pics=pics
            )


def long_read(*mutations: AnyMutation) -> Request:
    """Return a request of some thousand octets."""
    return Request(
        service="read",
        point="data.read",
        arguments={"repeat": VARIABLES},
        mutations=mutations,
        may_break=True,
    )


@case("E2E/SRV/DT/BI-altered", ALTERED, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_altered() -> Iterator[Conversation]:
    """Data of which one part is another than was protected make a server end the association without a
    diagnostic, whichever part it is.
    """
    return alterations(Role.SERVER, EACH)


@case("E2E/CLI/DT/BI-altered", ALTERED, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_altered() -> Iterator[Conversation]:
    """Data with authenticated encryption, of which one part is another than was protected, make a client end
    the association without a diagnostic.
    """
    return alterations(Role.CLIENT, every(AE))


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
    return alterations(Role.CLIENT, every(SEPARATE))


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
    return alterations(Role.CLIENT, every(CLEAR))


def shortened(way: Way) -> dict[str, Mutations]:
    """Return ICVs and tags of fewer octets than were agreed, and an ICV of more."""
    if way.mode == "ae":
        tag = int(way.encryption.rpartition("/")[2])
        pdu, path = f"{way.data}.tbp", "30/04"
        counts = {"one octet less": -1, "four octets less": -4, "none of it": -tag, "and no ciphertext": 0}
    else:
        pdu, path = way.data, "30/30[1]/04[-1]"
        counts = {"one octet less": -1, "four octets": 4, "one octet": 1, "none of it": 0}
    found: dict[str, Mutations] = {
        label: (Crop(pdu=pdu, path=path, keep=keep),) for label, keep in counts.items()
    }
    if way.mode != "ae":
        found["one octet more"] = (EditTlv(pdu=pdu, path=path, edit=Edit.APPEND, octets=b"\0"),)
    return found


@case("E2E/SRV/DT/BI-ICV-short", WHOLE, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_shortened() -> Iterator[Conversation]:
    """An ICV or a tag that is cut short, or empty, makes a server end the association without a diagnostic,
    even if what is there is right; so does an ICV with an octet more.
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
    what is there is right; so does one with an octet more.
    """
    return aborts(Role.CLIENT, WHOLE, every(CLEAR), shortened, ICV)
