"""Checks of what a pickle tells numpy, which believes it.

Types, scalars, and where a random state stands.
"""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
from numpy.random import MT19937

DTYPE = re.compile(r"[<>=|]?[biufSU]\d{1,4}")
BYTE_ORDERS = {"<", ">", "=", "|"}
MT19937_WORDS = 624


def restore_dtype(
    name: object, align: object = False, copy: object = True
) -> np.dtype[Any]:
    """Stand in for `numpy.dtype`, for numbers and text alone.

    Raises UnpicklingError for objects, records and anything that is no name.
    """
    if not isinstance(name, str) or not DTYPE.fullmatch(name):
        raise pickle.UnpicklingError(f"it asks for an array of {name!r:.80}")
    if align is not False or copy is not True:
        raise pickle.UnpicklingError(f"it asks for an array of {name!r:.80}")
    return np.dtype(name)


def restore_scalar(dtype: object, content: object) -> object:
    """Stand in for numpy's `scalar`, for types that `restore_dtype` gives."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(content) is not bytes:
        raise pickle.UnpicklingError("it holds a scalar of another kind than ours")
    if len(content) != dtype.itemsize:
        raise pickle.UnpicklingError("it holds a scalar of another size than it says")
    scalar: object = np.frombuffer(content, dtype)[0]
    return scalar


def check_dtype(dtype: np.dtype[Any], state: object) -> None:
    """Check that a state changes nothing of a type but its byte order.

    The flags in it say whether numpy takes what is in an array for pointers.
    """
    genuine = dtype.__reduce__()[2]  # after the class and its arguments
    if type(state) is not tuple or len(state) != len(genuine):
        raise pickle.UnpicklingError("it changes what numpy knows of a type")
    version, byte_order, *rest = state
    if byte_order not in BYTE_ORDERS or [version, *rest] != [genuine[0], *genuine[2:]]:
        raise pickle.UnpicklingError("it changes what numpy knows of a type")


def check_generator(cls: type, state: object) -> None:
    """Check the place in a generator's words from which numpy reads, wherever that is."""
    inner = state
    if cls is MT19937 and type(state) is tuple and state[1:] == (None,):
        inner = state[0]
    words = inner.get("state") if type(inner) is dict else None
    position = words.get("pos") if type(words) is dict else None
    if type(position) is not int or not 0 <= position <= MT19937_WORDS:
        raise pickle.UnpicklingError("it holds a random state that is none")
