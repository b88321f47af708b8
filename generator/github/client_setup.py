"""How clients are pointed at a local GitHub: gh by variables, act by flags."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import OutputError

# The host that gh speaks plain HTTP to, through a proxy; it takes api.github.localhost
# for the API of this host [cli/cli internal/ghinstance/host.go].
GH_HOST = "github.localhost"
ACTRC_HEADER = "# written by wfgen serve; holds tokens that end with it"

Flag = tuple[str, str]


def build_gh_environment(url: str, repository: str, token: str) -> dict[str, str]:
    """The variables that make any `gh` call go to the server at `url`.

    Other hosts it would have to reach it cannot.
    """
    return {
        "GH_HOST": GH_HOST,
        "GH_REPO": f"{GH_HOST}/{repository}",
        "GH_TOKEN": token,
        "HTTP_PROXY": url,
        "http_proxy": url,
        # Neither looks for a newer gh, nor waits for somebody at the keyboard.
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_PROMPT_DISABLED": "1",
    }


def build_act_flags(environment: Mapping[str, str], token: str) -> list[Flag]:
    """The flags that point act at the server: (flag, value), in the order of the variables."""
    flags = [("--env", f"{name}={value}") for name, value in environment.items()]
    # As a secret, so that act masks it in its log.
    flags.append(("-s", f"GITHUB_TOKEN={token}"))
    return flags


def write_actrc(path: Path, flags: Sequence[Flag]) -> None:
    """Write the flags for act to find; OutputError where a file is in the way that is not ours."""
    if path.exists() and not path.read_text("utf-8").startswith(ACTRC_HEADER):
        raise OutputError(
            f"{path} is there already and was not written by wfgen",
            hint="move it away, or name another",
        )
    lines = [ACTRC_HEADER]
    lines += [f"{flag} {value}" for flag, value in flags]
    path.unlink(missing_ok=True)
    # Made anew, for its owner alone: it holds tokens.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
