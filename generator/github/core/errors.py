"""Refusals, in the bodies GitHub and its Twirp services give them."""

from __future__ import annotations

from typing import ClassVar

DOCS = "https://docs.github.com/rest"


class ApiProblem(Exception):  # noqa: N818 - an answer to a client, not a failure of ours
    """A REST answer other than success."""

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

    def body(self) -> dict[str, object]:
        """GitHub's error body [docs.github.com/rest/using-the-rest-api/troubleshooting]."""
        body: dict[str, object] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return body | {
            "documentation_url": f"{DOCS}/{self.docs}" if self.docs else DOCS,
            "status": str(self.status),
        }


class TwirpProblem(Exception):  # noqa: N818 - an answer to a client, not a failure of ours
    """A Twirp error [twitchtv.github.io/twirp/docs/errors.html]: each code has one HTTP status."""

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

    def body(self) -> dict[str, object]:
        """Code and message, as Twirp writes them."""
        return {"code": self.code, "msg": self.message}


class BlobProblem(Exception):  # noqa: N818 - an answer to a client, not a failure of ours
    """A refusal of the blob storage, with Azure's code [learn.microsoft.com.

    Blob service error codes].
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> str:
        """Azure's XML error body."""
        return (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code>'
            f"<Message>{self.message}</Message></Error>"
        )


def not_found(docs: str = "") -> ApiProblem:
    """404: also what GitHub answers for things the caller may not know of."""
    return ApiProblem(404, "Not Found", docs=docs)


def bad_credentials() -> ApiProblem:
    """401: a token that GitHub does not know, or one that has ended."""
    return ApiProblem(401, "Bad credentials")


def forbidden(docs: str = "") -> ApiProblem:
    """403: the token is good, its permissions do not reach."""
    return ApiProblem(403, "Resource not accessible by integration", docs=docs)


def invalid(
    message: str, *, docs: str = "", errors: list[dict[str, str]] | None = None
) -> ApiProblem:
    """422: the request was understood and cannot be done."""
    return ApiProblem(422, message, docs=docs, errors=errors)
