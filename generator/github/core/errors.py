"""Refusals, in the bodies that GitHub, its Twirp services and Azure's blobs give them."""

from __future__ import annotations

from typing import ClassVar

from ...errors import LocalGitHubError

DOCS = "https://docs.github.com/rest"
# RFC 4918, 11.5: the server is unable to store what the request needs stored.
INSUFFICIENT_STORAGE = 507


class ApiError(Exception):
    """A REST answer other than success; `docs` is the page that it leads to."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        docs: str = "",
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.docs = docs
        self.errors = errors

    def build_body(self) -> dict[str, object]:
        """GitHub's error body [docs.github.com/rest/using-the-rest-api/troubleshooting]."""
        body: dict[str, object] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        body["documentation_url"] = DOCS
        if self.docs:
            body["documentation_url"] = f"{DOCS}/{self.docs}"
        body["status"] = str(self.status)
        return body


class TwirpError(Exception):
    """A Twirp error: each code has one HTTP status [twitchtv.github.io/twirp/docs/errors.html].

    `status` is for the answers in which GitHub departs from that.
    """

    _STATUS: ClassVar = {
        "bad_route": 404,
        "invalid_argument": 400,
        "malformed": 400,
        "not_found": 404,
        "already_exists": 409,
        "permission_denied": 403,
        "unauthenticated": 401,
        "resource_exhausted": 429,
        "failed_precondition": 412,
        "internal": 500,
    }

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or self._STATUS[code]

    def build_body(self) -> dict[str, object]:
        """Code and message, as Twirp writes them."""
        return {"code": self.code, "msg": self.message}


class BlobError(Exception):
    """A refusal of the blob storage, with Azure's code.

    [learn.microsoft.com/rest/api/storageservices/blob-service-error-codes]
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def build_body(self) -> str:
        """Azure's XML error body."""
        return (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code>'
            f"<Message>{self.message}</Message></Error>"
        )


class StorageFailedError(LocalGitHubError):
    """The disk did not take what was to be written: it is full, or cannot be written to."""


def not_found(docs: str = "") -> ApiError:
    """404: also what GitHub answers for things the caller may not know of."""
    return ApiError(404, "Not Found", docs=docs)


def bad_credentials() -> ApiError:
    """401: a token that GitHub does not know, or one that has ended."""
    return ApiError(401, "Bad credentials")


def forbidden(docs: str = "") -> ApiError:
    """403: the token is good, its permissions do not reach."""
    return ApiError(403, "Resource not accessible by integration", docs=docs)


def invalid(
    message: str, *, docs: str = "", errors: list[dict[str, str]] | None = None
) -> ApiError:
    """422: the request was understood and cannot be done."""
    return ApiError(422, message, docs=docs, errors=errors)
