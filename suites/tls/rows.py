"""The rows of Tables 9 and 12, one case for each that a PICS may claim, and what it denies (6.3.4).

Rows of Table 9 are tried in compatibility mode, those of Table 12 in native mode over TLS, and suites without
encryption where somebody has enabled them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from conform62351.pics.catalogue import Item, catalogue
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.compatibility.conversations import COMPATIBILITY
from conform62351.suites.native.conversations import NATIVE_TLS
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.handshakes import (
    DISALLOWED_SUITE,
    EVENT,
    NOT_OFFERED,
    SUCCESS,
    associates_over,
    logged_success,
    refused,
    shown_for,
)
from conform62351.suites.tls.sides import BASELINES, SIDES
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, Tls, Verify, conversation
from conform62351.tooling.engine.tls_names import COMPATIBILITY_SUITES, EXCLUDED, NATIVE_SUITES, NULL
from conform62351.tooling.engine.tls_outcomes import established

NULL_ENABLED: Final = "tls-null"
"""The configuration of the DUT in which it takes suites that do not encrypt."""
MODES: Final = {
    COMPATIBILITY_SUITES: "T7.compatibility.{role} and T8.T-security.{role}",
    NATIVE_SUITES: "T7.native.{role} and T10.T-security.{role}",
}
"""What the rows of a table rest on."""
CONFIGURATIONS: Final = {COMPATIBILITY_SUITES: COMPATIBILITY, NATIVE_SUITES: NATIVE_TLS}


def rows(table: int, role: Role) -> tuple[Item, ...]:
    """Return the rows of a table that a device may have."""
    items = catalogue().items.values()
    return tuple(
        item for item in items if item.table == table and item.role == role.value and item.status != EXCLUDED
    )


def mode(table: int, role: Role) -> str:
    """Return the condition of the mode that a table is for."""
    return MODES[table].format(role=role.value)


def _associates(item: Item, role: Role) -> Callable[[], Conversation]:
    tls = Tls(suites=(item.row,), credentials=shown_for(item.row) if role is Role.CLIENT else ())

    def make() -> Conversation:
        stands = established(suite=item.row, renegotiated=False)
        return conversation(associates_over(role, item.requirement, tls, stands), logged_success)

    make.__doc__ = f"A {role.value} completes a handshake with {item.row} and associates over it."
    return make


def _register(item: Item, role: Role) -> None:
    table = item.table or 0
    name = item.row.removeprefix("TLS_").replace("_WITH_", "-").replace("_", "-")
    case(
        f"TLS/{SIDES[role]}/T{table}/BV-{name}",
        item.requirement,
        SUCCESS,
        pics=f"{mode(table, role)} and {item.code}",
        configuration=NULL_ENABLED if NULL in item.row else CONFIGURATIONS[table],
    )(_associates(item, role))


def _denied(table: int, items: Sequence[Item], role: Role) -> Callable[[], Iterator[Conversation]]:
    def make() -> Iterator[Conversation]:
        for item in items:
            yield conversation(_not_had(item, role), label=item.row, pics=f"not {item.code}")

    make.__doc__ = f"""A {role.value} does not agree to a suite of Table {table} that its PICS denies.

    Where it has one all the same its declaration is wrong.
    """
    return make


def _not_had(item: Item, role: Role) -> Steps:
    declared = Severity.DECLARATION
    if role is Role.SERVER:
        tls = Tls(suites=(item.row,))
        return refused(role, item.requirement, tls, DISALLOWED_SUITE, severity=declared)
    tls = Tls(suites=(item.row,), credentials=shown_for(item.row), imposes=True)
    offered = Verify(
        requirement=item.requirement,
        field="TLS.ClientHello.suites",
        excludes=(item.row,),
        severity=declared,
    )
    steps = refused(role, item.requirement, tls, *NOT_OFFERED, severity=declared)
    return (*steps[:-1], offered, steps[-1])


def _register_denied(table: int, items: Sequence[Item], role: Role, name: str, configuration: str) -> None:
    case(
        f"TLS/{SIDES[role]}/T{table}/BI-{name}",
        *(item.requirement for item in items),
        EVENT,
        pics=f"{mode(table, role)} and not ({' and '.join(item.code for item in items)})",
        baseline=BASELINES[role],
        configuration=configuration,
        denies=configuration == NULL_ENABLED,
    )(_denied(table, items, role))


for _role in SIDES:
    for _table in MODES:
        for _item in rows(_table, _role):
            _register(_item, _role)
        _of_null = [item for item in rows(_table, _role) if NULL in item.row]
        _others = [item for item in rows(_table, _role) if NULL not in item.row]
        _register_denied(_table, _others, _role, "not-claimed", CONFIGURATIONS[_table])
        if _of_null:
            _register_denied(_table, _of_null, _role, "null-not-claimed", NULL_ENABLED)
