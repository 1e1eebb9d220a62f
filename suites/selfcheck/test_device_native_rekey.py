"""The reference device in native mode renews keys, as client and as server, and writes them down."""

from __future__ import annotations

import os
import stat
from dataclasses import replace

import pytest

from conform62351.fixtures.device import requesting
from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.faults.building import RewriteField
from conform62351.profiles.native.keyfile import KeyLine
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_native_pair import (
    ASSOCIATED,
    Pair,
    Spy,
    both,
    configuration,
    native_of,
    until,
)
from conform62351.suites.selfcheck.device_peer import act
from conform62351.tooling.net.e2e_keys import read_key_file

FAILED = "IEC62351-14:4.2"


@pytest.mark.parametrize("stack", [Stack.NATIVE, Stack.NATIVE_TLS])
def test_secrets_are_written_where_that_is_asked_for(pair: Pair, stack: Stack) -> None:
    pair.start(configuration(stack=stack), keys=True)
    pair.associate()
    act(pair.client, "rekey")
    wait_for_rekeys(pair, 1)
    pair.release()
    found: list[set[KeyLine]] = []
    for side in ("client", "server"):
        path = pair.key_file(side)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        found.append(set(read_key_file(path)))
    assert found[0] == found[1]
    assert sorted(line.epoch for line in found[0]) == [0, 1]
    assert len({line.secret for line in found[0]}) == 2


def wait_for_rekeys(pair: Pair, count: int) -> None:
    until(lambda: rekeys(pair) == [count, count], f"keys for the {count}. time")


def rekeys(pair: Pair) -> list[int]:
    transfers = [native_of(device).transfer for device in (pair.client, pair.server)]
    return [-1 if transfer is None else transfer.rekeys for transfer in transfers]


@pytest.mark.parametrize("mode", Mode)
def test_client_renews_the_keys_with_nothing_to_send(pair: Pair, mode: Mode) -> None:
    pair.start(configuration(local=LocalPolicy(mode=mode)))
    pair.associate()
    for count in (1, 2, 3):
        act(pair.client, "rekey")
        wait_for_rekeys(pair, count)
        pair.read()
    pair.release()
    assert pair.events() == both([ASSOCIATED])


@pytest.mark.parametrize("mode", Mode)
def test_server_asks_for_new_keys_with_its_next_answer(pair: Pair, mode: Mode) -> None:
    pair.start(configuration(local=LocalPolicy(mode=mode)))
    pair.associate()
    for count in (1, 2):
        act(pair.server, "rekey")
        for _ in range(3):
            pair.read()
        wait_for_rekeys(pair, count)
    pair.release()
    assert pair.events() == both([ASSOCIATED])


def test_server_with_nothing_to_answer_asks_who_the_client_is(
    pair: Pair, spies: dict[str, Spy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(requesting.GRACE_S, Role.SERVER, 0.0)
    pair.start(client=spies["client"], server=spies["server"])
    pair.associate()
    act(pair.server, "rekey")
    wait_for_rekeys(pair, 1)
    assert "EncrTransfer confirmed-RequestPDU" in spies["server"].sent
    pair.read()
    pair.release()
    assert pair.events() == both([ASSOCIATED])


def test_server_does_not_ask_a_client_that_claims_no_service(
    pair: Pair, spies: dict[str, Spy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(requesting.GRACE_S, Role.SERVER, 0.0)
    services = {Role.SERVER: frozenset({"read", "identify"}), Role.CLIENT: frozenset({"read"})}
    pair.start(client=spies["client"], server=spies["server"], services=services)
    pair.associate()
    act(pair.server, "rekey")
    for _ in range(3):
        pair.read()
    wait_for_rekeys(pair, 1)
    assert "EncrTransfer confirmed-RequestPDU" not in spies["server"].sent


def test_both_sides_renew_keys_at_once_under_traffic(pair: Pair) -> None:
    pair.start()
    pair.associate()
    for _ in range(20):
        act(pair.client, "rekey")
        act(pair.server, "rekey")
        pair.read()
    pair.read()
    assert min(rekeys(pair)) >= 10
    pair.release()
    assert pair.events() == both([ASSOCIATED])


def test_keys_are_renewed_when_their_time_has_come(pair: Pair) -> None:
    pair.start(configuration(refresh_interval=900.0))
    pair.associate()
    assert rekeys(pair) == [0, 0]
    for device in (pair.client, pair.server):
        act(device, "set-clock", offset="901")
    pair.read()
    wait_for_rekeys(pair, 1)
    pair.release()
    assert pair.events() == both([ASSOCIATED])


def test_server_gives_up_a_client_that_does_not_renew_keys(pair: Pair, spies: dict[str, Spy]) -> None:
    pair.start(
        configuration(rekey_limit=0.2),
        server=spies["server"],
        client=RewriteField("E2E.EncrTransfer.token", rekey=None),
    )
    pair.associate()
    act(pair.server, "rekey")
    pair.ask()
    pair.wait_for_end()
    assert spies["server"].sent[-1] == "DtSecAbort"
    assert pair.events()["server"] == [ASSOCIATED, FAILED]


def test_rekey_is_for_associations_with_keys(pair: Pair) -> None:
    plain = replace(configuration(), stack=Stack.PLAIN, native=None)
    pair.start(plain)
    with pytest.raises(ActionError, match="there is no association"):
        act(pair.server, "rekey")
    pair.associate()
    for device in (pair.client, pair.server):
        with pytest.raises(ActionError, match="the association has no keys"):
            act(device, "rekey")
    act(pair.client, "release")
    pair.wait_for_end()
