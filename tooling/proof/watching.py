"""Policies that watch others: what faults would change, and what goes wrong inside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.policy import CheckTable, Context, Fault, Finding, Policy, Step

Result = TypeVar("Result")

HELD_UP_S: Final = 0.05
"""A hook that takes longer holds up the device, which is a change, too."""
HOOKS: Final = tuple(
    name for name, value in vars(Policy).items() if callable(value) and not name.startswith("_")
)
"""The names of what a policy may override."""


def overridden(policy: Policy) -> tuple[str, ...]:
    """Return the hooks of ``policy`` that are not those of the correct device."""
    return tuple(
        hook
        for hook in HOOKS
        if getattr(getattr(policy, hook), "__func__", None) is not getattr(Policy, hook)
    )


class Shadow(Policy):
    """Behaves like a correct device, and asks faulty ``policies`` what they would have done in its place.

    What would change nothing at all in a case cannot change its verdict: up to the first change a faulty
    device is asked the same questions as a correct one.
    """

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._touched: set[str] = set()
        self._lock = threading.RLock()
        self._watching = {
            hook: tuple((name, policy) for name, policy in policies.items() if hook in overridden(policy))
            for hook in HOOKS
        }
        self._changed: dict[str, set[str]] = {}
        self._compared: set[str] = set()

    def touched(self) -> frozenset[str]:
        """Return the names of the policies that would have changed something.

        A table that was looked at and not run by :meth:`CheckTable.findings` counts as changed.
        """
        looked_at = (names for table, names in self._changed.items() if table not in self._compared)
        return frozenset(self._touched.union(*looked_at))

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return the steps behind one that compares what the others would find."""
        others: list[tuple[str, Policy]] = []
        with self._lock:
            for name, policy in self._untouched("steps"):
                steps = self._ask(name, policy.steps, table)
                if steps is not None and tuple(steps) != table.steps:
                    others.append((name, _Fixed(policy, steps)))
            if not others:
                return table.steps
            self._changed.setdefault(table.name, set()).update(name for name, _ in others)

        def compare(context: Context) -> Fault | None:
            with self._lock:
                self._compared.add(table.name)
                usual = _outcome(table.findings(context, _CORRECT))
                for name, policy in others:
                    if name in self._touched:
                        continue
                    found = self._ask(name, table.findings, context, policy)
                    if found is None or _outcome(found) != usual:
                        self._touched.add(name)
            return None

        return (Step(f"{table.name}.0", "compare", "", "I", compare), *table.steps)

    def keeps(self, tables: Iterable[CheckTable[Any]]) -> bool:
        """Return whether nobody changes ``tables``; who answers this itself may change anything."""
        with self._lock:
            self._touched.update(name for name, _ in self._watching["keeps"])
        return super().keeps(tables)

    def reacts(self, finding: Finding) -> bool:
        """Return True, like a correct device."""
        return self._compare("reacts", True, lambda policy: policy.reacts(finding))

    def rewrite(self, name: str, value: Any) -> Any:
        """Return ``value``; another object with the same in it is a change: machines measure it."""
        with self._lock:
            for fault, policy in self._untouched("rewrite"):
                if self._ask(fault, policy.rewrite, name, value) is not value:
                    self._touched.add(fault)
        return value

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return ``octets``."""
        return self._compare("rewrite_octets", octets, lambda policy: policy.rewrite_octets(name, octets))

    def read_octets(self, name: str, octets: bytes) -> bytes:
        """Return ``octets``."""
        return self._compare("read_octets", octets, lambda policy: policy.read_octets(name, octets))

    def dt_length(self, left: int, room: int) -> int:
        """Return what fits."""
        return self._compare("dt_length", min(left, room), lambda policy: policy.dt_length(left, room))

    def delay(self, names: Sequence[str]) -> float:
        """Return 0."""
        return self._compare("delay", 0.0, lambda policy: policy.delay(names))

    def _compare(self, hook: str, usual: Result, ask: Callable[[Policy], Any]) -> Result:
        with self._lock:
            for name, policy in self._untouched(hook):
                answer = self._ask(name, ask, policy)
                if not _same(answer, usual):
                    self._touched.add(name)
        return usual

    def _untouched(self, hook: str) -> Iterable[tuple[str, Policy]]:
        return ((name, policy) for name, policy in self._watching[hook] if name not in self._touched)

    def _ask(self, name: str, question: Callable[..., Result], *about: Any) -> Result | None:
        """Return the answer, None for one who raises; to raise and to be slow are changes."""
        began = time.monotonic()
        answer = None
        try:
            answer = question(*about)
        except Exception:  # noqa: BLE001 - whatever a fault raises would have come up in the device
            self._touched.add(name)
        if time.monotonic() - began > HELD_UP_S:
            self._touched.add(name)
        return answer


class Guarded(Policy):
    """Does what ``policy`` does, and keeps the first exception that comes out of it.

    Inside a device an exception ends a connection, which looks like a fault that was meant. One that is meant
    is a :class:`ProtocolError`: the device takes what it reads for undecodable.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.trouble = ""

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return what the policy does."""
        return self._noted("steps", lambda: self._policy.steps(table))

    def keeps(self, tables: Iterable[CheckTable[Any]]) -> bool:
        """Return what the policy does."""
        return self._noted("keeps", lambda: self._policy.keeps(tables))

    def reacts(self, finding: Finding) -> bool:
        """Return what the policy does."""
        return self._noted("reacts", lambda: self._policy.reacts(finding))

    def rewrite(self, name: str, value: Any) -> Any:
        """Return what the policy does."""
        return self._noted(f"rewrite of {name}", lambda: self._policy.rewrite(name, value))

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return what the policy does."""
        return self._noted(f"rewrite_octets of {name}", lambda: self._policy.rewrite_octets(name, octets))

    def read_octets(self, name: str, octets: bytes) -> bytes:
        """Return what the policy does."""
        return self._noted(f"read_octets of {name}", lambda: self._policy.read_octets(name, octets))

    def dt_length(self, left: int, room: int) -> int:
        """Return what the policy does."""
        return self._noted("dt_length", lambda: self._policy.dt_length(left, room))

    def delay(self, names: Sequence[str]) -> float:
        """Return what the policy does."""
        return self._noted("delay", lambda: self._policy.delay(names))

    def _noted(self, hook: str, ask: Callable[[], Result]) -> Result:
        try:
            return ask()
        except ProtocolError:
            raise
        except Exception as error:
            self.trouble = self.trouble or f"{hook} raises {type(error).__name__}: {error}"
            raise


class _Fixed(Policy):
    """Runs ``steps`` whatever the table, and reacts as ``policy`` does."""

    def __init__(self, policy: Policy, steps: Sequence[Step[Any]]) -> None:
        self._policy = policy
        self._steps = steps

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:  # noqa: ARG002 - fixed
        return self._steps

    def reacts(self, finding: Finding) -> bool:
        return self._policy.reacts(finding)


_CORRECT: Final = Policy()


def _outcome(findings: Sequence[Finding]) -> tuple[tuple[str, Fault], ...]:
    return tuple((finding.step, finding.fault) for finding in findings)


def _same(answer: object, usual: object) -> bool:
    if answer is usual:
        return True
    try:
        return type(answer) is type(usual) and bool(answer == usual)
    except Exception:  # noqa: BLE001 - values of any type: what cannot be compared is not the same
        return False
