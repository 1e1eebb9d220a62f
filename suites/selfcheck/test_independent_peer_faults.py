"""The independent peer against itself: it sees what is wrong and answers as the pages want."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.authority import Authority, make_key, titles_name
from conform62351.suites.selfcheck.independent.ber import oid
from conform62351.suites.selfcheck.independent.certificates import Identity
from conform62351.suites.selfcheck.independent.errors import Broken, Ended, EnvironmentBroken, Verdict
from conform62351.suites.selfcheck.independent.handshake import NoInitiate, connect
from conform62351.suites.selfcheck.independent.tokens import Algorithm, Token2
from conform62351.suites.selfcheck.independent_lab import (
    CLIENT,
    MODES,
    SERVER,
    Lab,
    asked,
    changed,
    first_element,
    flipped,
    make_lab,
    results,
    served,
    without_auth,
    without_nonce,
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with make_lab() as made:
        yield made


REQUESTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "signature": ({"spoil": {"HandshakeReq": flipped}}, None),
    "pp": (
        {"spoil": {"HandshakeReq": lambda it: it.replace(b"IEC 61850-8-1", b"IEC 61850-9-2")}},
        "protected-protocol-not-supported",
    ),
    "version": ({"alter": {"token1": lambda it: replace(it, v1=False)}}, "unexpected-version"),
    "time": ({"alter": {"token1": lambda it: replace(it, time=it.time - 605_000_000)}}, "invalid-time-value"),
    "assoID": ({"alter": {"token1": lambda it: replace(it, asso_id="7:1")}}, "protocol-error"),
    "number": ({"alter": {"token1": lambda it: replace(it, asso_id="007")}}, "protocol-error"),
    "group": ({"alter": {"token1": lambda it: replace(it, dh_keys=((2, b"\1"),))}}, "dhGroup-not-supported"),
    "group twice": ({"alter": {"token1": lambda it: replace(it, dh_keys=it.dh_keys * 2)}}, "protocol-error"),
    "point": (
        {"alter": {"token1": lambda it: replace(it, dh_keys=((23, b"\4" + bytes(64)),))}},
        "protocol-error",
    ),
    "hmac": (
        {"alter": {"token1": lambda it: replace(it, hmac=Algorithm.of("aes128-CBC"))}},
        "hmac-algorithm-not-supported",
    ),
    "sigAlg": (
        {"alter": {"token1": lambda it: replace(it, sig_alg=Algorithm.of("sha256WithRSAEncryption"))}},
        None,
    ),
    "confParams": ({"alter": {"token1": lambda it: replace(it, conf=frozenset({1}))}}, "protocol-error"),
    "aea": ({"aea": ("aes128-GCM/15",)}, "aea-algorithms-not-supported"),
    "encr": ({"encr": ("aes128-GCM",), "icv": ("hmacWithSHA256",)}, "encrypt-algorithms-not-supported"),
    "icv": ({"icv": ("aes128-GCM/13",)}, "icv-algorithms-not-supported"),
    "extension": ({"spoil": {"HandshakeReq.tbs": lambda it: it[:3]}}, "protocol-error"),
}


@pytest.mark.parametrize("fault", REQUESTS)
def test_a_faulty_request_is_refused(lab: Lab, fault: str) -> None:
    members, diagnostic = REQUESTS[fault]
    client, server = lab.converse(asked(lab.settings("client", **members)), served(lab.settings("server")))
    broken, ended = server.exception(), client.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == diagnostic
    assert isinstance(ended, Ended)
    number = None if fault in {"assoID", "number", "extension", "group twice"} else "7"
    assert ended.verdict == Verdict("HandshakeSecReject", diagnostic, 1, ("user", 1)), number


ANSWERS: dict[str, tuple[dict[str, Any], str | None]] = {
    "signature": ({"spoil": {"HandshakeAcc": flipped}}, None),
    "pp": (
        {"spoil": {"HandshakeAcc": lambda it: it.replace(b"IEC 61850-8-1", b"IEC 61850-9-2")}},
        "protocol-error",
    ),
    "time": ({"alter": {"token1": lambda it: replace(it, time=it.time + 605_000_000)}}, "invalid-time-value"),
    "assoID": ({"alter": {"token1": lambda it: replace(it, asso_id="8:41")}}, "protocol-error"),
    "group": (
        {"alter": {"token1": lambda it: replace(it, dh_keys=((14, bytes(256)),))}},
        "illegal-dhGroup-selected",
    ),
    "two groups": (
        {"alter": {"token1": lambda it: replace(it, dh_keys=it.dh_keys * 2)}},
        "illegal-dhGroup-selected",
    ),
    "hmac": (
        {"alter": {"token1": lambda it: replace(it, hmac=Algorithm.of("aes128-GCM"))}},
        "hmac-algorithm-not-supported",
    ),
    "mode": (
        {"alter": {"token1": lambda it: replace(it, aea=(Algorithm.of("aes128-GCM"),))}},
        "invalid-ae-algorithm",
    ),
    "encr": (
        {"alter": {"token1": lambda it: replace(it, encr=(Algorithm.of("aes128-CBC"),))}},
        "encryption-not-required",
    ),
    "icv": (
        {"alter": {"token1": lambda it: replace(it, icv=(Algorithm.of("aes128-GCM"),))}},
        "icv-algorithms-not-supported",
    ),
    "two icv": ({"alter": {"token1": lambda it: replace(it, icv=it.icv * 2)}}, "single-icv-algo-required"),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_faulty_answer_is_aborted(lab: Lab, fault: str) -> None:
    members, diagnostic = ANSWERS[fault]
    client, server = lab.converse(asked(lab.settings("client")), served(lab.settings("server", **members)))
    broken, ended = client.exception(), server.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("HandshakeSecAbort", diagnostic)


def moved(seconds: int) -> Callable[[Token2], Token2]:
    return lambda token: replace(token, time=token.time + seconds * 1_000_000)


TRANSFERS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "tag": ("aes128-GCM", {"spoil": {"transfer": flipped}}, None),
    "icv": ("HMAC", {"spoil": {"transfer": flipped}}, None),
    "icv of CBC": ("aes128-CBC+HMAC", {"spoil": {"transfer": flipped}}, None),
    "nonce": ("GMAC", {"spoil": {"transfer": without_nonce}}, "gmac-nonce-required"),
    "auth": ("HMAC", {"spoil": {"transfer": without_auth}}, "protocol-error"),
    "seq": ("HMAC", {"alter": {"token2": lambda it: replace(it, seq=5)}}, "invalid-sequence-number"),
    "old": ("HMAC", {"alter": {"token2": moved(-605)}}, "invalid-time-value"),
    "assoID": ("HMAC", {"alter": {"token2": lambda it: replace(it, asso_id="7:42")}}, "protocol-error"),
    "iv": (
        "aes128-CBC+HMAC",
        {"alter": {"token2": lambda it: replace(it, iv=bytes(15))}},
        "aes-init-vector-required",
    ),
    "changedKey": ("HMAC", {"alter": {"token2": lambda it: replace(it, changed_key=True)}}, "protocol-error"),
    "rekey group": (
        "HMAC",
        {"alter": {"token2": lambda it: replace(it, rekey=(14, bytes(256)))}},
        "protocol-error",
    ),
    "padding": (
        "aes128-CBC+HMAC",
        {"alter": {"token2": lambda it: replace(it, iv=flipped(it.iv))}},
        "protocol-error",
    ),
}


@pytest.mark.parametrize("fault", TRANSFERS)
def test_a_faulty_transfer_ends_the_association(lab: Lab, fault: str) -> None:
    mode, members, diagnostic = TRANSFERS[fault]
    client, server = lab.converse(
        asked(lab.settings("client", **MODES[mode], **members)), served(lab.settings("server"))
    )
    broken, ended = server.exception(), client.exception()
    assert isinstance(broken, Broken), broken
    assert broken.diagnostic == diagnostic
    assert isinstance(ended, Ended)
    assert ended.verdict == Verdict("DtSecAbort", diagnostic)


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


E2E_NAME = oid("1.0.62351.4.2.1")
ENVIRONMENT: dict[str, tuple[dict[str, Callable[[bytes], bytes]], int, int | None]] = {
    "context name": ({"AARQ": changed(E2E_NAME, oid("1.0.62351.4.2.9"))}, 5, 2),
    "called AP-title": ({"AARQ": changed(oid(SERVER.ap_title), oid("1.1.1.999.9"))}, 11, 7),
    "called AE-qualifier": ({"AARQ": changed(b"\xa3\3\2\1\x22", b"\xa3\3\2\1\x23")}, 13, 10),
    "calling AP-title": ({"AARQ": changed(b"\xa6\7", b"\xa8\7")}, 7, 3),
    "calling AE-qualifier": ({"AARQ": changed(b"\xa7\3\2\1", b"\xa9\3\2\1")}, 9, 6),
    "indirect-reference": ({"EXTERNAL": changed(b"\2\1\5", b"\2\1\3")}, 2, None),
    "encoding": ({"EXTERNAL": changed(b"\2\1\5\xa0", b"\2\1\5\x81")}, 4, None),
    "context of AARQ": ({"CP": changed(b"\2\1\1\xa0", b"\2\1\3\xa0")}, 3, None),
    "syntax": ({"CP": changed(oid("1.0.9506.2.1"), oid("1.0.9506.2.9"))}, 1, None),
}


@pytest.mark.parametrize("fault", ENVIRONMENT)
def test_a_fault_of_the_environment_is_answered_in_it(lab: Lab, fault: str) -> None:
    spoil, number, diagnostic = ENVIRONMENT[fault]
    asked_, served_ = lab.converse(asked(lab.settings("client", spoil=spoil)), served(lab.settings("server")))
    broken, ended = served_.exception(), asked_.exception()
    assert isinstance(broken, EnvironmentBroken), broken
    assert broken.number == number
    assert isinstance(ended, Ended)
    if diagnostic is None:
        assert ended.verdict == Verdict("osiDiagnostics", environment=number)
    else:
        assert ended.verdict == Verdict("AARE", result=1, reason=("user", diagnostic))


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
