"""An unpickler whose opcodes do what our own pickles need and nothing more.

A list of classes alone is not enough. A pickle may call a listed class with arguments of its choice, give an object an
attribute that hides a method or a table which other code then calls, or tell numpy that an array of pointers is one of
numbers. So here classes are made empty and filled, functions are called only where they are listed as such (in a form
that checks its arguments), only attributes that a class leaves open are set, and arrays hold plain numbers or text.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler
from numpy.random import MT19937, RandomState

Name = tuple[str, str]
Check = Callable[[dict[str, Any]], None]

DTYPE = re.compile(r"[<>=|]?[biufSU]\d{1,4}")
PLAIN = (bool, int, float, str, type(None))
MT19937_WORDS = 624


class Listed(NamedTuple):
    """What a pickle may name: classes that are made empty and filled, functions, and what the user vouches for."""

    classes: Mapping[Name, Check | None]
    """With a check of the attributes that one is filled with."""
    functions: Mapping[Name, Callable[..., Any] | None]
    """With what is called in its place, if not itself."""
    trusted: frozenset[Name] = frozenset()
    renamed: Mapping[Name, Name] = MappingProxyType({})


class StrictUnpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    """Reads what joblib wrote. Raises pickle.UnpicklingError for everything that no pickle of ours does."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(NumpyUnpickler.dispatch)

    def __init__(self, content: bytes, listed: Listed) -> None:
        super().__init__("", BytesIO(content), ensure_native_byte_order=True)
        self._listed = listed
        self._checks: dict[type, Check | None] = {}
        self._functions: list[Any] = []
        self._trusted: list[Any] = []

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # as pickle declares it
        """What a pickle names, if it is listed; nothing is imported for a name that is not."""
        asked = module, name = self._listed.renamed.get((module, name), (module, name))
        if asked == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
            self._checks[_Wrapper] = None
            return _Wrapper
        if asked in INERT:
            return INERT[asked]
        if asked in self._listed.functions:
            found = self._listed.functions[asked] or super().find_class(module, name)
            self._functions.append(found)
        elif asked in self._listed.classes:
            found = super().find_class(module, name)
            self._checks[found] = self._listed.classes[asked]
        elif asked in self._listed.trusted:
            found = super().find_class(module, name)
            self._trusted.append(found)
        else:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no model of ours holds")
        return found

    def _reduce(self) -> None:
        function = self.stack[-2]
        if not any(function is known for known in (*self._functions, *self._trusted)):
            raise pickle.UnpicklingError(f"it calls {function!r:.80}")
        NumpyUnpickler.dispatch[pickle.REDUCE[0]](self)

    def _newobj(self) -> None:
        kind, arguments = self.stack[-2:]
        made_empty = isinstance(kind, type) and kind in self._checks and arguments == ()
        if not made_empty and not any(kind is known for known in self._trusted):
            raise pickle.UnpicklingError(f"it makes {kind!r:.80} of {type(arguments).__name__}")
        NumpyUnpickler.dispatch[pickle.NEWOBJ[0]](self)

    def _build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        kind = type(made)
        if isinstance(made, np.dtype):
            _check_dtype(made, state)
            made.__setstate__(state)  # type: ignore[attr-defined]  # numpy has it, its stubs have not
        elif kind in {MT19937, RandomState}:
            _check_generator(kind, state)
            kind.__setstate__(made, state)
        elif kind is _Wrapper:
            made.fill(state)
            self.stack[-1] = made.read(self, self.ensure_native_byte_order)
        elif kind in self._checks:
            _fill(made, state, self._checks[kind])
        elif any(kind is known for known in self._trusted):
            self.stack.append(state)
            pickle._Unpickler.dispatch[pickle.BUILD[0]](self)  # noqa: SLF001  # the class that joblib's is one of
        else:
            raise pickle.UnpicklingError(f"it fills {made!r:.80}")

    def _into(self, kind: type, target: object) -> None:
        """Raises UnpicklingError where an opcode for `kind` is aimed at something else, whose methods it would call."""
        if type(target) is not kind and not any(type(target) is known for known in self._trusted):
            raise pickle.UnpicklingError(f"it adds to {target!r:.80} as to a {kind.__name__}")

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("it has an instruction that no pickle of ours has")

    def _append(self) -> None:
        self._into(list, self.stack[-2])
        NumpyUnpickler.dispatch[pickle.APPEND[0]](self)

    def _appends(self) -> None:
        self._into(list, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.APPENDS[0]](self)

    def _setitem(self) -> None:
        self._into(dict, self.stack[-3])
        NumpyUnpickler.dispatch[pickle.SETITEM[0]](self)

    def _setitems(self) -> None:
        self._into(dict, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.SETITEMS[0]](self)

    def _additems(self) -> None:
        self._into(set, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.ADDITEMS[0]](self)

    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.NEWOBJ[0]] = _newobj
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.APPEND[0]] = _append
    dispatch[pickle.APPENDS[0]] = _appends
    dispatch[pickle.SETITEM[0]] = _setitem
    dispatch[pickle.SETITEMS[0]] = _setitems
    dispatch[pickle.ADDITEMS[0]] = _additems
    for _code in (pickle.INST, pickle.OBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2, pickle.EXT4):
        dispatch[_code[0]] = _refuse


class _Wrapper(NumpyArrayWrapper):  # type: ignore[misc]  # joblib has no types
    """What stands for an array in joblib's pickles; the bytes follow it. Of objects it would load with plain pickle."""

    def fill(self, state: object) -> None:
        """Take up the attributes. Raises UnpicklingError where they are not those of a plain array."""
        if type(state) is not dict or set(state) != set(_WRAPPED):
            raise pickle.UnpicklingError("it holds an array of another kind than ours")
        sound = all(type(state[name]) in kinds for name, kinds in _WRAPPED.items())
        if not sound or not all(type(each) is int and each >= 0 for each in state["shape"]):
            raise pickle.UnpicklingError("it holds an array of another kind than ours")
        self.__dict__.update(state)


_WRAPPED: dict[str, tuple[type, ...]] = {
    "subclass": (type,),
    "shape": (tuple,),
    "order": (str,),
    "dtype": tuple({type(np.dtype(code)) for code in ("b1", "S", "U", *np.typecodes["AllInteger"], *"efdg")}),
    "allow_mmap": (bool,),
    "numpy_array_alignment_bytes": (int,),
}
INERT: Mapping[Name, type] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy.random._mt19937", "MT19937"): MT19937,
}
"""Named, but neither called nor made: numpy's ndarray would take any bytes for pointers."""


def plain_dtype(name: object, align: object = False, copy: object = True) -> np.dtype[Any]:
    """numpy.dtype for numbers and text. Raises UnpicklingError for objects, records and anything that is no name."""
    if not isinstance(name, str) or not DTYPE.fullmatch(name) or align is not False or copy is not True:
        raise pickle.UnpicklingError(f"it asks for an array of {name!r:.80}")
    return np.dtype(name)


def plain_scalar(dtype: object, content: object) -> Any:  # noqa: ANN401  # a number or a text of numpy's
    """What numpy's `scalar` gives, for what `plain_dtype` gives."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(content) is not bytes:
        raise pickle.UnpicklingError("it holds a scalar of another kind than ours")
    if len(content) != dtype.itemsize:
        raise pickle.UnpicklingError("it holds a scalar of another size than it says")
    return np.frombuffer(content, dtype)[0]


def bit_generator(kind: object) -> MT19937:
    """In place of `__bit_generator_ctor`, which calls any class that it is given."""
    if kind is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random generator of {kind!r:.80}")
    return MT19937()


def random_state(source: object) -> RandomState:
    """In place of `__randomstate_ctor`, which calls any function that it is given."""
    if type(source) is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random state of {source!r:.80}")
    return RandomState(source)


def _check_dtype(made: np.dtype[Any], state: object) -> None:
    """Only the byte order may differ: the flags say whether numpy takes what is in an array for pointers."""
    genuine = made.__reduce__()[2]  # (class, arguments, state)
    sound = type(state) is tuple and len(state) == len(genuine) and (state[0], *state[2:]) == (genuine[0], *genuine[2:])
    if not sound or state[1] not in {"<", ">", "=", "|"}:  # type: ignore[index]
        raise pickle.UnpicklingError("it changes what numpy knows of a type")


def _check_generator(kind: type, state: object) -> None:
    """Words are read from `pos` on, wherever that is."""
    held = state[0] if kind is MT19937 and type(state) is tuple and state[1:] == (None,) else state
    words = held.get("state") if type(held) is dict else None
    position = words.get("pos") if type(words) is dict else None
    if type(position) is not int or not 0 <= position <= MT19937_WORDS:
        raise pickle.UnpicklingError("it holds a random state that is none")


def _fill(made: object, state: object, check: Check | None) -> None:
    """Set attributes, none of which hides what the class defines unless that is a plain value."""
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise pickle.UnpicklingError(f"it fills a {type(made).__name__} with {type(state).__name__}")
    kind = type(made)
    hidden = [name for name in state if name.startswith("__") or type(getattr(kind, name, None)) not in PLAIN]
    if hidden:
        raise pickle.UnpicklingError(f"it replaces {hidden[0]} of {kind.__name__}")
    if check is not None:
        check(state)
    take = getattr(kind, "__setstate__", None)
    if take is None:
        made.__dict__.update(state)
    else:
        take(made, state)
