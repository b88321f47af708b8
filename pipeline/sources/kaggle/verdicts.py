"""What an answer means, by who gave it: Kaggle's API, or the storage that it sends to."""

from __future__ import annotations

import errno
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ...errors import (
    BadDownloadError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    PipelineError,
    RateLimitedError,
    SourceError,
    UnavailableError,
)
from . import login

if TYPE_CHECKING:
    import requests

    from .reference import KaggleReference

MAX_WAIT_SECONDS = 300.0
"""A server that asks to wait longer than this ends the run."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
TOO_MANY_REQUESTS, SERVER_ERROR, UNAVAILABLE = 429, 500, 503
DISK_ERRORS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
}
NOT_FOUND_HINT = (
    "look at its address: kaggle.com/datasets/OWNER/DATASET or "
    "kaggle.com/competitions/NAME"
)


class WebPageError(OSError):
    """A page of HTML, or an error in XML, came in place of data."""


class DamagedError(OSError):
    """What came down is not what the storage's digest says."""


class Subject(NamedTuple):
    """What a call is about: a reference, and a version that is known to exist."""

    reference: KaggleReference
    known_version: str = ""
    login: str = ""
    """Which login is used, without any of its values."""


class Failure(NamedTuple):
    """Something that may go better next time: what it was, and how long to wait.

    `final` is what to raise once there is no next time.
    """

    what: str
    wait_seconds: float | None
    final: PipelineError


def judge(error: Exception, subject: Subject) -> Failure:
    """Say what an error means; raise where a retry has no chance.

    Nothing of the error's own text is passed on: it may hold an address with a
    signature.
    """
    slug = subject.reference.slug
    response: requests.Response | None = getattr(error, "response", None)
    # A response is false where its status is an error.
    if response is not None and _is_error(response):
        with response:
            return _judge_response(response, subject)
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        raise SourceError(
            f"{slug} cannot be stored: {error.strerror}",
            hint="it goes below runtime/downloads",
        ) from None
    if isinstance(error, DamagedError):
        final = BadDownloadError(
            f"{slug} came down damaged, time and again: its digest is another",
            hint="run again; if it stays so, tell its owner",
        )
        return Failure("sent it damaged", None, final)
    if not _is_transient(error):
        raise UnavailableError(
            f"{slug}: the Kaggle client failed with {type(error).__name__}"
        ) from None
    return _make_failure(_describe(error), subject)


def _is_error(response: requests.Response) -> bool:
    return int(response.status_code) >= UNAUTHORIZED - 1


def _judge_response(response: requests.Response, subject: Subject) -> Failure:
    status = int(response.status_code)
    wait = parse_retry_after(response.headers.get("Retry-After", ""))
    # Calls are of services like `datasets.DatasetApiService`; files lie elsewhere.
    if "Service/" not in urlsplit(response.url).path:
        # An address is signed for some minutes; the next call gets a new one.
        return _make_failure(f"storage answers {status}", subject, wait)
    _raise_for_final_status(status, subject)
    slug = subject.reference.slug
    if status == NOT_FOUND:
        what = f"version {subject.known_version} of {slug}"
        if subject.reference.is_competition:
            what = f"the archive of {slug}"
        return Failure(
            f"has not packed {what} yet",
            wait,
            UnavailableError(
                f"{what} is not ready: Kaggle still packs it",
                hint="run again in some minutes",
            ),
        )
    # The quota is per account: another runner may use it up, too.
    if status == TOO_MANY_REQUESTS:
        when = "later"
        if wait:
            when = f"in {wait:.0f} s"
        final = RateLimitedError(
            f"Kaggle allows no more calls now ({slug})", hint=f"run again {when}"
        )
        return _check_wait(Failure("allows no more calls now", wait, final))
    if status < SERVER_ERROR:
        raise UnavailableError(f"Kaggle answers {status} ({slug})") from None
    # Only 503 says when it is over (RFC 9110, 15.6.4).
    if status != UNAVAILABLE:
        wait = None
    return _make_failure(f"answers {status}", subject, wait)


def _raise_for_final_status(status: int, subject: Subject) -> None:
    """Raise for answers of the API that stay the same however often one asks."""
    reference = subject.reference
    slug = reference.slug
    if status == UNAUTHORIZED:
        raise CredentialsError(
            f"Kaggle does not accept the credentials (401): {subject.login}",
            hint=login.HINT,
        ) from None
    if status == FORBIDDEN and reference.is_competition:
        raise ForbiddenError(
            f"Kaggle does not let this account read {slug} (403)",
            hint=f"accept its rules with that account: {reference.page}/rules",
        ) from None
    if status == FORBIDDEN:
        raise ForbiddenError(
            f"Kaggle does not let this account read {slug} (403): it is private, or "
            "there is none of that name",
            hint=f"look at {reference.page} with the account of these credentials",
        ) from None
    if status == NOT_FOUND and reference.version:
        raise NotFoundError(
            f"Kaggle has no version {reference.version} of {slug} (404)",
            hint=f"its versions: {reference.page}/versions",
        ) from None
    if status == NOT_FOUND and not subject.known_version:
        raise NotFoundError(
            f"Kaggle has no {slug} (404)", hint=NOT_FOUND_HINT
        ) from None


def _make_failure(what: str, subject: Subject, wait: float | None = None) -> Failure:
    hint = "run again later"
    if wait:
        hint = f"run again in {wait:.0f} s"
    final = UnavailableError(
        f"Kaggle {what}; {subject.reference.slug} was tried again to no avail",
        hint=hint,
    )
    if what.startswith("storage"):
        final.message = f"Kaggle's {final.message.removeprefix('Kaggle ')}"
    return _check_wait(Failure(what, wait, final))


def _check_wait(failure: Failure) -> Failure:
    if failure.wait_seconds is not None and failure.wait_seconds > MAX_WAIT_SECONDS:
        raise failure.final from None
    return failure


def parse_retry_after(text: str) -> float | None:
    """Parse `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; None for neither."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _is_transient(error: Exception) -> bool:
    """Tell whether a retry has a chance."""
    # All that `requests` raises is an OSError too.
    if isinstance(error, OSError) or "JSON" in type(error).__name__:
        return True
    # The client raises a ValueError of this text for a download that was cut off.
    return "file size" in str(error)


def _describe(error: Exception) -> str:
    """Say what went wrong, as it goes on behind "Kaggle"."""
    name = type(error).__name__
    if isinstance(error, WebPageError):
        return "sends a web page in place of data"
    if "JSON" in name:
        return "answers with what is no JSON"
    if "Timeout" in name:
        return "did not answer in time"
    return f"cannot be reached or cut the connection ({name})"
