"""REST: workflows, runs, artifacts and caches [docs.github.com/rest/actions]."""

from . import artifacts, caches, launches, runs, timing, workflows

ROUTES = (
    *runs.ROUTES,
    *workflows.ROUTES,
    *launches.ROUTES,
    *artifacts.ROUTES,
    *caches.ROUTES,
    *timing.ROUTES,
)
