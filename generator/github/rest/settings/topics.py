"""REST: topics of the repository [docs.github.com/rest/repos/repos]."""

from __future__ import annotations

import re

from ...context import AppContext
from ..calls import Call, Reply
from ..router import Endpoint, build_routes

# docs.github.com, "Classifying your repository with topics".
_TOPIC = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
MOST_TOPICS = 20


def list_topics(context: AppContext, _call: Call) -> Reply:
    """The topics."""
    names = context.documents.read_settings("repository").get("topics", [])
    return Reply(body={"names": names})


def replace_topics(context: AppContext, call: Call) -> Reply:
    """Give the repository these topics and no others."""
    names = [name.lower() for name in call.body.read_texts("names")]
    if len(names) > MOST_TOPICS:
        raise call.invalid("A repository cannot have more than 20 topics.")
    # All or none of them.
    for name in names:
        if not _TOPIC.fullmatch(name):
            raise call.invalid(
                "Topics must start with a lowercase letter or number, consist of 50 "
                "characters or less, and can include hyphens."
            )
    context.documents.write_settings("repository", {"topics": names})
    return Reply(body={"names": names})


ROUTES = build_routes(
    "repos/repos",
    Endpoint(
        "GET", "~/topics", "contents:read", list_topics, "get-all-repository-topics"
    ),
    Endpoint(
        "PUT",
        "~/topics",
        "administration:write",
        replace_topics,
        "replace-all-repository-topics",
    ),
)
