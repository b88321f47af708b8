"""What goes wrong between here and a URL, in words.

The texts of libraries pass through without secrets alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..errors import MissingLibraryError, SourceError
from ..redaction import scrub_text

LIBRARIES = {
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
DENIED = {
    "PermissionError",
    "NoCredentialsError",
    "AuthenticationException",
    "error_perm",
}
UNREACHABLE = {
    "ConnectionError",
    "ClientConnectionError",
    "HTTPClientError",
    "gaierror",
    "NoValidConnectionsError",
}
"""By name: the libraries they come from may not be installed."""
LATER = "run again later"


class NoRangesError(SourceError):
    """The server sends files as a whole alone."""


def install(source: str) -> str:
    """The line that installs what a URL needs."""
    schemes = [link.partition("://")[0] for link in source.split("::") if "://" in link]
    return " ".join(
        dict.fromkeys(
            [
                "pip install fsspec",
                *(LIBRARIES[name] for name in schemes if name in LIBRARIES),
            ]
        )
    )


@contextlib.contextmanager
def explained(shown: str) -> Iterator[None]:
    """Whatever the library of a filesystem raises becomes a SourceError.

    `shown` names the file without secrets.
    """
    try:
        yield
    except (SourceError, MissingLibraryError):
        raise
    except Exception as error:  # noqa: BLE001  # each filesystem has errors of its own
        if isinstance(error, ValueError) and "range requests" in str(error):
            raise NoRangesError(
                f"{shown} cannot be read: the server sends no parts of it any more"
            ) from None
        what, hint = _in_words(error)
        raise SourceError(f"{shown} {what}", hint=hint) from None


def _in_words(error: BaseException) -> tuple[str, str]:
    chain = list(_chain(error))
    kinds = {kind.__name__ for each in chain for kind in type(each).__mro__}
    status = next(filter(None, map(_status, chain)), None)
    said = f" ({status})" if status else ""
    if status in {401, 403} or kinds & DENIED:
        return f"may not be read{said}", "give the job the credentials that it takes"
    reasons = [
        (status in {404, 410}, f"it is not there{said}", ""),
        (status is not None, f"the server answers {status}", LATER),
        (
            any("Timeout" in kind for kind in kinds),
            "the server did not answer in time",
            LATER,
        ),
        (bool(kinds & UNREACHABLE), "the server cannot be reached", LATER),
        ("FileNotFoundError" in kinds, "it is not there", ""),
        (True, f"{type(error).__name__}: {scrub_text(str(error))}", ""),
    ]
    what, hint = next((what, hint) for holds, what, hint in reasons if holds)
    return f"cannot be read: {what}", hint


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The innermost reason first: fsspec calls everything over HTTP a file that is not found."""
    if error is not None:
        yield from _chain(
            error.__cause__
            or (None if error.__suppress_context__ else error.__context__)
        )
        yield error


def _status(error: BaseException) -> int | None:
    """The answer of an HTTP server, as aiohttp and botocore carry it."""
    response = getattr(error, "response", None)
    carried = (
        response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if isinstance(response, dict)
        else None
    )
    status = getattr(error, "status", None) or carried
    return status if isinstance(status, int) else None
