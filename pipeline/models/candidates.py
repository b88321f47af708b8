"""The candidates: each scores a view of a batch and takes it.

A raw score is of shape (rows, scores): one log-odds for two classes, log-probabilities
up to a constant for more, or one value in standard deviations of the target.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ..errors import SettingsError
from ..tasks import BINARY, REGRESSION, logits, room
from . import boosting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MINI_BATCH = 200
TEMPER = 0.35
"""Naive Bayes counts what goes together as often as it comes.

Its log-odds are drawn in by as much.
"""


class Candidate(Protocol):
    """What the population asks of a learner; `view` names the matrix it wants."""

    view: str

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401  # sparse or dense
        """Scores of rows that were not learnt yet."""
        ...

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401
        """Take one batch.

        `target` holds class indices below `classes`, or values; `raw` is what `raw`
        just said.
        """
        ...


class Linear:
    """Logistic or linear regression by stochastic gradient descent.

    One against the rest for more than two classes.

    scikit-learn's default learning rate does worse than the base rate on such streams;
    this one was measured.
    """

    def __init__(self, task: str, seed: int, view: str = "wide") -> None:
        self.task = task
        self.seed = seed
        self.view = view
        self.learners: list[Any] = []

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401, ARG002
        """Take one batch."""
        if self.task == REGRESSION:
            self._grow(1)
            self.learners[0].partial_fit(matrix, target)
            return
        self._grow(1 if self.task == BINARY else max(classes, 2))
        for index, learner in enumerate(self.learners):
            positive = target == (1 if len(self.learners) == 1 else index)
            learner.partial_fit(matrix, positive.astype(np.int64), classes=[0, 1])

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401
        """One log-odds, or the logs of one-against-the-rest shares, or values."""
        if self.task == REGRESSION:
            return np.asarray(self.learners[0].predict(matrix)).reshape(-1, 1)
        odds = np.stack(
            [learner.decision_function(matrix) for learner in self.learners], axis=1
        )
        return odds if self.task == BINARY else -np.logaddexp(0.0, -odds)

    def _grow(self, wanted: int) -> None:
        if len(self.learners) == 1 and wanted > 1:
            # What was learnt of "class 1 against class 0" stays the start of both.
            self.learners = [self._mirrored(self.learners[0]), self.learners[0]]
        while len(self.learners) < wanted:
            self.learners.append(self._new())

    def _new(self) -> Any:  # noqa: ANN401  # scikit-learn has no types
        # The more fields a row has, the smaller the step: they all move together.
        start, power = (0.01, 0.3) if self.view == "wide" else (0.05, 0.25)
        rates: dict[str, Any] = {
            "alpha": 1e-5,
            "learning_rate": "invscaling",
            "eta0": start,
            "power_t": power,
        }
        if self.task == REGRESSION:
            return SGDRegressor(
                loss="huber", epsilon=1.0, random_state=self.seed, **rates
            )
        return SGDClassifier(loss="log_loss", random_state=self.seed, **rates)

    def _mirrored(self, learner: Any) -> Any:  # noqa: ANN401  # scikit-learn has no types
        twin = self._new()
        twin.__dict__.update(learner.__dict__)
        twin.coef_, twin.intercept_ = -learner.coef_, -learner.intercept_
        return twin


class Network:
    """One hidden layer.

    Rows are taken in stream order, so that the latest of a batch weigh a little more:
    measured.
    """

    view = "dense"

    def __init__(self, task: str, seed: int) -> None:
        self.task = task
        self.seed = seed
        self.classes = 0
        self.learner: Any = None

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401, ARG002
        """Take one batch.

        The network starts again where its last layer has no room for a class that
        joined.
        """
        if self.learner is None or room(classes) != self.classes:
            self.learner, self.classes = self._new(), room(classes)
        self.learner.batch_size = min(MINI_BATCH, len(target))
        fit_batch(self.learner, self.task, matrix, target, self.classes)

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401
        """Log-odds, log-probabilities or values."""
        if self.task == REGRESSION:
            return predicted_values(self.learner, matrix)
        return logits(self.task, self.learner.predict_proba(matrix))

    def _new(self) -> Any:  # noqa: ANN401  # scikit-learn has no types
        options: dict[str, Any] = {
            "hidden_layer_sizes": (32,),
            "shuffle": False,
            "random_state": self.seed,
        }
        return (
            MLPRegressor(**options)
            if self.task == REGRESSION
            else MLPClassifier(**options)
        )


class Bayes:
    """Naive Bayes over counts of values and buckets."""

    view = "tokens"

    def __init__(self, task: str) -> None:
        self.task = task
        self.classes = 0
        self.learner: Any = None

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401, ARG002
        """Take one batch; the counts start again where there is no room for a class that joined."""
        if self.learner is None or room(classes) != self.classes:
            self.learner, self.classes = MultinomialNB(), room(classes)
        fit_batch(self.learner, self.task, matrix, target, self.classes)

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401
        """Log-odds or log-probabilities."""
        return logits(self.task, self.learner.predict_proba(matrix)) * TEMPER


class Own:
    """The user's own learner.

    Anything with scikit-learn's `partial_fit`, made by `module:factory`.
    """

    def __init__(self, task: str, name: str) -> None:
        self.task = task
        self.name = name
        self.classes = 0
        self.learner: Any = None
        self.view = str(getattr(make_own(name), "view", "dense"))

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401, ARG002
        """Take one batch; it starts again where there is no room for a class that joined."""
        if self.learner is None or room(classes) != self.classes:
            self.learner, self.classes = make_own(self.name), room(classes)
        fit_batch(self.learner, self.task, matrix, target, self.classes)

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401
        """From `predict_proba`, else `decision_function`; from `predict` for values."""
        if self.task == REGRESSION:
            return predicted_values(self.learner, matrix)
        if hasattr(self.learner, "predict_proba"):
            return logits(self.task, self.learner.predict_proba(matrix))
        scores = np.asarray(self.learner.decision_function(matrix), dtype=np.float64)
        return scores.reshape(len(scores), -1)


def fit_batch(
    learner: Any, task: str, matrix: Any, target: Array, classes: int
) -> None:  # noqa: ANN401
    """One `partial_fit`; `target` holds values, or class numbers below `classes`."""
    if task == REGRESSION:
        learner.partial_fit(matrix, target)
    else:
        learner.partial_fit(matrix, target.astype(np.int64), classes=np.arange(classes))


def predicted_values(learner: Any, matrix: Any) -> Array:  # noqa: ANN401
    """What a regression says, of shape (rows, 1)."""
    return np.asarray(learner.predict(matrix), dtype=np.float64).reshape(-1, 1)


def make_own(name: str) -> Any:  # noqa: ANN401  # the user's class
    """Call `module:factory`. Raises SettingsError where it cannot be, or gives no learner."""
    module, _, factory = name.partition(":")
    try:
        learner = getattr(importlib.import_module(module), factory)()
    except Exception as error:
        raise SettingsError(
            f"`models` names {name!r}, which cannot be made: {error}"
        ) from error
    if not hasattr(learner, "partial_fit"):
        raise SettingsError(
            f"`models` names {name!r}, whose {type(learner).__name__} has no partial_fit"
        )
    return learner


def default_models(task: str) -> tuple[str, ...]:
    """The population where none is named: all that this task can have and that is installed."""
    own = ("linear", "mlp") if task == REGRESSION else ("linear", "mlp", "bayes")
    return (
        (*own, "boosting") if task in boosting.TASKS and boosting.installed() else own
    )


def make(names: Sequence[str], task: str, seed: int) -> dict[str, Candidate]:
    """The candidates by name. Raises SettingsError for one that this task cannot have."""
    wanted = [
        name
        for asked in names
        for name in (default_models(task) if asked == "auto" else (asked,))
    ]
    made: dict[str, Candidate] = {}
    for name in dict.fromkeys(wanted):
        if name == "linear":
            made[name] = Linear(task, seed)
        elif name == "sgd":
            made[name] = Linear(task, seed, "plain")
        elif name == "mlp":
            made[name] = Network(task, seed)
        elif name == "bayes" and task != REGRESSION:
            made[name] = Bayes(task)
        elif name == "boosting" and task in boosting.TASKS:
            made[name] = boosting.Boosting(task, seed)
        elif ":" in name:
            made[name] = Own(task, name)
        else:
            raise SettingsError(
                f"`models` names {name!r}, which cannot learn a {task} target"
            )
    return made
