"""The device that the fuzzer, or a replay of what it found, speaks to: declared like that of a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from conform62351.fixtures.device.process import DeviceProcess
from conform62351.profiles.mms import codec
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.security import needed_for
from conform62351.tooling.engine.signing_times import STATE_FILE
from conform62351.tooling.frontend.builtin_device import serve_revocation, start_builtin
from conform62351.tooling.frontend.inputs import Inputs, UsageError, load_inputs
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.frontend.tester_credentials import check_credentials
from conform62351.tooling.fuzz.evidence import Evidence, Ring
from conform62351.tooling.fuzz.examining import Examiner
from conform62351.tooling.fuzz.process import Foreign
from conform62351.tooling.fuzz.sharing import Share
from conform62351.tooling.fuzz.target import Target
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.manifest import CredentialError


class ProcessByFile:
    """A device of somebody else that is a process of this machine; ``file`` holds its number at any time.

    ``errors_file`` is what its standard error goes to.

    Raises:
        UsageError: the file holds no number of a process.
    """

    def __init__(self, file: Path, errors_file: Path | None) -> None:
        self.errors_file = errors_file
        self._file = file
        number = self._number()
        if number is None or Foreign(number).poll() is not None:
            raise UsageError(f"{file}: not the number of a process that runs")
        self._process = Foreign(number)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return None as long as it runs, or another one has taken its place."""
        number = self._number()
        if number is not None and number != self._process.pid:
            self._process = Foreign(number)
        return self._process.poll()

    def boot(self) -> bool:
        """Return False: only the PIXIT's actions start it again."""
        return False

    def _number(self) -> int | None:
        try:
            text = self._file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return int(text) if text.isdigit() and len(text) < 10 else None


class FuzzedDevice:
    """The device that ``options`` name, ready to be fuzzed; use it as a context manager.

    Without declarations it is the built-in one, in a process of its own. ``folder`` is where the tester keeps
    what it has to remember. ``process_file`` and ``errors_file`` tell of the process of somebody else's
    device. ``share`` is what this process has of a device that is shared: revocation data for it are served
    by who has started the workers, and by none of them.

    Raises:
        UsageError: files or options are wrong, or the built-in device does not start.
        DeclarationError: with all faults of all files.
    """

    def __init__(
        self,
        options: Options,
        operator: Operator,
        folder: Path,
        *,
        process_file: Path | None = None,
        errors_file: Path | None = None,
        share: Share | None = None,
    ) -> None:
        share = share or Share()
        self.builtin = options.files.builtin
        if not self.builtin and (options.faults or options.fault_module):
            raise UsageError("--fault and --fault-module are for the built-in device only")
        if self.builtin and process_file is not None:
            raise UsageError("--pid-file is for a device of your own: go by --pics and --pixit")
        self._options = options
        self._stack = ExitStack()
        try:
            self._clock = Clock()
            self.ring = Ring()
            self.inputs = self._load()
            local = None if process_file is None else ProcessByFile(process_file, errors_file)
            self.process: DeviceProcess | None = None
            revocation = None
            if self.builtin:
                self.process, given, revocation = start_builtin(
                    options, self.inputs.pixit, self._clock, self._stack, secured=True
                )
                loaded = self._load({"control": self.process.control})
                self.inputs = replace(self.inputs, pixit=loaded.pixit.with_overrides(given))
            elif self.inputs.pixit.text("pki.folder") and not share.worker:
                revocation = serve_revocation(self.inputs.pixit, self._stack)
            self.dut = Dut(
                self.inputs.declaration,
                self.inputs.pixit,
                clock=self._clock,
                operator=operator,
                builtin=self.builtin,
                state=folder / STATE_FILE if self.builtin else None,
                spec=self.inputs.spec,
            )
            self.dut.revocation = revocation
            self._stack.callback(self.dut.close)
            self._check_credentials()
            codec.prepare()
            self.evidence = Evidence(self.dut, self.ring)
            self.target = Target(self.dut, RunLog(self.ring, self._clock), self.process or local, share)
            self.examiner = Examiner(self.target)
            self._stack.callback(self.examiner.rest)
        except BaseException:
            self._stack.close()
            raise

    @property
    def name(self) -> str:
        """The device by its PICS: vendor and product."""
        header = self.inputs.declaration.header
        return f"{header.vendor} {header.product} {header.software_version}".strip()

    def _load(self, substitutions: dict[str, str] | None = None) -> Inputs:
        return load_inputs(
            self._options.files,
            explore=self._options.explore,
            substitutions=substitutions,
            overrides=self._options.overrides,
            spec_data=self._options.spec_data,
        )

    def _check_credentials(self) -> None:
        """Look at the tester's credentials before the device is blamed for them. Raises UsageError."""
        folder = self.dut.security.folder
        if folder is None:
            return
        stacks = {self.dut.stack_of(name) for name in self.inputs.pixit.configurations}
        needed = dict.fromkeys(name for stack in sorted(stacks) for name in needed_for(stack))
        try:
            check_credentials(folder, [name for name in needed if name in folder.names], self._clock.unix())
        except CredentialError as error:
            raise UsageError(f"pki.folder: {error}") from error

    def __enter__(self) -> FuzzedDevice:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
