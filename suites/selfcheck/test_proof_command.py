"""The command ``faults``: modules of strangers, hostile ones too, what it tells of them, and its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.test_readme import section
from conform62351.tooling.cli.main import main
from conform62351.tooling.proof.matrix import SCHEMA_FILE, schema

CONNECT = "OSI/SRV/COTP/BV-connect"
CLASS = "OSI/SRV/COTP/BI-other-class"
CASES = (CONNECT, CLASS)
PROOF = "Proof that the tests can fail"
HEAD = """
import os, time
from conform62351.fixtures.faults.building import LeaveOut, Rewrite, RewriteOctets
from conform62351.fixtures.faults.registry import fault
from conform62351.profiles.policy import Policy
"""
STRANGE = """
@fault("takes-any-class", clause="6.5", caught_by=["OSI/SRV/COTP/BI-class-5"], roles=["server"])
def takes_any_class() -> Policy:
    \"\"\"The device takes a class that it does not have.\"\"\"
    return LeaveOut("COTP.CR.4")


@fault("knows-our-names", clause="6.5", requirement="R-COTP-CR-other-class", roles=["server"])
def knows_our_names() -> Policy:
    \"\"\"The same, by somebody who knows what it violates.\"\"\"
    return LeaveOut("COTP.CR.4")


@fault("wrong-in-nothing", clause="1")
def wrong_in_nothing() -> Policy:
    \"\"\"The device is said to be wrong, and is not.\"\"\"
    return Policy()


@fault("wrong-elsewhere", clause="1", caught_by=["OSI/SRV/COTP/BV-connect"])
def wrong_elsewhere() -> Policy:
    \"\"\"The device refuses nothing that these cases ask for.\"\"\"
    return LeaveOut("ACSE.AARQ.1")
"""
HOSTILE = """
class OfOwn(Policy):
    def __init__(self, act):
        self.act = act

    def rewrite_octets(self, name, octets):
        if name == "COTP.CC":
            self.act()
        return octets


def broken():
    raise RuntimeError("no such luck")


@fault("hangs-at-once", clause="1", caught_by=["OSI/SRV/COTP/BV-connect"], roles=["server"])
def hangs_at_once() -> Policy:
    \"\"\"It never comes into being.\"\"\"
    while True:
        time.sleep(1)


@fault("exits", clause="1", roles=["server"])
def exits() -> Policy:
    \"\"\"It takes the process along.\"\"\"
    return OfOwn(lambda: os._exit(7))


@fault("raises-at-once", clause="1", caught_by=["OSI/SRV/COTP/BV-connect"], roles=["server"])
def raises_at_once() -> Policy:
    \"\"\"It cannot be made.\"\"\"
    broken()


@fault("raises", clause="1", caught_by=["OSI/SRV/COTP/BV-connect"], roles=["server"])
def raises() -> Policy:
    \"\"\"It goes wrong in a hook.\"\"\"
    return OfOwn(broken)


@fault("wants-memory", clause="1", caught_by=["OSI/SRV/COTP/BV-connect"], roles=["server"])
def wants_memory() -> Policy:
    \"\"\"It wants more memory than there is.\"\"\"
    return OfOwn(lambda: bytearray(1 << 40))


@fault("harmless", clause="1", roles=["server"])
def harmless() -> Policy:
    \"\"\"It withholds what confirms the connection.\"\"\"
    return RewriteOctets("COTP.CC", lambda octets: None)
"""


def proved(module: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the command and return its exit code and the JSON that it writes."""
    out = module.with_suffix(".json")
    arguments = ["faults", "--fault-module", str(module), "--out", str(out), "--jobs", "2", *words]
    code = main(arguments)
    matrix: dict[str, Any] = json.loads(out.read_bytes())
    jsonschema.Draft202012Validator(json.loads(schema())).validate(matrix)
    return code, {**matrix, "rows": {row["name"]: row for row in matrix["faults"]}}


def module_of(folder: Path, text: str) -> Path:
    path = folder / "strange.py"
    path.write_text(HEAD + text)
    return path


def test_schema_in_the_repository_is_that_of_the_matrix() -> None:
    kept = files("conform62351.tooling.proof").joinpath(SCHEMA_FILE).read_bytes()
    assert kept == schema(), "write tooling.proof.matrix.schema() to matrix.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


def test_faults_of_a_stranger_are_caught_or_told_as_unnoticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, matrix = proved(module_of(tmp_path, STRANGE), *CASES)
    told = capsys.readouterr().out
    assert code == 1
    assert list(matrix["rows"]) == [
        "takes-any-class",
        "knows-our-names",
        "wrong-in-nothing",
        "wrong-elsewhere",
    ]
    stranger, insider = matrix["rows"]["takes-any-class"], matrix["rows"]["knows-our-names"]
    assert stranger["caught_by"] == insider["caught_by"] == [CLASS]
    assert (stranger["collateral"], insider["collateral"]) == (None, [])
    assert stranger["unknown"] == ["OSI/SRV/COTP/BI-class-5"]
    assert matrix["unnoticed"] == ["wrong-in-nothing", "wrong-elsewhere"]
    assert matrix["rows"]["wrong-elsewhere"]["missed"] == [CONNECT]
    assert matrix["cases_never_failed"] == [CONNECT]
    assert (matrix["scope"], matrix["complete"], matrix["columns_judged"]) == ("impact", True, False)
    assert matrix["not_judged"] == []
    assert "Unnoticed faults (2)\n  wrong-in-nothing: it changes nothing" in told
    assert "case that does not exist (1)\n  takes-any-class: OSI/SRV/COTP/BI-class-5\n" in told
    assert "4 faults, 2 caught, 2 unnoticed; 2 cases, 1 never failed" in told


@pytest.mark.long
def test_what_a_module_does_to_its_process_is_told_and_costs_nobody_else(tmp_path: Path) -> None:
    code, matrix = proved(module_of(tmp_path, HOSTILE), "--limit", "8", *CASES)
    rows = matrix["rows"]
    assert code == 1
    assert rows["harmless"]["caught_by"] == [CONNECT]
    assert rows["harmless"]["error"] == ""
    assert re.fullmatch(rf"{CONNECT}: does not come back within 8 s", rows["hangs-at-once"]["error"])
    assert re.fullmatch(rf"{CONNECT}: ends the process with exit code 7", rows["exits"]["error"])
    assert rows["raises-at-once"]["error"] == f"{CONNECT}: make() raises RuntimeError: no such luck"
    told = f"{CONNECT}: rewrite_octets of COTP.CC raises"
    assert rows["raises"]["error"] == f"{told} RuntimeError: no such luck"
    assert rows["wants-memory"]["error"].startswith(f"{told} MemoryError")
    assert matrix["cases"] == list(CASES)
    assert matrix["unnoticed"] == []


def test_a_module_that_cannot_be_loaded_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = module_of(tmp_path, "os._exit(9)\n")
    assert main(["faults", "--fault-module", str(module), "--jobs", "1", *CASES]) == 2
    assert "the fault module ends the process with exit code 9" in capsys.readouterr().err


def test_the_example_in_the_readme_is_caught(tmp_path: Path) -> None:
    text = section(PROOF)
    module = tmp_path / "example.py"
    module.write_text(text.partition("```python\n")[2].partition("```")[0])
    code, matrix = proved(module, "OSI/SRV/COTP")
    (row,) = matrix["faults"]
    assert (code, row["error"], row["missed"]) == (0, "", [])
    assert row["caught_by"]


def test_the_matrix_in_the_readme_is_one_of_what_there_is() -> None:
    """What was added since it was made is not in it; what is in it is there."""
    found = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|$", section(PROOF), re.MULTILINE)
    *areas, (_, *everything) = [(area, int(faults), int(cases)) for area, faults, cases in found]
    assert [sum(column) for column in zip(*(counts for _, *counts in areas), strict=True)] == everything
    catalogue = [fault.caught_by[0] for fault in fault_catalogue().values()]
    for area, faults, cases in areas:
        assert 0 < faults <= sum(case.startswith(f"{area}/") for case in catalogue)
        assert 0 < cases <= sum(case.startswith(f"{area}/") for case in load())


def test_hooks_name_steps_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--hooks", "--jobs", "1", CONNECT]) == 0
    told = capsys.readouterr().out
    assert "    COTP.CR.4  class-0  [X.224, 6.5]\n" in told
    assert re.search(r"Names at rewrite\(\)\n(  .*\n)*  COTP.CC  CC\(dst_ref, src_ref, ", told)
    assert re.search(r"Names at delay\(\)\n(  .*\n)*  COTP.CC\n", told)
    assert "  delay: Return how many seconds the driver holds back a message" in told


def test_an_interruption_prints_what_there_is(tmp_path: Path) -> None:
    module = module_of(tmp_path, STRANGE)
    words = ("--fault-module", str(module), "--json", "--jobs", "1", "--scope", "all", "OSI")
    with subprocess.Popen(
        [sys.executable, "-m", "conform62351.tooling.cli.main", "faults", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("correct device: 1 of ")
        children = _children(process.pid)
        assert children
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    matrix = json.loads(out)
    jsonschema.Draft202012Validator(json.loads(schema())).validate(matrix)
    assert process.returncode == 130
    assert not matrix["complete"]
    assert matrix["cases"]
    assert matrix["unnoticed"] == []
    assert not any(map(_runs, children))


def test_options_that_do_not_fit_are_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--with-own"]) == 2
    assert main(["faults", "--out", str(tmp_path / "no" / "x.json")]) == 2
    assert main(["faults", "--fault", "cotp-dr-droped", "--jobs", "1", CONNECT]) == 2
    assert "did you mean cotp-dr-dropped" in capsys.readouterr().err
    assert main(["faults", "NO/SUCH"]) == 5


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in listed.split()]


def _runs(process: int) -> bool:
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
