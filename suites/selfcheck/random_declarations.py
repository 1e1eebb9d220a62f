"""PICS and PIXIT that are drawn: consistent ones, those with one lie in them, and the cases that they decide.

A declaration is a set of codes that the usual device claims and this one denies; what rests on them is denied
with them. Whatever is drawn can be shrunk to the usual device, and is printed as the codes that differ.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.catalogue import NOT_APPLICABLE, ROLES, catalogue
from conform62351.pics.conditions import Answer, Answers, parse
from conform62351.pics.declaration import EDITIONS, Declaration, load_declaration
from conform62351.pics.pixit import Value
from conform62351.pics.static_review import rules, static_review
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import UNDISTURBED, Verdict
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.steps import Claimed
from conform62351.tooling.proof.bench import HASTY_LIMITS, SHORT_LIMITS, Bench

USUAL: Final[Declaration] = load_declaration(device_file("pics.toml"))
CASES: Final = {name: case for name, case in load().items() if case.review is None}


class Lie(Enum):
    """In which direction a declaration is wrong about an item."""

    DENIED = "the device has it, the PICS denies it"
    CLAIMED = "the PICS claims it, the device has it not"


@dataclass(frozen=True)
class Drawn:
    """A consistent set: the codes that are to be denied, values of the PIXIT, and the edition."""

    chosen: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    edition: str = EDITIONS[-1]

    @functools.cached_property
    def answers(self) -> dict[str, Answer]:
        """The whole PICS."""
        return consistent(self.chosen)

    @property
    def declaration(self) -> Declaration:
        """The PICS with its header."""
        return Declaration(replace(USUAL.header, edition=self.edition), self.answers)


USUAL_SET: Final = Drawn()


def closed(answers: Answers) -> dict[str, Answer]:
    """Return ``answers`` without claims of what does not apply under them."""
    made = dict(answers)
    while needless := [
        item.code
        for item in catalogue()
        if made[item.code] is Answer.YES and item.status_under(made) == NOT_APPLICABLE
    ]:
        made.update(dict.fromkeys(needless, Answer.NO))
    return made


def consistent(denied: Iterable[str]) -> dict[str, Answer]:
    """Return the usual answers with these codes denied, as far as the statuses of the tables permit.

    What is mandatory stays claimed, and of a group of which one is needed the first that was to be denied.
    """
    left = dict.fromkeys(denied)
    while True:
        answers = closed({**USUAL.answers, **dict.fromkeys(left, Answer.NO)})
        kept = [code for code in left if catalogue()[code].status_under(answers) == "m"]
        declaration = Declaration(USUAL.header, answers)
        for rule in rules():
            if rule.kind == "at-least-one" and rule.finding(declaration):
                kept += [code for code in rule.codes if code in left][:1]
        if not kept:
            return answers
        left = dict.fromkeys(code for code in left if code not in kept)


def differing(answers: Answers) -> dict[str, Answer]:
    """Return the answers that are not the usual device's."""
    return {code: answer for code, answer in answers.items() if answer is not USUAL.answers[code]}


def told_wrongly(code: str, lie: Lie, base: Answers) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Return what a device has and what its PICS says: ``base``, with one lie about ``code``."""
    with_it = {**base, code: Answer.YES}
    without = closed({**base, code: Answer.NO})
    return (with_it, without) if lie is Lie.DENIED else (without, with_it)


def names(case: Case, check: CheckMade, code: str, lie: Lie) -> bool:
    """Return whether a failed check names ``code``; of a claim the condition of its case may do that."""
    if code in check.got or code in check.label:
        return True
    chosen = "the PICS says" in check.got and lie is Lie.DENIED
    return not chosen and code in case.pics_codes


def deciding(code: str) -> list[Case]:
    """Return the cases that depend on ``code``, those first whose conversations do, then the most special."""
    rank: dict[str, tuple[int, int]] = {}
    role = code.rpartition(".")[2]
    of_service = code.startswith("MMS.")
    for name, case in CASES.items():
        if case.role != role:
            continue
        special = any(
            code in talk.label
            or (talk.pics and code in parse(talk.pics).codes)
            or (of_service and any(isinstance(step, Claimed) for step in talk.steps))
            for talk in case.conversations
        )
        if special or code in case.pics_codes:
            rank[name] = (0 if "CLAIMS" in name else 1 if special else 2, len(case.pics_codes))
    return [CASES[name] for name in sorted(rank, key=lambda name: rank[name])]


def affected(drawn: Drawn) -> Iterator[Case]:
    """Yield the cases that what is drawn decides: other conversations, another selection, or named codes."""
    answers = drawn.answers
    changed = differing(answers).keys()
    for case in CASES.values():
        talks = case.conversations_for(answers)
        if not talks or parse(case.pics).first_false(answers) is not None:
            continue
        named = not changed.isdisjoint(case.pics_codes)
        selected = parse(case.pics).first_false(USUAL.answers) is not None
        if named or selected or talks != case.conversations_for(USUAL.answers):
            yield case


EXCLUDED: Final = "x"
MANDATORY: Final = "m"
XMPP: Final = "no case of this version is over XMPP, so that neither answer decides anything"
NO_HANDSHAKE: Final = (
    "no handshake can agree on it: it is what protects a connection before its first (RFC 5246, A.5)"
)
NAMES: Final = "whatever names an MMS server has, they do not say which standard they are from"
BILATERAL: Final = "a bilateral table chooses among combinations of protection, which have items of their own"
OFFER: Final = "a client requires by what it offers, and without the policy it may offer the same"
CHOICE: Final = "which service a client asks for is its own choice, and no action asks for a certain one"
CANCELS: Final = "a client cancels when it likes to, and no action has it do so"
NO_COLLECTOR: Final = "a tester to which no log is sent, by the PICS, has no port that one could come to"
UNSEEN: Final[Mapping[tuple[str, Lie], str]] = {
    **{(f"T6.XMPP.{role}", lie): XMPP for role in ROLES for lie in Lie},
    **{(f"T9.TLS_NULL_WITH_NULL_NULL.{role}", Lie.DENIED): NO_HANDSHAKE for role in ROLES},
    **{(f"PROTOCOL.IEC-61850-8-1.{role}", lie): NAMES for role in ROLES for lie in Lie},
    **{(f"PROTOCOL.IEC-61850-8-2.{role}", lie): XMPP for role in ROLES for lie in Lie},
    **{(f"PROTOCOL.ICCP.{role}", lie): NAMES for role in ROLES for lie in Lie},
    **{(item.code, lie): BILATERAL for item in catalogue() if item.code.startswith("ICCP.") for lie in Lie},
    **{
        (f"E2E.policy-{policy}.client", lie): OFFER
        for policy in ("encryption-required", "AE-required")
        for lie in Lie
    },
    **{
        (f"MMS.{service}.client", Lie.CLAIMED): CHOICE
        for service in (
            "status",
            "identify",
            "getNameList",
            "getVariableAccessAttributes",
            "getNamedVariableListAttributes",
            "read",
            "write",
        )
    },
    **{("MMS.cancel.client", lie): CANCELS for lie in Lie},
    **{(f"LOG.syslog-TLS.{role}", Lie.DENIED): NO_COLLECTOR for role in ROLES},
}
"""Lies that no case can notice, and why."""
LIES: Final = tuple(
    (item.code, lie)
    for item in catalogue()
    for lie in Lie
    if (item.code, lie) not in UNSEEN and not (item.status == EXCLUDED and lie is Lie.CLAIMED)
)
"""All others. That something is claimed which nobody may have is noticed by the static review."""
IN_REVIEW: Final = frozenset(
    item.code for item in catalogue() if item.table is None and item.status == MANDATORY
)
"""Items of our own that are mandatory: that one is denied is noticed by the static review."""

NEEDED: Final = frozenset(
    {
        "COMB.TLS-alone",
        "COMB.E2E-security-alone",
        "MMS.unprotected",
        "MMS.read",
        "TLS.ECDSA-secp256r1",
    }
)
"""Without which the usual device's configurations, or its partners, would be other ones."""


def deniable() -> list[str]:
    """Return the codes that the usual device can be set up without."""
    return [
        item.code
        for item in catalogue()
        if USUAL.claims(item.code) and item.code.rpartition(".")[0] not in NEEDED
    ]


def octets(longest: int) -> st.SearchStrategy[bytes]:
    """Draw selectors that are there."""
    return st.binary(min_size=1, max_size=longest)


VALUES: Final[Mapping[str, st.SearchStrategy[Value]]] = MappingProxyType(
    {
        **{f"{side}.t_selector": octets(32) for side in ("dut", "tester")},
        **{f"{side}.s_selector": octets(16) for side in ("dut", "tester")},
        **{f"{side}.p_selector": octets(16) for side in ("dut", "tester")},
        "max_associations": st.integers(2, 20),
        "time_resolution": st.sampled_from([0.000001, 0.001, 0.01]),
        "mms.max_pdu": st.integers(1024, 65000),
        "native.group23": st.sampled_from(["secp256r1", "rfc5114"]),
        "native.conclude": st.sampled_from(["data", "release"]),
        "native.derivation": st.sampled_from(["searched", "pinned"]),
        "signature.raw": st.sampled_from(["warning", "fail"]),
    }
)
"""What a PIXIT may say of a device that does what it says."""


@st.composite
def declarations(draw: st.DrawFn) -> Drawn:
    """Draw a consistent set."""
    chosen = draw(st.lists(st.sampled_from(deniable()), unique=True, max_size=12))
    named = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=5))
    values = {name: draw(VALUES[name]) for name in named}
    return Drawn(tuple(chosen), values, draw(st.sampled_from(EDITIONS[::-1])))


def unnoticed(bench: Bench, code: str, lie: Lie, drawn: Drawn = USUAL_SET) -> str:
    """Lie about ``code``, play the cases that it decides, and return why no fail names it, or nothing.

    What is mandatory and denied fails by a static case, which names it.
    """
    has, says = told_wrongly(code, lie, drawn.answers)
    if lie is Lie.DENIED and code in IN_REVIEW:
        found = static_review(Declaration(USUAL.header, says))
        return "" if any(code in one.codes and code in one.text for one in found) else "not in review"
    others: list[tuple[str, str]] = []
    for limits in (HASTY_LIMITS, SHORT_LIMITS):
        device = bench.device(
            Policy(),
            limits,
            has={**differing(has), code: has[code]},
            says={**differing(says), code: says[code]},
            sends_log=code.startswith("LOG.syslog-TLS."),
            values=drawn.values,
            edition=drawn.edition,
        )
        with device as subject:
            for case in deciding(code):
                if subject.why_not(case):
                    continue
                for check in subject.play(case):
                    if check.verdict is Verdict.FAIL and names(case, check, code, lie):
                        return ""
                    if check.verdict not in UNDISTURBED:
                        others.append((case.id, check.got))
    return f"nothing names {code}: {lie.value}; {others}"
