"""What of native mode a device does not do by its PICS, beside Tables 11 and 13.

A device that does it all the same has a wrong declaration. What it does only when it is told to, or set to,
is tried where the PIXIT has the means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.certificate_path import ALONE, BROKEN, NOT_TRUSTED
from conform62351.suites.native.claims import WIRE, encrypts
from conform62351.suites.native.conversations import (
    AE_REQUIRED,
    CLIENT,
    CLIENT_BASELINE,
    ENCRYPTION_REQUIRED,
    EVENT,
    NATIVE,
    NO_ENCRYPTION,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    client_takes,
    server_association,
    server_exchanges,
    server_takes,
)
from conform62351.suites.native.handshake_attributes import attributes
from conform62351.suites.native.refusals import beginning, credentials, refused, way
from conform62351.suites.native.rekey import ENCR, REKEY_LIMIT, REQUEST_READ, flagged, keys_changed
from conform62351.suites.osi.conversations import Steps, as_declared, client_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.outcomes import REQUEST, RESPONSE, expect
from conform62351.tooling.engine.steps import Act, Conversation, Wait, conversation

SIDES: Final = {Role.SERVER: "SRV", Role.CLIENT: "CLI"}
CLAIMED: Final = {Role.SERVER: SERVER, Role.CLIENT: CLIENT}
BASELINES: Final = {Role.SERVER: SERVER_BASELINE, Role.CLIENT: CLIENT_BASELINE}
STRANGE_AUTHORITY: Final = "bad/unknown-authority"
"""An attribute certificate of an authority that nobody knows."""
A_WHILE_S: Final = 0.3
"""What a server is given beyond its limit."""
BY_CRL: Final = "bad/revoked-crl"
BY_OCSP: Final = "bad/revoked-ocsp"
"""Who is revoked in one of the two ways alone."""


def _takes(role: Role, handshake: Handshake) -> Steps:
    takes = server_takes if role is Role.SERVER else client_takes
    return (*beginning(role), *takes(WIRE, handshake=handshake))


def _needs_path(role: Role) -> Steps:
    rows = (NOT_TRUSTED, *BROKEN)
    return (*beginning(role), *refused(WIRE, rows, role, way(handshake=Handshake(credential=ALONE))))


_LOOKED_AT: Final[Mapping[str, Callable[[Role], Steps]]] = {
    "certPath": _needs_path,
    "attribute-certificates": lambda role: _takes(role, Handshake(att_cert=STRANGE_AUTHORITY)),
    "CRL": lambda role: _takes(role, Handshake(credential=BY_CRL)),
    "OCSP": lambda role: _takes(role, Handshake(credential=BY_OCSP)),
}
"""What shows, by item of the PICS, that something in a partner's handshake is not looked at."""


def _register_looked_at(role: Role) -> None:
    items = [f"E2E.{name}.{role.value}" for name in _LOOKED_AT]

    def make() -> Iterator[Conversation]:
        for item, shown in zip(items, _LOOKED_AT.values(), strict=True):
            yield conversation(as_declared(shown(role)), label=f"not {item}", pics=f"not {item}")

    make.__doc__ = f"""A {role.value} does without what its PICS denies: it refuses whom certPath alone leads
    to an anchor, and takes whose attribute certificate nobody knows, or who is revoked by CRL or OCSP.

    Where it goes by these all the same its declaration is wrong.
    """
    case(
        f"E2E/{SIDES[role]}/CLAIMS/BI-looked-at",
        WIRE,
        EVENT,
        pics=f"{CLAIMED[role]} and not (T6.OSI.{role.value} and {' and '.join(items)})",
        baseline=BASELINES[role],
        configuration=NATIVE,
        prerequisites=(*credentials(ALONE, BY_CRL, BY_OCSP), *attributes(STRANGE_AUTHORITY)),
    )(make)


_POLICIES: Final[Mapping[str, tuple[str, str, ModeName, str]]] = {
    "no-encryption": (NO_ENCRYPTION, "authenticated encryption", "ae", "T11.AE"),
    "encryption-required": (ENCRYPTION_REQUIRED, "an ICV alone", "clear", "E2E.integrity-only"),
    "AE-required": (AE_REQUIRED, "encryption with a separate ICV", "separate", "E2E.non-AE-encryption"),
}
"""The configuration that has a policy, what of native mode it would refuse, and what claims that."""


def _register_policy(name: str) -> None:
    configuration, offered, mode, has = _POLICIES[name]
    item = f"E2E.policy-{name}.server"

    def make() -> Conversation:
        return conversation(
            as_declared(_takes(Role.SERVER, Handshake(mode=mode))), label=f"not {item}", pics=f"not {item}"
        )

    make.__doc__ = f"""A server whose PICS denies the policy takes {offered}, however it is set.

    Where it refuses it as one with the policy does its declaration is wrong.
    """
    case(
        f"E2E/SRV/CLAIMS/BI-policy-{name}",
        WIRE,
        pics=f"{SERVER} and {has}.server and not {item}",
        baseline=SERVER_BASELINE,
        configuration=configuration,
        denies=True,
    )(make)


@case(
    "E2E/CLI/CLAIMS/BI-policy-no-encryption",
    WIRE,
    pics=f"{CLIENT} and T11.AE.client and not E2E.policy-no-encryption.client",
    baseline=CLIENT_BASELINE,
    configuration=NO_ENCRYPTION,
    denies=True,
)
def client_without_policy() -> Conversation:
    """A client whose PICS denies that it may want no encryption offers it, however it is set.

    Where it offers none its declaration is wrong.
    """
    steps = (*client_association(), *client_usable(WIRE), encrypts)
    return conversation(steps, label="not E2E.policy-no-encryption.client")


@case(
    "E2E/CLI/CLAIMS/BI-rekey",
    WIRE,
    pics=f"{CLIENT} and not E2E.rekey-initiation.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    denies=True,
)
def client_does_not_renew() -> Conversation:
    """A client whose PICS denies that it renews keys by itself does not, even when it is told to."""
    steps: Steps = (
        *client_association(),
        *client_exchanges(1),
        Act(action="rekey", may_fail=True, first=True),
        *client_exchanges(2, WIRE),
        keys_changed(WIRE, 0),
    )
    return conversation(as_declared(steps), label="not E2E.rekey-initiation.client")


@case(
    "E2E/SRV/CLAIMS/BI-rekey",
    WIRE,
    pics=f"{SERVER_AE} and not E2E.rekey-request.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    denies=True,
)
def server_does_not_ask() -> Conversation:
    """A server whose PICS denies that it asks for new keys does not, even when it is told to."""
    steps: Steps = (
        *server_association(),
        *server_exchanges(1),
        Act(action="rekey", may_fail=True, first=True),
        *(
            REQUEST_READ,
            expect(WIRE, RESPONSE, meanwhile=(UNASKED, REQUEST)),
            flagged(WIRE, ENCR, "reqRekey", False),
        )
        * 2,
    )
    return conversation(as_declared(steps), label="not E2E.rekey-request.server")


@case(
    "E2E/SRV/CLAIMS/BI-rekey-limit",
    WIRE,
    pics=f"{SERVER_AE} and E2E.rekey-request.server and not E2E.rekey-limit.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=(f"{REKEY_LIMIT} within tls.largest_wait",),
    weight=1,
    denies=True,
)
def server_does_not_limit() -> Conversation:
    """A server whose PICS denies a limit of time for new keys goes on without them when it has passed."""
    answered = expect(WIRE, RESPONSE, meanwhile=(UNASKED, REQUEST))
    steps: Steps = (
        *server_association(),
        Act(action="rekey", first=True),
        *(REQUEST_READ, answered),
        Wait(limit=REKEY_LIMIT),
        Wait(seconds=A_WHILE_S),
        *(REQUEST_READ, answered),
    )
    return conversation(as_declared(steps), label="not E2E.rekey-limit.server")


@case(
    "E2E/SRV/CLAIMS/BI-release",
    WIRE,
    pics=f"{SERVER} and not E2E.release-initiation.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    denies=True,
)
def server_does_not_release() -> Conversation:
    """A server whose PICS denies that it releases associations does not, even when it is told to."""
    steps: Steps = (
        *server_association(),
        *server_exchanges(1),
        Act(action="release", may_fail=True, first=True),
        *server_exchanges(1, WIRE),
    )
    return conversation(as_declared(steps), label="not E2E.release-initiation.server")


for _role in SIDES:
    _register_looked_at(_role)
for _name in _POLICIES:
    _register_policy(_name)
