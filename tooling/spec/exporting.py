"""Writes this project's own data as a folder of spec data: a place to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from conform62351.profiles.spec.data import NAMES, own_files, own_text

_NAMES_TEXT: Final = """\
# What the modules in this folder call things, where that is not what e2e.asn calls them: our name = "theirs".
#
# [types]
# ClearToken1 = "TheirToken1"
#
# Under the name of a type (ours, if we have one for it): all that its definition has names for.
# [members.ClearToken1]
# encr-mode = "theirEncrMode"
"""


class ExportError(Exception):
    """The folder cannot be written."""


def export_own(folder: Path) -> tuple[Path, ...]:
    """Write the own data into a new or empty folder and return the files.

    Raises:
        ExportError: it is not empty, or cannot be written.
    """
    texts = {**{name: own_text(name) for name in own_files()}, NAMES: _NAMES_TEXT}
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ExportError(f"{folder} is not empty")
        for name, text in texts.items():
            path = folder / name
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise ExportError(f"{folder}: {error.strerror}") from error
    return tuple(written)
