"""How a device is operated: the actions and configurations of a PIXIT.

An action is a table of its own::

    [action.connect]
    kind = "http"
    url = "{control}connect?host={tester_host}&port={tester_port}"

``{name}`` stands for a value of the PIXIT's table ``[substitution]``, which the caller may replace, or for
one that a run knows (:data:`RUN_VALUES`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conform62351.pics.faults import did_you_mean
from conform62351.pics.tomlfile import Document, Entry

ACTION_NAMES = (
    "connect",
    "disconnect",
    "send-request",
    "release",
    "rekey",
    "renegotiate",
    "reset",
    "power-cycle",
    "configure",
    "install-trust",
    "install-crl",
    "refresh-revocation",
    "set-clock",
    "read-log",
    "health",
)
KINDS = ("command", "http", "wait", "question", "none")
RUN_VALUES = ("tester_host", "tester_port")
"""Placeholders that the engine fills: where the tester listens."""
DEFAULT_CONFIGURATION = "default"
PLAIN = "plain"
STACKS = (PLAIN, "tls", "a-profile", "compatibility", "native", "native-tls")
"""What protects associations: nothing, TLS, authentication at association (clause 11), or both of these;
end-to-end security (clause 13) without and with TLS."""
DEFAULT_LIMIT = 30.0
QUESTION_LIMIT = 3600.0
LONGEST_WAIT = 86_400.0

_NEEDS = {"command": "command", "http": "url", "wait": "seconds", "question": "question"}
_FIELDS = ("kind", "command", "url", "method", "question", "seconds", "limit", "settle")
_CONFIGURATION_ALONE = ("description", "cost", "stack")
_CONFIGURATION_FIELDS = (*_CONFIGURATION_ALONE, *_FIELDS)
_CLOSED = {"kind": KINDS, "stack": STACKS}
_NUMBERS = ("seconds", "limit", "settle", "cost")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_CONFIGURATION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Action:
    """One way to operate the device.

    ``kind`` is command (``command``, an argument list), http (``url``, ``method``), wait (the device does it
    by itself within ``seconds``), question (``question`` to the person at the device), or none (it cannot
    be done). ``limit`` bounds it and ``settle`` is waited afterwards, both in seconds.
    """

    name: str
    kind: str
    command: tuple[str, ...] = ()
    url: str = ""
    method: str = "POST"
    question: str = ""
    seconds: float = 0.0
    limit: float = DEFAULT_LIMIT
    settle: float = 0.0

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text in which placeholders may stand."""
        return (*self.command, self.url, self.question)

    def filled(self, values: Mapping[str, str]) -> Action:
        """Return it with the placeholders that ``values`` names replaced."""

        def fill(text: str) -> str:
            return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)

        return replace(
            self, command=tuple(map(fill, self.command)), url=fill(self.url), question=fill(self.question)
        )


@dataclass(frozen=True, slots=True)
class Configuration:
    """A set-up of the device that excludes others.

    ``action`` names the action that brings it about; ``cost`` is the time that it takes, in seconds.
    ``stack`` is one of :data:`STACKS`.
    """

    name: str
    action: str
    stack: str = PLAIN
    description: str = ""
    cost: float = 0.0


Tables = Mapping[str, Mapping[str, Entry]]


def read_actions(document: Document, tables: Tables, substitutions: Mapping[str, str]) -> dict[str, Action]:
    """Make the actions of ``[action.NAME]``; faults go to ``document``."""
    actions: dict[str, Action] = {}
    for name, raw in tables.items():
        line = _line(document, ("action", name), raw)
        if name not in ACTION_NAMES:
            document.fault(line, f"action.{name} is no action{did_you_mean(name, ACTION_NAMES)}")
            continue
        allowed = (*RUN_VALUES, "configuration") if name == "configure" else RUN_VALUES
        action = _action(document, f"action.{name}", name, raw, line, _FIELDS)
        actions[name] = action.filled(substitutions)
        _check_placeholders(document, f"action.{name}", actions[name], raw, line, allowed)
    return actions


def read_configurations(
    document: Document, tables: Tables, substitutions: Mapping[str, str], actions: dict[str, Action]
) -> dict[str, Configuration]:
    """Make the configurations of ``[configuration.NAME]`` and put their actions into ``actions``.

    A configuration that says nothing of how it is brought about uses the action ``configure`` with
    ``{configuration}`` replaced by its name. There is always a configuration ``default``. One that is called
    like a stack has that stack, others are plain, unless they name another.
    """
    found: dict[str, Configuration] = {}
    for name, raw in {DEFAULT_CONFIGURATION: {}, **tables}.items():
        path = f"configuration.{name}"
        line = _line(document, ("configuration", name), raw)
        if not _CONFIGURATION_NAME.fullmatch(name):
            document.fault(line, f"{path}: names hold lower-case letters, digits and hyphens")
            continue
        if not set(_FIELDS).isdisjoint(raw):
            action = _action(document, path, path, raw, line, _CONFIGURATION_FIELDS).filled(substitutions)
            _check_placeholders(document, path, action, raw, line, RUN_VALUES)
        else:
            _check_fields(document, path, raw, _CONFIGURATION_ALONE)
            configure = actions.get("configure", Action("configure", "none"))
            action = replace(configure.filled({"configuration": name}), name=path)
        actions[path] = action
        stack = raw["stack"].value if "stack" in raw else name if name in STACKS else PLAIN
        description = raw["description"].value if "description" in raw else ""
        found[name] = Configuration(name, path, str(stack), str(description), _number(raw, "cost", 0.0))
    return found


def _action(
    document: Document, path: str, name: str, raw: Mapping[str, Entry], line: int, fields: tuple[str, ...]
) -> Action:
    sound = _check_fields(document, path, raw, fields)
    named = {key[-1] for key in document.named if ".".join(key[:-1]) == path}
    if "kind" not in named:
        document.fault(line, f"{path}.kind is missing: one of {', '.join(KINDS)}")
    kind = raw["kind"].value if "kind" in raw else None
    if kind not in KINDS:
        return Action(name, "none")
    if (need := _NEEDS.get(kind)) and need not in named:
        document.fault(line, f"{path}.{need} is missing for kind {kind}")
    if not sound or (need and need not in raw):
        return Action(name, "none")
    return Action(
        name,
        kind,
        tuple(_words(raw["command"].value)) if "command" in raw else (),
        raw["url"].value if "url" in raw else "",
        raw["method"].value if "method" in raw else "POST",
        raw["question"].value if "question" in raw else "",
        _number(raw, "seconds", 0.0),
        _number(raw, "limit", QUESTION_LIMIT if kind == "question" else DEFAULT_LIMIT),
        _number(raw, "settle", 0.0),
    )


def _check_fields(document: Document, path: str, raw: Mapping[str, Entry], fields: tuple[str, ...]) -> bool:
    before = len(document.faults)
    for name, entry in raw.items():
        if name not in fields:
            document.fault(entry.line, f"{path}.{name} is no field here{did_you_mean(name, fields)}")
        elif problem := _problem(name, entry.value):
            document.fault(entry.line, f"{path}.{name}: {problem}")
    return len(document.faults) == before


def _problem(name: str, value: Any) -> str:
    """Return what is wrong with the value of a field, or nothing."""
    if name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_WAIT:
            return f"{str(value)[:40]} is no number of seconds from 0 to {LONGEST_WAIT:g}"
        return ""
    if name == "command":
        try:
            words = _words(value)
        except ValueError as error:
            return str(error)
        return "" if words and words[0] else "the command is empty"
    if closed := _CLOSED.get(name):
        return "" if value in closed else f"{str(value)[:40]!r} is none of {', '.join(closed)}"
    if not isinstance(value, str) or not value.strip():
        return "a text is wanted"
    if name == "method" and value not in ("GET", "POST", "PUT", "DELETE"):
        return f"{value!r} is none of GET, POST, PUT, DELETE"
    if name == "url" and not value.startswith(("http://", "https://", "{")):
        return "the URL starts neither with http:// or https:// nor with a placeholder"
    return ""


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError as error:
            raise ValueError(f"not a command line: {error}") from error
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return value
    raise ValueError("a text or a list of texts is wanted")


def _check_placeholders(
    document: Document,
    path: str,
    action: Action,
    raw: Mapping[str, Entry],
    line: int,
    allowed: tuple[str, ...],
) -> None:
    """Report placeholders that stand for nothing; in commands, where braces are common, only misspelt."""
    lines = [entry.line for name, entry in raw.items() if name in _NEEDS.values()]
    for name in dict.fromkeys(name for text in action.texts for name in _PLACEHOLDER.findall(text)):
        near = did_you_mean(name, allowed)
        if name not in allowed and (near or action.kind != "command"):
            message = f"{path}: {{{name}}} stands for nothing, not in [substitution] either{near}"
            document.fault(lines[0] if lines else line, message)


def _number(raw: Mapping[str, Entry], name: str, default: float) -> float:
    value = raw[name].value if name in raw else default
    return float(value) if isinstance(value, int | float) else default


def _line(document: Document, path: tuple[str, str], raw: Mapping[str, Entry]) -> int:
    return document.headers.get(path) or min((entry.line for entry in raw.values()), default=0)
