"""From a host's name to a connected socket, with a limit on every wait."""

from __future__ import annotations

import errno
import select
import socket
import threading
from functools import lru_cache
from typing import Any

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import AddressUnavailable, ConnectTimeout, NetError, TcpRefused
from conform62351.tooling.net.flow import Flow, Recorder, address_of

NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


def resolve(host: str, port: int, limit: float) -> list[tuple[int, Any]]:
    """Return (address family, socket address) for ``host``, without duplicates, in the resolver's order.

    Raises:
        NetError: unknown name, impossible port, or the resolver does not answer within ``limit`` seconds.
    """
    if not 0 <= port <= 65535:
        raise NetError(f"{port} is no TCP port")
    try:
        return list(_numeric(host, port))
    except (OSError, UnicodeError):
        return list(_addresses(_resolve_name(host, port, limit)))


@lru_cache(maxsize=64)
def _numeric(host: str, port: int) -> tuple[tuple[int, Any], ...]:
    """Return the addresses that numbers are, whatever the machine knows. Raises OSError, UnicodeError."""
    return _addresses(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=NUMERIC))


def _addresses(found: list[Any]) -> tuple[tuple[int, Any], ...]:
    return tuple(dict.fromkeys((entry[0], entry[4]) for entry in found))


def _resolve_name(host: str, port: int, limit: float) -> list[Any]:
    """The resolver takes no limit of its own, so it works in a thread that may be left behind."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="resolver", daemon=True)
    thread.start()
    thread.join(limit)
    if not outcome:
        raise ConnectTimeout(f"{host}: the name was not resolved in {limit:g} s")
    if isinstance(outcome[0], Exception):
        raise NetError(f"{host}: {getattr(outcome[0], 'strerror', None) or 'no valid name'}")
    return list(outcome[0])


def have_buffers(sock: socket.socket, octets: int) -> None:
    """Have a socket, or those that it will accept, buffer so many octets in each direction; 0: as usual.

    The system takes the least that it has for less than that.
    """
    if octets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, octets)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)


def open_socket(
    family: int,
    address: Any,
    bind: str | None,
    limit: float,
    clock: Clock,
    recorder: Recorder | None,
    buffers: int = 0,
) -> socket.socket:
    """Return a non-blocking socket connected to ``address``, from the local address ``bind``.

    ``buffers`` are its octets, as for :func:`have_buffers`.

    Raises:
        TcpRefused, ConnectTimeout, AddressUnavailable, NetError: see :meth:`Channel.connect`.
    """
    remote = address_of(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        have_buffers(sock, buffers)
        if bind is not None:
            _bind(sock, family, bind)
        code = sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            waiter = select.poll()
            waiter.register(sock, select.POLLOUT)
            if not waiter.poll(limit * 1000):
                raise ConnectTimeout(f"{remote}: no answer in {limit:.3g} s")
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # A free port of the ephemeral range may be taken by this very socket: TCP then connects it to itself.
        itself = code == 0 and sock.getsockname() == address
        if code == errno.ECONNREFUSED or itself:
            if recorder is not None:
                recorder.refused(Flow.of(sock.getsockname(), address, True), clock.monotonic())
            raise TcpRefused(f"{remote}: connection refused")
        if code == errno.ETIMEDOUT:
            raise ConnectTimeout(f"{remote}: no answer")
        # One that stood and was reset before anybody looked did stand.
        if code and code != errno.ECONNRESET:
            raise NetError(f"{remote}: {errno.errorcode.get(code, code)}")
    except BaseException:
        sock.close()
        raise
    return sock


def _bind(sock: socket.socket, family: int, host: str) -> None:
    try:
        for candidate, address in resolve(host, 0, limit=5.0):
            if candidate == family:
                sock.bind(address)
                return
    except OSError as error:
        raise AddressUnavailable(f"{host}: {error.strerror}") from error
    raise AddressUnavailable(f"{host}: not an address of the peer's IP version")
