"""Certification paths from a certificate to a trust anchor (decisions 25, 38, 39; RFC 5280 section 6, R).

Ready-made validators (pyhanko-certvalidator, the verifier of ``cryptography``) give one verdict for a path.
A conformance tester has to tell the rules apart, each with its own outcome, and a faulty device leaves out
exactly one: so the rules stand in ``path_rules`` as named steps, and those validators serve as oracles in
the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain as concatenated
from typing import Final

from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.path_rules import (
    CA_KEYS,
    FAULT_KINDS,
    MAX_CHAIN,
    PATH,
    TLS_CA_KEYS,
    Link,
    PathFaultKind,
    ca_status,
)
from conform62351.profiles.pki.revocation import Remark, RevocationData
from conform62351.profiles.policy import Fault, Finding, Policy, Reaction, Step

__all__ = [
    "MAX_CHAIN",
    "MAX_LINKS",
    "MAX_SUPPLIED",
    "PATH",
    "TLS_CA_KEYS",
    "PathFault",
    "PathFaultKind",
    "PathResult",
    "Trust",
    "find_path",
]

MAX_SUPPLIED: Final = 32
"""Certificates that a peer may supply."""
MAX_LINKS: Final = 64
"""Pairs of certificate and issuer that one search looks at."""

_ABOUT_THE_ISSUED: Final = frozenset(
    {PathFaultKind.UNKNOWN_CA, PathFaultKind.BAD_SIGNATURE, PathFaultKind.CA_REVOKED}
)
"""Faults of the certificate of a link; all others are its issuer's."""


@dataclass(frozen=True)
class Trust:
    """What a peer trusts: anchors, intermediate CA certificates at hand, and certificate lists (DER)."""

    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)

    @cached_property
    def anchors_by_subject(self) -> dict[bytes, list[Certificate]]:
        """The anchors by the DER of their subject."""
        return by_subject(self.anchors)

    @cached_property
    def intermediates_by_subject(self) -> dict[bytes, list[Certificate]]:
        """The intermediates by the DER of their subject."""
        return by_subject(self.intermediates)

    @cached_property
    def revocation(self) -> RevocationData:
        """The certificate lists as revocation data."""
        return RevocationData(crls=self.crls)


@dataclass(frozen=True, slots=True)
class PathFault:
    """Why there is no path: which rule, about which certificate.

    ``finding`` names the step. ``supplied`` says that the issuer at fault came from the peer, not from
    the own configuration: native mode answers invalid-certification-path then, else it raises an alarm
    (decision 25).
    """

    kind: PathFaultKind
    detail: str
    certificate: Certificate
    finding: Finding
    supplied: bool = False


@dataclass(frozen=True, slots=True)
class PathResult:
    """The path found, the certificate first and the anchor last; with a fault as far as it could be
    followed."""

    chain: tuple[Certificate, ...]
    fault: PathFault | None = None
    warnings: tuple[Remark, ...] = ()

    @property
    def issuer(self) -> Certificate | None:
        """The certificate of the CA that issued the first one, None when it was not found."""
        if len(self.chain) > 1:
            return self.chain[1]
        return self.chain[0] if self.fault is None and self.chain[0].self_issued else None


def find_path(
    certificate: Certificate,
    trust: Trust,
    moment: float,
    *,
    supplied: Sequence[Certificate] = (),
    revocation: Callable[[Certificate], RevocationData] | None = None,
    policy: Policy | None = None,
    ca_keys: frozenset[str] = CA_KEYS,
) -> PathResult:
    """Return a path from ``certificate`` to an anchor of ``trust`` at ``moment`` (seconds since 1970).

    Issuers are looked for among the anchors, then ``supplied`` (what the peer sent along), then the
    configured intermediates. ``revocation`` gives the data about a CA certificate, by default the lists of
    ``trust``. The rules about ``certificate`` itself (form, validity, revocation) are not among those of a
    path; ``policy`` may leave out rules of a link or replace them under their identifiers. ``ca_keys`` are
    the kinds of keys that CAs may have; TLS has :data:`TLS_CA_KEYS`. Where no path is good, the fault is that
    of the candidate that came furthest. The work is bounded, whatever is supplied.
    """
    search = _Search(trust, moment, supplied, revocation, policy or Policy(), ca_keys)
    return search.run(certificate)


class _Search:
    """One search, depth first, over at most MAX_LINKS links."""

    def __init__(
        self,
        trust: Trust,
        moment: float,
        supplied: Sequence[Certificate],
        revocation: Callable[[Certificate], RevocationData] | None,
        policy: Policy,
        ca_keys: frozenset[str],
    ) -> None:
        self._trust = trust
        self._ca_keys = ca_keys
        self._moment = moment
        self._supplied = supplied
        self._supplied_by_subject = by_subject(supplied[:MAX_SUPPLIED])
        self._revocation = (lambda _: trust.revocation) if revocation is None else revocation
        self._steps = policy.steps(PATH)
        self._left = MAX_LINKS
        self._rank = (False, -1)
        self._fault: PathFault | None = None
        self._reached: tuple[Certificate, ...] = ()

    def run(self, certificate: Certificate) -> PathResult:
        if len(self._supplied) > MAX_SUPPLIED:
            return self._given_up((certificate,), f"more than {MAX_SUPPLIED} certificates supplied")
        links = self._follow((certificate,), ())
        if links is not None:
            chain = tuple(link.certificate for link in links)
            last = links[-1].issuer
            if last is not None and last != chain[-1]:
                chain = (*chain, last)
            return PathResult(chain, None, self._warnings(links))
        if self._left <= 0 or self._fault is None:
            return self._given_up(self._reached or (certificate,), "more candidates than are tried")
        return PathResult(self._reached, self._fault)

    def _follow(self, chain: tuple[Certificate, ...], links: tuple[Link, ...]) -> tuple[Link, ...] | None:
        """Return the links from the first certificate to an anchor, None when none is good."""
        tip = chain[-1]
        nobody = True
        for issuer, anchor, supplied in self._candidates(tip):
            if issuer in chain and not (anchor and issuer == tip):
                continue
            nobody = False
            self._left -= 1
            if self._left <= 0:
                return None
            link = self._link(chain, issuer, anchor)
            if self._refuses(link, chain, supplied):
                continue
            if anchor:
                return (*links, link)
            if len(chain) < 2 * MAX_CHAIN:
                found = self._follow((*chain, issuer), (*links, link))
                if found is not None:
                    return found
        if nobody:
            link = self._link(chain, None, False)
            if not self._refuses(link, chain, False):
                return (*links, link)
        return None

    def _candidates(self, tip: Certificate) -> Iterator[tuple[Certificate, bool, bool]]:
        """Yield who may have issued ``tip``, whether it is an anchor, and whether the peer supplied it.

        Those whose key identifier is the one that ``tip`` names come first.
        """
        name, key = tip.issuer, tip.authority_key_identifier
        for group, anchor, supplied in (
            (self._trust.anchors_by_subject.get(name, ()), True, False),
            (self._supplied_by_subject.get(name, ()), False, True),
            (self._trust.intermediates_by_subject.get(name, ()), False, False),
        ):
            if key is None or len(group) < 2:
                yield from ((one, anchor, supplied) for one in group)
                continue
            named = (one for one in group if one.subject_key_identifier == key)
            others = (one for one in group if one.subject_key_identifier != key)
            yield from ((one, anchor, supplied) for one in concatenated(named, others))

    def _link(self, chain: tuple[Certificate, ...], issuer: Certificate | None, anchor: bool) -> Link:
        tip = chain[-1]
        return Link(
            certificate=tip,
            issuer=issuer,
            anchor=anchor,
            below=sum(not one.self_issued for one in chain[1:]),
            length=len(chain) + 1,
            moment=self._moment,
            revocation=self._revocation,
            ca_keys=self._ca_keys,
        )

    def _refuses(self, link: Link, chain: tuple[Certificate, ...], supplied: bool) -> bool:
        """Return whether a rule refuses ``link``, and keep the fault when it lies furthest."""
        for step in self._steps:
            fault = step.test(link)
            if fault is None:
                continue
            kind = FAULT_KINDS[step.id]
            rank = (kind is not PathFaultKind.BAD_SIGNATURE, len(chain))
            if rank > self._rank:
                self._rank = rank
                about = link.certificate if kind in _ABOUT_THE_ISSUED else link.issuer or link.certificate
                self._fault = _path_fault(kind, step, fault, about, supplied)
                matched = link.issuer is not None and rank[0]
                self._reached = (*chain, link.issuer) if matched and link.issuer is not None else chain
            return True
        return False

    def _warnings(self, links: Sequence[Link]) -> tuple[Remark, ...]:
        statuses = (ca_status(link) for link in links)
        return tuple(remark for status in statuses if status is not None for remark in status.remarks)

    def _given_up(self, chain: tuple[Certificate, ...], detail: str) -> PathResult:
        step = next(step for step in PATH.steps if FAULT_KINDS[step.id] is PathFaultKind.TOO_LONG)
        fault = Fault(detail, Reaction.ABORT)
        return PathResult(
            chain, _path_fault(PathFaultKind.TOO_LONG, step, fault, chain[-1], bool(self._supplied))
        )


def _path_fault(
    kind: PathFaultKind, step: Step[Link], fault: Fault, about: Certificate, supplied: bool
) -> PathFault:
    finding = Finding(step.id, step.name, step.clause, step.provenance, fault)
    return PathFault(kind, fault.detail, about, finding, supplied)


def by_subject(certificates: Sequence[Certificate]) -> dict[bytes, list[Certificate]]:
    """Return the certificates by the DER of their subject, in their order, each once."""
    found: dict[bytes, list[Certificate]] = {}
    for certificate in dict.fromkeys(certificates):
        found.setdefault(certificate.subject, []).append(certificate)
    return found
