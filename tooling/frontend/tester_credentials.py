"""The tester's own credentials, looked at before it meets a device that would be blamed for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conform62351.pics.faults import FileFault
from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.pki.certificate import Certificate
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.manifest import CredentialError


def check_credentials(folder: CredentialFolder, names: Collection[str], now: float) -> None:
    """Make sure that the credentials ``names`` can be used at ``now``, a Unix time in seconds.

    They are those that valid conversations rest on; what is bad by intent is not meant.

    Raises:
        CredentialError: with everything that is wrong with them, such as a key of another certificate or a
            certificate that has expired.
    """
    faults: dict[FileFault, None] = {}
    for name in names:
        try:
            credential = folder.credential(name)
            file = folder.files(name).certificate
            folder.private_key(name)
        except CredentialError as error:
            faults.update(dict.fromkeys(error.faults))
            continue
        for certificate in (credential.certificate, *credential.chain):
            faults.update(dict.fromkeys(FileFault(file, 0, told) for told in _not_valid(certificate, now)))
    try:
        _ = folder.trust
    except CredentialError as error:
        faults.update(dict.fromkeys(error.faults))
    if faults:
        raise CredentialError(tuple(faults))


def _not_valid(certificate: Certificate, now: float) -> Iterator[str]:
    if now < certificate.not_before:
        yield f"{certificate.subject_text} is not valid before {moment_text(certificate.not_before)}"
    elif now > certificate.not_after:
        yield f"{certificate.subject_text} has expired on {moment_text(certificate.not_after)}"
