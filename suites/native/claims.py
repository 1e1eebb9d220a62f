"""What the PICS claims of Tables 11 and 13, and what it denies, as it is on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.agreements import (
    CBC,
    CLEAR_CLIENT,
    GCM,
    HMAC,
    OPTIONAL_TAG_LENGTHS,
    SEPARATE_CLIENT,
    TAG_LENGTHS,
    code,
)
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_connection_on,
)
from conform62351.suites.native.credentials import CREDENTIALS, SIGNATURES
from conform62351.suites.native.pairs import GROUPS
from conform62351.suites.osi.conversations import ASSOCIATION_REFUSAL_FORMS, client_request, client_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Verify,
    conversation,
)

WIRE: Final = "R-PICS-wire"
"""What the PICS says is so on the wire: where it is not, that is a mismatch of the declaration."""
NUMBERS: Final = {"modp-2048": 14, "group-23": 23, "brainpoolP256r1": 28}
OFFERED: Final = "E2E.listed"
OFFERED_MODE: Final = "E2E.HandshakeReq.token1.encr_mode"
OFFERED_GROUPS: Final = "E2E.HandshakeReq.token1.dhKey.*.dhGroup"


def _offers() -> Iterator[tuple[str, str, Handshake]]:
    """Yield what a server may have, the items of the PICS that it stands for, and the offer of it alone."""
    for name in GCM:
        how = Handshake(mode="ae", ae=(f"{name}/12",))
        yield name, f"T11.AE.server and {code(Role.SERVER, name)}", how
    for name in CBC:
        how = Handshake(mode="separate", encryption=(name,))
        yield name, f"E2E.non-AE-encryption.server and {code(Role.SERVER, name)}", how
    integrity = {HMAC: HMAC} | {f"{name}/12": f"{name}-ICV" for name in GCM}
    for by, row in integrity.items():
        how = Handshake(mode="clear", integrity=(by,))
        yield f"ICV by {by}", f"E2E.integrity-only.server and {code(Role.SERVER, row)}", how
    for length in OPTIONAL_TAG_LENGTHS:
        how = Handshake(mode="ae", ae=tuple(f"{name}/{length}" for name in GCM))
        yield f"tags of {length} octets", f"T11.AE.server and E2E.tag-length-{length}.server", how
    for group, item in GROUPS.items():
        yield f"group {NUMBERS[group]}", f"{item}.server", Handshake(groups=(group,))
    for credential, row in CREDENTIALS.items():
        claimed = code(Role.SERVER, row, SIGNATURES[credential])
        yield f"partners with {row}", claimed, Handshake(credential=credential)


@case("E2E/SRV/CLAIMS/BV-algorithms", WIRE, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_claims() -> Iterator[Conversation]:
    """A server associates by what its PICS claims of Tables 11 and 13, and refuses what it denies.

    A mismatch is one of the declaration, and not a fault of security.
    """
    for label, claimed, how in _offers():
        for is_claimed in (True, False):
            due = (ASSOCIATED,) if is_claimed else ASSOCIATION_REFUSAL_FORMS
            yield conversation(
                server_connection_on(0),
                Associate(handshake=how),
                expect(WIRE, *due, severity=Severity.DECLARATION, limit="limit.associate"),
                label=f"{label}, {'claimed' if is_claimed else 'denied'}",
                pics=claimed if is_claimed else f"not ({claimed})",
            )


def _is_offered(field: str, what: Mapping[str, Sequence[str | int]]) -> Iterator[Conversation]:
    """Show that a client's offer holds what each condition claims, and what it denies not."""
    for claimed, values in what.items():
        for is_claimed in (True, False):
            wanted: dict[str, Any] = {"includes" if is_claimed else "excludes": tuple(values)}
            yield conversation(
                client_request,
                Verify(requirement=WIRE, field=field, severity=Severity.DECLARATION, **wanted),
                label=f"{', '.join(map(str, values))}, {'claimed' if is_claimed else 'denied'}",
                pics=claimed if is_claimed else f"not ({claimed})",
            )


def _gcm(suffix: str = "") -> dict[str, tuple[str, ...]]:
    """Return the conditions of GCM, or of GMAC, with tags of each length."""
    offers: dict[str, tuple[str, ...]] = {}
    for name in GCM:
        row = code(Role.CLIENT, f"{name}{suffix}")
        offers[row] = tuple(f"{name}/{length}" for length in TAG_LENGTHS)
        for length in OPTIONAL_TAG_LENGTHS:
            offers[f"{row} and E2E.tag-length-{length}.client"] = (f"{name}/{length}",)
    return offers


@case("E2E/CLI/CLAIMS/BV-AE", WIRE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_claims() -> Iterator[Conversation]:
    """A client offers the groups and algorithms of authenticated encryption that its PICS claims, and none
    that it denies.
    """
    groups = {f"{item}.client": (NUMBERS[name],) for name, item in GROUPS.items()}
    yield from _is_offered(OFFERED_GROUPS, groups)
    yield from _is_offered(OFFERED, _gcm())


@case("E2E/CLI/CLAIMS/BV-separate", WIRE, pics=SEPARATE_CLIENT, configuration=NATIVE_SEPARATE)
def client_separate_claims() -> Iterator[Conversation]:
    """A client offers the algorithms of encryption with a separate ICV that its PICS claims, and none that it
    denies.
    """
    rows = {code(Role.CLIENT, name): (name,) for name in (*CBC, HMAC)}
    yield from _is_offered(OFFERED, {**rows, **_gcm("-ICV")})


@case("E2E/CLI/CLAIMS/BV-integrity", WIRE, pics=CLEAR_CLIENT, configuration=NATIVE_CLEAR)
def client_clear_claims() -> Iterator[Conversation]:
    """A client that does not encrypt offers the ICVs that its PICS claims, and none that it denies."""
    yield from _is_offered(OFFERED, {code(Role.CLIENT, HMAC): (HMAC,), **_gcm("-ICV")})


encrypts: Final = Verify(
    requirement=WIRE, field="E2E.mode", is_in=("ae", "separate"), severity=Severity.DECLARATION
)
"""The data of the association are encrypted, in whatever way."""


def _without(member: str, *conditions: str) -> Iterator[Conversation]:
    """Show, under each of these conditions, that a client's offer does not have this member of encr-mode."""
    for pics in conditions:
        field = f"{OFFERED_MODE}.{member}"
        absent = Verify(requirement=WIRE, field=field, absent=True, severity=Severity.DECLARATION)
        yield conversation(client_request, absent, label=pics, pics=pics)


@case(
    "E2E/CLI/CLAIMS/BI-AE",
    WIRE,
    pics=f"{CLIENT} and not T11.AE.client",
    configuration=NATIVE,
    denies=True,
)
def client_denies_ae() -> Iterator[Conversation]:
    """A client that denies authenticated encryption does not offer it."""
    return _without("algorithms", "not T11.AE.client")


@case(
    "E2E/CLI/CLAIMS/BI-separate",
    WIRE,
    pics=f"{CLIENT} and not (T11.non-AE.client and E2E.non-AE-encryption.client)",
    configuration=NATIVE_SEPARATE,
    denies=True,
)
def client_denies_separate() -> Iterator[Conversation]:
    """A client that denies encryption with a separate ICV, or all of non-AE, does not offer it.

    That shows in a configuration of the PIXIT that is for it.
    """
    yield from _without("icvAlgID", "not T11.non-AE.client")
    yield from _without("encr", "T11.non-AE.client and not E2E.non-AE-encryption.client")


@case(
    "E2E/CLI/CLAIMS/BI-integrity",
    WIRE,
    pics=f"{CLIENT} and not (T11.non-AE.client and E2E.integrity-only.client)",
    configuration=NATIVE_CLEAR,
    denies=True,
)
def client_denies_integrity() -> Iterator[Conversation]:
    """A client that denies an ICV alone, or all of non-AE, does not offer it.

    That shows in a configuration of the PIXIT that is for it.
    """
    yield from _without("icvAlgID", "not T11.non-AE.client")
    pics = "T11.non-AE.client and not E2E.integrity-only.client"
    yield conversation(client_association(), client_usable(WIRE), encrypts, label=pics, pics=pics)


RSA_BASELINE: Final = "E2E/CLI/CERT/BV-partner-RSA"
_PARTNERS: Final = {
    "RSA": ("e2e-rsa", CLIENT_BASELINE),
    "secp256r1": ("e2e", RSA_BASELINE),
    "brainpoolP256r1": ("e2e-brainpool", RSA_BASELINE),
}
"""The credentials by the end of the identifier, and what shows that the client takes another one."""


def _register_partner(name: str) -> None:
    credential, baseline = _PARTNERS[name]
    rows = code(Role.CLIENT, CREDENTIALS[credential], SIGNATURES[credential])

    def make() -> Conversation:
        return conversation(
            client_request,
            AnswerAssociation(handshake=Handshake(credential=credential)),
            Act(action="send-request", may_fail=True),
            refuse(WIRE, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate", severity=Severity.DECLARATION),
            label=f"not ({rows})",
            pics=f"not ({rows})",
        )

    make.__doc__ = f"""A client refuses a server whose certificate has a key, {name}, that its PICS denies, or
    which signs in a way that it denies.
    """
    case(
        f"E2E/CLI/CLAIMS/BI-partner-{name}",
        WIRE,
        pics=f"{CLIENT} and not ({rows})",
        baseline=baseline,
        configuration=NATIVE,
    )(make)


for _name in _PARTNERS:
    _register_partner(_name)
