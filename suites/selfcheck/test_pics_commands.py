"""``conform62351 pics``: what its commands print and return."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Protocol

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.catalogue import catalogue
from conform62351.pics.static_review import rules
from conform62351.tooling.cli.pics_commands import add_parser


class Run(Protocol):
    """Runs a command line; returns exit code, standard output and standard error."""

    def __call__(self, *words: str | Path) -> tuple[int, str, str]: ...


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str | Path) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        arguments = parser.parse_args(["pics", *map(str, words)])
        code: int = arguments.handler(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def answered(text: str, *yes: str) -> str:
    """A filled-in template: no everywhere but for the codes in ``yes``."""
    section, lines = "", []
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        key = line.partition(" =")[0]
        if line.endswith(' = ""') and section != "header":
            line = f'{key} = "{"yes" if f"{section}.{key}" in yes else "no"}"'
        elif line.startswith("edition"):
            line = 'edition = "2018"'
        elif section == "header" and line.endswith('""'):
            line = f'{key} = "X"'
        lines.append(line)
    return "\n".join(lines) + "\n"


def test_from_a_template_to_a_review(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pics.toml"
    assert run("new", path) == (0, "", "")
    code, out, err = run("check", path)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == len(catalogue()) + 5
    assert f"{path}:" in err
    path.write_text(answered(path.read_text(), "ROLE.server", "T6.OSI.server"))
    code, out, err = run("check", path)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "PICS/STATIC/T7.mode.server-at-least-one: none of T7.compatibility.server, T7.native.server"
        " is claimed [R-PICS-T7-mode, inferred]",
        f"{len(catalogue())} items, 0 of them unknown",
        f"{len(rules())} rules, 1 of them broken",
    ]


def test_new_prints_and_leaves_files_alone(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("new", "--pixit")
    assert code == 0
    assert "[action.connect]" in out
    path = tmp_path / "pics.toml"
    path.write_text("mine")
    code, out, err = run("new", path)
    assert (code, out) == (2, "")
    assert "File exists" in err
    assert path.read_text() == "mine"


def test_new_for_one_role(run: Run) -> None:
    code, out, _ = run("new", "--role", "client")
    assert code == 0
    assert 'OSI.client = ""\nOSI.server = "no"' in out


def test_faults_of_both_files_come_together(run: Run, tmp_path: Path) -> None:
    pics, pixit = tmp_path / "pics.toml", tmp_path / "pixit.toml"
    pics.write_text(device_file("pics.toml").read_text().replace("edition", "edtion"))
    pixit.write_text("boot_tim = 3\n")
    for command in ("check", "show"):
        code, out, err = run(command, pics, "--pixit", pixit)
        assert (code, out) == (2, "")
        assert "header.edtion is no header field" in err
        assert f"{pixit}:1: boot_tim is no PIXIT entry; did you mean boot_time?" in err


def test_what_the_pics_needs_of_the_pixit_is_asked_for(run: Run, tmp_path: Path) -> None:
    pixit = tmp_path / "pixit.toml"
    pixit.write_text("")
    code, _, err = run("check", device_file("pics.toml"), "--pixit", pixit)
    assert code == 2
    assert err == f"{pixit}: dut.host is missing: Host name or address at which the device listens.\n"


def test_the_reference_device_checks(run: Run) -> None:
    code, out, _ = run("check", device_file("pics.toml"), "--pixit", device_file("pixit.toml"))
    assert code == 0
    assert f"{len(rules())} rules, 0 of them broken" in out
    assert "warning: PICS/STATIC/COMB.A-security-profile-alone.server-not-secure: The A-security-" in out
    assert "configurations default, insisting, tls, a-profile, compatibility, native, native-tls, " in out
    assert "; actions connect, " in out


def test_show_prints_tables_and_answers(run: Run) -> None:
    code, out, _ = run("show", device_file("pics.toml"))
    assert code == 0
    assert "product           reference device" in out
    assert "Table 9 (8 in 2018+A1): TLS suites, compatibility mode" in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "OSI c.2 yes (o.6) yes (o.6)" in lines
    assert "native c.4 yes (o.7) yes (o.7)" in lines
    assert "TLS_RSA_WITH_RC4_128_SHA x no no" in lines
    assert "several-associations o yes" in lines


def test_show_as_json_holds_every_item(run: Run, tmp_path: Path) -> None:
    pixit = tmp_path / "pixit.toml"
    pixit.write_text('[dut]\nhost = "x"\npassword = "hunter2"\n')
    code, out, _ = run("show", device_file("pics.toml"), "--pixit", pixit, "--json")
    assert code == 0
    assert "hunter2" not in out
    shown = json.loads(out)
    items = {item["code"]: item for table in shown["tables"] for item in table["items"]}
    assert set(items) == set(catalogue().items)
    assert items["T7.native.server"]["applies_as"] == "o.7"
    assert items["T6.OSI.server"]["answer"] == "yes"
    assert shown["findings"] == []
    assert shown["pixit"]["values"]["dut.password"] == "(not shown)"


def test_show_prints_no_secret(run: Run, tmp_path: Path) -> None:
    pixit = tmp_path / "pixit.toml"
    pixit.write_text(
        '[dut]\nhost = "x"\npassword = "hunter2"\n'
        '[action.reset]\nkind = "command"\ncommand = "x --key hunter2"\n'
    )
    code, out, _ = run("show", device_file("pics.toml"), "--pixit", pixit)
    assert code == 0
    assert "hunter2" not in out
    assert "(not shown)" in out
    assert "action reset: command" in out
