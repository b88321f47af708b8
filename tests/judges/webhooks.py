"""GitHub's schemas of webhooks, as judges of events' payloads.

Two of them: npm `@octokit/webhooks-schemas`, kept by hand, strict about fields that it does
not know, and `@octokit/openapi-webhooks`, from GitHub's own description.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs
import pytest

from tests.judges.description import OCTOKIT, build_validator, describe_faults

SCHEMAS = OCTOKIT / "webhooks-schemas" / "schema.json"
OPENAPI = OCTOKIT / "openapi-webhooks" / "generated" / "api.github.com.json"


def judge_payload(event: str, payload: dict[str, Any]) -> list[str]:
    """What is wrong with a payload, by either."""
    if not SCHEMAS.is_file() or not OPENAPI.is_file():
        pytest.skip("the webhook schemas are not there: `make judges` installs them")
    action = payload.get("action", "event")
    by_hand = describe_faults(load_schema(f"{event}${action}"), payload)
    name = event.replace("_", "-")
    if "action" in payload:
        name += f"-{payload['action'].replace('_', '-')}"
    return [*by_hand, *describe_faults(load_described(name), payload)]


@cache
def load_schema(name: str) -> Any:  # noqa: ANN401 - no stub
    """The validator of a definition such as `pull_request$opened`."""
    document = _read(SCHEMAS)
    root = {
        "$schema": "http://json-schema.org/draft-07/schema",
        "definitions": document["definitions"],
        "allOf": [{"$ref": f"#/definitions/{name}"}],
    }
    return jsonschema_rs.Draft7Validator(root, validate_formats=True)


@cache
def load_described(name: str) -> Any:  # noqa: ANN401 - no stub
    """The validator of a described webhook such as `pull-request-opened`."""
    document = _read(OPENAPI)
    content = document["webhooks"][name]["post"]["requestBody"]["content"]
    return build_validator(document, content["application/json"]["schema"])


@lru_cache(maxsize=2)
def _read(path: Any) -> dict[str, Any]:  # noqa: ANN401 - a path
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document
