"""REST: the repository, its files, releases and variables, and who is asking."""

from . import assets, contents, limits, releases, repository, variables

ROUTES = (
    *releases.ROUTES,
    *assets.ROUTES,
    *contents.ROUTES,
    *repository.ROUTES,
    *variables.ROUTES,
    *limits.ROUTES,
)
