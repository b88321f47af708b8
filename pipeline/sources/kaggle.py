"""Kaggle datasets and competitions through the official client, kept on a short lead.

The client has no time limits, prints, logs in while it is imported, calls `exit(1)` without credentials and checks no
archive. So: credentials are looked for first, the version is asked for before anything is downloaded, every request has
a time limit, failures are tried again as the server wishes, and the archive is read in place after it was checked.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import (
    BadDownloadError,
    CredentialsError,
    ForbiddenError,
    MissingLibraryError,
    NotFoundError,
    PipelineError,
    RateLimitedError,
    SettingsError,
    SourceError,
    UnavailableError,
)
from pipeline.sources.cursor import Cursor
from pipeline.sources.members import Member
from pipeline.sources.places import zip_members
from pipeline.sources.tables import Files, Reader

T = TypeVar("T")

PREFIX = "kaggle:"
LONGEST_WAIT_SECONDS = 300.0
TOO_MANY, SERVER_ERRORS = 429, 500
HINTS = {
    "credentials": "set KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN: https://www.kaggle.com/settings/api",
    "forbidden": "accept the rules or ask for access on its page at kaggle.com, with the account of these credentials",
    "missing": "look at its address: kaggle.com/datasets/OWNER/DATASET or kaggle.com/competitions/NAME",
}


@dataclass(frozen=True)
class Patience:
    """How long a request may take, how often it is tried again, and how."""

    timeout_seconds: float = 60.0
    retries: int = 4
    backoff_seconds: float = 2.0
    sleep: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True)
class Wanted:
    """What `kaggle:...` names: a dataset `owner/slug` or a competition, and which tables in it."""

    slug: str
    competition: bool
    pattern: str = "*"


def parse(source: str) -> Wanted:
    """`kaggle:OWNER/DATASET[/TABLES]` or `kaggle:competitions/NAME[/TABLES]`. Raises SettingsError."""
    parts = source.removeprefix(PREFIX).split("/", 2)
    if len(parts) < 2 or not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", part) for part in parts[:2]):  # noqa: PLR2004
        raise SettingsError(
            f"`source` is {source!r}",
            hint="kaggle:OWNER/DATASET, kaggle:OWNER/DATASET/TABLE.csv or kaggle:competitions/NAME",
        )
    pattern = parts[2] if len(parts) > 2 else "*"  # noqa: PLR2004  # owner, dataset, tables
    if parts[0] == "competitions":
        return Wanted(parts[1], competition=True, pattern=pattern)
    return Wanted(f"{parts[0]}/{parts[1]}", competition=False, pattern=pattern)


class KaggleFiles(Files):
    """Tables of a dataset at its current version, downloaded when that is another than the cursor's."""

    def __init__(self, source: str, downloads: Path, environment: Mapping[str, str], patience: Patience) -> None:
        self._wanted = parse(source)
        self._folder = downloads / "kaggle" / self._wanted.slug.replace("/", "__")
        self._client = _Client(environment, patience)
        self._version: str | None = None
        super().__init__(source, self._tables)

    def has_new(self, cursor: Cursor | None) -> bool:
        """One call where the version is the one that was learnt to its end; else a download, and a look into it."""
        version = self._current()
        ended = all(place["end"] is not None for place in (cursor or {}).get("files", {}).values())
        if cursor and cursor.get("version") == version and ended:
            return False
        return super().has_new(cursor)

    def reader(self, cursor: Cursor | None) -> Reader:
        """Reads on, and keeps the version in the cursor."""
        reader = super().reader(cursor)
        reader.kept = {"version": self._current()}
        return reader

    def _current(self) -> str:
        if self._version is None:
            self._version = self._client.version(self._wanted)
        return self._version

    def _tables(self) -> list[Member]:
        archive = self._fetched(self._current())
        try:
            members = zip_members(archive.name, lambda: archive.open("rb"))
        except SourceError as error:
            # Gone, so that the next run fetches it anew instead of stumbling over it again.
            archive.unlink(missing_ok=True)
            raise BadDownloadError(
                f"{self._wanted.slug}: {error.message}",
                hint="run again to fetch it anew; if it stays so, tell its owner",
            ) from error
        found = [member for member in members if fnmatch.fnmatch(member.name.split("!", 1)[1], self._wanted.pattern)]
        if not found:
            names = ", ".join(member.name.split("!", 1)[1] for member in members) or "no table at all"
            raise SourceError(f"{self.label} names no table: the archive holds {names}")
        return found

    def _fetched(self, version: str) -> Path:
        """The archive of that version; older ones go once it is whole."""
        folder = self._folder / version
        archive = folder / f"{self._wanted.slug.rsplit('/', 1)[-1]}.zip"
        done = folder / "complete"
        if not (done.exists() and archive.exists()):
            folder.mkdir(parents=True, exist_ok=True)
            self._client.download(self._wanted, version, folder)
            done.touch()
            for other in self._folder.iterdir():
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)
        return archive


class _Client:
    """The calls that are needed, each with its time limit, its retries and its errors told apart."""

    def __init__(self, environment: Mapping[str, str], patience: Patience) -> None:
        self._environment = environment
        self._patience = patience
        self._made: Any = None

    def version(self, wanted: Wanted) -> str:
        """Names what is there now: a version number, or for a competition a hash of its list of files."""
        if not wanted.competition:
            answer = self._asked(
                lambda api: api.dataset_status(wanted.slug, format="json(current_version_number)"), wanted
            )
            number = re.search(r"\d+", str(answer))
            if number is None:
                raise UnavailableError(f"Kaggle gave no version of {wanted.slug}", hint="try again later")
            return number.group()
        from pipeline.sources.members import digest  # noqa: PLC0415  # only for competitions

        lines: list[str] = []
        page: str | None = None
        while True:
            answer = self._asked(partial(_listed, wanted.slug, page), wanted)
            lines += [f"{each.name} {each.total_bytes} {each.creation_date}" for each in answer.files]
            page = answer.next_page_token
            if not page:
                return digest("\n".join(sorted(lines)).encode())

    def download(self, wanted: Wanted, version: str, folder: Path) -> None:
        """Fetch the archive, going on with what an earlier attempt left."""
        if wanted.competition:
            self._asked(lambda api: api.competition_download_files(wanted.slug, str(folder)), wanted)
        else:
            self._asked(lambda api: api.dataset_download_files(f"{wanted.slug}/{version}", str(folder)), wanted)

    def _asked(self, call: Callable[[Any], T], wanted: Wanted) -> T:
        """One call, tried again while that has a chance. Raises the PipelineError that fits."""
        for attempt in range(self._patience.retries + 1):
            try:
                with _quiet(), _time_limit(self._patience.timeout_seconds):
                    return call(self._api())
            except SystemExit:
                raise CredentialsError("Kaggle accepts no anonymous calls", hint=HINTS["credentials"]) from None
            except PipelineError:
                raise
            except Exception as error:  # noqa: BLE001  # the client lets through whatever its libraries raise
                wait = self._judged(error, wanted, last=attempt == self._patience.retries)
                self._patience.sleep(self._patience.backoff_seconds * 2**attempt if wait is None else wait)
        raise UnavailableError(f"{wanted.slug} could not be fetched from Kaggle")

    def _judged(self, error: Exception, wanted: Wanted, *, last: bool) -> float | None:
        """How long to wait where trying again makes sense; else raises what the error means.

        Nothing of the error's own text is passed on: it may hold an address with a signature.
        """
        import requests  # noqa: PLC0415  # the client brought it

        response = getattr(error, "response", None)
        status = None if response is None else response.status_code
        if status is not None:
            _raise_final(status, wanted)
            if status == TOO_MANY:
                return self._bidden(response, wanted, last=last)
        waits = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError, OSError)
        if not isinstance(error, waits) and not (status and status >= SERVER_ERRORS) and "file size" not in str(error):
            raise UnavailableError(f"{wanted.slug}: the Kaggle client failed with {type(error).__name__}") from None
        if last:
            what = f"answers {status}" if status else _in_words(error)
            raise UnavailableError(
                f"Kaggle {what}; {wanted.slug} was tried {self._patience.retries + 1} times", hint="run again later"
            ) from None
        return None

    def _bidden(self, response: Any, wanted: Wanted, *, last: bool) -> float | None:  # noqa: ANN401  # requests' own
        text = response.headers.get("Retry-After", "")
        wait = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None
        if last or (wait or 0.0) > LONGEST_WAIT_SECONDS:
            when = f" in {wait:g} s" if wait else " later"
            raise RateLimitedError(
                f"Kaggle allows no more calls now ({wanted.slug})", hint=f"run again{when}"
            ) from None
        return wait

    def _api(self) -> Any:  # noqa: ANN401  # the client has no types
        if self._made is None:
            _check_credentials(self._environment)
            try:
                # Late: the import logs in, prints, and makes a folder.
                from kaggle.api.kaggle_api_extended import KaggleApi  # noqa: PLC0415
            except ImportError as error:
                raise MissingLibraryError(f"Kaggle needs its client: {error}", hint="pip install kaggle six") from error
            api = KaggleApi()
            try:
                api.authenticate()
            except SystemExit:
                raise CredentialsError("Kaggle does not accept the credentials", hint=HINTS["credentials"]) from None
            # Its own retries would wait outside of our patience; going on with a part is what we keep of it.
            download = api.download_file
            api.download_file = lambda response, outfile, http, quiet=True, resume=True: download(
                response, outfile, http, quiet, resume, max_retries=0, timeout=self._patience.timeout_seconds
            )
            self._made = api
        return self._made


def _listed(slug: str, page: str | None, api: Any) -> Any:  # noqa: ANN401  # the client has no types
    return api.competition_list_files(slug, page, 200)


def _raise_final(status: int, wanted: Wanted) -> None:
    """Raises for answers that stay the same however often one asks."""
    if status == 401:  # noqa: PLR2004  # HTTP
        raise CredentialsError("Kaggle does not accept the credentials (401)", hint=HINTS["credentials"]) from None
    if status == 403:  # noqa: PLR2004  # HTTP
        raise ForbiddenError(
            f"Kaggle does not let this account read {wanted.slug} (403)", hint=HINTS["forbidden"]
        ) from None
    if status == 404:  # noqa: PLR2004  # HTTP
        raise NotFoundError(f"Kaggle has no {wanted.slug} (404)", hint=HINTS["missing"]) from None


def _in_words(error: Exception) -> str:
    kind = type(error).__name__
    return "did not answer in time" if "Timeout" in kind else f"cannot be reached or cut the connection ({kind})"


def _check_credentials(environment: Mapping[str, str]) -> None:
    """Raises CredentialsError where there are none. An unset secret of GitHub's arrives as an empty variable."""
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        if not environment.get(name, "").strip():
            # The client takes an empty variable for a login.
            os.environ.pop(name, None)
    home = Path(environment.get("KAGGLE_CONFIG_DIR") or Path.home() / ".kaggle")
    files = [home / name for name in ("kaggle.json", "access_token", "access_token.txt", "credentials.json")]
    user, key = (environment.get(name, "").strip() for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"))
    if environment.get("KAGGLE_API_TOKEN", "").strip() or (user and key) or any(path.is_file() for path in files):
        return
    half = "KAGGLE_KEY" if user else "KAGGLE_USERNAME" if key else ""
    what = f"{half} is not set" if half else "no Kaggle credentials are set, or they are empty"
    raise CredentialsError(what, hint=HINTS["credentials"])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The client prints help and addresses; neither belongs into a training log."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Give every request a time limit: the client sets none, and offers no place to set one."""
    import requests  # noqa: PLC0415  # the client's own

    send = requests.Session.send

    def limited(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = seconds
        return send(self, request, **kwargs)

    requests.Session.send = limited  # type: ignore[method-assign]  # put back below
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]  # as it was
