"""Forms of data transfers that a DUT has to read, beside the usual one (12, 13.2.3, 13.4, 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    server_association,
)
from conform62351.suites.native.data import CLIENT_CLEAR, CLIENT_SEPARATE
from conform62351.suites.native.ways import AE, CLEAR, GMAC_ALONE, SEPARATE, Way, client_ways, server_ways
from conform62351.suites.osi.conversations import client_usable, server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Append, Edit, EditTlv, SetField, SetTime
from conform62351.tooling.engine.native_outcomes import data_aborted
from conform62351.tooling.engine.outcomes import (
    REQUEST,
    RESPONSE,
    expect,
    over,
    reach,
    warned,
)
from conform62351.tooling.engine.steps import (
    Act,
    Conversation,
    Request,
    Respond,
    TimeForm,
    conversation,
)

ENCODING = "R-E2E-encoding-read"
EXTENSION = "R-E2E-extension-read"
IV_IGNORED = "R-E2E-iv-ignored"
NONCE = "R-E2E-nonce-read"
TIME_FORM = "R-E2E-data-time-read"
TIME_WINDOW = "R-E2E-data-time-window"
SERVER_CLEAR = f"{SERVER} and T11.non-AE.server and E2E.integrity-only.server"

ENCR = "E2E.EncrTransfer"
CLEAR_TRANSFER = "E2E.ClearTransfer"
NONCES = (1, 8, 12, 16, 64)
OTHER_DIGITS = {
    "no fraction": TimeForm.NO_FRACTION,
    "a dot without digits": TimeForm.DOT_WITHOUT_DIGITS,
    "one digit": TimeForm.ONE_DIGIT,
    "six digits": TimeForm.SIX_DIGITS,
}
NOT_READ = warned(
    "it does not read a time with this fraction, which other readers do",
    *over(data_aborted("protocol-error")),
)
FALSE_FLAGS = bytes.fromhex("82 01 00 83 01 00")
UNKNOWN_ELEMENTS = {
    "one element": bytes.fromhex("9f 64 01 2a"),
    "an element with others in it": bytes.fromhex("bf 65 05 0c 03 6e 65 77"),
    "two elements": bytes.fromhex("9f 64 01 2a 0c 03 6e 65 77"),
}
"""What nobody has defined yet, in the place where extensions stand."""


def read(*mutations: AnyMutation) -> Request:
    """Read a variable of the DUT server."""
    return Request(service="read", point="data.read", mutations=mutations)


def encodings(way: Way) -> dict[str, tuple[AnyMutation, ...]]:
    """Return the ways to write a data transfer that are read; what is protected are the octets as sent."""
    pdu, tbp = way.data, f"{way.data}.tbp"
    is_ae = way.mode == "ae"

    def token(octets: bytes) -> tuple[AnyMutation, ...]:
        """Cover ``octets`` at the end of token2 by the tag, where that covers the token apart."""
        return (Append(pdu=f"{pdu}.aad", octets=octets),) if is_ae else ()

    found: dict[str, tuple[AnyMutation, ...]] = {
        "the SecPDU of indefinite length": (EditTlv(pdu=pdu, path="30", edit=Edit.INDEFINITE),),
        "tbp of indefinite length": (EditTlv(pdu=tbp, path="30", edit=Edit.INDEFINITE),),
        "token2 of indefinite length": (
            EditTlv(pdu=tbp, path="30/30", edit=Edit.INDEFINITE),
            *token(b"\0\0"),
        ),
        "a longer length of the SecPDU": (EditTlv(pdu=pdu, path="30", edit=Edit.NON_MINIMAL),),
        "a longer length of tbp": (EditTlv(pdu=tbp, path="30", edit=Edit.NON_MINIMAL),),
        "a longer length of token2": (EditTlv(pdu=tbp, path="30/30", edit=Edit.NON_MINIMAL),),
        "flags that are FALSE": (
            EditTlv(pdu=tbp, path="30/30", edit=Edit.APPEND, octets=FALSE_FLAGS),
            *token(FALSE_FLAGS),
        ),
    }
    if way.encryption:
        in_parts = EditTlv(pdu=tbp, path="30/04", edit=Edit.WRAP, octets=b"\x24")
        found["applData in parts"] = (in_parts,)
    return found


@case("E2E/SRV/DT/BV-encodings", ENCODING, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_encodings() -> Iterator[Conversation]:
    """A server reads every valid encoding of a data transfer, in every mode."""
    for way, pics in server_ways():
        if way not in (AE[0], SEPARATE[0], CLEAR[0]):
            continue
        for label, mutations in encodings(way).items():
            yield conversation(
                server_association(way.handshake()),
                read(*mutations),
                expect(ENCODING, RESPONSE),
                server_usable(ENCODING),
                label=f"{way.label}: {label}",
                pics=pics,
            )


def client_reads(configuration: str) -> Iterator[Conversation]:
    """Yield answers to the DUT client in every encoding, in the first way of ``configuration``."""
    way, pics = next(client_ways(configuration))
    for label, mutations in encodings(way).items():
        yield conversation(
            client_association(way.handshake()),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=mutations),
            client_usable(ENCODING) * 2,
            label=label,
            pics=pics,
        )


@case("E2E/CLI/DT/BV-encodings", ENCODING, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_encodings() -> Iterator[Conversation]:
    """A client reads every valid encoding of an EncrTransfer."""
    return client_reads(NATIVE)


@case(
    "E2E/CLI/DT/BV-encodings-separate",
    ENCODING,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_encodings_separate() -> Iterator[Conversation]:
    """A client reads every valid encoding of an EncrTransfer with an ICV, which covers the octets as they
    came.
    """
    return client_reads(NATIVE_SEPARATE)


@case(
    "E2E/CLI/DT/BV-encodings-clear",
    ENCODING,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_encodings_clear() -> Iterator[Conversation]:
    """A client reads every valid encoding of a ClearTransfer; the ICV covers the octets as they came."""
    return client_reads(NATIVE_CLEAR)


@case("E2E/SRV/DT/BV-extensions", EXTENSION, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_extensions() -> Iterator[Conversation]:
    """A server passes over elements of tbp that it does not know, which stand behind applData."""
    for label, octets in UNKNOWN_ELEMENTS.items():
        yield conversation(
            server_association(),
            read(EditTlv(pdu=f"{ENCR}.tbp", path="30", edit=Edit.APPEND, octets=octets)),
            expect(EXTENSION, RESPONSE),
            server_usable(EXTENSION),
            label=label,
        )


@case("E2E/CLI/DT/BV-extensions", EXTENSION, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_extensions() -> Iterator[Conversation]:
    """A client passes over elements of tbp that it does not know, which stand behind applData."""
    for label, octets in UNKNOWN_ELEMENTS.items():
        yield conversation(
            client_association(),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=(EditTlv(pdu=f"{ENCR}.tbp", path="30", edit=Edit.APPEND, octets=octets),)),
            client_usable(EXTENSION) * 2,
            label=label,
        )


AN_IV = SetField(pdu=f"{CLEAR_TRANSFER}.token", field="iv", octets=bytes(range(16)))


@case(
    "E2E/SRV/DT/BV-iv-in-clear", IV_IGNORED, pics=SERVER_CLEAR, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_iv_in_clear() -> Iterator[Conversation]:
    """A server takes a ClearTransfer that has an iv, for which there is no use."""
    for way in CLEAR:
        yield conversation(
            server_association(way.handshake()),
            read(AN_IV),
            expect(IV_IGNORED, RESPONSE),
            server_usable(IV_IGNORED),
            label=way.label,
            pics=next(pics for each, pics in server_ways() if each is way),
        )


@case(
    "E2E/CLI/DT/BV-iv-in-clear",
    IV_IGNORED,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_iv_in_clear() -> Iterator[Conversation]:
    """A client takes a ClearTransfer that has an iv, for which there is no use."""
    for way, pics in client_ways(NATIVE_CLEAR):
        yield conversation(
            client_association(way.handshake()),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=(AN_IV,)),
            client_usable(IV_IGNORED) * 2,
            label=way.label,
            pics=pics,
        )


def nonce_of(octets: int) -> SetField:
    """Return the mutation that gives a message a GMAC nonce of so many octets."""
    return SetField(pdu=f"{CLEAR_TRANSFER}.auth", field="nonce", octets=bytes(range(100, 100 + octets)))


@case(
    "E2E/SRV/DT/BV-nonces",
    NONCE,
    pics=f"{SERVER_CLEAR} and T13.aes128-GCM-ICV.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_nonces() -> Iterator[Conversation]:
    """A server verifies GMAC with nonces of 1, 8, 12, 16 and 64 octets."""
    for octets in NONCES:
        yield conversation(
            server_association(GMAC_ALONE.handshake()),
            read(nonce_of(octets)),
            expect(NONCE, RESPONSE),
            server_usable(NONCE),
            label=f"{octets} octets",
        )


@case(
    "E2E/CLI/DT/BV-nonces",
    NONCE,
    pics=f"{CLIENT_CLEAR} and T13.aes128-GCM-ICV.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_nonces() -> Iterator[Conversation]:
    """A client verifies GMAC with nonces of 1, 8, 12, 16 and 64 octets."""
    for octets in NONCES:
        yield conversation(
            client_association(GMAC_ALONE.handshake()),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=(nonce_of(octets),)),
            client_usable(NONCE) * 2,
            label=f"{octets} octets",
        )


def written(form: TimeForm) -> SetTime:
    """Return the mutation that writes the time of a message in this form."""
    return SetTime(pdu=f"{ENCR}.token", form=form)


@case("E2E/SRV/DT/BV-time-forms", TIME_FORM, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time_forms() -> Iterator[Conversation]:
    """A server reads a time with a comma before the fraction. Other fractions than of three digits may be
    read as well; one that is not is answered with protocol-error, and reported as a warning.
    """
    yield conversation(
        server_association(), read(written(TimeForm.COMMA)), expect(TIME_FORM, RESPONSE), label="a comma"
    )
    for label, form in OTHER_DIGITS.items():
        yield conversation(
            server_association(),
            read(written(form)),
            expect(TIME_FORM, RESPONSE, NOT_READ),
            label=label,
        )


@case("E2E/CLI/DT/BV-time-forms", TIME_FORM, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_time_forms() -> Iterator[Conversation]:
    """A client reads a time with a comma before the fraction. Other fractions than of three digits may be
    read as well; one that is not is answered with protocol-error, and reported as a warning.
    """
    forms = {"a comma": TimeForm.COMMA, **OTHER_DIGITS}
    for label, form in forms.items():
        yield conversation(
            client_association(),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=(written(form),)),
            Act(action="send-request", may_fail=True),
            expect(TIME_FORM, REQUEST, *(() if form is TimeForm.COMMA else NOT_READ)),
            label=label,
        )


@case(
    "E2E/SRV/DT/BV-time-window", TIME_WINDOW, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_time_window() -> Iterator[Conversation]:
    """A server takes messages whose times are nearly 10 minutes in the past, or to come, whatever time its
    own messages have.
    """
    pdu = f"{ENCR}.token"
    for label in ("past", "future"):
        yield conversation(
            server_association(),
            read(SetTime(pdu=pdu, boundary=label)),
            expect(TIME_WINDOW, RESPONSE),
            read(SetTime(pdu=pdu, again=0, shift=0.001), SetField(pdu=pdu, field="seq", value=0)),
            expect(TIME_WINDOW, RESPONSE),
            label=label,
        )


@case(
    "E2E/CLI/DT/BV-time-window", TIME_WINDOW, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE
)
def client_time_window() -> Iterator[Conversation]:
    """A client takes a first message whose time is nearly 10 minutes in the past, or to come."""
    for label in ("past", "future"):
        yield conversation(
            client_association(),
            Act(action="send-request"),
            reach(REQUEST),
            Respond(mutations=(SetTime(pdu=f"{ENCR}.token", boundary=label),)),
            Act(action="send-request"),
            expect(TIME_WINDOW, REQUEST),
            label=label,
        )
