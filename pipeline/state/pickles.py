"""Pickles of the training state.

Written by joblib, read back only as far as what is listed here goes.

The bytes were checked by sha256 (and HMAC) before they get here; the list is the second
wall, for a state that was replaced as a whole where no key is set. It stands in code on
purpose: a list that travels with the file protects nobody.
"""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from joblib.numpy_pickle import NumpyPickler
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import SGDClassifier, SGDRegressor

from ..errors import PipelineError, StateTamperedError
from .numpy_checks import plain_dtype, plain_scalar
from .names import is_own, stored_module
from .restricted_unpickler import (
    Check,
    Listed,
    Name,
    StrictUnpickler,
    bit_generator,
    random_state,
)


def _sgd(state: dict[str, Any]) -> None:
    """scikit-learn's loop writes to these arrays without looking at how long they are."""
    coefficients = state.get("coef_", np.zeros(1))
    if state.get("average") is not False or type(coefficients) is not np.ndarray:
        raise pickle.UnpicklingError(
            "it holds a linear model of another kind than ours"
        )
    if not coefficients.ndim or coefficients.size != coefficients.shape[-1]:
        raise pickle.UnpicklingError(
            "it holds a linear model whose coefficients have another shape than ours"
        )


def _linear(state: dict[str, Any]) -> None:
    """The attributes of a learner are copied to a new one where a third class comes."""
    estimators = state.get("estimators")
    if type(estimators) is not list or not all(
        type(estimator) in {SGDClassifier, SGDRegressor} for estimator in estimators
    ):
        raise pickle.UnpicklingError(
            "it holds a linear model of another kind than ours"
        )


CLASSES: dict[Name, Check | None] = {
    ("pipeline.features.encoder", "Encoder"): None,
    ("pipeline.features.schema", "Column"): None,
    ("pipeline.features.schema", "Schema"): None,
    ("pipeline.features.standard_scaler", "StandardScaler"): None,
    ("pipeline.features.target_encoder", "TargetEncoder"): None,
    ("pipeline.models.boosting", "ContinuedBoosting"): None,
    ("pipeline.models.drift", "DriftMonitor"): None,
    ("pipeline.models.ensemble", "AverageEnsemble"): None,
    ("pipeline.models.ensemble", "OnlineStacking"): None,
    ("pipeline.models.linear", "LinearModel"): _linear,
    ("pipeline.models.metrics", "PrequentialMetrics"): None,
    ("pipeline.models.naive_bayes", "NaiveBayes"): None,
    ("pipeline.models.neural_network", "NeuralNetwork"): None,
    ("pipeline.models.population", "Champion"): None,
    ("sklearn.linear_model._stochastic_gradient", "SGDClassifier"): _sgd,
    ("sklearn.linear_model._stochastic_gradient", "SGDRegressor"): _sgd,
    ("sklearn.naive_bayes", "MultinomialNB"): None,
    ("sklearn.neural_network._multilayer_perceptron", "MLPClassifier"): None,
    ("sklearn.neural_network._multilayer_perceptron", "MLPRegressor"): None,
    ("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer"): None,
    ("sklearn.preprocessing._label", "LabelBinarizer"): None,
}
FUNCTIONS = {
    ("numpy", "dtype"): plain_dtype,
    ("numpy._core.multiarray", "scalar"): plain_scalar,
    ("numpy.random._pickle", "__bit_generator_ctor"): bit_generator,
    ("numpy.random._pickle", "__randomstate_ctor"): random_state,
    ("sklearn._loss._loss", "CyHalfBinomialLoss"): None,
    ("sklearn._loss._loss", "CyHuberLoss"): None,
    ("sklearn.linear_model._sgd_fast", "Huber"): None,
    ("sklearn.linear_model._sgd_fast", "Log"): None,
}
RENAMED = {
    # As scikit-learn wrote them before 1.9: its Cython modules did not know their package.
    ("_loss", "CyHalfBinomialLoss"): ("sklearn._loss._loss", "CyHalfBinomialLoss"),
    ("_loss", "CyHuberLoss"): ("sklearn._loss._loss", "CyHuberLoss"),
    # As this package wrote them while its modules lay in one folder.
    ("pipeline.blend", "Mean"): ("pipeline.models.ensemble", "AverageEnsemble"),
    ("pipeline.blend", "Weighted"): ("pipeline.models.ensemble", "OnlineStacking"),
    ("pipeline.boosting", "Boosting"): (
        "pipeline.models.boosting",
        "ContinuedBoosting",
    ),
    ("pipeline.drift", "Watch"): ("pipeline.models.drift", "DriftMonitor"),
    ("pipeline.features", "Encoder"): ("pipeline.features.encoder", "Encoder"),
    ("pipeline.metrics", "Prequential"): (
        "pipeline.models.metrics",
        "PrequentialMetrics",
    ),
    ("pipeline.models", "Bayes"): ("pipeline.models.naive_bayes", "NaiveBayes"),
    ("pipeline.models", "Linear"): ("pipeline.models.linear", "LinearModel"),
    ("pipeline.models", "Network"): ("pipeline.models.neural_network", "NeuralNetwork"),
    ("pipeline.models", "Own"): ("pipeline.models.user_model", "UserModel"),
    ("pipeline.moments", "Moments"): (
        "pipeline.features.standard_scaler",
        "StandardScaler",
    ),
    ("pipeline.population", "Champion"): ("pipeline.models.population", "Champion"),
    ("pipeline.population", "Population"): ("pipeline.models.population", "Population"),
    ("pipeline.rates", "Rates"): ("pipeline.features.target_encoder", "TargetEncoder"),
    ("pipeline.schema", "Column"): ("pipeline.features.schema", "Column"),
    ("pipeline.schema", "Schema"): ("pipeline.features.schema", "Schema"),
}
RENAMED_ATTRIBUTES: dict[Name, dict[str, str]] = {
    ("pipeline.features.encoder", "Encoder"): {
        "moments": "scaler",
        "rates": "target_encoder",
        "slots": "column_numbers",
        "steady": "varying_categories",
        "used": "used_positions",
        "values": "value_positions",
    },
    ("pipeline.features.schema", "Column"): {"code": "is_code"},
    ("pipeline.features.target_encoder", "TargetEncoder"): {
        "odds": "as_log_odds",
        "rows": "row_counts",
        "targets": "target_sums",
    },
    ("pipeline.models.boosting", "ContinuedBoosting"): {
        "chunks": "tree_chunks",
        "start": "base_score",
        "width": "feature_count",
    },
    ("pipeline.models.linear", "LinearModel"): {"learners": "estimators"},
    ("pipeline.models.naive_bayes", "NaiveBayes"): {"learner": "estimator"},
    ("pipeline.models.neural_network", "NeuralNetwork"): {"learner": "estimator"},
    ("pipeline.models.population", "Champion"): {"blend": "ensemble"},
    ("pipeline.models.population", "Population"): {
        "blends": "ensembles",
        "figures": "metrics",
        "scored": "is_trained",
        "sums": "target_sums",
        "watch": "drift_monitor",
    },
    ("pipeline.models.user_model", "UserModel"): {"learner": "estimator"},
}
"""By the class's name of today: its attributes as they were called in states up to format
2 of the first layout, and as they are called now."""


def dumps(value: object) -> bytes:
    """One pickle, as joblib writes it."""
    sink = io.BytesIO()
    _Pickler(sink).dump(value)
    return sink.getvalue()


class _Pickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
    """joblib's pickler; classes of this package get the name that every copy of it reads."""

    dispatch: ClassVar[dict[type, Callable[..., None]]] = dict(NumpyPickler.dispatch)

    def save_global(self, obj: Any, name: str | None = None) -> None:  # noqa: ANN401  # as pickle declares it
        """Write the name of a class or a function."""
        module = str(getattr(obj, "__module__", ""))
        if not is_own(module):
            super().save_global(obj, name)
            return
        self.save(stored_module(module))
        self.save(name or obj.__qualname__)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)


def loads(content: bytes, name: str, models: Sequence[str] = ()) -> Any:  # noqa: ANN401  # the caller checks the class
    """The value of a pickle that joblib wrote.

    Raises StateTamperedError where it does what none of ours does.

    Of `models`, those that are the user's own (`module:factory`) add the class that the
    factory makes, and what its attribute `pickled_classes` lists as "module.Class":
    both come from the user's code, never from the file. A pickle that holds a candidate
    of another name is refused: that name would be imported to make the candidate anew.
    """
    own = frozenset(model for model in models if ":" in model)
    classes = CLASSES | {
        ("pipeline.models.user_model", "UserModel"): lambda state: _vouched(
            (state.get("name"),), own
        ),
        ("pipeline.models.population", "Population"): lambda state: _vouched(
            state.get("names"), own
        ),
    }
    try:
        with warnings.catch_warnings():
            # Which versions go together was decided before, by what the state says it
            # was written with.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return StrictUnpickler(
                content,
                Listed(
                    classes,
                    FUNCTIONS,
                    _own_classes(own),
                    RENAMED,
                    RENAMED_ATTRIBUTES,
                ),
            ).load()
    except PipelineError:
        raise
    except Exception as error:
        raise StateTamperedError(
            f"{name} is not a pickle of this pipeline: {error}"
        ) from error


def _vouched(names: object, own: frozenset[str]) -> None:
    """Raises UnpicklingError where the candidates are named by something else than strings.

    Or not as in `own`.
    """
    if type(names) is not tuple or not all(type(name) is str for name in names):
        raise pickle.UnpicklingError("its candidates have no names")
    strange = sorted({name for name in names if ":" in name} - own)
    if strange:
        raise pickle.UnpicklingError(
            f"it holds a candidate of your own that `models` does not name: {strange[0]}"
        )


def _own_classes(models: frozenset[str]) -> frozenset[Name]:
    found: set[Name] = set()
    for model in sorted(models):
        from ..models.user_model import create_user_estimator  # noqa: PLC0415  # only where the user has models of their own

        kind = type(create_user_estimator(model))
        found.add((kind.__module__, kind.__qualname__))
        for listed in getattr(kind, "pickled_classes", ()):
            module, _, name = str(listed).rpartition(".")
            found.add((module, name))
    return frozenset(found)
