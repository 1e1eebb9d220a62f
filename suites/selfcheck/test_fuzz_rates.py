"""The benchmark of the fuzzer prints what it promises; how fast it is, no test asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conform62351.suites.selfcheck.peers import require_module
from conform62351.tooling.bench import fuzz
from conform62351.tooling.bench.fuzz import Boofuzz, Sizes


def test_every_measurement_gives_a_rate_and_the_share_that_was_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_module("iec61850")
    fuzz.measure(tmp_path, Sizes(rounds=1, seconds=0.1))
    lines = capsys.readouterr().out.splitlines()
    native = [fuzz.HANDSHAKES, fuzz.LIVING]
    plain = [fuzz.TRIVIAL, fuzz.ACSE]
    names = [name + who for kind in (native, plain) for who in ("", fuzz.BOTH) for name in kind]
    assert [line.partition(":")[0].strip() for line in lines] == names
    assert all(re.search(r": +[0-9]+/s, +[0-9]+% complete, [0-9.]+ ms CPU", line) for line in lines)


def test_a_boofuzz_that_does_not_run_ends_it_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="boofuzz failed"):
        Boofuzz("/bin/false", 1, tmp_path).round(1)
