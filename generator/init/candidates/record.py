"""A command that could be the training, and what speaks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# In names of files, targets, jobs and arguments; as words of a name, so that neither
# "constraint" nor "training_data.csv" counts.
_TRAINING_NAME = re.compile(
    r"(?:^|[^a-z])(?:re|pre)?(?:train(?:er|ing)?|fit|learn|fine[-_ ]?tun(?:e|ing)"
    r"|(?:build|update|make|refresh)[-_ ](?:\w+[-_ ])?models?)(?![a-z])"
)
_NO_TRAINING = re.compile(r"data(?:set)?|test|eval|predict|label|sample|infer")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to start a training.

    `place` is the file, with a line where there is one; `reason` a clause about it. The
    higher the `score`, the more speaks for it. `script` is the file that it starts, ""
    where that is not known. `missing` names what the command still needs to be told.
    """

    command: str
    place: str
    reason: str
    score: int
    script: str = ""
    missing: tuple[str, ...] = ()
    job: str = ""
    """The id of the job that runs it, where `place` is a workflow."""


def is_training_name(name: str) -> bool:
    """Whether a name says that something is trained: `retrain_model`, `train-daily`."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    found = _TRAINING_NAME.search(words)
    if found is None:
        return False
    # `build_training_data` makes what is trained on; `train_test` tries it.
    return _NO_TRAINING.search(words[found.end() :]) is None
