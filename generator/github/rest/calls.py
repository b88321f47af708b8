"""One REST request, parsed, and the reply to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..core import errors
from ..core.errors import ApiError
from ..core.names import MAX_ID_DIGITS, parse_digits
from ..core.tokens import Grant

JsonObject = dict[str, object]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON object a client sent, whose fields are read by type.

    Every method raises ApiError (422, in GitHub's words) for a value of another type.
    """

    fields: Mapping[str, Any]
    docs: str

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def has_value(self, name: str) -> bool:
        """Whether a field was sent and is not null."""
        return self.fields.get(name) is not None

    def read_text(self, name: str, default: str = "") -> str:
        """A text field; the default where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._refuse_type(name, f"{json.dumps(value)} is not a string.")
        return value

    def require_text(self, name: str) -> str:
        """A text field that may be neither absent nor empty."""
        value = self.read_text(name)
        if not value:
            raise missing(name, self.docs)
        return value

    def read_choice(self, name: str, allowed: Sequence[str]) -> str:
        """A text field that takes only certain values."""
        value = self.read_text(name)
        if value not in allowed:
            message = f"Invalid request.\n\n{value} is not a member of {list(allowed)}."
            raise errors.invalid(message, docs=self.docs)
        return value

    def read_flag(self, name: str) -> bool | None:
        """A boolean field; None where it is absent or of another type."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            return value
        return None

    def read_float(self, name: str) -> float:
        """A number; 0 where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return 0.0
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse_type(name, "that is not a number.")
        return float(value)

    def read_object(self, name: str) -> Mapping[str, object]:
        """A field that holds an object; empty where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._refuse_type(name, "this is not an object.")
        return value

    def read_integer(self, name: str) -> int | None:
        """An integer; None where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._refuse_type(name, f"{json.dumps(value)} is not an integer.")
        return value

    def read_texts(self, name: str) -> list[str]:
        """An array of texts; empty where it is absent or null."""
        texts = []
        # One of another type makes all of it wrong.
        for value in self.read_list(name):
            if not isinstance(value, str):
                complaint = f"{json.dumps(value)} is not a string."
                raise self._refuse_type(name, complaint)
            texts.append(value)
        return texts

    def read_list(self, name: str) -> list[object]:
        """A field that holds an array; empty where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._refuse_type(name, "that is not an array.")
        return value

    def _refuse_type(self, name: str, complaint: str) -> ApiError:
        message = f"Invalid request.\n\nFor 'properties/{name}', {complaint}"
        return errors.invalid(message, docs=self.docs)


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    `path` holds what the route's pattern named, `origin` is how the server was reached,
    `docs` is the page of GitHub's documentation that refusals lead to, `agent` how the
    client calls itself.
    """

    method: str
    url_path: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    grant: Grant
    origin: str
    docs: str
    accept: str = ""
    agent: str = ""

    def read_number(self, name: str) -> int:
        """A number from the path; 404 for one no record can have."""
        number = parse_digits(self.path[name], MAX_ID_DIGITS)
        if number is None:
            raise self.not_found()
        return number

    def find(self, get: Callable[[int], Record], name: str) -> Record:
        """The record whose id the path names; 404 where `get` raises KeyError."""
        try:
            return get(self.read_number(name))
        except KeyError:
            raise self.not_found() from None

    def not_found(self) -> ApiError:
        """404."""
        return errors.not_found(self.docs)

    def invalid(
        self, message: str, details: list[dict[str, str]] | None = None
    ) -> ApiError:
        """422; `details` say which field of which resource is wrong."""
        return errors.invalid(message, docs=self.docs, errors=details)

    def missing(self, name: str) -> ApiError:
        """422: a field or parameter that has to be there is not."""
        return missing(name, self.docs)

    def refusal(self, status: int, message: str) -> ApiError:
        """Any other status."""
        return ApiError(status, message, docs=self.docs)


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: `body` is sent as JSON, `raw` as it is; neither is no body at all."""

    status: int = 200
    body: object | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def missing(name: str, docs: str) -> ApiError:
    """422: a field or parameter that has to be there is not."""
    message = f'Invalid request.\n\n"{name}" wasn\'t supplied.'
    return errors.invalid(message, docs=docs)


def validation_failed(resource: str, name: str, code: str) -> list[dict[str, str]]:
    """The details of a 422 "Validation Failed" about one field.

    Codes from docs.github.com/rest/using-the-rest-api/troubleshooting.
    """
    return [{"resource": resource, "code": code, "field": name}]
