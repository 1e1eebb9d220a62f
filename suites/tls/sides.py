"""Cases that hold for a DUT server and a DUT client alike: one function for both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from conform62351.pics.catalogue import catalogue
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    Cipher,
    CipherKind,
    CipherSuite,
    KeyExchange,
)
from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.engine.tls_names import COMPATIBILITY_SUITES, EXCLUDED, NATIVE_SUITES

SIDES: Final = {Role.SERVER: "SRV", Role.CLIENT: "CLI"}
CONDITIONS: Final = {Role.SERVER: SERVER, Role.CLIENT: CLIENT}
BASELINES: Final = {Role.SERVER: SERVER_BASELINE, Role.CLIENT: CLIENT_BASELINE}

Maker = Callable[[Role], Iterable[Conversation]]
Wanted = Callable[[CipherSuite], bool]


def tls_case(
    tail: str,
    *requirements: str,
    claims: str = "",
    configuration: str = TLS,
    roles: Iterable[Role] = SIDES,
    prerequisites: tuple[str, ...] = (),
    weight: int = 0,
    denies: bool = False,
) -> Callable[[Maker], Maker]:
    """Register the decorated function as the case ``tail`` of each of ``roles``, which it is called with.

    ``{role}`` and ``{peer}`` in its docstring and in ``claims``, what the PICS claims besides, stand for the
    role of the DUT and that of the tester. All but the first purpose of these suites rest on the baseline.
    ``denies`` is that of a case.
    """

    def register(function: Maker) -> Maker:
        for role in roles:
            _register(function, role)
        return function

    def _register(function: Maker, role: Role) -> None:
        peer = Role.CLIENT if role is Role.SERVER else Role.SERVER

        def make() -> Iterator[Conversation]:
            yield from function(role)

        purpose = inspect.cleandoc(function.__doc__ or "")
        make.__doc__ = purpose.format(role=role.value, peer=peer.value)
        make.__module__ = function.__module__
        wanted = claims.format(role=role.value)
        case(
            f"TLS/{SIDES[role]}/{tail}",
            *requirements,
            pics=f"({CONDITIONS[role]}) and ({wanted})" if wanted else CONDITIONS[role],
            baseline=BASELINES[role],
            configuration=configuration,
            prerequisites=prerequisites,
            weight=weight,
            denies=denies,
        )(make)

    return register


def of_exchange(*exchanges: KeyExchange) -> Wanted:
    """Return whether a suite has one of ``exchanges``."""
    return lambda suite: suite.key_exchange in exchanges


def with_blocks(suite: CipherSuite) -> bool:
    """Return whether a suite encrypts in CBC mode."""
    return suite.cipher.form.kind is CipherKind.BLOCK


def with_tag(suite: CipherSuite) -> bool:
    """Return whether a suite encrypts and authenticates at once."""
    return suite.cipher.form.kind is CipherKind.AEAD


def suites(wanted: Wanted) -> tuple[str, ...]:
    """Return the suites of Tables 12 and 9 that are ``wanted``; none that is excluded or does not encrypt."""
    return tuple(dict.fromkeys(row for row, _ in _rows(wanted, Role.SERVER)))


def claimed(wanted: Wanted, role: Role) -> str:
    """Return the condition that the PICS claims one of :func:`suites`."""
    return " or ".join(code for _, code in _rows(wanted, role))


def _rows(wanted: Wanted, role: Role) -> Iterator[tuple[str, str]]:
    items = catalogue().items.values()
    for table in (NATIVE_SUITES, COMPATIBILITY_SUITES):
        for item in items:
            if item.table != table or item.role != role.value or item.status == EXCLUDED:
                continue
            suite = ENGINE_SUITES.get(int(item.suite, 16))
            if suite is not None and suite.cipher is not Cipher.NULL and wanted(suite):
                yield item.row, item.code
