"""The last lines of a step that fails: act 0.2.89 stops reading when its shell ends.

So a shell that failed writes a marker and waits until wfgen has met it in act's log. By
then act has read everything before it, however busy the machine is.
"""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from pathlib import Path

MARKER = "wfgen-end-of-output-"
# In steps of 0.05 s: after 20 s the shell ends all the same.
MAX_ROUNDS = 400
_MARKER = re.compile(MARKER + r"\d+")


def write_shell(path: Path, shell: str) -> None:
    """Write a program that runs `shell` and waits where act started it and it failed.

    The files that end the wait lie beside it.
    """
    is_step = '[ "$(cat /proc/$PPID/comm 2>/dev/null)" = act ]'
    path.write_text(
        f"""\
#!/bin/sh
{shlex.quote(shell)} "$@"
code=$?
if [ $code -ne 0 ] && {is_step}; then
  echo "{MARKER}$$"
  met={shlex.quote(str(path.parent))}/{MARKER}$$
  rounds=0
  while [ ! -e "$met" ] && [ $rounds -lt {MAX_ROUNDS} ]; do
    sleep 0.05
    rounds=$((rounds + 1))
  done
fi
exit $code
""",
        encoding="utf-8",
    )
    path.chmod(0o755)


def take_marker(line: str, folder: Path) -> str | None:
    """Let the shell end whose marker is in a line of act's JSON log.

    Return the line without the marker; None where nothing else was in it.
    """
    found = _MARKER.search(line)
    if found is None:
        return line
    # The run may be over, and its folder gone: then nobody waits.
    with suppress(OSError):
        (folder / found[0]).touch()
    # A last line without its end has the marker behind it.
    rest = _MARKER.sub("", line)
    try:
        message = str(json.loads(rest)["msg"])
    except (ValueError, KeyError, TypeError):
        return rest
    # act writes "  | " before what a step says.
    if not message.strip(" |\n"):
        return None
    return rest
