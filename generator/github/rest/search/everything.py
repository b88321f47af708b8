"""REST: search for repositories, commits, code, labels and users.

[docs.github.com/rest/search/search]

Words have to be in what is found, in any case. Qualifiers are read over: everything here
is of the one repository. Issues have a module of their own, since they know qualifiers.
"""

from __future__ import annotations

from functools import partial

from ...context import AppContext
from ...storage.files.git_remote import TreeEntry
from ...storage.git.commits import Range, list_commits
from ...storage.git.objects import Node, read_blob, read_tree
from ..calls import Call, JsonObject, Reply
from ..issues.serializers import serialize_label
from ..pagination import paginate
from ..repository.contents import serialize_entry
from ..router import Endpoint, build_routes
from ..schemas.commits import serialize_commit, serialize_signature
from ..schemas.repositories import serialize_minimal_repository, serialize_repository
from ..schemas.users import serialize_user

# GitHub does not look into larger files either.
MAX_SEARCHED_BYTES = 384 << 10
_FIELDS = {"incomplete_results": False}
_SCORE = {"score": 1.0}


def read_words(call: Call) -> list[str]:
    """The words that are searched for; 422 for a query without any text."""
    query = call.query.get("q", "")
    if not query.strip():
        details = [{"resource": "Search", "field": "q", "code": "missing"}]
        raise call.invalid("Validation Failed", details)
    # A qualifier has a colon.
    terms = [term for term in query.lower().split() if ":" not in term]
    return [term.strip('"') for term in terms]


def has_words(text: str, words: list[str]) -> bool:
    """Whether a text has every word."""
    # Case does not count, on GitHub either.
    folded = text.lower()
    return all(word in folded for word in words)


def _reply(call: Call, found: list[JsonObject]) -> Reply:
    return paginate(call, [one | _SCORE for one in found], dict, "items", _FIELDS)


def _describe_repository(context: AppContext, call: Call) -> JsonObject:
    return serialize_minimal_repository(
        context, call.origin, context.repository, context.runs.repository_id
    )


def find_repositories(context: AppContext, call: Call) -> Reply:
    """The repository, or nothing."""
    body = serialize_repository(context, call.origin)
    words = read_words(call)
    text = f"{context.repository} {body['description'] or ''}"
    return _reply(call, [body] if has_words(text, words) else [])


def find_commits(context: AppContext, call: Call) -> Reply:
    """Commits of the default branch, by their messages."""
    words = read_words(call)
    head = context.git.resolve(context.default_branch)
    found = []
    repository = _describe_repository(context, call)
    for commit in list_commits(context.git, Range(head)) if head else []:
        if has_words(commit.message, words):
            body = serialize_commit(context, call.origin, commit)
            # Here, unlike elsewhere, GitHub shows what git says of the committer.
            body["committer"] = serialize_signature(commit.committer)
            found.append(body | {"repository": repository})
    return _reply(call, found)


def find_code(context: AppContext, call: Call) -> Reply:
    """Files of the default branch, by what they hold or are called."""
    words = read_words(call)
    found = []
    repository = _describe_repository(context, call)
    head = context.default_branch
    for node in read_tree(context.git, head, is_recursive=True) or []:
        if node.type == "blob" and _holds(context, node, words):
            entry = TreeEntry(node.type, node.sha, node.path, node.size or 0)
            body = serialize_entry(context, call.origin, entry)
            found.append(body | {"repository": repository})
    return _reply(call, found)


def _holds(context: AppContext, node: Node, words: list[str]) -> bool:
    if (node.size or 0) > MAX_SEARCHED_BYTES:
        return False
    data = read_blob(context.git, node.sha) or b""
    return has_words(f"{node.path}\n{data.decode(errors='replace')}", words)


def find_labels(context: AppContext, call: Call) -> Reply:
    """Labels, by name or description."""
    words = read_words(call)
    labels = [
        label
        for label in context.issues.list_labels()
        if has_words(f"{label.name} {label.description}", words)
    ]
    serialize = partial(serialize_label, context, call.origin)
    return _reply(call, list(map(serialize, labels)))


def find_users(context: AppContext, call: Call) -> Reply:
    """The owner, or nobody."""
    found = []
    if has_words(context.owner, read_words(call)):
        found.append(serialize_user(call.origin, context.owner))
    return _reply(call, found)


ROUTES = build_routes(
    "search/search",
    Endpoint(
        "GET", "/search/repositories", "", find_repositories, "search-repositories"
    ),
    Endpoint("GET", "/search/commits", "contents:read", find_commits, "search-commits"),
    Endpoint("GET", "/search/code", "contents:read", find_code, "search-code"),
    Endpoint("GET", "/search/labels", "issues:read", find_labels, "search-labels"),
    Endpoint("GET", "/search/users", "", find_users, "search-users"),
)
