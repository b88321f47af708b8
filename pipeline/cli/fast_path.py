"""The way in, and the boundary: an error becomes one line, a hint and its exit code.

A scheduled job mostly finds nothing new, and half of what that costs is importing
click. So an `update` whose words are plain `--name value` pairs is started without it;
everything else, and every wrong word, goes to `pipeline.cli`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import settings as configuration
from ..errors import EXIT_INTERRUPTED, MissingLibraryError, PipelineError


def main() -> None:
    """Run a command and exit with its code."""
    flags = plain_update(sys.argv[1:])
    if flags is None:
        from .commands import pipeline  # noqa: PLC0415  # brings click

        guarded(lambda: pipeline(prog_name="python -m pipeline"))
    else:
        root = Path(flags.pop("root", ""))
        guarded(lambda: sys.exit(update(root, flags)))


def update(root: Path, flags: dict[str, str]) -> int:
    """Learn the next unseen batches; the exit code."""
    from ..training import update as run  # noqa: PLC0415  # each command loads what it needs

    return run.update(root, configuration.load(root, os.environ, flags), os.environ)


def plain_update(words: Sequence[str]) -> dict[str, str] | None:
    """The flags of an `update` that names each once with a value.

    Or None where click has to look at them.
    """
    if not words or words[0] != "update":
        return None
    names = {"root", *configuration.Settings._fields} - {
        "kaggle_timeout_seconds",
        "kaggle_retries",
        "kaggle_backoff_seconds",
    }
    flags: dict[str, str] = {}
    rest = list(words[1:])
    while rest:
        name, sign, value = rest.pop(0).partition("=")
        if not sign:
            value = rest.pop(0) if rest else ""
        field = name.removeprefix("--").replace("-", "_")
        if (
            not name.startswith("--")
            or "_" in name
            or field not in names
            or field in flags
            or value.startswith("-")
        ):
            return None
        if not value or (field == "root" and Path(value).is_file()):
            return None
        flags[field] = value
    return flags


def guarded(call: Callable[[], object]) -> None:
    """Call, and exit as the error says."""
    try:
        _with_libraries(call)
    except PipelineError as error:
        # Names out of a state or a source may hold line breaks, and a line that starts
        # with :: is a command to GitHub.
        message, hint = (
            " ".join(text.splitlines()) for text in (error.message, error.hint or "")
        )
        sys.stderr.write(f"error: {message}\n" + (f"  hint: {hint}\n" if hint else ""))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            # Shown at the run's page, not only in its log.
            sys.stdout.write(
                "::error title=pipeline::" + message.replace("%", "%25") + "\n"
            )
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _with_libraries(call: Callable[[], object]) -> None:
    """Call.

    A library that is not installed is a MissingLibraryError, one of the pipeline's own
    modules is a bug.
    """
    try:
        call()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(__name__.partition(".cli")[0]):
            raise
        raise MissingLibraryError(
            f"{error.name} is not installed", hint="pip install -r requirements.txt"
        ) from error
