"""Cases against a device in this process: over real sockets, by the same player as in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from conform62351.fixtures.device.actions import actions_of
from conform62351.fixtures.device.configuration import description_of, device_file
from conform62351.fixtures.device.control import Action, ControlServer
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.pics.conditions import Answer, parse
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Pixit, Value, load_pixit
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import UNDISTURBED
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.means import offered_by
from conform62351.tooling.engine.player import Player
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.steps import AnyStep, conversation
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof.setup import setup_of

PATIENCE = {"dut.patience": 1.1, "idle_time": 1.3, "tls.answer_limit": 0.6, "native.rekey_limit": 1.3}
"""The device waits longer than the tester, so that no fault passes for a device that gave up."""
NOTHING: Mapping[str, Answer] = MappingProxyType({})
NO_VALUES: Mapping[str, Value] = MappingProxyType({})
SENDS_LOG: Mapping[str, Answer] = MappingProxyType(
    {f"LOG.syslog-TLS.{role}": Answer.YES for role in ("client", "server")}
)
SHORT_LIMITS = {f"limit.{name}": 0.7 for name in ("connect", "associate", "respond", "close")}
HASTY_LIMITS: Mapping[str, Value] = {**dict.fromkeys(SHORT_LIMITS, 0.4), "log.latency": 0.4}
"""What the device keeps unless the machine is busy: most faults show by silence, which costs as much."""
CLOSE_LIMIT_S = 0.15
"""How long the device leaves closing to the tester: less than the tester waits for it."""


class Subject:
    """A device that runs, and the tester's view of it."""

    def __init__(self, dut: Dut, log: RunLog, device: ReferenceDevice) -> None:
        self.dut = dut
        self.device = device
        self.log = log
        self._configuration = "default"

    def why_not(self, case: Case) -> list[str]:
        """Return what keeps ``case`` from being executed here: the PICS item, and what the set-up lacks."""
        excluded = parse(case.pics).first_false(self.dut.declaration.answers)
        needed = case.means_for(self.dut.declaration.answers)
        missing = [name for name in needed if name not in offered_by(self.dut)]
        return [*([excluded] if excluded else []), *missing]

    def play(self, case: Case) -> list[CheckMade]:
        """Play ``case`` up to its first conversation that does not pass, and return its checks."""
        if case.configuration != self._configuration:
            self.dut.configure(case.configuration)
            self._configuration = case.configuration
        player = Player(self.dut, self.log, case.id, 1, still_associates=lambda: True)
        checks: list[CheckMade] = []
        for talk in case.conversations_for(self.dut.declaration.answers):
            checks += player.play(talk)
            if any(check.verdict not in UNDISTURBED for check in checks):
                break
        return checks

    def try_steps(
        self, requirement: str, *steps: AnyStep | tuple[AnyStep, ...], configuration: str = "default"
    ) -> list[CheckMade]:
        """Play ``steps``, which judge ``requirement``, and return their checks."""
        talk = conversation(*steps)
        case = Case("OSI/SRV/SELF/BV-try", "", "", "always", (requirement,), lambda: (talk,))
        return self.play(replace(case, configuration=configuration))


class Bench:
    """Starts devices, one after the other; their actions share one control port.

    With a ``workshop`` both sides have credentials, and ``revocation`` serves what these point to.
    """

    def __init__(
        self, folder: Path, workshop: Workshop | None = None, revocation: RevocationServer | None = None
    ) -> None:
        self._folder = folder
        self._revocation = revocation
        self._workshop = workshop
        self._count = 0
        self._actions: dict[str, Action] = {}
        self._control = ControlServer(self._actions)
        self._control.start()
        self._declaration = load_declaration(device_file("pics.toml"))
        pixit = load_pixit(device_file("pixit.toml"), substitutions={"control": self._control.url})
        self._pixit = pixit.with_overrides(PATIENCE)
        # Loading a private key takes longer than most cases.
        self._credentials = None if workshop is None else CredentialFolder.load(workshop.dut)
        self._own_credentials = None if workshop is None else CredentialFolder.load(workshop.tester)

    def close(self) -> None:
        """Free the control port."""
        self._control.stop()

    @contextmanager
    def device(
        self,
        policy: Policy,
        limits: Mapping[str, Value],
        *,
        has: Mapping[str, Answer] = NOTHING,
        says: Mapping[str, Answer] = NOTHING,
        sends_log: bool = False,
        group_23: str = "",
        values: Mapping[str, Value] = NO_VALUES,
        edition: str = "",
    ) -> Iterator[Subject]:
        """Run a device with ``policy``; ``limits`` replace values of the PIXIT for the tester.

        ``has`` and ``says`` replace answers of its PICS: as the device is, and as the tester is told.
        ``sends_log``: the device sends its log, and the tester collects it.
        ``group_23`` is how the device reads that number, empty for the usual reading.
        ``values`` replace values of the PIXIT, as the device is set up and as the tester is told; ``edition``
        is that of the standard, empty for that of the device's own PICS.
        """
        self._count += 1
        collector = None
        pixit = self._pixit.with_overrides(values)
        if group_23:
            pixit = pixit.with_overrides({"native.group23": group_23})
        own = self._declaration
        if edition:
            own = replace(own, header=replace(own.header, edition=edition))
        if sends_log:
            collector = Address("127.0.0.1", free_port())
            limits = {**limits, "log.access": "collector", "tester.log_port": collector.port}
            has, says = {**SENDS_LOG, **has}, {**SENDS_LOG, **says}
        actions = dict(self._actions)
        declared = replace(own, answers={**own.answers, **says})
        declaration = replace(own, answers={**own.answers, **has})
        clock = Clock()
        with ExitStack() as stack:
            device = ReferenceDevice(
                replace(description_of(declaration, pixit), close_limit=CLOSE_LIMIT_S),
                policy,
                log_path=self._folder / f"{self._count}.log",
                pki=self._credentials,
                log_collector=collector if all(map(declaration.claims, SENDS_LOG)) else None,
            )
            stack.callback(self._actions.update, actions)
            stack.callback(self._actions.clear)
            stack.callback(device.stop)
            device.start()
            self._actions.clear()
            self._actions.update(actions_of(device))
            dut = Dut(
                declared,
                self._seen_by_tester(pixit, device, limits),
                clock=clock,
                operator=Operator(None),
                state=self._folder / "signed-times.json",
            )
            stack.callback(dut.close)
            dut.revocation = self._revocation
            if self._own_credentials is not None:
                dut.security.folder = self._own_credentials
            log = stack.enter_context(EventLog(self._folder / f"{self._count}.jsonl"))
            yield Subject(dut, RunLog(log, clock), device)

    def device_for(
        self, case: Case, policy: Policy, limits: Mapping[str, Value]
    ) -> AbstractContextManager[Subject]:
        """Run a device with ``policy`` that ``case`` applies to."""
        setup = setup_of(case, self._declaration.answers)
        return self.device(
            policy,
            limits,
            has=setup.denied,
            says=setup.denied,
            sends_log=setup.sends_log,
            group_23=setup.group_23,
        )

    def is_usual(self, case: Case) -> bool:
        """Return whether ``case`` applies to a device that is set up as usual."""
        return setup_of(case, self._declaration.answers).usual

    def _seen_by_tester(self, pixit: Pixit, device: ReferenceDevice, limits: Mapping[str, Value]) -> Pixit:
        return pixit.with_overrides(
            {
                "dut.host": device.address.host,
                "dut.port": device.address.port,
                "dut.tls_port": device.tls_address.port,
                "pki.folder": "" if self._workshop is None else str(self._workshop.tester),
                **limits,
            }
        )
