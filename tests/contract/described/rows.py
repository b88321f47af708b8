"""Tables of calls, each with the status that GitHub's description says its answer has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.contract.clients import Answer, ask
from tests.judges.description import Description

REPOSITORY = "/repos/local/repository"


@dataclass(frozen=True)
class Row:
    """One call and the status it must have.

    A path without a leading slash is the repository's; `{name}` in it, or as a whole value of
    the body, stands for what an earlier row kept. `keep` maps names to places in the answer.
    """

    method: str
    path: str
    status: int
    body: Any = None
    keep: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    by: str = "owner"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"

    @property
    def url_path(self) -> str:
        """The path from the root, with values in place of names."""
        return re.sub(r"\{\w+\}", "1", make_path(self.path))


def make_path(path: str) -> str:
    """A path from the server's root."""
    if path.startswith("/"):
        return path
    return f"{REPOSITORY}/{path}".rstrip("/")


@dataclass
class Play:
    """Plays rows on a server and lets the judge speak about each answer."""

    url: str
    tokens: Mapping[str, str]
    description: Description
    kept: dict[str, Any] = field(default_factory=dict)

    def play(self, rows: Sequence[Row]) -> list[str]:
        """The faults of all answers, each with its row."""
        faults = []
        for row in rows:
            answer = self.send(row)
            for fault in self._judge(row, answer):
                faults.append(f"{row}: {fault}")  # noqa: PERF401 - plain to read
        return faults

    def send(self, row: Row) -> Answer:
        """One row's answer; what it keeps is kept."""
        path = self._fill(make_path(row.path))
        headers = dict(row.headers)
        if row.by:
            headers["Authorization"] = f"token {self.tokens[row.by]}"
        data = row.body
        if isinstance(data, str):
            data = data.encode()
        elif data is not None and not isinstance(data, bytes):
            data = json.dumps(self._fill(data)).encode()
        answer = ask(row.method, self.url + path, data, headers)
        for name, place in row.keep.items():
            if answer.status < 300:
                self.kept[name] = read_place(answer.json, place)
        return answer

    def _judge(self, row: Row, answer: Answer) -> list[str]:
        path = self._fill(make_path(row.path)).partition("?")[0]
        path = path.removeprefix("/api/uploads")
        body = None
        content_type = answer.headers.get("content-type", "")
        if answer.body and "json" in content_type:
            body = answer.json
        faults = []
        if answer.status != row.status:
            faults.append(f"the status is {answer.status}: {answer.body[:300]!r}")
        if answer.body and body is None:
            # Raw bytes of a file or log, which no schema describes.
            return faults
        method = row.method
        return faults + self.description.judge(method, path, answer.status, body)

    def _fill(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """A value with what was kept in place of names."""
        if isinstance(value, dict):
            return {key: self._fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one) for one in value]
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\{(\w+)\}", value)
        if whole and whole[1] in self.kept:
            return self.kept[whole[1]]
        return re.sub(
            r"\{(\w+)\}", lambda match: str(self.kept.get(match[1], match[0])), value
        )


def read_place(body: Any, place: str) -> Any:  # noqa: ANN401 - any JSON
    """The value at a place such as `commit/sha` or `0/id`."""
    for part in place.split("/"):
        key: Any = part
        if isinstance(body, list):
            key = int(part)
        body = body[key]
    return body
