"""Which of GitHub's operations the local GitHub serves: docs/api-coverage.md.

Made of the table of routes and of GitHub's description, by `make docs` where that is
installed; a test holds the page to both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from generator.github.app import ROUTES
from generator.github.rest.router import ANY_METHOD, REPOSITORY
from tests.judges.description import (
    FILE,
    Description,
    Operation,
    read_description,
)

PAGE = Path(__file__).parents[2] / "docs" / "api-coverage.md"
# What these would give is never there: the local GitHub protects no branch, keeps no log.
ONLY_REFUSED = {
    ("GET", f"{REPOSITORY}/branches/{{+branch}}/protection"),
    ("GET", f"{REPOSITORY}/actions/runs/{{run_id}}/logs"),
}
# Asked for by clients, and in the description no more.
UNDESCRIBED = {("GET", f"{REPOSITORY}/git/refs/{{+ref}}")}
# Ours alone, and GraphQL, whose description is its schema.
NOT_DESCRIBED = ("/_wfgen/", "/graphql", "/api/graphql")
_HEAD = """# Which of GitHub's REST operations are served

Made by `make docs` from the routes of the local GitHub and from GitHub's own description of its API
(npm `@octokit/openapi` {version}). Groups of which nothing is served are left out: {absent}.
Every answer of a served operation, errors too, is held to the description by
`tests/contract/rest/test_contract_description.py`.
Whatever is not served answers 404 and says that it is the local GitHub that does not serve it.

**{served} operations of {groups} groups are served.**

| group | served | of |
| --- | ---: | ---: |
"""


def list_served() -> set[tuple[str, str]]:
    """Method and path, its parameters without names, of all that gives an answer."""
    served = set()
    for route in ROUTES.load_all():
        if (route.method, route.path) not in ONLY_REFUSED:
            served.add((route.method, erase_names(route.path)))
    return served


def erase_names(path: str) -> str:
    """A path in which parameters have no names."""
    return re.sub(r"\{\+?\w+\}", "{}", path)


def is_served(operation: Operation, served: set[tuple[str, str]]) -> bool:
    """Whether an operation is among those that are served."""
    path = erase_names(operation.path)
    return (operation.method, path) in served or (ANY_METHOD, path) in served


def build_page(description: Description) -> str:
    """The page: a table of groups, then each group with its operations."""
    served = list_served()
    groups: dict[str, list[Operation]] = defaultdict(list)
    for operation in description.operations:
        groups[operation.fields["tags"][0]].append(operation)
    shown = {}
    absent = []
    for name, operations in sorted(groups.items()):
        marks = [is_served(operation, served) for operation in operations]
        if any(marks):
            shown[name] = sum(marks)
        else:
            absent.append(name)
    text = _HEAD.format(
        version=description.version,
        absent=", ".join(absent),
        served=sum(shown.values()),
        groups=len(shown),
    )
    for name, number in shown.items():
        text += f"| [{name}](#{name}) | {number} | {len(groups[name])} |\n"
    for name in shown:
        text += f"\n## {name}\n\n| | operation | what |\n| --- | --- | --- |\n"
        for operation in sorted(groups[name], key=lambda one: (one.path, one.method)):
            text += _make_row(operation, served)
    return text


def _make_row(operation: Operation, served: set[tuple[str, str]]) -> str:
    mark = ""
    if is_served(operation, served):
        mark = "yes"
    summary = str(operation.fields.get("summary", "")).replace("|", "\\|")
    return f"| {mark} | `{operation.method} {operation.path}` | {summary} |\n"


def main() -> None:
    """Write the page, where the description is installed."""
    if FILE.is_file():
        PAGE.write_text(build_page(read_description()), encoding="utf-8")


if __name__ == "__main__":
    main()
