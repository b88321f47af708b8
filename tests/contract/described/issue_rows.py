"""Calls about issues, comments, labels, milestones and reactions."""

from __future__ import annotations

from tests.contract.described.rows import Row

ISSUE = {"title": "Training failed", "body": "run 7", "labels": ["training"]}
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
]
