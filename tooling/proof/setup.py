"""What a case needs of the device that the usual one does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Final

from conform62351.pics.conditions import Answer, Answers, parse
from conform62351.tooling.engine.case import Case

RFC_5114 = "rfc5114"
MOST_DENIED: Final = 3


@dataclass(frozen=True, slots=True)
class Setup:
    """How a device differs from the usual one.

    ``denied`` are answers of its PICS that are no, ``sends_log`` tells that it sends its log to the tester,
    ``group_23`` is how it reads that number, empty for the usual reading.
    """

    denied: Mapping[str, Answer]
    sends_log: bool
    group_23: str

    @property
    def usual(self) -> bool:
        """Whether the usual device will do."""
        return not self.denied and not self.sends_log and not self.group_23


def setup_of(case: Case, answers: Answers) -> Setup:
    """Return the set-up that makes ``case`` apply to a device whose usual PICS is ``answers``."""
    return Setup(
        denied=_denied(case, answers),
        sends_log="LOG.syslog-TLS" in case.pics,
        group_23=RFC_5114 if f"group 23 as {RFC_5114}" in case.prerequisites else "",
    )


def variants(case: Case, answers: Answers) -> Iterator[tuple[Case, Setup]]:
    """Yield what of ``case`` only a device plays that claims less than the one that it is played on.

    Each is a case of these conversations alone, named by the items that this device denies, with what it
    needs. Left out is what no few denials lead to.
    """
    usual = setup_of(case, answers)
    has = {**answers, **usual.denied}
    left = [talk for talk in case.conversations if talk.pics and not parse(talk.pics).holds(has)]
    for pics in dict.fromkeys(talk.pics for talk in left):
        denied = _fewest_denials(f"({case.pics}) and ({pics})", answers)
        if denied:
            talks = tuple(talk for talk in left if talk.pics == pics)
            name = f"{case.id} without {' '.join(denied)}"
            variant = replace(case, id=name, make=partial(tuple, talks), _cache=[])
            yield variant, replace(usual, denied=dict.fromkeys(denied, Answer.NO))


def _fewest_denials(condition: str, answers: Answers) -> tuple[str, ...]:
    """Return the fewest items that are denied where ``condition`` holds; empty where that takes more."""
    parsed = parse(condition)
    claimed = [code for code in reversed(parsed.codes) if answers[code] is Answer.YES]
    for count in range(1, MOST_DENIED + 1):
        for denied in combinations(claimed, count):
            if parsed.holds({**answers, **dict.fromkeys(denied, Answer.NO)}):
                return denied
    return ()


def _denied(case: Case, answers: Answers) -> dict[str, Answer]:
    """Return the answers that a case needs which is about what the device does not claim.

    Of items that are not all claimed the first is: a device without any suite of a table is met by nobody.
    """
    not_claimed = case.pics.partition("not ")[2].strip("()")
    if not not_claimed or parse(case.pics).first_false(answers) is None:
        return {}
    codes = parse(not_claimed).codes
    return dict.fromkeys(codes[1:] if " and " in not_claimed else codes, Answer.NO)
