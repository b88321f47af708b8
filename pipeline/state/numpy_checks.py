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
MT19937_WORDS = 624


def plain_dtype(
    name: object, align: object = False, copy: object = True
) -> np.dtype[Any]:
    """numpy.dtype for numbers and text.

    Raises UnpicklingError for objects, records and anything that is no name.
    """
    if (
        not isinstance(name, str)
        or not DTYPE.fullmatch(name)
        or align is not False
        or copy is not True
    ):
        raise pickle.UnpicklingError(f"it asks for an array of {name!r:.80}")
    return np.dtype(name)


def plain_scalar(dtype: object, content: object) -> Any:  # noqa: ANN401  # a number or a text of numpy's
    """What numpy's `scalar` gives, for what `plain_dtype` gives."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(content) is not bytes:
        raise pickle.UnpicklingError("it holds a scalar of another kind than ours")
    if len(content) != dtype.itemsize:
        raise pickle.UnpicklingError("it holds a scalar of another size than it says")
    return np.frombuffer(content, dtype)[0]


def check_dtype(made: np.dtype[Any], state: object) -> None:
    """Only the byte order may differ.

    The flags say whether numpy takes what is in an array for pointers.
    """
    genuine = made.__reduce__()[2]  # (class, arguments, state)
    sound = (
        type(state) is tuple
        and len(state) == len(genuine)
        and (state[0], *state[2:]) == (genuine[0], *genuine[2:])
    )
    if not sound or state[1] not in {"<", ">", "=", "|"}:  # type: ignore[index]
        raise pickle.UnpicklingError("it changes what numpy knows of a type")


def check_generator(kind: type, state: object) -> None:
    """Words are read from `pos` on, wherever that is."""
    held = (
        state[0]
        if kind is MT19937 and type(state) is tuple and state[1:] == (None,)
        else state
    )
    words = held.get("state") if type(held) is dict else None
    position = words.get("pos") if type(words) is dict else None
    if type(position) is not int or not 0 <= position <= MT19937_WORDS:
        raise pickle.UnpicklingError("it holds a random state that is none")
