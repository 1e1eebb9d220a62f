"""Programs and modules that nobody here wrote and that only some tests want.

Where one is missing the test is a listed skip; with ``CI`` in the environment it is a failure, because
there the missing peer would go unnoticed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import NoReturn

import pytest


def require_program(name: str) -> str:
    """Return the path of the program ``name``, or skip the test (fail it in CI)."""
    return shutil.which(name) or _missing(f"program {name}")


def require_module(name: str) -> None:
    """Skip the test (fail it in CI) unless the module ``name`` is installed; it is not imported."""
    if importlib.util.find_spec(name) is None:
        _missing(f"Python module {name}")


def require_raw_sockets() -> None:
    """Skip the test (fail it in CI) unless this process may open raw sockets."""
    from conform62351.tooling.net.errors import PrivilegeMissing
    from conform62351.tooling.net.interfaces import require_raw_sockets as ask

    try:
        ask()
    except PrivilegeMissing as error:
        _missing(str(error))


def require(missing: str) -> None:
    """Skip the test (fail it in CI) when something is missing: ``missing`` says what."""
    if missing:
        _missing(missing)


def _missing(what: str) -> NoReturn:
    message = f"{what} is not available here"
    if os.environ.get("CI"):
        pytest.fail(f"{message}, and CI must have it")
    pytest.skip(message)
