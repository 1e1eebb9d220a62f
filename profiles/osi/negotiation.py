"""Which proposed presentation contexts a server accepts (ITU-T X.226 clause 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conform62351.profiles.osi.parameters import BER_SYNTAX, OsiParameters
from conform62351.profiles.osi.ppdu import (
    ABSTRACT_SYNTAX_NOT_SUPPORTED,
    ACCEPTANCE,
    LIMIT_ON_CONTEXTS_EXCEEDED,
    PROVIDER_REJECTION,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    ContextDefinition,
    ContextResult,
)


def refusals(contexts: Sequence[ContextDefinition], parameters: OsiParameters) -> dict[int, int]:
    """Return the provider reason for each context that must be refused, by its place in the list."""
    refused: dict[int, int] = {}
    accepted = 0
    for index, context in enumerate(contexts):
        if context.abstract_syntax not in parameters.abstract_syntaxes:
            refused[index] = ABSTRACT_SYNTAX_NOT_SUPPORTED
        elif BER_SYNTAX not in context.transfer_syntaxes:
            refused[index] = TRANSFER_SYNTAXES_NOT_SUPPORTED
        elif accepted == parameters.max_contexts:
            refused[index] = LIMIT_ON_CONTEXTS_EXCEEDED
        else:
            accepted += 1
    return refused


def results(contexts: Sequence[ContextDefinition], refused: Mapping[int, int]) -> tuple[ContextResult, ...]:
    """Return the result list: one entry for each of ``contexts``; ``refused`` gives reasons by place."""
    return tuple(
        ContextResult(PROVIDER_REJECTION, None, refused[index])
        if index in refused
        else ContextResult(ACCEPTANCE, BER_SYNTAX)
        for index in range(len(contexts))
    )
