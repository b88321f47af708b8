"""REST: the repository, its files and releases, and who is asking."""

from . import assets, contents, limits, releases, repository

ROUTES = (
    *releases.ROUTES,
    *assets.ROUTES,
    *contents.ROUTES,
    *repository.ROUTES,
    *limits.ROUTES,
)
