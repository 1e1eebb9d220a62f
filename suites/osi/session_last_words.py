"""What comes behind a REFUSE, DISCONNECT or ABORT of the DUT: nothing but the end of TCP (X.225 clause 7).

What brings a REFUSE or ABORT about comes twice in one segment, and behind a DISCONNECT comes what would have
to be answered before: a device that has not ended by its last word gives another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_association,
    server_connection,
)
from conform62351.suites.osi.session_refusal import UNKNOWN_CONTEXT_NAME
from conform62351.suites.osi.spdus import well_formed
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Repeat, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ASSOCIATED,
    ENDED,
    RELEASED,
    expect,
    over,
    reach,
    rejected,
)
from conform62351.tooling.engine.steps import Associate, Conversation, Inject, Release, conversation

LAST_WORDS: Final = "R-SES-last-words"
TWICE: Final = Repeat(pdu="TPKT", times=2)
UNKNOWN_CONTEXT: Final = SetField(pdu="ACSE.AARQ", field="application_context", value=UNKNOWN_CONTEXT_NAME)

nothing_more = expect(LAST_WORDS, ENDED, limit="limit.close")
"""Show that the DUT says nothing more, and closes TCP."""
unasked_disconnect = Inject(
    layer="cotp", octets=well_formed()["SES.DN"], name="SES.DN", mutations=(TWICE,), may_break=True
)
"""The step that sends a DISCONNECT that answers nothing, twice."""


@case("OSI/SRV/SES-RELEASE/BV-last-words", LAST_WORDS, pics=SERVER, baseline=SERVER_BASELINE, weight=1)
def server_last_words() -> Iterator[Conversation]:
    """A server sends nothing behind its DISCONNECT, REFUSE or ABORT, whatever else comes.

    A server that refuses no application context, or closes without a word, is not judged by that.
    """
    yield conversation(
        server_association,
        Release(),
        reach(RELEASED),
        unasked_disconnect,
        nothing_more,
        label="DISCONNECT",
    )
    yield conversation(
        server_connection,
        Associate(mutations=(UNKNOWN_CONTEXT, TWICE), may_break=True),
        reach(rejected(), ABORTED, over(ENDED, ASSOCIATED), limit="limit.associate"),
        nothing_more,
        label="REFUSE",
    )
    yield conversation(
        server_association,
        unasked_disconnect,
        reach(ABORTED, over(ENDED), limit="limit.close"),
        nothing_more,
        label="ABORT",
    )


@case("OSI/CLI/SES-RELEASE/BV-last-words", LAST_WORDS, pics=CLIENT, baseline=CLIENT_BASELINE, weight=1)
def client_last_words() -> Iterator[Conversation]:
    """A client sends nothing behind its DISCONNECT or ABORT, whatever else comes."""
    yield conversation(
        client_association,
        Release(),
        reach(RELEASED, serve=True),
        unasked_disconnect,
        nothing_more,
        label="DISCONNECT",
    )
    yield conversation(
        client_association,
        unasked_disconnect,
        reach(ABORTED, over(ENDED), limit="limit.close", serve=True),
        nothing_more,
        label="ABORT",
    )
