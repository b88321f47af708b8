"""REST: issues, their comments and labels [docs.github.com/rest/issues]."""

from . import assignees, comments, issues, labels, milestones, reactions

# `~/issues/comments` stands before `~/issues/{number}`, which would match it too.
ROUTES = (
    *comments.ROUTES,
    *issues.ROUTES,
    *labels.ROUTES,
    *milestones.ROUTES,
    *assignees.ROUTES,
    *reactions.ROUTES,
)
