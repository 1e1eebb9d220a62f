"""Renegotiation and resumption: whether they may be, and what must stay as it was.

RFC 5746, RFC 5246 7.4.1, RFC 5077, RFC 7627 5.3 and IEC 62351-3.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.policy import Fault
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.inspection import (
    PART_3,
    RFC_5246,
    Row,
    ignore,
    note,
    refuse,
    table,
    version_name,
)
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.suites import suite_name


class Asked(msgspec.Struct, frozen=True):
    """The peer wants a renegotiation; ``by`` is ``HelloRequest`` or ``ClientHello``.

    ``recent`` counts those that it wanted within the last minute, this one among them.
    """

    by: str
    idle: bool
    allowed: bool
    secure: bool
    recent: int
    most: int


def _idle(it: Asked) -> Fault | None:
    return None if it.idle else ignore(f"a {it.by} within a handshake")


def _allowed(it: Asked) -> Fault | None:
    return None if it.allowed else ignore(f"a {it.by} where no renegotiation is wanted")


def _secure(it: Asked) -> Fault | None:
    return None if it.secure else ignore(f"a {it.by} without RFC 5746 on this connection")


def _rate(it: Asked) -> Fault | None:
    return None if it.recent <= it.most else refuse(f"{it.recent} renegotiations within a minute")


ASKED: Final = table(
    "TLS.HR",
    (
        ("outside-handshake", f"{RFC_5246} 7.4.1.1", "R", _idle),
        ("renegotiation-allowed", f"{RFC_5246} 7.2.2", "R", _allowed),
        ("renegotiation-secure", f"{PART_3}, RFC 5746 4.2", "N", _secure),
        ("renegotiation-rate", "bounds of the engine", "I", _rate),
    ),
)
"""Steps before a renegotiation that a HelloRequest asks for, or a ClientHello begins."""


class Signalled(msgspec.Struct, frozen=True, kw_only=True):
    """A hello as RFC 5746 sees it.

    ``info`` is renegotiated_connection, None without the extension, and ``expected`` what it should be;
    ``suite`` tells that the signalling suite 00FF is there. ``earlier`` is the version before a
    renegotiation, None in the first handshake. ``resumes`` tells that the hello asks for a resumption,
    ``unasked`` that a server resumes what it was not asked for.
    """

    info: bytes | None
    expected: bytes
    version: int
    earlier: int | None
    suite: bool = False
    resumes: bool = False
    unasked: bool = False


def _signalled(it: Signalled) -> Fault | None:
    if it.earlier is not None or it.info is not None or it.suite:
        return None
    return note("the peer does not signal secure renegotiation")


def _empty_at_first(it: Signalled) -> Fault | None:
    if it.earlier is not None or not it.info:
        return None
    return refuse(f"{len(it.info)} octets of renegotiation_info in the first handshake")


def _no_signalling_suite(it: Signalled) -> Fault | None:
    if it.earlier is None or not it.suite:
        return None
    return refuse("the signalling suite 00FF in a renegotiation")


def _value_there(it: Signalled) -> Fault | None:
    if it.earlier is None or it.info is not None:
        return None
    return refuse("a renegotiation without renegotiation_info")


def _value_right(it: Signalled) -> Fault | None:
    if it.earlier is None or it.info is None or it.info == it.expected:
        return None
    return refuse("renegotiation_info is not made of the Finished messages before")


def _same_version(it: Signalled) -> Fault | None:
    if it.earlier is None or it.version == it.earlier:
        return None
    return refuse(f"a renegotiation from {version_name(it.earlier)} to {version_name(it.version)}")


def _full(it: Signalled) -> Fault | None:
    if it.earlier is None or not it.resumes:
        return None
    return ignore("a renegotiation that is to resume a session, where a full handshake is due")


def _not_resumed(it: Signalled) -> Fault | None:
    if it.earlier is None or not it.unasked:
        return None
    return refuse("the server resumes the session in place of the renegotiation")


RENEGOTIATION: Final = table(
    "TLS.RENEG",
    (
        ("signalled", f"{PART_3}, RFC 5746 3.4, 3.6", "I", _signalled),
        ("empty-at-first", "RFC 5746 3.4, 3.6", "R", _empty_at_first),
        ("no-signalling-suite", "RFC 5746 3.7", "R", _no_signalling_suite),
        ("value-there", "RFC 5746 3.5, 3.7", "R", _value_there),
        ("value-right", "RFC 5746 3.5, 3.7", "R", _value_right),
        ("same-version", PART_3, "E", _same_version),
        ("full", PART_3, "I", _full),
        ("not-resumed", PART_3, "I", _not_resumed),
    ),
)
"""Steps on the hello of the peer, in every handshake; what is to be ignored is a wish to resume."""


class Resumption(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is to be resumed: at a server the one that was asked for, at a client its own.

    ``session`` is None for a ticket that cannot be opened. ``suites`` are those of the peer's hello,
    ``enabled`` those that are taken here. ``extended`` tells that the peer's hello has the extended master
    secret; ``age`` is that of the session and ``interval`` the age that it may have.
    """

    role: Role
    session: Session | None
    by_ticket: bool
    version: int
    suites: tuple[int, ...]
    enabled: tuple[int, ...]
    extended: bool
    age: float = 0.0
    interval: float | None = None


def _ticket_opens(it: Resumption) -> Fault | None:
    return ignore("a ticket that is none of this server's") if it.session is None else None


def _version_kept(it: Resumption) -> Fault | None:
    if it.session is None or it.session.version == it.version:
        return None
    return refuse(f"a session of {version_name(it.session.version)} is resumed in {version_name(it.version)}")


def _suite_kept(it: Resumption) -> Fault | None:
    if it.session is None or it.session.suite in it.suites:
        return None
    return refuse(f"a session of {suite_name(it.session.suite)} is resumed without that suite")


def _suite_enabled(it: Resumption) -> Fault | None:
    if it.session is None or it.session.suite in it.enabled:
        return None
    return ignore(f"a session of {suite_name(it.session.suite)}, which is no longer taken")


def _extended_kept(it: Resumption) -> Fault | None:
    if it.session is None or not it.session.extended or it.extended:
        return None
    return refuse("a session with the extended master secret is resumed without it")


def _extended_since(it: Resumption) -> bool:
    return it.session is not None and not it.session.extended and it.extended


def _not_asked_to_extend(it: Resumption) -> Fault | None:
    if it.role is Role.CLIENT or not _extended_since(it):
        return None
    return ignore("a session without the extended master secret is to be resumed with it")


def _not_extended(it: Resumption) -> Fault | None:
    if it.role is Role.SERVER or not _extended_since(it):
        return None
    return refuse("the server resumes a session without the extended master secret with it")


def _in_time(it: Resumption, *, by_ticket: bool) -> Fault | None:
    if it.session is None or it.interval is None or it.by_ticket is not by_ticket or it.age <= it.interval:
        return None
    return ignore(f"the session is {it.age:.0f} s old, over {it.interval:.0f} s")


def _identifier_in_time(it: Resumption) -> Fault | None:
    return _in_time(it, by_ticket=False)


def _ticket_in_time(it: Resumption) -> Fault | None:
    return _in_time(it, by_ticket=True)


_ROWS: Final[tuple[Row[Resumption], ...]] = (
    ("ticket-opens", "RFC 5077 3.1", "R", _ticket_opens),
    ("version-kept", PART_3, "E", _version_kept),
    ("suite-kept", f"{RFC_5246} 7.4.1.2", "R", _suite_kept),
    ("suite-enabled", f"{RFC_5246} 7.4.1.3", "R", _suite_enabled),
    ("extended-kept", "RFC 7627 5.3", "R", _extended_kept),
    ("extended-not-asked-for", "RFC 7627 5.3", "R", _not_asked_to_extend),
    ("identifier-in-time", PART_3, "E", _identifier_in_time),
    ("ticket-in-time", PART_3, "E", _ticket_in_time),
    ("extended-not-gained", "RFC 7627 5.3", "R", _not_extended),
)
RESUMPTION: Final = table("TLS.RES", _ROWS)
"""Steps before a session is resumed; one whose reaction is to ignore leads to a full handshake."""
