"""Carrying out the PIXIT's actions on a device: a command, an HTTP call, a wait, a question, or none."""

from __future__ import annotations

import http.client
import shlex
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conform62351.pics.pixit import Action
from conform62351.tooling.net.clock import Clock

OUTPUT_SHOWN = 400
MOST_OUTPUT = 16 * 1024 * 1024
"""Octets that are taken of what an action answers: a log may be long, but not without end."""


class ActionFailed(Exception):
    """An action did not do its work: the message says why in one line."""


class OperatorDeclined(ActionFailed):
    """The person at the device did not carry an action out."""


@dataclass(frozen=True)
class Operator:
    """How questions reach the person at the device; ``ask`` is None in an unattended run."""

    ask: Callable[[str], str] | None


class RunningAction:
    """An action under way in a thread of its own: a device's connect may well last until we answered it.

    ``output`` is what it answered, once it has ended: the body of an HTTP answer, the standard output of a
    command; :data:`MOST_OUTPUT` octets at most.
    """

    def __init__(
        self, name: str, work: Callable[[], bytes], ended: Callable[[], None] = lambda: None
    ) -> None:
        """Begin; ``ended`` is called by the first :meth:`join` that finds it ended without an error."""
        self.name = name
        self.error = ""
        self.output = b""
        self._work = work
        self._ended: Callable[[], None] | None = ended
        self._thread = threading.Thread(target=self._run, name=f"action {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.output = self._work()
        except ActionFailed as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 - an action that broke must not pass for one that worked
            self.error = f"action {self.name}: {type(error).__name__}: {error}"

    def join(self, limit: float) -> bool:
        """Wait up to ``limit`` seconds; return whether the action ended."""
        self._thread.join(limit)
        if self._thread.is_alive():
            return False
        ended, self._ended = self._ended, None
        if ended is not None and not self.error:
            ended()
        return True


class Actions:
    """Performs actions by name; ``values`` gives what stands in their placeholders, when it is needed.

    ``left`` is told what was left of the limits of commands and calls:
    :meth:`~conform62351.tooling.engine.margins.Margins.left`.
    """

    def __init__(
        self,
        actions: Mapping[str, Action],
        values: Callable[[], Mapping[str, str]],
        operator: Operator,
        clock: Clock,
        left: Callable[[str, float, float, str], None] = lambda *_: None,
    ) -> None:
        self._actions = actions
        self._left = left
        self._values = values
        self._operator = operator
        self._clock = clock

    def offers(self, name: str) -> bool:
        """Return whether the set-up can carry out ``name``: questions need a person."""
        action = self._actions.get(name)
        if action is None or action.kind == "none":
            return False
        return action.kind != "question" or self._operator.ask is not None

    def describe(self, name: str) -> str:
        """Return the action as the event log shows it; its values may be secrets and stay out."""
        return self._actions[name].kind

    def start(self, name: str) -> RunningAction:
        """Start ``name`` and return at once; questions are asked before this returns.

        Raises:
            ActionFailed: the set-up has no such action.
            OperatorDeclined: a question was not answered as done.
        """
        if not self.offers(name):
            raise ActionFailed(f"the PIXIT offers no action {name!r} that this run can use")
        action = self._filled(name)
        if action.kind == "question":
            self._ask(action)
            return RunningAction(name, bytes)
        took: list[float] = []

        def ended() -> None:
            for seconds in took:
                self._left(f"action.{name}.limit", action.limit, action.limit - seconds, action.kind)

        return RunningAction(name, lambda: self._perform(name, action, took), ended)

    def perform(self, name: str) -> bytes:
        """Carry out ``name``, wait for its end and its settling time, and return what it answered.

        Raises:
            ActionFailed: it failed, or lasted longer than its limit.
        """
        running = self.start(name)
        action = self._actions[name]
        if not running.join(action.limit + action.settle + 5.0):
            raise ActionFailed(f"action {name} still runs after its limit of {action.limit:g} s")
        if running.error:
            raise ActionFailed(running.error)
        return running.output

    def _filled(self, name: str) -> Action:
        action = self._actions[name]
        return action.filled(self._values()) if any("{" in text for text in action.texts) else action

    def _perform(self, name: str, action: Action, took: list[float]) -> bytes:
        """Carry out an action; ``took`` gets how long it lasted where it has a limit."""
        output = b""
        began = self._clock.monotonic()
        match action.kind:
            case "command":
                output = self._command(name, action)
            case "http":
                output = self._http(name, action)
            case "wait":
                self._clock.sleep(action.seconds)
        if action.kind != "wait":
            took.append(self._clock.monotonic() - began)
        self._clock.sleep(action.settle)
        return output

    def _command(self, name: str, action: Action) -> bytes:
        try:
            done = subprocess.run(
                action.command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=action.limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ActionFailed(f"action {name}: the command did not end within {action.limit:g} s")
        except OSError as error:
            raise ActionFailed(f"action {name}: {shlex.quote(action.command[0])}: {error.strerror}")
        if done.returncode:
            output = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-OUTPUT_SHOWN:]
            raise ActionFailed(f"action {name}: the command ended with {done.returncode}: {output}")
        return done.stdout[:MOST_OUTPUT]

    def _http(self, name: str, action: Action) -> bytes:
        try:
            request = urllib.request.Request(action.url, method=action.method, data=b"")
            with urllib.request.urlopen(request, timeout=action.limit) as answer:
                body: bytes = answer.read(MOST_OUTPUT)
                left = answer.length or 0
        except urllib.error.HTTPError as error:
            text = error.read(OUTPUT_SHOWN).decode("utf-8", "replace").strip()
            raise ActionFailed(f"action {name}: HTTP {error.code}: {text}")
        except urllib.error.URLError as error:
            raise ActionFailed(f"action {name}: {getattr(error.reason, 'strerror', None) or error.reason}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ActionFailed(f"action {name}: {error or type(error).__name__}")
        if left and len(body) < MOST_OUTPUT:
            raise ActionFailed(f"action {name}: the answer ended {left} octets early")
        return body

    def _ask(self, action: Action) -> None:
        ask = self._operator.ask
        try:
            answer = ask(action.question) if ask else "no"
        except EOFError:
            raise OperatorDeclined("the operator's terminal was closed")
        if answer.strip().lower() not in {"", "y", "yes", "done", "ok"}:
            raise OperatorDeclined(f"the operator answered {answer.strip()!r}")
