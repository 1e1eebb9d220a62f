"""The time of a handshake: the window of 10 minutes, and what is no time (clause 14, rows 1 and 10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.refusals import SENT, Ways, refuses_each, way
from conform62351.tooling.engine.authenticate import Boundary
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetTime
from conform62351.tooling.engine.steps import Conversation, TimeForm

WINDOW = "R-E2E-handshake-time-window"
FORM = "R-E2E-handshake-time-form"
INSTANT = "R-E2E-handshake-time-instant"

SIDES: Final[tuple[Boundary, ...]] = ("past", "future")
DAY_S: Final = 86_400.0
FAR_OFF: Final = {
    "an hour before": -3600.0,
    "an hour after": 3600.0,
    "a day before": -DAY_S,
    "a day after": DAY_S,
    "a year before": -365 * DAY_S,
    "a year after": 365 * DAY_S,
    "2 to the power of 32 seconds after": float(1 << 32),
}
"""Times that differ in one part of the date from those that are taken."""
OTHER_FORMS: Final = (
    TimeForm.NO_Z,
    TimeForm.DOT_ALONE,
    TimeForm.OFFSET,
    TimeForm.WITH_T,
    TimeForm.UTC_TIME,
    TimeForm.NO_SECONDS,
    TimeForm.SMALL_Z,
    TimeForm.SHORT_YEAR,
    TimeForm.EMPTY,
    TimeForm.VERY_LONG,
)
"""Forms that no reader takes (decision 10)."""
WRITTEN: Final = {"": TimeForm.USUAL, ", with six digits": TimeForm.SIX_DIGITS}
"""A form that is tolerated does not make up for what a time is."""
NO_INSTANTS: Final = (TimeForm.IMPOSSIBLE_MONTH, TimeForm.SECONDS_60, TimeForm.LETTERS)


def outside(role: Role) -> Ways:
    """Return the handshakes whose time is just outside the window, as it is usually written and otherwise."""
    return {
        f"in the {side}{label}": way(
            SetTime(pdu=SENT[role].token, boundary=side, inside=False, form=form),
        )
        for label, form in WRITTEN.items()
        for side in SIDES
    }


def far_off(role: Role) -> Ways:
    """Return the handshakes whose time is off by hours, days or a year."""
    return {label: way(SetTime(pdu=SENT[role].token, shift=shift)) for label, shift in FAR_OFF.items()}


def written(role: Role, forms: tuple[TimeForm, ...]) -> Ways:
    """Return the handshakes whose time is that of now, written in another form."""
    return {form.value: way(SetTime(pdu=SENT[role].token, form=form)) for form in forms}


@case(
    "E2E/SRV/TIME/BI-outside-window",
    WINDOW,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_outside() -> Iterator[Conversation]:
    """A server answers invalid-time-value when the time of a HandshakeReq is just more than 10 minutes before
    or after its own.
    """
    return refuses_each(Role.SERVER, WINDOW, "10", outside(Role.SERVER))


@case(
    "E2E/SRV/TIME/BI-far-off",
    WINDOW,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_far_off() -> Iterator[Conversation]:
    """A server answers invalid-time-value when the time of a HandshakeReq is off by whole hours, days or
    years.
    """
    return refuses_each(Role.SERVER, WINDOW, "10", far_off(Role.SERVER))


@case(
    "E2E/SRV/TIME/BI-form",
    FORM,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_form() -> Iterator[Conversation]:
    """A server answers protocol-error when the time of a HandshakeReq is written without Z, with an offset,
    with a T, or with too few digits or too many.
    """
    return refuses_each(Role.SERVER, FORM, "1.5", written(Role.SERVER, OTHER_FORMS))


@case(
    "E2E/SRV/TIME/BI-no-instant",
    INSTANT,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_no_instant() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq whose time is none that there is: month 13, second 60, letters."""
    return refuses_each(Role.SERVER, INSTANT, ("1.5", "10"), written(Role.SERVER, NO_INSTANTS))


@case(
    "E2E/CLI/TIME/BI-outside-window",
    WINDOW,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_outside() -> Iterator[Conversation]:
    """A client answers invalid-time-value when the time of a HandshakeAcc is just more than 10 minutes before
    or after its own.
    """
    return refuses_each(Role.CLIENT, WINDOW, "10", outside(Role.CLIENT))


@case(
    "E2E/CLI/TIME/BI-far-off",
    WINDOW,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_far_off() -> Iterator[Conversation]:
    """A client answers invalid-time-value when the time of a HandshakeAcc is off by whole hours, days or
    years.
    """
    return refuses_each(Role.CLIENT, WINDOW, "10", far_off(Role.CLIENT))


@case(
    "E2E/CLI/TIME/BI-form",
    FORM,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_form() -> Iterator[Conversation]:
    """A client answers protocol-error when the time of a HandshakeAcc is written without Z, with an offset,
    with a T, or with too few digits or too many.
    """
    return refuses_each(Role.CLIENT, FORM, "1.5", written(Role.CLIENT, OTHER_FORMS))


@case(
    "E2E/CLI/TIME/BI-no-instant",
    INSTANT,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_no_instant() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc whose time is none that there is: month 13, second 60, letters."""
    return refuses_each(Role.CLIENT, INSTANT, ("1.5", "10"), written(Role.CLIENT, NO_INSTANTS))
