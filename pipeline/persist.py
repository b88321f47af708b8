"""Pickles of the training state: written by joblib, read back only as far as the classes listed here go.

The bytes were checked by sha256 (and HMAC) before they get here; the list is the second wall, for a state that was
replaced as a whole where no key is set. It stands in code on purpose: a list that travels with the file protects
nobody.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any, NoReturn

import joblib
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from pipeline.errors import PipelineError, StateTamperedError

ALLOWED = frozenset(
    {
        ("builtins", "set"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy", "float64"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.random._mt19937", "MT19937"),
        ("numpy.random._pickle", "__bit_generator_ctor"),
        ("numpy.random._pickle", "__randomstate_ctor"),
        ("pipeline.blend", "Mean"),
        ("pipeline.blend", "Weighted"),
        ("pipeline.boosting", "Boosting"),
        ("pipeline.drift", "Watch"),
        ("pipeline.features", "Encoder"),
        ("pipeline.metrics", "Prequential"),
        ("pipeline.models", "Bayes"),
        ("pipeline.models", "Linear"),
        ("pipeline.models", "Network"),
        ("pipeline.models", "Own"),
        ("pipeline.moments", "Moments"),
        ("pipeline.population", "Champion"),
        ("pipeline.population", "Population"),
        ("pipeline.rates", "Rates"),
        ("pipeline.schema", "Column"),
        ("pipeline.schema", "Schema"),
        ("sklearn._loss._loss", "CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "CyHuberLoss"),
        ("sklearn.linear_model._sgd_fast", "Huber"),
        ("sklearn.linear_model._sgd_fast", "Log"),
        ("sklearn.linear_model._stochastic_gradient", "SGDClassifier"),
        ("sklearn.linear_model._stochastic_gradient", "SGDRegressor"),
        ("sklearn.naive_bayes", "MultinomialNB"),
        ("sklearn.neural_network._multilayer_perceptron", "MLPClassifier"),
        ("sklearn.neural_network._multilayer_perceptron", "MLPRegressor"),
        ("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer"),
        ("sklearn.preprocessing._label", "LabelBinarizer"),
    }
)


def dumps(value: object) -> bytes:
    """One pickle, as joblib writes it."""
    sink = io.BytesIO()
    joblib.dump(value, sink)
    return sink.getvalue()


def loads(content: bytes, name: str, models: Sequence[str] = ()) -> Any:  # noqa: ANN401  # the caller checks the class
    """The value of a pickle that joblib wrote. Raises StateTamperedError where it names a class not listed.

    Of `models`, those that are the user's own (`module:factory`) add the class that the factory makes, and what its
    attribute `pickled_classes` lists as "module.Class": both come from the user's code, never from the file.
    """
    try:
        return _ListedUnpickler(name, io.BytesIO(content), _own_classes(models)).load()
    except PipelineError:
        raise
    except Exception as error:
        raise StateTamperedError(f"{name} is not a pickle of this pipeline: {error}") from error


def _own_classes(models: Sequence[str]) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for model in models:
        if ":" in model:
            from pipeline.models import make_own  # noqa: PLC0415  # only where the user has models of their own

            kind = type(make_own(model))
            found.add((kind.__module__, kind.__qualname__))
            for listed in getattr(kind, "pickled_classes", ()):
                module, _, name = str(listed).rpartition(".")
                found.add((module, name))
    return frozenset(found)


class _PlainArrayWrapper(NumpyArrayWrapper):  # type: ignore[misc]  # joblib has no types
    """joblib reads an array of objects with an unrestricted pickle.load; no array of ours holds objects."""

    def read_array(self, unpickler: Any, ensure_native_byte_order: Any) -> Any:  # noqa: ANN401  # joblib's signature
        if self.dtype.hasobject:
            raise pickle.UnpicklingError("an array of objects")
        return super().read_array(unpickler, ensure_native_byte_order)

    def read_mmap(self, _unpickler: Any) -> NoReturn:  # noqa: ANN401  # joblib's signature
        raise pickle.UnpicklingError("a memory map")


class _ListedUnpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    """Finds the listed classes and nothing else."""

    def __init__(self, name: str, source: io.BytesIO, own: frozenset[tuple[str, str]]) -> None:
        super().__init__(name, source, ensure_native_byte_order=True)
        self._listed = ALLOWED | own

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # as pickle declares it
        if (module, name) == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
            return _PlainArrayWrapper
        if (module, name) not in self._listed:
            raise StateTamperedError(f"{self.filename} names {module}.{name}, which no model of ours holds; not loaded")
        return super().find_class(module, name)
