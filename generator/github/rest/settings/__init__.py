"""REST: settings of the repository, and who has to do with it."""

from . import actions, people, repository, topics

ROUTES = (*actions.ROUTES, *people.ROUTES, *repository.ROUTES, *topics.ROUTES)
