"""Conditions over PICS answers: ``T6.OSI.server and (T7.native.server or not LOG.security-events.server)``.

Grammar, the weakest operator first::

    condition = conjunct *("or" conjunct)
    conjunct  = operand *("and" operand)
    operand   = "not" operand / "(" condition ")" / "always" / code
    code      = name 1*("." name)          names hold letters, digits, "-" and "_"

Answers may be unknown (an exploring run), so a condition is true, false or undecided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

MAX_LENGTH = 8192
"""Longest condition read, in characters."""
MAX_DEPTH = 32
"""Deepest nesting of parentheses and ``not``."""

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)|(?P<paren>[()])|(?P<bad>\S))", re.ASCII
)
_WORDS = frozenset({"and", "or", "not", "always"})


class Answer(StrEnum):
    """What a declaration says about an item; ``UNKNOWN`` only in an exploring run."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


Answers = Mapping[str, Answer]
"""Answers by PICS code; a code that is missing counts as ``UNKNOWN``."""


class ConditionError(ValueError):
    """A condition does not follow the grammar; ``position`` counts characters from 0."""

    def __init__(self, message: str, text: str, position: int) -> None:
        super().__init__(f"{message} at character {position + 1} of the condition {_shown(text, position)}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Code:
    """A PICS code: true when it is answered yes."""

    code: str


@dataclass(frozen=True, slots=True)
class Always:
    """True whatever the answers are."""


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its operand."""

    operand: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every operand is."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one operand is."""

    operands: tuple[Node, ...]


Node = Code | Always | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition with the text that it was read from."""

    text: str
    root: Node

    @property
    def codes(self) -> tuple[str, ...]:
        """The PICS codes in it, each once, in the order of the text."""
        found: dict[str, None] = {}
        _collect(self.root, found)
        return tuple(found)

    def truth(self, answers: Answers) -> bool | None:
        """Return whether it is true, or None when unknown answers leave that open."""
        return _truth(self.root, answers)

    def holds(self, answers: Answers) -> bool:
        """Return whether it is not false: in an exploring run what is undecided is tried."""
        return self.truth(answers) is not False

    def first_false(self, answers: Answers) -> str | None:
        """Return the first code whose answer makes the condition false, or None when it holds."""
        return _blame(self.root, answers) if self.truth(answers) is False else None

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionError: the text does not follow the grammar, is longer than ``MAX_LENGTH`` characters or
            nested deeper than ``MAX_DEPTH``.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"longer than {MAX_LENGTH} characters", text, MAX_LENGTH)
    return Condition(text, _Parser(text).parse())


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, int]] = []
        position = 0
        while match := _TOKEN.match(text, position):
            token = match.group("name") or match.group("paren")
            start = match.end() - len(match.group().lstrip())
            if token is None:
                self._fail(f"unexpected {match.group('bad')!r}", start)
            self._tokens.append((token, start))
            position = match.end()
        self._next = 0

    def parse(self) -> Node:
        node = self._any(0)
        if self._peek() is not None:
            self._fail(f"unexpected {self._peek()!r}", self._position())
        return node

    def _any(self, depth: int) -> Node:
        operands = [self._all(depth)]
        while self._take("or"):
            operands.append(self._all(depth))
        return operands[0] if len(operands) == 1 else AnyOf(tuple(operands))

    def _all(self, depth: int) -> Node:
        operands = [self._operand(depth)]
        while self._take("and"):
            operands.append(self._operand(depth))
        return operands[0] if len(operands) == 1 else AllOf(tuple(operands))

    def _operand(self, depth: int) -> Node:
        start = self._position()
        if depth > MAX_DEPTH:
            self._fail(f"nested deeper than {MAX_DEPTH}", start)
        if self._take("not"):
            return Not(self._operand(depth + 1))
        if self._take("("):
            node = self._any(depth + 1)
            if not self._take(")"):
                self._fail("a closing parenthesis is missing", self._position())
            return node
        if self._take("always"):
            return Always()
        token = self._peek()
        if token is None or token == ")" or token in _WORDS:
            self._fail("a PICS code is missing", start)
        if "." not in token:
            self._fail(f"{token!r} is no PICS code", start)
        self._next += 1
        return Code(token)

    def _peek(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _position(self) -> int:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else len(self._text)

    def _take(self, token: str) -> bool:
        taken = self._peek() == token
        self._next += taken
        return taken

    def _fail(self, message: str, position: int) -> NoReturn:
        raise ConditionError(message, self._text, position)


def _collect(node: Node, found: dict[str, None]) -> None:
    match node:
        case Code(code):
            found[code] = None
        case Not(operand):
            _collect(operand, found)
        case AllOf(operands) | AnyOf(operands):
            for operand in operands:
                _collect(operand, found)
        case Always():
            pass


def _truth(node: Node, answers: Answers) -> bool | None:
    match node:
        case Always():
            return True
        case Code(code):
            answer = answers.get(code, Answer.UNKNOWN)
            return None if answer is Answer.UNKNOWN else answer is Answer.YES
        case Not(operand):
            value = _truth(operand, answers)
            return None if value is None else not value
        case AllOf(operands):
            values = [_truth(operand, answers) for operand in operands]
            return False if False in values else None if None in values else True
        case AnyOf(operands):
            values = [_truth(operand, answers) for operand in operands]
            return True if True in values else None if None in values else False


def _blame(node: Node, answers: Answers) -> str | None:
    """Return the first code that makes ``node``, which is decided, what it is."""
    wanted = _truth(node, answers)
    match node:
        case Code(code):
            return code
        case Not(operand):
            return _blame(operand, answers)
        case AllOf(operands) | AnyOf(operands):
            return next(
                (_blame(operand, answers) for operand in operands if _truth(operand, answers) is wanted), None
            )
        case Always():
            return None


def _shown(text: str, position: int) -> str:
    start, end = max(0, position - 30), position + 30
    return repr(("…" if start else "") + text[start:end] + ("…" if end < len(text) else ""))


ALWAYS = parse("always")
"""The condition of what applies to every device."""
