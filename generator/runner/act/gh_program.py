"""The `gh` of a run: it speaks to the local GitHub, whatever a step tells it of hosts.

gh has no variable for the address of an API. It speaks plain HTTP to one host alone,
through a proxy, which the local GitHub plays; no other program is to be sent there.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from ...github.client_setup import GH_HOST


def point_gh(programs: Path, url: str) -> None:
    """Put a script in the place of the link to gh, if there is one; `url` is the server's."""
    link = programs / "gh"
    if not link.is_symlink():
        return
    program = shlex.quote(str(link.readlink()))
    link.unlink()
    # Of a list of exceptions, `localhost` would be one for github.localhost, too.
    lines = (
        "#!/bin/sh",
        f"export GH_HOST={GH_HOST} GH_NO_UPDATE_NOTIFIER=1 GH_PROMPT_DISABLED=1",
        'export GH_REPO="${GH_REPO:-$GITHUB_REPOSITORY}"',
        "unset NO_PROXY no_proxy",
        f"export HTTP_PROXY={url} http_proxy={url}",
        f'exec {program} "$@"',
    )
    link.write_text("\n".join(lines) + "\n", encoding="utf-8")
    link.chmod(0o755)
