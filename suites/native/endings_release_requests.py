"""A ReleaseReq with a fault is answered by DtSecAbort, without a diagnostic where there is an alarm.

(clause 14; 11-decisions 35)
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import CLIENT, EVENT, SERVER
from conform62351.suites.native.endings import (
    ADDRESS,
    ALGORITHM,
    ASSO_ID,
    CERTIFICATE,
    FORM,
    MISMATCH,
    PATH,
    REQUEST,
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

FORM_DUE = "R-E2E-release-request-form"
ASSO_ID_DUE = "R-E2E-release-request-assoID"
TIME_FORM_DUE = "R-E2E-release-request-time-form"
ALGORITHM_DUE = "R-E2E-release-request-algorithm"
MISMATCH_DUE = "R-E2E-release-request-mismatch"
SIGNATURE_DUE = "R-E2E-release-request-signature"
CERTIFICATE_DUE = "R-E2E-release-request-certificate"
TRUST_DUE = "R-E2E-release-request-trust"
PATH_DUE = "R-E2E-release-request-path"
ADDRESS_DUE = "R-E2E-release-request-address"
VERSION_DUE = "R-E2E-release-request-version"
TIME_DUE = "R-E2E-release-request-time"


@server_case("E2E/SRV/RELEASE-REQ/BI-form", FORM_DUE, EVENT)
def server_form() -> Iterator[Conversation]:
    """A server answers DtSecAbort with protocol-error to a ReleaseReq that does not decode."""
    return ends_by_each(Role.SERVER, FORM_DUE, FORM, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-assoID", ASSO_ID_DUE, EVENT)
def server_asso_id() -> Iterator[Conversation]:
    """A server answers DtSecAbort with protocol-error to a ReleaseReq with another assoID than that of the
    association.
    """
    return ends_by_each(Role.SERVER, ASSO_ID_DUE, ASSO_ID, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-time-form", TIME_FORM_DUE, EVENT)
def server_time_form() -> Iterator[Conversation]:
    """A server answers DtSecAbort with protocol-error to a ReleaseReq with a time in no form that
    there is.
    """
    return ends_by_each(Role.SERVER, TIME_FORM_DUE, TIME_FORM, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-algorithm", ALGORITHM_DUE, EVENT)
def server_algorithm() -> Iterator[Conversation]:
    """A server answers DtSecAbort with no-reason-given to a ReleaseReq signed by an algorithm that native
    mode does not have.
    """
    return ends_by_each(Role.SERVER, ALGORITHM_DUE, ALGORITHM, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-mismatch", MISMATCH_DUE, EVENT)
def server_mismatch() -> Iterator[Conversation]:
    """A server raises an alarm, without a diagnostic, on a ReleaseReq with a signature of another algorithm
    than stated, or than its key is for.
    """
    return ends_by_each(Role.SERVER, MISMATCH_DUE, MISMATCH, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-signature", SIGNATURE_DUE, EVENT)
def server_signature() -> Iterator[Conversation]:
    """A server raises an alarm, without a diagnostic, on a ReleaseReq whose signature does not verify."""
    return ends_by_each(Role.SERVER, SIGNATURE_DUE, SIGNATURE, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-certificate", CERTIFICATE_DUE, EVENT)
def server_certificate() -> Iterator[Conversation]:
    """A server answers DtSecAbort with no-reason-given to a ReleaseReq with a certificate that cannot be
    read, or is against the rules.
    """
    return ends_by_each(Role.SERVER, CERTIFICATE_DUE, CERTIFICATE, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-trust", TRUST_DUE, EVENT)
def server_trust() -> Iterator[Conversation]:
    """A server raises an alarm, without a diagnostic, on a ReleaseReq with a certificate out of its validity,
    revoked or of an authority that is not trusted.
    """
    return ends_by_each(Role.SERVER, TRUST_DUE, TRUST, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-path", PATH_DUE, EVENT, pics=f"{SERVER} and E2E.certPath.server")
def server_path() -> Iterator[Conversation]:
    """A server answers DtSecAbort with no-reason-given to a ReleaseReq with something else in certPath than
    the path.
    """
    return ends_by_each(Role.SERVER, PATH_DUE, PATH, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-address", ADDRESS_DUE, EVENT)
def server_address() -> Iterator[Conversation]:
    """A server raises an alarm, without a diagnostic, on a ReleaseReq with the certificate of
    somebody else.
    """
    return ends_by_each(Role.SERVER, ADDRESS_DUE, ADDRESS, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-version", VERSION_DUE, EVENT)
def server_version() -> Iterator[Conversation]:
    """A server answers DtSecAbort with unexpected-version to a ReleaseReq that is not of version 1."""
    return ends_by_each(Role.SERVER, VERSION_DUE, VERSION, REQUEST)


@server_case("E2E/SRV/RELEASE-REQ/BI-time", TIME_DUE, EVENT)
def server_time() -> Iterator[Conversation]:
    """A server answers DtSecAbort with invalid-time-value to a ReleaseReq with a time more than 10 minutes
    off.
    """
    return ends_by_each(Role.SERVER, TIME_DUE, TIME, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-form", FORM_DUE, EVENT)
def client_form() -> Iterator[Conversation]:
    """A client answers DtSecAbort with protocol-error to a ReleaseReq that does not decode."""
    return ends_by_each(Role.CLIENT, FORM_DUE, FORM, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-assoID", ASSO_ID_DUE, EVENT)
def client_asso_id() -> Iterator[Conversation]:
    """A client answers DtSecAbort with protocol-error to a ReleaseReq with another assoID than that of the
    association.
    """
    return ends_by_each(Role.CLIENT, ASSO_ID_DUE, ASSO_ID, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-time-form", TIME_FORM_DUE, EVENT)
def client_time_form() -> Iterator[Conversation]:
    """A client answers DtSecAbort with protocol-error to a ReleaseReq with a time in no form that
    there is.
    """
    return ends_by_each(Role.CLIENT, TIME_FORM_DUE, TIME_FORM, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-algorithm", ALGORITHM_DUE, EVENT)
def client_algorithm() -> Iterator[Conversation]:
    """A client answers DtSecAbort with no-reason-given to a ReleaseReq signed by an algorithm that native
    mode does not have.
    """
    return ends_by_each(Role.CLIENT, ALGORITHM_DUE, ALGORITHM, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-mismatch", MISMATCH_DUE, EVENT)
def client_mismatch() -> Iterator[Conversation]:
    """A client raises an alarm, without a diagnostic, on a ReleaseReq with a signature of another algorithm
    than stated, or than its key is for.
    """
    return ends_by_each(Role.CLIENT, MISMATCH_DUE, MISMATCH, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-signature", SIGNATURE_DUE, EVENT)
def client_signature() -> Iterator[Conversation]:
    """A client raises an alarm, without a diagnostic, on a ReleaseReq whose signature does not verify."""
    return ends_by_each(Role.CLIENT, SIGNATURE_DUE, SIGNATURE, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-certificate", CERTIFICATE_DUE, EVENT)
def client_certificate() -> Iterator[Conversation]:
    """A client answers DtSecAbort with no-reason-given to a ReleaseReq with a certificate that cannot be
    read, or is against the rules.
    """
    return ends_by_each(Role.CLIENT, CERTIFICATE_DUE, CERTIFICATE, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-trust", TRUST_DUE, EVENT)
def client_trust() -> Iterator[Conversation]:
    """A client raises an alarm, without a diagnostic, on a ReleaseReq with a certificate out of its validity,
    revoked or of an authority that is not trusted.
    """
    return ends_by_each(Role.CLIENT, TRUST_DUE, TRUST, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-path", PATH_DUE, EVENT, pics=f"{CLIENT} and E2E.certPath.client")
def client_path() -> Iterator[Conversation]:
    """A client answers DtSecAbort with no-reason-given to a ReleaseReq with something else in certPath than
    the path.
    """
    return ends_by_each(Role.CLIENT, PATH_DUE, PATH, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-address", ADDRESS_DUE, EVENT)
def client_address() -> Iterator[Conversation]:
    """A client raises an alarm, without a diagnostic, on a ReleaseReq with the certificate of
    somebody else.
    """
    return ends_by_each(Role.CLIENT, ADDRESS_DUE, ADDRESS, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-version", VERSION_DUE, EVENT)
def client_version() -> Iterator[Conversation]:
    """A client answers DtSecAbort with unexpected-version to a ReleaseReq that is not of version 1."""
    return ends_by_each(Role.CLIENT, VERSION_DUE, VERSION, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-time", TIME_DUE, EVENT)
def client_time() -> Iterator[Conversation]:
    """A client answers DtSecAbort with invalid-time-value to a ReleaseReq with a time more than 10 minutes
    off.
    """
    return ends_by_each(Role.CLIENT, TIME_DUE, TIME, REQUEST)
