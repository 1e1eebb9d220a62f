"""Campaigns against the correct device over all that there is: nothing is found, and no case is a flaw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.pixit_actions import STACKS
from conform62351.profiles.role import Role
from conform62351.tooling.cli.main import main

SEEDS = (3, 31)
CASES = 600
EVERYTHING = [("--stack", stack, "--role", role.value) for stack in STACKS for role in Role]


def campaign(out: Path, *arguments: str) -> dict[str, Any]:
    """Fuzz the correct device, and return the summary."""
    code = main(["fuzz", "--out", str(out), *arguments])
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    told = {name: summary[name] for name in ("findings", "errors", "not_tested")}
    assert (code, told) == (0, {"findings": [], "errors": [], "not_tested": []})
    return summary


def test_a_small_campaign_finds_nothing_in_native_mode(tmp_path: Path, workshop: Workshop) -> None:
    credentials = ("--set", f"pki.folder={workshop.tester}")
    summary = campaign(
        tmp_path / "campaign", "--stack", "native", "--seed", "4", "--cases", "48", *credentials
    )
    assert summary["cases"] == 48


@pytest.mark.deep
@pytest.mark.parametrize("chosen", EVERYTHING, ids=lambda chosen: "/".join(chosen[1::2]))
@pytest.mark.parametrize("seed", SEEDS)
def test_no_campaign_finds_anything(tmp_path: Path, chosen: tuple[str, ...], seed: int) -> None:
    campaign(tmp_path / "campaign", *chosen, "--seed", str(seed), "--cases", str(CASES))


@pytest.mark.deep
@pytest.mark.parametrize("seed", SEEDS)
def test_no_campaign_over_everything_finds_anything(tmp_path: Path, seed: int) -> None:
    campaign(tmp_path / "campaign", "--seed", str(seed), "--cases", str(4 * CASES))
