"""Calls about issues, comments, labels, milestones and reactions."""

from __future__ import annotations

from tests.contract.described.rows import Row

ISSUE = {"title": "Training failed", "body": "run 7", "labels": ["training"]}
FILE = {"message": "m", "content": "eAo="}
PULL = {"title": "Retrain", "head": "side", "base": "main"}
LINE = {"body": "here", "path": "b.txt", "line": 1}
ROWS = [
    Row("POST", "issues", 201, ISSUE),
    Row("POST", "issues", 422, {"body": "no title"}),
    Row("POST", "issues", 403, ISSUE, by="reader"),
    Row("GET", "issues", 200),
    Row("GET", "issues/1", 200),
    Row("GET", "issues/999", 404),
    Row("PATCH", "issues/1", 200, {"state": "closed"}),
    Row("PATCH", "issues/1", 422, {"state": "odd"}),
    Row("GET", "/search/issues?q=training", 200),
    Row("POST", "issues/1/comments", 201, {"body": "again"}, {"comment": "id"}),
    Row("GET", "issues/1/comments", 200),
    Row("GET", "issues/comments/{comment}", 200),
    Row("PATCH", "issues/comments/{comment}", 200, {"body": "and again"}),
    Row("DELETE", "issues/comments/{comment}", 204),
    Row("POST", "labels", 201, {"name": "bug", "color": "f29513"}),
    Row("POST", "labels", 422, {"name": "bug"}),
    Row("GET", "labels", 200),
    Row("GET", "labels/bug", 200),
    Row("GET", "labels/none", 404),
    Row("POST", "issues/1/labels", 200, {"labels": ["bug"]}),
    Row("DELETE", "issues/1/labels/bug", 200),
    Row("DELETE", "issues/1/labels/bug", 404),
    Row("POST", "issues", 422, {"title": "x" * 257}),
    Row("POST", "issues", 422, {"title": "t", "body": "x" * 65_537}),
    Row("POST", "issues", 422, {"title": "t", "milestone": 7}),
    Row("POST", "issues/1/comments", 422, {"body": " "}),
    Row("GET", "issues/comments", 200),
    Row("PATCH", "labels/bug", 200, {"new_name": "fault", "color": "00ff00"}),
    Row("GET", "issues/1/labels", 200),
    Row("PUT", "issues/1/labels", 200, {"labels": ["fault"]}),
    Row("PATCH", "labels/fault", 422, {"new_name": "training"}),
    Row("DELETE", "issues/1/labels", 204),
    Row("DELETE", "labels/fault", 204),
    Row("POST", "milestones", 201, {"title": "v1", "due_on": "2026-12-01T00:00:00Z"}),
    Row("POST", "milestones", 422, {"title": "v1"}),
    Row("GET", "milestones", 200),
    Row("GET", "milestones/1", 200),
    Row("GET", "milestones/9", 404),
    Row("PATCH", "issues/1", 200, {"milestone": 1, "assignees": ["local"]}),
    Row("GET", "milestones/1/labels", 200),
    Row("PATCH", "milestones/1", 200, {"state": "closed"}),
    Row("GET", "issues/1", 200),
    Row("DELETE", "milestones/1", 204),
    Row("GET", "assignees", 200),
    Row("GET", "assignees/local", 204),
    Row("GET", "assignees/nobody", 404),
    Row("POST", "issues/1/assignees", 201, {"assignees": ["local"]}),
    Row("GET", "issues/1/assignees/local", 204),
    Row("DELETE", "issues/1/assignees", 200, {"assignees": ["local"]}),
    Row("PUT", "issues/1/lock", 204, {"lock_reason": "resolved"}),
    Row("PUT", "issues/1/lock", 422, {"lock_reason": "odd"}),
    Row("GET", "issues/1", 200),
    Row("DELETE", "issues/1/lock", 204),
    Row("POST", "issues/1/comments", 201, {"body": "b"}, {"comment": "id"}),
    Row("POST", "releases", 201, {"tag_name": "v1"}, {"release": "id"}),
    Row("PUT", "contents/a.txt", 201, FILE, {"head": "commit/sha"}),
    Row("POST", "git/refs", 201, {"ref": "refs/heads/side", "sha": "{head}"}),
    Row("PUT", "contents/b.txt", 201, FILE | {"branch": "side"}),
    Row("POST", "pulls", 201, PULL, {"pull": "number"}),
    Row("POST", "pulls/{pull}/comments", 201, LINE, {"line": "id"}),
]
for subject in (
    "issues/1",
    "issues/comments/{comment}",
    "pulls/comments/{line}",
    "releases/{release}",
):
    reactions = f"{subject}/reactions"
    ROWS += [
        Row("POST", reactions, 201, {"content": "heart"}, {"reaction": "id"}),
        Row("POST", reactions, 200, {"content": "heart"}),
        Row("POST", reactions, 422, {"content": "odd"}),
        Row("GET", reactions, 200),
        Row("DELETE", f"{reactions}/{{reaction}}", 204),
        Row("DELETE", f"{reactions}/{{reaction}}", 404),
    ]
