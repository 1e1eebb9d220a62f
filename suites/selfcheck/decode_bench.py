"""What the tests of the decode command share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import settings

from conform62351.suites.selfcheck.dissection_samples import MESSAGES

CONNECT = MESSAGES[2]
MANY = settings(max_examples=80, deadline=None)


Decode = Callable[..., tuple[int, str, str]]
"""Run the command with these arguments: exit code, standard output, standard error."""


def written(folder: Path, content: str | bytes) -> Path:
    """Return the path of a new file with this content."""
    path = folder / "input"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
