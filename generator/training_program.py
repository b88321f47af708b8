"""The built-in training as a program: its settings, as it reads them itself.

wfgen leaves the table `[pipeline]` to the training, which alone knows what it means: it
is asked, as a program of its own, so that neither imports the other.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .config.flags import TRAINING_PREFIX
from .errors import SettingsError
from .process import Runner

PACKAGE = __name__.removesuffix("generator.training_program") + "pipeline"
_VARIABLES = "PIPELINE_"
_SECONDS = 60


def make_command(*words: str) -> list[str]:
    """The words that start the training; no module of the current folder is imported."""
    return [sys.executable, "-P", "-m", PACKAGE, *words]


def make_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, with the folder that holds the training beside this package."""
    folder = Path(__file__).parents[1 + PACKAGE.count(".")]
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, paths))
    return {**os.environ, **(more or {}), "PYTHONPATH": path}


def read_training_settings(
    root: Path, values: Mapping[str, str], runner: Runner
) -> dict[str, dict[str, Any]]:
    """Every setting of the training by name: value, source and help.

    `values` are texts that go before those of the file. Raises SettingsError.
    """
    told = {f"{_VARIABLES}{name.upper()}": text for name, text in values.items()}
    completed = runner.run(
        make_command("settings", "--json"),
        cwd=root,
        env=make_environment(told),
        timeout_seconds=_SECONDS,
    )
    if completed.exit_code:
        lines = completed.stderr.strip().splitlines() or ["the training gave no reason"]
        hint = ""
        if len(lines) > 1:
            hint = lines[1].strip().removeprefix("hint: ")
        raise SettingsError(lines[0].removeprefix("error: "), hint=hint)
    described: dict[str, dict[str, Any]] = json.loads(completed.stdout)
    return described


def parse_training_pairs(
    root: Path, pairs: Mapping[str, str], runner: Runner
) -> dict[str, object]:
    """Settings of `--set pipeline.KEY=VALUE`, each of its type. Raises SettingsError."""
    if not pairs:
        return {}
    for name, text in pairs.items():
        if not text:
            raise SettingsError(f"flag --set {TRAINING_PREFIX}{name}: needs a value")
    described = read_training_settings(root, pairs, runner)
    return {name: described[name]["value"] for name in pairs}
