"""A ReleaseRsp with a fault: the association is released all the same, and the log tells (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import EVENT
from conform62351.suites.native.endings import (
    ADDRESS,
    ALGORITHM,
    ASSO_ID,
    CERTIFICATE,
    CLIENT_RELEASES,
    FORM,
    MISMATCH,
    PATH,
    RESPONSE,
    SERVER_RELEASES,
    SIGNATURE,
    TIME,
    TIME_FORM,
    TRUST,
    VERSION,
    client_asks_case,
    ends_by_each,
    server_asks_case,
)
from conform62351.tooling.engine.steps import Conversation

FAULTY = "R-E2E-release-response-faulty"
FAULTY_SERVER = "R-E2E-release-response-faulty-server"


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-form", FAULTY_SERVER, EVENT)
def server_form() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq does not decode; the association is released all the
    same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, FORM, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-assoID", FAULTY_SERVER, EVENT)
def server_asso_id() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has not the assoID of the association; the association
    is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, ASSO_ID, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-time-form", FAULTY_SERVER, EVENT)
def server_time_form() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a time in no form that there is; the association is
    released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, TIME_FORM, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-algorithm", FAULTY_SERVER, EVENT)
def server_algorithm() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq is signed by an algorithm that native mode does not
    have; the association is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, ALGORITHM, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-mismatch", FAULTY_SERVER, EVENT)
def server_mismatch() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a signature of another algorithm than stated, or
    than its key is for; the association is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, MISMATCH, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-signature", FAULTY_SERVER, EVENT)
def server_signature() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a signature that does not verify; the association
    is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, SIGNATURE, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-certificate", FAULTY_SERVER, EVENT)
def server_certificate() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a certificate that cannot be read, or is against
    the rules; the association is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, CERTIFICATE, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-trust", FAULTY_SERVER, EVENT)
def server_trust() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a certificate out of its validity, revoked or of an
    authority that is not trusted; the association is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, TRUST, RESPONSE)


@server_asks_case(
    "E2E/SRV/RELEASE-RSP/BI-path",
    FAULTY_SERVER,
    EVENT,
    pics=f"{SERVER_RELEASES} and E2E.certPath.server",
)
def server_path() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a certPath with something else in it than the path;
    the association is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, PATH, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-address", FAULTY_SERVER, EVENT)
def server_address() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has the certificate of somebody else; the association
    is released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, ADDRESS, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-version", FAULTY_SERVER, EVENT)
def server_version() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq is not of version 1; the association is released all
    the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, VERSION, RESPONSE)


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-time", FAULTY_SERVER, EVENT)
def server_time() -> Iterator[Conversation]:
    """A server logs that the answer to its ReleaseReq has a time more than 10 minutes off; the association is
    released all the same.
    """
    return ends_by_each(Role.SERVER, FAULTY_SERVER, TIME, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-form", FAULTY, EVENT)
def client_form() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq does not decode; the association is released all the
    same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, FORM, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-assoID", FAULTY, EVENT)
def client_asso_id() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has not the assoID of the association; the association
    is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ASSO_ID, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-time-form", FAULTY, EVENT)
def client_time_form() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a time in no form that there is; the association is
    released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TIME_FORM, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-algorithm", FAULTY, EVENT)
def client_algorithm() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq is signed by an algorithm that native mode does not
    have; the association is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ALGORITHM, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-mismatch", FAULTY, EVENT)
def client_mismatch() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a signature of another algorithm than stated, or
    than its key is for; the association is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, MISMATCH, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-signature", FAULTY, EVENT)
def client_signature() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a signature that does not verify; the association
    is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, SIGNATURE, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-certificate", FAULTY, EVENT)
def client_certificate() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a certificate that cannot be read, or is against
    the rules; the association is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, CERTIFICATE, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-trust", FAULTY, EVENT)
def client_trust() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a certificate out of its validity, revoked or of an
    authority that is not trusted; the association is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TRUST, RESPONSE)


@client_asks_case(
    "E2E/CLI/RELEASE-RSP/BI-path",
    FAULTY,
    EVENT,
    pics=f"{CLIENT_RELEASES} and E2E.certPath.client",
)
def client_path() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a certPath with something else in it than the path;
    the association is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, PATH, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-address", FAULTY, EVENT)
def client_address() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has the certificate of somebody else; the association
    is released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, ADDRESS, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-version", FAULTY, EVENT)
def client_version() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq is not of version 1; the association is released all
    the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, VERSION, RESPONSE)


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-time", FAULTY, EVENT)
def client_time() -> Iterator[Conversation]:
    """A client logs that the answer to its ReleaseReq has a time more than 10 minutes off; the association is
    released all the same.
    """
    return ends_by_each(Role.CLIENT, FAULTY, TIME, RESPONSE)
