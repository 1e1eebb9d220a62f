"""Rejects with a fault: there is no association all the same, and the log tells of it (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import CLIENT, EVENT
from conform62351.suites.native.endings import (
    ADDRESS,
    ALGORITHM,
    ASSO_ID,
    CERTIFICATE,
    FORM,
    MISMATCH,
    PATH,
    REJECTS,
    SIGNATURE,
    TIME,
    TIME_FORM,
    TRUST,
    VERSION,
    client_case,
    ends_by_each,
)
from conform62351.tooling.engine.steps import Conversation

FAULTY = "R-E2E-reject-faulty"


@client_case("E2E/CLI/REJECT/BI-form", FAULTY, EVENT)
def client_form() -> Iterator[Conversation]:
    """A client logs that a reject does not decode; there is no association all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, FORM, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-assoID", FAULTY, EVENT)
def client_asso_id() -> Iterator[Conversation]:
    """A client logs that a reject has not the assoID of the association; there is no association all the
    same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ASSO_ID, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-time-form", FAULTY, EVENT)
def client_time_form() -> Iterator[Conversation]:
    """A client logs that a reject has a time in no form that there is; there is no association all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TIME_FORM, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-algorithm", FAULTY, EVENT)
def client_algorithm() -> Iterator[Conversation]:
    """A client logs that a reject is signed by an algorithm that native mode does not have; there is no
    association all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ALGORITHM, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-mismatch", FAULTY, EVENT)
def client_mismatch() -> Iterator[Conversation]:
    """A client logs that a reject has a signature of another algorithm than stated, or than its key is for;
    there is no association all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, MISMATCH, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-signature", FAULTY, EVENT)
def client_signature() -> Iterator[Conversation]:
    """A client logs that a reject has a signature that does not verify; there is no association all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, SIGNATURE, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-certificate", FAULTY, EVENT)
def client_certificate() -> Iterator[Conversation]:
    """A client logs that a reject has a certificate that cannot be read, or is against the rules; there is no
    association all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, CERTIFICATE, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-trust", FAULTY, EVENT)
def client_trust() -> Iterator[Conversation]:
    """A client logs that a reject has a certificate out of its validity, revoked or of an authority that is
    not trusted; there is no association all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TRUST, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-path", FAULTY, EVENT, pics=f"{CLIENT} and E2E.certPath.client")
def client_path() -> Iterator[Conversation]:
    """A client logs that a reject has a certPath with something else in it than the path; there is no
    association all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, PATH, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-address", FAULTY, EVENT)
def client_address() -> Iterator[Conversation]:
    """A client logs that a reject has the certificate of somebody else; there is no association all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ADDRESS, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-version", FAULTY, EVENT)
def client_version() -> Iterator[Conversation]:
    """A client logs that a reject is not of version 1; there is no association all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, VERSION, *REJECTS)


@client_case("E2E/CLI/REJECT/BI-time", FAULTY, EVENT)
def client_time() -> Iterator[Conversation]:
    """A client logs that a reject has a time more than 10 minutes off; there is no association all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TIME, *REJECTS)
