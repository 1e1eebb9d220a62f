"""Aborts with a fault: the association ends all the same, and the log tells what was found (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import CLIENT, EVENT, SERVER
from conform62351.suites.native.endings import (
    ABORTS,
    ADDRESS,
    ALGORITHM,
    ASSO_ID,
    CERTIFICATE,
    FORM,
    MISMATCH,
    PATH,
    SIGNATURE,
    TIME,
    TIME_FORM,
    TRUST,
    VERSION,
    client_case,
    ends_by_each,
    server_case,
)
from conform62351.tooling.engine.steps import Conversation

FAULTY = "R-E2E-abort-faulty"


@server_case("E2E/SRV/ABORT/BI-form", FAULTY, EVENT)
def server_form() -> Iterator[Conversation]:
    """A server logs that an abort does not decode; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, FORM, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-assoID", FAULTY, EVENT)
def server_asso_id() -> Iterator[Conversation]:
    """A server logs that an abort has not the assoID of the association; the association ends all
    the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, ASSO_ID, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-time-form", FAULTY, EVENT)
def server_time_form() -> Iterator[Conversation]:
    """A server logs that an abort has a time in no form that there is; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, TIME_FORM, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-algorithm", FAULTY, EVENT)
def server_algorithm() -> Iterator[Conversation]:
    """A server logs that an abort is signed by an algorithm that native mode does not have; the association
    ends all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, ALGORITHM, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-mismatch", FAULTY, EVENT)
def server_mismatch() -> Iterator[Conversation]:
    """A server logs that an abort has a signature of another algorithm than stated, or than its key is for;
    the association ends all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, MISMATCH, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-signature", FAULTY, EVENT)
def server_signature() -> Iterator[Conversation]:
    """A server logs that an abort has a signature that does not verify; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, SIGNATURE, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-certificate", FAULTY, EVENT)
def server_certificate() -> Iterator[Conversation]:
    """A server logs that an abort has a certificate that cannot be read, or is against the rules; the
    association ends all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, CERTIFICATE, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-trust", FAULTY, EVENT)
def server_trust() -> Iterator[Conversation]:
    """A server logs that an abort has a certificate out of its validity, revoked or of an authority that is
    not trusted; the association ends all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, TRUST, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-path", FAULTY, EVENT, pics=f"{SERVER} and E2E.certPath.server")
def server_path() -> Iterator[Conversation]:
    """A server logs that an abort has a certPath with something else in it than the path; the association
    ends all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY, PATH, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-address", FAULTY, EVENT)
def server_address() -> Iterator[Conversation]:
    """A server logs that an abort has the certificate of somebody else; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, ADDRESS, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-version", FAULTY, EVENT)
def server_version() -> Iterator[Conversation]:
    """A server logs that an abort is not of version 1; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, VERSION, *ABORTS[Role.SERVER])


@server_case("E2E/SRV/ABORT/BI-time", FAULTY, EVENT)
def server_time() -> Iterator[Conversation]:
    """A server logs that an abort has a time more than 10 minutes off; the association ends all the same."""
    return ends_by_each(Role.SERVER, FAULTY, TIME, *ABORTS[Role.SERVER])


@client_case("E2E/CLI/ABORT/BI-form", FAULTY, EVENT)
def client_form() -> Iterator[Conversation]:
    """A client logs that an abort does not decode; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, FORM, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-assoID", FAULTY, EVENT)
def client_asso_id() -> Iterator[Conversation]:
    """A client logs that an abort has not the assoID of the association; the association ends all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ASSO_ID, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-time-form", FAULTY, EVENT)
def client_time_form() -> Iterator[Conversation]:
    """A client logs that an abort has a time in no form that there is; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, TIME_FORM, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-algorithm", FAULTY, EVENT)
def client_algorithm() -> Iterator[Conversation]:
    """A client logs that an abort is signed by an algorithm that native mode does not have; the association
    ends all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ALGORITHM, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-mismatch", FAULTY, EVENT)
def client_mismatch() -> Iterator[Conversation]:
    """A client logs that an abort has a signature of another algorithm than stated, or than its key is for;
    the association ends all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, MISMATCH, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-signature", FAULTY, EVENT)
def client_signature() -> Iterator[Conversation]:
    """A client logs that an abort has a signature that does not verify; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, SIGNATURE, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-certificate", FAULTY, EVENT)
def client_certificate() -> Iterator[Conversation]:
    """A client logs that an abort has a certificate that cannot be read, or is against the rules; the
    association ends all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, CERTIFICATE, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-trust", FAULTY, EVENT)
def client_trust() -> Iterator[Conversation]:
    """A client logs that an abort has a certificate out of its validity, revoked or of an authority that is
    not trusted; the association ends all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TRUST, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-path", FAULTY, EVENT, pics=f"{CLIENT} and E2E.certPath.client")
def client_path() -> Iterator[Conversation]:
    """A client logs that an abort has a certPath with something else in it than the path; the association
    ends all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, PATH, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-address", FAULTY, EVENT)
def client_address() -> Iterator[Conversation]:
    """A client logs that an abort has the certificate of somebody else; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, ADDRESS, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-version", FAULTY, EVENT)
def client_version() -> Iterator[Conversation]:
    """A client logs that an abort is not of version 1; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, VERSION, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/ABORT/BI-time", FAULTY, EVENT)
def client_time() -> Iterator[Conversation]:
    """A client logs that an abort has a time more than 10 minutes off; the association ends all the same."""
    return ends_by_each(Role.CLIENT, FAULTY, TIME, *ABORTS[Role.CLIENT])
