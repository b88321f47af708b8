"""REST: environments, and the secrets and variables of them and of the repository.

[docs.github.com/rest/deployments/environments]
"""

from . import environments, secrets, variables

ROUTES = (*environments.ROUTES, *secrets.ROUTES, *variables.ROUTES)
