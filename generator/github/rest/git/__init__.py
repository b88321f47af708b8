"""REST: branches, refs, commits and the other objects of git [docs.github.com/rest/git]."""

from . import branches, commits, comparisons, merges, objects, refs, tags

ROUTES = (
    *branches.ROUTES,
    *commits.ROUTES,
    *comparisons.ROUTES,
    *merges.ROUTES,
    *objects.ROUTES,
    *refs.ROUTES,
    *tags.ROUTES,
)
