"""Suites of Table 9 that nobody may have, and those without encryption that nobody has enabled (6.3.4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.suites import suite_name
from conform62351.reports.model.verdict import Severity
from conform62351.suites.compatibility.conversations import COMPATIBILITY
from conform62351.suites.tls.handshakes import (
    DISALLOWED_SUITE,
    EVENT,
    NOT_OFFERED,
    begins,
    refused,
)
from conform62351.suites.tls.rows import mode
from conform62351.suites.tls.sides import BASELINES, SIDES
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect
from conform62351.tooling.engine.steps import Conversation, Tls, conversation
from conform62351.tooling.engine.tls_names import COMPATIBILITY_SUITES, suite_code, suites_of_the_standard
from conform62351.tooling.engine.tls_outcomes import established

OTHERS: Final = tuple(map(suite_name, suites_of_the_standard()))
"""The suites that a device may have."""
RC4: Final = ("TLS_RSA_WITH_RC4_128_SHA",)
ANONYMOUS: Final = ("TLS_DH_anon_WITH_AES_128_CBC_SHA", "TLS_DH_anon_WITH_AES_256_CBC_SHA")
NOTHING_AT_ALL: Final = "TLS_NULL_WITH_NULL_NULL"
WITHOUT_CIPHER: Final = (NOTHING_AT_ALL, "TLS_RSA_WITH_NULL_MD5")
NOT_ENABLED: Final = ("TLS_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_NULL_SHA256")

_PURPOSES: Final = {
    "RC4": (RC4, "A {role} has no connection with RC4, offered alone and beside others."),
    "anonymous": (
        ANONYMOUS,
        "A {role} has no connection in which nobody is authenticated, offered alone and beside others.",
    ),
    "null": (WITHOUT_CIPHER, "A {role} has no connection with the NULL suites that are disallowed."),
    "null-not-enabled": (
        NOT_ENABLED,
        "A {role} that has not been told to does not agree to a suite that does not encrypt, whatever it\n"
        "claims.",
    ),
}


def _requirement(suite: str) -> str:
    return f"R-{suite}"


def _row(suite: str, role: Role) -> str:
    """Return the code of the PICS: a device that has the suite does not have what it says."""
    return f"T{COMPATIBILITY_SUITES}.{suite}.{role.value}"


def _of_server(suites: Sequence[str], *, beside: bool) -> Iterator[Conversation]:
    """Offer each alone and, if that is wanted too, before all that a device may have."""
    for suite in suites:
        requirement = _requirement(suite)
        alone = Tls(suites=(suite,))
        steps = refused(Role.SERVER, requirement, alone, DISALLOWED_SUITE)
        yield conversation(steps, label=_row(suite, Role.SERVER))
        if beside:
            another = established(suite=list(OTHERS), renegotiated=False)
            yield conversation(
                begins(Role.SERVER, Tls(suites=(suite, *OTHERS))),
                expect(
                    requirement,
                    another,
                    TLS_REFUSED,
                    limit="limit.connect",
                    severity=Severity.SECURITY,
                ),
                label=f"{_row(suite, Role.SERVER)}, beside others",
            )


def _of_client(suites: Sequence[str]) -> Iterator[Conversation]:
    """Choose each, whether the client has offered it or not."""
    for suite in suites:
        steps = refused(Role.CLIENT, _requirement(suite), _imposed(suite), *NOT_OFFERED)
        yield conversation(steps, label=_row(suite, Role.CLIENT))


def _imposed(suite: str) -> Tls:
    if suite == NOTHING_AT_ALL:
        # There is no handshake with it: the server says it and goes on with another.
        return Tls(mutations=(SetField(pdu="TLS.ServerHello", field="suite", value=suite_code(suite)),))
    return Tls(suites=(suite,), imposes=True)


def _conversations(name: str, role: Role) -> Callable[[], Iterator[Conversation]]:
    suites, purpose = _PURPOSES[name]

    def make() -> Iterator[Conversation]:
        if role is Role.CLIENT:
            return _of_client(suites)
        return _of_server(suites, beside=suites in (RC4, ANONYMOUS))

    make.__doc__ = purpose.format(role=role.value)
    return make


def _register(name: str, role: Role) -> None:
    suites, _ = _PURPOSES[name]
    case(
        f"TLS/{SIDES[role]}/T9/BI-{name}",
        *map(_requirement, suites),
        EVENT,
        pics=mode(COMPATIBILITY_SUITES, role),
        baseline=BASELINES[role],
        configuration=COMPATIBILITY,
    )(_conversations(name, role))


for _role in SIDES:
    for _name in _PURPOSES:
        _register(_name, _role)
