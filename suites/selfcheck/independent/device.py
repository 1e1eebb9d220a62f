"""The peer as a device: it serves associations beside one another, and connects when it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.conversation import Conversation
from conform62351.suites.selfcheck.independent.folder import Folder
from conform62351.suites.selfcheck.independent.osi import Titles
from conform62351.suites.selfcheck.independent.peer import Settings

LOOPBACK = "127.0.0.1"
OWN, TESTER = Titles("1.1.1.999.1", 12), Titles("1.1.1.999", 12)
VARIABLES = {
    ("IEDPAGESLD0", "GGIO1$ST$IntIn1$stVal"): b"\x85\1\7",
    ("IEDPAGESLD0", "GGIO1$ST$Ind1$stVal"): mms.TRUE,
    ("IEDPAGESLD0", "GGIO1$SP$IntSet1$setVal"): b"\x85\1\0",
}
MAX_ASSOCIATIONS = 20
LENGTHS = ("", "/16", "/13", "/14", "/15")
GCM = tuple(f"{name}{length}" for name in ("aes256-GCM", "aes128-GCM") for length in LENGTHS)
CBC = ("aes256-CBC", "aes128-CBC")
ICV = ("hmacWithSHA256", *GCM)
AE, SEPARATE, CLEAR = {"aea": GCM}, {"encr": CBC, "icv": ICV}, {"icv": ICV}


class Configuration:
    """What a configuration makes of the device: its credential, what its client offers, and its policy."""

    def __init__(
        self,
        offer: dict[str, tuple[str, ...]],
        *,
        credential: str = "e2e",
        encrypt: bool | None = None,
        ae_required: bool = False,
    ) -> None:
        self.credential = credential
        taken = {**AE, **SEPARATE, "icv": () if ae_required else ICV}
        self.client: dict[str, Any] = {**offer, "encrypt": encrypt, "called": TESTER}
        self.server: dict[str, Any] = {**taken, "encrypt": encrypt}


CONFIGURATIONS = {
    "native": Configuration(AE),
    "native-separate": Configuration(SEPARATE),
    "native-clear": Configuration(CLEAR),
    "native-rsa": Configuration(AE, credential="e2e-rsa"),
    "native-brainpool": Configuration(AE, credential="e2e-brainpool"),
    "native-no-encryption": Configuration(CLEAR, encrypt=False),
    "native-encryption-required": Configuration(AE, encrypt=True),
    "native-ae-required": Configuration(AE, encrypt=True, ae_required=True),
}


class Device:
    """A device with the credentials of ``folder``; ``address`` is where it listens."""

    def __init__(self, folder: Path) -> None:
        made = Folder(folder)
        trust = made.trust()
        names = {each.credential for each in CONFIGURATIONS.values()}
        identities = {name: made.identity(name, OWN) for name in names}
        self._settings = {
            name: {
                side: Settings(identities[each.credential], trust, **members)
                for side, members in (("client", each.client), ("server", each.server))
            }
            for name, each in CONFIGURATIONS.items()
        }
        self.configuration = "native"
        self._lock = threading.Lock()
        self._conversations: list[Conversation] = []
        self._numbers = count(1)
        self._mms = mms.Server(dict(VARIABLES))
        self._listener = socket.create_server((LOOPBACK, 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if len(self._conversations) < MAX_ASSOCIATIONS:
                self._begin(sock, client=False)
            else:
                sock.close()

    def _begin(self, sock: socket.socket, *, client: bool) -> None:
        with self._lock:
            template = self._settings[self.configuration]["client" if client else "server"]
            settings = replace(template, asso_id=next(self._numbers) % 1000)
            variable = next(iter(VARIABLES)) if client else None
            made = Conversation(sock, settings, self._mms, variable, self._forget)
            self._conversations.append(made)
        made.start()

    def _forget(self, ended: Conversation) -> None:
        with self._lock:
            self._conversations.remove(ended)

    def _ask(self, wish: str, wanted: Callable[[Conversation], bool]) -> int:
        with self._lock:
            asked = [each for each in self._conversations if wanted(each)]
            for each in asked:
                each.ask(wish)
        return len(asked)

    # what an operator can do

    def connect(self, host: str, port: str) -> str:
        """Connect to a server and ask it for an association."""
        self._begin(socket.create_connection((host, int(port)), 5.0), client=True)
        return "connected"

    def send_request(self) -> str:
        """Read a variable of the server."""
        return f"{self._ask('read', lambda each: each.goes_on and each.is_client)} associations"

    def release(self) -> str:
        """Release the associations that it has asked for, else those that others have."""
        return f"{self._ask_own('conclude')} associations"

    def rekey(self) -> str:
        """Renew the keys, or ask for that, likewise."""
        return f"{self._ask_own('renew')} associations"

    def _ask_own(self, wish: str) -> int:
        asked = self._ask(wish, lambda each: each.goes_on and each.is_client)
        return asked or self._ask(wish, lambda each: each.goes_on)

    def disconnect(self) -> str:
        """Abort what is established, and cut off what is not yet."""
        with self._lock:
            for each in self._conversations:
                if each.is_established:
                    each.ask("abort")
                else:
                    each.cut()
            return f"{len(self._conversations)} connections"

    def configure(self, name: str) -> str:
        """Go over to another configuration; what is open ends."""
        with self._lock:
            self.configuration = {"default": "native"}.get(name, name)
            for each in self._conversations:
                each.cut()
        return self.configuration

    def health(self) -> str:
        """Tell the configuration."""
        return self.configuration
