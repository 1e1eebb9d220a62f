"""Associations in compatibility mode beside what their cryptography costs alone.

Run as ``python -m conform62351.tooling.bench.authentication``. Ours are associations with the built-in device
in a process of its own: TCP, TLS with both certificates and without resumption, COTP, session, presentation
and ACSE with authentication on both sides, MMS initiate; with evidence on and by the code path of the test
cases.
The bound is what no implementation of both sides in one thread can do without: a TLS handshake of the same
kind, in memory, two RSA signatures and two verifications, with the same keys, and nothing between them.

Both are made in turns, so that what the machine does besides hits both alike. Figures are the best of several
rounds; what counts is the ratio.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.compatibility.signing import SignatureInput, sign_time, signed_octets
from conform62351.profiles.crypto.signatures import SHA256_WITH_RSA, verify
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.pki.credential import Credential
from conform62351.tooling.bench.device import DeviceTester, association
from conform62351.tooling.bench.measuring import Rates, Timed
from conform62351.tooling.engine.steps import conversation
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of
from conform62351.tooling.net.tls_stdlib import StdlibTls


class Bound:
    """The cryptography of one association, both sides of it. No session is offered: handshakes are full."""

    def __init__(self, workshop: Workshop, suites: Sequence[str]) -> None:
        tester, dut = CredentialFolder.load(workshop.tester), CredentialFolder.load(workshop.dut)
        self._factories = [
            TlsFactory(
                msgspec.structs.replace(settings_of(folder, name), suites=tuple(suites)),
                server_side=server_side,
            )
            for folder, name, server_side in ((tester, "tester-tls", False), (dut, "tls", True))
        ]
        self._credentials = (tester.credential("tester"), dut.credential("application"))

    def __call__(self) -> None:
        """Do it once."""
        client, server = (factory.machine() for factory in self._factories)
        _shake_hands(client, server)
        for credential in self._credentials:
            _authenticate(credential)


def _shake_hands(client: StdlibTls, server: StdlibTls) -> None:
    client.start()
    server.start()
    while client.established is None or server.established is None:
        to_server, to_client = client.take_output(), server.take_output()
        if not to_server and not to_client:
            raise SystemExit("the handshake came to a halt")
        if to_server:
            server.receive(to_server)
        if to_client:
            client.receive(to_client)


def _authenticate(credential: Credential) -> None:
    assert credential.key is not None
    moment = write_time(time.time())
    signature = sign_time(credential.key, SignatureInput.FIELD, moment)
    octets = signed_octets(SignatureInput.FIELD, moment)
    if not verify(SHA256_WITH_RSA, credential.certificate.spki, signature, octets):
        raise SystemExit("the signature does not verify")


REQUIREMENT = "R-COMB-compatibility"
CONFIGURATION = "compatibility"
SUITES = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)
"""What both sides agree on by default."""


def measure(rounds: int, associations: int) -> None:
    """Measure ``rounds`` times over and print the best rates with their ratio."""
    found: list[Rates] = []
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        workshop = make_workshop(folder / "pki", WorkshopPlan(now=time.time()))
        tester = DeviceTester(workshop, folder, stack, CONFIGURATION)
        bound = Bound(workshop, SUITES)
        associate = partial(tester.play, conversation(association(REQUIREMENT)))
        associate()
        for _ in range(rounds):
            ours, least = Timed(associate), Timed(bound)
            for _ in range(associations):
                ours()
                least()
            found.append(Rates(ours.done / ours.seconds, least.done / least.seconds))
    ours_best, bound_best = max(each.ours for each in found), max(each.raw for each in found)
    print(
        f"compatibility associations: {ours_best:8.0f}/s ours, {bound_best:8.0f}/s bound, "
        f"ratio {ours_best / bound_best:.2f}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--associations", type=int, default=100)
    args = parser.parse_args()
    measure(args.rounds, args.associations)


if __name__ == "__main__":
    main()
