"""Titles and texts of issues, and the limits that GitHub has for them."""

from __future__ import annotations

from ...core.errors import ApiError
from ..calls import Call, validation_failed

# Both by characters, and refused beyond: observed of github.com.
MAX_TITLE = 256
MAX_BODY = 65_536


def read_title(call: Call, resource: str) -> str:
    """The title of a request; 422 where it is missing or too long."""
    title = call.body.read_text("title")
    if not title.strip():
        details = validation_failed(resource, "title", "missing_field")
        raise call.invalid("Validation Failed", details)
    if len(title) > MAX_TITLE:
        raise refuse_length(call, resource, "title", MAX_TITLE)
    return title


def read_comment_text(call: Call, name: str, resource: str) -> str:
    """A text of a request, perhaps ""; 422 where it is too long."""
    text = call.body.read_text(name)
    if len(text) > MAX_BODY:
        raise refuse_length(call, resource, name, MAX_BODY)
    return text


def require_comment_text(call: Call, resource: str) -> str:
    """The text of a comment, which says something."""
    text = read_comment_text(call, "body", resource)
    if not text.strip():
        fault = {
            "resource": resource,
            "code": "unprocessable",
            "field": "data",
            "message": "Body cannot be blank",
        }
        raise call.invalid("Validation Failed", [fault])
    return text


def refuse_length(call: Call, resource: str, name: str, most: int) -> ApiError:
    """422 for a text that is too long."""
    fault = {
        "resource": resource,
        "code": "custom",
        "field": name,
        "message": f"{name} is too long (maximum is {most} characters)",
    }
    return call.invalid("Validation Failed", [fault])
