"""The calls to Kaggle that are needed, tried again as the server wishes.

With their failures told apart.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

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
from . import login as kaggle_login

T = TypeVar("T")

LONGEST_WAIT_SECONDS = 300.0
TOO_MANY, SERVER_ERRORS = 429, 500
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES}
HINTS = {
    "forbidden": "accept the rules or ask for access on its page at kaggle.com, with the account of these credentials",
    "missing": "look at its address: kaggle.com/datasets/OWNER/DATASET or kaggle.com/competitions/NAME",
}


@dataclass(frozen=True)
class RetryPolicy:
    """How long a request may take, how often it is tried again, and how."""

    timeout_seconds: float = 60.0
    retries: int = 4
    backoff_seconds: float = 2.0
    sleep: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True)
class Wanted:
    """What the source `kaggle:...` names.

    A dataset `owner/slug` or a competition, and which tables in it.
    """

    source: str
    slug: str
    competition: bool
    pattern: str = "*"


class Client:
    """One login; each call with its time limit and its retries."""

    def __init__(self, environment: Mapping[str, str], patience: RetryPolicy) -> None:
        self._environment = environment
        self._patience = patience
        self._made: Any = None

    def version(self, wanted: Wanted) -> str:
        """Names what is there now.

        A version number, or for a competition a hash of its list of files.
        """
        if not wanted.competition:
            answer = self._asked(
                lambda api: api.dataset_status(
                    wanted.slug, format="json(current_version_number)"
                ),
                wanted,
            )
            number = re.search(r"\d+", str(answer))
            if number is None:
                raise UnavailableError(
                    f"Kaggle gave no version of {wanted.slug}", hint="try again later"
                )
            return number.group()
        lines: list[str] = []
        page: str | None = None
        while True:
            answer = self._asked(partial(_listed, wanted.slug, page), wanted)
            lines += [
                f"{each.name} {each.total_bytes} {each.creation_date}"
                for each in answer.files
            ]
            page = answer.next_page_token
            if not page:
                return digest("\n".join(sorted(lines)).encode())

    def download(self, wanted: Wanted, version: str, folder: Path) -> None:
        """Fetch the archive, going on with what an earlier attempt left."""
        if wanted.competition:
            self._asked(
                lambda api: api.competition_download_files(wanted.slug, str(folder)),
                wanted,
            )
        else:
            self._asked(
                lambda api: api.dataset_download_files(
                    f"{wanted.slug}/{version}", str(folder)
                ),
                wanted,
            )

    def _asked(self, call: Callable[[Any], T], wanted: Wanted) -> T:
        """One call, tried again while that has a chance. Raises the PipelineError that fits."""
        for attempt in range(self._patience.retries + 1):
            try:
                with (
                    kaggle_login.quiet(),
                    kaggle_login.time_limit(self._patience.timeout_seconds),
                ):
                    return call(self._api())
            except SystemExit:
                raise CredentialsError(
                    "Kaggle accepts no anonymous calls", hint=kaggle_login.HINT
                ) from None
            except PipelineError:
                raise
            except Exception as error:  # noqa: BLE001  # the client lets through whatever its libraries raise
                wait = self._judged(
                    error, wanted, last=attempt == self._patience.retries
                )
                self._patience.sleep(
                    self._patience.backoff_seconds * 2**attempt
                    if wait is None
                    else wait
                )
        raise UnavailableError(f"{wanted.slug} could not be fetched from Kaggle")

    def _judged(self, error: Exception, wanted: Wanted, *, last: bool) -> float | None:
        """How long to wait where trying again makes sense; else raises what the error means.

        Nothing of the error's own text is passed on: it may hold an address with a
        signature.
        """
        import requests  # noqa: PLC0415  # the client brought it

        response = getattr(error, "response", None)
        status = None if response is None else response.status_code
        if status is not None:
            _raise_final(status, wanted)
            if status == TOO_MANY:
                return self._bidden(response, wanted, last=last)
        if isinstance(error, OSError) and error.errno in DISK:
            raise SourceError(
                f"{wanted.slug} cannot be stored: {error.strerror}",
                hint="it goes below runtime/downloads",
            ) from None
        waits = (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            OSError,
        )
        if (
            not isinstance(error, waits)
            and not (status and status >= SERVER_ERRORS)
            and "file size" not in str(error)
        ):
            raise UnavailableError(
                f"{wanted.slug}: the Kaggle client failed with {type(error).__name__}"
            ) from None
        if last:
            what = f"answers {status}" if status else _in_words(error)
            raise UnavailableError(
                f"Kaggle {what}; {wanted.slug} was tried {self._patience.retries + 1} times",
                hint="run again later",
            ) from None
        return None

    def _bidden(self, response: Any, wanted: Wanted, *, last: bool) -> float | None:  # noqa: ANN401  # requests' own
        wait = _seconds(response.headers.get("Retry-After", ""))
        if last or (wait or 0.0) > LONGEST_WAIT_SECONDS:
            when = f" in {wait:.0f} s" if wait else " later"
            raise RateLimitedError(
                f"Kaggle allows no more calls now ({wanted.slug})",
                hint=f"run again{when}",
            ) from None
        return wait

    def _api(self) -> Any:  # noqa: ANN401  # the client has no types
        if self._made is None:
            self._made = kaggle_login.logged_in(
                self._environment, self._patience.timeout_seconds
            )
        return self._made


def _listed(slug: str, page: str | None, api: Any) -> Any:  # noqa: ANN401  # the client has no types
    return api.competition_list_files(slug, page, 200)


def _seconds(text: str) -> float | None:
    """What `Retry-After` says: seconds, or a date. None where it says nothing."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _raise_final(status: int, wanted: Wanted) -> None:
    """Raises for answers that stay the same however often one asks."""
    if status == 401:  # noqa: PLR2004  # HTTP
        raise CredentialsError(
            "Kaggle does not accept the credentials (401)", hint=kaggle_login.HINT
        ) from None
    if status == 403:  # noqa: PLR2004  # HTTP
        raise ForbiddenError(
            f"Kaggle does not let this account read {wanted.slug} (403)",
            hint=HINTS["forbidden"],
        ) from None
    if status == 404:  # noqa: PLR2004  # HTTP
        raise NotFoundError(
            f"Kaggle has no {wanted.slug} (404)", hint=HINTS["missing"]
        ) from None


def _in_words(error: Exception) -> str:
    kind = type(error).__name__
    return (
        "did not answer in time"
        if "Timeout" in kind
        else f"cannot be reached or cut the connection ({kind})"
    )
