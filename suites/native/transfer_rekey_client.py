"""Refresh of keys that is not in order, for a client: rows 10 to 12 of the checks, and wrong keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    client_association,
    client_exchanges,
)
from conform62351.suites.native.rekey import ON_REQUEST, keys_changed
from conform62351.suites.native.transfer_rekey import MODP, OLD_KEYS, before, one_more
from conform62351.suites.native.transfers import (
    CHANGED_UNASKED,
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ICV,
    ONE_AE,
    ONE_CLEAR,
    ONE_SEPARATE,
    REKEY_SENDER,
    Ways,
    aborts,
    associated,
    every,
    refuses,
    sends,
    token,
    tried,
)
from conform62351.suites.native.ways import AE, Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.outcomes import REQUEST, reach
from conform62351.tooling.engine.steps import Act, Conversation, Rekey, Respond, conversation

CLIENT_WORD = "R-E2E-rekey-client-word"
UNEXPECTED = "R-E2E-changedKey-unexpected"
CHANGED_KEYS = "R-E2E-changedKey-keys"


def client_rekeyed(way: Way) -> Steps:
    """Return an association with the DUT client whose next message, which it was asked for, carries rekey."""
    return (*client_association(way.handshake()), Rekey(), *client_exchanges(1))


def answers_rekey(*mutations: Callable[[Way], AnyMutation]) -> Iterator[Conversation]:
    """Yield rekeys of the DUT client, as it is asked to, that are answered so: the data do not verify."""
    for way, pics in tried(Role.CLIENT, every(AE)):
        yield conversation(
            client_rekeyed(way),
            Act(action="send-request", may_fail=True),
            reach(REQUEST),
            keys_changed(ON_REQUEST),
            Respond(mutations=tuple(mutation(way) for mutation in mutations), may_break=True),
            refuses(CHANGED_KEYS, Role.CLIENT, way.data, ICV),
            label=way.label,
            pics=pics,
        )


@case(
    "E2E/CLI/REKEY/BI-rekey",
    CLIENT_WORD,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_rekey() -> Iterator[Conversation]:
    """rekey from a server, with encrypted data, is answered by a client with protocol-error."""
    return aborts(
        Role.CLIENT, CLIENT_WORD, ONE_AE, lambda way: {"": (one_more(way),)}, REKEY_SENDER, group=MODP
    )


@case(
    "E2E/CLI/REKEY/BI-rekey-clear",
    CLIENT_WORD,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_rekey_clear() -> Iterator[Conversation]:
    """rekey from a server, in a ClearTransfer, is answered by a client with protocol-error."""
    return aborts(
        Role.CLIENT, CLIENT_WORD, ONE_CLEAR, lambda way: {"": (one_more(way),)}, REKEY_SENDER, group=MODP
    )


@case(
    "E2E/CLI/REKEY/BI-rekey-separate",
    CLIENT_WORD,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_rekey_separate() -> Iterator[Conversation]:
    """rekey from a server, with encrypted data and an ICV, is answered by a client with protocol-error."""
    return aborts(
        Role.CLIENT, CLIENT_WORD, ONE_SEPARATE, lambda way: {"": (one_more(way),)}, REKEY_SENDER, group=MODP
    )


def unexpected(ways: Ways) -> Iterator[Conversation]:
    """Yield changedKey before any rekey, and once more behind the first one."""
    for way, pics in tried(Role.CLIENT, ways):
        beginnings = {"no rekey": associated(Role.CLIENT, way), "once more": _changed(way)}
        for label, beginning in beginnings.items():
            yield conversation(
                beginning,
                sends(Role.CLIENT, token(way, "changedKey", value=True)),
                refuses(UNEXPECTED, Role.CLIENT, way.data, CHANGED_UNASKED),
                label=f"{way.label}: {label}",
                pics=pics,
            )


def _changed(way: Way) -> Steps:
    """Return an association with the DUT client in which keys have been changed once."""
    return (*client_rekeyed(way), *client_exchanges(1))


@case(
    "E2E/CLI/REKEY/BI-changedKey-unexpected",
    UNEXPECTED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_changed_unasked() -> Iterator[Conversation]:
    """changedKey without a rekey that is open, with encrypted data, is answered by a client with
    unexpected-changedKeys: at first, and a second time behind one rekey.
    """
    return unexpected(ONE_AE)


@case(
    "E2E/CLI/REKEY/BI-changedKey-unexpected-clear",
    UNEXPECTED,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_changed_unasked_clear() -> Iterator[Conversation]:
    """changedKey without a rekey that is open, in a ClearTransfer, is answered by a client with
    unexpected-changedKeys: at first, and a second time behind one rekey.
    """
    return unexpected(ONE_CLEAR)


@case(
    "E2E/CLI/REKEY/BI-changedKey-unexpected-separate",
    UNEXPECTED,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_changed_unasked_separate() -> Iterator[Conversation]:
    """changedKey without a rekey that is open, with encrypted data and an ICV, is answered by a client with
    unexpected-changedKeys.
    """
    return unexpected(ONE_SEPARATE)


def keeps_old_keys(_: Way) -> SetField:
    """Return the mutation that has the tester not change keys yet."""
    return SetField(pdu="E2E.turn", field="changes", value=False)


def says_changed(way: Way) -> SetField:
    """Return the mutation that puts changedKey into a message."""
    return token(way, "changedKey", value=True)


def says_nothing(way: Way) -> SetField:
    """Return the mutation that leaves changedKey out."""
    return token(way, "changedKey", value=False)


@case(
    "E2E/CLI/REKEY/BI-changedKey-old-keys",
    CHANGED_KEYS,
    ON_REQUEST,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_changed_under_old() -> Iterator[Conversation]:
    """changedKey under the old keys makes a client end the association without a diagnostic."""
    return answers_rekey(keeps_old_keys, says_changed)


@case(
    "E2E/CLI/REKEY/BI-new-keys-unsaid",
    CHANGED_KEYS,
    ON_REQUEST,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_changed_unsaid() -> Iterator[Conversation]:
    """Data under the new keys without changedKey make a client end the association without a diagnostic."""
    return answers_rekey(says_nothing)


@case(
    "E2E/CLI/REKEY/BI-old-keys",
    OLD_KEYS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_old_keys() -> Iterator[Conversation]:
    """Once changedKey has come, a message under the old keys makes a client end the association without a
    diagnostic.
    """
    for way, pics in tried(Role.CLIENT, every(AE)):
        yield conversation(
            _changed(way),
            sends(Role.CLIENT, before(way)),
            refuses(OLD_KEYS, Role.CLIENT, way.data, ICV),
            label=way.label,
            pics=pics,
        )
