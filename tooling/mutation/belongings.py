"""What a device has that no mutant of it can change: read once, and inherited by the processes of mutants."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from conform62351.pics.declaration import Declaration, load_declaration
from conform62351.pics.pixit import Pixit, load_pixit
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.mms.codec import decode_pdu, encode_pdu
from conform62351.profiles.spec.data import own_data
from conform62351.tooling.net.credentials import CredentialFolder

EXECUTED: Final = "executed"
"""The action that tells what has been executed since it was called last."""


@dataclass(frozen=True)
class Belongings:
    """The device's ``credentials``, its PICS and its PIXIT."""

    credentials: CredentialFolder
    declaration: Declaration
    pixit: Pixit

    @classmethod
    def load(cls, folder: Path) -> Belongings:
        """Read the credentials in ``folder``, and the device's own files. Raises CredentialError."""
        files = resources.files("conform62351.fixtures.device")
        _read_what_is_read_on_first_use()
        return cls(
            CredentialFolder.load(folder),
            load_declaration(Path(str(files.joinpath("pics.toml")))),
            load_pixit(Path(str(files.joinpath("pixit.toml"))), substitutions={"control": ""}),
        )


def _read_what_is_read_on_first_use() -> None:
    """Compile notations and read data: a peer would wait for it otherwise, in every mutant anew."""
    decode_pdu(encode_pdu("conclude-RequestPDU", None))
    own_data()
    groups()
    event_catalogue()
