"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, octets: bytes) -> None:
    """Put ``octets`` at ``path``: what stood there stays until all of them are written.

    Raises:
        OSError: the directory cannot be written to, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(octets)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
