"""Every way in which a reject, an abort or a release comes from one side to the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    DtSecAbort,
    ReleaseReq,
    ReleaseRsp,
)
from conform62351.profiles.native.signing import Message
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.native_bench import (
    Handshakes,
    octets_of,
    parameters,
)
from conform62351.suites.selfcheck.native_stimuli import (
    same,
)


class Changes(Policy):
    """Changes the token, the SecPDU and the octets of every PDU with a ClearToken3."""

    def __init__(
        self,
        token: Callable[[Any], Any] = same,
        pdu: Callable[[Any], Any] = same,
        octets: Callable[[bytes], bytes] = same,
    ) -> None:
        self._token = token
        self._pdu = pdu
        self._octets = octets

    def rewrite(self, name: str, value: Any) -> Any:
        if name.endswith(".tbs") or ("Handshake" in name and "Sec" not in name):
            return value
        return self._token(value) if name.endswith(".token") else self._pdu(value)

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        if name.endswith(".tbs") or ("Handshake" in name and "Sec" not in name):
            return octets
        return self._octets(octets)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be wrong: the number of its event, and the diagnostic for a ReleaseReq (None: an alarm)."""

    row: str
    event: int
    diagnostic: int | None
    policy: Policy = Policy()
    sender: Callable[[str], dict[str, Any]] = lambda _: {}
    receiver: Callable[[str], dict[str, Any]] = lambda _: {}


class Way(msgspec.Struct, frozen=True):
    """How one SecPDU comes from one side to the other: its event group, and who sends it when."""

    group: int
    kind: type[Any]
    by_client: bool
    send: Callable[[Handshakes], Message]
    take: Callable[[Handshakes, bytes], Taken]


WAYS: Final = [
    Way(
        3,
        ApplicationReject,
        False,
        lambda pair: pair.server.reject_application(),
        lambda pair, octets: pair.client.take_response(octets, rejecting=True),
    ),
    Way(
        6,
        DtSecAbort,
        False,
        lambda pair: pair.server.dt_sec_abort(1),
        lambda pair, octets: pair.client.take_abort(octets),
    ),
    Way(
        6,
        DtSecAbort,
        True,
        lambda pair: pair.client.dt_sec_abort(1),
        lambda pair, octets: pair.server.take_abort(octets),
    ),
    Way(
        7,
        ApplAbort,
        True,
        lambda pair: pair.client.appl_abort(),
        lambda pair, octets: pair.server.take_abort(octets),
    ),
    Way(
        12,
        ReleaseReq,
        True,
        lambda pair: pair.client.release_request(),
        lambda pair, octets: pair.server.take_release_request(octets),
    ),
    Way(
        12,
        ReleaseReq,
        False,
        lambda pair: pair.server.release_request(),
        lambda pair, octets: pair.client.take_release_request(octets),
    ),
    Way(
        13,
        ReleaseRsp,
        False,
        lambda pair: pair.server.release_response(),
        lambda pair, octets: pair.client.take_release_response(octets),
    ),
]


def judged(way: Way, fault: Fault | None = None) -> Taken:
    """Return what the receiver makes of the SecPDU, after a handshake in which nothing was wrong."""
    client, server = parameters("client"), parameters("server")
    policy = None if fault is None else fault.policy
    pair = Handshakes(
        client,
        server,
        client_policy=policy if way.by_client else None,
        server_policy=None if way.by_client else policy,
    )
    assert pair.requested().fault is None
    if way.kind is not ApplicationReject:
        accept = octets_of(pair.accepted().message.octets)
        assert pair.client.take_response(accept).fault is None
    if fault is not None:
        sender, receiver = ("client", "server") if way.by_client else ("server", "client")
        sides = {"client": client, "server": server}
        for name, changes in ((sender, fault.sender(sender)), (receiver, fault.receiver(receiver))):
            for member, value in changes.items():
                setattr(sides[name], member, value)
    return way.take(pair, octets_of(way.send(pair).octets))


def named(value: Any) -> str | None:
    if isinstance(value, Way):
        return f"{value.kind.__name__}-by-{'client' if value.by_client else 'server'}"
    return value.row if isinstance(value, Fault) else None
