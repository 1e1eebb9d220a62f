"""The scan against TLS stacks that nobody here wrote, static Diffie-Hellman, 3DES, RC4 and DSS among them."""

from __future__ import annotations

import os

import pytest

from conform62351.fixtures.peers.tls.process import LOOPBACK
from conform62351.fixtures.peers.tls.stack import Wish
from conform62351.profiles.pki.dh_keys import X9_42
from conform62351.profiles.tls.engine.cipher_suites import cipher_suite
from conform62351.suites.selfcheck.tls_peer_bench import FORMS, SUITES, PeerBench, kind_of
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.scan.prober import Limits
from conform62351.tooling.scan.report import ScanReport
from conform62351.tooling.scan.scanning import Plan, scan

PATIENT = Limits(probe_s=30.0, failures=1000)
"""All of them answer, and a busy machine keeps one waiting for seconds."""
COMBINES = ("gnutls",)
"""Who takes key exchanges, ciphers and hashes, and offers all that can be made of them."""
KINDS = ("rsa", "ecdsa", "dsa", "dh-rsa", "dh-dss")


def suites_of(name: str, kind: str) -> tuple[int, ...]:
    """Return what a stack has for a kind of certificate, the last number first."""
    return tuple(sorted((code for code in SUITES[name] if kind_of(cipher_suite(code)) == kind), reverse=True))


SERVED = [(name, kind) for name in SUITES for kind in KINDS if suites_of(name, kind)]


def scanned(peers: PeerBench, name: str, kind: str) -> ScanReport:
    form = FORMS.get(name, X9_42)
    wish = Wish(suites=suites_of(name, kind), credential=peers.credential(kind, form))
    serving = peers.stack(name).serve(wish)
    try:
        return scan(Plan(LOOPBACK, serving.port, os.urandom, fast=True, limits=PATIENT), Clock())
    finally:
        serving.end()


@pytest.mark.parametrize(("name", "kind"), SERVED)
def test_the_suites_of_a_stack_are_found(tls_peers: PeerBench, name: str, kind: str) -> None:
    report = scanned(tls_peers, name, kind)
    found = {int(suite.code, 16) for suite in report.suites if "TLSv1.2" in suite.versions}
    if name in COMBINES:
        assert found >= set(suites_of(name, kind))
        assert {kind_of(cipher_suite(code)) for code in found} == {kind}
    else:
        assert found == set(suites_of(name, kind))
    assert [chain.kind for chain in report.certificates] == [kind]
    (chain,) = report.certificates
    assert bool(chain.group) == kind.startswith("dh-")
    if chain.group:
        assert chain.group == f"ffdhe2048, {FORMS.get(name, X9_42)}"
    assert report.complete
    assert report.features.secure_renegotiation is True
