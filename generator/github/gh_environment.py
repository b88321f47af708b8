"""How gh is pointed at a local GitHub.

`github.localhost` is the host it speaks plain HTTP to, through a proxy.
"""

from __future__ import annotations

# gh takes api.github.localhost for the API of this host [cli/cli internal/ghinstance/host.go].
GH_HOST = "github.localhost"


def gh_environment(url: str, repository: str, token: str) -> dict[str, str]:
    """The variables that make any `gh` call go to the server at `url`.

    Other hosts it would have to reach it cannot.
    """
    return {
        "GH_HOST": GH_HOST,
        "GH_REPO": f"{GH_HOST}/{repository}",
        "GH_TOKEN": token,
        "HTTP_PROXY": url,
        "http_proxy": url,
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_PROMPT_DISABLED": "1",
    }
