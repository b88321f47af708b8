"""REST: issues, their comments and labels [docs.github.com/rest/issues]."""

from . import comments, issues, labels

ROUTES = (*issues.ROUTES, *comments.ROUTES, *labels.ROUTES)
