"""What a server selects of several offers, and what both sides read of identifiers of algorithms (13.3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.agreements import (
    CBC,
    GCM,
    HMAC,
    SEPARATE_CLIENT,
    SEPARATE_SERVER,
    TAG_LENGTHS,
    agrees,
    code,
    server_agrees,
)
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    NATIVE,
    NATIVE_SEPARATE,
    OWN,
    SERVER,
    SERVER_AE,
)
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.steps import Conversation, NoFinding, Verify, conversation

SELECTS_ONE = "R-E2E-accept-selects-one"
PASSED_OVER = "R-E2E-accept-unsupported-passed-over"
REPEATS = "R-E2E-accept-repeats"
HMAC_AGREED = "R-E2E-hmac"
READ = "R-E2E-AlgorithmIdentifier-read"

ONE_OF_EACH: Final = tuple(
    f"E2E.HS.{row}"
    for row in ("12.2", "21.1", "21.2", "21.3", "21.4", "22.1", "22.2", "22.3", "22.4", "22.5", "22.6")
)
"""The tester's checks that find what is not one of the offers."""
MODES: Final[dict[ModeName, str]] = {
    "ae": "T11.AE.server",
    "separate": "T11.non-AE.server and E2E.non-AE-encryption.server",
    "clear": "T11.non-AE.server and E2E.integrity-only.server",
}
GROUPS: Final = ("group-23", "brainpoolP256r1", "modp-2048")
UNKNOWN: Final = "1.3.6.1.4.1.99999.1"
"""The identifier of no algorithm."""
UNKNOWN_GROUP: Final = 4711
AES128_GCM: Final = "2.16.840.1.101.3.4.1.6"
AES128_CBC: Final = "2.16.840.1.101.3.4.1.2"
NULL: Final = "0500"


def _offer(mode: ModeName, *, reverse: bool) -> Handshake:
    """Return an offer of everything, in one order or the other."""

    def ordered(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(reversed(names)) if reverse else names

    gcm = tuple(f"{name}/{length}" for name in GCM for length in TAG_LENGTHS)
    return Handshake(
        mode=mode,
        groups=ordered(GROUPS),
        ae=ordered(gcm),
        encryption=ordered(CBC),
        integrity=ordered((HMAC, *gcm)),
    )


selects_one: Steps = (
    NoFinding(requirement=SELECTS_ONE, steps=ONE_OF_EACH, severity=Severity.SECURITY),
    Verify(
        requirement=SELECTS_ONE,
        field="E2E.HandshakeAcc.token1.dhKey",
        at_least=1,
        at_most=1,
        severity=Severity.SECURITY,
    ),
)


@case("E2E/SRV/SELECT/BV-one-of-several", SELECTS_ONE, *OWN, pics=SERVER, configuration=NATIVE)
def server_selects_one() -> Iterator[Conversation]:
    """A server to which much is offered, in whatever order, selects one group and one algorithm of each kind.

    It need not be the first one.
    """
    for mode, pics in MODES.items():
        for reverse in (False, True):
            steps = server_agrees(SELECTS_ONE, _offer(mode, reverse=reverse), mode=mode)
            label = f"{mode}, {'the other way round' if reverse else 'in one order'}"
            yield conversation(steps, selects_one, label=label, pics=pics)


@case("E2E/SRV/SELECT/BV-identifiers-repeated", REPEATS, *OWN, pics=SERVER, configuration=NATIVE)
def server_repeats() -> Iterator[Conversation]:
    """A server repeats the identifiers of what it selects octet for octet, parameters included."""
    for mode, pics in MODES.items():
        steps = server_agrees(REPEATS, Handshake(mode=mode))
        yield conversation(
            steps, NoFinding(requirement=REPEATS, steps=("E2E.HS.22.7",)), label=mode, pics=pics
        )


def _first(field: str, value: dict[str, Any]) -> SetField:
    """Put another entry in the place of the first one of a list of HandshakeReq."""
    return SetField(pdu="E2E.HandshakeReq.token", field=f"{field}.0", value=value)


def _behind(oid: str, parameters: str | None, field: str, label: str) -> Conversation:
    """Offer one algorithm that can be taken, behind one in the same list that cannot."""
    value = {"oid": oid, "parameters": parameters}
    mode: ModeName = "ae" if field == "algorithms" else "separate"
    if mode == "ae":
        how, rows = Handshake(mode=mode, ae=("aes128-GCM/12",) * 2), code(Role.SERVER, "aes128-GCM")
        taken = {"encryption": "aes128-GCM/12"}
    else:
        how = Handshake(mode=mode, encryption=("aes128-CBC",) * 2, integrity=(HMAC,) * 2)
        rows, taken = code(Role.SERVER, "aes128-CBC", HMAC), {"encryption": "aes128-CBC", "integrity": HMAC}
    steps = server_agrees(PASSED_OVER, how, _first(f"encr_mode.{field}", value), **taken)
    return conversation(steps, label=f"{label} in {field}", pics=f"{MODES[mode]} and {rows}")


@case("E2E/SRV/SELECT/BV-unknown-passed-over", PASSED_OVER, *OWN, pics=SERVER, configuration=NATIVE)
def server_passes_over() -> Iterator[Conversation]:
    """A server passes over offers that it cannot know, before the one that it can take.

    They are an algorithm that does not exist, a group of a number that nobody has, lengths of tags out of
    range, and parameters of a known algorithm that have no meaning there.
    """
    for field in ("algorithms", "encr", "icvAlgID"):
        yield _behind(UNKNOWN, None, field, "unknown")
    group = _first("dhKey", {"dhGroup": UNKNOWN_GROUP, "dhPublicKey": "00"})
    yield conversation(
        server_agrees(PASSED_OVER, Handshake(groups=("brainpoolP256r1", "modp-2048")), group, dhGroup=14),
        label="unknown group",
        pics="E2E.group-14.server",
    )
    yield _behind(AES128_GCM, NULL, "algorithms", "NULL as parameters")
    yield _behind(AES128_CBC, NULL, "encr", "NULL as parameters")
    for length in (11, 17):
        parameters = f"3011040c{'00' * 12}0201{length:02x}"
        yield _behind(AES128_GCM, parameters, "algorithms", f"tags of {length} octets")


hmac_stands: Steps = (
    Verify(requirement=HMAC_AGREED, field="E2E.hmac", is_in=(HMAC,), severity=Severity.FUNCTION),
    NoFinding(requirement=HMAC_AGREED, steps=("E2E.HS.14",), severity=Severity.SECURITY),
)


@case("E2E/SRV/SELECT/BV-hmac", HMAC_AGREED, *OWN, pics=SERVER, configuration=NATIVE)
def server_hmac_for_keys() -> Conversation:
    """A server takes hmacWithSHA256 as the HMAC that keys are derived by, and says so unchanged."""
    return conversation(server_agrees(HMAC_AGREED, Handshake()), hmac_stands)


@case("E2E/CLI/SELECT/BV-hmac", HMAC_AGREED, *OWN, pics=CLIENT, configuration=NATIVE)
def client_hmac_for_keys() -> Conversation:
    """A client asks for hmacWithSHA256 as the HMAC that keys are derived by."""
    return conversation(agrees(Role.CLIENT, HMAC_AGREED, Handshake()), hmac_stands)


OTHER_NONCE: Final = f"040c{'5a' * 12}"
GCM_FORMS: Final = {
    "no parameters": ("aes128-GCM/12", None),
    "another nonce in them": ("aes128-GCM/12", f"300e{OTHER_NONCE}"),
    "a nonce of 8 octets in them": ("aes128-GCM/12", f"300a0408{'00' * 8}"),
    "the length 12 told": ("aes128-GCM/12", f"3011{OTHER_NONCE}02010c"),
    "another nonce and the length 16": ("aes128-GCM/16", f"3011{OTHER_NONCE}020110"),
}
"""Forms of the parameters of GCM that mean something; the octets in them have none."""
CBC_FORMS: Final = {
    "no parameters": None,
    "another initial value in them": f"0410{'5a' * 16}",
    "no octet in them": "0400",
}


def _forms(role: Role) -> Iterator[Conversation]:
    """Send identifiers in every form that is understood, as offer or as selection."""
    pdu = "E2E.HandshakeReq.token" if role is Role.SERVER else "E2E.HandshakeAcc.token"

    def parameters(field: str, value: str | None) -> SetField:
        return SetField(pdu=pdu, field=f"{field}.parameters", value=value)

    for form, (by, value) in GCM_FORMS.items():
        how = Handshake(mode="ae", ae=(by,))
        steps = agrees(role, READ, how, parameters("encr_mode.algorithms.0", value), encryption=by)
        yield conversation(steps, label=f"aea, {form}", pics=code(role, "aes128-GCM"))
    yield conversation(agrees(role, READ, Handshake(), parameters("hmac", None)), label="hmac, no parameters")
    how = Handshake(credential="e2e-rsa")
    yield conversation(
        agrees(role, READ, how, parameters("sigAlg", None)),
        label="sha256WithRSAEncryption, no parameters",
        pics=code(role, "sha256WithRSAEncryption"),
    )


def _separate_forms(role: Role) -> Iterator[Conversation]:
    """Send identifiers of encryption and ICV in every form that is understood."""
    pdu = "E2E.HandshakeReq.token" if role is Role.SERVER else "E2E.HandshakeAcc.token"
    for form, value in CBC_FORMS.items():
        how = Handshake(mode="separate", encryption=("aes128-CBC",), integrity=(HMAC,))
        other = SetField(pdu=pdu, field="encr_mode.encr.0.parameters", value=value)
        steps = agrees(role, READ, how, other, encryption="aes128-CBC")
        yield conversation(steps, label=f"encr, {form}", pics=code(role, "aes128-CBC", HMAC))
    for by, row in ((HMAC, HMAC), ("aes256-GCM/12", "aes256-GCM-ICV")):
        how = Handshake(mode="separate", integrity=(by,))
        other = SetField(pdu=pdu, field="encr_mode.icvAlgID.0.parameters", value=None)
        steps = agrees(role, READ, how, other, integrity=by)
        yield conversation(steps, label=f"icvAlgID {by}, no parameters", pics=code(role, row))


@case("E2E/SRV/SELECT/BV-identifier-forms", READ, *OWN, pics=SERVER_AE, configuration=NATIVE)
def server_reads_forms() -> Iterator[Conversation]:
    """A server understands an offered algorithm by each form of its parameters: left out, or with octets in
    them, which mean nothing.
    """
    return _forms(Role.SERVER)


@case("E2E/CLI/SELECT/BV-identifier-forms", READ, *OWN, pics=CLIENT_AE, configuration=NATIVE)
def client_reads_forms() -> Iterator[Conversation]:
    """A client takes the selection of its offer by each form of the parameters that means the same."""
    return _forms(Role.CLIENT)


@case("E2E/SRV/SELECT/BV-identifier-forms-separate", READ, *OWN, pics=SEPARATE_SERVER, configuration=NATIVE)
def server_reads_separate_forms() -> Iterator[Conversation]:
    """A server understands offered encryption and ICV by each form of their parameters."""
    return _separate_forms(Role.SERVER)


@case(
    "E2E/CLI/SELECT/BV-identifier-forms-separate",
    READ,
    *OWN,
    pics=SEPARATE_CLIENT,
    configuration=NATIVE_SEPARATE,
)
def client_reads_separate_forms() -> Iterator[Conversation]:
    """A client takes the selection of encryption and ICV by each form of their parameters."""
    return _separate_forms(Role.CLIENT)
