"""Sessions of TLS that are not to be resumed: too old, changed, or of a partner who was revoked since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_0
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import INTERVALS, USUAL, WEAK, begun, left, standing, within_wait
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.resumption import IDENTIFIER, TICKET, TICKETS
from conform62351.suites.tls.revocation import BY_LIST, FETCHED, SERVED, refreshes
from conform62351.suites.tls.showing import claims_one, logged, shows
from conform62351.suites.tls.sides import suites, tls_case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect, over, refuse, warned
from conform62351.tooling.engine.steps import Conversation, PublishList, Tls, Wait, conversation
from conform62351.tooling.engine.tls_names import suite_code
from conform62351.tooling.engine.tls_outcomes import TLS_FULL, TLS_RESUMED
from conform62351.tooling.net.revocation_data import ListState

EXPIRED: Final = "R-TLS-resumption-expired"
VERSION: Final = "R-TLS-resumption-version"
SUITE: Final = "R-TLS-resumption-suite"
EXTENDED: Final = "R-TLS-resumption-extended-master-secret"
REVOKED: Final = "R-TLS-resumption-revoked"

EITHER: Final = f"{IDENTIFIER} or {TICKET}"
HAS_EXTENDED: Final = "TLS.extended-master-secret.{role}"
TOO_OLD: Final = "1.10"
VERSION_CHANGED: Final = "1.5"
BY_REVOCATION: Final = "2.4"
STILL_RESUMED: Final = "the session of a partner is resumed who was revoked since"
OTHER: Final = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
"""A suite that is mandatory in native mode: sessions of other suites are tried with it."""
OTHERS: Final = tuple(name for name in suites(lambda _: True) if name != OTHER)
OLD_SUITES: Final = suites(lambda suite: suite.minimum_version == TLS_1_0)
"""Those that TLS 1.1 has, too."""
BY_TICKET: Final = ", by ticket"


def _opened(role: Role, tls: Tls = USUAL, *, on: int = 0) -> Steps:
    """Return the steps of a session that is ended in order, to be resumed."""
    return (*standing(role, tls, on=on), *left(role, on=on))


def _not_resumed(requirement: str, on: int) -> Steps:
    """Show that there is a full handshake."""
    return (expect(requirement, TLS_FULL, refusal=True, limit="limit.connect", on=on),)


@tls_case(
    "RESUME/BI-expired",
    EXPIRED,
    EVENT,
    roles=(Role.SERVER,),
    configuration=INTERVALS,
    claims=EITHER,
    prerequisites=within_wait("session_lifetime"),
    weight=1,
)
def server_expired(role: Role) -> Iterator[Conversation]:
    """A {role} has a full handshake with a client that comes back with a session later than was set, and
    warns of it; by identifier and by ticket.
    """
    first = {"identifier": USUAL, "ticket": TICKETS}
    again = {"identifier": Tls(resume=0), "ticket": Tls(tickets=True, resume=1, by="ticket")}
    codes = {"identifier": IDENTIFIER.format(role=role.value), "ticket": TICKET.format(role=role.value)}
    claimed = {
        ("identifier", "ticket"): f"{codes['identifier']} and {codes['ticket']}",
        ("identifier",): f"{codes['identifier']} and not {codes['ticket']}",
        ("ticket",): f"not {codes['identifier']} and {codes['ticket']}",
    }
    places = {"identifier": 0, "ticket": 1}
    for ways, pics in claimed.items():
        opened = [step for way in ways for step in _opened(role, first[way], on=places[way])]
        tried = [
            step
            for way in ways
            for step in (
                *begun(role, again[way], on=2 + places[way]),
                *_not_resumed(EXPIRED, 2 + places[way]),
                *logged(TOO_OLD, on=2 + places[way]),
            )
        ]
        yield conversation(
            tuple(opened),
            Wait(limit="tls.session_lifetime"),
            tuple(tried),
            label=" and ".join(ways),
            pics=pics,
        )


@tls_case(
    "RESUME/BI-expired",
    EXPIRED,
    roles=(Role.CLIENT,),
    configuration=INTERVALS,
    claims=EITHER,
    prerequisites=within_wait("session_lifetime"),
    weight=1,
)
def client_expired(role: Role) -> Iterator[Conversation]:
    """A {role} does not come back with a session later than was set."""
    yield conversation(
        _opened(role, TICKETS),
        Wait(limit="tls.session_lifetime"),
        begun(role, TICKETS, on=1),
        _not_resumed(EXPIRED, 1),
    )


@tls_case("RESUME/BI-changed", VERSION, SUITE, EXTENDED, EVENT, configuration=WEAK, claims=EITHER)
def changed(role: Role) -> Iterator[Conversation]:
    """A {role} does not resume a session with another version, though that is enabled, and raises an alarm;
    nor with another suite, with the extended master secret where the session has none, or without it.
    """
    by_server = role is Role.SERVER
    refused = refuse(VERSION, TLS_REFUSED, limit="limit.connect", on=1)
    older = Tls(minimum="TLSv1", maximum="TLSv1.1", suites=OLD_SUITES if by_server else (), resume=0)
    yield conversation(
        _opened(role, Tls(suites=OLD_SUITES)),
        begun(role, older, on=1),
        refused,
        logged(VERSION_CHANGED, on=1),
        label="another version",
        pics=(
            f"TLS.TLS-1_1.{role.value} and {IDENTIFIER.format(role=role.value)} "
            f"and ({claims_one(OLD_SUITES, role.value)})"
        ),
    )
    chosen = SetField(pdu="TLS.ServerHello", field="suite", value=suite_code(OTHER))
    other = Tls(suites=(OTHER,), resume=0) if by_server else Tls(resume=0, mutations=(chosen,))
    for way, pics in _ways(role).items():
        yield conversation(
            _opened(role, _by(way, Tls(suites=OTHERS))),
            begun(role, _by(way, other), on=1),
            _kept(role, SUITE),
            label=f"another suite{way}",
            pics=pics,
        )
        for label, before in {"without the extended master secret": True, "with it": False}.items():
            then = Tls(extended_master_secret=not before, resume=0)
            yield conversation(
                _opened(role, _by(way, Tls(extended_master_secret=before))),
                begun(role, _by(way, then), on=1),
                _kept(role, EXTENDED),
                label=f"{label}, and not so before{way}",
                pics=f"{HAS_EXTENDED.format(role=role.value)} and {pics}",
            )


def _ways(role: Role) -> dict[str, str]:
    """Return how a session is resumed, as the end of a label, by what the PICS claims: a ticket where there
    is nothing else.
    """
    identifier, ticket = IDENTIFIER.format(role=role.value), TICKET.format(role=role.value)
    return {"": identifier, BY_TICKET: f"{ticket} and not {identifier}"}


def _by(way: str, tls: Tls) -> Tls:
    """Return ``tls`` with tickets where that is the way."""
    if way != BY_TICKET:
        return tls
    by = tls.by if tls.resume is None else "ticket"
    return msgspec.structs.replace(tls, tickets=True, by=by)


def _kept(role: Role, requirement: str) -> Steps:
    """Show that a session is not resumed so: a server may have a full handshake instead."""
    instead = (TLS_FULL,) if role is Role.SERVER else ()
    return (expect(requirement, *instead, TLS_REFUSED, refusal=True, limit="limit.connect", on=1),)


@tls_case(
    "RESUME/BI-revoked",
    REVOKED,
    EVENT,
    claims=f"TLS.CRL.{{role}} and ({EITHER})",
    prerequisites=SERVED,
)
def revoked(role: Role) -> Iterator[Conversation]:
    """A {role} that has fetched a newer certificate list does not let in by resumption who is revoked by
    that.
    """
    shown = shows(BY_LIST)
    again = Tls(credentials=(BY_LIST,), resume=0) if role is Role.SERVER else shown
    resumed = over(warned(STILL_RESUMED, TLS_RESUMED))
    for way, pics in _ways(role).items():
        yield conversation(
            PublishList(authority=FETCHED),
            refreshes,
            _opened(role, _by(way, shown)),
            PublishList(authority=FETCHED, state=ListState.LATER),
            refreshes,
            begun(role, _by(way, again), on=1),
            refuse(REVOKED, TLS_REFUSED, resumed, limit="limit.connect", on=1),
            logged(BY_REVOCATION, on=1),
            label=way.removeprefix(", "),
            pics=pics,
        )
