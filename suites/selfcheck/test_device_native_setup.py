"""What configurations of native mode make of the reference device, and what its associations share."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import Stack, load_description
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.device import NoCredentials
from conform62351.fixtures.device.native import NativePart, NativeSetup, native_part, own_setups, read_setups
from conform62351.fixtures.device.sharing import SharedNumbers, SharedStore, SharedTimes
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.faults import DeclarationError
from conform62351.profiles.crypto.algorithms import algorithm
from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.native.derivation import Derivation, Zero
from conform62351.profiles.native.identity import NUMBERS, NumbersTakenError
from conform62351.profiles.native.parameters import Encryption, LocalPolicy, Mode
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.suites.selfcheck.device_native_pair import configuration
from conform62351.suites.selfcheck.device_peer import Start, act
from conform62351.suites.selfcheck.native_bench import certificate

PIXIT = """\
[dut]
host = "127.0.0.1"
port = 0
tls_port = 0
{titles}
[native]
{native}
[configuration.native]
[configuration.native-tls]
[configuration.native-clear]
stack = "native"
[configuration.own]
stack = "native"
"""
OPTIONAL_TAGS = {f"E2E.tag-length-{length}" for length in (13, 14, 15)}


def part(
    setup: NativeSetup | None = None, without: frozenset[str] = frozenset(), *, ike: bool = False
) -> NativePart:
    return native_part(
        lambda code: code not in without and code not in OPTIONAL_TAGS,
        setup or NativeSetup(),
        ike=ike,
        protocols=("IEC 61850-8-1",),
    )


def test_own_file_describes_the_configurations_of_the_contract() -> None:
    setups = own_setups()
    assert setups["native"] == setups["native-tls"] == NativeSetup()
    assert setups["native-separate"].mode is Mode.SEPARATE
    assert setups["native-no-encryption"].wanted is Encryption.UNWANTED
    assert setups["native-ae-required"].ae_required
    assert {setups[f"native-{kind}"].credential for kind in ("rsa", "brainpool")} == {
        "e2e-rsa",
        "e2e-brainpool",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a\n", "at line 1"),
        ("[a]\nmode = 'cbc'\n", "mode"),
        ("[a]\nmod = 'ae'\n", "unknown field `mod`"),
        ("a = 1\n", "Expected `object`"),
        ("[a]\ncredential = 7\n", "credential"),
    ],
)
def test_setup_that_says_nothing_is_a_typed_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "native.toml"
    path.write_text(text)
    with pytest.raises(DeclarationError, match=said):
        read_setups(path)


def test_setup_that_is_not_there_or_no_text_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read"):
        read_setups(tmp_path / "none.toml")
    (tmp_path / "octets.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DeclarationError, match="utf-8"):
        read_setups(tmp_path / "octets.toml")


def test_who_claims_everything_supports_what_the_machine_does() -> None:
    local = part().local
    usual = LocalPolicy()
    assert set(local.groups) == set(usual.groups)
    assert set(local.ae) == set(usual.ae)
    assert set(local.encryption) == set(usual.encryption)
    assert set(local.integrity) == set(usual.integrity)
    assert set(local.signatures) == set(usual.signatures)
    assert local.wanted is Encryption.ALLOWED


def test_policy_goes_no_further_than_the_claims() -> None:
    without = frozenset({"T13.aes128-GCM", "T13.aes256-GCM-ICV", "T13.aes128-CBC", "E2E.group-28"})
    local = part(without=without).local
    assert {one.name for one in local.ae} == {"aes256-GCM"}
    assert {one.name for one in local.integrity} == {"hmacWithSHA256", "aes128-GCM"}
    assert local.encryption == (algorithm("aes256-CBC"),)
    assert local.groups == ("secp256r1", "modp-2048")
    assert part(without=frozenset({"T11.AE"})).local.ae == ()
    plain = part(without=frozenset({"T11.non-AE"})).local
    assert (plain.encryption, plain.integrity) == ((), ())
    assert part(without=frozenset({"E2E.integrity-only"})).local.wanted is Encryption.REQUIRED
    assert part(ike=True).local.groups[0] == "modp-2048-224"


def test_further_tag_lengths_are_claimed_one_by_one() -> None:
    made = native_part(
        lambda code: code != "E2E.tag-length-14", NativeSetup(), ike=False, protocols=("IEC 61850-8-1",)
    )
    assert sorted({one.tag_length for one in made.local.ae}) == [12, 13, 15, 16]
    assert sorted({one.tag_length for one in part().local.ae}) == [12, 16]


def test_pixit_says_what_is_native_mode(tmp_path: Path) -> None:
    path = tmp_path / "pixit.toml"
    native = 'group23 = "rfc5114"\nconclude = "release"\nrekey_limit = 7.5\npp = "MMS"\n'
    native += 'derivation = "pinned"\nsalt_zero = "nothing"\nabstract_syntax = "1.0.62351.4.9"\n'
    path.write_text(PIXIT.format(titles="", native=native))
    configurations = load_description(None, path).configurations
    assert configurations["native"].stack is Stack.NATIVE
    assert configurations["native-tls"].stack.tls
    made = configurations["native-clear"].native
    assert made is not None
    for one in made.parts.values():
        assert (one.local.mode, one.local.protocols, one.local.ike) == (Mode.CLEAR, ("MMS",), True)
    assert (made.rekey_limit, made.concludes_in_release) == (7.5, True)
    assert made.derivation == Derivation(zero=Zero.NOTHING)
    assert made.identifiers.oid("e2eSecurityAS") == "1.0.62351.4.9"
    own = configurations["own"].native
    assert own is not None
    assert own.credential == "e2e"


def test_native_mode_needs_titles(tmp_path: Path) -> None:
    path = tmp_path / "pixit.toml"
    path.write_text(PIXIT.format(titles='ap_title = ""', native=""))
    with pytest.raises(DeclarationError, match=r"needs dut\.ap_title"):
        load_description(None, path)


def test_device_without_credentials_does_not_enter_native_mode(
    start: Start, workshop: Workshop, tmp_path: Path
) -> None:
    configurations = {**load_description(None, None).configurations, "native": configuration()}
    device = start(configurations=configurations)
    with pytest.raises(ActionError, match=r"native is native, and the device has no credentials"):
        act(device, "configure", name="native")
    with pytest.raises(NoCredentials):
        start(log="b.log", configurations={"default": configuration()})
    nobody = {"default": configurations["default"], "native": configuration(credential="e2e-none")}
    device = start(log="c.log", configurations=nobody, pki=workshop.dut)
    with pytest.raises(ActionError, match="there is no credential 'e2e-none'"):
        act(device, "configure", name="native")
    assert act(device, "health")["configuration"] == "default"


def asked_at_once(store: SharedStore, time: TimeReading) -> list[bool]:
    barrier = threading.Barrier(4)
    told: list[bool] = []

    def ask() -> None:
        barrier.wait()
        told.append(store.holds(certificate("client"), "7", time, time.milliseconds / 1000))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_examinations_that_ask_at_once_one_is_told_that_a_time_is_new() -> None:
    store = SharedStore()
    for second in range(20):
        told = asked_at_once(store, read_timestamp(b"202611221200%02d.000Z" % second))
        assert sorted(told) == [False, True, True, True]


def test_store_remembers_what_was_entered_and_counts_it_once() -> None:
    store, own = SharedStore(), certificate("client")
    time = read_timestamp(b"20261122120000.000Z")
    now = time.milliseconds / 1000
    store.enter(own, "7", time, now)
    assert store.holds(own, "7", time, now)
    assert not store.holds(own, "8", time, now)
    store.enter(own, "8", time, now, doubtful=False)
    assert len(store) == 2
    assert not store.is_full(now)


def test_times_and_numbers_are_given_once_to_all_threads() -> None:
    times, numbers = SharedTimes(lambda: 1000.0), SharedNumbers()
    given: list[float] = []
    taken: list[int] = []

    def take() -> None:
        for _ in range(100):
            given.append(times())
            taken.append(numbers.take())

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == len(set(taken)) == 800
    for _ in range(len(NUMBERS) - 800):
        numbers.take()
    with pytest.raises(NumbersTakenError):
        numbers.take()
    numbers.give_back(5)
    assert numbers.take() == 5
