"""Associations and reads in native mode beside what they cannot do without.

Run as ``python -m conform62351.tooling.bench.native``; the device is the built-in one in a process of its
own, evidence is on, and everything goes by the code path of the test cases.

- Associations: TCP, COTP, session, presentation, ACSE, the handshake with keys on secp256r1 and
  authenticated encryption, MMS initiate. The bound is the cryptography of both sides in one thread, in
  memory, and nothing between it: two signatures, two verifications, two key generations, two agreements,
  HKDF twice, and the path of either certificate, of which the authorities are known.
- Reads: encrypted ones beside plain ones, each over an association of its own that is open all the while.

- Associations, two at a time: two threads of the tester, each with a device of its own, beside the same
  bound in one thread: how many a second this machine makes when nobody has to wait.

What is compared is done in turns, so that what the machine does besides hits both alike. Figures are the
best of several rounds; what counts is the ratio.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.crypto.keys import hkdf
from conform62351.profiles.crypto.signatures import ECDSA_WITH_SHA256, PrivateKey, sign, verify
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust, find_path
from conform62351.tooling.bench.device import DeviceTester, association
from conform62351.tooling.bench.measuring import Rates, Timed, rate
from conform62351.tooling.engine.handshake import E2E, Handshake
from conform62351.tooling.engine.outcomes import RESPONSE, expect
from conform62351.tooling.engine.steps import Request, conversation
from conform62351.tooling.net.credentials import CredentialFolder

ASSOCIATION: Final = "R-E2E-association"
READ: Final = "R-MMS-read"
GROUP: Final = "secp256r1"
HANDSHAKE: Final = Handshake(mode="ae", groups=(GROUP,), ae=("aes256-GCM",))
TBS_OCTETS: Final = 1800
"""Octets that are signed, about as many as those of a handshake with a path of two."""
KEY_OCTETS: Final = 64
AT_ONCE: Final = 2


class Bound:
    """The cryptography of one association, both sides of it."""

    def __init__(self, workshop: Workshop) -> None:
        tester, dut = CredentialFolder.load(workshop.tester), CredentialFolder.load(workshop.dut)
        self._sides = ((tester.credential(E2E), dut.trust), (dut.credential(E2E), tester.trust))
        self._group = groups()[GROUP]
        self._tbs = os.urandom(TBS_OCTETS)

    def __call__(self) -> None:
        """Do it once."""
        group = self._group
        privates = [group.private_key(os.urandom(group.private_octets)) for _ in self._sides]
        publics = [group.public_value(private) for private in privates]
        for credential, trust in self._sides:
            self._authenticate(credential, trust)
        for private, public in zip(privates, reversed(publics), strict=True):
            hkdf(self._tbs[:32], group.shared_secret(private, public), KEY_OCTETS)

    def _authenticate(self, credential: Credential, trust: Trust) -> None:
        signature = sign(ECDSA_WITH_SHA256, _key(credential), self._tbs)
        if not verify(ECDSA_WITH_SHA256, credential.certificate.spki, signature, self._tbs):
            raise SystemExit("the signature does not verify")
        path = find_path(credential.certificate, trust, time.time(), supplied=credential.chain)
        if path.fault is not None:
            raise SystemExit(f"there is no path: {path.fault.detail}")


def _key(credential: Credential) -> PrivateKey:
    assert credential.key is not None
    return credential.key


def associations(workshop: Workshop, folder: Path, rounds: int, count: int) -> Rates:
    """Make ``count`` associations in turns with the bound, ``rounds`` times over; return the best rates."""
    with ExitStack() as stack:
        tester = DeviceTester(workshop, folder, stack, "native")
        associate = partial(tester.play, conversation(association(ASSOCIATION, HANDSHAKE)))
        return _in_turns(associate, Bound(workshop), rounds, count)


def associations_at_once(workshop: Workshop, folder: Path, rounds: int, count: int) -> Rates:
    """Make ``count`` associations by each of two testers at once, then as many times the bound."""
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as threads:
        testers = []
        for number in range(AT_ONCE):
            (own := folder / f"tester-{number}").mkdir()
            testers.append(DeviceTester(workshop, own, stack, "native"))
        talk, bound = conversation(association(ASSOCIATION, HANDSHAKE)), Bound(workshop)

        def associate(tester: DeviceTester) -> None:
            for _ in range(count):
                tester.play(talk)

        def all_associate() -> None:
            list(threads.map(associate, testers))

        all_associate()
        return _best(
            [Rates(count * AT_ONCE / _seconds(all_associate), rate(bound, count)) for _ in range(rounds)]
        )


def reads(workshop: Workshop, folder: Path, rounds: int, count: int) -> Rates:
    """Make ``count`` reads, encrypted and plain ones in turns; return the best rates.

    Each conversation has an association of its own, whose cost is measured by itself and taken off.
    """
    with ExitStack() as stack:
        pairs = []
        for name, handshake in (("native", HANDSHAKE), ("default", None)):
            tester = DeviceTester(workshop, folder, stack, name)
            begin = association(ASSOCIATION, handshake)
            read = (Request(service="read", point="data.read"), expect(READ, RESPONSE))
            pairs.append(
                (
                    partial(tester.play, conversation(begin)),
                    partial(tester.play, conversation(begin, read * count)),
                )
            )
        (associate, secure), (associate_plain, plain) = pairs
        best: list[Rates] = []
        for _ in range(rounds):
            seconds = [_seconds(work) for work in (associate, secure, associate_plain, plain)]
            best.append(Rates(count / (seconds[1] - seconds[0]), count / (seconds[3] - seconds[2])))
        return _best(best)


def _in_turns(ours: Callable[[], object], bound: Callable[[], object], rounds: int, count: int) -> Rates:
    ours()
    found: list[Rates] = []
    for _ in range(rounds):
        mine, least = Timed(ours), Timed(bound)
        for _ in range(count):
            mine()
            least()
        found.append(Rates(mine.done / mine.seconds, least.done / least.seconds))
    return _best(found)


def _seconds(work: Callable[[], object]) -> float:
    timed = Timed(work)
    timed()
    return timed.seconds


def _best(found: list[Rates]) -> Rates:
    return Rates(max(each.ours for each in found), max(each.raw for each in found))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--associations", type=int, default=100)
    parser.add_argument("--reads", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        workshop = make_workshop(folder / "pki", WorkshopPlan(now=time.time()))
        made = associations(workshop, folder, args.rounds, args.associations)
        at_once = associations_at_once(workshop, folder, args.rounds, args.associations)
        read = reads(workshop, folder, args.rounds, args.reads)
    for name, rates, beside in (
        ("associations, one at a time", made, "bound"),
        ("associations, two at a time", at_once, "bound"),
        ("encrypted reads", read, "plain"),
    ):
        ratio = rates.ours / rates.raw
        print(f"{name:>27}: {rates.ours:6.0f}/s ours, {rates.raw:6.0f}/s {beside}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
