"""The suites in the ClientHello of a DUT client (6.3.4.1): what it holds, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.pics.catalogue import catalogue
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.compatibility.conversations import COMPATIBILITY
from conform62351.suites.native.conversations import NATIVE_TLS
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, TLS
from conform62351.suites.tls.handshakes import begins
from conform62351.suites.tls.rows import mode, rows
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect
from conform62351.tooling.engine.steps import Conversation, Tls, Verify, conversation
from conform62351.tooling.engine.tls_names import COMPATIBILITY_SUITES, EXCLUDED, NATIVE_SUITES, NULL
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

MANDATORY_COMPATIBILITY: Final = "R-TLS-hello-mandatory-compatibility"
MANDATORY_NATIVE: Final = "R-TLS-hello-mandatory-native"
CLAIMED: Final = "R-TLS-hello-suites"
NONE_EXCLUDED: Final = "R-TLS-hello-excluded"
SUITES: Final = "TLS.ClientHello.suites"
MANDATORY: Final = "m"

_COMPATIBILITY: Final = mode(COMPATIBILITY_SUITES, Role.CLIENT)
_NATIVE: Final = mode(NATIVE_SUITES, Role.CLIENT)


def _hello(requirement: str) -> Steps:
    """Have the client say its ClientHello; what becomes of the handshake does not matter."""
    return (
        *begins(Role.CLIENT, Tls()),
        expect(requirement, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
    )


def _holds(requirement: str, suites: tuple[str, ...]) -> Conversation:
    return conversation(
        _hello(requirement),
        Verify(requirement=requirement, field=SUITES, includes=suites, severity=Severity.FUNCTION),
    )


def _mandatory(table: int) -> tuple[str, ...]:
    return tuple(item.row for item in rows(table, Role.CLIENT) if item.status == MANDATORY)


@case(
    "TLS/CLI/HELLO/BV-mandatory-compatibility",
    MANDATORY_COMPATIBILITY,
    pics=_COMPATIBILITY,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_mandatory_compatibility() -> Conversation:
    """The ClientHello of a client in compatibility mode holds TLS_DH_DSS_WITH_AES_256_CBC_SHA."""
    return _holds(MANDATORY_COMPATIBILITY, _mandatory(COMPATIBILITY_SUITES))


@case(
    "TLS/CLI/HELLO/BV-mandatory-native",
    MANDATORY_NATIVE,
    pics=_NATIVE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_TLS,
)
def client_mandatory_native() -> Conversation:
    """The ClientHello of a client in native mode holds the four mandatory suites of that mode."""
    return _holds(MANDATORY_NATIVE, _mandatory(NATIVE_SUITES))


def _as_claimed(table: int) -> Iterator[Conversation]:
    """Look for each row of a table, which is there where the PICS claims it, and not where it denies it."""
    for item in rows(table, Role.CLIENT):
        if NULL in item.row:
            continue
        for is_claimed in (True, False):
            listed = Verify(
                requirement=CLAIMED,
                field=SUITES,
                includes=(item.row,) if is_claimed else (),
                excludes=() if is_claimed else (item.row,),
                severity=Severity.DECLARATION,
            )
            yield conversation(
                _hello(CLAIMED),
                listed,
                label=f"{item.row}, {'claimed' if is_claimed else 'denied'}",
                pics=item.code if is_claimed else f"not {item.code}",
            )


@case(
    "TLS/CLI/HELLO/BV-suites-compatibility",
    CLAIMED,
    pics=_COMPATIBILITY,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_suites_compatibility() -> Iterator[Conversation]:
    """The ClientHello of a client in compatibility mode holds the suites of Table 9 that its PICS claims, and
    none of them that it denies.
    """
    return _as_claimed(COMPATIBILITY_SUITES)


@case(
    "TLS/CLI/HELLO/BV-suites-native",
    CLAIMED,
    pics=_NATIVE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_TLS,
)
def client_suites_native() -> Iterator[Conversation]:
    """The ClientHello of a client in native mode holds the suites of Table 12 that its PICS claims, and none
    of them that it denies.
    """
    return _as_claimed(NATIVE_SUITES)


@case(
    "TLS/CLI/HELLO/BV-excluded",
    NONE_EXCLUDED,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_excluded() -> Conversation:
    """The ClientHello of a client holds no suite that is disallowed, and none that does not encrypt."""
    items = [item for item in catalogue().items.values() if item.table == COMPATIBILITY_SUITES]
    unwanted = dict.fromkeys(item.row for item in items if item.status == EXCLUDED or NULL in item.row)
    return conversation(
        _hello(NONE_EXCLUDED),
        Verify(requirement=NONE_EXCLUDED, field=SUITES, excludes=tuple(unwanted), severity=Severity.SECURITY),
    )
