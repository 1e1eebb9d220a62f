"""Test items made from the catalogue, run by the same engine as the command line.

The project's root conftest.py asks for it when the suites are collected. A case that is not
applicable is skipped, an inconclusive one fails marked INCONCLUSIVE, a mistake of the harness is an error.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Generator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conform62351.pics.faults import DeclarationError
from conform62351.reports.model.exit_code import exit_code
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.visible import visible
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.planner import NothingSelected
from conform62351.tooling.engine.runner import Outcome, Runner
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files, UsageError
from conform62351.tooling.frontend.options import Options


class NotDecided(Exception):
    """A case was inconclusive or not run."""


class NotConforming(Exception):
    """A case failed."""


class HarnessFault(Exception):
    """The harness is wrong, not the device."""


class Campaign:
    """The one run behind all items of a session; it starts with the first item."""

    def __init__(self, config: pytest.Config) -> None:
        out = config.getoption("--conform-out") or Path(
            datetime.now(UTC).strftime("conform62351-report-%Y%m%dT%H%M%SZ")
        )
        options = Options(
            out=out,
            files=Files(
                config.getoption("--conform-pics"),
                config.getoption("--conform-pixit"),
                config.getoption("--conform-deviations"),
            ),
            selectors=tuple(config.getoption("--conform-select")),
            command=("pytest", *config.invocation_params.args),
        )
        self.execution = Execution(options, Operator(None))
        self.prepared = self.execution.prepare()
        self._runner: Runner | None = None

    def keep(self, identifiers: Collection[str]) -> None:
        """Leave out of the plan what pytest deselected; baselines of what is left stay."""
        self.prepared.plan = self.prepared.plan.only(identifiers)

    def commands(self, identifier: str, outcome: Outcome) -> tuple[str, ...]:
        """Return the commands that play the recipe again, if there is one, and that run the case alone."""
        options = self.execution.options
        device = tuple(options.device_words())
        again = shlex.join(("conform62351", "run", *device, identifier))
        if not outcome.recipe:
            return (again,)
        return shlex.join(("conform62351", "replay", *device, str(options.out / outcome.recipe))), again

    def execute(self, identifier: str) -> Outcome:
        """Execute a case and return how it ended."""
        if self._runner is None:
            self._runner = self.execution.start(self.prepared, lambda _: None)
        return self._runner.execute(identifier)

    def finish(self) -> int:
        """Write the report if anything ran; return the exit code that the command line would give."""
        with self.execution:
            if self._runner is None:
                return 0
            self._runner.finish()
            everything = len(self._runner.outcomes) == len(self.prepared.plan.entries)
            return exit_code(self.execution.finish("" if everything else "not every case was selected"), [])


CAMPAIGN = pytest.StashKey[Campaign]()
UNUSABLE = pytest.StashKey[bool]()
"""The declarations are wrong, or the selection leaves no case."""


class CaseItem(pytest.Item):
    """One test case of the catalogue."""

    def __init__(self, *, campaign: Campaign, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._campaign = campaign

    def runtest(self) -> None:
        """Execute the case and turn its verdict into what pytest knows."""
        outcome = self._campaign.execute(self.name)
        match outcome.verdict:
            case Verdict.PASS:
                return
            case Verdict.NOT_APPLICABLE:
                pytest.skip(f"not applicable: {outcome.reason}")
            case Verdict.FAIL:
                raise NotConforming(self._failure_block(outcome))
            case Verdict.ERROR:
                raise HarnessFault(outcome.reason)
            case _:
                raise NotDecided(f"INCONCLUSIVE {outcome.reason}\n{self._failure_block(outcome)}")

    def _failure_block(self, outcome: Outcome) -> str:
        commands = self._campaign.commands(self.name, outcome)
        return visible(_failure_block(self.name, outcome, commands), lines=True)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the failure block of the report, no traceback."""
        if isinstance(excinfo.value, NotConforming | NotDecided | HarnessFault):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the case by its identifier."""
        return self.path, None, self.name


def _failure_block(identifier: str, outcome: Outcome, commands: Iterable[str]) -> str:
    """Return what was required, sent, expected and seen for each check that did not pass, and commands."""
    lines = [identifier]
    for check in outcome.checks:
        if check.verdict is not Verdict.PASS:
            severity = f", {check.severity.value}" if check.severity else ""
            lines += [
                f"  {check.requirement} [{check.clause}, {check.provenance}{severity}]",
                *([f"    with: {check.label}"] if check.label else []),
                f"    sent: {check.sent}",
                f"    expected: {' or '.join(check.expected)}",
                f"    got: {check.got}",
            ]
    lines += [f"  again: {command}" for command in commands]
    return "\n".join(lines)


class CatalogueDirectory(pytest.Directory):
    """The folder ``suites``: its items are the planned cases."""

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path) -> CatalogueDirectory:
        """Make the node for ``path``."""
        return cls.from_parent(parent, path=path)

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the cases in the order of the plan.

        The session ends with a usage error when the declarations are wrong or the selection leaves no case.
        """
        try:
            campaign = Campaign(self.config)
        except (UsageError, DeclarationError, NothingSelected) as error:
            self.config.stash[UNUSABLE] = True
            raise self.CollectError(f"conform62351: {error}") from error
        self.config.stash[CAMPAIGN] = campaign
        for entry in campaign.prepared.plan.entries:
            yield CaseItem.from_parent(self, name=entry.case.id, campaign=campaign)


class Hooks:
    """What the session needs beside its items."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Plan only what pytest is going to run."""
        campaign = session.config.stash.get(CAMPAIGN, None)
        if campaign is not None:
            campaign.keep({item.name for item in session.items if isinstance(item, CaseItem)})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run in which everything is not applicable must not look like a pass."""
        if UNUSABLE in session.config.stash:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        campaign = session.config.stash.get(CAMPAIGN, None)
        if campaign is None:
            return
        code = campaign.finish()
        if exitstatus == pytest.ExitCode.OK and code:
            session.exitstatus = code

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Show a mistake of the harness as an error, not as a failure of the device."""
        report = yield
        if call.excinfo is not None and call.excinfo.errisinstance(HarnessFault):
            report.when = "setup"
        return report
