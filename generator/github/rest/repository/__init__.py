"""REST: the repository, its files, releases and variables, and who is asking."""

from . import assets, contents, limits, refs, releases, repository, variables

ROUTES = (
    *releases.ROUTES,
    *assets.ROUTES,
    *contents.ROUTES,
    *refs.ROUTES,
    *repository.ROUTES,
    *variables.ROUTES,
    *limits.ROUTES,
)
