"""REST: pull requests, their changes, reviews and merges [docs.github.com/rest/pulls]."""

from . import changes, merging, pulls, review_comments, reviewers, reviews

# `~/pulls/comments` stands before `~/pulls/{number}`, which would match it too.
ROUTES = (
    *review_comments.ROUTES,
    *changes.ROUTES,
    *merging.ROUTES,
    *pulls.ROUTES,
    *reviewers.ROUTES,
    *reviews.ROUTES,
)
