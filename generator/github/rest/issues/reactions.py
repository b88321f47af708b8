"""REST: reactions to issues, comments and releases [docs.github.com/rest/reactions/reactions]."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ...context import AppContext
from ..calls import Call, Reply
from ..pagination import paginate
from ..router import Endpoint, build_routes
from .serializers import REACTION, REACTIONS, serialize_reaction

READ = "issues:read"
WRITE = "issues:write"


class Subject(NamedTuple):
    """What can be reacted to: its path below the repository, the name of its id in it."""

    path: str
    id_name: str
    anchor: str
    exists: Callable[[AppContext, int], object]


def _find_line_comment(context: AppContext, comment_id: int) -> object:
    return context.documents.get("review_comment", comment_id)


SUBJECTS = (
    Subject("issues/{number}", "number", "an-issue", lambda c, n: c.issues.get(n)),
    Subject(
        "issues/comments/{comment_id}",
        "comment_id",
        "an-issue-comment",
        lambda c, n: c.issues.get_comment(n),
    ),
    Subject(
        "pulls/comments/{comment_id}",
        "comment_id",
        "a-pull-request-review-comment",
        _find_line_comment,
    ),
    Subject(
        "releases/{release_id}",
        "release_id",
        "a-release",
        lambda c, n: c.releases.get(n),
    ),
)


def list_reactions(subject: Subject, context: AppContext, call: Call) -> Reply:
    """The reactions to something, oldest first."""
    reactions = context.documents.list_all(REACTION, _name(subject, context, call))
    if content := call.query.get("content"):
        reactions = [one for one in reactions if one.key == content]
    return paginate(call, reactions, partial(serialize_reaction, call.origin))


def add_reaction(subject: Subject, context: AppContext, call: Call) -> Reply:
    """React; 200 for who has reacted so before."""
    name = _name(subject, context, call)
    content = call.body.read_choice("content", REACTIONS)
    login = call.grant.login
    # Everybody says a thing once.
    for reaction in context.documents.list_all(REACTION, name, content):
        if reaction.author == login:
            return Reply(body=serialize_reaction(call.origin, reaction))
    reaction = context.documents.add(
        REACTION, {}, parent=name, key=content, author=login
    )
    return Reply(201, serialize_reaction(call.origin, reaction))


def delete_reaction(subject: Subject, context: AppContext, call: Call) -> Reply:
    """Take a reaction back."""
    name = _name(subject, context, call)
    reaction = call.find(partial(context.documents.get, REACTION), "reaction_id")
    if reaction.parent != name:
        raise call.not_found()
    context.documents.delete(reaction)
    return Reply(204)


def _name(subject: Subject, context: AppContext, call: Call) -> str:
    """What reactions to the thing that a path names belong to; 404 where it is not there."""
    call.find(partial(subject.exists, context), subject.id_name)
    number = call.read_number(subject.id_name)
    return subject.path.replace(f"{{{subject.id_name}}}", str(number))


def _build() -> list[Endpoint]:
    """The operations on the reactions to each subject."""
    endpoints = []
    for subject in SUBJECTS:
        base = f"~/{subject.path}/reactions"
        anchor = subject.anchor
        endpoints += [
            Endpoint(
                "GET",
                base,
                READ,
                partial(list_reactions, subject),
                f"list-reactions-for-{anchor}",
            ),
            Endpoint(
                "POST",
                base,
                WRITE,
                partial(add_reaction, subject),
                f"create-reaction-for-{anchor}",
            ),
            Endpoint(
                "DELETE",
                f"{base}/{{reaction_id}}",
                WRITE,
                partial(delete_reaction, subject),
                f"delete-{anchor}-reaction",
            ),
        ]
    return endpoints


ROUTES = build_routes("reactions/reactions", *_build())
