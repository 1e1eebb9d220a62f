"""The reference device sees every fault of the independent peer, answers it, and logs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.ber import tlv
from conform62351.suites.selfcheck.independent.errors import Verdict
from conform62351.suites.selfcheck.independent_device import (
    Laboratory,
    asking,
    ended,
    laboratory,
    logged,
    serving,
)
from conform62351.suites.selfcheck.independent_lab import MODES
from conform62351.suites.selfcheck.independent_stimuli import (
    ACCEPTS,
    ANSWERS,
    CALLS,
    FROM_CLIENT,
    FROM_SERVER,
    REQUESTS,
    TRANSFERS,
    changed,
    first_element,
)

CONFIGURATIONS = {
    "aes128-GCM": "native",
    "aes128-CBC+HMAC": "native-separate",
    "HMAC": "native-clear",
    "GMAC": "native-clear",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("independent"), workshop) as made:
        yield made


@pytest.mark.parametrize("fault", REQUESTS)
def test_a_faulty_request_is_refused(lab: Laboratory, fault: str) -> None:
    stimulus = REQUESTS[fault]
    members = MODES["HMAC"] | stimulus.members
    verdict = asking(lab, lab.settings(**members))
    assert verdict == Verdict("HandshakeSecReject", stimulus.diagnostic, 1, ("user", 1))
    assert logged(lab, stimulus.event)


@pytest.mark.parametrize(
    ("name", "mode", "diagnostic", "event"),
    [
        ("native-no-encryption", "aes128-GCM", "aea-select-but-encryp-not-supp", "1.15"),
        ("native-no-encryption", "aes128-CBC+HMAC", "encryption-not-required", "1.18"),
        ("native-encryption-required", "HMAC", "encryption-required", "1.22"),
        ("native-without-ae", "aes128-GCM", "encr-mode-aea-not-supported", "1.14"),
        ("native-ae-required", "aes128-CBC+HMAC", "ae-is-required", "1.17"),
        ("native-ae-required", "HMAC", "ae-is-required", "1.17"),
    ],
)
def test_a_request_against_the_policy_is_refused(
    lab: Laboratory, name: str, mode: str, diagnostic: str, event: str
) -> None:
    verdict = asking(lab, lab.settings(**MODES[mode]), name)
    assert verdict == Verdict("HandshakeSecReject", diagnostic, 1, ("user", 1))
    assert logged(lab, event)


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_faulty_answer_is_aborted(lab: Laboratory, fault: str) -> None:
    stimulus = ANSWERS[fault]
    lab.events()
    verdict = ended(
        lambda: lab.called(lab.settings(server=True, **stimulus.members), name="native-clear").receive()
    )
    assert verdict == Verdict("HandshakeSecAbort", stimulus.diagnostic)
    assert logged(lab, stimulus.event)


@pytest.mark.parametrize("fault", [*TRANSFERS, *FROM_CLIENT])
def test_a_faulty_transfer_of_a_client_ends_the_association(lab: Laboratory, fault: str) -> None:
    stimulus = (TRANSFERS | FROM_CLIENT)[fault]
    verdict = asking(lab, lab.settings(**MODES[stimulus.mode], **stimulus.members))
    assert verdict == Verdict("DtSecAbort", stimulus.diagnostic)
    assert logged(lab, stimulus.event)


@pytest.mark.parametrize("fault", [*TRANSFERS, *FROM_SERVER])
def test_a_faulty_transfer_of_a_server_ends_the_association(lab: Laboratory, fault: str) -> None:
    stimulus = (TRANSFERS | FROM_SERVER)[fault]
    icv = ("aes128-GCM", "aes256-GCM") if stimulus.mode == "GMAC" else ("hmacWithSHA256",)
    settings = lab.settings(server=True, icv=icv, **stimulus.members)
    verdict = serving(lab, settings, CONFIGURATIONS[stimulus.mode])
    assert verdict == Verdict("DtSecAbort", stimulus.diagnostic)
    assert logged(lab, stimulus.event)


@pytest.mark.parametrize("fault", CALLS)
def test_a_fault_of_the_environment_in_a_call_is_answered_in_it(lab: Laboratory, fault: str) -> None:
    stimulus = CALLS[fault]
    verdict = asking(lab, lab.settings(spoil=stimulus.spoil))
    if stimulus.reject is None:
        assert verdict == Verdict("osiDiagnostics", environment=stimulus.number)
    else:
        assert verdict == Verdict("AARE", result=1, reason=("user", stimulus.reject))
    assert logged(lab, f"15.{stimulus.number}")


@pytest.mark.parametrize("fault", ACCEPTS)
def test_a_fault_of_the_environment_in_an_accept_is_answered_in_it(lab: Laboratory, fault: str) -> None:
    stimulus = ACCEPTS[fault]
    lab.events()
    verdict = ended(lambda: lab.called(lab.settings(server=True, spoil=stimulus.spoil)).receive())
    assert verdict == Verdict("osiDiagnostics", environment=stimulus.number)
    assert logged(lab, f"15.{stimulus.number}")


def test_data_outside_the_e2e_context_are_not_read(lab: Laboratory) -> None:
    verdict = asking(lab, lab.settings(spoil={"TD": changed(b"\2\1\5", b"\2\1\3")}))
    assert verdict == Verdict("osiDiagnostics", environment=3)
    assert logged(lab, "15.3")


def test_a_data_transfer_that_comes_twice_is_an_alarm(lab: Laboratory) -> None:
    lab.events()
    made = lab.connected(lab.settings())
    octets = made.data.seal(mms.identify(1))
    made.stack.send(octets)
    made.receive()
    made.stack.send(octets)
    assert ended(made.receive) == Verdict("DtSecAbort")
    assert logged(lab, "11.7")


def test_a_request_that_comes_twice_is_an_alarm(lab: Laboratory) -> None:
    sent: list[bytes] = []

    def kept(octets: bytes) -> bytes:
        sent.append(octets)
        return sent[0]

    settings = lab.settings(spoil={"HandshakeReq": kept})
    lab.connected(settings).release(conclude=False)
    assert asking(lab, settings) == Verdict("HandshakeSecReject", None, 1, ("user", 1))
    assert logged(lab, "1.11")


def replaced_by(octets: bytes) -> Callable[[bytes], bytes]:
    return lambda _: octets


def test_what_is_no_secpdu_is_refused(lab: Laboratory) -> None:
    for octets in (b"\5\0", b"\xa0\0", tlv(0x30, b"\5\0")):
        verdict = asking(lab, lab.settings(spoil={"HandshakeReq": replaced_by(octets)}))
        assert verdict == Verdict("HandshakeSecReject", "protocol-error", 1, ("user", 1))
        assert logged(lab, "1.5")


@pytest.mark.parametrize(
    "pdu", [b"", mms.identify(1), mms.CONCLUDE, mms.initiate(mms.INITIATE_RESPONSE), b"\x30\0"]
)
def test_a_request_without_initiate_is_rejected_by_the_application(lab: Laboratory, pdu: bytes) -> None:
    verdict = asking(lab, lab.settings(spoil={"HandshakeReq.tbs": lambda it: first_element(it) + pdu}))
    assert (verdict.name, verdict.diagnostic) == ("ApplicationReject", None)
    assert (verdict.result, verdict.reason) == (1, ("user", 1))
