"""The way in, and the boundary: an error becomes one line, a hint and its exit code.

A scheduled job mostly finds nothing new, and half of what that costs is importing
click. So an `update` whose words are `--name value` pairs is started without it;
everything else, and every wrong word, goes to `commands`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import EXIT_INTERRUPTED, MissingLibraryError, PipelineError
from ..program import COMMAND, PACKAGE
from ..settings import FLAGS, load, spell_flag
from ..terminal import show, show_command

_REQUIREMENTS = "requirements.txt"
# Libraries that the package index has by another name than they are imported by.
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def main() -> None:
    """Run a command and exit with its code."""
    flags = parse_update(sys.argv[1:])
    if flags is None:
        from .commands import pipeline  # noqa: PLC0415  # brings click

        exit_on_errors(lambda: pipeline(prog_name=COMMAND))
    else:
        # Imports make objects and no garbage: to look for it costs a tenth of a run that
        # finds nothing new. It is switched on again before anything is trained.
        gc.disable()
        root = Path(flags.pop("root", ""))
        exit_on_errors(lambda: sys.exit(run_update(root, flags)))


def run_update(root: Path, flags: dict[str, str]) -> int:
    """Train on the next batches; return the exit code."""
    # Here, where a library that is missing is told of as one.
    from ..training.update import update  # noqa: PLC0415

    exit_code = update(root, load(root, os.environ, flags), os.environ)
    if not gc.isenabled():
        # Nothing was trained. The process ends with a last look for garbage, which
        # passes over what is frozen.
        gc.freeze()
    return exit_code


def parse_update(words: Sequence[str]) -> dict[str, str] | None:
    """Parse an `update` that names each flag once, with a value.

    None where click has to look at the words.
    """
    if not words or words[0] != "update":
        return None
    names = {spell_flag(name): name for name in ("root", *FLAGS)}
    flags: dict[str, str] = {}
    rest = list(words[1:])
    while rest:
        flag, sign, value = rest.pop(0).partition("=")
        if not sign and rest:
            value = rest.pop(0)
        name = names.get(flag)
        # A value with a dash may be a flag whose own value was forgotten.
        if name is None or name in flags or not value or value.startswith("-"):
            return None
        flags[name] = value
    if Path(flags.get("root", "")).is_file():
        return None
    return flags


def exit_on_errors(call: Callable[[], object]) -> None:
    """Call, and exit as the error says."""
    try:
        _name_missing_library(call)
    except PipelineError as error:
        # Names out of a state or a source may hold line breaks.
        show(f"error: {' '.join(error.message.splitlines())}", err=True)
        hint = " ".join(error.hint.splitlines())
        if hint:
            show(f"  hint: {hint}", err=True)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            # Shown at the run's page, not only in its log.
            show_command("error title=pipeline", error.message)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _name_missing_library(call: Callable[[], object]) -> None:
    """Call; a library that is not installed becomes a MissingLibraryError.

    One of the pipeline's own modules that is missing stays a bug.
    """
    try:
        call()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(PACKAGE):
            raise
        raise MissingLibraryError(
            f"{error.name} is not installed", hint=_suggest_install(error.name)
        ) from error


def _suggest_install(module: str) -> str:
    """Return the command that brings a library, from the list of the repository, if any."""
    if Path(_REQUIREMENTS).is_file():
        return f"pip install -r {_REQUIREMENTS}"
    library = module.partition(".")[0]
    return f"pip install {_DISTRIBUTIONS.get(library, library)}"
