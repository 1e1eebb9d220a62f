"""The lengths of tags: 12 and 16 octets, which all devices have, and those between (clause 8, Table 13)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import GCM, agrees, code
from conform62351.suites.native.conversations import CLIENT_AE, NATIVE, OWN, SERVER_AE
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.steps import Conversation, conversation


def _by_each_algorithm(role: Role, length: int) -> Iterator[Conversation]:
    requirement = f"R-E2E-tag-length-{length}"
    for name in GCM:
        by = f"{name}/{length}"
        steps = agrees(role, requirement, Handshake(mode="ae", ae=(by,)), mode="ae", encryption=by)
        yield conversation(steps, label=name, pics=code(role, name))


@case("E2E/SRV/TAG/BV-12", "R-E2E-tag-length-12", *OWN, pics=SERVER_AE, configuration=NATIVE)
def server_tags_of_12() -> Iterator[Conversation]:
    """A server takes aes128-GCM and aes256-GCM without a length of the tag: it has 12 octets."""
    return _by_each_algorithm(Role.SERVER, 12)


@case("E2E/CLI/TAG/BV-12", "R-E2E-tag-length-12", *OWN, pics=CLIENT_AE, configuration=NATIVE)
def client_tags_of_12() -> Iterator[Conversation]:
    """A client offers aes128-GCM and aes256-GCM with tags of 12 octets, and uses them."""
    return _by_each_algorithm(Role.CLIENT, 12)


@case("E2E/SRV/TAG/BV-16", "R-E2E-tag-length-16", *OWN, pics=SERVER_AE, configuration=NATIVE)
def server_tags_of_16() -> Iterator[Conversation]:
    """A server takes aes128-GCM and aes256-GCM with tags of 16 octets, and uses them."""
    return _by_each_algorithm(Role.SERVER, 16)


@case("E2E/CLI/TAG/BV-16", "R-E2E-tag-length-16", *OWN, pics=CLIENT_AE, configuration=NATIVE)
def client_tags_of_16() -> Iterator[Conversation]:
    """A client offers aes128-GCM and aes256-GCM with tags of 16 octets, and uses them."""
    return _by_each_algorithm(Role.CLIENT, 16)


@case(
    "E2E/SRV/TAG/BV-13",
    "R-E2E-tag-length-13",
    *OWN,
    pics=f"{SERVER_AE} and E2E.tag-length-13.server",
    configuration=NATIVE,
)
def server_tags_of_13() -> Iterator[Conversation]:
    """A server that claims tags of 13 octets takes aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.SERVER, 13)


@case(
    "E2E/CLI/TAG/BV-13",
    "R-E2E-tag-length-13",
    *OWN,
    pics=f"{CLIENT_AE} and E2E.tag-length-13.client",
    configuration=NATIVE,
)
def client_tags_of_13() -> Iterator[Conversation]:
    """A client that claims tags of 13 octets offers aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.CLIENT, 13)


@case(
    "E2E/SRV/TAG/BV-14",
    "R-E2E-tag-length-14",
    *OWN,
    pics=f"{SERVER_AE} and E2E.tag-length-14.server",
    configuration=NATIVE,
)
def server_tags_of_14() -> Iterator[Conversation]:
    """A server that claims tags of 14 octets takes aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.SERVER, 14)


@case(
    "E2E/CLI/TAG/BV-14",
    "R-E2E-tag-length-14",
    *OWN,
    pics=f"{CLIENT_AE} and E2E.tag-length-14.client",
    configuration=NATIVE,
)
def client_tags_of_14() -> Iterator[Conversation]:
    """A client that claims tags of 14 octets offers aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.CLIENT, 14)


@case(
    "E2E/SRV/TAG/BV-15",
    "R-E2E-tag-length-15",
    *OWN,
    pics=f"{SERVER_AE} and E2E.tag-length-15.server",
    configuration=NATIVE,
)
def server_tags_of_15() -> Iterator[Conversation]:
    """A server that claims tags of 15 octets takes aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.SERVER, 15)


@case(
    "E2E/CLI/TAG/BV-15",
    "R-E2E-tag-length-15",
    *OWN,
    pics=f"{CLIENT_AE} and E2E.tag-length-15.client",
    configuration=NATIVE,
)
def client_tags_of_15() -> Iterator[Conversation]:
    """A client that claims tags of 15 octets offers aes128-GCM and aes256-GCM with them, and uses them."""
    return _by_each_algorithm(Role.CLIENT, 15)
