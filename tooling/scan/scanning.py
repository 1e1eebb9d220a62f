"""The scan of a server: its parts in order, each of which may fail without the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.tls.suites import suite_name
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.scan import questions
from conform62351.tooling.scan.answers import Answer, Ending
from conform62351.tooling.scan.flights import certificate_kind, chain_of, client_certificate
from conform62351.tooling.scan.handshakes import Handshakes
from conform62351.tooling.scan.hellos import Hello
from conform62351.tooling.scan.judging import ALL_TABLES, findings_of, rows_of, wrong_codes
from conform62351.tooling.scan.prober import Limits, Prober, ScanStopped
from conform62351.tooling.scan.registry import TLS_1_2, TLS_1_3, VERSIONS
from conform62351.tooling.scan.report import (
    ChainFound,
    ClientCertificate,
    Features,
    GroupFound,
    Part,
    Refusal,
    ScanReport,
    SignatureFound,
    SuiteFound,
    Unknown,
    VersionFound,
)
from conform62351.tooling.scan.suite_search import (
    NEWER_SUITES,
    OLDER_SUITES,
    Found,
    search,
)

GENTLE_PACE_S: Final = 0.1
"""Between two probes, unless told otherwise: devices of substations are weak (I)."""
SUITES_ALONE: Final = "suites"
EVERYTHING: Final = "everything"
_ASKED: Final = (TLS_1_2, TLS_1_3, *sorted(set(VERSIONS) - {TLS_1_2, TLS_1_3}, reverse=True))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked, and how. ``pace`` are seconds between probes; ``only`` SUITES_ALONE asks for the suites
    of TLS 1.2 and their order and for nothing else. ``random`` gives octets. ``tables`` are judged by.
    """

    host: str
    port: int
    random: Callable[[int], bytes]
    pace: float = GENTLE_PACE_S
    fast: bool = False
    server_name: str = ""
    only: str = EVERYTHING
    limits: Limits = field(default_factory=Limits)
    handshakes: Handshakes | None = None
    tables: tuple[int, ...] = ALL_TABLES


def scan(plan: Plan, clock: Clock) -> ScanReport:
    """Scan a server and judge what it offers.

    Raises:
        NetError: the name is unknown, or the first connection does not come about.
    """
    return _Scan(plan, clock).run()


class _Scan:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._started = clock.unix()
        self._prober = Prober(
            plan.host,
            plan.port,
            limits=plan.limits,
            pace=0.0 if plan.fast else plan.pace,
            hasty=plan.fast,
            clock=clock,
        )
        self._asker = questions.Asker(self._prober, plan.random(32), plan.server_name)
        self._parts: list[Part] = []
        self._found: dict[int, Found] = {}
        self._versions: dict[int, VersionFound] = {}
        self._chains: list[ChainFound] = []
        self._groups: list[GroupFound] = []
        self._signatures: list[SignatureFound] = []
        self._client = ClientCertificate()
        self._features = Features()
        self._refusals: list[Refusal] = []
        self._unknown: list[Unknown] = []

    def run(self) -> ScanReport:
        versions = (TLS_1_2,) if self._plan.only == SUITES_ALONE else _ASKED
        for version in versions:
            self._part(VERSIONS[version], partial(self._version, version))
        if self._plan.only == EVERYTHING:
            self._part("certificates", self._certificates)
            self._part("groups", self._ask_groups)
            self._part("signature algorithms", self._ask_signatures)
            self._part("features", self._ask_features)
            self._part("handshakes", self._try_handshakes)
        return self._report()

    def _part(self, name: str, work: Callable[[], None]) -> None:
        trouble = ""
        with self._prober.part(name):
            try:
                work()
            except (ScanStopped, ProtocolError) as error:
                trouble = str(error)
        spent = self._prober.account.parts[-1]
        self._parts.append(Part(name, round(spent.seconds, 6), spent.probes, trouble))
        if trouble:
            self._unknown.append(Unknown(name, trouble))

    def _version(self, version: int) -> None:
        hello = self._asker.hello(version)
        newer = version >= TLS_1_3
        found = Found()
        self._found[version] = found
        wanted = set[str]()

        def offer(suites: Sequence[int]) -> Answer:
            return self._asker.offer(hello, suites, first_of_each=wanted)

        try:
            search(offer, version, NEWER_SUITES if newer else OLDER_SUITES, found, families=not newer)
            if not found.suites and not newer and not hello.plain:
                self._without_extensions(version, found)
        except ScanStopped as stopped:
            found.trouble = str(stopped)
            raise
        finally:
            self._versions[version] = self._said_of(version, found)
        if found.suites and found.trouble:
            self._unknown.append(Unknown(f"more suites of {VERSIONS[version]}", found.trouble))

    def _without_extensions(self, version: int, found: Found) -> None:
        """Ask once more as an old client would: some old servers take no extensions."""
        plain = Hello(version, self._asker.random, plain=True)
        suites = questions.USUAL_SUITES
        search(lambda some: self._asker.offer(plain, some), version, suites, found, families=False)
        if found.suites:
            found.plain = True
            found.oddities.append("takes only a ClientHello without extensions")

    def _said_of(self, version: int, found: Found) -> VersionFound:
        offered: bool | None = bool(found.suites)
        refusal = found.refusal
        if not offered and (
            refusal is None
            or not refusal.ending.tells
            or (refusal.ending is Ending.SILENT and not self._prober.heard)
        ):
            offered = None
        answer = "" if refusal is None else str(refusal)
        if refusal is not None:
            what = "no suite in common" if offered else "a ClientHello"
            self._refusals.append(Refusal(f"{VERSIONS[version]}: {what}", answer))
        return VersionFound(
            VERSIONS[version],
            offered,
            [f"{code:04X}" for code in found.suites],
            found.order,
            answer,
            found.oddities,
        )

    def _certificates(self) -> None:
        seen: set[tuple[str, ...]] = set()
        for version, found in self._found.items():
            if version >= TLS_1_3:
                continue
            for exchange, answer in found.firsts.items():
                try:
                    self._flight(answer, certificate_kind(exchange), seen)
                except ProtocolError as error:
                    what = f"certificates ({VERSIONS[version]}, {exchange})"
                    self._unknown.append(Unknown(what, str(error)))

    def _flight(self, answer: Answer, kind: str, seen: set[tuple[str, ...]]) -> None:
        """Take note of what the first flight of a server shows and asks for."""
        chain = chain_of(answer, kind, self._clock.unix())
        if chain is not None and (chain.kind, *chain.der) not in seen:
            seen.add((chain.kind, *chain.der))
            self._chains.append(chain)
        if self._client.asked is None and kind:
            self._client = client_certificate(answer)

    def _ask_groups(self) -> None:
        self._groups = questions.groups(self._asker, self._suites_by_version())

    def _ask_signatures(self) -> None:
        suites = self._suites_by_version().get(TLS_1_2, [])
        self._signatures, unheeded = questions.signatures(self._asker, suites)
        for kind in unheeded:
            self._unknown.append(
                Unknown(f"signature algorithms ({kind})", "the server goes by no signature_algorithms")
            )

    def _ask_features(self) -> None:
        older = {version: found for version, found in self._found.items() if version < TLS_1_3}
        self._features = questions.features(self._asker, older)
        fallback, answer = questions.fallback(self._asker, self._suites_by_version())
        self._features = questions.with_fallback(self._features, fallback)
        if answer is not None:
            self._refusals.append(Refusal("TLS_FALLBACK_SCSV", str(answer)))

    def _try_handshakes(self) -> None:
        handshakes = self._plan.handshakes or Handshakes(random=self._plan.random)
        tried = handshakes.run(self._prober, self._suites_by_version(), self._features, self._client)
        self._features, self._client = tried.features, tried.client
        self._unknown += tried.unknown

    def _suites_by_version(self) -> dict[int, list[int]]:
        return {version: found.suites for version, found in self._found.items() if found.suites}

    def _report(self) -> ScanReport:
        by_version = self._suites_by_version()
        suites = _suites(by_version)
        known = self._versions.get(TLS_1_2)
        taken = {code for version, codes in by_version.items() if version < TLS_1_3 for code in codes}
        told = bool(by_version) and known is not None and known.offered is not None
        told = told and not self._found[TLS_1_2].trouble
        rows = rows_of("server", taken, complete=told, tables=self._plan.tables)
        order = known.order if known is not None else ""
        codes = wrong_codes(taken, complete=told)
        versions = [self._versions.get(v, VersionFound(VERSIONS[v], None)) for v in VERSIONS]
        stopped = any(part.trouble for part in self._parts)
        return ScanReport(
            host=self._plan.host,
            port=self._plan.port,
            address=str(self._prober.address),
            started=moment_text(self._started),
            elapsed_s=round(self._prober.elapsed, 6),
            pace_s=0.0 if self._plan.fast else self._plan.pace,
            fast=self._plan.fast,
            probes=self._prober.account.probes,
            octets=self._prober.account.octets,
            complete=not stopped and not any(found.trouble for found in self._found.values() if found.suites),
            versions=versions,
            suites=suites,
            suite_order=order,
            groups=self._groups,
            signature_algorithms=self._signatures,
            certificates=self._chains,
            client_certificate=self._client,
            features=self._features,
            wrong_codes=codes,
            refusals=self._refusals,
            rows=rows,
            findings=findings_of(
                versions=versions,
                taken=taken,
                rows=rows,
                codes=codes,
                chains=self._chains,
                signatures=self._signatures,
                groups=self._groups,
                features=self._features,
                client=self._client,
                whole=self._plan.only == EVERYTHING,
            ),
            not_found_out=self._unknown,
            parts=self._parts,
        )


def _suites(by_version: dict[int, list[int]]) -> list[SuiteFound]:
    """Return all suites, those of TLS 1.2 first, each with the versions that have it."""
    versions: dict[int, list[str]] = {}
    for version in _ASKED:
        for code in by_version.get(version, ()):
            versions.setdefault(code, []).append(VERSIONS[version])
    return [SuiteFound(f"{code:04X}", suite_name(code), names) for code, names in versions.items()]
