"""What is in the tree is in the wheel: a package missing from the list works editable and fails installed."""

from __future__ import annotations

import fnmatch
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "pyproject.toml"


@pytest.fixture(scope="module")
def settings() -> dict[str, object]:
    if not PROJECT.exists():
        pytest.skip("not a source tree")
    loaded: dict[str, object] = tomllib.loads(PROJECT.read_text())["tool"]
    return loaded


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_every_package_of_the_tree_is_listed(settings: dict[str, object]) -> None:
    found = {
        ".".join(("conform62351", *path.parent.parts)) for path in tracked() if path.name == "__init__.py"
    }
    assert found == set(settings["setuptools"]["packages"])  # type: ignore[index]


def test_every_data_file_of_a_package_is_packaged(settings: dict[str, object]) -> None:
    patterns = settings["setuptools"]["package-data"]["*"]  # type: ignore[index]
    top = {name.split(".")[1] for name in settings["setuptools"]["packages"]}  # type: ignore[index]
    data = [path for path in tracked() if path.parts[0] in top and path.suffix != ".py"]
    assert data
    missing = [path for path in data if not any(fnmatch.fnmatch(path.name, each) for each in patterns)]
    assert missing == []


def test_there_are_no_other_top_level_folders() -> None:
    folders = {path.parts[0] for path in tracked() if len(path.parts) > 1}
    assert folders == {".ci", "fixtures", "pics", "profiles", "reports", "suites", "tooling"}


def test_the_layer_contract_names_every_suite(settings: dict[str, object]) -> None:
    contracts = settings["importlinter"]["contracts"]  # type: ignore[index]
    (layers,) = (
        contract["layers"] for contract in contracts if contract["name"] == "layers import downwards only"
    )
    named = {name.strip() for layer in layers for name in layer.split("|")}
    areas = {
        f"conform62351.suites.{path.parts[1]}"
        for path in tracked()
        if path.parts[0] == "suites" and len(path.parts) > 2
    }
    assert areas <= named


def test_nothing_generated_is_tracked() -> None:
    suffixes = {".pcap", ".pcapng", ".pem", ".key", ".crt", ".jsonl", ".html", ".pyc"}
    assert [path for path in tracked() if path.suffix in suffixes] == []


def test_the_source_distribution_holds_what_tests_need() -> None:
    manifest = (ROOT / "MANIFEST.in").read_text()
    for name in ("conftest.py", "tox.ini"):
        assert name in manifest


def test_the_readme_begins_with_the_two_commands() -> None:
    blocks = (ROOT / "README.md").read_text().split("```sh\n")[1:3]
    run, test = (block.partition("```")[0].strip() for block in blocks)
    assert run.endswith("conform62351 run")
    assert test.endswith("tox -q -e ci")
