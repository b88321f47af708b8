"""The registry of candidates: one row for each model that `models` may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SettingsError
from ..refit.regression import RefitRegression
from ..refit.trees import WINDOW_ROWS, RefitTrees
from ..tasks import BINARY, MULTICLASS, REGRESSION
from .boosting import ContinuedBoosting, is_lightgbm_installed
from .linear import LinearModel
from .naive_bayes import NaiveBayes
from .neural_network import NeuralNetwork
from .user_model import UserModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .estimators import Candidate

AUTO = "auto"
ALL_TASKS = (BINARY, MULTICLASS, REGRESSION)


def is_always_available() -> bool:
    """What is made of libraries that the training requires anyhow."""
    return True


@dataclass(frozen=True, slots=True)
class CandidateType:
    """A model by its name in the settings.

    `create` takes task and seed. Where `auto` stands, every type with `in_auto` takes
    part that has the task and is available.
    """

    name: str
    tasks: tuple[str, ...]
    create: Callable[[str, int], Candidate]
    is_available: Callable[[], bool] = is_always_available
    in_auto: bool = True
    refits: bool = False
    """Whether it is trained on rows that are kept."""


# In the order in which they are trained and listed.
CANDIDATE_TYPES = (
    CandidateType("linear", ALL_TASKS, LinearModel),
    CandidateType("mlp", ALL_TASKS, NeuralNetwork),
    CandidateType("bayes", (BINARY, MULTICLASS), lambda task, _: NaiveBayes(task)),
    CandidateType(
        "boosting",
        (BINARY, REGRESSION),
        ContinuedBoosting,
        is_available=is_lightgbm_installed,
    ),
    CandidateType("refit", ALL_TASKS, RefitTrees, refits=True),
    CandidateType(
        "refit_window",
        ALL_TASKS,
        lambda task, seed: RefitTrees(task, seed, WINDOW_ROWS),
        refits=True,
    ),
    CandidateType("refit_linear", ALL_TASKS, RefitRegression, refits=True),
    CandidateType(
        "sgd",
        ALL_TASKS,
        lambda task, seed: LinearModel(task, seed, "plain"),
        in_auto=False,
    ),
)


REFIT_NAMES = frozenset(row.name for row in CANDIDATE_TYPES if row.refits)


def list_default_names(task: str, *, keeps_rows: bool = True) -> list[str]:
    """What `auto` stands for: all that this task can have and that is installed.

    Those that train on kept rows only where rows are kept.
    """
    rows = [row for row in CANDIDATE_TYPES if row.in_auto and task in row.tasks]
    if not keeps_rows:
        rows = [row for row in rows if not row.refits]
    return [row.name for row in rows if row.is_available()]


def create_candidates(
    names: Sequence[str], task: str, seed: int, *, keeps_rows: bool = True
) -> dict[str, Candidate]:
    """The candidates by name, each once.

    Raises SettingsError for one that this task cannot have, and MissingLibraryError.
    """
    candidates: dict[str, Candidate] = {}
    for asked in names:
        wanted = [asked]
        if asked == AUTO:
            wanted = list_default_names(task, keeps_rows=keeps_rows)
        for name in wanted:
            if name not in candidates:
                candidates[name] = _create_candidate(name, task, seed)
    return candidates


def _create_candidate(name: str, task: str, seed: int) -> Candidate:
    for row in CANDIDATE_TYPES:
        if row.name == name and task in row.tasks:
            return row.create(task, seed)
    if ":" in name:
        return UserModel(task, name)
    raise SettingsError(
        f"`models` names {name!r}, which cannot be trained on a {task} target"
    )
