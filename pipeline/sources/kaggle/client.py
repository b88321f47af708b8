"""The calls to Kaggle that are needed, retried as the server asks for."""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...errors import (
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    PipelineError,
    RateLimitedError,
    SourceError,
    UnavailableError,
)
from ..cursor import digest
from . import login

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from .login import KaggleApi, KaggleFile, KaggleFilePage
    from .reference import KaggleReference

T = TypeVar("T")

MAX_WAIT_SECONDS = 300.0
"""A server that asks to wait longer than this ends the run."""
FILES_PER_PAGE = 200
"""Ten times what the client asks for by itself, so that few calls are needed."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
DISK_ERRORS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
}
FORBIDDEN_HINT = (
    "accept the rules or ask for access on its page at kaggle.com, "
    "with the account of these credentials"
)
NOT_FOUND_HINT = (
    "look at its address: kaggle.com/datasets/OWNER/DATASET or "
    "kaggle.com/competitions/NAME"
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a request may take, and how often and how it is retried."""

    timeout_seconds: float = 60.0
    retries: int = 4
    backoff_seconds: float = 2.0
    """Doubled with each retry."""
    sleep: Callable[[float], None] = time.sleep


class KaggleClient:
    """One login; each call with its time limit and its retries."""

    def __init__(self, environment: Mapping[str, str], policy: RetryPolicy) -> None:
        self._environment = environment
        self._policy = policy
        self._api: KaggleApi = None

    def get_version(self, reference: KaggleReference) -> str:
        """Return the number of the version that is there now.

        A competition has none: a digest of its list of files stands for it.
        """
        if reference.is_competition:
            return self._digest_file_list(reference)
        answer = self._call(
            lambda api: api.dataset_status(
                reference.slug, format="json(current_version_number)"
            ),
            reference,
        )
        number = re.search(r"\d+", str(answer))
        if number is None:
            raise UnavailableError(
                f"Kaggle gave no version of {reference.slug}", hint="try again later"
            )
        return number.group()

    def download(self, reference: KaggleReference, version: str, folder: Path) -> None:
        """Download the archive, resuming what an earlier attempt left."""

        def download_archive(api: KaggleApi) -> None:
            if reference.is_competition:
                api.competition_download_files(reference.slug, str(folder))
            else:
                slug = f"{reference.slug}/{version}"
                api.dataset_download_files(slug, str(folder))

        self._call(download_archive, reference)

    def _digest_file_list(self, reference: KaggleReference) -> str:
        lines: list[str] = []
        page_token: str | None = None

        def list_page(api: KaggleApi) -> KaggleFilePage:
            slug = reference.slug
            return api.competition_list_files(slug, page_token, FILES_PER_PAGE)

        while True:
            page = self._call(list_page, reference)
            lines.extend(map(describe_file, page.files))
            page_token = page.next_page_token
            if not page_token:
                return digest("\n".join(sorted(lines)).encode())

    def _call(
        self, function: Callable[[KaggleApi], T], reference: KaggleReference
    ) -> T:
        """Call the client, and retry while that has a chance.

        Raises the PipelineError that fits.
        """
        for attempt in range(self._policy.retries + 1):
            try:
                with (
                    login.discard_output(),
                    login.set_time_limit(self._policy.timeout_seconds),
                ):
                    return function(self._log_in())
            except SystemExit:
                # The client ends the process where it finds no credentials.
                raise CredentialsError(
                    "Kaggle accepts no anonymous calls", hint=login.HINT
                ) from None
            except PipelineError:
                raise
            except Exception as error:  # noqa: BLE001  # its libraries raise anything
                wait = self._choose_wait(error, reference, attempt)
                self._policy.sleep(wait)
        raise UnavailableError(f"{reference.slug} could not be fetched from Kaggle")

    def _choose_wait(
        self, error: Exception, reference: KaggleReference, attempt: int
    ) -> float:
        """Choose how many seconds to wait before a retry; raise where none has a chance.

        Nothing of the error's own text is passed on: it may hold an address with a
        signature.
        """
        is_last = attempt == self._policy.retries
        backoff = self._policy.backoff_seconds * float(2**attempt)
        response: requests.Response | None = getattr(error, "response", None)
        status = None
        if response is not None:
            status = int(response.status_code)
            raise_for_final_status(status, reference)
            if status == TOO_MANY_REQUESTS:
                return choose_rate_limit_wait(
                    response, reference, backoff, is_last=is_last
                )
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise SourceError(
                f"{reference.slug} cannot be stored: {error.strerror}",
                hint="it goes below runtime/downloads",
            ) from None
        if not is_transient(error, status):
            raise UnavailableError(
                f"{reference.slug}: the Kaggle client failed with "
                f"{type(error).__name__}"
            ) from None
        if is_last:
            raise UnavailableError(
                f"Kaggle {describe_transient(error, status)}; {reference.slug} was "
                f"tried {self._policy.retries + 1} times",
                hint="run again later",
            ) from None
        return backoff

    def _log_in(self) -> KaggleApi:
        if self._api is None:
            timeout = self._policy.timeout_seconds
            self._api = login.log_in(self._environment, timeout)
        return self._api


def describe_file(file: KaggleFile) -> str:
    """Return a line that changes with a file of a competition."""
    return f"{file.name} {file.total_bytes} {file.creation_date}"


def raise_for_final_status(status: int, reference: KaggleReference) -> None:
    """Raise for answers that stay the same however often one asks."""
    if status == UNAUTHORIZED:
        raise CredentialsError(
            "Kaggle does not accept the credentials (401)", hint=login.HINT
        ) from None
    if status == FORBIDDEN:
        raise ForbiddenError(
            f"Kaggle does not let this account read {reference.slug} (403)",
            hint=FORBIDDEN_HINT,
        ) from None
    if status == NOT_FOUND:
        raise NotFoundError(
            f"Kaggle has no {reference.slug} (404)", hint=NOT_FOUND_HINT
        ) from None


def choose_rate_limit_wait(
    response: requests.Response,
    reference: KaggleReference,
    backoff: float,
    *,
    is_last: bool,
) -> float:
    """Choose how many seconds to wait after too many requests.

    As long as the server says, else the back-off. Raises RateLimitedError where that is
    too long, or the last attempt was made.
    """
    wait = parse_retry_after(response.headers.get("Retry-After", ""))
    if is_last or (wait is not None and wait > MAX_WAIT_SECONDS):
        when = "later"
        if wait:
            when = f"in {wait:.0f} s"
        raise RateLimitedError(
            f"Kaggle allows no more calls now ({reference.slug})",
            hint=f"run again {when}",
        ) from None
    if wait is None:
        return backoff
    return wait


def parse_retry_after(text: str) -> float | None:
    """Parse `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; None for neither."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def is_transient(error: Exception, status: int | None) -> bool:
    """Tell whether a retry has a chance."""
    import requests  # noqa: PLC0415  # comes with the client

    transient_errors = (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        OSError,
    )
    if isinstance(error, transient_errors):
        return True
    if status is not None and status >= SERVER_ERROR:
        return True
    # The client raises a ValueError of this text for a download that was cut off.
    return "file size" in str(error)


def describe_transient(error: Exception, status: int | None) -> str:
    """Say what kept going wrong."""
    if status:
        return f"answers {status}"
    name = type(error).__name__
    if "Timeout" in name:
        return "did not answer in time"
    return f"cannot be reached or cut the connection ({name})"
