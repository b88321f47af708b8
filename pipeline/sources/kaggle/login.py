"""Credentials for Kaggle, and its official client logged in and kept on a short lead.

The client has no time limits, prints, logs in while it is imported and calls `exit(1)`
without credentials. So: credentials are looked for first, what it prints goes nowhere,
and every request has a time limit.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import CredentialsError, MissingLibraryError

VARIABLES = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
HINT = "set KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN: https://www.kaggle.com/settings/api"


def logged_in(environment: Mapping[str, str], timeout_seconds: float) -> Any:  # noqa: ANN401  # the client has no types
    """The client, ready for calls.

    Raises CredentialsError or MissingLibraryError, or what a request raises.
    """
    _check_credentials(environment)
    try:
        # Late: the import logs in, prints, and makes a folder.
        from kaggle import api  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            f"Kaggle needs its client: {error}", hint="pip install kaggle six"
        ) from error
    if api.CONFIG_NAME_AUTH_METHOD not in api.config_values:
        # The login in the import did not come off, and nothing was said of why.
        try:
            api.authenticate()
        except SystemExit:
            raise CredentialsError(
                "Kaggle does not accept the credentials", hint=HINT
            ) from None
    download = type(api).download_file
    # Its own retries would wait outside of our patience; going on with a part is what
    # we keep of it.
    api.download_file = lambda response, outfile, http, quiet=True, resume=True: (
        download(
            api,
            response,
            outfile,
            http,
            quiet,
            resume,
            max_retries=0,
            timeout=timeout_seconds,
        )
    )
    return api


def _check_credentials(environment: Mapping[str, str]) -> None:
    """Raises CredentialsError where there are none.

    An unset secret of GitHub's arrives as an empty variable.
    """
    token, user, key = (environment.get(name, "").strip() for name in VARIABLES)
    for name, value in zip(VARIABLES, (token, user, key), strict=True):
        if not value:
            # The client takes an empty variable for a login.
            os.environ.pop(name, None)
    if token or (user and key) or any(path.is_file() for path in _files(environment)):
        return
    half = "KAGGLE_KEY" if user else "KAGGLE_USERNAME" if key else ""
    what = (
        f"{half} is not set"
        if half
        else "no Kaggle credentials are set, or they are empty"
    )
    raise CredentialsError(what, hint=HINT)


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where the client looks.

    For tokens always below the home, for a key where its configuration is.
    """
    home = Path.home() / ".kaggle"
    yield from (
        home / name for name in ("access_token", "access_token.txt", "credentials.json")
    )
    own = environment.get("KAGGLE_CONFIG_DIR", "")
    fallback = (
        Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kaggle"
    )
    yield (Path(own) if own else home if home.exists() else fallback) / "kaggle.json"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The client prints help and addresses; neither belongs into a training log."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give every request a time limit: the client sets none, and offers no place to set one."""
    import requests  # noqa: PLC0415  # the client's own

    send = requests.Session.send

    def limited(
        self: requests.Session, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:  # noqa: ANN401
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = seconds
        return send(self, request, **kwargs)

    requests.Session.send = limited  # type: ignore[method-assign]  # put back below
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]  # as it was
