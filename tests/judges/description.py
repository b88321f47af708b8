"""GitHub's own description of its REST API (npm `@octokit/openapi`), as a judge of answers.

The description is OpenAPI 3.0.3, whose schemas are not JSON Schema in one point that
matters: `nullable`. Schemas are turned into JSON Schema as they are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from tests.judges.install import NODE

OCTOKIT = NODE / "node_modules" / "@octokit"
FILE = OCTOKIT / "openapi" / "generated" / "api.github.com.json"
METHODS = ("get", "post", "put", "patch", "delete")
# Of these, a parameter may hold slashes on the wire.
SPANNING = frozenset({"path", "ref", "branch", "tag", "dir", "basehead", "base"})
# Answers that any operation may give, though only some are described with them.
COMMON_ERRORS = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 503, 507})
MOST_FAULTS = 6
NOT_SCHEMAS = ("example", "examples", "nullable", "discriminator")
OVERLAPPING = {"oneOf": "anyOf"}
BASIC_ERROR: dict[str, Any] = {"$ref": "#/components/schemas/basic-error"}


class Operation(NamedTuple):
    """One operation of the description; `path` is its template."""

    method: str
    path: str
    fields: dict[str, Any]

    @property
    def docs(self) -> str:
        """Where docs.github.com explains it."""
        return str(self.fields.get("externalDocs", {}).get("url", ""))


class Description:
    """All operations, and what their answers must be like."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, Any] = {}

    @property
    def version(self) -> str:
        """Of the package, which GitHub's own description has none of."""
        package = json.loads((OCTOKIT / "openapi" / "package.json").read_bytes())
        return str(package["version"])

    @cached_property
    def operations(self) -> list[Operation]:
        """Every operation, the most literal path first."""
        found = []
        for path, methods in self.document["paths"].items():
            described = [method for method in METHODS if method in methods]
            found += [
                Operation(method.upper(), path, methods[method]) for method in described
            ]
        return sorted(found, key=lambda one: (one.path.count("{"), -len(one.path)))

    @cached_property
    def _patterns(self) -> list[tuple[Operation, re.Pattern[str]]]:
        return [(one, _compile(one.path)) for one in self.operations]

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request asks for; None for one that GitHub has not."""
        # The root of the files, which the description has with an empty path.
        if path.endswith("/contents"):
            path += "/."
        for operation, pattern in self._patterns:
            if operation.method == method and pattern.fullmatch(path):
                return operation
        return None

    def judge(self, method: str, path: str, status: int, body: object) -> list[str]:
        """What is wrong with an answer; `body` None is no body."""
        operation = self.find(method, path)
        if operation is None:
            return [f"GitHub has no {method} {path}"]
        responses = operation.fields["responses"]
        response = responses.get(str(status))
        if response is None and status not in COMMON_ERRORS:
            described = ", ".join(responses)
            return [f"{status} is not described, only {described}"]
        schema: dict[str, Any] | None = BASIC_ERROR
        if response is not None:
            content = self._resolve(response).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is None:
                schema = _pick_json(content)
            # Some errors are described without a body, though GitHub sends one.
            if schema is None and status >= 400:
                schema = BASIC_ERROR
        if schema is None:
            return [] if not body else [f"{status} has no body, here {body!r:.60}"]
        if body is None:
            return [f"{status} has a body, here none"]
        return self.validate(schema, body)

    def validate(self, schema: dict[str, Any], body: object) -> list[str]:
        """The faults of a value by a schema of the description, formats included."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = build_validator(self.document, schema)
        return list(describe_faults(self._validators[key], body))

    def _resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            node = look_up(self.document, node["$ref"])
        return node


def describe_faults(validator: Any, body: object) -> Iterator[str]:  # noqa: ANN401 - no stub
    """The first faults of a value, each by its place."""
    for number, error in enumerate(validator.iter_errors(body)):
        if number == MOST_FAULTS:
            return
        place = "/".join(str(part) for part in error.instance_path)
        yield f"{place or '(top)'}: {error.message:.300}"


def build_validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:  # noqa: ANN401 - no stub
    """A validator of one schema with all that it refers to."""
    definitions: dict[str, Any] = {}
    root = _convert(document, schema, definitions)
    whole = {"$defs": definitions, "allOf": [root]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _convert(document: dict[str, Any], node: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A schema of OpenAPI 3.0 as JSON Schema."""
    if isinstance(node, list):
        return [_convert(document, one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        name = node["$ref"].rpartition("/")[2]
        if name not in definitions:
            definitions[name] = {}
            target = look_up(document, node["$ref"])
            definitions[name] = _convert(document, target, definitions)
        return {"$ref": f"#/$defs/{name}"}
    converted = {}
    for key, child in node.items():
        value = child
        # An example is data, and what it holds no schema.
        if key in NOT_SCHEMAS:
            continue
        # The address of each bot on GitHub has brackets, which no email has.
        if key == "format" and value == "email":
            continue
        if key != "enum":
            value = _convert(document, value, definitions)
        # Several `oneOf` have branches that overlap: two kinds of error, say.
        converted[OVERLAPPING.get(key, key)] = value
    if node.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, converted]}
    return converted


def look_up(document: dict[str, Any], reference: str) -> dict[str, Any]:
    """What a reference within the document leads to."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    found: dict[str, Any] = node
    return found


def _pick_json(content: dict[str, Any]) -> dict[str, Any] | None:
    for media_type, fields in content.items():
        if "json" in media_type:
            schema: dict[str, Any] | None = fields.get("schema")
            return schema
    return None


def _compile(path: str) -> re.Pattern[str]:
    pattern = ""
    for part in re.split(r"(\{\w+\})", path):
        name = part.strip("{}")
        if not part.startswith("{"):
            pattern += re.escape(part)
        elif name in SPANNING:
            pattern += ".+"
        else:
            pattern += "[^/]+"
    return re.compile(pattern)


@lru_cache(maxsize=1)
def load_description() -> Description:
    """The description that is installed; skips the test where it is not."""
    if not FILE.is_file():
        pytest.skip("GitHub's description is not there: `make judges` installs it")
    return read_description()


def read_description() -> Description:
    """The description that is installed."""
    return Description(json.loads(FILE.read_bytes()))
