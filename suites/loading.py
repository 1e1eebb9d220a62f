"""All cases of all suites.

A case is registered when its module is imported; :func:`load` imports them all, only under their name
below ``conform62351.suites``. The tests of the harness itself (``selfcheck``) are no cases.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from conform62351 import suites
from conform62351.tooling.engine.case import CATALOGUE, CaseError, Catalogue


@functools.cache
def load() -> Catalogue:
    """Import every suite and return the catalogue of all cases.

    Raises:
        CaseError: a case is declared wrongly.
    """
    for area in pkgutil.iter_modules(suites.__path__, suites.__name__ + "."):
        if not area.ispkg or area.name.endswith(".selfcheck"):
            continue
        package = importlib.import_module(area.name)
        for module in pkgutil.iter_modules(package.__path__, area.name + "."):
            importlib.import_module(module.name)
    for case in CATALOGUE.values():
        if case.baseline and case.baseline not in CATALOGUE:
            raise CaseError(f"{case.id}: no baseline {case.baseline}")
    return CATALOGUE
