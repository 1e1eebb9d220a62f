"""``conform62351 spec-data`` and ``--spec-data``: exit codes, what is said, and what a run remembers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conform62351.profiles.native.ber import codec_of
from conform62351.profiles.native.parameters import LocalPolicy
from conform62351.profiles.spec.data import MODULE, own_text
from conform62351.suites.selfcheck.native_bench import (
    INITIATE,
    Handshakes,
    octets_of,
    parameters,
    replaced,
)
from conform62351.suites.selfcheck.spec_samples import OTHER_TAGS, folder, module
from conform62351.tooling.cli.main import main
from conform62351.tooling.spec.loading import load_spec_data

CASE = "OSI/SRV/COTP/BV-connect"
NATIVE_CASE = "E2E/SRV/HS/BV-ae"


def test_our_own_data_are_exported_and_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "spec"
    assert main(["spec-data", "--export", str(target)]) == 0
    assert str(target / MODULE) in capsys.readouterr().out
    assert main(["spec-data", str(target)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("spec data (")
    assert "e2eMmsAC: 1.0.62351.4.2.1, still inferred" in said
    assert "tags marked I in e2e.asn: still inferred" in said
    assert main(["spec-data", "--export", str(target)]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_what_replaces_ours_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder(
        tmp_path,
        theirs__asn=module(*OTHER_TAGS),
        identifiers__toml='[e2eMmsAC]\noid = "1.0.62351.4.7.1"\n',
        licence__txt="",
    )
    assert main(["spec-data", str(path)]) == 0
    said = capsys.readouterr().out
    assert "e2eMmsAC: 1.0.62351.4.7.1 in the place of 1.0.62351.4.2.1" in said
    assert "HandshakeDiagnostics protocol-error in 2018+A1: 30 in the place of 1" in said
    assert "not read: licence.txt" in said
    assert "tags marked I" not in said


@pytest.mark.parametrize(
    "command", [["spec-data"], ["run", "--plan", "--spec-data"], ["device", "--spec-data"]]
)
def test_faults_are_usage_errors_wherever_spec_data_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    text = own_text(MODULE).replace("TimeStamp ::= GeneralizedTime\n", "")
    path = folder(tmp_path, e2e__asn=text, identifiers__toml='[e2eMmsAC]\noid = "1"\n')
    assert main([*command, str(path)]) == 2
    said = capsys.readouterr().err
    assert "type TimeStamp is not known" in said
    assert f"{path / 'identifiers.toml'}:1: e2eMmsAC: 1 is no dotted" in said


def test_a_run_remembers_its_spec_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = folder(tmp_path / "spec", theirs__asn=module(*OTHER_TAGS))
    out = tmp_path / "out"
    main(["run", "--no-capture", "--out", str(out), "--spec-data", str(spec), CASE])
    report = json.loads((out / "report.json").read_text())
    header = report["header"]
    assert header["spec_data"].startswith("spec data (theirs.asn) sha256:")
    assert header["spec_data"] in (out / "report.html").read_text()
    assert ["--spec-data", str(spec)] == json.loads((out / "events.jsonl").read_text().splitlines()[0])[
        "device"
    ]
    capsys.readouterr()
    assert main(["run", "--no-capture", "--into", str(out), CASE]) == 2
    assert "was made with other spec data" in capsys.readouterr().err


def test_decode_reads_what_was_written_with_other_tags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = folder(
        tmp_path / "spec",
        theirs__asn=module(*OTHER_TAGS),
        protocols__toml='[mms-over-osi]\npp = "other"\n',
    )
    data = load_spec_data(spec)
    local = LocalPolicy(protocols=(data.mms_over_osi,), groups=("secp256r1",))
    both = {name: replaced(parameters(name), local=local) for name in ("client", "server")}
    handshakes = Handshakes(both["client"], both["server"], codec=codec_of(data, "2018+A1"))
    request = octets_of(handshakes.client.request(INITIATE).octets)
    file = tmp_path / "request.hex"
    file.write_text(request.hex())
    assert main(["decode", str(file), "--spec-data", str(spec)]) == 0
    said = capsys.readouterr().out
    assert "E2E.HandshakeReq" in said
    for name in ("token1", "encr-mode", "confParams", "sign"):
        assert name in said
    assert "protected protocol that is not known" not in said
    assert main(["decode", str(file)]) == 0
    assert "E2E.HandshakeReq" not in capsys.readouterr().out
    assert main(["decode", str(file), "--spec-data", str(tmp_path / "nothing")]) == 2


def test_tester_and_device_of_a_run_go_by_the_same_spec_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = folder(
        tmp_path / "spec",
        theirs__asn=module(*OTHER_TAGS),
        identifiers__toml='[e2eMmsAC]\noid = "1.0.62351.4.7.1"\n',
    )
    out = tmp_path / "out"
    assert main(["run", "--no-capture", "--out", str(out), "--spec-data", str(spec), NATIVE_CASE]) == 0
    assert "spec data (identifiers.toml, theirs.asn)" in capsys.readouterr().out
    events = (out / "events.jsonl").read_text()
    assert "2883e70f040701" in events
    assert "2883e70f040201" not in events
