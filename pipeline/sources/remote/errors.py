"""What goes wrong between here and a URL, in words and without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ...errors import MissingLibraryError, SourceError
from ...redaction import scrub_text

DENIED_STATUSES = {401, 403}
GONE_STATUSES = {404, 410}
LIBRARIES_BY_SCHEME = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "http": "aiohttp",
    "https": "aiohttp",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "adl": "adlfs",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
    "hf": "huggingface_hub",
    "webdav": "webdav4",
    "github": "requests",
}
"""What fsspec needs for each scheme."""
DENIED_CLASSES = {
    "PermissionError",
    "NoCredentialsError",
    "AuthenticationException",
    "error_perm",
}
UNREACHABLE_CLASSES = {
    "ConnectionError",
    "ClientConnectionError",
    "HTTPClientError",
    "gaierror",
    "NoValidConnectionsError",
}
"""Classes by their names: the libraries they come from may not be installed."""
LATER_HINT = "run again later"


class NoRangesError(SourceError):
    """The server sends files only as a whole."""


class RemoteFailure(NamedTuple):
    """An error of a library: its chain of causes, its class names, the answer's status."""

    error: BaseException
    class_names: frozenset[str]
    status: int | None

    @property
    def status_note(self) -> str:
        """The status in brackets, for a message that is about something else."""
        if self.status is None:
            return ""
        return f" ({self.status})"


def make_install_hint(source: str) -> str:
    """Return the line that installs what a URL needs."""
    packages = ["fsspec"]
    for link in source.split("::"):
        scheme, separator, _ = link.partition("://")
        package = LIBRARIES_BY_SCHEME.get(scheme)
        if separator and package and package not in packages:
            packages.append(package)
    return "pip install " + " ".join(packages)


@contextmanager
def explain_remote_errors(label: str) -> Iterator[None]:
    """Turn whatever the library of a file system raises into a SourceError.

    `label` names the file without secrets.
    """
    try:
        yield
    except (SourceError, MissingLibraryError):
        raise
    except Exception as error:  # noqa: BLE001  # each file system has errors of its own
        # The message of fsspec's HTTP file system, which has no class for it.
        if isinstance(error, ValueError) and "range requests" in str(error):
            raise NoRangesError(
                f"{label} cannot be read: the server sends no parts of it any more"
            ) from None
        reason, hint = describe_failure(examine_error(error))
        raise SourceError(f"{label} {reason}", hint=hint) from None


def examine_error(error: BaseException) -> RemoteFailure:
    """Collect what an error and its causes tell."""
    class_names: set[str] = set()
    status = None
    for cause in list_causes(error):
        for error_class in type(cause).__mro__:
            class_names.add(error_class.__name__)
        if status is None:
            status = get_status(cause)
    return RemoteFailure(error, frozenset(class_names), status)


def describe_failure(failure: RemoteFailure) -> tuple[str, str]:
    """Say what went wrong, and what to do about it."""
    if failure.status in DENIED_STATUSES or failure.class_names & DENIED_CLASSES:
        reason = f"may not be read{failure.status_note}"
        return reason, "give the job the credentials that it takes"
    reason, hint = find_reason(failure)
    return f"cannot be read: {reason}", hint


def find_reason(failure: RemoteFailure) -> tuple[str, str]:
    """Find the first reason that fits, and what to do about it."""
    status, names = failure.status, failure.class_names
    if status in GONE_STATUSES:
        return f"it is not there{failure.status_note}", ""
    if status is not None:
        return f"the server answers {status}", LATER_HINT
    if any("Timeout" in name for name in names):
        return "the server did not answer in time", LATER_HINT
    if names & UNREACHABLE_CLASSES:
        return "the server cannot be reached", LATER_HINT
    # Last, as fsspec calls everything over HTTP a file that is not found.
    if "FileNotFoundError" in names:
        return "it is not there", ""
    return f"{type(failure.error).__name__}: {scrub_text(str(failure.error))}", ""


def list_causes(error: BaseException) -> list[BaseException]:
    """List an error and what led to it, the innermost first."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        causes.insert(0, cause)
        if cause.__cause__ is not None or cause.__suppress_context__:
            cause = cause.__cause__
        else:
            cause = cause.__context__
    return causes


def get_status(error: BaseException) -> int | None:
    """Return the status of an HTTP answer, as aiohttp or botocore carry it."""
    status = getattr(error, "status", None)
    response = getattr(error, "response", None)
    if not status and isinstance(response, dict):
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if isinstance(status, int) and status:
        return status
    return None
