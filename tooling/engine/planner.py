"""From PICS, PIXIT and a selection to the plan of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conform62351.pics import conditions
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION, STACKS
from conform62351.pics.selection import Selector
from conform62351.tooling.engine.case import ROLES, Case, supposed
from conform62351.tooling.engine.log_sources import MEANS as LOG
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.log_watch import CLAIM
from conform62351.tooling.engine.security import NATIVE, WITH_AUTHENTICATION

GROUP_23 = "native.group23"
READING_OF_23 = "group 23 as "
"""The means of a device that reads the number of a group in one of two ways: none has both."""


class NothingSelected(Exception):
    """A selector matches no case: a spelling mistake must not look like a clean run."""


@dataclass(frozen=True)
class Planned:
    """A case of the plan: ``not_applicable`` names the PICS item that excludes it, ``missing`` lacking means.

    Where the PIXIT tells that the device reads a number in another way, its entry stands for the item, and
    where it has no means to try what the PICS denies, that means does.
    ``added`` tells that it was not selected but is the baseline of one that was. ``undecided_without`` names
    means that it is executed without, but cannot pass without.
    """

    case: Case
    not_applicable: str = ""
    missing: tuple[str, ...] = ()
    added: bool = False
    undecided_without: tuple[str, ...] = ()

    @property
    def executable(self) -> bool:
        """Whether the case can be executed with this set-up."""
        return not self.not_applicable and not self.missing


@dataclass(frozen=True)
class Plan:
    """The cases of a run in the order of execution, grouped by configuration of the device."""

    entries: tuple[Planned, ...]

    def configurations(self) -> list[str]:
        """Return the configurations in the order in which the run uses them."""
        return list(dict.fromkeys(entry.case.configuration for entry in self.entries if entry.executable))

    def only(self, identifiers: Collection[str]) -> Plan:
        """Return the plan of these cases and the baselines that they rest on."""
        by_id = {entry.case.id: entry for entry in self.entries}
        kept = set(identifiers)
        for identifier in identifiers:
            while (baseline := by_id[identifier].case.baseline) in by_id:
                kept.add(baseline)
                identifier = baseline
        return Plan(tuple(entry for entry in self.entries if entry.case.id in kept))

    def costs(self) -> dict[str, list[str]]:
        """Return for each missing means the cases that it costs."""
        lost: dict[str, list[str]] = {}
        for entry in self.entries:
            for means in (*entry.missing, *entry.undecided_without):
                lost.setdefault(means, []).append(entry.case.id)
        return lost


def select(
    catalogue: Mapping[str, Case], selectors: Sequence[Selector], exclude: Sequence[Selector]
) -> list[tuple[Case, bool]]:
    """Return the selected cases in catalogue order, each with whether it was only added as a baseline.

    Without selectors all cases are selected.

    Raises:
        NothingSelected: a selector matches no case, or nothing is left.
    """
    for selector in (*selectors, *exclude):
        if not any(selector.matches(case) for case in catalogue.values()):
            raise NothingSelected(f"no case matches {selector.text!r}; see conform62351 catalogue")
    wanted = {
        case.id
        for case in catalogue.values()
        if (not selectors or any(selector.matches(case) for selector in selectors))
        and not any(selector.matches(case) for selector in exclude)
    }
    if not wanted:
        raise NothingSelected("the selection leaves no case")
    needed = set(wanted)
    for identifier in wanted:
        baseline = catalogue[identifier].baseline
        while baseline and baseline not in needed:
            needed.add(baseline)
            baseline = catalogue[baseline].baseline
    return [(case, case.id not in wanted) for case in catalogue.values() if case.id in needed]


def make_plan(
    selected: Sequence[tuple[Case, bool]],
    declaration: Declaration,
    offered: Sequence[str],
    configurations: Mapping[str, float],
    stacks: Mapping[str, str] | None = None,
    *,
    way_back: bool = False,
) -> Plan:
    """Order the selected cases and say which cannot be executed, and why.

    ``offered`` names the actions and other means of the set-up. ``configurations`` gives for each
    configuration that the PIXIT knows what it costs to switch to it, in seconds; the default one, to which
    there may be no way back, comes first, then the cheapest.
    ``stacks`` gives their stacks, where they do not follow from the names.
    Within one, groups keep the catalogue's order, valid behaviour comes before invalid, and heavy cases
    come last.
    ``way_back``: the default configuration can be entered again; cases there that judge the time of events
    come last then, if others learn the device's clock from its signed times.
    """
    entries = []
    for case, added in selected:
        reason = conditions.parse(case.pics).first_false(declaration.answers)
        if not reason and not case.review and not case.conversations_for(declaration.answers):
            condition = conditions.parse(case.conversations[0].pics)
            reason = condition.first_false(supposed(declaration.answers))
        reason = reason or _other_reading(case, offered)
        missing: list[str] = []
        if not reason:
            stack = (stacks or {}).get(case.configuration, "")
            missing = [name for name in case.means_for(declaration.answers, stack) if name not in offered]
            if case.configuration not in configurations:
                missing.append(f"configuration {case.configuration}")
            if case.denies and (lacking := [*missing, *_other_stack(case, stack)]):
                reason, missing = lacking[0], []
        blind = not reason and LOG not in missing and LOG not in offered and _reads_log(case, declaration)
        entries.append(Planned(case, reason or "", tuple(missing), added, (LOG,) if blind else ()))
    groups = {
        group: index for index, group in enumerate(dict.fromkeys(entry.case.group for entry in entries))
    }
    behaviours = {"": 0, "BV": 1, "BI": 2, "BO": 3}
    signed = (*WITH_AUTHENTICATION, *NATIVE)
    signing = {name for name in configurations if (stacks or {}).get(name, name) in signed}
    learns = way_back and any(entry.executable and entry.case.configuration in signing for entry in entries)

    def rank(entry: Planned) -> tuple[bool, bool, float, str, int, int, int]:
        case = entry.case
        name = case.configuration
        waits = learns and name == DEFAULT_CONFIGURATION and _judges_time(case, declaration)
        switch = waits, name != DEFAULT_CONFIGURATION, configurations.get(name, float("inf")), name
        return *switch, case.weight, groups[case.group], behaviours[case.behaviour]

    ordered = sorted(entries, key=rank)
    return Plan(tuple(_baselines_first(ordered)))


def _other_reading(case: Case, offered: Sequence[str]) -> str:
    """Return the PIXIT entry by which the device is none of those that the case is about, empty if it is."""
    readings = [name for name in case.prerequisites if name.startswith(READING_OF_23)]
    return GROUP_23 if any(name not in offered for name in readings) else ""


def _other_stack(case: Case, stack: str) -> list[str]:
    """Return the stack that the configuration of a case is named after, if the PIXIT gives it another."""
    named = case.configuration
    return [f"stack {named}"] if named in STACKS and stack not in ("", named) else []


def _reads_log(case: Case, declaration: Declaration) -> bool:
    """Return whether the case judges the log, which the device claims in the role that the case is about."""
    role = ROLES.get(case.id.split("/")[1], "server")
    if case.review or declaration.answers.get(CLAIM.format(role=role)) is not conditions.Answer.YES:
        return False
    return any(_log_steps(case, declaration))


def _judges_time(case: Case, declaration: Declaration) -> bool:
    """Return whether the case judges the time of an event."""
    return not case.review and any("time" in step.aspects for step in _log_steps(case, declaration))


def _log_steps(case: Case, declaration: Declaration) -> Iterator[Logged]:
    for talk in case.conversations_for(declaration.answers):
        yield from (step for step in talk.steps if isinstance(step, Logged))


def _baselines_first(ordered: Sequence[Planned]) -> list[Planned]:
    """Keep the order, but have every baseline come before the first case that rests on it."""
    by_id = {entry.case.id: entry for entry in ordered}
    placed: dict[str, Planned] = {}

    def place(entry: Planned) -> None:
        chain = [entry]
        while (below := chain[-1].case.baseline) in by_id and below not in placed:
            if by_id[below] in chain:
                break
            chain.append(by_id[below])
        for item in reversed(chain):
            placed.setdefault(item.case.id, item)

    for entry in ordered:
        place(entry)
    return list(placed.values())
