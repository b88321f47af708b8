"""Calls about the repository itself, its files, releases, variables, and who is asking."""

from __future__ import annotations

from tests.contract.described.rows import Row

FILE = {"message": "m", "content": "eA=="}
ROWS = [
    Row("GET", "/", 200),
    Row("GET", "/user", 200),
    Row("GET", "/user", 403, by="run"),
    Row("GET", "/user", 401, by="nobody"),
    Row("GET", "/rate_limit", 200),
    Row("GET", "", 200),
    Row("GET", "/repos/other/repository", 404),
    # Files.
    Row("GET", "contents", 404),
    Row("PUT", "contents/a b.txt", 201, FILE, {"sha": "content/sha"}),
    Row("PUT", "contents/a b.txt", 409, FILE),
    Row("PUT", "contents/a b.txt", 200, FILE | {"sha": "{sha}", "content": "eQ=="}),
    Row("PUT", "contents/folder/b.txt", 201, FILE),
    Row("PUT", "contents/c", 422, {"message": "m", "content": "%"}),
    Row("GET", "contents", 200),
    Row("GET", "contents/folder", 200),
    Row("GET", "contents/folder/b.txt", 200, None, {"b": "sha"}),
    Row("GET", "contents/none", 404),
    Row("DELETE", "contents/folder/b.txt", 422, {"message": "m"}),
    Row("DELETE", "contents/folder/b.txt", 409, {"message": "m", "sha": "0" * 40}),
    Row("DELETE", "contents/folder/b.txt", 200, {"message": "m", "sha": "{b}"}),
    Row("GET", "branches", 200),
    Row("GET", "branches/main", 200),
    Row("GET", "branches/none", 404),
    # Releases.
    Row("POST", "releases", 201, {"tag_name": "v1"}, {"release": "id"}),
    Row("POST", "releases", 422, {"tag_name": "v1"}),
    Row("POST", "releases", 403, {"tag_name": "v2"}, by="reader"),
    Row("POST", "releases", 201, {"tag_name": "d", "draft": True}),
    Row("GET", "releases", 200),
    Row("GET", "releases/latest", 200),
    Row("GET", "releases/tags/v1", 200),
    Row("GET", "releases/tags/none", 404),
    Row("GET", "releases/{release}", 200),
    Row("GET", "releases/999", 404),
    Row("PATCH", "releases/{release}", 200, {"body": "notes"}),
    Row(
        "POST",
        "/api/uploads/repos/local/repository/releases/{release}/assets?name=a.bin",
        201,
        b"asset",
        {"asset": "id"},
    ),
    Row("POST", "releases/{release}/assets?name=a.bin", 422, b"asset"),
    Row("GET", "releases/{release}/assets", 200),
    Row("GET", "releases/assets/{asset}", 200),
    Row(
        "GET",
        "releases/assets/{asset}",
        302,
        headers={"Accept": "application/octet-stream"},
    ),
    Row("PATCH", "releases/assets/{asset}", 200, {"label": "weights"}),
    Row("DELETE", "releases/assets/{asset}", 204),
    Row("DELETE", "releases/{release}", 204),
]
