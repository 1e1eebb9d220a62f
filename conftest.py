"""Collect ``suites`` as test cases of the catalogue; the plug-in ``conform62351.tooling.plugin`` does the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.tooling.plugin import CatalogueDirectory


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make items from the catalogue where pytest would import the suites as plain modules."""
    if path == Path(__file__).parent / "suites":
        return CatalogueDirectory.of(parent, path)
    return None
