"""Pickles of the training state: written by joblib, read back only as far as what is listed here goes.

The bytes were checked by sha256 (and HMAC) before they get here; the list is the second wall, for a state that was
replaced as a whole where no key is set. It stands in code on purpose: a list that travels with the file protects
nobody.
"""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import SGDClassifier, SGDRegressor

from pipeline.errors import PipelineError, StateTamperedError
from pipeline.plain import plain_dtype, plain_scalar
from pipeline.unpickle import Check, Listed, Name, StrictUnpickler, bit_generator, random_state


def _sgd(state: dict[str, Any]) -> None:
    """scikit-learn's loop writes to these arrays without looking at how long they are."""
    coefficients = state.get("coef_", np.zeros(1))
    if state.get("average") is not False or type(coefficients) is not np.ndarray:
        raise pickle.UnpicklingError("it holds a linear model of another kind than ours")
    if not coefficients.ndim or coefficients.size != coefficients.shape[-1]:
        raise pickle.UnpicklingError("it holds a linear model whose coefficients have another shape than ours")


def _linear(state: dict[str, Any]) -> None:
    """The attributes of a learner are copied to a new one where a third class comes."""
    learners = state.get("learners")
    if type(learners) is not list or not all(type(learner) in {SGDClassifier, SGDRegressor} for learner in learners):
        raise pickle.UnpicklingError("it holds a linear model of another kind than ours")


CLASSES: dict[Name, Check | None] = {
    ("pipeline.blend", "Mean"): None,
    ("pipeline.blend", "Weighted"): None,
    ("pipeline.boosting", "Boosting"): None,
    ("pipeline.drift", "Watch"): None,
    ("pipeline.features", "Encoder"): None,
    ("pipeline.metrics", "Prequential"): None,
    ("pipeline.models", "Bayes"): None,
    ("pipeline.models", "Linear"): _linear,
    ("pipeline.models", "Network"): None,
    ("pipeline.moments", "Moments"): None,
    ("pipeline.population", "Champion"): None,
    ("pipeline.rates", "Rates"): None,
    ("pipeline.schema", "Column"): None,
    ("pipeline.schema", "Schema"): None,
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
}


def dumps(value: object) -> bytes:
    """One pickle, as joblib writes it."""
    sink = io.BytesIO()
    joblib.dump(value, sink)
    return sink.getvalue()


def loads(content: bytes, name: str, models: Sequence[str] = ()) -> Any:  # noqa: ANN401  # the caller checks the class
    """The value of a pickle that joblib wrote. Raises StateTamperedError where it does what none of ours does.

    Of `models`, those that are the user's own (`module:factory`) add the class that the factory makes, and what its
    attribute `pickled_classes` lists as "module.Class": both come from the user's code, never from the file. A pickle
    that holds a candidate of another name is refused: that name would be imported to make the candidate anew.
    """
    own = frozenset(model for model in models if ":" in model)
    classes = CLASSES | {
        ("pipeline.models", "Own"): lambda state: _vouched((state.get("name"),), own),
        ("pipeline.population", "Population"): lambda state: _vouched(state.get("names"), own),
    }
    try:
        with warnings.catch_warnings():
            # Which versions go together was decided before, by what the state says it was written with.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return StrictUnpickler(content, Listed(classes, FUNCTIONS, _own_classes(own), RENAMED)).load()
    except PipelineError:
        raise
    except Exception as error:
        raise StateTamperedError(f"{name} is not a pickle of this pipeline: {error}") from error


def _vouched(names: object, own: frozenset[str]) -> None:
    """Raises UnpicklingError where the candidates are named by something else than strings, or not as in `own`."""
    if type(names) is not tuple or not all(type(name) is str for name in names):
        raise pickle.UnpicklingError("its candidates have no names")
    strange = sorted({name for name in names if ":" in name} - own)
    if strange:
        raise pickle.UnpicklingError(f"it holds a candidate of your own that `models` does not name: {strange[0]}")


def _own_classes(models: frozenset[str]) -> frozenset[Name]:
    found: set[Name] = set()
    for model in sorted(models):
        from pipeline.models import make_own  # noqa: PLC0415  # only where the user has models of their own

        kind = type(make_own(model))
        found.add((kind.__module__, kind.__qualname__))
        for listed in getattr(kind, "pickled_classes", ()):
            module, _, name = str(listed).rpartition(".")
            found.add((module, name))
    return frozenset(found)
