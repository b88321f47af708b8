"""Credentials for Kaggle, and its official client, logged in and kept in check.

The client has no time limits, prints, logs in while it is imported and calls `exit(1)`
without credentials. So credentials are looked for first, what it prints is discarded,
and every request gets a time limit.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import CredentialsError, MissingLibraryError

if TYPE_CHECKING:
    import requests

    from .client import RetryPolicy

VARIABLES = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
HINT = (
    "set KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN: "
    "https://www.kaggle.com/settings/api"
)
TOKEN_FILES = ("access_token", "access_token.txt", "credentials.json")
KEY_FILE = "kaggle.json"
TOKEN_PREFIX = "KGAT_"  # noqa: S105  # no token, the beginning of one
"""How Kaggle's tokens begin, since 2025."""

KaggleApi = Any
"""A `kaggle.api.kaggle_api_extended.KaggleApi`; the client has no types."""
KaggleFilePage = Any
"""What it lists of a competition at once: `files` and a `next_page_token`."""
KaggleFile = Any
"""One of them: `name`, `total_bytes` and `creation_date`."""


def log_in(environment: Mapping[str, str], policy: RetryPolicy) -> KaggleApi:
    """Return the client, ready for calls.

    Raises CredentialsError, MissingLibraryError, and what a request raises.
    """
    found = find_login(environment)
    _hand_over(found)
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
                f"Kaggle does not accept the credentials: {found.source}", hint=HINT
            ) from None
    method = str(api.config_values[api.CONFIG_NAME_AUTH_METHOD])
    if found.token and "ACCESS_TOKEN" not in method:
        # The client falls back on the key, and sends the refused token all the same.
        raise CredentialsError(
            f"Kaggle does not accept the token in {found.source}",
            hint="renew it, or remove it where a name and a key are to be used",
        )
    _limit_downloads(api, policy)
    return api


def _limit_downloads(api: KaggleApi, policy: RetryPolicy) -> None:
    """Take the client's own retries away: they would wait outside of the retry policy."""
    from .transfer import Transfer  # noqa: PLC0415  # only for a login that works

    download = type(api).download_file
    transfer = Transfer(policy.say, sys.__stdout__ or sys.stdout)

    def download_once(
        response: requests.Response,
        outfile: str,
        http_client: object,
        quiet: bool = True,
        resume: bool = True,
    ) -> None:
        limits = {"max_retries": 0, "timeout": policy.timeout_seconds}
        rest = (http_client, quiet, resume)
        transfer.run(partial(download, api), response, outfile, *rest, **limits)

    api.download_file = download_once


class Login(NamedTuple):
    """Credentials without the blanks around them, and where they come from."""

    source: str
    token: str = ""
    user: str = ""
    key: str = ""


def describe(environment: Mapping[str, str]) -> str:
    """Say where the credentials come from, without any of them."""
    try:
        return find_login(environment).source
    except CredentialsError as error:
        return error.message


def find_login(environment: Mapping[str, str]) -> Login:
    """Find the credentials. Raises CredentialsError where there are none.

    A token is known by its beginning wherever it was put, and a `kaggle.json` that
    was pasted into a secret by its form.
    """
    values = _read_variables(environment)
    found = _find_token(values) or _find_pasted(values)
    if found is not None:
        return found
    user, key = values.get(VARIABLES[1], ""), values.get(VARIABLES[2], "")
    if user and key:
        return Login("KAGGLE_USERNAME and KAGGLE_KEY", user=user, key=key)
    for path in _list_credential_files(environment):
        if path.is_file():
            return Login(str(path), token=_find_misplaced_token(path))
    reason = "no Kaggle credentials are set, or they are empty"
    if user:
        reason = "KAGGLE_KEY is not set"
    elif key:
        reason = "KAGGLE_USERNAME is not set"
    raise CredentialsError(reason, hint=HINT)


def _read_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is set, without what people copy along with it."""
    values = {}
    # Quotes come along from a JSON file, blanks from anywhere.
    for name, value in environment.items():
        if name.startswith("KAGGLE_") and value.strip():
            values[name] = value.strip().strip("\"'").strip()
    return values


def _find_token(values: Mapping[str, str]) -> Login | None:
    for name in (VARIABLES[0], *sorted(values)):
        value = values.get(name, "")
        is_key_file = _parse_key_file(value) is not None
        is_in_place = name == VARIABLES[0] and not is_key_file
        if value and (value.startswith(TOKEN_PREFIX) or is_in_place):
            return Login(name, token=value)
    return None


def _find_pasted(values: Mapping[str, str]) -> Login | None:
    for name, value in values.items():
        pasted = _parse_key_file(value)
        if pasted is not None:
            return Login(f"{name} (a kaggle.json)", user=pasted[0], key=pasted[1])
    return None


def _parse_key_file(text: str) -> tuple[str, str] | None:
    if not text.startswith("{"):
        return None
    try:
        content = json.loads(text)
    except ValueError:
        return None
    user, key = content.get("username"), content.get("key")
    if isinstance(user, str) and isinstance(key, str):
        return user, key
    return None


def _find_misplaced_token(path: Path) -> str:
    """Return a token that stands in a `kaggle.json` as its key; "" for none."""
    if path.name != KEY_FILE:
        return ""
    pasted = _parse_key_file(path.read_text(encoding="utf-8", errors="replace"))
    if pasted is not None and pasted[1].startswith(TOKEN_PREFIX):
        return pasted[1]
    return ""


def _hand_over(found: Login) -> None:
    """Set what the client reads, and nothing that it would take for another login.

    An unset secret of GitHub's arrives as an empty variable, which counts as a login.
    """
    values = (found.token, found.user, found.key)
    for name, value in zip(VARIABLES, values, strict=True):
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


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
