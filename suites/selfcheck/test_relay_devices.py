"""An intermediary between two reference devices: an honest one changes nothing, and what a dishonest one does
is noticed by them in native mode, in each mode of encryption; without native mode it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from conform62351.fixtures.device.configuration import Configuration, Stack
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, IN_TLS, Pair, configuration, until
from conform62351.suites.selfcheck.device_peer import act
from conform62351.suites.selfcheck.relay_bench import Between
from conform62351.tooling.net.relay import Passed
from conform62351.tooling.net.relay_framing import Sender

CLIENT, SERVER = Sender.CLIENT, Sender.SERVER
OTHER: Final = {"client": "server", "server": "client"}
HANDSHAKES: Final = {"client": "E2E.HandshakeReq", "server": "E2E.HandshakeAcc"}
DATA: Final = {Mode.AE: "EncrTransfer", Mode.SEPARATE: "EncrTransfer", Mode.CLEAR: "ClearTransfer"}
GROUP: Final = {"EncrTransfer": 11, "ClearTransfer": 10}
WINDOW_S: Final = 600.0
ALARMED: Final = "IEC62351-4:6.11"
"""A DtSecAbort without diagnostic has come."""
GAVE_UP: Final = "IEC62351-14:4.2"
MODES: Final = {
    mode.name.lower(): configuration(mode.name.lower(), local=LocalPolicy(mode=mode)) for mode in Mode
}
WEAKER: Final = {
    Mode.AE: "60864801650304012e/608648016503040106",
    Mode.SEPARATE: "60864801650304012a/608648016503040102",
    Mode.CLEAR: "60864801650304012e/608648016503040106",
}
"""The object identifier of AES with 256 bits, in GCM or CBC, and that of AES with 128."""
CHANGED: Final = {**WEAKER, Mode.CLEAR: "2a864886f70d0209/2a864886f70d0208"}
"""The same; in clear mode HMAC with SHA-256 is selected, and its digest made that of SHA-224."""


def compatibility() -> Configuration:
    """Return a configuration of both devices in compatibility mode."""
    return replace(configuration("compatibility"), stack=Stack.COMPATIBILITY, native=None)


OTHERS: Final = {
    "plain": replace(configuration("plain"), stack=Stack.PLAIN, native=None),
    "compatibility": compatibility(),
    "native-tls": configuration("native-tls", Stack.NATIVE_TLS),
}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Between]:
    """Start a client and a server for all tests; the first association takes longer than any other."""
    pair = Pair(tmp_path_factory.mktemp("relayed"), workshop)
    pair.start(*MODES.values(), *OTHERS.values())
    pair.associate()
    pair.release()
    yield Between(pair)
    pair.stop()


@pytest.fixture(params=Mode, ids=lambda mode: mode.name.lower())
def mode(request: pytest.FixtureRequest) -> Mode:
    """Go through all modes of encryption."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture
def between(started: Between, mode: Mode) -> Between:
    """Have both devices in a mode of native mode."""
    started.pair.configure(mode.name.lower())
    return started


@pytest.fixture
def alone(tmp_path: Path, workshop: Workshop, mode: Mode) -> Iterator[Between]:
    """Start devices for one test: what they remember of times would not go with clocks that are set."""
    pair = Pair(tmp_path, workshop).start(MODES[mode.name.lower()])
    yield Between(pair)
    pair.stop()


NOT_TOLD = {"IEC62351-4:10.4", "IEC62351-4:11.4", "IEC62351-4:11.9"}
"""Events of the side that misses an iv or a nonce."""


def done(between: Between, *acts: str, requests: int = 3) -> dict[str, list[str]]:
    """Have the client associate, ask and release over a relay that does ``acts``; return what is logged."""
    with between.relayed(*acts) as relay:
        between.talk(relay, requests)
        return between.pair.events()


def both(*identifiers: str) -> dict[str, list[str]]:
    return {"client": list(identifiers), "server": list(identifiers)}


def sides(noticing: str, logged: list[str], told: list[str]) -> dict[str, list[str]]:
    """Return the logs of the side that notices something and of the other, which is told."""
    return {noticing: logged, OTHER[noticing]: told}


def done_to(passed: list[Passed]) -> list[str]:
    return [told for one in passed if one.names for told in one.told]


@pytest.mark.parametrize("name", [*OTHERS, *MODES])
def test_an_honest_relay_changes_no_octet(started: Between, name: str) -> None:
    started.pair.configure(name)
    with started.relayed() as relay:
        started.talk(relay)
        logged = started.pair.events()
    assert logged == both(*[IN_TLS] * (name in ("compatibility", "native-tls")), ASSOCIATED)
    assert done_to(started.passed) == []
    for sender in Sender:
        came, went = started.octets(sender)
        assert came == went != b""


@pytest.mark.parametrize("name", ["compatibility", "native-tls"])
def test_of_tls_it_is_told_that_octets_are_passed_on(started: Between, name: str) -> None:
    started.pair.configure(name)
    with started.relayed("client:TPKT:drop", "server:E2E.HandshakeAcc:alter=0") as relay:
        started.talk(relay)
    told = [(one.sender, one.told) for one in started.passed if one.told[0].startswith("TLS")]
    assert told == [(side, ("TLS: octets only are passed on from here",)) for side in (CLIENT, SERVER)]
    assert not any(one.names for one in started.passed)


@pytest.mark.parametrize("name", MODES)
def test_what_passes_has_names_and_what_is_encrypted_stays_so(started: Between, name: str) -> None:
    started.pair.configure(name)
    with started.relayed() as relay:
        started.talk(relay, 1)
    transfer = f"E2E.{DATA[Mode[name.upper()]]}"
    told = [one.names[2:] for one in started.passed if len(one.names) > 2]
    inside = [("MMS.confirmed-RequestPDU",), ("MMS.confirmed-ResponsePDU",)]
    inside += [("MMS.conclude-RequestPDU",), ("MMS.conclude-ResponsePDU",)]
    clear = name == "clear"
    assert told == [
        ("SES.CN", "PRES.CP", "ACSE.AARQ", "E2E.HandshakeReq", "MMS.initiate-RequestPDU"),
        ("SES.AC", "PRES.CPA", "ACSE.AARE", "E2E.HandshakeAcc", "MMS.initiate-ResponsePDU"),
        *(("SES.DT", "PRES.TD", transfer, *(pdu if clear else ())) for pdu in inside),
        ("SES.FN", "PRES.UD", "ACSE.RLRQ", "E2E.ReleaseReq"),
        ("SES.DN", "PRES.UD", "ACSE.RLRE", "E2E.ReleaseRsp"),
    ]


@pytest.mark.parametrize("act", ["alter=-1", "swap=a1/a3", "repeat", "drop"])
@pytest.mark.parametrize("sender", ["client", "server"])
def test_in_plain_mms_nobody_notices_that_data_are_not_what_was_sent(
    started: Between, sender: str, act: str
) -> None:
    started.pair.configure("plain")
    value = {"client": "MMS.confirmed-RequestPDU", "server": "MMS.confirmed-ResponsePDU"}[sender]
    changed = {"alter=-1": "alter=-1/0x01"}.get(act, act)
    with started.relayed(f"{sender}:{value}:2:{changed}") as relay:
        started.connect(relay)
        for _ in range(3):
            started.send()
        until(lambda: started.count(SERVER, "MMS.confirmed-ResponsePDU") >= 2, "answers")
        logged = started.pair.events()
    assert logged == both(ASSOCIATED)
    assert started.endings() == []


@pytest.mark.parametrize("sender", ["client", "server"])
@pytest.mark.parametrize("stride", [173, pytest.param(5, marks=pytest.mark.deep)])
def test_any_octet_of_a_handshake_that_is_altered_is_noticed(
    between: Between, sender: str, stride: int
) -> None:
    done(between, requests=0)
    length = between.length(Sender(sender), HANDSHAKES[sender])
    ending = {"client": (SERVER, "E2E.HandshakeSecReject"), "server": (CLIENT, "E2E.HandshakeSecAbort")}
    for number, at in enumerate(range(0, length - 3, stride)):
        logged = done(between, f"{sender}:{HANDSHAKES[sender]}:alter={at}/{1 << number % 8}", requests=0)
        assert done_to(between.passed) == [f"octet {at} of {HANDSHAKES[sender]} altered"]
        assert between.endings() == [ending[sender]]
        (noticed,) = logged[OTHER[sender]]
        assert noticed.startswith("IEC62351-4:1." if sender == "client" else "IEC62351-4:2.")
        assert ASSOCIATED not in logged["client"]


@pytest.mark.parametrize("sender", ["client", "server"])
@pytest.mark.parametrize("stride", [11, pytest.param(1, marks=pytest.mark.deep)])
def test_any_octet_of_data_that_is_altered_is_noticed(
    between: Between, mode: Mode, sender: str, stride: int
) -> None:
    done(between)
    name = f"E2E.{DATA[mode]}"
    length = between.length(Sender(sender), name)
    for number, at in enumerate(range(0, length, stride)):
        logged = done(between, f"{sender}:{name}:2:alter={at}/{1 << number % 8}")
        assert done_to(between.passed) == [f"octet {at} of {name} altered"]
        assert between.endings() == [(Sender(OTHER[sender]), "E2E.DtSecAbort")]
        first, noticed = logged[OTHER[sender]]
        assert first == ASSOCIATED
        assert noticed.rpartition(".")[0] in ("IEC62351-4:10", "IEC62351-4:11")
        told = logged[sender][1:]
        assert all(one.startswith("IEC62351-4:6.") for one in told)
        # There is no event for a DtSecAbort that says that an iv or a nonce is missing.
        assert told or noticed in NOT_TOLD


@pytest.mark.parametrize("sender", ["client", "server"])
def test_repeated_data_are_a_replay(between: Between, mode: Mode, sender: str) -> None:
    logged = done(between, f"{sender}:E2E.{DATA[mode]}:2:repeat")
    assert between.endings() == [(Sender(OTHER[sender]), "E2E.DtSecAbort")]
    replayed = f"IEC62351-4:{GROUP[DATA[mode]]}.7"
    assert logged == sides(OTHER[sender], [ASSOCIATED, replayed], [ASSOCIATED, ALARMED])


@pytest.mark.parametrize("sender", ["client", "server"])
def test_data_that_come_behind_later_ones_are_noticed(between: Between, mode: Mode, sender: str) -> None:
    logged = in_a_row(between, f"{sender}:E2E.{DATA[mode]}:2:later")
    assert between.endings() == [(Sender(OTHER[sender]), "E2E.DtSecAbort")]
    assert logged[OTHER[sender]][0] == ASSOCIATED
    assert logged[OTHER[sender]][1] in {f"IEC62351-4:{GROUP[DATA[mode]]}.{number}" for number in (6, 7, 8)}


@pytest.mark.parametrize("sender", ["client", "server"])
def test_data_that_are_missing_are_noticed_by_their_number(alone: Between, mode: Mode, sender: str) -> None:
    logged = in_a_row(alone, f"{sender}:E2E.{DATA[mode]}:2:drop", frozen=sender)
    assert alone.endings() == [(Sender(OTHER[sender]), "E2E.DtSecAbort")]
    missed = f"IEC62351-4:{GROUP[DATA[mode]]}.8"
    # There is no event for an abort with this diagnostic that is received.
    assert logged == sides(OTHER[sender], [ASSOCIATED, missed], [ASSOCIATED])


def in_a_row(between: Between, *acts: str, frozen: str = "") -> Mapping[str, list[str]]:
    """Have the client ask several times before it is answered.

    Messages of the ``frozen`` side are all of one moment: its clock goes back, and no time is earlier than
    the last, so that seq counts them.
    """
    pair = between.pair
    with between.relayed(*acts) as relay:
        between.connect(relay)
        between.ask()
        if frozen:
            between.advance(frozen, -5.0)
        with suppress(ActionError):
            for _ in range(3):
                between.send()
        pair.wait_for_end()
        return pair.events()


@pytest.mark.parametrize("sender", ["client", "server"])
def test_the_last_data_before_an_answer_are_missed_as_such(alone: Between, mode: Mode, sender: str) -> None:
    """The client is patient until nothing but what never comes is waited for."""
    with alone.relayed(f"{sender}:E2E.{DATA[mode]}:2:drop") as relay:
        alone.connect(relay)
        alone.ask()
        shared = alone.pair.client.shared
        shared.description = replace(shared.description, respond_limit=0.4)
        alone.ask()
        alone.pair.wait_for_end()
        logged = alone.pair.events()
    assert logged == {"client": [ASSOCIATED, GAVE_UP], "server": [ASSOCIATED]}
    assert alone.endings() == [(CLIENT, "E2E.ApplAbort")]


@pytest.mark.parametrize("sender", ["client", "server"])
def test_data_of_another_association_are_noticed(between: Between, mode: Mode, sender: str) -> None:
    """In the place of its own data, or beside them: they name another association."""
    name = f"E2E.{DATA[mode]}"
    for deed in ("put", "add"):
        acts = (f"1@{sender}:{name}:2:keep=a", f"2@{sender}:{name}:2:{deed}=a")
        with between.relayed(*acts) as relay:
            between.talk(relay)
            assert between.pair.events() == both(ASSOCIATED)
            between.talk(relay)
            logged = between.pair.events()
        assert between.endings() == [(Sender(OTHER[sender]), "E2E.DtSecAbort")]
        first, noticed = logged[OTHER[sender]]
        assert (first, noticed) == (ASSOCIATED, f"IEC62351-4:{GROUP[DATA[mode]]}.1")


@pytest.mark.parametrize("sender", ["client", "server"])
def test_a_handshake_of_another_association_is_noticed(between: Between, sender: str) -> None:
    name = HANDSHAKES[sender]
    with between.relayed(f"1@{sender}:{name}:keep=a", f"2@{sender}:{name}:put=a") as relay:
        between.talk(relay)
        assert between.pair.events() == both(ASSOCIATED)
        between.talk(relay, 0)
        logged = between.pair.events()
    if sender == "client":
        assert between.endings() == [(SERVER, "E2E.HandshakeSecReject")]
        assert logged == {"client": ["IEC62351-4:4.4"], "server": ["IEC62351-4:1.11"]}
    else:
        assert between.endings() == [(CLIENT, "E2E.HandshakeSecAbort")]
        assert logged == {"client": ["IEC62351-4:2.4"], "server": [ASSOCIATED, "IEC62351-4:5.13"]}


def test_the_release_of_another_association_is_noticed(between: Between) -> None:
    with between.relayed("1@client:E2E.ReleaseReq:keep=a", "2@client:E2E.ReleaseReq:put=a") as relay:
        between.talk(relay)
        assert between.pair.events() == both(ASSOCIATED)
        between.talk(relay)
        logged = between.pair.events()
    assert between.endings() == [(SERVER, "E2E.DtSecAbort")]
    assert logged == {"client": [ASSOCIATED, "IEC62351-4:6.12"], "server": [ASSOCIATED, "IEC62351-4:12.4"]}


def test_the_answer_to_the_release_of_another_association_is_noticed(between: Between) -> None:
    """Nothing is left that could be ended, so it stands in the log alone."""
    with between.relayed("1@server:E2E.ReleaseRsp:keep=a", "2@server:E2E.ReleaseRsp:put=a") as relay:
        between.talk(relay)
        assert between.pair.events() == both(ASSOCIATED)
        between.talk(relay)
        logged = between.pair.events()
    assert between.endings() == []
    assert logged == {"client": [ASSOCIATED, "IEC62351-4:13.4"], "server": [ASSOCIATED]}


def test_an_offer_that_is_made_weaker_is_noticed(between: Between, mode: Mode) -> None:
    """What is offered is signed; so the stronger algorithm cannot be taken out of the offer."""
    logged = done(between, f"client:E2E.HandshakeReq:swap={WEAKER[mode]}")
    assert done_to(between.passed) == ["octets of E2E.HandshakeReq swapped"]
    assert between.endings() == [(SERVER, "E2E.HandshakeSecReject")]
    assert logged == {"client": ["IEC62351-4:4.11"], "server": ["IEC62351-4:1.3"]}


def test_a_selection_that_is_changed_is_noticed(between: Between, mode: Mode) -> None:
    logged = done(between, f"server:E2E.HandshakeAcc:swap={CHANGED[mode]}")
    assert done_to(between.passed) == ["octets of E2E.HandshakeAcc swapped"]
    assert between.endings() == [(CLIENT, "E2E.HandshakeSecAbort")]
    assert logged == {"client": ["IEC62351-4:2.3"], "server": [ASSOCIATED, "IEC62351-4:5.11"]}


@pytest.mark.parametrize(
    ("sender", "what"), [(side, what) for side in ("client", "server") for what in ("handshake", "data")]
)
def test_what_comes_after_the_window_is_noticed(alone: Between, mode: Mode, sender: str, what: str) -> None:
    """While the message is held back, the clock of its receiver goes on by more than the window."""
    name = HANDSHAKES[sender] if what == "handshake" else f"E2E.{DATA[mode]}"
    receiver = OTHER[sender]

    def watch(one: Passed) -> None:
        if "delayed by 0.01 s" in one.told:
            alone.advance(receiver, WINDOW_S + 5)

    with alone.relayed(f"{sender}:{name}:1:delay=0.01", watch=watch) as relay:
        alone.talk(relay, 1)
        logged = alone.pair.events()
    if what == "data":
        assert alone.endings() == [(Sender(receiver), "E2E.DtSecAbort")]
        assert logged[receiver] == [ASSOCIATED, f"IEC62351-4:{GROUP[DATA[mode]]}.6"]
    elif sender == "client":
        assert alone.endings() == [(SERVER, "E2E.HandshakeSecReject")]
        assert logged == {"client": ["IEC62351-4:4.9"], "server": ["IEC62351-4:1.10"]}
    else:
        assert alone.endings() == [(CLIENT, "E2E.HandshakeSecAbort")]
        assert logged["client"] == ["IEC62351-4:2.9"]


def test_a_delay_within_the_window_is_none_of_their_business(between: Between, mode: Mode) -> None:
    assert done(between, f"client:E2E.{DATA[mode]}:1:delay=0.02") == both(ASSOCIATED)
    assert between.endings() == []


def test_a_handshake_of_a_connection_that_was_cut_is_of_no_use(between: Between) -> None:
    """The server has not seen the request, and takes it; the client has asked for another association."""
    acts = ("1@client:E2E.HandshakeReq:keep=a", "1@client:E2E.HandshakeReq:drop", "2@client:COTP.DT:1:put=a")
    with between.relayed(*acts) as relay:
        between.connect(relay)
        until(lambda: "dropped" in done_to(between.passed), "the request")
        act(between.pair.client, "reset")
        between.pair.wait_for_end()
        between.pair.events()
        between.talk(relay, 1)
        logged = between.pair.events()
    assert between.endings() == [(CLIENT, "E2E.HandshakeSecAbort")]
    assert logged == {"client": ["IEC62351-4:2.4"], "server": [ASSOCIATED, "IEC62351-4:5.4"]}
