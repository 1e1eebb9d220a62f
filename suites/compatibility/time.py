"""The signed time: the window of 10 minutes, the forms that are read, and what is no time (clause 11)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    FAILURE,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    client_takes,
    rejected_with,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.tooling.engine.authenticate import Authenticate, Boundary, TimeForm
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, conversation

WINDOW = "R-CMP-time-window"
INSIDE = "R-CMP-time-window-inside"
READ = "R-CMP-time-forms-read"
DECODES = "R-CMP-time-decodes"

SIDES: tuple[Boundary, ...] = ("past", "future")
DAY_S = 86400.0
FAR_OFF = {
    "a day before": -DAY_S,
    "a day after": DAY_S,
    "an hour before": -3600.0,
    "an hour after": 3600.0,
    "a year before": -365 * DAY_S,
    "a year after": 365 * DAY_S,
}
"""Times that differ in one part of the date from those that are accepted."""
FORMS_READ = (
    TimeForm.NO_FRACTION,
    TimeForm.COMMA,
    TimeForm.DOT_WITHOUT_DIGITS,
    TimeForm.NO_Z,
    TimeForm.DOT_ALONE,
    TimeForm.ONE_DIGIT,
    TimeForm.SIX_DIGITS,
)
"""What readers take beside the form that is sent (11-decisions 43, mark I)."""
NO_TIMES = (
    TimeForm.NO_SECONDS,
    TimeForm.SECONDS_60,
    TimeForm.OFFSET,
    TimeForm.OFFSET_BEHIND,
    TimeForm.UTC_TIME,
    TimeForm.IMPOSSIBLE_MONTH,
    TimeForm.IMPOSSIBLE_DAY,
    TimeForm.LETTERS,
    TimeForm.MORE_BEHIND,
    TimeForm.EMPTY,
)
"""What no reader can take for the present in UTC."""
NO_TIME_FORMS = (*P_ABORT, rejected_with(FAILURE))


def _inside() -> Iterator[tuple[str, Authenticate]]:
    for side in SIDES:
        yield f"just inside the window, in the {side}", Authenticate(boundary=side, inside=True)


def _outside() -> Iterator[tuple[str, Authenticate]]:
    for side in SIDES:
        yield f"just outside the window, in the {side}", Authenticate(boundary=side, inside=False)


def _far_off() -> Iterator[tuple[str, Authenticate]]:
    for label, shift in FAR_OFF.items():
        yield label, Authenticate(shift=shift)


def _written(forms: tuple[TimeForm, ...]) -> Iterator[tuple[str, Authenticate]]:
    for form in forms:
        yield form.value, Authenticate(time_form=form)


@case(
    "CMP/SRV/TIME/BV-inside-window",
    INSIDE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_inside() -> Iterator[Conversation]:
    """A server takes a time that is just less than 10 minutes before or after its own."""
    for label, authentication in _inside():
        yield conversation(
            server_connection, server_takes(INSIDE, authentication=authentication), label=label
        )


@case(
    "CMP/CLI/TIME/BV-inside-window",
    INSIDE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_inside() -> Iterator[Conversation]:
    """A client takes a time that is just less than 10 minutes before or after its own."""
    for label, authentication in _inside():
        yield conversation(client_request, client_takes(INSIDE, authentication=authentication), label=label)


@case(
    "CMP/SRV/TIME/BI-outside-window",
    WINDOW,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_outside() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the time is just more than 10 minutes before or after its own."""
    for label, authentication in _outside():
        yield conversation(
            server_connection, server_refuses(WINDOW, authentication=authentication), label=label
        )


@case(
    "CMP/CLI/TIME/BI-outside-window",
    WINDOW,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_outside() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the time is just more than 10 minutes before or after its own."""
    for label, authentication in _outside():
        yield conversation(client_request, client_refuses(WINDOW, authentication=authentication), label=label)


@case(
    "CMP/SRV/TIME/BI-far-off",
    WINDOW,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_far_off() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the time is off by whole hours, days or years."""
    for label, authentication in _far_off():
        yield conversation(
            server_connection, server_refuses(WINDOW, authentication=authentication), label=label
        )


@case(
    "CMP/CLI/TIME/BI-far-off",
    WINDOW,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_far_off() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the time is off by whole hours, days or years."""
    for label, authentication in _far_off():
        yield conversation(client_request, client_refuses(WINDOW, authentication=authentication), label=label)


@case(
    "CMP/SRV/TIME/BV-forms-read",
    READ,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_forms() -> Iterator[Conversation]:
    """A server reads times with any fraction of a second or none, with a comma, and without Z."""
    for label, authentication in _written(FORMS_READ):
        yield conversation(server_connection, server_takes(READ, authentication=authentication), label=label)


@case(
    "CMP/CLI/TIME/BV-forms-read",
    READ,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_forms() -> Iterator[Conversation]:
    """A client reads times with any fraction of a second or none, with a comma, and without Z."""
    for label, authentication in _written(FORMS_READ):
        yield conversation(client_request, client_takes(READ, authentication=authentication), label=label)


@case(
    "CMP/SRV/TIME/BI-no-time",
    DECODES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_no_time() -> Iterator[Conversation]:
    """A server refuses what is no time in UTC: nothing, letters, 31 February, second 60, an offset."""
    for label, authentication in _written(NO_TIMES):
        yield conversation(
            server_connection,
            server_refuses(DECODES, authentication=authentication, forms=NO_TIME_FORMS),
            label=label,
        )


@case(
    "CMP/CLI/TIME/BI-no-time",
    DECODES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_no_time() -> Iterator[Conversation]:
    """A client refuses what is no time in UTC: nothing, letters, 31 February, second 60, an offset."""
    for label, authentication in _written(NO_TIMES):
        yield conversation(
            client_request, client_refuses(DECODES, authentication=authentication), label=label
        )
