"""Algorithms that a server cannot take of an offer (rows 14, 15, 17 and 20 of clause 14; 11-decisions 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CBC,
    CLEAR_SERVER,
    GCM,
    OPTIONAL_TAG_LENGTHS,
    SEPARATE_SERVER,
)
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.denials import Denied, denied_each
from conform62351.suites.native.identifiers import (
    HMAC,
    NULL,
    UNKNOWN,
    Identifier,
    aea,
    in_mode,
    named,
    non_aea,
    tags_of,
    with_parameters,
)
from conform62351.suites.native.refusals import SENT, Way, beginning, refused, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.steps import Conversation, conversation

HMAC_ALGORITHM = "R-E2E-hmac-not-supported"
AE_MISSING = "R-E2E-AE-not-supported"
AE_ALGORITHMS = "R-E2E-AE-algorithms-not-supported"
ENCRYPTION_ALGORITHMS = "R-E2E-encryption-algorithms-not-supported"
ICV_ALGORITHMS = "R-E2E-ICV-algorithms-not-supported"

Identifiers = Mapping[str, Identifier]

OCTET_STRING: Final = "0400"
SEQUENCE: Final = "3000"


def _plain(oid: str) -> Identifier:
    return {"oid": oid, "parameters": None}


def _with_null(oid: str) -> Identifier:
    return {"oid": oid, "parameters": NULL}


NOT_HMAC: Final[Identifiers] = {
    "an unknown one": UNKNOWN,
    "hmacWithSHA1": _with_null("1.2.840.113549.2.7"),
    "hmacWithSHA384": _with_null("1.2.840.113549.2.10"),
    "hmacWithSHA512": _with_null("1.2.840.113549.2.11"),
    "a hash": _plain("2.16.840.1.101.3.4.2.1"),
    "an OCTET STRING as parameters": with_parameters(HMAC, OCTET_STRING),
    "a SEQUENCE as parameters": with_parameters(HMAC, SEQUENCE),
}
"""Identifiers that are no HMAC of Table 13."""
NOT_GCM: Final[Identifiers] = {
    "an unknown one": UNKNOWN,
    "aes192-GCM": _plain("2.16.840.1.101.3.4.1.26"),
    "aes128-CCM": _plain("2.16.840.1.101.3.4.1.7"),
    "aes128-CBC": named("aes128-CBC"),
    "NULL as parameters": with_parameters("aes256-GCM", NULL),
    "an OCTET STRING as parameters": with_parameters("aes256-GCM", OCTET_STRING),
    "no nonce in the parameters": with_parameters("aes256-GCM", SEQUENCE),
    "no tag": tags_of(0),
    "tags of 8 octets": tags_of(8),
    "tags of 11 octets": tags_of(11),
    "tags of 17 octets": tags_of(17),
    "tags of less than no octet": tags_of(0xF4),
}
"""Identifiers that are no GCM of Table 13, or have a form that is not understood."""
NOT_CBC: Final[Identifiers] = {
    "an unknown one": UNKNOWN,
    "aes192-CBC": with_parameters("aes128-CBC", f"0410{'00' * 16}") | {"oid": "2.16.840.1.101.3.4.1.22"},
    "aes128-ECB": _plain("2.16.840.1.101.3.4.1.1"),
    "Triple-DES": _plain("1.2.840.113549.3.7"),
    "aes128-GCM": named("aes128-GCM"),
    "NULL as parameters": with_parameters("aes256-CBC", NULL),
    "a SEQUENCE as parameters": with_parameters("aes256-CBC", SEQUENCE),
}
"""Identifiers that are no CBC of Table 13, or have a form that is not understood."""
NOT_ICV: Final[Identifiers] = {
    "an unknown one": UNKNOWN,
    "hmacWithSHA1": _with_null("1.2.840.113549.2.7"),
    "hmacWithSHA512": _with_null("1.2.840.113549.2.11"),
    "aes128-CBC": named("aes128-CBC"),
    "an OCTET STRING as parameters": with_parameters(HMAC, OCTET_STRING),
    "GMAC with NULL as parameters": with_parameters("aes128-GCM", NULL),
    "GMAC of 11 octets": tags_of(11),
    "GMAC of 17 octets": tags_of(17),
}
"""Identifiers that are no ICV of Table 13, or have a form that is not understood."""


def hmac(role: Role, value: Identifier) -> Way:
    """Return the handshake with this as hmac."""
    return way(SetField(pdu=SENT[role].token, field="hmac", value=value))


def _each(
    requirement: str, row: str, ways: Mapping[str, Way], pics: str, name: str = ""
) -> Iterator[Conversation]:
    for label, sent in ways.items():
        steps = refused(requirement, (row,), Role.SERVER, sent)
        yield conversation(
            beginning(Role.SERVER), steps, label=f"{name}, {label}" if name else label, pics=pics
        )


def _ae(*algorithms: Identifier) -> Way:
    return way(*in_mode(Role.SERVER, aea(*algorithms)))


def _separate(encryption: tuple[Identifier, ...], integrity: tuple[Identifier, ...]) -> Way:
    return way(*in_mode(Role.SERVER, non_aea(integrity, encryption)))


def _clear(*integrity: Identifier) -> Way:
    return way(*in_mode(Role.SERVER, non_aea(integrity), protected=False))


def _alone(
    mode: ModeName,
    *,
    ae: tuple[str, ...] = (),
    encryption: tuple[str, ...] = (),
    integrity: tuple[str, ...] = (),
) -> Way:
    """Return the HandshakeReq that offers these algorithms alone."""
    return way(handshake=Handshake(mode=mode, ae=ae, encryption=encryption, integrity=integrity))


@case(
    "E2E/SRV/SELECT/BI-hmac",
    HMAC_ALGORITHM,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_hmac() -> Iterator[Conversation]:
    """A server answers hmac-algorithm-not-supported when the HMAC for keys is another than
    hmacWithSHA256, or has parameters that do not go with it.
    """
    ways = {label: hmac(Role.SERVER, value) for label, value in NOT_HMAC.items()}
    return refuses_each(Role.SERVER, HMAC_ALGORITHM, "14", ways)


@case(
    "E2E/CLI/SELECT/BI-hmac",
    HMAC_ALGORITHM,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_hmac() -> Iterator[Conversation]:
    """A client answers hmac-algorithm-not-supported when a HandshakeAcc does not repeat the HMAC for keys."""
    ways = {label: hmac(Role.CLIENT, value) for label, value in NOT_HMAC.items()}
    return refuses_each(Role.CLIENT, HMAC_ALGORITHM, "14", ways)


@case(
    "E2E/SRV/SELECT/BI-AE-algorithms",
    AE_ALGORITHMS,
    AE_MISSING,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_ae_algorithms() -> Iterator[Conversation]:
    """A server answers aea-algorithms-not-supported when no algorithm of authenticated encryption is
    offered that it has, by Table 13 and by its PICS; one that denies authenticated encryption as a whole
    answers encr-mode-aea-not-supported.
    """
    ways = {label: _ae(value) for label, value in NOT_GCM.items()} | {"all of these": _ae(*NOT_GCM.values())}
    yield from _each(AE_ALGORITHMS, "17", ways, "T11.AE.server")
    denied = {
        f"tags of {length} octets": Denied(
            f"T11.AE.server and not E2E.tag-length-{length}.server",
            _alone("ae", ae=tuple(f"{name}/{length}" for name in GCM)),
        )
        for length in OPTIONAL_TAG_LENGTHS
    }
    denied |= {
        name: Denied(
            f"T11.AE.server and not T13.{name}.server", _alone("ae", ae=(f"{name}/12", f"{name}/16"))
        )
        for name in GCM
    }
    yield from denied_each(Role.SERVER, AE_ALGORITHMS, "17", denied)
    missing = {"authenticated encryption": Denied("not T11.AE.server", _alone("ae"))}
    yield from denied_each(Role.SERVER, AE_MISSING, "15", missing)


@case(
    "E2E/SRV/SELECT/BI-encryption-algorithms",
    ENCRYPTION_ALGORITHMS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_encryption_algorithms() -> Iterator[Conversation]:
    """A server answers encrypt-algorithms-not-supported when no algorithm of encryption with a separate
    ICV is offered that it has, by Table 13 and by its PICS.
    """
    good = (named(HMAC),)
    ways = {label: _separate((value,), good) for label, value in NOT_CBC.items()}
    ways["all of these"] = _separate(tuple(NOT_CBC.values()), good)
    yield from _each(ENCRYPTION_ALGORITHMS, "20.1", ways, SEPARATE_SERVER)
    denied = {
        name: Denied(
            f"E2E.non-AE-encryption.server and not T13.{name}.server", _alone("separate", encryption=(name,))
        )
        for name in CBC
    }
    integrity = "E2E.integrity-only.server and not E2E.non-AE-encryption.server"
    denied["encryption"] = Denied(integrity, _alone("separate"))
    yield from denied_each(Role.SERVER, ENCRYPTION_ALGORITHMS, "20.1", denied)
    missing = {"all but authenticated encryption": Denied("not T11.non-AE.server", _alone("separate"))}
    yield from denied_each(Role.SERVER, ENCRYPTION_ALGORITHMS, ("20.1", "20.2", "18"), missing)


@case(
    "E2E/SRV/SELECT/BI-ICV-algorithms",
    ICV_ALGORITHMS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_icv_algorithms() -> Iterator[Conversation]:
    """A server answers icv-algorithms-not-supported when no algorithm of an ICV is offered that it has,
    by Table 13 and by its PICS, beside encryption or alone.
    """
    encryption = (named("aes256-CBC"),)
    every = {label: (value,) for label, value in NOT_ICV.items()} | {"all of these": tuple(NOT_ICV.values())}
    beside = {label: _separate(encryption, values) for label, values in every.items()}
    alone = {label: _clear(*values) for label, values in every.items()}
    yield from _each(ICV_ALGORITHMS, "20.2", beside, SEPARATE_SERVER, "beside encryption")
    yield from _each(ICV_ALGORITHMS, "20.2", alone, CLEAR_SERVER, "alone")
    yield from denied_each(Role.SERVER, ICV_ALGORITHMS, "20.2", _denied_icvs())
    missing = {"an ICV alone": Denied("T11.non-AE.server and not E2E.integrity-only.server", _alone("clear"))}
    yield from denied_each(Role.SERVER, ICV_ALGORITHMS, ("23.2", "20.2"), missing)
    missing = {"all but authenticated encryption": Denied("not T11.non-AE.server", _alone("clear"))}
    yield from denied_each(Role.SERVER, ICV_ALGORITHMS, ("20.2", "18", "23.2"), missing)


def _denied_icvs() -> Mapping[str, Denied]:
    lengths = {
        f"GMAC of {length} octets": Denied(
            f"E2E.integrity-only.server and not E2E.tag-length-{length}.server",
            _alone("clear", integrity=tuple(f"{name}/{length}" for name in GCM)),
        )
        for length in OPTIONAL_TAG_LENGTHS
    }
    names = {f"{name}-ICV": (f"{name}/12", f"{name}/16") for name in GCM} | {HMAC: (HMAC,)}
    return lengths | {
        row: Denied(
            f"E2E.integrity-only.server and not T13.{row}.server", _alone("clear", integrity=algorithms)
        )
        for row, algorithms in names.items()
    }
