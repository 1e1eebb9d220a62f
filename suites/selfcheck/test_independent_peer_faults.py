"""The independent peer against itself: it sees what is wrong and answers as the pages want."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.authority import Authority, make_key, titles_name
from conform62351.suites.selfcheck.independent.certificates import Identity
from conform62351.suites.selfcheck.independent.errors import Broken, Ended, EnvironmentBroken, Verdict
from conform62351.suites.selfcheck.independent.handshake import NoInitiate, connect
from conform62351.suites.selfcheck.independent_lab import (
    CLIENT,
    MODES,
    SERVER,
    Lab,
    asked,
    make_lab,
    results,
    served,
)
from conform62351.suites.selfcheck.independent_stimuli import (
    ACCEPTS,
    ANSWERS,
    CALLS,
    FROM_CLIENT,
    FROM_SERVER,
    REQUESTS,
    TRANSFERS,
    EnvironmentStimulus,
    changed,
    first_element,
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with make_lab() as made:
        yield made


@pytest.mark.parametrize("fault", REQUESTS)
def test_a_faulty_request_is_refused(lab: Lab, fault: str) -> None:
    stimulus = REQUESTS[fault]
    client, server = lab.converse(
        asked(lab.settings("client", **stimulus.members)), served(lab.settings("server"))
    )
    broken, ended = server.exception(), client.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == stimulus.diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("HandshakeSecReject", stimulus.diagnostic, 1, ("user", 1))


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_faulty_answer_is_aborted(lab: Lab, fault: str) -> None:
    stimulus = ANSWERS[fault]
    settings = lab.settings("server", **stimulus.members)
    client, server = lab.converse(asked(lab.settings("client")), served(settings))
    broken, ended = client.exception(), server.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == stimulus.diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("HandshakeSecAbort", stimulus.diagnostic)


@pytest.mark.parametrize("fault", [*TRANSFERS, *FROM_CLIENT])
def test_a_faulty_transfer_of_a_client_ends_the_association(lab: Lab, fault: str) -> None:
    stimulus = (TRANSFERS | FROM_CLIENT)[fault]
    settings = lab.settings("client", **MODES[stimulus.mode], **stimulus.members)
    client, server = lab.converse(asked(settings), served(lab.settings("server")))
    broken, ended = server.exception(), client.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == stimulus.diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("DtSecAbort", stimulus.diagnostic)


@pytest.mark.parametrize("fault", [*TRANSFERS, *FROM_SERVER])
def test_a_faulty_transfer_of_a_server_ends_the_association(lab: Lab, fault: str) -> None:
    stimulus = (TRANSFERS | FROM_SERVER)[fault]
    settings = lab.settings("client", **MODES[stimulus.mode])
    client, server = lab.converse(asked(settings), served(lab.settings("server", **stimulus.members)))
    broken, ended = client.exception(), server.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == stimulus.diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("DtSecAbort", stimulus.diagnostic)


def test_a_data_transfer_that_comes_twice_is_an_alarm(lab: Lab) -> None:
    def client(sock: socket.socket) -> None:
        made = connect(sock, lab.settings("client"))
        octets = made.data.seal(mms.identify(1))
        made.stack.send(octets)
        made.receive()
        made.stack.send(octets)
        made.receive()

    asked_, served_ = lab.converse(client, served(lab.settings("server")))
    assert "again" in str(served_.exception())
    ended = asked_.exception()
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("DtSecAbort")


def test_a_request_that_comes_twice_is_an_alarm(lab: Lab) -> None:
    sent: list[bytes] = []

    def kept(octets: bytes) -> bytes:
        sent.append(octets)
        return sent[0]

    client = lab.settings("client", spoil={"HandshakeReq": kept})
    server = lab.settings("server")
    results(*lab.converse(asked(client), served(server)))
    asked_, served_ = lab.converse(asked(client), served(server))
    assert "is a replay" in str(served_.exception())
    ended = asked_.exception()
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("HandshakeSecReject", None, 1, ("user", 1))


def test_a_request_without_initiate_is_rejected_by_the_application(lab: Lab) -> None:
    client = lab.settings("client", spoil={"HandshakeReq.tbs": first_element})
    asked_, served_ = lab.converse(asked(client), served(lab.settings("server")))
    assert isinstance(served_.exception(), NoInitiate)
    ended = asked_.exception()
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("ApplicationReject", None, 1, ("user", 1))


def test_an_answer_without_initiate_is_aborted_by_the_application(lab: Lab) -> None:
    server = lab.settings("server", spoil={"HandshakeAcc.tbs": first_element})
    asked_, served_ = lab.converse(asked(lab.settings("client")), served(server))
    assert isinstance(asked_.exception(), NoInitiate)
    ended = served_.exception()
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("ApplAbort")


def answered(stimulus: EnvironmentStimulus) -> Verdict:
    if stimulus.reject is None:
        return Verdict("osiDiagnostics", environment=stimulus.number)
    return Verdict("AARE", result=1, reason=("user", stimulus.reject))


@pytest.mark.parametrize("fault", CALLS)
def test_a_fault_of_the_environment_in_a_call_is_answered_in_it(lab: Lab, fault: str) -> None:
    stimulus = CALLS[fault]
    settings = lab.settings("client", spoil=stimulus.spoil)
    client, server = lab.converse(asked(settings), served(lab.settings("server")))
    broken, ended = server.exception(), client.exception()
    assert isinstance(broken, EnvironmentBroken), broken
    assert broken.number == stimulus.number
    assert isinstance(ended, Ended)
    assert ended.verdict == answered(stimulus)


@pytest.mark.parametrize("fault", ACCEPTS)
def test_a_fault_of_the_environment_in_an_accept_is_answered_in_it(lab: Lab, fault: str) -> None:
    stimulus = ACCEPTS[fault]
    settings = lab.settings("server", spoil=stimulus.spoil)
    client, server = lab.converse(asked(lab.settings("client")), served(settings))
    broken, ended = client.exception(), server.exception()
    assert isinstance(broken, EnvironmentBroken), broken
    assert broken.number == stimulus.number
    assert isinstance(ended, Ended)
    assert ended.verdict == answered(stimulus)


def test_data_outside_the_e2e_context_are_not_read(lab: Lab) -> None:
    client = lab.settings("client", spoil={"TD": changed(b"\2\1\5", b"\2\1\3")})
    asked_, served_ = lab.converse(asked(client), served(lab.settings("server")))
    assert "event 15.3" in str(served_.exception())
    ended = asked_.exception()
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("osiDiagnostics", environment=3)


FORM, PATH = "invalid-public-key-certificate", "invalid-certification-path"


def identities(lab: Lab) -> dict[str, tuple[Identity, str | None]]:
    """Clients whose certificates are at fault, with the diagnostic that is due."""
    first, good = lab.root.below("first"), lab.clients["p256"]
    stranger = Authority.root("stranger")
    key, start = make_key("p256"), datetime.now(UTC) - timedelta(days=400)
    expired = lab.root.issue(titles_name(CLIENT), key, start=start)
    authority = lab.root.issue(titles_name(CLIENT), key, authority=True)
    return {
        "expired": (Identity(key, expired, CLIENT), None),
        "untrusted": (stranger.identity(CLIENT), None),
        "authority": (Identity(key, authority, CLIENT), FORM),
        "unconnected": (replace(good, path=(first.certificate,)), PATH),
        "missing": (first.identity(CLIENT), None),
        "no path": (first.identity(CLIENT, path=(first.below("other").certificate,)), PATH),
        "junk in path": (replace(good, path=(b"\x30\0",)), PATH),
        "not a certificate": (replace(good, certificate=b"\x30\0"), FORM),
        "trailing": (replace(good, certificate=good.certificate + b"\0"), FORM),
        "somebody else": (replace(lab.root.identity(SERVER), titles=CLIENT), None),
        "another shape": (Identity(key, lab.root.issue(lab.root.name, key), CLIENT), FORM),
        "another key": (replace(good, key=make_key("p256")), None),
        "rsa signature": (replace(good, key=make_key("rsa")), None),
    }


def test_faulty_certificates_are_refused(lab: Lab) -> None:
    for fault, (identity, diagnostic) in identities(lab).items():
        client = replace(lab.settings("client"), identity=identity)
        asked_, served_ = lab.converse(asked(client), served(lab.settings("server")))
        broken, ended = served_.exception(), asked_.exception()
        assert isinstance(broken, Broken), fault
        assert broken.diagnostic == diagnostic, fault
        assert isinstance(ended, Ended)
        assert ended.verdict == Verdict("HandshakeSecReject", diagnostic, 1, ("user", 1))
