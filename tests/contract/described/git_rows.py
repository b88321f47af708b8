"""Calls about branches, refs, commits, trees, tags and merges."""

from __future__ import annotations

from tests.contract.described.rows import Row

FILE = {"message": "first\n\nwith a body", "content": "eA=="}
NONE = "0" * 40
TAG = {"tag": "v1", "message": "m", "object": "{head}", "type": "commit"}
ENTRY = {"path": "b/c.txt", "mode": "100644", "type": "blob", "sha": "{blob}"}
ROWS = [
    Row("GET", "commits", 409),
    Row("PUT", "contents/a.txt", 201, FILE, {"head": "commit/sha"}),
    Row("GET", "commits", 200),
    Row("GET", "commits?sha=none", 404),
    Row("GET", "commits/main", 200, None, {"tree": "commit/tree/sha"}),
    Row("GET", "commits/none", 422),
    Row("GET", "commits/main", 200, headers={"Accept": "application/vnd.github.sha"}),
    Row("GET", "commits/{head}/branches-where-head", 200),
    Row("GET", "branches", 200),
    Row("GET", "branches/main", 200),
    Row("GET", "branches/none", 404),
    Row("GET", "branches/main/protection", 404),
    Row("GET", "rules/branches/main", 200),
    # Objects.
    Row("POST", "git/blobs", 201, {"content": "text"}, {"blob": "sha"}),
    Row("POST", "git/blobs", 422, {"content": "%", "encoding": "base64"}),
    Row("GET", "git/blobs/{blob}", 200),
    Row("GET", f"git/blobs/{NONE}", 404),
    Row(
        "POST",
        "git/trees",
        201,
        {"base_tree": "{tree}", "tree": [ENTRY]},
        {"grown": "sha"},
    ),
    Row("POST", "git/trees", 422, {"tree": [ENTRY | {"sha": NONE}]}),
    Row("POST", "git/trees", 422, {"base_tree": NONE, "tree": [ENTRY]}),
    Row(
        "POST",
        "git/trees",
        201,
        {"base_tree": "{grown}", "tree": [ENTRY | {"sha": None}]},
    ),
    Row("GET", "git/trees/{grown}", 200),
    Row("GET", "git/trees/{grown}?recursive=1", 200),
    Row("GET", f"git/trees/{NONE}", 404),
    Row(
        "POST",
        "git/commits",
        201,
        {
            "message": "second",
            "tree": "{grown}",
            "parents": ["{head}"],
            "author": {"name": "A", "email": "a@b.org", "date": "2026-01-02T03:04:05Z"},
        },
        {"second": "sha"},
    ),
    Row("POST", "git/commits", 422, {"message": "m", "tree": NONE}),
    Row("GET", "git/commits/{second}", 200),
    Row("GET", f"git/commits/{NONE}", 404),
    # Refs.
    Row("POST", "git/refs", 201, {"ref": "refs/heads/side", "sha": "{second}"}),
    Row("POST", "git/refs", 422, {"ref": "refs/heads/side", "sha": "{second}"}),
    Row("POST", "git/refs", 422, {"ref": "refs/heads/odd", "sha": NONE}),
    Row("POST", "git/refs", 422, {"ref": "side", "sha": "{second}"}),
    Row("GET", "git/ref/heads/side", 200),
    Row("GET", "git/ref/heads/sid", 404),
    Row("GET", "git/matching-refs/heads/s", 200),
    Row("PATCH", "git/refs/heads/side", 422, {"sha": "{head}"}),
    Row("PATCH", "git/refs/heads/side", 200, {"sha": "{head}", "force": True}),
    Row("PATCH", "git/refs/heads/side", 200, {"sha": "{second}"}),
    Row("PATCH", "git/refs/heads/none", 422, {"sha": "{head}"}),
    # Tags.
    Row("POST", "git/tags", 201, TAG, {"tag": "sha"}),
    Row("POST", "git/tags", 422, TAG | {"object": NONE}),
    Row("GET", "git/tags/{tag}", 200),
    Row("GET", f"git/tags/{NONE}", 404),
    Row("POST", "git/refs", 201, {"ref": "refs/tags/v1", "sha": "{tag}"}),
    Row("GET", "tags", 200),
    # Comparing and merging.
    Row("GET", "compare/main...side", 200),
    Row("GET", "compare/main...none", 404),
    Row("GET", "compare/side...main", 200),
    Row("POST", "merges", 404, {"base": "none", "head": "side"}),
    Row("PUT", "contents/z.txt", 201, FILE),
    Row("POST", "merges", 201, {"base": "main", "head": "side"}),
    Row("POST", "merges", 204, {"base": "main", "head": "side"}),
    Row("PUT", "contents/x", 201, FILE | {"branch": "side"}),
    Row("PUT", "contents/x", 201, FILE | {"content": "eQ=="}),
    Row("POST", "merges", 409, {"base": "main", "head": "side"}),
    Row("POST", "branches/side/rename", 201, {"new_name": "other"}),
    Row("POST", "branches/none/rename", 404, {"new_name": "other"}),
    Row("DELETE", "git/refs/heads/other", 204),
    Row("DELETE", "git/refs/heads/other", 422),
    Row("POST", "git/refs", 403, {"ref": "refs/heads/x", "sha": "{head}"}, by="reader"),
]
