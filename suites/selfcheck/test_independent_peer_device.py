"""The independent peer and the reference device work together, in both roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.device_native_pair import until
from conform62351.suites.selfcheck.device_peer import act
from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.peer import Association
from conform62351.suites.selfcheck.independent_device import POLICIES, Laboratory, laboratory
from conform62351.suites.selfcheck.independent_lab import MODES
from conform62351.suites.selfcheck.independent_stimuli import TOLERATED, in_token, indefinite

ASSOCIATED = "IEC62351-14:4.1"
KINDS = ("e2e", "e2e-rsa", "e2e-brainpool")
READ = ("IEDREF1LD0", "GGIO1$ST$IntIn1$stVal")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("independent"), workshop) as made:
        yield made


def answers_all(made: Association, *, req_rekey: bool = False) -> int:
    """Serve until the device has released; return how many rekeys there were."""
    made.serve(req_rekey=req_rekey)
    return made.data.rekeys


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("group", [14, 23, 19, 28])
@pytest.mark.parametrize("mode", MODES)
def test_the_device_serves_the_peer(lab: Laboratory, mode: str, group: int, kind: str) -> None:
    lab.events()
    made = lab.connected(lab.settings(kind, groups=(group,), **MODES[mode]))
    made.identify()
    assert made.read(*READ, rekey=True)[:1] == b"\xa1"
    assert made.read(*READ)[:1] == b"\xa1"
    assert made.release() is None
    assert made.data.rekeys == 1
    assert made.notes == []
    assert lab.events() == [ASSOCIATED]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*POLICIES, "e2e-rsa", "e2e-brainpool"])
def test_the_peer_serves_the_device(lab: Laboratory, name: str, kind: str) -> None:
    lab.events()
    made = lab.called(lab.settings(kind, server=True), name=name)
    served = lab.pool.submit(answers_all, made)
    for action in ("send-request", "rekey", "send-request", "release"):
        act(lab.device, action)
    assert served.result() == 1
    assert made.notes == []
    assert lab.events() == [ASSOCIATED]


@pytest.mark.parametrize("group", [14, 23, 28])
def test_the_device_takes_the_group_that_the_peer_has(lab: Laboratory, group: int) -> None:
    made = lab.called(lab.settings(server=True, groups=(group,)))
    served = lab.pool.submit(answers_all, made)
    for action in ("send-request", "release"):
        act(lab.device, action)
    served.result()
    assert made.data.group == group


def test_the_peer_asks_the_device_for_new_keys(lab: Laboratory) -> None:
    made = lab.called(lab.settings(server=True))
    served = lab.pool.submit(answers_all, made, req_rekey=True)

    def asked_until_rekeyed() -> bool:
        """A request that is sent before the first answer has come does not begin a rekey yet."""
        act(lab.device, "send-request")
        return bool(made.data.rekeys)

    until(asked_until_rekeyed, "a rekey")
    act(lab.device, "release")
    assert served.result() == 1


def test_the_device_asks_the_peer_for_new_keys(lab: Laboratory) -> None:
    made = lab.connected(lab.settings())
    made.identify()
    act(lab.device, "rekey")
    made.identify()
    made.identify()
    made.identify()
    assert made.data.rekeys == 1
    assert made.release() is None


@pytest.mark.parametrize("mode", MODES)
def test_keys_are_changed_again_and_again(lab: Laboratory, mode: str) -> None:
    made = lab.connected(lab.settings(**MODES[mode]))
    for _ in range(4):
        made.identify(rekey=True)
    assert made.data.rekeys == 4
    assert made.release() is None


def test_data_under_the_old_keys_are_read_until_the_new_ones_are_used(lab: Laboratory) -> None:
    made = lab.connected(lab.settings())
    for number, rekey in enumerate((True, False, False)):
        made.send(mms.identify(number), rekey=rekey)
    for _ in range(3):
        assert made.receive() is not None
    made.identify()
    assert made.data.rekeys == 1
    assert made.release() is None


def test_the_device_releases_as_server(lab: Laboratory) -> None:
    made = lab.connected(lab.settings())
    made.identify()
    served = lab.pool.submit(answers_all, made)
    act(lab.device, "release")
    served.result()


def test_the_peer_releases_as_server(lab: Laboratory) -> None:
    made = lab.called(lab.settings(server=True))
    released = lab.pool.submit(release_after_one, made)
    act(lab.device, "send-request")
    assert released.result() is None


def release_after_one(made: Association) -> object:
    request = made.receive()
    assert request is not None
    made.send(mms.answer(request))
    return made.release()


def test_both_release_at_once(lab: Laboratory) -> None:
    made = lab.connected(lab.settings())
    made.identify()
    asked = lab.pool.submit(act, lab.device, "release")
    assert made.receive() == mms.CONCLUDE
    made.send(mms.CONCLUDED)
    assert made.release(conclude=False) is None
    asked.result()


def test_a_release_needs_no_conclude(lab: Laboratory) -> None:
    made = lab.connected(lab.settings())
    assert made.release(conclude=False) is None


@pytest.mark.parametrize("form", TOLERATED)
def test_the_device_reads_the_forms_that_the_pages_name(lab: Laboratory, form: str) -> None:
    made = lab.connected(lab.settings(spoil={"HandshakeReq.tbs": TOLERATED[form]}))
    made.identify()
    assert made.release() is None


@pytest.mark.parametrize("size", [1, 7, 8, 13, 64])
def test_the_device_reads_gmac_nonces_of_other_lengths(
    lab: Laboratory, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lab.connected(lab.settings(**MODES["GMAC"]))
    monkeypatch.setattr("conform62351.suites.selfcheck.independent.transfer.NONCE_OCTETS", size)
    made.send(mms.identify(1))
    monkeypatch.undo()
    assert made.receive() is not None
    assert made.release() is None


@pytest.mark.parametrize("exponent", [7, 8, 10])
def test_small_tpdus_carry_a_handshake(
    lab: Laboratory, exponent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conform62351.suites.selfcheck.independent.link.Link.exponent", exponent)
    made = lab.connected(lab.settings())
    assert made.stack.segment == (1 << exponent) - 3
    made.identify()
    assert made.release() is None


def test_associations_of_the_same_number_are_told_apart(lab: Laboratory) -> None:
    first = lab.connected(lab.settings())
    second = lab.connected(lab.settings(), configure=False)
    assert first.asso_id != second.asso_id
    for made in (first, second):
        made.identify()
        assert made.release() is None


def test_the_device_reads_indefinite_lengths_in_data(lab: Laboratory) -> None:
    made = lab.connected(lab.settings(spoil={"tbp": in_token(indefinite)}, **MODES["HMAC"]))
    made.identify(rekey=True)
    made.identify()
    assert made.release() is None
