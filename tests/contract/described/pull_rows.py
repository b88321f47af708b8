"""Calls about pull requests, what they change, their reviews and merges."""

from __future__ import annotations

from tests.contract.described.rows import Row

FILE = {"message": "m", "content": "eAo="}
PULL = {"title": "Retrain", "head": "side", "base": "main", "body": "why"}
LINE = {"body": "here", "path": "new.txt", "line": 1, "side": "RIGHT"}
ROWS = [
    Row("PUT", "contents/a.txt", 201, FILE, {"first": "commit/sha"}),
    Row("POST", "git/refs", 201, {"ref": "refs/heads/side", "sha": "{first}"}),
    Row("POST", "pulls", 422, PULL),
    Row(
        "PUT",
        "contents/new.txt",
        201,
        FILE | {"branch": "side"},
        {"head": "commit/sha"},
    ),
    Row("POST", "pulls", 422, PULL | {"head": "none"}),
    Row("POST", "pulls", 422, PULL | {"title": "x" * 257}),
    Row("POST", "pulls", 403, PULL, by="reader"),
    Row("POST", "pulls", 201, PULL, {"number": "number"}, by="run"),
    Row("POST", "pulls", 422, PULL),
    Row("GET", "pulls", 200),
    Row("GET", "pulls?head=local:side&base=main&state=all", 200),
    Row("GET", "pulls/{number}", 200),
    Row(
        "GET", "pulls/{number}", 200, headers={"Accept": "application/vnd.github.diff"}
    ),
    Row("GET", "pulls/999", 404),
    Row("PATCH", "pulls/{number}", 200, {"title": "Retrain it"}),
    Row("PATCH", "pulls/{number}", 422, {"base": "none"}),
    Row("GET", "pulls/{number}/commits", 200),
    Row("GET", "pulls/{number}/files", 200),
    Row("GET", "commits/{head}/pulls", 200),
    Row("GET", "pulls/{number}/merge", 404),
    Row("GET", "issues/{number}", 200),
    Row("POST", "issues/{number}/comments", 201, {"body": "metrics"}),
    # Reviews.
    Row("GET", "pulls/{number}/requested_reviewers", 200),
    Row("POST", "pulls/{number}/requested_reviewers", 201, {"reviewers": ["ada"]}),
    Row("DELETE", "pulls/{number}/requested_reviewers", 200, {"reviewers": ["ada"]}),
    Row("POST", "pulls/{number}/reviews", 200, {"body": "soon"}, {"pending": "id"}),
    Row("PUT", "pulls/{number}/reviews/{pending}", 200, {"body": "now"}),
    Row("POST", "pulls/{number}/reviews/{pending}/events", 200, {"event": "APPROVE"}),
    Row("PUT", "pulls/{number}/reviews/{pending}/dismissals", 200, {"message": "old"}),
    Row("DELETE", "pulls/{number}/reviews/{pending}", 422),
    Row(
        "POST",
        "pulls/{number}/reviews",
        200,
        {"body": "see", "event": "COMMENT", "comments": [LINE]},
        {"review": "id"},
    ),
    Row("POST", "pulls/{number}/reviews", 200, {}, {"other": "id"}),
    Row("DELETE", "pulls/{number}/reviews/{other}", 200),
    Row("POST", "pulls/{number}/reviews", 422, {"event": "APPROVE"}, by="run"),
    Row("GET", "pulls/{number}/reviews", 200),
    Row("GET", "pulls/{number}/reviews/{review}", 200),
    Row("GET", "pulls/{number}/reviews/999", 404),
    Row("GET", "pulls/{number}/reviews/{review}/comments", 200),
    Row("POST", "pulls/{number}/comments", 201, LINE, {"comment": "id"}),
    Row("POST", "pulls/{number}/comments", 422, LINE | {"path": "none"}),
    Row("POST", "pulls/{number}/comments/{comment}/replies", 201, {"body": "yes"}),
    Row("GET", "pulls/{number}/comments", 200),
    Row("GET", "pulls/comments", 200),
    Row("GET", "pulls/comments/{comment}", 200),
    Row("PATCH", "pulls/comments/{comment}", 200, {"body": "there"}),
    Row("DELETE", "pulls/comments/{comment}", 204),
    # Merging.
    Row("PUT", "pulls/{number}/update-branch", 422, {}),
    Row("PUT", "contents/b.txt", 201, FILE),
    Row("PUT", "pulls/{number}/update-branch", 202, {}),
    Row("PUT", "pulls/{number}/merge", 409, {"sha": "0" * 40}),
    Row("PUT", "pulls/{number}/merge", 200, {"merge_method": "squash"}),
    Row("PUT", "pulls/{number}/merge", 405, {}),
    Row("GET", "pulls/{number}/merge", 204),
    Row("GET", "pulls/{number}", 200),
    Row("GET", "pulls/{number}/files", 200),
]
