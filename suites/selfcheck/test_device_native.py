"""The reference device in native mode: the client role of one against the server role of another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, IN_TLS, Pair, configuration


@pytest.fixture
def pair(tmp_path: Path, workshop: Workshop) -> Iterator[Pair]:
    """Make a client and a server, to be started."""
    made = Pair(tmp_path, workshop)
    yield made
    made.stop()


@pytest.mark.parametrize("stack", [Stack.NATIVE, Stack.NATIVE_TLS])
def test_client_associates_reads_and_releases(pair: Pair, stack: Stack) -> None:
    pair.start(configuration(stack=stack))
    pair.associate()
    pair.read()
    pair.release()
    expected = [IN_TLS, ASSOCIATED] if stack.tls else [ASSOCIATED]
    assert pair.events() == {"client": expected, "server": expected}
