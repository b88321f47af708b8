"""REST: commit statuses, check runs and check suites [docs.github.com/rest/checks]."""

from . import check_runs, check_suites, statuses

ROUTES = (*check_runs.ROUTES, *check_suites.ROUTES, *statuses.ROUTES)
