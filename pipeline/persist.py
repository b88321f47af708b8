"""Pickles of the training state: written by joblib, read back only as far as the classes listed here go.

The bytes were checked by sha256 (and HMAC) before they get here; the list is the second wall, for a state that was
replaced as a whole where no key is set. It stands in code on purpose: a list that travels with the file protects
nobody.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, NoReturn

import joblib
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from pipeline.errors import StateTamperedError

ALLOWED = frozenset(
    {
        ("builtins", "slice"),
        ("builtins", "set"),
        ("builtins", "complex"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy", "float64"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.random._mt19937", "MT19937"),
        ("numpy.random._pickle", "__bit_generator_ctor"),
        ("numpy.random._pickle", "__randomstate_ctor"),
        ("pipeline.features", "Encoder"),
        ("pipeline.features", "Moments"),
        ("pipeline.metrics", "Prequential"),
        ("pipeline.models", "Linear"),
        ("pipeline.population", "Champion"),
        ("pipeline.population", "Population"),
        ("pipeline.schema", "Column"),
        ("pipeline.schema", "Schema"),
        ("sklearn._loss._loss", "CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "CyHuberLoss"),
        ("sklearn.linear_model._sgd_fast", "Log"),
        ("sklearn.linear_model._stochastic_gradient", "SGDClassifier"),
        ("sklearn.linear_model._stochastic_gradient", "SGDRegressor"),
    }
)


def dumps(value: object) -> bytes:
    """One pickle, as joblib writes it."""
    sink = io.BytesIO()
    joblib.dump(value, sink)
    return sink.getvalue()


def loads(content: bytes, name: str) -> Any:  # noqa: ANN401  # a pickle holds anything; the caller checks the class
    """The value of a pickle that joblib wrote. Raises StateTamperedError where it names a class not listed."""
    try:
        return _ListedUnpickler(name, io.BytesIO(content), ensure_native_byte_order=True).load()
    except StateTamperedError:
        raise
    except Exception as error:
        raise StateTamperedError(f"{name} is not a pickle of this pipeline: {error}") from error


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

    def __init__(self, name: str, source: io.BytesIO, *, ensure_native_byte_order: bool) -> None:
        super().__init__(name, source, ensure_native_byte_order)

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # as pickle declares it
        if (module, name) == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
            return _PlainArrayWrapper
        if (module, name) not in ALLOWED:
            raise StateTamperedError(f"{self.filename} names {module}.{name}, which no model of ours holds; not loaded")
        return super().find_class(module, name)
