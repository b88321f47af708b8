"""Credentials for Kaggle, and its official client, logged in and kept in check.

The client has no time limits, prints, logs in while it is imported and calls `exit(1)`
without credentials. So credentials are looked for first, what it prints is discarded,
and every request gets a time limit.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CredentialsError, MissingLibraryError

if TYPE_CHECKING:
    import requests

VARIABLES = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
HINT = (
    "set KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN: "
    "https://www.kaggle.com/settings/api"
)
TOKEN_FILES = ("access_token", "access_token.txt", "credentials.json")
KEY_FILE = "kaggle.json"

KaggleApi = Any
"""A `kaggle.api.kaggle_api_extended.KaggleApi`; the client has no types."""
KaggleFilePage = Any
"""What it lists of a competition at once: `files` and a `next_page_token`."""
KaggleFile = Any
"""One of them: `name`, `total_bytes` and `creation_date`."""


def log_in(environment: Mapping[str, str], timeout_seconds: float) -> KaggleApi:
    """Return the client, ready for calls.

    Raises CredentialsError, MissingLibraryError, and what a request raises.
    """
    _check_credentials(environment)
    try:
        # The import logs in, prints, and makes a folder.
        from kaggle import api  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            f"Kaggle needs its client: {error}", hint="pip install kaggle six"
        ) from error
    if api.CONFIG_NAME_AUTH_METHOD not in api.config_values:
        # The login in the import failed and did not say why.
        try:
            api.authenticate()
        except SystemExit:
            raise CredentialsError(
                "Kaggle does not accept the credentials", hint=HINT
            ) from None
    _limit_downloads(api, timeout_seconds)
    return api


def _limit_downloads(api: KaggleApi, timeout_seconds: float) -> None:
    """Take the client's own retries away: they would wait outside of the retry policy."""
    download = type(api).download_file

    def download_once(
        response: object,
        outfile: object,
        http_client: object,
        quiet: bool = True,
        resume: bool = True,
    ) -> None:
        limits = {"max_retries": 0, "timeout": timeout_seconds}
        download(api, response, outfile, http_client, quiet, resume, **limits)

    api.download_file = download_once


def _check_credentials(environment: Mapping[str, str]) -> None:
    """Raise CredentialsError where there are none."""
    values = []
    for name in VARIABLES:
        value = environment.get(name, "").strip()
        if not value:
            # An unset secret of GitHub's arrives as an empty variable, which the client
            # takes for a login.
            os.environ.pop(name, None)
        values.append(value)
    token, user, key = values
    if token or (user and key):
        return
    if any(path.is_file() for path in _list_credential_files(environment)):
        return
    reason = "no Kaggle credentials are set, or they are empty"
    if user:
        reason = "KAGGLE_KEY is not set"
    elif key:
        reason = "KAGGLE_USERNAME is not set"
    raise CredentialsError(reason, hint=HINT)


def _list_credential_files(environment: Mapping[str, str]) -> list[Path]:
    """List where the client looks.

    For tokens always below the home, for a key where its configuration is. For a user
    without a home nothing is found, as by the client.
    """
    above = Path(os.path.expanduser("~"))  # noqa: PTH111  # raises nothing, as the client
    home = above / ".kaggle"
    files = [home / name for name in TOKEN_FILES]
    configured = environment.get("KAGGLE_CONFIG_DIR", "")
    if configured:
        folder = Path(configured)
    elif home.exists():
        folder = home
    else:
        default = above / ".config"
        folder = Path(environment.get("XDG_CONFIG_HOME") or default) / "kaggle"
    return [*files, folder / KEY_FILE]


@contextlib.contextmanager
def discard_output() -> Iterator[None]:
    """Discard what the client prints: help and addresses, not meant for a training log."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        yield


@contextlib.contextmanager
def set_time_limit(seconds: float) -> Iterator[None]:
    """Give every request a time limit: the client sets none, and has no option for one."""
    from requests import Session  # noqa: PLC0415  # comes with the client

    session_class: Any = Session
    send = session_class.send

    def send_with_limit(
        session: Session,
        request: requests.PreparedRequest,
        *,
        timeout: object = None,
        **options: object,
    ) -> requests.Response:
        if timeout is None:
            timeout = seconds
        response: requests.Response = send(session, request, timeout=timeout, **options)
        return response

    session_class.send = send_with_limit
    try:
        yield
    finally:
        session_class.send = send
