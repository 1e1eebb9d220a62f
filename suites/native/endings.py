"""What may be wrong with a reject, an abort or a release, and how it ends (clause 14, rows 1 to 4, 6 to 11).

Rejects, aborts and ReleaseRsp are not answered, whatever is wrong with them: the association ends, and the
log tells what was found. A faulty ReleaseReq is answered by DtSecAbort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from conform62351.profiles.crypto.signatures import ECDSA_WITH_SHA256
from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    logged,
    server_association,
)
from conform62351.suites.native.handshake_identity import VERSIONS
from conform62351.suites.native.handshake_time import OTHER_FORMS, SIDES
from conform62351.suites.osi.conversations import Steps, client_associates, server_associates
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import CHAIN, Signing
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Edit,
    EditTlv,
    FlipBit,
    SetField,
    SetText,
    SetTime,
)
from conform62351.tooling.engine.native_outcomes import RELEASE_REQUESTED_SECURELY, EndingRow
from conform62351.tooling.engine.native_steps import SecPduName
from conform62351.tooling.engine.outcomes import ENDED, expect, reach, refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    AnswerRelease,
    AnyStep,
    Conversation,
    Release,
    SendSecPdu,
    conversation,
)

ABORTS: Final[Mapping[Role, tuple[SecPduName, ...]]] = {
    Role.SERVER: ("HandshakeSecAbort", "DtSecAbort", "ApplAbort"),
    Role.CLIENT: ("DtSecAbort", "ApplAbort"),
}
REJECTS: Final[tuple[SecPduName, ...]] = ("ApplicationReject", "HandshakeSecReject")
REQUEST: Final[SecPduName] = "ReleaseReq"
RESPONSE: Final[SecPduName] = "ReleaseRsp"
"""The SecPDUs that can come to a DUT, by its role where that matters."""

SERVER_RELEASES: Final = f"{SERVER} and E2E.release-initiation.server"
CLIENT_RELEASES: Final = f"{CLIENT} and OSI.release-initiation.client"

server_case = partial(case, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
client_case = partial(case, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=NATIVE)
server_asks_case = partial(case, pics=SERVER_RELEASES, baseline=SERVER_BASELINE, configuration=NATIVE)
client_asks_case = partial(case, pics=CLIENT_RELEASES, baseline=CLIENT_BASELINE, configuration=NATIVE)
"""Cases in native mode; the last two are for devices that ask for a release by themselves."""

RSA: Final = "e2e-rsa"
STRANGE_NUMBERS: Final = "999:998"
NO_SERVER: Final = "998"
NULL: Final = b"\x05\x00"
DAY_S: Final = 86_400.0
UNREADABLE: Final = ("bad/truncated", "bad/pem")
AGAINST_RULES: Final = ("bad/v1", "bad/sha1", "bad/ca-flag", "bad/common-name")
WITHOUT_TRUST: Final = (
    "bad/expired",
    "bad/not-yet-valid",
    "bad/revoked-crl",
    "bad/unknown-ca",
    "bad/self-signed",
)
OTHER_SUBJECT: Final = "bad/other-subject"


PUT_IN: Final[Mapping[str, tuple[str, str]]] = {
    "ApplicationReject": ("a1/30", "8b00"),
    "HandshakeSecReject": ("a2/30", "0a0101"),
    "HandshakeSecAbort": ("a0/30", "0a0101"),
    "DtSecAbort": ("a1/30", "0a0101"),
    "ApplAbort": ("a2/30", "8b00"),
    "ReleaseReq": ("30/30", "8b00"),
    "ReleaseRsp": ("30/30", "8c00"),
}
"""What may stand behind a token, and can be put into a tbs that is signed: a conclude, or a diagnostic."""


@dataclass(frozen=True)
class Way:
    """One way to send a SecPDU: the changes to it, and how it is signed."""

    mutations: tuple[AnyMutation, ...] = ()
    signing: Signing | None = None


Ways = Mapping[str, Way]


def way(*mutations: AnyMutation, signing: Signing | None = None) -> Way:
    """Return a way to send a SecPDU."""
    return Way(mutations, signing)


def by_credential(*names: str) -> Ways:
    """Return the SecPDU with the certificate of each of ``names``, signed by its key."""
    return {name: way(signing=Signing(credential=name)) for name in names}


def token_of(pdu: str) -> str:
    """Return the name of the token of ``pdu``."""
    return f"E2E.{pdu}.token"


def _inside(pdu: str, path: str, edit: Edit, octets: bytes = b"") -> Way:
    return way(EditTlv(pdu=f"E2E.{pdu}.tbs", path=f"30/30{path}", edit=edit, octets=octets))


def form(pdu: str) -> Ways:
    """Return SecPDUs that do not decode, all but the last signed as they are sent."""
    return {
        "without sigAlg": _inside(pdu, "/30", Edit.DROP),
        "without time": _inside(pdu, "/18", Edit.DROP),
        "without pkCert": _inside(pdu, "/04", Edit.DROP),
        "its time twice": _inside(pdu, "/18", Edit.DOUBLE),
        "pkCert as a NULL": _inside(pdu, "/04", Edit.REPLACE, NULL),
        "an empty token": _inside(pdu, "", Edit.CONTENT),
    }


def asso_id(pdu: str) -> Ways:
    """Return SecPDUs with another assoID than that of the association."""
    token = token_of(pdu)
    ways = {
        "another server's": way(SetText(pdu=token, field="assoID", pattern=f"{{0}}:{NO_SERVER}")),
        "another association's": way(SetField(pdu=token, field="assoID", value=STRANGE_NUMBERS)),
        "a leading zero": way(SetText(pdu=token, field="assoID", pattern="0{0}")),
        "an empty one": way(SetField(pdu=token, field="assoID", value="")),
    }
    if pdu != "HandshakeSecReject":
        ways["none"] = way(SetField(pdu=token, field="assoID"))
    if pdu not in (*REJECTS, "HandshakeSecAbort"):
        ways["the client's number alone"] = way(SetText(pdu=token, field="assoID", pattern="{0}"))
    return ways


def time_form(pdu: str) -> Ways:
    """Return SecPDUs whose time is written in a form that no reader takes."""
    return {form.value: way(SetTime(pdu=token_of(pdu), form=form)) for form in OTHER_FORMS}


def algorithm(pdu: str) -> Ways:
    """Return SecPDUs signed by what native mode does not have."""
    return {
        "by SHA-384": way(signing=Signing(algorithm="ecdsa-with-SHA384")),
        "by SHA-1 with RSA": way(signing=Signing(credential=RSA, algorithm="sha1WithRSAEncryption")),
        "by an unknown one": way(SetField(pdu=token_of(pdu), field="sigAlg.oid", value="1.2.3")),
    }


def mismatch(pdu: str) -> Ways:
    """Return SecPDUs whose signature is of another algorithm than is stated, or than the key is for."""
    ecdsa = SetField(
        pdu=f"E2E.{pdu}", field="sign.algo", value={"oid": ECDSA_WITH_SHA256, "parameters": None}
    )
    return {
        "ECDSA, RSA stated": way(ecdsa, signing=Signing(algorithm="sha256WithRSAEncryption")),
        "RSA, with a key on secp256r1": way(signing=Signing(key=RSA)),
        "ECDSA, with an RSA key": way(signing=Signing(credential=RSA, key="e2e")),
    }


def signature(pdu: str) -> Ways:
    """Return SecPDUs whose signature does not verify, one of them with a fault inside as well."""
    broken = FlipBit(pdu=f"E2E.{pdu}", at=-1)
    path, octets = PUT_IN[pdu]
    return {
        "something put in": way(
            EditTlv(pdu=f"E2E.{pdu}", path=path, edit=Edit.APPEND, octets=bytes.fromhex(octets))
        ),
        "one bit inverted": way(broken),
        "over the whole of tbs": way(signing=Signing(covers="whole")),
        "by another key": way(signing=Signing(key="e2e-brainpool")),
        "with a version that is not to be believed": way(
            SetField(pdu=token_of(pdu), field="version", value=(1,)), broken
        ),
        "with a time that is not to be believed": way(SetTime(pdu=token_of(pdu), shift=-DAY_S), broken),
    }


def path(_: str) -> Ways:
    """Return SecPDUs whose certPath is none, or has more in it than the path."""
    return {
        "no certificate in it": way(signing=Signing(path=(CHAIN, "bad/truncated"))),
        "a superfluous one": way(signing=Signing(path=(CHAIN, RSA))),
    }


def version(pdu: str) -> Ways:
    """Return SecPDUs without version 1."""
    return {
        label: way(SetField(pdu=token_of(pdu), field="version", value=bits))
        for label, bits in VERSIONS.items()
    }


def time(pdu: str) -> Ways:
    """Return SecPDUs whose time is outside the window."""
    token = token_of(pdu)
    sides = {f"in the {side}": way(SetTime(pdu=token, boundary=side, inside=False)) for side in SIDES}
    return {**sides, "a day before": way(SetTime(pdu=token, shift=-DAY_S))}


@dataclass(frozen=True)
class Row:
    """Rows of clause 14, and ``ways`` to violate the first of them with a SecPDU."""

    rows: tuple[str, ...]
    ways: Callable[[str], Ways]


FORM: Final = Row(("1.1",), form)
ASSO_ID: Final = Row(("1.2",), asso_id)
TIME_FORM: Final = Row(("1.5",), time_form)
ALGORITHM: Final = Row(("2",), algorithm)
MISMATCH: Final = Row(("3.1",), mismatch)
SIGNATURE: Final = Row(("4.2",), signature)
CERTIFICATE: Final = Row(("6.1",), lambda _: by_credential(*UNREADABLE, *AGAINST_RULES))
TRUST: Final = Row(("6.2",), lambda _: by_credential(*WITHOUT_TRUST))
PATH: Final = Row(("7.1",), path)
ADDRESS: Final = Row(("8",), lambda _: by_credential(OTHER_SUBJECT))
VERSION: Final = Row(("9",), version)
TIME: Final = Row(("10",), time)
AGAIN: Final = ("11", "1.2")
"""What comes again from another association is a replay, or has another assoID."""


def opened(role: Role, pdu: SecPduName, *, on: int = 0) -> Steps:
    """Return the steps up to where ``pdu`` can come to the DUT.

    That is an association, for a reject the AARQ of a client, for ReleaseRsp the ReleaseReq of the DUT; MMS
    requests that come before that are answered.
    """
    if role is Role.SERVER:
        steps = server_association(on=on)
    else:
        steps = client_request_on(on)
        if pdu not in REJECTS:
            steps += (AnswerAssociation(on=on),)
    return (*steps, *asks(on=on)) if pdu == RESPONSE else steps


def asks(*, on: int = 0) -> Steps:
    """Have the DUT release the association, and wait for its ReleaseReq."""
    return (
        Act(action="release", first=True),
        reach(RELEASE_REQUESTED_SECURELY, serve=True, limit="limit.associate", on=on),
    )


def sending(pdu: SecPduName, sent: Way, *, on: int = 0) -> AnyStep:
    """Return the step that sends ``pdu`` so."""
    if pdu == REQUEST:
        return Release(mutations=sent.mutations, signing=sent.signing, on=on)
    if pdu == RESPONSE:
        return AnswerRelease(mutations=sent.mutations, signing=sent.signing, on=on)
    return SendSecPdu(pdu=pdu, mutations=sent.mutations, signing=sent.signing, on=on)


def faulty(requirement: str, rows: tuple[str, ...], pdu: SecPduName, sent: Way, *, on: int = 0) -> Steps:
    """Show what becomes of a ``pdu`` that is ``sent`` so, against ``rows`` of clause 14; it is logged.

    A ReleaseReq is answered by DtSecAbort; with all else the association just ends.
    """
    due = EndingRow(rows[0], pdu, *rows[1:])
    answered = refuse(requirement, due.forms, on=on)
    ended = expect(requirement, ENDED, limit="limit.close", on=on)
    judged = answered if pdu == REQUEST else ended
    return (sending(pdu, sent, on=on), judged, logged(due.events, on=on))


def associates_again(role: Role, requirement: str, on: int = 1) -> Steps:
    """Show that the DUT associates once more."""
    associates = server_associates if role is Role.SERVER else client_associates
    return associates(requirement, on)


def ends_by_each(role: Role, requirement: str, row: Row, *pdus: SecPduName) -> Iterator[Conversation]:
    """Show what becomes of each of ``pdus`` in all ways that violate ``row``.

    Each begins with another association; behind the last the DUT associates once more.
    """
    ways = [(pdu, label, sent) for pdu in pdus for label, sent in row.ways(pdu).items()]
    for number, (pdu, label, sent) in enumerate(ways, 1):
        yield conversation(
            opened(role, pdu),
            faulty(requirement, row.rows, pdu, sent),
            associates_again(role, requirement) if number == len(ways) else (),
            label=f"{pdu}, {label}" if len(pdus) > 1 else label,
        )
