"""How a suite is chosen: none in common, wherever it stands, what was not offered, and wrong code points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.suites import suite_name
from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import NATIVE_TLS
from conform62351.suites.tls.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    TLS,
)
from conform62351.suites.tls.excluded import OTHERS
from conform62351.suites.tls.handshakes import (
    DISALLOWED_SUITE,
    EVENT,
    NOT_OFFERED,
    begins,
    refused,
    server_associates_over,
)
from conform62351.suites.tls.rows import mode, rows
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect, one, warned
from conform62351.tooling.engine.steps import Conversation, Tls, Verify, conversation
from conform62351.tooling.engine.tls_names import COMPATIBILITY_SUITES, NATIVE_SUITES, NULL, suite_code
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS, established

COMMON: Final = "R-TLS-suite-common"
SELECTED: Final = "R-TLS-suite-selected"
OF_VERSION: Final = "R-TLS-suite-version"
WRONG_CODES: Final = "R-TLS-suite-wrong-codes"

WEAK: Final = "tls-weak"
"""The configuration of the DUT in which it has TLS 1.0 and 1.1."""
TLS_1_1: Final = "TLSv1.1"
UNKNOWN: Final = tuple(f"FE{number:02X}" for number in range(200))
"""Code points that nobody has given to a suite."""
GREASE: Final = ("0A0A", "5A5A", "FAFA")
"""Code points that are reserved to be passed over (RFC 8701)."""
SIGNALLING: Final = "00FF"
OF_TLS_1_3: Final = "1301"
NEVER_OFFERED: Final = "TLS_RSA_WITH_RC4_128_MD5"
"""A suite of no table, which has been prohibited for long (RFC 7465)."""
NEW: Final = "TLS_RSA_WITH_AES_128_CBC_SHA256"
"""A suite of TLS 1.2 that has the key exchange of one of Table 9."""
OLD: Final = "TLS_RSA_WITH_3DES_EDE_CBC_SHA"

CODES: Final = {
    "C09E": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "C023": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
}
"""Wrong code points of public notes, and the suites that are meant."""
AGREED_ON: Final = "{code} is agreed on, which notes print in the place of {right}"
OFFERED: Final = "C09E or C023 is offered, which notes print in the place of mandatory suites"


@case(
    "TLS/SRV/SUITE/BI-none-common",
    COMMON,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_none_common() -> Iterator[Conversation]:
    """A server has no connection with a client that offers nothing that it has: code points that nobody
    knows, such as are reserved to be passed over, a suite of TLS 1.3 without that version.
    """
    offers = {"unknown ones": UNKNOWN[:3], "reserved ones": GREASE, "one of TLS 1.3": (OF_TLS_1_3,)}
    for label, suites in offers.items():
        yield conversation(refused(Role.SERVER, COMMON, Tls(suites=suites), DISALLOWED_SUITE), label=label)


@case("TLS/SRV/SUITE/BV-any-order", SELECTED, pics=SERVER, baseline=SERVER_BASELINE, configuration=TLS)
def server_any_order() -> Iterator[Conversation]:
    """A server finds a suite that it has wherever it stands: behind 200 others, behind code points that are
    reserved, before the suite that signals secure renegotiation.
    """
    orders = {
        "behind 200 unknown ones": (*UNKNOWN, *OTHERS),
        "among reserved ones": (*GREASE, *OTHERS, GREASE[0]),
        "behind the signalling one": (SIGNALLING, *OTHERS),
    }
    for label, suites in orders.items():
        yield conversation(server_associates_over(SELECTED, Tls(suites=suites)), label=label)
    signalled = Tls(suites=OTHERS, secure_renegotiation="suite")
    yield conversation(server_associates_over(SELECTED, signalled), label="before the signalling one")


@case(
    "TLS/CLI/SUITE/BI-not-offered",
    SELECTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_not_offered() -> Iterator[Conversation]:
    """A client refuses a ServerHello with a suite that it did not offer, be it known or not."""
    unknown = Tls(mutations=(_chosen(suite_code(UNKNOWN[0])),))
    imposed = Tls(suites=(NEVER_OFFERED,), imposes=True)
    for label, tls in {NEVER_OFFERED: imposed, "an unknown one": unknown}.items():
        yield conversation(refused(Role.CLIENT, SELECTED, tls, *NOT_OFFERED), label=label)


def _chosen(code: int) -> SetField:
    return SetField(pdu="TLS.ServerHello", field="suite", value=code)


@case(
    "TLS/SRV/SUITE/BI-version",
    OF_VERSION,
    pics=f"({SERVER}) and TLS.TLS-1_1.server",
    baseline=SERVER_BASELINE,
    configuration=WEAK,
)
def server_version() -> Iterator[Conversation]:
    """A server does not use a suite of TLS 1.2 with TLS 1.1: it refuses, or chooses another."""
    new = tuple(item.row for item in rows(NATIVE_SUITES, Role.SERVER))
    old = tuple(item for item in rows(COMPATIBILITY_SUITES, Role.SERVER) if NULL not in item.row)
    has_old = " or ".join(item.code for item in old)
    alone = Tls(suites=new, minimum=TLS_1_1, maximum=TLS_1_1)
    yield conversation(refused(Role.SERVER, OF_VERSION, alone), label="alone")
    beside = Tls(suites=(*new, *(item.row for item in old)), minimum=TLS_1_1, maximum=TLS_1_1)
    another = established(suite=[item.row for item in old], renegotiated=False)
    yield conversation(
        begins(Role.SERVER, beside),
        expect(OF_VERSION, another, limit="limit.connect"),
        label="beside others",
        pics=has_old,
    )


@case(
    "TLS/CLI/SUITE/BI-version",
    OF_VERSION,
    pics=f"({CLIENT}) and TLS.TLS-1_1.client and T9.{OLD}.client and T12.{NEW}.client",
    baseline=CLIENT_BASELINE,
    configuration=WEAK,
)
def client_version() -> Conversation:
    """A client refuses a ServerHello of TLS 1.1 with a suite of TLS 1.2."""
    tls = Tls(suites=(OLD,), minimum=TLS_1_1, maximum=TLS_1_1, mutations=(_chosen(suite_code(NEW)),))
    return conversation(refused(Role.CLIENT, OF_VERSION, tls))


@case(
    "TLS/SRV/T12/BI-wrong-codes",
    WRONG_CODES,
    pics=mode(NATIVE_SUITES, Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=NATIVE_TLS,
)
def server_wrong_codes() -> Iterator[Conversation]:
    """A server has the mandatory suites of native mode under their own code points, and not under C09E and
    C023, which public notes print in their place.

    Offered alone, each wrong one is refused, or the report warns of it: it belongs to another suite, which
    the server may have. Offered before the right one, it is not chosen, but as what it is; that a server has
    neither is a matter of another case.
    """
    for code, right in CODES.items():
        agreed = AGREED_ON.format(code=code, right=right)
        taken = (one(Kind.TLS_ALERT, by="tester"), TLS_STANDS)
        yield conversation(
            begins(Role.SERVER, Tls(suites=(code,))),
            expect(WRONG_CODES, TLS_REFUSED, warned(agreed, taken), limit="limit.connect"),
            label=code,
        )
        stands = established(suite=right, renegotiated=False)
        # A handshake that completes shows that the server has that other suite: with the keys of the right
        # one it would fail.
        other = established(suite=suite_name(suite_code(code)), renegotiated=False)
        yield conversation(
            begins(Role.SERVER, Tls(suites=(code, right))),
            expect(WRONG_CODES, stands, TLS_REFUSED, warned(agreed, other), limit="limit.connect"),
            label=f"{code} before {right}",
            pics=f"T12.{right}.server",
        )


@case(
    "TLS/CLI/T12/BI-wrong-codes",
    WRONG_CODES,
    pics=mode(NATIVE_SUITES, Role.CLIENT),
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_TLS,
)
def client_wrong_codes() -> Iterator[Conversation]:
    """A client offers the mandatory suites of native mode by their own code points, and not by C09E and
    C023, which public notes print in their place.

    Where one of these stands beside the right one the report warns of it: it belongs to another suite.
    """
    for code, right in CODES.items():
        yield conversation(
            begins(Role.CLIENT, Tls()),
            expect(WRONG_CODES, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
            Verify(requirement=WRONG_CODES, field="TLS.ClientHello.codes", includes=(suite_code(right),)),
            Verify(
                requirement=WRONG_CODES,
                field="TLS.ClientHello.codes",
                excludes=(suite_code(code),),
                warning=OFFERED,
            ),
            label=right,
        )
