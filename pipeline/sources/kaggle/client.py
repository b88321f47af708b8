"""The calls to Kaggle that are needed, retried as the server asks for."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ...errors import CredentialsError, PipelineError, UnavailableError
from ...terminal import show
from ..cursor import digest
from . import login
from .verdicts import Subject, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .login import KaggleApi, KaggleFilePage
    from .reference import KaggleReference

T = TypeVar("T")

FILES_PER_PAGE = 200
"""Ten times what the client asks for by itself, so that few calls are needed."""
MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a request may take, and how often and how it is retried."""

    timeout_seconds: float = 60.0
    retries: int = 4
    backoff_seconds: float = 2.0
    """Doubled with each retry."""
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = show
    """Told of retries and of how far a download is."""


class ListedFile(NamedTuple):
    """A file as Kaggle lists it; the size in bytes."""

    name: str
    size: int
    stamp: str


class KaggleClient:
    """One login; each call with its time limit and its retries."""

    def __init__(self, environment: Mapping[str, str], policy: RetryPolicy) -> None:
        self._environment = environment
        self.policy = policy
        self._api: KaggleApi = None
        self._competition_files: list[ListedFile] | None = None

    def get_version(self, reference: KaggleReference) -> str:
        """Return the number of the version that is there now, or that is pinned.

        A competition has none: a digest of its list of files stands for it.
        """
        if reference.version:
            return reference.version
        # The list stands for the version that Kaggle does not count.
        if reference.is_competition:
            files = self.list_files(reference, "")
            lines = map(" ".join, map(_format_file, files))
            return digest("\n".join(sorted(lines)).encode())
        answer = self.call(
            lambda api: api.dataset_status(
                reference.slug, format="json(current_version_number)"
            ),
            Subject(reference),
        )
        number = re.search(r"\d+", str(answer))
        if number is None:
            raise UnavailableError(
                f"Kaggle gave no version of {reference.slug}", hint="try again later"
            )
        return number.group()

    def list_files(self, reference: KaggleReference, version: str) -> list[ListedFile]:
        """List the files of a version, or of a competition, which is asked once."""
        if self._competition_files is not None and reference.is_competition:
            return self._competition_files

        def list_page(api: KaggleApi) -> KaggleFilePage:
            if reference.is_competition:
                slug = reference.slug
                return api.competition_list_files(slug, token, FILES_PER_PAGE)
            slug = f"{reference.slug}/{version}"
            return api.dataset_list_files(slug, token, FILES_PER_PAGE)

        files: list[ListedFile] = []
        token: str | None = None
        # A server that never stops naming a next page is not followed for ever.
        for _ in range(MOST_PAGES):
            page = self.call(list_page, Subject(reference, version))
            for file in page.files:
                stamp = str(file.creation_date)
                files.append(ListedFile(file.name, file.total_bytes, stamp))
            token = page.next_page_token
            if not token:
                break
        if reference.is_competition:
            self._competition_files = files
        return files

    def download(self, reference: KaggleReference, version: str, folder: Path) -> None:
        """Download the archive, resuming what an earlier attempt left."""

        def download_archive(api: KaggleApi) -> None:
            if reference.is_competition:
                api.competition_download_files(reference.slug, str(folder))
            else:
                slug = f"{reference.slug}/{version}"
                api.dataset_download_files(slug, str(folder))

        self.call(download_archive, Subject(reference, version))

    def download_file(
        self, reference: KaggleReference, version: str, name: str, folder: Path
    ) -> None:
        """Download one file; a large one arrives as `NAME.zip`."""

        def download_one(api: KaggleApi) -> None:
            if reference.is_competition:
                api.competition_download_file(
                    reference.slug, name, str(folder), quiet=True
                )
            else:
                slug = f"{reference.slug}/{version}"
                api.dataset_download_file(slug, name, str(folder))

        self.call(download_one, Subject(reference, version))

    def call(self, function: Callable[[KaggleApi], T], subject: Subject) -> T:
        """Call the client, and retry while that has a chance.

        Raises the PipelineError that fits.
        """
        tries = self.policy.retries + 1
        subject = subject._replace(login=login.describe(self._environment))
        for attempt in range(1, tries + 1):
            try:
                with (
                    login.discard_output(),
                    login.set_time_limit(self.policy.timeout_seconds),
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
                failure = judge(error, subject)
                if attempt == tries:
                    raise failure.final from None
                # What the server asks for goes before what we would choose.
                wait = failure.wait_seconds
                if wait is None:
                    wait = self.policy.backoff_seconds * float(2 ** (attempt - 1))
                self.policy.say(
                    f"Kaggle: {failure.what}; try {attempt + 1} of {tries} "
                    f"in {wait:.0f} s"
                )
                self.policy.sleep(wait)
        raise UnavailableError(f"{subject.reference.slug} could not be fetched")

    def _log_in(self) -> KaggleApi:
        if self._api is None:
            self._api = login.log_in(self._environment, self.policy)
        return self._api


def _format_file(file: ListedFile) -> tuple[str, str, str]:
    return file.name, str(file.size), file.stamp
