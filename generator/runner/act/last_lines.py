"""How a step ends: with all its lines, and failed where its commands are malformed.

act 0.2.89 stops reading when the shell of a step ends.

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
# Prints what is wrong with a file of `name=value` and `name<<delimiter` entries, in the
# words of GitHub's runner (actions/runner, src/Runner.Worker/FileCommandManager.cs).
FILE_COMMAND_CHECK = """
open_delimiter { if ($0 == open_delimiter) open_delimiter = ""; next }
$0 == "" { next }
{
  equals = index($0, "="); heredoc = index($0, "<<")
  if (heredoc && (!equals || heredoc < equals)) {
    open_delimiter = substr($0, heredoc + 2)
    if (heredoc == 1 || open_delimiter == "") {
      print "Invalid format \047" $0 "\047. Name and delimiter must not be empty"
      failed = 1; exit
    }
  } else if (equals == 1) {
    print "Invalid format \047" $0 "\047. Name must not be empty"; failed = 1; exit
  } else if (!equals) {
    print "Invalid format \047" $0 "\047"; failed = 1; exit
  }
}
END {
  if (!failed && open_delimiter) {
    print "Invalid value. Matching delimiter not found \047" open_delimiter "\047"
  }
}
"""
_MARKER = re.compile(MARKER + r"\d+")


# A name between two @ is put in.
_SCRIPT = """\
#!/bin/sh
@SHELL@ "$@"
code=$?
if [ $code -eq 0 ] && [ -s "$GITHUB_OUTPUT" -o -s "$GITHUB_ENV" ] && @IS_STEP@; then
  for kind in output env; do
    file=$GITHUB_OUTPUT
    [ $kind = output ] || file=$GITHUB_ENV
    problem=$(awk @CHECK@ "$file" 2>/dev/null)
    if [ -n "$problem" ]; then
      echo "::error::Unable to process file command '$kind' successfully."
      printf '::error::%s\\n' "$problem"
      # act would find it too, and fail the job without saying in which step.
      : > "$file"
      code=1
    fi
  done
fi
if [ $code -ne 0 ] && @IS_STEP@; then
  echo "@MARKER@$$"
  met=@FOLDER@/@MARKER@$$
  rounds=0
  while [ ! -e "$met" ] && [ $rounds -lt @ROUNDS@ ]; do
    sleep 0.05
    rounds=$((rounds + 1))
  done
fi
exit $code
"""


def write_shell(path: Path, shell: str) -> None:
    """Write a program that runs `shell` and ends as a step of GitHub's does.

    Where act started it: a script that leaves a malformed file of commands fails, and
    one that failed waits until its output was read. The files that end the wait lie
    beside it.
    """
    parts = {
        "SHELL": shlex.quote(shell),
        "IS_STEP": '[ "$(cat /proc/$PPID/comm 2>/dev/null)" = act ]',
        "CHECK": shlex.quote(FILE_COMMAND_CHECK),
        "MARKER": MARKER,
        "FOLDER": shlex.quote(str(path.parent)),
        "ROUNDS": str(MAX_ROUNDS),
    }
    script = re.sub("@([A-Z_]+)@", lambda match: parts[match[1]], _SCRIPT)
    path.write_text(script, encoding="utf-8")
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
