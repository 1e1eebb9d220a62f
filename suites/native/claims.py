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
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
    server_connection_on,
)
from conform62351.suites.native.credentials import CREDENTIALS
from conform62351.suites.native.pairs import GROUPS
from conform62351.suites.osi.conversations import ASSOCIATION_REFUSAL_FORMS, client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect
from conform62351.tooling.engine.steps import Associate, Conversation, Verify, conversation

WIRE: Final = "R-PICS-wire"
"""What the PICS says is so on the wire: where it is not, that is a mismatch of the declaration."""
NUMBERS: Final = {"modp-2048": 14, "group-23": 23, "brainpoolP256r1": 28}
OFFERED: Final = "E2E.listed"
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
        yield f"partners with {row}", code(Role.SERVER, row), Handshake(credential=credential)


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
