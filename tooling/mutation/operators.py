"""How a node of a syntax tree is changed: the operators of mutation.

They are our own and few, since what is to be tried is special: members of enumerations (diagnostics,
reactions, states), single conditions and single rows of tables. General tools lack these; cosmic-ray, the one
that is best kept, would bring two dozen packages for its common ones, and runs a command for each mutant.
Strings are names or texts and are left alone: a wrong name fails at once, a wrong text is seen by no peer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from conform62351.tooling.mutation.source import FunctionNode, Source, shown_text, wanted

LARGEST_LOWERED: Final = 100_000
_COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[str, ...]]] = {
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_COMPARISON: Final = re.compile(rb"\bis\s+not\b|\bnot\s+in\b|\bis\b|\bin\b|[<>=!]=|[<>]")
_ARITHMETIC: Final[Mapping[type[ast.operator], tuple[bytes, str]]] = {
    ast.Sub: (b"-", "+"),
    ast.Mult: (b"*", "//"),
    ast.FloorDiv: (b"//", "*"),
    ast.Div: (b"/", "*"),
    ast.Mod: (b"%", "//"),
    ast.LShift: (b"<<", ">>"),
    ast.RShift: (b">>", "<<"),
    ast.BitAnd: (b"&", "|"),
    ast.BitXor: (b"^", "|"),
}
_LEAVES: Final = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Change(NamedTuple):
    """The octets from ``start`` up to ``end`` become ``text``; ``operator`` tells in which way."""

    operator: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Scope:
    """Where a node stands: the ``function`` around it, and the ``enumerations`` of its module by name."""

    function: FunctionNode | None
    enumerations: Mapping[str, type[Enum]]

    @property
    def may_return_none(self) -> bool:
        """Whether the function around it says of some other place that it returns None."""
        return self.function is not None and any(
            isinstance(node, ast.Return)
            and isinstance(node.value, ast.Constant | ast.IfExp)
            and "None" in ast.unparse(node.value)
            for node in ast.walk(self.function)
        )

    @property
    def returns_bool(self) -> bool:
        """Whether the function around it returns True or False."""
        returns = None if self.function is None else self.function.returns
        return isinstance(returns, ast.Name) and returns.id == "bool"


def changes(source: Source, enumerations: Mapping[str, type[Enum]]) -> Iterator[Change]:
    """Yield every change of ``source``; ``enumerations`` are those that the module knows, by name."""
    pending: list[tuple[ast.AST, Scope]] = [(source.tree, Scope(None, enumerations))]
    while pending:
        node, scope = pending.pop()
        if shown_text(node) or _is_type(node, scope):
            continue
        yield from _changes_of(node, source, scope)
        inner = Scope(node, enumerations) if isinstance(node, FunctionNode) else scope
        pending += reversed([(child, inner) for child in wanted(node)])


def _is_type(node: ast.AST, scope: Scope) -> bool:
    """Return whether ``node`` names a type: ``_Test = Callable[…]``, ``Found = A | None``."""
    if scope.function is not None or not isinstance(node, ast.Assign):
        return False
    return isinstance(node.value, ast.Subscript) or (
        isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr)
    )


def _changes_of(node: ast.AST, source: Source, scope: Scope) -> Iterator[Change]:
    make = _OPERATORS.get(type(node))
    if make is not None:
        yield from make(node, source, scope)
    test = getattr(node, "test", None)
    tests = [test] if isinstance(node, ast.If | ast.While | ast.IfExp) else getattr(node, "ifs", [])
    for condition in tests:
        if isinstance(condition, _LEAVES) and "TYPE_CHECKING" not in ast.unparse(condition):
            start, end = source.range_of(condition)
            yield Change("negate", start, end, f"(not {_text(source, start, end)})")


def _compare(node: ast.Compare, source: Source, _: Scope) -> Iterator[Change]:
    for left, operator, right in zip(
        [node.left, *node.comparators], node.ops, node.comparators, strict=False
    ):
        between = source.range_of(left)[1], source.range_of(right)[0]
        found = _COMPARISON.search(source.octets, *between)
        if found is not None:
            for other in _COMPARISONS[type(operator)]:
                yield Change("comparison", *found.span(), other)


def _bool_op(node: ast.BoolOp, source: Source, _: Scope) -> Iterator[Change]:
    if isinstance(node.values[-1], ast.Constant | ast.Tuple | ast.List | ast.Dict):
        return  # A default for what is empty, no condition.
    neutral = str(isinstance(node.op, ast.And))
    for value in node.values:
        yield Change("leave-out-condition", *source.range_of(value), neutral)


def _unary(node: ast.UnaryOp, source: Source, _: Scope) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield Change("leave-out-sign", source.range_of(node)[0], source.range_of(node.operand)[0], "")


def _binary(node: ast.BinOp, source: Source, _: Scope) -> Iterator[Change]:
    left, right = source.range_of(node.left), source.range_of(node.right)
    if isinstance(node.op, ast.Add | ast.BitOr):
        if shown_text(node.left) or shown_text(node.right):
            return
        for start, end in (left, right):
            yield Change("leave-out-operand", *source.range_of(node), f"({_text(source, start, end)})")
    elif type(node.op) in _ARITHMETIC:
        octets, other = _ARITHMETIC[type(node.op)]
        at = source.octets.find(octets, left[1], right[0])
        yield Change("arithmetic", at, at + len(octets), other)


def _constant(node: ast.Constant, source: Source, _: Scope) -> Iterator[Change]:
    value, at = node.value, source.range_of(node)
    if isinstance(value, bool):
        yield Change("constant", *at, str(not value))
    elif isinstance(value, int):
        yield Change("constant", *at, str(value + 1))
        if 0 < value < LARGEST_LOWERED:
            yield Change("constant", *at, str(value - 1))
    elif isinstance(value, float):
        yield Change("constant", *at, repr(value * 2 or 1.0))
    elif isinstance(value, bytes):
        yield Change("constant", *at, repr(value[:-1] + bytes([value[-1] ^ 1]) if value else b"\0"))


def _member(node: ast.Attribute, source: Source, scope: Scope) -> Iterator[Change]:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    members = list(getattr(scope.enumerations.get(owner), "__members__", ()))
    if node.attr in members and len(members) > 1:
        other = members[(members.index(node.attr) + 1) % len(members)]
        yield Change("member", *source.range_of(node), f"{owner}.{other}")


def _display(node: ast.Tuple | ast.List | ast.Set, source: Source, scope: Scope) -> Iterator[Change]:
    kinds = {type(element) for element in node.elts}
    used = not isinstance(getattr(node, "ctx", None), ast.Store)
    if scope.function is not None or len(node.elts) < 2 or len(kinds) != 1 or not used:
        return
    for element, following in zip(node.elts, [*node.elts[1:], None], strict=True):
        start, end = source.range_of(element)
        if following is not None:
            end = source.range_of(following)[0]
        yield Change("leave-out-row", start, end, "")


def _dict(node: ast.Dict, source: Source, scope: Scope) -> Iterator[Change]:
    if scope.function is not None:
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            start, end = source.range_of(key)[0], source.range_of(value)[1]
            comma = source.octets.find(b",", end)
            followed = comma >= 0 and not source.octets[end:comma].strip()
            yield Change("leave-out-row", start, comma + 1 if followed else end, "")


def _statement(node: ast.stmt, source: Source, _: Scope) -> Iterator[Change]:
    yield Change("leave-out-statement", *source.range_of(node), "pass")


def _expression(node: ast.Expr, source: Source, scope: Scope) -> Iterator[Change]:
    if isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        yield from _statement(node, source, scope)


def _assign(node: ast.Assign, source: Source, scope: Scope) -> Iterator[Change]:
    if scope.function is not None and all(
        isinstance(one, ast.Attribute | ast.Subscript) for one in node.targets
    ):
        yield from _statement(node, source, scope)


def _return(node: ast.Return, source: Source, scope: Scope) -> Iterator[Change]:
    if node.value is None:
        yield from _statement(node, source, scope)
        return
    at = source.range_of(node.value)
    if isinstance(node.value, ast.Constant):
        return
    if scope.returns_bool:
        yield Change("result", *at, "True")
        yield Change("result", *at, "False")
    elif scope.may_return_none:
        yield Change("result", *at, "None")


def _swap(other: str) -> Callable[[ast.stmt, Source, Scope], Iterator[Change]]:
    def swapped(node: ast.stmt, source: Source, _: Scope) -> Iterator[Change]:
        yield Change("loop", *source.range_of(node), other)

    return swapped


def _text(source: Source, start: int, end: int) -> str:
    return source.octets[start:end].decode()


_OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Iterator[Change]]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Constant: _constant,
    ast.Attribute: _member,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AugAssign: _statement,
    ast.Delete: _statement,
    ast.Raise: _statement,
    ast.Return: _return,
    ast.Break: _swap("continue"),
    ast.Continue: _swap("break"),
}
