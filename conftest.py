"""Collect ``suites`` as cases of the catalogue; ``suites/selfcheck`` is collected only when it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

SUITES = Path(__file__).parent / "suites"


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make items from the catalogue where pytest would import the suites as plain modules."""
    named = [Path(argument.partition("::")[0]).resolve() for argument in parent.config.args]
    if path != SUITES or all(place.is_relative_to(SUITES / "selfcheck") for place in named):
        return None
    from conform62351.tooling import collection

    parent.config.pluginmanager.register(collection.Hooks())
    return collection.CatalogueDirectory.of(parent, path)
