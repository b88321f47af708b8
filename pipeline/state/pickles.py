"""Pickles of the training state: written by joblib, read back as far as what is listed here.

The bytes were checked by sha256 (and HMAC) before they get here; the list is the second
wall, for a state that was replaced as a whole where no key is set. It stands in code on
purpose: a list that travels with the file protects nobody.
"""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from joblib.numpy_pickle import NumpyPickler
from sklearn.exceptions import InconsistentVersionWarning

from ..errors import PipelineError, StateTamperedError
from ..models.user_model import create_user_estimator
from ..program import COMMAND
from .checks.attributes import (
    check_average,
    check_boosting,
    check_column,
    check_constant,
    check_drift_monitor,
    check_encoder,
    check_linear,
    check_metrics,
    check_naive_bayes,
    check_network,
    check_scaler,
    check_schema,
    check_stacking,
    check_target_encoder,
)
from .checks.consistency import check_consistency
from .checks.refit import (
    check_fit,
    check_forest,
    check_refit_regression,
    check_refit_trees,
)
from .class_names import (
    RENAMED,
    RENAMED_ATTRIBUTES,
    Name,
    get_stored_module,
    is_own,
)
from .numpy_checks import restore_dtype, restore_scalar
from .restricted_unpickler import (
    AllowList,
    Check,
    RestrictedUnpickler,
    restore_bit_generator,
    restore_random_state,
)

# Nothing here tells damage from a library that names or fills its classes in another
# way: advice that throws the state away would be wrong for the second.
UNREADABLE_HINT = (
    "the file is damaged, or other library versions wrote it: install those that "
    f"data_state.json lists, or go back to the state before with `{COMMAND} rollback`"
)
Attributes = dict[str, Any]
Unchecked = Any  # of any class until the caller checks it
Loaded = TypeVar("Loaded")


def _check_sgd(attributes: Attributes) -> None:
    """Check the arrays that scikit-learn's loop writes to without looking at their length."""
    coefficients = attributes.get("coef_", np.zeros(1))
    if attributes.get("average") is not False or type(coefficients) is not np.ndarray:
        raise pickle.UnpicklingError(
            "it holds a linear model of another kind than ours"
        )
    if not coefficients.ndim or coefficients.size != coefficients.shape[-1]:
        raise pickle.UnpicklingError(
            "it holds a linear model whose coefficients have another shape than ours"
        )


# With a check of the attributes that each ends up with.
CLASSES: Mapping[Name, Check | None] = {
    ("pipeline.choice.baselines", "ConstantModel"): check_constant,
    ("pipeline.features.encoder", "Encoder"): check_encoder,
    ("pipeline.features.schema", "Column"): check_column,
    ("pipeline.features.schema", "Schema"): check_schema,
    ("pipeline.features.standard_scaler", "StandardScaler"): check_scaler,
    ("pipeline.features.target_encoder", "TargetEncoder"): check_target_encoder,
    ("pipeline.models.boosting", "ContinuedBoosting"): check_boosting,
    ("pipeline.models.drift", "DriftMonitor"): check_drift_monitor,
    ("pipeline.models.ensemble", "AverageEnsemble"): check_average,
    ("pipeline.models.ensemble", "OnlineStacking"): check_stacking,
    ("pipeline.models.linear", "LinearModel"): check_linear,
    ("pipeline.models.metrics", "PrequentialMetrics"): check_metrics,
    ("pipeline.models.naive_bayes", "NaiveBayes"): check_naive_bayes,
    ("pipeline.models.neural_network", "NeuralNetwork"): check_network,
    ("pipeline.choice.champion", "Champion"): None,
    ("pipeline.refit.forest", "Forest"): check_forest,
    ("pipeline.refit.regression", "Fit"): check_fit,
    ("pipeline.refit.regression", "RefitRegression"): check_refit_regression,
    ("pipeline.refit.trees", "RefitTrees"): check_refit_trees,
    ("sklearn.linear_model._stochastic_gradient", "SGDClassifier"): _check_sgd,
    ("sklearn.linear_model._stochastic_gradient", "SGDRegressor"): _check_sgd,
    ("sklearn.naive_bayes", "MultinomialNB"): None,
    ("sklearn.neural_network._multilayer_perceptron", "MLPClassifier"): None,
    ("sklearn.neural_network._multilayer_perceptron", "MLPRegressor"): None,
    ("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer"): None,
    ("sklearn.preprocessing._label", "LabelBinarizer"): None,
}
# With what is called in its place, if not itself.
FUNCTIONS: Mapping[Name, Callable[..., object] | None] = {
    ("numpy", "dtype"): restore_dtype,
    ("numpy._core.multiarray", "scalar"): restore_scalar,
    ("numpy.random._pickle", "__bit_generator_ctor"): restore_bit_generator,
    ("numpy.random._pickle", "__randomstate_ctor"): restore_random_state,
    ("sklearn._loss._loss", "CyHalfBinomialLoss"): None,
    ("sklearn._loss._loss", "CyHuberLoss"): None,
    ("sklearn.linear_model._sgd_fast", "Huber"): None,
    ("sklearn.linear_model._sgd_fast", "Log"): None,
}


class _Pickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
    """joblib's pickler; classes of this package get the name that every copy of it reads."""

    dispatch: ClassVar[dict[type, Callable[..., None]]] = dict(NumpyPickler.dispatch)

    def save_global(self, obj: object, name: str | None = None) -> None:
        """Write the name of a class or a function."""
        module = str(getattr(obj, "__module__", ""))
        if not is_own(module):
            super().save_global(obj, name)
            return
        self.save(get_stored_module(module))
        self.save(name or getattr(obj, "__qualname__", ""))
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)


def dump_pickle(value: object) -> bytes:
    """Return one pickle, as joblib writes it."""
    sink = io.BytesIO()
    _Pickler(sink).dump(value)
    return sink.getvalue()


def load_instance(
    cls: type[Loaded], content: bytes, name: str, models: Sequence[str] = ()
) -> Loaded:
    """Read a pickle as `load_pickle` does.

    Raises StateTamperedError also where it holds something else than a `cls`.
    """
    value = load_pickle(content, name, models)
    if not isinstance(value, cls):
        raise StateTamperedError(
            f"{name} holds no {cls.__name__}", hint=UNREADABLE_HINT
        )
    return value


def load_pickle(content: bytes, name: str, models: Sequence[str] = ()) -> Unchecked:
    """Read a pickle that `dump_pickle` wrote.

    Of `models`, those that are the user's own (`module:factory`) add the class that the
    factory makes, and what its attribute `pickled_classes` lists as "module.Class":
    both come from the user's code, never from the file. A pickle that holds a candidate
    of another name is refused: that name would be imported to make the candidate anew.

    Raises StateTamperedError where it does what none of ours does; `name` is that of
    the file.
    """
    own = frozenset(model for model in models if ":" in model)

    def check_candidate(attributes: Attributes) -> None:
        _check_names((attributes.get("name"),), own)

    def check_population(attributes: Attributes) -> None:
        _check_names(attributes.get("names"), own)

    classes = {
        **CLASSES,
        ("pipeline.models.user_model", "UserModel"): check_candidate,
        ("pipeline.models.population", "Population"): check_population,
    }
    allowed = AllowList(
        classes, FUNCTIONS, _list_own_classes(own), RENAMED, RENAMED_ATTRIBUTES
    )
    try:
        with warnings.catch_warnings():
            # Which versions go together was decided before, by what the state says it
            # was written with.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            value = RestrictedUnpickler(content, allowed).load()
            check_consistency(value)
            return value
    except PipelineError:
        raise
    except Exception as error:
        raise StateTamperedError(
            f"{name} is not a pickle of this pipeline or of these library versions: "
            f"{error}",
            hint=UNREADABLE_HINT,
        ) from error


def _check_names(names: object, own: frozenset[str]) -> None:
    """Check that candidates are named by strings, those of the user's own as in `own`."""
    if type(names) is not tuple:
        raise pickle.UnpicklingError("its candidates have no names")
    for name in names:
        if type(name) is not str:
            raise pickle.UnpicklingError("its candidates have no names")
    unknown = sorted(name for name in names if ":" in name and name not in own)
    if unknown:
        raise pickle.UnpicklingError(
            "it holds a candidate of your own that `models` does not name: "
            + unknown[0]
        )


def _list_own_classes(models: frozenset[str]) -> frozenset[Name]:
    names: set[Name] = set()
    for model in sorted(models):
        cls = type(create_user_estimator(model))
        names.add((cls.__module__, cls.__qualname__))
        for path in getattr(cls, "pickled_classes", ()):
            module, _, name = str(path).rpartition(".")
            names.add((module, name))
    return frozenset(names)
