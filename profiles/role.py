"""The two roles of every machine."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """Which side a machine plays: the one that opens the connection or the one that waits for it."""

    CLIENT = "client"
    SERVER = "server"
